"""People of a day in an office, as the tests of accounts need them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from accounts import totp
from accounts.bearer import Bearer
from accounts.founding import console
from accounts.office import Office
from accounts.roster import Term
from accounts.sessions import Cookies
from accounts.sign_in import SignedIn, Where
from core.accounts import Department, Person, Post, Role
from store import audit

DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
NOW_MS = 1_795_300_000_000
DESK = Where("10.0.0.7")
PASSWORD = "Good-password-1"


def a_person(office: Office, login: str, role: Role | None = None) -> Person:
    """Somebody with a password of his own, and a post when a role is given."""
    by = console()
    person = office.roster.add_person(by, Person(0, login, f"{login} 的姓名"), NOW_MS - DAY_MS)
    first = office.credentials.reset_password(by, login, NOW_MS - DAY_MS)
    signed = signed_in(office, login, first, now_ms=NOW_MS - DAY_MS)
    assert office.credentials.change_password(person, first, PASSWORD, signed.session, NOW_MS - DAY_MS) is None
    if role:
        office.roster.put_department(by, Department("office", "应急办"), NOW_MS)
        office.roster.put_post(by, Post(f"post-{role}", f"{role} 岗", "office", role), NOW_MS)
        office.roster.appoint(by, login, f"post-{role}", Term(NOW_MS - HOUR_MS), NOW_MS)
    return person


def below_the_office(office: Office, *departments: str) -> None:
    """Departments for which a liaison of the office answers as well."""
    by = console()
    office.roster.put_department(by, Department("office", "应急办"), NOW_MS)
    for number, name in enumerate(departments):
        office.roster.put_department(by, Department(f"below-{number}", name, parent="office"), NOW_MS)


def signed_in(
    office: Office, login: str, password: str = PASSWORD, now_ms: int = NOW_MS, where: Where = DESK
) -> SignedIn:
    answer = office.sign_in.with_password(login, password, where, now_ms)
    assert isinstance(answer, SignedIn), answer
    return answer


def bearer_of(office: Office, signed: SignedIn, now_ms: int, token: str = "") -> Bearer:
    return office.sessions.bearer(Cookies(signed.secret, token), DESK.address, now_ms)


def acts_of(office: Office) -> list[tuple[str, str, str]]:
    with office.database.reading() as connection:
        return [(one.act.actor, one.act.action, one.act.outcome) for one in audit.entries(connection)]


def strong(office: Office, login: str) -> tuple[SignedIn, str]:
    """Somebody who has set up his second factor, and its secret."""
    signed = signed_in(office, login)
    address = office.credentials.begin_factor(signed.person, signed.session, NOW_MS)
    secret = parse_qs(urlsplit(address).query)["secret"][0]
    code = totp.code_at(secret, NOW_MS // totp.STEP_MS)
    assert office.credentials.show_code(signed.person, signed.session, code, NOW_MS) is None
    return signed, secret
