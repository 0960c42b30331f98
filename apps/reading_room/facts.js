// Draws terms and what is said of each. Text is set as text, never as markup.

export default function ({ parentElement, data }) {
  const list = made("dl", { "aria-label": data.label });
  for (const fact of data.facts) {
    list.append(made("dt", { dir: "auto" }, fact.term));
    fact.said.forEach((said, place) => {
      const linked = fact.href && place === 0
        ? made("a", { href: fact.href, rel: "noopener noreferrer", target: "_blank" }, said, " ↗",
          made("span", { class: "unseen" }, ` (${data.outside})`))
        : said;
      list.append(made("dd", { dir: "auto" }, linked));
    });
  }
  parentElement.querySelector("dl")?.remove();
  parentElement.append(list);
}
