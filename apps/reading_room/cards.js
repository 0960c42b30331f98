// Draws cards and tells what was done on them. Text is set as text, never as markup.

function drawn(card, data, act, bare) {
  const words = data.words;
  const inside = card.image
    ? made("img", { src: card.image, alt: card.alt, loading: "lazy", decoding: "async" })
    : made("span", {}, words.nothing);
  const mat = made(card.href ? "a" : "div", { class: card.image ? "mat" : "mat none", href: card.href,
    tabindex: card.href ? "-1" : "" }, inside);
  const name = made(card.href ? "a" : "span", { href: card.href, title: card.title, dir: "auto" }, card.title);
  if (card.href) [mat, name].forEach(led);
  const line = (said, kind = "quiet") => made("p", { class: kind, dir: "auto" }, said);
  const caption = made("figcaption", {}, made("p", { class: "title" }, name), line(card.credit));
  if (card.generated) caption.prepend(made("p", { class: "made" }, words.generated));
  if (card.source) { // only a step of an image that is being made has none
    const source = line(`${words.source}: `);
    source.append(card.link
      ? made("a", { href: card.link, target: "_blank", rel: "noopener noreferrer", title: words.outside }, card.source)
      : card.source);
    caption.append(source);
  }
  if (card.rights) caption.append(line(`${words.rights}: ${card.rights}`));
  for (const [said, href] of card.leads) {
    const lead = line("", "quiet");
    lead.append(led(made("a", { href, dir: "auto" }, said)));
    caption.append(lead);
  }
  for (const note of card.notes) caption.append(line(note, "quiet meter"));
  if (card.figures.length) {
    const figures = made("details", {}, made("summary", {}, words.figures));
    for (const figure of card.figures) figures.append(line(figure, "quiet meter"));
    caption.append(figures);
  }
  if (card.copies.length) {
    const copies = made("ul", { role: "list" });
    for (const copy of card.copies) {
      const face = copy.image ? made("img", { src: copy.image, alt: copy.alt, loading: "lazy" }) : "";
      const entry = made("li", {}, face, made("div", {}, made("a", { href: copy.href, dir: "auto" }, copy.title),
        line(`${words.source}: ${copy.source}`), line(`${words.rights}: ${copy.rights}`),
        ...copy.notes.map((note) => line(note, "quiet meter"))));
      led(entry.querySelector("a"));
      copies.append(entry);
    }
    caption.append(made("details", { class: "copies" }, made("summary", {}, card.copies_label), copies));
  }
  const acts = made("div", { class: "acts" });
  for (const button of data.buttons) {
    const hint = `${button.hint || button.label}: ${card.title}`;
    const pressed = button.toggles ? String(card.kept) : "";
    const element = made("button", { type: "button", "aria-label": hint, title: button.hint, "aria-pressed": pressed },
      button.label);
    element.dataset.action = button.action;
    element.addEventListener("click", () => act(button.action, card.id));
    acts.append(element);
  }
  if (data.buttons.length) caption.append(acts);
  const entry = made("li", { class: card.generated ? "generated" : "" }, made("figure", {}, ...(bare ? [] : [mat]), caption));
  entry.dataset.id = card.id;
  return entry;
}

export default function ({ parentElement, data, setTriggerValue }) {
  const act = (action, item) => setTriggerValue("act", { action, item });
  const said = JSON.stringify(data);
  if (parentElement.querySelector("ul.cards")?.said === said) return; // a page that looks again every second does not flicker
  const focused = parentElement.activeElement;
  const kept = focused?.dataset?.action
    ? [focused.closest("li")?.dataset.id, focused.dataset.action] : null;
  const list = made("ul", { class: data.small ? "cards small" : "cards", role: "list", "aria-label": data.label });
  const bare = data.cards.every((card) => !card.image); // a list from a catalogue alone: no frame stands around nothing
  list.append(...data.cards.map((card) => drawn(card, data, act, bare)));
  list.said = said;
  parentElement.querySelector("ul.cards")?.remove();
  parentElement.append(list);
  const before = parentElement.part; // a property of our own on the root of this list
  parentElement.part = data.part;
  if (before !== undefined && before !== data.part) list.scrollIntoView({ block: "start" });
  if (kept) { // the list was drawn anew: who steers by keyboard stays where they were
    const entry = [...list.children].find((one) => one.dataset.id === kept[0]);
    entry?.querySelector(`button[data-action="${kept[1]}"]`)?.focus();
  }
}
