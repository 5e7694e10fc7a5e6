"""What the routes of proposals take and give. Times are city time, ms UTC."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from dispatch.similar import Precedent

Key = Annotated[str, Field(min_length=8, max_length=64)]
Member = Annotated[str, Field(min_length=1, max_length=160)]


class Why(BaseModel):
    """Why a member is proposed: how it shows, m from the surest place, s after the first one, the words in it."""

    shows: str
    distance_m: float
    delay_s: int
    words: list[str]


class MemberTold(BaseModel):
    """An item or a case. source: warning, video, hotline, field or case. correlation: leads to its readings.

    reply_by_ms: until when its citizen is owed a reply of his own, null: he is not; reply: what he could be told, once
    the case that leads is done; somebody confirms it.
    """

    id: str
    source: str
    kind: str
    title: str
    at_ms: int
    correlation: str
    why: Why | None = None
    reply_by_ms: int | None = None
    reply: str = ""


class Proposed(BaseModel):
    """疑似同一事件. cause: its name, "" for one thing told several times. kind: of the case that it would be."""

    cause: str
    kind: str
    kind_name: str
    members: list[MemberTold]


class Proposals(BaseModel):
    """What is likely one, and what waits alone; further: how many more do."""

    now_ms: int
    proposals: list[Proposed]
    waiting: list[MemberTold]
    further: int


class MembersTold(BaseModel):
    """What a case consists of, the oldest first. correlation: one id from the readings to its close."""

    correlation: str
    members: list[MemberTold]


class Precedents(BaseModel):
    """Past cases of the same kind, the most alike first."""

    cases: list[Precedent]


class AcceptWish(BaseModel):
    """One incident. key: chosen by whoever asks, the same for a repeat. title: of the case if it is a new one."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    members: list[Member] = Field(min_length=1, max_length=100)
    kind: str = Field(min_length=1, max_length=120)
    title: str = Field("", max_length=120)


class RejectWish(BaseModel):
    """Members that are not one incident; a single item that is nothing."""

    model_config = ConfigDict(extra="forbid")

    members: list[Member] = Field(min_length=1, max_length=100)
    reason: str = Field("", max_length=500)


class SplitWish(BaseModel):
    """Members to take out of a case, and why."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    members: list[Member] = Field(min_length=1, max_length=100)
    reason: str = Field(min_length=1, max_length=500)
