// The page, section by section. A section that has nothing to show is taken away, and with it its place in the contents.

const RATIOS = { log: true, middle: 1, band: [1 / data.same, data.same], axis: "time ÷ the reference's (log); below 1 is faster" };
const SPEEDUPS = { log: true, middle: 1, band: [1 / data.same, data.same], axis: "before ÷ after (log); above 1 less precision is faster" };
const MARGINS = { log: false, middle: 0, band: [-1, 1], axis: "difference ÷ margin; within ±1 of no interest" };
const UNPAIRED_NOTE = "Lines: 95 % intervals over launches, unpaired. Open: never a verdict. Grey: too small to matter.";
const INTERVAL_NOTE = "Lines: 95 % intervals. Filled: a verdict. Open: a look, or UNSTABLE. Grey: too small to matter.";

function fill(id, ...parts) {
  const section = byId(id), found = parts.flat().filter(Boolean);
  if (found.length) section.append(...found);
  else section.remove();
}

/** A table, if it has rows. */
function shown(name) {
  const spec = data.tables[name];
  return spec && spec.rows.length ? table(name, spec) : null;
}

/** A table with what is to be said of it first, if it has rows. */
function explained(words, name) {
  const found = shown(name);
  return found && [about(words), found];
}

function about(words) {
  return h("p", { class: "about" }, words);
}

/** The same, with marks. */
function said(runs) {
  return h("p", { class: "about" }, prose(runs));
}

function sentencesOf(said) {
  return h("ul", { class: "sentences" }, said.map((runs) => h("li", {}, prose(runs))));
}

/** Which arm has which mark, of the arms of what is drawn. */
function legend(drawn) {
  const numbers = [...new Set(drawn.map((one) => one.a))].sort((a, b) => a - b);
  return h("ul", { class: "legend" }, numbers.map((number) => h("li", {}, lineMark(number), arms[number].name)));
}

function tall(groups, element) {
  const rows = groups.reduce((sum, group) => sum + group.items.length + 1, 0);
  if (rows > 60) element.classList.add("tall");
  return element;
}

function forestOf(groups, form, label, note = INTERVAL_NOTE) {
  return groups.length ? tall(groups, figure(note, label, forest(groups, form))) : null;
}

/** A comparison or a race by itself; what is in it is made when it is first opened, for a run may have hundreds. */
function cardOf(card, open, parts = cardParts) {
  const details = h("details", { class: "card" }, h("summary", {}, h("h3", {}, card.name)));
  details.addEventListener("toggle", () => details.append(...parts(card)), { once: true });
  details.open = open;
  whenFiltered(() => { details.hidden = !visible(card.k); });
  return details;
}

function cardParts({ name, remarks, losses, metrics, time, memory, batches, latency, target }) {
  const figures = [];
  for (const [plane, what] of [[losses, "Training loss"], [metrics, "Metric"]]) {
    if (!plane) continue;
    const over = plane.curves.some((curve) => curve.low) ? "mean, band: all seeds" : "one seed";
    figures.push(figure(`${plane.label}${plane.log ? ", log scale" : ""}; ${over}`, `${what} by epoch, ${name}`, curves(plane)));
  }
  if (time) figures.push(figure(`${time.y}; to the left is faster`, `Metric over step time, ${name}`, scatter(time)));
  if (memory) figures.push(figure(`${memory.y}; to the left is less memory`, `Throughput over memory, ${name}`, scatter({ ...memory, fromZero: true })));
  if (batches) figures.push(figure(`${batches.y}; bars: 95 % intervals over launches`, `Inference by batch size, ${name}`, lines(batches)));
  if (latency) figures.push(figure(`${latency.y}; bars: 95 % intervals over launches`, `Latency, ${name}`, lines(latency)));
  if (target) figures.push(figure(`${target.y}; across: the target`, `Metric over time, ${name}`, lines(target)));
  const inLines = [batches, latency, target].filter(Boolean).map((plane) => plane.lines);
  const drawn = [losses && losses.curves, metrics && metrics.curves, time && time.points, memory && memory.points, ...inLines].filter(Boolean).flat();
  return [
    h("div", { class: "remarks" }, remarks.map((runs) => h("p", {}, prose(runs)))),
    figures.length ? legend(drawn) : about("Nothing was measured here; the tables say why."),
    h("div", { class: "figures" }, figures),
  ];
}

function timelineCard(race) {
  const drawn = figure("Shaded: throttled. Bars below: the blocks of each arm", `GPU during the race, ${race.name}`, timeline(race));
  return [about(race.about), race.blocks.length ? legend(race.blocks) : null, drawn].filter(Boolean);
}

/** The mark of an arm on its line, as in a chart of curves. */
function lineMark(number) {
  const line = ink(s("line", { x1: 0, x2: 38, y1: 7, y2: 7, "stroke-width": 2.5, "stroke-dasharray": arms[number].dash }), number);
  return s("svg", { class: "sample-line", width: 38, height: 14, "aria-hidden": "true" }, line, marker(number, 19, 7, 4.5, true));
}

function contents() {
  const list = byId("contents");
  for (const section of document.querySelectorAll("main > section")) {
    list.append(h("li", {}, h("a", { href: `#${section.id}` }, section.querySelector("h2").textContent)));
  }
}

function start() {
  startTheme();
  byId("facts").append(...data.facts.flatMap(([what, value]) => [h("div", {}, h("dt", {}, what), h("dd", {}, value))]));
  fill("summary", data.alerts.map((runs) => h("p", { class: "alert", role: "note" }, prose(runs))), sentencesOf(data.sentences));
  fill("more", data.more.length ? sentencesOf(data.more) : null);
  fill("speed", forestOf(data.ratios, RATIOS, "Ratios of times to those of the reference"), shown("speed"), shown("batches"), shown("latency"));
  fill("accuracy", forestOf(data.differences, MARGINS, "Differences of the metric to the reference's, in margins"), shown("accuracy"), shown("targets"));
  fill("cost", shown("cost"), shown("memory"));
  fill("precision", data.speedups.length ? about(data.precision) : null, forestOf(data.speedups, SPEEDUPS, "Speed-ups by mixed precision", UNPAIRED_NOTE), shown("precision"));
  fill("comparisons", data.cards.length ? [about("A dashed line is a Pareto front: it joins the arms that no other arm beats in both respects, by their estimates. Where intervals overlap, chance may put an arm on it."), ...data.cards.map((card, i) => cardOf(card, data.cards.length <= 6 || i === 0))] : []);
  fill("expectations", shown("expectations"));
  fill("classical", explained(data.classical, "classical"));
  fill("tracks", explained("The stock track leaves the optimizer's numbers and the initial values to each framework. Differences are over seeds, not paired.", "tracks"));
  fill("operations", explained(data.operations, "operations"));
  fill("gpu", ...data.gpu.map(([words, name]) => [said(words), shown(name)]), data.timelines.map((race, i) => cardOf(race, data.timelines.length <= 6 || i === 0, timelineCard)));
  fill("limits",
    ...data.limits.map(([words, name]) => [said(words), shown(name)]),
    data.roofline && legend(data.roofline.points),
    data.roofline && figure("GFLOP/s, log scales. Filled: train steps. Open: forward passes", "What the arms make of the device, under its roofs", roofline(data.roofline)),
    data.lacking.map(said));
  fill("failures", shown("failures") || about("None."),
    data.damaged.length ? [about("Left out, because the file is damaged:"), h("ul", {}, data.damaged.map((reason) => h("li", {}, reason)))] : null);
  fill("contention", explained(data.contention, "contention"));
  fill("certificates", ...data.certificates.map(([words, name]) => explained(words, name)));
  fill("environment", shown("environment"), shown("versions"), shown("settings"));
  fill("reproduce", h("pre", {}, data.commands.join("\n")), about(data.changed
    ? "On the commit above, with changes that were not committed and are not on record, and with the versions above."
    : "On the commit and with the versions above."));
  contents();
  startFilters(byId("filter"));
  byId("samples-close").addEventListener("click", () => byId("samples").close());
}

start();
