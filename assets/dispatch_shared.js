/* Which other platform a case came from or was handed to, how it stands there, and the way to hand it over. Pure. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const words = (code, values) => cityvitals.format.words("shared." + code, values);

  /** One platform: where the case is from or with, how it stands there, what does not arrive. */
  function line(one, nowMs) {
    const time = cityvitals.format.moment(one.at_ms, nowMs);
    const stands = one.state ? words("told-" + one.given, { state: cityvitals.format.words("case.state-" + one.state), time: time }) : words("none-" + one.given, { time: time });
    const failing = one.failing ? '<strong class="level-orange">' + cityvitals.format.mark("orange") + esc(words("failing", { n: one.failing })) + "</strong>" : "";
    return "<b>" + (one.given === "in" ? "⇤ " : "⇥ ") + esc(words(one.given, { peer: one.peer })) + "</b><span>" + esc(stands) + "</span>" + failing;
  }

  /** The way to the page of exchange; told: what the API tells of the case; more: {site, may: whether he may do an action}. */
  function way(told, one, more) {
    const { site, may } = more;
    const isBack = one.possible.includes("reject") && told.some((each) => each.given === "in"); // before work has begun here
    const hands = may("cases.dispatch") && (isBack || one.possible.includes("dispatch"));
    const word = told.some((each) => each.failing) ? "traffic" : isBack ? "back" : "hand";
    const shown = site.peers.length && may("exchange.see") && (hands || word === "traffic");
    return shown ? '<a class="verb small" href="' + esc(site.base_path + "exchange?case=" + encodeURIComponent(one.id)) + '">' + esc(words(word)) + "</a>" : "";
  }

  const html = (told, nowMs) => told.map((one) => '<p class="case-shared">' + line(one, nowMs) + "</p>").join("");

  cityvitals.dispatchShared = { html, way };
})(typeof window === "undefined" ? globalThis : window);
