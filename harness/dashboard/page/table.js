// Tables: sorted by a click on a header, filtered, with the reasons of what is missing under them.

const MISSING = "–", FIRST_ROWS = 200;

/**
 * @param name Unique on the page.
 * @param spec caption, columns [label, kind], rows {c: cells, k: key, s: number of samples}, notes.
 */
function table(name, spec) {
  const raw = spec.rows.some((row) => row.s !== undefined);
  const body = h("tbody"), notes = h("ol", { class: "notes" });
  const more = h("button", { type: "button", class: "more", click: () => { all = true; show(); } });
  let column = null, direction = 1, all = false;

  const heads = spec.columns.map(([label, kind], i) => {
    const button = h("button", { type: "button", click: () => sortBy(i) }, label);
    return h("th", { scope: "col", class: kind, "aria-sort": "none" }, button);
  });
  const last = raw ? h("th", { scope: "col", class: "raw" }, "raw") : null;

  function sortBy(i) {
    if (column !== i) [column, direction] = [i, 1];
    else if (direction === 1) direction = -1;
    else column = null;
    heads.forEach((head, j) => head.setAttribute("aria-sort", column !== j ? "none" : direction > 0 ? "ascending" : "descending"));
    show();
  }

  function sorted(rows) {
    if (column === null) return rows;
    const read = (row) => row.c[column];
    return [...rows].sort((a, b) => compare(read(a), read(b), direction));
  }

  function show() {
    const rows = sorted(spec.rows.filter((row) => visible(row.k)));
    const shown = all ? rows : rows.slice(0, FIRST_ROWS);
    const used = new Map();
    body.replaceChildren(...shown.map((row) => line(row, used)));
    if (!rows.length) body.append(h("tr", {}, h("td", { colspan: spec.columns.length + (raw ? 1 : 0), class: "nothing" }, "Nothing with these filters.")));
    more.hidden = shown.length === rows.length;
    more.textContent = `Show all ${rows.length} rows`;
    notes.hidden = !used.size;
    notes.replaceChildren(...[...used].map(([note, number]) => h("li", { id: `${name}-note-${number}` }, spec.notes[note])));
  }

  function line(row, used) {
    const cells = row.c.map((cell, i) => cellOf(cell, spec.columns[i][1], i, row.k, used));
    return h("tr", {}, cells, raw ? h("td", { class: "raw" }, samplesButton(row.s)) : null);
  }

  function cellOf(cell, kind, i, key, used) {
    const [text, , note] = Array.isArray(cell) ? cell : [cell];
    const content = [kind === "arm" ? swatch(key[3]) : null, kind === "verdict" && text !== MISSING ? h("span", { class: "badge", "data-verdict": text.split(",")[0] }, text) : text];
    if (note !== null && note !== undefined) {
      if (!used.has(note)) used.set(note, used.size + 1);
      const number = used.get(note);
      content.push(h("sup", {}, h("a", { href: `#${name}-note-${number}`, title: spec.notes[note], "aria-label": `note ${number}` }, `${number}`)));
    }
    return i ? h("td", { class: kind }, content) : h("th", { scope: "row", class: kind }, content);
  }

  whenFiltered(show);
  show();
  const region = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": spec.caption },
    h("table", { id: `table-${name}` }, h("caption", {}, spec.caption), h("thead", {}, h("tr", {}, heads, last)), body));
  return h("div", { class: "table" }, region, more, notes);
}

/** Order of two cells: figures by their value, all else by its text; what is missing comes last either way. */
function compare(a, b, direction) {
  const [text, value] = Array.isArray(a) ? a : [a], [other, against] = Array.isArray(b) ? b : [b];
  const empty = (shown, number) => (number === null || number === undefined) && (shown === MISSING || shown === "");
  const missing = empty(text, value) - empty(other, against);
  if (missing) return missing;
  if (typeof value === "number" && typeof against === "number") return direction * (value - against);
  return direction * text.localeCompare(other, "en", { numeric: true });
}

function samplesButton(number) {
  if (number === undefined) return null;
  const name = data.samples[number].name;
  return h("button", { type: "button", class: "samples", "aria-label": `Raw samples of ${name}`, click: () => openSamples(number) }, "samples");
}
