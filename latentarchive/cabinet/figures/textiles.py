"""Textiles: rug, banner, robe, quilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentarchive.cabinet.pen import Pen, Role


def rug(pen: Pen) -> None:
    """Wide, with a border, a lozenge in its middle and fringes on both ends."""
    high = pen.vary(0.58, 0.08)
    for i in range(6):
        y = high * (i / 2.5 - 1) * 0.88
        pen.line("main", [(-0.93, y), (0.93, y)], 0.11)
    pen.box("shade", -0.82, -high, 0.82, high)
    pen.box("body", -0.66, 0.16 - high, 0.66, high - 0.16)
    wide = pen.vary(0.36)
    _lozenge(pen, "shade", 0, 0, wide, 0.34)
    _lozenge(pen, "light", 0, 0, wide * 0.5, 0.17)


def banner(pen: Pen) -> None:
    """Tall, hung by loops from a rod, with a swallow tail and a round badge."""
    wide, notch = pen.vary(0.46, 0.08), pen.vary(0.52, 0.1)
    for x in (-0.8 * wide, 0, 0.8 * wide):
        pen.box("shade", x - 0.09, -0.98, x + 0.09, -0.66)
    pen.area("body", [(-wide, -0.72), (wide, -0.72), (wide, 1.0), (0, notch), (-wide, 1.0)])
    pen.box("shade", -wide, -0.72, wide, -0.56)
    pen.disc("shade", 0, -0.14, 0.25)
    pen.disc("main", 0, -0.14, 0.12)
    pen.line("ink", [(-0.74, -0.87), (0.74, -0.87)], 0.11)
    pen.disc("ink", -0.76, -0.87, 0.11)
    pen.disc("ink", 0.76, -0.87, 0.11)


def robe(pen: Pen) -> None:
    """Laid flat in the shape of a T: wide hanging sleeves, crossed collar and a sash."""
    cuff, waist = pen.vary(0.12, 0.5), pen.vary(0.36, 0.06)
    half = [(0.2, -0.92), (0.98, -0.84), (0.98, cuff), (0.56, cuff), (waist, -0.3), (waist, 0.1), (0.56, 0.98)]
    pen.area("body", half + [(-x, y) for x, y in reversed(half)])
    for side in (-1, 1):
        pen.area("shade", [(side * x, y) for x, y in ((0.84, -0.855), (1, -0.84), (1, cuff), (0.84, cuff))])
    pen.area("shade", [(-0.54, 0.84), (0.54, 0.84), (0.58, 0.99), (-0.58, 0.99)])
    pen.box("shade", -waist - 0.01, -0.02, waist + 0.01, 0.2)
    pen.line("shade", [(-0.2, -0.89), (0.06, -0.1)], 0.15)
    pen.line("shade", [(0.2, -0.89), (-0.06, -0.1)], 0.15)
    pen.area("paper", [(-0.17, -1.0), (0.17, -1.0), (0, -0.62)])


def quilt(pen: Pen) -> None:
    """A square of nine patches with dark seams, a lozenge sewn on every other one, in a broad border."""
    inner = 0.94 - pen.vary(0.24, 0.1)
    block = 2 * inner / 3
    half = block / 2 - 0.06
    middles = [(i * block, j * block) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    pen.box("body", -0.96, -0.96, 0.96, 0.96)
    pen.box("shade", -inner - 0.06, -inner - 0.06, inner + 0.06, inner + 0.06)
    for x, y in middles:
        pen.box("body", x - half, y - half, x + half, y + half)
    for x, y in middles[::2]:
        _lozenge(pen, "shade", x, y, half, half)


def _lozenge(pen: Pen, role: Role, x: float, y: float, rx: float, ry: float) -> None:
    pen.area(role, [(x - rx, y), (x, y - ry), (x + rx, y), (x, y + ry)])


FORMS = {"rug": rug, "banner": banner, "robe": robe, "quilt": quilt}
