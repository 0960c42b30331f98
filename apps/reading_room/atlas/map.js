// The map of the front end: draws what it is sent addresses of, and tells which line was drawn, which work was chosen
// and what is in view. Which works that are, the server works out. Text is set as text, never as markup.

import { listen, made } from "./hands.js";
import { FADED, painter } from "./painters.js";
import { Pictures } from "./pictures.js";

const CORNERS = 300; // of a line that is sent
const PAUSE = 350; // milliseconds without movement after which what is in view is told
const SLOW = 36, PATIENCE = 6; // milliseconds of a frame, and how many such, after which fewer points are drawn while moving
const WHOLE = 0.86; // of the field for the whole map: room for pictures at its edge
const LARGEST = 4000; // times the whole map
const SHAPES = ["●", "■", "▲", "◆", "✚", "▼", "✖", "○", "●"]; // as painters.js draws them

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const number = (value) => value.toLocaleString();

class MapView {
  constructor(root, data, tell) {
    Object.assign(this, { root, tell, mode: "move", line: [], held: new Map(), at: { x: 0.5, y: 0.5, scale: WHOLE }, step: 1 });
    this.build(data);
    this.update(data, tell);
    this.watching = new ResizeObserver(() => this.redraw());
    this.watching.observe(this.field);
  }

  build(data) {
    performance.mark("map:script");
    const words = data.words;
    this.field = made("div", { class: "field", tabindex: "0", role: "application", "aria-label": data.label,
      "aria-roledescription": words.map });
    this.keys = made("p", { class: "quiet keys" }, words.keys);
    const make = () => made("canvas", { "aria-hidden": "true" });
    [this.canvas, this.painter] = painter(make, data.painter);
    this.over = make();
    this.pen = this.over.getContext("2d");
    this.tip = made("div", { class: "tip", hidden: true, "aria-hidden": "true" });
    this.tip.hidden = true;
    this.status = made("p", { class: "status", role: "status" });
    this.tools = made("div", { class: "tools", role: "toolbar", "aria-label": words.tools });
    this.buttons = {};
    const button = (name, label, act) => {
      this.buttons[name] = made("button", { type: "button" }, label);
      this.buttons[name].dataset.tool = name;
      this.buttons[name].addEventListener("click", act);
      this.tools.append(this.buttons[name]);
    };
    button("move", words.move, () => this.enter("move"));
    button("lasso", words.lasso, () => this.enter("lasso"));
    button("inview", words.inview, () => this.select(this.frame()));
    button("clear", words.clear, () => this.select([]));
    button("in", words.larger, () => this.zoom(1.6));
    button("out", words.smaller, () => this.zoom(1 / 1.6));
    button("all", words.all, () => this.whole());
    this.showing = made("input", { type: "checkbox", checked: "checked" });
    this.showing.addEventListener("change", () => this.redraw());
    this.tools.append(made("label", {}, this.showing, ` ${words.pictures}`));
    this.legend = made("ul", { class: "legend", role: "list" });
    this.field.append(...[this.canvas, this.over, this.tip].filter(Boolean));
    this.root.append(this.tools, this.field, this.status, this.legend, this.keys);
    this.field.dataset.painter = this.painter?.kind ?? "none";
    this.field.dataset.renderer = this.painter?.name ?? "";
    if (!this.painter) this.still(data);
    listen(this);
    this.enter("move");
  }

  // A browser that draws nothing is given the picture that was drawn for it.
  still(data) {
    this.field.replaceChildren(made("img", { src: `${data.base}/picture`, alt: data.label }));
    this.field.removeAttribute("role");
    this.field.removeAttribute("tabindex");
    this.tools.remove();
    this.status.textContent = data.words.still;
  }

  update(data, tell) {
    this.tell = tell;
    const old = this.data ?? {};
    this.data = data;
    if (!this.painter) return;
    if (data.base !== old.base) this.load();
    else if (data.codes !== old.codes) this.colour();
    else if (data.mask !== old.mask) this.choose();
    if (data.line !== old.line) this.drawn = data.line ? data.line.split(".").map((one) => one.split("_").map((v) => v / 1e6)) : [];
    this.label();
    this.redraw();
  }

  // What is asked of the server.

  async ask(path) {
    const answer = await fetch(`${this.data.base}/${path}`).catch(() => null);
    if (answer?.ok) return answer.arrayBuffer();
    this.status.textContent = answer?.status === 409 ? this.data.words.changed : this.data.words.missing;
    return null;
  }

  async load() {
    const base = this.data.base, n = this.data.n;
    this.points = null;
    this.pictures = new Pictures(base, this.data.levels, (path) => this.ask(path), () => this.redraw());
    this.status.textContent = this.data.words.loading;
    const bytes = await this.ask("points");
    if (!bytes || base !== this.data.base) return;
    if (bytes.byteLength !== 8 * n) return void (this.status.textContent = this.data.words.changed);
    this.points = { x: new Float32Array(bytes, 0, n), y: new Float32Array(bytes, 4 * n, n) };
    this.groups = new Uint8Array(n);
    this.looks = new Uint8Array(n);
    if (this.data.view) this.look(this.data.view);
    performance.mark("map:points");
    this.redraw();
    await this.colour();
    this.settled();
    this.field.dataset.ready = base;
    performance.mark("map:ready");
  }

  async colour() {
    const { base, codes } = this.data;
    const bytes = codes ? await this.ask(codes) : new ArrayBuffer(this.data.n);
    if (!bytes || codes !== this.data.codes || base !== this.data.base) return;
    this.groups = new Uint8Array(bytes);
    await this.choose();
  }

  // Which works are chosen: the others fade.
  async choose() {
    const { base, mask } = this.data;
    const bytes = mask ? await this.ask(mask) : null;
    if (mask !== this.data.mask || base !== this.data.base || !this.points) return;
    const bits = bytes && new Uint8Array(bytes), looks = new Uint8Array(this.data.n);
    for (let i = 0; i < looks.length; i++) {
      looks[i] = this.groups[i] + (bits && !((bits[i >> 3] >> (i & 7)) & 1) ? FADED : 0);
    }
    this.looks = looks;
    this.someFaded = Boolean(bits);
    this.painter.changed();
    this.field.dataset.mask = mask ?? "";
    this.redraw();
  }

  label() {
    const { words, legend } = this.data;
    this.field.setAttribute("aria-label", `${this.data.label} ${words.keys}`);
    this.legend.setAttribute("aria-label", this.data.by);
    this.legend.replaceChildren(...legend.map((one, group) => {
      const mark = made("span", { class: "mark", "aria-hidden": "true" }, SHAPES[group]);
      mark.style.color = `rgb(${this.data.colours[group].join(" ")})`;
      const name = made("bdi", {}, one.name);
      const entry = made("button", { type: "button", "aria-pressed": String(one.chosen), title: `${one.name}. ${words.only}` }, mark, name,
        made("span", { class: "quiet" }, ` ${number(one.n)}`));
      entry.dataset.group = String(group);
      entry.addEventListener("click", () => this.tell({ kind: "only", name: one.chosen ? "" : one.key, version: this.data.version }));
      return made("li", {}, entry);
    }));
    this.buttons.clear.disabled = !this.data.mask;
  }

  // Where we are. `at` is the middle of the view on the map, and how much of the shorter side of the field the map fills.

  scene() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const width = Math.round(this.field.clientWidth * ratio), height = Math.round(this.field.clientHeight * ratio);
    const scale = Math.min(width, height) * this.at.scale;
    const dot = Math.min(12, Math.max(1.6, 220 / Math.sqrt(this.data.n)) * Math.min(4, Math.sqrt(this.at.scale))) * ratio;
    return { ...this.points, looks: this.looks, n: this.data.n, step: this.moving ? this.step : 1, width, height, ratio, scale,
      left: width / 2 - this.at.x * scale, top: height / 2 - (1 - this.at.y) * scale, size: dot,
      colours: this.data.colours, someFaded: this.someFaded };
  }

  place(event) { // of the pointer, on the map
    const box = this.field.getBoundingClientRect(), { ratio, scale, left, top } = this.scene();
    return [((event.clientX - box.left) * ratio - left) / scale, 1 - ((event.clientY - box.top) * ratio - top) / scale];
  }

  frame() { // what is in view, as a line
    const { scale, left, top, width, height } = this.scene();
    const [x0, x1, y0, y1] = [-left / scale, (width - left) / scale, 1 - (height - top) / scale, 1 + top / scale];
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]].map((corner) => corner.map((v) => Math.min(2, Math.max(-1, v))));
  }

  look([x0, y0, x1, y1]) { // so that this part of the map is in view
    const { width, height } = this.scene(), shorter = Math.min(width, height);
    const scale = Math.min(width / (x1 - x0), height / (y1 - y0)) / shorter;
    if (Number.isFinite(scale) && scale > 0) this.at = { x: (x0 + x1) / 2, y: (y0 + y1) / 2, scale: Math.min(LARGEST, scale) };
  }

  go(change) {
    Object.assign(this.at, change);
    const clip = (value) => Math.min(1.2, Math.max(-0.2, value));
    this.at = { x: clip(this.at.x), y: clip(this.at.y), scale: Math.min(LARGEST, Math.max(0.4, this.at.scale)) };
    this.moving = true;
    this.tip.hidden = true;
    this.rest();
    this.redraw();
  }

  rest() { // it has come to rest when nothing moved for a while and no pointer holds it
    clearTimeout(this.pausing);
    this.pausing = setTimeout(() => {
      if (this.held.size) return void this.rest();
      this.moving = false;
      this.settled();
      this.tellView();
    }, PAUSE);
  }

  pan(right, up) { // in shares of the shorter side of the field
    this.go({ x: this.at.x + right / this.at.scale, y: this.at.y + up / this.at.scale });
  }

  zoom(times, [x, y] = [this.at.x, this.at.y]) { // what is at this place stays where it is
    const scale = Math.min(LARGEST, Math.max(0.4, this.at.scale * times)), kept = this.at.scale / scale;
    this.go({ x: x + (this.at.x - x) * kept, y: y + (this.at.y - y) * kept, scale });
  }

  whole() { this.go({ x: 0.5, y: 0.5, scale: WHOLE }); }

  inView() {
    const found = [], [[x0, y0], , [x1, y1]] = this.frame();
    let count = 0;
    for (let i = 0; i < this.data.n; i++) {
      if (this.points.x[i] >= x0 && this.points.x[i] <= x1 && this.points.y[i] >= y0 && this.points.y[i] <= y1) {
        if (++count <= 1000) found.push(i);
      }
    }
    return [count, found];
  }

  settled() {
    if (!this.points) return;
    const [count, places] = this.inView();
    this.pictures.settle(count <= places.length ? places : []);
    this.status.textContent = filled(this.data.words.count, { n: number(count), total: number(this.data.n) });
    this.field.dataset.inview = String(count);
    this.redraw();
  }

  tellView() {
    const [[x0, y0], , [x1, y1]] = this.frame();
    this.tell({ kind: "view", view: [x0, y0, x1, y1].map((v) => Math.round(v * 1e6)).join("_"), version: this.data.version });
  }

  select(line) {
    let corners = line;
    while (corners.length > CORNERS) corners = corners.filter((_, i) => i % 2 === 0);
    const text = corners.length < 3 ? "" : corners.map((one) => one.map((v) => Math.round(v * 1e6)).join("_")).join(".");
    this.tell({ kind: "line", line: text, version: this.data.version });
  }

  enter(mode) {
    this.mode = mode;
    this.field.dataset.mode = mode;
    for (const name of ["move", "lasso"]) this.buttons[name].setAttribute("aria-pressed", String(name === mode));
  }

  // Drawing.

  redraw() {
    if (this.asked || !this.painter) return;
    this.asked = requestAnimationFrame((now) => {
      this.asked = 0;
      const began = performance.now();
      this.draw();
      // Without a card all the work is done here and now; what a card does shows only in when the next frame comes.
      const took = this.painter.kind === "plain" ? 2 * (performance.now() - began) : now - (this.last ?? now);
      this.last = now;
      if (this.moving) this.pace(took);
      else this.last = undefined;
    });
  }

  pace(took) { // while it moves, as many points as are drawn in time
    this.slow = took > SLOW ? (this.slow ?? 0) + took / SLOW : Math.max(0, (this.slow ?? 0) - 1); // one hiccup is no reason
    if (this.slow >= PATIENCE && this.data.n / this.step > 20000) [this.step, this.slow] = [Math.min(31, this.step * 2), 0];
    this.field.dataset.step = String(this.step);
    if (this.step > 1) this.status.textContent = filled(this.data.words.thinned, { step: this.step });
  }

  draw() {
    if (!this.points || !this.field.clientWidth) return;
    const scene = this.scene();
    for (const canvas of [this.canvas, this.over]) {
      if (canvas.width !== scene.width || canvas.height !== scene.height) [canvas.width, canvas.height] = [scene.width, scene.height];
    }
    const began = performance.now();
    this.painter.draw(scene);
    if (this.data.profile) this.painter.finish();
    const points = performance.now();
    this.pen.clearRect(0, 0, scene.width, scene.height);
    this.hung = this.showing.checked && this.data.levels ? this.pictures.shown(scene) : [];
    for (const one of this.hung) this.hang(one, scene);
    this.marks(scene);
    if (this.data.profile) this.profile = { points: points - began, pictures: performance.now() - points, hung: this.hung.length };
    if (this.data.profile) (window.mapFrames ??= []).push({ at: began, step: scene.step, ...this.profile });
    this.field.dataset.hung = String(this.hung.length);
  }

  hang([place, image, box, x, y, side], { ratio, colours }) {
    const [left, top, wide, high] = box ?? [0, 0, image.naturalWidth, image.naturalHeight];
    const size = side / Math.max(wide, high), faded = this.looks[place] >= FADED;
    this.pen.globalAlpha = faded ? 0.2 : 1;
    this.pen.drawImage(image, left, top, wide, high, x - (wide * size) / 2, y - (high * size) / 2, wide * size, high * size);
    if (this.data.by) { // its group, as a bar below
      const [red, green, blue] = colours[this.groups[place]] ?? [0, 0, 0];
      this.pen.fillStyle = `rgb(${red} ${green} ${blue})`;
      this.pen.fillRect(x - side / 4, y + side / 2 - 2 * ratio, side / 2, 3 * ratio);
    }
    this.pen.globalAlpha = 1;
  }

  marks({ scale, left, top, ratio }) {
    const line = this.line.length ? this.line : this.drawn ?? [], pen = this.pen;
    if (line.length > 1) {
      pen.beginPath();
      for (const [x, y] of line) pen.lineTo(left + x * scale, top + (1 - y) * scale);
      if (!this.line.length) pen.closePath();
      for (const [ink, width] of [["#000a", 4], ["#fff", 1.5]]) Object.assign(pen, { strokeStyle: ink, lineWidth: width * ratio }), pen.stroke();
    }
    for (const place of this.data.marked ?? []) {
      const x = left + this.points.x[place] * scale, y = top + (1 - this.points.y[place]) * scale;
      for (const [ink, width] of [["#000", 5], ["#fff", 2.5]]) {
        Object.assign(pen, { strokeStyle: ink, lineWidth: width * ratio });
        pen.beginPath(), pen.arc(x, y, 11 * ratio, 0, 7), pen.stroke();
      }
    }
  }

  end() {
    cancelAnimationFrame(this.asked);
    clearTimeout(this.pausing);
    clearTimeout(this.hovering);
    this.watching.disconnect();
    this.painter?.end();
    this.root.replaceChildren();
  }
}

const views = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const tell = (act) => setTriggerValue("act", act);
  let root = parentElement.querySelector(".atlas");
  if (!root) parentElement.append((root = made("div", { class: "atlas" })));
  if (views.has(root)) views.get(root).update(data, tell);
  else views.set(root, new MapView(root, data, tell));
  return () => {
    if (root.isConnected) return; // drawn anew with other data, not taken away
    views.get(root)?.end();
    views.delete(root);
  };
}
