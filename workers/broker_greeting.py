"""Greeting an MQTT broker by hand: CONNECT, and a question after its name. For the doctor only.

MQTT 3.1.1, sections 3.1 (CONNECT), 3.2 (CONNACK), 3.8 (SUBSCRIBE), 3.3 (PUBLISH).
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from core.broker_address import broker_address

CONNECT_S, NAME_S = 3.0, 1.0
REFUSALS = {
    1: "protocol version",
    2: "client identifier",
    3: "server unavailable",
    4: "bad user name or password",
    5: "not authorised",
}
_NAME_TOPIC = "$SYS/broker/version"  # kept by Mosquitto and most others, not by NATS


@dataclass(frozen=True, slots=True)
class Greeting:
    """How the broker answered. `refusal` "": it accepts us; `name` "": it does not say what it is."""

    refusal: str
    name: str


def greet(url: str) -> Greeting:
    """Connect, ask for the broker's name, leave.

    Raises:
        OSError: Nobody answers there, or something that does not speak MQTT.
    """
    address = broker_address(url)
    with socket.create_connection((address.host, address.port), timeout=CONNECT_S) as plain:
        wire = _secured(plain, address.host) if address.secure else plain
        wire.sendall(_connect(address.user, address.password))
        try:
            kind, body = _packet(wire)
        except TimeoutError as silent:
            raise OSError("it does not speak MQTT") from silent
        if kind != 0x20 or len(body) != 2:
            raise OSError("it does not speak MQTT")
        if body[1]:
            return Greeting(REFUSALS.get(body[1], f"code {body[1]}"), "")
        wire.sendall(_framed(0x82, b"\x00\x01" + _words(_NAME_TOPIC) + b"\x00"))
        return Greeting("", _name(wire))


def _secured(plain: socket.socket, host: str) -> socket.socket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _name(wire: socket.socket) -> str:
    wire.settimeout(NAME_S)
    try:
        for _ in range(3):  # SUBACK and the retained message, in either order
            kind, body = _packet(wire)
            if kind & 0xF0 == 0x30:
                start = 2 + int.from_bytes(body[:2]) + (2 if kind & 0x06 else 0)
                return body[start:].decode("utf-8", "replace")
    except OSError:
        pass  # it keeps no such topic
    return ""


def _connect(user: str, password: str) -> bytes:
    flags = 0x02 | (0x80 if user else 0) | (0x40 if user and password else 0)  # a clean session
    body = _words("MQTT") + bytes((4, flags, 0, 10)) + _words("")
    if user:
        body += _words(user) + (_words(password) if password else b"")
    return _framed(0x10, body)


def _framed(kind: int, body: bytes) -> bytes:
    length, encoded = len(body), bytearray()
    while True:
        length, part = divmod(length, 128)
        encoded.append(part | (128 if length else 0))
        if not length:
            return bytes((kind,)) + bytes(encoded) + body


def _words(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2) + encoded


def _packet(wire: socket.socket) -> tuple[int, bytes]:
    kind, length, shift = _exactly(wire, 1)[0], 0, 0
    while True:
        part = _exactly(wire, 1)[0]
        length |= (part & 127) << shift
        shift += 7
        if part < 128:
            return kind, _exactly(wire, length)
        if shift > 21:
            raise OSError("it does not speak MQTT")


def _exactly(wire: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        part = wire.recv(count - len(found))
        if not part:
            raise OSError("it closed the connection")
        found += part
    return found
