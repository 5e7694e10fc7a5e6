/*
 * What is said after a tone: a clip of our own, bundled with this script. In another language, or where a clip cannot be
 * played, a voice that this machine has itself; one of a browser's maker would send our words out of the house. Without
 * either the tones stand alone.
 */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const AGAIN_S = 12; // the tone is repeated more often than the words
  const CLIPS = ["red", "orange", "lost", "signal", "urgent", "muted"]; // in Chinese; `.ci/speak.py` makes them
  const script = root.document.currentScript;
  const folder = script && script.src ? new URL("sounds/", script.src).href : "";
  const counted = Object.fromEntries(CLIPS.map((name) => [name, 0]));
  const said = {}; // clip → steady s at which it was said last
  const clips = {}; // clip → its element, once it was wanted
  let playing = null;

  const steadyS = () => root.performance.now() / 1000;
  const synthesis = () => root.speechSynthesis || null;
  const language = () => root.document.documentElement.lang.slice(0, 2) || "zh";

  /** The voice for a language, null for none: on this machine, the default one first. */
  function voiceFor(wanted) {
    const found = (synthesis() ? synthesis().getVoices() : [])
      .filter((voice) => voice.localService && voice.lang.toLowerCase().replace("_", "-").indexOf(wanted) === 0);
    return found.find((voice) => voice.default) || found[0] || null;
  }

  const isSpeaking = () => Boolean(playing) || Boolean(synthesis() && synthesis().speaking);

  /** Say what a tone means, once it is over. after: s until then. */
  function say(name, after) {
    const hasClip = language() === "zh" && folder && CLIPS.includes(name);
    if (!hasClip && !voiceFor(language())) return;
    if (isSpeaking() || steadyS() - (said[name] === undefined ? -AGAIN_S : said[name]) < AGAIN_S) return;
    said[name] = steadyS();
    counted[name] += 1;
    root.setTimeout(() => (hasClip ? play(name) : speak(name)), after * 1000);
  }

  function play(name) {
    const clip = clips[name] || (clips[name] = new root.Audio(folder + name + ".ogg"));
    const over = () => { if (playing === clip) playing = null; };
    playing = clip;
    clip.onended = over;
    clip.currentTime = 0;
    clip.play().catch(() => {
      over();
      speak(name);
    });
  }

  function speak(name) {
    const voice = voiceFor(language());
    if (!voice) return;
    const words = new root.SpeechSynthesisUtterance(cityvitals.format.words("duty.say_" + name));
    words.voice = voice;
    words.lang = voice.lang;
    synthesis().speak(words);
  }

  cityvitals.voice = {
    folder, isSpeaking, say, voiceFor,
    said: () => Object.assign({}, counted),
    /** Clips of which something was played since the page began. */
    heard: () => CLIPS.filter((name) => clips[name] && clips[name].played.length && clips[name].played.end(0) > 0),
  };
})(window);
