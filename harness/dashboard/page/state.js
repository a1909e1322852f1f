// What the page was given, and what the reader has chosen to see of it.

const data = JSON.parse(byId("data").textContent);
const FACETS = ["workload", "precision", "track", "arm"];
const DASHES = ["", "7 3", "2 2.5", "8 3 2 3", "4 4", "1 3"];
const SHAPES = ["circle", "square", "triangle", "diamond", "wedge", "cross"];

/** Arms, each with one colour, shape and dash everywhere. Black is the colour of text, so that it is seen in the dark. */
const arms = data.facets.arm.map(([name, colour, shape]) => ({
  name,
  colour: colour === "#000000" ? "var(--ink)" : colour,
  shape: SHAPES[shape % SHAPES.length],
  dash: DASHES[shape % DASHES.length],
}));

const hidden = Object.fromEntries(FACETS.map((facet) => [facet, new Set()]));
const listeners = [];

/** Whether something is to be seen, by its numbers of workload, precision, track and arm; null fits everything. */
function visible(key) {
  return !key || FACETS.every((facet, i) => key[i] === null || key[i] === undefined || !hidden[facet].has(key[i]));
}

function armVisible(number) {
  return !hidden.arm.has(number);
}

function whenFiltered(listener) {
  listeners.push(listener);
}

function filtered() {
  listeners.forEach((listener) => listener());
}
