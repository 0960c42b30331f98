"""How varied generated images are, and how near to the average: of the works found, and of the whole archive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from latentarchive.audit.contrasted import SEEDS, Floats, Measured, Sides, against_chance, told
from latentarchive.audit.finding import Finding, Table
from latentarchive.diffusion.contrast import Contrast
from latentarchive.measures.diversity import spread, vendi
from latentarchive.measures.permutation import Statistic, parted
from latentarchive.measures.resampling import bootstrap_mean
from latentarchive.measures.transformation import contraction, typicality


def diversity_of(contrast: Contrast, found: Sequence[Sides]) -> Finding:
    """The Vendi score of images, beside that of as many works found."""
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
    return told(
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


def typicality_of(contrast: Contrast, found: Sequence[Sides]) -> Finding:
    """How near the images lie to the average of the works beside them."""
    measured = []
    for side in found:
        statistic = _of_rows(side, lambda works, images: float(typicality(images, works).mean()))
        one = against_chance(statistic, side.n, "images and works mixed at random")
        scores = typicality(side.images, side.works)
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

    return told(
        contrast,
        measured,
        sentence=sentence,
        quantity="Typicality (1 is the average of the works)",
        unit="(typicality)",
        column="typicality",
        as_text="{:+.2f}".format,
        null_column="by chance",
    )


def contraction_of(contrast: Contrast, found: Sequence[Sides]) -> Finding:
    """How far images lie from the average of the whole archive, in units of the works found."""
    mean = contrast.mean.astype(np.float64)
    measured = []
    for side in found:
        statistic = _of_rows(side, lambda works, images: contraction(images, works, mean))
        measured.append((side, against_chance(statistic, side.n, "images and works mixed at random")))

    def sentence(one: Measured) -> str:
        if not one.differs:
            return f"The images lie as far from the archive’s average as the works found, up to chance{one.tested}."
        where = "nearer to" if one.value < 1 else "farther from"
        return f"The images lie {where} the archive’s average than the works found: {one.value:.2f} as far{one.tested}."

    return told(
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
