"""What lies between two to five works or words: in the space of the encoder, in that of the autoencoder, in noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from latentarchive.diffusion.bench import Bench, Near
from latentarchive.diffusion.blending import came_back, in_latents, in_noise, in_vectors, picture_of
from latentarchive.diffusion.experiment import Chart, Experiment, Frame, Measure, Strip
from latentarchive.diffusion.generated import Generated
from latentarchive.diffusion.inversion import why_not
from latentarchive.diffusion.points import between, check_vectors, point_of, read
from latentarchive.errors import GeneratorError
from latentarchive.measures.sphere import mixture

if TYPE_CHECKING:
    from latentarchive.query import Term

FEWEST, MOST = 2, 5
"""How many things are blended."""

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the second of two things."""

SPACES = {
    "clip": "In the encoder's space: the point between their vectors, told to the generator",
    "latents": "In the autoencoder's space: the mean of their latents, decoded without a step of denoising",
    "noise": "In noise: the noise from which each would come (DDIM inversion), turned towards each other, and denoised",
}

NAMES = {"clip": "the encoder's space", "latents": "the autoencoder's space", "noise": "noise"}

BESIDE = 4
"""Works nearest to the middle that are shown."""

RANDOM = 500
"""Random works in the place of the middle, to compare it with."""


@dataclass(frozen=True, kw_only=True)
class Blend(Experiment):
    """The blends of each space, and how much they are between."""

    kind: ClassVar[str] = "blend"

    #: Weights of the things blended, one row an image of each space.
    weights: tuple[tuple[float, ...], ...]
    #: By space, names of the images in the order of `weights`.
    made: tuple[tuple[str, tuple[str, ...]], ...]
    #: By space, the mixture score of the middle; see `mixture`.
    mixture: tuple[tuple[str, float], ...]
    #: The same of random works in its place, in the mean.
    mixture_null: float
    #: Cosine of each picture to what comes back of it from its inverted noise; () where nothing was inverted.
    came_back: tuple[float, ...]
    #: Ids of the works nearest to the middle of the encoder's space.
    middle: tuple[str, ...]


def blend(bench: Bench, texts: Sequence[str | Term], *, seed: int = 0) -> Blend:
    """Blend.

    Of two things there are five images a space, with growing weight of the second; of more, each by itself and the
    middle of all.

    Args:
        bench: Archive and generator.
        texts: Two to five words, item ids or image files; see `points.read`.
        seed: Of the noise where it is not inverted.

    Raises:
        GeneratorError: There are more or fewer; the generator is told no vectors; they cancel each other out.
        QueryError: An item is withheld.
    """
    if not FEWEST <= len(texts) <= MOST:
        message = f"a blend is of {FEWEST} to {MOST} works or words, got {len(texts)}"
        raise GeneratorError(message)
    check_vectors(bench.generator.capabilities, "a blend")
    terms = [read(bench.archive, text) for text in texts]
    points = [point_of(bench.archive, term) for term in terms]
    weights = shares(len(terms))
    bench.expect(3 * len(weights) + len(terms))
    pictures = [picture_of(bench, term, point, seed) for term, point in zip(terms, points, strict=True)]
    ways: dict[str, Callable[[], list[Generated]]] = {
        "clip": lambda: in_vectors(bench, points, weights, seed),
        "latents": lambda: in_latents(bench, pictures, weights, seed),
    }
    notes = []
    if why := why_not(bench.generator):
        notes.append(f"Nothing was blended in noise: {why}.")
    else:
        ways["noise"] = lambda: in_noise(bench, pictures, points, weights)
    images: dict[str, Generated] = {}
    made = {}
    for space, way in ways.items():
        made[space] = tuple(f"{space}-{number}" for number in range(1, len(weights) + 1))
        for name, image in zip(made[space], way(), strict=True):
            images[name] = image
            bench.keep(name, image)
    at = weights.index(tuple([1 / len(terms)] * len(terms)))
    point = between(points, weights[at], made="")
    near = bench.nearest(point.vector[None], BESIDE)[0]
    ends = np.stack([one.vector for one in points])
    seen = bench.seen([images[names[at]].image for names in made.values()])
    resembled = dict(zip(made, bench.nearest(seen, 1), strict=True))
    scores = mixture(seen, ends)
    random = np.random.default_rng(0).choice(bench.archive.rows(), RANDOM)
    null = float(mixture(bench.archive.embeddings.take(random), ends).mean())
    archival = float(mixture(bench.archive.embeddings.take([near.rows[0]]), ends)[0])
    back = came_back(bench, pictures, [images[name] for name in made.get("noise", ())], weights)
    kept = {name: round(float(score), 6) for name, score in zip(made, scores, strict=True)}
    return Blend(
        title=f"A blend of {', '.join(map(str, terms))}",
        about="An archive has no work between two works unless somebody made it. A model has something everywhere; "
        "what it has depends on the space in which one looks for the middle.",
        archive=bench.archive.name,
        settings=bench.settings() | {"seed": seed},
        measures=(
            *(_measure(space, score, null, archival, len(terms)) for space, score in kept.items()),
            *_inversion(back),
        ),
        strips=(
            *(_strip(space, names, weights, terms) for space, names in made.items()),
            _beside(near, terms),
            _like(resembled, terms),
        ),
        charts=(_chart(kept, archival, null),),
        notes=tuple(notes),
        film=made["clip"] if len(terms) == FEWEST else (),
        records={name: one.record for name, one in images.items()},
        images={name: one.image for name, one in images.items()},
        weights=weights,
        made=tuple(made.items()),
        mixture=tuple(kept.items()),
        mixture_null=round(null, 6),
        came_back=back,
        middle=near.ids,
    )


def shares(count: int) -> tuple[tuple[float, ...], ...]:
    """Weights of so many things, one row an image; each row adds up to 1."""
    if count == FEWEST:
        return tuple((1 - share, share) for share in SHARES)
    alone = [tuple(float(i == j) for j in range(count)) for i in range(count)]
    return (*alone, tuple([1 / count] * count))


def _inversion(back: Sequence[float]) -> tuple[Measure, ...]:
    if not back:
        return ()
    return (
        Measure(
            sentence=f"From its inverted noise alone, each picture comes back with a cosine of {min(back):.2f} to "
            f"{max(back):.2f} to itself.",
            value=round(float(np.mean(back)), 6),
            unit="cosine, in the mean",
            n=len(back),
            denominator="pictures",
            null=1.0,
            null_by="an exact inversion",
        ),
    )


def _strip(space: str, names: Sequence[str], weights: Sequence[Sequence[float]], terms: Sequence[Term]) -> Strip:
    frames = [Frame(name=name, caption=_share(share, terms)) for name, share in zip(names, weights, strict=True)]
    heading, _, note = SPACES[space].partition(": ")
    return Strip(heading=heading, note=f"{note[0].upper()}{note[1:]}.", frames=tuple(frames))


def _share(share: Sequence[float], terms: Sequence[Term]) -> str:
    if max(share) == 1:
        return f"{terms[list(share).index(1)]} alone"
    return "the middle" if min(share) == max(share) else " : ".join(f"{part:.0%}" for part in share)


def _beside(near: Near, terms: Sequence[Term]) -> Strip:
    asked = {term.value for term in terms if term.kind == "item"}
    frames = (
        Frame(item=item, caption=f"cosine {score:.2f} to the middle{', one of those blended' if item in asked else ''}")
        for item, score in zip(near.ids, near.scores, strict=True)
    )
    return Strip(heading="What the archive has nearest to the middle", frames=tuple(frames))


def _like(near: Mapping[str, Near], terms: Sequence[Term]) -> Strip:
    asked = {term.value for term in terms if term.kind == "item"}
    frames = (
        Frame(
            item=one.ids[0],
            caption=f"to the middle in {NAMES[space]}: cosine {one.scores[0]:.2f}"
            f"{', one of those blended' if one.ids[0] in asked else ''}",
        )
        for space, one in near.items()
    )
    return Strip(heading="What each middle, as it was made, resembles most", frames=tuple(frames))


def _measure(space: str, score: float, null: float, archival: float, count: int) -> Measure:
    return Measure(
        sentence=f"The middle found in {NAMES[space]} lies between its {count} ends with a mixture score of "
        f"{score:.2f}; the work nearest to that middle has {archival:.2f}, random works {null:.2f}.",
        value=score,
        unit="(from 0 to 1)",
        n=1,
        denominator="images",
        null=round(null, 6),
        null_by=f"mean of {RANDOM} random works in its place",
        notes=(
            "1 is the middle of the straight way between the ends; 0 an end itself, or a detour as long as that way.",
        )
        if space == "clip"
        else (),
    )


def _chart(kept: dict[str, float], archival: float, null: float) -> Chart:
    rows = [*((f"made in {NAMES[space]}", score) for space, score in kept.items()), ("nearest work", archival)]
    return Chart(
        heading="How much the middle lies between",
        columns=("what", "mixture score"),
        rows=(*((name, round(score, 4)) for name, score in rows), ("random works", round(null, 4))),
        kind="bars",
        alt="Mixture scores of the middles and of works.",
    )
