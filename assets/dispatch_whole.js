/* What a case is made of and what it began with: the way back to the readings, its members, each taken out by one button. Pure. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const esc = (text) => cityvitals.format.esc(text); // its file is loaded after this one
  const words = (code, values) => cityvitals.format.words(code, values);
  const NO_WARNING = /^(event|source|device|item):/; // what a case may begin with that has no page of its own

  /** The way from a case to the warning that it began with, and from there to its readings. */
  function origin(correlation, base) {
    if (!correlation) return "";
    const name = NO_WARNING.test(correlation) ? "<span>" + esc(correlation) + "</span>"
      : '<a href="' + esc(base + "warnings/" + encodeURIComponent(correlation)) + '">' + esc(words("dispatch.to_readings")) + "</a>";
    return '<p class="case-origin"><span>' + esc(words("dispatch.origin")) + "</span> " + name + "</p>";
  }

  /** The way to the meeting about a case, where the city has meetings; who goes there stands in the log. */
  function meeting(one, site, may) {
    if (!site.meeting || !one.possible.includes("meet") || !may("meet")) return "";
    const address = site.meeting.replace("{case}", encodeURIComponent(one.id));
    return '<div class="verbs"><a class="verb" data-do="meet" target="_blank" rel="noopener noreferrer" href="' + esc(address) + '">' + esc(words("case.verb-meet")) + " ↗</a></div>";
  }

  /** What was joined or merged into it; more: {nowMs, may: whether he may take members out, mayReply}. */
  function members(told, more) {
    if (!told || !told.members.length) return "";
    const owed = (one) => (one.reply_by_ms === null ? "" : '<small>' + esc(words("incident.reply-owed")) + " " + cityvitals.dispatchView.left(one.reply_by_ms, more.nowMs) + "</small>"
      + (more.mayReply ? '<button type="button" class="verb small" data-reply="' + esc(one.id) + '">' + esc(words("case.verb-reply")) + "</button>" : ""));
    const row = (one) => "<li><em>" + esc(words("incident.source_" + one.source)) + "</em><time>" + esc(cityvitals.format.moment(one.at_ms, more.nowMs)) + "</time><span>"
      + (one.source === "case" ? '<a href="#" data-case="' + esc(one.id) + '">' + esc(one.title) + "</a>" : esc(one.title)) + owed(one) + "</span>"
      + (more.may ? '<button type="button" class="verb small" data-split="' + esc(one.id) + '">' + esc(words("dispatch.split")) + "</button>" : "") + "</li>";
    return '<section class="case-members"><h3>' + esc(words("dispatch.members", { count: told.members.length })) + "</h3><ol>" + told.members.map(row).join("") + "</ol></section>";
  }

  /** What can be mended in one line of the log: a note is struck out, the time of a step corrected; both stay readable. */
  function mend(entry, may) {
    const button = (verb) => (may(verb) ? '<button type="button" class="choice mend" data-mend="' + verb + '" data-entry="' + entry.number + '">' + esc(words("case.verb-" + verb)) + "</button>" : "");
    if (entry.verb === "note") return entry.struck ? "" : button("strike");
    return ["strike", "correct", "warn", "breach"].includes(entry.verb) || entry.origin === "clock" ? "" : button("correct");
  }

  cityvitals.dispatchWhole = { meeting, members, mend, origin };
})(typeof window === "undefined" ? globalThis : window);
