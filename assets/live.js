/* The live feed: keeps a connection, a mirror of the picture and the server's clock, and tells panels what changed. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const FIRST_FRAME_WITHIN_MS = 5000; // a gateway may swallow the upgrade, or open it and pass nothing on
  const SILENT_AFTER_MS = 6000; // beats come every second; a connection this silent is dead although it looks open
  const RETRY_MS = [500, 1000, 2000, 4000];
  const UPGRADE_AFTER_MS = 60000; // a better transport that worked before is tried again
  const RELOAD_WITHIN_MS = { assets: 45000, scene: 1500 }; // what stands there may stay a while, unless it is another city's
  const CLOCK_STEP_MS = 250; // a smaller difference is the network's jitter, not a stepped clock
  const BEATS_BEHIND = 3; // a frame may be on its way when the beat was written

  const state = {
    site: null, mirror: null, listeners: [], tickers: [], connection: null, transport: null, failures: 0, behind: 0,
    proven: {}, heardAt: null, offsetMs: null, city: null, redis: "ok", reloading: null, startedAt: 0, coming: null,
  };
  const steadyMs = () => root.performance.now(); // never steps, whatever somebody does to the clock of this machine

  /** Server time now, ms UTC; null before the first frame. */
  function serverMs() {
    return state.offsetMs === null ? null : steadyMs() + state.offsetMs;
  }

  /** City time now, ms UTC: runs on between frames at real speed, stands still between them in a replay. */
  function cityMs() {
    if (state.city === null) return null;
    return state.city.speed === 1 ? state.city.atMs + (serverMs() - state.city.serverMs) : state.city.atMs;
  }

  /** How long nothing was heard, ms. */
  function silentMs() {
    return steadyMs() - (state.heardAt === null ? state.startedAt : state.heardAt);
  }

  function setClock(frame) {
    const offset = frame.server_ms - steadyMs();
    const first = state.offsetMs === null;
    if (first || offset > state.offsetMs || state.offsetMs - offset > CLOCK_STEP_MS) state.offsetMs = offset;
    state.city = { atMs: frame.city_ms, serverMs: frame.server_ms, speed: frame.speed };
    state.heardAt = steadyMs();
  }

  function take(data) {
    const frame = typeof data === "string" ? JSON.parse(data) : data;
    setClock(frame);
    if (frame.k === "beat") state.redis = frame.redis;
    const taken = cityvitals.mirror.apply(state.mirror, frame);
    if (taken.other) reloadSoon(taken.other);
    state.behind = taken.outcome === "behind" ? state.behind + 1 : 0;
    if (taken.outcome === "gap" || state.behind >= BEATS_BEHIND) return connect(null);
    for (const listener of state.listeners) listener(taken.changed, frame);
  }

  /** Load the page again once the server answers, at a moment spread by chance; until then keep showing. */
  function reloadSoon(why) {
    if (state.reloading === why || state.reloading === "scene") return;
    state.reloading = why;
    const attempt = async () => {
      try {
        const answer = await root.fetch(root.location.href, { cache: "no-store" });
        if (answer.ok) return root.location.reload();
      } catch (problem) {
        // the server is just restarting: the picture stays, the next attempt follows
      }
      root.setTimeout(attempt, 2000);
    };
    root.setTimeout(attempt, state.site.reload_within_ms || Math.random() * RELOAD_WITHIN_MS[why]);
  }

  /** After a transport ended: the one that is known to work, and every third time the next in order. */
  function nextTransport(failed) {
    const order = cityvitals.transports.order;
    const best = order.find((name) => state.proven[name]);
    if (best && state.failures % 3 !== 0) return best; // a restarting server refuses everything: not a reason to change
    return order[(order.indexOf(failed) + 1) % order.length];
  }

  /** hasOtherRights: what this page holds may be too much now, so it asks for the whole picture. */
  function failed(name, hasOtherRights) {
    state.connection = null;
    state.failures += 1;
    const wait = RETRY_MS[Math.min(Math.floor(state.failures / 3), RETRY_MS.length - 1)];
    connectLater(state.proven[name] || state.failures > 2 ? wait : 0, nextTransport(name), hasOtherRights);
  }

  /** The first frame came. */
  function opened(name) {
    state.failures = 0;
    state.proven[name] = true;
    const order = cityvitals.transports.order;
    const better = order.slice(0, order.indexOf(name)).find((other) => state.proven[other]);
    if (better) connectLater(UPGRADE_AFTER_MS, better, false);
  }

  /** At most one connection is to come: whatever is opened meanwhile takes its place. */
  function connectLater(waitMs, transport, whole) {
    root.clearTimeout(state.coming);
    state.coming = root.setTimeout(() => {
      state.transport = transport;
      connect(whole ? null : state.mirror.rev);
    }, waitMs);
  }

  /** Open the present transport from a revision; null asks for a snapshot. */
  function connect(rev) {
    root.clearTimeout(state.coming);
    if (state.connection) state.connection.close();
    state.behind = 0;
    const name = (state.transport = state.transport || cityvitals.transports.order[0]);
    let heard = false;
    const ended = (hasOtherRights) => {
      root.clearTimeout(timer);
      if (state.connection !== connection) return;
      connection.close();
      failed(name, hasOtherRights === true);
    };
    const timer = root.setTimeout(ended, FIRST_FRAME_WITHIN_MS);
    const connection = (state.connection = cityvitals.transports[name](state.site, rev, {
      frame(data) {
        if (state.connection !== connection) return;
        root.clearTimeout(timer);
        if (!heard) opened(name);
        heard = true;
        take(data);
      },
      ended: ended,
    }));
  }

  function watch() {
    if (state.connection && state.heardAt !== null && silentMs() > SILENT_AFTER_MS && silentMs() % 3000 < 1000) {
      connect(state.mirror.rev);
    }
    for (const ticker of state.tickers) ticker();
    const now = serverMs();
    root.setTimeout(watch, now === null ? 250 : 1000 - (now % 1000) + 5); // turns with the second of the server
  }

  /** Begin once a page; `site` is what the shell's store says: {base_path, assets}. */
  function start(site) {
    if (state.site) return;
    state.site = site;
    state.startedAt = steadyMs();
    state.mirror = cityvitals.mirror.create(site.assets);
    connect(null);
    watch();
  }

  cityvitals.live = {
    start, serverMs, cityMs, silentMs,
    /** Call with (changed sections, frame) after each frame. */
    listen: (listener) => state.listeners.push(listener),
    /** Call once a second, with the server's second. */
    everySecond: (ticker) => state.tickers.push(ticker),
    picture: () => (state.mirror ? state.mirror.sections : {}),
    /** What the footer and the stale bar must know of the connection. */
    condition: () => ({
      transport: state.transport, open: Boolean(state.connection), redis: state.redis, silentMs: silentMs(),
      heard: state.heardAt !== null, revision: state.mirror ? state.mirror.rev : null,
      speed: state.city ? state.city.speed : 1,
    }),
  };
})(typeof window === "undefined" ? globalThis : window);
