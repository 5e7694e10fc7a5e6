"""How a route of notices is written in a pack: who is told of what, when, and while which response holds."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from core.accounts import EVERYWHERE
from core.notices import Channel, Route
from core.records import Level
from core.schema import Entry, Name
from early_warning.schema import Colour
from indicators.schema import TimeOfDay

Target = Annotated[str, Field(pattern=r"^(recipient|post|seat):[a-z0-9][a-z0-9._-]*$")]
DAY_S = 86_400
MINUTE_S = 60


class RouteEntry(Entry):
    """A route of notices: whom warnings of some topics, areas and levels reach, and by what."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    to: Annotated[tuple[Target, ...], Field(min_length=1)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    topics: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    areas: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    level: Colour = Level.ORANGE
    hours: tuple[TimeOfDay, TimeOfDay] | None = None
    unacknowledged_s: Annotated[int, Field(ge=0, le=3600)] = 45
    unanswered_s: Annotated[int, Field(ge=0, le=3600)] = 0
    standing_s: Annotated[int, Field(ge=0, le=7 * DAY_S)] = 0
    then: tuple[Target, ...] = ()
    response: str = ""
    response_level: Annotated[int, Field(ge=1, le=4)] = 4
    restricted: bool = False

    @model_validator(mode="after")
    def _hours_last(self) -> Self:
        if self.hours and self.hours[0] == self.hours[1]:
            raise ValueError("hours begin and end at different times; leave them out for the whole day")
        return self

    def record(self, route_id: str) -> Route:
        """The route as notices know it."""
        told = self.fields()
        from_s, until_s = told.pop("hours") or (0, DAY_S)
        told["topics"], told["areas"] = self.topics or (EVERYWHERE,), self.areas or (EVERYWHERE,)
        return Route(route_id, from_min=from_s // MINUTE_S, until_min=until_s // MINUTE_S, **told)
