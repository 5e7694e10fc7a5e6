"""Details of the audit, as auditors read them: fields and reasons in words, times as times, the rest as written."""

from __future__ import annotations

from accounts.rights import _NEARNESS
from core.messages import catalogue
from layouts.account_frame import Frame, Told, Viewer
from layouts.audit import _said


def test_what_an_act_says_of_itself_is_said_in_words() -> None:
    frame = Frame("zh", "/", Viewer("李", "li"), Told())
    refused = {"reason": "role", "asked": "/people", "times": 3, "seat": "", "until_ms": 0}
    assert list(_said(frame, refused)) == ["原因 岗位无权", "所求 /people", "次数 3", "截止 1970-01-01 08:00"]
    inner = {"scope": {"areas": ["440902", "440981"]}, "reason": "闸门检修"}
    assert list(_said(frame, inner)) == ["范围.areas 440902, 440981", "原因 闸门检修"]


def test_every_reason_of_the_table_of_rights_has_its_word() -> None:
    missing = [code for code in _NEARNESS if code != "granted" and f"audit.why-{code}" not in catalogue()]
    assert missing == []
