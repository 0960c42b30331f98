"""When a generated image is a possible copy: a rule that this archive and this generator set themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from latentarchive.diffusion.contrast import Contrast, Made, Placed
from latentarchive.diffusion.surroundings import COPY
from latentarchive.measures.copying import AROUND, apart, as_near, relative_copy_score

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
