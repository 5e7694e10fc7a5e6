"""What pages about one case share: the city on show, who may do what there, names and times in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from accounts.bearer import Bearer
from accounts.office import Office
from accounts.rights import may
from board.belonging import chain_of
from board.names import Names as Places
from catalogue.declared import Declared
from core.clock import in_china, real_ms
from core.errors import UnknownName
from core.messages import text
from dispatch.book import Now, Rules
from dispatch.holidays import calendars_at
from dispatch.urgent_paper import Names
from dispatch.wording import state_word
from layouts.reading import PictureReader


class CaseSight:
    """The city on show, as pages about cases look at it."""

    def __init__(self, reader: PictureReader, office: Office, language: str) -> None:
        self._reader, self._office, self.language = reader, office, language

    def declared(self) -> Declared:
        """What the city declares. Raises UnknownName: none is on show yet."""
        declared = self._reader.declared()
        if declared is None:
            raise UnknownName("no city is on show yet")
        return declared

    def rules(self) -> Rules:
        """What it declares about cases."""
        declared = self.declared()
        calendars = calendars_at(declared.city.work_hours, real_ms())
        return Rules(declared.case_kinds, calendars, lambda area: chain_of(declared, area))

    def now(self, at_real_ms: int) -> Now:
        """Scene and times of a request."""
        city, stamp = self.declared().city.code, str(self._reader.sections()["city"]["main"]["stamp"])
        return Now(self._reader.scene_id(), stamp, city, self._reader.city_now_ms(), at_real_ms)

    def mark(self) -> str:
        """What stands on papers about a city that is not the real one."""
        stamp = str(self._reader.sections()["city"]["main"]["stamp"])
        return "" if stamp == "live" else text(f"stamp.{stamp}", self.language)

    def may(self, by: Bearer, action: str, facts: Mapping[str, Any]) -> bool:
        """Whether somebody may do something where a case is. facts: of the case."""
        kind, area = self.declared().case_kinds.get(str(facts["kind"])), str(facts.get("area", ""))
        chain = chain_of(self.declared(), area) if area else ()
        return may(by, action, area=chain, topic=kind.domain if kind else "").allowed

    def names(self) -> Names:
        """How kinds, areas and states are called, and how a time is written."""
        declared = self.declared()
        kinds = {kind.id: kind.name[self.language] for kind in declared.case_kinds.values()}
        places, said = (
            Places(declared, self.language),
            partial(state_word, declared.state_words, language=self.language),
        )
        return Names(lambda kind: kinds.get(kind, kind), places.subject, moment, self.language, said)

    def people(self) -> Callable[[str], str]:
        """What somebody who acted is called."""
        people = {f"person:{one.login}": one.name for one in self._office.roster.people()}
        return lambda name: people.get(name, name)


def moment(at_ms: int) -> str:
    """A time in China, to the minute.

    >>> moment(0)
    '1970-01-01 08:00'
    """
    return f"{in_china(at_ms):%Y-%m-%d %H:%M}"
