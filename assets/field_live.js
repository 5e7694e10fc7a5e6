/* Tasks as they change elsewhere: the page asks how they stand, and shows itself anew unless somebody is typing. */
(function (root) {
  "use strict";
  const field = (root.cityvitalsField = root.cityvitalsField || {});
  const PAUSE_MS = 5000; // after an answer that did not come

  /** Whether something on the page would be lost by showing it anew. */
  function isBusy(page) {
    const inputs = [...page.querySelectorAll("input:not([type=hidden]), textarea")];
    return inputs.some((one) => one.value !== "") || page.querySelector("form.queued") !== null || page.querySelector("details[open]") !== null;
  }

  async function ask(page, seen) {
    const { base, unit } = page.dataset;
    const answer = await root.fetch(base + "m/changes?unit=" + encodeURIComponent(unit) + "&seen=" + seen, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).seen;
  }

  async function follow(page) {
    const { seen } = page.dataset;
    for (;;) {
      try {
        if (!root.document.hidden && (await ask(page, seen)) !== seen) break;
      } catch (unreachable) {
        await new Promise((resolve) => root.setTimeout(resolve, PAUSE_MS));
      }
      if (root.document.hidden) await new Promise((resolve) => root.document.addEventListener("visibilitychange", resolve, { once: true }));
    }
    if (!isBusy(page)) { root.location.reload(); return; }
    const button = page.querySelector(".changed");
    button.hidden = false;
    button.addEventListener("click", () => root.location.reload());
  }

  field.live = { follow };
})(typeof window === "undefined" ? globalThis : window);
