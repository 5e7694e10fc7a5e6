/* The log of a case on the dispatch desk: what was done, by which unit, who or what set each time, what can be mended. Pure. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const words = (code, values) => cityvitals.format.words(code, values);
  const moment = (ms, nowMs) => cityvitals.format.moment(ms, nowMs);

  /** A reason in words; of what follows by itself it is a code: `overdue`, `fence`, or how often something came back. */
  function reason(said) {
    if (said === "fence") return words("dispatch.fence_saw");
    const [, code, count] = /^(overdue|return|redo)(?: (\d+))?$/.exec(said || "") || [];
    if (!code) return said;
    return code === "overdue" ? words("case.standing-breached") : words("dispatch." + (code === "redo" ? "redone" : "returned"), { count: count });
  }

  /** What an entry of time is about: the obligation, when it was due, and who takes notice now. */
  function ofTime(fields, nowMs) {
    if (!fields.obligation || !fields.due_ms) return [];
    const about = words("dispatch.of_time", { obligation: words("case.obligation-" + fields.obligation), time: moment(fields.due_ms, nowMs) });
    return [about, fields.to ? words("dispatch.raised_to", { level: fields.level, role: words("role." + fields.to) }) : ""];
  }

  /** How much more time is asked for, or until when something waits. */
  function ofSpan(fields, nowMs) {
    if (fields.obligation && fields.by_ms) return words("dispatch.more_time", { obligation: words("case.obligation-" + fields.obligation), span: cityvitals.format.span(fields.by_ms) });
    return fields.until_ms ? words("dispatch.until", { time: moment(fields.until_ms, nowMs) }) : "";
  }

  /** Which report went up, and who took it. */
  const ofReport = (fields) => (fields.stage ? [words("reports.stage-" + fields.stage), fields.receiver, fields.receipt] : []);

  /** What the one fix of a 到场 tap says of the place; nothing when it had none. */
  function ofFix(fields) {
    if (fields.agrees === undefined) return "";
    return fields.agrees ? words("dispatch.fix_agrees") : words("dispatch.fix_differs", { m: fields.beyond_m });
  }

  /** Who set a time, and by what: 王建国 · 代录, 电子围栏. one: an entry, or the time of a step. */
  function setBy(one) {
    return [one.name.replace(/^worker:.*/, ""), one.origin === "person" ? "" : words("dispatch.origin_" + one.origin)].filter(Boolean).join(" · ");
  }

  /**
   * One line; struck out stays readable, a corrected time shows both. more: {nowMs, may, asked: fields that its kind needs,
   * unitOf: an entry → the name of its unit, ""}.
   */
  function line(one, more) {
    const { nowMs, may, asked, unitOf } = more;
    const was = one.corrected_ms ? " <s>" + esc(moment(one.at_ms, nowMs)) + "</s>" : "";
    const further = asked.filter((name) => one.fields[name]).map((name) => words("dispatch.log_field", { field: words("dispatch.field_" + name), said: one.fields[name] }));
    const said = [unitOf(one), ...ofReport(one.fields), ...["text", "reason", "result", "lead", "into"].map((name) => reason(one.fields[name])), ...further, one.fields.also === true ? words("dispatch.also") : "", ...ofTime(one.fields, nowMs), ofSpan(one.fields, nowMs), ofFix(one.fields)]
      .filter((value) => typeof value === "string" && value).join("；");
    return "<li" + (one.struck ? ' class="struck"' : "") + "><time>" + esc(moment(one.corrected_ms || one.at_ms, nowMs)) + was + "</time><b>"
      + esc(one.fields.photo ? words("dispatch.log_photos") : words("case.verb-" + one.verb)) + "</b><span>" + esc(said) + "</span><small>" + esc(setBy(one)) + cityvitals.dispatchWhole.mend(one, may) + "</small></li>";
  }

  /** The whole of it, the newest first. */
  const html = (entries, more) => '<ol class="case-log">' + entries.slice().reverse().map((one) => line(one, more)).join("") + "</ol>";

  cityvitals.dispatchLog = { html, setBy };
})(typeof window === "undefined" ? globalThis : window);
