"""The life of a rule: who drafts, tries, submits, approves, relaxes; each act one transaction with its audit entry.

    draft 草案 → trial 试运行 → review 审核 → active 生效, from its time on; what was active before ends there.

Nobody approves what he drafted. What only tightens needs no second person. A shift leader may relax a rule for at most
24 hours; that ends by itself. Bounds that are only illustrative become active when whoever approves adopts them in the
name of the city.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from accounts.bearer import Bearer
from accounts.rights import may
from accounts.warden import Warden
from core.acts import ActTopic
from core.errors import DeclarationError, NotAllowed, Objection
from core.messages import text
from core.records import HOUR_MS
from core.rule_versions import OPEN_STATES, RuleVersion, VersionState
from early_warning.declaration import faults
from early_warning.rule_changes import changes, only_later, only_sooner
from store.outbox import tell
from store.rules import (
    add_version,
    change_version,
    in_force,
    open_version,
    version_numbered,
    versions_of,
)
from store.sql import Transaction

RELAXED_LONGEST_MS = 24 * HOUR_MS
MACHINE = "system"  # as the audit calls who puts a rule back into review when what it promised did not come
UNPROVED = ("illustrative", "none")

Declaration = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shipped:
    """A rule as it is in force without us: its version and declaration."""

    version: str
    declaration: Declaration


Check = Callable[[str, Declaration], list[str]]  # rule, declaration → mistakes that only the whole city shows


def objection(code: str, **places: object) -> Objection:
    """What is said when an act does not fit how things stand."""
    return Objection(code, lambda language: text(f"rules.objection_{code}", language, **places))


class RuleOffice:
    """Rules of one city. shipped: the rule that its packs declare, None: none. check: of what may become active."""

    def __init__(self, warden: Warden, city: str, shipped: Callable[[str], Shipped | None], check: Check) -> None:
        self._warden, self._city, self._shipped, self._check = warden, city, shipped, check

    def save(
        self, by: Bearer, rule: str, declaration: Declaration, seen: RuleVersion | None, reason: str, now_ms: int
    ) -> RuleVersion:
        """Write the draft of a rule. seen: the open version that the author had before him, None: none.

        Raises:
            DeclarationError: Every mistake of the declaration at once.
            Objection: Somebody else saved meanwhile; it says what he changed.
            NotAllowed: No post of his reaches so far.
        """
        with self._acting(by, "rules.edit", rule, declaration, now_ms) as tx:
            _refuse_faults(faults(declaration))
            standing = open_version(tx, self._city, rule)
            if _identity(standing) != _identity(seen):
                raise objection("overtaken", who=standing.author if standing else "")
            if standing is None:
                return add_version(tx, self._fresh(tx, by, rule, declaration, reason, now_ms))
            if standing.state is VersionState.REVIEW:
                raise objection("in-review", version=standing.version)
            drawn = replace(standing, declaration=dict(declaration), reason=reason, author=by.name, changed_ms=now_ms)
            return self._changed(tx, replace(drawn, state=VersionState.DRAFT))

    def put_on_trial(self, by: Bearer, seen: RuleVersion, now_ms: int) -> RuleVersion:
        """Judge a draft beside the active version; it never rings."""
        with self._stepping(by, "rules.edit", seen, (VersionState.DRAFT,), now_ms) as (tx, version):
            self._refuse_unfit(version)
            return self._told(tx, replace(version, state=VersionState.TRIAL), now_ms)

    def submit(self, by: Bearer, seen: RuleVersion, reason: str, now_ms: int) -> RuleVersion:
        """Ask somebody else to approve it."""
        if not reason.strip():
            raise objection("reason")
        with self._stepping(by, "rules.edit", seen, (VersionState.DRAFT, VersionState.TRIAL), now_ms) as (tx, version):
            self._refuse_unfit(version)
            return self._told(tx, replace(version, state=VersionState.REVIEW, reason=reason), now_ms)

    def send_back(self, by: Bearer, seen: RuleVersion, remark: str, now_ms: int) -> RuleVersion:
        """Give a version under review back to its author."""
        if not remark.strip():
            raise objection("reason")
        with self._stepping(by, "rules.release", seen, (VersionState.REVIEW,), now_ms) as (tx, version):
            return self._told(tx, replace(version, state=VersionState.DRAFT, remark=remark), now_ms)

    def drop(self, by: Bearer, seen: RuleVersion, now_ms: int) -> RuleVersion:
        """Give a draft up; it is kept."""
        with self._stepping(by, "rules.edit", seen, OPEN_STATES, now_ms) as (tx, version):
            return self._told(tx, replace(version, state=VersionState.DROPPED), now_ms)

    def approve(self, by: Bearer, seen: RuleVersion, terms: Terms, now_ms: int) -> RuleVersion:
        """Release what somebody else drafted and submitted."""
        with self._stepping(by, "rules.release", seen, (VersionState.REVIEW,), now_ms) as (tx, version):
            if version.author == by.name:
                raise objection("own")
            return self._released(tx, by, version, terms, now_ms)

    def tighten(self, by: Bearer, seen: RuleVersion, terms: Terms, now_ms: int) -> RuleVersion:
        """Release one's own draft that only tightens what is in force."""
        drafted = (VersionState.DRAFT, VersionState.TRIAL)
        with self._stepping(by, "rules.edit", seen, drafted, now_ms) as (tx, version):
            if not only_sooner(changes(self.standing(tx, version.rule, now_ms).declaration, version.declaration)):
                raise objection("not-tighter")
            return self._released(tx, by, version, terms, now_ms)

    def relax(self, by: Bearer, rule: str, declaration: Declaration, terms: Relaxing, now_ms: int) -> RuleVersion:
        """Break-glass 临时放宽: for some hours the rule warns later. What is active then comes back by itself."""
        if not 0 < terms.for_ms <= RELAXED_LONGEST_MS:
            raise objection("too-long")
        if not terms.reason.strip():
            raise objection("reason")
        with self._acting(by, "rules.relax", rule, declaration, now_ms, terms.reason) as tx:
            _refuse_faults(faults(declaration))
            if not only_later(changes(self.standing(tx, rule, now_ms).declaration, declaration)):
                raise objection("not-milder")
            version = self._fresh(tx, by, rule, declaration, terms.reason, now_ms)
            self._refuse_unfit(version)
            relaxed = replace(version, state=VersionState.RELAXED, approver=by.name)
            kept = add_version(tx, replace(relaxed, effective_ms=now_ms, ended_ms=now_ms + terms.for_ms))
            tell(tx, ActTopic.RULE, told(kept), now_ms)
            return kept

    def end_relaxing(self, by: Bearer, seen: RuleVersion, now_ms: int) -> RuleVersion:
        """End it before its time."""
        with self._stepping(by, "rules.relax", seen, (VersionState.RELAXED,), now_ms) as (tx, version):
            return self._told(tx, replace(version, ended_ms=min(now_ms, version.ended_ms or now_ms)), now_ms)

    def restore(self, by: Bearer, number: int, now_ms: int) -> RuleVersion:
        """A new draft that says what an old version said."""
        with self._warden.database.reading() as connection:
            old = version_numbered(connection, number)
        return self.save(by, old.rule, old.declaration, None, "", now_ms)

    def look_again(self, version: RuleVersion, reason: str, now_ms: int) -> RuleVersion | None:
        """Put what is in force back into review, drafted by nobody; it goes on judging meanwhile.

        None: somebody works on the rule, or it was put there before.
        """
        by = Bearer(MACHINE)
        with self._warden.recording(by, "rules.look_again", f"rule:{version.rule}", now_ms, {"reason": reason}) as tx:
            known = versions_of(tx, self._city, version.rule)
            if any(one.state in OPEN_STATES or _looks_again_at(one, version) for one in known):
                return None
            fresh = self._fresh(tx, by, version.rule, version.declaration, reason, now_ms)
            kept = add_version(tx, replace(fresh, based_on=version.version, state=VersionState.REVIEW))
            tell(tx, ActTopic.RULE, told(kept), now_ms)
            return kept

    def standing(self, tx: Transaction, rule: str, now_ms: int) -> Shipped:
        """What is in force by approval now, relaxations left out. Raises Objection: there is no such rule."""
        active = [one for one in versions_of(tx, self._city, rule) if one.state is VersionState.ACTIVE]
        found = in_force(active, now_ms).get(rule)
        shipped = Shipped(found.version, found.declaration) if found else self._shipped(rule)
        if shipped is None:
            raise objection("unknown", rule=rule)
        return shipped

    def _fresh(
        self, tx: Transaction, by: Bearer, rule: str, declaration: Declaration, reason: str, now_ms: int
    ) -> RuleVersion:
        standing, shipped = self.standing(tx, rule, now_ms), self._shipped(rule)
        used = [one.version for one in versions_of(tx, self._city, rule)] + ([shipped.version] if shipped else [])
        version = str(1 + max((int(one) for one in used if one.isdigit()), default=0))
        return RuleVersion(
            city=self._city,
            rule=rule,
            version=version,
            state=VersionState.DRAFT,
            declaration=dict(declaration),
            based_on=standing.version,
            author=by.name,
            made_ms=now_ms,
            changed_ms=now_ms,
            reason=reason,
        )

    def _released(self, tx: Transaction, by: Bearer, version: RuleVersion, terms: Terms, now_ms: int) -> RuleVersion:
        """Active from a time on; what was active, or was to become so, ends there."""
        effective_ms = max(now_ms, terms.effective_ms)
        declaration = dict(version.declaration)
        if declaration["source"]["bounds"] in UNPROVED:
            if not terms.adopts:
                raise objection("illustrative")
            declaration["source"] = declaration["source"] | {"bounds": "adopted"}
        released = replace(
            version,
            state=VersionState.ACTIVE,
            declaration=declaration,
            approver=by.name,
            remark=terms.remark,
            effective_ms=effective_ms,
            expected=terms.expected,
        )
        self._refuse_unfit(released)
        for other in versions_of(tx, self._city, version.rule):
            over = other.ended_ms is not None and other.ended_ms <= effective_ms
            if other.state is VersionState.ACTIVE and not over:
                self._changed(tx, replace(other, ended_ms=max(effective_ms, other.effective_ms)))
        return self._told(tx, released, now_ms)

    def _told(self, tx: Transaction, version: RuleVersion, now_ms: int) -> RuleVersion:
        kept = self._changed(tx, replace(version, changed_ms=now_ms))
        tell(tx, ActTopic.RULE, told(kept), now_ms)
        return kept

    def _changed(self, tx: Transaction, version: RuleVersion) -> RuleVersion:
        kept = change_version(tx, version)
        if kept is None:
            raise objection("overtaken", who="")
        return kept

    def _refuse_unfit(self, version: RuleVersion) -> None:
        _refuse_faults(faults(version.declaration))
        if problems := self._check(version.rule, version.declaration):
            raise DeclarationError(problems)

    @contextmanager
    def _acting(
        self, by: Bearer, action: str, rule: str, declaration: Declaration, now_ms: int, reason: str = ""
    ) -> Iterator[Transaction]:
        """One act on one rule: a post must reach the whole city and the topic of the rule."""
        decision = may(by, action, area=(self._city,), topic=str(declaration.get("domain", "")))
        if not decision.allowed:
            raise NotAllowed(decision.code, decision.in_words)
        detail = {"reason": reason} if reason else {}
        with self._warden.acting(by, action, f"rule:{rule}", now_ms, detail) as tx:
            yield tx

    @contextmanager
    def _stepping(
        self, by: Bearer, action: str, seen: RuleVersion, from_states: tuple[VersionState, ...], now_ms: int
    ) -> Iterator[tuple[Transaction, RuleVersion]]:
        """A step of a version that stands as whoever acts has seen it."""
        with self._acting(by, action, seen.rule, seen.declaration, now_ms) as tx:
            version = version_numbered(tx, seen.number)
            if version.revision != seen.revision or version.state not in from_states:
                raise objection("overtaken", who=version.author)
            yield tx, version


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a version is released.

    effective_ms: from when, 0: at once. adopts: bounds without a standard are adopted in the name of the city.
    expected: what the backtest promised, to be held against what comes.
    """

    effective_ms: int = 0
    adopts: bool = False
    remark: str = ""
    expected: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Relaxing:
    """Why and for how long a rule is relaxed."""

    reason: str
    for_ms: int


def told(version: RuleVersion) -> dict[str, Any]:
    """What the city is told of a version: enough to show it, and the number under which the rest is found."""
    plain = ("city", "rule", "version", "state", "number", "author", "approver", "reason", "effective_ms", "ended_ms")
    return {name: getattr(version, name) for name in plain} | {"state": str(version.state)}


def _looks_again_at(one: RuleVersion, version: RuleVersion) -> bool:
    return one.author == MACHINE and one.based_on == version.version


def _identity(version: RuleVersion | None) -> tuple[int, int] | None:
    return None if version is None else (version.number, version.revision)


def _refuse_faults(found: list[tuple[tuple[str | int, ...], str]]) -> None:
    if found:
        raise DeclarationError([f"{'.'.join(map(str, path))}: {said}" for path, said in found])
