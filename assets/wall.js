/* The wall: which panel stands where, and when it is painted. Each panel is a pure function of the picture. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const { live, page, trend } = cityvitals; // the wall's own files are loaded after this one
  const { at, put } = page;
  const rowsShown = new Map(); // key of a warning → its element
  const changed = new Set();
  let site = null;

  // id → [sections that it is painted from, painter, whether it shows ages and so is painted every second]
  const PANELS = {
    "wall-identity": [["city"], (picture) => cityvitals.header.identity(picture.city.main, live.condition())],
    "wall-in-force": [["city", "relaxed"], (picture, nowMs) => cityvitals.header.inForce(picture.city.main, nowMs) + cityvitals.header.relaxed(picture.relaxed, nowMs)],
    "wall-chain": [["probe", "sources"], (picture, nowMs) => cityvitals.header.chain(picture, nowMs), true],
    "wall-city": [["areas", "domains", "values"], (picture) => cityvitals.vitals.city(picture, site.base_path)],
    "wall-domains": [["domains", "sparks", "sources", "values"], (picture, nowMs) => cityvitals.vitals.domains(picture, nowMs, site.base_path), true],
    "wall-warnings-title": [["warnings", "cards", "duty", "silences"], (picture, nowMs) => cityvitals.warnings.title(picture, nowMs), true],
    "wall-events": [["events"], (picture, nowMs) => cityvitals.warnings.events(picture, nowMs, places("--events-shown")), true],
    "wall-cases": [["cases", "case_load", "city"], (picture, nowMs) => cityvitals.cases.panel(picture, nowMs, places("--cases-shown")), true],
    "wall-sources": [["sources"], (picture, nowMs) => cityvitals.warnings.sources(picture, nowMs, places("--sources-shown")), true],
    "wall-trend-heading": [["trends"], (picture) => (picture.trends.focus ? trend.heading(picture.trends.focus) : "")],
    "wall-map-source": [["city"], (picture) => cityvitals.map.provenance(picture.city.main)],
    "wall-footer": [["load"], (picture) => cityvitals.header.footer(picture, live.condition()), true],
  };

  /** A whole number that the style sheet decides, because it knows the shape of the wall. */
  function places(property) {
    return parseInt(root.getComputedStyle(root.document.documentElement).getPropertyValue(property), 10) || 0;
  }

  /** Rows by key: those that stay keep their element, so that only a new warning slides in and only a red one pulses. */
  function paintWarnings(picture, nowMs) {
    const list = at("wall-warnings");
    const rows = cityvitals.warnings.rows(picture, places("--warnings-shown"), nowMs, site.base_path);
    const first = rowsShown.size === 0 && !list.dataset.painted;
    const wanted = new Set(rows.map((row) => row.key));
    for (const [key, element] of rowsShown) {
      if (!wanted.has(key)) {
        element.remove();
        rowsShown.delete(key);
      }
    }
    rows.forEach((row, place) => {
      let element = rowsShown.get(row.key);
      if (!element) {
        element = root.document.createElement("li");
        element.dataset.key = row.key;
        if (!first && row.level) element.className = row.level === "red" ? "new grave" : "new";
        rowsShown.set(row.key, element);
      }
      if (element.dataset.level && element.dataset.level !== row.level && row.level === "red") element.className = "grave";
      if (row.level) element.dataset.level = row.level;
      if (element.html !== row.html) element.innerHTML = element.html = row.html;
      if (list.children[place] !== element) list.insertBefore(element, list.children[place] || null);
    });
    list.dataset.painted = "yes";
    put("wall-no-warnings", cityvitals.warnings.room(picture, nowMs, !places("--sources-shown")));
  }

  function paintTrend(picture) {
    const place = at("wall-trend");
    const focus = (picture.trends || {}).focus;
    if (place.clientWidth < page.remPx() * 15) return; // not laid out yet
    put("wall-trend", focus ? trend.svg(focus, { width: place.clientWidth, height: place.clientHeight, rem: page.remPx() }) : "");
  }

  function paint(sections, everySecond) {
    const picture = live.picture();
    const nowMs = live.cityMs();
    if (nowMs === null || !picture.city) return;
    const touches = (names) => names.some((name) => sections.has(name));
    for (const id of Object.keys(PANELS)) {
      const [names, painter, ages] = PANELS[id];
      if (touches(names) || (everySecond && ages)) put(id, painter(picture, nowMs));
    }
    if (everySecond || touches(["warnings", "areas", "cards", "duty", "silences"])) paintWarnings(picture, nowMs);
    if (touches(["trends"])) paintTrend(picture);
    if (touches(["areas", "warnings", "stations", "vehicles", "units", "events", "values", "indicators"])) cityvitals.mapLayers.paint(picture);
    root.document.documentElement.dataset.painted = String(live.condition().revision);
  }

  /** Frames come in bursts: one paint for all of them, before the next picture of the screen. */
  function onFrame(sections) {
    if (!changed.size && sections.size) root.requestAnimationFrame(paintChanged);
    for (const name of sections) changed.add(name);
  }

  function paintChanged() {
    const sections = new Set(changed);
    changed.clear(); // first: a panel that fails must not keep the next frame from being painted
    paint(sections, false);
  }

  function everySecond(state) {
    const nowMs = live.cityMs();
    if (nowMs !== null) put("wall-clock", cityvitals.header.clock(nowMs));
    if (state === "live") paint(new Set(), true); // ages stand still with a picture that stands still
    if (nowMs !== null) cityvitals.sound.turn(live.picture(), state === "stale", nowMs);
  }

  /** Begin once the layout stands. boundaries: GeoJSON of the counties. */
  function start(boundaries, siteWanted) {
    site = siteWanted;
    cityvitals.sound.start();
    page.start(site, onFrame, everySecond);
    cityvitals.mapLayers.start(boundaries, site);
    root.addEventListener("resize", () => paint(new Set(Object.keys(live.picture())), true));
  }

  const clientside = (root.dash_clientside = root.dash_clientside || {});
  clientside.cityvitals = Object.assign(clientside.cityvitals || {}, {
    /** Callback: the layout of the wall stands. */
    startWall(siteOfWall, boundaries) {
      start(boundaries, siteOfWall);
      return clientside.no_update;
    },
    /** Callback: the switches over the map changed. */
    chooseLayers(layers, indicator) {
      cityvitals.mapLayers.choose(layers, indicator);
      return clientside.no_update;
    },
  });
})(window);
