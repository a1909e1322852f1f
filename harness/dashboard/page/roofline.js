// What the arms make of the device, under the roofs of its products and of its memory.

function roofline(plane) {
  return (width) => {
    const seen = plane.points.filter((point) => visible(point.k) && armVisible(point.a));
    const box = { left: 64, right: width - 14, top: 16, bottom: 262 };
    const svg = canvas(width, 298), items = [];
    if (!seen.length) return { svg, items, along: "both" };
    const corners = plane.lines.flatMap((line) => line.corners), places = [...corners, ...seen.map((point) => [point.x, point.y])];
    const x = logarithmic(Math.min(...places.map(([at]) => at)), Math.max(...places.map(([at]) => at)), box.left, box.right);
    const y = logarithmic(Math.min(...places.map(([, at]) => at)) / 1.5, Math.max(...places.map(([, at]) => at)) * 2, box.bottom, box.top);
    axes(svg, box, x, y, Math.floor(width / 70), 6);
    svg.append(text((box.left + box.right) / 2, 294, cut(plane.x, width - 16), { class: "axis middle" }));
    for (const line of plane.lines) {
      svg.append(s("path", { class: "roof", d: `M${line.corners.map(([across, up]) => `${x.at(across)},${y.at(up)}`).join("L")}` }));
      const [, up] = line.corners[line.corners.length - 1];
      svg.append(text(box.right, y.at(up) - 5, line.label, { class: "name end" }));
    }
    const [[first, low]] = plane.lines[0].corners;
    svg.append(text(x.at(first) + 14, y.at(low) + 14, plane.memory, { class: "name" }));
    for (const point of seen) {
      const [px, py] = [x.at(point.x), y.at(point.y)], name = arms[point.a].name;
      svg.append(marker(point.a, px, py, 5.5, point.step));
      items.push({ x: px, y: py, title: name, lines: point.told.map((told) => [null, told]) });
    }
    return { svg, items, along: "both" };
  };
}
