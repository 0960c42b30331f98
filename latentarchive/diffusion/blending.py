"""Three ways to what lies between pictures: by their vectors, by their latents, and by the noise they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from latentarchive.diffusion.bench import Bench
from latentarchive.diffusion.conditions import FromImage, FromNoise, Point
from latentarchive.diffusion.from_archive import from_work
from latentarchive.diffusion.generated import Generated
from latentarchive.diffusion.inversion import inverted
from latentarchive.diffusion.points import between
from latentarchive.images import decode
from latentarchive.measures.sphere import slerp
from latentarchive.terms import read_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentarchive.query import Term


@dataclass(frozen=True)
class Picture:
    """The picture of one thing: of words one is made, of their place among the works."""

    begun: FromImage
    #: The noise from which it is known to come; None: it is to be inverted.
    noise: NDArray[np.float32] | None


def picture_of(bench: Bench, term: Term, point: Point, seed: int) -> Picture:
    """The picture of a work or an image file; of words, one that is made at their point with this seed."""
    if term.kind == "item":
        return Picture(from_work(bench.archive, term.value, strength=0), None)
    if term.kind == "file":
        return Picture(FromImage(decode(read_file(term.value)).image.convert("RGB"), 0), None)
    image = bench.make(["words"], point, [seed])["words"].image
    return Picture(FromImage(image, 0, told=point), bench.generator.noise(seed))


def in_vectors(bench: Bench, points: Sequence[Point], weights: Sequence[Sequence[float]], seed: int) -> list[Generated]:
    """Images told the points between."""
    return [bench.make(["clip"], between(points, share, made=_called(share)), [seed])["clip"] for share in weights]


def in_latents(
    bench: Bench, pictures: Sequence[Picture], weights: Sequence[Sequence[float]], seed: int
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
            through[0].record, point=f"mean of latents, {_called(share)}", weights=tuple(share), items=tuple(items),
            start="", start_pixels="",
        )  # fmt: skip
        made.append(Generated(bench.generator.decode(np.asarray(mean, np.float32)), record))
    return made


def in_noise(
    bench: Bench, pictures: Sequence[Picture], points: Sequence[Point], weights: Sequence[Sequence[float]]
) -> list[Generated]:
    """Images from noise between the noises of the pictures, told the point between."""
    generator = bench.generator
    back, there = (partial(bench.watch, name) for name in ("inverted", "noise"))
    noises = [
        inverted(generator, generator.encode(one.begun.image), point, steps=bench.steps, observe=back)
        if one.noise is None
        else one.noise
        for one, point in zip(pictures, points, strict=True)
    ]
    made = []
    for share in weights:
        start = FromNoise(
            turned(noises, share), between(points, share, made=_called(share)), made=f"inverted, {_called(share)}"
        )
        images = generator.generate(start, seeds=[0], steps=bench.steps, guidance=1.0, observe=there)
        made.append(next(images))
    return made


def turned(noises: Sequence[NDArray[np.float32]], share: Sequence[float]) -> NDArray[np.float32]:
    """Noise between noises, as long as they are in the mean: a plain mean would be too quiet to be noise.

    Args:
        noises: Of equal shape.
        share: Weight of each, adding up to 1.
    """
    shape = noises[0].shape
    if max(share) == 1:
        return noises[list(share).index(1)]
    if len(noises) == 2:
        return slerp(noises[0].ravel(), noises[1].ravel(), share[1]).reshape(shape).astype(np.float32)
    mixed = sum(part * one.astype(np.float64) for part, one in zip(share, noises, strict=True))
    length = sum(part * float(np.linalg.norm(one)) for part, one in zip(share, noises, strict=True))
    return np.asarray(mixed * (length / np.linalg.norm(mixed)), np.float32)


def came_back(
    bench: Bench, pictures: Sequence[Picture], made: Sequence[Generated], weights: Sequence[Sequence[float]]
) -> tuple[float, ...]:
    """Cosines of pictures to what is made of their own noise alone."""
    if not made:
        return ()
    ends = [made[weights.index(one)] for one in weights if max(one) == 1]
    before, after = bench.seen([one.begun.image for one in pictures]), bench.seen([one.image for one in ends])
    return tuple(round(float(one), 6) for one in (before.astype(np.float64) * after).sum(axis=1))


def _called(share: Sequence[float]) -> str:
    return f"blend at {' : '.join(f'{part:.2f}' for part in share)}"
