/* The side of the open case: asks for what stands beside it, tells that we have it open, brings photos, makes links. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const BEAT_MS = 5000; // who is not heard for three of these is gone
  const AROUND_MS = 15000; // cameras send oftener; nobody reads pictures faster
  const words = (code, values) => cityvitals.format.words(code, values); // its file is loaded after this one
  const actions = () => cityvitals.dutyActs;
  const path = (id, what) => "cases/" + encodeURIComponent(id) + "/" + what;
  let site = null;
  let repaint = () => {};
  let toast = () => {};
  let reread = () => {}; // the open case, after an act of ours that wrote into its log
  let open = null; // number of the case
  let known = empty();
  let withinM = 3000;
  let aroundAtMs = 0; // when the surroundings were told
  let log = "all";

  function empty() {
    return { photos: [], links: [], around: null, others: [], members: null, shared: [] };
  }

  async function read(what, name, pick) {
    const id = open;
    const answer = await actions().ask("GET", path(id, what));
    if (open !== id || !answer.ok) return;
    known[name] = pick(answer.body);
    if (name === "around") aroundAtMs = root.performance.now();
    repaint();
  }

  async function beat() {
    const id = open;
    if (!id || root.document.hidden || !root.document.getElementById("dispatch-case")) return;
    const answer = await actions().ask("POST", path(id, "presence"), {});
    if (open !== id || !answer.ok) return;
    known.others = answer.body.others;
    if (known.around && root.performance.now() - aroundAtMs > AROUND_MS) look();
    repaint();
  }

  const look = () => read("around?within_m=" + withinM, "around", (body) => body);

  /** A case is shown, or shown as it stands now. */
  function show(id, has_place) {
    if (open !== id) {
      if (open) actions().ask("DELETE", path(open, "presence"));
      open = id;
      known = empty();
      log = "all";
      beat();
      if (has_place) look();
    }
    if (actions().may("photos.see")) read("photos", "photos", (body) => body.photos);
    if (actions().may("cases.dispatch")) read("links", "links", (body) => body.links);
    read("members", "members", (body) => body);
    if (site.peers.length) read("exchange", "shared", (body) => body);
  }

  /** Take one member out of the open case: it stands alone again, and is not proposed with it any more. */
  function split(member) {
    const { area, ask } = cityvitals.dispatchForms;
    ask(words("dispatch.split"), area("reason"), async (values) => {
      const answer = await actions().ask("POST", path(open, "split"), { key: actions().newKey(), members: [member], reason: values.reason });
      if (!answer.ok) return actions().sentenceOf(answer);
      reread();
      return "";
    });
  }

  const mayReply = () => actions().may("cases.report") || actions().may("cases.dispatch");

  /** Answer the citizen of a case that was merged into the open one; what was drafted is confirmed by whoever sends it. */
  function reply(member) {
    const { area, ask } = cityvitals.dispatchForms;
    const { reply: draft } = known.members.members.find((one) => one.id === member);
    ask(words("case.verb-reply"), area("text"), async (values) => {
      const origin = actions().may("cases.report") ? "person" : "relayed";
      const answer = await actions().ask("POST", path(member, "steps"), { key: actions().newKey(), verb: "reply", origin: origin, fields: { text: values.text } });
      if (!answer.ok) return actions().sentenceOf(answer);
      reread();
      return "";
    });
    root.document.querySelector('#dispatch-dialog [name="text"]').value = draft;
  }

  /** Bring one photo to the open case. */
  async function bring(file) {
    const form = new root.FormData();
    form.append("key", actions().newKey());
    form.append("photo", file, file.name || "photo");
    const answer = await root.fetch(site.base_path + "api/v1/" + path(open, "photos"), { method: "POST", body: form }).catch(() => null);
    const body = answer ? await answer.json().catch(() => ({})) : {};
    if (!answer || !answer.ok) return toast(actions().sentenceOf({ status: answer ? answer.status : 0, body: body }), true);
    known.photos = body.photos;
    return reread();
  }

  /** A one-time link for one assignment: for whom, then its address, which is told this once. */
  function link(assignment, title) {
    const { ask, input } = cityvitals.dispatchForms;
    const fields = input("link_name", 'required maxlength="60"') + input("hours", 'type="number" min="1" max="168" value="24" required');
    ask(words("dispatch.link"), fields, async (values) => {
      const wanted = { key: actions().newKey(), assignment: assignment, name: values.link_name, lasts_h: Number(values.hours) };
      const answer = await actions().ask("POST", path(open, "links"), wanted);
      if (!answer.ok) return actions().sentenceOf(answer);
      reread();
      root.setTimeout(() => tellLink(answer.body, title), 0); // once the dialog is shut
      return "";
    });
  }

  function tellLink(made, title) {
    const until = cityvitals.format.moment(made.expires_ms, cityvitals.live.cityMs());
    const said = words("dispatch.link_text", { name: made.name, title: title, until: until, address: made.whole });
    const text = '<p class="link-note">' + cityvitals.format.esc(words("dispatch.link_once")) + '</p><textarea id="dispatch-link-text" rows="4" readonly>' + cityvitals.format.esc(said)
      + '</textarea><button type="button" class="verb" data-copies="dispatch-link-text">' + cityvitals.format.esc(words("dispatch.link_copy")) + '</button><div class="link-qr" role="img" aria-label="' + cityvitals.format.esc(words("dispatch.link_scan")) + '">' + made.qr + "</div><p>" + cityvitals.format.esc(words("dispatch.link_scan")) + "</p>";
    cityvitals.dispatchForms.tell(words("dispatch.link_made"), text);
  }

  async function unlink(number) {
    const answer = await actions().ask("POST", "links/" + number + "/revoke", {});
    if (!answer.ok) return toast(actions().sentenceOf(answer), true);
    return read("links", "links", (body) => body.links);
  }

  function onClick(event) {
    const found = event.target.closest("[data-within], [data-log], [data-link], [data-unlink], [data-split], [data-reply]");
    if (!found || !open) return;
    const told = found.dataset;
    if (told.log) { log = told.log; repaint(); }
    else if (told.link) link(told.link, root.document.querySelector("#dispatch-case h2").textContent);
    else if (told.split) split(told.split);
    else if (told.reply) reply(told.reply);
    else if (told.unlink) unlink(told.unlink);
    else { withinM = Number(told.within); look(); }
  }

  /** A picture that is chosen, dropped on the case, or pasted anywhere. */
  function listen() {
    const chooser = root.document.createElement("input"); // outside of what is painted anew while the dialog is open
    Object.assign(chooser, { type: "file", accept: "image/jpeg,image/png,image/webp", id: "dispatch-photo-file", hidden: true });
    root.document.body.append(chooser);
    root.addEventListener("click", onClick);
    chooser.addEventListener("change", () => {
      if (chooser.files[0] && open) bring(chooser.files[0]);
      chooser.value = "";
    });
    const picture = (event) => [...((event.dataTransfer || event.clipboardData || {}).files || [])].find((file) => file.type.startsWith("image/"));
    root.addEventListener("drop", (event) => {
      const file = picture(event);
      if (!file || !open || !event.target.closest("#dispatch-case")) return;
      event.preventDefault();
      bring(file);
    });
    root.addEventListener("paste", (event) => {
      const file = picture(event);
      if (file && open && !event.target.closest("dialog")) bring(file);
    });
    root.document.addEventListener("visibilitychange", beat);
    root.setInterval(beat, BEAT_MS);
  }

  /** The parts of the open case, ready to stand in it. */
  function parts(one, nowMs) {
    const beside = cityvitals.dispatchBeside;
    const more = { base: site.base_path, nowMs: nowMs, inFull: actions().may("personal.see"), may: actions().may("cases.note") };
    const linking = { nowMs: nowMs, may: actions().may("cases.dispatch") };
    return {
      shared: cityvitals.dispatchShared.html(known.shared, nowMs),
      way: cityvitals.dispatchShared.way(known.shared, one, { site: site, may: actions().may }),
      presence: beside.presence(known.others),
      photos: actions().may("photos.see") ? beside.photos(known.photos, one.id, more) : "",
      links: (assignment) => beside.links(known.links, assignment, linking),
      members: cityvitals.dispatchWhole.members(known.members, Object.assign({ mayReply: mayReply() }, linking)),
      logHead: beside.logHead(log),
      inLog: beside.LOG[log],
    };
  }

  cityvitals.dispatchAside = {
    cameras: (nowMs) => cityvitals.dispatchBeside.cameras(known.around, site.base_path, nowMs, root.performance.now() - aroundAtMs),
    help: () => cityvitals.dispatchBeside.help(known.around),
    parts: parts,
    points: () => (known.around ? known.around.cameras : []),
    show: show,
    start(siteOfPage, onChange, tell, onActed) {
      [site, repaint, toast, reread] = [siteOfPage, onChange, tell, onActed];
      listen();
    },
  };
})(window);
