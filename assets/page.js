/* What every page does with the live feed: is it to be believed? The bar and the grey hatched picture say no. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const { format, live } = cityvitals;
  const UNHEARD_AFTER_MS = 5000;
  const TOAST_MS = 8000;
  const PRESSED_MS = 3000; // nobody clicks more slowly; and no place waits longer for its news
  const shown = new WeakMap(); // element → HTML that was put there; an element that is gone takes it along
  const waiting = new Map(); // place → HTML that comes when the pointer is up
  const toasts = new WeakMap(); // place → timer that takes its sentence away
  let pressed = null; // {element, ms} while the pointer is down
  let fault = null; // {cause, sinceMs} while the picture is stale

  const at = (id) => root.document.getElementById(id);

  /** Put HTML into a place where it differs from what stands there. Not under a pointer that is down: its click would be lost. */
  function put(id, html) {
    const mount = at(id);
    if (pressed && mount && mount.contains(pressed.element) && root.performance.now() - pressed.ms < PRESSED_MS) return void waiting.set(id, html);
    waiting.delete(id);
    if (!mount || shown.get(mount) === html) return;
    shown.set(mount, html);
    mount.innerHTML = html;
  }

  /** The key that is meant for the page, in lower case; "" while somebody writes, composes Chinese or holds a modifier. */
  function keyOf(event) {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return "";
    const within = (selector) => event.target.closest(selector);
    const writes = within("input, textarea, select, dialog") && !within("dialog:not([open])"); // one just shut has the focus for a moment still
    return writes ? "" : event.key.toLowerCase();
  }

  /** Say what came of an act, for some seconds; the next sentence takes the place of the one before. */
  function toast(id, text, isBad) {
    const place = at(id);
    place.textContent = text;
    place.className = "duty-toast shown" + (isBad ? " bad" : "");
    root.clearTimeout(toasts.get(place));
    toasts.set(place, root.setTimeout(() => { place.className = "duty-toast"; }, TOAST_MS));
  }

  /** The pointer is up: first comes its click, then what waited. */
  function released() {
    root.setTimeout(() => {
      pressed = null;
      [...waiting].forEach(([id, html]) => put(id, html));
    }, 0);
  }

  /** Turn the page stale or live again; a fault keeps its beginning for as long as its cause stays. */
  function judge() {
    const { stale } = cityvitals; // loaded after this file
    const state = root.document.documentElement.dataset;
    const nowMs = live.serverMs();
    const condition = live.condition();
    const found = nowMs === null ? null : stale.diagnose(live.picture(), condition, nowMs, live.cityMs());
    const unheard = nowMs === null && condition.silentMs > UNHEARD_AFTER_MS;
    fault = found && fault && fault.cause === found.cause ? fault : found;
    state.state = fault || unheard ? "stale" : nowMs === null ? "loading" : "live";
    put("shell-stale-bar", unheard ? stale.unheard() : fault ? stale.bar(fault, live.picture(), nowMs) : "");
    return state.state;
  }

  /** Begin: words, connection, judgement at each frame and each second. everySecond(state) follows the judgement. */
  function start(site, onFrame, everySecond) {
    format.setWords(Object.assign(JSON.parse(at("cityvitals-words").textContent), site.words)); // words of the city itself before ours
    live.listen((sections, frame) => { onFrame(sections, frame); judge(); });
    live.everySecond(() => everySecond(judge()));
    live.start(site);
  }

  /** Pixels of one rem: the wall scales with its height. */
  const remPx = () => parseFloat(root.getComputedStyle(root.document.documentElement).fontSize);

  root.addEventListener("pointerdown", (event) => { pressed = { element: event.target, ms: root.performance.now() }; }, true);
  root.addEventListener("pointerup", released, true);
  root.addEventListener("pointercancel", released, true);

  cityvitals.page = { at, keyOf, put, remPx, start, toast };
})(window);
