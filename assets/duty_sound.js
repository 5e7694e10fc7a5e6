/*
 * What rings in the room: a tone of its own for red, for orange, for lost data and for urgent orders, repeated until
 * somebody acknowledged.
 * Synthesised here, so that no file can be missing. A browser that plays nothing before a click is told on by a bar.
 */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  // Notes as [Hz, begins after s, lasts s]; each is repeated after `every` s. The graver, the higher, faster and denser.
  const TONES = {
    red: { every: 4, notes: [[988, 0, 0.16], [1319, 0.2, 0.16], [988, 0.4, 0.16], [1319, 0.6, 0.16], [988, 0.8, 0.3]] },
    orange: { every: 8, notes: [[784, 0, 0.28], [587, 0.36, 0.4]] },
    lost: { every: 12, notes: [[440, 0, 0.5], [330, 0.6, 0.5], [220, 1.2, 0.8]] },
    urgent: { every: 20, notes: [[659, 0, 0.2], [659, 0.3, 0.2]] },
  };
  const STARTS_WITHIN_S = 2; // a sound system that has just been asked for is not blocked yet
  const ORDER = ["red", "lost", "orange", "urgent"]; // when several ring, they take turns, so that each is heard
  const RINGING = ["card", "source", "signal", "event"];
  const LOUD = 0.35;
  const MUTE_MS = 5 * 60000;
  const rung = { red: 0, orange: 0, lost: 0, urgent: 0 };
  const seen = new Map(); // key → [level, city time at which this page first saw it so]
  let context = null;
  const next = { red: 0, orange: 0, lost: 0, urgent: 0 }; // steady s
  let busyUntil = 0;
  let quietSinceS = 0; // steady s since which the browser plays nothing
  let toldMuted = 0; // the end of the mute that was told of
  let mutedHere = 0; // city time; what this screen was told while the server could not be reached

  const steadyS = () => root.performance.now() / 1000;

  function audio() {
    if (!context && root.AudioContext) context = new root.AudioContext();
    return context;
  }

  const isHeard = () => Boolean(audio()) && context.state === "running";

  /** Whether this browser plays nothing until somebody touches the page. */
  function isBlocked() {
    if (isHeard()) quietSinceS = 0;
    else if (!quietSinceS) quietSinceS = steadyS();
    return !context || (quietSinceS > 0 && steadyS() - quietSinceS > STARTS_WITHIN_S);
  }

  /** A tone, and what is said after it. */
  function play(name, words) {
    const at = context.currentTime + 0.02;
    for (const [hertz, after, lasts] of TONES[name].notes) {
      const tone = context.createOscillator();
      const loudness = context.createGain();
      tone.type = name === "lost" ? "sine" : "triangle";
      tone.frequency.value = hertz;
      loudness.gain.setValueAtTime(0, at + after);
      loudness.gain.linearRampToValueAtTime(LOUD, at + after + 0.015);
      loudness.gain.setValueAtTime(LOUD, at + after + lasts - 0.05);
      loudness.gain.linearRampToValueAtTime(0, at + after + lasts);
      tone.connect(loudness).connect(context.destination);
      tone.start(at + after);
      tone.stop(at + after + lasts);
    }
    const last = TONES[name].notes[TONES[name].notes.length - 1];
    busyUntil = steadyS() + last[1] + last[2] + 0.3;
    next[name] = steadyS() + TONES[name].every;
    rung[name] += 1;
    cityvitals.voice.say(words, last[1] + last[2] + 0.1);
  }

  /** The tone of an item that waits; "" for what waits quietly. */
  function toneOf(item) {
    if (item.kind === "source" || item.silent || item.lostIsNews) return "lost";
    return item.kind === "event" ? (item.urgent ? "urgent" : "") : item.level;
  }

  /**
   * What should be heard now: tone → what is said after it; muted ones are left out, but for a red one that came after the
   * mute. A signal of an authority is never called one of our warnings.
   */
  function wanted(items, isStale, mute, nowMs) {
    const found = new Map(isStale ? [["lost", "lost"]] : []);
    for (const item of items) {
      if (!item.waits || !RINGING.includes(item.kind)) continue;
      const name = toneOf(item);
      const before = seen.get(item.key);
      if (!before || before[0] !== name) seen.set(item.key, [name, nowMs]);
      const breaksThrough = name === "red" && mute && seen.get(item.key)[1] > mute.from_ms;
      if (!TONES[name] || (mute && !breaksThrough)) continue;
      if (!found.has(name) || item.kind !== "signal") found.set(name, item.kind === "signal" ? "signal" : name);
    }
    const here = new Set(items.map((item) => item.key));
    for (const key of seen.keys()) if (!here.has(key)) seen.delete(key);
    if (mute && isStale) found.delete("lost");
    return found;
  }

  /** The mute that holds now, of the room or of this screen; null. */
  function muted(picture, nowMs) {
    const room = (picture.silences || {}).mute;
    if (room && room.until_ms > nowMs) return room;
    return mutedHere > nowMs ? { from_ms: mutedHere - MUTE_MS, until_ms: mutedHere, by: "" } : null;
  }

  /** Once a second: ring what should ring. Returns {ringing, muted, blocked}. */
  function turn(picture, isStale, nowMs) {
    const mute = muted(picture, nowMs);
    const ringing = wanted(cityvitals.dutyState.items(picture), isStale, mute, nowMs);
    const blocked = isBlocked();
    if (isHeard() && steadyS() >= busyUntil && !cityvitals.voice.isSpeaking()) {
      const due = ORDER.filter((name) => ringing.has(name) && steadyS() >= next[name]);
      const name = due.sort((a, b) => next[a] - next[b])[0];
      if (name) play(name, ringing.get(name));
      else if (mute && mute.until_ms !== toldMuted) cityvitals.voice.say("muted", 0);
      toldMuted = mute ? mute.until_ms : 0;
    }
    for (const name of ORDER) if (!ringing.has(name)) next[name] = 0;
    paintBar(blocked, mute, nowMs);
    return { ringing: Array.from(ringing.keys()), muted: mute, blocked: blocked };
  }

  /** The bar over a screen that cannot be heard, or that was muted: nobody may overlook it. */
  function paintBar(blocked, mute, nowMs) {
    const { format, page } = cityvitals;
    const left = mute ? format.stopwatch(mute.until_ms - nowMs).slice(3) : "";
    page.put("shell-sound-bar", blocked ? '<div class="blocked"><b>' + format.esc(format.words("duty.blocked")) + "</b><span>"
      + format.esc(format.words("duty.blocked_how")) + "</span></div>"
      : mute ? '<div class="muted"><b>' + format.esc(format.words("duty.muted", { left: left })) + "</b><span>"
        + format.esc(mute.by ? format.words("duty.muted_by", { name: mute.by }) : format.words("duty.muted_here")) + "</span></div>" : "");
  }

  /** A touch or a key is what browsers wait for. */
  function allow() {
    if (context && context.state === "suspended") context.resume();
  }

  function start() {
    audio();
    for (const what of ["pointerdown", "keydown"]) root.addEventListener(what, allow);
  }

  /** Every tone once, so that who takes over hears that he will hear. */
  function tryAll() {
    allow();
    Object.keys(TONES).forEach((name, at) => root.setTimeout(() => { if (isHeard()) play(name, name); }, at * 2500));
  }

  cityvitals.sound = {
    MUTE_MS, allow, isBlocked, start, tryAll, turn,
    /** How often each tone was scheduled since the page began. */
    rung: () => Object.assign({}, rung),
    /** Quiet on this screen alone, when the server cannot be told. */
    muteHere: (untilMs) => { mutedHere = untilMs; },
  };
})(window);
