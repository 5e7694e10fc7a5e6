/* The history of one place with the bounds of a draft as handles; both versions and what happened as strips below. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const DAYS = [7, 30, 365];
  const STRIP_REM = 1.55;
  let dragging = null; // {level, scale} while a bound is held

  const words = (code, values) => cityvitals.format.words(code, values);
  const esc = (text) => cityvitals.format.esc(text);
  const at = (x) => x.toFixed(1);

  /** Where things stand, in pixels. Three strips below the plot. */
  function boxOf(place) {
    const rem = cityvitals.page.remPx();
    const width = place.clientWidth;
    const height = place.clientHeight;
    const below = rem * (STRIP_REM * 3 + 0.4);
    return { rem, width, height, left: rem * 4.6, right: width - rem * 5.6, top: rem * 0.9, bottom: height - below - rem * 1.5 };
  }

  /** The values that must be seen: the line, and every bound on the shown indicator. */
  function scaleOf(desk, box) {
    const { reached, cleared } = cityvitals.rules;
    let low = Infinity;
    let high = -Infinity;
    for (const point of desk.drawn.line) {
      if (point[1] === null) continue;
      low = Math.min(low, point[1]);
      high = Math.max(high, point[2]);
    }
    for (const one of onShown(desk)) {
      for (const value of [reached(one), cleared(one)]) if (value !== null) { low = Math.min(low, value); high = Math.max(high, value); }
    }
    if (!isFinite(low)) { low = 0; high = 1; }
    const room = (high - low || 1) * 0.06;
    low -= low >= 0 && low - room < 0 ? low : room;
    high += room;
    const y = (value) => box.bottom - ((value - low) / (high - low)) * (box.bottom - box.top);
    return { low, high, y, value: (pixel) => low + ((box.bottom - pixel) / (box.bottom - box.top)) * (high - low) };
  }

  const onShown = (desk) => desk.draft.bounds.filter((one) => one.indicator === desk.shown);

  function linePath(line, x, y) {
    let path = "";
    let pen = false;
    for (const [time, low, high] of line) {
      if (low === null) { pen = false; continue; }
      path += (pen ? "L" : "M") + at(x(time)) + " " + at(y(low));
      if (high !== low) path += "L" + at(x(time)) + " " + at(y(high));
      pen = true;
    }
    return path;
  }

  /** Spans without a value, hatched: nobody knows what happened there. */
  function holes(line, x, box) {
    const wide = line.length > 1 ? x(line[1][0]) - x(line[0][0]) : 0;
    let found = "";
    for (let row = 0; row < line.length; row += 1) {
      if (line[row][1] !== null) continue;
      const from = x(line[row][0]) - wide;
      while (row + 1 < line.length && line[row + 1][1] === null) row += 1;
      const to = x(line[row][0]);
      found += '<rect class="hole" x="' + at(Math.max(from, box.left)) + '" y="' + at(box.top) + '" width="' + at(Math.max(1, to - Math.max(from, box.left))) + '" height="' + at(box.bottom - box.top) + '" fill="url(#hole-of-rules)"/>';
    }
    return found;
  }

  function timeTicks(drawn, x, box) {
    const { CHINA_MS: offset, DAY_MS } = cityvitals.format;
    let step = DAY_MS * (desk().days <= 7 ? 1 : desk().days <= 31 ? 5 : 61);
    while ((drawn.until_ms - drawn.from_ms) / step > (box.right - box.left) / (box.rem * 4.5)) step *= 2;
    let text = "";
    for (let time = Math.ceil((drawn.from_ms + offset) / step) * step - offset; time <= drawn.until_ms; time += step) {
      if (x(time) < box.left + box.rem || x(time) > box.right - box.rem) continue;
      text += '<path class="tick" d="M' + at(x(time)) + " " + at(box.top) + "V" + at(box.bottom) + '"/><text class="axis" text-anchor="middle" x="' + at(x(time)) + '" y="' + at(box.bottom + box.rem * 1.15) + '">' + esc(cityvitals.format.civil(time).date) + "</text>";
    }
    return text;
  }

  function valueTicks(scale, box) {
    const step = cityvitals.trend.niceStep(scale.high - scale.low, Math.max(3, Math.floor((box.bottom - box.top) / box.rem / 2.6)));
    const places = step < 1 ? Math.min(3, Math.ceil(-Math.log10(step) - 1e-9)) : 0;
    let text = "";
    for (let value = Math.ceil(scale.low / step) * step; value <= scale.high; value += step) {
      text += '<text class="axis" text-anchor="end" x="' + at(box.left - box.rem * 0.5) + '" y="' + at(scale.y(value) + box.rem * 0.33) + '">' + value.toFixed(places) + "</text>";
    }
    return text;
  }

  /** Labels at the right, none over another. */
  function placed(bounds, scale, box) {
    const shown = bounds.filter((one) => cityvitals.rules.reached(one) !== null);
    const ys = cityvitals.trend.spread(shown.map((one) => scale.y(cityvitals.rules.reached(one))), box.rem * 1.55, box.top, box.bottom - box.rem * 0.2);
    return shown.map((one, row) => ({ one, y: ys[row] }));
  }

  /** One bound: its band's edge, its clear bound dashed, what it was before, and the handle. */
  function handle(desk, one, labelY, scale, box) {
    const { reached, cleared, bound, decimals } = cityvitals.rules;
    const value = reached(one);
    const places = decimals(one.indicator);
    const unit = desk.seed.indicators[one.indicator].unit;
    const y = scale.y(value);
    const active = bound(one.level, desk.seed.active);
    const before = active && active.indicator === one.indicator ? value + ((active.reference ? active.offset || 0 : active.bound) - (one.reference ? one.offset || 0 : one.bound)) : null;
    const label = value.toFixed(places);
    const wide = box.rem * 5;
    const clear = cleared(one);
    return '<g class="bound level-' + one.level + (desk.level === one.level ? " is-chosen" : "") + '" data-level="' + one.level + '" role="slider" tabindex="0" aria-label="' + esc(words("level." + one.level) + words("rules.field_bound"))
      + '" aria-valuenow="' + label + '" aria-valuetext="' + esc(label + " " + unit) + '" aria-valuemin="' + scale.low.toFixed(places) + '" aria-valuemax="' + scale.high.toFixed(places) + '">'
      + (before !== null && Math.abs(before - value) > 1e-9 ? '<path class="before" d="M' + box.left + " " + at(scale.y(before)) + "H" + box.right + '"/>' : "")
      + (clear !== null && clear !== value ? '<path class="clear" d="M' + box.left + " " + at(scale.y(clear)) + "H" + box.right + '"/>' : "")
      + '<path class="edge" d="M' + box.left + " " + at(y) + "H" + at(box.right) + "L" + at(box.right + box.rem * 0.4) + " " + at(labelY) + '"/><path class="grip" d="M' + box.left + " " + at(y) + "H" + at(box.right + box.rem * 0.4) + '"/>'
      + '<rect x="' + at(box.right + box.rem * 0.4) + '" y="' + at(labelY - box.rem * 0.72) + '" width="' + at(wide) + '" height="' + at(box.rem * 1.44) + '" rx="3"/><text x="' + at(box.right + box.rem * 0.4 + wide / 2) + '" y="' + at(labelY + box.rem * 0.33) + '" text-anchor="middle">' + esc(label + " " + unit) + "</text></g>";
  }

  function band(one, desk, scale, box) {
    const { reached, sign } = cityvitals.rules;
    const value = reached(one);
    if (value === null) return "";
    const sorted = onShown(desk).map(reached).filter((other) => other !== null && (other - value) * sign() > 0);
    const end = sorted.length ? (sign() > 0 ? Math.min.apply(null, sorted) : Math.max.apply(null, sorted)) : sign() > 0 ? scale.high : scale.low;
    const top = Math.min(scale.y(value), scale.y(end));
    return '<rect class="band level-' + one.level + '" x="' + box.left + '" width="' + at(box.right - box.left) + '" y="' + at(top) + '" height="' + at(Math.abs(scale.y(value) - scale.y(end))) + '"/>';
  }

  function strip(spans, name, y, x, box, strong) {
    const bars = spans.map(([from, until, level]) => '<rect class="span level-' + level + '" x="' + at(x(from)) + '" y="' + at(y - box.rem * 0.42) + '" width="' + at(Math.max(2.5, x(until) - x(from))) + '" height="' + at(box.rem * 0.84) + '"/>').join("");
    return '<path class="rail" d="M' + box.left + " " + at(y) + "H" + box.right + '"/><text class="name' + (strong ? " strong" : "") + '" text-anchor="end" x="' + at(box.left - box.rem * 0.5) + '" y="' + at(y + box.rem * 0.33) + '">' + esc(name) + "</text>" + bars;
  }

  /** What people said happened: a filled triangle for certain, a hollow one for roughly known, a cross for a false alarm. */
  function marks(labels, y, x, box) {
    const r = box.rem * 0.42;
    return labels.map((label) => {
      const left = Math.min(Math.max(x(label.from_ms), box.left), box.right);
      const right = Math.min(Math.max(x(label.until_ms), left), box.right);
      const shape = label.true ? "M" + at(left) + " " + at(y - r) + "l" + at(r) + " " + at(2 * r) + "h" + at(-2 * r) + "z" : "M" + at(left - r) + " " + at(y - r) + "l" + at(2 * r) + " " + at(2 * r) + "m0 " + at(-2 * r) + "l" + at(-2 * r) + " " + at(2 * r);
      return '<g class="mark-label' + (label.true ? "" : " is-false") + (label.certain ? "" : " is-rough") + '"><title>' + esc(label.says) + '</title><path class="lasting" d="M' + at(left) + " " + at(y + r) + "H" + at(right) + '"/><path d="' + shape + '"/></g>';
    }).join("");
  }

  function strips(desk, x, box) {
    const drawn = desk.drawn;
    const row = (number) => box.bottom + box.rem * (1.5 + STRIP_REM * (number + 0.5));
    const open = desk.seed.open;
    return (drawn.active ? strip(drawn.active, words("rules.strip_active", { version: desk.seed.version }), row(0), x, box, false) : "")
      + strip(drawn.draft, words("rules.strip_draft", { version: open ? open.version : "" }), row(1), x, box, true)
      + strip([], words("rules.strip_labels"), row(2), x, box, false) + marks(drawn.labels, row(2), x, box)
      + (drawn.labels.length ? "" : '<text class="axis" x="' + at(box.left + box.rem) + '" y="' + at(row(2) + box.rem * 0.33) + '">' + esc(words("rules.no_labels_here")) + "</text>");
  }

  const desk = () => cityvitals.rules.desk;

  /** Draw everything. While a bound is held the scale stays as it was, so that it follows the hand. */
  function paint(of) {
    const place = cityvitals.page.at("rules-chart");
    if (!place || !of.seed) return;
    if (!of.drawn || !of.drawn.line) {
      place.innerHTML = '<p class="no-trend">' + esc(words("rules.weighing")) + "</p>";
      return;
    }
    const focused = root.document.activeElement && root.document.activeElement.closest && root.document.activeElement.closest("#rules-chart .bound");
    const held = focused ? focused.dataset.level : "";
    const box = boxOf(place);
    if (box.width < box.rem * 12) return;
    const scale = dragging ? dragging.scale : scaleOf(of, box);
    const drawn = of.drawn;
    const x = (time) => box.left + ((time - drawn.from_ms) / (drawn.until_ms - drawn.from_ms || 1)) * (box.right - box.left);
    const known = drawn.line.some((point) => point[1] !== null);
    const bounds = onShown(of);
    place.classList.toggle("is-late", of.late);
    place.innerHTML = '<svg viewBox="0 0 ' + box.width + " " + box.height + '" width="' + box.width + '" height="' + box.height + '"><defs><pattern id="hole-of-rules" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V8"/></pattern></defs>'
      + timeTicks(drawn, x, box) + bounds.map((one) => band(one, of, scale, box)).join("") + holes(drawn.line, x, box) + valueTicks(scale, box)
      + '<path class="line" d="' + linePath(drawn.line, x, scale.y) + '"/>' + (known ? "" : '<text class="none" text-anchor="middle" x="' + at((box.left + box.right) / 2) + '" y="' + at((box.top + box.bottom) / 2) + '">' + esc(words("rules.no_values")) + "</text>")
      + placed(bounds, scale, box).map(({ one, y }) => handle(of, one, y, scale, box)).join("") + strips(of, x, box) + "</svg>";
    if (held) {
      const again = place.querySelector('.bound[data-level="' + held + '"]');
      if (again) again.focus();
    }
    listen(place, box);
  }

  /** A step of the keyboard: the last figure that is shown; with Shift ten of them. */
  function key(event) {
    const handleOf = event.target.closest && event.target.closest(".bound");
    const step = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (!handleOf || !step || event.isComposing || !mayMove()) return;
    event.preventDefault();
    const { bound, reached, decimals, move } = cityvitals.rules;
    const one = bound(handleOf.dataset.level);
    desk().level = one.level;
    move(one.level, reached(one) + step * (event.shiftKey ? 10 : 1) * Math.pow(10, -decimals(one.indicator)));
  }

  /** A hand sets round figures: 1, 2 or 5 of some power of ten, at most a hundredth of the axis. With Alt any figure. */
  function roundStep(span) {
    const power = Math.pow(10, Math.floor(Math.log10(span / 100)));
    return power * (span / 100 / power >= 5 ? 5 : span / 100 / power >= 2 ? 2 : 1);
  }

  const mayMove = () => desk().seed.rights.edit || desk().seed.rights.relax;

  function listen(place) {
    if (place.dataset.heard) return;
    place.dataset.heard = "1";
    place.addEventListener("keydown", key);
    place.addEventListener("pointerdown", (event) => {
      const held = event.target.closest(".bound");
      if (!held || !mayMove() || event.button > 0) return;
      event.preventDefault();
      desk().level = held.dataset.level;
      dragging = { level: held.dataset.level, scale: scaleOf(desk(), boxOf(place)), top: place.getBoundingClientRect().top };
      place.setPointerCapture(event.pointerId);
      held.focus();
    });
    place.addEventListener("pointermove", (event) => {
      if (!dragging) return;
      const { low, high, value } = dragging.scale;
      const to = Math.min(high, Math.max(low, value(event.clientY - dragging.top)));
      const step = event.altKey ? 0 : roundStep(high - low);
      cityvitals.rules.move(dragging.level, step ? Math.round(to / step) * step : to);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      place.addEventListener(end, () => {
        if (!dragging) return;
        dragging = null;
        cityvitals.rules.show({});
      });
    }
  }

  /** Above the plot: place, span, indicator, and what the counts rest on. */
  function tools(of) {
    const place = cityvitals.page.at("rules-tools");
    if (!place || !of.seed) return;
    const drawn = of.drawn || {};
    const warned = new Set(drawn.warned || []);
    const options = of.seed.places.map((one) => '<option value="' + esc(one.id) + '"' + (one.id === of.place ? " selected" : "") + ">" + esc(one.name + (warned.has(one.id) ? " " + words("rules.warned_here") : "")) + "</option>").join("");
    const days = DAYS.map((one) => '<button type="button" data-days="' + one + '" aria-pressed="' + (one === of.days) + '">' + esc(words("rules.days", { days: one })) + "</button>").join("");
    const names = Array.from(new Set(of.draft.bounds.map((one) => one.indicator)));
    const lines = names.length < 2 ? "" : '<span class="lines">' + names.map((name) => '<button type="button" data-shown="' + esc(name) + '" aria-pressed="' + (name === of.shown) + '">' + esc(of.seed.indicators[name].name) + "</button>").join("") + "</span>";
    const rests = drawn.judged === undefined ? "" : words("rules.judged", { count: cityvitals.format.count(drawn.judged), seconds: drawn.took_s });
    place.innerHTML = '<select aria-label="' + esc(words("rules.place")) + '">' + options + '</select><span class="days">' + days + "</span>" + lines + '<span class="rests">' + esc(rests) + "</span>";
    if (place.dataset.heard) return;
    place.dataset.heard = "1";
    place.addEventListener("change", (event) => cityvitals.rules.show({ place: event.target.value }));
    place.addEventListener("click", (event) => {
      const { days: span, shown } = event.target.dataset;
      if (span) cityvitals.rules.show({ days: Number(span) });
      if (shown) cityvitals.rules.show({ shown });
    });
  }

  cityvitals.rulesChart = { paint, tools };
})(window);
