"""Charts with two logarithmic axes as plain SVG: dots that were measured, joined, each line named at its end.

Greys and two colours of middle lightness on no ground: they can be read on white paper and on a dark screen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 190, 34, 44
GREY = "#767676"
COLOURS = ("#b3552f", "#2f7fb3", "#6f8a1f", "#8a62b0")
APART = 15
"""Least distance of two names, in pixels."""


def chart(title: str, unit: str, lines: Mapping[str, Points]) -> str:
    """An SVG of lines over the number of rows.

    Args:
        title: Of the chart; also what a screen reader says.
        unit: Of the values.
        lines: Points (rows, value) in ascending order by name, at least one point in all; at most as many lines as
            there are colours.

    Raises:
        ValueError: A row or a value is not positive.
    """
    points = [point for line in lines.values() for point in line]
    across, up = (_decades([point[axis] for point in points]) for axis in (0, 1))

    def x(rows: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(rows) - across[0]) / (across[-1] - across[0])

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log10(value) - up[0]) / (up[-1] - up[0])

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="12" '
        f'font-family="system-ui, sans-serif" fill="{GREY}">',
        f"<title>{escape(title)}</title>",
        f'<text x="{LEFT}" y="18" font-size="14">{escape(title)}</text>',
    ]
    for power in across:
        at = x(10**power)
        parts.append(f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{10**power:,}</text>')
    for power in up:
        at, far = y(10**power), WIDTH - RIGHT
        parts.append(f'<path d="M{LEFT} {at:.1f}H{far}" stroke="{GREY}" stroke-opacity=".3"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{_number(power)}</text>')
    parts.append(f'<text x="{LEFT - 8}" y="{HEIGHT - 6}" text-anchor="end">{escape(unit)}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{HEIGHT - 6}" text-anchor="middle">rows</text>')
    drawn = {name: [(x(rows), y(value)) for rows, value in line] for name, line in lines.items() if line}
    names = _spread({name: line[-1][1] for name, line in drawn.items()})
    for (name, line), colour in zip(drawn.items(), COLOURS, strict=False):
        path = "L".join(f"{a:.1f} {b:.1f}" for a, b in line)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in line]
        parts.append(
            f'<text x="{line[-1][0] + 10:.1f}" y="{names[name] + 4:.1f}" fill="{colour}">{escape(name)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _decades(values: Sequence[float]) -> range:
    """Powers of ten from at or below the least value to at or above the largest; at least two."""
    if min(values) <= 0:
        message = f"a logarithmic axis has no place for {min(values)}"
        raise ValueError(message)
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return range(first, max(last, first + 1) + 1)


def _number(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}"


def _spread(heights: Mapping[str, float]) -> dict[str, float]:
    """Heights in order, pushed down where two would be nearer than `APART`."""
    spread: dict[str, float] = {}
    last = -math.inf
    for name, height in sorted(heights.items(), key=lambda pair: pair[1]):
        last = spread[name] = max(height, last + APART)
    return spread
