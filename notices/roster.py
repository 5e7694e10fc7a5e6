"""Who stands behind a target of a route now: a recipient, or those who hold a post, its deputies in turn. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from accounts.bearer import NOBODY, Bearer, held
from core.accounts import Appointment, Person, Post, Seat
from core.notices import PHONES, Channel, Recipient
from core.units import UnitRow

Chain = tuple[tuple[Recipient, ...], ...]  # who is told first, who then


@dataclass(frozen=True)
class Roster:
    """Recipients, seats, posts and units by id, people by number, and all appointments."""

    recipients: Mapping[str, Recipient] = field(default_factory=dict)
    people: Mapping[int, Person] = field(default_factory=dict)
    appointments: Sequence[Appointment] = ()
    seats: Mapping[str, Seat] = field(default_factory=dict)
    units: Mapping[str, Recipient] = field(default_factory=dict)
    posts: Mapping[str, Post] = field(default_factory=dict)

    def chain(self, target: str, now_ms: int) -> Chain:
        """Who is told of a target, step by step; () when it leads to nobody.

        target: `recipient:<id>`, `post:<id>` or `seat:<id>`. Of a post those of equal rank are told together, ranks
        rising; a rank whose people are all disabled is left out.
        """
        kind, _, name = target.partition(":")
        if kind == "recipient":
            found = self.recipients.get(name)
            return ((found,),) if found else ()
        post = self.seats[name].post if kind == "seat" and name in self.seats else name
        return self._holders(post, now_ms)

    def known(self, recipient: str) -> Recipient | None:
        """A recipient by id, also one who is only a person with a telephone."""
        kind, _, login = recipient.partition(":")
        if kind == "unit":
            return self.units.get(login)
        if kind != "person":
            return self.recipients.get(recipient)
        person = next((one for one in self.people.values() if one.login == login), None)
        return _by_telephone(person) if person else None

    def bearer(self, login: str, now_ms: int) -> Bearer:
        """Somebody with what he holds at a time, as doors know him."""
        person = next((one for one in self.people.values() if one.login == login), None)
        if person is None:
            return NOBODY
        return Bearer(f"person:{login}", held(person, self.appointments, self.posts, now_ms))

    def _holders(self, post: str, now_ms: int) -> Chain:
        by_rank: dict[int, list[Recipient]] = defaultdict(list)
        for one in self.appointments:
            person = self.people.get(one.person)
            if one.post == post and one.holds_at(now_ms) and person is not None and not person.disabled:
                by_rank[one.rank].append(self._of(person))
        return tuple(tuple(by_rank[rank]) for rank in sorted(by_rank))

    def _of(self, person: Person) -> Recipient:
        own = (one for one in self.recipients.values() if one.person == person.login)
        return next(own, None) or _by_telephone(person)


def of_unit(unit: UnitRow) -> Recipient:
    """A unit that is sent: by the telephone that it carries."""
    addresses = {Channel.SMS: unit.phone} if unit.phone else {}
    return Recipient(f"unit:{unit.id}", unit.name, addresses, disabled=unit.off)


def _by_telephone(person: Person) -> Recipient:
    """Somebody of whom nothing but the telephone of the account is known."""
    addresses = dict.fromkeys(PHONES, person.phone) if person.phone else {}
    return Recipient(f"person:{person.login}", person.name, addresses, person=person.login, disabled=person.disabled)
