"""The one table of rights, and the one question: may this bearer do this, here, about this?

A right belongs to a role; a post has a role and a reach (areas, topics, sensitivity); a person has the rights of the
posts that he holds. `docs/rights.md` is printed from here. What is not in the table is refused to everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from accounts.bearer import Bearer, Grant
from core.accounts import ADMINISTRATORS, EVERYWHERE, Reach, Role, Sensitivity
from core.errors import NotAllowed
from core.messages import listed, text

OPEN = "open"  # the action of doors that everybody may use: the sign-in page, its files, "up or down"

OWN = "account.own"  # what is left to somebody who must change his password first


@dataclass(frozen=True, slots=True)
class Right:
    """One row: which roles may do something.

    placed: it concerns a place and a topic, which must lie inside the reach of the post.
    lasts: part of the picture and its sound, which an expired session keeps. strong: only after a second factor.
    """

    roles: frozenset[Role]
    placed: bool = True
    lasts: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed or not, and why; `in_words` is fit for the screen and for the audit."""

    allowed: bool
    code: str
    grant: Grant | None = None
    action: str = ""

    def in_words(self, language: str) -> str:
        """The reason as a sentence."""
        places = {
            "post": self.grant.post if self.grant else "",
            "role": text(f"role.{self.grant.role}", language) if self.grant else "",
            "action": text(f"action.{self.action}", language) if self.action in RIGHTS else self.action,
            "roles": listed((text(f"role.{r}", language) for r in Role if r in roles_of(self.action)), language),
            "door": self.action,
        }
        return text(f"rights.{self.code}", language, **places)


def refusal(code: str, **places: str | Role) -> NotAllowed:
    """A refusal with its sentence in `core/messages/rights.yaml`; roles are named in the reader's language."""

    def in_words(language: str) -> str:
        named = {k: text(f"role.{v}", language) if isinstance(v, Role) else v for k, v in places.items()}
        return text(f"rights.{code}", language, **named)

    return NotAllowed(code, in_words)


_ROOM = frozenset({Role.DUTY, Role.SHIFT_LEADER, Role.LEADER, Role.DISPATCHER, Role.HOTLINE})
_OUTSIDE = frozenset({Role.FIELD, Role.LIAISON})
_DESKS = _ROOM | _OUTSIDE | {Role.SUPERVISOR, Role.RULES, Role.REVIEWER, Role.FOUNDER}
_ALL_PEOPLE = _DESKS | {Role.OPERATIONS} | ADMINISTRATORS


def _right(*roles: Role | frozenset[Role], placed: bool = True, strong: bool = False) -> Right:
    return Right(_union(roles), placed=placed, strong=strong)


def _picture(*roles: Role | frozenset[Role], placed: bool = True) -> Right:
    return Right(_union(roles), placed=placed, lasts=True)


def _union(roles: Iterable[Role | frozenset[Role]]) -> frozenset[Role]:
    return frozenset().union(*(frozenset({r}) if isinstance(r, Role) else r for r in roles))


RIGHTS: Mapping[str, Right] = {
    # what is seen
    "wall.see": _picture(_DESKS, Role.OPERATIONS, Role.WALL, placed=False),
    "pages.see": _picture(_DESKS, Role.OPERATIONS, placed=False),
    "indicators.see": _picture(_DESKS, Role.WALL, Role.MACHINE),
    "warnings.see": _picture(_DESKS, Role.WALL, Role.MACHINE),
    "stations.see": _picture(_DESKS, Role.OPERATIONS, Role.WALL, Role.MACHINE),
    "raw.see": _right(Role.DUTY, Role.SHIFT_LEADER, Role.RULES, Role.OPERATIONS, Role.FOUNDER, Role.MACHINE),
    "letters.see": _right(Role.RULES, Role.OPERATIONS, Role.FOUNDER, placed=False),
    "personal.see": _right(Role.DUTY, Role.SHIFT_LEADER, Role.DISPATCHER, Role.HOTLINE, Role.FIELD),
    "cases.see": _picture(_ROOM, _OUTSIDE, Role.SUPERVISOR, Role.MACHINE),
    "photos.see": _right(_ROOM, _OUTSIDE, Role.SUPERVISOR),  # faces and number plates: no screen that stays open
    "docs.see": _right(_DESKS, Role.OPERATIONS, placed=False),
    "metrics.see": _right(Role.OPERATIONS, Role.FOUNDER, Role.MACHINE, placed=False),
    "health.see": _picture(_DESKS, Role.OPERATIONS, Role.WALL, Role.MACHINE, placed=False),
    # what is done about warnings and cases
    "warnings.confirm": _right(Role.DUTY, Role.SHIFT_LEADER, Role.LEADER, Role.DISPATCHER),
    "warnings.silence": _right(Role.SHIFT_LEADER, Role.LEADER),
    "entries.make": _right(Role.DUTY, Role.SHIFT_LEADER, Role.DISPATCHER, Role.HOTLINE),
    "cases.tell": _right(_ROOM, _OUTSIDE, Role.MACHINE),
    "cases.open": _right(Role.DUTY, Role.SHIFT_LEADER, Role.DISPATCHER, Role.HOTLINE),
    "cases.dispatch": _right(Role.SHIFT_LEADER, Role.DISPATCHER),
    "cases.accept": _right(_OUTSIDE),
    "cases.report": _right(_OUTSIDE),
    "cases.verify": _right(Role.DUTY, Role.SHIFT_LEADER, Role.SUPERVISOR),
    "cases.close": _right(Role.SHIFT_LEADER, Role.DISPATCHER),
    "cases.supervise": _right(Role.LEADER, Role.SUPERVISOR),
    "cases.note": _right(_ROOM, _OUTSIDE, Role.SUPERVISOR),
    "units.see": _picture(_ROOM, _OUTSIDE, Role.SUPERVISOR, placed=False),  # who helps comes from anywhere
    "units.edit": _right(Role.SHIFT_LEADER, Role.DISPATCHER),
    "cases.instruct": _right(Role.LEADER),
    # responses and plans: who asks for a grave one is not who commands it
    "responses.see": _picture(_DESKS, Role.WALL, Role.MACHINE),
    "responses.propose": _right(Role.DUTY, Role.SHIFT_LEADER, Role.LEADER, Role.DISPATCHER),
    "responses.approve": _right(Role.SHIFT_LEADER, Role.LEADER),
    "responses.command": _right(Role.LEADER),
    "responses.work": _right(_ROOM, _OUTSIDE),
    "orders.see": _right(_ROOM, _OUTSIDE, Role.SUPERVISOR),
    "orders.answer": _right(_OUTSIDE, Role.DUTY, Role.SHIFT_LEADER, Role.DISPATCHER),
    # other platforms: what is stuck on the way there is nobody's secret, and whoever may send sends it again
    "exchange.see": _right(_ROOM, Role.SUPERVISOR, Role.OPERATIONS, placed=False),
    "exchange.send": _right(Role.SHIFT_LEADER, Role.DISPATCHER, Role.OPERATIONS, placed=False),
    "exchange.tell": _right(Role.MACHINE, placed=False),
    "calls.take": _right(Role.HOTLINE, Role.DUTY, placed=False),
    "export.make": _right(Role.DUTY, Role.SHIFT_LEADER, Role.LEADER, Role.SUPERVISOR, Role.RULES),
    # notices: who is told of what, and what became of it
    "notices.see": _right(_ROOM, Role.RULES, Role.REVIEWER, Role.OPERATIONS, Role.FOUNDER, placed=False),
    "notices.edit": _right(Role.SHIFT_LEADER, Role.RULES, Role.OPERATIONS, placed=False),
    "notices.open": _right(Role.SHIFT_LEADER, Role.RULES, placed=False),  # what few may see, to other systems
    "cap.read": _right(Role.MACHINE, Role.OPERATIONS, placed=False),
    "alarm-load.see": _right(_ROOM, Role.SUPERVISOR, Role.RULES, Role.REVIEWER, Role.FOUNDER, placed=False),
    # evaluation and papers: whose figures a person's are; who drafts a report upward does not approve it
    "evaluation.see": _right(_ROOM, Role.LIAISON, Role.SUPERVISOR, Role.MACHINE),
    "evaluation.persons": _right(Role.LEADER, Role.SUPERVISOR),
    "papers.draft": _right(Role.DUTY, Role.SHIFT_LEADER, Role.DISPATCHER),
    "papers.pass": _right(Role.SHIFT_LEADER, Role.LEADER),  # the pack says who of them, and in which order
    "papers.approve": _right(Role.LEADER, Role.SHIFT_LEADER),
    # rules: who drafts does not release; whoever sees warnings may see what judges them, and say what he thinks of it
    "rules.see": _right(_DESKS),
    "rules.complain": _right(_ROOM, _OUTSIDE, Role.SUPERVISOR),
    "rules.try": _right(Role.RULES, Role.REVIEWER),
    "rules.edit": _right(Role.RULES),
    "rules.release": _right(Role.REVIEWER),
    "rules.relax": _right(Role.SHIFT_LEADER),  # at night, for hours, and it ends by itself
    # the installation: who runs it does not touch rules
    "scenes.play": _right(Role.SHIFT_LEADER, Role.OPERATIONS, placed=False),
    "feeds.edit": _right(Role.OPERATIONS, placed=False),
    "installation.run": _right(Role.OPERATIONS, placed=False, strong=True),
    "readings.push": _right(Role.MACHINE, placed=False),
    # accounts: who makes people gives no rights, who gives rights makes no people, who reads the audit does neither;
    # a stolen account needs two hands: one resets passwords, another second factors
    OWN: _right(_ALL_PEOPLE, placed=False),
    "people.see": _right(Role.SYSTEM, Role.SECURITY, Role.FOUNDER, placed=False),
    "people.edit": _right(Role.SYSTEM, Role.FOUNDER, placed=False, strong=True),
    "passwords.reset": _right(Role.SYSTEM, Role.FOUNDER, placed=False, strong=True),
    "posts.see": _right(ADMINISTRATORS, Role.FOUNDER, placed=False),
    "posts.edit": _right(Role.SECURITY, Role.FOUNDER, placed=False, strong=True),
    "factors.reset": _right(Role.SECURITY, placed=False, strong=True),
    "sessions.end": _right(Role.SECURITY, placed=False, strong=True),
    "tokens.make": _right(Role.SECURITY, Role.FOUNDER, placed=False, strong=True),
    "audit.see": _right(Role.AUDIT, placed=False, strong=True),
    "audit.export": _right(Role.AUDIT, placed=False, strong=True),
}

_NEARNESS = ("role", "narrowed", "area", "topic", "sensitivity", "locked", "new-password", "second-factor", "granted")


def roles_of(action: str) -> frozenset[Role]:
    """The roles that may do something somewhere; none for an action that nobody declared."""
    right = RIGHTS.get(action)
    return right.roles if right else frozenset()


def may(
    bearer: Bearer,
    action: str,
    *,
    area: Sequence[str] = (),
    topic: str = "",
    sensitivity: Sensitivity = Sensitivity.PUBLIC,
) -> Decision:
    """Whether a bearer may do something, and why.

    Args:
        bearer: Who asks, with what he holds now.
        action: A row of `RIGHTS`, or `OPEN`.
        area: The area it concerns and those it lies in, by code. Empty: no place in particular, and only a post
            that reaches everywhere may.
        topic: The topic it concerns; empty likewise.
        sensitivity: How far it may be seen.

    Returns:
        The grant that allows it, or of all refusals the one that came nearest.
    """
    right = RIGHTS.get(action)
    if action == OPEN:
        return Decision(True, "open")
    if right is None:
        return Decision(False, "unknown-action", action=action)
    if not bearer.grants:
        return Decision(False, "nobody", action=action)
    judged = [(_judged(grant, bearer, action, right, (area, topic, sensitivity)), grant) for grant in bearer.grants]
    code, grant = max(judged, key=lambda pair: _NEARNESS.index(pair[0]))
    return Decision(code == "granted", code, grant, action)


def may_somewhere(bearer: Bearer, action: str) -> Decision:
    """Whether there is any place and topic where a bearer may do it: for a door that shows only what he may see."""
    nearest = Decision(False, "nobody", action=action)
    for grant in bearer.grants:
        whole = replace(bearer, grants=(_unbounded(grant),))
        decision = may(whole, action)
        if decision.allowed:
            return Decision(True, decision.code, grant, action)
        nearest = decision
    return nearest if bearer.grants else may(bearer, action)


def held_by(bearer: Bearer) -> frozenset[str]:
    """What a bearer may do somewhere, were he fully signed in: what is offered to him. Whatever acts asks again."""
    whole = replace(bearer, strong=True, locked=False)
    return frozenset(action for action in RIGHTS if may_somewhere(whole, action).allowed)


def who_may(
    bearers: Iterable[Bearer],
    action: str,
    *,
    area: Sequence[str] = (),
    topic: str = "",
    sensitivity: Sensitivity = Sensitivity.PUBLIC,
) -> list[tuple[Bearer, Decision]]:
    """Of these bearers those who may, each with the reason: "who can see X, and why"."""
    judged = [(one, may(one, action, area=area, topic=topic, sensitivity=sensitivity)) for one in bearers]
    return [(bearer, decision) for bearer, decision in judged if decision.allowed]


def _judged(
    grant: Grant, bearer: Bearer, action: str, right: Right, about: tuple[Sequence[str], str, Sensitivity]
) -> str:
    """What one grant says: `granted`, or the code of the first thing that it lacks."""
    area, topic, sensitivity = about
    reach = grant.reach
    lacks = {
        "role": grant.role not in right.roles,
        "narrowed": bool(grant.actions) and action not in grant.actions,
        "area": right.placed and EVERYWHERE not in reach.areas and not set(area) & set(reach.areas),
        "topic": right.placed and EVERYWHERE not in reach.topics and topic not in reach.topics,
        "sensitivity": sensitivity > reach.sensitivity,
        "locked": bearer.locked and not right.lasts,
        "new-password": bearer.renewing and action != OWN,
        "second-factor": right.strong and not bearer.strong,
    }
    return next((code for code, is_lacking in lacks.items() if is_lacking), "granted")


def _unbounded(grant: Grant) -> Grant:
    return Grant(grant.role, Reach((EVERYWHERE,), (EVERYWHERE,), grant.reach.sensitivity), grant.post, grant.actions)
