"""The two packets that a generator of load writes itself, because a client library spends some 30 µs on each.

Source: MQTT 3.1.1, OASIS Standard, sections 2.2, 3.1, 3.3.
"""

from __future__ import annotations

CONNECT, PUBLISH_QOS_1 = 0x10, 0x32
CONNACK_OK = b"\x20\x02\x00\x00"
PUBACK_BYTES = 4


def connect_packet(client_id: str) -> bytes:
    """CONNECT with a clean session, without keep-alive, user or password."""
    clean_session, keepalive_s = 0x02, 0
    body = string("MQTT") + bytes([4, clean_session]) + keepalive_s.to_bytes(2, "big") + string(client_id)
    return bytes([CONNECT]) + remaining_length(len(body)) + body


def publish_packet(topic: str, payload: bytes, packet_id: int) -> bytes:
    """PUBLISH of QoS 1. packet_id: 1 to 65,535."""
    body = string(topic) + packet_id.to_bytes(2, "big") + payload
    return bytes([PUBLISH_QOS_1]) + remaining_length(len(body)) + body


def string(words: str) -> bytes:
    """UTF-8 behind its length in two bytes."""
    encoded = words.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def remaining_length(size: int) -> bytes:
    """MQTT's variable length, 7 bits a byte.

    >>> list(remaining_length(127)), list(remaining_length(128))
    ([127], [128, 1])
    """
    encoded = bytearray()
    while True:
        size, low = divmod(size, 128)
        encoded.append(low | (0x80 if size else 0))
        if not size:
            return bytes(encoded)
