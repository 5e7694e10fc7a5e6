/* Further conditions of the chosen level: which vital sign, where, compared how; all of them or any. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const COMPARISONS = [">=", ">", "<=", "<"];
  const SIGNS = { ">=": "≥", ">": ">", "<=": "≤", "<": "<" };
  const words = (code, values) => cityvitals.format.words(code, values);
  const esc = (text) => cityvitals.format.esc(text);

  const option = (value, label, now) => '<option value="' + esc(value) + '"' + (value === now ? " selected" : "") + ">" + esc(label) + "</option>";
  const select = (at, part, options) => '<select data-condition="' + at + '" data-part="' + part + '">' + options.join("") + "</select>";

  function row(desk, also, at) {
    const known = desk.seed.known_indicators;
    const unit = (known.find((one) => one.id === also.indicator) || { unit: "" }).unit;
    const areas = [["same", words("rules.area_same")], ["city", words("rules.area_city")]].concat(desk.seed.areas.map((one) => [one.id, one.name]));
    return "<li>" + select(at, "area", areas.map(([id, name]) => option(id, name, also.area || "same"))) + select(at, "indicator", known.map((one) => option(one.id, one.name, also.indicator)))
      + select(at, "comparison", COMPARISONS.map((one) => option(one, SIGNS[one], also.comparison)))
      + '<input inputmode="decimal" data-condition="' + at + '" data-part="bound" value="' + esc(also.bound) + '"/><i>' + esc(unit) + '</i><button type="button" data-uncondition="' + at + '" aria-label="'
      + esc(words("rules.condition_drop")) + '">×</button></li>';
  }

  /** The block of the form. */
  function html(desk) {
    const one = cityvitals.rules.bound(desk.level);
    if (!one) return "";
    const listed = one.conditions || [];
    const join = listed.length ? '<select data-condition="join" data-part="join">' + ["all", "any"].map((way) => option(way, words("rules.join_" + way), one.join || "all")).join("") + "</select>" : "";
    return '<div class="conditions"><b>' + cityvitals.format.mark(desk.level) + " " + esc(words("rules.conditions")) + "</b>" + join + "<ul>" + listed.map((also, at) => row(desk, also, at)).join("")
      + '</ul><button type="button" data-addcondition="1">' + esc(words("rules.condition_add")) + "</button></div>";
  }

  /** Something was chosen or typed. Returns whether the block must be drawn anew. */
  function set(input) {
    const { bound, desk, touched } = cityvitals.rules;
    const one = bound(desk.level);
    const part = input.dataset.part;
    if (part === "join") one.join = input.value;
    else {
      const also = one.conditions[Number(input.dataset.condition)];
      if (part === "bound") {
        const value = Number(input.value.replace("，", ".").replace(",", "."));
        if (input.value.trim() === "" || !isFinite(value)) return input.setAttribute("aria-invalid", "true");
        input.removeAttribute("aria-invalid");
        also.bound = value;
        delete also.clear; // it was measured from the bound of before
      } else also[part] = input.value;
    }
    touched();
    return undefined;
  }

  /** A condition more, or one less. Returns whether this button was one of ours. */
  function pressed(button) {
    const { bound, desk } = cityvitals.rules;
    const one = bound(desk.level);
    if (button.dataset.addcondition) {
      one.conditions = (one.conditions || []).concat([{ indicator: one.indicator, comparison: desk.seed.direction === "down_bad" ? "<" : ">=", bound: one.bound || 0 }]);
    } else if (button.dataset.uncondition) {
      one.conditions = one.conditions.filter((_, at) => at !== Number(button.dataset.uncondition));
      if (!one.conditions.length) {
        delete one.conditions;
        delete one.join;
      }
    } else return false;
    return true;
  }

  cityvitals.rulesConditions = { html, pressed, set };
})(window);
