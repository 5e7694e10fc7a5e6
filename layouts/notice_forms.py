"""The forms in which a recipient and a route are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.accounts import EVERYWHERE
from core.markup import Markup, Part, el
from core.notices import MINUTES_A_DAY, Channel, Recipient, Route
from core.records import Level
from layouts.account_frame import Frame

LEVELS: dict[Level, str] = {level: level.name.lower() for level in Level if level is not Level.NORMAL}
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a route may name, each with its word: who is told, areas, domains, plans whose response it asks for."""

    targets: Pairs
    areas: Mapping[str, str]
    topics: Mapping[str, str]
    plans: Mapping[str, str]


def recipient_form(frame: Frame, one: Recipient | None, people: Pairs) -> Markup:
    """A new recipient, or one that is changed: addresses are not shown there, what is left empty stays."""
    where = "notices/recipients"
    known = one or Recipient("", "")
    stays = frame.word("notice.stays") if one else ""
    channels = [
        frame.field(
            where,
            f"to_{channel}",
            f"notice.channel_{channel}",
            placeholder=stays if channel in known.addresses else "",
            autocomplete="off",
        )
        for channel in Channel
    ]
    return frame.form(
        where,
        _identity(frame, where, one.id if one else ""),
        frame.field(where, "name", "notice.name", known.name, required=True, maxlength=60),
        frame.choice(where, "person", "notice.account", [("", frame.word("account.none")), *people], known.person),
        *channels,
        frame.field(where, "secret", "notice.secret", placeholder=stays, autocomplete="off"),
        frame.field(where, "budget", "notice.budget", str(known.budget), type="number", min=0, max=1000),
        _tick("exercise", frame.word("notice.exercise_list"), known.exercise),
        _tick("disabled", frame.word("notice.switched_off"), known.disabled),
        button="account.save",
    )


def route_form(frame: Frame, one: Route | None, choices: Choices) -> Markup:
    """A new route, or one that is changed."""
    where = "notices/routes"
    known = one or Route("", "", (), (Channel.SMS, Channel.VOICE))
    levels = [(word, frame.word(f"level.{word}_colour")) for word in LEVELS.values()]
    channels = [(channel, frame.word(f"notice.channel_{channel}")) for channel in Channel]
    return frame.form(
        where,
        _identity(frame, where, one.id if one else ""),
        frame.field(where, "name", "notice.name", known.name, required=True, maxlength=60),
        _ticks(frame, "notice.to", "to", choices.targets, known.to),
        _ticks(frame, "notice.by", "channels", channels, known.channels),
        frame.choice(where, "level", "notice.from_level", levels, LEVELS.get(known.level, "orange")),
        _ticks(frame, "notice.topics", "topics", list(choices.topics.items()), known.topics),
        frame.field(
            where, "narrow", "notice.narrow", _narrow(known, choices), placeholder="water.river", maxlength=400
        ),
        _ticks(frame, "notice.areas", "areas", list(choices.areas.items()), known.areas),
        frame.field(where, "from", "notice.from_time", clock_word(known.from_min), pattern="[0-9]{2}:[0-9]{2}"),
        frame.field(where, "until", "notice.until_time", clock_word(known.until_min), pattern="[0-9]{2}:[0-9]{2}"),
        _number(frame, "unacknowledged", "notice.unacknowledged", known.unacknowledged_s),
        _number(frame, "unanswered", "notice.unanswered", known.unanswered_s),
        _number(frame, "standing", "notice.standing_min", known.standing_s // 60),
        _ticks(frame, "notice.then", "then", choices.targets, known.then),
        *_of_response(frame, known, choices),
        _tick("restricted", frame.word("notice.opens"), known.restricted),
        _tick("disabled", frame.word("notice.switched_off"), known.disabled),
        button="account.save",
    )


def _narrow(known: Route, choices: Choices) -> str:
    """Topics of a route that are narrower than a domain, as they are typed."""
    return " ".join(one for one in known.topics if one not in choices.topics and one != EVERYWHERE)


def _of_response(frame: Frame, known: Route, choices: Choices) -> list[Part]:
    """The response without which a route is not there."""
    plans = [("", frame.word("account.none")), *choices.plans.items()]
    levels = [(str(level), frame.word(f"plan.level-{level}")) for level in (1, 2, 3, 4)]
    where = "notices/routes"
    return [
        frame.choice(where, "response", "notice.of_response", plans, known.response),
        frame.choice(where, "response_level", "notice.from_response_level", levels, str(known.response_level)),
    ]


def clock_word(minute: int) -> str:
    """A minute of the day as forms write it.

    >>> clock_word(480), clock_word(MINUTES_A_DAY)
    ('08:00', '24:00')
    """
    return f"{minute // 60:02}:{minute % 60:02}"


def minute_of(word: str) -> int:
    """The minute of the day that a form wrote. Raises ValueError."""
    hour, _, minute = word.partition(":")
    found = int(hour) * 60 + int(minute)
    if not (0 <= found <= MINUTES_A_DAY and 0 <= int(minute) < 60):
        raise ValueError(f"{word!r} is no time of day")
    return found


def _number(frame: Frame, name: str, label: str, value: int) -> Markup:
    return frame.field("notices/routes", name, label, str(value), type="number", min=0, max=100_000)


def _identity(frame: Frame, where: str, known: str) -> Part:
    """The id is chosen once."""
    if known:
        return el("input", type="hidden", name="id", value=known)
    return frame.field(where, "id", "notice.id", required=True, maxlength=60, pattern="[a-z0-9][a-z0-9._-]*")


def _tick(name: str, word: str, ticked: bool) -> Markup:
    return el("label", el("input", type="checkbox", name=name, value="1", checked=ticked), word, class_="notice-tick")


def _ticks(frame: Frame, label: str, name: str, options: Iterable[tuple[str, str]], chosen: Sequence[str]) -> Markup:
    """A choice of several; of areas and topics none means all."""
    known = dict(options)
    ticked = [] if EVERYWHERE in chosen else list(chosen)
    boxes = [
        el("label", el("input", type="checkbox", name=name, value=one, checked=one in ticked), word)
        for one, word in known.items()
    ]
    none = "notice.everything" if name in ("areas", "topics") else "account.none"
    said = frame.listed(known.get(one, one) for one in ticked) or frame.word(none)
    return el("fieldset", el("legend", frame.word(label)), frame.folded(said, el("div", boxes, class_="ticks")))
