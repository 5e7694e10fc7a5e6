/* The browser's copy of the Board's picture, kept by frames. Pure: knows no connection and no screen. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});

  /** An empty mirror: no revision, no sections. assets: the version of the scripts that this page runs, null: unknown. */
  function create(assets) {
    return { rev: null, scene: null, assets: assets || null, sections: {} };
  }

  /** Put a whole picture in; returns the sections that a panel must look at again: the old ones too. */
  function takeSnapshot(mirror, frame) {
    const changed = new Set([...Object.keys(mirror.sections), ...Object.keys(frame.set)]);
    mirror.sections = {};
    for (const section of Object.keys(frame.set)) mirror.sections[section] = Object.assign({}, frame.set[section]);
    return changed;
  }

  /** Put a difference in; only the named records are replaced or dropped. */
  function takeDifference(mirror, frame) {
    const changed = new Set();
    for (const section of Object.keys(frame.set || {})) {
      mirror.sections[section] = Object.assign({}, mirror.sections[section], frame.set[section]);
      changed.add(section);
    }
    for (const section of Object.keys(frame.drop || {})) {
      const kept = Object.assign({}, mirror.sections[section]);
      for (const key of frame.drop[section]) delete kept[key];
      mirror.sections[section] = kept;
      changed.add(section);
    }
    return changed;
  }

  /**
   * Apply one frame. Returns {outcome, changed, other}:
   * outcome "kept" (beat), "taken", "old" (seen already) or "gap" (a revision is missing: ask for a snapshot);
   * changed: names of sections; other: why this page must load itself again ("scene", "assets") or null.
   */
  function apply(mirror, frame) {
    const other = mirror.scene !== null && frame.scene !== mirror.scene ? "scene"
      : mirror.assets !== null && frame.assets !== mirror.assets ? "assets" : null;
    if (frame.k === "beat") {
      const behind = mirror.rev !== null && frame.rev > mirror.rev && frame.scene === mirror.scene;
      return { outcome: behind ? "behind" : "kept", changed: new Set(), other: other };
    }
    if (other === "scene") return { outcome: "old", changed: new Set(), other: other };
    if (frame.k === "diff") {
      if (mirror.rev !== null && frame.rev <= mirror.rev) return { outcome: "old", changed: new Set(), other: other };
      if (mirror.rev === null || frame.prev !== mirror.rev) return { outcome: "gap", changed: new Set(), other: other };
    }
    const changed = frame.k === "snap" ? takeSnapshot(mirror, frame) : takeDifference(mirror, frame);
    mirror.rev = frame.rev;
    mirror.scene = frame.scene;
    if (mirror.assets === null) mirror.assets = frame.assets;
    return { outcome: "taken", changed: changed, other: other };
  }

  cityvitals.mirror = { apply, create };
})(typeof window === "undefined" ? globalThis : window);
