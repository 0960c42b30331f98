// Draws findings of an audit and tells what is to be opened. Text is set as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";
// All that a picture of a report is made of; see latentarchive/render/charts.py.
const ELEMENTS = ["svg", "g", "title", "text", "line", "rect", "path", "circle"];
const ATTRIBUTES = ["class", "role", "aria-label", "aria-labelledby", "width", "height", "viewBox",
  "preserveAspectRatio", "overflow", "x", "y", "x1", "x2", "y1", "y2", "dx", "cx", "cy", "r", "d", "fill", "stroke",
  "stroke-width", "stroke-dasharray", "text-anchor", "vector-effect"];

const made = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== "" && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};

const plainClick = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;

function rebuilt(node) {
  if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
  if (node.nodeType !== Node.ELEMENT_NODE || !ELEMENTS.includes(node.localName)) return null;
  const copy = document.createElementNS(SVG, node.localName);
  for (const name of ATTRIBUTES) if (node.hasAttribute(name)) copy.setAttribute(name, node.getAttribute(name));
  copy.append(...[...node.childNodes].map(rebuilt).filter(Boolean));
  return copy;
}

function drawing(source) { // a parsed document is inert: it runs and fetches nothing
  const svg = new DOMParser().parseFromString(source, "text/html").querySelector("svg");
  return svg ? rebuilt(svg) : null;
}

function table(told) {
  const kind = (k) => (told.numbers[k] ? "n" : "");
  const head = made("tr", {}, ...told.columns.map((name, k) => made("th", { scope: "col", class: kind(k) }, name)));
  const row = (cells) => made("tr", {}, ...cells.map((cell, k) => {
    const link = cell.href ? made("a", { href: cell.href, "data-kind": "work", "data-which": cell.work }, cell.text) : cell.text;
    return made("td", { class: kind(k), title: cell.exact, dir: "auto" }, link);
  }));
  return made("table", {}, made("thead", {}, head), made("tbody", {}, ...told.rows.map(row)));
}

function article(one, data) {
  const link = one.href
    ? made("a", { href: one.href, "data-kind": "finding", "data-which": one.number }, one.sentence) : one.sentence;
  const parts = [made(data.whole ? "p" : "h4", { class: "sentence", dir: "auto" }, link)];
  if (one.facts.length) parts.push(made("p", { class: "quiet meter" }, one.facts.join("; ")));
  if (one.drawn) {
    const caption = made("figcaption", { class: "quiet", id: one.captionId, dir: "auto" }, one.caption);
    const svg = drawing(one.drawn);
    if (svg) parts.push(made("figure", {}, svg, caption));
  }
  if (one.table) {
    const name = `${data.words.table}, ${one.rows}`;
    const field = made("div", { class: "table", tabindex: "0", role: "region", "aria-label": name }, table(one.table));
    const held = made("details", {}, made("summary", {}, name), field);
    held.open = data.whole;
    parts.push(held);
  }
  if (one.notes.length) parts.push(made("ul", { class: "quiet" }, ...one.notes.map((note) => made("li", { dir: "auto" }, note))));
  parts.push(made("p", { class: "question" }, one.question));
  if (one.href && one.works) {
    const label = `${one.works}: ${one.sentence}`;
    parts.push(made("p", { class: "works" }, made("a",
      { href: one.href, "data-kind": "finding", "data-which": one.number, "aria-label": label }, one.works)));
  }
  return made("article", { class: one.outcome, id: `f${one.number}` }, ...parts);
}

export default function ({ parentElement, data, setTriggerValue }) {
  const list = made("div", { class: "findings" });
  for (const family of data.families) {
    if (family.title) list.append(made("h3", {}, family.title));
    list.append(...family.findings.map((one) => article(one, data)));
  }
  list.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-kind]");
    if (!link || !plainClick(event)) return; // a new tab, as the visitor asked
    event.preventDefault();
    setTriggerValue("ask", { kind: link.dataset.kind, which: link.dataset.which });
  });
  parentElement.querySelector(".findings")?.remove();
  parentElement.append(list);
}
