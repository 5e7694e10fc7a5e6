"""The one tree of errors: what we promised and cannot keep.

What the world does wrong is never raised: it is a value (`core.records.Rejected`), counted and kept.

    CityVitalsError
    ├── SettingsError        the environment asks for something that does not exist
    ├── DeclarationError     a pack has mistakes; all of them, with file and line
    ├── FormulaError         a formula cannot be read; the column, and what is accepted there
    ├── StartError           a part cannot start here: port taken, program missing
    ├── NeighbourDown        Redis, broker or another process does not answer
    ├── StreamFull           the readers are too far behind; nothing more is taken in
    ├── UnreadableEntry      a stream holds an entry that this version of the program cannot read
    ├── NotOwner             another worker owns this partition with a higher epoch
    ├── UnknownName          somebody asked for a city, area or indicator that is not declared
    ├── Taken                a name that must be somebody's alone already belongs to another
    ├── UnfitValue           text or a number that no database takes; whoever sent it is told
    ├── TableError           a table cannot be imported: what it lacks, what it has
    ├── IllegalStep          a case or one of its units cannot take this step now; says which it could
    ├── NotAllowed           the rights of whoever asks do not reach so far; says which, and why
    └── Objection            allowed, and yet it does not fit how things stand; says why
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from core.messages import catalogue, listed, text


class CityVitalsError(Exception):
    """Anything of ours that a caller may want to catch together."""


class SettingsError(CityVitalsError):
    """All faults of the environment at once, one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class DeclarationError(CityVitalsError):
    """All mistakes of a pack at once; each reads `file:line: sentence`."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class FormulaError(CityVitalsError):
    """What is wrong with a formula and what would have been accepted; `column` counts from 1."""

    def __init__(self, column: int, problem: str) -> None:
        self.column = column
        super().__init__(f"column {column}: {problem}")


class StartError(CityVitalsError):
    """One sentence that names the thing, the value and what would have been accepted.

    `code` is its entry in `core/messages/start.yaml`; as text it is English, for logs.
    """

    def __init__(self, code: str, **places: object) -> None:
        self.code, self.places = code, places
        super().__init__(self.in_words("en"))

    def __reduce__(self) -> tuple[partial[StartError], tuple[()]]:
        """How it comes back from another process."""
        return partial(StartError, self.code, **self.places), ()

    def in_words(self, language: str) -> str:
        """The sentence in a language."""
        return text(f"start.{self.code}", language, **self.places)


class NeighbourDown(CityVitalsError):
    """A part of the installation does not answer; the caller keeps what it has and tries again."""


class StreamFull(CityVitalsError):
    """A stream is longer than allowed; whoever feeds it stops acknowledging until its readers caught up."""


class UnreadableEntry(CityVitalsError):
    """An entry was written by another version of the program, or is damaged; the message says which."""


class NotOwner(CityVitalsError):
    """A write was refused because a newer owner holds the partition."""


class TableError(CityVitalsError):
    """A table or its mapping cannot be read; the message names what was expected and what is there."""


class UnknownName(CityVitalsError):
    """The name asked for is not declared; the message lists near ones."""


class Taken(CityVitalsError):
    """A login, or the name of a person in another system, already belongs to somebody."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name!r} already belongs to somebody")


class UnfitValue(CityVitalsError):
    """A value that no database takes: text with a zero byte or half a letter, a number beyond its column."""


class IllegalStep(CityVitalsError):
    """A step that the table of a case does not have here. `code` is its entry in `core/messages/case.yaml`.

    Places that name a verb or a state are said in the reader's words.
    """

    def __init__(self, code: str, **places: object) -> None:
        self.code, self.places = code, places
        super().__init__(self.in_words("en"))

    def in_words(self, language: str, own: Mapping[str, str] = MappingProxyType({})) -> str:
        """The sentence in a language. own: code of a message → the word that a city has instead."""
        named = {name: _named(name, value, language, own) for name, value in self.places.items()}
        return text(f"case.{self.code}", language, **named)


_TOPICS = {
    "verb": "case.verb-",
    "accepted": "case.verb-",
    "state": "case.state-",
    "obligation": "case.obligation-",
    "role": "role.",
    "needs": "dispatch.field_",
    "deed": "plan.deed-",
    "standing": "plan.state-",
    "order_deed": "order.deed-",
    "order_state": "order.state-",
}


def _named(place: str, value: object, language: str, own: Mapping[str, str]) -> str:
    """Verbs, states, obligations and fields by their words; several, joined by commas, one by one."""
    if place not in _TOPICS or not value:
        return str(value)
    codes = {f"{_TOPICS[place]}{word}": word for word in str(value).split(", ")}
    named = (own.get(code) or (text(code, language) if code in catalogue() else word) for code, word in codes.items())
    return listed(named, language)


class NotAllowed(CityVitalsError):
    """Refused. `code` names the reason, `in_words` says it in a language; as text it is English, for logs."""

    def __init__(self, code: str, in_words: Callable[[str], str]) -> None:
        self.code, self.in_words = code, in_words
        super().__init__(in_words("en"))


class Objection(CityVitalsError):
    """Allowed, but not as things stand: somebody was faster, too long, no reason given. As NotAllowed, in words."""

    def __init__(self, code: str, in_words: Callable[[str], str]) -> None:
        self.code, self.in_words = code, in_words
        super().__init__(in_words("en"))
