"""A pen that draws one figure in its own unit square, on a sheet of layers that a technique renders later."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from numpy.typing import NDArray

    Point = tuple[float, float]

Role = Literal["body", "main", "shade", "light", "ink", "paper"]
"""What a shape is, not which colour it has; a technique decides that.

``body``: the named colour, and the pattern goes over it; ``main``: the named colour without pattern;
``shade``, ``light``: darker and lighter than it; ``ink``: outlines and marks; ``paper``: cut out to the ground.
"""

SIDE = 192
"""Side of a drawn work in pixels."""

_FINE = 3
"""Shapes are drawn this much larger and averaged: Pillow's polygons have no soft edges."""

_STEPS = 8
"""Points that a smooth curve gets between two given ones."""


@dataclass
class Layer:
    """Neighbouring shapes of one role."""

    role: Role
    image: Image.Image

    def mask(self) -> NDArray[np.float32]:
        """How much of each pixel the layer covers: float32, shape (SIDE, SIDE), in [0, 1]."""
        return np.asarray(self.image.reduce(_FINE), np.float32) / np.float32(255)


class Sheet:
    """Layers in the order of drawing, first below."""

    def __init__(self) -> None:
        """Start without a layer."""
        self.layers: list[Layer] = []

    def on(self, role: Role) -> ImageDraw.ImageDraw:
        """The uppermost layer if it has this role, else a new one above."""
        if not self.layers or self.layers[-1].role != role:
            self.layers.append(Layer(role, Image.new("L", (SIDE * _FINE, SIDE * _FINE))))
        return ImageDraw.Draw(self.layers[-1].image)


class Pen:
    """Draws in a square from -1 to 1, x to the right and y down, that lies somewhere on the sheet.

    Every smooth line trembles a little, so that two works of one form are never the same drawing.
    """

    def __init__(self, sheet: Sheet, random: Random, *, centre: Point = (0.5, 0.5), reach: float = 0.4) -> None:
        """Take up the pen.

        Args:
            sheet: What is drawn on.
            random: Of the tremor, and for the figure's own choices.
            centre: Where the square's middle lies, as shares of the sheet's width and height.
            reach: Half the square's side, as a share of the sheet's.
        """
        self.sheet, self.random = sheet, random
        self._centre, self._reach = centre, reach

    def area(self, role: Role, points: Sequence[Point]) -> None:
        """A filled polygon with straight sides."""
        self.sheet.on(role).polygon(self._placed(points), fill=255)

    def box(self, role: Role, left: float, top: float, right: float, bottom: float) -> None:
        """A filled rectangle."""
        self.area(role, [(left, top), (right, top), (right, bottom), (left, bottom)])

    def blob(self, role: Role, points: Sequence[Point]) -> None:
        """A filled shape with a smooth outline through the points."""
        self.area(role, _smooth(self._tremble(points), closed=True))

    def profile(self, role: Role, half: Sequence[Point]) -> None:
        """A filled shape that is the same left and right, from the smooth outline of its right half, top to bottom."""
        right = _smooth(self._tremble(half), closed=False)
        self.area(role, right + [(-x, y) for x, y in reversed(right)])

    def disc(self, role: Role, x: float, y: float, rx: float, ry: float | None = None) -> None:
        """A filled circle, or an ellipse where ``ry`` is given."""
        ry = rx if ry is None else ry
        turns = [2 * math.pi * i / 48 for i in range(48)]
        self.area(role, [(x + rx * math.cos(t), y + ry * math.sin(t)) for t in turns])

    def line(self, role: Role, points: Sequence[Point], width: float = 0.08) -> None:
        """A line with round ends through the points; the width counts in units of the pen's square."""
        placed = self._placed(points)
        wide = max(round(width * self._reach * SIDE * _FINE), 2 * _FINE)
        on = self.sheet.on(role)
        on.line(placed, fill=255, width=wide, joint="curve")
        for x, y in (placed[0], placed[-1]):
            on.ellipse([x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2], fill=255)

    def curve(self, role: Role, points: Sequence[Point], width: float = 0.08) -> None:
        """A smooth line through the points."""
        self.line(role, _smooth(self._tremble(points), closed=False), width)

    def at(self, x: float, y: float, scale: float) -> Pen:
        """A pen for a smaller square inside this one."""
        (cx, cy), reach = self._centre, self._reach
        return Pen(self.sheet, self.random, centre=(cx + x * reach, cy + y * reach), reach=reach * scale)

    def vary(self, value: float, share: float = 0.12) -> float:
        """A value, up to a share of it larger or smaller."""
        return value * (1 + share * (2 * self.random.random() - 1))

    def _placed(self, points: Sequence[Point]) -> list[Point]:
        (cx, cy), reach, side = self._centre, self._reach, SIDE * _FINE
        return [((cx + x * reach) * side, (cy + y * reach) * side) for x, y in points]

    def _tremble(self, points: Sequence[Point]) -> list[Point]:
        random = self.random.random
        return [(x + 0.03 * (random() - 0.5), y + 0.03 * (random() - 0.5)) for x, y in points]


def _smooth(points: Sequence[Point], *, closed: bool) -> list[Point]:
    """Points of a Catmull-Rom spline through the given ones."""
    p = np.array(points, float)
    if closed:
        before, start, end, beyond = np.roll(p, 1, 0), p, np.roll(p, -1, 0), np.roll(p, -2, 0)
    else:
        before, start, end, beyond = p[[0, *range(len(p) - 2)]], p[:-1], p[1:], p[[*range(2, len(p)), len(p) - 1]]
    t = np.linspace(0, 1, _STEPS, endpoint=False)[:, None, None]
    curve = start + 0.5 * t * (
        end - before + t * (2 * before - 5 * start + 4 * end - beyond + t * (3 * (start - end) + beyond - before))
    )
    path = curve.transpose(1, 0, 2).reshape(-1, 2).tolist()
    return [(x, y) for x, y in path] + ([] if closed else [(float(p[-1, 0]), float(p[-1, 1]))])
