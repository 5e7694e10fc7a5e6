"""What people do about notices: who is told of what, and a test to the exercise list. `by` is who does it.

Each method asks for the right and leaves an audit entry; the entry names recipients and routes, never an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from accounts.bearer import Bearer
from accounts.rights import may, may_somewhere
from accounts.sealing import Seal
from accounts.warden import Warden
from core.accounts import EVERYWHERE
from core.errors import Objection
from core.messages import text
from core.notices import MINUTES_A_DAY, Channel, Delivery, Kind, Notice, Recipient, Route
from core.records import Level, Stamp
from notices.addressing import Policy, addressed
from notices.budget import Ledger
from notices.entitled import HIDDEN, SEE
from notices.roster import Roster
from notices.routes import Aim, is_within, leads_to
from store import notices as kept
from store import people
from store.notice_routes import drop_recipient, drop_route, put_recipient, put_route, recipients, routes
from store.sql import Transaction

EDIT, OPEN = "notices.edit", "notices.open"
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_PHONE = re.compile(r"\+?[0-9][0-9 -]{2,24}")
_MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
_TOPIC = re.compile(r"[^#+\s]{1,200}")


@dataclass(frozen=True)
class Wiring:
    """Who is told of what, as it stands."""

    recipients: Mapping[str, Recipient]
    routes: Mapping[str, Route]


@dataclass(frozen=True)
class Known:
    """What the city on show has declared and a route may name: domains, indicators, plans."""

    domains: Collection[str]
    indicators: Collection[str]
    plans: Collection[str]


class Switchboard:
    """The services behind the pages of notices."""

    def __init__(self, warden: Warden, seal: Seal) -> None:
        self._warden, self._seal = warden, seal

    def wiring(self) -> Wiring:
        """All recipients and routes. Whether he may see addresses in full is asked by whoever shows them."""
        with self._warden.database.reading() as connection:
            return Wiring(recipients(connection, self._seal.open), routes(connection))

    def told(self, state: str = "", limit: int = 200) -> list[tuple[Notice, list[Delivery]]]:
        """The newest notices with their deliveries; state: only with such a delivery."""
        with self._warden.database.reading() as connection:
            return kept.find_notices(connection, state=state, limit=limit)

    def counts(self) -> dict[tuple[str, str], int]:
        """(channel, state) → how many deliveries."""
        with self._warden.database.reading() as connection:
            return kept.counts(connection)

    def published(self, recipient: str) -> list[Notice]:
        """What the CAP feed of a recipient holds, newest first."""
        with self._warden.database.reading() as connection:
            return kept.published(connection, Channel.CAP, recipient)

    def put_recipient(self, by: Bearer, recipient: Recipient, now_ms: int, of_pack: Collection[Route] = ()) -> None:
        """A recipient, new or changed. of_pack: routes that packs declare. Raises NotAllowed, Objection."""
        what = {"exercise": recipient.exercise, "disabled": recipient.disabled, "channels": sorted(recipient.addresses)}
        with self._warden.acting(by, EDIT, f"recipient:{recipient.id}", now_ms, what) as connection:
            check_recipient(recipient)
            if not _may_open(by) and self._hears_what_few_may(connection, recipient, of_pack, now_ms):
                raise objection("address-restricted", name=recipient.name)
            put_recipient(connection, recipient, self._seal.close)

    def drop_recipient(self, by: Bearer, recipient: str, now_ms: int) -> None:
        """Forget a recipient; what he was told stays. Raises NotAllowed, Objection."""
        with self._warden.acting(by, EDIT, f"recipient:{recipient}", now_ms, {"dropped": True}) as connection:
            used = [one.name for one in routes(connection).values() if f"recipient:{recipient}" in (*one.to, *one.then)]
            if used:
                raise objection("recipient-used", routes="、".join(used))
            drop_recipient(connection, recipient)

    def put_route(self, by: Bearer, route: Route, now_ms: int, known: Known | None = None) -> None:
        """A route, new or changed. known: None: its topics are not looked at. Raises NotAllowed, Objection."""
        what = {"to": list(route.to), "level": route.level.name.lower(), "disabled": route.disabled}
        what |= {"restricted": True} if route.restricted else {}
        with self._warden.acting(by, EDIT, f"route:{route.id}", now_ms, what) as connection:
            self._check_route(connection, route)
            if route.restricted and not _may_open(by):
                raise objection("route-opens")
            if known is not None:
                check_names(route, known)
            put_route(connection, route)

    def drop_route(self, by: Bearer, route: str, now_ms: int) -> None:
        """Forget a route. Raises NotAllowed."""
        with self._warden.acting(by, EDIT, f"route:{route}", now_ms, {"dropped": True}) as connection:
            drop_route(connection, route)

    def try_out(self, by: Bearer, scene: str, language: str, now_ms: int) -> int:
        """Send a test to everybody on the exercise list, on each of his channels. Returns to how many.

        Raises NotAllowed, Objection: nobody is on it.
        """
        with self._warden.acting(by, EDIT, "exercise-list", now_ms) as connection:
            listed = [one for one in recipients(connection, self._seal.open).values() if one.exercise]
            if not listed:
                raise objection("nobody-listed")
            sentence = text("notice.test_sentence", language, by=by.name)
            notice = Notice(
                key=f"{scene}|{Kind.TRIAL_RUN}|{by.name}|{now_ms}",
                scene=scene,
                stamp=Stamp.TEST,
                kind=Kind.TRIAL_RUN,
                level=Level.BLUE,
                warning="",
                card="",
                topic="",
                areas=(),
                sentence=sentence,
                at_ms=now_ms,
            )
            aims = [Aim(one, channel) for one in listed for channel in one.addresses]
            kept.keep_told(connection, addressed(notice, aims, Policy(scene, Stamp.TEST, language=language), Ledger()))
        return len(listed)

    def _hears_what_few_may(
        self, connection: Transaction, new: Recipient, of_pack: Collection[Route], now_ms: int
    ) -> bool:
        """Whether restricted warnings would go to an address that a change brings: by a route, or to a person."""
        old = recipients(connection, self._seal.open).get(new.id)
        if old and (old.addresses, old.secret, old.person) == (new.addresses, new.secret, new.person):
            return False
        opened = (one for one in (*of_pack, *routes(connection).values()) if one.restricted)
        if any(leads_to(one, new.id) for one in opened):
            return True
        register = Roster(
            people={one.id: one for one in people.people(connection)},
            appointments=people.appointments(connection),
            posts=people.posts(connection),
        )
        return bool(new.person) and any(
            may_somewhere(replace(by, grants=(grant,)), SEE).allowed and grant.reach.sensitivity >= HIDDEN
            for by in [register.bearer(new.person, now_ms)]
            for grant in by.grants
        )

    def _check_route(self, connection: Transaction, route: Route) -> None:
        """Whether a route can be followed. Raises Objection."""
        if not _ID.fullmatch(route.id) or not route.name.strip():
            raise objection("bad-id")
        if not route.to or not route.channels or not route.topics or not route.areas:
            raise objection("route-empty")
        if not (0 <= route.from_min < MINUTES_A_DAY and 0 < route.until_min <= MINUTES_A_DAY):
            raise objection("bad-time")
        waits_s = (route.unacknowledged_s, route.unanswered_s)
        if not (all(0 <= wait_s <= 3600 for wait_s in waits_s) and 0 <= route.standing_s <= 7 * 86_400):
            raise objection("bad-wait")
        known: dict[str, Mapping[str, object]] = {
            "recipient": recipients(connection, self._seal.open),
            "post": people.posts(connection),
            "seat": people.seats(connection),
        }
        for target in (*route.to, *route.then):
            kind, _, name = target.partition(":")
            if name not in known.get(kind, {}):
                raise objection("unknown-target", target=target)


def _may_open(by: Bearer) -> bool:
    """Whether somebody may send what only few may see to other systems: he sees it himself."""
    return may(by, OPEN, sensitivity=HIDDEN).allowed


def changed(old: Recipient | None, new: Recipient, dropped: str = "-") -> Recipient:
    """A recipient out of a form: addresses and a secret that were left empty stay, "-" takes one away."""
    if old is None:
        return replace(new, addresses={c: a for c, a in new.addresses.items() if a and a != dropped})
    addresses = dict(old.addresses) | {channel: each for channel, each in new.addresses.items() if each}
    secret = new.secret or old.secret
    return replace(
        new,
        addresses={channel: each for channel, each in addresses.items() if each != dropped},
        secret="" if secret == dropped else secret,
    )


def objection(code: str, **places: object) -> Objection:
    """A no with its sentence in `core/messages/notice.yaml`."""

    def in_words(language: str) -> str:
        return text(f"notice.no_{code}", language, **places)

    return Objection(code, in_words)


def check_recipient(recipient: Recipient) -> None:
    """Whether somebody can be told there. Raises Objection."""
    if not _ID.fullmatch(recipient.id) or not recipient.name.strip():
        raise objection("bad-id")
    if not 0 <= recipient.budget <= 1000:
        raise objection("bad-budget")
    if not recipient.addresses and not recipient.person:
        raise objection("no-address")
    for channel, address in recipient.addresses.items():
        if not _FITS[channel](address):
            raise objection("bad-address", channel=f"{channel}")
    if Channel.WEBHOOK in recipient.addresses and not recipient.secret:
        raise objection("no-secret")


def check_names(route: Route, known: Known) -> None:
    """Whether there is what a route names. Raises Objection."""
    for topic in route.topics:
        if topic not in (EVERYWHERE, *known.domains) and not any(is_within(topic, one) for one in known.indicators):
            raise objection("unknown-topic", topic=topic)
    if route.response and route.response not in known.plans:
        raise objection("unknown-plan", plan=route.response)
    if route.response_level not in (1, 2, 3, 4):
        raise objection("unknown-plan", plan=route.response_level)


def _is_url(address: str) -> bool:
    parts = urlsplit(address)
    try:
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _like(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda address: bool(pattern.fullmatch(address))


_FITS: Mapping[Channel, Callable[[str], bool]] = {
    Channel.SMS: _like(_PHONE),
    Channel.VOICE: _like(_PHONE),
    Channel.MAIL: _like(_MAIL),
    Channel.WECOM: _is_url,
    Channel.DINGTALK: _is_url,
    Channel.FEISHU: _is_url,
    Channel.WEBHOOK: _is_url,
    Channel.CAP: _like(_ID),
    Channel.MQTT: _like(_TOPIC),
}
