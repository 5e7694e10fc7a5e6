/* The dispatch desk: the queue, one case whole, the map, who could go. Lists come from the API when the live feed moves. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const QUIET_MS = 150; // several changes at once are one question
  const UNITS_EVERY_MS = 5000;
  const TOAST_MS = 8000;
  const ANSWERED_MS = 30000; // a sentence that waits for an answer stands longer
  const HELD = "unit-in-hand"; // another case has the unit
  const NAMED = 3;
  const OF_OTHERS = ["cases.accept", "cases.report"]; // rights to what a department or a unit does
  const ALONGSIDE = ["note", "reply"]; // what nobody does in another's way
  let site = null;
  let queue = [];
  let chosen = null; // number of the case that is shown
  let shown = null; // it, whole
  let offers = [];
  let proposals = [];
  let units = [];
  let voids = []; // areas without a free unit
  let asking = null;
  let unitsAtMs = -Infinity;
  let toastTimer = null;

  // The other scripts are loaded after this one.
  const at = (id) => cityvitals.page.at(id);
  const esc = (text) => cityvitals.format.esc(text);
  const words = (code, values) => cityvitals.format.words(code, values);
  const ask = (method, path, body) => cityvitals.dutyActs.ask(method, path, body);
  const nowMs = () => cityvitals.live.cityMs();
  const names = () => Object.fromEntries(units.map((unit) => [unit.id, unit.name]));

  /** Units whose names stand on the map: those of the case, and the first of who could go. */
  const named = () => new Set([...(shown ? shown.units.map((one) => one.unit) : []), ...offers.filter((one) => one.can_go).slice(0, NAMED).map((one) => one.unit)]);

  /** Whether the person may take a step; what a unit did may be written down by who dispatches. */
  function may(verb) {
    const right = site.rights[verb];
    const actions = cityvitals.dutyActs;
    return actions.may(right) || (OF_OTHERS.includes(right) && actions.may("cases.dispatch"));
  }

  /** A sentence in the corner. more: {word, act}, a button that answers it. */
  function toast(text, bad, more) {
    const place = at("dispatch-toast");
    const gone = () => { place.className = "duty-toast"; place.querySelectorAll("button").forEach((one) => one.remove()); };
    place.textContent = text;
    place.className = "duty-toast shown" + (bad ? " bad" : "");
    if (more) {
      const button = Object.assign(root.document.createElement("button"), { type: "button", textContent: more.word });
      button.addEventListener("click", () => { gone(); more.act(); });
      place.append(button);
    }
    root.clearTimeout(toastTimer);
    toastTimer = root.setTimeout(gone, more ? ANSWERED_MS : TOAST_MS);
  }

  function paint() {
    const ms = nowMs();
    if (ms === null || !at("dispatch-queue")) return;
    const { page, dispatchView, dispatchMap, dispatchAside, dispatchQueue } = cityvitals;
    const city = ((cityvitals.live.picture().case_load || {}).main) || { open: queue.length, late: 0, held: 0 };
    const load = dispatchQueue.load(city);
    page.put("dispatch-counts", "<h2>" + esc(words("dispatch.queue")) + "</h2>" + dispatchQueue.states(city)
      + (load.late ? '<button type="button" class="choice level-red" data-late>' + cityvitals.format.mark("red") + esc(words("dispatch.count_late", { count: load.late })) + "</button>" : "")
      + (load.held ? '<button type="button" class="choice" data-held>' + esc(words("dispatch.count_held", { count: load.held })) + "</button>" : "")
      + cityvitals.dispatchCoverage.html(voids, site.areas));
    page.put("dispatch-queue", queue.map((one) => dispatchView.row(one, site, ms, one.id === chosen)).join("") + dispatchQueue.foot(queue.length));
    page.put("dispatch-case", shown ? dispatchView.html(shown, { site: site, nowMs: ms, may: may, names: names(), proposals: proposals, beside: dispatchAside.parts(shown, ms) }) : '<p class="case-none">' + esc(words("dispatch.choose")) + "</p>");
    page.put("dispatch-map", dispatchMap.svg(site.boundaries, queue, units, shown, ms, { cameras: dispatchAside.points(), named: named() }));
    page.put("dispatch-cameras", shown ? dispatchAside.cameras(ms) : "");
    page.put("dispatch-offers", (offers.length ? "<h3>" + esc(words("dispatch.offers", { needs: "" })) + "</h3><ol>" + offers.map(dispatchView.suggested).join("") + "</ol>" : "")
      + (shown ? dispatchAside.help() : ""));
  }

  /** Read the queue, and the case that is shown when it moved. */
  async function refresh(whole) {
    queue = (await cityvitals.dispatchQueue.read(ask)) || queue;
    if (chosen === null && queue.length) chosen = queue[0].id;
    if (root.performance.now() - unitsAtMs > UNITS_EVERY_MS) {
      unitsAtMs = root.performance.now();
      const found = await ask("GET", "units");
      if (found.ok) [units, voids] = [found.body.units, found.body.voids];
    }
    paint();
    const short = queue.find((one) => one.id === chosen);
    if (chosen && (whole || !shown || shown.id !== chosen || !short || short.revision !== shown.revision)) await open(chosen);
    paint();
  }

  /** Show one case; who could go and what it is one with comes behind it. */
  async function open(id) {
    chosen = id;
    const answer = await ask("GET", "cases/" + encodeURIComponent(id));
    if (!answer.ok || chosen !== id) return;
    if (!shown || shown.id !== id) [offers, proposals] = [[], []];
    if (!shown || shown.id !== id || answer.body.revision >= shown.revision) shown = answer.body; // else asked before a step of ours
    cityvitals.dispatchAside.show(id, Boolean(shown.facts.place));
    paint();
    const open_ = !["closed", "evaluated", "rejected", "merged"].includes(shown.state);
    const [going, alike] = await Promise.all([
      open_ && shown.facts.place && cityvitals.dutyActs.may("cases.dispatch") ? ask("GET", "cases/" + encodeURIComponent(id) + "/units") : { ok: true, body: { units: [] } },
      open_ ? ask("GET", "cases/" + encodeURIComponent(id) + "/proposals") : { ok: true, body: { proposals: [] } },
    ]);
    if (chosen !== id) return;
    offers = going.ok ? going.body.units : [];
    proposals = alike.ok ? alike.body.proposals : [];
    paint();
  }

  /** Take a step. Gives the sentence of a refusal; who was slower is told what changed since he looked. */
  async function send(id, body) {
    const answer = await post(id, body);
    if (answer.ok) return "";
    if (answer.status !== 409) return cityvitals.dutyActs.sentenceOf(answer);
    await open(id);
    return words("dispatch.was_changed", { news: newsSince(body.revision) });
  }

  async function post(id, body) {
    const answer = await ask("POST", "cases/" + encodeURIComponent(id) + "/steps", Object.assign({ key: cityvitals.dutyActs.newKey() }, body));
    if (answer.ok) {
      if (answer.body.id === chosen) shown = answer.body;
      paint();
      refresh(true);
    }
    if (answer.status === 401 && cityvitals.account) cityvitals.account.refused();
    return answer;
  }

  /** Send a unit or keep it free. Who is told that another case has it may send it all the same 仍要派. */
  async function occupy(id, body, done) {
    const answer = await post(id, body);
    const more = { word: words("dispatch.send_anyway"), act: () => occupy(id, Object.assign({}, body, { fields: Object.assign({}, body.fields, { also: true }) }), done) };
    if (answer.ok) return toast(done);
    return toast(cityvitals.dutyActs.sentenceOf(answer), true, (answer.body.error || {}).code === HELD ? more : null);
  }

  /** Who did what to the case that is shown since an entry. */
  const newsSince = (revision) => shown.log.filter((entry) => entry.number > revision)
    .map((entry) => entry.name.replace(/^worker:.*/, words("dispatch.origin_clock")) + " " + cityvitals.dispatchView.verb(entry.verb)).join("；");

  /** Who writes down what a department or a unit did, without being of it, does it for them 代录. */
  const originOf = (verb) => (cityvitals.dutyActs.may(site.rights[verb]) || !OF_OTHERS.includes(site.rights[verb]) ? "person" : "relayed");

  /**
   * Send a step as of the case that was on the screen when it was begun: what others did while a form was open is told
   * before anything is written over it. Who was told and submits again has seen it.
   */
  function sending(verb, also) {
    const one = shown;
    let seen = one.revision;
    return async (fields) => {
      const body = { verb: verb, origin: originOf(verb), fields: Object.assign({}, also, fields), revision: ALONGSIDE.includes(verb) ? null : seen };
      const problem = await send(one.id, body);
      if (problem && shown && shown.id === one.id) seen = shown.revision;
      return problem;
    };
  }

  async function tell(promise, done) {
    const problem = await promise;
    if (problem) toast(problem, true);
    else if (done) toast(done);
    return problem;
  }

  function step(verb) {
    if (!shown || !shown.possible.includes(verb)) return;
    if (!may(verb)) return toast(words("dispatch.no_right"), true);
    tell(cityvitals.dispatchForms.step(verb, { site: site, nowMs: nowMs(), one: shown, queue: queue }, sending(verb)));
  }

  /** A line of the log is mended by a further line: a note struck out, the time of a step corrected. */
  function mend(verb, number) {
    const entry = shown.log.find((one) => one.number === number);
    tell(cityvitals.dispatchForms.step(verb, { site: site, nowMs: nowMs(), one: shown, entry: entry }, sending(verb, { entry: number })));
  }

  /** What a unit did, written down for it: it called, or it is known otherwise. */
  function unitStep(verb, assignment) {
    const { id, units: sent } = shown;
    if (verb === "notify") return assign("notify", sent.find((one) => one.assignment === assignment).unit, "dispatch.sent"); // it was reserved
    const origin = OF_OTHERS.includes(site.rights[verb]) ? "relayed" : "person";
    tell(cityvitals.dispatchForms.step(verb, { site: site, nowMs: nowMs(), one: shown },
      (fields) => send(id, { verb: verb, assignment: assignment, origin: origin, fields: fields })));
  }

  /** Send a unit: a case that has no department yet is dispatched to its own first. */
  async function sendUnit(unit) {
    if (!shown) return;
    for (const verb of ["file", "dispatch"]) {
      const due = verb === "file" ? shown.state === "reported" : ["filed", "returned"].includes(shown.state);
      const lead = shown.facts.lead || (site.kinds[shown.facts.kind] || {}).lead;
      if (due && (await tell(send(shown.id, { verb: verb, revision: shown.revision, fields: verb === "dispatch" ? { lead: lead } : {} })))) return;
    }
    assign("notify", unit, "dispatch.sent");
  }

  /** Send a unit, or keep it free 预派 for a task to come; one that was kept for this case is sent as that. */
  function assign(verb, unit, said) {
    const kept = shown.units.find((one) => one.unit === unit && one.state === "reserved");
    const assignment = kept ? kept.assignment : ("t" + (shown.units.length + 1) + "-" + unit).slice(0, 40);
    occupy(shown.id, { verb: verb, assignment: assignment, fields: { unit: unit } }, words(said, { unit: names()[unit] || unit }));
  }

  /** The keyboard's way of dragging: the unit with this number in the list of who could go. */
  function sendNth(number) {
    const unit = offers.filter((one) => one.can_go)[number - 1];
    if (unit && cityvitals.dutyActs.may("cases.dispatch")) sendUnit(unit.unit);
  }

  /** A line of the command bar. */
  function command(line) {
    const found = cityvitals.dispatchBar.read(line, units);
    if (found.problem) return toast(words("dispatch." + found.problem, { near: found.near.join("、") }), true);
    if (!shown) return toast(words("dispatch.choose"), true);
    if (found.verb === "note") return tell(send(shown.id, { verb: "note", fields: { text: found.text } }), words("dispatch.done"));
    if (found.verb === "notify") return sendUnit(found.unit);
    const own = shown.units.filter((unit) => unit.unit === found.unit && !["clear", "refused", "failed"].includes(unit.state)).pop();
    if (!own) return toast(words("dispatch.bar_not_here", { unit: names()[found.unit] || found.unit }), true);
    const fields = found.text ? { reason: found.text, text: found.text } : {};
    return tell(send(shown.id, { verb: found.verb, assignment: own.assignment, origin: "relayed", fields: fields }),
      (names()[found.unit] || found.unit) + " " + cityvitals.dispatchView.verb(found.verb));
  }

  /** All of a proposal become one case, in one act: all of it or nothing. */
  async function mergeAll(ids, kind) {
    const wanted = { key: cityvitals.dutyActs.newKey(), members: [shown.id, ...ids], kind: kind };
    const answer = await ask("POST", "proposals/accept", wanted);
    if (!answer.ok) return toast(cityvitals.dutyActs.sentenceOf(answer), true);
    toast(words("dispatch.merged", { count: ids.length }));
    chosen = answer.body.id;
    return refresh(true);
  }

  function move(by) {
    const place = Math.max(0, queue.findIndex((one) => one.id === chosen));
    if (place + by >= queue.length && cityvitals.dispatchQueue.further()) refresh();
    const next = queue[Math.min(queue.length - 1, Math.max(0, place + by))];
    if (!next) return;
    open(next.id);
    paint();
    const row = at("dispatch-queue").querySelector(".chosen");
    if (row) row.scrollIntoView({ block: "nearest" });
  }

  function onKey(event) {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    const bar = at("dispatch-bar");
    if (event.target === bar) {
      if (event.key === "Enter") { if (bar.value.trim()) { command(bar.value); bar.value = ""; } event.preventDefault(); }
      if (event.key === "Escape") bar.blur();
      return;
    }
    if (event.target.closest("input, textarea, select, dialog") && !event.target.closest("dialog:not([open])")) return; // one just shut has the focus for a moment still
    const key = event.key.toLowerCase();
    if (cityvitals.dispatchBar.opens(event.key)) bar.focus();
    else if (key === "j" || key === "arrowdown") move(1);
    else if (key === "k" || key === "arrowup") move(-1);
    else if (key === "n") newCase();
    else if (/^[1-9]$/.test(key)) sendNth(Number(key));
    else {
      const verb = shown && shown.possible.find((name) => cityvitals.dispatchView.KEYS[name] === key);
      if (!verb) return;
      step(verb);
    }
    event.preventDefault();
  }

  function newCase() {
    if (!cityvitals.dutyActs.may("cases.open")) return toast(words("dispatch.no_right"), true);
    cityvitals.dispatchNew.report(site, { cases: queue, units: units }, async (wanted) => {
      const answer = await ask("POST", "cases", Object.assign({ key: cityvitals.dutyActs.newKey() }, wanted));
      if (!answer.ok) return cityvitals.dutyActs.sentenceOf(answer);
      chosen = answer.body.id;
      refresh(true);
      return "";
    });
  }

  function onClick(event) {
    const found = event.target.closest("[data-case], [data-only], [data-verb], [data-mend], [data-unit-verb], [data-send], [data-reserve], [data-merge-all], [data-merge-into], [data-apart], [data-do]");
    if (!found || found.closest("dialog")) return;
    const told = found.dataset;
    if (told.only !== undefined) { cityvitals.dispatchQueue.narrow(told.only); refresh(); }
    else if (told.verb) step(told.verb);
    else if (told.mend) mend(told.mend, Number(told.entry));
    else if (told.unitVerb) unitStep(told.unitVerb, told.assignment);
    else if (told.send) sendUnit(told.send);
    else if (told.reserve) assign("reserve", told.reserve, "dispatch.reserved");
    else if (told.mergeAll) mergeAll(told.mergeAll.split(","), told.kind);
    else if (told.mergeInto) tell(send(shown.id, { verb: "merge", revision: shown.revision, fields: { into: told.mergeInto } }));
    else if (told.apart) ask("POST", "cases/" + encodeURIComponent(shown.id) + "/apart", { others: told.apart.split(",") }).then(() => open(shown.id));
    else if (told.do === "new") newCase();
    else if (told.do === "meet") tell(send(shown.id, { verb: "meet", fields: {} })); // the link itself opens the meeting
    else if (told.case) { event.preventDefault(); open(told.case); paint(); }
  }

  /** A unit is dragged from the list of who could go onto the case, or onto a row of the queue. */
  function drag() {
    root.addEventListener("dragstart", (event) => {
      const offer = event.target.closest("[data-offer]");
      if (offer) event.dataTransfer.setData("text/plain", offer.dataset.offer);
    });
    const target = (event) => event.target.closest("#dispatch-case, .case-row");
    root.addEventListener("dragover", (event) => { if (target(event)) event.preventDefault(); });
    root.addEventListener("drop", async (event) => {
      const place = target(event);
      const unit = event.dataTransfer.getData("text/plain");
      if (!place || !unit) return;
      event.preventDefault();
      if (place.dataset.case && place.dataset.case !== chosen) await open(place.dataset.case);
      sendUnit(unit);
    });
  }

  function onFrame(sections) {
    const { live, page } = cityvitals;
    if (!live.picture().city) return;
    if (sections.has("city")) page.put("duty-identity", cityvitals.header.identity(live.picture().city.main, live.condition()));
    if (sections.has("cases") || sections.has("case_load") || asking === null) {
      root.clearTimeout(asking);
      asking = root.setTimeout(refresh, QUIET_MS);
    }
    root.document.documentElement.dataset.painted = String(live.condition().revision);
  }

  function everySecond(state) {
    const { live, page } = cityvitals;
    if (nowMs() === null) return;
    page.put("duty-clock", cityvitals.header.clock(nowMs()));
    if (state === "live") page.put("duty-chain", cityvitals.header.chain(live.picture(), nowMs()));
    paint();
  }

  const clientside = (root.dash_clientside = root.dash_clientside || {});
  clientside.cityvitals = Object.assign(clientside.cityvitals || {}, {
    /** Callback: the frame of the dispatch desk stands. */
    startDispatch(siteOfPage) {
      site = siteOfPage;
      cityvitals.dutyActs.start(site, paint);
      cityvitals.dispatchAside.start(site, paint, toast, () => open(chosen));
      cityvitals.page.start(site, onFrame, everySecond);
      root.addEventListener("keydown", onKey);
      root.addEventListener("click", onClick);
      drag();
      cityvitals.dispatchQueue.follow(at("dispatch-queue"), refresh, site);
      return clientside.no_update;
    },
  });
})(window);
