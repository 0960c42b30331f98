// Shows a whole picture and lets a part of it be chosen.

const EDGES = ["x", "y", "width", "height"];

const within = (value, low, high) => Math.min(Math.max(value, low), high);

export default function ({ parentElement, data }) {
  const words = data.words;
  const root = made("figure", { class: data.generated ? "looking generated" : "looking" });
  parentElement.querySelector("figure")?.remove();
  parentElement.append(root);
  if (data.generated) root.append(made("p", { class: "made" }, words.generated));
  if (!data.picture) {
    root.append(made("div", { class: "mat" }, made("span", {}, words.nothing)));
    return;
  }
  const image = made("img", { src: data.picture, alt: data.alt, draggable: "false" });
  // Whole, within the window, and small ones larger than they are; the frame's edges are those of the picture.
  image.addEventListener("load", () => {
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    face.style.width = `min(100%, ${(75 * width) / height}vh, ${Math.max(width, 480)}px)`;
  });
  const part = made("div", { class: "part" });
  part.hidden = true;
  const face = made("div", { class: "face" }, image, part);
  root.append(made("div", { class: "mat" }, face));
  const acts = made("div", { class: "acts" },
    made("a", { class: "button", href: data.larger, target: "_blank", rel: "noopener" }, words.larger));
  root.append(acts);
  if (!data.term) return;

  const box = { x: 25, y: 25, width: 50, height: 50 };
  const labels = { x: words.left, y: words.top, width: words.width, height: words.height };
  const inputs = Object.fromEntries(EDGES.map((edge) => {
    const input = made("input", { type: "number", min: edge === "x" || edge === "y" ? 0 : 2, max: 100, step: 1 });
    input.addEventListener("input", () => { box[edge] = Number(input.value) || 0; draw(false); });
    return [edge, input];
  }));
  const links = Object.fromEntries(Object.keys(data.searches).map((tray) => [tray, led(made("a", { class: "button" }, words[tray]))]));
  const draw = (figures = true) => {
    box.x = within(box.x, 0, 98);
    box.y = within(box.y, 0, 98);
    box.width = within(box.width, 2, 100 - box.x);
    box.height = within(box.height, 2, 100 - box.y);
    Object.assign(part.style, { left: `${box.x}%`, top: `${box.y}%`, width: `${box.width}%`, height: `${box.height}%` });
    if (figures) for (const edge of EDGES) inputs[edge].value = String(Math.round(box[edge]));
    const region = EDGES.map((edge) => Math.round(10 * box[edge]) / 10).join(",");
    for (const [tray, link] of Object.entries(links)) {
      const address = new URL(data.searches[tray], document.baseURI);
      address.searchParams.append(tray, `${data.term}#xywh=percent:${region}`);
      link.href = address.href;
    }
  };
  const choose = made("button", { type: "button", "aria-expanded": "false" }, words.choose);
  const form = made("div", { class: "form" }, made("p", { class: "quiet" }, words.how),
    made("div", { class: "edges" }, ...EDGES.map((edge) => made("label", {}, `${labels[edge]} `, inputs[edge], " %"))));
  form.append(made("div", { class: "acts" }, ...Object.values(links)));
  form.hidden = true;
  acts.append(choose);
  root.append(form);
  const open = (now) => {
    form.hidden = part.hidden = !now;
    choose.setAttribute("aria-expanded", String(now));
    face.classList.toggle("choosing", now);
    if (now) draw();
  };
  choose.addEventListener("click", () => open(form.hidden));

  const place = (event) => {
    const edges = face.getBoundingClientRect();
    return [within(((event.clientX - edges.left) / edges.width) * 100, 0, 100),
      within(((event.clientY - edges.top) / edges.height) * 100, 0, 100)];
  };
  let from = null;
  face.addEventListener("pointerdown", (event) => {
    if (form.hidden || event.button !== 0) return;
    event.preventDefault();
    face.setPointerCapture(event.pointerId);
    from = place(event);
  });
  face.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [x, y] = place(event);
    Object.assign(box, { x: Math.min(x, from[0]), y: Math.min(y, from[1]),
      width: Math.abs(x - from[0]), height: Math.abs(y - from[1]) });
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) face.addEventListener(end, () => { from = null; });
}
