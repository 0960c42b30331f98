"""What a work of the cabinet can be: families, forms, colours, grounds, patterns, techniques, counts, sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from latentarchive.cabinet.pen import SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLOURS = {
    "red": (190, 44, 40),
    "gold": (226, 166, 34),
    "green": (54, 130, 70),
    "blue": (40, 96, 176),
    "violet": (126, 66, 158),
    "black": (46, 43, 44),
}
"""Main colour of a work, RGB; works vary a little around it."""

GROUNDS = {
    "ivory": (244, 237, 219),
    "stone": (164, 162, 156),
    "night": (28, 34, 58),
    "rose": (236, 188, 184),
    "sky": (176, 206, 226),
}
"""What a work stands on or is drawn on, RGB."""

PATTERNS = ("plain", "striped", "dotted", "chequered", "zigzag")
TECHNIQUE_NAMES = ("watercolour", "engraving", "woodcut", "photograph", "screenprint")
COUNTS = ("one", "two", "three")
SIZES = ("small", "large")

_PERIOD = 24
"""Pixels after which a pattern repeats: a stripe of 12 pixels is still four wide at 64 pixels."""


def pattern_mask(name: str) -> NDArray[np.float32]:
    """Where the light marks of a pattern lie: float32, shape (SIDE, SIDE), 0 or 1."""
    x = np.arange(SIDE, dtype=np.float32)[None, :] / _PERIOD
    y = np.arange(SIDE, dtype=np.float32)[:, None] / _PERIOD
    match name:
        case "plain":
            marks = np.zeros((SIDE, SIDE), bool)
        case "striped":
            marks = (y + 0 * x) % 1 < 0.5
        case "dotted":
            marks = ((x + 0.5 * (y // 1 % 2)) % 1 - 0.5) ** 2 + (y % 1 - 0.5) ** 2 < 0.075
        case "chequered":
            marks = (x % 1 < 0.5) ^ (y % 1 < 0.5)
        case "zigzag":
            marks = (y + np.abs(x % 1 - 0.5) * 1.3) % 1 < 0.45
        case _:
            message = f"no pattern {name!r}; there are {', '.join(PATTERNS)}"
            raise ValueError(message)
    return marks.astype(np.float32)
