/* Narrowing the queue of the dispatch desk: words at once, everything else behind one button; what counts stands below. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const KEY = "c";
  const TYPED_MS = 250; // so long after the last letter the queue is asked
  const SOURCES = ["person", "hotline", "warning", "video", "field", "token", "platform"];
  const HOLDS = ["held", "shelved", "postponed", "extended"];
  const GRADES = ["", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"];
  let choices = {}; // name → [[value, word], …] of what is chosen from a list
  let typing = null;

  const at = (id) => cityvitals.page.at(id);
  const esc = (text) => cityvitals.format.esc(text);
  const words = (code, values) => cityvitals.format.words("dispatch." + code, values);
  const queue = () => cityvitals.dispatchQueue;
  const field = (name) => at("dispatch-filter").querySelector('[name="' + name + '"]');

  /** What can be chosen in this city: {name: [[value, word], …]}. site: as `layouts.dispatch.site_of` tells it. */
  function choicesOf(site) {
    const named = (table, word) => Object.keys(table).map((id) => [id, word(table[id])]);
    return {
      area: named(site.areas, (name) => name),
      lead: site.leads.map((name) => [name, name]),
      kind: named(site.kinds, (kind) => kind.name),
      source: SOURCES.map((name) => [name, words("source_" + name)]),
      grade: [1, 2, 3, 4].map((grade) => [String(grade), GRADES[grade] + words("grade")]),
      hold: HOLDS.map((name) => [name, name === "held" ? words("filter_held") : cityvitals.format.words("case.hold-" + name)]),
    };
  }

  /** The whole of it, closed. Pure. */
  function html(offered) {
    const option = ([value, word]) => '<option value="' + esc(value) + '">' + esc(word) + "</option>";
    const list = (name) => "<label><span>" + esc(words("filter_" + name)) + '</span><select name="' + name + '">' + option(["", words("filter_any")]) + offered[name].map(option).join("") + "</select></label>";
    const tick = (name) => '<label class="tick"><input type="checkbox" name="' + name + '"><span>' + esc(words("filter_" + name)) + "</span></label>";
    return '<form role="search"><p><kbd>C</kbd><input type="search" name="text" maxlength="60" autocomplete="off" placeholder="' + esc(words("filter_text")) + '" aria-label="' + esc(words("filter_text")) + '">'
      + '<button type="button" class="choice" data-filters aria-expanded="false" aria-controls="dispatch-filter-choices">' + esc(words("filters")) + " ▾</button></p>"
      + '<div id="dispatch-filter-choices" hidden>' + Object.keys(offered).map(list).join("") + '<div class="ticks">' + tick("late") + tick("mine") + "</div>" + '</div></form><p class="filter-chosen"></p>';
  }

  /** What the queue is narrowed to, each to be dropped by a click; "" for nothing. Pure. */
  function chosen(wanted, offered) {
    const word = (name) => (offered[name] ? (offered[name].find(([value]) => value === wanted[name]) || ["", wanted[name]])[1] : words("filter_" + name));
    const told = [...Object.keys(offered), "late", "mine"].filter((name) => wanted[name])
      .map((name) => '<button type="button" class="choice" data-drop="' + name + '" title="' + esc(words("filter_drop")) + '">' + esc(word(name)) + " ×</button>");
    return told.join("") + (told.length > 1 ? '<button type="button" class="choice" data-widen>' + esc(words("widen")) + "</button>" : "");
  }

  /** The fields say what the queue is narrowed to. */
  function show() {
    const wanted = queue().wanted();
    for (const name of queue().NAMES.slice(1)) {
      if (name === "late" || name === "mine") field(name).checked = Boolean(wanted[name]);
      else if (field(name) !== root.document.activeElement || name !== "text") field(name).value = wanted[name];
    }
    at("dispatch-filter").querySelector(".filter-chosen").innerHTML = chosen(wanted, choices);
  }

  /** told: {name: value}. Words that were just typed count as well, though nobody waited for them. */
  function choose(told) {
    root.clearTimeout(typing);
    queue().chooseNow(Object.assign({ text: field("text").value.trim() }, told));
    show();
  }

  function open(wide) {
    const button = at("dispatch-filter").querySelector("[data-filters]");
    button.setAttribute("aria-expanded", String(wide));
    at("dispatch-filter-choices").hidden = !wide;
    if (wide) field("area").focus();
  }

  function widen() {
    field("text").value = "";
    choose(Object.fromEntries(queue().NAMES.slice(1).map((name) => [name, ""])));
  }

  function typed(event) {
    root.clearTimeout(typing);
    if (event.isComposing) return;
    typing = root.setTimeout(() => choose({}), TYPED_MS);
  }

  function onClick(event) {
    const found = event.target.closest("[data-filters], [data-drop], [data-widen], [data-late], [data-held]");
    if (!found) return;
    if (found.dataset.filters !== undefined) open(found.getAttribute("aria-expanded") === "false");
    else if (found.dataset.drop) choose({ [found.dataset.drop]: "" });
    else if (found.dataset.held !== undefined) choose({ hold: queue().wanted().hold ? "" : "held" });
    else if (found.dataset.late !== undefined) choose({ late: queue().wanted().late ? "" : "true" });
    else widen();
  }

  function onKey(event) {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && event.target.closest("#dispatch-filter")) {
      open(false);
      event.target.blur();
    } else if (event.key.toLowerCase() === KEY && !event.target.closest("input, textarea, select, dialog")) {
      field("text").focus();
      field("text").select();
      event.preventDefault();
    }
  }

  /** Begin: the fields as the address says it. site: as the desk has it. */
  function start(site) {
    const mount = at("dispatch-filter");
    choices = choicesOf(site);
    mount.innerHTML = html(choices);
    mount.addEventListener("input", (event) => { if (event.target.name === "text") typed(event); });
    mount.addEventListener("compositionend", typed);
    mount.addEventListener("change", (event) => {
      const { name, type, checked, value } = event.target;
      if (name !== "text") choose({ [name]: type === "checkbox" ? (checked ? "true" : "") : value });
    });
    mount.addEventListener("submit", (event) => { event.preventDefault(); choose({}); });
    root.addEventListener("click", onClick);
    root.addEventListener("keydown", onKey);
    show();
  }

  cityvitals.dispatchFilter = { chosen, choicesOf, html, start };
})(typeof window === "undefined" ? globalThis : window);
