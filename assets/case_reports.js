/* Urgent reports of the case on the dispatch desk: what comes next, by when, and every version. Written by the desk. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const AGAIN_MS = 15000; // approvals and receipts come without a step of the case
  const KEPT = 50; // cases whose answers are remembered
  const read = new Map(); // case → {revision, atMs, told}; told is null while it is asked for the first time
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const words = (code, values) => cityvitals.format.words("reports." + code, values);
  const stage = (name) => words("stage-" + name);

  async function ask(one) {
    if (read.size >= KEPT) read.clear();
    const known = read.get(one.id);
    read.set(one.id, { revision: one.revision, atMs: root.performance.now(), told: known ? known.told : null });
    const answer = await cityvitals.dutyActs.ask("GET", "cases/" + encodeURIComponent(one.id) + "/reports");
    if (answer.ok && read.has(one.id)) read.get(one.id).told = answer.body;
  }

  /** By when the next one goes up; what is late is said with a shape and a word. */
  function due(told, nowMs) {
    if (told.stage === null) return "<span>" + esc(words("over")) + "</span>";
    if (told.due_ms === null) return "<span>" + esc(words("next", { stage: stage(told.stage) })) + "</span>";
    return "<span>" + esc(stage(told.stage)) + "</span>" + cityvitals.dispatchView.left(told.due_ms, nowMs)
      + (told.to.length ? "<small>" + esc(words("to", { to: told.to.join("、") })) + "</small>" : "");
  }

  function version(one, path) {
    const role = one.waits_for ? cityvitals.format.words("role." + one.waits_for) : "";
    const state = words("short-" + (one.returned_for ? "returned" : one.state), { role: role });
    const files = ["docx", "pdf"].map((form) => '<a href="' + esc(path + "/" + one.number + "/file?format=" + form) + '">' + form.toUpperCase() + "</a>").join(" ");
    return "<li><b>" + esc(stage(one.stage)) + "</b> <span>" + esc(state) + "</span> " + files
      + (one.changed.length ? ' <em>▲ ' + esc(words("changed")) + "</em>" : "") + "</li>";
  }

  /** The pane of a case; "" until it is read. site: of the desk; may: of a right. */
  function html(one, site, nowMs) {
    const known = read.get(one.id);
    if (!known || known.revision !== one.revision || root.performance.now() - known.atMs > AGAIN_MS) ask(one);
    const told = known && known.told;
    if (!told) return "";
    const path = site.base_path + "reports/" + encodeURIComponent(one.id);
    const versions = told.reports.slice().reverse().map((each) => version(each, path)).join("");
    return '<section class="case-reports"><h3>' + esc(words("name")) + " " + due(told, nowMs)
      + '<a class="verb small" href="' + esc(path) + '">' + esc(words("open")) + "</a></h3>" + (versions ? "<ol>" + versions + "</ol>" : "") + "</section>";
  }

  cityvitals.caseReports = { html };
})(typeof window === "undefined" ? globalThis : window);
