"""The queue narrowed: each choice leaves exactly the cases that it names, in both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from office_day import NOW_MS, a_person, bearer_of, signed_in

from accounts.bearer import Bearer
from accounts.office import Office
from accounts.warden import Warden
from core.accounts import Role
from core.declared import Words
from core.records import HOUR_MS
from dispatch.book import CaseBook, Now, Rules, Wish
from dispatch.calendars import Counting, round_the_clock
from dispatch.clocks import Obligation, Terms
from dispatch.kinds import CaseKind, KindClass
from dispatch.narrowing import Narrowing
from dispatch.steps import Verb
from store import intake
from store.case_queue import Asked, queue

NOW = Now("live-440900", "live", "440900", NOW_MS, NOW_MS)
LIMITS = {Obligation.FILE: Terms(HOUR_MS)}
KINDS = {
    name: CaseKind(name, "1", Words(name, name), KindClass.EVENT, "市水务局", domain="social_management", limits=LIMITS)
    for name in ("water.road_water", "water.no_supply")
}


def above(area: str) -> tuple[str, ...]:
    """Towns lie in counties, counties in the city."""
    return (area, area[:6], "440900") if len(area) > 6 else (area, "440900")


@pytest.fixture
def book(office: Office) -> CaseBook:
    rules = Rules(KINDS, {Counting.ALWAYS: round_the_clock()}, above)
    return CaseBook(Warden(office.database, office.journal), lambda: rules)


def reported(book: CaseBook, by: Bearer, key: str, **other: Any) -> str:
    fields = {"kind": "water.road_water", "title": "迎宾路积水", "area": "440902"} | other
    return book.act(by, Wish(f"report-{key}", Verb.REPORT, fields=fields), NOW).case.id


@pytest.mark.claim("COMMAND", "The queue is narrowed by area, kind, source, grade, lateness, whose it is and words.")
def test_each_choice_leaves_what_it_names(office: Office, book: CaseBook) -> None:
    a_person(office, "wang", Role.DISPATCHER)
    a_person(office, "li", Role.DISPATCHER)
    wang, li = (bearer_of(office, signed_in(office, login), NOW_MS) for login in ("wang", "li"))
    town = reported(book, wang, "town", area="440902001", grade=2)
    other = reported(book, wang, "other", area="440981", kind="water.no_supply", title="光华路停水 100%")
    owned = reported(book, li, "owned", title="文明路积水")
    with office.database.transaction() as connection:
        plain = ("video:7", "video", "video.water", "water.road_water", "review", "440902", "social_management")
        intake.take_in(connection, [intake.ItemRow(NOW.scene, *plain, None, None, 50.0, NOW_MS, NOW_MS, "积水", "")])
        intake.decide(connection, NOW.scene, ["video:7"], intake.Decision("joined", owned, "person:li", NOW_MS, ""))

    def left(by: Bearer = wang, now: Now = NOW, **wanted: Any) -> set[str]:
        with office.database.reading() as connection:
            only = Narrowing(**wanted).only(connection, by, now, above)
            found = {row.id for row in queue(connection, now.scene, Asked(only=only))}
        load = book.load(now.scene, Asked(state="closed", only=only), lambda area, topic: True, now.city_ms)
        late = len(found) if now.city_ms > NOW_MS else 0
        assert (load.open, load.late, load.held, sum(load.states.values())) == (len(found), late, 0, len(found))
        return found

    assert left() == {town, other, owned}
    assert left(area="440902") == {town, owned} and left(area="440902001") == {town}, "with what lies in it"
    assert left(area="440983") == set(), "where nothing is open"
    assert left(kind="water.no_supply") == {other} and left(grade=2) == {town}
    assert left(source="video") == {owned} and left(source="person") == {town, other, owned}
    assert left(source="token") == left(source="warning") == set()
    assert left(own=True) == {town, other} and left(by=li, own=True) == {owned}
    assert left(words="积水") == {town, owned} and left(words=other[-4:]) == {other}
    assert left(words="100%") == {other} and left(words="1%0") == set() == left(words="_"), "no letter is a joker"
    assert left(late=True) == set()
    assert left(late=True, now=replace(NOW, city_ms=NOW_MS + HOUR_MS + 1)) == {town, other, owned}
    assert left(area="440902", words="文明", own=True) == set() == left(by=li, words="停水", own=True)
    given = book.act(li, Wish("file-owned", Verb.FILE, owned), NOW)
    book.act(li, Wish("give-owned", Verb.DISPATCH, owned, {"lead": "应急办"}, given.case.revision), NOW)
    assert left(own=True) == {town, other, owned}, "his department leads it"
    seen = book.load(NOW.scene, Asked(), lambda area, topic: area != "440981", NOW_MS)
    assert (seen.open, dict(seen.states)) == (2, {"dispatched": 1, "reported": 1}), "only what he may see is counted"
