/* Desk pages: header and clock from the live feed; the body is asked anew when its figures changed. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const ASK_EVERY_MS = 3000; // people read here; figures that move every second would only flicker
  const SECTIONS = ["values", "warnings", "stations", "areas"];
  let askedAtMs = 0;
  let changed = false;
  let drawn = null; // props of the trend that stands there
  let wanted = ""; // what the names of shown rows must hold

  // `cityvitals.live` and the others are read inside: their files are loaded after this one.
  function onFrame(sections) {
    const { live, page } = cityvitals;
    const picture = live.picture();
    if (!picture.city) return;
    if (sections.has("city")) page.put("desk-identity", cityvitals.header.identity(picture.city.main, live.condition()));
    changed = changed || SECTIONS.some((name) => sections.has(name));
    root.document.documentElement.dataset.painted = String(live.condition().revision);
  }

  function everySecond(state) {
    const { live, page } = cityvitals;
    const nowMs = live.cityMs();
    if (nowMs === null) return;
    const picture = live.picture();
    page.put("desk-clock", cityvitals.header.clock(nowMs));
    if (state !== "live") return;
    page.put("desk-chain", cityvitals.header.chain(picture, nowMs));
    if (!askedAtMs) askedAtMs = live.serverMs(); // the body was filled as this page began
    const asking = live.serverMs() - askedAtMs;
    if (changed && asking > ASK_EVERY_MS) {
      changed = false;
      askedAtMs = live.serverMs();
      root.dash_clientside.set_props("desk-revision", { data: live.condition().revision });
    }
  }

  function draw() {
    const { page, trend } = cityvitals;
    const place = page.at("desk-trend");
    if (!place || !drawn) return;
    if (place.clientWidth < page.remPx() * 6) { // not laid out yet: less than the axis beside it takes
      root.requestAnimationFrame(draw);
      return;
    }
    place.innerHTML = trend.svg(drawn, { width: place.clientWidth, height: place.clientHeight, rem: page.remPx() });
  }

  /** Leave out rows by name; a fold opens for what is found in it, and is as it was afterwards. */
  function filter() {
    const all = (within, selector) => Array.from(within.querySelectorAll(selector));
    for (const row of all(root.document, ".desk-row")) {
      row.hidden = !row.querySelector(".name").textContent.toLowerCase().includes(wanted);
    }
    const holds = (place) => all(place, ".desk-row").some((row) => !row.hidden);
    for (const section of all(root.document, ".desk-domain")) section.hidden = !holds(section);
    for (const fold of all(root.document, ".desk-more")) {
      if (wanted && !fold.dataset.was) fold.dataset.was = fold.open ? "open" : "closed";
      if (wanted) fold.open = holds(fold);
      else if (fold.dataset.was) fold.open = fold.dataset.was === "open";
      if (!wanted) delete fold.dataset.was;
      fold.hidden = !holds(fold);
    }
  }

  const clientside = (root.dash_clientside = root.dash_clientside || {});
  clientside.cityvitals = Object.assign(clientside.cityvitals || {}, {
    /** Callback: the frame of a desk page stands. */
    startDesk(site) {
      cityvitals.page.start(site, onFrame, everySecond);
      root.addEventListener("resize", draw);
      return clientside.no_update;
    },
    /** Callback: something else is asked for, or the rows were filled again. */
    filterRows(text) {
      wanted = (text || "").trim().toLowerCase();
      root.requestAnimationFrame(filter);
      return clientside.no_update;
    },
    /** Callback: new props of the trend. */
    drawTrend(props) {
      drawn = props;
      root.requestAnimationFrame(draw);
      return clientside.no_update;
    },
  });
})(window);
