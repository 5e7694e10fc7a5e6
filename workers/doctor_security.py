"""`doctor --security`: the way to this installation and the machine under it; who may do what is in `doctor_accounts`.

Each line says what is, and what to do about what is not. What cannot be seen from here is told as unknown: a list
that leaves it out would be read as if all were well.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import ssl
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from core.account_settings import ACCOUNT_SETTINGS
from core.clock import real_ms
from core.errors import StartError
from core.records import DAY_MS
from core.settings import SETTINGS, Settings
from stream.embedded.children import accepts
from workers import doctor_accounts
from workers.findings import Finding, Told, fault, ok, unknown, warning
from workers.own_site import check_tls, near_connection, near_host

ROOT = Path(__file__).resolve().parent.parent
PRIVATE = ("accounts.key", "audit.heads", "cityvitals.sqlite", "border.key", "border-queue.key")  # below our folder
LISTENS = "0A"  # proc(5), /proc/net/tcp: state TCP_LISTEN
EVERYWHERE = {"00000000", "0" * 32}
WIDE = 256  # a proxy is one machine or a handful; a larger network is everybody in it
SOON_DAYS = 30
HEADERS = ("content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy")
ANSWER_S = 5


def run(settings: Settings) -> list[Finding]:
    """The whole list, in words."""
    checks = (accounts, tls, headers, proxies, *doctor_accounts.CHECKS, files, secrets, sockets, redis, broker)
    told = (one for check in (*checks, owner, pins, elsewhere) for one in check(settings))
    return [one.in_words(settings.language) for one in told]


def accounts(settings: Settings) -> Iterator[Told]:
    """Whether anybody is asked at all."""
    yield ok("security-accounts") if settings.accounts else fault("security-accounts-off", host=settings.host)


def tls(settings: Settings) -> Iterator[Told]:
    """Whether what is typed into the sign-in can be read on the way."""
    if settings.tls_certificate:
        try:
            check_tls(settings)
        except StartError as problem:
            yield fault("security-tls-broken", reason=problem.in_words(settings.language))
            return
        left_days = (_valid_until_ms(Path(settings.tls_certificate)) - real_ms()) // DAY_MS
        (judge, code) = (ok, "security-tls") if left_days >= SOON_DAYS else (warning, "security-tls-ends")
        yield judge(code, file=settings.tls_certificate, days=left_days)
    elif ip_address(settings.host).is_loopback:
        yield ok("security-tls-near", host=settings.host)
    else:
        yield fault("security-tls-none", host=settings.host)


def _valid_until_ms(certificate: Path) -> int:
    first = certificate.read_text("ascii", "replace").partition("-----END CERTIFICATE-----")[0]
    from cryptography import x509  # noqa: PLC0415 - only this check needs it

    found = x509.load_pem_x509_certificate(f"{first}-----END CERTIFICATE-----\n".encode())
    return int(found.not_valid_after_utc.timestamp() * 1000)


def headers(settings: Settings) -> Iterator[Told]:
    """What the running website tells browsers to refuse."""
    if not accepts(near_host(settings), settings.port):
        yield unknown("security-headers-unknown")
        return
    connection = near_connection(settings, ANSWER_S)
    try:
        connection.request("GET", f"{settings.base_path}wall")
        answer = connection.getresponse()
        missing = [name for name in HEADERS if not answer.getheader(name)]
    except (OSError, ssl.SSLError):
        yield unknown("security-headers-unknown")
        return
    finally:
        connection.close()
    yield warning("security-headers-missing", names=", ".join(missing)) if missing else ok("security-headers")


def proxies(settings: Settings) -> Iterator[Told]:
    """Whose word counts for the address, the scheme and, by setting, the name of whoever comes."""
    trusted = [one for one in settings.proxy_trusted.split(",") if one]
    wide = [one for one in trusted if ip_network(one).num_addresses > WIDE]
    if wide:
        yield warning("security-proxies-wide", networks=", ".join(wide))
    elif trusted:
        yield ok("security-proxies", networks=", ".join(trusted))
    else:
        yield ok("security-proxies-none")
    if "proxy" in settings.sign_in.split(","):
        yield unknown("security-proxy-header", header=settings.proxy_header)


def files(settings: Settings) -> Iterator[Told]:
    """Whether other users of this machine may read what is kept."""
    places = [settings.var, *(settings.var / name for name in PRIVATE)]
    if settings.tls_key:
        places.append(Path(settings.tls_key))
    there = [place for place in places if place.exists()]
    open_ones = [place for place in there if place.stat().st_mode & 0o077]
    for place in open_ones:
        mode = f"{place.stat().st_mode & 0o777:03o}"
        yield fault("security-file-open", file=place, mode=mode, wanted="700" if place.is_dir() else "600")
    if there and not open_ones:
        yield ok("security-files", folder=settings.var)


def secrets(settings: Settings) -> Iterator[Told]:
    """Which secrets the settings hold, by name."""
    given = [one.variable for one in (*SETTINGS, *ACCOUNT_SETTINGS) if one.secret and getattr(settings, one.name)]
    names = list(dict.fromkeys(given))
    yield ok("security-secrets", names=", ".join(names)) if names else ok("security-secrets-none")


def sockets(settings: Settings) -> Iterator[Told]:
    """Whether the embedded servers can be reached from other machines, as the kernel says."""
    for name, url, port in (
        ("Redis", settings.redis_url, settings.redis_port),
        ("MQTT", settings.mqtt_url, settings.mqtt_port),
    ):
        if url:
            continue
        addresses = _listening(port)
        if not addresses:
            yield unknown("security-embedded-idle", part=name, port=port)
        elif addresses & EVERYWHERE:
            yield fault("security-embedded-open", part=name, port=port)
        else:
            yield ok("security-embedded", part=name, port=port)


def _listening(port: int) -> set[str]:
    """Local addresses, as the kernel writes them, on which somebody listens at a port (Linux)."""
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            local, state = line.split()[1], line.split()[3]
            address, _, number = local.partition(":")
            if state == LISTENS and int(number, 16) == port:
                found.add(address)
    return found


def redis(settings: Settings) -> Iterator[Told]:
    """Whether a foreign Redis asks for a password, over TLS."""
    yield from _server(settings.redis_url, "Redis", "rediss")


def broker(settings: Settings) -> Iterator[Told]:
    """Whether a foreign broker asks for a password, over TLS."""
    yield from _server(settings.mqtt_url, "MQTT", "mqtts")


def _server(url: str, name: str, safe: str) -> Iterator[Told]:
    parts = urlsplit(url)
    if not url or parts.scheme == "unix":
        yield ok("security-server-own", part=name)
    elif not parts.password:
        yield fault("security-server-open", part=name, host=parts.hostname)
    elif parts.scheme != safe and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        yield warning("security-server-plain", part=name, host=parts.hostname, scheme=safe)
    else:
        yield ok("security-server", part=name, host=parts.hostname)


def owner(settings: Settings) -> Iterator[Told]:
    """Who runs it."""
    yield warning("security-root") if os.geteuid() == 0 else ok("security-owner", user=os.geteuid())


def pins(settings: Settings) -> Iterator[Told]:
    """Whether what runs is what was proved: each installed package in the version of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    found = (re.match(r"([\w.-]+)==([\w.]+)", line) for line in lines)
    wanted = {_plain(pin[1]): pin[2] for pin in found if pin}
    other = []
    for package in importlib.metadata.distributions():
        name = package.metadata["Name"]
        if wanted.get(_plain(name), package.version) != package.version:
            other.append(f"{name} {package.version}")
    yield warning("security-pins-other", names=", ".join(other)) if other else ok("security-pins", count=len(wanted))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def elsewhere(settings: Settings) -> Iterator[Told]:
    """What nobody can see from inside."""
    for code in ("holes", "backup", "disk", "heads", "host"):
        yield unknown(f"security-unknown-{code}")
