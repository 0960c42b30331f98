"""Which generated images are possible copies: by a rule that this archive and this generator set themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from latentarchive.audit.contrasted import Measured, Sides, told
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Skip, Table
from latentarchive.diffusion.contrast import Contrast, Made, Placed
from latentarchive.diffusion.surroundings import COPY
from latentarchive.measures.copying import AROUND, apart, as_near, authentic, relative_copy_score
from latentarchive.measures.intervals import WILSON, wilson

FEWEST = 5
"""Works that must have gone through the autoencoder for their likeness to say how like a copy is."""

LOST = 0.08
"""What a copy may lose beside the passage through the autoencoder. Of the shipped generator's images, told the captions
of 60 works of the cabinet, none lost less than 0.16; over-trained on ten works, it lost 0.03 or less on these (``python
-m benchmarks.memorisation``)."""

FLAGGED_BY = (
    "Likeness is the share of an image’s detail that a work explains, laid over it pixel by pixel. A possible copy is "
    "for a person to look at: likeness says nothing of how it came about, and works of one design are alike too."
)


@dataclass(frozen=True)
class Rule:
    """How like a work an image must be to be a possible copy."""

    #: For a work of which is not known what the autoencoder leaves of it.
    floor: float
    #: Where the floor comes from, in a sentence.
    why: str
    background: tuple[Placed, ...]

    def flags(self, one: Made) -> bool:
        """Whether an image is a possible copy of the work that it is most alike to."""
        floor = self.floor if one.kept is None else min(COPY, one.kept - LOST)
        return one.alike is not None and bool(one.alike_to) and one.alike >= floor

    @property
    def share(self) -> float:
        """Share of the archive's works that are as like another one that is no copy."""
        known = [one.alike for one in self.background if one.alike is not None]
        return sum(value >= self.floor for value in known) / len(known)

    def scores(self, one: Placed) -> tuple[float | None, float | None]:
        """Relative copy score, and share of the archive's works as near to another; None where works are too few."""
        if not one.scores:
            return None, None
        near = [other.scores[0] for other in self.background if other.scores]
        relative = relative_copy_score(apart([one.scores]))[0] if len(one.scores) >= AROUND else float("nan")
        share = float(as_near(apart([one.scores[0]]), apart(near))[0]) if near else None
        return (float(relative) if np.isfinite(relative) else None), share

    def compared(self, made: Sequence[Placed]) -> tuple[str, ...]:
        """What the two scores of the archive's space say of images, as notes."""
        ours, theirs = ([self.scores(one)[0] for one in these] for these in (made, self.background))
        known, norm = ([value for value in values if value is not None] for values in (ours, theirs))
        if not known or not norm:
            return (f"The relative copy score needs more than {AROUND} works.",)
        low, usual = (sum(value < 1 for value in values) for values in (known, norm))
        return (
            f"Relative copy score (distance to the nearest work in halves of the mean to the {AROUND} nearest; "
            f"Carlini et al. 2023): below 1 for {low} of {len(known)} images and {usual} of {len(norm)} works; median "
            f"{np.median(known):.2f} and {np.median(norm):.2f}.",
        )


def possible_copies(contrast: Contrast) -> Rule | None:
    """The rule for a contrast; None where the archive has no pictures.

    A copy cannot be more like a work than that work is to itself after it went through the generator's autoencoder; it
    may lose `LOST` beside that. Where the autoencoder loses nothing, what makes two pictures copies to the checks of
    duplicates is enough.
    """
    through, works = contrast.background.through, contrast.background.works
    if not any(one.alike is not None for one in works):
        return None
    if len(through) < FEWEST:
        why = f"{COPY} is what two pictures share that are copies; the generator’s autoencoder was not asked."
        return Rule(COPY, why, works)
    median = float(np.median(np.asarray(through)))
    why = (
        f"What is asked of a copy: all but {LOST} of what the work itself keeps through the generator’s autoencoder "
        f"(median of {len(through)} works: {median:.2f}), at most {COPY}."
    )
    return Rule(min(COPY, median - LOST), why, works)


def copies_of(contrast: Contrast, found: Sequence[Sides]) -> Finding:
    """The possible copies, beside works of the archive as like another one. Raises `Skip` where it has no pictures."""
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
    return told(
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


def authenticity_of(contrast: Contrast, found: Sequence[Sides]) -> Finding:
    """How many images keep their distance. Raises `Skip` where the archive has too few works for that."""

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
    return told(
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
