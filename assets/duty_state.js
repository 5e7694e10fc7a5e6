/* What waits for a person, and how it stands: pure functions of the picture, for the duty desk, the wall and the sound. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const words = (code, values) => cityvitals.format.words(code, values); // its file is loaded after this one
  const DEVICES_SHOWN = 30;
  const URGENCY = { red: 90, orange: 80, urgent: 75, lost: 70, yellow: 60, report: 55, blue: 50, event: 40, device: 20, cleared: 10, flapping: 15 };
  const UNTOUCHED = {
    acked_level: "", acked_by: "", acked_ms: 0, holder: "", comments: [], shelved_until_ms: 0, verdict: "", verdict_by: "", seat: "", went_up: 0,
    into: "", silenced: false, since_ms: 0,
  };

  const entries = (section) => Object.keys(section || {}).map((key) => [key, section[key]]);
  const standing = (picture, key) => Object.assign({}, UNTOUCHED, (picture.duty || {})[key]);

  /** Cards as the Board grouped them; a warning that is in none is one of its own: [[id, {warnings, level, …}]]. */
  function cards(picture) {
    const warnings = picture.warnings || {};
    const grouped = entries(picture.cards).map(([id, card]) => [id, Object.assign({}, card, {
      warnings: card.warnings.filter((one) => warnings[one] && warnings[one].phase === "active"),
    })]).filter(([, card]) => card.warnings.length);
    const carded = new Set(grouped.flatMap(([, card]) => card.warnings));
    const single = entries(warnings).filter(([id, one]) => one.phase === "active" && !carded.has(id)).map(([id, one]) => [id, {
      cause: "", cause_name: "", warnings: [id], level: one.level, since_ms: one.since_ms, area: one.area, subjects: 1, sentence: one.sentence,
    }]);
    return grouped.concat(single);
  }

  /** Cards that flap 抖动 and are normal now: they stay, waiting for nobody, until their damping time is over. */
  function quiet(picture) {
    const stands = ([, card]) => (card.flapping || []).length && !card.warnings.some((one) => ((picture.warnings || {})[one] || {}).phase === "active");
    return entries(picture.cards).filter(stands).map(([id, card]) => Object.assign(cardItem(picture, id, card), {
      kind: "flapping", level: "", urgency: URGENCY.flapping, waits: false, members: [], warningId: card.flapping[card.flapping.length - 1],
    }));
  }

  /** Whether a card has to be acknowledged still: nobody did at this level, and nobody silenced or shelved it. */
  function cardWaits(card, stands) {
    if (typeof stands.waits === "boolean") return stands.waits;
    return cityvitals.format.RANK[card.level] > (cityvitals.format.RANK[stands.acked_level] || 0);
  }

  function cardItem(picture, id, card) {
    const stands = standing(picture, id);
    const lostMs = Math.max(0, ...card.warnings.map((one) => (picture.warnings || {})[one] || {}).filter((one) => one.level === "red" || one.level === "orange").map((one) => one.lost_ms || 0));
    const lead = (picture.warnings || {})[id] || (picture.warnings || {})[card.warnings[0]] || {};
    return {
      key: id, kind: "card", level: card.level, urgency: URGENCY[card.level] || 0, waits: cardWaits(card, stands), sinceMs: card.since_ms,
      sentence: card.sentence || lead.sentence || "", area: card.area, issued: lead.issuer === "issued", stands: stands,
      lostMs: lostMs, lostIsNews: lostMs > stands.since_ms && cityvitals.format.RANK[card.level] <= (cityvitals.format.RANK[stands.acked_level] || 0),
      silent: Boolean(card.silent), flapping: Boolean((card.flapping || []).length), cause: card.cause || "", causeName: card.cause_name || "", members: card.warnings, warning: lead, warningId: card.warnings[0],
    };
  }

  function signalItem(picture, signal) {
    const stands = standing(picture, "signal:" + signal.id);
    return {
      key: "signal:" + signal.id, kind: "signal", level: signal.level, urgency: (URGENCY[signal.level] || 0) + 1, waits: cardWaits(signal, { acked_level: stands.acked_level }),
      sinceMs: signal.at_ms, sentence: words("duty.signal", { issuer: signal.issuer, area: signal.area_name, title: signal.title }),
      area: signal.area, issued: true, byHand: signal.by_hand, stands: stands, untilMs: signal.until_ms, signal: signal,
    };
  }

  /** A source that fell silent; one that never spoke is nobody's alarm. */
  function sourceItem(picture, id, source) {
    const stands = standing(picture, "source:" + id);
    return {
      key: "source:" + id, kind: "source", level: "", urgency: URGENCY.lost, waits: stands.since_ms < source.since_ms, sinceMs: source.since_ms,
      sentence: words("duty.source", { name: source.name, blinds: cityvitals.format.listed((source.blinds || []).slice(0, 4)) || "—" }), area: "",
      stands: stands, source: source,
    };
  }

  function eventItem(picture, id, event) {
    const stands = standing(picture, "event:" + id);
    const reported = event.type === "report" || event.by_hand;
    const isAlarm = event.type.startsWith("device."); // its own alarm: a lid opened, a battery that runs out
    const sentence = event.urgent ? words("duty.urgent", { name: cityvitals.format.shortName(event.name || event.device), what: event.text || event.subject || event.type })
      : isAlarm ? words("duty.alarm", { name: cityvitals.format.shortName(event.name || event.device), what: event.text || event.type.replace("device.", "") }) : reported ? event.text : words("duty.video", { what: cityvitals.format.eventWord(event.type), name: cityvitals.format.shortName(event.name || event.device) });
    return {
      key: "event:" + id, kind: "event", level: "", urgency: event.urgent ? URGENCY.urgent : reported ? URGENCY.report : URGENCY.event, urgent: Boolean(event.urgent),
      waits: !stands.acked_ms && !stands.verdict, sinceMs: event.began_ms, sentence: sentence, area: event.area, stands: stands, event: event,
      byHand: event.by_hand,
    };
  }

  function deviceItem(picture, id, station) {
    const stands = standing(picture, "device:" + id);
    return {
      key: "device:" + id, kind: "device", level: "", urgency: URGENCY.device, waits: !stands.acked_ms || stands.acked_ms < station.newest_ms,
      sinceMs: station.newest_ms, sentence: words("duty.device", { name: cityvitals.format.shortName(station.name) }), area: station.area, stands: stands,
      station: station,
    };
  }

  /** Devices that fell silent while their source speaks: what is silent as a whole is told once, by its source. */
  function silentDevices(picture) {
    const sources = picture.sources || {};
    return entries(picture.stations).filter(([, one]) => one.state === "silent" && (sources[one.feed] || {}).state === "ok")
      .sort((a, b) => b[1].newest_ms - a[1].newest_ms).slice(0, DEVICES_SHOWN);
  }

  /** A response that somebody asked for and nobody approved yet, or a plan whose trigger fits what stands now. */
  function proposalItem(picture, id, one) {
    const asked = id.startsWith("response:");
    const places = { name: one.name, areas: cityvitals.format.listed(one.area_names), count: one.causes.length };
    return {
      key: id, kind: "plan", level: "", urgency: asked ? URGENCY.red + 5 : URGENCY.urgent, waits: true, sinceMs: one.since_ms,
      sentence: words(asked ? "plan.waits_for_approval" : "plan.asks", places), area: one.areas[0] || "", stands: standing(picture, id),
      page: asked ? "plans/" + id.slice("response:".length) : "plans",
    };
  }

  function clearedItem(picture, id, warning) {
    return {
      key: id, kind: "cleared", level: warning.peak, urgency: URGENCY.cleared, waits: false, sinceMs: warning.ended_ms, sentence: warning.sentence,
      area: warning.area, stands: standing(picture, id), warning: warning, warningId: id, members: [id],
    };
  }

  /** All that waits for a person, the most urgent first: what waits before what somebody has; of these the oldest first. */
  function items(picture) {
    const signals = ((picture.city || {}).main || {}).issued || [];
    // An urgent order is not over when the call is.
    const open = ([, event]) => event.urgent || (!event.ended_ms && (event.by_hand || event.type === "report" || event.type.startsWith("video.") || event.type.startsWith("device.")));
    const flaps = new Set(entries(picture.cards).flatMap(([, card]) => card.flapping || []));
    const all = [
      ...cards(picture).map(([id, card]) => cardItem(picture, id, card)),
      ...quiet(picture),
      ...signals.map((signal) => signalItem(picture, signal)),
      ...entries(picture.proposals).filter(([, one]) => !one.exercise).map(([id, one]) => proposalItem(picture, id, one)),
      ...entries(picture.sources).filter(([, one]) => one.state === "silent").map(([id, one]) => sourceItem(picture, id, one)),
      ...entries(picture.events).filter(open).map(([id, one]) => eventItem(picture, id, one)),
      ...silentDevices(picture).map(([id, one]) => deviceItem(picture, id, one)),
      ...entries(picture.warnings).filter(([id, one]) => one.phase === "cleared" && !one.late && !flaps.has(id)).map(([id, one]) => clearedItem(picture, id, one)),
    ].filter((item) => item.kind === "card" || item.kind === "signal" || !item.stands.verdict);
    return all.sort((a, b) => b.waits - a.waits || b.urgency - a.urgency || (a.waits ? a.sinceMs - b.sinceMs : b.sinceMs - a.sinceMs)
      || (a.key < b.key ? -1 : 1));
  }

  /** How many wait, are shelved 已搁置 and silenced 已屏蔽, and when the next of the last two ends. */
  function counts(picture, nowMs) {
    const all = cards(picture).map(([id, card]) => cardItem(picture, id, card));
    const silences = entries(picture.silences).filter(([key, one]) => key !== "mute" && one.from_ms <= nowMs).map(([, one]) => one);
    const shelved = all.filter((item) => item.stands.shelved_until_ms > nowMs);
    const ends = shelved.map((item) => item.stands.shelved_until_ms).concat(silences.map((one) => one.until_ms));
    return {
      waiting: all.filter((item) => item.waits).length, shelved: shelved.length,
      silenced: silences.reduce((sum, one) => sum + one.hides, 0), silences: silences, nextEndMs: ends.length ? Math.min(...ends) : 0,
    };
  }

  /** The open case that was made of an item: [number, case]; null. */
  function caseOf(picture, item) {
    const told = new Set([item.key, item.warningId].concat(item.members || []));
    return entries(picture.cases).find(([, one]) => one.of && told.has(one.of)) || null;
  }

  /** Who is on it, in a few words; "" for nobody. */
  function onIt(stands, nowMs) {
    if (stands.silenced) return words("duty.is_silenced");
    if (stands.shelved_until_ms > nowMs) return words("duty.is_shelved", { time: cityvitals.format.moment(stands.shelved_until_ms, nowMs) });
    if (stands.holder && stands.holder !== stands.acked_by) return words("duty.is_held", { name: stands.holder });
    return stands.acked_by ? words("duty.is_acked", { name: stands.acked_by, time: cityvitals.format.moment(stands.acked_ms, nowMs) }) : "";
  }

  /** The end of the sentence: who is on it, or what has to be done next; as `early_warning/duty_sentence.py` says it. */
  function next(item, nowMs) {
    const { format } = cityvitals;
    const stands = item.stands;
    const at = (ms) => format.moment(ms, nowMs);
    if (stands.verdict) return words("duty.on_judged", { name: stands.verdict_by, verdict: words("duty.verdict_" + stands.verdict.replace(/-/g, "_")) });
    if (stands.silenced) return words("duty.on_silenced");
    if (stands.shelved_until_ms > nowMs) return words("duty.on_shelved", { time: at(stands.shelved_until_ms) });
    if (item.kind === "plan") return words(item.page === "plans" ? "plan.next" : "plan.next_approve");
    if (item.waits) return item.level ? words("duty.next_" + item.level) : words("duty.next_orange");
    if (stands.holder && stands.holder !== stands.acked_by) return words("duty.on_held", { name: stands.holder });
    return stands.acked_by ? words("duty.on_acked", { name: stands.acked_by, time: at(stands.acked_ms) }) : "";
  }

  /** The one sentence whole, for any chat. */
  function whole(item, nowMs) {
    const on = next(item, nowMs);
    return on ? words("duty.whole", { sentence: item.sentence, on: on }) : item.sentence;
  }

  cityvitals.dutyState = { next, whole, cards, caseOf, counts, items, onIt, standing };
})(typeof window === "undefined" ? globalThis : window);
