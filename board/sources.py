"""Sources of data 数据源: which reports, which fell silent since when, what that blinds, whom to call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from board.canvas import Canvas
from board.stations import Stations
from catalogue.declared import Declared
from core.declared import SELDOM, Feed
from indicators.plan import reports_to


def feeds_of_indicators(declared: Declared) -> dict[str, tuple[str, ...]]:
    """Indicator → the feeds whose devices fill it, in the order of declaration; the probe's feed never.

    One that counts who reports at all (neither metrics nor events) is not filled by any feed in particular.
    """
    found: dict[str, tuple[str, ...]] = {}
    for indicator in declared.indicators.values():
        filling = set()
        if indicator.metrics or indicator.event_types:
            filling = {d.feed for d in declared.devices.values() if reports_to(indicator, d, declared.feeds)}
        found[indicator.id] = tuple(f.id for f in declared.feeds.values() if f.id in filling and f.kind not in SELDOM)
    return found


class Sources:
    """The declared feeds but the probe's."""

    def __init__(self, declared: Declared, language: str) -> None:
        self._feeds = {feed.id: feed for feed in declared.feeds.values() if feed.kind not in SELDOM}
        self._language = language
        self._received_ms: dict[str, int] = {}
        self._dirty = set(self._feeds)
        self._blinds: dict[str, list[str]] = {feed: [] for feed in self._feeds}
        for indicator, feeds in feeds_of_indicators(declared).items():
            for feed in feeds:
                self._blinds[feed].append(declared.indicators[indicator].name[language])

    def hear(self, feeds: Iterable[str], received_ms: int) -> None:
        """These feeds said something that was received at a real time."""
        for feed in feeds:
            if feed in self._feeds:
                self._received_ms[feed] = max(received_ms, self._received_ms.get(feed, 0))
                self._dirty.add(feed)

    def changed(self, feeds: Iterable[str]) -> None:
        """Devices of these feeds fell silent."""
        self._dirty.update(self._feeds.keys() & set(feeds))

    def paint(self, canvas: Canvas, stations: Stations) -> set[str]:
        """Show what changed since the last call. Returns the feeds that were shown anew."""
        for feed in self._dirty:
            self._paint_one(canvas, self._feeds[feed], stations)
        shown, self._dirty = self._dirty, set()
        return shown

    def snapshot(self) -> dict[str, int]:
        """What `restore` needs, ready for JSON."""
        return dict(self._received_ms)

    def restore(self, kept: Mapping[str, int]) -> None:
        """Continue from a snapshot."""
        self._received_ms = {feed: at_ms for feed, at_ms in kept.items() if feed in self._feeds}

    def _paint_one(self, canvas: Canvas, feed: Feed, stations: Stations) -> None:
        tally = stations.tally(feed.id)
        state = "ok" if tally.reporting else "silent" if tally.newest_ms else "never"
        if not tally.expected and tally.newest_ms:
            state = "ok"  # events of devices that another feed vouches for: quiet is not silence
        shown = canvas.sections["sources"].get(feed.id, {})
        record = {
            "name": feed.name[self._language],
            "kind": feed.kind,
            "newest_ms": tally.newest_ms,
            "received_ms": self._received_ms.get(feed.id, 0),
            "every_s": feed.every_s,
            "late_after_s": feed.late_after_s,
            "state": state,
            "since_ms": tally.newest_ms if state == "silent" else None,
            "reporting": tally.reporting,
            "expected": tally.expected,
            "owner": feed.owner,
            "phone": feed.phone,
            "blinds": self._blinds[feed.id],
        }
        canvas.put("sources", feed.id, record, urgent=state != shown.get("state"))
