"""Vessels: amphora, bowl, jug, bottle."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentarchive.cabinet.pen import Pen


def amphora(pen: Pen) -> None:
    """A narrow foot, a full belly, a tall neck and two handles up to the lip."""
    belly = pen.vary(0.56)
    for side in (-1, 1):
        pen.curve("main", [(side * 0.2, -0.8), (side * 0.6, -0.72), (side * 0.5, -0.3)], 0.12)
    pen.profile(
        "body",
        [(0.26, -0.98), (0.18, -0.84), (0.17, -0.62), (belly, -0.18), (0.42, 0.4), (0.15, 0.78), (0.28, 0.98)],
    )
    pen.box("shade", -0.3, -1.0, 0.3, -0.88)
    pen.box("shade", -0.3, 0.88, 0.3, 1.0)


def bowl(pen: Pen) -> None:
    """Wide and low on a small foot, seen a little from above."""
    deep = pen.vary(0.55)
    pen.profile("body", [(0.98, -0.3), (0.9, 0.05), (0.55, deep - 0.12), (0.25, deep), (0.3, deep + 0.18)])
    pen.box("shade", -0.34, deep + 0.06, 0.34, deep + 0.2)
    pen.disc("light", 0, -0.3, 0.98, 0.2)
    pen.disc("shade", 0, -0.27, 0.8, 0.13)


def jug(pen: Pen) -> None:
    """A round belly with a spout on the left and one large handle on the right."""
    pen.curve("main", [(0.3, -0.6), (0.95, -0.55), (0.9, 0.1), (0.45, 0.45)], 0.17)
    wide = pen.vary(0.62)
    pen.area("body", [(-0.26, -0.72), (-0.62, -0.98), (0.1, -0.86), (0.24, -0.5)])
    pen.profile("body", [(0.26, -0.86), (0.25, -0.5), (wide, 0.2), (0.5, 0.7), (0.36, 0.96)])
    pen.box("shade", -0.4, 0.86, 0.4, 1.0)


def bottle(pen: Pen) -> None:
    """A straight body with round shoulders, a thin long neck and a stopper."""
    wide = pen.vary(0.4)
    pen.profile(
        "body", [(0.13, -0.74), (0.13, -0.3), (wide, 0.0), (wide + 0.03, 0.3), (wide + 0.02, 0.8), (wide - 0.04, 0.98)]
    )
    pen.box("shade", -0.18, -0.8, 0.18, -0.66)
    pen.disc("light", 0, -0.86, 0.15, 0.14)


FORMS = {"amphora": amphora, "bowl": bowl, "jug": jug, "bottle": bottle}
