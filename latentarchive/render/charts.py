"""Pictures of findings as plain SVG: bars, curves, timelines, intervals. Pure functions of a table and a `Picture`.

Places along a picture are percentages and texts keep their size, so that the same drawing can be read on paper and 400
pixels wide. Colours come from the page (`--ink`, `--quiet`, `--line`, `--mat`, `--ground` and those of `COLOURS`);
several lines differ in their dashes too, so that nothing hangs on colour alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any

from latentarchive.audit.finding import Picture, Table
from latentarchive.plaintext import plain
from latentarchive.render.axes import COLOURS, LINE, THIN, escaped, is_number, short_name, ticks_over
from latentarchive.render.figures import cell, number
from latentarchive.render.intervals import intervals

DASHES = ("none", "7 4", "2 3", "9 3 2 3")

HEIGHT = 224
"""Of the field of a curve or timeline, in pixels."""

LOW = 96
"""The same where each series has a field of its own."""

THICK = 60
"""More bars than this beside each other are too thin to be told apart on a phone."""

STEPS = (("decade", 10), ("century", 100))
"""Years that a bar of a timeline stands for, by a word in the name of its column; otherwise one, or as many as it
says ("25 years from")."""

ZEROS = 6
"""So many bars of nothing at the end of a picture are told in one line."""


def chart(picture: Picture, table: Table, *, labelled_by: str = "") -> str:
    """An SVG of a table.

    Args:
        picture: What to draw, and how; ``pairs`` and ``neighbours`` are not drawn but shown, see `render.works`.
        table: Its rows. A timeline or a curve whose rows are not numbers is drawn as bars.
        labelled_by: Id of the element of the page that says what is to be seen; "": the picture says it itself.

    Returns:
        The drawing; "" if there is nothing to draw.
    """
    rows = table.rows
    if not any(is_number(row[y]) for row in rows for y in picture.y) or picture.kind in ("pairs", "neighbours"):
        return ""
    named = f'aria-labelledby="{escape(labelled_by)}"' if labelled_by else f'aria-label="{escaped(picture.alt)}"'
    if picture.kind == "intervals":
        body, height = intervals(picture, table, rows)
    elif picture.kind == "bars" or not all(is_number(row[picture.x]) for row in rows):
        body, height = _bars(picture, table, rows)
    else:
        along = sorted(rows, key=lambda row: float(row[picture.x]))
        body, height = (_stacked if _is_thin(picture, table, along) else _field)(picture, table, along)
    square = " square" if _is_lorenz(picture, rows) else ""
    return f'<svg class="chart{square}" role="img" {named} width="100%" height="{height}">{"".join(body)}</svg>'


def _bars(picture: Picture, table: Table, rows: Sequence[Sequence[Any]]) -> tuple[list[str], int]:
    """Lying bars, each under its name, with its value at the right."""
    measures = [(y, COLOURS[k % len(COLOURS)]) for k, y in enumerate(picture.y)]
    most = max(abs(_height(row[y], picture)) for row in rows for y, _ in measures if is_number(row[y]))
    parts, top = _key(picture, table, line=False)
    top += 6
    drawn = max(k for k, row in enumerate(rows, 1) if any(row[y] for y, _ in measures) or k == 1)
    drawn = drawn if len(rows) - drawn >= ZEROS else len(rows)
    for row in rows[:drawn]:
        name = plain(cell(row[picture.x], table.columns[picture.x])) or "(nothing)"
        values = plain(" · ".join(cell(row[y], table.columns[y]) for y, _ in measures))
        parts.append(f"<g><title>{escape(f'{name}: {values}')}</title>")
        parts.append(f'<text x="0" y="{top + 13}">{escape(short_name(name))}</text>')
        parts.append(f'<text class="v" x="100%" y="{top + 13}" text-anchor="end">{escape(values)}</text>')
        top += LINE
        for y, colour in measures:
            share = abs(_height(row[y], picture)) / most if is_number(row[y]) and most else 0.0
            parts.append(f'<rect x="0" y="{top}" width="100%" height="{THIN - 2}" fill="var(--mat)"/>')
            parts.append(f'<rect x="0" y="{top}" width="{share:.3%}" height="{THIN - 2}" fill="{colour}"/>')
            top += THIN
        parts.append("</g>")
        top += 5
    if drawn < len(rows):
        rest = f"{len(rows) - drawn} more: {cell(0, table.columns[picture.y[0]])}"
        parts.append(f'<text class="v" x="0" y="{top + 13}">{escape(rest)}</text>')
        top += LINE
    return parts, top


def _is_thin(picture: Picture, table: Table, rows: Sequence[Sequence[Any]]) -> bool:
    """Whether it is a timeline of several series with more bars than can be told apart beside each other."""
    if picture.kind != "timeline" or len(picture.y) < 2:
        return False
    step = _years(table.columns[picture.x].lower())
    places = (float(rows[-1][picture.x]) - float(rows[0][picture.x])) / step + 1
    return places * len(picture.y) > THICK


def _stacked(picture: Picture, table: Table, rows: Sequence[Sequence[Any]]) -> tuple[list[str], int]:
    """A timeline for each series, one below the other, all to one scale."""
    parts, top = [], 0
    most = max(_height(row[y], picture) for row in rows for y in picture.y if is_number(row[y]))
    for y in picture.y:
        last = y == picture.y[-1]
        one = replace(picture, y=(y,), y_name=table.columns[y], x_name=picture.x_name if last else "")
        body, height = _field(one, table, rows, tall=LOW, most=most)
        parts.append(f'<svg x="0" y="{top}" width="100%" height="{height}" overflow="visible">{"".join(body)}</svg>')
        top += height + (0 if last else LINE)
    return parts, top


def _field(
    picture: Picture, table: Table, rows: Sequence[Sequence[Any]], *, tall: int = HEIGHT, most: float | None = None
) -> tuple[list[str], int]:
    """A curve or a timeline: grid with its values, lines or standing bars, marks, the axis below.

    Args:
        picture: What to draw.
        table: Its columns.
        rows: Its rows by their place.
        tall: Height of the field in pixels.
        most: A value that the scale reaches; None: the greatest of its own.
    """
    lorenz = _is_lorenz(picture, rows)
    at = [float(row[picture.x]) for row in rows]
    bars = picture.kind == "timeline"
    step = _years(table.columns[picture.x].lower()) if bars else 0
    first, last = at[0], at[-1] + step
    span = (last - first) or 1.0
    values = [_height(row[y], picture) for row in rows for y in picture.y if is_number(row[y])]
    values += [] if most is None else [most]
    low, high = (min([*values, 0.0]), max([*values, 0.0])) if not picture.log else (min(values), max(values))
    ticks = (
        ticks_over(low, high) if not picture.log else [float(p) for p in range(math.floor(low), math.ceil(high) + 1)]
    )
    low, high = min(low, ticks[0]), max(high, ticks[-1])
    high = high if high > low else low + 1
    measure = table.columns[picture.y[0]]

    def along(value: float) -> float:
        return (value - first) / span

    def up(value: float) -> float:
        return (value - low) / (high - low)

    labels: list[str] = []
    parts, top = _key(picture, table, line=not bars)
    top = _marks(parts, picture, along, top + LINE, tall)
    for tick in ticks:
        y = top + tall * (1 - up(tick))
        said = cell(10**tick if picture.log else tick, measure)
        parts.append(f'<line x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>')
        if tick != 0 or len(ticks) == 1:  # the base line says nothing, and drawings begin on it
            labels.append(f'<text class="v halo" x="0" y="{y - 4:.1f}">{escape(said)}</text>')
    parts.append(f'<svg x="0" y="{top}" width="100%" height="{tall}" viewBox="0 0 1000 1000"')
    parts.append(' preserveAspectRatio="none" overflow="visible">')
    if lorenz:
        parts.append(_line([(0, 1000), (1000, 0)], "var(--quiet)", "4 4", thin=True))
    for k, y in enumerate(picture.y):
        points = [
            (1000 * along(x), 1000 * (1 - up(_height(row[y], picture)))) if is_number(row[y]) else None
            for x, row in zip(at, rows, strict=True)
        ]
        colour, dash = COLOURS[k % len(COLOURS)], DASHES[k % len(DASHES)]
        if bars:
            wide = 1000 * step / span * 0.8 / len(picture.y)
            drawn = [(x + k * wide, h) for x, h in filter(None, points) if h < 1000]
            path = "".join(f"M{x:.1f} 1000V{h:.1f}h{wide:.2f}V1000z" for x, h in drawn)
            parts.append(f'<path d="{path}" fill="{colour}"/>')
        else:
            parts += [_line(run, colour, dash) for run in _runs(points)]
    parts += ["</svg>", *labels]
    bottom = top + tall
    ends = ticks_over(at[0], at[-1], whole=bars) if span > 1e-12 else [at[0]]
    for tick in [t for t in ends if first <= t <= last]:
        share = along(tick)
        anchor = "start" if share < 0.05 else "end" if share > 0.95 else "middle"
        said = cell(int(tick) if bars else tick, "year" if bars else table.columns[picture.x])
        parts.append(f'<text class="v" x="{share:.2%}" y="{bottom + 16}" text-anchor="{anchor}">{escape(said)}</text>')
    name = picture.x_name or ("" if bars else table.columns[picture.x])
    if name:
        parts.append(f'<text x="50%" y="{bottom + 34}" text-anchor="middle">{escaped(name)}</text>')
    if lorenz:
        parts.append(f'<text class="v" x="62%" y="{top + tall * 0.3:.0f}" text-anchor="end">equal shares</text>')
    return parts, round(bottom + (40 if name else 22))


def _years(name: str) -> int:
    """How many years a bar of a timeline stands for."""
    said = re.match(r"(\d+) years", name)
    return int(said[1]) if said else next((years for word, years in STEPS if word in name), 1)


def _key(picture: Picture, table: Table, *, line: bool) -> tuple[list[str], int]:
    """What is measured, a line each where there are several, and where that ends."""
    names = [table.columns[y] for y in picture.y]
    if len(names) == 1:
        said = picture.y_name or ("" if picture.kind == "bars" else names[0])
        return ([f'<text x="0" y="13">{escaped(said)}</text>'], LINE) if said else ([], 0)
    parts = []
    for k, name in enumerate(names):
        y, colour = 9 + k * LINE, COLOURS[k % len(COLOURS)]
        dash = DASHES[k % len(DASHES)] if line else "none"
        parts.append(f'<line x1="0" x2="26" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="{2 if line else 7}"')
        parts.append(f' stroke-dasharray="{dash}"/><text x="34" y="{y + 4}">{escaped(name)}</text>')
    return parts, len(names) * LINE


def _marks(parts: list[str], picture: Picture, along: Any, top: int, tall: int) -> int:
    """Upright lines for the marks: their names below each other, their values over the field; its new beginning."""
    shown = [(along(at), at, name) for at, name in sorted(picture.marks) if 0 <= along(at) <= 1]
    if not shown:
        return top
    named = [(at, name) for _, at, name in shown if name]
    for k, (at, name) in enumerate(named):
        parts.append(
            f'<text class="v" x="0" y="{top + k * LINE}">{escaped(short_name(f"{number(at)}: {name}"))}</text>'
        )
    first = top + len(named) * LINE + 4
    bottom = first + len(shown) * 14
    for k, (share, at, _) in enumerate(shown):
        y, at_end = first + k * 14, share >= 0.5
        place = f'x="{share:.2%}" dx="{-4 if at_end else 4}" y="{y}" text-anchor="{"end" if at_end else "start"}"'
        parts.append(f'<line x1="{share:.2%}" x2="{share:.2%}" y1="{y - 8}" y2="{bottom + tall}"')
        parts.append(' stroke="var(--quiet)" stroke-dasharray="3 3"/>')
        parts.append(f'<text class="v halo" {place}>{number(at)}</text>')
    return bottom


def _line(points: Sequence[tuple[float, float]], colour: str, dash: str, *, thin: bool = False) -> str:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return (
        f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{1 if thin else 2}" '
        f'stroke-dasharray="{dash}" vector-effect="non-scaling-stroke"/>'
    )


def _runs(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Points without a gap between them belong to one line; a lone one becomes a short stroke."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run if len(run) > 1 else [(run[0][0] - 4, run[0][1]), (run[0][0] + 4, run[0][1])] for run in runs if run]


def _is_lorenz(picture: Picture, rows: Sequence[Sequence[Any]]) -> bool:
    """Whether shares of all are drawn against shares of all: from nothing and nothing to all and all."""
    if picture.kind != "curve" or len(picture.y) != 1 or len(rows) < 2:
        return False
    ends = [(float(row[picture.x] or 0), float(row[picture.y[0]] or 0)) for row in (rows[0], rows[-1])]
    return ends[0] == (0.0, 0.0) and all(abs(end - 1) < 1e-9 for end in ends[1])


def _height(value: float, picture: Picture) -> float:
    return math.log10(value) if picture.log and value > 0 else 0.0 if picture.log else float(value)
