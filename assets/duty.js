/* The duty desk: the list of all that waits, the item that is chosen, keys for everything, painted from the live feed. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const FALSE_ALARM = "false-device";
  const TAKE_BACK_MS = 60000;
  let site = null;
  let chosen = null; // key of the item at the right
  let wantsNext = false; // what was chosen is done with: the next one that waits comes
  let calling = null; // {key, contacts, in_full} or {key, error}
  let series = null; // {key, points}
  let lastAck = null; // {item, atMs}
  let shown = []; // items as they stand in the list

  // The other scripts of the desk are loaded after this one.
  const esc = (text) => cityvitals.format.esc(text);
  const words = (code, values) => cityvitals.format.words(code, values);
  const at = (id) => cityvitals.page.at(id);
  const picture = () => cityvitals.dutyActs.foreseen(cityvitals.live.picture());
  const current = () => shown.find((item) => item.key === chosen) || null;

  function row(item, nowMs) {
    const { format, dutyState } = cityvitals;
    const area = (cityvitals.live.picture().areas || {})[item.area];
    const tag = item.level ? format.mark(item.level) + "<b>" + esc(format.levelWord(item.level)) + "</b>" : "<b>" + esc(words("duty.kind_" + (item.urgent ? "urgent" : item.kind))) + "</b>";
    const on = dutyState.onIt(item.stands, nowMs);
    const made = dutyState.caseOf(picture(), item);
    const of = made ? " · " + esc(words("duty.in_case", { number: made[0].slice(-4) })) : "";
    const flaps = item.flapping && item.level ? " · " + esc(words("duty.flapping")) : "";
    const lost = item.lostMs ? '<b class="lost">' + esc(words("duty.lost")) + "</b>" : "";
    const state = item.waits ? '<em class="waits">' + esc(words("duty.waits")) + "</em>" : "<em>" + esc(on || words("duty.kind_" + item.kind)) + "</em>";
    return '<li class="duty-row level-' + (item.level || "none") + (item.waits ? " waiting" : "") + (item.key === chosen ? " chosen" : "") + '" data-key="' + esc(item.key)
      + '" role="option" aria-selected="' + (item.key === chosen) + '"><header><span class="level">' + tag + "</span><span>" + esc(area ? area.name : "")
      + (item.members && item.members.length > 1 ? " · " + esc(words("duty.count", { count: item.members.length })) : "") + flaps + of + "</span>" + lost + "<time>"
      + esc(format.span(nowMs - item.sinceMs)) + "</time>" + state + "</header><p>" + esc(format.glued(item.sentence)) + "</p></li>";
  }

  /** The line over the list: what waits, what is hidden and until when. */
  function counts(nowMs) {
    const { dutyState, format } = cityvitals;
    const found = dutyState.counts(picture(), nowMs);
    const hidden = [["shelved", found.shelved], ["silenced", found.silenced]].filter(([, count]) => count)
      .map(([name, count]) => '<button type="button" class="hidden" data-do="silences">' + esc(words("duty." + name, { count: count })) + "</button>").join("");
    const end = found.nextEndMs ? "<small>" + esc(words("duty.next_end", { time: format.moment(found.nextEndMs, nowMs) })) + "</small>" : "";
    const waiting = shown.filter((item) => item.waits).length;
    return "<h2>" + esc(words("duty.list")) + " <b>" + format.count(waiting) + "</b></h2><span>" + (shown.length === waiting ? "" : esc(words("duty.of_all", { count: shown.length }))) + "</span>" + hidden + end;
  }

  /** Keep what is chosen chosen; when it was done with, the first that waits; when it is gone, what took its place. */
  function choose(before) {
    const place = before.findIndex((item) => item.key === chosen);
    if (wantsNext || !current()) {
      const next = shown.find((item) => item.waits) || shown[Math.min(Math.max(place, 0), shown.length - 1)];
      if (wantsNext && shown.some((item) => item.waits && item.key !== chosen)) chosen = next.key;
      else if (!current()) chosen = next ? next.key : null;
      wantsNext = false;
    }
  }

  function paint() {
    const { live, page, dutyDetail, dutyActs } = cityvitals;
    const nowMs = live.cityMs();
    if (nowMs === null || !at("duty-list")) return;
    const before = shown;
    shown = cityvitals.dutyState.items(picture());
    choose(before);
    const list = at("duty-list");
    const old = list.querySelector(".chosen");
    const top = old ? old.offsetTop - list.scrollTop : 0;
    page.put("duty-counts", counts(nowMs));
    page.put("duty-list", shown.map((item) => row(item, nowMs)).join("") || '<li class="duty-calm"><b>' + esc(words("duty.calm")) + "</b><span>" + esc(words("duty.calm_note")) + "</span></li>");
    const now = list.querySelector(".chosen");
    if (old && now && old.dataset.key === now.dataset.key) list.scrollTop = now.offsetTop - top; // the list never moves under a hand
    const focused = (root.document.activeElement || {}).dataset || {};
    const item = current();
    if (calling && (!item || calling.key !== item.key)) calling = null;
    page.put("duty-detail", item ? dutyDetail.html(item, picture(), nowMs, { contacts: calling, may: dutyActs.may, cases: site.cases, site: site }) : "");
    const again = focused.verb && at("duty-detail").querySelector('[data-verb="' + focused.verb + '"]');
    if (again && root.document.activeElement === root.document.body) again.focus(); // what was painted anew keeps the focus
    trend(item);
    lock();
  }

  /** The last day of what the warning is about, asked once for each. */
  async function trend(item) {
    const place = root.document.querySelector(".duty-trend");
    const warning = item && item.warning;
    if (!place || !warning || !warning.rule) return;
    const key = warning.indicator + "/" + warning.subject;
    if (!series || series.key !== key) {
      series = { key: key, points: null };
      const answer = await cityvitals.dutyActs.ask("GET", "indicators/" + encodeURIComponent(warning.indicator) + "/" + encodeURIComponent(warning.subject) + "/series");
      if (series.key !== key) return;
      series.points = answer.ok ? answer.body.points.map((point) => [point.end_ms, point.value]) : [];
      return paint();
    }
    if (!series.points || !series.points.length || place.clientWidth < 100) return;
    const indicator = (cityvitals.live.picture().indicators || {})[warning.indicator] || {};
    const focus = { points: series.points, bands: [{ level: warning.level, bound: warning.bound, name: cityvitals.format.levelWord(warning.level) }],
      down_bad: indicator.direction === "down_bad", unit: warning.unit, decimals: indicator.decimals || 0, level: warning.level, value: warning.value, text: warning.text };
    if (place.dataset.drawn === key + series.points.length) return;
    place.dataset.drawn = key + series.points.length;
    place.innerHTML = cityvitals.trend.svg(focus, { width: place.clientWidth, height: place.clientHeight, rem: cityvitals.page.remPx() });
  }

  /** The bar that says when acts are locked. */
  function lock() {
    const me = cityvitals.dutyActs.who();
    const back = site.base_path + "sign-in?next=duty";
    cityvitals.page.put("duty-session-bar", me.locked || (me.name && !me.person) ? "<b>" + esc(words("duty.locked")) + "</b><span>" + esc(words("duty.locked_note"))
      + '</span><a href="' + esc(back) + '">' + esc(words("duty.sign_in")) + "</a>" : "");
  }

  const toast = (text, isBad) => cityvitals.page.toast("duty-toast", text, isBad);

  /** Do it, show it at once, and say what came of it. */
  async function act(item, kind, more, stands, done) {
    const answer = await cityvitals.dutyActs.act(item, kind, more, stands);
    if (answer.ok && done) toast(done);
    if (!answer.ok) toast(cityvitals.dutyActs.sentenceOf(answer), true);
    return answer.ok;
  }

  const me = () => cityvitals.dutyActs.who().person || "";

  /** The silence, or loss of data, that stands on this screen: what comes later is not covered by the act. */
  function silenceOf(item) {
    const sinceMs = item.kind === "source" ? item.sinceMs : item.lostMs;
    return sinceMs ? { since_ms: sinceMs } : {};
  }

  const DO = {
    async acknowledge(item) {
      const nowMs = cityvitals.live.cityMs();
      const stands = { acked_by: me(), acked_ms: nowMs, waits: false };
      if (item.level) stands.acked_level = item.level;
      wantsNext = true;
      const more = Object.assign(item.level ? { seen: item.level } : {}, silenceOf(item));
      Object.assign(stands, silenceOf(item));
      if (await act(item, "acknowledge", more, stands, words("duty.done_ack"))) lastAck = { item: item, atMs: nowMs };
    },
    false: (item) => DO.verdict(item, FALSE_ALARM),
    async verdict(item, verdict) {
      wantsNext = item.waits;
      const stands = { verdict: verdict, verdict_by: me(), waits: false };
      await act(item, "verdict", Object.assign({ verdict: verdict }, silenceOf(item)), stands, words("duty.done_verdict", { verdict: words("duty.verdict_" + verdict.replace(/-/g, "_")) }));
    },
    async call(item) {
      calling = { key: item.key, contacts: [] };
      paint();
      const path = item.warningId ? "warnings/" + encodeURIComponent(item.warningId) + "/contacts" : "duty/contacts?subject=" + encodeURIComponent(item.key);
      const answer = await cityvitals.dutyActs.ask("GET", path);
      calling = answer.ok ? Object.assign({ key: item.key }, answer.body) : { key: item.key, error: cityvitals.dutyActs.sentenceOf(answer) };
      paint();
    },
    async copy(item) {
      const done = await copied(cityvitals.dutyState.whole(item, cityvitals.live.cityMs()));
      toast(words(done ? "duty.done_copy" : "duty.copy_by_hand"), !done);
    },
    lift: (item) => cityvitals.dutyEntry.lift(item, toast),
    "take-over": (item) => cityvitals.dutyDialog.takeOver(item, act),
    shelve: (item) => cityvitals.dutyDialog.shelve(item, act),
    comment: (item) => cityvitals.dutyDialog.comment(item, act),
    merge: (item) => cityvitals.dutyDialog.merge(item, shown, act),
    case: (item) => cityvitals.dutyDialog.openCase(item, site, toast),
  };

  /** Copy text; without HTTPS there is no clipboard for scripts, but the old command works. */
  async function copied(text) {
    try {
      await root.navigator.clipboard.writeText(text);
      return true;
    } catch (problem) {
      const place = root.document.createElement("textarea");
      place.value = text;
      root.document.body.append(place);
      place.select();
      const done = root.document.execCommand("copy");
      place.remove();
      return done;
    }
  }

  function doVerb(verb) {
    const item = current();
    const found = item && cityvitals.dutyDetail.verbs(item, cityvitals.dutyActs.may, site.cases).find((one) => one.verb === verb);
    if (!found) return;
    if (!found.enabled) return toast(found.why || words("duty.no_right"), true);
    DO[verb](item);
  }

  function doVerdict(name) {
    const item = current();
    if (!item || !["card", "cleared", "event"].includes(item.kind)) return;
    if (!cityvitals.dutyActs.may("warnings.confirm")) return toast(words("duty.no_right"), true);
    DO.verdict(item, name);
  }

  function move(step) {
    const place = Math.max(0, shown.findIndex((item) => item.key === chosen));
    const next = shown[Math.min(shown.length - 1, Math.max(0, place + step))];
    if (!next) return;
    chosen = next.key;
    paint();
    const element = at("duty-list").querySelector(".chosen");
    if (element) element.scrollIntoView({ block: "nearest" });
  }

  async function mute() {
    const untilMs = Math.round(cityvitals.live.cityMs()) + cityvitals.sound.MUTE_MS;
    const answer = await cityvitals.dutyActs.act({ key: "sound" }, "mute", { until_ms: untilMs });
    if (!answer.ok) cityvitals.sound.muteHere(untilMs); // who may not tell the room, or cannot, quiets this screen alone
    toast(words(answer.ok ? "duty.done_mute" : "duty.muted_here"));
  }

  function takeBack() {
    if (!lastAck || cityvitals.live.cityMs() - lastAck.atMs > TAKE_BACK_MS) return toast(words("duty.nothing_to_take_back"), true);
    const item = lastAck.item;
    lastAck = null;
    chosen = item.key;
    act(item, "take-back", {}, null, words("duty.done_take_back"));
  }

  const KEYS = {
    j: () => move(1), k: () => move(-1), arrowdown: () => move(1), arrowup: () => move(-1), m: mute, u: takeBack,
    p: () => { if (cityvitals.dutyActs.may("warnings.silence")) cityvitals.dutyDialog.silence(current()); else toast(words("duty.no_right"), true); },
    silences: () => cityvitals.dutyDialog.silences(),
    n: () => cityvitals.dutyEntry.entry(site), s: () => cityvitals.sound.tryAll(), "?": () => cityvitals.dutyDialog.help(),
    enter: () => { const first = at("duty-detail").querySelector("button:not([disabled])"); if (first) first.focus(); },
    escape: () => { calling = null; paint(); },
  };

  /** One key each; held down, only those that walk the list go on. */
  function onKey(event) {
    const key = cityvitals.page.keyOf(event);
    if (!key || (event.repeat && !/^(j|k|arrow)/.test(key))) return;
    if (key === "enter" && event.target.closest("button, a")) return; // the button in focus is meant
    const verb = ["q", "h", "l", "w", "x", "d", "t", "g", "b", "c"].includes(key)
      && (cityvitals.dutyDetail.verbs(current() || { kind: "" }, () => true, { any: true }).find((one) => one.key === key) || {}).verb;
    if (verb) doVerb(verb);
    else if (/^[1-6]$/.test(key)) doVerdict(cityvitals.dutyDetail.VERDICTS[key - 1]);
    else if (KEYS[key]) KEYS[key]();
    else return;
    event.preventDefault();
  }

  function onClick(event) {
    const found = event.target.closest("[data-verb], [data-verdict], [data-key], [data-do]");
    if (!found || found.closest("dialog")) return;
    if (found.dataset.verb) doVerb(found.dataset.verb);
    else if (found.dataset.verdict) doVerdict(found.dataset.verdict);
    else if (found.dataset.do) KEYS[found.dataset.do]();
    else {
      chosen = found.dataset.key;
      paint();
    }
  }

  function onFrame(sections) {
    const { live, page } = cityvitals;
    const found = live.picture();
    if (!found.city) return;
    if (sections.has("city")) page.put("duty-identity", cityvitals.header.identity(found.city.main, live.condition()));
    if (["warnings", "cards", "duty", "silences", "sources", "events", "stations", "city", "areas"].some((name) => sections.has(name))) paint();
    root.document.documentElement.dataset.painted = String(live.condition().revision);
  }

  function everySecond(state) {
    const { live, page } = cityvitals;
    const nowMs = live.cityMs();
    if (nowMs === null) return;
    page.put("duty-clock", cityvitals.header.clock(nowMs));
    if (state === "live") page.put("duty-chain", cityvitals.header.chain(live.picture(), nowMs));
    paint();
    const heard = cityvitals.sound.turn(picture(), state === "stale", nowMs);
    page.put("duty-ringing", heard.ringing.map((name) => "<b>" + esc(words("duty.tone_" + name)) + "</b>").join("") || esc(words(heard.muted ? "duty.muted_now" : "duty.quiet")));
  }

  const clientside = (root.dash_clientside = root.dash_clientside || {});
  clientside.cityvitals = Object.assign(clientside.cityvitals || {}, {
    /** Callback: the frame of the duty desk stands. */
    startDuty(siteOfPage) {
      site = siteOfPage;
      cityvitals.sound.start();
      cityvitals.dutyActs.start(site, paint);
      cityvitals.page.start(site, onFrame, everySecond);
      root.addEventListener("keydown", onKey);
      root.addEventListener("click", onClick);
      return clientside.no_update;
    },
  });
})(window);
