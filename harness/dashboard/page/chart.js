// A picture that can be pointed at, and stepped through with the arrow keys: for assistive technology it is a slider
// over its values, so that one press of Tab reaches it and every value is read out.

/**
 * @param label What it shows, in words.
 * @param draw Width in pixels -> {svg, items: [{x, y, title, lines: [[arm or null, text]]}], along: "x", "y" or "both"}.
 */
function chart(label, draw) {
  const tip = h("div", { class: "tip", "aria-hidden": "true", hidden: true });
  const host = h("div", {
    class: "chart", tabindex: 0, role: "slider", "aria-roledescription": "chart", "aria-label": label,
    keydown: step, focus: () => picture && picture.items.length && select(at), blur: hide,
    pointermove: point, pointerdown: point, pointerleave: hide,
  });
  let picture = null, drawn = 0, at = 0, cursor = null;

  function redraw() {
    const width = Math.floor(host.clientWidth);
    if (!width) {
      drawn = 0;
      return;
    }
    drawn = width;
    picture = draw(width);
    at = Math.min(at, Math.max(0, picture.items.length - 1));
    cursor = picture.along === "x" ? s("line", { class: "cursor" }) : s("circle", { class: "cursor", r: 9 });
    picture.svg.append(cursor);
    picture.svg.setAttribute("aria-hidden", "true");
    host.replaceChildren(picture.items.length ? picture.svg : h("p", { class: "nothing" }, "Nothing with these filters."), tip);
    host.setAttribute("aria-valuemin", picture.items.length ? 1 : 0);
    host.setAttribute("aria-valuemax", picture.items.length);
    announce();
    hide();
  }

  function announce() {
    const item = picture.items[at];
    host.setAttribute("aria-valuenow", item ? at + 1 : 0);
    host.setAttribute("aria-valuetext", item ? [item.title, ...item.lines.map(([, text]) => text)].join("; ") : "nothing shown");
  }

  function select(index) {
    at = index;
    const item = picture.items[at];
    announce();
    cursor.classList.add("on");
    if (picture.along === "x") for (const [name, value] of [["x1", item.x], ["x2", item.x], ["y1", picture.top], ["y2", picture.bottom]]) cursor.setAttribute(name, value);
    else for (const [name, value] of [["cx", item.x], ["cy", item.y]]) cursor.setAttribute(name, value);
    tip.replaceChildren(h("strong", {}, item.title), ...item.lines.map(([arm, text]) => h("div", {}, arm === null ? null : swatch(arm), text)));
    tip.hidden = false;
    const room = host.clientWidth - tip.offsetWidth, above = item.y - tip.offsetHeight - 14;
    tip.style.left = `${Math.max(0, Math.min(room, item.x - tip.offsetWidth / 2))}px`;
    tip.style.top = `${above < -40 ? item.y + 16 : above}px`;
  }

  function hide() {
    tip.hidden = true;
    if (cursor) cursor.classList.remove("on");
  }

  function point(event) {
    if (!picture || !picture.items.length) return;
    const box = picture.svg.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    const away = (item) => (picture.along === "x" ? Math.abs(item.x - x) : picture.along === "y" ? Math.abs(item.y - y) : Math.hypot(item.x - x, item.y - y));
    select(picture.items.reduce((best, item, i) => (away(item) < away(picture.items[best]) ? i : best), 0));
  }

  function step(event) {
    const last = picture ? picture.items.length - 1 : -1;
    const goes = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last };
    if (event.key === "Escape") hide();
    if (!(event.key in goes) || last < 0) return;
    event.preventDefault();
    select(Math.max(0, Math.min(last, goes[event.key])));
  }

  new ResizeObserver(() => { if (Math.floor(host.clientWidth) !== drawn) redraw(); }).observe(host);
  whenFiltered(redraw);
  return host;
}

/** A figure: what it shows, then the chart. */
function figure(caption, label, draw) {
  return h("figure", {}, h("figcaption", {}, caption), chart(label, draw));
}

/** An empty picture. */
function canvas(width, height) {
  return s("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
}

function text(x, y, content, attributes) {
  return s("text", { x, y, ...attributes }, content);
}

/** Text that fits into so many pixels, by the width of a common letter. */
function cut(content, pixels) {
  const most = Math.max(4, Math.floor(pixels / 6.6));
  return content.length <= most ? content : `${content.slice(0, most - 1)}…`;
}

/** The mark of an arm: its shape in its colour, hollow where nothing is claimed. */
function marker(number, x, y, r, filled) {
  const { shape, colour } = arms[number];
  const paths = {
    circle: `M${x - r},${y}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0Z`,
    square: `M${x - r * 0.9},${y - r * 0.9}h${r * 1.8}v${r * 1.8}h${-r * 1.8}Z`,
    triangle: `M${x},${y - r * 1.1}L${x + r * 1.1},${y + r * 0.9}H${x - r * 1.1}Z`,
    diamond: `M${x},${y - r * 1.25}L${x + r * 1.25},${y}L${x},${y + r * 1.25}L${x - r * 1.25},${y}Z`,
    wedge: `M${x},${y + r * 1.1}L${x + r * 1.1},${y - r * 0.9}H${x - r * 1.1}Z`,
    cross: `M${x - r},${y - r}L${x + r},${y + r}M${x + r},${y - r}L${x - r},${y + r}`,
  };
  const path = s("path", { d: paths[shape], class: "marker" });
  path.style.fill = filled && shape !== "cross" ? colour : "var(--page)";
  path.style.stroke = filled && shape !== "cross" ? "var(--outline)" : colour;
  if (!filled || shape === "cross") path.style.strokeWidth = "2px";
  return path;
}

function ink(element, number) {
  element.style.stroke = arms[number].colour;
  return element;
}

/** Lines and names of an axis below, and of one at the left. */
function axes(svg, box, x, y, across, up) {
  for (const tick of x.ticks(across)) {
    svg.append(s("line", { class: "grid", x1: x.at(tick), x2: x.at(tick), y1: box.top, y2: box.bottom }));
    svg.append(text(x.at(tick), box.bottom + 16, x.named ? x.named(tick) : short(tick), { class: "tick middle" }));
  }
  for (const tick of y ? y.ticks(up) : []) {
    svg.append(s("line", { class: "grid", x1: box.left, x2: box.right, y1: y.at(tick), y2: y.at(tick) }));
    svg.append(text(box.left - 6, y.at(tick) + 4, short(tick), { class: "tick end" }));
  }
}
