/* Likely one incident: a line on the dispatch desk, opened by a click or its key; accepted, rejected in one action. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const EVERY_MS = 5000; // a picture moves each second, what is likely one does not
  const KEY = "g";
  let told = null; // {proposals, waiting, further}; null: not read yet
  let unread = false;
  let opened = false;
  let readAtMs = -Infinity;
  let reading = false;
  const leftOut = new Set(); // members that a person took out of a proposal before accepting it

  // The other scripts are loaded after this one.
  const at = (id) => cityvitals.page.at(id);
  const esc = (text) => cityvitals.format.esc(text);
  const words = (code, values) => cityvitals.format.words("incident." + code, values);
  const acts = () => cityvitals.dutyActs;

  const counts = (answer) => ({ groups: answer.proposals.length, alone: answer.waiting.length + answer.further });

  function member(one, inGroup) {
    const why = one.why;
    const late = why && Math.round(why.delay_s / 60);
    const reason = why ? (late || why.distance_m ? words("why", { m: Math.round(why.distance_m), minutes: late }) : words("why_first"))
      + (why.words.length ? " · " + words("words", { words: cityvitals.format.listed(why.words) }) : "") : "";
    const out = leftOut.has(one.id);
    return '<li class="' + (out ? "out" : "") + '"><em>' + esc(words("source_" + one.source)) + "</em><time>" + esc(cityvitals.format.moment(one.at_ms, told.now_ms)) + "</time><span>" + esc(one.title)
      + "</span><small>" + esc(reason) + "</small>"
      + (inGroup ? '<label><input type="checkbox" data-leave-out="' + esc(one.id) + '"' + (out ? " checked" : "") + ">" + esc(words("leave_out")) + "</label>"
        : '<div><button type="button" class="verb small" data-make-case="' + esc(one.id) + '">' + esc(words("make_case"))
          + '</button><button type="button" class="verb small" data-dismiss="' + esc(one.id) + '">' + esc(words("dismiss")) + "</button></div>") + "</li>";
  }

  function group(one, place) {
    const chosen = one.members.filter((each) => !leftOut.has(each.id));
    const title = one.cause ? words("of_cause", { cause: one.cause, count: one.members.length }) : words("told_again", { kind: one.kind_name, count: one.members.length });
    return '<article><header><h3>' + esc(title) + '</h3><button type="button" class="verb" data-accept="' + place + '"' + (chosen.length > 1 ? "" : " disabled") + ">" + esc(words("accept", { count: chosen.length }))
      + '</button><button type="button" class="verb" data-reject="' + place + '">' + esc(words("reject")) + "</button></header><ol>" + one.members.map((each) => member(each, true)).join("") + "</ol></article>";
  }

  /** The whole strip; "" when nothing waits. Pure. */
  function html(answer, isOpen, failed) {
    if (failed) return '<p class="incidents-line">' + esc(words("unread")) + "</p>";
    const { groups, alone } = answer ? counts(answer) : { groups: 0, alone: 0 };
    if (!groups && !alone) return "";
    const line = '<button type="button" class="incidents-line" aria-expanded="' + isOpen + '" data-toggle><kbd>G</kbd>'
      + (groups ? "<b>" + esc(words("likely_count", { count: groups })) + "</b>" : "") + (alone ? "<span>" + esc(words("waiting_count", { count: alone })) + "</span>" : "")
      + "<i>" + esc(words(isOpen ? "close" : "open")) + "</i></button>";
    if (!isOpen) return line;
    return line + '<div class="incidents-list">' + answer.proposals.map(group).join("")
      + (answer.waiting.length ? "<ol>" + answer.waiting.map((one) => member(one, false)).join("") + "</ol>" : "")
      + (answer.further ? "<p>" + esc(words("further", { count: answer.further })) + "</p>" : "") + "</div>";
  }

  const paint = () => cityvitals.page.put("dispatch-incidents", html(told, opened, unread));

  async function read() {
    if (reading || !at("dispatch-incidents")) return;
    reading = true;
    readAtMs = root.performance.now();
    const answer = await acts().ask("GET", "proposals");
    reading = false;
    unread = !answer.ok;
    if (answer.ok) told = answer.body;
    paint();
  }

  async function send(path, body, done) {
    const answer = await acts().ask("POST", "proposals/" + path, body);
    cityvitals.page.toast("dispatch-toast", answer.ok ? done(answer.body) : acts().sentenceOf(answer), !answer.ok);
    await read();
  }

  const title = (one) => (one.cause || one.kind_name) + "：" + one.members[0].title;
  const accept = (members, kind, name) => send("accept", { key: acts().newKey(), members: members, kind: kind, title: name.slice(0, 120) }, (body) => words("done", { id: body.id }));

  function onClick(event) {
    const found = event.target.closest("#dispatch-incidents [data-toggle], #dispatch-incidents [data-accept], #dispatch-incidents [data-reject], #dispatch-incidents [data-make-case], #dispatch-incidents [data-dismiss]");
    if (!found) return;
    const { accept: place, reject, makeCase, dismiss } = found.dataset;
    if (place !== undefined) {
      const one = told.proposals[Number(place)];
      accept(one.members.map((each) => each.id).filter((id) => !leftOut.has(id)), one.kind, title(one));
    } else if (reject !== undefined) {
      send("reject", { members: told.proposals[Number(reject)].members.map((each) => each.id) }, () => words("apart"));
    } else if (makeCase) {
      const one = told.waiting.find((each) => each.id === makeCase);
      accept([makeCase], one.kind, one.title);
    } else if (dismiss) {
      send("reject", { members: [dismiss], reason: words("dismiss") }, () => words("dismissed"));
    } else toggle();
  }

  function onChange(event) {
    const id = event.target.dataset && event.target.dataset.leaveOut;
    if (!id) return;
    if (event.target.checked) leftOut.add(id); else leftOut.delete(id);
    paint();
  }

  function toggle() {
    opened = !opened;
    paint();
  }

  function onKey(event) {
    const key = cityvitals.page.keyOf(event);
    if (key === KEY && at("dispatch-incidents")) toggle();
    else if (key === "escape" && opened) toggle();
  }

  cityvitals.incidents = { html };

  const clientside = (root.dash_clientside = root.dash_clientside || {});
  clientside.cityvitals = Object.assign(clientside.cityvitals || {}, {
    /** Callback: the place of the strip stands. */
    startIncidents() {
      root.addEventListener("click", onClick);
      root.addEventListener("change", onChange);
      root.addEventListener("keydown", onKey);
      cityvitals.live.everySecond(() => { if (root.performance.now() - readAtMs > EVERY_MS) read(); });
      return clientside.no_update;
    },
  });
})(typeof window === "undefined" ? globalThis : window);
