// Draws measured sentences.

// A link in the same session, as the app's menu would follow it: one entry in the browser's history.
function linked(said, href) {
  const link = made("a", { href }, said);
  link.addEventListener("click", (event) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return; // a new tab, as was asked
    event.preventDefault();
    window.history.pushState({}, "", href);
    window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  });
  return link;
}

function table(one, { words, pages }) {
  const head = made("tr", {}, ...one.columns.map((name) => made("th", { scope: "col" }, name)));
  const cell = (said) => Object.hasOwn(pages, said)
    ? [linked(pages[said].title, pages[said].href), made("span", { class: "id", dir: "ltr" }, said)]
    : [said];
  const rows = one.rows.map((row) => made("tr", {}, ...row.map((said) => made("td", { dir: "auto" }, ...cell(said)))));
  const whole = made("table", {}, made("thead", {}, head), made("tbody", {}, ...rows));
  return made("div", { class: "wide", tabindex: "0", role: "region", "aria-label": words.table }, whole);
}

function entry(one, data) {
  const { words } = data;
  const behind = [];
  if (one.facts.length) behind.push(made("p", {}, one.facts.join("; ")));
  if (one.notes.length) behind.push(made("ul", {}, ...one.notes.map((note) => made("li", { dir: "auto" }, note))));
  if (one.rows.length) behind.push(table(one, data));
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
  list.append(...data.sentences.map((one) => entry(one, data)));
  parentElement.querySelector("ul")?.remove();
  parentElement.append(list);
}
