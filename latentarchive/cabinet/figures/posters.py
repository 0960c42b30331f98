"""Posters: sun, mountain, ship, wheel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentarchive.cabinet.pen import Pen

_MIDDLE = -0.28
"""Height of the middle of the field that holds the device."""

_WIDE, _HIGH = 0.5, 0.54
"""Half the field's width and height."""


def sun(pen: Pen) -> None:
    """A disc with eight rays."""
    _sheet(pen)
    turn = pen.vary(math.pi / 16, 1.0)
    for i in range(8):
        angle = turn + math.pi * i / 4
        tip = (0.46 * math.cos(angle), _MIDDLE + 0.46 * math.sin(angle))
        sides = [(0.3 * math.cos(angle + s), _MIDDLE + 0.3 * math.sin(angle + s)) for s in (-0.27, 0.27)]
        pen.area("light", [tip, *sides])
    pen.disc("light", 0, _MIDDLE, 0.24)
    _lettering(pen)


def mountain(pen: Pen) -> None:
    """Two peaks up from the lower edge of the field, the higher one on the left."""
    _sheet(pen)
    base, top, second = _MIDDLE + _HIGH - 0.08, pen.vary(-0.17, 0.2), pen.vary(-0.36, 0.15)
    pen.area("light", [(top, -0.72), (0.12, -0.16), (-0.08, base), (-0.46, base), (-0.46, -0.08)])
    pen.area("light", [(0.28, second), (0.46, second + 0.34), (0.46, base), (0.02, base)])
    _lettering(pen)


def ship(pen: Pen) -> None:
    """A hull under two sails."""
    _sheet(pen)
    mast = pen.vary(-0.02, 1.0)
    pen.area("light", [(mast - 0.05, -0.76), (mast - 0.05, -0.12), (-0.42, -0.12)])
    pen.area("light", [(mast + 0.06, -0.68), (mast + 0.06, -0.12), (0.4, -0.12)])
    pen.area("light", [(-0.46, -0.03), (0.46, -0.03), (0.3, 0.18), (-0.32, 0.18)])
    _lettering(pen)


def wheel(pen: Pen) -> None:
    """A rim with six spokes and a hub."""
    _sheet(pen)
    turn = pen.vary(math.pi / 12, 1.0)
    rim = [(0.38 * math.cos(math.pi * i / 24), _MIDDLE + 0.38 * math.sin(math.pi * i / 24)) for i in range(49)]
    pen.line("light", rim, 0.13)
    for i in range(3):
        x, y = 0.38 * math.cos(turn + math.pi * i / 3), 0.38 * math.sin(turn + math.pi * i / 3)
        pen.line("light", [(-x, _MIDDLE - y), (x, _MIDDLE + y)], 0.09)
    pen.disc("light", 0, _MIDDLE, 0.12)
    _lettering(pen)


def _sheet(pen: Pen) -> None:
    """An upright sheet with a framed field in its upper part and a dark label below."""
    pen.box("body", -0.72, -1.0, 0.72, 1.0)
    pen.box("shade", -_WIDE - 0.06, _MIDDLE - _HIGH - 0.06, _WIDE + 0.06, _MIDDLE + _HIGH + 0.06)
    pen.box("shade", -_WIDE - 0.06, 0.44, _WIDE + 0.06, 0.86)
    pen.box("main", -_WIDE, _MIDDLE - _HIGH, _WIDE, _MIDDLE + _HIGH)


def _lettering(pen: Pen) -> None:
    """On the label a row of blocks that read as a word, and a shorter line below."""
    shares = [pen.vary(share) for share in (0.2, 0.13, 0.2, 0.13)]
    gap, left = (0.92 - sum(shares)) / 3, -0.46
    for wide in shares:
        pen.box("light", left, 0.51, left + wide, 0.67)
        left += wide + gap
    half = pen.vary(0.3)
    pen.box("light", -half, 0.73, half, 0.8)


FORMS = {"sun": sun, "mountain": mountain, "ship": ship, "wheel": wheel}
