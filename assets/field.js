/* The phone without a network: what was sent waits in the browser and goes in its order, each once, by its key. */
(function (root) {
  "use strict";
  const page = root.document.querySelector("main.field");
  const RETRY_MS = 5000;
  let store = null;
  let sending = false;

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

  async function show() {
    const place = page.querySelector(".waits");
    const count = (await waiting()).length;
    place.hidden = !count;
    place.textContent = place.dataset.word.replace("{count}", count);
    for (const form of root.document.querySelectorAll("form[data-queue]")) {
      const key = form.querySelector('[name="key"]').value;
      form.classList.toggle("queued", (await waiting()).some((one) => one.body.includes(key)));
    }
  }

  /** Send what waits, in its order; stop at the first that finds no network. */
  async function flush() {
    if (sending) return;
    sending = true;
    let sent = 0;
    try {
      for (const one of await waiting()) {
        const waited = Math.max(0, Math.round(root.performance.timeOrigin + root.performance.now() - one.atMs));
        const body = one.body + "&waited_ms=" + waited;
        let answer;
        try {
          answer = await root.fetch(one.action, { method: "POST", body: body, redirect: "manual", headers: { "Content-Type": "application/x-www-form-urlencoded" } });
        } catch (unreachable) {
          break;
        }
        if (answer.status >= 500 || answer.status === 401) break; // nothing is lost: it waits for the server, or for a sign-in
        await run("readwrite", (acts) => acts.delete(one.number));
        sent += 1;
      }
    } finally {
      sending = false;
      await show();
    }
    if (sent) root.location.reload();
  }

  async function onSubmit(event) {
    const form = event.target.closest("form[data-queue]");
    if (!form || !store) return; // without a store it is sent as a plain form
    event.preventDefault();
    const body = new root.URLSearchParams(new root.FormData(form)).toString();
    const known = (await waiting()).some((one) => one.body === body);
    if (!known) await run("readwrite", (acts) => acts.add({ action: form.action, body: body, atMs: root.performance.timeOrigin + root.performance.now() }));
    await show();
    flush();
  }

  /** What this phone, at this address, can do of what we offer. */
  function tellWhatCanBeDone() {
    const place = page.querySelector(".can");
    place.textContent = place.dataset.word.replace("{queue}", store ? "✓" : "✗");
  }

  async function start() {
    store = await open().catch(() => null);
    tellWhatCanBeDone();
    if (!store) return;
    root.document.addEventListener("submit", onSubmit);
    root.addEventListener("online", flush);
    root.setInterval(flush, RETRY_MS);
    await show();
    flush();
  }

  if (page && root.indexedDB) start();
})(window);
