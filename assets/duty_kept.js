/* Warnings of now and of days past: filters, counts by county, one whole: why, what was done about it, what stood near. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const DAY_MS = 86400000;
  const DAYS = [1, 7, 30];
  const ASK_EVERY_MS = 5000; // while warnings change
  const asked = { days: 1, area: "", level: "", state: "", text: "" };
  let site = null;
  let found = []; // as the API gave them
  let more = false;
  let error = "";
  let chosen = null;
  let whole = null; // {id, warning, related, acts, why}
  let askedAtMs = -ASK_EVERY_MS;
  let stale = true;

  const esc = (text) => cityvitals.format.esc(text);
  const words = (code, values) => cityvitals.format.words(code, values);
  const put = (id, html) => cityvitals.page.put(id, html);
  const api = (method, path, body) => cityvitals.dutyActs.ask(method, path, body);

  /** The answer of the API, cut by what is filtered here. */
  function listed() {
    const wanted = asked.text.trim().toLowerCase();
    return found.filter((one) => (!asked.level || one.peak === asked.level)
      && (!asked.state || (asked.state === "open" ? one.phase === "active" : asked.state === "over" ? one.phase !== "active" : !one.verdict))
      && (!wanted || (one.sentence + one.subject_name + one.rule_name).toLowerCase().includes(wanted)));
  }

  async function load() {
    stale = false;
    askedAtMs = root.performance.now();
    const nowMs = Math.round(cityvitals.live.cityMs());
    const area = asked.area ? "&area=" + encodeURIComponent(asked.area) : "";
    const answer = await api("GET", "warnings/kept?from_ms=" + (nowMs - asked.days * DAY_MS) + "&until_ms=" + (nowMs + 1) + area);
    error = answer.ok ? "" : answer.status === 404 ? words("duty.kept_needs_accounts") : cityvitals.dutyActs.sentenceOf(answer);
    found = answer.ok ? answer.body.warnings : [];
    more = answer.ok && answer.body.more;
    paint();
    if (!chosen && root.innerWidth > 1000) openGravest();
  }

  /** With room for it, what matters most is read before anybody has chosen. */
  function openGravest() {
    const { RANK } = cityvitals.format;
    const first = listed().sort((a, b) => (b.phase === "active") - (a.phase === "active") || RANK[b.peak] - RANK[a.peak] || b.since_ms - a.since_ms)[0];
    if (first) open(first.id);
  }

  async function open(id) {
    chosen = id;
    root.history.replaceState(null, "", site.base_path + "warnings" + (id ? "/" + encodeURIComponent(id) : ""));
    whole = null;
    paint();
    if (!id) return;
    const answer = await api("GET", "warnings/kept/" + encodeURIComponent(id));
    const acts = answer.ok ? await api("GET", "warnings/" + encodeURIComponent(answer.body.warning.item) + "/acts") : answer;
    if (chosen !== id) return;
    whole = answer.ok ? Object.assign({ id: id, acts: acts.ok ? acts.body.acts : [] }, answer.body) : { id: id, problem: cityvitals.dutyActs.sentenceOf(answer) };
    paint();
    if (!answer.ok) return;
    const warning = answer.body.warning;
    if (!warning.indicator) return; // an authority issued it: there is nothing that we judged
    const why = await api("GET", "indicators/" + encodeURIComponent(warning.indicator) + "/" + encodeURIComponent(warning.subject) + "/explain?at_ms=" + warning.since_ms);
    if (chosen !== id) return;
    whole.why = why.ok ? why.body : { problem: cityvitals.dutyActs.sentenceOf(why) };
    paint();
  }

  const option = (value, label, now) => '<option value="' + esc(value) + '"' + (String(value) === String(now) ? " selected" : "") + ">" + esc(label) + "</option>";
  const select = (name, options) => '<select name="' + name + '">' + options.map(([value, label]) => option(value, label, asked[name])).join("") + "</select>";

  /** Painted once: an input that is painted anew would lose what is being typed. */
  function filters() {
    const { format } = cityvitals;
    return select("days", DAYS.map((days) => [days, words("duty.kept_days", { days: days })]))
      + select("area", [["", words("duty.kept_everywhere")]].concat(Object.entries(site.areas)))
      + select("level", [["", words("duty.kept_levels")]].concat(format.GRAVEST_FIRST.map((level) => [level, words("level." + level)])))
      + select("state", [["", words("duty.kept_all")], ["open", words("duty.kept_open")], ["over", words("duty.kept_over")], ["unjudged", words("duty.kept_unjudged")]])
      + '<input name="text" type="search" autocomplete="off" placeholder="' + esc(words("duty.kept_search")) + '" value="' + esc(asked.text) + '">';
  }

  function row(one, nowMs) {
    const { format } = cityvitals;
    const judged = one.verdict ? words("duty.verdict_" + one.verdict.replace(/-/g, "_")) : one.acked_by ? words("duty.is_acked", { name: one.acked_by, time: format.moment(one.acked_ms, nowMs) }) : "";
    const state = one.phase === "active" ? words("duty.kept_open") : one.phase === "retracted" ? words("duty.kept_retracted") : one.late ? words("duty.kept_late") : words("duty.kept_over");
    return '<li class="duty-row level-' + one.peak + (one.phase === "active" ? " waiting" : "") + (one.id === chosen ? " chosen" : "") + '" data-id="' + esc(one.id) + '" role="option"><header><span class="level">'
      + format.mark(one.peak) + "<b>" + esc(format.levelWord(one.peak)) + "</b></span><span>" + esc(one.area_name) + "</span><time>" + esc(format.moment(Math.min(one.since_ms, nowMs), nowMs))
      + "</time><em>" + esc(judged || state) + "</em></header><p>" + esc(format.glued(one.sentence)) + "</p></li>";
  }

  /** The map of what is listed; what concerns the whole city stands below it. A county narrows the list. */
  function areas(rows) {
    const { format, keptMap } = cityvitals;
    const whole = rows.filter((one) => one.area === site.city);
    const counts = keptMap.countsOf(whole).map(([level, count]) => '<span class="level level-' + level + '">' + format.mark(level) + count + "</span>").join("");
    const map = keptMap.svg(site.boundaries, site.areas, rows, chosen, asked.area);
    if (!whole.length && asked.area !== site.city) return map;
    return map
      + '<button type="button" data-area="' + esc(site.city) + '"' + (asked.area === site.city ? ' class="chosen"' : "") + "><b>" + esc(words("duty.kept_city")) + "</b>" + (counts || "<small>0</small>") + "</button>";
  }

  /** Why: from the value of the rule down to stations. */
  function why(found) {
    if (!found) return "";
    if (found.problem) return '<div class="duty-why"><h3>' + esc(words("duty.why")) + "</h3><p>" + esc(found.problem) + "</p></div>";
    const told = found.explanation;
    const inputs = (told.inputs || []).slice(0, 6).map((one) => "<li>" + esc(one.name || one.indicator || "") + " " + esc(one.value === null ? "—" : one.value) + "</li>");
    const stations = (told.stations || []).slice(0, 6).map((one) => "<li>" + esc(one.station) + " " + esc(one.value === null || one.value === undefined ? "—" : one.value) + "</li>");
    return '<div class="duty-why"><h3>' + esc(words("duty.why")) + "</h3><ol><li>" + esc(words("duty.why_value", { value: told.value === null ? "—" : told.value, unit: found.unit }))
      + "</li>" + inputs.join("") + stations.join("") + "<li><small>" + esc(words(found.agrees ? "duty.why_agrees" : "duty.why_differs")) + "</small></li></ol></div>";
  }

  /** What the rule says, a line a level, in the version that judged; else it is said that it is another one. */
  function terms(told) {
    const said = (told.terms || []).map((line) => "<li>" + esc(line) + "</li>").join("");
    const pinned = told.terms_version === told.warning.version;
    const which = words(pinned ? "duty.version" : "duty.terms_of_now", { version: told.terms_version });
    return said ? '<div class="duty-why"><h3>' + esc(words("duty.terms")) + " <small>" + esc(which) + "</small></h3><ol>" + said + "</ol></div>" : "";
  }

  function history(acts, nowMs) {
    const line = (act) => "<li><time>" + esc(cityvitals.format.moment(act.at_ms, nowMs)) + "</time><b>" + esc(act.name) + "</b> " + esc(words("duty.act_" + act.kind.replace("-", "_")))
      + " " + esc(act.verdict ? words("duty.verdict_" + act.verdict.replace(/-/g, "_")) : "") + (act.text ? " <q>" + esc(act.text) + "</q>" : "") + " <small>" + esc(act.post) + "</small></li>";
    return '<div class="duty-people"><h3>' + esc(words("duty.history")) + "</h3><ol>" + (acts.map(line).join("") || '<li class="nobody">' + esc(words("duty.nobody_needed")) + "</li>") + "</ol></div>";
  }

  function detail(nowMs) {
    const { format, dutyActs, dutyDetail } = cityvitals;
    if (!chosen) return '<p class="duty-note">' + esc(words("duty.kept_choose")) + "</p>";
    if (!whole) return "";
    if (whole.problem) return '<p class="duty-note">' + esc(whole.problem) + "</p>";
    const one = whole.warning;
    const pair = (name, value) => (value ? "<div><dt>" + esc(words("duty.fact_" + name)) + "</dt><dd>" + value + "</dd></div>" : "");
    const verdicts = dutyDetail.VERDICTS.map((name) => '<button type="button" class="verb' + (one.verdict === name ? " chosen" : "") + '" data-verdict="' + name + '"'
      + (dutyActs.may("warnings.confirm") ? "" : " disabled") + ">" + esc(words("duty.verdict_" + name.replace(/-/g, "_"))) + "</button>").join("");
    const link = (href, code) => '<a href="' + esc(site.base_path + href) + '">' + esc(words(code)) + "</a>";
    const related = whole.related.map((near) => '<li data-id="' + esc(near.id) + '">' + format.mark(near.peak) + " <time>" + esc(format.moment(Math.min(near.since_ms, nowMs), nowMs)) + "</time> " + esc(near.sentence) + "</li>").join("");
    return '<article class="level-' + one.peak + '"><header>' + format.levelTag(one.peak) + "</header><p class=\"sentence\">" + esc(format.glued(one.sentence)) + "</p>"
      + (one.indicator ? '<div class="duty-verdicts"><h3>' + esc(words("duty.verdicts")) + "</h3>" + verdicts + "</div>" : "")
      + '<div class="duty-columns"><dl class="duty-facts">' + pair("value", one.indicator && "<b>" + esc(one.text) + "</b> " + esc(one.unit)) + pair("bound", one.bound === null ? "" : esc(one.bound) + " " + esc(one.unit))
      + pair("since", esc(format.moment(Math.min(one.since_ms, nowMs), nowMs))) + pair("ended", one.ended_ms ? esc(format.moment(one.ended_ms, nowMs)) + " <small>" + esc(format.span(one.ended_ms - one.since_ms)) + "</small>" : "")
      + pair("rule", one.rule && esc(one.rule_name) + " <small>" + esc(words(one.goes_on_from ? "duty.version_goes_on" : "duty.version", { version: one.version, before: one.goes_on_from })) + "</small>") + pair("issuer", esc(words(one.issuer === "issued" ? "wall.issued" : "duty.computed")))
      + "</dl>" + history(whole.acts, nowMs) + "</div>" + terms(whole) + why(whole.why)
      + (related ? '<div class="duty-related"><h3>' + esc(words("duty.related")) + "</h3><ol>" + related + "</ol></div>" : "")
      + '<nav class="duty-links">' + link("duty", "duty.title") + (one.indicator ? ruleLinks(one, link) : "") + "</nav></article>";
  }

  function ruleLinks(one, link) {
    return link("indicators/" + encodeURIComponent(one.indicator) + "/" + encodeURIComponent(one.subject), "duty.indicator")
      + link("rules/" + encodeURIComponent(one.rule) + "/complain?warning=" + encodeURIComponent(one.id) + "&place=" + encodeURIComponent(one.subject) + "&from=" + (one.since_ms - DAY_MS) + "&to=" + (one.ended_ms || whole.city_ms), "duty.complain");
  }

  function paint() {
    const nowMs = cityvitals.live.cityMs();
    if (nowMs === null || !cityvitals.page.at("duty-kept-list")) return;
    const rows = listed();
    const note = error ? '<li class="duty-calm"><b>' + esc(error) + "</b></li>" : '<li class="duty-calm"><b>' + esc(words("duty.kept_none")) + "</b></li>";
    put("duty-kept-list", rows.map((one) => row(one, nowMs)).join("") + (more ? '<li class="duty-note">' + esc(words("duty.kept_more")) + "</li>" : "") || note);
    put("duty-kept-areas", areas(rows));
    put("duty-kept-detail", detail(nowMs));
  }

  async function judge(verdict) {
    const answer = await cityvitals.dutyActs.act({ key: whole.warning.item }, "verdict", { verdict: verdict });
    const done = words("duty.done_verdict", { verdict: words("duty.verdict_" + verdict.replace(/-/g, "_")) });
    cityvitals.page.toast("duty-toast", answer.ok ? done : cityvitals.dutyActs.sentenceOf(answer), !answer.ok);
    stale = true;
    open(chosen);
  }

  function onClick(event) {
    const target = event.target.closest("[data-id], [data-area], [data-verdict]");
    if (!target) return;
    if (target.dataset.id) open(target.dataset.id);
    else if (target.dataset.verdict) judge(target.dataset.verdict);
    else {
      asked.area = asked.area === target.dataset.area ? "" : target.dataset.area;
      root.document.querySelector('#duty-kept-filters [name="area"]').value = asked.area;
      load();
    }
  }

  function onInput(event) {
    const name = event.target.name;
    if (!(name in asked)) return;
    asked[name] = event.target.value;
    if (name === "days" || name === "area") load();
    else paint();
  }

  /** j and k walk the list. */
  function onKey(event) {
    const step = { j: 1, k: -1, arrowdown: 1, arrowup: -1 }[cityvitals.page.keyOf(event)];
    if (!step) return;
    const rows = listed();
    const next = rows[Math.min(rows.length - 1, Math.max(0, rows.findIndex((one) => one.id === chosen) + step))];
    if (next) open(next.id);
    event.preventDefault();
  }

  function onFrame(sections) {
    const { live, page, header } = cityvitals;
    const picture = live.picture();
    if (!picture.city) return;
    if (sections.has("city")) page.put("duty-identity", header.identity(picture.city.main, live.condition()));
    stale = stale || ["warnings", "duty"].some((name) => sections.has(name));
    root.document.documentElement.dataset.painted = String(live.condition().revision);
  }

  function everySecond(state) {
    const { live, header } = cityvitals;
    const nowMs = live.cityMs();
    if (nowMs === null) return;
    put("duty-clock", header.clock(nowMs));
    if (state === "live") put("duty-chain", header.chain(live.picture(), nowMs));
    cityvitals.sound.turn(live.picture(), state === "stale", nowMs);
    if (stale && root.performance.now() - askedAtMs > ASK_EVERY_MS) load();
  }

  const clientside = (root.dash_clientside = root.dash_clientside || {});
  clientside.cityvitals = Object.assign(clientside.cityvitals || {}, {
    /** Callback: the page of warnings stands. */
    startWarnings(siteOfPage) {
      site = siteOfPage;
      chosen = decodeURIComponent(root.location.pathname.slice((site.base_path + "warnings/").length)) || null;
      cityvitals.dutyActs.start(site, paint);
      cityvitals.sound.start();
      cityvitals.page.start(site, onFrame, everySecond);
      put("duty-kept-filters", filters());
      for (const [what, react] of [["click", onClick], ["input", onInput], ["keydown", onKey]]) root.addEventListener(what, react);
      if (chosen) open(chosen);
      return clientside.no_update;
    },
  });
})(window);
