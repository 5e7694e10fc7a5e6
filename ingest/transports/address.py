"""One way to point a client at a broker."""

from __future__ import annotations

import paho.mqtt.client as mqtt

from core.broker_address import broker_address

CONNECT_S = 1.0


def aim(client: mqtt.Client, url: str, keepalive_s: int) -> None:
    """Set host, port, user and TLS of a client from `mqtt://` or `mqtts://`; nothing is sent yet."""
    address = broker_address(url)
    if address.user:
        client.username_pw_set(address.user, address.password)
    if address.secure:
        client.tls_set()
    client.connect_timeout = CONNECT_S
    client.connect_async(address.host, address.port, keepalive_s)
