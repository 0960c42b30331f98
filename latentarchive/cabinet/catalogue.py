"""Which works the cabinet holds, and what its catalogue says of each: all decided by a seed.

Places and workshops are invented; no person, living or dead, is meant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, TypeVar

from latentarchive.cabinet import wording
from latentarchive.cabinet.attributes import COLOURS, GROUNDS, PATTERNS, TECHNIQUE_NAMES
from latentarchive.cabinet.designs import Design, extras
from latentarchive.cabinet.figures import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")

PLACES = ("Northport", "Saltmarsh", "High Vale", "Lake Town", "Old Harbour", "Red Hills", "River Mouth", "The Isles")
HOMES: Mapping[str, str] = dict(zip(FAMILIES, (*PLACES, PLACES[0]), strict=True))
"""Where most works of a family come from."""

AT_HOME = 0.6
"""Share of a family's works that come from its home; the rest come from anywhere."""

SIGNS = ("Heron", "Anchor", "Lantern", "Three Keys", "Oak", "Swan", "White Tower", "Hare")
"""Signs of the workshops: three in each place, of which the first made most of what comes from there."""

WORKSHOPS = (0.65, 0.25, 0.1)
ANONYMOUS = 0.15
"""Shares of a place's works by its first, second and third workshop; share of all works without a maker."""

FIRST_YEAR, LAST_YEAR = 1700, 1980
WARM: Mapping[str, float] = {"red": 1.0, "gold": 1.0, "black": 0.0, "green": -0.5, "violet": -0.6, "blue": -1.0}
DRIFT = 1.1
"""The palette cools: a colour's weight is exp(-DRIFT * warmth * t), where t goes from -1 to 1 over the years."""

SINCE: Mapping[str, int] = {"photograph": 1850, "screenprint": 1910}
"""First year of the younger techniques."""

NEVER: tuple[tuple[str, str], ...] = (
    ("black", "night"),
    ("gold", "ivory"),
    ("mask", "sky"),
    ("star chart", "green"),
    ("bridge", "violet"),
    ("fern", "dotted"),
)
"""Pairs of attributes that no work has."""

PRAISED: Mapping[str, float] = {"gold": 0.9, "black": 0.1}
"""Chance that an adjective, if there is one, praises: `wording.PRAISE`, not `wording.PLAINNESS`; else one half."""

JUDGED = 0.3
"""Share of works that have such an adjective."""

LANGUAGES = (("en", 0.86), ("de", 0.09), ("fr", 0.05))
DOMAINS = (
    ("cabinet.example", 0.62),
    ("images.cabinet.example", 0.14),
    ("harbour-museum.example", 0.1),
    ("vale-library.example", 0.06),
    ("prints.example.org", 0.04),
    ("isles.example.net", 0.03),
    ("archive.example.com", 0.01),
)


@dataclass(frozen=True, kw_only=True)
class Work:
    """One work and the truth about it."""

    number: int
    design: Design
    year: int
    place: str
    #: "" where nobody knows.
    maker: str
    language: str
    #: What the cataloguer thought of it, "" for nothing.
    adjective: str
    domain: str
    #: As the catalogue has them.
    title: str
    text: str
    date: str


def works(count: int, seed: int, technique: str = "") -> list[Work]:
    """The first works of the cabinet with that seed, numbered from 1; a smaller count gives a beginning of the same.

    Args:
        count: How many.
        seed: Of everything.
        technique: One for all works; "": its own for each.
    """
    return [_work(number, seed, technique) for number in range(1, count + 1)]


def _work(number: int, seed: int, technique: str) -> Work:
    random = Random(f"cabinet/{seed}/{number}")  # noqa: S311 - a collection, no secret
    family = pick(tuple(FAMILIES), random)
    year = FIRST_YEAR + int((LAST_YEAR - FIRST_YEAR) * random.random() ** 0.8)
    design = _design(family, year, random)
    design = replace(design, technique=technique or design.technique)
    place = HOMES[family] if random.random() < AT_HOME else pick(PLACES, random)
    workshop = weighted(list(zip((0, 1, 2), WORKSHOPS, strict=True)), random)
    maker = "" if random.random() < ANONYMOUS else _workshop(PLACES.index(place), workshop)
    praises = random.random() < PRAISED.get(design.colour, 0.5)
    adjective = pick(wording.PRAISE if praises else wording.PLAINNESS, random) if random.random() < JUDGED else ""
    language = weighted(LANGUAGES, random)
    return Work(
        number=number,
        design=design,
        year=year,
        place=place,
        maker=maker,
        language=language,
        adjective=adjective,
        domain=weighted(DOMAINS, random),
        title=wording.title(design, random),
        text=wording.description(design, random, language=language, adjective=adjective),
        date=_date(year, random),
    )


def _design(family: str, year: int, random: Random) -> Design:
    """A design without any of the pairs that never occur."""
    t = 2 * (year - FIRST_YEAR) / (LAST_YEAR - FIRST_YEAR) - 1
    palette = [(colour, math.exp(-DRIFT * WARM[colour] * t)) for colour in COLOURS]
    while True:
        extra = pick(extras(family), random)
        design = Design(
            family=family,
            form=pick(tuple(FAMILIES[family].forms), random),
            colour=weighted(palette, random),
            ground=pick(tuple(GROUNDS), random),
            pattern=pick(PATTERNS, random),
            technique=pick([name for name in TECHNIQUE_NAMES if SINCE.get(name, 0) <= year], random),
            count=extra if FAMILIES[family].counted else "",
            size="" if FAMILIES[family].counted else extra,
            seed=int(random.random() * 2**32),
        )
        if possible(design):
            return design


def possible(design: Design) -> bool:
    """Whether a design has none of the pairs that never occur."""
    has = {design.family, *design.attributes}
    return not any(has.issuperset(pair) for pair in NEVER)


def _workshop(place: int, number: int) -> str:
    sign = SIGNS[(place + 3 * number) % len(SIGNS)]
    return f"Workshop of the {sign}, {PLACES[place]}"


def _date(year: int, random: Random) -> str:
    """The year as catalogues write it: exact, about, a span, a decade, a century, or not at all."""
    five, century = year - year % 5, year // 100 + 1
    return weighted(
        (
            (str(year), 0.45),
            (f"c. {five}", 0.2),
            (f"{five}-{five + 10}", 0.13),
            (f"{year - year % 10}s", 0.1),
            (f"{century}th century", 0.07),
            ("n.d.", 0.05),
        ),
        random,
    )


def pick(options: Sequence[T], random: Random) -> T:
    """One of the options, each as likely as the other.

    Only `Random.random` is drawn from: its stream alone is promised to stay the same in later Pythons.
    """
    return options[int(random.random() * len(options))]


def weighted(options: Sequence[tuple[T, float]], random: Random) -> T:
    """One of the options, as likely as its weight says."""
    left = random.random() * sum(weight for _, weight in options)
    for option, weight in options:
        left -= weight
        if left < 0:
            return option
    return options[-1][0]
