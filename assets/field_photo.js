/* A photo on its way: a small copy goes first, with the SHA-256 of the original, by which the server knows it later. */
(function (root) {
  "use strict";
  const field = (root.cityvitalsField = root.cityvitalsField || {});
  const SMALL_BYTES = 500000; // what is smaller goes as it is
  const SMALL_PX = 1600;
  const QUALITIES = [0.82, 0.6, 0.4];

  // The first 32 bits of the fractional parts of the cube and square roots of the first primes (FIPS 180-4, 4.2.2, 5.3.3).
  const primes = [];
  for (let n = 2; primes.length < 64; n += 1) if (primes.every((prime) => n % prime)) primes.push(n);
  const fraction = (root_) => ((root_ - Math.floor(root_)) * 0x100000000) | 0;
  const ROUNDS = primes.map((prime) => fraction(Math.cbrt(prime)));
  const BEGIN = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
  const turned = (word, by) => (word >>> by) | (word << (32 - by));

  /** One block of 64 bytes into the state. */
  function fold(state, view, at, words) {
    for (let i = 0; i < 16; i += 1) words[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 64; i += 1) {
      const [a, b] = [words[i - 15], words[i - 2]];
      words[i] = words[i - 16] + (turned(a, 7) ^ turned(a, 18) ^ (a >>> 3)) + words[i - 7] + (turned(b, 17) ^ turned(b, 19) ^ (b >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i += 1) {
      const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i] + words[i]) | 0;
      const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] = (state[i] + word) | 0; });
  }

  /** SHA-256 as hex. Browsers have their own for HTTPS only. bytes: Uint8Array. */
  function sha256(bytes) {
    const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
    padded.set(bytes);
    padded[bytes.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 8, Math.floor(bytes.length / 0x20000000));
    view.setUint32(padded.length - 4, (bytes.length << 3) >>> 0);
    const state = BEGIN.slice();
    const words = new Int32Array(64);
    for (let at = 0; at < padded.length; at += 64) fold(state, view, at, words);
    return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** A copy of at most SMALL_PX and about SMALL_BYTES, JPEG; null where this browser cannot, or it is no picture. */
  async function small(file) {
    try {
      const picture = await root.createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, SMALL_PX / Math.max(picture.width, picture.height));
      const canvas = root.document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      picture.close();
      let made = null;
      for (const quality of QUALITIES) {
        made = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
        if (made && made.size <= SMALL_BYTES) break;
      }
      return made;
    } catch (notOne) {
      return null;
    }
  }

  /** What is sent of a photo: it alone, or a small copy, the hash of the original, and the original later. */
  async function parts(file) {
    const copy = file.size > SMALL_BYTES ? await small(file) : null;
    if (!copy) return { first: file, sha256: "", later: null };
    return { first: copy, sha256: sha256(new Uint8Array(await file.arrayBuffer())), later: file };
  }

  field.photo = { canShrink: () => Boolean(root.createImageBitmap && root.HTMLCanvasElement), parts, sha256 };
})(typeof window === "undefined" ? globalThis : window);
