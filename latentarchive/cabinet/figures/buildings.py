"""Buildings: tower, temple, house, bridge."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentarchive.cabinet.pen import Pen, Role


def tower(pen: Pen) -> None:
    """Tall and narrow under a pointed roof, with a window above a door."""
    wide, eaves = pen.vary(0.34, 0.06), pen.vary(-0.4, 0.1)
    pen.area("body", [(-wide, eaves), (wide, eaves), (wide + 0.06, 0.92), (-wide - 0.06, 0.92)])
    pen.area("shade", [(0, -1.0), (wide + 0.2, eaves), (-wide - 0.2, eaves)])
    pen.box("shade", -wide - 0.18, 0.86, wide + 0.18, 1.0)
    openings: tuple[tuple[Role, float], ...] = (("light", 0.07), ("shade", 0.0))
    for role, rim in openings:
        _arch(pen, role, 0, eaves + 0.24 - rim, 0.11 + rim, eaves + 0.5 + rim)
        _arch(pen, role, 0, 0.42 - rim, 0.14 + rim, 0.86)


def temple(pen: Pen) -> None:
    """Four columns between broad steps and a low pediment; one sees through."""
    peak, thick = pen.vary(-0.84, 0.06), pen.vary(0.14, 0.07)
    places = (-0.69, -0.23, 0.23, 0.69)
    pen.area("body", [(0, peak), (0.98, -0.26), (-0.98, -0.26)])
    for x in places:
        pen.area("body", [(x - thick + 0.02, -0.1), (x + thick - 0.02, -0.1), (x + thick, 0.6), (x - thick, 0.6)])
    pen.area("shade", [(0, peak - 0.12), (1.0, -0.3), (1.0, -0.2), (0, peak + 0.02), (-1.0, -0.2), (-1.0, -0.3)])
    pen.box("shade", -0.92, -0.28, 0.92, -0.12)
    pen.box("shade", -0.9, 0.58, 0.9, 0.72)
    pen.box("shade", -1.0, 0.72, 1.0, 0.88)
    for x in places:
        pen.box("light", x - thick - 0.04, -0.12, x + thick + 0.04, -0.02)
        pen.box("light", x - thick - 0.04, 0.52, x + thick + 0.04, 0.6)


def house(pen: Pen) -> None:
    """Wide, under a gabled roof with a chimney; a door between two windows."""
    ridge, chimney = pen.vary(-0.8, 0.06), pen.vary(0.52, 0.1)
    pen.box("main", chimney - 0.14, -0.9, chimney + 0.14, -0.2)
    pen.area("body", [(0, ridge), (0.84, -0.08), (0.84, 0.86), (-0.84, 0.86), (-0.84, -0.08)])
    pen.area("shade", [(0, ridge - 0.1), (1.0, -0.1), (1.0, 0.12), (0, ridge + 0.18), (-1.0, 0.12), (-1.0, -0.1)])
    pen.box("shade", chimney - 0.2, -0.98, chimney + 0.2, -0.86)
    pen.box("shade", -0.92, 0.78, 0.92, 0.9)
    for x in (-0.53, 0.53):
        pen.box("light", x - 0.22, 0.14, x + 0.22, 0.58)
    pen.box("light", -0.24, 0.2, 0.24, 0.78)
    for x in (-0.53, 0.53):
        pen.box("shade", x - 0.14, 0.22, x + 0.14, 0.5)
    pen.box("shade", -0.16, 0.28, 0.16, 0.78)


def bridge(pen: Pen) -> None:
    """Long and low, a roadway that rises a little over two or three round arches with piers between."""
    arches = 2 if pen.random.random() < 0.5 else 3
    rise, foot = pen.vary(0.16, 0.25), 0.56
    span = 1.9 / arches
    radius, spring = span / 2 - 0.09, 0.2 if arches == 3 else 0.42
    outline = [(x / 8, -0.28 - rise * (1 - (x / 8) ** 2)) for x in range(-8, 9)]
    outline.append((1.0, foot))
    for i in reversed(range(arches)):
        centre = -0.95 + span * (i + 0.5)
        turns = [math.pi * step / 24 for step in range(25)]
        outline.append((centre + radius, foot))
        outline += [(centre + radius * math.cos(t), spring - min(radius, 0.54) * math.sin(t)) for t in turns]
        outline.append((centre - radius, foot))
    outline.append((-1.0, foot))
    pen.area("body", outline)
    road = [(x / 8, -0.32 - rise * (1 - (x / 8) ** 2)) for x in range(-8, 9)]
    pen.area("shade", [(x, y - 0.1) for x, y in road] + [(x, y + 0.08) for x, y in reversed(road)])
    for i in range(arches + 1):
        x = min(max(-0.95 + span * i, -0.86), 0.86)
        pen.box("shade", x - 0.14, foot - 0.1, x + 0.14, foot + 0.06)


def _arch(pen: Pen, role: Role, x: float, top: float, half: float, bottom: float) -> None:
    """An opening with a round head."""
    pen.disc(role, x, top + half, half)
    pen.box(role, x - half, top + half, x + half, bottom)


FORMS = {"tower": tower, "temple": temple, "house": house, "bridge": bridge}
