/* The queue of the dispatch desk: so many pages as were scrolled to, of one state or of all; what it is narrowed to stands on top. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const STATES = ["reported", "filed", "dispatched", "returned", "handling", "feedback", "verified"];
  const NEAR_PX = 600; // so far before the end the next page is asked for
  let only = ""; // the state that is shown; "": all
  let pages = 1;
  let hasMore = false;
  let asked = 0; // an answer to an older question is thrown away

  // The other scripts are loaded after this one.
  const esc = (text) => cityvitals.format.esc(text);
  const words = (code, values) => cityvitals.format.words(code, values);

  /** Read the pages that are shown, one after the other. Gives their cases, or null: not now, or asked again meanwhile. */
  async function read(ask) {
    const own = (asked += 1);
    const found = [];
    let after = "";
    for (let page = 0; page < pages; page += 1) {
      const answer = await ask("GET", "cases?state=" + only + (after ? "&after=" + encodeURIComponent(after) : ""));
      if (own !== asked || !answer.ok) return null;
      found.push(...answer.body.cases);
      after = answer.body.next || "";
      if (!after) break;
    }
    hasMore = after !== "";
    return found;
  }

  /** One more page. Gives whether there is any. */
  function further() {
    if (hasMore) pages += 1;
    return hasMore;
  }

  /** Show one state, or all again. */
  function narrow(state) {
    only = only === state ? "" : state;
    pages = 1;
  }

  /** How many cases stand where; each is a choice. load: the record `case_load`. */
  function states(load) {
    const counts = load.states || {};
    const choice = (state, count) => '<button type="button" class="choice" aria-pressed="' + (state === only) + '" data-only="' + state + '">' + esc(state ? words("case.state-" + state) : words("dispatch.all_states"))
      + " <b>" + cityvitals.format.count(count) + "</b></button>";
    const shown = STATES.filter((state) => counts[state] || state === only);
    return '<nav class="queue-states">' + choice("", load.open) + shown.map((state) => choice(state, counts[state] || 0)).join("") + "</nav>";
  }

  /** What stands under the last row: that there are more, or that there is nothing. */
  function foot(rows) {
    if (hasMore) return '<li class="queue-more">' + esc(words("dispatch.queue_more", { count: rows })) + "</li>";
    if (rows) return "";
    return '<li class="duty-calm"><b>' + esc(words("dispatch.empty")) + "</b><span>" + esc(words(only ? "dispatch.empty_state" : "dispatch.empty_note")) + "</span></li>";
  }

  /** A page more when somebody scrolls towards the end, the first one alone when he is back at the top. */
  function follow(list, refresh) {
    list.addEventListener("scroll", () => {
      if (list.scrollTop === 0 && pages > 1) pages = 1;
      else if (list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX && further()) { hasMore = false; refresh(); }
    }, { passive: true });
  }

  cityvitals.dispatchQueue = { follow, foot, further, narrow, read, states };
})(typeof window === "undefined" ? globalThis : window);
