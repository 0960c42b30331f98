"""Plants: tulip, daisy, fern, berry."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentarchive.cabinet.pen import Pen, Role


def tulip(pen: Pen) -> None:
    """A tall cup with three points on a stem between two broad leaves."""
    lean = pen.vary(0.62, 0.1)
    pen.line("shade", [(0, 0.1), (0, 0.94)], 0.14)
    for side in (-1, 1):
        tip = (side * lean, pen.vary(0.3, 0.2))
        pen.blob("shade", [(0, 0.98), (side * 0.16, 0.62), tip, (side * 0.44, 0.78)])
    half = [(0, -0.99), (0.24, -0.6), (0.6, -0.94), (0.66, -0.4), (0.5, 0.08), (0.2, 0.28)]
    pen.area("body", half + [(-x, y) for x, y in reversed(half)])
    pen.profile("body", [(0.56, -0.8), (0.66, -0.4), (0.52, 0.06), (0.2, 0.28), (0, 0.3)])
    for side in (-1, 1):
        pen.curve("shade", [(side * 0.24, -0.58), (side * 0.3, -0.2), (side * 0.14, 0.14)], 0.1)


def daisy(pen: Pen) -> None:
    """Round petals like rays about a dark disc, two small leaves on the stem."""
    turn, y = pen.vary(0.39, 0.5), -0.26
    pen.line("shade", [(0, 0.2), (0, 0.94)], 0.14)
    for side in (-1, 1):
        _leaf(pen, "shade", (0, 0.86), (side * 0.62, pen.vary(0.6, 0.1)), 0.13)
    for i in range(8):
        angle = turn + i * math.pi / 4
        x1, y1 = math.cos(angle), math.sin(angle)
        _petal(pen, "body", (0.1 * x1, y + 0.1 * y1), (0.74 * x1, y + 0.74 * y1), 0.2)
    pen.disc("shade", 0, y, 0.27)
    pen.disc("light", 0, y, 0.15)


def fern(pen: Pen) -> None:
    """One feathered frond: pairs of leaflets that shorten toward the tip."""
    rise = pen.vary(0.2, 0.2)
    for i, wide in enumerate((0.78, 0.86, 0.74, 0.5)):
        y = 0.56 - 0.37 * i
        for side in (-1, 1):
            _leaf(pen, "body", (0, y), (side * wide, y - rise), 0.165)
    _leaf(pen, "body", (0, -0.6), (0, -1.02), 0.16)
    pen.curve("shade", [(pen.vary(0.1, 0.8), 0.98), (0, 0.55), (0, -0.8)], 0.12)


def berry(pen: Pen) -> None:
    """A branch with two leaves above and three large round fruits hanging below."""
    pen.curve("shade", [(-0.86, -0.46), (-0.3, -0.56), (0.3, -0.5), (0.84, -0.72)], 0.15)
    _leaf(pen, "shade", (-0.36, -0.55), (-0.62, -1.02), 0.17)
    _leaf(pen, "shade", (0.1, -0.52), (0.3, -1.02), 0.17)
    low = pen.vary(0.12, 0.4)
    fruits = [(-0.48, low), (0.48, 0.2 - low), (0.0, 0.67)]
    for x, y in fruits:
        pen.line("shade", [(0.6 * x, -0.52), (x, y)], 0.12)
    for x, y in fruits:
        pen.disc("body", x, y, 0.335)


def _leaf(pen: Pen, role: Role, foot: tuple[float, float], tip: tuple[float, float], wide: float) -> None:
    """Pointed at both ends, half as wide as given on either side."""
    (x0, y0), (x1, y1) = foot, tip
    dx, dy = x1 - x0, y1 - y0
    far = math.hypot(dx, dy)
    nx, ny = -dy / far * wide, dx / far * wide
    right = [(x0 + s * dx + b * nx, y0 + s * dy + b * ny) for s, b in ((0.2, 0.75), (0.45, 1), (0.75, 0.7))]
    left = [(x0 + s * dx - b * nx, y0 + s * dy - b * ny) for s, b in ((0.75, 0.7), (0.45, 1), (0.2, 0.75))]
    pen.area(role, [foot, *right, tip, *left])


def _petal(pen: Pen, role: Role, foot: tuple[float, float], tip: tuple[float, float], wide: float) -> None:
    """Narrow at the foot and round at the tip."""
    (x0, y0), (x1, y1) = foot, tip
    dx, dy = x1 - x0, y1 - y0
    far = math.hypot(dx, dy)
    nx, ny = -dy / far * wide, dx / far * wide
    right = [(x0 + s * dx + b * nx, y0 + s * dy + b * ny) for s, b in ((0, 0.3), (0.6, 0.95), (0.88, 0.85))]
    left = [(x0 + s * dx - b * nx, y0 + s * dy - b * ny) for s, b in ((0.88, 0.85), (0.6, 0.95), (0, 0.3))]
    pen.blob(role, [*right, tip, *left])


FORMS = {"tulip": tulip, "daisy": daisy, "fern": fern, "berry": berry}
