// What the GPU did during a race: a panel for each quantity over the same time, and below them the blocks of every arm.

const PANEL = 84, GAP = 14, BAR = 13;

/** @param race {end, at, panels: [{label, lines: [{name, unit, mean, low, high}]}], held: [[from, to, why]], blocks: [{a, at}]}. */
function timeline(race) {
  return (width) => {
    const seen = race.blocks.filter((one) => armVisible(one.a)), left = 58, right = width - 12;
    const foot = 14 + race.panels.length * (PANEL + GAP), bottom = foot + seen.length * BAR;
    const svg = canvas(width, bottom + 38), items = [], x = linear(0, race.end, left, right);
    const picture = { svg, items, along: "x", top: 14, bottom };
    race.panels.forEach((panel, i) => timelinePanel(svg, race, panel, x, { left, right, top: 14 + i * (PANEL + GAP), bottom: 14 + i * (PANEL + GAP) + PANEL - 8 }));
    seen.forEach((one, i) => {
      for (const [from, to] of one.at) {
        const bar = s("rect", { class: "turn", x: x.at(from), y: foot + i * BAR, width: Math.max(1, x.at(to) - x.at(from)), height: BAR - 3 });
        bar.style.fill = arms[one.a].colour;
        svg.append(bar);
      }
      svg.append(text(left - 6, foot + i * BAR + 9, cut(arms[one.a].name, left - 6), { class: "tick end" }));
    });
    for (const tick of x.ticks(Math.floor(width / 80))) svg.append(text(x.at(tick), bottom + 14, short(tick), { class: "tick middle" }));
    svg.append(text((left + right) / 2, bottom + 33, "seconds since the first sample", { class: "axis middle" }));
    race.at.forEach((from, i) => {
      const to = i + 1 < race.at.length ? race.at[i + 1] : race.end, during = ([begin, end]) => begin < to && end > from;
      const values = race.panels.flatMap((panel) => panel.lines).map((line) => [null, `${line.name} ${timelineValue(line, i)}`]);
      const held = race.held.filter(during).map(([, , why]) => [null, `throttled: ${why}`]);
      const turns = seen.filter((one) => one.at.some(during)).map((one) => [one.a, `a block of ${arms[one.a].name}`]);
      items.push({ x: x.at(from), y: 60, title: `${short(from)} s`, lines: [...values, ...held, ...turns] });
    });
    return picture;
  };
}

function timelineValue({ unit, mean, low, high }, i) {
  if (mean[i] === null) return "not told";
  return `${short(mean[i])}${low && low[i] !== high[i] ? ` [${short(low[i])}, ${short(high[i])}]` : ""} ${unit}`;
}

function timelinePanel(svg, race, { label, lines: every }, x, box) {
  const most = Math.max(...every.flatMap((line) => line.high || line.mean).filter((value) => value !== null), 0);
  const y = linear(0, label.endsWith("(%)") ? 100 : most * 1.05 || 1, box.bottom, box.top);
  for (const [from, to] of race.held) svg.append(s("rect", { class: "held", x: x.at(from), y: box.top, width: Math.max(1, x.at(to) - x.at(from)), height: box.bottom - box.top }));
  axes(svg, box, { ...x, ticks: () => [] }, y, 0, 3);
  every.forEach((line, i) => {
    if (line.low) timelineParts(race, line.high).forEach((points) => svg.append(s("path", { class: "reach", d: `M${steps(points, x, y, line.high).concat(steps(points, x, y, line.low).reverse()).join("L")}Z` })));
    for (const points of timelineParts(race, line.mean)) svg.append(s("path", { class: "told-line", d: `M${steps(points, x, y, line.mean).join("L")}`, "stroke-dasharray": i ? "6 3" : null }));
  });
  const names = every.length > 1 ? `: ${every.map((line, i) => `${line.name}${i ? " dashed" : ""}`).join(", ")}` : "";
  svg.append(text(box.left, box.top - 3, cut(label + names, box.right - box.left), { class: "tick" }));
}

/** Points in a row that were told, as [number, from, to]; where one is missing the line breaks. */
function timelineParts(race, values) {
  const parts = [[]];
  values.forEach((value, i) => {
    if (value === null) parts.push([]);
    else parts[parts.length - 1].push([i, race.at[i], i + 1 < race.at.length ? race.at[i + 1] : race.end]);
  });
  return parts.filter((part) => part.length);
}

/** A value holds from its point to the next. */
function steps(points, x, y, values) {
  return points.flatMap(([i, from, to]) => [`${x.at(from)},${y.at(values[i])}`, `${x.at(to)},${y.at(values[i])}`]);
}
