"""Contact sheets as PNG: walls of whole pictures under their headings; generated ones framed and labelled as such."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from latentarchive.diffusion.generated import write_png
from latentarchive.diffusion.record import Record
from latentarchive.render.framing import dashed
from latentarchive.render.lettering import Type, broken, paragraph

GROUND, INK, QUIET, MAT = "#faf9f6", "#1d1b18", "#68635b", "#f0ede6"
"""The colours of the pages by day."""

SIDE, GAP, LINE = 176, 16, 17
"""Pixels: of a picture's place, between places, from line to line of what stands under it."""

LINES = 3
"""Lines under a picture, at most."""

TOP, FOOT, NARROW = 92, 48, 480
"""Pixels above and below the walls, and the least width of a sheet, so that its heading can be read."""

SAID = "Framed with dashes: generated images. None of them is a work."


@dataclass(frozen=True)
class Wall:
    """Pictures under one heading."""

    heading: str
    #: Encoded picture, empty if there is none, and what stands below it.
    pictures: Sequence[tuple[bytes, str]]
    generated: bool
    #: Most of them beside each other.
    across: int = 4


def write_sheet(path: Path, heading: str, walls: Sequence[Wall], records: Sequence[Record]) -> None:
    """Write walls beside each other as one PNG, with the records of the generated images in it and beside it.

    Raises:
        ArchiveError: There is no record, or something else of that name.
        WriteRefused: The disk is full, or we may not write there.
    """
    letters = Type()
    small, large = letters.at(13), letters.at(15)
    across = [max(1, min(wall.across, len(wall.pictures))) for wall in walls]
    widths = [n * (SIDE + GAP) + GAP for n in across]
    rows = max(-(-len(wall.pictures) // n) for wall, n in zip(walls, across, strict=True))
    labels = [[broken(label, small, SIDE, most=LINES) for _, label in wall.pictures] for wall in walls]
    high = SIDE + 4 + LINE * max((len(lines) for wall in labels for lines in wall), default=1) + GAP
    wide = max(sum(widths) + 2 * GAP, NARROW)
    sheet = Image.new("RGB", (wide, TOP + rows * high + FOOT), GROUND)
    draw = ImageDraw.Draw(sheet)
    title = broken(heading, letters.at(24), wide - 4 * GAP, most=1)
    draw.text((2 * GAP, GAP), "".join(title), INK, font=letters.at(24))
    left = GAP
    for wall, below, n, width in zip(walls, labels, across, widths, strict=True):
        room = width - GAP if len(walls) > 1 else wide - 3 * GAP
        draw.text((left + GAP, 58), "".join(broken(wall.heading, large, room, most=1)), INK, font=large)
        for number, ((data, _), lines) in enumerate(zip(wall.pictures, below, strict=True)):
            x, y = left + GAP + number % n * (SIDE + GAP), TOP + number // n * high
            _place(sheet, draw, data, (x, y), generated=wall.generated)
            paragraph(draw, (x, y + SIDE + 4), lines, small, leading=LINE, fill=QUIET)
        left += width
    draw.text((2 * GAP, sheet.height - 34), SAID, QUIET, font=letters.at(14))
    write_png(path, sheet, records)


def _place(sheet: Image.Image, draw: ImageDraw.ImageDraw, data: bytes, at: tuple[int, int], *, generated: bool) -> None:
    x, y = at
    if generated:
        dashed(draw, (x, y, x + SIDE, y + SIDE), QUIET, dash=5, gap=5)
    else:
        draw.rectangle((x, y, x + SIDE, y + SIDE), MAT)
    if data:
        with Image.open(io.BytesIO(data)) as opened:
            image = opened.convert("RGB")
        room = SIDE - 16
        scale = min(room / image.width, room / image.height)
        image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        sheet.paste(image, (x + (SIDE - image.width) // 2, y + (SIDE - image.height) // 2))
