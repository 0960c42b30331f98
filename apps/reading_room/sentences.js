// Draws measured sentences.

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
  const parts = one.drawing ? [said, made("div", { class: "drawing" }, drawing(one.drawing))] : [said];
  if (behind.length) {
    const name = one.facts.length ? words.figures : `${words.table}, ${one.rows.length} ${words.rows}`;
    const summary = made("summary", { dir: "auto" }, one.name ? `${name}: ${one.name}` : name);
    parts.push(made("details", {}, summary, ...behind));
  }
  return made("li", { lang: "en", dir: "ltr" }, ...parts); // as the library says it
}

export default function ({ parentElement, data }) {
  const list = made("ul", { class: "sentences", role: "list", "aria-label": data.label });
  list.append(...data.sentences.map((one) => entry(one, data.words)));
  parentElement.querySelector("ul")?.remove();
  parentElement.append(list);
}
