"""Cases handed to other platforms and taken from them: each act with its telling in one transaction.

A platform comes with the machine token that was made for it here, by its name: the token's reach is how far its cases
may lie, and revoking it ends the exchange.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from accounts.bearer import Bearer, Grant
from accounts.departments import PLATFORM
from accounts.rights import may_somewhere, refusal
from accounts.warden import Warden
from core.accounts import Reach, Role
from core.errors import IllegalStep, UnknownName
from dispatch.book import CaseBook, Now, Told, Wish
from dispatch.exchange import GIVEN, STUCK, TELL, Deed, Message, Peer, Standing, photo_key
from dispatch.log import Origin
from dispatch.photos import PhotoBook, Sent
from dispatch.states import CaseState
from dispatch.steps import Verb
from store import cases as kept
from store import exchange
from store.photos import PhotoRow, photos_of
from store.sql import Transaction

IN, OUT = "in", "out"
PUSHED = "pushed"  # what is told of a case before its first state is
WORKER = "worker:exchange"
PHOTOS_AT_ONCE = 20  # messages about photos that one turn writes; the next turn comes within a second
SEND = "exchange.send"  # the right to send again what is stuck, or to give it up


@dataclass(frozen=True, slots=True)
class Shared:
    """A case that two platforms share. given: `in` from them, `out` to them.

    state: how it stands where it is worked on, as it was told last, at_ms, city time; "" when only handed over.
    failing: how many messages about it do not arrive there.
    """

    peer: str
    given: str
    state: str
    at_ms: int
    failing: int


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

    def receive(self, by: Bearer, message: Message, now: Now) -> Told:
        """Take in what another platform tells; a repeat changes nothing.

        Raises:
            NotAllowed: The token is not that platform's, or its reach ends before that case.
            IllegalStep, UnknownName: As the steps that follow from it.
        """
        platform, detail = self._platform(by, message), {"deed": message.deed, "key": message.key}
        with self._warden.recording(platform, TELL, f"case:{message.case}", now.real_ms, detail) as connection:
            if kept.entry_with_key(connection, platform.name, message.key) is None:
                takes = {Deed.PUSH: self._taken, Deed.RETURN: self._returned, Deed.STATUS: self._stands}
                takes[message.deed](connection, platform, message, now)
        return self._book.read(message.case)

    def receive_photo(self, by: Bearer, told: tuple[Message, bytes], photos: PhotoBook, now: Now) -> Told:
        """Take in a photo of a shared case, the original or a small copy of it; a repeat changes nothing.

        told: the message and the file. Raises as `receive` does.
        """
        message, content = told
        platform, fields = self._platform(by, message), message.fields
        whole, came = str(fields.get("sha256", "")), hashlib.sha256(content).hexdigest()
        if came != fields.get("kept"):
            raise IllegalStep("photo-other")
        with self._warden.database.reading() as connection:
            self._check_shared(connection, message)
            known = next((one for one in photos_of(connection, message.case) if one.sha256 == whole), None)
            key = kept.log_of(connection, message.case)[known.entry - 1].key if known else message.key
        if known is None:
            name = f"{str(fields.get('name', ''))[:80]} · {message.sender}"
            took_ms = min(int(fields.get("at_ms", now.city_ms)), now.city_ms)
            sent = Sent(key, message.case, content, name, whole=whole, origin=Origin.MACHINE, happened_ms=took_ms)
            photos.add(platform, sent, now)
        elif came == whole and not known.is_whole:
            photos.complete(platform, key, content, now)
        return self._book.read(message.case)

    def send_again(self, by: Bearer, number: int, now: Now) -> exchange.Waiting:
        """Try a stuck message anew, at once. Raises NotAllowed, UnknownName, IllegalStep: it is not stuck."""
        with self._warden.acting(by, SEND, f"exchange:{number}", now.real_ms, {"again": True}) as connection:
            found = self._stuck(connection, number)
            anew = replace(found, standing=str(Standing.WAITING), next_ms=now.real_ms, failed_ms=None, tries=0, said="")
            exchange.change_message(connection, anew)
        return anew

    def drop(self, by: Bearer, number: int, now: Now) -> exchange.Waiting:
        """Give a stuck message up: what comes later of its case goes on. Raises as `send_again` does."""
        with self._warden.acting(by, SEND, f"exchange:{number}", now.real_ms, {"drop": True}) as connection:
            found = self._stuck(connection, number)
            dropped = replace(found, standing=str(Standing.DROPPED), next_ms=None)
            exchange.change_message(connection, dropped)
        return dropped

    def shared(self, case: str) -> list[Shared]:
        """With which platforms a case is shared. Who may see it is asked by whoever shows it."""
        with self._warden.database.reading() as connection:
            failing = exchange.failing_of(connection, case)
            found = exchange.shared_with(connection, case)
        return [Shared(one.peer, one.given, _state(one.told), one.at_ms, failing.get(one.peer, 0)) for one in found]

    def tell_states(self, now: Now) -> int:
        """Tell others how the cases stand that they gave us; how many were told."""
        with self._warden.database.reading() as connection:
            found = exchange.untold(connection)
        for shared, _ in found:
            case = self._book.read(shared.case).case
            log = self._book.read(shared.case).log
            result = next((e.fields["result"] for e in reversed(log) if e.verb is Verb.FINISH), "")
            key = f"{shared.case}/{case.revision}/{case.state}"[:72]
            fields: dict[str, Any] = {"state": str(case.state), "result": result}
            with self._warden.database.transaction() as connection:
                told = replace(shared, told=str(case.state), at_ms=now.city_ms)
                exchange.put_exchanged(connection, told)
                if shared.peer in self._peers:
                    stands = Message(key, self._own, Deed.STATUS, shared.case, now.city_ms, fields)
                    self._tell(connection, shared.peer, stands, now)
        return len(found)

    def tell_photos(self, now: Now) -> int:
        """Send on what was photographed since a shared case was told of last, each file once; how many were written."""
        with self._warden.database.transaction() as connection:
            found = exchange.photos_untold(connection, list(self._peers), PHOTOS_AT_ONCE)
            for peer, photo in found:
                self._write(connection, peer, self._photo(peer, photo, now), now)
        return len(found)

    def _taken(self, connection: Transaction, by: Bearer, message: Message, now: Now) -> None:
        """A case of theirs under its own number; one that we gave back comes once more."""
        fields = {name: message.fields[name] for name in GIVEN if name in message.fields}
        shared = exchange.Exchanged(message.case, message.sender, IN, PUSHED, now.city_ms)
        if any(one.peer == message.sender for one in exchange.shared_with(connection, message.case)):
            again = Wish(message.key, Verb.REOPEN, message.case, {"reason": message.sender}, origin=Origin.MACHINE)
            self._book.act_within(connection, by, again, now)
        else:
            if kept.is_known(connection, message.case):  # one of ours, which they never had
                raise IllegalStep("not-shared", case=message.case, peer=message.sender)
            report = Wish(message.key, Verb.REPORT, fields=fields, origin=Origin.MACHINE, number=message.case)
            self._book.act_within(connection, by, report, now)
        exchange.put_exchanged(connection, shared)

    def _returned(self, connection: Transaction, by: Bearer, message: Message, now: Now) -> None:
        self._check_shared(connection, message)
        reason = {"reason": str(message.fields.get("reason", ""))}
        back = Wish(message.key, Verb.RETURN, message.case, reason, origin=Origin.MACHINE)
        told = self._book.act_within(connection, by, back, now)
        self._note_there(connection, message, str(told.case.state), now)

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
        self._note_there(connection, message, state, now)

    def _note_there(self, connection: Transaction, message: Message, state: str, now: Now) -> None:
        """Keep how a case that we gave away stands there."""
        shared = next(one for one in exchange.shared_with(connection, message.case) if one.peer == message.sender)
        if shared.given == OUT and state in set(CaseState):
            exchange.put_exchanged(connection, replace(shared, told=state, at_ms=now.city_ms))

    def _check_shared(self, connection: Transaction, message: Message) -> None:
        """Only who has a case from us tells of it. Raises IllegalStep."""
        if not any(one.peer == message.sender for one in exchange.shared_with(connection, message.case)):
            raise IllegalStep("not-shared", case=message.case, peer=message.sender)

    def note_stuck(self, one: exchange.Waiting, said: str, now: Now) -> None:
        """Write into the log of a case that something of it did not arrive, where its dispatcher reads it."""
        wish = Wish(f"stuck-{one.number}-{one.tries}", Verb.NOTE, one.case, {"text": said}, origin=Origin.MACHINE)
        with suppress(IllegalStep, UnknownName):  # a case of another scene; it stands on the page all the same
            self._book.happen(WORKER, wish, now)

    def _stuck(self, connection: Transaction, number: int) -> exchange.Waiting:
        found = exchange.message_with(connection, number)
        if found.standing not in STUCK and found.failed_ms is None:
            raise IllegalStep("not-stuck", message=number)
        return found

    def _tell(self, connection: Transaction, peer: str, message: Message, now: Now) -> None:
        """A message, and the photos of its case that this peer has not got, and did not send."""
        self._write(connection, peer, message, now)
        for photo in photos_of(connection, message.case):
            if photo.by != _name_of(peer):
                self._write(connection, peer, self._photo(peer, photo, now), now)

    def _photo(self, peer: str, photo: PhotoRow, now: Now) -> Message:
        fields = {"sha256": photo.sha256, "kept": photo.kept, "name": photo.name, "at_ms": photo.at_ms}
        key = photo_key(peer, photo.case, photo.kept)
        return Message(key, self._own, Deed.PHOTO, photo.case, now.city_ms, fields)

    def _write(self, connection: Transaction, peer: str, message: Message, now: Now) -> None:
        body = msgspec.to_builtins(message)
        waiting = exchange.Waiting(message.key, peer, message.case, body, made_ms=now.real_ms, next_ms=now.real_ms)
        exchange.add_waiting(connection, waiting)

    def _platform(self, by: Bearer, message: Message) -> Bearer:
        """The platform that a token was made for. Raises NotAllowed, UnknownName."""
        name = self._known(message.sender).name
        grant = next((one for one in by.grants if one.role is Role.MACHINE and one.post == name), None)
        if grant is None or not may_somewhere(by, TELL).allowed:
            raise refusal("other-platform", name=name)
        return _platform(name, grant.reach)

    def _known(self, peer: str) -> Peer:
        if peer not in self._peers:
            raise UnknownName(f"there is no platform {peer!r}; known: {', '.join(self._peers) or 'none'}")
        return self._peers[peer]


def _state(told: str) -> str:
    """The state that was told last; "" before the first."""
    return "" if told == PUSHED else told


def _name_of(peer: str) -> str:
    """What the log calls a platform."""
    return f"{PLATFORM}{peer}"


def _platform(name: str, reach: Reach) -> Bearer:
    """A platform works on what it has from us, as a department does, and hands over what it has."""
    reopening = Grant(Role.DISPATCHER, reach, name, ("cases.close",))
    return Bearer(_name_of(name), (Grant(Role.LIAISON, reach, name), reopening))
