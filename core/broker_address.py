"""How the address of an MQTT broker is read, for those who speak to it and those who only knock."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

PLAIN_PORT, TLS_PORT = 1883, 8883


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker listens, and who we are to it; as text `host:port`, without user and password."""

    host: str
    port: int
    secure: bool
    user: str = field(repr=False)
    password: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def broker_address(url: str) -> BrokerAddress:
    """The parts of `mqtt://` or `mqtts://`, a missing port filled in.

    >>> str(broker_address("mqtts://duty:p%40ss@broker.example")), broker_address("mqtts://duty:p%40ss@h").password
    ('broker.example:8883', 'p@ss')
    """
    parts = urlsplit(url)
    secure = parts.scheme == "mqtts"
    return BrokerAddress(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or (TLS_PORT if secure else PLAIN_PORT),
        secure=secure,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
