// Draws links in a row. Those that are steps are followed by the arrow keys too, in the direction of the writing.

const TAKEN = "input, textarea, select, dialog, [contenteditable=true], [role=slider], [role=tab], [role=radio], "
  + "[role=option], [role=region]"; // there, arrows mean something else

export default function ({ parentElement, data }) {
  const list = made("ul", { class: "ways", role: "list", "aria-label": data.label });
  parentElement.querySelector("ul")?.remove();
  parentElement.append(list);
  const turned = getComputedStyle(list).direction === "rtl";
  const arrows = turned ? { back: "→", on: "←" } : { back: "←", on: "→" };
  const steps = {};
  for (const way of data.ways) {
    const key = { "←": "ArrowLeft", "→": "ArrowRight" }[arrows[way.step]];
    const link = made("a", { href: way.href, title: way.hint, role: way.href ? "" : "link", "aria-keyshortcuts": key,
      "aria-disabled": way.href ? "" : "true" }, way.label);
    const arrow = () => made("span", { "aria-hidden": "true" }, arrows[way.step]);
    if (way.step === "back") link.prepend(arrow(), " ");
    if (way.step === "on") link.append(" ", arrow());
    list.append(made("li", {}, way.href ? led(link) : link));
    if (way.href && key) steps[key] = link;
  }
  parentElement.hearing?.abort(); // of the links that stood here before
  const hearing = parentElement.hearing = new AbortController();
  window.addEventListener("keydown", (event) => {
    const link = steps[event.key];
    const plain = !event.defaultPrevented && !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!link || !plain || event.composedPath()[0].closest?.(TAKEN)) return;
    event.preventDefault();
    go(link.href);
  }, { signal: hearing.signal });
  return () => hearing.abort();
}
