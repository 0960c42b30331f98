// Two trays of what results should be like, or not: words, works, pictures that are dropped, pasted or chosen.
// Text is set as text, never as markup.

const button = (label, hint, act) => {
  const element = made("button", { type: "button", "aria-label": hint, title: hint === label ? "" : hint }, label);
  element.addEventListener("click", act);
  return element;
};

const pictures = (transfer) => [...(transfer?.files || [])];

export default function ({ parentElement, data, setTriggerValue }) {
  const words = data.words;
  const tell = (act) => setTriggerValue("act", act);

  let root = parentElement.querySelector(".trays");
  if (!root) {
    root = made("details", { class: "trays" });
    root.append(made("summary", {}, words.open), made("div", { class: "both" }), made("p", { class: "said", role: "status" }));
    parentElement.append(root);
    root.open = false;
  }
  root.querySelector("summary").textContent = words.open;
  const both = root.querySelector(".both");
  const said = root.querySelector(".said");
  const focused = parentElement.activeElement?.dataset?.focus;

  const bring = (tray, files) => {
    said.textContent = "";
    const [file] = files;
    if (!file) return;
    if (!file.type.startsWith("image/")) { said.textContent = words.wrong; return; }
    if (file.size > data.limits.bytes) { said.textContent = words.large; return; }
    const reader = new FileReader();
    reader.addEventListener("load", () => tell({ do: "picture", tray, data: reader.result.split(",")[1] || "", once: Date.now() }));
    reader.addEventListener("error", () => { said.textContent = words.wrong; });
    reader.readAsDataURL(file);
  };

  const chip = (tray, entry, place) => {
    const hint = (what) => `${what}: ${entry.label}`;
    const face = entry.image
      ? made("img", { src: entry.image, alt: "", loading: "lazy" })
      : made("span", { class: "mark", "aria-hidden": "true" }, entry.href || entry.missing ? "▢" : "“ ”");
    const label = made(entry.href ? "a" : "span", { class: "label", href: entry.href, title: entry.label, dir: "auto",
      target: entry.href ? "_self" : "" }, entry.label);
    if (entry.href) led(label);
    const weight = made("input", { type: "number", step: "0.1", min: data.limits.weights[0], max: data.limits.weights[1],
      value: entry.weight, "aria-label": hint(words.weight) });
    weight.dataset.focus = `${tray}.${place}.weight`;
    weight.addEventListener("change", () => {
      if (weight.checkValidity() && weight.value) tell({ do: "weight", tray, place, weight: Number(weight.value) });
      else weight.reportValidity();
    });
    const row = made("div", { class: "acts" }, made("label", {}, "× ", weight));
    if (entry.view) row.append(button(words.part, hint(words.part), () => part(tray, entry, place)));
    row.append(button("⇄", hint(words.move), () => tell({ do: "move", tray, place })));
    row.append(button("✕", hint(words.remove), () => tell({ do: "remove", tray, place })));
    const text = made("div", { class: "text" }, label);
    if (entry.region) text.append(made("p", { class: "quiet" }, `${words.parted} (${entry.region.map((v) => Math.round(v)).join(", ")} %)`));
    if (entry.missing) text.append(made("p", { class: "missing" }, entry.missing));
    text.append(row);
    return made("li", { class: entry.missing ? "chip gone" : "chip" }, face, text);
  };

  const drawn = (tray) => {
    const list = made("ul", { role: "list", "aria-label": tray.title });
    list.append(...tray.entries.map((entry, place) => chip(tray.name, entry, place)));
    if (!tray.entries.length) list.append(made("li", { class: "quiet" }, words.empty));
    const text = made("input", { type: "text", placeholder: words.words, "aria-label": `${tray.title}: ${words.words}`,
      maxlength: data.limits.words });
    text.dataset.focus = `${tray.name}.words`;
    const form = made("form", {}, text, made("button", { type: "submit" }, words.add));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (text.value.trim()) tell({ do: "words", tray: tray.name, text: text.value, once: Date.now() });
    });
    const file = made("input", { type: "file", accept: "image/*", "aria-label": `${tray.title}: ${words.picture}` });
    file.addEventListener("change", () => { bring(tray.name, [...file.files]); file.value = ""; });
    const box = made("section", { class: `tray ${tray.name}` }, made("h2", {}, tray.title), list, form,
      made("label", { class: "file" }, words.picture, file));
    box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
    box.addEventListener("dragleave", () => box.classList.remove("over"));
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      box.classList.remove("over");
      bring(tray.name, pictures(event.dataTransfer));
    });
    return box;
  };

  // Choosing a part of a picture: by drawing over it, or by numbers.
  const part = (tray, entry, place) => {
    const [x, y, w, h] = entry.region || [25, 25, 50, 50];
    const frame = made("div", { class: "frame" });
    const image = made("img", { src: entry.view, alt: entry.label, draggable: "false" });
    const canvas = made("div", { class: "canvas" }, image, frame);
    const field = (name, value, least) => {
      const input = made("input", { type: "number", min: least, max: "100", step: "1", value: Math.round(value) });
      input.addEventListener("input", show);
      return [input, made("label", {}, `${name} `, input, " %")];
    };
    const fields = [field(words.left, x, 0), field(words.top, y, 0), field(words.width, w, 1), field(words.height, h, 1)];
    const read = () => {
      const [left, top, width, height] = fields.map(([input]) => Math.min(100, Math.max(0, Number(input.value) || 0)));
      return [left, top, Math.max(1, Math.min(width, 100 - left)), Math.max(1, Math.min(height, 100 - top))];
    };
    function show() {
      const [left, top, width, height] = read();
      Object.assign(frame.style, { left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%` });
    }
    let from = null;
    const at = (event) => {
      const box = image.getBoundingClientRect();
      const within = (value, size) => Math.min(100, Math.max(0, (100 * value) / size));
      return [within(event.clientX - box.left, box.width), within(event.clientY - box.top, box.height)];
    };
    canvas.addEventListener("pointerdown", (event) => { from = at(event); canvas.setPointerCapture(event.pointerId); event.preventDefault(); });
    canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      const to = at(event);
      const box = [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];
      fields.forEach(([input], i) => { input.value = Math.round(box[i]); });
      show();
    });
    canvas.addEventListener("pointerup", () => { from = null; });
    const dialog = made("dialog", { "aria-label": words.title }, made("h2", {}, words.title),
      made("p", { class: "quiet" }, words.draw), canvas, made("div", { class: "numbers" }, ...fields.map(([, label]) => label)));
    const end = (region) => {
      dialog.close();
      dialog.remove();
      if (region !== null) tell({ do: "region", tray, place, region });
    };
    dialog.append(made("div", { class: "acts" }, button(words.use, words.use, () => end(read().join(","))),
      button(words.whole, words.whole, () => end("")), button(words.cancel, words.cancel, () => end(null))));
    dialog.addEventListener("cancel", () => dialog.remove());
    root.append(dialog);
    show();
    dialog.showModal();
  };

  const filled = data.trays.some((tray) => tray.entries.length);
  if (filled && !root.dataset.filled) root.open = true;
  root.dataset.filled = filled ? "yes" : "";
  both.replaceChildren(made("p", { class: "quiet hint" }, words.hint), ...data.trays.map(drawn));
  if (focused) parentElement.querySelector(`[data-focus="${focused}"]`)?.focus();

  const paste = (event) => {
    const files = pictures(event.clipboardData);
    if (!files.length) return; // words are pasted where the visitor writes
    event.preventDefault();
    root.open = true;
    const inside = event.composedPath().find((one) => one.classList?.contains("tray"));
    bring(inside?.classList.contains("unlike") ? "unlike" : "like", files);
  };
  const over = (event) => {
    if (![...(event.dataTransfer?.types || [])].includes("Files")) return;
    event.preventDefault(); // else the browser would leave the page for the picture
    root.open = true;
  };
  const drop = (event) => {
    if (event.defaultPrevented || !pictures(event.dataTransfer).length) return; // it fell into a tray
    event.preventDefault();
    bring("like", pictures(event.dataTransfer));
  };
  const heard = { paste, dragover: over, drop };
  for (const [name, hear] of Object.entries(heard)) document.addEventListener(name, hear);
  return () => {
    for (const [name, hear] of Object.entries(heard)) document.removeEventListener(name, hear);
  };
}
