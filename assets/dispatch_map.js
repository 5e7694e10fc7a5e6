/* The map of the dispatch desk as one SVG: counties, cases with the circle of their doubt, units. It never moves by itself. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const WIDE = 600;
  const M_A_DEGREE = 111195;
  const CLOSE_M = 6000; // around a chosen case

  function rings(geometry) {
    return geometry.type === "Polygon" ? geometry.coordinates : [].concat(...geometry.coordinates);
  }

  /** From degrees to the square of the picture; equal metres along both axes. */
  function projection(box) {
    const middle = Math.cos(((box.south + box.north) / 2) * Math.PI / 180);
    const scale = WIDE / Math.max((box.east - box.west) * middle, box.north - box.south);
    return {
      x: (lon) => (lon - (box.west + box.east) / 2) * middle * scale + WIDE / 2,
      y: (lat) => ((box.south + box.north) / 2 - lat) * scale + WIDE / 2,
      m: (metres) => (metres / M_A_DEGREE) * scale,
    };
  }

  function boxOf(boundaries) {
    const box = { west: 180, east: -180, south: 90, north: -90 };
    for (const feature of boundaries.features) {
      for (const [lon, lat] of [].concat(...rings(feature.geometry))) {
        box.west = Math.min(box.west, lon); box.east = Math.max(box.east, lon);
        box.south = Math.min(box.south, lat); box.north = Math.max(box.north, lat);
      }
    }
    return box;
  }

  function around(place) {
    const high = CLOSE_M / M_A_DEGREE;
    const wide = high / Math.cos(place.lat_deg * Math.PI / 180);
    return { west: place.lon_deg - wide, east: place.lon_deg + wide, south: place.lat_deg - high, north: place.lat_deg + high };
  }

  const path = (ring, to) => "M" + ring.map(([lon, lat]) => to.x(lon).toFixed(1) + " " + to.y(lat).toFixed(1)).join("L") + "Z";
  const inside = (x, y) => x > -20 && y > -20 && x < WIDE + 20 && y < WIDE + 20;

  /** A square for a case (filled: late), a triangle for a unit (hollow: its position is old), a ring for a camera. */
  function mark(kind, x, y, more) {
    if (!inside(x, y)) return "";
    const shape = kind === "eye" ? '<circle r="9"/><circle r="3"/>' : kind === "case" ? '<rect x="-9" y="-9" width="18" height="18"/>' : '<path d="M0-11L11 9H-11Z"/>';
    return '<g class="' + kind + " " + more.look + '" transform="translate(' + x.toFixed(1) + " " + y.toFixed(1) + ')"' + (more.id ? ' data-case="' + esc(more.id) + '"' : "") + "><title>"
      + esc(more.title) + "</title>" + shape + (more.label ? '<text x="' + (kind === "case" ? 0 : 17) + '" y="' + (kind === "case" ? -18 : 8) + '">' + esc(more.label) + "</text>" : "") + "</g>";
  }

  /** The whole picture. chosen: the case that is shown close, or null. cameras: those nearest to it. */
  function svg(boundaries, cases, units, chosen, nowMs, cameras) {
    const place = chosen && chosen.facts.place;
    const to = projection(place ? around(place) : boxOf(boundaries));
    const land = boundaries.features.map((feature) => '<path class="county" d="' + rings(feature.geometry).map((ring) => path(ring, to)).join("") + '"><title>' + esc(feature.properties.name) + "</title></path>").join("");
    const doubt = place ? '<circle class="doubt" cx="' + to.x(place.lon_deg).toFixed(1) + '" cy="' + to.y(place.lat_deg).toFixed(1) + '" r="' + Math.max(3, to.m(place.accuracy_m)).toFixed(1) + '"/>' : "";
    const all = cases.filter((one) => one.lon_deg !== null).map((one) => mark("case", to.x(one.lon_deg), to.y(one.lat_deg),
      { id: one.id, title: one.title, look: (one.due_ms !== null && one.due_ms < nowMs ? "late" : "") + (chosen && chosen.id === one.id ? " chosen" : ""), label: chosen && chosen.id === one.id ? one.title : "" })).join("");
    const force = units.filter((one) => one.lon_deg !== null).map((one) => mark("unit", to.x(one.lon_deg), to.y(one.lat_deg),
      { title: one.name, look: (one.is_current ? "" : "old ") + one.duty, label: place ? cityvitals.format.shortName(one.name) : "" })).join("");
    const eyes = (place ? cameras : []).map((one) => mark("eye", to.x(one.lon_deg), to.y(one.lat_deg), { title: one.name, look: "", label: "" })).join("");
    const scale = place ? '<g class="scale"><path d="M20 580h' + to.m(1000).toFixed(1) + '"/><text x="20" y="572">1 km</text></g>' : "";
    return '<svg viewBox="0 0 ' + WIDE + " " + WIDE + '" preserveAspectRatio="xMidYMid meet" role="img">' + land + doubt + eyes + force + all + scale + "</svg>";
  }

  cityvitals.dispatchMap = { boxOf, projection, svg };
})(typeof window === "undefined" ? globalThis : window);
