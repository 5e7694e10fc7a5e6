/* 数据中断: when the picture may no longer be believed, why, since when, what that blinds, and whom to call. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const format = cityvitals.format;
  const SILENT_MS = 5000; // a beat comes every second
  const LOST_MS = 25000; // a worker beats every second; said before 30 s have passed
  const PROBE_MS = 30000; // the test reading comes every 10 s

  const values = (section) => Object.keys(section || {}).map((key) => Object.assign({ key: key }, section[key]));

  /** A worker of a kind that does not turn any more; null when all do. */
  function lost(workers, kind, nowMs) {
    return values(workers).find((worker) => worker.key.startsWith(kind) && nowMs - worker.beat_ms > LOST_MS) || null;
  }

  /** An ingest worker that turns but says that its broker does not answer. */
  function brokerless(workers) {
    return values(workers).find((worker) => worker.key.startsWith("ingest") && worker.state === "down") || null;
  }

  /** All sources that should speak and do not; null when any still does. */
  function allSilentSince(sources) {
    const speaking = values(sources).filter((source) => source.kind !== "probe" && source.kind !== "statistics");
    if (!speaking.length || speaking.some((source) => source.state !== "silent")) return null;
    return Math.max(...speaking.map((source) => source.since_ms));
  }

  function workerFault(picture, nowMs) {
    for (const kind of ["ingest", "engine", "board"]) {
      const worker = lost(picture.workers, kind, nowMs);
      if (worker) return { cause: kind, sinceMs: worker.beat_ms };
    }
    const ingest = brokerless(picture.workers);
    return ingest ? { cause: "broker", sinceMs: ingest.since_ms || ingest.beat_ms, says: ingest.says } : null;
  }

  function probeFault(picture, nowMs) {
    const probe = (picture.probe || {}).main;
    if (!probe || !probe.seen_ms || nowMs - probe.seen_ms <= PROBE_MS) return null;
    return { cause: "probe", sinceMs: probe.seen_ms };
  }

  /**
   * Why the whole picture is stale, gravest cause first, or null: {cause, sinceMs} in server time
   * (sources: city time). Every cause is also the name of its sentence `wall.stale_<cause>`.
   */
  function diagnose(picture, condition, nowMs, cityNowMs) {
    if (condition.silentMs > SILENT_MS) return { cause: "connection", sinceMs: nowMs - condition.silentMs };
    if (condition.redis === "down") return { cause: "redis", sinceMs: nowMs };
    const fault = workerFault(picture, nowMs) || probeFault(picture, nowMs);
    if (fault) return fault;
    const silentSince = allSilentSince(picture.sources);
    return silentSince === null ? null : { cause: "sources", sinceMs: nowMs - (cityNowMs - silentSince) };
  }

  /** The bar: what stopped and for how long, large; then where the picture stands, what it blinds, whom to call. */
  function bar(fault, picture, nowMs) {
    const city = (picture.city || {}).main || {};
    const stopped = format.words("wall.stale_stopped", { time: format.civil(fault.sinceMs).time });
    const blinds = format.words("wall.stale_blinds_" + (fault.cause === "sources" ? "sources" : "all"));
    const call = city.support
      ? format.words("wall.stale_call", { who: city.support, phone: city.support_phone || "" }) : "";
    return '<div class="stale-what"><i></i><b>' + format.esc(format.words("level.stale")) + "</b> <time>"
      + format.stopwatch(nowMs - fault.sinceMs) + "</time> <span>" + format.esc(format.words("wall.stale_" + fault.cause))
      + '</span></div><div class="stale-rest">'
      + [stopped, blinds, call].filter(Boolean).map((part) => "<span>" + format.esc(part) + "</span>").join("") + "</div>";
  }

  /** The bar of a page that never heard anything: no server time is known, so none is shown. */
  function unheard() {
    return '<div class="stale-what"><i></i><b>' + format.esc(format.words("level.stale")) + "</b> <span>"
      + format.esc(format.words("wall.stale_unheard")) + "</span></div>";
  }

  cityvitals.stale = { bar, diagnose, unheard };
})(typeof window === "undefined" ? globalThis : window);
