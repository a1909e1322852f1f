// Training losses, or metrics, by epoch: the mean over seeds, with a band from the least to the greatest seed.

/** @param plane log: whether the axis is; about: whether it is about the values, not from 0; curves: [{a, mean, low, high}]. */
function curves({ log, about, curves: every }) {
  return (width) => {
    const seen = every.filter((curve) => armVisible(curve.a));
    const box = { left: 46, right: width - 10, top: 8, bottom: 218 };
    const svg = canvas(width, 254), items = [];
    const picture = { svg, items, along: "x", top: box.top, bottom: box.bottom };
    if (!seen.length) return picture;
    const lows = seen.flatMap((curve) => curve.low || curve.mean), highs = seen.flatMap((curve) => curve.high || curve.mean);
    const low = Math.min(...lows), high = Math.max(...highs), epochs = Math.max(...seen.map((curve) => curve.mean.length));
    const x = linear(1 - 0.02 * epochs, epochs + 0.02 * epochs, box.left, box.right);
    const straight = about ? range([low, high], box.bottom, box.top) : linear(Math.min(0, low), high * 1.04 || 1, box.bottom, box.top);
    const y = log ? logarithmic(low / 1.1, high * 1.1, box.bottom, box.top) : straight;
    const whole = { ...x, ticks: (count) => x.ticks(count).filter((tick) => Number.isInteger(tick) && tick >= 1) };
    axes(svg, box, whole, y, Math.min(epochs, Math.floor(width / 60)), 5);
    svg.append(text((box.left + box.right) / 2, 250, "epoch", { class: "axis middle" }));
    const path = (values) => values.map((value, i) => `${x.at(i + 1)},${y.at(value)}`);
    for (const curve of seen.filter((one) => one.low)) {
      const area = s("path", { class: "area", d: `M${path(curve.high).join("L")}L${path(curve.low).reverse().join("L")}Z` });
      area.style.fill = arms[curve.a].colour;
      svg.append(area);
    }
    seen.forEach((curve, i) => {
      // Arms of a matched track often coincide: earlier ones are wider, so that all remain visible.
      const line = ink(s("path", { class: "curve", d: `M${path(curve.mean).join("L")}`, "stroke-dasharray": arms[curve.a].dash, "stroke-width": Math.max(1.6, 5 - 1.1 * i) }), curve.a);
      svg.append(line);
      if (epochs <= 3) curve.mean.forEach((value, j) => svg.append(marker(curve.a, x.at(j + 1), y.at(value), 4, true)));
    });
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const reached = seen.filter((curve) => curve.mean.length >= epoch);
      const lines = reached.map((curve) => {
        const [mean, least, most] = [curve.mean, curve.low, curve.high].map((values) => values && values[epoch - 1]);
        return [curve.a, `${arms[curve.a].name} ${short(mean)}${least === undefined ? "" : ` [${short(least)}, ${short(most)}]`}`];
      });
      items.push({ x: x.at(epoch), y: y.at(Math.max(...reached.map((curve) => curve.mean[epoch - 1]))), title: `epoch ${epoch}`, lines });
    }
    return picture;
  };
}
