"""A map as a printed sheet: whole pictures where there is room, points where there is none, and what it keeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.errors import ArchiveError
from latentarchive.images import decode
from latentarchive.maps.groups import NOTHING, OTHER, Groups
from latentarchive.maps.hanging import Box
from latentarchive.maps.making import Map
from latentarchive.render.lettering import Type, broken, paragraph
from latentarchive.render.sheets import (
    A3,
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
)  # fmt: skip

COLOURS = ("#e0a458", "#5ab0d8", "#9ccf6a", "#e07a6a", "#b99be0", "#e8d56a", "#67c7b0", "#a39b8d", "#777065")
"""Of groups, on the dark ground, told apart by the colour-blind too; the last two are of others and of what is not
stated."""

RAMP = ("#3b6fb6", "#4f93c4", "#6fb5c4", "#a3cdb0", "#dcd88e", "#eeb45e", "#e2793f")
"""Of groups that have an order, from low to high."""

SIDE = 88.0
"""Millimetres of the column beside the map."""

SMALLEST, LARGEST, FILLED = 4.0, 22.0, 0.5
"""Sides of a picture in millimetres, and the share of the panel that all of them would cover."""

CANDIDATES = 20_000
"""Works for which room is looked for; the others are points."""

STEP = 0.5
"""Millimetres in which room is measured."""


def write_sheet(view: Map, archive: Archive, path: Path, *, letters: Type | None = None) -> str:
    """Draw a map and write it as ``.png`` or ``.pdf``, A3; says which letters the font has not.

    Args:
        view: What to show; works that were withheld since are left out.
        archive: Where the pictures come from.
        path: An earlier file there is replaced.
        letters: The type; None: a serif of this machine.

    Raises:
        ArchiveError: The place will not do.
        WriteRefused: The disk is full, or we may not write there.
    """
    check_sheet(path)
    letters = letters or Type()
    view = view.without(set(archive.log.current()))
    page = _drawn(view, archive, Sheet(letters))
    storage.write_bytes(path, encoded([page], path, f"{archive.manifest.title}: {view.method}"))
    names = view.groups.names if view.groups is not None else ()
    return letters.missing([archive.manifest.title, *names, *view.notes])


def colours_of(groups: Groups | None) -> tuple[str, ...]:
    """The colour of each group of a map; none without groups."""
    if groups is None:
        return ()
    ramp = RAMP if groups.ordered else COLOURS
    last = {OTHER: COLOURS[-2], NOTHING: COLOURS[-1]}
    plain = [name for name in groups.names if name not in last]
    places = np.linspace(0, len(RAMP) - 1, len(plain)).round().astype(int) if groups.ordered else range(len(plain))
    own = dict(zip(plain, (ramp[at] for at in places), strict=True))
    return tuple(last.get(name) or own[name] for name in groups.names)


def rights_of(view: Map, archive: Archive) -> str:
    """How many works of a map are open, restricted or of unknown rights."""
    classes = archive.collection.take(view.rows, ["rights_class"])["rights_class"].to_pylist()
    counts = {kind: classes.count(kind) for kind in ("open", "restricted", "unknown")}
    return f"Rights of the works: {', '.join(f'{n:,} {kind}' for kind, n in counts.items() if n)}."


def _drawn(view: Map, archive: Archive, sheet: Sheet) -> Image.Image:
    page, draw = sheet.page()
    panel = Box(MARGIN, MARGIN, A3[0] - 2 * MARGIN - SIDE - 8, A3[1] - 2 * MARGIN)
    draw.rectangle(sheet.box(panel), fill=PANEL)
    places, cell = _places(view, panel)
    side = (
        cell * 0.88
        if view.grid
        else float(np.clip(np.sqrt(panel.width * panel.height * FILLED / max(len(view), 1)), SMALLEST, LARGEST))
    )
    _points(page, sheet, view, places)
    firsts = [one.shown[0] for one in view.regions.regions if one.shown]
    taken = np.zeros((int(A3[1] / STEP) + 1, int(A3[0] / STEP) + 1), bool)
    numbers = {at: one.number for one in view.regions.regions for at in one.shown[:1]}
    order = np.random.default_rng(view.seed).permutation(len(view))[:CANDIDATES].tolist()
    large = side if view.grid else min(side * 1.5, LARGEST)
    for at in [*firsts, *(one for one in order if one not in numbers)]:
        own = large if at in numbers else side
        box = Box(places[at, 0] - own / 2, places[at, 1] - own / 2, own, own)
        if _free(taken, box, panel) or at in numbers or view.grid:
            _hang(page, draw, sheet, view, archive, at, box, taken)
    for at, number in numbers.items():
        _number(draw, sheet, places[at], large, number)
    _beside(page, draw, sheet, view, archive)
    return page


def _places(view: Map, panel: Box) -> tuple[NDArray[np.float64], float]:
    """Places of the works in millimetres, and the side of a cell of the grid."""
    low, high = view.xy.min(axis=0), view.xy.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    edge = 9.0
    if view.grid:
        columns, rows = view.grid
        cell = min((panel.width - 8) / columns, (panel.height - 8) / rows)
        step = span / np.maximum([columns - 1, rows - 1], 1)
        scale = cell / max(float(step.max()), 1e-9)
    else:
        cell, scale = 0.0, float(((np.array([panel.width, panel.height]) - 2 * edge) / span).min())
    middle = np.array([panel.left + panel.width / 2, panel.top + panel.height / 2])
    return (view.xy - (low + high) / 2) * [scale, -scale] + middle, cell


def _points(page: Image.Image, sheet: Sheet, view: Map, places: NDArray[np.float64]) -> None:
    """Every work as a point."""
    if view.grid:
        return
    pixels = np.array(page)
    radius = 5 if len(view) <= 20_000 else 2
    x, y = (np.round(sheet.px(1) * places[:, axis]).astype(int) for axis in (0, 1))
    colours = [rgb(colour) for colour in colours_of(view.groups)] or [rgb(ON_PANEL)]
    own = np.array(colours, np.uint8)[view.groups.of if view.groups is not None else np.zeros(len(view), int)]
    for dx in range(-radius, radius + 1):
        for dy in range(-radius, radius + 1):
            if dx * dx + dy * dy <= radius * radius:
                pixels[y + dy, x + dx] = own
    page.paste(Image.fromarray(pixels))


def rgb(colour: str) -> tuple[int, int, int]:
    """The parts of a colour ``#rrggbb``, from 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _free(taken: NDArray[np.bool_], box: Box, panel: Box) -> bool:
    outside = (
        box.left < panel.left or box.top < panel.top or box.left + box.width > panel.left + panel.width
        or box.top + box.height > panel.top + panel.height
    )  # fmt: skip
    return not outside and not taken[_cells(box)].any()


def _cells(box: Box) -> tuple[slice, slice]:
    return (
        slice(int(box.top / STEP), int((box.top + box.height) / STEP) + 1),
        slice(int(box.left / STEP), int((box.left + box.width) / STEP) + 1),
    )


def _hang(
    page: Image.Image, draw: ImageDraw.ImageDraw, sheet: Sheet, view: Map, archive: Archive, at: int, box: Box,
    taken: NDArray[np.bool_],
) -> None:  # fmt: skip
    thumb = archive.thumbnail(view.ids[at])
    if not thumb:
        return
    taken[_cells(box)] = True
    picture, corner = inside(decode(thumb).image, sheet.box(box))
    if view.groups is not None:
        edge = round(sheet.px(0.45))
        colour = colours_of(view.groups)[view.groups.of[at]]
        right, bottom = corner[0] + picture.width, corner[1] + picture.height
        draw.rectangle((corner[0] - edge, corner[1] - edge, right + edge - 1, bottom + edge - 1), fill=colour)
    page.paste(picture, corner)


def _number(draw: ImageDraw.ImageDraw, sheet: Sheet, place: NDArray[np.float64], side: float, number: int) -> None:
    x, y = sheet.point(place[0] - side / 2, place[1] - side / 2)
    radius = sheet.px(2.3)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill="#f6f1e6", outline=PANEL, width=3)
    draw.text((x, y), str(number), font=sheet.type(8), fill=INK, anchor="mm")


def _beside(page: Image.Image, draw: ImageDraw.ImageDraw, sheet: Sheet, view: Map, archive: Archive) -> None:
    """What it is, what it keeps, what the colours mean, the regions by their works."""
    left, wide = A3[0] - MARGIN - SIDE, sheet.px(SIDE)
    y = sheet.px(MARGIN - 1.5)

    def write(
        text: str, points: float, leading: float, *, fill: str = INK, italic: bool = False, most: int = 9
    ) -> None:
        nonlocal y
        font = sheet.type(points, italic=italic)
        y = paragraph(draw, (sheet.px(left), y), broken(text, font, wide, most=most), font,
                      leading=sheet.px(leading), fill=fill)  # fmt: skip

    write(archive.manifest.title, 17, 7.4, most=3)
    y += sheet.px(0.8)
    write(f"A map of {len(view):,} works in the space of the encoder {view.encoder}", 9.5, 4.3, fill=QUIET, italic=True)
    y += sheet.px(2.4)
    write(view.sentence, 9.5, 4.3)
    y += sheet.px(1.6)
    for note in (*view.notes, f"{rights_of(view, archive)} Each work's stand in the page of the map."):
        write(note, 7.2, 3.1, fill=QUIET)
        y += sheet.px(0.8)
    if view.groups is not None:
        y = _legend(draw, sheet, view, left, y + sheet.px(1.5))
    _regions(page, draw, sheet, view, archive, left, y + sheet.px(2.5))


def _legend(draw: ImageDraw.ImageDraw, sheet: Sheet, view: Map, left: float, y: float) -> float:
    assert view.groups is not None
    draw.text((sheet.px(left), y), f"Colours: {view.groups.field}", font=sheet.type(9.5, italic=True), fill=INK)
    y += sheet.px(5)
    row, half = sheet.px(4.1), SIDE / 2
    for at, (name, colour, n) in enumerate(
        zip(view.groups.names, colours_of(view.groups), view.groups.counts, strict=True)
    ):
        x = left + half * (at % 2)
        top = y + row * (at // 2)
        draw.rectangle((sheet.px(x), top, sheet.px(x + 3), top + sheet.px(3)), fill=colour)
        font = sheet.type(7.6)
        [said, *_] = broken(f"{name} ({n:,})", font, sheet.px(half - 6), most=1) or [""]
        draw.text((sheet.px(x + 4.2), top), said, font=font, fill=INK)
    return y + row * -(-len(view.groups.names) // 2)


def _regions(
    page: Image.Image, draw: ImageDraw.ImageDraw, sheet: Sheet, view: Map, archive: Archive, left: float, y: float
) -> None:
    """The works that stand for each region, as far as the page reaches."""
    draw.line((sheet.px(left), y, sheet.px(left + SIDE), y), fill=RULE, width=2)
    y += sheet.px(2)
    bottom = sheet.px(A3[1] - MARGIN)
    regions = [one for one in view.regions.regions if one.shown]
    rows = -(-len(regions) // 2)
    if not rows:
        return
    high = min(sheet.px(22), (bottom - y) / rows)
    if high < sheet.px(9):  # no room to see anything: the numbers on the map and the page of the map have to do
        return
    for at, one in enumerate(regions):
        x, top = left + SIDE / 2 * (at // rows), y + high * (at % rows)
        font, below = sheet.type(7.2), 3.6
        said = f"{one.number}: {one.n:,} works, likeness {one.alike:.2f}"
        draw.text((sheet.px(x), top), said, font=font, fill=QUIET)
        italic = sheet.type(7.2, italic=True)
        tellings = ["; ".join(f"{word} {score:.2f}" for word, score in one.words[:count]) for count in (2, 1)]
        fitting = [told for told in tellings if told and italic.getlength(told) <= sheet.px(SIDE / 2 - 3)]
        if fitting:  # never a word without its score
            draw.text((sheet.px(x), top + sheet.px(3.1)), fitting[0], font=italic, fill=INK)
            below = 6.9
        step = (SIDE / 2 - 3) / 3
        for place, member in enumerate(one.shown[:3]):
            try:
                picture = decode(archive.thumbnail(view.ids[member])).image
            except ArchiveError:
                continue
            edges = (
                sheet.px(x + step * place), top + sheet.px(below), sheet.px(x + step * (place + 1) - 1),
                top + min(high - sheet.px(1.2), sheet.px(below + step - 1)),
            )  # fmt: skip
            page.paste(*inside(picture, edges))
