"""Where generated images lie: by which works, how far from what was asked, and whether what went in is found again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from latentarchive.audit.contrasted import SEEDS, SELECTED, Measured, Sides, told
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Skip, Table
from latentarchive.diffusion.contrast import LEAST, PAIRED, Contrast
from latentarchive.measures.intervals import WILSON, wilson
from latentarchive.measures.resampling import bootstrap_mean
from latentarchive.measures.transformation import displacement as moved

OF = {"captions": "whose captions they were told", "image": "that they began from"}
"""The works that images stand beside, one for each."""


def nearest_of(contrast: Contrast) -> Finding:
    """The works that images resemble most, and the places of the images in the search. Raises `Skip` without any."""
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
    return Finding(
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


def displacement_of(contrast: Contrast, found: Sequence[Sides]) -> Finding:
    """How far images lie from what was asked, or each from the work that it stands beside."""
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

    return told(
        contrast,
        measured,
        sentence=sentence,
        quantity="The distance of the images from the works that they began from",
        unit="(one minus cosine)",
        column="displacement",
        null_column="nearest other work",
        notes=(SELECTED,) if not paired else (),
    )


def refound_of(contrast: Contrast, found: Sequence[Sides]) -> Finding:
    """How many images resemble most one of the works that they were told. Raises `Skip` where they were told none."""
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
    return told(
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
