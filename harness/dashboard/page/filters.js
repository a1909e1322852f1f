// Filters: a group of boxes for workloads, precisions, tracks and arms, wherever there is more than one to choose.

const MANY = 12;
const LABELS = { workload: "Workload", precision: "Precision", track: "Track", arm: "Arm" };

function startFilters(host) {
  const groups = FACETS.filter((facet) => data.facets[facet].length > 1).map(filterGroup);
  const reset = h("button", { type: "button", id: "reset", click: () => groups.forEach((group) => group.all(true)) }, "Show everything");
  const told = h("p", { id: "shown", role: "status" });
  const tell = () => {
    const cards = data.cards.filter((card) => visible(card.k)).length;
    const seen = arms.filter((_, number) => armVisible(number)).length;
    told.textContent = `${cards} of ${data.cards.length} comparisons, ${seen} of ${arms.length} arms shown.`;
    reset.disabled = FACETS.every((facet) => !hidden[facet].size);
  };
  if (!groups.length) return host.remove();
  const wide = window.matchMedia("(min-width: 64rem)").matches;
  host.append(h("details", { id: "filters", open: wide }, h("summary", {}, "Filters"), groups.map((group) => group.element), reset), told);
  whenFiltered(tell);
  tell();
}

function filterGroup(facet) {
  const boxes = data.facets[facet].map((entry, number) => {
    const name = facet === "arm" ? entry[0] : entry;
    const input = h("input", { type: "checkbox", checked: !hidden[facet].has(number), change: () => choose(number, input.checked) });
    return { input, name, label: h("label", {}, input, facet === "arm" ? swatch(number) : null, h("span", {}, name)) };
  });
  const choose = (number, on) => {
    if (on) hidden[facet].delete(number);
    else hidden[facet].add(number);
    filtered();
  };
  const all = (on) => {
    boxes.forEach(({ input, label }, number) => {
      if (label.hidden && !on) return;
      input.checked = on;
      if (on) hidden[facet].delete(number);
      else hidden[facet].add(number);
    });
    filtered();
  };
  const what = LABELS[facet].toLowerCase();
  const search = boxes.length > MANY
    ? h("input", { type: "search", class: "search", "aria-label": `Find a ${what}`, placeholder: `Find a ${what}`, input: () => find(search.value) })
    : null;
  const find = (text) => boxes.forEach(({ label, name }) => { label.hidden = !name.toLowerCase().includes(text.toLowerCase()); });
  const every = h("button", { type: "button", "aria-label": `All: ${what}`, click: () => all(true) }, "all");
  const none = h("button", { type: "button", "aria-label": `None: ${what}`, click: () => all(false) }, "none");
  const element = h("fieldset", { id: `filter-${facet}` }, h("legend", {}, LABELS[facet]),
    h("div", { class: "quick" }, every, none), search, h("div", { class: "boxes" }, boxes.map((box) => box.label)));
  return { element, all };
}

/** The mark of an arm, as it is in every chart. */
function swatch(number) {
  const picture = s("svg", { class: "swatch", width: 14, height: 14, viewBox: "0 0 14 14", "aria-hidden": "true" });
  picture.append(marker(number, 7, 7, 5, true));
  return picture;
}
