/* The map on dash-leaflet's Leaflet: counties, labels and keyed points. What did not change is not touched. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const L = root.L;
  const look = cityvitals.map;
  const CLICK_REACH_REM = 0.8;
  const OLD_MS = 120000; // an older position of a unit is drawn hollow
  const COMING = ["notified", "accepted", "en-route"];
  const state = { map: null, site: null, svg: null, canvas: null, counties: {}, points: new Map(), routes: new Map(), named: null, bounds: null,
    labelsMoved: false, taken: [], layers: new Set(["warnings", "stations", "cameras", "vehicles", "units"]), indicator: "" };

  // dash-leaflet hands out no map; Leaflet's own hook does.
  if (L) L.Map.addInitHook(function () { cityvitals.map.leaflet = this; });

  const rem = () => cityvitals.page.remPx();

  function drawShape(context, shape, x, y, r) {
    context.beginPath();
    if (shape === "red") context.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
    else if (shape === "camera") context.rect(x - r, y - r * 0.7, r * 2, r * 1.4);
    else if (shape === "unit") for (let side = 0; side < 6; side += 1) context[side ? "lineTo" : "moveTo"](x + r * Math.cos(side * Math.PI / 3), y + r * Math.sin(side * Math.PI / 3));
    else if (shape === "circle" || shape === "blue") context.arc(x, y, r, 0, Math.PI * 2);
    else {
      const corners = shape === "orange" ? [[0, -1.15], [1.15, 0], [0, 1.15], [-1.15, 0]]
        : shape === "yellow" ? [[0, -1.1], [1.1, 0.9], [-1.1, 0.9]] : [[0, -1], [0.75, 0.9], [0, 0.45], [-0.75, 0.9]];
      corners.forEach(([dx, dy], at) => context[at ? "lineTo" : "moveTo"](x + dx * r, y + dy * r));
    }
    context.closePath();
  }

  /** A point in its shape on Leaflet's canvas; only the ground under a changed one is painted again. */
  const Point = L && L.CircleMarker.extend({
    _updatePath() {
      const renderer = this._renderer;
      if (!renderer._drawing || this._empty()) return;
      drawShape(renderer._ctx, this.options.shape, this._point.x, this._point.y, Math.max(1, this._radius));
      renderer._fillStroke(renderer._ctx, this);
    },
  });

  function pointOptions(wanted, size) {
    return { shape: wanted.shape, radius: wanted.radius * size, stroke: Boolean(wanted.stroke), color: wanted.stroke || "#000", weight: 0.11 * size,
      fill: Boolean(wanted.fill), fillColor: wanted.fill || "#000", fillOpacity: 1,
      dashArray: wanted.dash ? wanted.dash.map((length) => length * size).join(",") : null };
  }

  /** Put one point where and how it should be; nothing happens when both are as before. */
  function putPoint(key, place, kind, wanted) {
    const signature = JSON.stringify([place.lat, place.lon, wanted]);
    const known = state.points.get(key);
    if (known && known.signature === signature) return;
    const options = pointOptions(wanted, rem());
    if (known) {
      known.layer.setLatLng([place.lat, place.lon]);
      known.layer.setStyle(options);
      known.signature = signature;
      return;
    }
    const layer = new Point([place.lat, place.lon], Object.assign({ renderer: state.canvas, interactive: false }, options));
    state.points.set(key, { layer: layer.addTo(state.map), signature: signature, kind: kind });
  }

  function keepPoints(wantedKeys) {
    for (const [key, known] of state.points) {
      if (!wantedKeys.has(key)) {
        known.layer.remove();
        state.points.delete(key);
      }
    }
  }

  const placed = (record) => typeof record.lon === "number" && typeof record.lat === "number";

  function paintPoints(picture) {
    const wanted = new Set();
    const put = (section, kind, records, look) => {
      for (const key of Object.keys(records || {})) {
        if (!placed(records[key]) || (section === "stations" && records[key].kind !== kind)) continue;
        const id = section + ":" + key;
        wanted.add(id);
        putPoint(id, records[key], kind, look(key, records[key]));
      }
    };
    const open = new Set(Object.keys(picture.events || {}).filter((key) => !picture.events[key].ended_ms).map((key) => picture.events[key].device));
    if (state.layers.has("stations")) put("stations", "station", picture.stations, (key, record) => look.pointLook(record, "station"));
    if (state.layers.has("cameras")) {
      put("stations", "camera", picture.stations, (key, record) => look.pointLook({ open: open.has(key), state: record.state }, "camera"));
    }
    if (state.layers.has("vehicles")) put("vehicles", "vehicle", picture.vehicles, (key, record) => look.pointLook(record, "vehicle"));
    const nowMs = cityvitals.live.cityMs() || 0;
    if (state.layers.has("units")) put("units", "unit", picture.units, (key, record) => look.pointLook({ state: record.state, old: nowMs - record.ms > OLD_MS }, "unit"));
    keepPoints(wanted);
  }

  /** A dashed line from each unit that is on its way to its case: where it goes, not by which roads. */
  function paintRoutes(picture) {
    const units = state.layers.has("units") ? picture.units || {} : {};
    const coming = Object.keys(units).filter((key) => units[key].to && COMING.includes(units[key].state));
    for (const [key, line] of state.routes) {
      if (!coming.includes(key)) {
        line.remove();
        state.routes.delete(key);
      }
    }
    for (const key of coming) {
      const { lat, lon, to } = units[key];
      const ends = [[lat, lon], [to[1], to[0]]];
      const known = state.routes.get(key);
      if (known) known.setLatLngs(ends);
      else state.routes.set(key, L.polyline(ends, { renderer: state.canvas, interactive: false, color: "#E8EDF2", weight: 0.14 * rem(), dashArray: [0.6 * rem(), 0.45 * rem()].join(",") }).addTo(state.map));
    }
  }

  function countyLook(picture, area, all, blind) {
    return { rem: rem(), warnings: state.layers.has("warnings"), all: all, blind: blind.has(area),
      record: state.indicator ? all[area] || { value: null, text: "—" } : null };
  }

  function paintCounties(picture) {
    const all = state.indicator ? look.valuesOf(picture.values, state.indicator) : {};
    const blind = look.blindAreas(picture.stations);
    for (const area of Object.keys(state.counties)) {
      const county = state.counties[area];
      const record = (picture.areas || {})[area] || { name: county.name, level: "normal", counts: {}, total: 0 };
      const wanted = countyLook(picture, area, all, blind);
      const style = look.countyStyle(record, wanted);
      const html = look.countyLabel(record, wanted);
      const signature = JSON.stringify(style);
      if (county.signature !== signature) {
        county.signature = signature;
        county.layer.setStyle(style);
        if (record.level !== "normal") county.layer.bringToFront();
      }
      if (county.html !== html) {
        county.html = html;
        county.label.getElement().innerHTML = html;
        state.labelsMoved = true;
      }
      county.rank = cityvitals.format.RANK[record.level] || 0;
    }
    if (state.labelsMoved) arrangeLabels();
    const legend = state.indicator ? look.legend(all, (picture.indicators || {})[state.indicator], state.site.classes[state.indicator]) : "";
    cityvitals.page.put("wall-map-legend", legend);
  }

  function boxAt(point, width, height) {
    return { x: point.x - width / 2, y: point.y - height / 2, width: width, height: height };
  }

  /** Names that would cover one another: the graver county keeps its place, the other steps aside or, if calm, is left out. */
  function arrangeLabels() {
    state.labelsMoved = false;
    state.taken = [];
    const order = Object.values(state.counties).sort((a, b) => b.rank - a.rank || b.size - a.size);
    for (const county of order) {
      const element = county.label.getElement();
      const width = element.offsetWidth;
      const height = element.offsetHeight;
      const at = state.map.latLngToLayerPoint(county.label.getLatLng());
      const steps = [0, -0.6, 0.6, -1.1, 1.1].map((step) => ({ step: step, box: boxAt(L.point(at.x, at.y + step * height), width, height) }));
      const free = look.freeBox(steps.map((entry) => entry.box), state.taken);
      const shift = free ? steps.find((entry) => entry.box === free).step * height : 0;
      element.style.marginTop = shift - height / 2 + "px";
      element.style.marginLeft = -width / 2 + "px";
      element.style.visibility = free || county.rank ? "visible" : "hidden";
      if (free || county.rank) state.taken.push(free || steps[0].box);
    }
  }

  /** Name the gravest point; its words stand where they cover no county's name. */
  function paintNamed(picture) {
    const warning = state.layers.has("warnings") ? look.named(picture) : null;
    const html = warning ? look.namedLabel(warning) : "";
    const station = warning ? picture.stations[warning.subject] : null;
    const signature = warning ? html + station.lon + station.lat : "";
    if (state.named && state.named.signature === signature) return;
    if (state.named) state.named.layer.remove();
    state.named = null;
    if (!warning) return;
    const icon = L.divIcon({ className: "named level-" + warning.level, html: "<i></i>" + html, iconSize: null });
    const layer = L.marker([station.lat, station.lon], { icon: icon, interactive: false, pane: "tooltipPane" }).addTo(state.map);
    state.named = { layer: layer, signature: signature };
    const words = layer.getElement().querySelector("b");
    const at = state.map.latLngToLayerPoint(layer.getLatLng());
    const [width, height, away] = [words.offsetWidth, words.offsetHeight, rem() * 1.7];
    const sides = { right: L.point(at.x + away + width / 2, at.y), left: L.point(at.x - away - width / 2, at.y),
      below: L.point(at.x, at.y + away + height / 2), above: L.point(at.x, at.y - away - height / 2) };
    const boxes = Object.keys(sides).map((side) => Object.assign({ side: side }, boxAt(sides[side], width, height)));
    const room = state.map.getSize();
    const inside = boxes.filter((box) => box.x > 0 && box.y > 0 && box.x + width < room.x && box.y + height < room.y);
    const free = look.freeBox(inside, state.taken) || inside[0] || boxes[0];
    words.className += " " + free.side;
  }

  function openCounty(area) {
    const warning = cityvitals.warnings.active(cityvitals.live.picture().warnings).find((one) => one.area === area);
    const indicator = state.indicator || (warning && warning.indicator) || state.site.county_indicator;
    if (indicator) root.location.href = state.site.base_path + "indicators/" + encodeURIComponent(indicator) + "/" + encodeURIComponent(area);
  }

  /** The county drawn at a place of the window, by its path. */
  function countyAt(x, y) {
    const under = new Set(root.document.elementsFromPoint(x, y));
    return Object.keys(state.counties).find((area) => state.counties[area].layer.getLayers().some((one) => under.has(one.getElement())));
  }

  /** What a click means: the nearest station within a finger's width, else the county. The canvas itself lets clicks through. */
  function onClick(event) {
    const reach = rem() * CLICK_REACH_REM;
    let nearest = { key: null, far: reach };
    for (const [key, known] of state.points) {
      const far = state.map.latLngToContainerPoint(known.layer.getLatLng()).distanceTo(event.containerPoint);
      if (known.kind === "station" && far <= nearest.far) nearest = { key: key, far: far };
    }
    if (nearest.key) return openPoint(nearest.key);
    const area = countyAt(event.originalEvent.clientX, event.originalEvent.clientY);
    if (area) openCounty(area);
  }

  function openPoint(key) {
    const device = key.slice(key.indexOf(":") + 1);
    const station = (cityvitals.live.picture().stations || {})[device];
    const metric = station && Object.keys(station.readings || {}).find((name) => state.site.metric_indicators[name]);
    if (metric) {
      root.location.href = state.site.base_path + "indicators/" + encodeURIComponent(state.site.metric_indicators[metric]) + "/" + encodeURIComponent(device);
    }
  }

  function addHatch() {
    const holder = root.document.createElement("div");
    holder.innerHTML = '<svg width="0" height="0" style="position:absolute"><defs><pattern id="map-hatch" width="10" height="10" patternUnits="userSpaceOnUse" '
      + 'patternTransform="rotate(45)"><path d="M0 0h10v10H0z" fill="#10161D"/><path d="M0 0V10" stroke="#4A5763" stroke-width="5"/></pattern></defs></svg>';
    root.document.body.appendChild(holder.firstChild);
  }

  function addCounty(feature) {
    const area = String(feature.properties.id);
    const layer = L.geoJSON(feature, { renderer: state.svg, style: look.countyStyle(null, { rem: rem() }) }).addTo(state.map);
    const [lon, lat] = look.labelPoint(feature.geometry);
    const icon = L.divIcon({ className: "county-label", html: "", iconSize: null });
    const label = L.marker([lat, lon], { icon: icon, interactive: false, keyboard: false, pane: "tooltipPane" }).addTo(state.map);
    const box = layer.getBounds();
    state.counties[area] = { layer: layer, label: label, name: feature.properties.name, signature: "", html: null, rank: 0,
      size: (box.getEast() - box.getWest()) * (box.getNorth() - box.getSouth()) };
    state.bounds = state.bounds ? state.bounds.extend(box) : L.latLngBounds(box.getSouthWest(), box.getNorthEast());
  }

  function fit() {
    state.map.invalidateSize({ animate: false });
    const room = state.map.getSize();
    if (Math.min(room.x, room.y) < rem() * 5) return; // not laid out yet: the next resize fits it
    state.map.fitBounds(state.bounds, { animate: false, padding: [rem() * 1.6, rem() * 1.6] });
    for (const known of state.points.values()) known.signature = "";
    for (const county of Object.values(state.counties)) county.signature = "";
    if (state.named) state.named.signature = null;
    state.labelsMoved = true;
    paint(cityvitals.live.picture());
  }

  /** Paint everything that differs from what is drawn. */
  function paint(picture) {
    if (!state.map) return;
    paintCounties(picture);
    paintRoutes(picture);
    paintPoints(picture);
    paintNamed(picture);
  }

  /** Take over dash-leaflet's map. boundaries: GeoJSON of the counties; site: addresses and what a click opens. */
  function start(boundaries, site) {
    state.map = cityvitals.map.leaflet;
    state.site = site;
    state.svg = L.svg({ padding: 0.2 });
    state.canvas = L.canvas({ padding: 0.2, pane: "markerPane" }); // names and the named point lie above, in the tooltip pane
    addHatch();
    for (const feature of boundaries.features) addCounty(feature);
    state.map.on("click", onClick);
    fit();
    new root.ResizeObserver(fit).observe(state.map.getContainer());
    if (root.document.fonts) root.document.fonts.ready.then(() => { state.labelsMoved = true; paint(cityvitals.live.picture()); });
  }

  /** Which layers are on, and by which indicator the counties are filled ("" for none). */
  function choose(layers, indicator) {
    state.layers = new Set(layers);
    state.indicator = indicator || "";
    paint(cityvitals.live.picture());
  }

  cityvitals.mapLayers = { choose, paint, start, state };
})(window);
