// What hands do on a map: pointers, wheel and keys.

const CLICK = 14; // pixels within which a point is meant

export const made = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== "" && value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};

function under(map, event) { // the place of the work that a pointer is on, -1 for none
  if (!map.points) return -1;
  const box = map.field.getBoundingClientRect(), { ratio, scale } = map.scene();
  const [px, py] = [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
  for (const [place, , , x, y, side] of [...(map.hung ?? [])].reverse()) {
    if (Math.abs(px - x) < side / 2 && Math.abs(py - y) < side / 2) return place;
  }
  const [x, y] = map.place(event), near = (CLICK * ratio) / scale;
  let best = -1, least = near * near;
  for (let i = 0; i < map.data.n; i++) {
    const apart = (map.points.x[i] - x) ** 2 + (map.points.y[i] - y) ** 2;
    if (apart < least) [best, least] = [i, apart];
  }
  return best;
}

export function listen(map) {
  const { field, held } = map;
  let moved = 0, apart = 0;
  const spread = () => { const [a, b] = [...held.values()]; return b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0; };
  field.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    field.setPointerCapture(event.pointerId);
    held.set(event.pointerId, event);
    [moved, apart] = [0, spread()];
    if ((map.mode === "lasso" || event.shiftKey) && held.size === 1) map.line = [map.place(event)];
    map.tip.hidden = true;
  });
  field.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (!before) return void hover(map, event);
    const side = Math.min(field.clientWidth, field.clientHeight);
    const [right, down] = [event.clientX - before.clientX, event.clientY - before.clientY];
    moved += Math.hypot(right, down);
    held.set(event.pointerId, event);
    if (held.size > 1) {
      map.line = [];
      const now = spread();
      if (apart && now) map.zoom(now / apart);
      apart = now;
    } else if (map.line.length) {
      const [x, y] = map.place(event), [lastX, lastY] = map.line.at(-1);
      if (Math.hypot(x - lastX, y - lastY) * map.at.scale * side > 3) map.line.push([x, y]);
      map.redraw();
    } else if (moved > 3) map.pan(-right / side, down / side);
  });
  const up = (event) => {
    if (!held.delete(event.pointerId)) return;
    const line = map.line;
    map.line = [];
    if (event.type === "pointercancel") return void map.redraw();
    if (line.length > 2) {
      map.drawn = line;
      map.select(line);
      map.enter("move");
    } else if (moved < 4) {
      const place = under(map, event);
      if (place >= 0) map.tell({ kind: "work", place, version: map.data.version });
    }
    map.redraw();
  };
  field.addEventListener("pointerup", up);
  field.addEventListener("pointercancel", up);
  field.addEventListener("pointerleave", () => hover(map, null));
  field.addEventListener("wheel", (event) => {
    event.preventDefault();
    map.zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY)) / 300), map.place(event));
  }, { passive: false });
  field.addEventListener("keydown", (event) => key(map, event));
}

function key(map, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const acts = { ArrowLeft: () => map.pan(-0.1, 0), ArrowRight: () => map.pan(0.1, 0), ArrowUp: () => map.pan(0, 0.1),
    ArrowDown: () => map.pan(0, -0.1), "+": () => map.zoom(1.25), "=": () => map.zoom(1.25), "-": () => map.zoom(0.8),
    0: () => map.whole(), Home: () => map.whole(), Enter: () => map.select(map.frame()),
    Escape: () => (map.line.length ? (map.line = []) : map.data.mask && map.select([])) };
  if (!(event.key in acts)) return;
  event.preventDefault();
  event.stopPropagation();
  acts[event.key]();
  map.redraw();
}

function hover(map, event) {
  clearTimeout(map.hovering);
  map.tip.hidden = true;
  if (!event || event.pointerType === "touch" || map.moving) return;
  map.hovering = setTimeout(async () => {
    const place = under(map, event);
    if (place < 0) return;
    const answer = await fetch(`${map.data.base}/works/${place}`).catch(() => null);
    if (!answer?.ok) return;
    const work = await answer.json(), box = map.field.getBoundingClientRect();
    const picture = made("img", { src: `${map.data.base}/thumbs/${place}`, alt: "" });
    picture.onerror = () => picture.remove();
    map.tip.replaceChildren(picture, made("strong", { dir: "auto" }, work.title), made("span", { dir: "auto" }, work.credit),
      made("span", { dir: "auto" }, `${map.data.by}: ${map.data.legend[map.groups[place]]?.name ?? ""}`));
    map.tip.style.left = `${Math.min(event.clientX - box.left + 14, box.width - 190)}px`;
    const down = event.clientY - box.top, low = down > box.height / 2; // it opens towards the side that has more room
    map.tip.style.top = low ? "auto" : `${down + 14}px`;
    map.tip.style.bottom = low ? `${box.height - down + 14}px` : "auto";
    map.tip.hidden = false;
  }, 120);
}
