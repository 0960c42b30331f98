"""A plate of works as a printed page: whole pictures on a dark ground, numbered, with a key that says what they are.

After the panels of Aby Warburg's picture atlas: what stands side by side says more than a list. Nothing is cropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.errors import ArchiveError
from latentarchive.images import decode
from latentarchive.maps.hanging import Box, hung
from latentarchive.maps.plates import Plate
from latentarchive.measures.fidelity import fidelity
from latentarchive.query import Hit
from latentarchive.render.framing import dashed
from latentarchive.render.lettering import Type, broken, paragraph
from latentarchive.render.sheets import (
    A3,
    FRAME,
    INK,
    MARGIN,
    ON_PANEL,
    PANEL,
    QUIET,
    RULE,
    Sheet,
    check_sheet,
    encoded,
    inside,
)
from latentarchive.wording import credit, rights, title

PAD, GAP, NUMBERS = 8.0, 4.0, 4.6
"""Millimetres: inside the panel, between pictures, under each for its number."""

COLUMNS, BETWEEN = 5, 6.0
"""Columns of the key, and millimetres between them."""

MOST_KEY = 0.42
"""Share of the page that the key may take; a longer one has a page of its own."""


def write_plate(plate: Plate, archive: Archive, path: Path, *, letters: Type | None = None) -> str:
    """Draw a plate and write it.

    Args:
        plate: What to show; works that were withheld since are left out.
        archive: Where the pictures come from: the originals if they are at hand, else the thumbnails.
        path: ``.png`` or ``.pdf``, A3 at 300 dots an inch; an earlier file there is replaced.
        letters: The type; None: a serif of this machine.

    Returns:
        Letters that the font has not, "" if all were written.

    Raises:
        ArchiveError: The place or the archive will not do.
        WriteRefused: The disk is full, or we may not write there.
    """
    check_sheet(path)
    letters = letters or Type()
    pages, unknown = draw_plate(plate, archive, letters)
    storage.write_bytes(path, encoded(pages, path, plate.query))
    return unknown


def plate_file(plate: Plate, archive: Archive, ending: str = ".pdf") -> bytes:
    """A plate as the bytes of a file, ``.pdf`` or ``.png``. Raises as `write_plate` does."""
    pages, _ = draw_plate(plate, archive, Type())
    return encoded(pages, Path(f"plate{ending}"), plate.query)


def draw_plate(plate: Plate, archive: Archive, letters: Type) -> tuple[list[Image.Image], str]:
    """The pages of a plate, one or two, and the letters that could not be written."""
    withheld = archive.log.current()
    keep = [at for at, hit in enumerate(plate.hits) if hit.item.id not in withheld]
    hits = [plate.hits[at] for at in keep]
    if not hits:
        message = "every work of this plate is withheld now: there is nothing to draw"
        raise ArchiveError(message)
    sheet = Sheet(letters)
    pictures = [_picture(hit, archive) for hit in hits]
    aspects = np.array([picture.width / picture.height if picture else 1.0 for picture, _ in pictures])
    entries = [_Entry(hit, at, sheet) for at, hit in enumerate(hits, start=1)]
    key = _columns(entries, COLUMNS)
    key_height = max(sum(entry.height for entry in column) for column in key)
    width, height = A3
    apart = key_height > MOST_KEY * height
    page, draw = sheet.page()
    top = _heading(draw, sheet, plate, len(hits), archive)
    foot = height - MARGIN - 8.5
    bottom = foot - 4 if apart else foot - 7 - key_height
    wall = (width - 2 * (MARGIN + PAD), bottom - top - 2 * PAD + NUMBERS / 2)
    boxes = hung(aspects, plate.xy[keep], *wall, gap=GAP, below=NUMBERS)
    bottom = top + PAD + max(box.top + box.height for box in boxes) + NUMBERS / 2 + PAD
    draw.rectangle(sheet.box(Box(MARGIN, top, width - 2 * MARGIN, bottom - top)), fill=PANEL)
    for number, (hit, box, (picture, _)) in enumerate(zip(hits, boxes, pictures, strict=True), start=1):
        _hang(page, draw, sheet, Box(box.left + MARGIN + PAD, box.top + top + PAD, *box[2:]), hit, number, picture)
    pages = [page]
    if apart:
        _foot(draw, sheet, plate, boxes, keep, pictures, foot)
        page, draw = sheet.page()
        pages.append(page)
        draw.text(sheet.point(MARGIN, MARGIN), "Works on this plate", font=sheet.type(15), fill=INK)
        _write_key(draw, sheet, key, MARGIN + 13)
    else:
        _write_key(draw, sheet, key, bottom + 5)
        _foot(draw, sheet, plate, boxes, keep, pictures, foot)
    texts = [line for entry in entries for line in (entry.name, *entry.lines)]
    return pages, letters.missing([plate.query, *texts])


KEY, LEADING = 7.4, 3.15
"""Size of the key in points, and millimetres from line to line."""


class _Entry:
    """What the key says of one work: title, maker and date, source, rights, id."""

    def __init__(self, hit: Hit, number: int, sheet: Sheet) -> None:
        width = (A3[0] - 2 * MARGIN - BETWEEN * (COLUMNS - 1)) / COLUMNS - 6.5
        roman, italic = sheet.type(KEY), sheet.type(KEY, italic=True)
        self.number = str(number)
        self.name = title(hit.item)
        self.titles = broken(self.name, italic, sheet.px(width), most=2)
        said = [credit(hit.item), f"Rights: {rights(hit.item)}", _standing(hit)]
        most = (3, 2, 1)
        self.lines = [
            line
            for text, lines in zip(said, most, strict=True)
            for line in broken(text, roman, sheet.px(width), most=lines)
        ]
        self.height = LEADING * (len(self.titles) + len(self.lines)) + 2.2


def _standing(hit: Hit) -> str:
    return hit.item.id if hit.score is None else f"{hit.item.id} · cosine {hit.score:.3f}"


def _columns(entries: list[_Entry], count: int) -> list[list[_Entry]]:
    """Entries in order, in columns about as high as each other."""
    count = min(count, len(entries))
    ends = np.cumsum([entry.height for entry in entries])
    of = np.minimum(((ends - [e.height / 2 for e in entries]) / ends[-1] * count).astype(int), count - 1)
    return [[entry for entry, column in zip(entries, of, strict=True) if column == at] for at in range(count)]


def _picture(hit: Hit, archive: Archive) -> tuple[Image.Image | None, bool]:
    """The picture of a work, and whether it is the original."""
    try:
        return decode(archive.original(hit.item.id)).image, True
    except ArchiveError:
        thumb = archive.thumbnail(hit.item.id)
        return (decode(thumb).image if thumb else None), False


def _heading(draw: ImageDraw.ImageDraw, sheet: Sheet, plate: Plate, n: int, archive: Archive) -> float:
    """What the plate shows; says where it ends, in millimetres from above."""
    asked = plate.hits[0] if plate.hits[0].rank == 0 else None
    heading = title(asked.item) if asked is not None else plate.query
    wide = sheet.px(A3[0] - 2 * MARGIN)
    font = sheet.type(22)
    y = paragraph(draw, sheet.point(MARGIN, MARGIN - 3), broken(heading, font, wide, most=2), font,
                  leading=sheet.px(9.5), fill=INK)  # fmt: skip
    others = n - (asked is not None)
    told = (
        f"and the {others} works nearest to it" if asked is not None else f"The {others} works nearest to these words"
    )
    said = f"{told}, of {len(archive):,} that {plate.title} shows, in the space of the encoder {plate.encoder}."
    if plate.chosen:
        said = f"{n} works, chosen from {len(archive):,} that {plate.title} shows."
    quiet = sheet.type(10.5, italic=True)
    y = paragraph(draw, (sheet.px(MARGIN), y + sheet.px(0.8)), broken(said, quiet, wide, most=2), quiet,
                  leading=sheet.px(4.6), fill=QUIET)  # fmt: skip
    return sheet.mm(y) + 2.4


def _hang(
    page: Image.Image, draw: ImageDraw.ImageDraw, sheet: Sheet, box: Box, hit: Hit, number: int,
    picture: Image.Image | None,
) -> None:  # fmt: skip
    """One picture with its number; the work that was asked with has a frame, a generated image a broken one."""
    left, top, right, bottom = (round(edge) for edge in sheet.box(box))
    if picture is not None:
        page.paste(*inside(picture, (left, top, right, bottom)))
    else:
        draw.rectangle((left, top, right, bottom), outline=ON_PANEL)
        draw.text(((left + right) / 2, (top + bottom) / 2), "no image", font=sheet.type(8), fill=ON_PANEL, anchor="mm")
    if hit.rank == 0 or hit.item.generated:
        away = round(sheet.px(1.2))
        for step in range(round(sheet.px(0.35))):
            edge = away + step
            edges = (left - edge, top - edge, right + edge, bottom + edge)
            if hit.item.generated:
                dashed(draw, edges, FRAME, dash=22, gap=18)
            else:
                draw.rectangle(edges, outline=FRAME)
    below = bottom + sheet.px(NUMBERS * 0.62)
    draw.text(((left + right) / 2, below), str(number), font=sheet.type(8), fill=ON_PANEL, anchor="mm")


def _write_key(draw: ImageDraw.ImageDraw, sheet: Sheet, key: list[list[_Entry]], top: float) -> None:
    wide = (A3[0] - 2 * MARGIN - BETWEEN * (COLUMNS - 1)) / COLUMNS
    for at, column in enumerate(key):
        x, y = MARGIN + at * (wide + BETWEEN), top
        for entry in column:
            draw.text(sheet.point(x + 4.6, y), entry.number, font=sheet.type(KEY), fill=QUIET, anchor="ra")
            end = paragraph(draw, sheet.point(x + 6.5, y), entry.titles, sheet.type(KEY, italic=True),
                            leading=sheet.px(LEADING), fill=INK)  # fmt: skip
            paragraph(draw, (sheet.px(x + 6.5), end), entry.lines, sheet.type(KEY), leading=sheet.px(LEADING),
                      fill=QUIET)  # fmt: skip
            y += entry.height


def _foot(
    draw: ImageDraw.ImageDraw, sheet: Sheet, plate: Plate, boxes: Sequence[Box], keep: Sequence[int],
    pictures: Sequence[tuple[Image.Image | None, bool]], top: float,
) -> None:  # fmt: skip
    """How the plate was made, and how far its arrangement is to be trusted."""
    small = sum(not original for _, original in pictures)
    seen = "" if not small else f" {small} of the pictures are made of thumbnails: their originals are not at hand."
    said = (
        f"Whole pictures, none cropped, hung from left to right and from top to bottom by the two directions in which "
        f"these works differ most ({plate.share:.0%} of their variance).{_kept(plate, boxes, keep)}{seen} Their "
        f"likeness is that of one encoder, and no judgement. {plate.archive}, made with latentarchive."
    )
    font = sheet.type(7)
    lines = broken(said, font, sheet.px(A3[0] - 2 * MARGIN), most=3)
    draw.line((*sheet.point(MARGIN, top - 1.6), *sheet.point(A3[0] - MARGIN, top - 1.6)), fill=RULE, width=2)
    paragraph(draw, sheet.point(MARGIN, top), lines, font, leading=sheet.px(3.1), fill=QUIET)


def _kept(plate: Plate, boxes: Sequence[Box], keep: Sequence[int]) -> str:
    """How many neighbours are neighbours on the wall too, beside chance."""
    n, k = len(boxes), 3
    if n < 2 * k:
        return ""
    vectors = plate.vectors[list(keep)]
    middles = np.array([(box.left + box.width / 2, box.top + box.height / 2) for box in boxes])
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=2)
    found = fidelity([(vectors @ vectors.T, -apart, np.arange(n))], k)
    return (
        f" Of the {k} works nearest to each among these {n}, {found.kept:.0%} hang among the {k} nearest to it (by "
        f"chance {found.kept_by_chance:.0%})."
    )
