// Drawings of the library, as SVG: put together again from the few shapes and attributes that such a drawing has (see
// latentarchive/render/charts.py); nothing else of it reaches the page.

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "g", "title", "text", "line", "rect", "path", "circle"]);
const SAID = new Set(["class", "role", "aria-label", "aria-labelledby", "width", "height", "viewBox",
  "preserveAspectRatio", "overflow", "x", "y", "x1", "x2", "y1", "y2", "dx", "cx", "cy", "r", "d", "fill", "stroke",
  "stroke-width", "stroke-dasharray", "text-anchor", "vector-effect"]);

function copied(node) {
  if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
  if (node.nodeType !== Node.ELEMENT_NODE || !SHAPES.has(node.localName)) return null;
  const copy = document.createElementNS(SVG, node.localName);
  for (const { name, value } of node.attributes) if (SAID.has(name)) copy.setAttribute(name, value);
  copy.append(...[...node.childNodes].map(copied).filter((child) => child !== null));
  return copy;
}

// A parsed document is inert: nothing in it runs, and nothing is fetched. Null where there is no drawing.
function drawing(source) {
  const svg = new DOMParser().parseFromString(source, "text/html").querySelector("svg");
  return svg && copied(svg);
}
