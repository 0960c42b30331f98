"""When a generated image is a possible copy: a rule that this archive and this generator set themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from latentarchive.diffusion.contrast import Contrast, Placed
from latentarchive.diffusion.surroundings import COPY
from latentarchive.measures.copying import AROUND, apart, as_near, relative_copy_score

FEWEST = 10
"""Works that must have gone through the autoencoder for their likeness to say how like a copy is."""

PASSED = 0.05
"""Share of these that may be less like themselves than what is asked of a possible copy."""

FLAGGED_BY = (
    "Likeness is the share of an image’s detail that a work explains, laid over it pixel by pixel. A possible copy is "
    "for a person to look at: likeness says nothing of how it came about, and works of one design are alike too."
)


@dataclass(frozen=True)
class Rule:
    """How like a work an image must be to be a possible copy."""

    floor: float
    #: Where the floor comes from, in a sentence.
    why: str
    background: tuple[Placed, ...]

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

    A copy cannot be more like a work than that work is to itself after it went through the generator's autoencoder.
    95 of 100 works are at least so alike; where the autoencoder loses nothing, what makes two pictures copies to the
    checks of duplicates is enough.
    """
    through, works = contrast.background.through, contrast.background.works
    if not any(one.alike is not None for one in works):
        return None
    if len(through) < FEWEST:
        why = f"{COPY} is what two pictures share that are copies; the generator’s autoencoder was not asked."
        return Rule(COPY, why, works)
    lost = float(np.quantile(np.asarray(through), PASSED))
    why = (
        f"The floor is what 95 of 100 works keep of themselves through the generator’s autoencoder "
        f"({len(through)} works: {lost:.3f}), at most {COPY}."
    )
    return Rule(min(COPY, lost), why, works)


def background_share(contrast: Contrast) -> float | None:
    """Share of the archive's works that are as like another one that is no copy; None where there are no pictures."""
    rule = possible_copies(contrast)
    known = [one.alike for one in contrast.background.works if one.alike is not None]
    return float(np.mean([value >= rule.floor for value in known])) if rule is not None and known else None
