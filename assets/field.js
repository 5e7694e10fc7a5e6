/* The phone without a network: what was sent waits in the browser and goes in its order, each once, by its key. */
(function (root) {
  "use strict";
  const page = root.document.querySelector("main.field");
  if (!page) return; // every page of Dash loads every script
  const { live, photo, place } = root.cityvitalsField;
  const RETRY_MS = 5000;
  const REFUSED = "cityvitals-refused"; // sentences of refusals, until they were shown
  let store = null;
  let sending = false;
  let wholeNow = false; // originals go over the mobile network too
  const atBorder = []; // bodies of acts that the border relay keeps for the site: done with here, not to be sent again

  const steadyMs = () => root.performance.timeOrigin + root.performance.now();

  const open = () => new Promise((resolve, reject) => {
    const asked = root.indexedDB.open("cityvitals-field", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("acts", { keyPath: "number", autoIncrement: true });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const run = (mode, what) => new Promise((resolve, reject) => {
    const asked = what(store.transaction("acts", mode).objectStore("acts"));
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const waiting = () => run("readonly", (acts) => acts.getAll());

  /** Whether the telephone says that it is on the mobile network, where originals wait. */
  const isMobile = () => ((root.navigator.connection || {}).type === "cellular");

  async function show() {
    const all = await waiting();
    const whole = all.filter((one) => one.whole).length;
    const told = page.querySelector(".waits");
    const words = [[all.length - whole, told.dataset.word], [whole, told.dataset.whole]];
    told.hidden = !all.length;
    told.textContent = words.filter(([count]) => count).map(([count, word]) => word.replace("{count}", count)).join(" · ");
    page.querySelector(".send-whole").hidden = !whole || wholeNow || !isMobile();
    for (const form of root.document.querySelectorAll("form[data-queue]")) {
      const key = form.querySelector('[name="key"]').value;
      form.classList.toggle("queued", all.some((one) => one.body.includes(key)));
      const isAtBorder = atBorder.some((body) => body.includes(key));
      form.classList.toggle("at-border", isAtBorder);
      if (isAtBorder) form.reset(); // nobody is typing here any more: the page may show itself anew
    }
  }

  /** One act as it is sent: a form, with its file when it has one. */
  function bodyOf(one) {
    const body = new root.URLSearchParams(one.body);
    body.append("waited_ms", Math.max(0, Math.round(steadyMs() - one.atMs)));
    if (!one.file) return body;
    const form = new root.FormData();
    for (const [name, value] of body) form.append(name, value);
    form.append("photo", one.file, "photo.jpg");
    return form;
  }

  /** Send one. Returns whether it need not be sent again: it is done, or refused, and why is kept for the person. */
  async function sent(one) {
    let answer;
    try {
      answer = await root.fetch(one.action, { method: "POST", body: bodyOf(one), redirect: "manual" });
    } catch (unreachable) {
      return false;
    }
    if (answer.status === 401 && !page.querySelector(".expired")) root.location.reload(); // it says so, with a form
    if (answer.status >= 500 || answer.status === 401 || answer.status === 429) return false; // nothing is lost: it waits
    if (answer.status === 202) { // the site is away: this page stays, for the next one would show no tasks
      atBorder.push(one.body);
      const kept = page.querySelector(".at-border");
      kept.textContent = new root.DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".told").textContent;
      kept.hidden = false;
    }
    if (answer.status >= 400) {
      const said = new root.DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".told.refusal");
      root.sessionStorage.setItem(REFUSED, said ? said.textContent : String(answer.status));
    }
    await run("readwrite", (acts) => acts.delete(one.number));
    return true;
  }

  /** Send what waits, in its order, originals of photos last; stop at the first that finds no network. */
  async function flush() {
    if (sending) return;
    sending = true;
    const before = atBorder.length;
    let count = 0;
    try {
      for (let all = await waiting(); all.length; all = await waiting()) {
        const next = all.find((one) => !one.whole) || (isMobile() && !wholeNow ? null : all[0]);
        if (!next || !(await sent(next))) break;
        count += 1;
      }
    } finally {
      sending = false;
      await show();
    }
    if (count > atBorder.length - before) root.location.reload();
  }

  /** The fields of a form, where this telephone is when the form wants to know, and its photo. */
  async function filled(form) {
    const values = new root.FormData(form);
    const file = values.get("photo");
    values.delete("photo");
    if (form.dataset.fix !== undefined) for (const [name, value] of Object.entries(place.fields())) values.append(name, value);
    const body = new root.URLSearchParams(values);
    if (!file || !file.size) return [{ body: body.toString() }];
    const { first, sha256, later } = await photo.parts(file);
    if (!later) return [{ body: body.toString(), file: first }];
    const whole = new root.URLSearchParams({ key: body.get("key") + (form.dataset.photoKey || ""), part: "whole" });
    for (const name of ["k", "unit", "case"]) if (body.has(name)) whole.append(name, body.get(name));
    body.append("part", "small");
    body.append("sha256", sha256);
    const action = form.action.replace(/[a-z]+$/, "photo");
    return [{ body: body.toString(), file: first }, { action: action, body: whole.toString(), file: later, whole: true }];
  }

  async function onSubmit(event) {
    const form = event.target.closest("form[data-queue]");
    if (!form || !store) return; // without a store it is sent as a plain form
    event.preventDefault();
    const key = form.querySelector('[name="key"]').value;
    if (form.classList.contains("at-border")) return undefined;
    if (form.classList.contains("queued") || (await waiting()).some((one) => one.body.includes(key))) return flush();
    form.classList.add("queued");
    for (const one of await filled(form)) {
      await run("readwrite", (acts) => acts.add(Object.assign({ action: form.action, atMs: steadyMs() }, one)));
    }
    await show();
    return flush();
  }

  /** What this phone, at this address, can do of what we offer, and why not. */
  function tellWhatCanBeDone() {
    const states = {
      queue: !store ? "no" : root.isSecureContext ? "yes" : "insecure",
      camera: photo.canShrink() ? "yes" : "no",
      position: place.state(),
    };
    for (const line of page.querySelectorAll("[data-can]")) {
      const found = states[line.dataset.can];
      if (found in line.dataset) line.textContent = line.dataset[found];
      line.dataset.state = found;
    }
  }

  function showRefusal() {
    const sentence = root.sessionStorage.getItem(REFUSED);
    const told = page.querySelector(".refused");
    if (!sentence) return;
    root.sessionStorage.removeItem(REFUSED);
    told.textContent = sentence;
    told.hidden = false;
  }

  async function start() {
    store = root.indexedDB ? await open().catch(() => null) : null;
    showRefusal();
    tellWhatCanBeDone();
    if (page.querySelector("[data-fix]")) place.look().then(tellWhatCanBeDone);
    if (page.dataset.seen) live.follow(page);
    if (!store) return;
    root.document.addEventListener("submit", onSubmit);
    root.addEventListener("online", flush);
    root.setInterval(flush, RETRY_MS);
    page.querySelector(".send-whole").addEventListener("click", () => { wholeNow = true; flush(); });
    await show();
    flush();
  }

  start();
})(window);
