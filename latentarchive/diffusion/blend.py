"""What lies between two to five works or words: in the space of the encoder, in that of the autoencoder, in noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from latentarchive.diffusion.bench import Bench, Near
from latentarchive.diffusion.conditions import FromImage, FromNoise, Point
from latentarchive.diffusion.experiment import Chart, Experiment, Frame, Measure, Strip
from latentarchive.diffusion.from_archive import from_work
from latentarchive.diffusion.generated import Generated
from latentarchive.diffusion.inversion import inverted, why_not
from latentarchive.diffusion.points import between, check_vectors, point_of, read
from latentarchive.errors import GeneratorError
from latentarchive.images import decode
from latentarchive.measures.sphere import slerp
from latentarchive.terms import read_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


def blend(bench: Bench, texts: Sequence[str], *, seed: int = 0) -> Blend:
    """Blend.

    Of two things there are five images a space, with growing weight of the second; of more, each by itself and the
    middle of all.

    Args:
        bench: Archive and generator.
        texts: Two to five words, item ids or image files; see `query.parse_term`.
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
    pictures = [_picture(bench, term, point, seed) for term, point in zip(terms, points, strict=True)]
    ways: dict[str, Callable[[], list[Generated]]] = {
        "clip": lambda: [
            bench.make(["clip"], between(points, one, made=_made(one)), [seed])["clip"] for one in weights
        ],
        "latents": lambda: _in_latents(bench, pictures, weights, seed),
    }
    notes = []
    if why := why_not(bench.generator):
        notes.append(f"Nothing was blended in noise: {why}.")
    else:
        ways["noise"] = lambda: _in_noise(bench, pictures, points, weights)
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
    scores = mixture(seen, ends)
    random = np.random.default_rng(0).choice(bench.archive.rows(), RANDOM)
    null = float(mixture(bench.archive.embeddings.take(random), ends).mean())
    archival = float(mixture(bench.archive.embeddings.take([near.rows[0]]), ends)[0])
    back = _came_back(bench, pictures, [images[name] for name in made.get("noise", ())], weights)
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
        strips=(*(_strip(space, names, weights, terms) for space, names in made.items()), _beside(near, terms)),
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


def mixture(vectors: NDArray[np.floating], ends: NDArray[np.floating]) -> NDArray[np.float64]:
    """How much each row is a mixture of ends: on the way from one to the other, and in the middle of it.

    For two ends a and b: (1 - detour) (1 - imbalance), where the detour is d(m, a) + d(m, b) - d(a, b) and the
    imbalance |d(m, a) - d(m, b)|, both in units of d(a, b). Without the second an end itself would pass for a mixture.

    Args:
        vectors: shape (n, dim), unit rows.
        ends: shape (m, dim), unit rows, m from 2; of more than two the mean over all pairs.

    Returns:
        shape (n,): 1 in the middle of the straight way; 0 at an end, or where the detour is as long as the way.
    """
    x, y = vectors.astype(np.float64), ends.astype(np.float64)
    to = np.linalg.norm(x[:, None] - y[None], axis=2)
    scores = []
    for i, j in combinations(range(len(y)), 2):
        apart = max(float(np.linalg.norm(y[i] - y[j])), 1e-9)
        detour = np.clip((to[:, i] + to[:, j] - apart) / apart, 0, 1)
        imbalance = np.clip(np.abs(to[:, i] - to[:, j]) / apart, 0, 1)
        scores.append((1 - detour) * (1 - imbalance))
    return np.asarray(np.mean(scores, axis=0))


@dataclass(frozen=True)
class _Picture:
    """The picture of one thing: of words one is made, of their place among the works."""

    begun: FromImage
    #: The noise from which it is known to come; None: it is to be inverted.
    noise: NDArray[np.float32] | None


def _picture(bench: Bench, term: Term, point: Point, seed: int) -> _Picture:
    if term.kind == "item":
        return _Picture(from_work(bench.archive, term.value, strength=0), None)
    if term.kind == "file":
        return _Picture(FromImage(decode(read_file(term.value)).image.convert("RGB"), 0), None)
    image = bench.make(["words"], point, [seed])["words"].image
    return _Picture(FromImage(image, 0, told=point), bench.generator.noise(seed))


def _in_latents(
    bench: Bench, pictures: Sequence[_Picture], weights: Sequence[Sequence[float]], seed: int
) -> list[Generated]:
    """Means of latents, decoded; a weight of 1 is the picture through the autoencoder."""
    through = [bench.make(["through"], one.begun, [seed])["through"] for one in pictures]
    latents = [bench.generator.encode(one.begun.image).astype(np.float64) for one in pictures]
    items = {item: None for one in through for item in (*one.record.items, one.record.start) if item}
    made = []
    for share in weights:
        if max(share) == 1:
            made.append(through[list(share).index(1)])
            continue
        mean = sum(part * one for part, one in zip(share, latents, strict=True))
        record = replace(
            through[0].record, point=f"mean of latents, {_made(share)}", weights=tuple(share), items=tuple(items),
            start="", start_pixels="",
        )  # fmt: skip
        made.append(Generated(bench.generator.decode(np.asarray(mean, np.float32)), record))
    return made


def _in_noise(
    bench: Bench, pictures: Sequence[_Picture], points: Sequence[Point], weights: Sequence[Sequence[float]]
) -> list[Generated]:
    """Images from noise between the noises of the pictures, told the point between."""
    generator = bench.generator
    noises = [
        inverted(generator, generator.encode(one.begun.image), point, steps=bench.steps)
        if one.noise is None
        else one.noise
        for one, point in zip(pictures, points, strict=True)
    ]
    made = []
    for share in weights:
        start = FromNoise(
            turned(noises, share), between(points, share, made=_made(share)), made=f"inverted, {_made(share)}"
        )
        images = generator.generate(start, seeds=[0], steps=bench.steps, guidance=1.0)
        made.append(next(images))
    return made


def _came_back(
    bench: Bench, pictures: Sequence[_Picture], made: Sequence[Generated], weights: Sequence[Sequence[float]]
) -> tuple[float, ...]:
    """Cosines of pictures to what is made of their own noise alone."""
    if not made:
        return ()
    ends = [made[weights.index(one)] for one in weights if max(one) == 1]
    before, after = bench.seen([one.begun.image for one in pictures]), bench.seen([one.image for one in ends])
    return tuple(round(float(one), 6) for one in (before.astype(np.float64) * after).sum(axis=1))


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


def turned(noises: Sequence[NDArray[np.float32]], share: Sequence[float]) -> NDArray[np.float32]:
    """Noise between noises, as long as they are in the mean: a plain mean would be too quiet to be noise.

    Args:
        noises: Of equal shape.
        share: Weight of each, adding up to 1.
    """
    shape = noises[0].shape
    if max(share) == 1:
        return noises[list(share).index(1)]
    if len(noises) == FEWEST:
        return slerp(noises[0].ravel(), noises[1].ravel(), share[1]).reshape(shape).astype(np.float32)
    mixed = sum(part * one.astype(np.float64) for part, one in zip(share, noises, strict=True))
    length = sum(part * float(np.linalg.norm(one)) for part, one in zip(share, noises, strict=True))
    return np.asarray(mixed * (length / np.linalg.norm(mixed)), np.float32)


def _made(share: Sequence[float]) -> str:
    return f"blend at {' : '.join(f'{part:.2f}' for part in share)}"


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


def _measure(space: str, score: float, null: float, archival: float, count: int) -> Measure:
    return Measure(
        sentence=f"The middle found in {NAMES[space]} lies between its {count} ends with a mixture score of "
        f"{score:.2f}; the work nearest to that middle has {archival:.2f}, random works {null:.2f}.",
        value=score,
        unit="of 1",
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
