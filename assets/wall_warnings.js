/* Right column: what must be looked at. Warnings as sentences, the rest counted by county; video events; sources. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const format = cityvitals.format;
  const { esc, words } = format;
  const DAY_S = 86400;
  const FEW = 3; // so many warnings leave room for the list of sources

  const listed = (section) => Object.keys(section || {}).map((key) => Object.assign({ key: key }, section[key]));

  /** Active warnings, the gravest first and of equal level the newest. */
  function active(warnings) {
    return listed(warnings).filter((warning) => warning.phase === "active")
      .sort((a, b) => format.RANK[b.level] - format.RANK[a.level] || b.since_ms - a.since_ms || (a.key < b.key ? -1 : 1));
  }

  /**
   * Active warnings, those on one card as one: its gravest, with the sentence of the card and `members`, their keys.
   * Several of one cause take one line, whatever else stands between them in time.
   */
  function gathered(warnings, cards) {
    const all = active(warnings), here = new Set(all.map((warning) => warning.key)), joined = new Map(), shown = new Set();
    for (const card of listed(cards)) {
      const members = card.warnings.filter((key) => here.has(key));
      const { sentence, since_ms, area, subjects } = card;
      if (members.length > 1) members.forEach((key) => joined.set(key, { card: card.key, own: { members, sentence, since_ms, area, subjects } }));
    }
    return all.map((warning) => [warning, joined.get(warning.key) || { card: warning.key, own: { members: [warning.key], subjects: 1 } }])
      .filter(([, one]) => !shown.has(one.card) && shown.add(one.card))
      .map(([warning, one]) => Object.assign({}, warning, one.own));
  }

  /**
   * What stands on the wall and how many warnings do not: {shown, others, total}. With one line to spare for
   * "另有 N 条" when they do not all fit.
   */
  function choose(warnings, lines, cards) {
    const all = gathered(warnings, cards), total = all.reduce((sum, one) => sum + one.members.length, 0);
    const shown = all.length <= lines ? all : all.slice(0, lines - 1);
    return { shown, others: total - shown.reduce((sum, one) => sum + one.members.length, 0), total };
  }

  /** Counts by area of those warnings that are not shown; they add up to `others`. */
  function othersByArea(warnings, shown, areas) {
    const here = new Set(shown.flatMap((warning) => warning.members));
    const counts = {};
    for (const warning of active(warnings)) {
      if (!here.has(warning.key)) counts[warning.area] = (counts[warning.area] || 0) + 1;
    }
    return Object.keys(counts)
      .sort((a, b) => ((areas || {})[a] || { order: 99 }).order - ((areas || {})[b] || { order: 99 }).order)
      .map((area) => ({ area: area, name: ((areas || {})[area] || { name: area }).name, count: counts[area] }));
  }

  /** Of each warning, how its card stands with people: {waits, on} with who is on it in words. */
  function standings(picture, nowMs) {
    const found = {};
    for (const item of cityvitals.dutyState.items(picture)) {
      for (const id of item.members || []) found[id] = { waits: item.waits, on: cityvitals.dutyState.onIt(item.stands, nowMs) };
    }
    return found;
  }

  /**
   * A sentence as it is read from five metres: the head names county and cause, the header the stamp, and what stands
   * in brackets is on the desk.
   */
  function brief(warning, area) {
    const whole = warning.members.length > 1 ? warning.sentence.split(/[；;]/)[0] : warning.sentence;
    const told = format.glued(whole.replace(/[(（][^()（）]*[)）]/g, ""));
    return area && told.startsWith(area) && told.length > area.length ? told.slice(area.length).trimStart() : told;
  }

  /** One warning or one card: how many places, shape, level word, area, who is on it, age; the sentence. Computed and issued are told apart in words. */
  function row(warning, areas, nowMs, address, stands) {
    const area = (areas || {})[warning.area];
    const on = stands.on ? '<em class="on">' + esc(stands.on) + "</em>" : "";
    const href = address + "indicators/" + encodeURIComponent(warning.indicator) + "/" + encodeURIComponent(warning.subject);
    const count = warning.subjects > 1 ? '<i class="count">' + esc(words("wall.subjects", { count: format.count(warning.subjects) })) + "</i>" : "";
    const issued = warning.issuer === "issued" ? '<i class="issued">' + esc(words("wall.issued")) + "</i>" : "";
    return { key: warning.key, level: warning.level,
      html: '<a class="warning level-' + warning.level + (stands.waits ? " waits" : "") + '" href="' + esc(href) + '">' + format.mark(warning.level)
        + "<header><b>" + esc(format.levelWord(warning.level)) + "</b><span>" + esc(area ? area.name : "") + count + issued + "</span>" + on + "<time>"
        + esc(format.span(nowMs - warning.since_ms)) + "</time></header><p>" + esc(brief(warning, area ? area.name : "")) + "</p></a>" };
  }

  /** The line as large as a warning that keeps the sum honest. */
  function othersRow(counts, others) {
    return { key: "others", level: null,
      html: '<div class="others"><b>' + esc(words("wall.others", { count: format.count(others) })) + "</b><p>"
        + counts.map((entry) => "<span>" + esc(entry.name) + " <b>" + format.count(entry.count) + "</b></span>").join("") + "</p></div>" };
  }

  /** Rows of the list for `lines` places. */
  function rows(picture, lines, nowMs, address) {
    const chosen = choose(picture.warnings, lines, picture.cards);
    const stands = standings(picture, nowMs);
    const shown = chosen.shown.map((warning) => row(warning, picture.areas, nowMs, address, stands[warning.key] || { waits: true, on: "" }));
    if (!chosen.others) return shown;
    return shown.concat(othersRow(othersByArea(picture.warnings, chosen.shown, picture.areas), chosen.others));
  }

  /** Title: how many are active, how many of these nobody acknowledged, and how many are hidden: never unseen. */
  function title(picture, nowMs) {
    const total = active(picture.warnings).length;
    const found = cityvitals.dutyState.counts(picture, nowMs);
    const notes = [["waiting", found.waiting], ["shelved", found.shelved], ["silenced", found.silenced]].filter(([, count]) => count)
      .map(([name, count]) => '<em class="' + name + '">' + esc(words("duty." + name, { count: format.count(count) })) + "</em>").join("");
    const end = found.nextEndMs ? " " + esc(words("duty.next_end", { time: format.moment(found.nextEndMs, nowMs) })) : "";
    return "<h2>" + esc(words("wall.warnings")) + " <b>" + format.count(total) + "</b></h2><span>" + (notes + end || esc(words("wall.computed_by_us"))) + "</span>";
  }

  /**
   * What fills the room that warnings leave. None active: said, so that an empty list is a statement. Up to three: the
   * sources behind it (`named` false: they stand elsewhere already). More: nothing.
   */
  function room(picture, nowMs, named) {
    const total = active(picture.warnings).length;
    if (total > FEW) return "";
    const sources = named ? "<ol>" + feeding(picture).map((source) => sourceRow(source, nowMs)).join("") + "</ol>" : "";
    return total ? sources : none(picture, nowMs) + sources;
  }

  function none(picture, nowMs) {
    const cleared = listed(picture.warnings).filter((warning) => warning.phase === "cleared" && warning.ended_ms)
      .sort((a, b) => b.ended_ms - a.ended_ms)[0];
    const last = cleared ? "<p>" + esc(words("wall.last_cleared", { time: format.moment(cleared.ended_ms, nowMs) })) + "</p>" : "";
    const known = listed(picture.domains).some((domain) => domain.status === "ok");
    const said = known ? "<b>" + esc(words("wall.no_warnings")) + "</b>" + last
      : '<p class="blind no-data hatched">' + esc(words("wall.nothing_known")) + "</p>";
    return '<div class="calm">' + said + "</div>";
  }

  /** Newest video events first, open ones before ended ones. */
  function events(picture, nowMs, places) {
    const all = listed(picture.events).filter((event) => (event.type || "").startsWith("video."));
    const open = all.filter((event) => !event.ended_ms);
    const shown = all.sort((a, b) => Boolean(a.ended_ms) - Boolean(b.ended_ms) || b.began_ms - a.began_ms).slice(0, places);
    const items = shown.map((event) => '<li class="' + (event.ended_ms ? "ended" : "open") + '"><i></i><b>' + esc(format.eventWord(event.type))
      + "</b><span>" + esc(format.shortName(event.name || event.device)) + "</span><time>" + esc(eventAge(event, nowMs)) + "</time></li>").join("");
    return "<header class=\"wall-title\"><h2>" + esc(words("wall.events")) + " <b>" + format.count(open.length) + "</b></h2><span>"
      + esc(words("wall.events_note")) + "</span></header><ol>" + (items || '<li class="nothing">' + esc(words("wall.no_events")) + "</li>") + "</ol>";
  }

  function eventAge(event, nowMs) {
    return event.ended_ms ? words("wall.event_ended", { time: format.moment(event.ended_ms, nowMs) }) : format.span(nowMs - event.began_ms);
  }

  /** All sources but the test reading's, silent ones first. */
  function feeding(picture) {
    return listed(picture.sources).filter((source) => source.kind !== "probe")
      .sort((a, b) => (a.state === "ok") - (b.state === "ok") || (a.name < b.name ? -1 : 1));
  }

  function sourceRow(source, nowMs) {
    const slow = source.every_s > DAY_S; // what comes monthly has a date, not an age
    const age = !source.newest_ms ? words("wall.never") : slow ? format.civil(source.newest_ms).date : format.age(nowMs - source.newest_ms);
    return '<li class="source' + (source.state === "ok" ? "" : " silent hatched") + '"><b>' + esc(source.name) + "</b><span>"
      + esc(format.reporting(source.reporting, source.expected)) + "</span><time>" + esc(age) + "</time></li>";
  }

  /** How many sources speak; the one silent for longest by name, what it blinds and whom to call; `places` of all by name. */
  function sources(picture, nowMs, places) {
    const all = feeding(picture);
    const silent = all.filter((source) => source.state !== "ok").sort((a, b) => a.since_ms - b.since_ms); // never (null) first
    const head = '<header class="wall-title"><h2>' + esc(words("wall.sources")) + " <b>" + format.count(all.length - silent.length) + "/"
      + format.count(all.length) + "</b></h2>";
    const named = places ? "<ol>" + all.slice(0, places).map((source) => sourceRow(source, nowMs)).join("") + "</ol>" : "";
    if (!silent.length) return head + "<span>" + esc(words(all.length ? "wall.sources_note" : "level.unknown")) + "</span></header>" + named;
    const others = silent.length > 1 ? " " + words("wall.sources_silent", { count: silent.length }) : "";
    return head + '<b class="silent hatched">' + esc(format.silence(silent[0], nowMs) + others)
      + "</b></header><p>" + esc(blindness(silent[0])) + "</p>" + named;
  }

  /** What a silent source blinds and whom to call. */
  function blindness(source) {
    const blinds = format.listed((source.blinds || []).slice(0, 2));
    return words("wall.source_blinds", { blinds: blinds || "—", who: [source.owner, source.phone].filter(Boolean).join(" ") || "—" });
  }

  cityvitals.warnings = { active, choose, events, othersByArea, room, rows, sources, title };
})(typeof window === "undefined" ? globalThis : window);
