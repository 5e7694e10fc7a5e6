"""The end of the one sentence is the same from Python (messages, voice) and from the script of the desk (复制文字)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from visits import DESK, until

from core.duty import Deed, DutyAct
from core.messages import texts
from core.records import HOUR_MS, MINUTE_MS, Level
from early_warning.duty_fold import folded, shelved_until, waits
from early_warning.duty_sentence import whole

pytestmark = pytest.mark.browser

ASSETS = Path(__file__).parents[2] / "assets"
NOW_MS = 1_795_341_600_000  # 18:00 in China
SAID = "鉴江信宜水位 77.42 m，超警戒水位 0.42 m，16:07 起，上涨"


def act(kind: Deed, by: str = "赵一", level: Level = Level.ORANGE, **more: object) -> DutyAct:
    at_ms = NOW_MS - 10 * MINUTE_MS
    return DutyAct("k", "s", kind, "w1", {"w1": level}, f"person:{by}", by, "岗", at_ms, **more)  # type: ignore[arg-type]


SHELVED = act(Deed.SHELVE, until_ms=NOW_MS + HOUR_MS, text="检修")
CASES = [
    ([], Level.RED, "尚无人确认，请立即电话叫应责任人。"),
    ([], Level.ORANGE, "尚无人确认，请核实并通知责任单位。"),
    ([act(Deed.ACKNOWLEDGE)], Level.ORANGE, "赵一 17:50 确认，正在处置。"),
    ([act(Deed.ACKNOWLEDGE)], Level.RED, "尚无人确认，请立即电话叫应责任人。"),
    ([act(Deed.ACKNOWLEDGE), act(Deed.TAKE_OVER, "钱二")], Level.ORANGE, "钱二正在处置。"),
    ([SHELVED], Level.ORANGE, "已搁置至 19:00。"),
    ([act(Deed.VERDICT, verdict="true-handled")], Level.ORANGE, "赵一定性为属实已处置。"),
]


@pytest.fixture(scope="module")
def script(chromium: Browser) -> Iterator[Page]:
    with chromium.lend(DESK) as page:
        for name in ("format", "duty_state"):
            page.add_script_tag(content=(ASSETS / f"{name}.js").read_text("utf-8"))
        page.evaluate("words => cityvitals.format.setWords(words)", texts("zh"))
        yield page


@pytest.mark.claim(
    "WARN", "One sentence says where, what, since when, trend, who is on it and what comes next, everywhere."
)
def test_python_and_the_script_end_the_sentence_alike(script: Page) -> None:
    for acts, level, expected in CASES:
        stands = folded(acts, "w1")
        assert whole(SAID, stands, level, NOW_MS, "zh") == f"{SAID}；{expected}"
        record = {
            "acked_by": stands.name,
            "acked_ms": stands.at_ms,
            "holder": stands.holder_name,
            "shelved_until_ms": shelved_until(stands, level, NOW_MS),
            "verdict": stands.verdict,
            "verdict_by": stands.verdict_name,
            "silenced": False,
        }
        word = level.name.lower()
        item = {"sentence": SAID, "level": word, "waits": waits(stands, level, NOW_MS), "stands": record}
        told = script.evaluate("given => cityvitals.dutyState.whole(...given)", [item, NOW_MS])
        assert told == f"{SAID}；{expected}"


EVENT = {"type": "hotline.call", "device": "h1", "name": "12345热线", "area": "440981", "began_ms": NOW_MS, "text": ""}
FLAPS = {"cause": "", "level": "normal", "area": "440981", "since_ms": NOW_MS, "subjects": 1, "flapping": ["w1", "w2"]}


@pytest.mark.claim("WARN", "Urgent orders, device alarms and what flaps stand in the duty list; plain calls do not.")
def test_what_stands_in_the_list(script: Page) -> None:
    lid = EVENT | {"type": "device.lid", "name": "3号井", "text": "井盖开启", "ended_ms": 0}
    urgent = EVENT | {"urgent": True, "subject": "flooding", "ended_ms": NOW_MS}
    signal = {
        "id": "met:7",
        "level": "red",
        "issuer": "市气象台",
        "area": "440900",
        "area_name": "茂名市",
        "title": "台风红色预警信号",
    }
    picture = {
        "city": {"main": {"issued": [signal | {"at_ms": NOW_MS, "until_ms": 0}]}},
        "events": {"calm": EVENT | {"ended_ms": 0}, "now": urgent, "lid": lid},
        "cards": {"w1": FLAPS | {"warnings": [], "sentence": "抖动：曹江水位"}},
        "duty": {"signal:met:7": {"acked_level": "orange", "acked_ms": NOW_MS}},
    }
    found = script.evaluate("given => cityvitals.dutyState.items(given)", picture)
    assert [(one["key"], one["kind"], one["waits"]) for one in found] == [
        ("signal:met:7", "signal", True),  # it was acknowledged as an orange one
        ("event:now", "event", True),
        ("event:lid", "event", True),
        ("w1", "flapping", False),
    ]
    assert found[1]["sentence"] == "12345热线 紧急工单：flooding"
    assert found[2]["sentence"] == "3号井 设备报警：井盖开启"
    acted = picture | {"duty": {"event:now": {"acked_ms": NOW_MS}, "event:lid": {"acked_ms": 1}}}
    acted["duty"]["signal:met:7"] = {"acked_level": "red"}
    assert not any(one["waits"] for one in script.evaluate("given => cityvitals.dutyState.items(given)", acted))


VOICES = """
const told = [];
const voices = [
  { lang: "zh-CN", localService: false, name: "far" },
  { lang: "zh_CN", localService: true, name: "here" },
  { lang: "en-US", localService: true, default: true, name: "other" },
];
const synthesis = { speaking: false, getVoices: () => voices, speak: (one) => told.push([one.voice.name, one.words]) };
window.SpeechSynthesisUtterance = function (words) { this.words = words; };
Object.defineProperty(window, "speechSynthesis", { value: synthesis });
document.documentElement.lang = "zh-CN";
"""


@pytest.mark.claim("WARN", "Another language is said by a voice of this machine; without one the tone stands alone.")
def test_what_is_said_after_a_tone(chromium: Browser) -> None:
    with chromium.lend(DESK) as page:
        page.add_script_tag(content=VOICES)
        for name in ("format", "duty_voice"):
            page.add_script_tag(content=(ASSETS / f"{name}.js").read_text("utf-8"))
        page.evaluate("words => cityvitals.format.setWords(words)", texts("zh"))
        page.evaluate("['red', 'red', 'lost'].forEach((name) => cityvitals.voice.say(name, 0))")
        until(page, "told.length === 2")
        assert page.evaluate("told") == [["here", "红色监测告警，请立即确认"], ["here", "数据中断，请查看"]]
        page.evaluate("voices.splice(1, 1); cityvitals.voice.say('orange', 0)")
        said = page.evaluate("cityvitals.voice.said()")
        assert (said["red"], said["orange"], said["lost"]) == (1, 0, 1), "never by one from afar"
