"""What a generator makes when it is told next to nothing: its default, measured against the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from latentarchive.diffusion.bench import FEWEST, Bench
from latentarchive.diffusion.conditions import Words
from latentarchive.diffusion.experiment import Chart, Experiment, Frame, Measure, Strip
from latentarchive.diffusion.resembling import Share, over_represented, row_of
from latentarchive.diffusion.seeds import around_works
from latentarchive.errors import GeneratorError
from latentarchive.measures.diversity import vendi
from latentarchive.measures.transformation import contraction

if TYPE_CHECKING:
    from latentarchive.diffusion.generated import Generated

PROMPTS = ("", "a work", "a picture of something")
"""Nothing, and next to nothing."""

AROUND = 10
"""Works nearest to an image whose catalogue entries are counted."""

BACKGROUND = 1000
"""Random works at most that serve as the null."""

LEVEL = 0.05
"""False discovery rate (Benjamini and Hochberg, 1995)."""

LISTED = 25
"""Values in the table."""


@dataclass(frozen=True, kw_only=True)
class Default(Experiment):
    """The default, and what of the catalogue it has too much of."""

    kind: ClassVar[str] = "default"

    #: Field and value of the catalogue, share around the images, share in the archive, their ratio, its interval
    #: (two), and the chance that random works have as much around them; the highest ratio first.
    shares: tuple[tuple[str, str, float, float, float, float, float, float], ...]
    #: How many of the values there are too many of, at a false discovery rate of `LEVEL`.
    over: int
    #: Mean distance of the images to the archive's centroid, in units of that of works: below 1 they are more average.
    contraction: float
    vendi: float
    vendi_random: float


def default(bench: Bench, prompts: Sequence[str] = PROMPTS, *, n: int = 12, seed: int = 0) -> Default:
    """Ask for nothing.

    Args:
        bench: Archive and generator, which must be told words.
        prompts: Empty and under-specified ones.
        n: Images of each.
        seed: The first of n seeds, the same for each prompt.

    Raises:
        GeneratorError: The generator is not told words alone, or there is no prompt or no image.
    """
    from scipy.stats import false_discovery_control

    prompts = list(dict.fromkeys(prompts))
    if not prompts or n < 1:
        message = f"the default needs a prompt (it may be empty) and an image of each, got {len(prompts)} and {n}"
        raise GeneratorError(message)
    bench.expect(n * len(prompts))
    made: dict[str, Generated] = {}
    strips = []
    for number, prompt in enumerate(prompts, 1):
        names = [f"default-{number}-{i:02}" for i in range(1, n + 1)]
        made |= bench.make(names, Words(prompt), range(seed, seed + n))
        said = f"Told “{prompt}”" if prompt else "Told nothing"
        strips.append(Strip(heading=said, frames=tuple(Frame(name=name, caption=said.lower()) for name in names)))
    images = bench.seen([one.image for one in made.values()])
    random = np.random.default_rng(seed).permutation(bench.archive.rows())[:BACKGROUND]
    works = bench.archive.embeddings.take(random)
    shares = over_represented(
        bench.archive, [one.rows for one in bench.nearest(images, AROUND)], around_works(bench, works)
    )
    adjusted = false_discovery_control([one.p for one in shares]) if shares else np.array([])
    found = [one for one, p in zip(shares, adjusted, strict=True) if p <= LEVEL and one.ratio > 1]
    drawn = contraction(images, works, bench.mean())
    rng = np.random.default_rng(seed)
    worth = [vendi(works[rng.choice(len(works), min(len(images), len(works)), replace=False)]) for _ in range(50)]
    scores = vendi(images), float(np.mean(worth))
    told = _measures(len(images), shares, found, drawn, scores) if len(images) >= FEWEST else ()
    return Default(
        title="The default image",
        about="A generator that is told nothing makes something all the same. What, and how does it differ from what "
        "there is?",
        archive=bench.archive.name,
        settings=bench.settings() | {"prompts": prompts, "seeds": list(range(seed, seed + n))},
        measures=told,
        strips=tuple(strips),
        charts=(_chart(shares),) if told and shares else (),
        notes=() if told else (f"{len(images)} images are too few for figures: {FEWEST} would do.",),
        film=tuple(made),
        records={name: one.record for name, one in made.items()},
        images={name: one.image for name, one in made.items()},
        shares=tuple(row_of(one) for one in shares),
        over=len(found),
        contraction=drawn,
        vendi=scores[0],
        vendi_random=scores[1],
    )


def _measures(
    n: int, shares: list[Share], found: list[Share], drawn: float, scores: tuple[float, float]
) -> tuple[Measure, ...]:
    told = []
    if shares:
        named = ", ".join(f"“{one.value}” ({one.field}, {one.ratio:.1f} times)" for one in found[:5])
        told.append(
            Measure(
                sentence=f"The images resemble works of {len(found)} of {len(shares)} catalogue values more often than "
                f"as many random works do{f': most of all {named}' if found else ''}.",
                value=float(len(found)),
                unit="values",
                n=n,
                denominator="images",
                null=0.0,
                null_by=f"random works; false discovery rate {LEVEL:g}, at most one in 20 of those named by chance",
                notes=(
                    f"Counted are the catalogue entries of the {AROUND} works nearest to each image: what it "
                    "resembles, not what it is.",
                    "Images of one prompt resemble each other: the figures are of these prompts, whatever the seeds.",
                ),
            )
        )
    if found:
        first = found[0]
        told.append(
            Measure(
                sentence=f"“{first.value}” ({first.field}) makes up {first.made:.1%} around the images and "
                f"{first.kept:.1%} of the archive.",
                value=round(first.ratio, 6),
                unit="times as often",
                n=n,
                denominator="images",
                interval=(round(first.low, 6), round(first.high, 6)),
                interval_by="bootstrap over images",
                null=1.0,
                null_by="as often as in the archive",
            )
        )
    told.append(
        Measure(
            sentence=f"On average the images lie {drawn:.2f} times as far from the archive's centroid as works do: "
            f"{'nearer to the average' if drawn < 1 else 'no nearer to the average'}.",
            value=round(drawn, 6),
            unit="times as far",
            n=n,
            denominator="images",
            null=1.0,
            null_by="as far as works",
        )
    )
    told.append(
        Measure(
            sentence=f"{n} images are worth {scores[0]:.1f} different ones (Vendi score), {n} random works "
            f"{scores[1]:.1f}.",
            value=round(scores[0], 6),
            unit="different images",
            n=n,
            denominator="images",
            null=round(scores[1], 6),
            null_by="random works, mean of 50 draws",
        )
    )
    return tuple(told)


def _chart(shares: list[Share]) -> Chart:
    ends = [*shares[:LISTED], *shares[-5:]] if len(shares) > LISTED + 5 else shares
    return Chart(
        heading="What the images resemble, against the archive",
        columns=("field", "value", "share around images", "share in the archive", "ratio", "from", "to", "chance"),
        rows=tuple(row_of(one) for one in ends),
        kind="bars",
        x=1,
        y=(2, 3),
        alt="Shares of catalogue values around the images and in the archive; the last five are the rarest.",
    )
