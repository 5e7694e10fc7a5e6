"""One way to read a broker's address."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt

CONNECT_S = 1.0


def aim(client: mqtt.Client, url: str, keepalive_s: int) -> None:
    """Set host, port, user and TLS of a client from `mqtt://` or `mqtts://`; nothing is sent yet."""
    parts = urlsplit(url)
    secure = parts.scheme == "mqtts"
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if secure:
        client.tls_set()
    client.connect_timeout = CONNECT_S
    client.connect_async(parts.hostname or "", parts.port or (8883 if secure else 1883), keepalive_s)
