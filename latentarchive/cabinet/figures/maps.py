"""Maps: one island from above, as an old sea chart has it: round, long, crescent, atoll."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from latentarchive.cabinet.pen import Pen, Point


def _rugged(pen: Pen, points: Sequence[Point], share: float = 0.34) -> list[Point]:
    """An outline with one more point in the middle of each edge, a little inland or out at sea."""
    coast = []
    for (x, y), (to_x, to_y) in zip(points, [*points[1:], points[0]], strict=True):
        off = share * (pen.random.random() - 0.5)
        coast += [(x, y), ((x + to_x) / 2 + off * (to_y - y), (y + to_y) / 2 - off * (to_x - x))]
    return coast


def _land(pen: Pen, points: Sequence[Point], islets: Sequence[tuple[float, float, float]]) -> None:
    """An island and its islets (x, y, radius) with a dark coastline, amid pale shallows."""
    coast = _rugged(pen, points)
    pen.line("light", [*coast, coast[0]], 0.42)
    for x, y, r in islets:
        pen.disc("light", x, y, r + 0.15, r + 0.11)
    pen.line("shade", [*coast, coast[0]], 0.2)
    for x, y, r in islets:
        pen.blob("shade", [(x + r, y), (x + 0.2 * r, y + 0.7 * r), (x - r, y + 0.3 * r), (x - 0.3 * r, y - 0.8 * r)])
    pen.blob("body", coast)


def _mountains(pen: Pen, x: float, y: float) -> None:
    """Two peaks side by side, as mapmakers mark a range."""
    high = pen.vary(0.36)
    pen.area("ink", [(x - 0.3, y), (x - 0.1, y - high), (x + 0.02, y - 0.14), (x + 0.13, y - 0.26), (x + 0.3, y)])


def _about(pen: Pen, radii: Sequence[float]) -> list[Point]:
    """Points around the middle at these distances, clockwise from the right."""
    turns = [2 * math.pi * i / len(radii) for i in range(len(radii))]
    far = [pen.vary(r, 0.06) for r in radii]
    return [(r * math.cos(t), r * math.sin(t)) for r, t in zip(far, turns, strict=True)]


def round_(pen: Pen) -> None:
    """A broad island with capes and bays all around."""
    radii = (0.8, 0.72, 0.84, 0.76, 0.58, 0.78, 0.84, 0.74, 0.82, 0.7, 0.76, 0.82, 0.62, 0.7, 0.78)
    _land(pen, _about(pen, radii), [(0.8, -0.72, 0.14)])
    _mountains(pen, -0.14, 0.0)
    pen.disc("ink", 0.3, 0.34, 0.1)


def long(pen: Pen) -> None:
    """A narrow island that lies slanted from the lower left to the upper right."""
    wide = pen.vary(0.05, 0.8)
    north = [(-0.86, 0.56), (-0.62, 0.34), (-0.52, 0.02 - wide), (-0.2, -0.06), (0.02, -0.36 - wide), (0.28, -0.44)]
    east = [(0.46, -0.78), (0.8, -0.84), (0.86, -0.5), (0.62, -0.3), (0.64, 0.06 + wide), (0.3, 0.12)]
    south = [(0.16, 0.46), (-0.16, 0.44 + wide), (-0.34, 0.74), (-0.6, 0.72), (-0.84, 0.84)]
    _land(pen, [*north, *east, *south], [(0.7, 0.62, 0.15)])
    _mountains(pen, 0.22, 0.0)


def crescent(pen: Pen) -> None:
    """An island bent around a wide bay that is open to the right."""
    deep = pen.vary(-0.08, 0.5)
    bay = [(0.84, -0.58), (0.6, -0.42), (0.34, -0.46), (deep, -0.26), (deep + 0.02, 0.04), (deep - 0.04, 0.28)]
    bay += [(0.24, 0.46), (0.5, 0.4), (0.82, 0.52)]
    coast = [(0.66, 0.78), (0.34, 0.76), (0.02, 0.9), (-0.34, 0.72), (-0.6, 0.62), (-0.68, 0.3), (-0.88, 0.06)]
    coast += [(-0.76, -0.26), (-0.78, -0.5), (-0.46, -0.66), (-0.2, -0.88), (0.16, -0.8), (0.42, -0.9)]
    _land(pen, [*bay, *coast], [])
    _mountains(pen, -0.44, 0.06)
    pen.disc("ink", 0.2, 0.66, 0.1)


def atoll(pen: Pen) -> None:
    """An uneven ring of land around a lagoon."""
    radii = (0.82, 0.9, 0.8, 0.86, 0.74, 0.84, 0.9, 0.78, 0.86, 0.88, 0.76, 0.9, 0.84, 0.78, 0.88)
    _land(pen, _about(pen, radii), [])
    lagoon = _rugged(pen, _about(pen, (0.42, 0.34, 0.38, 0.44, 0.33, 0.42, 0.36, 0.42, 0.37)), 0.2)
    pen.line("shade", [*lagoon, lagoon[0]], 0.2)
    pen.blob("paper", lagoon)
    pen.disc("ink", 0.6, -0.22, 0.1)


FORMS = {"round": round_, "long": long, "crescent": crescent, "atoll": atoll}
