"""Arrows over the works of a map, as plain SVG: where each work went."""

from __future__ import annotations

from html import escape

from latentarchive.diffusion.experiment import Chart
from latentarchive.plaintext import plain

SIDE, MARGIN = 560, 24


def arrows(one: Chart) -> str:
    """A drawing of a chart whose last four columns are the places where arrows begin and end; "" without rows."""
    if not one.rows:
        return ""
    places = [tuple(float(row[column]) for column in one.y) for row in one.rows]
    xs = [p[i] for p in places for i in (0, 2)] + [x for _, x, _ in one.ground]
    ys = [p[i] for p in places for i in (1, 3)] + [y for _, _, y in one.ground]
    wide = max(max(xs) - min(xs), max(ys) - min(ys)) or 1.0
    height = round((max(ys) - min(ys)) / wide * (SIDE - 2 * MARGIN)) + 2 * MARGIN

    def at(x: float, y: float) -> str:
        scale = (SIDE - 2 * MARGIN) / wide
        return f"{MARGIN + (x - min(xs)) * scale:.1f} {height - MARGIN - (y - min(ys)) * scale:.1f}"

    # A way of no length with round ends is a dot, and all of them are one element.
    dots = "".join(f"M{at(x, y)}h0" for _, x, y in one.ground)
    ground = f'<path d="{dots}" stroke="var(--quiet)" stroke-opacity=".35" stroke-linecap="round" stroke-width="3"/>'
    lines = "".join(
        f'<path d="M{at(*place[:2])}L{at(*place[2:])}" stroke="var(--first)" stroke-width="1.6" '
        f'marker-start="url(#from)" marker-end="url(#to)"><title>{escape(plain(str(row[0])))}</title></path>'
        for place, row in zip(places, one.rows, strict=True)
    )
    return f"""<svg class=chart role="img" aria-label="{escape(plain(one.alt))}" viewBox="0 0 {SIDE} {height}"
style="max-width:{SIDE}px" width="100%"><defs>
<marker id="from" viewBox="0 0 6 6" refX="3" refY="3" markerWidth="5" markerHeight="5">
<circle cx="3" cy="3" r="2.5" fill="var(--second)"/></marker>
<marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0L8 4L0 8z" fill="var(--first)"/></marker></defs>{ground if dots else ""}{lines}</svg>"""
