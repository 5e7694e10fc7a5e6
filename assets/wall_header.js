/* Header and footer: which city, whose data, what time, what is in force, and whether the chain itself is alive. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const format = cityvitals.format;
  const { esc, words } = format;

  /** Who and with what kind of data: name of the city, stamp unless live; a replay tells its speed. */
  function identity(city, condition) {
    const name = '<h1>' + esc(city.name || "") + " <span>" + esc(words("wall.title")) + "</span></h1>";
    if (!city.stamp || city.stamp === "live") return name;
    const speed = condition.speed !== 1 ? " ×" + format.count(condition.speed) : "";
    return name + '<span class="stamp">' + esc(words("stamp." + city.stamp) + speed) + "</span>";
  }

  /** Signals that an authority issued; responses of ours stand before them, never mixed (`responses.js`). */
  function inForce(city, nowMs) {
    const signals = (city.issued || []).map((signal) => '<span class="signal">' + format.mark(signal.level) + "<b>" + esc(signal.title)
      + "</b> " + esc(words("wall.issued_by", { issuer: signal.issuer, time: format.moment(signal.at_ms, nowMs) })) + "</span>");
    return signals.join("");
  }

  /** Rules that a shift leader relaxed for hours: until when, who; nobody may believe that they judge as usual. */
  function relaxed(rules, nowMs) {
    return Object.keys(rules || {}).sort().map((key) => '<span class="relaxed"><b>' + esc(words("wall.relaxed", { rule: rules[key].rule_name })) + "</b><small>"
      + esc(words("wall.relaxed_until", { until: format.moment(rules[key].until_ms, nowMs), by: rules[key].by, reason: rules[key].reason || "" })) + "</small></span>").join("");
  }

  /** Date, weekday and clock of the city; the seconds are the sign of life of this page. */
  function clock(cityMs) {
    const at = format.civil(cityMs);
    return '<span class="date">' + esc(at.date) + " " + esc(at.weekday) + "</span><time>" + at.time + "</time>";
  }

  /** The source whose newest reading is the oldest among those that should speak; null when there is none. */
  function oldestSource(sources) {
    const speaking = Object.keys(sources || {}).map((key) => sources[key])
      .filter((source) => source.newest_ms && source.kind !== "probe" && source.kind !== "statistics");
    return speaking.sort((a, b) => a.newest_ms - b.newest_ms)[0] || null;
  }

  /** Round trip of the test reading, and the oldest source by name. */
  function chain(picture, nowMs) {
    const probe = (picture.probe || {}).main || {};
    const late = probe.state !== "ok";
    const trip = typeof probe.round_trip_ms === "number" && !late
      ? words("wall.probe_trip", { seconds: (probe.round_trip_ms / 1000).toFixed(probe.round_trip_ms < 9950 ? 1 : 0) })
      : words("wall.probe_" + (probe.state || "never"));
    const oldest = oldestSource(picture.sources);
    const age = oldest ? '<span' + (oldest.state === "ok" ? "" : ' class="silent"') + ">"
      + esc(words("wall.oldest", { name: oldest.name, age: format.age(nowMs - oldest.newest_ms) })) + "</span>" : "";
    return '<span class="probe' + (late ? " silent" : "") + '">' + esc(trip) + "</span>" + age;
  }

  /** Footer: how the page is fed, its revision, what flows and what was refused. */
  function footer(picture, condition) {
    const load = (picture.load || {}).main || {};
    const parts = [
      words("wall.transport_" + (condition.open ? condition.transport : "none")),
      words("wall.revision", { revision: condition.revision === null ? "—" : String(condition.revision % 1000000) }),
      words("wall.load", { messages: format.count(load.messages_s), readings: format.count(load.readings_s) }),
    ];
    const refused = words("wall.refused", { refused: format.count(load.refused_hour) });
    const odd = words("wall.odd", { doubled: format.count(load.doubled), late: format.count(load.late) });
    return parts.map((part) => "<span>" + esc(part) + "</span>").join("")
      + "<span" + (load.refused_hour ? ' class="noted"' : "") + ">" + esc(refused) + "</span><span>" + esc(odd) + '</span><span class="legal">' + esc(words("wall.legal")) + "</span>";
  }

  cityvitals.header = { chain, clock, footer, identity, inForce, oldestSource, relaxed };
})(typeof window === "undefined" ? globalThis : window);
