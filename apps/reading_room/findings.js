// Draws findings of an audit, with links to what lies behind them.

const OWN = { dir: "auto" }; // the app's words among those of a report

function table(told) {
  const kind = (k) => (told.numbers[k] ? "n" : "");
  const head = made("tr", {}, ...told.columns.map((name, k) => made("th", { scope: "col", class: kind(k) }, name)));
  const row = (cells) => made("tr", {}, ...cells.map((cell, k) => {
    const link = cell.href ? led(made("a", { href: cell.href }, cell.text)) : cell.text;
    const id = cell.id ? [made("span", { class: "id", dir: "ltr" }, cell.id)] : []; // below the title of a work
    return made("td", { class: kind(k), title: cell.exact, dir: "auto" }, link, ...id);
  }));
  return made("table", {}, made("thead", {}, head), made("tbody", {}, ...told.rows.map(row)));
}

function article(one, data) {
  const link = one.href ? led(made("a", { href: one.href }, one.sentence)) : one.sentence;
  const parts = [made(data.whole ? "p" : "h4", { class: "sentence", dir: "auto" }, link)];
  if (one.facts.length) parts.push(made("p", { class: "quiet meter" }, one.facts.join("; ")));
  if (one.drawn) {
    const caption = made("figcaption", { class: "quiet", id: one.captionId, dir: "auto" }, one.caption);
    parts.push(made("figure", {}, drawing(one.drawn), caption));
  }
  if (one.table) {
    const name = `${data.words.table}, ${one.rows}`;
    const field = made("div", { class: "table", tabindex: "0", role: "region", "aria-label": name }, table(one.table));
    const held = made("details", {}, made("summary", OWN, name), field);
    held.open = data.whole;
    parts.push(held);
  }
  if (one.notes.length) {
    const notes = made("ul", { class: "quiet" }, ...one.notes.map((note) => made("li", { dir: "auto" }, note)));
    parts.push(one.folded ? made("details", {}, made("summary", OWN, data.words.notes), notes) : notes);
  }
  parts.push(made("p", { class: "question" }, one.question));
  if (one.href && one.works) {
    const label = `${one.works}: ${one.sentence}`;
    parts.push(made("p", { class: "works", ...OWN }, led(made("a", { href: one.href, "aria-label": label }, one.works))));
  }
  return made("article", { class: one.outcome, id: `f${one.number}`, lang: "en", dir: "ltr" }, ...parts); // as reports are written
}

export default function ({ parentElement, data }) {
  const list = made("div", { class: "findings" });
  for (const family of data.families) {
    if (family.title) list.append(made("h3", {}, family.title));
    list.append(...family.findings.map((one) => article(one, data)));
  }
  parentElement.querySelector(".findings")?.remove();
  parentElement.append(list);
}
