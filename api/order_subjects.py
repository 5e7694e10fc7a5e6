"""What an order may be written on 批示对象: a case, a warning, an indicator at a place; for page and API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from board.belonging import warning_concerned
from board.names import Names
from board.positions import kept_concerned
from catalogue.declared import Declared
from core.errors import UnknownName
from dispatch.book import CaseBook
from dispatch.supervision_book import About
from early_warning.grades import grade_of
from store.sql import Database
from store.warnings import warning_of

CASE, WARNING, INDICATOR = "case", "warning", "indicator"  # before the colon of a key


class Picture(Protocol):
    """What must be known of the picture."""

    def declared(self) -> Declared | None:
        """What the city has declared; None before a scene is active."""

    def sections(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """Section → key → record."""

    def scene_id(self) -> str:
        """Of the active scene."""

    def value(self, indicator: str, subject: str) -> Mapping[str, Any] | None:
        """The newest value at an area or a station."""


class OrderSubjects:
    """Names them by their keys. Who may see them is asked by whoever shows them."""

    def __init__(self, database: Database, cases: CaseBook, picture: Picture, language: str) -> None:
        self._database, self._cases, self._picture, self._language = database, cases, picture, language

    def of(self, key: str) -> About:
        """What a key names: `case:…`, `warning:…`, `indicator:<indicator>/<place>`. Raises UnknownName."""
        kind, _, named = key.partition(":")
        makers = {CASE: self._of_case, WARNING: self._of_warning, INDICATOR: self._of_indicator}
        declared = self._picture.declared()
        if kind not in makers or declared is None:
            raise UnknownName(key)
        return makers[kind](declared, named)

    def _of_case(self, declared: Declared, case: str) -> About:
        facts = self._cases.read(case).case.facts
        kind = declared.case_kinds.get(str(facts.get("kind", "")))
        return About(f"{CASE}:{case}", str(facts["title"]), str(facts.get("area", "")), kind.domain if kind else "")

    def _of_warning(self, declared: Declared, warning: str) -> About:
        shown = self._picture.sections().get("warnings", {}).get(warning)
        if shown is not None:
            one, sentence = warning_concerned(declared, warning, dict(shown)), str(shown["sentence"])
        else:
            with self._database.reading() as connection:
                kept = warning_of(connection, self._picture.scene_id(), warning)
            one, sentence = kept_concerned(declared, kept), kept.sentence
        return About(f"{WARNING}:{warning}", sentence, one.subject, one.topic, one.grade)

    def _of_indicator(self, declared: Declared, named: str) -> About:
        name, _, place = named.partition("/")
        indicator = declared.indicators.get(name)
        if indicator is None or not place:
            raise UnknownName(named)
        value = self._picture.value(name, place)
        said = f" {value['text']} {indicator.unit}" if value else ""
        title = f"{Names(declared, self._language).subject(place)} {indicator.name[self._language]}{said}"
        return About(f"{INDICATOR}:{named}", title, place, indicator.domain, grade_of(indicator))
