"""Months of the city, as figures and reports name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from core.clock import CHINA, in_china, to_ms
from core.errors import UnknownName

_NAME = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Month:
    """One month in China's civil time.

    >>> Month(2026, 12).after.name, Month(2026, 1).before.name
    ('2027-01', '2025-12')
    """

    year: int
    month: int

    @property
    def name(self) -> str:
        """How addresses call it."""
        return f"{self.year}-{self.month:02}"

    @property
    def from_ms(self) -> int:
        """Its first moment, ms UTC."""
        return to_ms(datetime(self.year, self.month, 1, tzinfo=CHINA))

    @property
    def until_ms(self) -> int:
        """Its end, not included."""
        return self.after.from_ms

    @property
    def before(self) -> Month:
        """The one before."""
        return Month(self.year - 1, 12) if self.month == 1 else Month(self.year, self.month - 1)

    @property
    def after(self) -> Month:
        """The next one."""
        return Month(self.year + 1, 1) if self.month == 12 else Month(self.year, self.month + 1)


def month_at(at_ms: int) -> Month:
    """The month of a time, ms UTC.

    >>> month_at(1_795_304_100_000).name
    '2026-11'
    """
    local = in_china(at_ms)
    return Month(local.year, local.month)


def month_named(name: str) -> Month:
    """The month `2026-11`. Raises UnknownName."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise UnknownName(f"{name!r} is no month; one is written 2026-11")
    return Month(int(found[1]), int(found[2]))
