"""Intervals side by side on one axis, as SVG: the most telling picture of figures that come from a sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from latentarchive.audit.finding import Picture, Table
from latentarchive.plaintext import plain
from latentarchive.render.axes import COLOURS, LINE, THIN, escaped, is_number, short_name, ticks_over
from latentarchive.render.figures import cell, number


def intervals(picture: Picture, table: Table, rows: Sequence[Sequence[Any]]) -> tuple[list[str], int]:
    """Lying intervals on one axis, each under its name, its value a dot and at the right.

    Marks stand beside the intervals and leave the names alone. Where an end is missing, an arrow goes to the edge.
    """
    value, low, high = picture.y
    drawn = [row for row in rows if is_number(row[value])]
    if not drawn:
        return [], 0
    ends = [float(row[y]) for row in drawn for y in picture.y if is_number(row[y])]
    ends += [float(at) for at, _ in picture.marks]
    ticks = ticks_over(min(ends), max(ends))
    first, last = min(*ends, ticks[0]), max(*ends, ticks[-1])
    column = table.columns[value]

    def along(at: float) -> str:
        return f"{0.01 + 0.98 * (at - first) / ((last - first) or 1):.2%}"

    parts, top, strip = [], 6, THIN + 8
    for row in drawn:
        name = plain(cell(row[picture.x], table.columns[picture.x])) or "(nothing)"
        bounds = [cell(row[y], table.columns[y]) if is_number(row[y]) else "no bound" for y in (low, high)]
        said = plain(_as_ticks(row[value], column, ticks))
        parts.append(f"<g><title>{escape(plain(f'{name}: {said} ({bounds[0]} to {bounds[1]})'))}</title>")
        parts.append(f'<text x="0" y="{top + 13}">{escape(short_name(name))}</text>')
        parts.append(f'<text class="v" x="100%" y="{top + 13}" text-anchor="end">{escape(said)}</text>')
        top += LINE
        for at, mark in picture.marks:
            x, told = along(at), escaped(f"{number(at)}: {mark}" if mark else number(at))
            parts.append(f'<line x1="{x}" x2="{x}" y1="{top}" y2="{top + strip - 3}" stroke="var(--quiet)"')
            parts.append(f' stroke-dasharray="3 3"><title>{told}</title></line>')
        y = top + 5
        x1, x2 = (along(row[end]) if is_number(row[end]) else edge for end, edge in ((low, "0%"), (high, "100%")))
        parts.append(f'<line x1="{x1}" x2="{x2}" y1="{y}" y2="{y}" stroke="{COLOURS[0]}" stroke-width="3"/>')
        parts += [
            _arrow(edge, y, out) for end, edge, out in ((low, "0%", 1), (high, "100%", -1)) if not is_number(row[end])
        ]
        parts.append(f'<circle cx="{along(row[value])}" cy="{y}" r="4.5" fill="{COLOURS[0]}"/></g>')
        top += strip
    for tick in ticks:
        share = (tick - first) / ((last - first) or 1)
        anchor = "start" if share < 0.05 else "end" if share > 0.95 else "middle"
        said = escape(cell(tick, column))
        parts.append(f'<text class="v" x="{along(tick)}" y="{top + 16}" text-anchor="{anchor}">{said}</text>')
    parts.append(f'<text x="50%" y="{top + 34}" text-anchor="middle">{escaped(picture.x_name or column)}</text>')
    return parts, top + 40


def _arrow(edge: str, y: int, out: int) -> str:
    """The head of an arrow that points over an edge."""
    path = f"M0 0L{9 * out} -5V5z"
    return f'<svg x="{edge}" y="{y}" overflow="visible"><path d="{path}" fill="{COLOURS[0]}"/></svg>'


def _as_ticks(value: float, column: str, ticks: Sequence[float]) -> str:
    """A value as a column has it, but plain numbers with as many places as the axis lets one see."""
    said = cell(value, column)
    if said != number(value) or len(ticks) < 2 or float(value).is_integer():
        return said
    places = max(0, 2 - math.floor(math.log10(ticks[1] - ticks[0])))
    return f"{round(value, places) + 0.0:,.{places}f}"
