"""An image as it comes up in the developer, and a work as it drowns in noise; beside both, what the archive sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from latentarchive.diffusion.bench import Bench, Near
from latentarchive.diffusion.experiment import Chart, Experiment, Frame, Measure, Strip
from latentarchive.diffusion.from_archive import from_work
from latentarchive.diffusion.generated import Generated
from latentarchive.diffusion.noising import levels
from latentarchive.diffusion.points import read, said_instead, told_of
from latentarchive.errors import QueryError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from latentarchive.diffusion.record import Record
    from latentarchive.diffusion.stepping import Step
    from latentarchive.query import Term

ENOUGH = 0.8
"""Share of the nearest works of the last step that an earlier one must have, from there on, for the image to be
recognised."""

SHOWN = 10
"""Steps that stand in a strip; the film has all of them."""

DRAWS = 5
"""Draws of noise that a work is given."""

SAME = 1e-4
"""Cosines this near to the highest are as high: copies of one image differ by rounding."""


@dataclass(frozen=True, kw_only=True)
class Darkroom(Experiment):
    """What was seen at each step."""

    kind: ClassVar[str] = "darkroom"

    #: Share of the nearest works of the final image that each step's image has: from 0 to 1, at the last step 1.
    overlap: tuple[float, ...]
    #: First step from which that stays at `ENOUGH` or above; from 1.
    recognised: int
    #: Cosine of each step's image to the final one.
    likeness: tuple[float, ...]
    #: Of the work in noise, if one was asked for: signal to noise ratio of each step; () for words.
    snr: tuple[float, ...] = ()
    #: For each draw of noise: the first step from which on the nearest work never is the work itself again; 0: it was
    #: not even without noise, through the autoencoder.
    no_return: tuple[int, ...] = ()


def darkroom(bench: Bench, text: str | Term, *, seed: int = 0, k: int = 10) -> Darkroom:
    """Watch an image come up; of a work, also watch it vanish.

    Args:
        bench: Archive and generator.
        text: Words, an item id or an image file; see `points.read`.
        seed: Of the noise that the image begins as.
        k: How many nearest works are compared.

    Raises:
        GeneratorError: The generator does not take that, or its scheduler does not tell what a step predicts.
        QueryError: The item is withheld, or k is below 1.
    """
    if k < 1:
        message = f"k must be 1 or more, got {k}"
        raise QueryError(message)
    term = read(bench.archive, text)
    told = told_of(bench.archive, term, bench.generator.capabilities)
    bench.expect(1)
    frames: list[Image.Image] = []

    def see(step: Step) -> None:
        frames.append(step.predicted_image())

    final = bench.make(["final"], told, [seed], observe=see)["final"]
    frames[-1] = final.image  # what the last step leaves is the image, whatever it predicted
    vectors = bench.seen(frames)
    near = bench.nearest(vectors, k)
    overlap = overlaps(near)
    recognised = recognition(overlap)
    width = len(str(len(frames)))
    names = [*(f"step-{i:0{width}}" for i in range(1, len(frames))), "final"]
    made = {name: _at(final, image, i) for i, (name, image) in enumerate(zip(names, frames, strict=True), 1)}
    shown = evenly(len(frames), SHOWN)
    up = Strip(
        heading="The image comes up",
        note="At each step the picture that the model takes it to be by then (the predicted x0). None of these is a "
        "work of the archive.",
        frames=tuple(Frame(name=names[i], caption=_step_caption(i, len(frames), overlap)) for i in shown),
    )
    beside = Strip(
        heading="What the archive has that is nearest",
        frames=nearest_in_turn(near),
    )
    vanished = _drowned(bench, term, seed) if term.kind == "item" else None
    likeness = (vectors.astype(np.float64) @ vectors[-1].astype(np.float64)).clip(-1, 1)
    chance = min(1.0, len(near[-1].ids) / len(bench.archive))
    sentence = (
        f"From step {recognised} of {len(frames)} on, {ENOUGH:.0%} or more of the {len(near[-1].ids)} works nearest to "
        "the picture are those nearest to the final image."
    )
    measure = Measure(
        sentence=sentence,
        value=float(recognised),
        unit="steps",
        n=1,
        denominator="images",
        notes=(
            f"The works nearest to the first picture share {overlap[0]:.0%} with those nearest to the last; "
            f"{len(near[-1].ids)} works drawn at random would share {chance:.1%}.",
        ),
    )
    return Darkroom(
        title=f"In the darkroom: {term}",
        about="An image that is made of noise is there before it can be seen. When does the archive recognise it?",
        archive=bench.archive.name,
        settings=bench.settings() | {"seed": seed, "k": k},
        measures=(measure, *(vanished.measures if vanished else ())),
        strips=(up, beside, *(vanished.strips if vanished else ())),
        charts=(_chart(overlap, likeness.tolist(), near), *(vanished.charts if vanished else ())),
        notes=said_instead(term, told),
        film=tuple(names),
        records={name: one.record for name, one in made.items()} | (vanished.records if vanished else {}),
        images={name: one.image for name, one in made.items()} | (vanished.images if vanished else {}),
        overlap=overlap,
        recognised=recognised,
        likeness=tuple(round(float(one), 6) for one in likeness),
        snr=vanished.snr if vanished else (),
        no_return=vanished.no_return if vanished else (),
    )


def overlaps(near: Sequence[Near]) -> tuple[float, ...]:
    """The share of the last one's works that each has."""
    last = set(near[-1].ids)
    return tuple(len(last & set(one.ids)) / len(last) for one in near)


def recognition(overlap: Sequence[float]) -> int:
    """The first step, from 1, from which the overlap stays at `ENOUGH` or above."""
    low = [i for i, share in enumerate(overlap, 1) if share < ENOUGH - 1e-9]
    return low[-1] + 1 if low else 1


def evenly(count: int, most: int) -> list[int]:
    """Numbers from 0 to count - 1, evenly spaced, both ends among them; `most` at most."""
    return sorted({round(i) for i in np.linspace(0, count - 1, min(count, most))})


def nearest_in_turn(near: Sequence[Near], each: str = "step") -> tuple[Frame, ...]:
    """The work nearest to each step, one frame for steps that follow each other and have the same.

    Args:
        near: Of each step.
        each: What a step is called.
    """
    frames, first = [], 0
    for i in range(len(near)):
        if i + 1 < len(near) and near[i + 1].ids[0] == near[first].ids[0]:
            continue
        scores = [one.scores[0] for one in near[first : i + 1]]
        steps = f"{each} {i + 1}" if i == first else f"{each}s {first + 1} to {i + 1}"
        low, high = f"{min(scores):.2f}", f"{max(scores):.2f}"
        frames.append(
            Frame(item=near[i].ids[0], caption=f"{steps}: cosine {low if low == high else f'{low} to {high}'}")
        )
        first = i + 1
    return tuple(frames)


@dataclass(frozen=True)
class _Vanished:
    measures: tuple[Measure, ...]
    strips: tuple[Strip, ...]
    charts: tuple[Chart, ...]
    records: dict[str, Record]
    images: dict[str, Image.Image]
    snr: tuple[float, ...]
    no_return: tuple[int, ...]


def _drowned(bench: Bench, term: Term, seed: int) -> _Vanished:
    """A work in more and more noise, and the step from which the archive finds it no more."""
    generator, item = bench.generator, term.value
    bench.expect(1)
    begun = from_work(bench.archive, item, strength=0)
    through = bench.make(["through"], begun, [seed])["through"]
    with generator.held() as pipeline:
        schedule = levels(pipeline.scheduler, bench.steps)
    latents = generator.encode(begun.image)
    row = bench.archive.row(item)
    assert _is(bench, row, bench.archive.embeddings.take([row]))[0], "a work is nearest to itself"
    unnoised = _is(bench, row, bench.seen([through.image]))
    lost, nearest = [], list[Near]()
    images: dict[str, Image.Image] = {}
    records: dict[str, Record] = {}
    width = len(str(len(schedule)))
    for draw in range(DRAWS):
        bench.progress("adding noise", draw, DRAWS)
        noise = generator.noise(seed + draw)
        pictures = [generator.decode(level.noised(latents, noise)) for level in schedule]
        vectors = bench.seen(pictures)
        known = [*unnoised, *_is(bench, row, vectors)]
        lost.append(max((i + 1 for i, one in enumerate(known) if one), default=0))
        if draw:
            continue
        nearest = bench.nearest(vectors, 1)
        for i, (picture, level) in enumerate(zip(pictures, schedule, strict=True), 1):
            name = f"noise-{i:0{width}}"
            images[name] = picture
            records[name] = replace(through.record, noise=f"forward noise, SNR {level.snr:.4g}", denoised=0)
    shown = evenly(len(schedule), SHOWN)
    names = list(records)
    strip = Strip(
        heading="The work vanishes",
        note="Noise is added to its latents as in training, and the whole decoded. What is no longer in the picture, "
        "the model must make up: this is what img2img at the same strength begins from.",
        frames=(
            Frame(item=item, caption="the work"),
            Frame(name="through", caption="through the autoencoder"),
            *(Frame(name=names[i], caption=f"step {i + 1}: SNR {_short(schedule[i].snr)}") for i in shown),
        ),
    )
    beside = Strip(
        heading="What the archive has that is nearest",
        frames=nearest_in_turn(nearest),
    )
    middle = median(lost)
    where = "It is found no more once it went through the autoencoder, without any noise."
    if middle:
        last = schedule[min(round(middle), len(schedule)) - 1]
        where = (
            f"From step {middle:g} of {len(schedule)} on (SNR {_short(last.snr)}), what is nearest to the work in "
            "noise is never the work itself again."
        )
        if middle > len(schedule):
            where = "Even in all the noise there is, what is nearest to the work is the work itself."
    measure = Measure(
        sentence=where,
        value=float(middle),
        unit="steps",
        n=DRAWS,
        denominator=f"draws of noise (median; from {min(lost)} to {max(lost)})",
        notes=("Copies of the work in the archive count as the work.",),
    )
    rows = tuple((i, float(np.log10(level.snr)) if level.snr > 0 else None) for i, level in enumerate(schedule, 1))
    chart = Chart(
        heading="Signal to noise, by step",
        columns=("step", "log10 of signal to noise"),
        rows=rows,
        kind="curve",
        alt="The ratio of signal to noise falls from step to step.",
    )
    records["through"], images["through"] = through.record, through.image
    return _Vanished(
        (measure,), (strip, beside), (chart,), records, images, tuple(s.snr for s in schedule), tuple(lost)
    )


def _is(bench: Bench, row: int, vectors: NDArray[np.float32]) -> list[bool]:
    """Whether the work in a row, or a copy of it, is the one nearest to each vector."""
    own = vectors.astype(np.float64) @ bench.archive.embeddings.take([row])[0].astype(np.float64)
    return [float(one) >= near.scores[0] - SAME for one, near in zip(own, bench.nearest(vectors, 1), strict=True)]


def _at(final: Generated, image: Image.Image, step: int) -> Generated:
    """The picture of one step, which says in its record how far it is."""
    return Generated(image, replace(final.record, denoised=step))


def _step_caption(i: int, total: int, overlap: Sequence[float]) -> str:
    last = " (the final image)" if i == total - 1 else ""
    return f"step {i + 1}{last}: {overlap[i]:.0%} of the final neighbours"


def _chart(overlap: Sequence[float], likeness: Sequence[float], near: Sequence[Near]) -> Chart:
    return Chart(
        heading="How much of the final image is there",
        columns=("step", "share of the final neighbours", "cosine to the final image", "nearest work", "its cosine"),
        rows=tuple(
            (i, share, round(cosine, 4), one.ids[0], one.scores[0])
            for i, (share, cosine, one) in enumerate(zip(overlap, likeness, near, strict=True), 1)
        ),
        kind="curve",
        y=(1, 2),
        alt="Likeness to the final image and its nearest works, over the steps.",
        ids=(3,),
    )


def _short(value: float) -> str:
    return f"{value:.2g}" if value < 100 else f"{value:,.0f}"
