/*
 * What is said after a tone, by a voice that this machine has itself: one of a browser's maker would send our words out of
 * the house. Where there is no such voice the tones stand alone.
 */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const AGAIN_S = 12; // the tone is repeated more often than the words
  const said = {}; // tone → steady s at which it was said last
  const counted = { red: 0, orange: 0, lost: 0 };

  const steadyS = () => root.performance.now() / 1000;
  const synthesis = () => root.speechSynthesis || null;

  /** The voice for a language, null for none: on this machine, the default one first. */
  function voiceFor(language) {
    const found = (synthesis() ? synthesis().getVoices() : [])
      .filter((voice) => voice.localService && voice.lang.toLowerCase().replace("_", "-").indexOf(language) === 0);
    return found.find((voice) => voice.default) || found[0] || null;
  }

  const isSpeaking = () => Boolean(synthesis() && synthesis().speaking);

  /** Say what a tone means, once it is over. after: s until then. */
  function say(name, after) {
    const voice = voiceFor(root.document.documentElement.lang.slice(0, 2) || "zh");
    if (!voice || isSpeaking() || steadyS() - (said[name] === undefined ? -AGAIN_S : said[name]) < AGAIN_S) return;
    said[name] = steadyS();
    counted[name] += 1;
    root.setTimeout(() => {
      const words = new root.SpeechSynthesisUtterance(cityvitals.format.words("duty.say_" + name));
      words.voice = voice;
      words.lang = voice.lang;
      synthesis().speak(words);
    }, after * 1000);
  }

  cityvitals.voice = { isSpeaking, say, said: () => Object.assign({}, counted), voiceFor };
})(window);
