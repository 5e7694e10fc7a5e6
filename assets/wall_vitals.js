/* Left column: how is the city. The gravest level with its counts, then the five domains with what each stands for. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const format = cityvitals.format;
  const { esc, words } = format;
  const SPARK_WIDTH = 100;
  const SPARK_HEIGHT = 30;

  const ordered = (section) => Object.keys(section || {})
    .map((key) => Object.assign({ key: key }, section[key])).sort((a, b) => a.order - b.order);

  /** Active warnings by level over all areas: what the counties show always adds up to this. */
  function totals(areas) {
    const sum = { red: 0, orange: 0, yellow: 0, blue: 0, total: 0 };
    for (const area of ordered(areas)) {
      for (const level of format.GRAVEST_FIRST) sum[level] += (area.counts || {})[level] || 0;
      sum.total += area.total || 0;
    }
    return sum;
  }

  /**
   * The scores 0 to 100: the city's own 体征指数 {id, record, worst, missing}, and those of domains among its parts.
   * worst: the part that cost most, missing: how many are unknown. index null where the city declares none.
   */
  function scores(picture) {
    const known = picture.indicators || {};
    const id = Object.keys(known).find((one) => known[one].domain === "city" && (known[one].parts || []).length);
    if (!id) return { index: null, byDomain: {} };
    const valueOf = (one) => (picture.values || {})[one + "¦" + picture.city.main.code];
    const record = valueOf(id) || { value: null, text: "—", detail: "" };
    const said = Object.fromEntries(record.detail.split(";").map((part) => part.split(":")));
    const byDomain = {};
    for (const part of known[id].parts) {
      if (known[part]) byDomain[known[part].domain] = Object.assign({ indicator: part, domain: known[part].domain, name: known[part].name, value: null, text: "—" }, valueOf(part));
    }
    const worst = Object.values(byDomain).find((one) => one.indicator === said.worst) || null;
    return { index: { id: id, record: record, worst: worst, missing: (said.unknown || "").split(",").filter(Boolean).length }, byDomain: byDomain };
  }

  /** The city's word: the gravest level in force; without any, that there is none, and of how many domains that is known. */
  function cityWord(worst, blind, known) {
    if (worst) return '<p class="worst level-' + worst + '">' + format.mark(worst) + "<b>" + esc(format.levelWord(worst)) + "</b></p>";
    const word = !known ? format.levelWord(null) : blind ? words("wall.domains_calm", { count: known }) : words("wall.calm");
    return '<p class="worst level-' + (known ? "normal" : "unknown hatched") + '"><b>' + esc(word) + "</b></p>";
  }

  /** The number beside the word: how the city runs, whatever the warnings say. */
  function cityIndex(index, address) {
    if (!index) return "";
    const level = index.record.level && index.record.level !== "normal" ? " level-" + index.record.level : "";
    return '<a class="index' + level + (index.record.value === null ? " hatched" : "") + '" href="' + esc(address + "indicators/" + encodeURIComponent(index.id))
      + '"><span>' + esc(words("wall.index")) + "</span><b>" + esc(index.record.text) + "</b></a>";
  }

  /** Below the two: how many domains are blind, and what pulled the number down. */
  function cityWhy(blind, known, index, domains) {
    const tag = blind && known ? '<i class="no-data hatched">' + esc(words("wall.domains_unknown", { count: blind })) + "</i>" : "";
    let pulled = "";
    if (index && index.worst) {
      const domain = domains[index.worst.domain];
      pulled = words("wall.index_pulled", { name: domain ? domain.name : index.worst.name, score: index.worst.text });
    } else if (index && index.missing) {
      pulled = words("wall.index_missing", { count: index.missing });
    }
    return '<p class="why">' + tag + "<span>" + esc(pulled) + "</span></p>";
  }

  /** The city in one look: gravest level, its index and what pulled it down, and how many warnings of each level. */
  function city(picture, address) {
    const sum = totals(picture.areas);
    const domains = ordered(picture.domains);
    const states = domains.map((domain) => stateOf(domain, picture.sources));
    const blind = states.filter((state) => state === "unknown" || state === "stale").length;
    const known = states.filter((state) => state === "known").length;
    const index = scores(picture).index;
    const worst = format.GRAVEST_FIRST.find((level) => sum[level] > 0) || null;
    const reported = domains.reduce((all, domain) => all + (domain.reported || 0), 0);
    const expected = domains.reduce((all, domain) => all + (domain.expected || 0), 0);
    const counts = format.GRAVEST_FIRST.map((level) => '<li class="' + (sum[level] ? "level-" + level : "none") + '">'
      + format.mark(level) + "<b>" + sum[level] + "</b><span>" + esc(format.levelWord(level)) + "</span></li>").join("");
    return '<header class="wall-title"><h2>' + esc(words("wall.vitals")) + "</h2><span>" + esc(format.reporting(reported, expected))
      + '</span></header><div class="state">' + cityWord(worst, blind, known) + cityIndex(index, address) + "</div>"
      + cityWhy(blind, known, index, picture.domains || {}) + '<ol class="counts">' + counts + "</ol>";
  }

  /** A line through the last hours in a box of 100 × 30; a hole where nothing is known. "" with fewer than two points. */
  function sparkPath(points) {
    const known = (points || []).filter((point) => point[1] !== null);
    if (known.length < 2) return "";
    const times = points.map((point) => point[0]);
    const low = Math.min(...known.map((point) => point[1]));
    const high = Math.max(...known.map((point) => point[1]));
    const from = Math.min(...times);
    const across = Math.max(...times) - from || 1;
    let path = "";
    let pen = false;
    for (const [at, value] of points) {
      if (value === null) {
        pen = false;
        continue;
      }
      const x = ((at - from) / across) * SPARK_WIDTH;
      const y = high === low ? SPARK_HEIGHT / 2 : SPARK_HEIGHT - 2 - ((value - low) / (high - low)) * (SPARK_HEIGHT - 4);
      path += (pen ? "L" : "M") + x.toFixed(1) + " " + y.toFixed(1);
      pen = true;
    }
    return path;
  }

  function spark(points, level) {
    const path = sparkPath(points);
    return path ? '<svg class="spark level-' + level + '" viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true"><path d="' + path + '"/></svg>'
      : '<svg class="spark"></svg>';
  }

  /** The silent sources behind a figure; [] while any source that fills it still speaks. */
  function blinding(sources, headline) {
    const behind = Object.keys(sources || {}).map((key) => sources[key])
      .filter((source) => headline && (source.blinds || []).includes(headline.name));
    return behind.some((source) => source.state === "ok") ? [] : behind;
  }

  /** off: nothing declared; unknown: no figure; stale: a figure whose sources fell silent; else known. */
  function stateOf(record, sources) {
    if (record.status === "off") return "off";
    if (record.status !== "ok" || !record.headline || record.headline.value === null) return "unknown";
    return blinding(sources, record.headline).length ? "stale" : "known";
  }

  /** Value slower than daily: its period; else nothing, the reporting rate and the clock say it. */
  const periodOf = (headline) => (headline && headline.period ? '<span class="period">' + esc(headline.period) + "</span>" : "");

  /** silence: said instead of place and name when the sources behind the figure fell silent. */
  function known(domain, headline, points, silence) {
    const abnormal = domain.level && domain.level !== "normal";
    const aqi = headline.aqi && headline.aqi.word ? '<em>' + esc(headline.aqi.word) + "</em>" : "";
    const place = headline.area_name ? format.shortName(headline.area_name) + " " : "";
    const what = silence || place + headline.name;
    return '<div class="figure' + (abnormal ? " level-" + domain.level : "") + '"><b>' + esc(headline.text) + "</b><small>"
      + esc(headline.unit || "") + "</small>" + aqi + "</div>" + spark(points, abnormal ? domain.level : "normal")
      + '<p class="what"><span>' + esc(what) + "</span>" + periodOf(headline) + "</p>"
      + '<p class="reported">' + esc(format.reporting(headline.reported, headline.expected)) + "</p>";
  }

  function unknown(domain, headline, silent, nowMs) {
    const why = silent.length ? format.silence(silent[0], nowMs)
      : headline ? headline.name : words(domain.hidden ? "wall.hidden" : "wall.no_value_yet");
    const reported = headline ? format.reporting(headline.reported, headline.expected) : format.reporting(domain.reported, domain.expected);
    return '<div class="figure"><b>—</b></div><p class="no-data">' + esc(words("level.unknown")) + "</p>"
      + '<p class="what"><span>' + esc(why) + '</span></p><p class="reported">' + esc(reported) + "</p>";
  }

  /** One domain: plain, abnormal (colour, word, shape), unknown (hatched, —), stale (hatched, its last figure grey), or off. */
  function domain(record, picture, nowMs, address, score) {
    const headline = record.headline;
    const silent = blinding(picture.sources, headline);
    const points = ((picture.sparks || {})[record.key] || {}).points;
    const state = stateOf(record, picture.sources);
    const tag = state === "stale" ? '<span class="no-data">' + esc(format.words("level.stale")) + "</span>" : state === "known" && record.level !== "normal" ? format.levelTag(record.level)
      : state === "known" ? '<span class="level level-normal">' + esc(format.levelWord("normal")) + "</span>" : "";
    const silence = state === "stale" ? format.silence(silent[0], nowMs) : "";
    const body = state === "known" || state === "stale" ? known(record, headline, points, silence)
      : state === "unknown" ? unknown(record, headline, silent, nowMs)
        : '<p class="what"><span>' + esc(words("wall.domain_off")) + "</span></p>";
    const href = headline ? address + "indicators/" + encodeURIComponent(headline.indicator) : address + "indicators";
    return '<a class="domain ' + state + (state === "unknown" || state === "stale" ? " hatched" : "") + '" href="' + esc(href) + '" data-domain="'
      + esc(record.key) + '"><h3>' + esc(record.name) + (score ? '<small class="score' + (score.value === null ? " hatched" : "") + '">'
      + esc(words("wall.score")) + " <b>" + esc(score.text) + "</b></small>" : "") + "</h3>" + tag + body + "</a>";
  }

  /** The five domains in their declared order. */
  function domains(picture, nowMs, address) {
    const { byDomain } = scores(picture);
    return ordered(picture.domains).map((record) => domain(record, picture, nowMs, address, byDomain[record.key])).join("");
  }

  cityvitals.vitals = { city, domain, domains, ordered, scores, sparkPath, totals };
})(typeof window === "undefined" ? globalThis : window);
