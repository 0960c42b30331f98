"""Generated images as they may be shown alone: enlarged, framed, and labelled for what they are; films and sheets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from latentarchive import storage
from latentarchive.diffusion.generated import write_beside, write_png
from latentarchive.diffusion.record import Record
from latentarchive.render.framing import dashed
from latentarchive.render.lettering import broken

SIDE = 256
"""Pixels that the longer side of a small image is enlarged to, whole pixels as they are."""

GROUND, INK, LINE = (23, 22, 20), (236, 232, 225), (164, 157, 146)
MARGIN, LETTER = 14, 15

LABEL = "generated, not a work"

FRAME_MS, LAST_MS = 160, 1600
"""How long a film shows each frame, and its last one."""

ACROSS = 5
"""Images in a row of a sheet."""


def labelled(image: Image.Image, caption: str, *, side: int = SIDE) -> Image.Image:
    """A generated image on a dark mat, in a dashed frame, with its label and a caption below."""
    factor = max(1, side // max(image.size))
    large = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    font = ImageFont.load_default(LETTER)
    lines = [LABEL, *broken(caption, font, large.width, most=2)]
    height = large.height + 2 * MARGIN + len(lines) * (LETTER + 4) + MARGIN
    sheet = Image.new("RGB", (large.width + 2 * MARGIN, height), GROUND)
    sheet.paste(large, (MARGIN, MARGIN))
    draw = ImageDraw.Draw(sheet)
    edges = (MARGIN - 4, MARGIN - 4, MARGIN + large.width + 3, MARGIN + large.height + 3)
    dashed(draw, edges, LINE, dash=6, gap=6)
    for number, line in enumerate(lines):
        top = large.height + 2 * MARGIN + number * (LETTER + 4)
        draw.text((MARGIN, top), line, fill=LINE if number == 0 else INK, font=font)
    return sheet


def write_film(path: Path, images: Sequence[Image.Image], captions: Sequence[str], records: Sequence[Record]) -> None:
    """Write a GIF that repeats, and beside it as JSON the records of all its frames.

    A GIF has 256 colours a frame: the frames themselves lie beside it as PNG.

    Args:
        path: Ends in .gif; an earlier film there is replaced.
        images: Of equal size, one or more.
        captions: One each.
        records: One each.

    Raises:
        ArchiveError: There is a file of that name with another beginning than a film's.
        WriteRefused: The disk is full, or we may not write there.
    """
    frames = [labelled(image, caption) for image, caption in zip(images, captions, strict=True)]
    size = (max(frame.width for frame in frames), max(frame.height for frame in frames))
    padded = [Image.new("RGB", size, GROUND) for _ in frames]
    for whole, frame in zip(padded, frames, strict=True):
        whole.paste(frame, (0, 0))
    times = [FRAME_MS] * (len(frames) - 1) + [LAST_MS]
    write_beside(path, records)

    def write(partial: Path) -> None:
        padded[0].save(
            partial, "GIF", save_all=True, append_images=padded[1:], duration=times, loop=0, disposal=1, comment=LABEL
        )

    storage.write_with(path, write)


def write_sheet(path: Path, images: Sequence[Image.Image], captions: Sequence[str], records: Sequence[Record]) -> None:
    """Write a contact sheet as PNG with the records of all images inside and beside it. Raises as `write_png` does."""
    frames = [labelled(image, caption) for image, caption in zip(images, captions, strict=True)]
    width, height = max(frame.width for frame in frames), max(frame.height for frame in frames)
    rows = -(-len(frames) // ACROSS)
    sheet = Image.new("RGB", (width * min(ACROSS, len(frames)), height * rows), GROUND)
    for number, frame in enumerate(frames):
        sheet.paste(frame, (width * (number % ACROSS), height * (number // ACROSS)))
    write_png(path, sheet, records)
