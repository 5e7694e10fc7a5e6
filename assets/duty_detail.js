/* The right half of the duty desk: one item whole. What happened, what can be done by which key, who is on it. Pure. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const words = (code, values) => cityvitals.format.words(code, values);
  const VERDICTS = ["true-handled", "true-no-action", "false-device", "false-bound", "repeated", "test"];
  const CONFIRM = "warnings.confirm";
  // key → [verb, the right that it asks for, kinds of items that have it]; the letters are pinyin initials
  const VERBS = [
    ["q", "acknowledge", CONFIRM, ["card", "signal", "source", "event", "device"]],
    ["h", "merge", CONFIRM, ["card"]],
    ["l", "case", "cases.open", ["card", "event", "signal"]],
    ["w", "false", CONFIRM, ["card", "event", "cleared", "flapping"]],
    ["x", "lift", "entries.make", ["signal"]],
    ["d", "call", CONFIRM, ["card", "source", "event", "device", "signal", "cleared", "flapping"]],
    ["t", "take-over", CONFIRM, ["card"]],
    ["g", "shelve", "warnings.silence", ["card"]],
    ["b", "comment", CONFIRM, ["card", "source", "event", "signal", "device", "cleared", "flapping"]],
    ["c", "copy", "", ["card", "source", "event", "signal", "device", "cleared", "flapping"]],
  ];
  const MAIN = 4; // so many verbs are large

  /** Verbs of an item: [{key, verb, label, enabled, why}]. */
  function verbs(item, may, cases) {
    return VERBS.filter((verb) => verb[3].includes(item.kind) && (verb[1] !== "lift" || item.byHand)).map(([key, verb, right]) => {
      const allowed = !right || may(right);
      const done = verb === "acknowledge" && !item.waits;
      const missing = verb === "case" && !Object.keys(cases || {}).length;
      const why = missing ? words("duty.no_cases_yet") : !allowed ? words("duty.no_right") : done ? cityvitals.dutyState.onIt(item.stands, 0) : "";
      return { key: key, verb: verb, label: words("duty.verb_" + verb.replace("-", "_")), enabled: allowed && !done && !missing, why: why };
    });
  }

  function button(verb, large) {
    return '<button type="button" class="' + (large ? "verb large" : "verb") + '" data-verb="' + verb.verb + '"' + (verb.enabled ? "" : " disabled")
      + ' title="' + esc(verb.why) + '"><kbd>' + verb.key.toUpperCase() + "</kbd>" + esc(verb.label) + "</button>";
  }

  function verdicts(item, may) {
    if (!["card", "cleared", "event", "flapping"].includes(item.kind)) return "";
    const buttons = VERDICTS.map((name, at) => '<button type="button" class="verb' + (item.stands.verdict === name ? " chosen" : "") + '" data-verdict="' + name
      + '"' + (may(CONFIRM) ? "" : " disabled") + "><kbd>" + (at + 1) + "</kbd>" + esc(words("duty.verdict_" + name.replace(/-/g, "_"))) + "</button>").join("");
    return '<div class="duty-verdicts"><h3>' + esc(words("duty.verdicts")) + "</h3>" + buttons + "</div>";
  }

  const fact = (name, value) => (value === "" || value === null || value === undefined ? ""
    : "<div><dt>" + esc(words("duty.fact_" + name)) + "</dt><dd>" + value + "</dd></div>");

  /** The version of the rule that judges a warning, and the one before it where the warning went on over a change. */
  function version(warning) {
    return words(warning.goes_on_from ? "duty.version_goes_on" : "duty.version", { version: warning.version, before: warning.goes_on_from });
  }

  /** What the item says of itself, as pairs. */
  function facts(item, picture, nowMs) {
    // A window that is still open ends a little ahead of what is known.
    const since = esc(cityvitals.format.moment(Math.min(item.sinceMs, nowMs), nowMs)) + " <small>" + esc(cityvitals.format.span(nowMs - item.sinceMs)) + "</small>";
    const warning = item.warning;
    const area = ((picture.areas || {})[item.area] || {}).name;
    if (warning && warning.rule) {
      return fact("value", "<b>" + esc(warning.text) + "</b> " + esc(warning.unit)) + fact("bound", esc(warning.bound) + " " + esc(warning.unit))
        + fact("since", since) + fact("trend", warning.trend === "unknown" ? "" : esc(words("duty.trend_" + warning.trend)))
        + fact("rule", esc(warning.rule_name) + " <small>" + esc(version(warning)) + "</small>")
        + fact("area", esc(area)) + fact("issuer", esc(words(item.issued ? "wall.issued" : "duty.computed")));
    }
    if (item.source) {
      return fact("since", since) + fact("owner", esc(item.source.owner)) + fact("phone", '<b class="number">' + esc(item.source.phone || "—") + "</b>")
        + fact("reporting", esc(cityvitals.format.reporting(item.source.reporting, item.source.expected))) + fact("blinds", esc(cityvitals.format.listed(item.source.blinds || [])));
    }
    return fact("since", since) + fact("area", esc(area)) + fact("until", item.untilMs ? esc(cityvitals.format.moment(item.untilMs, nowMs)) : "")
      + fact("issuer", item.kind === "signal" ? esc(words("wall.issued")) : "") + fact("by_hand", item.byHand ? esc(words("duty.by_hand")) : "");
  }

  /** The warnings of a card of one cause. */
  function members(item, picture) {
    if (!item.members || item.members.length < 2) return "";
    const shown = item.members.slice(0, 8).map((id) => picture.warnings[id]).filter(Boolean);
    return '<div class="duty-members"><h3>' + esc(words("duty.members", { count: item.members.length })) + "</h3><ol>"
      + shown.map((one) => "<li>" + cityvitals.format.mark(one.level) + " " + esc(one.sentence) + "</li>").join("")
      + (item.members.length > shown.length ? "<li>" + esc(words("wall.others", { count: item.members.length - shown.length })) + "</li>" : "") + "</ol></div>";
  }

  /** Who did what: acknowledged, holds, shelved, judged, said. */
  function people(item, nowMs, filed) {
    const stands = item.stands;
    const at = (ms) => cityvitals.format.moment(ms, nowMs);
    const lines = [
      stands.seat && words(stands.went_up ? "duty.seat_after" : "duty.seat_of", { seat: stands.seat }),
      stands.acked_by && words("duty.did_ack", { name: stands.acked_by, time: at(stands.acked_ms), level: stands.acked_level && item.level ? cityvitals.format.levelWord(stands.acked_level) : "" }),
      stands.holder && words("duty.did_hold", { name: stands.holder }),
      stands.shelved_until_ms > nowMs && words("duty.did_shelve", { name: stands.shelved_by, time: at(stands.shelved_until_ms), reason: stands.shelf_reason }),
      stands.silenced && words("duty.is_silenced"),
      stands.verdict && words("duty.did_judge", { name: stands.verdict_by, time: at(stands.verdict_ms), verdict: words("duty.verdict_" + stands.verdict.replace(/-/g, "_")) }),
    ].filter(Boolean).map((line) => "<li>" + esc(line) + "</li>").concat(filed);
    const said = (stands.comments || []).map((one) => "<li><q>" + esc(one.text) + "</q> <small>" + esc(one.name) + " " + esc(at(one.at_ms)) + "</small></li>");
    return '<div class="duty-people"><h3>' + esc(words("duty.people")) + "</h3><ol>"
      + (lines.concat(said).join("") || '<li class="nobody">' + esc(words(item.waits ? "duty.nobody" : "duty.nobody_needed")) + "</li>") + "</ol></div>";
  }

  /** The case that was made of it, with the way there. */
  function filed(item, picture, site) {
    const found = cityvitals.dutyState.caseOf(picture, item);
    return found ? '<li><a href="' + esc(site.base_path + "dispatch#" + found[0]) + '">' + esc(words("duty.did_case", { number: found[0], state: found[1].state_name })) + "</a></li>" : [];
  }

  /** Numbers to call, as large as a person can dial from. */
  function contacts(found, item, picture) {
    if (!found) return "";
    const station = (picture.stations || {})[(item.warning || {}).subject];
    const source = item.source || (station && (picture.sources || {})[station.feed]);
    const own = source ? [{ name: source.owner, phone: source.phone, role: words("duty.fact_owner"), post: source.name }] : [];
    const people = (found.contacts || []).map((one) => Object.assign({}, one, { role: words("duty.role_" + one.role.replace("-", "_")) }));
    const all = item.source ? own.concat(people) : people.concat(own); // of a silent source its owner first
    if (found.error) return '<div class="duty-call"><p>' + esc(found.error) + "</p></div>";
    const rows = all.filter((one) => one.phone).map((one, at) => "<li" + (at ? "" : ' class="first"') + "><b>" + esc(one.phone) + "</b><span>" + esc(one.name)
      + " <small>" + esc(one.post) + " · " + esc(one.role) + "</small></span></li>").join("");
    return '<div class="duty-call"><h3>' + esc(words("duty.call")) + "</h3><ol>" + (rows || "<li>" + esc(words("duty.no_numbers")) + "</li>") + "</ol></div>";
  }

  function links(item, site) {
    if (item.page) return '<nav class="duty-links"><a href="' + esc(site.base_path + item.page) + '">' + esc(words("plan.to_plans")) + "</a></nav>";
    if (!item.warning || !item.warning.rule) return "";
    const of = (...parts) => site.base_path + parts.map(encodeURIComponent).join("/");
    const warning = item.warning;
    const complaint = of("rules", warning.rule, "complain") + "?warning=" + encodeURIComponent(item.warningId) + "&place=" + encodeURIComponent(warning.subject)
      + "&from=" + (warning.since_ms - cityvitals.format.DAY_MS) + "&to=" + warning.updated_ms;
    const remarks = of("supervision", "about") + "?key=" + encodeURIComponent("warning:" + item.warningId);
    return '<nav class="duty-links"><a href="' + esc(remarks) + '">' + esc(words("plan.remarks")) + '</a><a href="' + esc(of("warnings", item.warningId)) + '">' + esc(words("duty.explain")) + '</a><a href="'
      + esc(of("indicators", warning.indicator, warning.subject)) + '">' + esc(words("duty.indicator")) + '</a><a href="' + esc(complaint) + '">'
      + esc(words("duty.complain")) + "</a></nav>";
  }

  /** The whole of one item. more: {contacts, may, cases, site}. */
  function html(item, picture, nowMs, more) {
    const all = verbs(item, more.may, more.cases);
    const head = (item.level ? cityvitals.format.levelTag(item.level) : '<span class="level"><b>' + esc(words("duty.kind_" + item.kind)) + "</b></span>")
      + (item.flapping ? '<span class="cause">' + esc(words("duty.flapping")) + "</span>" : "")
      + (item.causeName || item.cause ? '<span class="cause">' + esc(words("duty.cause", { cause: item.causeName || item.cause })) + "</span>" : "")
      + (item.issued ? '<i class="issued">' + esc(words("wall.issued")) + "</i>" : "") + (item.byHand ? '<i class="issued">' + esc(words("duty.by_hand")) + "</i>" : "");
    return '<article class="level-' + (item.level || "none") + '"><header>' + head + "</header><p class=\"sentence\">" + esc(cityvitals.format.glued(item.sentence)) + '</p><p class="next">' + esc(cityvitals.dutyState.next(item, nowMs)) + "</p>"
      + '<div class="duty-verbs">' + all.slice(0, MAIN).map((verb) => button(verb, true)).join("") + "</div>"
      + '<div class="duty-verbs">' + all.slice(MAIN).map((verb) => button(verb, false)).join("") + "</div>"
      + contacts(more.contacts, item, picture) + verdicts(item, more.may)
      + '<div class="duty-columns"><dl class="duty-facts">' + facts(item, picture, nowMs) + "</dl>" + people(item, nowMs, filed(item, picture, more.site)) + "</div>"
      + members(item, picture) + '<div class="duty-trend"></div>' + links(item, more.site) + "</article>";
  }

  cityvitals.dutyDetail = { VERDICTS, html, verbs };
})(typeof window === "undefined" ? globalThis : window);
