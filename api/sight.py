"""What of the picture a bearer may see, by area, topic and sensitivity; for those whose reach is not the whole city.

Whoever sees everything has no sight here and gets the one encoding that all share; all others share one for each reach,
so that a hundred walls cost what one costs. Records of sections that this file
does not know are left out: what is new must be said here before anybody with a narrow reach sees it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

import orjson

from accounts.bearer import Bearer
from accounts.rights import Decision, may
from board.belonging import chain_of
from board.canvas import Record, Sections
from board.history import Point
from board.reader import PictureReader
from catalogue.declared import Declared
from core.accounts import Sensitivity
from early_warning.grades import grade_of, grade_of_rule, reaches

FRAMES = 16  # frames that were cut last: clients with the same reach share them
GENERAL = frozenset(  # not of one place
    {"city", "probe", "workers", "sources", "load", "case_load", "responses", "proposals"}
)
LEVELS = ("red", "orange", "yellow", "blue")  # the gravest first
SEEN = ("indicators.see", "warnings.see", "stations.see")


class Sight:
    """The picture as one bearer may see it."""

    def __init__(self, bearer: Bearer, declared: Declared) -> None:
        self._bearer, self._declared = bearer, declared
        self._known: dict[tuple[str, str, str, Sensitivity], bool] = {}
        self._frames: OrderedDict[bytes, bytes] = OrderedDict()
        self._topics_of_metric: dict[str, set[str]] = {}
        for one in declared.indicators.values():
            for metric in (*one.metrics, *one.event_types):
                self._topics_of_metric.setdefault(metric, set()).add(one.domain)

    @property
    def whole(self) -> bool:
        """Whether nothing at all is hidden from him."""
        return sees_all(self._bearer, self._declared)

    def sees(self, action: str, place: str, topic: str = "", grade: Sensitivity = Sensitivity.PUBLIC) -> bool:
        """Whether he may do something to a place, an area or a device. topic: empty means of none in particular."""
        asked = (action, place, topic, grade)
        if asked not in self._known:
            decision = may(self._bearer, action, area=self._chain(place), topic=topic, sensitivity=grade)
            self._known[asked] = decision.allowed
        return self._known[asked]

    def sees_value(self, indicator: str, place: str) -> bool:
        """Whether he may see an indicator at an area or a station."""
        declared = self._declared.indicators.get(indicator)
        if declared is None:
            return False
        return self.sees("indicators.see", place, declared.domain, grade_of(declared))

    def refusal(self, indicator: str, place: str) -> Decision | None:
        """Why he may not see an indicator at a place, or, when no indicator is named, a device.

        None: he may, or no post of his sees any at all, which is for the door to say.
        """
        if not indicator:
            refused = Decision(False, "area", action="stations.see", grant=next(iter(self._bearer.grants), None))
            return None if self.sees_device(place) else refused
        declared = self._declared.indicators.get(indicator)
        if declared is None:
            return None  # the answer says that there is none
        grade = grade_of(declared)
        decision = may(
            self._bearer, "indicators.see", area=self._chain(place), topic=declared.domain, sensitivity=grade
        )
        return None if decision.allowed or decision.code == "role" else decision

    def sees_indicator(self, indicator: str) -> bool:
        """Whether he may see an indicator at any place of the city."""
        return any(self.sees_value(indicator, place) for place in self._places())

    def sees_device(self, device: str, action: str = "stations.see", grade: Sensitivity = Sensitivity.PUBLIC) -> bool:
        """Whether he may see a device: in his area, and measuring for one of his topics."""
        declared = self._declared.devices.get(device)
        metrics: Iterable[str] = declared.metrics if declared else ()
        topics = set[str]().union(*(self._topics_of_metric.get(metric, set()) for metric in metrics)) or {""}
        return any(self.sees(action, device, topic, grade) for topic in topics)

    def picture(self, sections: Mapping[str, Mapping[str, Record]]) -> Sections:
        """Those records of a picture, or of a difference, that he may see."""
        return {
            section: {
                key: self._cut(section, key, record)
                for key, record in records.items()
                if self._sees_record(section, key, record)
            }
            for section, records in sections.items()
        }

    def frame(self, frame: bytes) -> bytes:
        """A frame of the live feed, cut to what he may see."""
        cut = self._frames.get(frame)
        if cut is None:
            content: dict[str, Any] = orjson.loads(frame)
            if "set" in content:
                content["set"] = self.picture(content["set"])
            cut = self._frames[frame] = orjson.dumps(content)
            if len(self._frames) > FRAMES:
                self._frames.popitem(last=False)
        return cut

    def _cut(self, section: str, key: str, record: Record) -> Record:
        """A record without what it tells of warnings that he may not see: no figure, no count, no colour."""
        if section == "domains":
            return self._domain(key, record)
        if section == "areas":
            counts, level = self._counted({key: record.get("graded", {})}, "")
            return record | {"counts": counts, "level": level, "total": sum(counts.values()), "graded": {}}
        if section == "stations" and record.get("graded"):
            graded = {Sensitivity.of(word): level for word, level in record["graded"].items()}
            seen = [level for grade, level in graded.items() if self.sees_device(key, grade=grade)]
            return record | {"level": _gravest(seen), "graded": {}}
        return record

    def _counted(self, placed: Mapping[str, Mapping[str, Record]], topic: str) -> tuple[dict[str, int], str]:
        """Counts by level, and the gravest, of what he may see of counts by place and grade."""
        seen = [
            one
            for place, graded in placed.items()
            for grade, one in graded.items()
            if self.sees("indicators.see", place, topic, Sensitivity.of(grade))
        ]
        counts = {level: sum(one[level] for one in seen) for level in LEVELS}
        return counts, _gravest(level for level, many in counts.items() if many)

    def _domain(self, key: str, record: Record) -> Record:
        """A domain by what he reaches of it; of whom a part is shown, nothing is called normal that he does not see."""
        counts, level = self._counted(record.get("placed", {}), key)
        cut = record | {"counts": counts, "level": level, "placed": {}}
        if record["level"] is None:
            cut["level"] = None
        if not self._sees_whole(key):
            cut |= {"reported": 0, "expected": 0, "status": "ok" if any(counts.values()) else "unknown"}
            cut["level"] = level if any(counts.values()) else None
        return self._headlined(cut)

    def _sees_whole(self, domain: str) -> bool:
        return self.sees("indicators.see", self._declared.areas.city.id, domain, Sensitivity.INTERNAL)

    def _headlined(self, domain: Record) -> Record:
        """A domain without the figure that stands for it when he may not see that one."""
        headline = domain["headline"]
        if headline is None or self.sees_value(headline["indicator"], headline["area"]):
            return domain
        return domain | {"headline": None, "hidden": True}

    def _sees_record(self, section: str, key: str, record: Record) -> bool:
        city = self._declared.areas.city.id
        judges: Mapping[str, Callable[[], bool]] = {
            "indicators": lambda: self.sees_indicator(key),
            "domains": lambda: self._sees_whole(key) or self._sees_part(key),
            "sparks": lambda: self.sees_value(record.get("indicator", ""), record.get("area", city)),
            "values": lambda: self.sees_value(record["indicator"], record["area"]),
            "areas": lambda: self.sees("warnings.see", key),
            "warnings": lambda: (
                self.sees_value(record["indicator"], record["subject"])
                and self.sees("warnings.see", record["subject"], self._topic(record["indicator"]))
            ),
            "cards": lambda: (
                self.sees("warnings.see", record["area"])  # of all topics; others see each warning alone
                and all(self.sees_value(one, record["area"]) for one in record.get("indicators", ()))
            ),
            "orders": lambda: self.sees(
                "orders.see", record["area"] or city, record["topic"], Sensitivity(record.get("sensitivity", 0))
            ),
            "silences": lambda: reaches(self._bearer, Sensitivity(record.get("sensitivity", 0))),
            "cases": lambda: self.sees("warnings.see", record["area"] or city, record["topic"]),
            "units": lambda: self.sees("warnings.see", record["area"] or city),
            "duty": lambda: self._sees_duty(record),
            "relaxed": lambda: self._sees_rule(key),
            "stations": lambda: self.sees_device(key),
            "vehicles": lambda: self.sees_device(key),
            "events": lambda: self.sees_device(record["device"]),
            "trends": lambda: self.sees_value(record["indicator"], record["subject"]),
        }
        return section in GENERAL or (section in judges and judges[section]())

    def _sees_duty(self, record: Record) -> bool:
        area, topic, grade = record["area"], record["topic"], Sensitivity.of(record.get("grade", "public"))
        return self.sees("warnings.see", area, topic) and self.sees("indicators.see", area, topic, grade)

    def _sees_part(self, domain: str) -> bool:
        """Whether he may see a domain in some county."""
        return any(self.sees("indicators.see", county.id, domain) for county in self._declared.areas.counties)

    def _sees_rule(self, name: str) -> bool:
        rule = self._declared.rules.get(name)
        if rule is None:
            return False
        city, grade = self._declared.areas.city.id, grade_of_rule(rule, self._declared.indicators)
        return self.sees("warnings.see", city, rule.domain, grade)

    def _topic(self, indicator: str) -> str:
        declared = self._declared.indicators.get(indicator)
        return declared.domain if declared else ""

    def _chain(self, place: str) -> tuple[str, ...]:
        """A place and everything it lies in."""
        return chain_of(self._declared, place)

    def _places(self) -> list[str]:
        areas = self._declared.areas
        return [areas.city.id, *(reached for grant in self._bearer.grants for reached in grant.reach.areas)]


def sees_all(by: Bearer, declared: Declared) -> bool:
    """Whether a city has nothing that somebody may not see."""
    highest = max((grade_of(one) for one in declared.indicators.values()), default=Sensitivity.PUBLIC)
    return all(may(by, action, sensitivity=highest).allowed for action in SEEN)


class SeenReader:
    """The picture of this process as a bearer may see it; reads as `board.reader.PictureReader` does."""

    def __init__(self, reader: PictureReader, sight: Sight) -> None:
        self._reader, self._sight = reader, sight
        self.language, self.scene, self.declared = reader.language, reader.scene, reader.declared
        self.revision = reader.revision

    @property
    def sections(self) -> Sections:
        """Those records that he may see."""
        return self._sight.picture(self._reader.sections)

    def value(self, indicator: str, area: str) -> Record | None:
        """As there; None for what he may not see."""
        return self._reader.value(indicator, area) if self._sight.sees_value(indicator, area) else None

    def values(self, indicator: str) -> list[Record]:
        """As there, without what he may not see."""
        found = self._reader.values(indicator)
        return [record for record in found if self._sight.sees_value(indicator, record["area"])]

    def series(self, indicator: str, area: str, from_ms: int = 0) -> list[Point]:
        """As there; empty for what he may not see."""
        return self._reader.series(indicator, area, from_ms) if self._sight.sees_value(indicator, area) else []

    def sees(self, indicator: str) -> bool:
        """Whether there is an indicator for him, at any place of the city."""
        return self._sight.sees_indicator(indicator)

    def name(self, subject: str) -> str:
        """Names are no secret."""
        return self._reader.name(subject)


class Sights:
    """The sights of one web process: one for all who may see the same."""

    def __init__(self, bearer: Callable[[], Bearer]) -> None:
        """bearer: who sent the request that is being answered."""
        self._bearer = bearer
        self._declared: Declared | None = None
        self._known: dict[Bearer, Sight | None] = {}

    def reader(self, reader: PictureReader) -> PictureReader:
        """The picture as whoever asks now may see it."""
        sight = self.of(reader.declared)
        return reader if sight is None else cast(PictureReader, SeenReader(reader, sight))

    def sees_raw(self, declared: Declared | None, device: str) -> bool:
        """Whether he may read the messages of a device as they came."""
        return declared is not None and Sight(self._bearer(), declared).sees_device(device, "raw.see")

    def of(self, declared: Declared | None) -> Sight | None:
        """The sight of whoever asks now; None: he sees everything, or there is nothing to see yet."""
        if declared is None:
            return None
        if declared is not self._declared:
            self._declared, self._known = declared, {}
        alike = _alike(self._bearer())
        if alike not in self._known:
            sight = Sight(alike, declared)
            self._known[alike] = None if sight.whole else sight
        return self._known[alike]


def _gravest(levels: Iterable[str]) -> str:
    found = set(levels)
    return next((level for level in LEVELS if level in found), "normal")


def _alike(bearer: Bearer) -> Bearer:
    """The same for all who may see the same, whatever their posts and tokens are called."""
    grants = {replace(grant, post="") for grant in bearer.grants}
    return Bearer("", tuple(sorted(grants, key=repr)), bearer.strong, bearer.locked, bearer.renewing)
