"""The queue of the desk page by page: two thousand cases are not asked for at once, and each is reached."""

from __future__ import annotations

from pathlib import Path

import pytest
from lending import Chromium
from visits import DESK

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
