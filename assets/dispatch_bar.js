/* The command bar: "消防3 到场" is a unit and what it did. Pure; read as people type, with Chinese input methods. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  // As dispatchers say it; the longest word is looked for first.
  const SAID = { 通知: "notify", 派: "notify", 签收: "accept", 收到: "accept", 出发: "depart", 出动: "depart", 到场: "arrive", 到达: "arrive", 到了: "arrive", 离场: "leave", 撤离: "leave",
    完成: "clear", 完毕: "clear", 拒收: "refuse", 中止: "fail", 备注: "note" };

  /** Full-width digits, letters and spaces as the narrow ones. */
  function narrow(text) {
    return String(text).replace(/[！-～]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0xfee0)).replace(/\u3000/g, " ").trim();
  }

  /** Whether a key opens the bar: "/" as it is typed with and without a Chinese input method. */
  const opens = (key) => key === "/" || key === "、" || key === "／";

  /**
   * What a line means. units: [{id, name}]. Returns {verb, unit, text} or {problem, near}: the code of a sentence, and
   * names that could have been meant.
   */
  function read(line, units) {
    const said = narrow(line).replace(/^[/、]/, "").trim();
    if (!said) return { problem: "bar_empty", near: [] };
    const word = Object.keys(SAID).sort((a, b) => b.length - a.length).find((one) => said.includes(one));
    if (!word) return { problem: "bar_no_verb", near: Object.keys(SAID).slice(0, 8) };
    const place = said.indexOf(word);
    const before = said.slice(0, place).trim();
    const text = said.slice(place + word.length).trim();
    if (SAID[word] === "note") return text ? { verb: "note", unit: "", text: text } : { problem: "bar_empty", near: [] };
    const plain = (name) => narrow(name).replace(/[(（].*?[)）]/g, "").replace(/[站队组号\s]/g, "");
    const wanted = plain(before);
    const found = wanted ? units.filter((unit) => plain(unit.name).startsWith(wanted) || unit.id === before) : [];
    const exact = found.filter((unit) => plain(unit.name) === wanted || unit.id === before);
    const one = exact.length === 1 ? exact[0] : found.length === 1 ? found[0] : null;
    if (!one) return { problem: found.length ? "bar_many" : "bar_no_unit", near: (found.length ? found : units).slice(0, 6).map((unit) => unit.name) };
    return { verb: SAID[word], unit: one.id, text: text };
  }

  cityvitals.dispatchBar = { narrow, opens, read };
})(typeof window === "undefined" ? globalThis : window);
