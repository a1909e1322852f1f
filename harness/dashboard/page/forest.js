// Estimates with their intervals, one below the other, grouped by comparison.

const MOST_GROUPS = 100;

/**
 * @param groups {name, reference, k, items: [{a, at, low, high, told, verdict, claims}]}.
 * @param form log: whether the axis is; middle: what means no difference; band: of no interest; axis: its name.
 */
function forest(groups, form) {
  return (width) => {
    const all = groups
      .filter((group) => visible(group.k))
      .map((group) => ({ ...group, items: group.items.filter((item) => armVisible(item.a)) }))
      .filter((group) => group.items.length);
    const seen = all.slice(0, MOST_GROUPS);
    const wide = width >= 620, row = wide ? 25 : 40, head = 30;
    const lines = seen.reduce((sum, group) => sum + head + row * group.items.length, 0);
    const box = { left: wide ? 150 : 8, right: width - (wide ? 170 : 8), top: 24, bottom: 30 + lines };
    const svg = canvas(width, box.bottom + 40), items = [];
    if (!seen.length) return { svg, items, along: "y" };
    const [low, high] = limits(seen.flatMap((group) => group.items), form);
    const x = (form.log ? logarithmic : linear)(low, high, box.left, box.right);
    const inside = (value) => Math.min(high, Math.max(low, value));
    svg.append(s("rect", { class: "band", x: x.at(inside(form.band[0])), y: box.top, width: x.at(inside(form.band[1])) - x.at(inside(form.band[0])), height: box.bottom - box.top }));
    axes(svg, box, x, null, Math.floor((box.right - box.left) / 64));
    svg.append(s("line", { class: "middle", x1: x.at(form.middle), x2: x.at(form.middle), y1: box.top, y2: box.bottom }));
    svg.append(text((box.left + box.right) / 2, box.bottom + 34, cut(form.axis, width - 16), { class: "axis middle" }));
    if (all.length > seen.length) svg.append(text(width / 2, 14, `The first ${seen.length} of ${all.length}: filter to see others`, { class: "axis middle" }));
    let y = box.top + 6;
    for (const group of seen) {
      const name = group.reference === null ? group.name : `${group.name}, against ${group.reference}`;
      svg.append(text(wide ? 0 : 8, y + 17, cut(name, 0.9 * width - 16), { class: "group" }));
      y += head;
      for (const item of group.items) {
        const middle = y + (wide ? row / 2 : row - 11), arm = arms[item.a].name;
        if (wide) {
          svg.append(text(8, middle + 4, cut(arm, 134), { class: "name" }));
          svg.append(text(box.right + 12, middle + 4, cut(item.told, 160), { class: "told" }));
        } else {
          svg.append(text(8, y + 13, cut(arm, width / 2 - 20), { class: "name" }));
          svg.append(text(width - 8, y + 13, cut(item.told, width / 2), { class: "told end" }));
        }
        if (item.low !== null) {
          svg.append(ink(s("line", { class: "interval", x1: x.at(inside(item.low)), x2: x.at(inside(item.high)), y1: middle, y2: middle }), item.a));
          if (item.low < low) svg.append(ink(s("path", { class: "interval", d: `M${box.left + 6},${middle - 4}l-5,4l5,4` }), item.a));
          if (item.high > high) svg.append(ink(s("path", { class: "interval", d: `M${box.right - 6},${middle - 4}l5,4l-5,4` }), item.a));
        }
        svg.append(marker(item.a, x.at(item.at), middle, 5.5, item.claims));
        const verdict = item.verdict === null ? [] : [[null, `verdict: ${item.verdict}`]];
        items.push({ x: x.at(item.at), y: middle, title: name, lines: [[item.a, `${arm}: ${item.told}`], ...verdict] });
        y += row;
      }
    }
    return { svg, items, along: "y" };
  };
}

/** The range of the axis: all estimates, and intervals as far as they do not flatten the rest. */
function limits(items, { log, middle, band }) {
  const values = items.map((item) => item.at), ends = items.flatMap((item) => (item.low === null ? [] : [item.low, item.high]));
  const least = Math.min(middle, ...values), most = Math.max(middle, ...values);
  if (log) {
    const low = Math.max(Math.min(least, ...ends), least / 3), high = Math.min(Math.max(most, ...ends), most * 3);
    return [Math.min(low / 1.08, middle / 1.1), Math.max(high * 1.08, middle * 1.1)];
  }
  const room = 2 * Math.max(band[1], most - middle, middle - least);
  const low = Math.max(Math.min(least, ...ends), least - room), high = Math.min(Math.max(most, ...ends), most + room);
  const pad = 0.06 * (high - low || 1);
  return [Math.min(low - pad, band[0] * 1.2), Math.max(high + pad, band[1] * 1.2)];
}
