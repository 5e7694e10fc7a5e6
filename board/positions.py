"""Where a kept warning belongs: its areas and its topic, by which seats are found."""

from __future__ import annotations

from board.belonging import chain_of
from catalogue.declared import Declared
from early_warning.alarm_shifts import Belongs
from store.warnings import KeptWarning


def belonging_in(declared: Declared) -> Belongs:
    """How the warnings of a city are placed."""

    def belongs(one: KeptWarning) -> tuple[tuple[str, ...], str]:
        indicator = declared.indicators.get(one.warning.indicator)
        return chain_of(declared, one.warning.subject), indicator.domain if indicator else ""

    return belongs
