/* What stands beside a case: its photos, who else has it open, one-time links, cameras near it, what can help. Pure. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const words = (code, values) => cityvitals.format.words(code, values);
  const moment = (ms, nowMs) => cityvitals.format.moment(ms, nowMs);
  const WITHIN_M = [1000, 3000, 5000, 10000];
  const OLD_MS = 120000; // an older picture says nothing of now, and looks so
  const SEEN = ["person", "car", "motorcycle", "dog"]; // what cameras tell of in words of ours
  const LOG = { all: () => true, notes: (one) => one.verb === "note" || one.verb === "reply", photos: (one) => Boolean(one.fields.photo) };

  const far = (m) => m < 1000 ? words("dispatch.metres", { m: Math.round(m / 10) * 10 }) : words("dispatch.kilometres", { km: (m / 1000).toFixed(1) });
  const photoAddress = (base, id, one) => esc(base + "api/v1/cases/" + encodeURIComponent(id) + "/photos/" + one.sha256 + "?v=" + one.version);

  /** Who else has it open. */
  function presence(others) {
    return others.length ? '<p class="presence">' + cityvitals.format.mark("blue") + esc(words("dispatch.presence", { names: others.join("、") })) + "</p>" : "";
  }

  function photo(one, id, more) {
    const address = photoAddress(more.base, id, one);
    const when = words(one.taken_ms === null ? "dispatch.photo_came" : "dispatch.photo_taken", { time: moment(one.taken_ms === null ? one.at_ms : one.taken_ms, more.nowMs) });
    const whole = one.is_whole ? '<a href="' + address.replace("?", "/original?") + '" download>' + esc(words("dispatch.photo_original", { mb: (one.size_bytes / 1e6).toFixed(1) })) + "</a>" : "<span>" + esc(words("dispatch.photo_small")) + "</span>";
    return '<figure><a href="' + address + '" target="_blank" rel="noopener"><img src="' + address + '" alt=""></a><figcaption><b>' + esc(one.name) + "</b> " + esc(when) + "<small title=\"SHA-256 " + esc(one.sha256) + '">'
      + (more.inFull ? whole : "") + " #" + esc(one.sha256.slice(0, 8)) + "</small></figcaption></figure>";
  }

  /** All photos of a case in one row, and where another is chosen, dropped or pasted. more: {base, nowMs, inFull, may}. */
  function photos(all, id, more) {
    const add = more.may ? '<label class="verb small" for="dispatch-photo-file" tabindex="0">' + esc(words("dispatch.photo_add")) + "</label>" : "";
    return '<section class="case-photos"><h3>' + esc(words("dispatch.photos", { count: all.length })) + " " + add + "</h3>"
      + (all.length ? '<div class="photo-row">' + all.map((one) => photo(one, id, more)).join("") + "</div>" : "") + "</section>";
  }

  /** Which lines of the log are shown: all, what was said, or photos. */
  function logHead(chosen) {
    return '<h3 class="log-head">' + esc(words("dispatch.log")) + Object.keys(LOG).map((name) => '<button type="button" class="choice" aria-pressed="' + (name === chosen) + '" data-log="' + name + '">'
      + esc(words("dispatch.log_" + name)) + "</button>").join("") + "</h3>";
  }

  /** The one-time links of one unit's assignment, and the button that makes one. */
  function links(all, assignment, more) {
    const own = all.filter((one) => one.assignment === assignment && one.is_alive).map((one) => '<span class="case-link">' + esc(words("dispatch.link_open", { name: one.name, time: moment(one.expires_ms, more.nowMs) }))
      + ' <button type="button" class="verb small" data-unlink="' + one.number + '">' + esc(words("dispatch.link_revoke")) + "</button></span>").join("");
    return (more.may ? '<button type="button" class="verb small" data-link="' + esc(assignment) + '">' + esc(words("dispatch.link")) + "</button>" : "") + own;
  }

  /** How old a picture is, in words; sinceMs: how long ago that was told. */
  function pictureAge(ageMs, sinceMs) {
    const span = cityvitals.format.span(ageMs + sinceMs);
    if (ageMs + sinceMs < 60000) return words("dispatch.camera_now");
    return words(ageMs + sinceMs < OLD_MS ? "dispatch.camera_age" : "dispatch.camera_old", { span: span });
  }

  function camera(one, base, nowMs, sinceMs) {
    const shown = one.snapshot_ms !== null;
    const old = shown && one.snapshot_age_ms + sinceMs >= OLD_MS;
    const age = shown ? "<em>" + esc(pictureAge(one.snapshot_age_ms, sinceMs)) + "</em>" : "";
    const address = esc(base + "api/v1/cameras/" + encodeURIComponent(one.id) + "/snapshot?t=" + one.snapshot_ms);
    const event = one.event ? words("dispatch.camera_saw", { what: words("dispatch.saw_" + (SEEN.includes(one.event) ? one.event : "other")), time: moment(one.event_ms, nowMs) }) : "";
    const page = one.page ? ' <a href="' + esc(one.page) + '" target="_blank" rel="noopener noreferrer">' + esc(words("dispatch.camera_page")) + "</a>" : "";
    const picture = shown ? '<a href="' + address + '" target="_blank" rel="noopener"><img src="' + address + '" alt="' + esc(words("dispatch.camera_unreadable")) + '"></a>' : "<i></i>";
    const told = shown ? esc(event) : esc(one.why) + (event ? " · " + esc(event) : "");
    return '<li class="camera' + (shown ? "" : " dark") + (old ? " old" : "") + '" title="' + esc(one.name + " · " + one.why) + '">' + picture
      + "<b>" + esc(cityvitals.format.shortName(one.name)) + "</b><span>" + esc(far(one.distance_m)) + "</span>" + age + "<small>" + told + page + "</small></li>";
  }

  /** The four nearest cameras with what they saw last; one that cannot be played here says why. */
  function cameras(around, base, nowMs, sinceMs) {
    if (!around || !around.cameras.length) return "";
    return "<h3>" + esc(words("dispatch.cameras")) + '</h3><ol class="cameras">' + around.cameras.map((one) => camera(one, base, nowMs, sinceMs)).join("") + "</ol>";
  }

  /** Shelters, materials and units within the circle. */
  function help(around) {
    if (!around) return "";
    const choices = WITHIN_M.map((m) => '<button type="button" class="choice" aria-pressed="' + (m === around.within_m) + '" data-within="' + m + '">' + esc(far(m)) + "</button>").join("");
    const line = (one) => "<li><b>" + esc(one.name) + "</b><span>" + esc(far(one.distance_m)) + "</span><small>" + esc(words("dispatch.duty_" + one.duty)) + "</small></li>";
    const group = (name) => {
      const found = around.help.filter((one) => one.group === name);
      return '<div><h4>' + esc(words("dispatch.help_" + name)) + " " + found.length + "</h4>" + (found.length ? "<ol>" + found.map(line).join("") + "</ol>" : "") + "</div>";
    };
    return '<section class="help"><h3 class="log-head">' + esc(words("dispatch.help")) + choices + "</h3>" + ["unit", "shelter", "material"].map(group).join("") + "</section>";
  }

  cityvitals.dispatchBeside = { LOG, cameras, help, links, logHead, photos, presence };
})(typeof window === "undefined" ? globalThis : window);
