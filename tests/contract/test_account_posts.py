"""Posts pass on, people leave, other systems vouch, and everything is in the audit; on both databases."""

from __future__ import annotations

import pytest
from office_day import (
    DAY_MS,
    DESK,
    HOUR_MS,
    NOW_MS,
    PASSWORD,
    a_person,
    acts_of,
    bearer_of,
    signed_in,
    strong,
)

from accounts.founding import console
from accounts.office import Office
from accounts.sign_in import SignedIn
from accounts.sources.contract import Claim, Refused
from accounts.tokens import Wanted
from core.accounts import Department, Person, Role
from core.errors import NotAllowed, Taken


@pytest.mark.claim("ACCOUNTS", "A successor takes a post over at a moment; the one before him loses it then.")
def test_a_successor_takes_over(office: Office) -> None:
    a_person(office, "li", Role.LEADER)
    a_person(office, "wang")
    with office.database.reading() as connection:
        from store.people import appointments

        [term] = appointments(connection)
    at_ms = NOW_MS + HOUR_MS
    office.roster.succeed(console(), term.id, "wang", at_ms, NOW_MS)

    def leaders(now_ms: int) -> list[str]:
        return [bearer.name for bearer in office.roster.bearers(now_ms) if bearer.grants]

    assert (leaders(at_ms - 1), leaders(at_ms)) == (["person:li"], ["person:wang"])


@pytest.mark.claim(
    "ACCOUNTS", "A department ends, its successor has its posts from then on, and nobody's rights change."
)
def test_a_department_passes_on(office: Office) -> None:
    roster = office.roster
    a_person(office, "li", Role.LEADER)
    [post] = roster.register(console(), "posts.see").posts.values()
    for one in (Department("new", "应急局"), Department("below", "科室", post.department)):
        roster.put_department(console(), one, NOW_MS)
    before = roster.bearers(NOW_MS)
    roster.dissolve(console(), post.department, "new", NOW_MS)
    known = roster.register(console(), "posts.see")
    assert (known.posts[post.id].department, known.departments["below"].parent) == ("new", "new")
    assert (known.departments[post.department].until_ms, known.departments[post.department].successor) == (
        NOW_MS,
        "new",
    )
    assert roster.bearers(NOW_MS) == before
    refused = (
        lambda: roster.dissolve(console(), post.department, "new", NOW_MS),
        lambda: roster.dissolve(console(), "new", "below", NOW_MS),  # it hangs below
        lambda: roster.put_post(console(), post, NOW_MS),
        lambda: roster.put_department(console(), Department("late", "迟来", post.department), NOW_MS),
    )
    for act in refused:
        with pytest.raises(NotAllowed):
            act()
    assert acts_of(office)[-4:] == [("console", "people.edit", "refused")] * 2 + [
        ("console", "posts.edit", "refused"),
        ("console", "people.edit", "refused"),
    ]


def test_a_disabled_person_is_out_at_once(office: Office) -> None:
    a_person(office, "li", Role.DUTY)
    signed = signed_in(office, "li")
    office.roster.disable(console(), "li", NOW_MS)
    assert bearer_of(office, signed, NOW_MS).grants == ()
    refused = office.sign_in.with_password("li", PASSWORD, DESK, NOW_MS)
    assert isinstance(refused, Refused) and refused.code == "disabled"


@pytest.mark.parametrize(
    "person",
    [
        Person(0, "", "李四"),
        Person(0, "li si", "李四"),
        Person(0, "l" * 41, "李四"),
        Person(0, "li\x00", "李四"),
        Person(0, "li", " "),
        Person(0, "li", "李" * 61),
        Person(0, "li", "李四", "1" * 33),
    ],
)
def test_a_person_has_a_plain_login_and_a_name(office: Office, person: Person) -> None:
    with pytest.raises(NotAllowed):
        office.roster.add_person(console(), person, NOW_MS)


def test_a_login_belongs_to_one_person(office: Office) -> None:
    a_person(office, "li")
    with pytest.raises(Taken):
        office.roster.add_person(console(), Person(0, "li", "另一人"), NOW_MS)


def test_what_another_system_proves_counts_only_for_whom_it_was_linked(office: Office) -> None:
    a_person(office, "li", Role.DUTY)
    opaque = Claim("oidc", "8f3c-li")
    refused = office.sign_in.with_claim(opaque, DESK, NOW_MS)
    assert isinstance(refused, Refused) and refused.code == "unknown-person"
    office.credentials.link(console(), "li", "oidc", "8f3c-li", NOW_MS)
    signed = office.sign_in.with_claim(opaque, DESK, NOW_MS)
    assert isinstance(signed, SignedIn) and signed.person.login == "li"
    assert not bearer_of(office, signed, NOW_MS + 91 * DAY_MS).renewing, "his password is not our business"
    with pytest.raises(Taken):
        a_person(office, "wang")
        office.credentials.link(console(), "wang", "oidc", "8f3c-li", NOW_MS)
    vouched = office.sign_in.with_claim(Claim("ldap", "li", "li"), DESK, NOW_MS)
    assert isinstance(vouched, SignedIn)


@pytest.mark.claim("ACCOUNTS", "Every sign-in, refusal and administrative act is in the audit, and no secret is.")
def test_everything_is_in_the_audit_and_no_secret_is(office: Office) -> None:
    founder = office.found(NOW_MS - DAY_MS)
    assert founder is not None
    a_person(office, "li", Role.DUTY)
    signed, secret = strong(office, "li")
    token = office.tokens.make(console(), Wanted("屏", Role.WALL), NOW_MS)
    office.sign_in.with_password("li", "Wrong-guess-77", DESK, NOW_MS)
    office.sessions.sign_out(bearer_of(office, signed, NOW_MS), signed.session, NOW_MS)
    text = "\n".join(office.journal.export())
    for hush in (founder.password, PASSWORD, secret, token, signed.secret, "Wrong-guess-77"):
        assert hush not in text
    acts = acts_of(office)
    for act in ("founding", "people.edit", "passwords.reset", "password.change", "posts.edit", "tokens.make"):
        assert any(done[1:] == (act, "done") for done in acts), act
    assert ("nobody", "sign-in", "refused") in acts
    assert ("person:li", "session.end", "done") in acts
    assert not office.journal.verify().faults
