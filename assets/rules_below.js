/* Below the history: how counts hang on bound, hold and hysteresis, and when the load comes. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const AXES = ["bound", "hold", "hysteresis"];

  const words = (code, values) => cityvitals.format.words(code, values);
  const esc = (text) => cityvitals.format.esc(text);
  const at = (x) => x.toFixed(1);

  /** A line through the points that are known. */
  function path(points, x, y) {
    let pen = false;
    return points.map(([value, told]) => {
      if (told === null) { pen = false; return ""; }
      const step = (pen ? "L" : "M") + at(x(value)) + " " + at(y(told));
      pen = true;
      return step;
    }).join("");
  }

  /** Where the draft and the active version stand on an axis, in its own unit. */
  function standing(desk, declaration) {
    const one = cityvitals.rules.bound(desk.swept.level, declaration);
    if (!one) return null;
    if (desk.axis === "hold") return one.hold_s || 0;
    if (desk.axis === "hysteresis") return one.clear !== undefined && one.clear !== null ? Math.abs(one.bound - one.clear) : one.hysteresis || 0;
    return one.reference ? one.offset || 0 : one.bound;
  }

  function written(desk, value) {
    if (desk.axis === "hold") return String(value / 60) + " " + words("rules.minutes");
    const one = cityvitals.rules.bound(desk.swept.level);
    return value.toFixed(one ? cityvitals.rules.decimals(one.indicator) : 1);
  }

  function sweep(desk) {
    const place = cityvitals.page.at("rules-sweep");
    if (!place || !desk.swept || !desk.swept.axes) return;
    const points = desk.swept.axes[desk.axis];
    const tabs = AXES.map((axis) => '<button type="button" data-axis="' + axis + '" aria-pressed="' + (axis === desk.axis) + '">' + esc(words("rules.axis_" + axis)) + "</button>").join("");
    place.innerHTML = "<h2>" + esc(words("rules.sweep")) + cityvitals.format.levelTag(desk.swept.level) + '<span class="days">' + tabs + '</span></h2><div class="plot"></div><p class="rules-note">' + esc(words("rules.sweep_note")) + "</p>";
    const plot = place.querySelector(".plot");
    const rem = cityvitals.page.remPx();
    const box = { width: plot.clientWidth, height: plot.clientHeight, left: rem * 0.3, right: plot.clientWidth - rem * 6.2, top: rem * 1.1, bottom: plot.clientHeight - rem * 1.4 };
    if (box.right - box.left < rem * 4) return;
    const low = points[0][0];
    const high = points[points.length - 1][0];
    const most = Math.max.apply(null, points.map((point) => point[1]).concat([1]));
    const x = (value) => box.left + ((value - low) / (high - low || 1)) * (box.right - box.left);
    const y = (share) => box.bottom - share * (box.bottom - box.top);
    const leads = points.map((point) => point[3]).filter((lead) => lead !== null);
    const longest = Math.max.apply(null, leads.map(Math.abs).concat([1]));
    const lines = [
      ["warnings", points.map((point) => [point[0], point[1] / most]), words("rules.line_warnings", { count: most })],
      ["recall", points.map((point) => [point[0], point[2]]), words("rules.line_recall")],
      ["lead", points.map((point) => [point[0], point[3] === null ? null : Math.max(0, point[3]) / longest]), words("rules.line_lead", { minutes: longest })],
    ].filter(([, line]) => line.some((point) => point[1] !== null));
    const ends = cityvitals.trend.spread(lines.map(([, line]) => y(line.filter((point) => point[1] !== null).pop()[1])), rem * 1.25, box.top, box.bottom);
    const stands = [["active", standing(desk, desk.seed.active)], ["draft", standing(desk, desk.draft)]].filter(([, value]) => value !== null && value >= low && value <= high);
    const leftmost = stands.length === 2 && stands[1][1] < stands[0][1] ? "draft" : "active"; // its words stand to the left of it
    plot.innerHTML = '<svg width="' + box.width + '" height="' + box.height + '"><path class="rail" d="M' + box.left + " " + box.bottom + "H" + box.right + '"/>'
      + stands.map(([who, value]) => '<path class="stands is-' + who + '" d="M' + at(x(value)) + " " + at(box.top - rem * 0.2) + "V" + box.bottom + '"/><text class="axis" text-anchor="' + (leftmost === who ? "end" : "start") + '" x="' + at(x(value) + (leftmost === who ? -0.3 : 0.3) * rem) + '" y="' + at(rem * 0.75) + '">' + esc(words("rules.stands_" + who, { value: written(desk, value) })) + "</text>").join("")
      + lines.map(([name, line, said], row) => '<path class="swept is-' + name + '" d="' + path(line, x, y) + '"/><text class="axis is-' + name + '" x="' + at(box.right + rem * 0.4) + '" y="' + at(ends[row] + rem * 0.33) + '">' + esc(said) + "</text>").join("")
      + '<text class="axis" x="' + box.left + '" y="' + at(box.height - rem * 0.25) + '">' + esc(written(desk, low)) + '</text><text class="axis" text-anchor="end" x="' + at(box.right) + '" y="' + at(box.height - rem * 0.25) + '">' + esc(written(desk, high)) + '</text>'
      + '<path class="cross" d=""/></svg>';
    read(place, plot, points, desk, { x, box });
    listen(place);
  }

  /** Under the pointer: the figures of the nearest point; a click takes its value over into the draft. */
  function read(place, plot, points, desk, { x, box }) {
    const note = place.querySelector(".rules-note");
    const nearest = (event) => {
      const across = event.clientX - plot.getBoundingClientRect().left;
      return points.reduce((best, point) => (Math.abs(x(point[0]) - across) < Math.abs(x(best[0]) - across) ? point : best));
    };
    plot.onpointermove = (event) => {
      const [value, count, recall, lead] = nearest(event);
      plot.querySelector(".cross").setAttribute("d", "M" + at(x(value)) + " " + at(box.top) + "V" + box.bottom);
      note.textContent = words("rules.sweep_at", { value: written(desk, value), count, recall: recall === null ? "—" : recall.toFixed(2), lead: lead === null ? "—" : lead });
    };
    plot.onclick = (event) => take(desk, nearest(event)[0]);
  }

  function take(desk, value) {
    if (!desk.seed.rights.edit && !desk.seed.rights.relax) return;
    const one = cityvitals.rules.bound(desk.swept.level);
    if (!one) return;
    if (desk.axis === "bound") cityvitals.rules.move(desk.swept.level, value + (one.reference ? cityvitals.rules.base(one) || 0 : 0));
    else {
      if (desk.axis === "hold") one.hold_s = value;
      else { delete one.clear; one.hysteresis = value; }
      cityvitals.rules.touched();
    }
  }

  function listen(place) {
    if (place.dataset.heard) return;
    place.dataset.heard = "1";
    place.addEventListener("click", (event) => {
      const { axis } = event.target.dataset;
      if (!axis) return;
      cityvitals.rules.desk.axis = axis;
      sweep(cityvitals.rules.desk);
    });
  }

  /** Openings by weekday and hour: the brighter the more. */
  function load(desk) {
    const place = cityvitals.page.at("rules-load");
    const drawn = desk.drawn;
    if (!place || !drawn || !drawn.load) return;
    const most = Math.max(1, Math.max.apply(null, drawn.load.map((row) => Math.max.apply(null, row))));
    const rows = drawn.load.map((row, day) => "<b>" + esc(words("rules.weekday_" + (day + 1))) + "</b>" + row.map((count, hour) => '<i style="opacity:' + (count ? 0.18 + 0.82 * (count / most) : 0.06).toFixed(2) + '" title="' + esc(words("rules.load_cell", { hour, count })) + '"></i>').join("")).join("");
    const hours = "<b></b>" + Array.from({ length: 24 }, (_, hour) => "<small>" + (hour % 6 ? "" : hour) + "</small>").join("");
    place.innerHTML = "<h2>" + esc(words("rules.load_title")) + "<small>" + esc(words("rules.busiest", { count: drawn.busiest })) + '</small></h2><div class="heat">' + rows + hours + "</div>";
  }

  cityvitals.rulesBelow = { load, sweep };
})(window);
