"""What a new installation tells other systems: every warning, retained on MQTT and in one CAP feed. Pure.

Both carry live data only; who wants to try them with the demonstration puts them on the exercise list.
"""

from __future__ import annotations

from core.messages import text
from core.notices import Channel, Recipient, Route
from core.records import Level

TOPIC = "city/out/warnings"


def recipients_of(language: str) -> tuple[Recipient, ...]:
    """Two systems, told of each warning as it comes."""
    mqtt = Recipient("mqtt", text("notice.default_mqtt", language), {Channel.MQTT: TOPIC}, budget=0)
    return mqtt, Recipient("cap", text("notice.default_cap", language), {Channel.CAP: "cap"}, budget=0)


def routes_of(language: str) -> tuple[Route, ...]:
    """One route, of all levels, to both."""
    to, channels = ("recipient:mqtt", "recipient:cap"), (Channel.MQTT, Channel.CAP)
    name = text("notice.default_route", language)
    return (Route("systems", name, to, channels, level=Level.BLUE, unacknowledged_s=0),)
