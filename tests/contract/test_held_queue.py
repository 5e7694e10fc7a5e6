"""挂账 and 缓办 in a list of their own, in both databases."""

from __future__ import annotations

import pytest
from office_day import NOW_MS, a_person, bearer_of, signed_in
from test_narrowed_queue import NOW, above, book, reported

from accounts.office import Office
from core.accounts import Role
from core.records import HOUR_MS
from dispatch.book import CaseBook, Wish
from dispatch.narrowing import Narrowing
from dispatch.steps import Verb
from store.case_queue import Asked, queue

__all__ = ["book"]  # the fixture


@pytest.mark.claim("COMMAND", "挂账 and 缓办 stand in a list of their own, each by itself or both together.")
def test_what_waits_is_a_list_of_its_own(office: Office, book: CaseBook) -> None:
    a_person(office, "wang", Role.DISPATCHER)
    wang = bearer_of(office, signed_in(office, "wang"), NOW_MS)
    shelved, postponed, _ = (reported(book, wang, key) for key in ("shelved", "postponed", "worked"))
    until_ms = NOW_MS + HOUR_MS
    for case, verb, fields in (
        (shelved, Verb.FILE, {}),
        (shelved, Verb.SHELVE, {"reason": "等待确权", "approver": "刘"}),
        (postponed, Verb.FILE, {}),
        (postponed, Verb.POSTPONE, {"reason": "雨后再办", "until_ms": until_ms}),
    ):
        book.happen("test", Wish(f"{case}-{verb}", verb, case, fields), NOW)

    def left(hold: str) -> set[str]:
        with office.database.reading() as connection:
            only = Narrowing(hold=hold).only(connection, wang, NOW, above)
            return {row.id for row in queue(connection, NOW.scene, Asked(only=only))}

    assert (left("shelved"), left("postponed"), left("extended")) == ({shelved}, {postponed}, set())
    assert left("held") == {shelved, postponed}
