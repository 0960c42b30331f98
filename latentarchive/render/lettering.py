"""Type on drawn pages: a serif of this machine, words broken into lines, letters that the font has not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from PIL import ImageDraw, ImageFont

from latentarchive.errors import ArchiveError
from latentarchive.plaintext import plain

FAMILIES = (
    ("EBGaramond-Regular.ttf", "EBGaramond-Italic.ttf"),
    ("pala.ttf", "palai.ttf"),
    ("Georgia.ttf", "Georgia Italic.ttf"),
    ("georgia.ttf", "georgiai.ttf"),
    ("LiberationSerif-Regular.ttf", "LiberationSerif-Italic.ttf"),
    ("NotoSerif-Regular.ttf", "NotoSerif-Italic.ttf"),
    ("DejaVuSerif.ttf", "DejaVuSerif-Italic.ttf"),
    ("times.ttf", "timesi.ttf"),
)
"""Serifs that machines have, with their italics, the ones for books first. Where there is none, Pillow's own sans serif
stands in, which knows English letters alone."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Type:
    """The type of a page; sizes are heights in pixels."""

    #: A font file in place of those of the machine, for letters that they have not.
    file: Path | None = None
    _made: dict[tuple[int, bool], Font] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.file is not None:
            try:
                ImageFont.truetype(str(self.file), 20)
            except OSError as error:
                message = f"{self.file} is no font that can be read; give a TrueType or OpenType file"
                raise ArchiveError(message) from error

    def at(self, size: float, *, italic: bool = False) -> Font:
        """The font at a size."""
        key = (max(1, round(size)), italic)
        if key not in self._made:
            path = self._paths[1 if italic else 0]
            self._made[key] = ImageFont.truetype(path, key[0]) if path else ImageFont.load_default(key[0])
        return self._made[key]

    def missing(self, texts: Iterable[str]) -> str:
        """The letters of some texts that the font has not, in order; "" if it has them all."""
        font = self.at(24)
        nothing = bytes(font.getmask("\uffff"))
        letters = sorted({letter for text in texts for letter in plain(text) if not letter.isspace()})
        return "".join(letter for letter in letters if bytes(font.getmask(letter)) == nothing)

    @cached_property
    def _paths(self) -> tuple[str, str]:
        if self.file is not None:
            return str(self.file), str(self.file)
        for family in FAMILIES:
            try:
                found = [ImageFont.truetype(name, 20).path for name in family]
            except OSError:
                continue
            return str(found[0]), str(found[1])
        return "", ""


def broken(text: str, font: Font, width: float, *, most: int = 99) -> list[str]:
    """A text as lines no wider than so many pixels; what is longer than `most` lines ends with an ellipsis."""
    lines, line = [], ""
    for word in re.split(r"\s+(?!·)", plain(text).strip()):  # a dot between parts stays with what it follows
        rest = word
        while rest:
            tried = f"{line} {rest}" if line else rest
            if font.getlength(tried) <= width:
                line, rest = tried, ""
            elif line:
                lines.append(line)
                line = ""
            else:  # one word that is wider than a line, for example an address
                end = next((at for at in range(len(rest), 1, -1) if font.getlength(rest[:at]) <= width), 1)
                lines.append(rest[:end])
                rest = rest[end:]
    lines += [line] if line else []
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and font.getlength(f"{last}…") > width:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip(' ,;·')}…"]


def paragraph(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    lines: Iterable[str],
    font: Font,
    *,
    leading: float,
    fill: str,
) -> float:
    """Write lines one below the other from a left upper corner, and say where the next one would begin."""
    x, y = at
    for line in lines:
        draw.text((x, y), line, font=font, fill=fill)
        y += leading
    return y
