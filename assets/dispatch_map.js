/* The map of the dispatch desk as one SVG: counties, cases with the circle of their doubt, units. It never moves by itself. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const WIDE = 416; // as wide and high as its place on a desk of 1536 px, so that letters are as large as they say
  const HIGH = 272;
  const M_A_DEGREE = 111195;
  const CLOSE_M = 6000; // around a chosen case
  const LETTER = 14; // as high as a letter of a name, and as wide as a Chinese one
  const BESIDE = [[10, 5, "start"], [-10, 5, "end"], [0, 24, "middle"], [0, -14, "middle"]]; // a name and its mark: which is tried first

  function rings(geometry) {
    return geometry.type === "Polygon" ? geometry.coordinates : [].concat(...geometry.coordinates);
  }

  /** From degrees to a picture of so many points; equal metres along both axes. */
  function projection(box, wide = 600, high = 600) {
    const middle = Math.cos(((box.south + box.north) / 2) * Math.PI / 180);
    const scale = Math.min(wide / ((box.east - box.west) * middle), high / (box.north - box.south));
    return {
      x: (lon) => (lon - (box.west + box.east) / 2) * middle * scale + wide / 2,
      y: (lat) => ((box.south + box.north) / 2 - lat) * scale + high / 2,
      m: (metres) => (metres / M_A_DEGREE) * scale,
      back: (x, y) => [(x - wide / 2) / (middle * scale) + (box.west + box.east) / 2, (box.south + box.north) / 2 - (y - high / 2) / scale],
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
  const inside = (x, y) => x > -20 && y > -20 && x < WIDE + 20 && y < HIGH + 150; // a sketch is higher than the map

  /** A square for a case (filled: late), a triangle for a unit (hollow: its position is old), a ring for a camera. */
  function mark(kind, x, y, more) {
    if (!inside(x, y)) return "";
    const shape = kind === "eye" ? '<circle r="5"/><circle r="1.5"/>' : kind === "case" ? '<rect x="-5" y="-5" width="10" height="10"/>' : '<path d="M0-7L7 6H-7Z"/>';
    return '<g class="' + kind + " " + more.look + '" transform="translate(' + x.toFixed(1) + " " + y.toFixed(1) + ')"' + (more.id ? ' data-case="' + esc(more.id) + '"' : "") + "><title>"
      + esc(more.title) + "</title>" + shape + (more.label ? '<text x="' + more.label.at[0] + '" y="' + more.label.at[1] + '" text-anchor="' + more.label.at[2] + '">' + esc(more.label.name) + "</text>" : "") + "</g>";
  }

  /** Room for a name beside a point that takes none from `taken`, boxes to which it is added; null: there is none. */
  function room(taken, x, y, name) {
    const wide = [...name].reduce((sum, letter) => sum + (letter < "\u2E80" ? 0.6 : 1), 0) * LETTER;
    for (const at of BESIDE) {
      const left = x + at[0] - { start: 0, end: wide, middle: wide / 2 }[at[2]];
      const box = { left: left, right: left + wide, top: y + at[1] - LETTER, bottom: y + at[1] + 3 };
      const fits = box.left > 0 && box.right < WIDE && box.top > 0 && box.bottom < HIGH;
      if (fits && taken.every((one) => box.right < one.left || one.right < box.left || box.bottom < one.top || one.bottom < box.top)) {
        taken.push(box);
        return { name: name, at: at };
      }
    }
    return null;
  }

  /** Unit → its name and where it stands, for those that `more` names, in whose order they choose their room. */
  function labels(units, place, to, more) {
    const spot = (one, half) => ({ left: to.x(one.lon_deg) - half, right: to.x(one.lon_deg) + half, top: to.y(one.lat_deg) - half, bottom: to.y(one.lat_deg) + half });
    const known = Object.fromEntries(units.filter((one) => one.lon_deg !== null).map((one) => [one.id, one]));
    const shown = [...more.named].filter((id) => known[id]).map((id) => known[id]);
    const taken = [spot(place, 6), ...more.cameras.map((one) => spot(one, 5)), ...shown.map((one) => spot(one, 7))];
    return Object.fromEntries(shown.map((one) => [one.id, room(taken, to.x(one.lon_deg), to.y(one.lat_deg), cityvitals.format.shortName(one.name))]));
  }

  /** The whole picture. chosen: the case that is shown close, or null. more: {cameras: nearest to it, named: units with their names}. */
  function svg(boundaries, cases, units, chosen, nowMs, more) {
    const place = chosen && chosen.facts.place;
    const to = projection(place ? around(place) : boxOf(boundaries), WIDE, HIGH);
    const land = boundaries.features.map((feature) => '<path class="county" d="' + rings(feature.geometry).map((ring) => path(ring, to)).join("") + '"><title>' + esc(feature.properties.name) + "</title></path>").join("");
    const doubt = place ? '<circle class="doubt" cx="' + to.x(place.lon_deg).toFixed(1) + '" cy="' + to.y(place.lat_deg).toFixed(1) + '" r="' + Math.max(3, to.m(place.accuracy_m)).toFixed(1) + '"/>' : "";
    const all = cases.filter((one) => one.lon_deg !== null).map((one) => mark("case", to.x(one.lon_deg), to.y(one.lat_deg),
      { id: one.id, title: one.title, look: (one.due_ms !== null && one.due_ms < nowMs ? "late" : "") + (chosen && chosen.id === one.id ? " chosen" : "") })).join("");
    const names = place ? labels(units, place, to, more) : {};
    const force = units.filter((one) => one.lon_deg !== null).map((one) => mark("unit", to.x(one.lon_deg), to.y(one.lat_deg),
      { title: one.name, look: (one.is_current ? "" : "old ") + one.duty, label: names[one.id] || null })).join("");
    const eyes = (place ? more.cameras : []).map((one) => mark("eye", to.x(one.lon_deg), to.y(one.lat_deg), { title: one.name, look: "" })).join("");
    const scale = place ? '<g class="scale"><path d="M12 ' + (HIGH - 10) + "h" + to.m(1000).toFixed(1) + '"/><text x="12" y="' + (HIGH - 15) + '">1 km</text></g>' : "";
    return '<svg viewBox="0 0 ' + WIDE + " " + HIGH + '" preserveAspectRatio="xMidYMid meet" role="img">' + land + doubt + eyes + force + all + scale + "</svg>";
  }

  /** The land alone, as wide as a box says, with what helps to find a place on it. more: {place: or null, cases, units}. */
  function sketch(boundaries, box, [wide, high], more) {
    const to = projection(box, wide, high);
    const land = boundaries.features.map((feature) => '<path class="county" data-area="' + esc(feature.properties.id) + '" d="' + rings(feature.geometry).map((ring) => path(ring, to)).join("") + '"><title>' + esc(feature.properties.name) + "</title></path>").join("");
    const at = (one, kind, look) => (one.lon_deg === null ? "" : mark(kind, to.x(one.lon_deg), to.y(one.lat_deg), { title: one.title || one.name, look: look }));
    const known = more.units.map((one) => at(one, "unit", "old")).join("") + more.cases.map((one) => at(one, "case", "")).join("");
    const { place } = more;
    const found = place ? '<circle class="doubt" cx="' + to.x(place.lon_deg).toFixed(1) + '" cy="' + to.y(place.lat_deg).toFixed(1) + '" r="' + Math.max(4, to.m(place.accuracy_m)).toFixed(1) + '"/>'
      + '<path class="found" d="M' + to.x(place.lon_deg).toFixed(1) + " " + to.y(place.lat_deg).toFixed(1) + 'm-9 0h18m-9-9v18"/>' : "";
    const length = [20000, 10000, 5000, 2000, 1000, 500, 200].find((m) => to.m(m) < wide / 4) || 100;
    const scale = '<g class="scale"><path d="M12 ' + (high - 10) + "h" + to.m(length).toFixed(1) + '"/><text x="12" y="' + (high - 15) + '">' + (length < 1000 ? length + " m" : length / 1000 + " km") + "</text></g>";
    return '<svg class="dispatch-map" viewBox="0 0 ' + wide + " " + high + '">' + land + known + found + scale + "</svg>";
  }

  cityvitals.dispatchMap = { boxOf, projection, sketch, svg };
})(typeof window === "undefined" ? globalThis : window);
