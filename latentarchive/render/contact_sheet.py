"""Contact sheets as PNG: columns of whole pictures under their headings; generated ones framed and labelled as such."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from latentarchive.diffusion.generated import write_png
from latentarchive.diffusion.record import Record
from latentarchive.render.framing import dashed
from latentarchive.render.lettering import broken

GROUND, INK, QUIET, MAT = "#faf9f6", "#1d1b18", "#68635b", "#f0ede6"
"""The colours of the pages by day."""

SIDE, GAP, LABEL = 176, 16, 22
"""Pixels: of a picture's place, between places, of a line of text under it."""


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
    across = [max(1, min(wall.across, len(wall.pictures))) for wall in walls]
    widths = [n * (SIDE + GAP) + GAP for n in across]
    rows = max(-(-len(wall.pictures) // n) for wall, n in zip(walls, across, strict=True))
    top = 92
    sheet = Image.new("RGB", (sum(widths) + 2 * GAP, top + rows * (SIDE + LABEL + GAP) + 48), GROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((2 * GAP, GAP), _fitted(heading, _font(24), sheet.width - 4 * GAP), INK, font=_font(24))
    left = GAP
    for wall, n, width in zip(walls, across, widths, strict=True):
        draw.text((left + GAP, 58), _fitted(wall.heading, _font(15), width - GAP), INK, font=_font(15))
        for number, (data, label) in enumerate(wall.pictures):
            x = left + GAP + number % n * (SIDE + GAP)
            _place(sheet, draw, data, label, (x, top + number // n * (SIDE + LABEL + GAP)), generated=wall.generated)
        left += width
    said = "Framed with dashes: generated images. None of them is a work."
    draw.text((2 * GAP, sheet.height - 34), said, QUIET, font=_font(14))
    write_png(path, sheet, records)


def _place(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, data: bytes, label: str, at: tuple[int, int], *, generated: bool
) -> None:
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
    draw.text((x, y + SIDE + 4), _fitted(label, _font(13), SIDE), QUIET, font=_font(13))


def _fitted(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """As many words of a text as one line has room for."""
    return "".join(broken(text, font, width, most=1))


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
