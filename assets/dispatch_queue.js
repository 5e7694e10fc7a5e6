/* The queue of the dispatch desk: so many pages as were scrolled to; what it is narrowed to stands on top and in the address. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const STATES = ["reported", "filed", "dispatched", "returned", "handling", "feedback", "verified"];
  const NEAR_PX = 600; // so far before the end the next page is asked for
  const NAMES = ["state", "text", "area", "lead", "kind", "source", "grade", "hold", "late", "mine"]; // as the API and the address call them
  const wanted = { state: "" }; // name → what the queue is narrowed to; "": all
  let again = () => {}; // reads the queue anew
  let pages = 1;
  let hasMore = false;
  let narrowed = null; // what of a narrowed queue stands where, as the API tells it; null: it is not narrowed
  let asked = 0; // an answer to an older question is thrown away

  // The other scripts are loaded after this one.
  const esc = (text) => cityvitals.format.esc(text);
  const words = (code, values) => cityvitals.format.words(code, values);

  /** Read the pages that are shown, one after the other. Gives their cases, or null: not now, or asked again meanwhile. */
  async function read(ask) {
    const own = (asked += 1);
    const found = [];
    let after = "";
    let load = null;
    for (let page = 0; page < pages; page += 1) {
      const answer = await ask("GET", "cases?" + query() + (after ? "&after=" + encodeURIComponent(after) : ""));
      if (own !== asked || !answer.ok) return null;
      found.push(...answer.body.cases);
      if (page === 0) load = answer.body.load;
      after = answer.body.next || "";
      if (!after) break;
    }
    [hasMore, narrowed] = [after !== "", load];
    return found;
  }

  /** One more page. Gives whether there is any. */
  function further() {
    if (hasMore) pages += 1;
    return hasMore;
  }

  /** What the queue is narrowed to, as addresses say it. */
  const query = () => NAMES.filter((name) => wanted[name] || name === "state").map((name) => name + "=" + encodeURIComponent(wanted[name])).join("&");

  /** Show one state, or all again. */
  function narrow(state) {
    choose({ state: wanted.state === state ? "" : state });
  }

  /** Narrow it further, or widen it with "": {name: value}. The address keeps it. */
  function choose(chosen) {
    Object.assign(wanted, chosen);
    pages = 1;
    if (!root.location.protocol.startsWith("http")) return; // a page without an address of ours
    const told = NAMES.filter((name) => wanted[name]).map((name) => name + "=" + encodeURIComponent(wanted[name])).join("&");
    root.history.replaceState(root.history.state, "", root.location.pathname + (told ? "?" + told : ""));
  }

  /** The same from the first page, now. */
  function chooseNow(chosen) {
    choose(chosen);
    again();
  }

  /** What is counted above the queue: what it is narrowed to, else the whole city. city: the record `case_load`. */
  const load = (city) => narrowed || city;

  /** Whose counts they are, how many cases stand where; each state is a choice. city: the record `case_load`. */
  function states(city) {
    const { open, states: counts = {} } = load(city);
    const choice = (state, count) => '<button type="button" class="choice" aria-pressed="' + (state === wanted.state) + '" data-only="' + state + '">' + esc(state ? words("case.state-" + state) : words("dispatch.all_states"))
      + " <b>" + cityvitals.format.count(count) + "</b></button>";
    const shown = STATES.filter((state) => counts[state] || state === wanted.state);
    return '<nav class="queue-states"><span>' + esc(words(narrowed ? "dispatch.counts_narrowed" : "dispatch.counts_city")) + "</span>" + choice("", open) + shown.map((state) => choice(state, counts[state] || 0)).join("") + "</nav>";
  }

  /** What stands under the last row: that there are more, or that there is nothing. */
  function foot(rows) {
    if (hasMore) return '<li class="queue-more">' + esc(words("dispatch.queue_more", { count: rows })) + "</li>";
    if (rows) return "";
    const further = NAMES.slice(1).some((name) => wanted[name]);
    if (further) return '<li class="duty-calm"><b>' + esc(words("dispatch.empty_narrowed")) + '</b><button type="button" class="verb" data-widen>' + esc(words("dispatch.widen")) + "</button></li>";
    return '<li class="duty-calm"><b>' + esc(words(wanted.state ? "dispatch.empty_state" : "dispatch.empty")) + "</b><span>" + esc(wanted.state ? "" : words("dispatch.empty_note")) + "</span></li>";
  }

  /** A page more when somebody scrolls towards the end, the first one alone when he is back at the top. */
  function follow(list, refresh, site) {
    again = refresh;
    const asked = new root.URLSearchParams(root.location.search);
    for (const name of NAMES) wanted[name] = asked.get(name) || "";
    cityvitals.dispatchFilter.start(site);
    list.addEventListener("scroll", () => {
      if (list.scrollTop === 0 && pages > 1) pages = 1;
      else if (list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX && further()) { hasMore = false; refresh(); }
    }, { passive: true });
  }

  cityvitals.dispatchQueue = { NAMES, chooseNow, follow, foot, further, load, narrow, read, states, wanted: () => wanted };
})(typeof window === "undefined" ? globalThis : window);
