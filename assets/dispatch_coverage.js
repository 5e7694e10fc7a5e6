/* Areas without a free unit that can do something 力量空白: one line under the counts of the queue. Pure. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const SHOWN = 3; // the newest; the rest is counted

  /** voids: as the API tells them, the oldest first; areas: id → name. */
  function html(voids, areas) {
    if (!voids.length) return "";
    const { esc, mark, words } = cityvitals.format;
    const capability = (name) => (words("capability." + name) === "capability." + name ? name : words("capability." + name));
    const named = voids.slice(-SHOWN).reverse().map((one) => words("dispatch.void_of", { area: areas[one.area] || one.area, capability: capability(one.capability) }));
    const rest = voids.length > SHOWN ? words("dispatch.void_more", { count: voids.length }) : "";
    return '<p class="dispatch-voids level-yellow">' + mark("yellow") + "<b>" + esc(words("dispatch.void")) + "</b> <span>" + esc(named.join("、") + rest) + "</span></p>";
  }

  cityvitals.dispatchCoverage = { html };
})(typeof window === "undefined" ? globalThis : window);
