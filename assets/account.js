/* Who is signed in on a desk page and on the wall: the menu, the bar of an expired session, and the next person signing in on top.
   The picture is left alone through all of it. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const words = (code) => cityvitals.format.words(code);
  const ASK_EVERY_MS = 15000; // an expired session is told within so long; a refused act asks at once
  const PLACES = [["people", "people.see"], ["posts", "posts.see"], ["tokens", "tokens.make"], ["audit", "audit.see"]];
  let base = null; // null: no accounts, or no place for the menu on this page
  let me = null;
  let askedAtMs = -Infinity;
  let painted = "";
  const mount = () => root.document.getElementById("shell-account");
  const onWall = () => root.document.documentElement.classList.contains("is-wall");

  /** Whether this page has a place for the menu; from there comes the address of the site. */
  function hasMenu() {
    const place = mount();
    base = place ? place.dataset.base || null : null;
    return base !== null;
  }

  /** Ask the server; answers the parsed JSON with its status, null when nobody answers. */
  async function ask(path, body) {
    const sent = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    try {
      const answer = await root.fetch(base + path, sent || {});
      return { status: answer.status, said: answer.status === 204 ? {} : await answer.json() };
    } catch (unreachable) {
      return null; // the bar of the stale picture tells it
    }
  }

  /** HTML of the menu: the name, and behind it who he is, his pages, the next person, the way out. */
  function menu(who, at) {
    if (!who.login) return '<button type="button" data-account="open">' + esc(words("desk.account_enter")) + "</button>";
    const link = (page, code) => '<a href="' + esc(at + page) + '">' + esc(words(code)) + "</a>";
    const pages = PLACES.filter(([, action]) => who.actions.includes(action))
      .map(([page]) => link(page, "desk.account_" + page)).join("");
    const posts = cityvitals.format.listed(who.posts.map((post) => post.post));
    return "<details><summary>" + esc(who.person) + "</summary><div><p><b>" + esc(who.person) + "</b> " + esc(who.login)
      + "<small>" + esc(posts) + "</small></p>" + link("account", "desk.account_own") + pages
      + '<button type="button" data-account="open">' + esc(words("desk.account_next")) + "</button>"
      + '<button type="button" data-account="leave">' + esc(words("desk.account_leave")) + "</button></div></details>";
  }

  /** HTML of the bar: why nothing can be done here now; empty while something can, or where a wall just looks on. */
  function bar(who, isWall) {
    const looks = who.actions.includes("wall.see");
    if (who.login ? !who.locked : isWall && looks) return "";
    const code = who.login ? "desk.account_expired" : looks ? "desk.account_nobody" : "desk.account_ended";
    return "<b>" + esc(words(code)) + '</b><button type="button" data-account="open">'
      + esc(words("desk.account_enter")) + "</button>";
  }

  /** HTML of the sign-in on top. step: "password" or "code". */
  function form(step, why) {
    const field = (name, code, kind) => "<label><span>" + esc(words(code)) + '</span><input name="' + name + '" ' + kind + " required></label>";
    const fields = step === "code"
      ? field("code", "desk.account_code", 'inputmode="numeric" autocomplete="one-time-code" maxlength="6" autofocus')
      : field("login", "desk.account_login", 'autocomplete="username" autofocus')
        + field("password", "desk.account_password", 'type="password" autocomplete="current-password"');
    return '<form class="account-door" data-step="' + step + '"><h2>' + esc(words("desk.account_on_top")) + "</h2>"
      + (why ? '<p class="why" role="alert">' + esc(why) + "</p>" : "") + fields + "<button>" + esc(words("desk.account_enter"))
      + '</button><button type="button" class="way" data-account="close">' + esc(words("desk.account_stay")) + "</button></form>";
  }

  function barElement() {
    let found = root.document.querySelector(".account-bar");
    if (!found) {
      found = root.document.createElement("div");
      found.className = "account-bar";
      found.setAttribute("role", "alert");
      if (onWall()) mount().before(found); // in its header: a wall has no line to spare, and nothing on it may move
      else root.document.body.prepend(found);
    }
    return found;
  }

  function paint() {
    const place = mount();
    if (!place || !me) return;
    const wanted = menu(me, base), told = bar(me, onWall());
    if (place.innerHTML && painted === wanted + told) return;
    place.innerHTML = wanted;
    barElement().innerHTML = told;
    painted = wanted + told;
    if (!me.locked) for (const link of root.document.querySelectorAll("a[data-needs]")) link.hidden = !me.actions.includes(link.dataset.needs);
    root.document.documentElement.dataset.account = !me.login ? "nobody" : me.locked ? "expired" : "signed-in";
  }

  async function askMe() {
    askedAtMs = root.performance.now();
    const answer = await ask("api/v1/me");
    if (answer && answer.status === 200) me = answer.said;
    paint();
  }

  function dialog() {
    let found = root.document.querySelector("dialog.account-on-top");
    if (!found) {
      found = root.document.createElement("dialog");
      found.className = "account-on-top";
      root.document.body.append(found);
    }
    return found;
  }

  function open(step, why) {
    const place = dialog();
    place.innerHTML = form(step || "password", why || "");
    if (!place.open) place.showModal();
    place.querySelector("[autofocus]").focus();
  }

  /** One step of the sign-in on top. */
  async function submit(filled) {
    const given = Object.fromEntries(new root.FormData(filled));
    const step = filled.dataset.step;
    const answer = await ask(step === "code" ? "api/v1/me/code" : "sign-in", given);
    if (!answer) return open(step, words("desk.account_unreachable"));
    if (answer.status >= 400) return open(step, answer.said.error.sentence);
    if (answer.said.needs_code) return open("code");
    await askMe();
    if (me && me.renewing) return root.location.assign(base + "new-password"); // a first password serves once
    return dialog().close();
  }

  async function leave() {
    await ask("sign-out", {});
    root.location.assign(base + "sign-in");
  }

  function onClick(event) {
    const within = (selector) => (event.target.closest ? event.target.closest(selector) : null);
    const button = within("[data-account]");
    const act = button && button.dataset.account;
    if (hasMenu() && within('a[href*="sign-in?next="]')) { // the way in of another page: on top of it
      event.preventDefault();
      open();
    }
    if (act === "open") open();
    if (act === "leave") leave();
    if (act === "close") dialog().close();
    for (const unfolded of root.document.querySelectorAll(".account-menu details[open]")) {
      if (button || !unfolded.contains(event.target)) unfolded.open = false;
    }
  }

  function everySecond() {
    if (!hasMenu()) return;
    if (root.performance.now() - askedAtMs >= ASK_EVERY_MS) askMe();
    else paint();
  }

  if (root.document) {
    root.document.addEventListener("click", onClick);
    root.document.addEventListener("submit", (event) => {
      if (!event.target.matches(".account-on-top form")) return;
      event.preventDefault();
      submit(event.target);
    });
    root.setInterval(everySecond, 1000);
  }
  /** For pages that act: `refused()` after a 401, so that the bar stands at once; `who()` is the answer of /api/v1/me. */
  cityvitals.account = { bar, form, menu, open, refused: askMe, who: () => me };
})(typeof window === "undefined" ? globalThis : window);
