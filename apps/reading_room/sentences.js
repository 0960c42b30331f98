// Draws measured sentences. Text is set as text; a drawing is the library's own SVG, of which only plain shapes pass.

const made = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== "") element.setAttribute(name, value);
  element.append(...children);
  return element;
};

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "g", "line", "rect", "path", "text", "title"]);
const SAID = new Set(["class", "role", "aria-label", "width", "height", "viewBox", "preserveAspectRatio", "overflow", "x",
  "y", "x1", "x2", "y1", "y2", "dx", "d", "fill", "stroke", "stroke-width", "stroke-dasharray", "text-anchor",
  "vector-effect"]);

function copied(node) {
  if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
  if (node.nodeType !== Node.ELEMENT_NODE || !SHAPES.has(node.localName)) return null;
  const copy = document.createElementNS(SVG, node.localName);
  for (const { name, value } of node.attributes) if (SAID.has(name)) copy.setAttribute(name, value);
  copy.append(...[...node.childNodes].map(copied).filter((child) => child !== null));
  return copy;
}

// A parsed document is inert: nothing in it runs, and nothing is fetched.
const drawn = (source) => copied(new DOMParser().parseFromString(source, "text/html").querySelector("svg"));

function table(one, words) {
  const head = made("tr", {}, ...one.columns.map((name) => made("th", { scope: "col" }, name)));
  const rows = one.rows.map((row) => made("tr", {}, ...row.map((said) => made("td", { dir: "auto" }, said))));
  const whole = made("table", {}, made("thead", {}, head), made("tbody", {}, ...rows));
  return made("div", { class: "wide", tabindex: "0", role: "region", "aria-label": words.table }, whole);
}

function entry(one, words) {
  const behind = [];
  if (one.facts.length) behind.push(made("p", {}, one.facts.join("; ")));
  if (one.notes.length) behind.push(made("ul", {}, ...one.notes.map((note) => made("li", { dir: "auto" }, note))));
  if (one.rows.length) behind.push(table(one, words));
  const said = made("p", { class: one.drawing ? "heading" : "said", dir: "auto" }, one.text);
  const parts = one.drawing ? [said, made("div", { class: "drawing" }, drawn(one.drawing))] : [said];
  if (behind.length) {
    const name = one.facts.length ? words.figures : `${words.table}, ${one.rows.length} ${words.rows}`;
    const summary = made("summary", {}, one.name ? `${name}: ${one.name}` : name);
    parts.push(made("details", {}, summary, ...behind));
  }
  return made("li", {}, ...parts);
}

export default function ({ parentElement, data }) {
  const list = made("ul", { class: "sentences", role: "list", "aria-label": data.label });
  list.append(...data.sentences.map((one) => entry(one, data.words)));
  parentElement.querySelector("ul")?.remove();
  parentElement.append(list);
}
