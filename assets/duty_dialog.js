/* Questions of the duty desk: a reason, until when, what belongs together, what to silence; keys. One dialog, one form. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const HOUR_MS = 3600000;
  const SHELVED_H = [0.5, 1, 2, 4];
  const SILENCED_H = [1, 2, 4, 8, 24];
  let refocus = null;

  const esc = (text) => cityvitals.format.esc(text);
  const words = (code, values) => cityvitals.format.words(code, values);
  const dialog = () => cityvitals.page.at("duty-dialog");

  const field = (name, inside) => '<label><span>' + esc(words("duty.field_" + name)) + "</span>" + inside + "</label>";
  const input = (name, more) => field(name, '<input name="' + name + '" autocomplete="off" ' + (more || "") + ">");
  const choice = (name, options, chosen) => field(name, '<select name="' + name + '">' + options.map(([value, label]) => '<option value="' + esc(value) + '"'
    + (String(value) === String(chosen) ? " selected" : "") + ">" + esc(label) + "</option>").join("") + "</select>");
  const reason = () => input("reason", 'maxlength="500" required autofocus');

  /**
   * Ask. title: over the form; fields: HTML; onSubmit(values) → a sentence when it was refused, else nothing and the
   * dialog closes. onChange(values): each time something was changed.
   */
  function ask(title, fields, onSubmit, onChange) {
    const place = dialog();
    refocus = root.document.activeElement;
    place.innerHTML = "<form><h2>" + esc(title) + "</h2>" + fields + '<p class="problem" role="alert"></p><footer>'
      + (onSubmit ? '<button type="submit" class="verb large">' + esc(words("duty.submit")) + "</button>" : "")
      + '<button type="button" class="verb large" data-close>' + esc(words("duty.cancel")) + " <kbd>Esc</kbd></button></footer></form>";
    const form = place.querySelector("form");
    const values = () => Object.fromEntries(new root.FormData(form).entries());
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      form.querySelector('[type="submit"]').disabled = true;
      const no = await onSubmit(values());
      if (!no) return close();
      form.querySelector('[type="submit"]').disabled = false;
      form.querySelector(".problem").textContent = no;
    });
    if (onChange) form.addEventListener("input", () => onChange(values(), form));
    place.querySelector("[data-close]").addEventListener("click", close);
    place.addEventListener("close", () => { if (refocus && refocus.focus) refocus.focus(); }, { once: true });
    place.showModal();
    const first = form.querySelector("[autofocus], input, select");
    if (first) first.focus();
    if (onChange) onChange(values(), form);
  }

  function close() {
    dialog().close();
  }

  const refused = (done) => (done ? "" : words("duty.refused"));

  /** Shelve for a while. An act of the desk is handed in, so that it is shown and told like every other. */
  function shelve(item, act) {
    const nowMs = cityvitals.live.cityMs();
    const lengths = SHELVED_H.map((hours) => [hours, words("duty.hours", { hours: hours })]);
    if (item.stands.shelved_until_ms > nowMs) lengths.unshift([0, words("duty.unshelve")]);
    const note = item.level === "red" ? '<p class="note">' + esc(words("duty.shelve_red")) + "</p>" : "";
    ask(words("duty.verb_shelve"), note + choice("length", lengths, 1) + reason(), async (values) => {
      const hours = Number(values.length);
      return refused(await act(item, "shelve", { until_ms: hours ? Math.round(nowMs + hours * HOUR_MS) : 0, text: values.reason, seen: item.level }, null, words("duty.done_shelve")));
    });
  }

  function comment(item, act) {
    ask(words("duty.verb_comment"), input("text", 'maxlength="500" required autofocus'), async (values) =>
      refused(await act(item, "comment", { text: values.text }, null, words("duty.done_comment"))));
  }

  /** Take over: at once when it is nobody's, with a reason when somebody has it. */
  function takeOver(item, act) {
    const me = cityvitals.dutyActs.who().person;
    const done = words("duty.done_take_over");
    if (!item.stands.holder || item.stands.holder === me) return act(item, "take-over", {}, { holder: me }, done);
    return ask(words("duty.take_over_from", { name: item.stands.holder }), reason(), async (values) =>
      refused(await act(item, "take-over", { text: values.reason }, { holder: me }, done)));
  }

  function merge(item, items, act) {
    const others = items.filter((one) => one.kind === "card" && one.key !== item.key).map((one) => [one.key, one.sentence.slice(0, 60)]);
    if (!others.length) return ask(words("duty.verb_merge"), '<p class="note">' + esc(words("duty.nothing_to_merge")) + "</p>", null);
    return ask(words("duty.merge_into"), choice("into", others), async (values) =>
      refused(await act(item, "merge", { into: values.into }, null, words("duty.done_merge"))));
  }

  /** Where a case about an item is: at its station or its camera, when that has a place; null. */
  function placeOf(item) {
    const found = item.event || (cityvitals.live.picture().stations || {})[(item.warning || {}).subject] || {};
    return Number.isFinite(found.lon) && Number.isFinite(found.lat) ? { lon_deg: found.lon, lat_deg: found.lat, accuracy_m: found.accuracy_m || 50, origin: "device" } : null;
  }

  /** Open a case 立案 about an item: all of it is filled in, Enter agrees. The kind that packs name for it comes first, then those of its domain. */
  function openCase(item, site, toast) {
    const indicator = (cityvitals.live.picture().indicators || {})[(item.warning || {}).indicator] || {};
    const about = (item.warning || {}).rule || (item.event || {}).type || "";
    const near = (kind) => (kind.of.includes(about) ? 0 : kind.domain === indicator.domain ? 1 : 2);
    const kinds = Object.entries(site.cases).sort((a, b) => near(a[1]) - near(b[1])).map(([key, kind]) => [key, kind.name]);
    const key = cityvitals.dutyActs.newKey();
    const place = placeOf(item);
    let discloses = false; // asked for once more where the warning is restricted
    ask(words("duty.verb_case"), choice("kind", kinds) + input("title", 'required maxlength="120" value="' + esc(item.sentence.slice(0, 120)) + '"'), async (values) => {
      const body = { key: key, kind: values.kind, title: values.title, text: item.sentence, area: item.area || "", correlation: item.warningId || item.key, place: place, discloses: discloses };
      const answer = await cityvitals.dutyActs.ask("POST", "cases", body);
      discloses = (answer.body.error || {}).code === "case-discloses";
      if (!answer.ok) return cityvitals.dutyActs.sentenceOf(answer);
      toast(words("duty.done_case", { number: answer.body.number || answer.body.id || "" }));
      return "";
    });
  }

  /** What a silence can be about, from the item that is chosen: [[name, scope]]. */
  function scopes(item) {
    const warning = item.warning;
    return [
      ["here", { rules: [warning.rule], areas: [warning.area] }],
      ["subject", { subjects: [warning.subject] }],
      ["rule", { rules: [warning.rule] }],
      ["area", { areas: [warning.area] }],
    ];
  }

  /** Silence, or open a maintenance window: what it would hide now stands below before anybody agrees. */
  function silence(item) {
    if (!item || !item.warning || !item.warning.rule) return;
    const found = scopes(item);
    const nowMs = Math.round(cityvitals.live.cityMs());
    const body = (values) => Object.assign({}, found[Number(values.scope)][1], {
      maintenance: values.maintenance === "yes", reason: values.reason || "", from_ms: nowMs, until_ms: nowMs + Number(values.length) * HOUR_MS,
    });
    let asked = 0;
    const preview = async (values, form) => {
      const mine = (asked += 1);
      const answer = await cityvitals.dutyActs.ask("POST", "silences/preview", body(values));
      const place = form.querySelector(".preview");
      if (mine !== asked || !place) return;
      const told = answer.ok ? answer.body.sentences : [];
      place.innerHTML = "<b>" + esc(answer.ok ? words("duty.hides", { count: told.length }) : cityvitals.dutyActs.sentenceOf(answer)) + "</b>"
        + told.slice(0, 4).map((sentence) => "<span>" + esc(sentence) + "</span>").join("")
        + (told.length > 4 ? "<span>" + esc(words("duty.hides_more", { count: told.length - 4 })) + "</span>" : "");
    };
    ask(words("duty.silence"), choice("scope", found.map(([name], at) => [at, words("duty.scope_" + name)]), 0)
      + choice("length", SILENCED_H.map((hours) => [hours, words("duty.hours", { hours: hours })]), 2)
      + choice("maintenance", [["no", words("duty.a_silence")], ["yes", words("duty.a_window")]], "no") + reason() + '<div class="preview"></div>',
    async (values) => {
      const answer = await cityvitals.dutyActs.ask("POST", "silences", body(values));
      return answer.ok ? "" : cityvitals.dutyActs.sentenceOf(answer);
    }, preview);
  }

  /** What is silenced now, by whom and until when; each can be ended. */
  function silences() {
    const nowMs = cityvitals.live.cityMs();
    const found = Object.entries(cityvitals.live.picture().silences || {}).filter(([key]) => key !== "mute");
    const rows = found.map(([key, one]) => "<li><b>" + esc(one.what) + "</b> " + esc(words("duty.silence_row", { count: one.hides, name: one.by,
      time: cityvitals.format.moment(one.until_ms, nowMs), reason: one.reason })) + ' <button type="button" class="verb" data-end="' + esc(key) + '">'
      + esc(words("duty.end_silence")) + "</button></li>").join("");
    ask(words("duty.silences"), '<ol class="silences">' + (rows || "<li>" + esc(words("duty.no_silences")) + "</li>") + "</ol>", null);
    for (const button of dialog().querySelectorAll("[data-end]")) {
      button.addEventListener("click", async () => {
        const answer = await cityvitals.dutyActs.ask("POST", "silences/" + button.dataset.end + "/end");
        if (answer.ok) button.closest("li").remove();
        else dialog().querySelector(".problem").textContent = cityvitals.dutyActs.sentenceOf(answer);
      });
    }
  }

  /** Every key of the desk. */
  function help() {
    const rows = words("duty.keys").split("|").map((line) => line.split("=")).map(([key, what]) => "<div><dt><kbd>" + esc(key.trim()) + "</kbd></dt><dd>" + esc(what) + "</dd></div>");
    ask(words("duty.help"), '<dl class="keys">' + rows.join("") + "</dl>", null);
  }

  cityvitals.dutyDialog = { ask, choice, comment, field, help, input, merge, openCase, shelve, silence, silences, takeOver };
})(window);
