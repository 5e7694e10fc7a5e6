/* How a case is written on the dispatch desk: a row of the queue, its head, clocks, units, log. Pure. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const words = (code, values) => cityvitals.format.words(code, values);
  const ROMAN = ["", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"];
  // verb → its key; what is not here is behind 更多
  const KEYS = { file: "l", reject: "x", dispatch: "p", take: "s", finish: "f", verify: "y", redo: "r", close: "e", note: "b", merge: "h", unmerge: "h",
    "take-up": "z", "ask-extension": "q", extend: "q", reopen: "o", evaluate: "v", return: "t" };
  const HIDDEN = new Set(["join", "part", "meet", "strike", "correct", "appeal", "grant-appeal", "deny-appeal"]); // asked where they belong
  const UNIT_STEPS = { reserved: ["notify", "clear"], notified: ["accept", "depart", "arrive", "refuse"], accepted: ["depart", "arrive", "fail"],
    "en-route": ["arrive", "fail"], "on-scene": ["clear", "leave", "fail"], left: ["arrive", "clear", "fail"] };

  const verb = (name) => words("case.verb-" + name);
  const state = (name) => words("case.state-" + name);

  /** How much is left until a time, with a shape where it is late: never by colour alone. */
  function left(dueMs, nowMs) {
    if (dueMs === null) return '<b class="left none">' + esc(words("dispatch.no_clock")) + "</b>";
    const far = Math.abs(dueMs - nowMs);
    const span = far < 60000 ? words("dispatch.under_minute") : cityvitals.format.span(far);
    if (dueMs < nowMs) return '<b class="left late level-red">' + cityvitals.format.mark("red") + esc(words("dispatch.late", { span: span })) + "</b>";
    const soon = dueMs - nowMs < 900000;
    return '<b class="left' + (soon ? " soon level-yellow" : "") + '">' + (soon ? cityvitals.format.mark("yellow") : "") + esc(words("dispatch.left", { span: span })) + "</b>";
  }

  /** One line of the queue. */
  function row(one, site, nowMs, chosen) {
    const kind = (site.kinds[one.kind] || {}).name || one.kind;
    const area = site.areas[one.area] || "";
    const hold = one.hold === "none" ? "" : '<i class="hold">' + esc(words("case.hold-" + one.hold)) + "</i>";
    const raised = one.escalated ? '<i class="hold level-orange">' + cityvitals.format.mark("orange") + esc(words("dispatch.escalated", { count: one.escalated })) + "</i>" : "";
    return '<li class="case-row' + (chosen ? " chosen" : "") + '" data-case="' + esc(one.id) + '" role="option" aria-selected="' + chosen + '"><header>'
      + left(one.due_ms, nowMs) + "<span>" + esc(one.due_of ? words("case.obligation-" + one.due_of) : "") + "</span>" + hold + raised + "<em>" + esc(state(one.state)) + "</em></header><p>"
      + (one.grade ? "<b>" + ROMAN[one.grade] + "</b> " : "") + esc(one.title) + "</p><small>" + esc([kind, area, one.lead].filter(Boolean).join(" · ")) + "</small></li>";
  }

  const standing = { running: "", warned: "yellow", breached: "red", paused: "", met: "", "met-late": "", dropped: "" };

  /** One obligation: how it stands, by when. */
  function clock(one, nowMs) {
    const open = ["running", "warned", "breached"].includes(one.standing);
    const level = standing[one.standing];
    const when = open && one.due_ms !== null ? left(one.due_ms, nowMs) : "<b>" + esc(words("case.standing-" + one.standing)) + "</b>";
    const by = open && one.due_ms !== null ? "<small>" + esc(words(one.provisional ? "dispatch.by_provisional" : "dispatch.by", { time: cityvitals.format.moment(one.due_ms, nowMs) })) + "</small>" : "";
    const rests = one.standing === "paused" && one.rests_for ? "<small>" + esc(words("dispatch.rests_" + one.rests_for.split(",")[0])) + "</small>" : "";
    return '<li class="clock' + (open ? "" : " over") + (level ? " level-" + level : "") + '"><span>' + esc(words("case.obligation-" + one.obligation)) + "</span>" + when + by + rests + "</li>";
  }

  /** What can be done now, each with its key where it has one. */
  function verbs(one, may) {
    const found = one.possible.filter((name) => !HIDDEN.has(name));
    const button = (name, large) => {
      const key = KEYS[name];
      return '<button type="button" class="verb' + (large ? " large" : "") + '" data-verb="' + name + '"' + (may(name) ? "" : ' disabled title="' + esc(words("dispatch.no_right")) + '"')
        + ">" + (key ? "<kbd>" + key.toUpperCase() + "</kbd>" : "") + esc(verb(name)) + "</button>";
    };
    const main = found.filter((name) => KEYS[name] && name !== "note");
    const rest = found.filter((name) => !main.includes(name));
    return '<div class="verbs">' + main.map((name, at) => button(name, at < 2)).join("") + "</div><div class=\"verbs\">" + rest.map((name) => button(name, false)).join("") + "</div>";
  }

  /** One unit of the case: how far it is, who or what set each time, and its next step, written down for it when it calls. */
  function unit(one, names, nowMs, may, links) {
    const mend = (time) => (may("correct") ? '<button type="button" class="choice mend" data-mend="correct" data-entry="' + time.entry + '">' + esc(verb("correct")) + "</button>" : "");
    const steps = Object.entries(one.times).sort((a, b) => a[1].entry - b[1].entry)
      .map(([name, time]) => "<li><span>" + esc(state(name)) + "</span><time>" + esc(cityvitals.format.moment(time.at_ms, nowMs)) + "</time><small>"
        + esc([cityvitals.dispatchLog.setBy(time), time.is_corrected ? words("dispatch.corrected") : ""].filter(Boolean).join(" · ")) + mend(time) + "</small></li>").join("");
    const next = (UNIT_STEPS[one.state] || []).map((name) => '<button type="button" class="verb small" data-unit-verb="' + name + '" data-assignment="' + esc(one.assignment) + '"'
      + (may(name) ? "" : " disabled") + ">" + esc(verb(name)) + "</button>").join("");
    const over = ["clear", "refused", "failed"].includes(one.state);
    return "<li><b>" + esc(names[one.unit] || one.unit) + "</b> <em>" + esc(state(one.state)) + '</em><ol class="unit-times">' + steps + "</ol>" + (over ? "" : "<div>" + next + links(one.assignment) + "</div>") + "</li>";
  }

  /** Who could go, with what speaks against each. */
  function suggested(one, at, all) {
    const number = one.can_go ? all.slice(0, at).filter((other) => other.can_go).length + 1 : 10;
    const against = one.shortfalls.map((name) => words("dispatch.short_" + name.replace(/-/g, "_"))).join("、");
    const far = one.distance_m === null ? "—" : words(one.by_road ? "dispatch.far_road" : "dispatch.far_straight", { km: (one.distance_m / 1000).toFixed(1), minutes: Math.max(1, Math.round(one.travel_s / 60)) });
    return '<li draggable="' + one.can_go + '" data-offer="' + esc(one.unit) + '"><b title="' + esc(one.name) + '">' + esc(cityvitals.format.shortName(one.name)) + "</b><span>" + esc(far) + (one.from_home ? " <small>" + esc(words("dispatch.from_home")) + "</small>" : "")
      + "</span>" + (against ? '<small class="against">' + esc(against) + "</small>" : "")
      + '<div>' + (one.can_go && !one.shortfalls.includes("reserved") ? '<button type="button" class="verb small" data-reserve="' + esc(one.unit) + '">' + esc(verb("reserve")) + "</button>" : "")
      + '<button type="button" class="verb small" data-send="' + esc(one.unit) + '"' + (one.can_go ? "" : " disabled") + ">" + (number < 10 ? "<kbd>" + number + "</kbd>" : "") + esc(words("dispatch.send")) + "</button></div></li>";
  }

  /** What it is likely one incident with, and why. */
  function proposal(one, own) {
    const others = one.members.filter((member) => member.id !== own);
    const lines = others.slice(0, 6).map((member) => "<li><span>" + esc(member.title) + "</span><small>" + esc(words("dispatch.why", {
      m: Math.round(member.distance_m), minutes: Math.round(member.delay_s / 60), words: member.words.length ? "“" + member.words.join("”“") + "”" : "—" })) + "</small></li>").join("");
    const title = words(one.cause ? "dispatch.same_cause" : "dispatch.same_again", { cause: one.cause, count: one.members.length });
    const lead = one.lead === own ? others.map((member) => member.id).join(",") : "";
    return '<div class="proposal"><h3>' + esc(title) + "</h3><ol>" + lines + "</ol><div>"
      + (lead ? '<button type="button" class="verb" data-merge-all="' + esc(lead) + '" data-kind="' + esc(one.kind) + '">' + esc(words("dispatch.merge_all", { count: others.length })) + "</button>"
        : '<button type="button" class="verb" data-merge-into="' + esc(one.lead) + '">' + esc(words("dispatch.merge_into", { id: one.lead })) + "</button>")
      + '<button type="button" class="verb" data-apart="' + esc(others.map((member) => member.id).join(",")) + '">' + esc(words("dispatch.apart")) + "</button></div></div>";
  }

  /** Of which unit a line of the log tells. */
  function unitOf(one, names) {
    const units = Object.fromEntries(one.units.map((each) => [each.assignment, names[each.unit] || each.unit]));
    return (entry) => (entry.assignment ? units[entry.assignment] || "" : "");
  }

  /** What somebody asked for and nobody has answered yet, and why the case waits; "" for nothing. */
  function waiting(one, nowMs) {
    const { asked, held } = one;
    const line = (said) => '<p class="case-asked">' + esc(said) + "</p>";
    const until = held && held.until_ms ? words("dispatch.until", { time: cityvitals.format.moment(held.until_ms, nowMs) }) : "";
    return (asked ? line(words("dispatch.asks_extension", { name: asked.name, obligation: words("case.obligation-" + asked.obligation), span: cityvitals.format.span(asked.by_ms), reason: asked.reason })) : "")
      + (held ? line([words("case.hold-" + one.hold) + until, words("dispatch.held_for", { reason: held.reason }),
        words("dispatch.held_by", { name: held.approver || held.name, time: cityvitals.format.moment(held.at_ms, nowMs) })].join(" · ")) : "");
  }

  const fact = (name, value) => (value ? "<div><dt>" + esc(words("dispatch.fact_" + name)) + "</dt><dd>" + esc(value) + "</dd></div>" : "");

  function facts(one, site, nowMs) {
    const place = one.facts.place;
    const caller = one.facts.caller || {};
    const where = [site.areas[one.facts.area], place && place.said].filter(Boolean).join(" ");
    const sure = place ? words("dispatch.accuracy", { m: Math.round(place.accuracy_m), origin: words("dispatch.place_" + place.origin) }) : words("dispatch.nowhere");
    return '<dl class="case-facts">' + fact("where", where) + fact("sure", sure) + fact("caller", [caller.name, caller.phone].filter(Boolean).join(" ")) + fact("address", caller.address)
      + fact("lead", one.facts.lead || (site.kinds[one.facts.kind] || {}).lead) + fact("reported", cityvitals.format.moment(one.reported_ms, nowMs)) + fact("text", one.facts.text) + "</dl>" + cityvitals.dispatchWhole.origin(one.facts.correlation, site.base_path);
  }

  /** The whole of one case. more: {site, nowMs, may, names, proposals, beside: the parts of dispatch_aside.js}. */
  function html(one, more) {
    const { site, nowMs, may, names, beside } = more;
    const kind = site.kinds[one.facts.kind] || { name: one.facts.kind, needs: {} };
    const grade = one.facts.grade || kind.grade;
    const asked = Object.values(kind.needs).flat();
    const counts = [["redone", one.redone], ["returned", one.returned], ["escalated", one.escalated]].filter(([, count]) => count)
      .map(([name, count]) => '<i class="hold">' + esc(words("dispatch." + name, { count: count })) + "</i>").join("");
    const hold = one.hold === "none" ? "" : '<i class="hold">' + esc(words("case.hold-" + one.hold)) + "</i>";
    const into = one.into ? '<a href="#" data-case="' + esc(one.into) + '">' + esc(words("dispatch.into", { id: one.into })) + "</a>" : "";
    return "<article><header><small>" + esc(one.id) + "</small><span>" + esc([kind.class, [kind.code, kind.name].filter(Boolean).join(" ")].filter(Boolean).join(" · ")) + (grade ? " <b>" + ROMAN[grade] + esc(words("dispatch.grade")) + "</b>" : "") + "</span><em>" + esc(state(one.state)) + "</em>" + hold + counts + into + beside.way
      + '</header><h2>' + esc(one.facts.title) + "</h2>" + beside.shared + beside.presence + waiting(one, nowMs) + verbs(one, may) + cityvitals.dispatchWhole.meeting(one, site, may)
      + '<ol class="clocks">' + one.clocks.map((each) => clock(each, nowMs)).join("") + "</ol>"
      + '<div class="case-columns"><div>' + facts(one, site, nowMs) + beside.photos + '</div><section><h3>' + esc(words("dispatch.units")) + '</h3><ol class="case-units">'
      + (one.units.map((each) => unit(each, names, nowMs, may, beside.links)).join("") || "<li>" + esc(words("dispatch.nobody_sent")) + "</li>") + "</ol></section></div>"
      + (more.proposals || []).map((each) => proposal(each, one.id)).join("") + beside.members + cityvitals.similar.html(one.id) + cityvitals.caseReports.html(one, site, nowMs) + cityvitals.responses.ways(one.id, site)
      + beside.logHead + cityvitals.dispatchLog.html(one.log.filter(beside.inLog), { nowMs: nowMs, may: may, asked: asked, unitOf: unitOf(one, names) }) + "</article>";
  }

  cityvitals.dispatchView = { KEYS, html, left, row, suggested, verb };
})(typeof window === "undefined" ? globalThis : window);
