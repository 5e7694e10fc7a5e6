"""What the doctor finds, before and after it is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.messages import text


class Verdict(StrEnum):
    """OK; WARNING: it works, with less than it could; FAULT: it does not work; UNKNOWN: nobody can see it from here."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    sentence: str


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as a code of `core/messages/doctor.yaml` and its places."""

    verdict: Verdict
    code: str
    places: dict[str, Any]

    def in_words(self, language: str) -> Finding:
        """The finding as a person reads it."""
        return Finding(self.verdict, text(f"doctor.{self.code}", language, **self.places))


def ok(code: str, **places: Any) -> Told:
    """It is as it should be."""
    return Told(Verdict.OK, code, places)


def unknown(code: str, **places: Any) -> Told:
    """Nobody can see it from here; the sentence says who can."""
    return Told(Verdict.UNKNOWN, code, places)


def warning(code: str, **places: Any) -> Told:
    """It works, with less than it could."""
    return Told(Verdict.WARNING, code, places)


def fault(code: str, **places: Any) -> Told:
    """It does not work."""
    return Told(Verdict.FAULT, code, places)
