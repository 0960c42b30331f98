"""Star charts: plough, crown, cross, triangle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from latentarchive.cabinet.pen import Pen, Point


def plough(pen: Pen) -> None:
    """A box of four stars with a long bent handle to the upper left."""
    lift = pen.vary(0.06, 0.9)
    box = [(0.08, -0.06), (0.56, -0.14), (0.48, 0.38), (0.1, 0.38)]
    handle = [(-0.58, -0.24 - lift), (-0.26, -0.28), (0.08, -0.06)]
    _sheet(pen, [(1, -1), (1, 1), (-1, 1), (-1, -1)], 0.83)
    _constellation(pen, [[*box, box[0]], handle], [*handle[:2], *box])


def crown(pen: Pen) -> None:
    """Five stars on a deep arc that is open above, the middle one the largest."""
    deep = pen.vary(0.4)
    arc = [(-0.56, -0.3), (-0.42, 0.16), (0.0, deep), (0.42, 0.16), (0.56, -0.3)]
    cut = 0.7
    _sheet(pen, [(cut, -1), (1, -cut), (1, cut), (cut, 1), (-cut, 1), (-1, cut), (-1, -cut), (-cut, -1)], 0.7)
    _constellation(pen, [arc], arc)
    _star(pen, *arc[2], 0.27)


def cross(pen: Pen) -> None:
    """A slanting kite of four stars whose two lines cross."""
    lean = pen.vary(0.16, 0.4)
    ends = [(lean, -0.58), (-lean, 0.58), (-0.5, -lean - 0.06), (0.48, lean - 0.06)]
    n, w = 0.84, 1.0
    right = [(n, -w), (n, -n), (w, -n), (w, n), (n, n), (n, w)]
    _sheet(pen, [*right, *[(-x, y) for x, y in reversed(right)]], 0.69)
    _constellation(pen, [ends[:2], ends[2:]], ends)


def triangle(pen: Pen) -> None:
    """Three stars far apart, joined by three lines."""
    lean = pen.vary(0.08, 0.9)
    corners = [(lean, -0.54), (0.52, 0.3), (-0.5, 0.4)]
    waist = 0.86
    _sheet(pen, [(1, -1), (waist, 0), (1, 1), (0, waist), (-1, 1), (-waist, 0), (-1, -1), (0, -waist)], 0.78)
    _constellation(pen, [[*corners, corners[0]]], corners)


def _sheet(pen: Pen, outline: Sequence[Point], corner: float) -> None:
    """The patterned sheet with the dark round sky inside a rim, and a rosette in each corner."""
    pen.area("body", outline)
    pen.disc("main", 0, 0, 0.82)
    pen.disc("shade", 0, 0, 0.74)
    for x in (-corner, corner):
        for y in (-corner, corner):
            pen.disc("shade", x, y, 0.12)


def _constellation(pen: Pen, paths: Sequence[Sequence[Point]], stars: Sequence[Point]) -> None:
    """Light lines with a big star at each place."""
    for path in paths:
        pen.line("light", path, 0.1)
    for x, y in stars:
        _star(pen, x, y, pen.vary(0.2, 0.08))


def _star(pen: Pen, x: float, y: float, size: float) -> None:
    """Four long rays and a round heart."""
    rays = [(size if i % 2 == 0 else size * 0.5, math.pi * i / 4) for i in range(8)]
    pen.area("light", [(x + r * math.sin(t), y - r * math.cos(t)) for r, t in rays])


FORMS = {"plough": plough, "crown": crown, "cross": cross, "triangle": triangle}
