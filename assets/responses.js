/* Responses in force 应急响应: the worst and the count in every header, and how the wall is arranged by it 平战结合. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const { format, live, page } = cityvitals;
  const NORMAL = 5; // 常态; 1 is the gravest
  const FIGURES = ["", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"];

  /** The level of the gravest one that is no exercise; NORMAL when there is none. */
  function worst(responses) {
    return real(responses).reduce((gravest, one) => Math.min(gravest, one.level), NORMAL);
  }

  function real(responses) {
    return Object.keys(responses || {}).map((key) => responses[key]).filter((one) => !one.exercise);
  }

  /** HTML for a header: 常态, or the worst by its figure and name and how many there are; exercises stand apart. */
  function badge(responses) {
    const { esc, words } = format;
    const standing = real(responses).sort((a, b) => a.level - b.level || a.began_ms - b.began_ms);
    const drills = Object.keys(responses || {}).length - standing.length;
    const drill = drills ? '<span class="drill">' + esc(words("plan.drills", { count: drills })) + "</span>" : "";
    if (!standing.length) return '<span class="calm">' + esc(words("wall.responses")) + " <b>" + esc(words("wall.no_response")) + "</b></span>" + drill;
    const first = standing[0];
    const late = standing.some((one) => one.review_late) ? "<em>" + esc(words("plan.review_late")) + "</em>" : "";
    return '<span class="response response-' + first.level + '"><i>' + FIGURES[first.level] + "</i><b>" + esc(first.name) + esc(first.word)
      + "</b><small>" + esc(words("plan.count", { count: standing.length })) + "</small></span>" + late + drill;
  }

  function paint() {
    const responses = live.picture().responses;
    const state = root.document.documentElement.dataset;
    const level = String(worst(responses));
    if (state.response !== level) {
      state.response = level;
      root.dispatchEvent(new root.Event("resize")); // panels have another width now
    }
    page.put("shell-responses", badge(responses));
  }

  /** Ways from a case on the desk to the plans applied to it, and to what leaders wrote on it. */
  function ways(caseId, site) {
    const { esc, words } = format;
    const orders = live.picture().orders || {};
    const count = Object.keys(orders).filter((key) => orders[key].about === "case:" + caseId).length;
    const link = (path, word) => '<a href="' + esc(site.base_path + path + encodeURIComponent(caseId)) + '">' + esc(word) + "</a>";
    return '<p class="case-ways">' + link("plans?case=", words("plan.of_case"))
      + link("supervision/about?key=case%3A", words(count ? "plan.remarks_n" : "plan.remarks", { count: count })) + "</p>";
  }

  if (live && page) {
    live.listen((sections) => { if (sections.has("responses") || sections.has("city")) paint(); });
    live.everySecond(() => { if (live.picture().city) paint(); }); // the header may stand later than the first frame
  }
  cityvitals.responses = { badge, ways, worst };
})(typeof window === "undefined" ? globalThis : window);
