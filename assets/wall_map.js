/* How the map looks: pure decisions about counties, points and labels. `wall_map_layers.js` gives them to Leaflet. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const format = cityvitals.format;
  const { esc, words } = format;
  const LEVEL_COLOURS = { red: "#F25C54", orange: "#F59B42", yellow: "#F4D03F", blue: "#5AA9F2" };
  const GROUND = "#141B23";
  const OUTLINE = "#46535F";
  const QUIET = "#9FB0BF";
  const GRID = 28; // samples along each side when a label's place is looked for
  const STEPS = 5;

  /** Counties where every station is silent: nobody can see there. */
  function blindAreas(stations) {
    const alive = {};
    for (const key of Object.keys(stations || {})) {
      const station = stations[key];
      if (station.area && station.kind === "station") alive[station.area] = alive[station.area] || station.state === "ok";
    }
    return new Set(Object.keys(alive).filter((area) => !alive[area]));
  }

  /** Values of the chosen indicator by county: {area: record}. */
  function valuesOf(values, indicator) {
    const found = {};
    for (const key of Object.keys(values || {})) {
      if (values[key].indicator === indicator) found[values[key].area] = values[key];
    }
    return found;
  }

  /** Five steps of grey between the lowest and the highest county; an index carries its own official colours. */
  function shade(record, all) {
    if (record.aqi && record.aqi.colour) return { fillColor: record.aqi.colour, fillOpacity: 0.26 };
    const known = Object.keys(all).map((area) => all[area].value).filter((value) => value !== null);
    const low = Math.min(...known);
    const high = Math.max(...known);
    const step = high > low ? Math.min(STEPS - 1, Math.floor(((record.value - low) / (high - low)) * STEPS)) : 0;
    return { fillColor: "#C9D6E2", fillOpacity: 0.06 + step * 0.11 };
  }

  /** Path style of one county. Level by outline; the chosen indicator by fill; unknown hatched. */
  function countyStyle(area, look) {
    const level = look.warnings && area ? area.level : "normal";
    const abnormal = Boolean(LEVEL_COLOURS[level]);
    const style = { color: abnormal ? LEVEL_COLOURS[level] : OUTLINE, weight: (abnormal ? 0.2 : 0.07) * look.rem, opacity: 1,
      fillColor: abnormal ? LEVEL_COLOURS[level] : GROUND, fillOpacity: abnormal ? 0.09 : 1, className: "county" };
    if (look.record) {
      return Object.assign(style, look.record.value === null ? { fillColor: "url(#map-hatch)", fillOpacity: 1 } : shade(look.record, look.all));
    }
    return look.blind ? Object.assign(style, { fillColor: "url(#map-hatch)", fillOpacity: 1 }) : style;
  }

  /** Name of a county, its worst level with its count, and the sum when there are others; or the chosen value. */
  function countyLabel(area, look) {
    const counts = area.counts || {};
    const worst = format.GRAVEST_FIRST.find((level) => counts[level]);
    let second = "";
    if (look.record) {
      const value = look.record.value === null ? "—" : look.record.text;
      const word = look.record.aqi && look.record.aqi.word ? " " + look.record.aqi.word : "";
      second = "<b>" + esc(value) + "</b><small>" + esc(word) + "</small>";
    } else if (look.warnings && worst) {
      const rest = area.total > counts[worst] ? "<small>" + esc(words("wall.of_total", { total: format.count(area.total) })) + "</small>" : "";
      second = format.mark(worst) + '<b class="level-' + worst + '">' + format.count(counts[worst]) + "</b>" + rest;
    }
    return '<span class="name">' + esc(area.name) + '</span><span class="sum">' + second + "</span>";
  }

  /** How a station, camera or vehicle is drawn: {shape, radius (rem), stroke, fill, dash}. */
  function pointLook(point, kind) {
    if (kind === "vehicle") return { shape: "arrow", radius: 0.32, stroke: null, fill: "#77858F" };
    if (kind === "unit") {
      const busy = point.state !== "free";
      return point.old ? { shape: "unit", radius: 0.42, stroke: busy ? "#E8EDF2" : QUIET, fill: null } : { shape: "unit", radius: busy ? 0.5 : 0.36, stroke: "#0A0E13", fill: busy ? "#FFFFFF" : QUIET };
    }
    if (kind === "camera") {
      return point.open ? { shape: "camera", radius: 0.42, stroke: "#0A0E13", fill: "#FFFFFF" } : { shape: "camera", radius: 0.25, stroke: "#566470", fill: null };
    }
    if (point.state !== "ok") return { shape: "circle", radius: 0.34, stroke: QUIET, fill: null, dash: [0.17, 0.15] };
    if (LEVEL_COLOURS[point.level]) return { shape: point.level, radius: 0.46, stroke: null, fill: LEVEL_COLOURS[point.level] };
    return { shape: "circle", radius: 0.21, stroke: null, fill: QUIET };
  }

  /** The active warning that is named on the map: the gravest one that stands at a station with a place. */
  function named(picture) {
    return cityvitals.warnings.active(picture.warnings).find((warning) => {
      const station = (picture.stations || {})[warning.subject];
      return station && station.lon !== null && station.lat !== null;
    }) || null;
  }

  const ARROWS = { rising: "↑", falling: "↓", steady: "→" };

  /** Words beside the named point: 信宜站 71.62 m ↑. */
  function namedLabel(warning) {
    return '<b class="level-' + warning.level + '">' + esc(format.shortName(warning.subject_name)) + " " + esc(warning.text) + " " + esc(warning.unit) + " "
      + (ARROWS[warning.trend] || "") + "</b>";
  }

  function insideRing(x, y, ring) {
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const crosses = ring[i][1] > y !== ring[j][1] > y
        && x < ((ring[j][0] - ring[i][0]) * (y - ring[i][1])) / (ring[j][1] - ring[i][1]) + ring[i][0];
      if (crosses) inside = !inside;
    }
    return inside;
  }

  function distanceToRing(x, y, ring) {
    let nearest = Infinity;
    for (let i = 1; i < ring.length; i += 1) {
      const [ax, ay] = ring[i - 1];
      const dx = ring[i][0] - ax;
      const dy = ring[i][1] - ay;
      const along = dx || dy ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy))) : 0;
      nearest = Math.min(nearest, Math.hypot(x - ax - along * dx, y - ay - along * dy));
    }
    return nearest;
  }

  function area2(ring) {
    let sum = 0;
    for (let i = 1; i < ring.length; i += 1) sum += ring[i - 1][0] * ring[i][1] - ring[i][0] * ring[i - 1][1];
    return Math.abs(sum);
  }

  /**
   * Where a county's name stands: the inner point of its largest part that is farthest from the border, wide places
   * preferred because names are wide. geometry: GeoJSON Polygon or MultiPolygon, degrees. Returns [lon, lat].
   */
  function labelPoint(geometry) {
    const parts = geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates];
    const ring = parts.map((part) => part[0]).sort((a, b) => area2(b) - area2(a))[0];
    const flat = ring.map(([lon, lat]) => [lon * 0.6, lat]); // across counts less: a wide place suits a wide name
    const xs = flat.map((point) => point[0]);
    const ys = flat.map((point) => point[1]);
    const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    let best = { far: -1, at: [(west + east) / 2, (south + north) / 2] };
    for (let row = 1; row < GRID; row += 1) {
      for (let column = 1; column < GRID; column += 1) {
        const x = west + ((east - west) * column) / GRID;
        const y = south + ((north - south) * row) / GRID;
        const far = insideRing(x, y, flat) ? distanceToRing(x, y, flat) : -1;
        if (far > best.far) best = { far: far, at: [x, y] };
      }
    }
    return [best.at[0] / 0.6, best.at[1]];
  }

  const overlaps = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

  /** The first of some boxes that overlaps none of the taken ones; null when all do. */
  function freeBox(candidates, taken) {
    return candidates.find((box) => !taken.some((other) => overlaps(box, other))) || null;
  }

  /** Source, date and review number of the base, or that it must not leave the house. */
  function provenance(city) {
    const review = city.map_review ? words("wall.map_review", { review: city.map_review }) : words("wall.map_internal");
    return esc([words("wall.map_source", { source: city.map_source || "—", date: city.map_date || "" }), review].join(" · "));
  }

  /** Legend of the chosen fill: the classes of an index in their official colours, else from the lowest to the highest. */
  function legend(records, indicator, classes) {
    if (!indicator) return "";
    const name = "<b>" + esc(indicator.name) + "</b>";
    const known = Object.keys(records).map((area) => records[area]).filter((record) => record.value !== null);
    if (!known.length) return name + "<small>" + esc(words("level.unknown")) + "</small>";
    if (classes) {
      return name + classes.map((one) => '<p><i style="background:' + esc(one.colour) + '"></i>' + esc(one.name) + "</p>").join("")
        + "<small>" + esc((known[0].aqi || {}).scheme || "") + "</small>";
    }
    const sorted = known.slice().sort((a, b) => a.value - b.value);
    return name + "<p>" + esc(sorted[0].text) + '<i class="ramp"></i>' + esc(sorted[sorted.length - 1].text) + " " + esc(indicator.unit) + "</p>";
  }

  cityvitals.map = { blindAreas, countyLabel, countyStyle, freeBox, labelPoint, legend, named, namedLabel, pointLook, provenance, valuesOf };
})(typeof window === "undefined" ? globalThis : window);
