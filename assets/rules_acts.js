/* What can be done with a draft: as many buttons as whoever sits here may press, one of them first. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const HOURS = [2, 4, 8, 12, 24];
  let shown = "";
  let times = 0; // each press is another one, also of the same button

  const words = (code, values) => cityvitals.format.words(code, values);
  const esc = (text) => cityvitals.format.esc(text);

  /** The verbs that fit: [verb, primary]. */
  function verbs(desk) {
    const { seed, drawn } = desk;
    const { edit, release, relax } = seed.rights;
    const open = seed.open;
    const changed = cityvitals.rules.changed();
    const differs = Boolean(drawn && drawn.changes && drawn.changes.length);
    if (open && open.state === "review") {
      if (release && !open.own) return [["return", false], ["approve", true]];
      return edit ? [["drop", false]] : [];
    }
    const found = [];
    if (edit) {
      if (open && !changed) found.push(["drop", false]);
      if (changed) found.push(["save", false]);
      if (differs && !(open && open.state === "trial" && !changed)) found.push(["try", false]);
      if (differs && drawn.only_sooner) found.push(["tighten", true], ["submit", false]);
      else if (differs) found.push(["submit", true]);
    }
    if (relax && differs && drawn.only_later) found.push(["relax", true]);
    return found;
  }

  /** Why there is no button. */
  function idle(desk) {
    const { seed, drawn } = desk;
    const open = seed.open;
    if (open && open.state === "review" && open.own) return words("rules.waits_for_other");
    if (open && open.state === "review") return words("rules.in_review", { author: open.author });
    if (seed.rights.edit) return words("rules.nothing_changed");
    if (seed.rights.relax) return drawn && drawn.changes && drawn.changes.length ? words("rules.objection_not-milder") : words("rules.relax_hint");
    return words(seed.rights.release ? "rules.nothing_to_review" : "rules.look_only");
  }

  /** The state of what is open, in words. */
  function state(desk) {
    const { seed } = desk;
    const open = seed.open;
    const inForce = seed.versions.find((one) => one.state === "relaxed" && one.in_force);
    const parts = seed.week_after ? [seed.week_after] : [];
    if (inForce) parts.push(words("rules.relaxed_until", { by: inForce.author, until: moment(inForce.ended_ms), reason: inForce.reason }));
    if (open) parts.push(words("rules.open_says", { version: open.version, state: words("rules.state_" + open.state), author: open.author, at: moment(open.changed_ms) }) + (open.reason ? "：" + open.reason : "") + (open.remark ? "（" + open.remark + "）" : ""));
    return parts.join(" · ");
  }

  const moment = (atMs) => cityvitals.format.moment(atMs, cityvitals.live.serverMs() || atMs);

  function paint(desk) {
    const place = cityvitals.page.at("rules-acts");
    if (!place || !desk.seed) return;
    const found = verbs(desk);
    const needs = found.some(([verb]) => ["submit", "approve", "return", "relax", "tighten"].indexOf(verb) >= 0);
    const adopts = found.some(([verb]) => verb === "approve" || verb === "tighten") && desk.draft.source && ["illustrative", "none"].indexOf(desk.draft.source.bounds) >= 0;
    const key = JSON.stringify([found, needs, adopts, desk.seed.said, desk.seed.done, state(desk), desk.seed.open && desk.seed.open.revision]);
    if (key === shown && place.firstChild) return;
    const typed = place.querySelector("input.remark") ? place.querySelector("input.remark").value : "";
    shown = key;
    const said = desk.seed.said ? '<p class="said' + (desk.seed.done ? "" : " is-refused") + '" role="status">' + esc(desk.seed.said) + "</p>" : "";
    const hours = found.some(([verb]) => verb === "relax") ? '<select class="hours" aria-label="' + esc(words("rules.hours_label")) + '">' + HOURS.map((one) => '<option value="' + one + '">' + esc(words("rules.for_hours", { hours: one })) + "</option>").join("") + "</select>" : "";
    const end = desk.seed.rights.relax && desk.seed.versions.find((one) => one.state === "relaxed" && one.in_force);
    place.innerHTML = '<p class="state">' + esc(state(desk)) + "</p>" + said
      + (adopts ? '<label class="adopts"><input type="checkbox" class="adopt"/>' + esc(words("rules.adopts")) + "</label>" : "")
      + (needs ? '<input class="remark" maxlength="200" placeholder="' + esc(words("rules.remark")) + '"/>' : "")
      + '<div class="verbs">' + hours + (end ? '<button type="button" data-verb="end" data-number="' + end.number + '">' + esc(words("rules.verb_end")) + "</button>" : "")
      + found.map(([verb, primary]) => '<button type="button" data-verb="' + verb + '"' + (primary ? ' class="primary"' : "") + ">" + esc(words("rules.verb_" + verb)) + "</button>").join("")
      + (found.length ? "" : '<span class="rules-note">' + esc(idle(desk)) + "</span>") + "</div>";
    if (place.querySelector("input.remark")) place.querySelector("input.remark").value = desk.seed.done ? "" : typed;
    listen(place);
  }

  function press(verb, button) {
    const { copy, changed, desk } = cityvitals.rules;
    const place = cityvitals.page.at("rules-acts");
    const remark = place.querySelector("input.remark");
    const adopt = place.querySelector("input.adopt");
    const hours = place.querySelector("select.hours");
    const ended = verb === "end" ? desk.seed.versions.find((one) => one.number === Number(button.dataset.number)) : null;
    const seen = ended || (verb === "relax" ? null : desk.seed.open);
    for (const one of place.querySelectorAll("button")) one.disabled = true;
    shown = "";
    root.dash_clientside.set_props("rules-act", {
      data: {
        verb, at: (times += 1), declaration: copy(desk.draft), changed: changed(), remark: remark ? remark.value : "", adopts: Boolean(adopt && adopt.checked),
        hours: hours ? Number(hours.value) : 0, number: Number(button.dataset.number || 0), expected: desk.drawn ? desk.drawn.expected : null,
        seen: seen ? { number: seen.number, revision: seen.revision } : null,
      },
    });
  }

  function listen(place) {
    if (place.dataset.heard) return;
    place.dataset.heard = "1";
    place.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-verb]");
      if (button && !button.disabled) press(button.dataset.verb, button);
    });
  }

  /** The line above the desk: which rule, of whom, on what grounds, and its versions. */
  function title(desk) {
    const { seed } = desk;
    const place = cityvitals.page.at("rules-title");
    const versions = seed.versions.map((one) => '<li><b>' + esc("v" + one.version) + "</b> " + esc(words("rules.state_" + one.state)) + (one.in_force ? " ●" : "") + " " + esc(one.author + (one.approver ? " → " + one.approver : "")) + " " + esc(moment(one.effective_ms || one.changed_ms)) + (one.reason ? " · " + esc(one.reason) : "")
      + (seed.rights.edit && !seed.open ? ' <button type="button" data-verb="restore" data-number="' + one.number + '">' + esc(words("rules.verb_restore")) + "</button>" : "") + "</li>").join("");
    const sheet = (more) => seed.address + "/sheet" + more;
    const complaints = (seed.complaints || []).map((one) => '<li><a href="' + esc(sheet("?complaint=" + one.number)) + '">' + esc(one.by + "：" + one.said) + "</a>" + (one.answer ? "" : " · " + esc(words("rules.unanswered"))) + "</li>").join("");
    place.innerHTML = "<h1>" + esc(seed.name) + "</h1><span>" + esc(words("rules.places_count", { count: seed.places.length })) + "</span><span>" + esc(words("rules.state_version", { state: words("rules.state_" + seed.state), version: seed.version })) + '</span><span class="ground">' + esc(seed.source) + "</span>"
      + '<a class="sheet-link" href="' + esc(sheet("?place=" + encodeURIComponent(desk.place))) + '">' + esc(words("rules.sheet_link")) + "</a>" + (complaints ? "<details><summary>" + esc(words("rules.complaints_of", { count: seed.complaints.length })) + "</summary><ul>" + complaints + "</ul></details>" : "")
      + "<details><summary>" + esc(seed.versions.length ? words("rules.versions_of", { count: seed.versions.length }) : words("rules.versions_head")) + "</summary><ul>" + (versions || "<li>" + esc(words("rules.versions_none")) + "</li>") + "</ul></details>";
    if (place.dataset.heard) return;
    place.dataset.heard = "1";
    place.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-verb]");
      if (button) press(button.dataset.verb, button);
    });
  }

  cityvitals.rulesActs = { paint, title };
})(window);
