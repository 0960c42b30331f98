"""What is wrong in the cabinet, on purpose: planted, so that an audit can be held against the truth."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from latentarchive.cabinet import wording
from latentarchive.cabinet.catalogue import Work, pick, weighted, works
from latentarchive.cabinet.designs import picture
from latentarchive.cabinet.pen import SIDE

ROOM = 4000
"""Works in a room of the cabinet: copies hang in the same room as what they copy."""

COPIED = 0.06
COPIES = (("exact", 0.25), ("crop", 0.2), ("recompressed", 0.2), ("colour shift", 0.15), ("mirrored", 0.2))
"""Share of the inputs whose image is another work's, and how it was made from that work's."""

WRONG_CAPTION, WATERMARK, RESERVED, BROKEN, WITHHELD = 0.05, 0.03, 0.02, 0.004, 0.004
"""Shares of the inputs with another work's title and text, before those are left out whose language or attributes
do not suit; with a mark across the image; whose file reserves data mining; whose file does not decode; that are to
be withheld."""

CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
IN_COPYRIGHT = "http://rightsstatements.org/vocab/InC/1.0/"
RIGHTS = (
    (CC0, 0.62),
    ("http://rightsstatements.org/vocab/NoC-US/1.0/", 0.12),
    ("https://creativecommons.org/licenses/by/4.0/", 0.12),
    (IN_COPYRIGHT, 0.06),
    ("", 0.08),
)
"""Statements of the catalogue; the last is a missing one."""

CONFLICT = 0.04
"""Share of the works that the catalogue calls CC0 whose file says that all rights are reserved."""

QUALITY, POOR = 90, 35
"""JPEG quality of an image, and of a recompressed copy."""

_PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" '
    'xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" {properties}/></rdf:RDF></x:xmpmeta>'
)
_RESERVATION = 'plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"'
_CLAIM = f'xmpRights:Marked="True" xmpRights:WebStatement="{IN_COPYRIGHT}"'


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One input of the cabinet: a work, and what was done to its image and its record."""

    number: int
    #: The work that the image shows, with the record that belongs to it.
    work: Work
    #: Number of the entry whose image this one's is made from, and how; None and "" for an own drawing.
    copy_of: int | None = None
    copy: str = ""
    #: Number of the work whose title and text the record gives; None: its own.
    told: int | None = None
    #: As the record has them.
    title: str
    text: str
    #: The statement of the catalogue; "" where it is missing.
    rights: str
    #: Whether the file says that all rights are reserved although the catalogue says CC0.
    conflict: bool = False
    watermark: bool = False
    #: Whether the file reserves data mining.
    reserved: bool = False
    #: "" or what is wrong with the file: empty, truncated, a web page.
    broken: str = ""
    #: Whether it should be withheld once the archive is built.
    withhold: bool = False


@lru_cache(maxsize=4)
def entries(count: int, seed: int, technique: str = "") -> tuple[Entry, ...]:
    """The first inputs of the cabinet with that seed, in order; a smaller count gives a beginning of the same.

    Args:
        count: How many.
        seed: Of everything.
        technique: One for all works; "": its own for each.
    """
    drawn = works(count, seed, technique)
    made: list[Entry] = []
    for work in drawn:
        made.append(_entry(work, made, drawn, Random(f"faults/{seed}/{work.number}")))  # noqa: S311 - no secret
    return tuple(made)


def _entry(work: Work, before: list[Entry], drawn: list[Work], random: Random) -> Entry:
    number, first = work.number, (work.number - 1) // ROOM * ROOM
    chances = [random.random() for _ in range(7)]
    rights = weighted(RIGHTS, random)
    kind, other = weighted(COPIES, random), first + int(random.random() * (number - 1 - first))
    plain = Entry(number=number, work=work, title=work.title, text=work.text, rights=rights)
    if chances[0] < BROKEN:
        return replace(plain, broken=pick(("empty", "truncated", "a web page"), random))
    if chances[1] < COPIED and number - 1 > first and not before[other].broken:
        original = before[other]
        kind = original.copy if original.copy else kind  # a copy of a copy is one more copy of the first
        original = before[original.copy_of - 1] if original.copy_of else original
        shown = replace(original.work, number=number, domain=work.domain)
        title = wording.title(shown.design, random)
        copy = replace(plain, work=shown, copy_of=original.number, copy=kind, title=title, text=shown.text)
        if kind == "exact":  # the file is the same, and so is all that it says
            same = replace(copy, watermark=original.watermark, reserved=original.reserved, conflict=original.conflict)
            return replace(same, rights=original.rights)
        return copy
    entry = replace(
        plain,
        watermark=chances[2] < WATERMARK,
        reserved=chances[3] < RESERVED,
        conflict=chances[4] < CONFLICT and rights == CC0,
        withhold=chances[5] < WITHHELD,
    )
    stranger = drawn[first + int(random.random() * (number - first))] if number > first + 1 else work
    alike = set(stranger.design.attributes) & set(work.design.attributes)
    if chances[6] < WRONG_CAPTION and len(alike) <= 1 and stranger.language == work.language:
        entry = replace(entry, told=stranger.number, title=stranger.title, text=stranger.text)
    return entry


def image_file(entry: Entry) -> bytes:
    """The bytes of an entry's JPEG file, drawn anew: the same every time on one machine."""
    match entry.broken:
        case "empty":
            return b""
        case "a web page":
            return b"<!doctype html><title>404</title><p>This image has moved."
    image = picture(entry.work.design)
    if entry.watermark:
        image = _watermarked(image)
    quality, edge = QUALITY, SIDE // 12
    match entry.copy:
        case "crop":
            image = image.crop((edge, edge // 2, SIDE - edge // 2, SIDE - edge)).resize((SIDE, SIDE))
        case "recompressed":
            quality = POOR
        case "colour shift":
            image = Image.fromarray((np.asarray(image) * np.array([0.93, 1.0, 0.88])).astype(np.uint8))
        case "mirrored":
            image = ImageOps.mirror(image)
    said = [text for text, here in ((_RESERVATION, entry.reserved), (_CLAIM, entry.conflict)) if here]
    packet = _PACKET.format(properties=" ".join(said)).encode() if said else None
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=0, **({"xmp": packet} if packet else {}))
    data = buffer.getvalue()
    return data[: len(data) // 3] if entry.broken else data


def _watermarked(image: Image.Image) -> Image.Image:
    """The picture with a pale word across it."""
    word = Image.new("L", (SIDE, SIDE))
    font = ImageFont.load_default(size=34)
    ImageDraw.Draw(word).text((SIDE / 2, SIDE / 2), "SPECIMEN", fill=150, font=font, anchor="mm")
    return Image.composite(Image.new("RGB", image.size, "white"), image, word.rotate(30))
