/* Similar past cases of the case on the dispatch desk: read once a case, written by the desk with all else. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const words = (code, values) => cityvitals.format.words("incident." + code, values);
  const KEPT = 50; // cases whose answers are remembered
  const read = new Map(); // case → its similar ones; null while they are being asked for

  async function ask(id) {
    if (read.size >= KEPT) read.clear();
    read.set(id, null);
    const answer = await cityvitals.dutyActs.ask("GET", "cases/" + encodeURIComponent(id) + "/similar");
    read.set(id, answer.ok ? answer.body.cases : []);
  }

  function row(one) {
    const counts = ["redone", "escalated"].filter((name) => one[name]).map((name) => words(name, { count: one[name] }));
    const went = [words("took", { span: cityvitals.format.span(one.took_ms) }), one.lead, ...counts].filter(Boolean).join(" · ");
    return '<li><a href="#" data-case="' + esc(one.id) + '">' + esc(one.title) + "</a><small>" + esc(cityvitals.format.civil(one.at_ms).date + " · " + went)
      + "</small>" + (one.result ? "<p>" + esc(one.result) + "</p>" : "") + "</li>";
  }

  /** The list of a case; "" until it is read, and when there is none. */
  function html(id) {
    if (!read.has(id)) ask(id);
    const cases = read.get(id) || [];
    return cases.length ? '<section class="similar"><h3>' + esc(words("similar")) + "</h3><ol>" + cases.map(row).join("") + "</ol></section>" : "";
  }

  cityvitals.similar = { html };
})(typeof window === "undefined" ? globalThis : window);
