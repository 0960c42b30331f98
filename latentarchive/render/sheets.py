"""Printed sheets: A3 at 300 dots an inch, millimetres and points, and the files they become."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from latentarchive.errors import ArchiveError
from latentarchive.maps.hanging import Box
from latentarchive.render.lettering import Font, Type

DPI = 300
A3 = (420.0, 297.0)
"""Millimetres, lying."""

MARGIN = 16.0
"""Millimetres around the page."""

PAPER, INK, QUIET, RULE = "#ffffff", "#1d1b18", "#6b655c", "#d8d2c7"
PANEL, ON_PANEL, FRAME = "#23211e", "#b8b0a3", "#e9e2d4"

FORMATS = {".png": "PNG", ".pdf": "PDF"}
"""Kinds of files by their suffix."""


@dataclass(frozen=True)
class Sheet:
    """Millimetres to pixels, points to type."""

    letters: Type

    def px(self, mm: float) -> float:
        """Millimetres as pixels."""
        return mm * DPI / 25.4

    def mm(self, px: float) -> float:
        """Pixels as millimetres."""
        return px * 25.4 / DPI

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A place in millimetres as one in pixels."""
        return self.px(x), self.px(y)

    def box(self, box: Box) -> tuple[float, float, float, float]:
        """The edges of a box in pixels: left, top, right, bottom."""
        return (*self.point(box.left, box.top), *self.point(box.left + box.width, box.top + box.height))

    def type(self, points: float, *, italic: bool = False) -> Font:
        """The font at a size in points."""
        return self.letters.at(points * DPI / 72, italic=italic)

    def page(self) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        """A blank page and what draws on it."""
        image = Image.new("RGB", (round(self.px(A3[0])), round(self.px(A3[1]))), PAPER)
        return image, ImageDraw.Draw(image)


def inside(picture: Image.Image, edges: tuple[float, float, float, float]) -> tuple[Image.Image, tuple[int, int]]:
    """A picture as large as fits between edges, whole, and the left upper corner that puts it in their middle."""
    left, top, right, bottom = edges
    scale = min((right - left) / picture.width, (bottom - top) / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    corner = round((left + right - size[0]) / 2), round((top + bottom - size[1]) / 2)
    return picture.resize(size, Image.Resampling.LANCZOS), corner


def check_sheet(path: Path) -> None:
    """See to it that a sheet can be written there. Raises `ArchiveError`."""
    if path.suffix.lower() not in FORMATS:
        message = f"{path} must end in one of {', '.join(FORMATS)}"
        raise ArchiveError(message)
    if not path.parent.is_dir():
        message = f"cannot write {path}: there is no folder {path.parent}; make it or choose another place"
        raise ArchiveError(message)


def encoded(pages: Sequence[Image.Image], path: Path, heading: str) -> bytes:
    """Pages as the bytes of a file, of the kind that its name says; those of a PNG stand one below the other."""
    buffer = io.BytesIO()
    if FORMATS[path.suffix.lower()] == "PDF":
        # No dates: equal sheets are equal files.
        pages[0].save(buffer, "PDF", resolution=DPI, save_all=True, append_images=list(pages[1:]), title=heading,
                      producer="latentarchive", creationDate=None, modDate=None, quality=92)  # fmt: skip
        return buffer.getvalue()
    whole = Image.new("RGB", (pages[0].width, sum(page.height for page in pages)), PAPER)
    top = 0
    for page in pages:
        whole.paste(page, (0, top))
        top += page.height
    whole.save(buffer, "PNG", dpi=(DPI, DPI))
    return buffer.getvalue()
