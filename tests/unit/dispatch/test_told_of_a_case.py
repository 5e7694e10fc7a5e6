"""What everybody may know of a case: by the stream, on walls and phones, without a right to the case itself."""

from __future__ import annotations

import json

from core.declared import Words
from core.records import HOUR_MS
from dispatch.book import told_to_city
from dispatch.calendars import Counting, round_the_clock
from dispatch.case import fold
from dispatch.clocks import Obligation, Terms
from dispatch.kinds import CaseKind, KindClass
from dispatch.log import Entry
from dispatch.rows import Belongs, case_row
from dispatch.steps import Verb

CALENDARS = {Counting.ALWAYS: round_the_clock()}
KIND = CaseKind("k", "1", Words("积水", "Water"), KindClass.EVENT, "水务局")
SECRET = {
    "title": "张三丰家门口积水",
    "text": "他说孩子在里面",
    "caller": {"name": "张三丰", "phone": "13812345678"},
    "place": {"lon_deg": 110.92, "lat_deg": 21.66, "accuracy_m": 50, "said": "光华路八号"},
}


def test_no_words_and_no_names_are_told_to_everybody() -> None:
    terms = {Obligation.FILE: Terms(HOUR_MS)}
    log = [
        Entry(1, "A", Verb.REPORT, 5, 5, "wang", fields={"kind": "k", "area": "440902", **SECRET}, terms=terms),
        Entry(2, "A", Verb.NOTIFY, 6, 6, "wang", assignment="t1", fields={"unit": "pump-1"}),
        Entry(3, "A", Verb.NOTE, 7, 7, "wang", fields={"text": "李四去敲门"}),
    ]
    case = fold(log, CALENDARS)
    told = told_to_city(case_row(case, KIND, Belongs("live", "live"), CALENDARS), case)
    assert (told["id"], told["state"], told["due_ms"], told["area"]) == ("A", "reported", 5 + HOUR_MS, "440902")
    assert told["units"] == [{"unit": "pump-1", "state": "notified"}]
    words = json.dumps(told, ensure_ascii=False)
    for secret in ("张三丰", "13812345678", "孩子", "光华路", "李四"):
        assert secret not in words
