// A line for each arm through what was measured at a few places, with intervals as bars.

/** @param plane {x, y, logX, logY, ticks: [[x, name]] or null, mark: [y, name] or null, lines: [{a, points}]}. */
function lines(plane) {
  return (width) => {
    const seen = plane.lines.filter((line) => armVisible(line.a)), box = { left: 60, right: width - 14, top: 12, bottom: 218 };
    const svg = canvas(width, 254), items = [], points = seen.flatMap((line) => line.points);
    if (!seen.length) return { svg, items, along: "both" };
    const { x, y } = linesAxes(plane, points, box);
    axes(svg, box, x, y, Math.floor(width / 70), 6);
    svg.append(text((box.left + box.right) / 2, 250, plane.x, { class: "axis middle" }));
    if (plane.mark) {
      const [level, name] = plane.mark;
      svg.append(s("line", { class: "front", x1: box.left, x2: box.right, y1: y.at(level), y2: y.at(level) }));
      svg.append(text(box.right, y.at(level) - 5, name, { class: "tick end" }));
    }
    seen.forEach((line, i) => {
      const at = line.points.map((point) => [x.at(point.x), y.at(point.y)]);
      // Arms of a matched track may coincide: earlier ones are wider, so that all remain visible.
      svg.append(ink(s("path", { class: "curve", d: `M${at.join("L")}`, "stroke-dasharray": arms[line.a].dash, "stroke-width": Math.max(1.6, 3.4 - 0.6 * i) }), line.a));
      line.points.forEach((point, j) => {
        const [px, py] = at[j];
        if (point.low !== null) svg.append(ink(s("line", { class: "interval", x1: px, x2: px, y1: y.at(point.low), y2: y.at(point.high) }), line.a));
        svg.append(marker(line.a, px, py, 4.5, true));
        items.push({ x: px, y: py, title: `${arms[line.a].name}, ${point.title}`, lines: [[null, point.told]] });
      });
    });
    return { svg, items, along: "both" };
  };
}

function linesAxes({ logX, logY, ticks, mark }, points, box) {
  const xs = points.map((point) => point.x), lows = points.flatMap((point) => [point.y, point.low, point.high].filter((value) => value !== null));
  const values = mark ? [...lows, mark[0]] : lows, low = Math.min(...values), high = Math.max(...values);
  if (!ticks) return { x: linear(0, 1.03 * Math.max(...xs), box.left, box.right), y: range(values, box.bottom, box.top) };
  const first = ticks[0][0], last = ticks[ticks.length - 1][0];
  const places = logX ? logarithmic(first / 1.3, last * 1.3, box.left, box.right) : linear(first - 0.3, last + 0.3, box.left, box.right);
  const names = new Map(ticks);
  const x = { ...places, ticks: () => [...names.keys()], named: (value) => names.get(value) };
  return { x, y: (logY ? logarithmic : linear)(low / 1.2, high * 1.2, box.bottom, box.top) };
}
