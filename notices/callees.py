"""From what a case calls to notices with whom they reach: a unit, the liaisons of a department, a role. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.accounts import EVERYWHERE, Department, Post, Role
from core.clock import in_china
from core.messages import text
from core.notices import Call, Channel, Kind, Notice, Recipient
from core.records import Level
from notices.roster import Roster
from notices.routes import Aim

# How somebody is told of a case: the first of these that he has; to be escalated to rings as well.
CHANNELS = (Channel.SMS, Channel.WECOM, Channel.DINGTALK, Channel.FEISHU, Channel.MAIL, Channel.VOICE)
AT_LEAST = {Kind.ASSIGNED: Level.BLUE, Kind.DUE_SOON: Level.BLUE, Kind.OVERDUE: Level.YELLOW, Kind.RAISED: Level.ORANGE}
OF_GRADE = {1: Level.RED, 2: Level.ORANGE, 3: Level.YELLOW}
FALLS_TO = f"role:{Role.DISPATCHER}"  # when a department has nobody here


@dataclass(frozen=True)
class Callees:
    """Who can be called: people by their posts, units by their telephone and by who is on their roster, by login."""

    roster: Roster
    posts: Mapping[str, Post] = field(default_factory=dict)
    departments: Sequence[Department] = ()
    members: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def aims(self, call: Call, areas: Sequence[str], now_ms: int) -> list[Aim]:
        """Whom a call is for and how he is told; areas: of the call, the smallest first.

        When none of them has an address the dispatchers of the area are told as well: somebody must know.
        """
        found = [one for to in call.to for one in self._of(to, call, areas, now_ms)]
        if not any(one.addresses and not one.disabled for one in found):
            found += self._of(FALLS_TO, call, areas, now_ms)
        unique = {one.id: one for one in found}
        return [Aim(one, channel) for one in unique.values() for channel in _channels(one, call.kind)]

    def _of(self, to: str, call: Call, areas: Sequence[str], now_ms: int) -> list[Recipient]:
        kind, _, name = to.partition(":")
        if kind == "unit":
            who = (to, *(f"person:{login}" for login in self.members.get(name, ())))
            return [one for one in map(self.roster.known, who) if one]
        if kind == "department":
            own = {one.id for one in self.departments if one.name == name}
            posts = [post for post in self.posts.values() if post.role is Role.LIAISON and post.department in own]
        else:
            posts = [post for post in self.posts.values() if post.role == name and _reaches(post, call, areas)]
        return [one for post in posts for one in self._holder(post, now_ms)]

    def _holder(self, post: Post, now_ms: int) -> Iterable[Recipient]:
        chain = self.roster.chain(f"post:{post.id}", now_ms)
        return chain[0] if chain else ()


def called(call: Call, areas: Sequence[str], said: Mapping[str, str], now_ms: int, language: str) -> Notice:
    """The notice of a call. said: the names of its kind of case, area and capability; now_ms: real time."""
    about = {name: str(value) for name, value in call.about.items()}
    places = {"case": "", "level": "", **about, **said, "what": _what(call, language)}
    if "due_ms" in call.about:
        places["time"] = in_china(int(call.about["due_ms"])).strftime("%m-%d %H:%M")
    level = max(OF_GRADE.get(call.grade, Level.BLUE), AT_LEAST.get(call.kind, Level.YELLOW))
    return Notice(
        key=f"{call.key}|{call.kind}",
        scene=call.scene,
        stamp=call.stamp,
        kind=call.kind,
        level=level,
        warning="",
        card=about.get("case", ""),
        topic=call.topic,
        areas=tuple(areas),
        sentence=text(f"notice.call_{call.kind}", language, **places),
        at_ms=now_ms,
    )


def _channels(one: Recipient, kind: Kind) -> Sequence[Channel]:
    first = next((channel for channel in CHANNELS if one.addresses.get(channel)), Channel.SMS)
    rings = kind is Kind.RAISED and Channel.VOICE in one.addresses and first is not Channel.VOICE
    return (first, Channel.VOICE) if rings else (first,)


def _reaches(post: Post, call: Call, areas: Sequence[str]) -> bool:
    where = EVERYWHERE in post.reach.areas or not set(areas).isdisjoint(post.reach.areas)
    return where and (EVERYWHERE in post.reach.topics or call.topic in ("", *post.reach.topics))


def _what(call: Call, language: str) -> str:
    """What a clock counts, in words; "" when no clock called."""
    if not (obligation := call.about.get("obligation", "")):
        return text("notice.call_sent-back", language)
    said = text(f"case.obligation-{obligation}", language)
    return text("notice.call_late", language, what=said) if call.kind is Kind.RAISED else said
