"""A design says everything about how a work looks; `picture` draws it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from latentarchive.cabinet.attributes import COLOURS, COUNTS, GROUNDS, SIZES, pattern_mask
from latentarchive.cabinet.figures import FAMILIES
from latentarchive.cabinet.pen import Pen, Sheet
from latentarchive.cabinet.techniques import render

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from latentarchive.cabinet.pen import Role

_PLACES = {
    "one": ((0.5, 0.5, 0.4),),
    "two": ((0.27, 0.5, 0.23), (0.73, 0.5, 0.23)),
    "three": ((0.5, 0.26, 0.21), (0.25, 0.73, 0.21), (0.75, 0.73, 0.21)),
    "small": ((0.5, 0.5, 0.27),),
    "large": ((0.5, 0.5, 0.44),),
}
"""Middle and reach of each figure, as shares of the sheet."""


@dataclass(frozen=True, kw_only=True)
class Design:
    """The attributes of a drawing. All but the seed are words of `latentarchive.cabinet.attributes`."""

    family: str
    #: One of the family's forms.
    form: str
    colour: str
    ground: str
    pattern: str
    technique: str
    #: How many figures there are; "" in families that vary in size.
    count: str = ""
    #: How large the one figure is; "" in families that vary in number.
    size: str = ""
    #: Of the hand: two designs that differ in it alone are two drawings of one description.
    seed: int = 0

    @property
    def attributes(self) -> tuple[str, ...]:
        """Everything that a caption says of the work: two works are alike if these are equal."""
        return (self.form, self.colour, self.ground, self.pattern, self.technique, self.count or self.size)

    @property
    def series(self) -> str:
        """Family, colour and ground: what is held out of training together."""
        return f"{self.family}, {self.colour} on {self.ground}"


def picture(design: Design) -> Image.Image:
    """Draw a design: RGB, `SIDE` x `SIDE` pixels; equal designs give equal pixels."""
    random, sheet = Random(f"hand/{design.seed}"), Sheet()  # noqa: S311 - a drawing, no secret
    draw = FAMILIES[design.family].forms[design.form]
    for x, y, reach in _PLACES[design.count or design.size]:
        centre = (x + 0.02 * (random.random() - 0.5), y + 0.02 * (random.random() - 0.5))
        draw(Pen(sheet, random, centre=centre, reach=reach * (1 + 0.06 * (random.random() - 0.5))))
    ground = _shade(GROUNDS[design.ground], random, 0.03)
    paint = _paint(_shade(COLOURS[design.colour], random, 0.05), ground, dark=design.ground == "night")
    return render(sheet, design.technique, paint, ground, pattern_mask(design.pattern), random)


def extras(family: str) -> tuple[str, ...]:
    """The counts or the sizes that works of a family come in."""
    return COUNTS if FAMILIES[family].counted else SIZES


def _shade(rgb: tuple[int, int, int], random: Random, spread: float) -> NDArray[np.float32]:
    """A colour as one works it: a little lighter or darker, warmer or cooler."""
    light = spread * (2 * random.random() - 1)
    shift = [light + 0.5 * spread * (2 * random.random() - 1) for _ in range(3)]
    return (np.array(rgb, np.float32) / 255 + np.array(shift, np.float32)).clip(0.02, 0.98)


def _paint(colour: NDArray[np.float32], ground: NDArray[np.float32], *, dark: bool) -> dict[Role, NDArray[np.float32]]:
    """RGB of each role of a shape."""
    cream = np.array((0.98, 0.95, 0.87), np.float32)
    ink = np.array((0.93, 0.9, 0.82) if dark else (0.1, 0.09, 0.1), np.float32)
    return {
        "body": colour,
        "main": colour,
        "shade": colour * 0.6,
        "light": 0.28 * colour + 0.72 * cream,
        "ink": ink,
        "paper": ground,
    }
