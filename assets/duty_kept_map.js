/* Where the listed warnings are, as one SVG: a shape a station, counts a county. Filled: it stands; hollow: it is over. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const WIDE = 600;
  const SHAPES = {
    red: '<rect x="-8" y="-8" width="16" height="16"/>', orange: '<path d="M0-11L11 0L0 11L-11 0Z"/>', yellow: '<path d="M0-10L10 8H-10Z"/>', blue: '<circle r="8"/>',
  };
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const stands = (one) => one.phase === "active";

  /** The gravest of some warnings, standing ones before those that are over; null for none. */
  function gravest(warnings) {
    const { RANK } = cityvitals.format;
    return warnings.slice().sort((a, b) => stands(b) - stands(a) || RANK[b.peak] - RANK[a.peak])[0] || null;
  }

  /** Counts by level, the gravest first: [[level, count]]. */
  function countsOf(warnings) {
    return cityvitals.format.GRAVEST_FIRST.map((level) => [level, warnings.filter((one) => one.peak === level).length]).filter(([, count]) => count);
  }

  const rings = (geometry) => (geometry.type === "Polygon" ? geometry.coordinates : [].concat(...geometry.coordinates));
  const path = (ring, to) => "M" + ring.map(([lon, lat]) => to.x(lon).toFixed(1) + " " + to.y(lat).toFixed(1)).join("L") + "Z";
  const idOf = (feature) => String(feature.id || feature.properties.id);

  function county(feature, mine, to, area) {
    const worst = gravest(mine);
    const look = worst && stands(worst) ? " level-" + worst.peak : "";
    const d = rings(feature.geometry).map((ring) => path(ring, to)).join("");
    return '<path class="county' + look + (area === idOf(feature) ? " chosen" : "") + '" data-area="' + esc(idOf(feature)) + '" d="' + d + '"/>';
  }

  function label(feature, name, mine, to) {
    const [lon, lat] = cityvitals.map.labelPoint(feature.geometry);
    const counts = countsOf(mine).map(([level, count]) => '<tspan class="level-' + level + '">' + esc(cityvitals.format.levelWord(level)) + count + " </tspan>").join("");
    return '<text x="' + to.x(lon).toFixed(1) + '" y="' + to.y(lat).toFixed(1) + '">' + esc(name) + '<tspan class="counts" x="' + to.x(lon).toFixed(1) + '" dy="1.3em">' + (counts || "0") + "</tspan></text>";
  }

  function mark(one, to, chosen) {
    const look = "level-" + one.peak + (stands(one) ? "" : " over") + (one.id === chosen ? " chosen" : "");
    return '<g class="place ' + look + '" data-id="' + esc(one.id) + '" transform="translate(' + to.x(one.lon).toFixed(1) + " " + to.y(one.lat).toFixed(1) + ')"><title>' + esc(one.sentence) + "</title>"
      + (one.id === chosen ? '<circle class="ring" r="19"/>' : "") + SHAPES[one.peak] + "</g>";
  }

  /**
   * The whole picture.
   * boundaries: GeoJSON of the counties. names: {area: name}. rows: warnings with peak, phase, area, lon, lat, as the API
   * lists them. chosen: the id of the one that is read. area: the county that the list is narrowed to.
   */
  function svg(boundaries, names, rows, chosen, area) {
    const { boxOf, projection } = cityvitals.dispatchMap;
    const to = projection(boxOf(boundaries));
    const of = (feature) => rows.filter((one) => one.area === idOf(feature));
    const land = boundaries.features.map((feature) => county(feature, of(feature), to, area)).join("");
    const named = boundaries.features.map((feature) => label(feature, names[idOf(feature)] || idOf(feature), of(feature), to)).join("");
    const { RANK } = cityvitals.format;
    const placed = rows.filter((one) => one.lon !== null && SHAPES[one.peak])
      .sort((a, b) => (a.id === chosen) - (b.id === chosen) || stands(a) - stands(b) || RANK[a.peak] - RANK[b.peak]);
    return '<svg viewBox="0 0 ' + WIDE + " " + WIDE + '" preserveAspectRatio="xMidYMid meet" role="img">' + land + placed.map((one) => mark(one, to, chosen)).join("") + named + "</svg>";
  }

  cityvitals.keptMap = { countsOf, gravest, svg };
})(typeof window === "undefined" ? globalThis : window);
