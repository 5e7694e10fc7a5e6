"""The queue of the desk page by page: two thousand cases are not asked for at once, and each is reached."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from guarded_site import Guarded
from lending import Chromium
from playwright.sync_api import expect
from visits import DESK, signed_in, until

from core.accounts import Role
from core.messages import texts

pytestmark = pytest.mark.browser
ASSETS = Path(__file__).parents[2] / "assets"

# A server with `count` cases, two hundred a page, that notes what it is asked.
ASK = """async (count) => {
  const queue = cityvitals.dispatchQueue, asked = [];
  const ask = async (method, path) => {
    asked.push(path);
    const wanted = new URLSearchParams(path.split('?')[1]);
    const [from, state] = [Number(wanted.get('after')), wanted.get('state')];
    const all = Array.from({ length: state ? 7 : count }, (_, n) => ({ id: state + n }));
    const next = from + 200 < all.length ? String(from + 200) : '';
    return { ok: true, body: { cases: all.slice(from, from + 200), next } };
  };
  const told = [(await queue.read(ask)).length, queue.foot(200)];
  while (queue.further()) told.push((await queue.read(ask)).length);
  const all = await queue.read(ask);
  const [stale, newer] = await Promise.all([queue.read(ask), queue.read(ask)]);
  const once = asked.length;
  queue.narrow('filed');
  const few = await queue.read(ask);
  const states = queue.states({ open: count, states: { filed: 7, handling: 3 } });
  const distinct = new Set(all.map((one) => one.id)).size;
  const [last, foot] = [asked.slice(once), queue.foot(0)];
  return { told, distinct, stale, newer: newer.length, few: few.length, last, states, foot };
}"""


@pytest.mark.claim(
    "COMMAND", "Of two thousand open cases the desk asks for two hundred; the rest follow as it is scrolled."
)
def test_the_queue_comes_page_by_page(chromium: Chromium) -> None:
    with chromium.lend(DESK) as page:
        for name in ("format", "dispatch_queue"):
            page.add_script_tag(content=(ASSETS / f"{name}.js").read_text("utf-8"))
        page.evaluate("words => cityvitals.format.setWords(words)", texts("zh"))
        found = page.evaluate(ASK, 2000)
    first, foot, *grown = found["told"]
    assert first == 200 and "已列出 200 条" in foot
    assert grown == [200 * pages for pages in range(2, 11)] and found["distinct"] == 2000
    assert (found["stale"], found["newer"]) == (None, 2000), "an answer to an older question is thrown away"
    assert found["few"] == 7 and found["last"] == ["cases?state=filed"], "another state begins at its first page"
    assert "2,000" in found["states"] and 'aria-pressed="true" data-only="filed"' in found["states"]
    assert "没有这一状态的案卷" in found["foot"]


@pytest.mark.claim("COMMAND", "The queue is narrowed by words and lists, by keys; the address keeps it, Esc closes it.")
def test_the_queue_is_narrowed(chromium: Chromium, house: Guarded) -> None:
    mark = f"{time.time_ns()}"[-9:]
    for title, area, kind in ((f"甲{mark}", "440902", "water.road_water"), (f"乙{mark}", "440981", "water.no_supply")):
        wanted = {"key": f"narrow-{title}", "kind": kind, "title": title, "area": area}
        assert house.ask("POST", "api/v1/cases", house.colleague(Role.DISPATCHER), json=wanted).status_code == 200
    with signed_in(chromium, house, "dispatch", house.colleague(Role.DISPATCHER), DESK) as page:
        rows, counts = page.locator(".case-row p"), page.locator(".queue-states")
        rows.first.wait_for()
        expect(counts).to_contain_text("全市")
        page.keyboard.press("c")
        page.keyboard.type(mark)
        expect(rows).to_have_count(2)
        page.locator("[data-filters]").click()
        page.select_option(".dispatch-filter select[name=area]", "440902")
        expect(rows).to_have_text([f"甲{mark}"])
        expect(counts).to_contain_text("筛选后全部 1")
        assert f"text={mark}" in page.url and "area=440902" in page.url
        page.reload()
        expect(rows).to_have_text([f"甲{mark}"])
        expect(page.locator("[data-drop]")).to_have_text(["茂南区 ×"])
        page.locator("[data-drop=area]").click()
        expect(rows).to_have_count(2)
        page.locator("[data-filters]").click()
        page.select_option(".dispatch-filter select[name=source]", "video")
        page.locator(".duty-calm [data-widen]").click()
        until(page, "document.querySelectorAll('.case-row').length >= 2 && !location.search")
        expect(counts).to_contain_text("全市")
        page.locator(".dispatch-filter select[name=kind]").focus()
        page.keyboard.press("Escape")
        expect(page.locator("#dispatch-filter-choices")).to_be_hidden()
