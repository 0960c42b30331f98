// Facets with their counts, and years as bars with a slider of two ends. Text is set as text, never as markup.

const svg = (tag, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

export default function ({ parentElement, data, setTriggerValue }) {
  const words = data.words;
  const tell = (act) => setTriggerValue("act", act);
  const focused = parentElement.activeElement?.dataset?.focus;
  const before = parentElement.querySelector(".narrowing");
  const opened = before ? new Map([...before.querySelectorAll("details")].map((one) => [one.dataset.name, one.open])) : new Map();
  const scrolled = new Map(before ? [...before.querySelectorAll("ul")].map((one) => [one.dataset.name, one.scrollTop]) : []);

  const group = (name, title, open, ...inside) => {
    const element = made("details", { "data-name": name }, made("summary", {}, title), ...inside);
    element.open = opened.has(name) ? opened.get(name) : open;
    return element;
  };

  const facet = (one) => {
    const list = made("ul", { role: "list", "aria-label": one.label, "data-name": one.name });
    for (const value of one.values) {
      const box = made("input", { type: "checkbox", checked: value.chosen });
      box.dataset.focus = `${one.name}.${value.value}`;
      box.addEventListener("change", () => tell({ do: "value", name: one.name, value: value.value, on: box.checked }));
      const label = made("label", { class: value.count ? "" : "none" }, box, made("span", { dir: "auto", title: value.label }, value.label),
        made("span", { class: "count" }, value.number));
      list.append(made("li", {}, label));
    }
    const inside = [list];
    if (one.more || one.words) {
      const text = made("input", { type: "search", value: one.words, placeholder: one.more, maxlength: "200",
        "aria-label": `${one.label}: ${words.words}` });
      text.dataset.focus = `${one.name}.words`;
      text.addEventListener("change", () => tell({ do: "words", name: one.name, text: text.value }));
      inside.push(text);
    }
    return group(one.name, one.label, one.open, ...inside);
  };

  const year = (value) => (value < 0 ? words.before.replace("{year}", -value) : String(value));

  const years = (one) => {
    const n = one.counts.length;
    const most = Math.max(1, ...one.counts);
    const chart = svg("svg", { viewBox: `0 0 ${8 * n} 48`, preserveAspectRatio: "none", role: "img", "aria-label": one.alt });
    const rects = one.counts.map((count, i) => {
      const height = count ? Math.max(1, (48 * count) / most) : 0;
      const rect = svg("rect", { x: 8 * i, y: 48 - height, width: 7, height });
      const says = svg("title", {});
      says.textContent = `${year(one.begins[i])} – ${year(one.begins[i] + one.step - 1)}: ${count.toLocaleString()}`;
      rect.append(says);
      chart.append(rect);
      return rect;
    });
    const end = (value, name, which) => {
      const input = made("input", { type: "range", min: one.low, max: one.high, step: 1, value, "aria-label": name });
      input.dataset.focus = `years.${which}`;
      return input;
    };
    const from = end(one.from, words.from, "from");
    const to = end(one.to, words.to, "to");
    const said = made("output", { class: "count" });
    const show = () => {
      const [low, high] = [Number(from.value), Number(to.value)];
      said.textContent = `${year(low)} – ${year(high)}`;
      from.setAttribute("aria-valuetext", year(low));
      to.setAttribute("aria-valuetext", year(high));
      rects.forEach((rect, i) => rect.setAttribute("opacity", low < one.begins[i] + one.step && one.begins[i] <= high ? 0.75 : 0.25));
    };
    from.addEventListener("input", () => { if (Number(from.value) > Number(to.value)) from.value = to.value; show(); });
    to.addEventListener("input", () => { if (Number(to.value) < Number(from.value)) to.value = from.value; show(); });
    for (const input of [from, to]) {
      input.addEventListener("change", () => tell({ do: "years", from: Number(from.value), to: Number(to.value) }));
    }
    show();
    const inside = [chart, made("div", { class: "ends" }, from, to), said];
    if (one.undated) inside.push(made("p", { class: "quiet" }, one.undated));
    return group("years", words.years, true, ...inside);
  };

  // On a narrow screen everything is folded away, so that results are near.
  const narrow = window.matchMedia("(max-width: 640px)").matches;
  const all = made("div", { class: "groups" }, ...data.facets.map(facet));
  if (data.years) all.append(years(data.years));
  const whole = made("details", { class: "narrowing", "data-name": "whole" }, made("summary", { class: "whole" }, words.title), all);
  whole.open = before ? before.open : !narrow;
  before?.remove();
  parentElement.append(whole);
  for (const list of whole.querySelectorAll("ul")) list.scrollTop = scrolled.get(list.dataset.name) || 0;
  if (focused) [...whole.querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === focused)?.focus();
}
