"""A walk from one work or word to another: through what a generator makes on the way, and through what there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from latentarchive.diffusion.bench import Bench
from latentarchive.diffusion.darkroom import nearest_in_turn
from latentarchive.diffusion.experiment import Chart, Experiment, Frame, Measure, Strip
from latentarchive.diffusion.points import between, check_vectors, point_of, read
from latentarchive.errors import GeneratorError
from latentarchive.measures.pacing import evenest, steps, unevenness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentarchive.diffusion.bench import Near
    from latentarchive.diffusion.generated import Generated
    from latentarchive.query import Term

HALVINGS = 2
"""For each picture that is shown, as many steps are halved, the widest first: those are points to choose from."""

LEAST = 1e-4
"""Shares of the way nearer than this are not parted: what leaps there leaps."""

PAIRS = 2000
"""Random pairs of works, to compare a step with."""


@dataclass(frozen=True, kw_only=True)
class Walk(Experiment):
    """The way, and how even it is."""

    kind: ClassVar[str] = "walk"

    #: Share of the way, from 0 to 1, of each picture shown.
    places: tuple[float, ...]
    #: Distances of each to the next, by the archive's encoder.
    steps: tuple[float, ...]
    #: Largest step in units of the mean: of these, and of equally many equal shares of the way.
    unevenness: float
    plain_unevenness: float
    #: The same for the largest step's place: between which pictures, from 1.
    largest: int
    #: Works that were met on the way through the archive alone, without repeats.
    met: tuple[str, ...]


def walk(bench: Bench, start: str | Term, end: str | Term, *, pictures: int = 9, seed: int = 0) -> Walk:
    """Walk.

    Every picture begins as the same noise and is told a point on the great circle between the ends; the points are
    chosen so that the pictures lie as equally far apart as may be, and not the points.

    Args:
        bench: Archive and generator.
        start: Words, an item id or an image file; see `points.read`.
        end: The same.
        pictures: Pictures, both ends counted; from 3.
        seed: Of the noise.

    Raises:
        GeneratorError: The generator is told no vectors; the ends are one place, or opposite; fewer than 3 pictures.
        QueryError: An item is withheld.
    """
    check_vectors(bench.generator.capabilities, "a walk")
    if pictures < 3:
        message = f"a walk has 3 pictures or more, got {pictures}"
        raise GeneratorError(message)
    terms = [read(bench.archive, one) for one in (start, end)]
    ends = [point_of(bench.archive, term) for term in terms]
    if float(ends[0].vector @ ends[1].vector) > 1 - 1e-6:
        message = f"{terms[0]} and {terms[1]} are at one place of archive {bench.archive.name}: there is no way to walk"
        raise GeneratorError(message)
    bench.expect((1 + HALVINGS) * pictures)
    path: dict[float, tuple[Generated, NDArray[np.float32]]] = {}

    def go(place: float) -> None:
        point = between(ends, [1 - place, place], made=f"{place:.4g} of the way")
        image = bench.make([_name(place)], point, [seed])[_name(place)]
        path[place] = image, bench.seen([image.image])[0]

    plain = [float(place) for place in np.linspace(0, 1, pictures)]
    for place in plain:
        go(place)
    for _ in range(HALVINGS * pictures):
        places = sorted(path)
        widest = int(steps(np.stack([path[place][1] for place in places])).argmax())
        if places[widest + 1] - places[widest] < LEAST:
            break
        go((places[widest] + places[widest + 1]) / 2)
    places = sorted(path)
    vectors = np.stack([path[place][1] for place in places])
    given = [places.index(place) for place in plain]
    chosen = [places[i] for i in evenest(vectors, pictures, given=given)]
    way = np.stack([between(ends, [1 - place, place], made="").vector for place in chosen])
    made = {_name(place): path[place][0] for place in chosen}
    seen = vectors[[places.index(place) for place in chosen]]
    lengths = steps(seen)
    met, near = bench.nearest(way, 1), bench.nearest(seen, 1)
    works = tuple(dict.fromkeys(one.ids[0] for one in met))
    found = unevenness(lengths), unevenness(steps(vectors[given]))
    largest = int(lengths.argmax())
    same = sum(a.ids[0] == b.ids[0] for a, b in zip(met, near, strict=True)) / len(met)
    names = list(made)
    return Walk(
        title=f"A walk from {terms[0]} to {terms[1]}",
        about="Between two works an archive has gaps and a model has none: it makes what lies between. The same way is "
        "walked twice, through what is made and through what there is.",
        archive=bench.archive.name,
        settings=bench.settings() | {"seed": seed, "images made": len(path)},
        measures=(
            _evenness(found, len(lengths), len(path)),
            _leap(bench, lengths, largest),
            _works(works, len(met), same),
        ),
        strips=(
            Strip(
                heading="The way through what is made",
                note=f"Each picture begins as the same noise. Of {len(path)} points of the way those are shown between "
                "which the archive's encoder sees the most even steps.",
                frames=tuple(
                    Frame(name=name, caption=_place(place)) for name, place in zip(names, chosen, strict=True)
                ),
            ),
            Strip(
                heading="The same way through what there is",
                note="The work nearest to each point of the way; one that is nearest to several is shown once.",
                frames=nearest_in_turn(met, "point"),
            ),
            Strip(
                heading="What the archive has that is nearest to each picture",
                frames=nearest_in_turn(near, "picture"),
            ),
        ),
        charts=(_chart(chosen, lengths, met, near),),
        film=tuple(names),
        records={name: one.record for name, one in made.items()},
        images={name: one.image for name, one in made.items()},
        places=tuple(chosen),
        steps=tuple(round(float(one), 6) for one in lengths),
        unevenness=found[0],
        plain_unevenness=found[1],
        largest=largest + 1,
        met=works,
    )


def _name(place: float) -> str:
    return f"walk-{place:.5f}".replace(".", "-")


def _place(place: float) -> str:
    return "the beginning" if place == 0 else "the end" if place == 1 else f"{place:.1%} of the way"


def _evenness(found: tuple[float, float], count: int, looked: int) -> Measure:
    if not np.isfinite(found[0]):
        return Measure(sentence="The pictures are all the same: nothing moved on this way.")
    return Measure(
        sentence=f"The largest of {count} steps is {found[0]:.2f} times as long as their mean; equal shares of the way "
        f"would give {found[1]:.2f}.",
        value=round(found[0], 6),
        unit="times the mean",
        n=count,
        denominator="steps between pictures",
        null=1.0,
        null_by="equal steps",
        notes=(f"Chosen from {looked} points of the way.",),
    )


def _leap(bench: Bench, lengths: NDArray[np.float64], largest: int) -> Measure:
    rows = bench.archive.rows()
    random = np.random.default_rng(0)
    pairs = random.choice(rows, (PAIRS, 2)) if len(rows) > 1 else np.zeros((1, 2), np.int64)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    first, second = (bench.archive.embeddings.take(side).astype(np.float64) for side in pairs.T)
    apart = float(np.linalg.norm(first - second, axis=1).mean()) if len(pairs) else 0.0
    return Measure(
        sentence=f"The largest jump, from picture {largest + 1} to {largest + 2}, is {lengths[largest]:.2f} long; two "
        f"works drawn at random lie {apart:.2f} apart.",
        value=round(float(lengths[largest]), 6),
        unit="(of at most 2)",
        n=len(lengths),
        denominator="steps between pictures",
        null=round(apart, 6),
        null_by=f"mean distance of {len(pairs):,} random pairs of works",
    )


def _works(works: tuple[str, ...], points: int, same: float) -> Measure:
    return Measure(
        sentence=f"At {points} points of the way the archive has {len(works)} different works.",
        value=float(len(works)),
        unit="works",
        n=points,
        denominator="points of the way",
        notes=(f"What is nearest to the picture is what is nearest to the point at {same:.0%} of them.",),
    )


def _chart(places: list[float], lengths: NDArray[np.float64], met: list[Near], near: list[Near]) -> Chart:
    return Chart(
        heading="Step by step",
        columns=(
            "share of the way",
            "step to here",
            "work nearest to the point",
            "work nearest to the picture",
            "its cosine",
        ),
        rows=tuple(
            (round(place, 5), round(float(step), 4) if i else None, a.ids[0], b.ids[0], b.scores[0])
            for i, (place, step, a, b) in enumerate(zip(places, [0.0, *lengths], met, near, strict=True))
        ),
        ids=(2, 3),
    )
