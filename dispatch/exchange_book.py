"""Cases handed to other platforms and taken from them: each act with its telling in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from accounts.bearer import Bearer, Grant
from accounts.warden import Warden
from core.accounts import Reach, Role
from core.errors import IllegalStep, UnknownName
from dispatch.book import CaseBook, Now, Told, Wish
from dispatch.exchange import GIVEN, Deed, Message, Peer
from dispatch.log import Origin
from dispatch.states import CaseState
from dispatch.steps import Verb
from store import cases as kept
from store import exchange
from store.sql import Transaction

IN, OUT = "in", "out"
PUSHED = "pushed"  # what is told of a case before its first state is


class ExchangeBook:
    """Cases that this platform shares with others. own: its name, as the others know it."""

    def __init__(self, warden: Warden, book: CaseBook, own: str, peers: Mapping[str, Peer]) -> None:
        self._warden, self._book, self._own, self._peers = warden, book, own, peers

    def push(self, by: Bearer, case: str, peer: str, key: str, now: Now) -> Told:
        """Hand a case over: it is dispatched to the other platform, which gets it under the same number.

        Raises:
            NotAllowed, IllegalStep: As the step `dispatch`.
            UnknownName: There is no such case or platform.
        """
        self._known(peer)
        with self._warden.acting(by, "cases.dispatch", f"case:{case}", now.real_ms, {"push": peer}) as connection:
            wish = Wish(key, Verb.DISPATCH, case, {"lead": peer})
            told = self._book.act_within(connection, by, wish, now)
            exchange.put_exchanged(connection, exchange.Exchanged(case, peer, OUT, PUSHED, now.city_ms))
            facts = {name: told.case.facts[name] for name in GIVEN if told.case.facts.get(name)}
            self._tell(connection, peer, Message(key, self._own, Deed.PUSH, case, now.city_ms, facts), now)
        return told

    def give_back(self, by: Bearer, case: str, why: tuple[str, str], now: Now) -> Told:
        """Return a case to the platform that it came from. why: a key, and the reason. Raises as `push` does."""
        key, reason = why
        with self._warden.acting(by, "cases.open", f"case:{case}", now.real_ms, {"return": reason}) as connection:
            sender = next((one for one in exchange.shared_with(connection, case) if one.given == IN), None)
            if sender is None:
                raise UnknownName(f"the case {case!r} came from no other platform")
            told = self._book.act_within(connection, by, Wish(key, Verb.REJECT, case, {"reason": reason}), now)
            exchange.put_exchanged(connection, replace(sender, told=str(told.case.state), at_ms=now.city_ms))
            returned = Message(key, self._own, Deed.RETURN, case, now.city_ms, {"reason": reason})
            self._tell(connection, sender.peer, returned, now)
        return told

    def receive(self, message: Message, now: Now) -> Told:
        """Take in what another platform tells; a repeat changes nothing. Raises IllegalStep, UnknownName."""
        by = _platform(self._known(message.sender).name)
        detail = {"deed": message.deed, "key": message.key}
        with self._warden.recording(by, "exchange.receive", f"case:{message.case}", now.real_ms, detail) as connection:
            if kept.entry_with_key(connection, by.name, message.key) is None:
                takes = {Deed.PUSH: self._taken, Deed.RETURN: self._returned, Deed.STATUS: self._stands}
                takes[message.deed](connection, by, message, now)
        return self._book.read(message.case)

    def tell_states(self, now: Now) -> int:
        """Tell others how the cases stand that they gave us; how many were told."""
        with self._warden.database.reading() as connection:
            found = exchange.untold(connection)
        for shared, _ in found:
            case = self._book.read(shared.case).case
            log = self._book.read(shared.case).log
            result = next((e.fields["result"] for e in reversed(log) if e.verb is Verb.FINISH), "")
            key = f"{shared.case}/{case.revision}/{case.state}"[:80]
            fields: dict[str, Any] = {"state": str(case.state), "result": result}
            with self._warden.database.transaction() as connection:
                told = replace(shared, told=str(case.state), at_ms=now.city_ms)
                exchange.put_exchanged(connection, told)
                if shared.peer in self._peers:
                    stands = Message(key, self._own, Deed.STATUS, shared.case, now.city_ms, fields)
                    self._tell(connection, shared.peer, stands, now)
        return len(found)

    def _taken(self, connection: Transaction, by: Bearer, message: Message, now: Now) -> None:
        """A case of theirs under its own number; one that we gave back comes once more."""
        fields = {name: message.fields[name] for name in GIVEN if name in message.fields}
        shared = exchange.Exchanged(message.case, message.sender, IN, PUSHED, now.city_ms)
        if any(one.peer == message.sender for one in exchange.shared_with(connection, message.case)):
            again = Wish(message.key, Verb.REOPEN, message.case, {"reason": message.sender}, origin=Origin.MACHINE)
            self._book.act_within(connection, by, again, now)
        else:
            report = Wish(message.key, Verb.REPORT, fields=fields, origin=Origin.MACHINE, number=message.case)
            self._book.act_within(connection, by, report, now)
        exchange.put_exchanged(connection, shared)

    def _returned(self, connection: Transaction, by: Bearer, message: Message, now: Now) -> None:
        self._check_shared(connection, message)
        reason = {"reason": str(message.fields.get("reason", ""))}
        back = Wish(message.key, Verb.RETURN, message.case, reason, origin=Origin.MACHINE)
        self._book.act_within(connection, by, back, now)

    def _stands(self, connection: Transaction, by: Bearer, message: Message, now: Now) -> None:
        """How it stands there: begun, done with its result, else a note."""
        self._check_shared(connection, message)
        state, result = str(message.fields.get("state", "")), str(message.fields.get("result", ""))
        here = CaseState(kept.case_of(connection, message.case).state)
        steps: list[tuple[Verb, dict[str, Any]]] = []
        begun = state in {CaseState.DISPATCHED, CaseState.HANDLING, CaseState.FEEDBACK}
        if begun and here is CaseState.DISPATCHED:
            steps.append((Verb.TAKE, {}))
        if state == CaseState.FEEDBACK and here in {CaseState.DISPATCHED, CaseState.HANDLING}:
            steps.append((Verb.FINISH, {"result": result or state}))
        for number, (verb, fields) in enumerate(steps or [(Verb.NOTE, {"text": f"{message.sender}: {state}"})]):
            key = message.key if not number else f"{message.key}/{number}"[-80:]
            wish = Wish(key, verb, message.case, fields, origin=Origin.MACHINE)
            self._book.act_within(connection, by, wish, now)

    def _check_shared(self, connection: Transaction, message: Message) -> None:
        """Only who has a case from us tells of it. Raises IllegalStep."""
        if not any(one.peer == message.sender for one in exchange.shared_with(connection, message.case)):
            raise IllegalStep("not-shared", case=message.case, peer=message.sender)

    def _tell(self, connection: Transaction, peer: str, message: Message, now: Now) -> None:
        body = msgspec.to_builtins(message)
        exchange.add_waiting(connection, exchange.Waiting(message.key, peer, body, next_ms=now.real_ms))

    def _known(self, peer: str) -> Peer:
        if peer not in self._peers:
            raise UnknownName(f"there is no platform {peer!r}; known: {', '.join(self._peers) or 'none'}")
        return self._peers[peer]


def _platform(name: str) -> Bearer:
    """A platform works on what it has from us, as a department does, and hands over what it has."""
    reopening = Grant(Role.DISPATCHER, Reach(), name, ("cases.close",))
    return Bearer(f"platform:{name}", (Grant(Role.LIAISON, Reach(), name), reopening))
