"""Every rule of a city over its vital signs: episodes open, change, clear and are retracted in event time. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from core.declared import Device, Feed
from core.records import CityWarning, Stamp, ValueBatch
from early_warning.rule import Rule
from early_warning.rule_watch import Judging, RuleWatch
from early_warning.subjects import Ground, looked_at
from geo.areas import AreaTree
from indicators.definition import Indicator


class Watch:
    """State of all rules. What it tells is a function of the values, not of how they were cut into ticks.

    A rule in trial is judged like any other, and its warnings carry `facts["trial"]`.
    """

    def __init__(
        self,
        rules: Mapping[str, Rule],
        indicators: Mapping[str, Indicator],
        devices: Mapping[str, Device],
        areas: AreaTree,
        feeds: Mapping[str, Feed],
    ) -> None:
        ground = Ground(indicators, devices, areas, feeds)
        self._rules = {name: RuleWatch(rule, ground) for name, rule in sorted(rules.items())}
        self._heirs: set[str] = set()  # rules that took over and are not kept yet
        self._watching: dict[str, list[str]] = defaultdict(list)  # rules by indicator
        for name, rule in sorted(rules.items()):
            for indicator in looked_at(rule):
                self._watching[indicator].append(name)

    def judge(self, values: Sequence[ValueBatch], now_ms: int, stamp: Stamp) -> list[CityWarning]:
        """What the values of one tick change, by rule; a warning is told once, as it stands after all of them."""
        of_rule: dict[str, list[ValueBatch]] = defaultdict(list)
        for batch in values:
            for name in self._watching.get(batch.indicator, ()):
                of_rule[name].append(batch)
        judging = Judging(now_ms, stamp)
        return [warning for name in sorted(of_rule) for warning in self._rules[name].judge(of_rule[name], judging)]

    @property
    def layout(self) -> dict[str, str]:
        """How the name of a chunk begins → what it hangs on."""
        return {f"rule:{name}|": watch.layout for name, watch in self._rules.items()}

    def hand_over(self, successor: Watch, at_ms: int, judging: Judging) -> list[CityWarning]:
        """What of our standing warnings changes because the successor has another rule in its place, or none.

        A rule that judges the same by other bounds goes on with ours; any other ends them. at_ms: city time of that.
        """
        changed: list[CityWarning] = []
        for name, watch in self._rules.items():
            heir = successor._rules.get(name)
            if heir is not None and heir.layout == watch.layout:
                continue
            if heir is not None and heir.follows(watch, judging.now_ms):
                changed += heir.take_over(watch, at_ms, judging)
                successor._heirs.add(name)
            else:
                changed += watch.ended(at_ms)
        return changed

    def inherited(self) -> dict[bytes, bytes]:
        """The chunks of those rules that took over from others; asked once, right after it."""
        every = {name: self._rules[name].dirty() for name in sorted(self._heirs)}
        self._heirs.clear()
        return {
            f"rule:{name}|".encode() + key: chunk
            for name, chunks in every.items()
            for key, chunk in chunks.items()
            if chunk is not None
        }

    def dirty(self) -> dict[bytes, bytes | None]:
        """Chunks that changed since this was last asked; None: dropped. Ask right after `judge` only."""
        return {
            f"rule:{name}|".encode() + key: chunk
            for name, watch in self._rules.items()
            for key, chunk in watch.dirty().items()
        }

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        """Put back what `dirty` gave; of a fresh start nothing."""
        of_rule: dict[str, dict[bytes, bytes]] = defaultdict(dict)
        for key, chunk in chunks.items():
            rule, _, rest = key.partition(b"|")
            of_rule[rule.decode().removeprefix("rule:")][rest] = chunk
        for name, watch in self._rules.items():
            watch.restore(of_rule[name])
