// Draws the map, and keeps the list to what is in view. Without it the list is whole and the page still says everything.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const bytes = Uint8Array.from(atob(data.places), (c) => c.charCodeAt(0));
const places = new Uint16Array(bytes.buffer); // x, y, x, y, ...: 0 to 65535, y upwards
const groups = Uint8Array.from(atob(data.groups), (c) => c.charCodeAt(0));
const n = places.length / 2;
const canvas = document.getElementById("map"), pen = canvas.getContext("2d");
const tip = document.getElementById("tip"), count = document.getElementById("count");
const items = new Map([...document.querySelectorAll("#works > li")].map((li) => [Number(li.dataset.i), li]));
const sheets = data.sheets.map((source) => { const image = new Image(); image.src = source; image.onload = draw; return image; });
const spriteOf = new Map(data.sprites.map((i, k) => [i, k]));
const off = new Set();
let view = { x: 0.5, y: 0.5, scale: 1 }, chosen = -1, waiting = false;

function size() {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  return ratio;
}
const unit = () => Math.min(canvas.width, canvas.height) * 0.94 * view.scale;
const across = (i) => canvas.width / 2 + (places[2 * i] / 65535 - view.x) * unit();
const down = (i) => canvas.height / 2 - (places[2 * i + 1] / 65535 - view.y) * unit();
const faded = (i) => data.colours.length > 0 && off.has(groups[i]);
const colour = (i) => data.colours[groups[i]] || getComputedStyle(canvas).color;

function draw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    const ratio = size(), side = thumbSide(ratio), shown = [];
    pen.clearRect(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < n; i++) {
      const x = across(i), y = down(i);
      if (x < -side || y < -side || x > canvas.width + side || y > canvas.height + side) continue;
      shown.push(i);
      pen.globalAlpha = faded(i) ? 0.12 : 0.85;
      pen.fillStyle = colour(i);
      const dot = (n > 20000 ? 1 : 1.8) * ratio;
      pen.fillRect(x - dot, y - dot, 2 * dot, 2 * dot);
    }
    if (document.getElementById("pictures").checked) pictures(shown, side, ratio);
    if (chosen >= 0) {
      pen.globalAlpha = 1; pen.strokeStyle = getComputedStyle(canvas).color; pen.lineWidth = 2 * ratio;
      pen.strokeRect(across(chosen) - side / 2 - 3, down(chosen) - side / 2 - 3, side + 6, side + 6);
    }
    list(shown);
  });
}
function thumbSide(ratio) {
  if (data.cell) return Math.max(6, data.cell * unit() * 0.92);
  return Math.min(64, 22 * Math.sqrt(view.scale) + 6) * ratio;
}
function pictures(shown, side, ratio) {
  const taken = new Set(), step = side * (data.cell ? 0.5 : 1.04);
  for (const i of data.order) { // in the order in which they may take room
    const k = spriteOf.get(i);
    if (k === undefined || !sheets[Math.floor(k / data.each)].complete) continue;
    const x = across(i), y = down(i);
    if (x < -side || y < -side || x > canvas.width + side || y > canvas.height + side) continue;
    const cx = Math.floor(x / step), cy = Math.floor(y / step);
    let free = true;
    if (!data.cell) {
      for (let a = -1; a <= 1 && free; a++) for (let b = -1; b <= 1 && free; b++) {
        const other = taken.has(`${cx + a},${cy + b}`) ? at.get(`${cx + a},${cy + b}`) : null;
        free = !other || Math.abs(other[0] - x) >= side || Math.abs(other[1] - y) >= side;
      }
    }
    if (!free) continue;
    taken.add(`${cx},${cy}`); at.set(`${cx},${cy}`, [x, y]);
    const [w, h] = data.sizes[k], part = Math.max(w, h), wide = side * w / part, high = side * h / part;
    const place = k % data.each, column = place % data.columns, row = Math.floor(place / data.columns);
    pen.globalAlpha = faded(i) ? 0.15 : 1;
    if (data.colours.length) {
      pen.fillStyle = colour(i);
      pen.fillRect(x - wide / 2 - 1.5 * ratio, y - high / 2 - 1.5 * ratio, wide + 3 * ratio, high + 3 * ratio);
    }
    pen.drawImage(sheets[Math.floor(k / data.each)], column * data.side, row * data.side, w, h,
      x - wide / 2, y - high / 2, wide, high);
  }
  at.clear();
}
const at = new Map();

const PAGE = 60;
let from = 0, inView = [];
function list(shown) {
  const key = shown.length + ":" + shown[0] + ":" + shown[shown.length - 1] + ":" + [...off];
  if (key === list.key) return;
  list.key = key; from = 0;
  inView = shown.filter((i) => items.has(i) && !faded(i));
  page();
}
function page() {
  const visible = new Set(inView.slice(from, from + PAGE));
  for (const [i, li] of items) li.hidden = !visible.has(i);
  count.textContent = `${inView.length.toLocaleString()} works in view` + (inView.length > PAGE
    ? `, ${(from + 1).toLocaleString()} to ${Math.min(from + PAGE, inView.length).toLocaleString()} are listed` : "");
  document.getElementById("earlier").disabled = from === 0;
  document.getElementById("later").disabled = from + PAGE >= inView.length;
}
document.getElementById("earlier").onclick = () => { from = Math.max(0, from - PAGE); page(); };
document.getElementById("later").onclick = () => { from += PAGE; page(); };

function nearest(event) {
  const box = canvas.getBoundingClientRect(), ratio = canvas.width / box.width;
  const x = (event.clientX - box.left) * ratio, y = (event.clientY - box.top) * ratio;
  let best = -1, least = (24 * ratio) ** 2;
  for (let i = 0; i < n; i++) {
    const d = (across(i) - x) ** 2 + (down(i) - y) ** 2;
    if (d < least && items.has(i)) { least = d; best = i; }
  }
  return best;
}
function tell(i, event) {
  tip.hidden = i < 0;
  if (i < 0) return;
  tip.textContent = items.get(i).textContent;
  tip.style.left = Math.min(event.offsetX + 16, canvas.clientWidth - 260) + "px";
  tip.style.top = event.offsetY + 16 + "px";
}
function zoom(factor, event) {
  const box = canvas.getBoundingClientRect(), ratio = canvas.width / box.width;
  const dx = event ? (event.clientX - box.left) * ratio - canvas.width / 2 : 0;
  const dy = event ? (event.clientY - box.top) * ratio - canvas.height / 2 : 0;
  const before = unit();
  view.scale = Math.min(200, Math.max(0.8, view.scale * factor));
  view.x += dx / before - dx / unit(); view.y -= dy / before - dy / unit();
  draw();
}
function choose(i) {
  chosen = i;
  if (i >= 0) { view.x = places[2 * i] / 65535; view.y = places[2 * i + 1] / 65535; view.scale = Math.max(view.scale, 4); }
  draw();
}
let held = null, moved = false;
canvas.onpointerdown = (e) => { held = [e.clientX, e.clientY]; moved = false; canvas.setPointerCapture(e.pointerId); };
canvas.onpointerup = (e) => { held = null; if (!moved) { chosen = nearest(e); tell(chosen, e); draw(); } };
canvas.onpointermove = (e) => {
  if (!held) return tell(nearest(e), e);
  const ratio = canvas.width / canvas.clientWidth;
  moved = moved || Math.hypot(e.clientX - held[0], e.clientY - held[1]) > 3;
  view.x -= (e.clientX - held[0]) * ratio / unit(); view.y += (e.clientY - held[1]) * ratio / unit();
  held = [e.clientX, e.clientY];
  draw();
};
canvas.onpointerleave = () => { if (!held) tip.hidden = true; };
canvas.addEventListener("wheel", (e) => { e.preventDefault(); zoom(Math.exp(-e.deltaY / 400), e); }, { passive: false });
canvas.onkeydown = (e) => {
  const step = 0.15 / view.scale, key = e.key;
  if (key === "+" || key === "=") zoom(1.4); else if (key === "-") zoom(1 / 1.4);
  else if (key === "ArrowLeft") view.x -= step; else if (key === "ArrowRight") view.x += step;
  else if (key === "ArrowUp") view.y += step; else if (key === "ArrowDown") view.y -= step;
  else return;
  e.preventDefault(); draw();
};
document.getElementById("in").onclick = () => zoom(1.6);
document.getElementById("out").onclick = () => zoom(1 / 1.6);
document.getElementById("all").onclick = () => { view = { x: 0.5, y: 0.5, scale: 1 }; chosen = -1; draw(); };
document.getElementById("pictures").onchange = draw;
for (const button of document.querySelectorAll("[data-group]")) button.onclick = () => {
  const g = Number(button.dataset.group);
  if (off.has(g)) off.delete(g); else off.add(g);
  button.setAttribute("aria-pressed", String(!off.has(g)));
  draw();
};
for (const button of document.querySelectorAll("[data-at]")) button.onclick = () => choose(Number(button.dataset.at));
window.onresize = draw;
document.body.classList.add("drawn");
draw();
