"""The rows of the table of settings that concern what the public may read and report; off until it is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from core.setting import Setting, flag, whole, words

PUBLIC_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "open311", "CITYVITALS_OPEN311", "0", flag, "", "1: citizens' apps may report and read by Open311 GeoReport."
    ),
    Setting("public_status", "CITYVITALS_PUBLIC_STATUS", "0", flag, "", "1: `/public/status` shows how cases stand."),
    Setting(
        "public_per_min",
        "CITYVITALS_PUBLIC_PER_MIN",
        "60",
        whole(1, 100_000),
        "requests/min",
        "How often one address may ask either of them.",
    ),
    Setting(
        "exchange_name",
        "CITYVITALS_EXCHANGE_NAME",
        "",
        words,
        "",
        "What other platforms call this one; empty: its city.",
    ),
    Setting(
        "exchange_peers",
        "CITYVITALS_EXCHANGE_PEERS",
        "",
        words,
        "",
        "Platforms that cases are exchanged with: `name url secret token`, with ; between them.",
        secret=True,
    ),
)


@dataclass(frozen=True, repr=False)  # what shows them hides the secrets
class PublicSettings:
    """The fields that these rows become."""

    open311: bool
    public_status: bool
    public_per_min: int
    exchange_name: str
    exchange_peers: str
