// Pictures on the map: tiles of works that stand for those around them, and close by each work's own.

import { FADED } from "./painters.js";

const ACROSS = 8, SIDE = 64; // as latentarchive/maps/tiles.py draws them
const CELL = 48, OWN = 60, CLOSE = 500, HELD = 700; // pixels of a picture among many and of one close by

export class Pictures {
  constructor(base, levels, ask, redraw) {
    Object.assign(this, { base, levels, ask, redraw, cells: new Map(), images: new Map(), near: null });
  }

  // What is drawn at this scale: [[place, image, source box, x, y, side]], x and y in pixels from the left upper corner.
  shown(scene) {
    return this.near ? this.own(scene) : this.tiles(scene);
  }

  tiles({ scale, left, top, width, height, ratio }) {
    const level = Math.max(0, Math.min(this.levels - 1, Math.ceil(Math.log2(scale / ratio / (ACROSS * CELL)))));
    const cells = this.level(level), across = ACROSS << level, cell = scale / across, found = [];
    const side = Math.min(cell * 0.86, CELL * ratio);
    for (let i = 0; cells && i < cells.length; i += 3) {
      const x = left + (cells[i] + 0.5) * cell, y = top + (cells[i + 1] + 0.5) * cell;
      if (x < -side || y < -side || x > width + side || y > height + side) continue;
      const [column, row] = [cells[i], cells[i + 1]];
      const image = this.image(`tiles/${level}/${Math.floor(column / ACROSS)}/${Math.floor(row / ACROSS)}`);
      if (image) found.push([cells[i + 2], image, [(column % ACROSS) * SIDE, (row % ACROSS) * SIDE, SIDE, SIDE], x, y, side]);
    }
    return found;
  }

  own({ x, y, looks, scale, left, top, width, height, ratio }) {
    const room = 0.5 * Math.sqrt((width * height) / Math.max(1, this.near.length)); // the fewer they are, the larger
    const side = Math.min(3 * OWN * ratio, Math.max(OWN * ratio, room)), found = [];
    for (const faded of [false, true]) { // those that are chosen take their room first
      for (const place of this.near) {
        if (looks[place] >= FADED !== faded) continue;
        const across = left + x[place] * scale, down = top + (1 - y[place]) * scale;
        if (across < 0 || down < 0 || across > width || down > height) continue;
        if (found.some(([, , , i, j]) => Math.abs(i - across) < side && Math.abs(j - down) < side)) continue;
        found.push([place, this.image(`thumbs/${place}`), null, across, down, side]);
      }
    }
    return found.filter(([, image]) => image);
  }

  // After a movement: whether few enough works are in view for each to have its own picture.
  settle(places) {
    this.near = places.length && places.length < CLOSE ? places : null;
  }

  level(level) {
    if (!this.cells.has(level)) {
      this.cells.set(level, null);
      this.ask(`cells/${level}`).then((bytes) => {
        this.cells.set(level, bytes ? new Int32Array(bytes) : new Int32Array());
        this.redraw();
      });
    }
    return this.cells.get(level);
  }

  image(path) {
    let held = this.images.get(path);
    if (held) this.images.delete(path); // the one that was asked for last is the last to go
    else {
      held = new Image();
      held.decoding = "async";
      held.onload = () => this.redraw();
      held.onerror = () => { held.failed = true; };
      held.src = `${this.base}/${path}`;
    }
    this.images.set(path, held);
    if (this.images.size > HELD) this.images.delete(this.images.keys().next().value);
    return held.complete && held.naturalWidth ? held : null;
  }
}
