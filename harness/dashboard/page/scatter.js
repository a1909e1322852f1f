// What an arm gives for what it takes, with the line of those that no other arm beats in both.

function scatter(plane) {
  return (width) => {
    const seen = plane.points.filter((point) => armVisible(point.a));
    const box = { left: 56, right: width - 14, top: 12, bottom: 218 };
    const svg = canvas(width, 254), items = [];
    if (!seen.length) return { svg, items, along: "both" };
    const x = range(seen.map((point) => point.x), box.left, box.right, true);
    const ys = seen.flatMap((point) => [point.y, point.low, point.high].filter((value) => value !== null));
    const y = range(ys, box.bottom, box.top, plane.fromZero);
    axes(svg, box, x, y, Math.floor(width / 70), 6);
    svg.append(text((box.left + box.right) / 2, 250, plane.x, { class: "axis middle" }));
    const best = seen.filter((point) => point.front).sort((a, b) => a.x - b.x);
    const steps = best.flatMap((point, i) => [i ? `${x.at(point.x)},${y.at(best[i - 1].y)}` : null, `${x.at(point.x)},${y.at(point.y)}`]).filter(Boolean);
    if (best.length > 1) svg.append(s("path", { class: "front", d: `M${steps.join("L")}` }));
    for (const point of seen) {
      const [px, py] = [x.at(point.x), y.at(point.y)];
      if (point.low !== null) svg.append(ink(s("line", { class: "interval", x1: px, x2: px, y1: y.at(point.low), y2: y.at(point.high) }), point.a));
    }
    const taken = seen.map((point) => ({ left: x.at(point.x) - 7, right: x.at(point.x) + 7, top: y.at(point.y) - 7, bottom: y.at(point.y) + 7 }));
    for (const point of seen) {
      const [px, py] = [x.at(point.x), y.at(point.y)], name = arms[point.a].name;
      svg.append(marker(point.a, px, py, 6, true));
      label(svg, name, px, py, taken, box);
      items.push({ x: px, y: py, title: name, lines: [...point.told.map((told) => [null, told]), ...(point.front ? [[null, "on the front: no arm beats it in both"]] : [])] });
    }
    return { svg, items, along: "both" };
  };
}

/** An axis: from 0 where lengths are to be compared, logarithmic where values are far apart. */
function range(values, from, to, zero) {
  const low = Math.min(...values), high = Math.max(...values);
  if (zero && low > 0 && high > 30 * low) return logarithmic(low / 1.4, high * 1.4, from, to);
  if (zero) return linear(0, high * 1.12 || 1, from, to);
  const pad = 0.12 * (high - low) || 0.02 * Math.abs(high) || 1;
  return linear(low - pad, high + pad, from, to);
}

/** Put a name beside a mark where it hides nothing; leave it to the tip where there is no such place. */
function label(svg, name, x, y, taken, box) {
  const wide = 6.3 * name.length, places = [[10, 4, 0], [-10 - wide, 4, 0], [-wide / 2, -11, 0], [-wide / 2, 20, 0]];
  for (const [dx, dy] of places) {
    const spot = { left: x + dx, right: x + dx + wide, top: y + dy - 10, bottom: y + dy + 3 };
    const out = spot.left < box.left || spot.right > box.right + 10 || spot.top < 0 || spot.bottom > box.bottom;
    if (out || taken.some((other) => spot.left < other.right && spot.right > other.left && spot.top < other.bottom && spot.bottom > other.top)) continue;
    taken.push(spot);
    svg.append(text(spot.left, y + dy, name, { class: "name" }));
    return;
  }
}
