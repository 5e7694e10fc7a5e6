/* A new case by hand: what, where and how that is known, who told it. The place is typed, or shown on a map of the city. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const words = (code, values) => cityvitals.format.words(code, values);
  const WIDE = 420;
  const HIGH = 400;
  const CLOSEST_DEG = 0.02; // some 2 km from edge to edge: nearer than that there is nothing to go by
  // How a place is known, and how sure it then is, in m; whoever asks the caller on may say it better.
  const ORIGINS = { said: 1000, community: 500, road: 300, crossing: 50, door: 30, gps: 30, map: 100 };
  const HAND_PX = 4; // so far beside a place a hand clicks
  const VAGUE_M = 10000; // of a place of which only the district is known
  let view = null; // what the map shows, degrees

  const dialog = () => cityvitals.page.at("dispatch-dialog");
  const field = (name) => dialog().querySelector('[name="' + name + '"]');

  /** Kinds in groups, by class; nothing is chosen until somebody does. */
  function kinds(site) {
    const classes = [...new Set(Object.values(site.kinds).map((kind) => kind.class))];
    const option = ([id, kind]) => '<option value="' + esc(id) + '">' + esc(kind.name) + "</option>";
    const group = (name) => '<optgroup label="' + esc(name) + '">' + Object.entries(site.kinds).filter(([, kind]) => kind.class === name).map(option).join("") + "</optgroup>";
    return '<select name="kind" required><option value="">' + esc(words("dispatch.choose_kind")) + "</option>" + classes.map(group).join("") + "</select>";
  }

  function fields(site) {
    const { area, choice, input, label, LONLAT } = cityvitals.dispatchForms;
    const origins = Object.keys(ORIGINS).map((name) => [name, words("dispatch.place_" + name)]);
    return '<div class="new-columns"><div>' + label("kind", kinds(site)) + '<div class="new-further"></div>' + input("title", 'required maxlength="120"') + choice("area", Object.entries(site.areas)) + input("said", 'maxlength="200"')
      + '<div class="new-sure">' + choice("origin", origins, "said") + input("accuracy", 'type="number" min="1" max="100000" value="' + ORIGINS.said + '"') + "</div>"
      + input("lonlat", LONLAT) + area("text", "") + '<div class="new-sure">' + input("caller", 'maxlength="60"') + input("phone", 'type="tel" maxlength="32"') + "</div></div>"
      + '<div class="new-map"><p>' + esc(words("dispatch.map_pick")) + '<button type="button" class="verb small" data-zoom="0.5" aria-label="' + esc(words("dispatch.map_nearer")) + '">＋</button><button type="button" class="verb small" data-zoom="2" aria-label="'
      + esc(words("dispatch.map_farther")) + '">－</button></p><div class="new-sketch"></div></div></div>';
  }

  /** What the kind that is chosen needs of a report. */
  function further(site) {
    const { input } = cityvitals.dispatchForms;
    const needs = ((site.kinds[field("kind").value] || {}).needs || {}).report || [];
    dialog().querySelector(".new-further").innerHTML = needs.map((name) => input(name, 'required maxlength="300" data-further')).join("");
  }

  const place = () => {
    const [lon, lat] = field("lonlat").value.split(/[,，]/).map(Number);
    return lon && lat ? { lon_deg: lon, lat_deg: lat, accuracy_m: Number(field("accuracy").value) || ORIGINS.map } : null;
  };

  const county = (site) => site.boundaries.features.find((feature) => feature.properties.id === field("area").value);

  /** The map of the district that is chosen, else of the city. */
  function look(site) {
    const one = county(site);
    view = cityvitals.dispatchMap.boxOf(one ? { features: [one] } : site.boundaries);
  }

  function draw(site, around) {
    dialog().querySelector(".new-sketch").innerHTML = cityvitals.dispatchMap.sketch(site.boundaries, view, [WIDE, HIGH], Object.assign({ place: place() }, around));
  }

  /** Twice as near or as far, around the place or the middle. */
  function zoom(part) {
    const at = place();
    const middle = at ? [at.lon_deg, at.lat_deg] : [(view.west + view.east) / 2, (view.south + view.north) / 2];
    const half = [view.east - view.west, view.north - view.south].map((span) => Math.max(span * part, CLOSEST_DEG) / 2);
    view = { west: middle[0] - half[0], east: middle[0] + half[0], south: middle[1] - half[1], north: middle[1] + half[1] };
  }

  /** Where somebody clicked. Its district is known by it; how sure it is goes by how it was known. */
  function picked(event, site) {
    const svg = dialog().querySelector(".new-sketch svg");
    const point = new root.DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const to = cityvitals.dispatchMap.projection(view, WIDE, HIGH);
    const [lon, lat] = to.back(point.x, point.y);
    field("lonlat").value = lon.toFixed(6) + ", " + lat.toFixed(6);
    const inside = root.document.elementsFromPoint(event.clientX, event.clientY).find((one) => one.dataset.area); // below a mark, too
    if (inside && site.areas[inside.dataset.area]) field("area").value = inside.dataset.area;
    if (field("origin").value === "said") choose("map");
    const least = Math.ceil(HAND_PX / to.m(1) / 10) * 10; // nobody shows a place better than the map is drawn
    if (Number(field("accuracy").value) < least) field("accuracy").value = least;
  }

  function choose(origin) {
    field("origin").value = origin;
    field("accuracy").value = ORIGINS[origin];
  }

  /** The report of what was typed. */
  function reportOf(values, site) {
    const wanted = { kind: values.kind, title: values.title, area: values.area, text: values.text };
    const [centre, at] = [site.centres[values.area], place()];
    if (at) wanted.place = Object.assign(at, { origin: values.origin, said: values.said });
    else if (centre) wanted.place = { lon_deg: centre[0], lat_deg: centre[1], accuracy_m: VAGUE_M, origin: "said", said: values.said };
    if (values.caller || values.phone) wanted.caller = { name: values.caller, phone: values.phone };
    const asked = [...dialog().querySelectorAll("[data-further]")].map((one) => [one.name, one.value]);
    if (asked.length) wanted.further = Object.fromEntries(asked);
    return wanted;
  }

  /** Ask for it. around: {cases, units} that the map shows; send(report) gives the sentence of a refusal. */
  function report(site, around, send) {
    cityvitals.dispatchForms.ask(words("dispatch.new_case"), fields(site), (values) => send(reportOf(values, site)), "wide");
    const form = dialog().querySelector("form");
    const paint = () => draw(site, around);
    form.addEventListener("change", (event) => {
      if (event.target.name === "kind") further(site);
      if (event.target.name === "origin") field("accuracy").value = ORIGINS[event.target.value];
      if (event.target.name === "area" && !place()) look(site);
      paint();
    });
    form.querySelector(".new-map").addEventListener("click", (event) => {
      const nearer = event.target.closest("[data-zoom]");
      if (!nearer) return;
      zoom(Number(nearer.dataset.zoom));
      paint();
    });
    form.querySelector(".new-sketch").addEventListener("mousedown", (event) => { // no click comes: a field that is left has the land drawn anew
      picked(event, site);
      paint();
    });
    look(site);
    paint();
  }

  cityvitals.dispatchNew = { report };
})(window);
