"""What the routes of the duty desk take and give."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.duty import Deed, DutyAct, Scope, Silence
from core.labels import Verdict
from core.records import Level

LevelWord = Literal["normal", "blue", "yellow", "orange", "red"]
Done = Literal["acknowledge", "take-back", "comment", "take-over", "shelve", "merge", "verdict", "mute"]


class ActWish(BaseModel):
    """An act. key: chosen by whoever asks; a repeat with the same key does nothing more.

    seen: the level that stood on his screen. until_ms: of a shelf or a mute, city time; 0 takes a shelf back.
    into: the card that this one belongs to. since_ms: of a source, since when it was silent on his
    screen; of a card, since when its data were lost there (`lost_ms` of its warnings), or it goes on waiting.
    """

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=8, max_length=80)
    kind: Done
    text: str = Field("", max_length=500)
    until_ms: int = Field(0, ge=0, le=1 << 53)
    verdict: Literal["", *(one.value for one in Verdict if one is not Verdict.INCIDENT)] = ""  # type: ignore[valid-type]
    into: str = Field("", max_length=200)
    since_ms: int = Field(0, ge=0, le=1 << 53)
    seen: LevelWord = "red"


class ItemWish(ActWish):
    """An act on anything that waits: a card, a warning, `event:<id>`, `source:<feed>`, `device:<id>`, or `sound`."""

    subject: str = Field(min_length=1, max_length=200)


class ActTold(BaseModel):
    """One act as it stands. covers: each warning or item that it is about, and up to which level."""

    number: int
    kind: Deed
    subject: str
    covers: dict[str, LevelWord]
    name: str
    post: str
    at_ms: int
    until_ms: int
    text: str
    verdict: str
    into: str

    @classmethod
    def of(cls, act: DutyAct) -> ActTold:
        """As the API gives it."""
        fields = {name: getattr(act, name) for name in cls.model_fields if name != "covers"}
        covers: dict[str, Any] = {item: level.name.lower() for item, level in act.covers.items()}
        return cls(covers=covers, **fields)


class Acts(BaseModel):
    """What was done, oldest first."""

    acts: list[ActTold]


class SilenceWish(BaseModel):
    """A silence 屏蔽 or a maintenance window 维护窗口; what is left empty fits everything. Times are city time."""

    model_config = ConfigDict(extra="forbid")

    areas: list[str] = Field(default=[], max_length=50)
    topics: list[str] = Field(default=[], max_length=50)
    rules: list[str] = Field(default=[], max_length=50)
    subjects: list[str] = Field(default=[], max_length=200)
    up_to: LevelWord = "orange"
    maintenance: bool = False
    from_ms: int = Field(ge=0, le=1 << 53)
    until_ms: int = Field(ge=0, le=1 << 53)
    reason: str = Field("", max_length=500)

    def wanted(self) -> Silence:
        """As the service takes it."""
        named = (tuple(self.areas), tuple(self.topics), tuple(self.rules), tuple(self.subjects))
        scope = Scope(*named, Level[self.up_to.upper()])
        times = (self.from_ms, self.until_ms)
        return Silence("", scope, *times, self.reason, "", "", 0, maintenance=self.maintenance)


class SilenceTold(BaseModel):
    """One silence as it stands."""

    number: int
    scope: dict[str, Any]
    from_ms: int
    until_ms: int
    reason: str
    name: str
    maintenance: bool
    ended_ms: int

    @classmethod
    def of(cls, silence: Silence) -> SilenceTold:
        """As the API gives it."""
        scope = {name: list(getattr(silence.scope, name)) for name in ("areas", "topics", "rules", "subjects")}
        fields = {name: getattr(silence, name) for name in cls.model_fields if name != "scope"}
        return cls(scope=scope | {"up_to": silence.scope.up_to.name.lower()}, **fields)


class Silences(BaseModel):
    """Silences that last or come."""

    silences: list[SilenceTold]


class Preview(BaseModel):
    """What a silence would hide now."""

    hides: list[str]
    sentences: list[str]


class ContactTold(BaseModel):
    """One number to call."""

    name: str
    phone: str
    role: str
    post: str


class Contacts(BaseModel):
    """Whom to call, the best first. in_full: False: numbers are masked, his post does not see them."""

    contacts: list[ContactTold]
    in_full: bool
