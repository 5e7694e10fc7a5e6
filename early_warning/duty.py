"""What duty officers do about warnings: each act is one transaction with its audit entry, and is told to the city.

The right is asked again here, for the area and topic of everything that an act is about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from accounts.bearer import Bearer
from accounts.rights import may
from accounts.warden import Warden
from core.accounts import Sensitivity
from core.acts import ActTopic
from core.duty import Deed, DutyAct, Scope, Silence
from core.errors import NotAllowed
from core.labels import Label, Verdict
from core.records import Level
from early_warning.contacts import Book, Contact, contacts
from early_warning.duty_fold import Standing, folded
from early_warning.duty_rules import Concerned, Wish, check, check_silence, covered, is_hidden, objection
from early_warning.grades import check_seen
from store import duty as kept
from store import people as roster
from store.labels import add_label
from store.outbox import tell
from store.sql import Transaction

CONFIRM, SILENCED = "warnings.confirm", "warnings.silence"
RIGHT_OF: Mapping[Deed, str] = {Deed.SHELVE: SILENCED, Deed.ENTRY: "entries.make"}


@dataclass(frozen=True, slots=True)
class Now:
    """Where and when: the scene and city on show, city time, and the real time for the audit, ms UTC."""

    scene: str
    city: str
    city_ms: int
    real_ms: int


class DutyDesk:
    """Acts of one installation. What stands in the city is handed in by whoever holds the picture."""

    def __init__(self, warden: Warden) -> None:
        self._warden = warden

    def act(
        self,
        by: Bearer,
        wish: Wish,
        concerned: Sequence[Concerned],
        now: Now,
        also: Callable[[Transaction], object] = lambda tx: None,
    ) -> DutyAct:
        """Do it, or return what was done under the same key.

        Args:
            by: Who acts.
            wish: What he asks for.
            concerned: Every warning or item that it is about; of a card all of its members.
            now: Scene and times.
            also: What else is written in the transaction of the act.

        Raises:
            UnknownName: He may not see one of them, as if it were not there.
            NotAllowed: He sees them, and may not do this.
            Objection: It does not fit: somebody else was faster, too long, without a reason.
        """
        known = self._done_before(by, wish.key)
        if known is not None:
            return known
        right = RIGHT_OF.get(wish.kind, CONFIRM)
        detail = {"kind": wish.kind, "key": wish.key, "text": wish.text, "verdict": wish.verdict}
        with self._warden.acting(by, right, wish.subject, now.real_ms, detail) as connection:
            if wish.kind is not Deed.ENTRY:  # which is about nothing that is there yet
                check_seen(by, concerned)
            post = _asked(by, right, concerned)
            covers = covered(wish, concerned)
            check(wish, covers, standings(connection, now.scene, list(covers)), by.name, now.city_ms)
            act = kept.add_act(connection, _act(by, wish, covers, now, (_name(connection, by), post)))
            for one in concerned if wish.kind is Deed.VERDICT else ():
                add_label(connection, _label(act, one, now))
            also(connection)
            tell(connection, ActTopic.DUTY, asdict(act), now.real_ms)
        return act

    def silence(self, by: Bearer, wanted: Silence, areas: Sequence[tuple[str, ...]], now: Now) -> Silence:
        """Silence, or open a maintenance window. areas: each area of its scope with those it lies in.

        What he may not see goes on ringing for those who may. Raises NotAllowed, Objection.
        """
        scope = wanted.scope
        detail = {"scope": asdict(scope), "until_ms": wanted.until_ms, "reason": wanted.reason}
        with self._warden.acting(by, SILENCED, "silence", now.real_ms, detail) as connection:
            for topic in scope.topics or ("",):
                _asked(by, SILENCED, [Concerned("", Level.NORMAL, area, topic) for area in areas])
            check_silence(wanted)
            scope = replace(scope, grade=_reached(by, scope, areas))
            made = replace(
                wanted, scope=scope, scene=now.scene, by=by.name, name=_name(connection, by), made_ms=now.city_ms
            )
            made = kept.add_silence(connection, made)
            tell(connection, ActTopic.SILENCE, asdict(made), now.real_ms)
        return made

    def end_silence(self, by: Bearer, number: int, areas: Sequence[tuple[str, ...]], now: Now) -> Silence:
        """Let a silence end now. Raises NotAllowed, Objection: there is none."""
        with self._warden.acting(by, SILENCED, f"silence:{number}", now.real_ms) as connection:
            found = kept.silence_of(connection, number)
            if found is None or found.scene != now.scene or found.ended_ms:
                raise objection("no-silence")
            for topic in found.scope.topics or ("",):
                _asked(by, SILENCED, [Concerned("", Level.NORMAL, area, topic) for area in areas])
            kept.end_silence(connection, number, now.city_ms)
            ended = replace(found, ended_ms=now.city_ms)
            tell(connection, ActTopic.SILENCE, asdict(ended), now.real_ms)
        return ended

    def history(self, scene: str, items: Sequence[str]) -> list[DutyAct]:
        """Every act about these warnings or items, in their order."""
        with self._warden.database.reading() as connection:
            return kept.acts_about(connection, scene, items)

    def silences(self, scene: str, since_ms: int) -> list[Silence]:
        """Silences that last, or ended after a time (city time, ms UTC)."""
        with self._warden.database.reading() as connection:
            return kept.silences_since(connection, scene, since_ms)

    def silenced(self, scene: str, number: int) -> Silence | None:
        """A silence of a scene by its number."""
        with self._warden.database.reading() as connection:
            found = kept.silence_of(connection, number)
        return found if found is not None and found.scene == scene else None

    def contacts(self, scene: str, one: Concerned, now_ms: int) -> list[Contact]:
        """Whom to call about something; now_ms: real time."""
        with self._warden.database.reading() as connection:
            holder = standings(connection, scene, [one.id])[one.id].holder
            people = {person.id: person for person in roster.people(connection)}
            book = Book(people, roster.posts(connection), roster.appointments(connection))
        return contacts(book, one, holder, now_ms)

    def _done_before(self, by: Bearer, key: str) -> DutyAct | None:
        with self._warden.database.reading() as connection:
            return kept.act_with_key(connection, by.name, key)


def standings(connection: Transaction, scene: str, items: Sequence[str]) -> dict[str, Standing]:
    """How these warnings or items stand with people, by what was done up to now."""
    acts = kept.acts_about(connection, scene, items)
    return {item: folded(acts, item) for item in items}


def preview(wanted: Silence, active: Sequence[Concerned]) -> list[Concerned]:
    """Which of the warnings that stand now a silence would hide."""
    return [one for one in active if is_hidden(wanted.scope, one)]


def _asked(by: Bearer, right: str, concerned: Sequence[Concerned]) -> str:
    """The post in whose name he may do it to all of these. Raises NotAllowed."""
    post = by.grants[0].post if by.grants else ""
    for one in concerned:
        decision = may(by, right, area=one.area, topic=one.topic, sensitivity=one.grade)
        if not decision.allowed:
            raise NotAllowed(decision.code, decision.in_words)
        post = decision.grant.post if decision.grant else post
    return post


def _reached(by: Bearer, scope: Scope, areas: Sequence[tuple[str, ...]]) -> Sensitivity:
    """The most sensitive that he may silence in all of a scope in which he may silence something."""
    places = [(area, topic) for area in areas for topic in scope.topics or ("",)]
    return max(
        grade
        for grade in Sensitivity
        if all(may(by, SILENCED, area=area, topic=topic, sensitivity=grade).allowed for area, topic in places)
    )


def _name(connection: Transaction, by: Bearer) -> str:
    """What people call him; a token by the name that the audit has."""
    kind, _, login = by.name.partition(":")
    person = roster.find_person(connection, login) if kind == "person" else None
    return person.name if person else by.name


def _act(by: Bearer, wish: Wish, covers: Mapping[str, Level], now: Now, who: tuple[str, str]) -> DutyAct:
    name, post = who
    return DutyAct(
        key=wish.key,
        scene=now.scene,
        kind=wish.kind,
        subject=wish.subject,
        covers=covers,
        by=by.name,
        name=name,
        post=post,
        at_ms=now.city_ms,
        until_ms=wish.until_ms,
        text=wish.text.strip(),
        verdict=wish.verdict,
        into=wish.into,
        since_ms=wish.since_ms,
        detail=wish.detail,
    )


def _label(act: DutyAct, one: Concerned, now: Now) -> Label:
    """What a verdict says about one warning, for backtests; of one that still stands, up to now."""
    return Label(
        city=now.city,
        verdict=Verdict(act.verdict),
        place=one.subject,
        began_ms=one.since_ms,
        ended_ms=one.ended_ms or now.city_ms,
        said_by=act.by,
        at_ms=now.city_ms,
        scene=now.scene,
        rule=one.rule,
        warning=one.id,
        note=act.text,
    )
