"""One prompt and many seeds, and how different the images are beside as many works for the same words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from latentarchive.diffusion.bench import FEWEST, Bench
from latentarchive.diffusion.experiment import Chart, Experiment, Frame, Measure, Strip
from latentarchive.diffusion.points import read, said_instead, told_of
from latentarchive.errors import GeneratorError, QueryError
from latentarchive.measures.diversity import spread, vendi
from latentarchive.measures.resemblance import middle_half

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentarchive.diffusion.bench import Near

DRAWS = 200
"""Draws of as many random works."""

AROUND = 10
"""Works nearest to an image whose dates are looked at."""


@dataclass(frozen=True, kw_only=True)
class Seeds(Experiment):
    """How many different things the images are worth, and the works."""

    kind: ClassVar[str] = "seeds"

    #: Vendi score: of the images, of as many works found by the same words, of as many random works in the mean. From
    #: 1, all alike, to their number.
    vendi: float
    vendi_found: float
    vendi_random: float
    #: One minus the mean cosine of two; nan (None in JSON) for a single image.
    spread: float | None
    spread_found: float | None
    #: How many different works are the nearest to some of the first 1, 2, ... images: it never falls.
    reached: tuple[int, ...]
    #: How many years the middle half of the dates of the nearest works spans, in the mean over images; over works.
    years: float | None
    years_found: float | None


def seeds(bench: Bench, text: str, *, n: int = 16, seed: int = 0, numbers: Sequence[int] | None = None) -> Seeds:
    """Make a series.

    Args:
        bench: Archive and generator.
        text: Words, an item id or an image file; see `query.parse_term`.
        n: Images; from 2. As many works are retrieved, so that both sides can be compared.
        seed: The first of n seeds.
        numbers: The seeds themselves; None: n from `seed` on.

    Raises:
        GeneratorError: The generator does not take that; n is below 2.
        QueryError: The item is withheld, or the archive has fewer than n works.
    """
    numbers = list(range(seed, seed + n)) if numbers is None else list(numbers)
    n = len(numbers)
    if n < 2:
        message = f"a series has 2 images or more, got {n}"
        raise GeneratorError(message)
    term = read(bench.archive, text)
    found = bench.archive.search(like=[term], by="meaning", k=n)
    if len(found.hits) < n:
        message = f"archive {bench.archive.name} has {len(found.hits)} works for {term}, and {n} images need as many"
        raise QueryError(message)
    bench.expect(n)
    width = len(str(n))
    told = told_of(bench.archive, term, bench.generator.capabilities)
    made = bench.make([f"seed-{i:0{width}}" for i in range(1, n + 1)], told, numbers)
    images = bench.seen([one.image for one in made.values()])
    rows = np.array([bench.archive.row(hit.item.id) for hit in found.hits])
    works = bench.archive.embeddings.take(rows)
    random = np.random.default_rng(0)
    drawn = [
        vendi(bench.archive.embeddings.take(random.choice(bench.archive.rows(), n, replace=False)))
        for _ in range(DRAWS)
    ]
    near = bench.nearest(images, AROUND)
    reached = reach(near)
    scores = vendi(images), vendi(works), float(np.mean(drawn))
    apart = spread(images), spread(works)
    years = _years(bench, [list(one.rows) for one in near]), _years(bench, around_works(bench, works))
    measures = _measures(n, scores, apart, drawn, reached, years) if n >= FEWEST else ()
    few = () if measures else (f"{n} images are too few for figures: {FEWEST} would do.",)
    return Seeds(
        title=f"{n} seeds of {term}",
        about="The same words n times give a long series of slightly different images. Works that answer to the same "
        "words differ too: by how much more, or less?",
        archive=bench.archive.name,
        settings=bench.settings() | {"seeds": numbers},
        measures=measures,
        strips=(
            Strip(
                heading=f"Made: {n} seeds",
                frames=tuple(Frame(name=name, caption=f"seed {one.record.seed}") for name, one in made.items()),
            ),
            Strip(
                heading=f"Kept: the {n} works nearest to the same",
                frames=tuple(
                    Frame(item=hit.item.id, caption=f"cosine {hit.score:.2f}" if hit.score is not None else "")
                    for hit in found.hits
                ),
            ),
        ),
        charts=(_chart(reached),),
        notes=(*few, *said_instead(term, told)),
        film=tuple(made),
        records={name: one.record for name, one in made.items()},
        images={name: one.image for name, one in made.items()},
        vendi=scores[0],
        vendi_found=scores[1],
        vendi_random=scores[2],
        spread=apart[0],
        spread_found=apart[1],
        reached=reached,
        years=years[0],
        years_found=years[1],
    )


def reach(near: Sequence[Near]) -> tuple[int, ...]:
    """How many different works are the nearest one of the first 1, 2, ... images."""
    met: set[str] = set()
    counts = []
    for one in near:
        met.add(one.ids[0])
        counts.append(len(met))
    return tuple(counts)


def around_works(bench: Bench, vectors: NDArray[np.floating]) -> list[list[int]]:
    """Rows of the works nearest to each of some works, without what is as near as the work itself."""
    return [list(one.rows[1:]) for one in bench.nearest(vectors, AROUND + 1)]


def _years(bench: Bench, neighbours: list[list[int]]) -> float | None:
    """How many years the middle half of the neighbours' dates spans, in the mean; None where too few are dated."""
    spans = []
    for rows in neighbours:
        dated = [year for year in bench.archive.collection.take(rows, ["year"])["year"].to_pylist() if year is not None]
        if len(dated) >= FEWEST:
            spans.append(middle_half(dated))
    return round(float(np.mean(spans)), 4) if spans else None


def _measures(
    n: int,
    scores: tuple[float, float, float],
    apart: tuple[float, float],
    drawn: list[float],
    reached: tuple[int, ...],
    years: tuple[float | None, float | None],
) -> tuple[Measure, ...]:
    low, high = np.quantile(drawn, [0.025, 0.975])
    told = [
        Measure(
            sentence=f"{n} images are worth {scores[0]:.1f} different ones (Vendi score), the {n} works nearest to the "
            f"same {scores[1]:.1f}, {n} random works {scores[2]:.1f}.",
            value=round(scores[0], 6),
            unit="different images",
            n=n,
            denominator="images",
            null=round(scores[1], 6),
            null_by=f"{n} works nearest to the same",
            notes=(f"95 of 100 draws of {n} random works lie between {low:.1f} and {high:.1f}.",),
        ),
        Measure(
            sentence=f"On average two of the images differ by {apart[0]:.2f} (one minus their cosine), two of the "
            f"works by {apart[1]:.2f}.",
            value=round(apart[0], 6),
            unit="(one minus cosine)",
            n=n,
            denominator="images",
            null=round(apart[1], 6),
            null_by=f"{n} works nearest to the same",
        ),
        Measure(
            sentence=f"{reached[-1]} works are the nearest to some of the {n} images.",
            value=float(reached[-1]),
            unit="works",
            n=n,
            denominator="images",
            notes=(f"The second half of them added {reached[-1] - reached[len(reached) // 2 - 1]}.",),
        ),
    ]
    if years[0] is not None and years[1] is not None:
        told.append(
            Measure(
                sentence=f"The works around an image spread over {years[0]:.0f} years (middle half of their dates), "
                f"those around a work over {years[1]:.0f}.",
                value=years[0],
                unit="years",
                n=n,
                denominator="images",
                null=years[1],
                null_by=f"around the {n} works",
                notes=("A generated image has no date: these are the dates of what it resembles.",),
            )
        )
    return tuple(told)


def _chart(reached: tuple[int, ...]) -> Chart:
    return Chart(
        heading="How many works the series comes near to",
        columns=("images", "different nearest works"),
        rows=tuple((i, count) for i, count in enumerate(reached, 1)),
        kind="curve",
        alt="The number of different nearest works over the number of images.",
    )
