/* The rules desk: what is opened, what is asked, what is painted. The draft lives here; everything else is told. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const ASK_AFTER_MS = 140; // while a bound is dragged the server is asked this often at most
  const SWEEP_AFTER_MS = 600;
  const LEVELS = ["red", "orange", "yellow", "blue"];
  const desk = { seed: null, draft: null, drawn: null, swept: null, level: "", place: "", shown: "", days: 30, axis: "bound", number: 0, late: false };
  let asking = 0;
  let sweeping = 0;
  let tardy = 0;

  const copy = (value) => JSON.parse(JSON.stringify(value));
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  /** The level of a draft, by its word. */
  const bound = (level, declaration) => (declaration || desk.draft).bounds.find((one) => one.level === level);

  /** What stands under its level: the station's own reference, or nothing. */
  function base(one) {
    if (!one.reference) return 0;
    const held = desk.seed.references[desk.place] || {};
    return one.reference in held ? held[one.reference] : null;
  }

  /** Where a level is reached at the shown place; null where its station has no such reference. */
  function reached(one) {
    if (!one.reference) {
      const own = (desk.draft.overrides || []).find((other) => other.area === desk.place && other.level === one.level);
      return own ? own.bound : one.bound;
    }
    const from = base(one);
    return from === null ? null : from + (one.offset || 0);
  }

  const sign = () => (desk.seed.direction === "down_bad" ? -1 : 1);

  /** Where it is left again. */
  function cleared(one) {
    const at = reached(one);
    if (at === null) return null;
    if (one.clear !== undefined && one.clear !== null) return one.clear + at - (one.reference ? at : one.bound);
    return at - sign() * (one.hysteresis || 0);
  }

  const decimals = (name) => (desk.seed.indicators[name] || { decimals: 1 }).decimals;
  const rounded = (value, name) => Number(value.toFixed(Math.max(decimals(name), 0)));

  /** Put a level where somebody dragged or typed it; it keeps its distance to its clear bound. */
  function move(level, value) {
    const one = bound(level);
    const to = rounded(value, one.indicator);
    if (one.reference) {
      one.offset = Number((to - base(one)).toFixed(4));
    } else {
      if (one.clear !== undefined && one.clear !== null) one.clear = Number((one.clear + to - one.bound).toFixed(4));
      one.bound = to;
    }
    touched();
  }

  /** What the draft is held against: what was saved last, else what judges now. */
  const saved = () => (desk.seed.open ? desk.seed.open.declaration : desk.seed.active);
  const changed = () => !same(saved(), desk.draft);

  function question() {
    desk.number += 1;
    return { number: desk.number, rule: desk.seed.rule, declaration: copy(desk.draft), active: desk.seed.active, place: desk.place, shown: desk.shown, days: desk.days, level: desk.level };
  }

  function ask() {
    root.clearTimeout(asking);
    asking = root.setTimeout(() => {
      root.dash_clientside.set_props("rules-ask", { data: question() });
      root.clearTimeout(tardy);
      tardy = root.setTimeout(() => { desk.late = true; paint(); }, 300);
    }, ASK_AFTER_MS);
    root.clearTimeout(sweeping);
    sweeping = root.setTimeout(() => root.dash_clientside.set_props("rules-sweep-ask", { data: question() }), SWEEP_AFTER_MS);
  }

  /** The draft changed: everything that needs no server follows at once. */
  function touched() {
    cityvitals.rulesForm.refresh(desk);
    cityvitals.rulesBelow.sweep(desk); // where the draft stands in it
    paint();
    ask();
  }

  function paint() {
    cityvitals.rulesChart.paint(desk);
    cityvitals.rulesActs.paint(desk);
  }

  /** Show another place, span, level or indicator. */
  function show(what) {
    Object.assign(desk, what);
    if (what.level) desk.shown = bound(what.level) ? bound(what.level).indicator : desk.shown;
    if (what.shown && (!bound(desk.level) || bound(desk.level).indicator !== what.shown)) {
      const first = desk.draft.bounds.find((one) => one.indicator === what.shown);
      if (first) desk.level = first.level;
    }
    touched();
    cityvitals.rulesForm.paint(desk);
    cityvitals.rulesChart.tools(desk);
  }

  function begin(seed) {
    const again = desk.seed && desk.seed.rule === seed.rule;
    const keep = again && seed.done === false;
    const before = desk.draft;
    desk.seed = seed;
    desk.draft = keep ? before : copy(saved());
    if (!again) {
      desk.place = seed.place;
      // Opened by the alarm load: the draft holds as long as would calm the rule.
      desk.draft.bounds.forEach((one) => { one.hold_s = Math.max(one.hold_s || 0, seed.hold_s || 0) || one.hold_s; });
      const of = (one) => desk.draft.bounds.filter((other) => other.indicator === one.indicator);
      const first = desk.draft.bounds.reduce((best, one) => (of(one).length > of(best).length ? one : best));
      desk.shown = first.indicator;
      desk.level = (of(first).find((one) => one.level === "yellow") || of(first).pop()).level;
    }
    cityvitals.rulesForm.paint(desk);
    cityvitals.rulesChart.tools(desk);
    cityvitals.rulesActs.title(desk);
    paint();
    ask();
  }

  function refuse(sentence) {
    const { page, format } = cityvitals;
    page.put("rules-title", '<p class="desk-nothing">' + format.esc(sentence) + "</p>");
    const body = root.document.querySelector(".rules-body");
    if (body) body.hidden = true;
  }

  cityvitals.rules = { LEVELS, ask, base, bound, changed, cleared, copy, decimals, desk, move, reached, rounded, same, saved, show, sign, touched };

  const clientside = (root.dash_clientside = root.dash_clientside || {});
  clientside.cityvitals = Object.assign(clientside.cityvitals || {}, {
    /** Callback: a rule is opened, or something was done to it. */
    openRule(seed) {
      if (seed && seed.refused) refuse(seed.refused);
      else if (seed) root.requestAnimationFrame(() => begin(seed));
      return clientside.no_update;
    },
    /** Callback: what a draft would have done; an answer that a later question has overtaken is passed over. */
    drawRule(drawn) {
      if (!drawn || !desk.seed || (desk.drawn && drawn.number < desk.drawn.number)) return clientside.no_update;
      root.clearTimeout(tardy);
      desk.late = false;
      desk.drawn = drawn.faults || drawn.problem ? Object.assign({}, desk.drawn, { number: drawn.number, faults: drawn.faults, problem: drawn.problem }) : drawn;
      cityvitals.rulesForm.refresh(desk);
      cityvitals.rulesChart.tools(desk);
      paint();
      cityvitals.rulesBelow.load(desk);
      return clientside.no_update;
    },
    /** Callback: a level with its bound, hold and hysteresis varied. */
    drawSweep(swept) {
      if (swept && swept.axes) {
        desk.swept = swept;
        cityvitals.rulesBelow.sweep(desk);
      }
      return clientside.no_update;
    },
  });

  if (root.addEventListener) root.addEventListener("resize", () => { if (desk.drawn) { paint(); cityvitals.rulesBelow.sweep(desk); } });
})(window);
