"""What the pages about accounts ask of the services, on every database."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from office_day import HOUR_MS, NOW_MS, a_person, bearer_of, signed_in, strong

from accounts import totp
from accounts.founding import console
from accounts.office import Office
from accounts.sessions import TOKEN_USED_EVERY_MS, Cookies
from accounts.sign_in import Where
from accounts.sources.contract import Refused
from accounts.tokens import Wanted
from core.accounts import Act, Role
from core.errors import NotAllowed
from store.audit import Asked


@pytest.mark.claim("ACCOUNTS", "Somebody gives up his own second factor only by showing it once more.")
def test_a_second_factor_is_given_up_by_showing_it(office: Office) -> None:
    a_person(office, "li", Role.DUTY)
    signed, secret = strong(office, "li")
    later_ms = NOW_MS + HOUR_MS // 60 * 5
    refused = office.credentials.drop_factor(signed.person, signed.session, "000000", later_ms)
    assert isinstance(refused, Refused) and refused.code == "code-wrong"
    assert office.credentials.has_factor(signed.person)
    code = totp.code_at(secret, later_ms // totp.STEP_MS)
    assert office.credentials.drop_factor(signed.person, signed.session, code, later_ms) is None
    assert not office.credentials.has_factor(signed.person)
    assert not bearer_of(office, signed, later_ms).strong


def test_a_factor_that_waits_is_shown_until_its_first_code(office: Office) -> None:
    person = a_person(office, "li", Role.DUTY)
    assert office.credentials.pending_factor(person) == ""
    signed = signed_in(office, "li")
    begun = office.credentials.begin_factor(person, signed.session, NOW_MS)
    assert office.credentials.pending_factor(person) == begun
    code = totp.code_at(parse_qs(urlsplit(begun).query)["secret"][0], NOW_MS // totp.STEP_MS)
    assert office.credentials.show_code(person, signed.session, code, NOW_MS) is None
    assert office.credentials.pending_factor(person) == ""


def test_an_account_tells_how_it_stands(office: Office) -> None:
    person = a_person(office, "li", Role.DUTY)
    system = bearer_of(office, strong(office, a_person(office, "sys", Role.SYSTEM).login)[0], NOW_MS)
    standing = office.standings.of(system, person, NOW_MS)
    assert (standing.must_change, standing.has_factor, standing.locked_until_ms) == (False, False, None)
    for _ in range(5):
        office.sign_in.with_password("li", "not it", Where("10.0.0.8"), NOW_MS)
    assert office.standings.of(system, person, NOW_MS).locked_until_ms == NOW_MS + 15 * 60_000
    office.credentials.unlock(console(), "li", NOW_MS)
    first = office.credentials.reset_password(console(), "li", NOW_MS)
    standing = office.standings.of(system, person, NOW_MS)
    assert (standing.must_change, standing.locked_until_ms, standing.sessions) == (True, None, ())
    with pytest.raises(NotAllowed):
        office.standings.of(bearer_of(office, signed_in(office, "li", first), NOW_MS), person, NOW_MS)


@pytest.mark.claim("ACCOUNTS", "A token tells when it was last used, to ten minutes; no look waits for the writing.")
def test_a_token_tells_its_last_use(office: Office) -> None:
    secret = office.tokens.make(console(), Wanted("左屏", Role.WALL), NOW_MS)

    def used_ms() -> int | None:
        office.sessions.write_uses()
        [token] = office.tokens.listed(console())
        return token.used_ms

    assert used_ms() is None
    for at_ms in (NOW_MS, NOW_MS + 1000, NOW_MS + TOKEN_USED_EVERY_MS - 1):
        office.sessions.bearer(Cookies(token=secret), "10.0.0.9", at_ms)
        assert used_ms() == NOW_MS
    office.sessions.bearer(Cookies(token=secret), "10.0.0.9", NOW_MS + TOKEN_USED_EVERY_MS)
    assert used_ms() == NOW_MS + TOKEN_USED_EVERY_MS
    assert office.sessions.write_uses() == 0
    office.tokens.revoke(console(), 1, NOW_MS)
    office.sessions.bearer(Cookies(token=secret), "10.0.0.9", NOW_MS + 10 * TOKEN_USED_EVERY_MS)
    assert used_ms() == NOW_MS + TOKEN_USED_EVERY_MS  # what opens nothing is not in use


@pytest.mark.claim("ACCOUNTS", "The audit is searched by person, act, subject, time and outcome, a page at a time.")
def test_the_audit_is_searched(office: Office) -> None:
    for number in range(1, 13):
        outcome = "refused" if number % 3 == 0 else "done"
        subject = f"rule:{number}"
        actor = "person:li" if number % 2 else "person:wang"
        office.journal.write_alone(Act(actor, "rules.edit", subject, NOW_MS + number, "10.0.0.1", outcome))
    by = console()

    def numbers(**asked: object) -> list[int]:
        rows = office.inspection.search(by, Asked(action="rules.", **asked), limit=4)  # type: ignore[arg-type]
        return [int(row.act.subject.partition(":")[2]) for row in rows]

    assert numbers() == [12, 11, 10, 9]
    last = office.inspection.search(by, Asked(action="rules."), limit=4)[-1].number
    assert numbers(before=last) == [8, 7, 6, 5]
    assert numbers(actor="person:li") == [11, 9, 7, 5]
    assert numbers(outcome="refused") == [12, 9, 6, 3]
    assert numbers(subject="rule:1") == [12, 11, 10, 1]
    assert numbers(subject="rule:_") == []
    assert numbers(from_ms=NOW_MS + 3, until_ms=NOW_MS + 6) == [5, 4, 3]


def test_checking_and_exporting_the_audit_are_acts_of_their_own(office: Office) -> None:
    verdict = office.inspection.verify(console(), NOW_MS)
    assert verdict.rows >= 0 and verdict.faults == ()
    lines = list(office.inspection.export(console(), NOW_MS))
    found = office.inspection.search(console(), Asked(action="audit.export"))
    assert [row.act.subject for row in found] == ["export", "verify"]
    assert len(lines) == verdict.rows + 2
    nobody = bearer_of(office, signed_in(office, a_person(office, "li", Role.DUTY).login), NOW_MS)
    for refused in (office.inspection.verify, office.inspection.export):
        with pytest.raises(NotAllowed):
            refused(nobody, NOW_MS)
    with pytest.raises(NotAllowed):
        office.inspection.search(nobody, Asked())
