"""Urgent reports over the page: drafted, approved by another, kept as issued, sent; late data is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from guarded_site import Guarded
from month_of_cases import worker
from pypdf import PdfReader

from accounts.warden import Warden
from core.accounts import Role
from core.clock import real_ms
from core.records import HOUR_MS, MINUTE_MS
from dispatch.book import CaseBook, Now, Rules, Wish
from dispatch.holidays import calendars_at
from dispatch.response_book import Ground, ResponseBook, ResponseWish
from dispatch.responses import Deed
from dispatch.steps import Verb
from store import papers as kept
from store.cases import log_of

SCENE = "demo-440900"


class Incident:
    """One case of the house, worked at times of its own."""

    def __init__(self, house: Guarded, key: str) -> None:
        declared, self.key, self.done = house.picture.declared, key, 0
        rules = Rules(
            declared.case_kinds, calendars_at(declared.city.work_hours, real_ms()), lambda area: (area, "440900")
        )
        self.book = CaseBook(Warden(house.office.database, house.office.journal), lambda: rules)
        self.began_ms = real_ms() - 2 * HOUR_MS
        place = {"lon_deg": 111.4, "lat_deg": 22.3, "accuracy_m": 40, "origin": "gps", "said": "迎宾路"}
        fields = {"kind": "water.pipe_burst", "title": "爆管 13812345678", "area": "440983", "grade": 2, "place": place}
        self.id = ""
        self.id = self.step(0, Verb.REPORT, fields=fields)

    def step(self, minute: float, verb: Verb, happened: float | None = None, **wish: Any) -> str:
        """A step at a minute since the report; happened: when it really happened, told late."""
        self.done += 1
        at_ms = self.began_ms + int(minute * MINUTE_MS)
        happened_ms = None if happened is None else self.began_ms + int(happened * MINUTE_MS)
        asked = Wish(f"{self.key}-{self.done}-{at_ms}", verb, self.id, happened_ms=happened_ms, **wish)
        return self.book.act(worker("zhao"), asked, Now(SCENE, "demo", "440900", at_ms, real_ms())).case.id


@pytest.fixture
def burst(house: Guarded) -> Iterator[Incident]:
    """A grave case with a unit on its way; over at the end, so that it waits on nobody's desk."""
    one = Incident(house, f"urgent-{real_ms()}")
    one.step(5, Verb.FILE)
    one.step(6, Verb.DISPATCH, fields={"lead": "市水务局"})
    one.step(7, Verb.NOTIFY, assignment="a", fields={"unit": "urgent-unit"})
    one.step(8, Verb.TAKE)
    yield one
    one.step(126, Verb.FINISH, fields={"result": "修复"})
    one.step(127, Verb.VERIFY)
    one.step(128, Verb.CLOSE, fields={"cause": "管道老化"})


def as_offered(house: Guarded, here: str, role: Role) -> dict[str, str]:
    """What the forms of a page send back, which is offered to whoever is next alone."""
    drafted = set(re.findall(r'name="drafted" value="(\d+)"', house.ask("GET", here, house.colleague(role)).text))
    assert len(drafted) <= 1
    return {"drafted": drafted.pop()} if drafted else {}


def signed(house: Guarded, here: str, way: str, role: Role, **more: str) -> int:
    """One hand on a draft, as the page of its owner offers it. way: `1/pass`."""
    sent = as_offered(house, here, role) | more
    return house.ask("POST", f"{here}/{way}", house.colleague(role), data=sent).status_code


def issued(house: Guarded, here: str, number: int = 1) -> None:
    """The draft that waits goes through all hands of the chain: the shift leader checks it, the leader issues it."""
    leader = house.colleague(Role.LEADER)
    assert as_offered(house, here, Role.LEADER) == {}, "it is not his turn"
    assert signed(house, here, f"{number}/pass", Role.SHIFT_LEADER) == 303
    assert house.ask("POST", f"{here}/{number}/approve", leader, data={"drafted": "1"}).status_code == 422
    assert signed(house, here, f"{number}/approve", Role.LEADER) == 303


@pytest.mark.claim(
    "COMMAND", "An urgent report goes through its chain of approval, is kept as issued, and sent with its receipt."
)
def test_the_way_of_a_first_report(house: Guarded, burst: Incident) -> None:
    duty, here = house.colleague(Role.DUTY), f"reports/{burst.id}"
    page = house.ask("GET", here, duty).text
    assert "首报应于" in page and "已超时" in page and "市委值班室" in page and "13812345678" not in page
    began_ms = real_ms()
    assert house.ask("POST", f"{here}/draft", duty, data={"measures": "关阀", "request": "送水车"}).status_code == 303
    draft = Document(BytesIO(house.ask("GET", f"{here}/1/file?format=docx", duty).content))
    assert real_ms() - began_ms < 60_000, "a first report is drafted within a minute"
    words = "\n".join(each.text for each in draft.paragraphs)
    assert "特别事项呈报（首报）" in words and "关阀" in words and "已派出力量 1 支，尚无力量到场" in words
    assert "草稿" in draft.sections[0].header.paragraphs[0].text
    assert house.ask("POST", f"{here}/1/approve", duty, data={"drafted": "1"}).status_code == 403
    assert house.ask("POST", f"{here}/1/sent", duty, data={"receiver": "市委值班室"}).status_code == 422
    issued(house, here)
    assert house.ask("POST", f"{here}/draft", duty, data={"measures": "x"}).status_code == 422
    done = house.ask("POST", f"{here}/1/sent", duty, data={"receiver": "市委值班室 李", "receipt": "收字 17 号"})
    assert done.status_code == 303
    with house.office.database.reading() as connection:
        last = log_of(connection, burst.id)[-1]
    assert (last.verb, last.fields["stage"], last.fields["paper"]) == ("report-up", "first", 1)
    page = house.ask("GET", here, duty).text
    assert "收字 17 号" in page and "续报应于" in page and "数值已变" not in page


@pytest.mark.claim("COMMAND", "Late data change no issued report; its page says which figure is different now.")
def test_what_was_issued_stays_and_says_what_changed(house: Guarded, burst: Incident) -> None:
    duty, here = house.colleague(Role.DUTY), f"reports/{burst.id}"
    assert house.ask("POST", f"{here}/draft", duty, data={"measures": "关阀"}).status_code == 303
    issued(house, here)
    files = {form: house.ask("GET", f"{here}/1/file?format={form}", duty).content for form in ("docx", "pdf")}
    # A unit was there before the paper was drafted, and says so only now.
    burst.step(121, Verb.ARRIVE, happened=20, assignment="a")
    page = house.ask("GET", here, duty).text
    assert "数值已变" in page and "到场力量：文中 0，现为 1" in page
    for form, content in files.items():
        assert house.ask("GET", f"{here}/1/file?format={form}", duty).content == content
    said = "".join("".join(each.extract_text().split()) for each in PdfReader(BytesIO(files["pdf"])).pages)
    assert "尚无力量到场" in said and "草稿" not in said and "138****5678" in said
    for wrong in ("1/file?format=xlsx", "2/file?format=pdf", "x/file?format=pdf"):
        assert house.ask("GET", f"{here}/{wrong}", duty).status_code == 404
    looks = [one.act for one in house.acts("cases.see") if one.act.subject == f"case:{burst.id}"]
    assert [one.detail["format"] for one in looks] == ["docx", "pdf", "docx", "pdf"]


@pytest.mark.claim(
    "COMMAND", "Each hand of the chain passes a report on or gives it back with a reason; nobody signs twice."
)
def test_a_draft_comes_back_and_nobody_signs_twice(house: Guarded) -> None:
    one = Incident(house, "urgent-back")
    here, duty, shift = f"reports/{one.id}", house.colleague(Role.DUTY), house.colleague(Role.SHIFT_LEADER)
    assert house.ask("POST", f"{here}/draft", duty, data={"measures": "一"}).status_code == 303
    drafted = as_offered(house, here, Role.SHIFT_LEADER)
    assert house.ask("POST", f"{here}/1/approve", shift, data=drafted).status_code == 422, "that is the leader's"
    assert signed(house, here, "1/pass", Role.SHIFT_LEADER) == 303
    assert house.ask("POST", f"{here}/1/pass", shift, data=drafted).status_code == 422, "nobody signs twice"
    assert signed(house, here, "1/return", Role.LEADER) == 422, "a reason is asked for"
    assert signed(house, here, "1/return", Role.LEADER, reason="写明影响户数") == 303
    page = house.ask("GET", here, duty).text
    assert "理由：写明影响户数" in page and "已退回起草人" in page
    assert as_offered(house, here, Role.LEADER) == {}
    # The shift leader writes it anew: what he would check he has seen, so that it goes to the leader at once.
    assert house.ask("POST", f"{here}/draft", shift, data={"measures": "二"}).status_code == 303
    with house.office.database.reading() as connection:
        (row,) = kept.papers_of(connection, one.id)
    assert (row.number, row.said["measures"], row.returned_for, row.state) == (1, "二", "", "draft")
    assert [step["hand"] for step in row.trail] == ["drafted", "passed", "returned", "drafted"]
    assert list(row.chain) == ["leader"] and as_offered(house, here, Role.LEADER) != {}
    assert house.ask("GET", here, house.as_role(Role.RULES)).status_code == 403
    one.step(120, Verb.REJECT, fields={"reason": "重复"})
    assert house.ask("GET", "reports/nothing", shift).status_code == 404


@pytest.mark.claim("COMMAND", "The after-action review of a case and its plan is a document from their logs.")
def test_the_review_is_read_from_the_logs(house: Guarded, burst: Incident) -> None:
    leader = house.colleague(Role.LEADER)
    burst.step(30, Verb.NOTE, fields={"text": "电话 13812345678"})
    plan = next(one for one in house.picture.declared.plans.values() if one.steps)
    wish = ResponseWish(f"review-{burst.id}", Deed.APPLY, plan=plan.id, fields={"level": 3, "case": burst.id})
    ground = Ground(house.picture.declared.plans, lambda area: (area, "440900"))
    book = ResponseBook(Warden(house.office.database, house.office.journal), lambda: ground)
    response = book.act(worker("zhao"), wish, Now(SCENE, "demo", "440900", burst.began_ms, real_ms())).course.response
    made = {form: house.ask("GET", f"reports/{burst.id}/review?format={form}", leader) for form in ("docx", "pdf")}
    document = Document(BytesIO(made["docx"].content))
    rows = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    limits = {row[0]: row[2:] for row in rows if len(row) == 5}
    assert limits["立案"] == ["10", "5", "按时完成"] and limits["派遣"] == ["10", "1", "按时完成"]
    assert any(row[1] == "备注" and row[3] == "电话 138****5678" for row in rows if len(row) == 4)
    words = "\n".join(one.text for one in document.paragraphs)
    assert plan.name["zh"] in words and "Ⅲ级" in words and "到场超时" in words
    said = "".join("".join(page.extract_text().split()) for page in PdfReader(BytesIO(made["pdf"].content)).pages)
    assert "".join(words.split())[:30] in said and "13812345678" not in said
    own = house.ask("GET", f"plans/{response.id}/review?format=docx", leader)
    assert plan.name["zh"] in Document(BytesIO(own.content)).paragraphs[0].text
    assert house.ask("GET", f"reports/{burst.id}/review?format=xlsx", leader).status_code == 404
    assert house.ask("GET", "plans/nothing/review?format=pdf", leader).status_code == 404
    assert house.ask("GET", f"reports/{burst.id}/review?format=pdf", house.colleague(Role.FIELD)).status_code == 403
    end = ResponseWish(f"review-end-{burst.id}", Deed.END, response=response.id, fields={"reason": "完"})
    book.act(worker("zhao"), end, Now(SCENE, "demo", "440900", real_ms(), real_ms()))


def test_a_desk_reads_what_comes_next(house: Guarded, burst: Incident) -> None:
    shift, path = house.colleague(Role.SHIFT_LEADER), f"api/v1/cases/{burst.id}/reports"
    told = house.ask("GET", path, shift).json()
    assert (told["stage"], told["to"], told["reports"]) == ("first", ["市委值班室", "市政府总值班室"], [])
    assert told["due_ms"] == burst.began_ms + 1_800_000
    assert house.ask("POST", f"reports/{burst.id}/draft", shift, data={"measures": "一"}).status_code == 303
    (one,) = house.ask("GET", path, shift).json()["reports"]
    assert (one["number"], one["stage"], one["state"], one["changed"]) == (1, "first", "draft", [])
    assert house.ask("GET", "api/v1/cases/nothing/reports", shift).status_code == 404


@pytest.mark.claim(
    "COMMAND", "First, follow-up and final report follow one another, each with its own figures and limit."
)
def test_first_follow_up_and_final(house: Guarded, burst: Incident) -> None:
    duty, here, path = house.colleague(Role.DUTY), f"reports/{burst.id}", f"api/v1/cases/{burst.id}/reports"

    def reported_up(number: int) -> str:
        """One report from its draft to its receipt; gives the words of its DOCX."""
        assert house.ask("POST", f"{here}/draft", duty, data={"measures": f"第{number}次"}).status_code == 303
        issued(house, here, number)
        sent = {"receiver": "市委值班室", "receipt": f"收字 {number} 号"}
        assert house.ask("POST", f"{here}/{number}/sent", duty, data=sent).status_code == 303
        document = Document(BytesIO(house.ask("GET", f"{here}/{number}/file?format=docx", duty).content))
        return "\n".join(each.text for each in document.paragraphs)

    first = reported_up(1)
    assert "特别事项呈报（首报）" in first and "签发人：带班领导一" in first
    told = house.ask("GET", path, duty).json()
    (sent_ms,) = (one["sent_ms"] for one in told["reports"])
    assert (told["stage"], told["due_ms"]) == ("follow", sent_ms + 7_200_000)
    burst.step(121, Verb.ARRIVE, happened=119, assignment="a")
    assert "特别事项呈报（续报）" in (second := reported_up(2)) and "到场 1 支" in second and "第2次" in second
    burst.step(122, Verb.FINISH, happened=119.1, fields={"result": "修复"})
    burst.step(122, Verb.VERIFY, happened=119.2)
    burst.step(122, Verb.CLOSE, happened=119.5, fields={"cause": "管道老化"})
    told = house.ask("GET", path, duty).json()
    assert (told["stage"], told["due_ms"]) == ("final", burst.began_ms + int(119.5 * MINUTE_MS) + 86_400_000)
    assert "特别事项呈报（终报）" in (last := reported_up(3)) and "案卷已结案" in last
    told = house.ask("GET", path, duty).json()
    assert told["stage"] is None and [one["stage"] for one in told["reports"]] == ["first", "follow", "final"]
    assert house.ask("POST", f"{here}/draft", duty, data={"measures": "x"}).status_code == 422
    with house.office.database.reading() as connection:
        ups = [one.fields["stage"] for one in log_of(connection, burst.id) if one.verb == "report-up"]
    assert ups == ["first", "follow", "final"]
    burst.step(123, Verb.REOPEN, fields={"reason": "再漏"})
    burst.step(123, Verb.DISPATCH, fields={"lead": "市水务局"})
    burst.step(123, Verb.TAKE)
