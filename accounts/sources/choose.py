"""Which ways to sign in this installation uses, by setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.passwords import Passwords
from accounts.sources.contract import AsksPassword, ReadsRequest, SendsAway
from accounts.sources.local import Local
from core.errors import SettingsError
from core.settings import Settings
from store.sql import Database

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "ldap": ("ldap_url", "ldap_base"),
    "oidc": ("oidc_issuer", "oidc_client"),
    "oauth2": ("oauth2_authorize", "oauth2_token", "oauth2_profile", "oidc_client"),
    "cas": ("cas_url",),
    "proxy": ("proxy_header", "proxy_trusted"),
}


@dataclass(frozen=True, slots=True)
class Sources:
    """asked: take login and password, in this order. elsewhere: have their own page, by name. carried: in requests."""

    asked: tuple[AsksPassword, ...]
    elsewhere: Mapping[str, SendsAway]
    carried: ReadsRequest | None


def sources_of(settings: Settings, database: Database, passwords: Passwords) -> Sources:
    """The sources that the settings name; each is imported only if it is used.

    Raises SettingsError: one is named and what it needs is not set.
    """
    wanted = settings.sign_in.split(",")
    problems = [
        f"CITYVITALS_SIGN_IN has {name}, so CITYVITALS_{field.upper()} must be set"
        for name in wanted
        for field in _NEEDED.get(name, ())
        if not getattr(settings, field)
    ]
    if problems:
        raise SettingsError(problems)
    asked = [_asked(name, settings, database, passwords) for name in wanted if name in {"password", "ldap"}]
    elsewhere = {name: _elsewhere(name, settings) for name in wanted if name in {"oidc", "oauth2", "cas"}}
    return Sources(tuple(asked), elsewhere, _carried(settings) if "proxy" in wanted else None)


def _asked(name: str, settings: Settings, database: Database, passwords: Passwords) -> AsksPassword:
    if name == "password":
        return Local(database, passwords)
    from accounts.sources.directory import Directory, Lookup  # noqa: PLC0415 - 60 ms that few need

    lookup = Lookup(settings.ldap_base, settings.ldap_filter, settings.ldap_user, settings.ldap_password)
    return Directory(settings.ldap_url, lookup)


def _elsewhere(name: str, settings: Settings) -> SendsAway:
    from accounts.sources.cas import Cas  # noqa: PLC0415 - requests and joserfc cost 200 ms
    from accounts.sources.oauth2 import OAuth2, Portal  # noqa: PLC0415
    from accounts.sources.oidc import Oidc  # noqa: PLC0415

    if name == "cas":
        return Cas(settings.cas_url)
    if name == "oidc":
        return Oidc(settings.oidc_issuer, settings.oidc_client, settings.oidc_secret)
    addresses = (settings.oauth2_authorize, settings.oauth2_token, settings.oauth2_profile)
    return OAuth2(Portal(*addresses, settings.oauth2_subject), settings.oidc_client, settings.oidc_secret)


def _carried(settings: Settings) -> ReadsRequest:
    from accounts.sources.proxy import Proxy  # noqa: PLC0415

    return Proxy(settings.proxy_header, settings.proxy_trusted)
