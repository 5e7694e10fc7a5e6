/* Hand entry 人工录入: what a machine would send, told by telephone or fax, in one short form. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const HOUR_MS = 3600000;
  const KINDS = ["signal", "event", "reading"];
  const KEPT = "cityvitals-issuer";

  const esc = (text) => cityvitals.format.esc(text);
  const words = (code, values) => cityvitals.format.words(code, values);

  function areas() {
    const known = cityvitals.live.picture().areas || {};
    const listed = Object.keys(known).map((key) => [key, known[key].name, known[key].order]).sort((a, b) => a[2] - b[2]);
    return listed.slice(-1).concat(listed.slice(0, -1)).map(([key, name]) => [key, name]); // the city first
  }

  function levels() {
    const boxes = cityvitals.format.GRAVEST_FIRST.slice().reverse().map((level, at) => '<label class="level-' + level + '"><input type="radio" name="level" value="' + level
      + '"' + (at === 1 ? " checked" : "") + ">" + cityvitals.format.mark(level) + esc(words("level." + level + "_colour")) + "</label>");
    return '<div class="levels"><span>' + esc(words("duty.field_level")) + "</span><div>" + boxes.join("") + "</div></div>";
  }

  const lastIssuer = () => root.localStorage.getItem(KEPT) || words("duty.first_issuer");

  const FORMS = {
    signal: () => cityvitals.dutyDialog.choice("what", words("duty.signals").split("、").map((one) => [one, one])) + levels()
      + cityvitals.dutyDialog.input("issuer", 'required maxlength="60" value="' + esc(lastIssuer()) + '"') + cityvitals.dutyDialog.choice("area", areas())
      + cityvitals.dutyDialog.choice("length", [[0, words("duty.until_lifted")], [6, words("duty.hours", { hours: 6 })], [12, words("duty.hours", { hours: 12 })], [24, words("duty.hours", { hours: 24 })]], 0),
    event: () => cityvitals.dutyDialog.input("text", 'required maxlength="500" autofocus') + cityvitals.dutyDialog.choice("area", areas())
      + cityvitals.dutyDialog.input("told_by", 'maxlength="100"'),
    reading: () => cityvitals.dutyDialog.input("device", 'required list="entry-devices" autofocus') + "<datalist id=\"entry-devices\">" + devices() + "</datalist>"
      + cityvitals.dutyDialog.choice("metric", []) + cityvitals.dutyDialog.input("value", 'required inputmode="decimal"') + cityvitals.dutyDialog.input("told_by", 'maxlength="100"'),
  };

  function devices() {
    const known = cityvitals.live.picture().stations || {};
    return Object.keys(known).filter((key) => Object.keys(known[key].readings || {}).length)
      .map((key) => '<option value="' + esc(key) + '">' + esc(known[key].name) + "</option>").join("");
  }

  /** The metrics of the device that is typed. */
  function metrics(form, site) {
    const station = (cityvitals.live.picture().stations || {})[form.elements.device.value];
    const offered = station ? Object.keys(station.readings) : [];
    const html = offered.map((one) => '<option value="' + esc(one) + '">' + esc((site.metrics || {})[one] || one) + "</option>").join("");
    if (form.elements.metric.innerHTML !== html) form.elements.metric.innerHTML = html;
  }

  /** Full-width digits and points are digits, as an input method leaves them. */
  const plain = (text) => Number(text.replace(/[０-９．－]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0)).replace("。", "."));

  function body(kind, values) {
    const nowMs = Math.round(cityvitals.live.cityMs());
    const entry = Object.assign({ kind: kind, key: cityvitals.dutyActs.newKey(), at_ms: nowMs }, values);
    delete entry.entry;
    delete entry.length;
    if (kind === "signal") entry.until_ms = Number(values.length) ? nowMs + Number(values.length) * HOUR_MS : 0;
    if (kind === "reading") entry.value = plain(values.value);
    return { entry: entry };
  }

  /** Ask for one entry. */
  function entry(site, kind) {
    const wanted = kind || KINDS[0];
    const tabs = '<div class="tabs">' + KINDS.map((one, at) => '<button type="button" data-kind="' + one + '"' + (one === wanted ? ' class="chosen"' : "") + "><kbd>"
      + (at + 1) + "</kbd>" + esc(words("duty.entry_" + one)) + "</button>").join("") + "</div>";
    cityvitals.dutyDialog.ask(words("duty.entry"), tabs + FORMS[wanted]() + '<p class="note">' + esc(words("duty.entry_note")) + "</p>", async (values) => {
      if (wanted === "signal") root.localStorage.setItem(KEPT, values.issuer);
      const sent = body(wanted, values);
      if (wanted === "reading" && !isFinite(sent.entry.value)) return words("duty.no_number");
      const answer = await cityvitals.dutyActs.ask("POST", "entries", sent);
      return answer.ok ? "" : cityvitals.dutyActs.sentenceOf(answer);
    }, wanted === "reading" ? (values, form) => metrics(form, site) : null);
    const place = cityvitals.page.at("duty-dialog");
    const turn = (to) => { place.close(); entry(site, to); };
    for (const tab of place.querySelectorAll("[data-kind]")) tab.addEventListener("click", () => turn(tab.dataset.kind));
    place.querySelector("form").addEventListener("keydown", (event) => {
      const which = event.altKey && !event.isComposing ? KINDS[Number(event.key) - 1] : null;
      if (which) turn(which);
    });
  }

  /** Say that a signal that was entered by hand was lifted 解除. */
  function lift(item, toast) {
    const { signal } = item;
    cityvitals.dutyDialog.ask(words("duty.lift", { title: signal.title }), '<p class="note">' + esc(words("duty.lift_note")) + "</p>", async () => {
      const nowMs = Math.round(cityvitals.live.cityMs());
      const told = { kind: "signal", key: cityvitals.dutyActs.newKey(), lifts: signal.id.replace(/^by-hand:/, ""), what: signal.what, level: signal.level,
        issuer: signal.issuer, area: signal.area, at_ms: Math.min(signal.at_ms, nowMs) };
      const answer = await cityvitals.dutyActs.ask("POST", "entries", { entry: told });
      if (answer.ok) toast(words("duty.done_lift"));
      return answer.ok ? "" : cityvitals.dutyActs.sentenceOf(answer);
    });
  }

  cityvitals.dutyEntry = { entry, lift };
})(window);
