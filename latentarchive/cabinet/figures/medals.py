"""Medals: star, tree, ship, crown, each the device struck on a round disc with a raised rim."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentarchive.cabinet.pen import Pen


def _struck(pen: Pen) -> Pen:
    """The bare disc: a rim, a broad ring for colour and pattern, a deep field; the pen for the device on it."""
    pen.disc("shade", 0, 0, 1.0)
    pen.disc("body", 0, 0, 0.92)
    pen.disc("shade", 0, 0, 0.65)
    return pen.at(0, 0, 0.95)


def star(pen: Pen) -> None:
    """A star with five points."""
    pen = _struck(pen)
    turn, waist = 0.16 * (pen.random.random() - 0.5), pen.vary(0.25)
    points = []
    for i in range(10):
        angle = turn + math.pi * (i / 5 - 0.5)
        far = waist if i % 2 else 0.66
        points.append((far * math.cos(angle), 0.02 + far * math.sin(angle)))
    pen.area("light", points)


def tree(pen: Pen) -> None:
    """A broad tree: a cloud of leaves on a stout trunk, on a strip of ground."""
    pen = _struck(pen)
    wide = pen.vary(0.3, 0.08)
    for x, y, r in ((0, -0.34, 0.27), (-wide, -0.12, 0.22), (wide, -0.12, 0.22), (0, -0.1, 0.24)):
        pen.disc("light", x, y, r)
    pen.area("light", [(-0.08, 0.0), (0.08, 0.0), (0.1, 0.46), (-0.1, 0.46)])
    pen.area("light", [(-0.42, 0.42), (0.42, 0.42), (0.3, 0.58), (-0.3, 0.58)])


def ship(pen: Pen) -> None:
    """A ship under two sails, seen from the side."""
    pen = _struck(pen)
    high = pen.vary(-0.58, 0.07)
    pen.area("light", [(-0.6, 0.18), (0.6, 0.18), (0.36, 0.52), (-0.36, 0.52)])
    pen.area("light", [(0.06, high), (0.5, 0.06), (0.06, 0.06)])
    pen.area("light", [(-0.07, high + 0.12), (-0.07, 0.06), (-0.42, 0.06)])


def crown(pen: Pen) -> None:
    """A crown with three points, a ball on each, over a plain band."""
    pen = _struck(pen)
    high = pen.vary(-0.42, 0.07)
    left = [(-0.42, 0.22), (-0.54, -0.24), (-0.22, 0.0)]
    pen.area("light", [*left, (0, high), *((-x, y) for x, y in reversed(left))])
    pen.box("light", -0.42, 0.31, 0.42, 0.47)
    for x, y in ((-0.52, -0.26), (0, high - 0.06), (0.52, -0.26)):
        pen.disc("light", x, y, 0.1)


FORMS = {"star": star, "tree": tree, "ship": ship, "crown": crown}
