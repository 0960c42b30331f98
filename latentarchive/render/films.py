"""Films of generated images: frames that say what they are, as a GIF that every machine writes and as video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from latentarchive import storage
from latentarchive.diffusion.generated import check_ours, packet_box, write_beside
from latentarchive.diffusion.record import Record
from latentarchive.errors import require
from latentarchive.render.framing import dashed
from latentarchive.render.lettering import Type, broken

SIDE = 256
"""Pixels that the longer side of a small image is enlarged to, whole pixels as they are."""

GROUND, INK, LINE = (23, 22, 20), (236, 232, 225), (164, 157, 146)
MARGIN, LETTER = 14, 15

LABEL = "generated, not a work"

RATE = 25
"""Pictures of a video a second."""

HELD, LAST_HELD = 4, 40
"""How many of these each frame of a film is held, and its last one: 160 and 1600 milliseconds."""

QUALITY = "18"
"""Constant rate factor of H.264: 18 looks like the original to most."""

EXTRA = "video"


@dataclass(frozen=True)
class Film:
    """Generated images one after the other."""

    #: RGB, of one even size, framed and labelled.
    frames: Sequence[Image.Image]
    #: One each.
    records: Sequence[Record]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return (HELD * (len(self.frames) - 1) + LAST_HELD) / RATE


def film(images: Sequence[Image.Image], captions: Sequence[str], records: Sequence[Record]) -> Film:
    """A film of images, one or more, each with its caption and its record."""
    frames = [labelled(image, caption) for image, caption in zip(images, captions, strict=True)]
    # H.264 with colours at half resolution, which all browsers play, takes even sizes only.
    width, height = (max(size) + max(size) % 2 for size in zip(*(frame.size for frame in frames), strict=True))
    padded = [Image.new("RGB", (width, height), GROUND) for _ in frames]
    for whole, frame in zip(padded, frames, strict=True):
        whole.paste(frame, (0, 0))
    return Film(padded, records)


def labelled(image: Image.Image, caption: str) -> Image.Image:
    """A generated image on a dark mat, in a dashed frame, with its label and a caption.

    The label stands above it: there no player puts its controls.
    """
    factor = max(1, SIDE // max(image.size))
    large = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    font = Type().at(LETTER)
    line = LETTER + 4
    above = MARGIN + line
    height = above + large.height + 2 * MARGIN + 2 * line  # room for two lines, so that frames are of one size
    sheet = Image.new("RGB", (large.width + 2 * MARGIN, height), GROUND)
    sheet.paste(large, (MARGIN, above))
    draw = ImageDraw.Draw(sheet)
    edges = (MARGIN - 4, above - 4, MARGIN + large.width + 3, above + large.height + 3)
    dashed(draw, edges, LINE, dash=6, gap=6)
    draw.text((MARGIN, MARGIN // 2), LABEL, fill=INK, font=font)
    for number, said in enumerate(broken(caption, font, large.width, most=2)):
        draw.text((MARGIN, above + large.height + MARGIN + number * line), said, fill=INK, font=font)
    return sheet


def write_gif(one: Film, path: Path) -> None:
    """Write a film as a GIF that repeats, and beside it as JSON the records of all its frames.

    A GIF has 256 colours a frame.

    Raises:
        ArchiveError: There is a file in the way that is no film, or no record of it.
        WriteRefused: The disk is full, or we may not write there.
    """
    if not path.with_suffix(".json").exists():
        check_ours(path)  # a film of ours has its records beside it
    write_beside(path, one.records)
    times = [1000 * HELD // RATE] * (len(one.frames) - 1) + [1000 * LAST_HELD // RATE]

    def write(partial: Path) -> None:
        first, *rest = one.frames
        first.save(partial, "GIF", save_all=True, append_images=rest, duration=times, loop=0, disposal=1, comment=LABEL)

    storage.write_with(path, write)


def can_write_video() -> bool:
    """Whether PyAV is installed."""
    return find_spec("av") is not None


def write_video(one: Film, path: Path) -> None:
    """Write a film as MP4 (H.264), which every browser plays; its records inside as XMP, and beside it as JSON.

    Raises:
        ArchiveError: There is a file in the way that no generator made.
        MissingExtra: PyAV is not installed.
        WriteRefused: The disk is full, or we may not write there.
    """
    av = require("av", extra=EXTRA)
    check_ours(path)
    write_beside(path, one.records)
    times = [HELD] * (len(one.frames) - 1) + [LAST_HELD]

    def write(partial: Path) -> None:
        # Bit exact: no date and no version of the library, so that the same film is the same file.
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        with av.open(str(partial), "w", format="mp4", options=options) as container:
            container.metadata["comment"] = LABEL
            stream = container.add_stream("libx264", rate=RATE)
            stream.width, stream.height = one.frames[0].size
            stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, RATE)
            stream.options = {"crf": QUALITY, "tune": "animation"}
            stream.codec_context.thread_count = 1
            number = 0
            for picture, held in zip(one.frames, times, strict=True):
                pixels = np.asarray(picture)
                for _ in range(held):
                    shown = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                    shown.pts, number = number, number + 1
                    container.mux(stream.encode(shown))
            container.mux(stream.encode(None))
        with partial.open("ab") as file:
            file.write(packet_box(one.records))

    storage.write_with(path, write)
