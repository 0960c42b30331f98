// Draws one scene of a kiosk over the whole screen. Text is set as text, never as markup; there is no link in it.

const own = (text) => made("bdi", {}, text); // a name keeps its own direction, whatever that of the page

function button(one, go, kind = "") {
  const classes = [kind, one.first ? "first" : "", one.chosen ? "chosen" : ""].filter(Boolean).join(" ");
  const element = made("button", { type: "button", class: classes, lang: one.lang,
    "aria-pressed": kind === "language" ? String(one.chosen) : "" }, own(one.label));
  element.addEventListener("click", (event) => { event.stopPropagation(); go(one.go); });
  return element;
}

function tile(one, go, large = false) {
  const picture = one.image
    ? made("img", { src: one.image, alt: "", draggable: "false", decoding: "async", loading: large ? "eager" : "lazy" })
    : made("span", { class: "none", "aria-hidden": "true" }, "–");
  if (one.image) picture.alt = one.alt;
  const words = [made("span", { class: "title" }, own(one.title))];
  for (const line of one.lines) if (line) words.push(made("span", { class: "line" }, own(line)));
  const caption = made(one.go ? "span" : "div", { class: "caption" }, ...words);
  const element = made(one.go ? "button" : "div", { class: one.generated ? "tile generated" : "tile",
    type: one.go ? "button" : "" }, made("span", { class: "mat" }, picture), caption);
  if (one.go) element.addEventListener("click", () => go(one.go));
  return element;
}

const list = (tiles, go, kind, large = false) =>
  made("ul", { class: kind, role: "list" }, ...tiles.map((one) => made("li", {}, tile(one, go, large))));

function form(one, go) {
  const input = made("input", { type: "text", maxlength: one.longest, "aria-label": one.label, placeholder: one.label,
    dir: "auto", autocomplete: "off", autocorrect: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "search" });
  const element = made("form", { class: "ask" }, input, made("button", { type: "submit" }, one.button));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim()) go({ show: "results", q: input.value.trim() });
  });
  return element;
}

function ordinary(data, go) {
  const title = made("h1", { tabindex: "-1" }, own(data.title));
  const head = made("header", {}, title, ...data.text.map((text) => made("p", {}, own(text))));
  const view = made("div", { class: "view" });
  const section = made("section", { class: "beside" }, made("h2", {}, own(data.heading)), list(data.beside, go, "tiles small"));
  if (data.kind === "work") {
    const work = tile(data.tiles[0], go, true);
    work.querySelector(".title").replaceWith(head); // a work is called once
    view.append(work);
  } else view.append(head);
  if (data.kind === "contrast") view.append(list(data.tiles, go, "large", true));
  else if (data.kind !== "work" && data.tiles.length) view.append(list(data.tiles, go, "tiles"));
  if (data.beside.length) view.append(section);
  const bar = made("nav", { class: "bar", "aria-label": data.label });
  if (data.form) bar.append(form(data.form, go));
  for (const one of data.buttons) bar.append(button(one, go));
  if (data.languages.length) {
    bar.append(made("div", { class: "languages" }, ...data.languages.map((one) => button(one, go, "language"))));
  }
  return [view, bar];
}

function attract(data, go) {
  const stand = made("div", { class: "loop", "aria-live": "off" });
  const touch = made("button", { type: "button", class: "touch first" });
  let at = -1, invitation;
  const next = () => {
    at += 1;
    invitation = data.buttons[at % data.buttons.length];
    touch.replaceChildren(invitation.label);
    touch.lang = invitation.lang;
    touch.dir = "auto";
    if (!data.tiles.length) return;
    const turn = at, one = data.tiles[at % data.tiles.length], shown = tile(one, go, true);
    const picture = shown.querySelector("img");
    const stands = () => { if (turn === at) stand.replaceChildren(shown); };
    const gone = () => data.tiles.splice(data.tiles.indexOf(one), 1);
    if (picture) picture.decode().then(stands, gone); // a caption never stands below an empty wall
    else stands();
  };
  next();
  touch.addEventListener("click", (event) => { event.stopPropagation(); go(invitation.go); });
  const view = made("div", { class: "view" }, made("header", {}, made("h1", { tabindex: "-1" }, own(data.title))), stand);
  const bar = made("nav", { class: "bar", "aria-label": data.label }, touch);
  if (data.languages.length) {
    bar.append(made("div", { class: "languages" }, ...data.languages.map((one) => button(one, go, "language"))));
  }
  return [view, bar, setInterval(next, 1000 * data.pace)];
}

let shown = { drawn: "", place: "", loop: 0, again: 0 };

export default function ({ parentElement, data, setTriggerValue }) {
  document.documentElement.dataset.stage = "drawn"; // idle.js looks whether there is one
  clearInterval(shown.again);
  if (data.again) shown.again = setInterval(() => setTriggerValue("again", Date.now()), data.again);
  const drawn = JSON.stringify(data);
  const before = parentElement.querySelector(".stage");
  if (before && drawn === shown.drawn) return; // the script ran again, and nothing is new
  clearInterval(shown.loop);
  const go = (address) => setTriggerValue("go", address);
  const [view, bar, loop] = data.kind === "attract" ? attract(data, go) : ordinary(data, go);
  const stage = made("div", { class: `stage ${data.kind}`, lang: data.lang, dir: data.dir }, view, bar);
  stage.style.setProperty("--size", data.size);
  if (data.kind === "attract") stage.addEventListener("click", () => bar.querySelector(".touch").click());
  const place = `${data.kind} ${data.title} ${data.lang}`;
  const scrolled = before && place === shown.place ? before.querySelector(".view").scrollTop : 0;
  before?.remove();
  parentElement.append(stage);
  view.scrollTop = scrolled;
  if (place !== shown.place && shown.place) view.querySelector("h1").focus({ preventScroll: true });
  shown = { drawn, place, loop: loop ?? 0, again: shown.again };
}
