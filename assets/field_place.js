/* Where this telephone is: one fix when a form asks for it, and a sketch of the case's circle with ourselves in it. */
(function (root) {
  "use strict";
  const field = (root.cityvitalsField = root.cityvitalsField || {});
  const M_A_DEGREE = 111195;
  const WIDE = 320;
  const HIGH = 150;
  const FIX_WITHIN_MS = 8000;
  let fix = null; // {lon_deg, lat_deg, accuracy_m, atMs (steady)}
  let state = "unknown"; // unknown, yes, no, insecure

  const steadyMs = () => root.performance.now();

  /** Metres east and north of a point, good for some kilometres. */
  function offset(from, to) {
    return [(to.lon_deg - from.lon_deg) * M_A_DEGREE * Math.cos(from.lat_deg * Math.PI / 180), (to.lat_deg - from.lat_deg) * M_A_DEGREE];
  }

  /** The sketch: the circle of the case's doubt in the middle, north above, ourselves with our own circle. */
  function sketch(place, own) {
    const [east, north] = own ? offset(place, own) : [0, 0];
    const reach = Math.max(place.accuracy_m, Math.abs(east) * HIGH / WIDE + (own ? own.accuracy_m : 0), Math.abs(north) + (own ? own.accuracy_m : 0), 50) * 1.15;
    const scale = HIGH / 2 / reach;
    const circle = (x, y, m, look) => '<circle class="' + look + '" cx="' + x.toFixed(1) + '" cy="' + y.toFixed(1) + '" r="' + Math.max(3, m * scale).toFixed(1) + '"/>';
    const [x, y] = [WIDE / 2 + east * scale, HIGH / 2 - north * scale];
    return '<svg viewBox="0 0 ' + WIDE + " " + HIGH + '" role="img">' + circle(WIDE / 2, HIGH / 2, place.accuracy_m, "doubt")
      + '<rect x="' + (WIDE / 2 - 5) + '" y="' + (HIGH / 2 - 5) + '" width="10" height="10"/>'
      + (own ? circle(x, y, own.accuracy_m, "own-doubt") + '<path d="M' + x.toFixed(1) + " " + (y - 7).toFixed(1) + 'l6 12h-12Z"/>' : "") + '<text x="6" y="16">N ↑</text></svg>';
  }

  const far = (m) => m < 1000 ? Math.round(m / 10) * 10 + " m" : (m / 1000).toFixed(1) + " km";

  function draw() {
    for (const place of root.document.querySelectorAll(".field .place")) {
      const told = place.dataset;
      const where = { lon_deg: Number(told.lon), lat_deg: Number(told.lat), accuracy_m: Number(told.accuracy) };
      const words = fix ? told.word.replace("{far}", far(Math.hypot(...offset(where, fix)))).replace("{m}", Math.round(fix.accuracy_m)) : "";
      place.innerHTML = sketch(where, fix) + "<small></small>";
      place.querySelector("small").textContent = words;
      place.hidden = !fix;
    }
  }

  /** Ask the telephone once; what it says, or null within a few seconds. */
  function look() {
    if (!root.isSecureContext) { state = "insecure"; return Promise.resolve(null); }
    if (!root.navigator.geolocation) { state = "no"; return Promise.resolve(null); }
    return new Promise((resolve) => {
      root.navigator.geolocation.getCurrentPosition((found) => {
        fix = { lon_deg: found.coords.longitude, lat_deg: found.coords.latitude, accuracy_m: Math.max(1, found.coords.accuracy), atMs: steadyMs() };
        state = "yes";
        draw();
        resolve(fix);
      }, () => { state = "no"; resolve(null); }, { enableHighAccuracy: true, timeout: FIX_WITHIN_MS, maximumAge: 60000 });
    });
  }

  /** The newest fix as the fields of a form; {} without one. */
  function fields() {
    if (!fix) return {};
    return { lon_deg: fix.lon_deg.toFixed(6), lat_deg: fix.lat_deg.toFixed(6), accuracy_m: fix.accuracy_m.toFixed(0), age_ms: Math.round(steadyMs() - fix.atMs) };
  }

  field.place = { fields, look, sketch, state: () => state };
})(typeof window === "undefined" ? globalThis : window);
