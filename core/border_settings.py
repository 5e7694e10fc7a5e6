"""The rows of the table of settings that concern telephones outside: their address, and the border relay 边界中继."""

from __future__ import annotations

from dataclasses import dataclass

from core.setting import Setting, origin, whole, words

BORDER_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "field_address",
        "CITYVITALS_FIELD_ADDRESS",
        "",
        origin,
        "",
        "Where telephones of teams reach this city, `https://m.city.example`: one-time links say it, the border relay"
        " is asked under it. Empty: whatever address the desk itself has open.",
    ),
    Setting(
        "border_inner",
        "CITYVITALS_BORDER_INNER",
        "",
        origin,
        "",
        "On the border machine: the website inside, `https://10.1.2.3:8050`, to which the relay goes.",
    ),
    Setting(
        "border_ca",
        "CITYVITALS_BORDER_CA",
        "",
        words,
        "",
        "On the border machine: certificates that vouch for the website inside, a PEM file; empty: the system's.",
    ),
    Setting(
        "border_key",
        "CITYVITALS_BORDER_KEY",
        "",
        words,
        "",
        "Key with which the relay signs and the website inside checks; empty: `border.key` in the folder above,"
        " which `python app.py border-key` makes.",
        secret=True,
    ),
    Setting(
        "border_queue_mb",
        "CITYVITALS_BORDER_QUEUE_MB",
        "2048",
        whole(1, 1_000_000),
        "MB",
        "On the border machine: acts that wait for the website inside may take so much of its disk.",
    ),
    Setting(
        "border_per_min",
        "CITYVITALS_BORDER_PER_MIN",
        "3000",
        whole(1, 1_000_000),
        "requests/min",
        "On the border machine: how often one address may ask. Many telephones share that of their operator.",
    ),
)


@dataclass(frozen=True, repr=False)  # what shows them hides the secrets
class BorderSettings:
    """The fields that these rows become."""

    field_address: str
    border_inner: str
    border_ca: str
    border_key: str
    border_queue_mb: int
    border_per_min: int
