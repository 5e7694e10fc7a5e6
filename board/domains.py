"""The five domains' vital signs: how grave, which figure stands for it, how much of it is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from board.canvas import Canvas, Record
from board.history import History, thin
from board.names import Names
from board.sources import feeds_of_indicators
from board.stations import Stations
from board.values import ValueWriter
from board.warnings import ALARMING, graded_counts, is_restricted, no_counts
from board.words import level_word
from catalogue.declared import Declared, Domain
from core.records import DAY_MS, CityWarning, Level
from indicators.definition import Direction

SPARK_POINTS = 96  # a quarter of an hour each
SPARK_EVERY_MS = 60_000  # city time; a line of a day does not move faster

Latest = Callable[[str, str], Record | None]  # (indicator, area or station) → its newest value record


class Domains:
    """The panels of the domains, in the order of the declaration."""

    def __init__(self, declared: Declared, names: Names, writer: ValueWriter) -> None:
        self._declared = declared
        self._names = names
        self._writer = writer
        self._feeds = {domain.id: self._feeds_of(domain) for domain in declared.domains}
        self._drawn: dict[str, tuple[str, str, int]] = {}  # domain → (indicator, area, window end) of its spark

    def paint(
        self, canvas: Canvas, active: Sequence[CityWarning], stations: Stations, latest: Latest, history: History
    ) -> None:
        """Show every domain as it stands. active: gravest first."""
        of_domain: dict[str, list[CityWarning]] = {domain.id: [] for domain in self._declared.domains}
        for warning in active:
            rule = self._declared.rules.get(warning.rule)
            if rule is not None and rule.domain in of_domain:
                of_domain[rule.domain].append(warning)
        for order, domain in enumerate(self._declared.domains):
            headline = self._headline(domain, of_domain[domain.id], latest)
            record = self._record(domain, order, of_domain[domain.id], stations, headline)
            if headline is not None:
                self._paint_spark(canvas, domain.id, headline, history)
            shown = canvas.sections["domains"].get(domain.id, {})
            urgent = any(record[field] != shown.get(field) for field in ("level", "status", "counts"))
            canvas.put("domains", domain.id, record, urgent=urgent)

    def _record(
        self,
        domain: Domain,
        order: int,
        active: Sequence[CityWarning],
        stations: Stations,
        headline: Record | None,
    ) -> Record:
        tallies = [stations.tally(feed) for feed in self._feeds[domain.id]]
        reported, expected = sum(t.reporting for t in tallies), sum(t.expected for t in tallies)
        counts = no_counts()
        for warning in active:
            counts[level_word(warning.level)] += 1
        known = bool(active) or (headline is not None and headline["value"] is not None)
        blind = expected > 0 and reported == 0
        status = "off" if headline is None and not active else "ok" if known and not blind else "unknown"
        level = next((level for level in ALARMING if counts[level_word(level)]), Level.NORMAL)
        return {
            "name": domain.name[self._names.language],
            "order": order,
            "level": level_word(level) if status == "ok" or active else None,
            "status": status,
            "headline": headline,
            "counts": counts,
            "placed": self._placed(active),
            "reported": reported,
            "expected": expected,
        }

    def _placed(self, active: Sequence[CityWarning]) -> dict[str, dict[str, dict[str, int]]]:
        """County, or the city for what has none → counts of each grade there; each bearer adds up what he reaches."""
        of_county: dict[str, list[CityWarning]] = {}
        for warning in active:
            of_county.setdefault(self._names.county_of(warning.subject), []).append(warning)
        return {county: graded_counts(there, self._declared) for county, there in of_county.items()}

    def _headline(self, domain: Domain, active: Sequence[CityWarning], latest: Latest) -> Record | None:
        """The figure of the gravest warning, else the declared one; None when the city declares none.

        A warning that not the whole room may see stands for nothing: what is missing would tell of it.
        """
        shown = next((one for one in active if not is_restricted(one.indicator, self._declared)), None)
        indicator_id, area = (shown.indicator, shown.subject) if shown else (domain.headline, self._names.city)
        indicator = self._declared.indicators.get(indicator_id)
        if indicator is None:
            return None
        record = latest(indicator_id, area) or self._writer.nothing(indicator, area)
        return record | {
            "name": indicator.name[self._names.language],
            "unit": indicator.unit,
            "area_name": self._names.subject(area),
        }

    def _paint_spark(self, canvas: Canvas, domain: str, headline: Record, history: History) -> None:
        """The headline's last day; drawn again when the headline is another one or moved on by a minute."""
        drawn, now = self._drawn.get(domain), (headline["indicator"], headline["area"], headline["end_ms"])
        if drawn and drawn[:2] == now[:2] and drawn[2] <= now[2] < drawn[2] + SPARK_EVERY_MS:
            return
        self._drawn[domain] = now
        down_bad = self._declared.indicators[now[0]].direction is Direction.DOWN_BAD
        points = thin(history.points(now[0], now[1], now[2] - DAY_MS), SPARK_POINTS, down_bad)
        record = {"points": points, "indicator": now[0], "area": now[1]}
        canvas.put("sparks", domain, record, urgent=not drawn or drawn[:2] != now[:2])

    def _feeds_of(self, domain: Domain) -> tuple[str, ...]:
        by_indicator: Mapping[str, tuple[str, ...]] = feeds_of_indicators(self._declared)
        mine = (i.id for i in self._declared.indicators.values() if i.domain == domain.id)
        return tuple(dict.fromkeys(feed for indicator in mine for feed in by_indicator[indicator]))
