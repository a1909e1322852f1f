// Elements. Whatever comes from a record becomes text or the value of an attribute, never markup.

const SVG = "http://www.w3.org/2000/svg";
const STRONG = 1, CODE = 2;

function equip(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function h(tag, attributes, ...children) {
  return equip(document.createElement(tag), attributes, children);
}

function s(tag, attributes, ...children) {
  return equip(document.createElementNS(SVG, tag), attributes, children);
}

/** Text with its marks, as harness/dashboard/inline.py gives it. */
function prose(runs) {
  return runs.map((run) => {
    if (typeof run === "string") return run;
    const [text, marks] = run;
    const inner = marks & CODE ? h("code", {}, text) : text;
    return marks & STRONG ? h("strong", {}, inner) : inner;
  });
}

function byId(id) {
  return document.getElementById(id);
}
