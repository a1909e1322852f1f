// The raw samples behind a figure, in a dialog: every block, every launch, every seed.

const BLOCKS = ["launch", "round", "rerun", "count", "ms for one", "CPU (cores)", "pressure (%)", "foreign load (%)", "switches", "contended"];
const LAUNCHES = ["launch", "started", "median (ms)", "first step (s)", "cold start (s)", "start (s)", "build (s)", "peak memory (MiB)", "warm-up steps"];

function openSamples(number) {
  const found = data.samples[number], dialog = byId("samples");
  const parts = (found.races || []).flatMap((race, i) => [
    h("h3", {}, `Blocks, ${race.of}`),
    figure(`Milliseconds of one ${race.of}, block by block; a line parts launches. Open: contended, counts for nothing. The axis does not begin at 0.`,
      `Milliseconds of one ${race.of}, block by block, ${found.name}`, strip(race.blocks)),
    table(`launches-${i}`, plain(`Launches, ${race.of}`, LAUNCHES, race.launches)),
    table(`blocks-${i}`, plain(`Blocks, ${race.of}`, BLOCKS, race.blocks.map((block) => [...block.slice(0, -1), block.at(-1) ? "yes" : "no"]))),
  ]);
  if (found.seeds) {
    const columns = ["seed", found.metric, "test loss", "training loss, first epoch", "training loss, last epoch", "training (s)"];
    parts.push(h("h3", {}, "Seeds"), table("seeds", plain("Trainings, one a seed", columns, found.seeds)));
  }
  const before = listeners.length;
  byId("samples-name").textContent = `Raw samples: ${found.name}`;
  byId("samples-body").replaceChildren(...parts);
  dialog.addEventListener("close", () => byId("samples-body").replaceChildren(), { once: true });
  dialog.showModal();
  listeners.length = before; // no filter is within reach while the dialog is open
}

function plain(caption, columns, rows) {
  const cell = (value) => (typeof value === "number" ? [short(value), value] : value === null ? MISSING : value);
  const kinds = columns.map((label) => [label, label === "started" || label === "contended" ? "text" : "number"]);
  return { caption, columns: kinds, rows: rows.map((row) => ({ c: row.map(cell) })), notes: [] };
}

function strip(blocks) {
  return (width) => {
    const box = { left: 52, right: width - 10, top: 10, bottom: 158 }, items = [];
    const svg = canvas(width, 190), values = blocks.map((block) => block[4]);
    const low = Math.min(...values), high = Math.max(...values), pad = 0.1 * (high - low) || 0.05 * high;
    const x = linear(-0.5, blocks.length - 0.5, box.left, box.right), y = linear(low - pad, high + pad, box.bottom, box.top);
    axes(svg, box, { ...x, ticks: () => [] }, y, 0, 6);
    blocks.forEach((block, i) => {
      const [launch, round, rerun, steps, ms, , pressure, foreign, , contended] = block, px = x.at(i);
      if (i && blocks[i - 1][0] !== launch) svg.append(s("line", { class: "middle", x1: x.at(i - 0.5), x2: x.at(i - 0.5), y1: box.top, y2: box.bottom }));
      if (!i || blocks[i - 1][0] !== launch) svg.append(text(px - 4, box.bottom + 18, `launch ${launch}`, { class: "tick" }));
      svg.append(s("circle", { class: contended ? "sample open" : "sample", cx: px, cy: y.at(ms), r: 4 }));
      const seen = [`${short(ms)} ms a step, ${steps} steps`];
      if (pressure !== null) seen.push(`pressure ${short(pressure)} %`);
      if (foreign !== null) seen.push(`foreign load ${short(foreign)} %`);
      if (contended) seen.push("contended");
      items.push({ x: px, y: y.at(ms), title: `launch ${launch}, round ${round}${rerun ? `, rerun ${rerun}` : ""}`, lines: seen.map((line) => [null, line]) });
    });
    return { svg, items, along: "both" };
  };
}
