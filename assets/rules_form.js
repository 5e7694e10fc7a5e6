/* The draft of a rule as a form: old values struck through beside the new ones, every mistake at its field. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const NO_DATA = ["keep", "clear", "lost"];
  const LOST_AFTER_S = { clear: 0, lost: 600 }; // as `early_warning/schema.py` fills it in

  const words = (code, values) => cityvitals.format.words(code, values);
  const esc = (text) => cityvitals.format.esc(text);
  const number = (value, places) => (value === null || value === undefined ? "—" : Number(value).toFixed(places));

  /** A value that was and is no more, struck through; nothing where it is the same. */
  function was(before, now) {
    return before === undefined || before === null || before === now ? "" : '<s title="' + esc(words("rules.was_active")) + '">' + esc(before) + "</s>";
  }

  function field(level, name, value, label, unit, before) {
    return '<span class="cell">' + was(before, value) + '<input inputmode="decimal" autocomplete="off" data-level="' + level + '" data-field="' + name + '" value="' + esc(value)
      + '" aria-label="' + esc(cityvitals.format.levelWord(level) + " " + label) + '"/>' + (unit ? "<i>" + esc(unit) + "</i>" : "") + "</span>";
  }

  /** What the three fields of a level show: bound or offset, hold in minutes, clear bound or hysteresis. */
  function shown(one, places) {
    if (!one) return {};
    const fixed = !one.reference;
    const clear = fixed ? (one.clear !== undefined && one.clear !== null ? one.clear : one.bound - cityvitals.rules.sign() * (one.hysteresis || 0)) : one.hysteresis || 0;
    return { bound: number(fixed ? one.bound : one.offset || 0, places), hold: String((one.hold_s || 0) / 60), clear: number(clear, places) };
  }

  function row(desk, level) {
    const { bound, decimals } = cityvitals.rules;
    const one = bound(level);
    const active = bound(level, desk.seed.active);
    const tag = cityvitals.format.levelTag(level);
    if (!one) {
      return desk.seed.rights.edit || desk.seed.rights.relax
        ? '<li class="absent" data-level="' + level + '">' + tag + (active ? "<s>" + esc(words("rules.level_gone")) + "</s>" : "") + '<button type="button" data-add="' + level + '">' + esc(words("rules.level_add")) + "</button></li>" : "";
    }
    const of = desk.seed.indicators[one.indicator];
    const now = shown(one, decimals(one.indicator));
    const old = shown(active, decimals(one.indicator));
    const lead = one.reference ? esc(words("rules.reference_" + one.reference)) + " +" : esc(one.comparison || (desk.seed.direction === "down_bad" ? "<" : "≥"));
    const more = (one.conditions || []).map((also) => words(one.join === "any" ? "rules.also_any" : "rules.also_all", { what: (desk.seed.known_indicators.find((of) => of.id === also.indicator) || { name: also.indicator }).name + " " + also.comparison + " " + also.bound })).join(" ");
    return '<li class="level-row' + (desk.level === level ? " is-chosen" : "") + '" data-level="' + level + '">'
      + '<button type="button" class="choose" data-choose="' + level + '" title="' + esc(words("rules.choose_level")) + '">' + tag + "</button>"
      + field(level, "bound", now.bound, words("rules.field_bound"), of.unit, old.bound)
      + field(level, "hold", now.hold, words("rules.field_hold_s"), words("rules.minutes"), old.hold)
      + field(level, "clear", now.clear, words(one.reference ? "rules.field_hysteresis" : "rules.field_clear"), "", old.clear)
      + '<button type="button" class="drop" data-drop="' + level + '" aria-label="' + esc(words("rules.level_drop")) + '">×</button>'
      + '<small>' + esc(of.name) + " " + lead + (more ? " · " + esc(more) : "") + "</small></li>";
  }

  function override(desk, other, at) {
    const places = desk.seed.places.map((place) => '<option value="' + esc(place.id) + '"' + (place.id === other.area ? " selected" : "") + ">" + esc(place.name) + "</option>").join("");
    const levels = desk.draft.bounds.filter((one) => !one.reference).map((one) => '<option value="' + one.level + '"' + (one.level === other.level ? " selected" : "") + ">" + esc(words("level." + one.level)) + "</option>").join("");
    return '<li><select data-override="' + at + '" data-part="area">' + places + '</select><select data-override="' + at + '" data-part="level">' + levels
      + '</select><input inputmode="decimal" data-override="' + at + '" data-part="bound" value="' + esc(other.bound) + '"/><button type="button" data-unoverride="' + at + '" aria-label="' + esc(words("rules.override_drop")) + '">×</button></li>';
  }

  function scheduled(schedule) {
    const hours = ((schedule || {}).hours || []).map((span) => span.join("-")).join(" ");
    const season = ((schedule || {}).season || []).join("~");
    const days = (schedule || {}).weekdays || [];
    const week = [1, 2, 3, 4, 5, 6, 7].map((day) => '<button type="button" class="day" data-day="' + day + '" aria-pressed="' + (!days.length || days.indexOf(day) >= 0) + '">' + esc(words("rules.weekday_" + day)) + "</button>").join("");
    const said = [hours, days.map((day) => words("rules.weekday_" + day)).join(""), season].filter(Boolean).join(" · ") || words("rules.always");
    return "<details><summary>" + esc(words("rules.field_schedule")) + "<b>" + esc(said) + "</b></summary><label>" + esc(words("rules.hours")) + '<input data-schedule="hours" placeholder="07:00-22:00" value="' + esc(hours) + '"/></label><span class="week">' + week
      + '</span><label>' + esc(words("rules.season_label")) + '<input data-schedule="season" placeholder="04-15~10-15" value="' + esc(season) + '"/></label></details>';
  }

  function whole(desk) {
    const draft = desk.draft;
    const active = desk.seed.active;
    const share = (of) => String(Math.round((of.min_reporting || 0) * 100));
    const kept = draft.no_data || "lost";
    const choices = NO_DATA.map((one) => '<option value="' + one + '"' + (one === kept ? " selected" : "") + ">" + esc(words("rules.no_data_" + one)) + "</option>").join("");
    const rest = draft.bounds.some((one) => !one.reference)
      ? '<div class="overrides"><b>' + esc(words("rules.overrides")) + '</b><ul>' + (draft.overrides || []).map((other, at) => override(desk, other, at)).join("") + '</ul><button type="button" data-addoverride="1">' + esc(words("rules.override_add")) + "</button></div>" : "";
    return '<div class="whole"><label>' + esc(words("rules.field_min_reporting")) + was(share(active), share(draft)) + '<input inputmode="numeric" data-whole="min_reporting" value="' + share(draft) + '"/>%</label>'
      + '<label>' + esc(words("rules.field_no_data")) + '<select data-whole="no_data">' + choices + "</select></label>"
      + (kept === "keep" ? "" : '<label>' + esc(words("rules.field_no_data_after_s")) + '<input inputmode="numeric" data-whole="no_data_after_s" value="' + (draft.no_data_after_s === undefined ? LOST_AFTER_S[kept] : draft.no_data_after_s) / 60 + '"/>' + esc(words("rules.minutes")) + "</label>")
      + '<div class="schedule">' + scheduled(draft.schedule) + "</div>" + cityvitals.rulesConditions.html(desk) + rest + "</div>";
  }

  function heading(desk) {
    const open = desk.seed.open;
    const version = open ? open.version : String(1 + Number(desk.seed.version));
    const said = desk.drawn && desk.drawn.changes ? desk.drawn.changes.length : 0;
    return "<b>" + esc(words("rules.draft_version", { version: version })) + "</b><small>" + esc(words("rules.based_on", { version: desk.seed.version })) + " · "
      + esc(said ? words("rules.changes_count", { count: said }) : words("rules.changes_none")) + "</small>";
  }

  function faults(desk) {
    const told = (desk.drawn && desk.drawn.faults) || [];
    return told.map((one) => "<li>" + esc(one[0].join(" › ") + "：" + one[1]) + "</li>").join("") + (desk.drawn && desk.drawn.problem ? "<li>" + esc(desk.drawn.problem) + "</li>" : "");
  }

  function changes(desk) {
    const told = (desk.drawn && desk.drawn.changes) || [];
    return told.length ? told.map((one) => "<li>" + esc(one) + "</li>").join("") : '<li class="rest">' + esc(words("rules.changes_none")) + "</li>";
  }

  function leftOut(desk) {
    const drawn = desk.drawn || {};
    const told = [words("rules.left_out")];
    if (drawn.hourly) told.push(words("rules.left_out_hourly"));
    if (drawn.reporting !== undefined && drawn.reporting < 0.995) told.push(words("rules.left_out_missing"));
    return told.join("");
  }

  /** Draw the whole form; only when something other than a figure changed, so that nobody loses his cursor. */
  function paint(desk) {
    const place = cityvitals.page.at("rules-form");
    if (!place || !desk.seed) return;
    const can = desk.seed.rights.edit || desk.seed.rights.relax;
    place.innerHTML = '<h2 class="form-head"></h2><div class="columns" aria-hidden="true"><span>' + esc(words("rules.level")) + "</span><span>" + esc(words("rules.field_bound")) + "</span><span>" + esc(words("rules.field_hold_s"))
      + "</span><span>" + esc(words(desk.draft.bounds.some((one) => one.reference) ? "rules.field_hysteresis" : "rules.field_clear")) + '</span></div><ol class="levels">' + cityvitals.rules.LEVELS.map((level) => row(desk, level)).join("") + "</ol>"
      + whole(desk) + '<ul class="faults" role="alert"></ul><h2>' + esc(words("rules.changes")) + '</h2><ul class="changes"></ul><h2>' + esc(words("rules.touches")) + '</h2><ul class="touches">'
      + desk.seed.touches.map((one) => "<li>" + esc(one) + "</li>").join("") + "</ul>";
    for (const one of place.querySelectorAll("input, select, .levels button:not(.choose), .whole button")) one.disabled = !can;
    refresh(desk);
    listen(place);
  }

  /** Write figures into the form that stands there; the field in which somebody types is left alone. */
  function refresh(desk) {
    const place = cityvitals.page.at("rules-form");
    if (!place || !place.querySelector(".form-head")) return;
    place.querySelector(".form-head").innerHTML = heading(desk);
    place.querySelector(".faults").innerHTML = faults(desk);
    place.querySelector(".changes").innerHTML = changes(desk);
    cityvitals.page.put("rules-left-out", "<h2>" + esc(words("rules.not_simulated")) + "</h2><p>" + esc(leftOut(desk)) + "</p>");
    for (const input of place.querySelectorAll("input[data-level]")) {
      const { bound, decimals } = cityvitals.rules;
      const one = bound(input.dataset.level);
      if (!one) continue;
      const now = shown(one, decimals(one.indicator))[input.dataset.field];
      const old = shown(bound(input.dataset.level, desk.seed.active), decimals(one.indicator))[input.dataset.field];
      if (input !== root.document.activeElement) input.value = now;
      const before = input.parentNode.querySelector("s");
      if (before) before.remove();
      input.insertAdjacentHTML("beforebegin", was(old, now));
      input.classList.toggle("is-changed", old !== now);
    }
  }

  /** A figure was typed into a level. */
  function typed(input) {
    const { bound, sign, touched } = cityvitals.rules;
    const value = Number(input.value.replace("，", ".").replace(",", "."));
    const one = bound(input.dataset.level);
    if (!one || input.value.trim() === "" || !isFinite(value)) {
      input.setAttribute("aria-invalid", "true");
      return;
    }
    input.removeAttribute("aria-invalid");
    if (input.dataset.field === "hold") one.hold_s = Math.max(0, Math.round(value * 60));
    else if (input.dataset.field === "bound") {
      if (one.reference) one.offset = value;
      else {
        if (one.clear !== undefined && one.clear !== null) one.clear = Number((one.clear + value - one.bound).toFixed(4));
        one.bound = value;
      }
    } else if (one.clear !== undefined && one.clear !== null) one.clear = value;
    else one.hysteresis = Math.max(0, Number((one.reference ? value : sign() * (one.bound - value)).toFixed(4)));
    touched();
  }

  function setWhole(input) {
    const { desk, touched } = cityvitals.rules;
    const draft = desk.draft;
    if (input.dataset.whole === "no_data") {
      draft.no_data = input.value;
      if (input.value === "keep") delete draft.no_data_after_s;
      touched();
      paint(desk);
      return;
    }
    const value = Number(input.value);
    if (!isFinite(value)) return;
    draft[input.dataset.whole] = input.dataset.whole === "min_reporting" ? Math.min(100, Math.max(0, value)) / 100 : Math.round(value * 60);
    touched();
  }

  function setSchedule(place) {
    const { desk, touched } = cityvitals.rules;
    const hours = place.querySelector('[data-schedule="hours"]').value.trim().split(/\s+/).filter(Boolean).map((span) => span.split(/[-–~]/));
    const season = place.querySelector('[data-schedule="season"]').value.trim().split(/[~–]/).filter(Boolean);
    const pressed = Array.from(place.querySelectorAll("[data-day]")).filter((day) => day.getAttribute("aria-pressed") === "true").map((day) => Number(day.dataset.day));
    const weekdays = pressed.length === 7 ? [] : pressed;
    const schedule = {};
    if (hours.length) schedule.hours = hours;
    if (weekdays.length) schedule.weekdays = weekdays;
    if (season.length === 2) schedule.season = season;
    if (Object.keys(schedule).length) desk.draft.schedule = schedule;
    else delete desk.draft.schedule;
    touched();
  }

  function setOverride(input) {
    const { desk, touched } = cityvitals.rules;
    const value = input.dataset.part === "bound" ? Number(input.value) : input.value;
    if (input.dataset.part === "bound" && !isFinite(value)) return;
    desk.draft.overrides[Number(input.dataset.override)][input.dataset.part] = value;
    touched();
  }

  /** Buttons of the form. */
  function pressed(button) {
    const { bound, copy, desk, show, touched } = cityvitals.rules;
    const draft = desk.draft;
    const data = button.dataset;
    if (data.choose) return show({ level: data.choose });
    cityvitals.rulesConditions.pressed(button);
    if (data.drop) draft.bounds = draft.bounds.filter((one) => one.level !== data.drop);
    if (data.add) {
      const like = bound(data.add, desk.seed.active) || Object.assign({}, draft.bounds[0] || desk.seed.active.bounds[0], { level: data.add });
      draft.bounds = cityvitals.rules.LEVELS.map((level) => (level === data.add ? copy(like) : bound(level))).filter(Boolean);
    }
    if (data.addoverride) {
      const fixed = draft.bounds.find((one) => one.level === desk.level && !one.reference) || draft.bounds.find((one) => !one.reference);
      draft.overrides = (draft.overrides || []).concat([{ area: desk.place, level: fixed.level, bound: fixed.bound }]);
    }
    if (data.unoverride) {
      draft.overrides = draft.overrides.filter((_, at) => at !== Number(data.unoverride));
      if (!draft.overrides.length) delete draft.overrides;
    }
    if (data.day) {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      return setSchedule(cityvitals.page.at("rules-form"));
    }
    touched();
    paint(desk);
    return undefined;
  }

  function listen(place) {
    if (place.dataset.heard) return;
    place.dataset.heard = "1";
    place.addEventListener("input", (event) => {
      const input = event.target;
      if (event.isComposing) return;
      if (input.dataset.level) typed(input);
      else if (input.dataset.whole) setWhole(input);
      else if (input.dataset.schedule) setSchedule(place);
      else if (input.dataset.override) setOverride(input);
      else if (input.dataset.condition) {
        cityvitals.rulesConditions.set(input);
        if (input.tagName === "SELECT") paint(cityvitals.rules.desk);
      }
    });
    place.addEventListener("focusout", (event) => {
      if (event.target.dataset && event.target.dataset.level) refresh(cityvitals.rules.desk);
    });
    place.addEventListener("keydown", (event) => {
      const input = event.target;
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!step || event.isComposing || !input.dataset || !input.dataset.level || input.tagName !== "INPUT") return;
      event.preventDefault();
      const places = input.dataset.field === "hold" ? 0 : (input.value.split(".")[1] || "").length;
      input.value = (Number(input.value) + step * (event.shiftKey ? 10 : 1) * Math.pow(10, -places)).toFixed(places);
      typed(input);
    });
    place.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button && !button.disabled) pressed(button);
    });
  }

  cityvitals.rulesForm = { paint, refresh, shown };
})(window);
