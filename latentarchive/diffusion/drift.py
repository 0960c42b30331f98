"""Where a generator moves the works of a whole collection: how far, whether all the same way, and towards what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from latentarchive.description import own_subjects
from latentarchive.diffusion.arrows import ground, on_map
from latentarchive.diffusion.bench import FEWEST, Bench
from latentarchive.diffusion.experiment import Chart, Experiment, Frame, Measure, Strip
from latentarchive.diffusion.from_archive import from_work, retrieved
from latentarchive.errors import GeneratorError
from latentarchive.measures.resampling import bootstrap_mean
from latentarchive.measures.transformation import contraction, displacement
from latentarchive.rights import reserves_mining

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentarchive.diffusion.conditions import Condition
    from latentarchive.diffusion.generated import Generated

By = Literal["vector", "image"]

STRENGTH = 0.5
"""Of img2img, for generators that are told no vectors."""

FROM_IMAGES = (
    f"Each image began from the picture of its work, at strength {STRENGTH:g}, and was told nothing beside it."
)

STILL = 1e-3
"""What moved less than this has no direction: it is rounding."""

FLIPS = 999
"""Draws of the null: every work moved as far, to one side or to the other by chance."""

NAMED, SHOWN = 8, 8
"""Words that are named; pairs that are shown."""


@dataclass(frozen=True, kw_only=True)
class Drift(Experiment):
    """The field of displacements."""

    kind: ClassVar[str] = "drift"

    #: Ids of the works, and how far each was moved: one minus its cosine to what became of it.
    items: tuple[str, ...]
    moved: tuple[float, ...]
    #: Length of the mean of the unit displacements: 0, each its own way, to 1, all the same way; and that of works
    #: moved to either side by chance.
    coherence: float
    coherence_null: float
    #: Mean distance to the archive's centroid of what became of the works, in units of their own: 1 no nearer, 0 all of
    #: it on the centroid.
    contraction: float
    #: Words nearest to the mean displacement, with their cosines.
    words: tuple[tuple[str, float], ...]


def drift(bench: Bench, *, sample: int = 32, seed: int = 0, by: By | None = None, method: str = "pca") -> Drift:
    """Send works through a generator.

    Args:
        bench: Archive and generator.
        sample: How many works, drawn at random.
        seed: Of the draw, and the first of as many seeds.
        by: Whether the generator is told each work's vector, or begins from its image (`STRENGTH`); None: the vector
            where it takes one.
        method: The projection that the arrows are drawn on, one of `maps.METHODS`, as `make_map` lays the works out. On
            the plane of "pca" alone equal ways are equal arrows; on the others an arrow says from among which works to
            among which.

    Raises:
        GeneratorError: The generator takes neither vectors nor images, or the sample is below 1.
        QueryError, MissingExtra: There is no such projection; umap-learn is not installed.
    """
    can = bench.generator.capabilities
    by = by or ("vector" if can.vector or can.sequence else "image")
    if (by == "image" and not can.image) or (by == "vector" and not (can.vector or can.sequence)):
        message = f"a drift needs a generator that is told {'an image' if by == 'image' else 'vectors'}; it takes {can}"
        raise GeneratorError(message)
    if sample < 1:
        message = f"a drift is of 1 work or more, got {sample}"
        raise GeneratorError(message)
    items = _drawn(bench, sample, seed)
    if by == "vector" and (why := bench.generator.why_not(retrieved(bench.archive, items[:1]))):
        instead = "; its images can begin from the works themselves instead (by image)" if can.image else ""
        message = f"generator {bench.generator.id!r} {why}{instead}"
        raise GeneratorError(message)
    below = ground(bench.archive, method)
    bench.expect(len(items))
    made: dict[str, Generated] = {}
    pictures = []
    for number, item in enumerate(items):
        begun = from_work(bench.archive, item, strength=STRENGTH)
        told: Condition = begun if by == "image" else retrieved(bench.archive, [item])
        name = f"drift-{number + 1:03}"
        made |= bench.make([name], told, [seed + number])
        pictures.append(begun.image)
    before, after = bench.seen(pictures), bench.seen([one.image for one in made.values()])
    through = bench.seen([bench.generator.decode(bench.generator.encode(picture)) for picture in pictures])
    d = after.astype(np.float64) - before.astype(np.float64)
    coherent, null, p = coherence(d, seed=seed)
    mu = bench.mean()
    drawn = contraction(after, before, mu)
    moved, compressed = displacement(after, before), displacement(through, before)
    words = _words(bench, d)
    few, too_few = len(items) < FEWEST, f"{len(items)} works are too few for figures: {FEWEST} would do."
    order = np.argsort(-moved, kind="stable")
    names = list(made)
    frames = [
        frame
        for i in order[:SHOWN]
        for frame in (
            Frame(item=items[i], caption="the work"),
            Frame(name=names[i], caption=f"what became of it: moved by {moved[i]:.2f}"),
        )
    ]
    return Drift(
        title=f"Drift of {len(items)} works of {bench.archive.name}",
        about="Sent through a generator, works do not come back as they were. Do they drift, and where to?",
        archive=bench.archive.name,
        settings=bench.settings() | {"by": by, "sample": len(items), "seed": seed, "map": method},
        measures=()
        if few
        else _measures(moved, compressed, (coherent, null, p), _contracted(after, before, mu, drawn), words, seed),
        strips=(Strip(heading="The works that moved most", frames=tuple(frames), paired=True),),
        charts=(*([on_map(bench, below, items, before, after)] if below else []), _table(items, moved)),
        notes=(*((FROM_IMAGES,) if by == "image" else ()), *((too_few,) if few else ())),
        records={name: one.record for name, one in made.items()},
        images={name: one.image for name, one in made.items()},
        items=tuple(items),
        moved=tuple(round(float(one), 6) for one in moved),
        coherence=coherent,
        coherence_null=null,
        contraction=drawn,
        words=words,
    )


def coherence(d: NDArray[np.floating], *, seed: int = 0) -> tuple[float, float, float]:
    """How much displacements go the same way.

    Args:
        d: shape (n, dim); those shorter than `STILL` have no direction, and count as none.
        seed: Of the null, in which each goes its way or the opposite one by chance.

    Returns:
        Length of the mean of the unit displacements, from 0 to 1; its mean under the null; the share of draws, this one
        counted, that are as coherent.
    """
    lengths = np.linalg.norm(d, axis=1, keepdims=True)
    unit = np.where(lengths > STILL, d / np.maximum(lengths, STILL), 0.0)
    found = float(np.linalg.norm(unit.mean(axis=0)))
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (FLIPS, len(d)))
    null = np.linalg.norm(signs @ unit / len(d), axis=1)
    return found, float(null.mean()), float((1 + (null >= found - 1e-12).sum()) / (FLIPS + 1))


def _drawn(bench: Bench, sample: int, seed: int) -> list[str]:
    """Ids of works drawn at random, none of which reserves data mining."""
    chosen: list[str] = []
    for row in np.random.default_rng(seed).permutation(bench.archive.rows()):
        item = bench.archive.collection.items([row])[0]
        if not reserves_mining(item.mining):
            chosen.append(item.id)
        if len(chosen) == sample:
            break
    if not chosen:
        message = f"archive {bench.archive.name} has no work that may be sent through a generator"
        raise GeneratorError(message)
    return chosen


def _words(bench: Bench, d: NDArray[np.float64]) -> tuple[tuple[str, float], ...]:
    """Words of the archive's own subjects whose direction, from the mean of all of them, is nearest to the drift's."""
    archive = bench.archive
    terms = own_subjects(archive.collection.take(archive.rows(), ["subjects"])["subjects"].to_pylist())
    mean = d.mean(axis=0)
    if len(terms) < 2 or np.linalg.norm(mean) < STILL:
        return ()
    vectors = archive.encoder.encode_texts(terms).unit.astype(np.float64)
    vectors -= vectors.mean(axis=0)
    cosines = vectors @ mean / (np.linalg.norm(vectors, axis=1) * np.linalg.norm(mean)).clip(min=1e-9)
    order = np.argsort(-cosines, kind="stable")[:NAMED]
    return tuple((terms[i], round(float(cosines[i]), 4)) for i in order)


def _contracted(
    after: NDArray[np.floating], before: NDArray[np.floating], mu: NDArray[np.floating], value: float
) -> tuple[float, tuple[float, float]]:
    """The contraction, and its 95 % interval over works."""
    rng = np.random.default_rng(0)
    draws = (rng.integers(0, len(after), len(after)) for _ in range(FLIPS))
    low, high = np.quantile([contraction(after[i], before[i], mu) for i in draws], [0.025, 0.975])
    return value, (round(float(low), 6), round(float(high), 6))


def _measures(
    moved: NDArray[np.float64],
    compressed: NDArray[np.float64],
    way: tuple[float, float, float],
    drawn: tuple[float, tuple[float, float]],
    words: tuple[tuple[str, float], ...],
    seed: int,
) -> tuple[Measure, ...]:
    n, (coherent, null, p) = len(moved), way
    low, high = bootstrap_mean(moved, seed=seed)
    named = ", ".join(f"“{word}” ({cosine:+.2f})" for word, cosine in words[:5])
    low_end, high_end = drawn[1]
    nearer = (
        "drawn to the average" if high_end < 1 else "driven from it" if low_end > 1 else "neither drawn to it nor away"
    )
    return (
        Measure(
            sentence=f"On average {n} works were moved by {moved.mean():.2f} (one minus the cosine of a work and what "
            f"became of it); through the generator's autoencoder alone, by {compressed.mean():.2f}.",
            value=round(float(moved.mean()), 6),
            unit="(one minus cosine)",
            n=n,
            denominator="works",
            interval=(round(low, 6), round(high, 6)),
            interval_by="bootstrap over works",
            null=round(float(compressed.mean()), 6),
            null_by="the same works through the autoencoder, without a step of denoising",
        ),
        Measure(
            sentence=f"Their ways have a coherence of {coherent:.2f}; by chance it would be {null:.2f} (p = {p:.3f})."
            + (f" The words nearest to where they go: {named}." if words else ""),
            value=round(coherent, 6),
            unit="(from 0 to 1)",
            n=n,
            denominator="works",
            null=round(null, 6),
            null_by=f"each its way or the opposite one by chance, mean of {FLIPS} draws",
            notes=("Part of a common way is how generated images differ from works as images: texture, sharpness.",),
        ),
        Measure(
            sentence=f"What became of them lies {drawn[0]:.2f} times as far from the archive's centroid as they do: "
            f"{nearer}.",
            value=round(drawn[0], 6),
            unit="times as far",
            n=n,
            denominator="works",
            interval=drawn[1],
            interval_by="bootstrap over works",
            null=1.0,
            null_by="as far as before",
        ),
    )


def _table(items: list[str], moved: NDArray[np.float64]) -> Chart:
    order = np.argsort(-moved, kind="stable")
    return Chart(
        heading="How far each work was moved",
        columns=("work", "moved by"),
        rows=tuple((items[i], round(float(moved[i]), 4)) for i in order),
        ids=(0,),
    )
