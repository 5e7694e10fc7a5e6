"""The night of two officers at the duty desk: keys, sound, a rise, an expired session; the fold is the Board's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from duty_room import DutyRoom
from guarded_site import Guarded, standing_house
from playwright.sync_api import Browser, Page, expect
from visits import DESK, LIVE, until, visit

from core.accounts import Role
from core.clock import real_ms

pytestmark = pytest.mark.browser

RED, ORANGE = "n-red", "n-orange"
SENTENCE = ".duty-detail .sentence"
RUNG = "cityvitals.sound.rung()"
COMPOSING = "dispatchEvent(new KeyboardEvent('keydown', { key: 'q', isComposing: true }))"
CLIPS = """(async () => {
  const found = {}, context = new AudioContext();
  for (const name of ["red", "orange", "lost", "signal", "urgent", "muted"]) {
    const clip = await (await fetch(cityvitals.voice.folder + name + ".ogg")).arrayBuffer();
    const heard = (await context.decodeAudioData(clip)).getChannelData(0);
    found[name] = [heard.length / context.sampleRate, heard.reduce((most, one) => Math.max(most, Math.abs(one)), 0),
      Math.sqrt(heard.reduce((sum, one) => sum + one * one, 0) / heard.length)];
  }
  return found;
})()"""
MUTE_AT_FIRST = """  // as a browser that plays nothing before somebody touches the page
const Real = window.AudioContext;
window.AudioContext = class extends Real { constructor() { super(); this.suspend(); } };
"""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A house of its own, whose sessions expire when the test says so."""
    with standing_house(tmp_path_factory.mktemp("night")) as house:
        yield house


@pytest.fixture
def room(night: Guarded) -> Iterator[DutyRoom]:
    """Two warnings, an orange one and a red one, and nothing else that waits."""
    night.picture.show("typhoon", warnings=6)
    sections = night.picture.sections
    made_up = list(sections["warnings"].values())
    old = {"warnings": list(sections["warnings"]), "events": list(sections["events"])}
    calm = {key: one | {"state": "ok"} for key, one in sections["stations"].items()}
    stand = {"phase": "active", "since_ms": real_ms() - 60_000}
    wanted = {
        RED: made_up[0] | stand | {"level": "red", "sentence": "鉴江信宜水位 80.10 m，超保证水位"},
        ORANGE: made_up[1] | stand | {"level": "orange", "sentence": "高州市马贵镇 3 小时雨量 66 mm"},
    }
    night.picture.change({"warnings": wanted, "stations": calm}, old)
    with DutyRoom(night) as room:
        yield room


def desk(
    chromium: Browser, night: Guarded, who: dict[str, str], *, noisy: bool = False, before: str = ""
) -> AbstractContextManager[Page]:
    """The desk of somebody."""
    return visit(chromium, night.address + "duty", DESK, noisy=noisy, before=before, who=who)


def rung(page: Page, tone: str) -> int:
    return int(page.evaluate(RUNG)[tone])


def row(page: Page, key: str) -> str:
    return page.locator(f'.duty-row[data-key="{key}"]').inner_text()


@pytest.mark.claim("WARN", "Acknowledge, verdict and the number to call take one key each on /duty.")
@pytest.mark.claim("WARN", "An issued signal is entered by hand with two keys when its fields stand as before.")
@pytest.mark.claim("WARN", "A mute stands on every screen with its end and who muted.")
@pytest.mark.claim(
    "WARN", "After each tone a bundled Chinese clip says what it means; the clips are speech, not silence."
)
@pytest.mark.claim("WARN", "An unacknowledged red keeps sounding until it is acknowledged; a rise rings again.")
def test_a_night_of_two_officers(chromium: Browser, night: Guarded, room: DutyRoom) -> None:
    zhao, qian = night.colleague(Role.DUTY), night.colleague(Role.SHIFT_LEADER)
    with desk(chromium, night, zhao, before=MUTE_AT_FIRST) as first, desk(chromium, night, qian) as second:
        until(first, LIVE)
        sound_begins_with_a_touch(first)
        first.keyboard.press("k")
        the_case_has_its_kind(first)
        first.keyboard.press("d")
        expect(first.locator(".duty-call .first b")).to_be_visible()
        first.keyboard.press("q")
        until(first, f"document.querySelector('[data-key=\"{RED}\"]').innerText.includes('值班员一')")
        expect(second.locator(f'[data-key="{RED}"]')).to_contain_text("值班员一")
        before, orange = rung(first, "red"), rung(first, "orange")
        until(first, f"{RUNG}.orange > {orange}")
        assert rung(first, "red") == before, "an acknowledged one is quiet"

        expect(first.locator(SENTENCE)).to_contain_text("马贵镇")  # the next one that waits came by itself
        first.keyboard.press("3")
        expect(first.locator(f'[data-key="{ORANGE}"] em')).to_contain_text("值班员一")
        expect(first.locator("#duty-ringing")).to_contain_text("无响铃")

        risen = night.picture.sections["warnings"][ORANGE] | {"level": "red", "revision": 2}
        room.change({"warnings": {ORANGE: risen}})
        expect(first.locator(f'[data-key="{ORANGE}"] em.waits')).to_be_visible()
        until(first, f"{RUNG}.red > {before}")
        expect(second.locator(f'[data-key="{ORANGE}"] em.waits')).to_be_visible()
        its_data_are_lost(first, night, room)
        an_urgent_order_rings(first, room)
        first.keyboard.press("m")
        until(first, "cityvitals.voice.heard().includes('muted')")
        second.locator("#duty-clock").click()  # a page that nobody has touched yet is told that it cannot ring
        expect(second.locator("#shell-sound-bar")).to_contain_text("值班员一 静音")

        composing_orders_nothing_and_a_signal_is_entered(first)
    assert [entry.act.outcome for entry in night.acts("entries.make")] == ["done"]
    acts = [entry.act for entry in night.acts("warnings.confirm")]
    assert [act.subject for act in acts if act.detail["kind"] == "acknowledge"] == [RED, RED], (
        "the key of an input method acknowledged nothing"
    )


def sound_begins_with_a_touch(page: Page) -> None:
    """Until then a bar says that this screen plays nothing; then the tone comes, and after it its clip."""
    expect(page.locator("#shell-sound-bar")).to_contain_text("本屏声音被浏览器禁止")
    expect(page.locator(SENTENCE)).to_contain_text("鉴江信宜水位")
    assert rung(page, "red") == 0
    page.keyboard.press("j")
    expect(page.locator("#shell-sound-bar")).to_be_empty()
    until(page, f"{RUNG}.red >= 2")
    until(page, "cityvitals.voice.heard().includes('red')")
    every_clip_is_speech(page)


def its_data_are_lost(page: Page, night: Guarded, room: DutyRoom) -> None:
    """What was acknowledged waits and rings again, with the tone of lost data, and one key is enough."""
    before = rung(page, "lost")
    blind = night.picture.sections["warnings"][RED] | {"lost_ms": real_ms(), "revision": 2}
    room.change({"warnings": {RED: blind}})
    expect(page.locator(f'[data-key="{RED}"] b.lost')).to_have_text("数据中断")
    expect(page.locator(f'[data-key="{RED}"] em.waits')).to_be_visible()
    until(page, f"{RUNG}.lost > {before}")
    page.locator(f'[data-key="{RED}"]').click()
    page.keyboard.press("q")
    expect(page.locator(f'[data-key="{RED}"] em.waits')).to_have_count(0)


def an_urgent_order_rings(page: Page, room: DutyRoom) -> None:
    """With a tone of its own, and its sentence in the list; other calls make no sound."""
    call = {"type": "hotline.call", "device": "12345", "name": "12345热线", "area": "440983", "lon": None, "lat": None}
    call |= {"began_ms": real_ms(), "ended_ms": None, "phase": "new", "confidence": None, "by_hand": False}
    call |= {"urgent": True, "text": "地下车库进水，有人被困", "subject": "flooding"}
    room.change({"events": {"urgent-order": call}})
    expect(page.locator('[data-key="event:urgent-order"]')).to_contain_text("有人被困")
    until(page, f"{RUNG}.urgent > 0")


def every_clip_is_speech(page: Page) -> None:
    """Bundled clips decode in this browser, are as long as they should be, neither silent nor cut off at the top."""
    for name, (seconds, peak, loudness) in page.evaluate(CLIPS).items():
        assert 1.5 < seconds < 6, name
        assert 0.1 < peak < 1.0, name
        assert loudness > 0.02, name


def the_case_has_its_kind(page: Page) -> None:
    """The pack says what kind of case comes of a rule: two keys make one."""
    page.keyboard.press("l")
    expect(page.locator("dialog [name=kind] option").first).to_have_text("道路积水")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)  # before that keys are the dialog's


def composing_orders_nothing_and_a_signal_is_entered(page: Page) -> None:
    """What an input method swallows is no order; N and Enter enter a signal whose fields stand as before."""
    page.evaluate(COMPOSING)
    page.keyboard.press("n")
    page.locator("dialog [name=issuer]").fill("市气象台")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.claim("WARN", "The second officer who acknowledges sees who was first; nothing is done twice.")
def test_the_second_is_told(chromium: Browser, night: Guarded, room: DutyRoom) -> None:
    fresh = night.picture.sections["warnings"][RED]
    room.change({"warnings": {"n-race": fresh | {"sentence": "同时确认的一条"}}}, {"warnings": [RED, ORANGE]})
    zhao, qian = night.colleague(Role.DUTY), night.colleague(Role.SHIFT_LEADER)
    with desk(chromium, night, qian, noisy=True) as second:  # a 409 is a line in the console
        expect(second.locator(SENTENCE)).to_contain_text("同时确认")
        second.route("**/live/**", lambda route: route.abort())
        answer = night.ask(
            "POST", "api/v1/warnings/n-race/acts", zhao, json={"key": "by-the-first", "kind": "acknowledge"}
        )
        assert answer.status_code == 200
        second.evaluate("cityvitals.dutyActs.act({key: 'n-race'}, 'acknowledge', {}).then((a) => { window.told = a; })")
        until(second, "window.told")
        told = second.evaluate("window.told")
        assert (told["status"], "值班员一" in told["body"]["error"]["sentence"]) == (409, True)


@pytest.mark.claim("WARN", "An expired session locks the acts with a sentence; picture and sound stay.")
def test_an_expired_session_still_shows_and_rings(chromium: Browser, night: Guarded, room: DutyRoom) -> None:
    fresh = night.picture.sections["warnings"][RED]
    room.change({"warnings": {"n-late": fresh | {"sentence": "过期后到来的一条"}}}, {"warnings": [RED, ORANGE]})
    expired = night.as_person(night.person(Role.DUTY), began_ms=real_ms() - 13 * 3_600_000)
    with desk(chromium, night, expired, noisy=True) as page:
        expect(page.locator("#duty-session-bar")).to_contain_text("登录已过期")
        expect(page.locator(SENTENCE)).to_contain_text("过期后到来")
        page.keyboard.press("q")
        expect(page.locator("#duty-toast")).to_contain_text("无此权限")
        until(page, f"{RUNG}.red >= 2")
        expect(page.locator('[data-key="n-late"] em.waits')).to_be_visible()
