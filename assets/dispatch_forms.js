/* What a step of a case still asks for: one dialog, made from the fields that the step needs. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const words = (code, values) => cityvitals.format.words(code, values);
  const HOUR_MS = 3600000;
  const DAY_MS = 24 * HOUR_MS;
  const CHINA_MS = 8 * HOUR_MS; // times are typed as they stand on every clock of the city
  const dialog = () => cityvitals.page.at("dispatch-dialog");

  const label = (name, inside) => "<label><span>" + esc(words("dispatch.field_" + name)) + "</span>" + inside + "</label>";
  const input = (name, more = "required") => label(name, '<input name="' + name + '" autocomplete="off" ' + more + ">");
  const area = (name, more = "required") => label(name, '<textarea name="' + name + '" rows="3" maxlength="500" ' + more + "></textarea>");
  const choice = (name, options, chosen) => label(name, '<select name="' + name + '">' + options.map(([value, text]) => '<option value="' + esc(value) + '"' + (value === chosen ? " selected" : "") + ">" + esc(text) + "</option>").join("") + "</select>");

  const LONLAT = 'pattern="\\s*[0-9.]+\\s*[,，]\\s*[0-9.]+\\s*"';
  const UNPLACED = { accuracy_m: 100, said: "", origin: "map" };
  const lonlat = (place) => (place ? place.lon_deg.toFixed(6) + ", " + place.lat_deg.toFixed(6) : "");
  const inChina = (ms) => new Date(ms + CHINA_MS).toISOString().slice(0, 19);

  /** Ask, and send. onSubmit(values) gives the sentence of a refusal, or nothing when it is done. look: `wide` or nothing. */
  function ask(title, fields, onSubmit, look) {
    const place = dialog();
    place.className = look || "";
    const before = root.document.activeElement;
    place.innerHTML = "<form><h2>" + esc(title) + "</h2>" + fields + '<p class="problem" role="alert"></p><footer><button type="submit" class="verb large">' + esc(words("dispatch.submit"))
      + '</button><button type="button" class="verb large" data-close>' + esc(words("dispatch.cancel")) + "</button></footer></form>";
    const form = place.querySelector("form");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const send = form.querySelector('[type="submit"]');
      send.disabled = true;
      const problem = await onSubmit(Object.fromEntries(new root.FormData(form).entries()));
      send.disabled = false;
      if (problem) form.querySelector(".problem").textContent = problem;
      else place.close();
    });
    place.querySelector("[data-close]").addEventListener("click", () => place.close());
    place.addEventListener("close", () => { if (before && before.focus) before.focus(); }, { once: true });
    place.showModal();
  }

  /** Say something that is to be read or copied. */
  function tell(title, inside) {
    const place = dialog();
    place.className = "";
    place.innerHTML = '<form method="dialog"><h2>' + esc(title) + "</h2>" + inside + '<footer><button class="verb large">' + esc(words("dispatch.close")) + "</button></footer></form>";
    place.showModal();
  }

  /** The fields of each step that needs any. more: {site, nowMs, one: the case}. */
  const FORMS = {
    reject: () => area("reason"),
    dispatch: ({ site, one }) => input("lead", 'required list="dispatch-leads" value="' + esc(one.facts.lead || (site.kinds[one.facts.kind] || {}).lead || "") + '"')
      + '<datalist id="dispatch-leads">' + site.leads.map((lead) => '<option value="' + esc(lead) + '">').join("") + "</datalist>",
    arbitrate: (more) => FORMS.dispatch(more) + area("reason"),
    return: () => area("reason"), finish: () => area("result"), redo: () => area("reason"), reopen: () => area("reason"),
    evaluate: () => input("score", 'type="number" min="0" max="100" required') + input("satisfied", 'type="number" min="0" max="100"'),
    shelve: () => area("reason") + input("approver"),
    postpone: () => area("reason") + input("days", 'type="number" min="1" max="366" value="7" required'),
    "ask-extension": ({ one }) => choice("obligation", one.clocks.filter((clock) => ["running", "warned"].includes(clock.standing)).map((clock) => [clock.obligation, words("case.obligation-" + clock.obligation)]), "handle")
      + input("hours", 'type="number" min="1" max="2000" value="24" required') + area("reason"),
    "deny-extension": () => area("reason"), pause: () => area("reason"), escalate: () => area("reason"),
    supervise: () => area("text") + input("days", 'type="number" min="1" max="60" value="5" required'),
    note: () => area("text"), reply: () => area("text"), "call-back": () => input("satisfied", 'type="number" min="0" max="100" required') + area("text", ""),
    merge: ({ queue, one }) => input("into", 'required list="dispatch-others"') + '<datalist id="dispatch-others">'
      + (queue || []).filter((other) => other.id !== one.id).map((other) => '<option value="' + esc(other.id) + '">' + esc(other.title) + "</option>").join("") + "</datalist>",
    strike: () => area("reason"),
    correct: ({ entry }) => input("at", 'type="datetime-local" step="1" required value="' + inChina(entry.corrected_ms || entry.at_ms) + '"') + area("reason"),
    amend: ({ site, one }) => choice("kind", Object.entries(site.kinds).map(([id, kind]) => [id, kind.name]), one.facts.kind) + input("title", 'required maxlength="120" value="' + esc(one.facts.title) + '"')
      + choice("grade", ["", "1", "2", "3", "4"].map((grade) => [grade, ["—", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"][Number(grade)]]), String(one.facts.grade || "")) + input("lonlat", LONLAT + ' value="' + lonlat(one.facts.place) + '"')
      + input("accuracy", 'type="number" min="1" max="100000" value="' + Math.round((one.facts.place || UNPLACED).accuracy_m) + '"') + input("said", 'maxlength="200" value="' + esc((one.facts.place || UNPLACED).said || "") + '"') + area("reason"),
    "report-up": () => choice("stage", ["first", "follow", "final"].map((stage) => [stage, words("reports.stage-" + stage)]), "first") + area("text"),
    refuse: () => area("reason"), fail: () => area("reason"),
  };

  /** The fields of an entry from what was typed: days and hours become times and spans. */
  function fieldsOf(values, nowMs) {
    const fields = {};
    for (const [name, value] of Object.entries(values)) {
      if (value === "") continue;
      if (name === "days") fields.until_ms = nowMs + Number(value) * DAY_MS;
      else if (name === "at") fields.at_ms = Date.parse(value + (value.length < 17 ? ":00" : "") + "+08:00");
      else if (name === "hours") fields.by_ms = Number(value) * HOUR_MS;
      else if (name === "score" || name === "satisfied") fields[name] = Number(value);
      else fields[name] = value;
    }
    return fields;
  }

  /** What an amendment changes: only what was typed anew, so that two desks do not undo each other. */
  function amended(values, facts) {
    const fields = { reason: values.reason };
    for (const name of ["kind", "title"]) if (values[name] !== facts[name]) fields[name] = values[name];
    if (values.grade && Number(values.grade) !== facts.grade) fields.grade = Number(values.grade);
    const [lon, lat] = values.lonlat.split(/[,，]/).map(Number);
    const place = facts.place || UNPLACED;
    const moved = values.lonlat !== lonlat(facts.place) || Number(values.accuracy) !== Math.round(place.accuracy_m);
    if (lon && lat && (moved || values.said !== (place.said || ""))) {
      fields.place = { lon_deg: lon, lat_deg: lat, accuracy_m: Number(values.accuracy) || place.accuracy_m, origin: moved ? "map" : place.origin, said: values.said };
    }
    return fields;
  }

  /** What a step needs is asked for, else it is sent at once. send(fields) gives the sentence of a refusal. */
  async function step(verb, more, send) {
    const further = (((more.site.kinds[more.one.facts.kind] || {}).needs || {})[verb] || []).map((name) => input(name, 'required maxlength="300"')).join("");
    const form = FORMS[verb];
    if (!form && !further) return send({});
    ask(cityvitals.dispatchView.verb(verb), (form ? form(more) : "") + further, (values) => send(verb === "amend" ? amended(values, more.one.facts) : fieldsOf(values, more.nowMs)));
    return "";
  }

  cityvitals.dispatchForms = { LONLAT, area, ask, choice, fieldsOf, input, label, step, tell };
})(typeof window === "undefined" ? globalThis : window);
