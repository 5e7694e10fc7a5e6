/* How anything is written on a screen: words, numbers, ages, times, levels. Pure; every other script builds on it. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const MINUTE_MS = 60000;
  const HOUR_MS = 60 * MINUTE_MS;
  const DAY_MS = 24 * HOUR_MS;
  const CHINA_MS = 8 * HOUR_MS; // one civil time in all of China
  const GRAVEST_FIRST = ["red", "orange", "yellow", "blue"];
  const RANK = { red: 4, orange: 3, yellow: 2, blue: 1, normal: 0 };
  let catalogue = {};

  /** The words of this installation's language: full code → text with {places}. */
  function setWords(texts) {
    catalogue = texts;
  }

  /** The message of a code, its places filled; a missing code shows itself. */
  function words(code, values) {
    const text = catalogue[code] || code;
    return values ? text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place)) : text;
  }

  const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

  /** Text made safe to stand in HTML. Everything that comes in a frame goes through here. */
  function esc(text) {
    return String(text === null || text === undefined ? "" : text).replace(/[&<>"']/g, (letter) => ESCAPES[letter]);
  }

  const pad = (number) => String(number).padStart(2, "0");

  const LARGE = [["wording.yi", 100000000], ["wording.wan", 10000]];

  /** A count with thousands apart; from 10,000 in 万 and 亿 where the language has them, as `core/wording.py` writes. */
  function count(number) {
    if (typeof number !== "number" || !isFinite(number)) return words("wording.unknown");
    const large = LARGE.find(([code, unit]) => number >= unit && words(code, { figure: "" }));
    if (large) return words(large[0], { figure: String(Number((number / large[1]).toFixed(2))) });
    return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ",");
  }

  /** Civil date and time of the city: {date, weekday, time, minute}. */
  function civil(atMs) {
    const at = new Date(atMs + CHINA_MS);
    const values = { month: at.getUTCMonth() + 1, day: at.getUTCDate() };
    const minute = pad(at.getUTCHours()) + ":" + pad(at.getUTCMinutes());
    return {
      date: words("wall.date", values),
      weekday: words("wall.weekday_" + at.getUTCDay()),
      time: minute + ":" + pad(at.getUTCSeconds()),
      minute: minute,
      dayNumber: Math.floor((atMs + CHINA_MS) / DAY_MS),
    };
  }

  /** When something was: 07:35 today, else with its date. */
  function moment(atMs, nowMs) {
    const at = civil(atMs);
    return at.dayNumber === civil(nowMs).dayNumber ? at.minute : at.date + " " + at.minute;
  }

  /** How long something lasts, in the coarsest two units that matter: 3 分钟, 1 小时 12 分, 2 天 3 小时. */
  function span(lengthMs) {
    const minutes = Math.floor(Math.max(0, lengthMs) / MINUTE_MS);
    if (minutes < 1) return words("wall.span_now");
    if (minutes < 60) return words("wall.span_minutes", { minutes: minutes });
    const hours = Math.floor(minutes / 60);
    if (hours < 24) {
      return words(minutes % 60 ? "wall.span_hours_minutes" : "wall.span_hours", { hours: hours, minutes: minutes % 60 });
    }
    return words(hours % 24 ? "wall.span_days_hours" : "wall.span_days", { days: Math.floor(hours / 24), hours: hours % 24 });
  }

  /** How old something is; data of less than two minutes are told in seconds. */
  function age(lengthMs) {
    const seconds = Math.floor(Math.max(0, lengthMs) / 1000);
    return seconds < 120 ? words("wall.age_seconds", { seconds: seconds }) : words("wall.age", { span: span(lengthMs) });
  }

  /** A running length as 00:00:14. */
  function stopwatch(lengthMs) {
    const seconds = Math.floor(Math.max(0, lengthMs) / 1000);
    return pad(Math.floor(seconds / 3600)) + ":" + pad(Math.floor(seconds / 60) % 60) + ":" + pad(seconds % 60);
  }

  // Four shapes that stay apart at any size and without colour (ISO 22324): the graver, the more corners pressed outward.
  const SHAPES = {
    red: '<path d="M2 2h20v20H2z"/>',
    orange: '<path d="M12 0l12 12-12 12L0 12z"/>',
    yellow: '<path d="M12 1l12 21H0z"/>',
    blue: '<circle cx="12" cy="12" r="11"/>',
  };

  /** The shape of a level as SVG; nothing for normal and unknown. */
  function mark(level) {
    if (!SHAPES[level]) return "";
    return '<svg class="mark level-' + level + '" viewBox="0 0 24 24" aria-hidden="true">' + SHAPES[level] + "</svg>";
  }

  /** The word of a level; unknown is 无数据. */
  function levelWord(level) {
    return words("level." + (level || "unknown"));
  }

  /** Shape and word together, the only way a level is ever shown. */
  function levelTag(level) {
    const name = level || "unknown";
    return '<span class="level level-' + name + '">' + mark(name) + "<b>" + esc(levelWord(level)) + "</b></span>";
  }

  /** The gravest of some levels; null (unknown) only when nothing else is there. */
  function gravest(levels) {
    let worst = null;
    for (const level of levels) {
      if (level in RANK && (worst === null || RANK[level] > RANK[worst])) worst = level;
    }
    return worst;
  }

  /** 到报 n/m. */
  function reporting(reported, expected) {
    return words("wall.reporting", { reported: count(reported), expected: count(expected) });
  }

  /** A sentence whose figures keep their units when it is broken into lines. */
  function glued(sentence) {
    return String(sentence || "").replace(/(\d) (?=[A-Za-z%°μ])/g, "$1\u00a0");
  }

  /** A name without its own mark of simulation, for tight places: the stamp in the header marks the whole screen. */
  function shortName(name) {
    return String(name || "").replace(/\s*[(（](模拟|simulated)[)）]$/, "");
  }

  /** Names one after another, as the language parts them. */
  function listed(names) {
    return names.join(words("wording.and"));
  }

  /** What a camera saw, in words; a type without a word shows itself. */
  function eventWord(type) {
    const name = type.replace("video.", "");
    const word = words("wall.event_" + name);
    return word === "wall.event_" + name ? name : word;
  }

  /** A source that does not speak, by name: 12345热线来电 中断 14 分钟, or that it never did. */
  function silence(source, nowMs) {
    return source.since_ms ? words("wall.source_silent", { name: source.name, span: span(nowMs - source.since_ms) })
      : words("wall.source_never", { name: source.name });
  }

  cityvitals.format = {
    CHINA_MS, DAY_MS, GRAVEST_FIRST, HOUR_MS, MINUTE_MS, RANK, age, civil, count, esc, eventWord, glued, gravest, levelTag, levelWord, listed, mark, moment,
    reporting, setWords, shortName, silence, span, stopwatch, words,
  };
})(typeof window === "undefined" ? globalThis : window);
