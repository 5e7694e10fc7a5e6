/* A trend with its threshold bands as SVG text. Pure; the wall and the drill-down draw with the same lines. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const format = cityvitals.format;
  const { esc, words } = format;
  const NARROW_REM = 30;
  const STEP_H = [1, 2, 3, 6, 12, 24, 48, 96, 168];

  /** Steps of a scale: 1, 2 or 5 times a power of ten, about `wanted` of them over a length. */
  function niceStep(length, wanted) {
    const rough = length / wanted;
    const power = Math.pow(10, Math.floor(Math.log10(rough)));
    const times = rough / power;
    return (times > 5 ? 10 : times > 2 ? 5 : times > 1 ? 2 : 1) * power;
  }

  /**
   * Range of the vertical axis: all points, every bound that was reached, and the next one, so that the distance to
   * it is seen. A bound far beyond would flatten the line and stays out.
   */
  function range(points, bands, downBad, unit) {
    const known = points.map((point) => point[1]).filter((value) => value !== null);
    let low = known.length ? Math.min(...known) : 0;
    let high = known.length ? Math.max(...known) : 1;
    const outward = bands.map((band) => band.bound).sort((a, b) => (downBad ? b - a : a - b));
    for (const bound of outward) {
      const beyond = downBad ? bound < low : bound > high;
      low = Math.min(low, bound);
      high = Math.max(high, bound);
      if (beyond) break;
    }
    const margin = (high - low || Math.abs(high) || 1) * 0.1;
    const floor = low >= 0 && low - margin < 0 ? 0 : low - margin;
    const whole = unit === "%" && high <= 100 && high + margin > 100; // no share is above all
    return { low: floor, high: whole ? 100 + margin * 0.2 : high + margin };
  }

  /** Bands as areas between one bound and the next graver one: [{level, name, bound, from, to}]. */
  function areas(bands, scale, downBad) {
    const outward = bands.slice().sort((a, b) => (downBad ? b.bound - a.bound : a.bound - b.bound));
    return outward.map((band, at) => {
      const next = outward[at + 1] ? outward[at + 1].bound : downBad ? scale.low : scale.high;
      const inside = (value) => Math.min(scale.high, Math.max(scale.low, value));
      return Object.assign({ from: inside(band.bound), to: inside(next) }, band);
    }).filter((band) => band.bound >= scale.low && band.bound <= scale.high);
  }

  function line(points, x, y) {
    let path = "";
    let pen = false;
    for (const [at, value] of points) {
      if (value !== null) path += (pen ? "L" : "M") + x(at).toFixed(1) + " " + y(value).toFixed(1);
      pen = value !== null;
    }
    return path;
  }

  /** Spans of time without a value, to be hatched: [[from, to], …]. */
  function holes(points) {
    const found = [];
    for (let at = 0; at < points.length; at += 1) {
      if (points[at][1] !== null) continue;
      const from = points[Math.max(0, at - 1)][0];
      while (at + 1 < points.length && points[at + 1][1] === null) at += 1;
      found.push([from, points[Math.min(points.length - 1, at + 1)][0]]);
    }
    return found;
  }

  function timeAxis(from, to, x, box) {
    const hours = (to - from) / format.HOUR_MS;
    const stepMs = (STEP_H.find((step) => hours / step <= Math.max(3, box.width / box.rem / 6)) || 168) * format.HOUR_MS;
    const offset = format.CHINA_MS; // marks stand at whole hours of China's civil time
    let text = "";
    for (let at = Math.ceil((from + offset) / stepMs) * stepMs - offset; at <= to; at += stepMs) {
      const civil = format.civil(at);
      const label = civil.minute === "00:00" ? civil.date : civil.minute;
      if (x(at) > box.left + box.rem && x(at) < box.width - box.right - box.rem) {
        text += '<path class="tick" d="M' + x(at).toFixed(1) + " " + box.top + "V" + (box.height - box.bottom) + '"/><text class="axis" x="'
          + x(at).toFixed(1) + '" y="' + (box.height - box.rem * 0.35) + '" text-anchor="middle">' + esc(label) + "</text>";
      }
    }
    return text;
  }

  function valueAxis(scale, y, box, decimals) {
    const step = niceStep(scale.high - scale.low, Math.max(2, Math.floor((box.height - box.bottom) / box.rem / 2.6)));
    const places = step < 1 ? Math.min(3, Math.ceil(-Math.log10(step) - 1e-9)) : 0;
    let text = "";
    for (let value = Math.ceil(scale.low / step) * step; value <= scale.high; value += step) {
      text += '<text class="axis" x="' + (box.left - box.rem * 0.5) + '" y="' + (y(value) + box.rem * 0.36).toFixed(1)
        + '" text-anchor="end">' + value.toFixed(Math.min(places, decimals + 2)) + "</text>";
    }
    return text;
  }

  /** Places for labels, each as near as may be to where it belongs and none over another: y of each, same order. */
  function spread(wanted, apart, low, high) {
    const order = wanted.map((y, at) => ({ y: y, at: at })).sort((a, b) => a.y - b.y);
    order.forEach((label, at) => { label.y = Math.max(label.y, at ? order[at - 1].y + apart : low); });
    for (let at = order.length - 1; at >= 0; at -= 1) {
      order[at].y = Math.min(order[at].y, at === order.length - 1 ? high : order[at + 1].y - apart);
    }
    return order.sort((a, b) => a.at - b.at).map((label) => label.y);
  }

  function bandShapes(found, y, box, decimals) {
    const right = box.width - box.right;
    const outside = box.right > box.rem * 4; // room beside the plot; on a phone the names stand inside, over their line
    const places = spread(found.map((band) => y(band.bound)), box.rem * 1.4, box.top + box.rem * 0.6, box.height - box.bottom);
    return found.map((band, at) => {
      const top = Math.min(y(band.from), y(band.to));
      return '<g class="band level-' + band.level + '"><rect x="' + box.left + '" y="' + top.toFixed(1) + '" width="' + (right - box.left)
        + '" height="' + Math.abs(y(band.to) - y(band.from)).toFixed(1) + '"/><path d="M' + box.left + " " + y(band.bound).toFixed(1) + "H" + right
        + (outside ? "l" + box.rem * 0.5 + " " + (places[at] - y(band.bound)).toFixed(1) : "") + '"/><text x="'
        + (outside ? right + box.rem * 0.8 : box.left + box.rem * 0.4) + '" y="' + (places[at] + box.rem * (outside ? 0.4 : -0.35)).toFixed(1) + '">' + esc(band.name + " " + band.bound.toFixed(decimals)) + "</text></g>";
    }).join("");
  }

  function lastPoint(points, x, y, box, level) {
    const last = points.filter((point) => point[1] !== null).pop();
    if (!last) return "";
    return '<circle class="now level-' + (level || "normal") + '" cx="' + x(last[0]).toFixed(1) + '" cy="' + y(last[1]).toFixed(1)
      + '" r="' + (box.rem * 0.36).toFixed(1) + '"/>';
  }

  /** What is usual at this hour, as a faint band behind the last hour of the line; what is told of the past alone. */
  function usualShape(usual, last, x, y) {
    if (!usual || !last) return "";
    const left = Math.max(x(last[0] - format.HOUR_MS), 0);
    const width = Math.max(2, x(last[0]) - left);
    return '<g class="usual"><rect x="' + left.toFixed(1) + '" y="' + y(usual.high).toFixed(1) + '" width="' + width.toFixed(1) + '" height="'
      + Math.max(1, y(usual.low) - y(usual.high)).toFixed(1) + '"/><path d="M' + left.toFixed(1) + " " + y(usual.value).toFixed(1) + "h" + width.toFixed(1) + '"/></g>';
  }

  /** Where the trend leads: a dashed line from the newest value on, and an open circle at its end. */
  function forecastShape(forecast, last, x, y, box) {
    if (!forecast || !last) return "";
    const end = x(forecast.at_ms).toFixed(1) + " " + y(forecast.value).toFixed(1);
    return '<g class="forecast"><path d="M' + x(last[0]).toFixed(1) + " " + y(last[1]).toFixed(1) + "L" + end + '"/><circle cx="'
      + x(forecast.at_ms).toFixed(1) + '" cy="' + y(forecast.value).toFixed(1) + '" r="' + (box.rem * 0.26).toFixed(1) + '"/></g>';
  }

  /**
   * The trend as one SVG element, drawn in pixels of the place it stands in.
   * trend: {points [[ms, value or null], …], bands [{level, bound, name}], down_bad, decimals, unit, level};
   * and beside it, where told, usual {value, low, high} and forecast {value, at_ms};
   * size: {width, height, rem} in px. A trend without any value says so.
   */
  function svg(trend, size) {
    const points = trend.points || [];
    if (!points.some((point) => point[1] !== null)) {
      return '<p class="no-trend hatched">' + esc(words("wall.no_trend")) + "</p>";
    }
    const rem = size.rem;
    const box = { width: size.width, height: size.height, rem: rem, left: rem * 3.6, right: rem * (trend.bands && trend.bands.length && size.width > rem * NARROW_REM ? 9.6 : 1.2), top: rem * 0.3, bottom: rem * 1.8 };
    const bands = trend.bands || [];
    const { usual, forecast } = trend;
    const last = points.filter((point) => point[1] !== null).pop();
    const besides = (usual ? [usual.low, usual.high] : []).concat(forecast ? [forecast.value] : []);
    const scale = range(points.concat(besides.map((value) => [0, value])), bands, trend.down_bad, trend.unit);
    const from = points[0][0];
    const to = Math.max(points[points.length - 1][0], forecast ? forecast.at_ms : 0);
    const x = (at) => box.left + ((at - from) / (to - from || 1)) * (box.width - box.left - box.right);
    const y = (value) => box.top + ((scale.high - value) / (scale.high - scale.low)) * (box.height - box.top - box.bottom);
    const decimals = trend.decimals === undefined ? 1 : trend.decimals;
    const gaps = holes(points).map((hole) => '<rect class="hole" x="' + x(hole[0]).toFixed(1) + '" y="' + box.top + '" width="'
      + Math.max(1, x(hole[1]) - x(hole[0])).toFixed(1) + '" height="' + (box.height - box.top - box.bottom) + '" fill="url(#hole)"/>').join("");
    return '<svg class="trend" viewBox="0 0 ' + box.width + " " + box.height + '" width="' + box.width + '" height="' + box.height
      + '" role="img" aria-label="' + esc(trend.sentence || trend.name) + '"><defs><pattern id="hole" width="8" height="8" '
      + 'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V8"/></pattern></defs>'
      + timeAxis(from, to, x, box) + gaps + bandShapes(areas(bands, scale, trend.down_bad), y, box, decimals)
      + valueAxis(scale, y, box, decimals) + usualShape(usual, last, x, y) + forecastShape(forecast, last, x, y, box) + '<path class="line" d="' + line(points, x, y) + '"/>'
      + lastPoint(points, x, y, box, trend.level) + "</svg>";
  }

  /** Standard and how far it was checked: 依据 … · 数值已核 · 颜色为本系统对应. */
  function provenance(source) {
    if (!source || !source.standard) return words("wall.source_none");
    return words("wall.source_standard", { standard: source.standard, bounds: words("wall.bounds_" + source.bounds),
      colours: words("wall.colours_" + source.colours) });
  }

  /** Heading of the focus trend: what, the value in its level, the sentence, the source. */
  function heading(trend) {
    const value = trend.text && trend.text !== "—" ? trend.text + " " + (trend.unit || "") : "—";
    return "<h2>" + esc(format.shortName(trend.subject_name)) + " " + esc(trend.name) + '</h2><b class="value level-' + (trend.level || "unknown") + '">'
      + format.mark(trend.level) + esc(value) + "</b><p>" + esc(trend.sentence || "") + "</p><small>" + esc(provenance(trend.source)) + "</small>";
  }

  cityvitals.trend = { areas, heading, holes, niceStep, provenance, range, spread, svg };
})(typeof window === "undefined" ? globalThis : window);
