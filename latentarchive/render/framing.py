"""The dashed frame that a generated image stands in, wherever it is drawn."""

from __future__ import annotations

from PIL import ImageDraw


def dashed(
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    ink: str | tuple[int, int, int],
    *,
    dash: int,
    gap: int,
) -> None:
    """Draw a dashed rectangle one pixel wide.

    Args:
        draw: On what.
        box: Left, top, right and bottom, in pixels; the lines run through them.
        ink: Colour.
        dash: Pixels of a dash; that at a corner may be shorter.
        gap: Pixels between two.
    """
    left, top, right, bottom = box
    for x in range(left, right, dash + gap):
        for y in (top, bottom):
            draw.line((x, y, min(x + dash, right), y), ink)
    for y in range(top, bottom, dash + gap):
        for x in (left, right):
            draw.line((x, y, x, min(y + dash, bottom)), ink)
