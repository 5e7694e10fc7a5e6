/* Cases on the wall: how many stand where, and the most urgent by kind, area and time left. No title, no name. Pure. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const format = cityvitals.format;
  const { esc, words } = format;
  const STATES = ["reported", "filed", "dispatched", "returned", "handling", "feedback", "verified"];
  const SOON_MS = 30 * format.MINUTE_MS;

  const word = (code, values) => words("wall.cases_" + code, values);
  const late = (one, nowMs) => one.due_ms !== null && one.due_ms < nowMs;

  /** Late ones first, then what is due next; without a clock last, the oldest first. */
  function inOrder(cases) {
    const due = (one) => (one.due_ms === null ? Infinity : one.due_ms);
    return Object.keys(cases || {}).map((id) => cases[id]).sort((a, b) => due(a) - due(b) || a.reported_ms - b.reported_ms);
  }

  function left(one, nowMs) {
    if (one.due_ms === null) return '<b class="left none">' + esc(word("no_clock")) + "</b>";
    const far = Math.abs(one.due_ms - nowMs);
    const span = far < format.MINUTE_MS ? word("under_minute") : format.span(far);
    if (late(one, nowMs)) return '<b class="left late">' + format.mark("red") + esc(word("late_by", { span: span })) + "</b>";
    return '<b class="left' + (one.due_ms - nowMs < SOON_MS ? " soon" : "") + '">' + esc(word("left", { span: span })) + "</b>";
  }

  function row(one, nowMs) {
    const sent = (one.units || []).filter((unit) => !["clear", "refused", "failed"].includes(unit.state)).length;
    const about = [one.area_name ? format.shortName(one.area_name) : "", sent ? word("units", { count: sent }) : ""].filter(Boolean).join(" · ");
    return '<li class="' + (late(one, nowMs) ? "late" : "") + '"><span>' + esc(one.kind_name) + "</span><small>" + esc(about) + "</small>" + left(one, nowMs) + "</li>";
  }

  function states(load) {
    const told = STATES.filter((state) => load.states[state]).map((state) => "<span>" + esc(words("case.state-" + state)) + " <b>" + format.count(load.states[state]) + "</b></span>");
    return told.concat(load.held ? ["<span>" + esc(word("held")) + " <b>" + format.count(load.held) + "</b></span>"] : []).join("");
  }

  /** The whole panel. places: how many rows fit; the last one says how many more there are. */
  function panel(picture, nowMs, places) {
    const load = (picture.case_load || {}).main;
    const head = (count, note) => '<header class="wall-title"><h2>' + esc(word("title")) + " <b>" + count + "</b></h2>" + note + "</header>";
    if (!load) return head("—", '<span>' + esc(words("level.unknown")) + "</span>") + '<p class="nothing hatched">' + esc(word("unknown")) + "</p>";
    if (!load.open) return head("0", "<span>" + esc(word("none_late")) + "</span>") + '<p class="nothing">' + esc(word("empty")) + "</p>";
    const note = load.late ? '<em class="level-red">' + format.mark("red") + esc(word("late", { count: format.count(load.late) })) + "</em>" : "<span>" + esc(word("none_late")) + "</span>";
    const all = inOrder(picture.cases);
    const fits = load.open <= places ? all.length : places - 1;
    const shown = all.slice(0, fits);
    const others = load.open - shown.length;
    return head(format.count(load.open), note) + '<p class="states">' + states(load) + "</p><ol>" + shown.map((one) => row(one, nowMs)).join("") + "</ol>"
      + (others > 0 ? '<p class="more">' + esc(words("wall.others", { count: format.count(others) })) + "</p>" : "");
  }

  cityvitals.cases = { inOrder, panel };
})(typeof window === "undefined" ? globalThis : window);
