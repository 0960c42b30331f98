"""Carved masks, seen from the front: round, long, horned, beaked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentarchive.cabinet.pen import Pen


def round_(pen: Pen) -> None:
    """A full moon of a face inside a carved rim, with a calm mouth."""
    pen.disc("shade", 0, 0, 0.98)
    pen.disc("body", 0, 0, 0.85)
    _eyes(pen, 0.36, -0.12, 0.27, 0.17)
    _nose(pen, -0.5, 0.26, 0.13)
    pen.blob("shade", [(-0.4, 0.46), (0, 0.38), (0.4, 0.46), (0.24, 0.66), (-0.24, 0.66)])
    _gaze(pen, 0.36, -0.1, pen.vary(0.19), 0.09)
    pen.blob("paper", [(-0.28, 0.48), (0, 0.46), (0.28, 0.48), (0.15, 0.58), (-0.15, 0.58)])


def long(pen: Pen) -> None:
    """A tall narrow face with a crest band, a long nose and a small round mouth."""
    jaw = pen.vary(0.3)
    pen.profile("body", [(0.2, -0.98), (0.54, -0.72), (0.6, -0.2), (0.5, 0.3), (jaw, 0.8), (0.1, 1.0)])
    pen.profile("main", [(0.2, -1.0), (0.48, -0.86), (0.58, -0.56), (0.0, -0.52)])
    _eyes(pen, 0.31, -0.2, 0.23, 0.14)
    _nose(pen, -0.52, 0.38, 0.11)
    pen.disc("shade", 0, 0.66, 0.2, 0.18)
    _gaze(pen, 0.31, -0.18, 0.15, 0.08)
    pen.disc("paper", 0, 0.66, 0.11, 0.1)


def horned(pen: Pen) -> None:
    """A broad brow that narrows to the chin, under two great horns."""
    tip = pen.vary(0.62)
    for side in (-1, 1):
        horn = [(0.2, -0.3), (0.62, -0.42), (0.7, -0.66), (tip - 0.04, -0.98), (0.94, -0.76), (0.94, -0.34), (0.6, 0.0)]
        pen.blob("main", [(side * x, y) for x, y in horn])
    pen.profile("body", [(0.0, -0.5), (0.36, -0.46), (0.62, -0.2), (0.6, 0.24), (0.36, 0.76), (0.0, 1.0)])
    _eyes(pen, 0.32, 0.02, 0.25, 0.15)
    _nose(pen, -0.36, 0.4, 0.12)
    pen.box("shade", -0.32, 0.52, 0.32, 0.76)
    _gaze(pen, 0.32, 0.04, 0.17, 0.08)
    pen.box("paper", -0.22, 0.59, 0.22, 0.69)


def beaked(pen: Pen) -> None:
    """A bird with a crest of three feathers and a beak that points down."""
    high = pen.vary(-0.94, 0.05)
    for x, y in ((-0.62, high + 0.2), (0.62, high + 0.2), (0.0, high)):
        foot = x * 0.45
        pen.blob("main", [(x, y), (x + 0.2, y + 0.24), (foot + 0.16, -0.3), (foot - 0.16, -0.3), (x - 0.2, y + 0.24)])
    pen.profile("body", [(0.0, -0.56), (0.5, -0.44), (0.74, -0.04), (0.6, 0.34), (0.24, 0.56), (0.0, 0.6)])
    for side in (-1, 1):
        pen.disc("shade", side * 0.42, -0.08, 0.26)
    pen.area("shade", [(0.0, -0.26), (0.3, 0.3), (0.0, 1.0), (-0.3, 0.3)])
    pen.area("light", [(0.0, -0.1), (0.19, 0.3), (0.0, 0.8), (-0.19, 0.3)])
    for side in (-1, 1):
        pen.disc("paper", side * 0.42, -0.08, 0.15)


def _eyes(pen: Pen, x: float, y: float, wide: float, high: float) -> None:
    """Two dark almond sockets."""
    for side in (-1, 1):
        pen.disc("shade", side * x, y, wide, high)


def _gaze(pen: Pen, x: float, y: float, wide: float, high: float) -> None:
    """The openings of the eyes."""
    for side in (-1, 1):
        pen.disc("paper", side * x, y, wide, high)


def _nose(pen: Pen, top: float, bottom: float, wide: float) -> None:
    """A carved ridge from the brow that broadens downward."""
    pen.area("shade", [(-wide * 0.5, top), (wide * 0.5, top), (wide * 1.3, bottom), (-wide * 1.3, bottom)])


FORMS = {"round": round_, "long": long, "horned": horned, "beaked": beaked}
