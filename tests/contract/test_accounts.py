"""Accounts as a day uses them, on both databases: sign-in, sessions, seats, tokens, posts, three administrators."""

from __future__ import annotations

import threading

import pytest
from office_day import (
    DAY_MS,
    DESK,
    HOUR_MS,
    MINUTE_MS,
    NOW_MS,
    PASSWORD,
    a_person,
    acts_of,
    bearer_of,
    signed_in,
    strong,
)

from accounts import totp
from accounts.bearer import Bearer, Grant
from accounts.founding import console
from accounts.office import Office
from accounts.rights import may, may_somewhere
from accounts.roster import Term
from accounts.sealing import PREFIX
from accounts.sessions import Cookies
from accounts.sign_in import SignedIn, Where
from accounts.sources.contract import Refused
from accounts.tokens import Wanted
from core.accounts import Person, Post, Reach, Role, Seat
from core.errors import NotAllowed, UnfitValue, UnknownName
from store.signing_in import begin_attempt, drop_attempts, failures_of_login
from store.sql import Database


@pytest.mark.claim("ACCOUNTS", "The first start makes one administrator with a random password, told once.")
def test_the_first_start_makes_one_administrator(office: Office) -> None:
    founder = office.found(NOW_MS)
    assert founder is not None and founder.password not in repr(founder)
    assert office.found(NOW_MS) is None
    signed = signed_in(office, founder.login, founder.password)
    bearer = bearer_of(office, signed, NOW_MS)
    assert may(bearer, "wall.see").code == "new-password"
    assert may(bearer, "account.own").allowed
    assert office.credentials.change_password(signed.person, founder.password, PASSWORD, signed.session, NOW_MS) is None
    assert may(bearer_of(office, signed, NOW_MS), "wall.see").allowed


def test_accounts_made_by_hand_do_not_prevent_the_first_administrator(office: Office) -> None:
    office.roster.add_person(console(), Person(0, "admin", "某人"), NOW_MS)
    founder = office.found(NOW_MS)
    assert founder is not None and founder.login != "admin"


@pytest.mark.claim(
    "ACCOUNTS", "Wrong passwords lock a login, also when a hundred are tried at once, and say nothing about who exists."
)
def test_wrong_passwords_lock(office: Office) -> None:
    a_person(office, "li")
    answers: list[SignedIn | Refused] = []

    def guess(password: str) -> None:
        answers.append(office.sign_in.with_password("li", password, DESK, NOW_MS))

    guessing = [threading.Thread(target=guess, args=(f"guess-{number}",)) for number in range(12)]
    for thread in guessing:
        thread.start()
    for thread in guessing:
        thread.join()
    codes = [answer.code for answer in answers if isinstance(answer, Refused)]
    assert sorted(codes) == ["locked"] * 7 + ["wrong"] * 5
    right = office.sign_in.with_password("li", PASSWORD, DESK, NOW_MS + 1)
    assert isinstance(right, Refused) and right.in_words("zh").startswith("尝试次数过多，账号锁定到 ")
    assert isinstance(signed_in(office, "li", now_ms=NOW_MS + 16 * MINUTE_MS), SignedIn)
    nobody = office.sign_in.with_password("nobody-here", "x", DESK, NOW_MS)
    assert isinstance(nobody, Refused) and nobody.code == "wrong"


@pytest.mark.claim("ACCOUNTS", "What no database takes signs nobody in and breaks nothing, on SQLite and PostgreSQL.")
@pytest.mark.parametrize("odd", ["a\0b", "half a letter \ud800", "a" * 100_000, "'; drop table people; --"])
def test_what_no_database_takes_signs_nobody_in(office: Office, odd: str) -> None:
    try:
        answer = office.sign_in.with_password(odd, odd, DESK, NOW_MS)
    except UnfitValue:
        return
    assert isinstance(answer, Refused)


def test_an_administrator_unlocks(office: Office) -> None:
    a_person(office, "li")
    for _ in range(5):
        office.sign_in.with_password("li", "wrong", DESK, NOW_MS)
    office.credentials.unlock(console(), "li", NOW_MS)
    assert signed_in(office, "li")


def test_a_success_forgives_the_failures_before_it(office: Office) -> None:
    a_person(office, "li")
    for _ in range(3):
        for _ in range(4):
            office.sign_in.with_password("li", "wrong", DESK, NOW_MS)
        signed_in(office, "li")


def test_one_address_cannot_try_every_login(office: Office) -> None:
    codes = [office.sign_in.with_password(f"login-{n}", "x", DESK, NOW_MS).code for n in range(32)]
    assert codes == ["wrong"] * 30 + ["too-fast"] * 2
    other = office.sign_in.with_password("login-40", "x", Where("10.0.0.8"), NOW_MS)
    assert isinstance(other, Refused) and other.code == "wrong"


@pytest.mark.claim("ACCOUNTS", "Passwords age, and the last ones are refused.")
def test_passwords_age_and_have_a_history(office: Office) -> None:
    person = a_person(office, "li", Role.DUTY)
    later_ms = NOW_MS + 90 * DAY_MS
    signed = signed_in(office, "li", now_ms=later_ms)
    assert may(bearer_of(office, signed, later_ms), "wall.see").code == "new-password"
    change = office.credentials.change_password
    again = change(person, PASSWORD, PASSWORD, signed.session, later_ms)
    assert again is not None and again.code == "password-again" and "5" in again.in_words("zh")
    wrong = change(person, "not the old one", "Another-good-1", signed.session, later_ms)
    assert wrong is not None and wrong.code == "wrong"
    assert change(person, PASSWORD, "Another-good-1", signed.session, later_ms) is None
    assert may(bearer_of(office, signed, later_ms), "wall.see").allowed


def test_the_old_password_cannot_be_tried_one_after_another(office: Office) -> None:
    person = a_person(office, "li")
    signed = signed_in(office, "li")
    change = office.credentials.change_password
    codes = [change(person, f"guess-{n}", "Another-good-1", signed.session, NOW_MS) for n in range(6)]
    assert [refused.code for refused in codes if refused] == ["wrong"] * 5 + ["too-fast"]
    later_ms = NOW_MS + 16 * MINUTE_MS
    assert change(person, PASSWORD, "Another-good-1", signed.session, later_ms) is None
    assert change(person, "Another-good-1", "A-third-good-1", signed.session, later_ms) is None


@pytest.mark.claim("ACCOUNTS", "An expired session locks the acts, never the picture; one that is ended shows nothing.")
def test_an_expired_session_keeps_the_picture(office: Office) -> None:
    a_person(office, "li", Role.DUTY)
    signed = signed_in(office, "li")
    idle_ms = NOW_MS + 31 * MINUTE_MS
    about = {"area": ("440900",), "topic": "flood"}
    assert may(bearer_of(office, signed, NOW_MS), "warnings.confirm", **about).allowed
    assert may(bearer_of(office, signed, idle_ms), "warnings.see", **about).allowed
    assert may(bearer_of(office, signed, idle_ms), "warnings.confirm", **about).code == "locked"
    office.sessions.used(signed.session, NOW_MS + 20 * MINUTE_MS)
    assert may(bearer_of(office, signed, idle_ms), "warnings.confirm", **about).allowed, "it was used meanwhile"
    old_ms = NOW_MS + 12 * HOUR_MS
    assert may(bearer_of(office, signed, old_ms), "warnings.see", **about).allowed
    assert not may(bearer_of(office, signed, old_ms + 12 * HOUR_MS), "warnings.see", **about).allowed
    office.sessions.end_all(console(), signed.person, NOW_MS)
    assert bearer_of(office, signed, NOW_MS).grants == ()


@pytest.mark.claim(
    "ACCOUNTS", "The next person signs in on top at the same seat; between two people the seat shows and rings."
)
def test_the_next_shift_signs_in_on_top(office: Office) -> None:
    a_person(office, "li", Role.DUTY)
    a_person(office, "wang", Role.DUTY)
    by = console()
    office.roster.put_seat(by, Seat("one", "值班一席", "post-duty"), NOW_MS)
    token = office.tokens.make(by, Wanted("值班一席屏", Role.WALL, seat="one"), NOW_MS)
    seat = Where("10.0.0.7", "one")
    first = signed_in(office, "li", where=seat)
    assert bearer_of(office, first, NOW_MS, token).name == "person:li"
    second = signed_in(office, "wang", where=seat, now_ms=NOW_MS + 1)
    between = bearer_of(office, first, NOW_MS + 2, token)
    assert between.name == "seat:one" and may_somewhere(between, "warnings.see").allowed
    assert may_somewhere(between, "warnings.confirm").code == "locked"
    assert bearer_of(office, second, NOW_MS + 2, token).name == "person:wang"


@pytest.mark.claim("ACCOUNTS", "A token is shown once, kept as a digest, scoped, and opens nothing once revoked.")
def test_tokens_are_scoped_and_revocable(office: Office) -> None:
    by = console()
    wanted = Wanted("水务对接", Role.MACHINE, Reach(("440981",), ("flood",)), ("warnings.see",))
    secret = office.tokens.make(by, wanted, NOW_MS)
    assert secret.startswith(PREFIX)
    [kept] = office.tokens.all()
    assert secret not in repr(kept) and secret != kept.digest
    bearer = office.sessions.bearer(Cookies(token=secret), "10.1.1.1", NOW_MS)
    assert may(bearer, "warnings.see", area=("440981", "440900"), topic="flood").allowed
    assert may(bearer, "warnings.see", area=("440982", "440900"), topic="flood").code == "area"
    assert may(bearer, "readings.push").code == "narrowed"
    office.tokens.revoke(by, kept.id, NOW_MS)
    assert office.sessions.bearer(Cookies(token=secret), "10.1.1.1", NOW_MS).grants == ()
    with pytest.raises(UnknownName):
        office.tokens.revoke(by, kept.id, NOW_MS)
    with pytest.raises(NotAllowed, match="token cannot be"):
        office.tokens.make(by, Wanted("admin", Role.SECURITY), NOW_MS)
    with pytest.raises(NotAllowed, match="declared"):
        office.tokens.make(by, Wanted("wide", Role.WALL, actions=("people.edit",)), NOW_MS)
    assert office.sessions.bearer(Cookies(token="guessed"), "10.1.1.1", NOW_MS).name == "nobody"


@pytest.mark.claim("ACCOUNTS", "Administrators act only after the second factor; half a sign-in is none.")
def test_administrators_need_the_second_factor(office: Office) -> None:
    a_person(office, "sec", Role.SECURITY)
    weak = signed_in(office, "sec")
    assert may(bearer_of(office, weak, NOW_MS), "posts.edit").code == "second-factor"
    signed, secret = strong(office, "sec")
    assert may(bearer_of(office, signed, NOW_MS), "posts.edit").allowed
    later_ms = NOW_MS + totp.STEP_MS * 4
    half = signed_in(office, "sec", now_ms=later_ms)
    assert half.needs_code and bearer_of(office, half, later_ms).grants == ()
    assert office.credentials.show_code(half.person, half.session, "000000", later_ms) is not None
    code = totp.code_at(secret, later_ms // totp.STEP_MS)
    assert office.credentials.show_code(half.person, half.session, code, later_ms) is None
    assert may(bearer_of(office, half, later_ms), "posts.edit").allowed
    again = office.credentials.show_code(half.person, half.session, code, later_ms)
    assert again is not None and again.code == "code-wrong", "a code counts once"
    with pytest.raises(NotAllowed):
        office.credentials.begin_factor(half.person, half.session, later_ms)


def test_codes_cannot_be_tried_one_after_another(office: Office) -> None:
    a_person(office, "sec", Role.SECURITY)
    signed, secret = strong(office, "sec")
    for _ in range(5):
        office.credentials.show_code(signed.person, signed.session, "000000", NOW_MS + 1)
    code = totp.code_at(secret, NOW_MS // totp.STEP_MS + 1)
    refused = office.credentials.show_code(signed.person, signed.session, code, NOW_MS + 2)
    assert refused is not None and refused.code == "too-fast"


@pytest.mark.claim(
    "ACCOUNTS",
    "One person cannot be two administrators, nor an administrator and anything else; nobody appoints himself.",
)
def test_administrators_stay_apart(office: Office) -> None:
    by = console()
    a_person(office, "sys", Role.SYSTEM)
    a_person(office, "aud", Role.AUDIT)
    a_person(office, "duty", Role.DUTY)
    for login, post in (("sys", "post-audit"), ("aud", "post-system"), ("duty", "post-system"), ("sys", "post-duty")):
        with pytest.raises(NotAllowed, match="three administrators are apart"):
            office.roster.appoint(by, login, post, Term(NOW_MS + DAY_MS), NOW_MS)
    a_person(office, "sec", Role.SECURITY)
    signed, _ = strong(office, "sec")
    with pytest.raises(NotAllowed, match="himself"):
        office.roster.appoint(bearer_of(office, signed, NOW_MS), "sec", "post-duty", Term(NOW_MS), NOW_MS)
    with pytest.raises(NotAllowed, match="three administrators are apart"):
        office.roster.put_post(by, Post("post-duty", "值班岗", "office", Role.AUDIT), NOW_MS)
        office.roster.appoint(by, "sys", "post-duty", Term(NOW_MS), NOW_MS)
    assert [act for act in acts_of(office) if act[2] == "refused"]


def test_what_was_refused_was_not_done(office: Office) -> None:
    a_person(office, "sys", Role.SYSTEM)
    a_person(office, "aud", Role.AUDIT)
    with pytest.raises(NotAllowed):
        office.roster.appoint(console(), "sys", "post-audit", Term(NOW_MS), NOW_MS)
    held = {bearer.name: {grant.role for grant in bearer.grants} for bearer in office.roster.bearers(NOW_MS)}
    assert held == {"person:sys": {Role.SYSTEM}, "person:aud": {Role.AUDIT}}


@pytest.mark.claim(
    "ACCOUNTS",
    "A stolen account needs two hands: one administrator resets passwords, another second factors.",
)
def test_no_single_administrator_takes_over_an_account(office: Office) -> None:
    by = {
        role: Bearer(f"person:{role}", (Grant(role, Reach(), role),), strong=True)
        for role in (Role.SYSTEM, Role.SECURITY, Role.AUDIT)
    }
    a_person(office, "aud", Role.AUDIT)
    for role in (Role.SECURITY, Role.AUDIT):
        with pytest.raises(NotAllowed):
            office.credentials.reset_password(by[role], "aud", NOW_MS)
    for role in (Role.SYSTEM, Role.AUDIT):
        with pytest.raises(NotAllowed):
            office.credentials.reset_factor(by[role], "aud", NOW_MS)
    strong(office, "aud")
    password = office.credentials.reset_password(by[Role.SYSTEM], "aud", NOW_MS)
    stolen = signed_in(office, "aud", password)
    assert stolen.needs_code and bearer_of(office, stolen, NOW_MS).grants == ()


def test_the_first_administrator_retires_when_the_three_are_there(office: Office) -> None:
    founder = office.found(NOW_MS - DAY_MS)
    assert founder is not None

    def holds() -> bool:
        bearers = {bearer.name: bearer for bearer in office.roster.bearers(NOW_MS)}
        return bool(bearers[f"person:{founder.login}"].grants)

    for login, role in (("sys", Role.SYSTEM), ("sec", Role.SECURITY)):
        a_person(office, login, role)
        assert holds()
    a_person(office, "aud", Role.AUDIT)
    assert not holds()


def test_attempts_too_old_to_count_are_forgotten(office: Office, database: Database) -> None:
    founder = office.found(NOW_MS)
    assert founder is not None
    with database.transaction() as connection:
        for days in (10, 2):
            begin_attempt(connection, founder.login, "10.0.0.9", NOW_MS - days * DAY_MS)
        assert drop_attempts(connection, NOW_MS - 7 * DAY_MS) == 1
        assert failures_of_login(connection, founder.login, 0) == [NOW_MS - 2 * DAY_MS]
