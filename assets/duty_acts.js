/* Acts of the person at this screen: sent with a key, tried again with the same key, shown at once, told when refused. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const RETRY_MS = [400, 1500, 4000];
  const SHOWN_AT_ONCE_MS = 8000; // what the live feed has not confirmed by then is not shown any more
  const ME_EVERY_MS = 30000;
  const pending = new Map(); // item → {stands, untilMs (steady)}
  let site = { base_path: "/" };
  let me = { person: null, actions: [], locked: false };
  let changed = () => {};

  const steadyMs = () => root.performance.now();

  /** 128 random bits; `randomUUID` needs HTTPS, which an intranet may not have. */
  function newKey() {
    return Array.from(root.crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  const wait = (ms) => new Promise((resolve) => root.setTimeout(resolve, ms));

  /** Ask the API. Returns {ok, status, body}; status 0: the server could not be reached, also when tried again. */
  async function ask(method, path, body) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await root.fetch(site.base_path + "api/v1/" + path, {
          method: method, cache: "no-store", headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body),
        });
        if (answer.status < 502 || attempt >= RETRY_MS.length) {
          return { ok: answer.ok, status: answer.status, body: await answer.json().catch(() => ({})) };
        }
      } catch (problem) {
        if (attempt >= RETRY_MS.length) return { ok: false, status: 0, body: {} };
      }
      await wait(RETRY_MS[attempt]);
    }
  }

  /** Why the server said no, as a sentence. */
  function sentenceOf(answer) {
    const { words } = cityvitals.format;
    if (!answer.status) return words("duty.unreachable");
    if (answer.status === 401) return words("duty.locked");
    return (answer.body.error || {}).sentence || words("duty.unreachable");
  }

  /**
   * Do something about an item. stands: how it will stand, shown until the live feed says it. Returns the answer; the
   * caller says what was refused.
   */
  async function act(item, kind, more, stands) {
    const path = item.key.includes(":") || item.key === "sound" ? "duty/acts" : "warnings/" + encodeURIComponent(item.key) + "/acts";
    const body = Object.assign({ key: newKey(), kind: kind }, path === "duty/acts" ? { subject: item.key } : {}, more);
    if (stands) pending.set(item.key, { stands: stands, untilMs: steadyMs() + SHOWN_AT_ONCE_MS });
    changed();
    const answer = await ask("POST", path, body);
    if (!answer.ok) pending.delete(item.key);
    if (answer.status === 401 || answer.status === 403) await lookWhoIAm();
    changed();
    return answer;
  }

  /** The picture as this screen shows it: with what was just done here and is not in the live feed yet. */
  function foreseen(picture) {
    for (const [key, one] of pending) {
      const known = (picture.duty || {})[key];
      if (one.untilMs < steadyMs() || (known && arrived(known, one.stands))) pending.delete(key);
    }
    if (!pending.size) return picture;
    const duty = Object.assign({}, picture.duty);
    for (const [key, one] of pending) duty[key] = Object.assign({}, duty[key], one.stands);
    return Object.assign({}, picture, { duty: duty });
  }

  /** Whether the feed says what was foreseen: all but the time, which the server decides. */
  function arrived(known, stands) {
    return Object.keys(stands).every((name) => name.endsWith("_ms") ? known[name] >= stands[name] - 60000 : known[name] === stands[name]);
  }

  async function lookWhoIAm() {
    const answer = await ask("GET", "me");
    if (answer.ok) me = answer.body;
    changed();
  }

  /** Begin: whose screen this is, and again now and then, because a session expires. onChange: paint again. */
  function start(siteOfPage, onChange) {
    site = siteOfPage;
    changed = onChange;
    lookWhoIAm();
    root.setInterval(lookWhoIAm, ME_EVERY_MS);
  }

  cityvitals.dutyActs = {
    act, ask, foreseen, newKey, sentenceOf, start,
    who: () => me,
    /** Whether the person may do something and his session can still act. */
    may: (action) => !me.locked && (me.actions || []).includes(action),
  };
})(window);
