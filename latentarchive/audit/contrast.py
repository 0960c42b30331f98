"""What a generator made of a condition, beside what the archive gives for it: every figure with its null and n."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.contrasted import Floats, Measured, Sides, against_chance, chance, sides, told
from latentarchive.audit.copied import FLAGGED_BY, possible_copies
from latentarchive.audit.drifted import FIELDS, dates_of, drift_of
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Skip, Table
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.diffusion.contrast import LEAST, PAIRED, Placed
from latentarchive.measures.copying import apart, authentic
from latentarchive.measures.coverage import K, coverage, distances, expected_coverage
from latentarchive.measures.discrepancy import (
    CMMD_SCALE,
    CMMD_SIGMA,
    cubic,
    gaussian,
    lengthened,
    median_width,
)
from latentarchive.measures.discrepancy import discrepancy as mmd2
from latentarchive.measures.diversity import spread, vendi
from latentarchive.measures.intervals import WILSON, wilson
from latentarchive.measures.permutation import Statistic, parted
from latentarchive.measures.resampling import BOOTSTRAP, bootstrap_mean
from latentarchive.measures.transformation import contraction as drawn
from latentarchive.measures.transformation import displacement as moved
from latentarchive.measures.transformation import typicality as typical

SEEDS = BOOTSTRAP.replace("works", "generated images")

OF = {"captions": "whose captions they were told", "image": "that they began from"}
"""The works that images stand beside, one for each."""

SELECTED = "Works found are the nearest that there are; other works of the archive would lie farther off."


@check
def nearest(subject: Subject) -> Iterator[Finding]:
    """Which works the images resemble most, and where the images would stand in the search.

    The nearest work is what an image resembles in the archive's space. It is not its source.
    """
    contrast = subject.contrasted()
    counts = Counter(one.near[0] for one in contrast.made if one.near)
    if not counts:
        message = "the archive shows no work that an image could resemble"
        raise Skip(message)
    beside = {one.near[0] for one in contrast.retrieved[: len(contrast.made)] if one.near}
    most = max(counts.values())
    rows = tuple(
        (one.id, one.near[0], one.scores[0], one.rank, None if one.source_rank is None else one.source_rank + 1)
        for one in contrast.made
        if one.near
    )
    n = sum(counts.values())
    enough = min(n, len(contrast.retrieved)) >= LEAST
    said = f"{n:,} generated images resemble {len(counts):,} different works most; "
    said += f"one work is nearest to {most:,} of them." if most > 1 else "no work is nearest to two of them."
    if len(counts) == 1 and n > 1:
        said = f"All {n:,} generated images resemble one and the same work most."
    if not enough:
        said = "The works that each generated image resembles most are named; for figures there are too few images."
    by = f"works nearest to the first {min(n, len(contrast.retrieved)):,} works found, without themselves"
    yield Finding(
        sentence=said,
        value=len(counts) if enough else None,
        unit="works",
        n=n,
        denominator="generated images",
        null=float(len(beside)) if enough else None,
        null_by=by if enough else "",
        examples=tuple(item for item, _ in counts.most_common(MOST_EXAMPLES)),
        table=Table(
            columns=("image", "nearest work", "score", "place in the search", "place of the best source"),
            rows=rows,
            ids=(1,),
        ),
        notes=(
            "The score is the cosine in the space of the archive’s encoder; what is near resembles, and is no source.",
        ),
    )


@check
def displacement(subject: Subject) -> Iterator[Finding]:
    """How far the images lie from what was asked, or each from the work that it stands beside: one minus the cosine."""
    contrast, found = sides(subject)
    paired = contrast.told in PAIRED
    question = contrast.question.astype(np.float64)
    measured = []
    for side in found:
        away = moved(side.images, side.works if paired else question)
        if paired:
            near = [1 - one.scores[0] for one in side.retrieved if one.scores]
            null, by = (float(np.mean(near)) if near else None), "mean from these works to their nearest other ones"
        else:
            null, by = float(moved(side.works, question).mean()), "the works found"
        measured.append(
            (
                side,
                Measured(
                    value=float(away.mean()),
                    interval=bootstrap_mean(away),
                    interval_by=SEEDS,
                    null=null,
                    null_by=by if null is not None else "",
                ),
            )
        )

    def sentence(one: Measured) -> str:
        if paired:
            return f"The images lie {one.value:.2f} from the works {OF[contrast.told]}."
        assert one.null is not None
        how = "nearer to it than" if one.value < one.null else "farther from it than"
        how = "as far from it as" if abs(one.value - one.null) < 0.005 else how
        return f"The images lie {one.value:.2f} from what was asked, the works found {one.null:.2f}: {how} these."

    yield told(
        contrast,
        measured,
        sentence=sentence,
        quantity="The distance of the images from the works that they began from",
        unit="(one minus cosine)",
        column="displacement",
        null_column="nearest other work",
        notes=(SELECTED,) if not paired else (),
    )


@check
def refound(subject: Subject) -> Iterator[Finding]:
    """Whether what went in is found again: is the work nearest to an image one of those that it was told.

    For an image told by words these are the works that the words find.
    """
    contrast, found = sides(subject)
    measured = []
    for side in found:
        hits = [one.source_rank == 0 for one in side.made if one.source_rank is not None]
        if not hits:
            message = "the images have no works that they could be found again by"
            raise Skip(message)
        low, high = wilson(sum(hits), len(hits))
        ids = {one.id for one in contrast.retrieved}
        many = len(side.made[0].sources) > 1
        null = float(np.mean([bool(one.near) and one.near[0] in ids for one in side.retrieved])) if many else None
        by = "the works found themselves, whose nearest other work is found too" if many else "by chance"
        measured.append(
            (
                side,
                Measured(
                    value=sum(hits) / len(hits),
                    interval=(low, high),
                    interval_by=WILSON,
                    null=1 / contrast.size if null is None else null,
                    null_by=by,
                ),
            )
        )
    sources = len(found[0].made[0].sources)
    among = {
        "words": f"one of the {sources:,} that the words find",
        "captions": "the one whose caption they were told",
        "image": "the one that they began from",
    }.get(
        contrast.told, f"one of the {sources:,} that they were told" if sources > 1 else "the one that they were told"
    )
    yield told(
        contrast,
        measured,
        sentence=lambda one: (
            f"For {one.value * found[0].n:.0f} of {found[0].n} images the work that they resemble most, of "
            f"{contrast.size:,}, is {among}."
        ),
        quantity="The share of the images that resemble the work they began from more than any other",
        unit="share",
        column="share found again",
        as_text="{:.0%}".format,
        null_column="share by chance",
        examples=tuple(dict.fromkeys(item for side in found for one in side.made for item in one.sources))[
            :MOST_EXAMPLES
        ],
    )


@check
def copies(subject: Subject) -> Iterator[Finding]:
    """Images that may be copies of a work: as like it, pixel by pixel, as its own passage through the model leaves it.

    Always beside the background: how many of the archive's own works are as like another one that is no copy.
    """
    contrast, found = sides(subject)
    rule = possible_copies(contrast)
    if rule is None:
        message = "the archive holds no images to compare with"
        raise Skip(message)
    flagged = {side.strength: [one for one in side.made if rule.flags(one)] for side in found}
    measured = []
    for side in found:
        hits = len(flagged[side.strength])
        measured.append(
            (
                side,
                Measured(
                    value=hits / side.n,
                    interval=wilson(hits, side.n),
                    interval_by=WILSON,
                    null=rule.share,
                    null_by=f"of {len(contrast.background.works):,} works, as like another one that is no copy",
                ),
            )
        )
    n, now = found[-1].n, flagged[found[-1].strength]
    rows = tuple((one.id, one.alike_to or None, one.alike, *rule.scores(one)) for side in found for one in side.made)
    count = "None" if not now else "All" if len(now) == n else f"{len(now)}"
    like = f"likeness of {rule.floor:.2f} or more"
    yield told(
        contrast,
        measured,
        sentence=lambda _: (
            f"{count} of {n} images {'is a possible copy' if len(now) < 2 else 'are possible copies'} of a "
            f"work ({like}); of the archive’s own works {rule.share:.0%} are as like another that is no copy."
        ),
        quantity="The share of possible copies",
        unit="share",
        column="share of possible copies",
        as_text="{:.0%}".format,
        null_column="share of works as like another",
        examples=tuple(dict.fromkeys(one.alike_to for one in now if one.alike_to))[:MOST_EXAMPLES],
        table=Table(
            columns=("image", "most like", "likeness", "relative copy score", "share of works as near to another"),
            rows=rows,
            ids=(1,),
        ),
        notes=(FLAGGED_BY, rule.why, *rule.compared(found[-1].made)),
    )


@check
def authenticity(subject: Subject) -> Iterator[Finding]:
    """Images that lie farther from their nearest work than this lies from its own nearest: neighbours, no more."""
    contrast, found = sides(subject)

    def far(these: Sequence[Placed]) -> list[bool]:
        known = [(one.scores[0], one.own) for one in these if one.scores and one.own is not None]
        return [bool(one) for one in authentic(*(apart(side) for side in zip(*known, strict=True)))] if known else []

    background = far(contrast.background.works)
    measured = []
    for side in found:
        if not (hits := far(side.made)) or not background:
            message = "the archive has too few works for neighbours of neighbours"
            raise Skip(message)
        measured.append(
            (
                side,
                Measured(
                    value=float(np.mean(hits)),
                    interval=wilson(sum(hits), len(hits)),
                    interval_by=WILSON,
                    null=float(np.mean(background)),
                    null_by=f"{len(background):,} works of the archive, each against the others",
                ),
            )
        )
    yield told(
        contrast,
        measured,
        sentence=lambda one: (
            f"{one.value:.0%} of the images keep farther from the work that they resemble most than this "
            f"keeps from its own nearest; of the archive’s works {one.null:.0%} do."
        ),
        quantity="The share of images that keep their distance",
        unit="share",
        column="share that keeps its distance",
        as_text="{:.0%}".format,
        null_column="share of works",
    )


@check
def covered(subject: Subject, *, k: int = K) -> Iterator[Finding]:
    """How much of what was found the images cover, and how much of them lies within it: four figures of k-NN balls.

    Options:
        k: The ball of a work reaches to the k-th nearest of its own side.
    """
    contrast, found = sides(subject)
    measured = []
    for side in found:
        near = min(k, side.n - 1)
        one = parted(_balls(side, near, "coverage"), side.n, side.n)
        by = f"in the mean of equal distributions; 95 of 100 permutations give {one.low:.0%} to {one.high:.0%}"
        expected = expected_coverage(side.n, side.n, near)
        measured.append((side, Measured(value=one.value, null=expected, null_by=by, p=one.p_two_sided)))
    last = found[-1]
    four = {what: parted(_balls(last, near, name), last.n, last.n) for name, what in FOUR.items()}
    crowded = ("At 20 or fewer of a side these figures are near 1 whatever the images are.",) if last.n <= 20 else ()
    yield told(
        contrast,
        measured,
        sentence=lambda one: (
            f"{one.value:.0%} of the works found have an image within the reach of their neighbours; "
            f"{one.null:.0%} would, if images and works were alike{one.tested}."
        ),
        quantity="The share of works with an image within the reach of their neighbours",
        unit="share",
        column="share covered",
        as_text="{:.0%}".format,
        null_column="share expected",
        denominator="works found",
        table=Table(
            columns=("figure", "value", "by chance from", "to"),
            rows=tuple((what, one.value, one.low, one.high) for what, one in four.items()),
        ),
        notes=(f"k = {near}; Naeem et al. (2020).", *crowded, SELECTED),
    )


def _balls(side: Sides, k: int, name: str) -> Statistic:
    apart = distances(side.vectors, side.vectors)

    def figure(works: NDArray[np.int64], images: NDArray[np.int64]) -> float:
        own, across, other = (apart[np.ix_(*pair)] for pair in ((works, works), (works, images), (images, images)))
        value: float = getattr(coverage(own, across, other, k), name)
        return value

    return figure


FOUR = {
    "precision": "precision: images within the reach of a work",
    "recall": "recall: works within the reach of an image",
    "density": "density: works whose reach an image lies in, in units of k",
    "coverage": "coverage: works with an image within their reach",
}


@check
def discrepancy(subject: Subject) -> Iterator[Finding]:
    """Whether images and works are distributed differently: maximum mean discrepancy, unbiased, three kernels."""
    contrast, found = sides(subject)
    measured, rows = [], tuple[tuple[Any, ...], ...]()
    for side in found:
        x = side.vectors
        kernels = {
            "Gaussian, median width": (gaussian(x, x, median_width(x)), 1.0),
            "KID: cubic": (cubic(lengthened(x), lengthened(x)), 1.0),
            f"CMMD: Gaussian, width {CMMD_SIGMA:g}": (gaussian(x, x, CMMD_SIGMA), CMMD_SCALE),
        }
        tests = {name: parted(_kernel(kernel, scale), side.n, side.n) for name, (kernel, scale) in kernels.items()}
        first = next(iter(tests.values()))
        by = f"images and works mixed at random; 95 of 100 draws give {first.low:.3g} to {first.high:.3g}"
        measured.append((side, Measured(value=first.value, null=first.null, null_by=by, p=first.p_greater)))
        rows = tuple((name, one.value, one.low, one.high, one.p_greater) for name, one in tests.items())
    yield told(
        contrast,
        measured,
        sentence=lambda one: (
            f"Images and works found are distributed differently in the archive’s space{one.tested}."
            if one.differs
            else f"Images and works found cannot be told apart as distributions (p {chance(one.p or 1)})."
        ),
        quantity="The discrepancy of images and works",
        unit="(MMD², Gaussian kernel of median width)",
        column="MMD²",
        as_text="{:.3f}".format,
        null_column="by chance",
        table=Table(columns=("kernel", "value", "by chance from", "to", "p"), rows=rows),
        notes=(
            "The kernel of median width is the one that is judged by: it sees spread and shape too. CMMD at width 10 "
            "sees hardly more than where the mean lies. KID is computed on unit vectors at length √dim.",
            SELECTED,
        ),
    )


def _kernel(kernel: Floats, scale: float) -> Statistic:
    return lambda works, images: scale * mmd2(kernel, works, images)


@check
def diversity(subject: Subject) -> Iterator[Finding]:
    """How many different images the images are worth, beside as many works found: the Vendi score at equal n."""
    contrast, found = sides(subject)
    measured, rows = [], tuple[tuple[Any, ...], ...]()
    for side in found:
        test = parted(_of_rows(side, lambda works, images: vendi(images) / vendi(works)), side.n, side.n)
        by = f"the {side.n} works found"
        measured.append(
            (side, Measured(value=vendi(side.images), null=vendi(side.works), null_by=by, p=test.p_two_sided))
        )
        rows = tuple(
            (what, of(side.images), of(side.works))
            for what, of in (
                ("Vendi score, order 1", vendi),
                ("order 2", lambda v: vendi(v, q=2)),
                ("order ∞", lambda v: vendi(v, q=np.inf)),
                ("mean of one minus cosine, all pairs", spread),
            )
        )
    yield told(
        contrast,
        measured,
        sentence=lambda one: (
            f"The {found[0].n} images are as varied as {one.value:.1f} wholly different ones, as many works found as "
            f"{one.null:.1f}{one.tested}."
        ),
        quantity="How many wholly different images the images are as varied as",
        unit="different images",
        column="Vendi score of the images",
        as_text="{:.1f}".format,
        null_column="of the works",
        table=Table(columns=("figure", "images", "works found"), rows=rows),
        notes=("The Vendi score depends on n and on the space: compare it at equal n, in one archive.",),
    )


@check
def typicality(subject: Subject) -> Iterator[Finding]:
    """Whether the images are more average than the works they stand beside: the score of the cliché."""
    contrast, found = sides(subject)
    measured = []
    for side in found:
        statistic = _of_rows(side, lambda works, images: float(typical(images, works).mean()))
        one = against_chance(statistic, side.n, "images and works mixed at random")
        scores = typical(side.images, side.works)
        measured.append(
            (
                side,
                Measured(
                    value=one.value,
                    interval=bootstrap_mean(scores) if np.isfinite(scores).all() else None,
                    interval_by=SEEDS if np.isfinite(scores).all() else "",
                    null=one.null,
                    null_by=one.null_by,
                    p=one.p,
                ),
            )
        )

    def sentence(one: Measured) -> str:
        if not one.differs:
            return f"The images are neither more nor less average than the works found, up to chance{one.tested}."
        more = "more average than" if one.null is not None and one.value > one.null else "farther from the average of"
        value = f"typicality {one.value:+.2f}, where 1 is the average itself"
        return f"The images are {more} the works found{one.tested}: {value}."

    yield told(
        contrast,
        measured,
        sentence=sentence,
        quantity="Typicality (1 is the average of the works)",
        unit="(typicality)",
        column="typicality",
        as_text="{:+.2f}".format,
        null_column="by chance",
    )


@check
def contraction(subject: Subject) -> Iterator[Finding]:
    """Whether the images are drawn towards the average of the whole archive: how far from it, beside the works."""
    contrast, found = sides(subject)
    mean = contrast.mean.astype(np.float64)
    measured = []
    for side in found:
        statistic = _of_rows(side, lambda works, images: drawn(images, works, mean))
        measured.append((side, against_chance(statistic, side.n, "images and works mixed at random")))

    def sentence(one: Measured) -> str:
        if not one.differs:
            return f"The images lie as far from the archive’s average as the works found, up to chance{one.tested}."
        where = "nearer to" if one.value < 1 else "farther from"
        return f"The images lie {where} the archive’s average than the works found: {one.value:.2f} as far{one.tested}."

    yield told(
        contrast,
        measured,
        sentence=sentence,
        quantity="How far the images lie from the archive’s average, in units of the works,",
        unit="(1 = as far as the works)",
        column="contraction",
        null_column="by chance",
    )


def _of_rows(side: Sides, figure: Callable[[Floats, Floats], float]) -> Statistic:
    """A figure of vectors, as one of numbers of rows."""
    x = side.vectors
    return lambda works, images: figure(x[works], x[images])


@check
def drift(subject: Subject, *, fields: tuple[str, ...] = FIELDS, least: int = 3) -> Iterator[Finding]:
    """How the catalogue of the works that images resemble differs from that around the works found.

    It says what the images resemble, never what they are, whom they are by or where they come from.

    Options:
        fields: Of the catalogue: creator, medium, place, subjects.
        least: Fewest images a value must be near to be listed.
    """
    contrast, found = sides(subject)
    yield from drift_of(contrast, found, fields, least)


@check
def dates(subject: Subject) -> Iterator[Finding]:
    """Whether images float in time: how many years the works around an image span, beside those around a work."""
    contrast, found = sides(subject)
    yield dates_of(contrast, found)
