"""What a generator made of a condition, beside what the archive gives for it: every figure with its null and n."""

from __future__ import annotations

from collections.abc import Iterator

from latentarchive.audit.contrasted import sides
from latentarchive.audit.copied import authenticity_of, copies_of
from latentarchive.audit.displaced import displacement_of, nearest_of, refound_of
from latentarchive.audit.distributed import coverage_of, discrepancy_of
from latentarchive.audit.drifted import FIELDS, dates_of, drift_of
from latentarchive.audit.finding import Finding
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.audit.varied import contraction_of, diversity_of, typicality_of
from latentarchive.measures.coverage import K


@check
def nearest(subject: Subject) -> Iterator[Finding]:
    """Which works the images resemble most, and where the images would stand in the search.

    The nearest work is what an image resembles in the archive's space. It is not its source.
    """
    yield nearest_of(subject.contrasted())


@check
def displacement(subject: Subject) -> Iterator[Finding]:
    """How far the images lie from what was asked, or each from the work that it stands beside: one minus the cosine."""
    contrast, found = sides(subject)
    yield displacement_of(contrast, found)


@check
def refound(subject: Subject) -> Iterator[Finding]:
    """Whether what went in is found again: is the work nearest to an image one of those that it was told.

    For an image told by words these are the works that the words find.
    """
    contrast, found = sides(subject)
    yield refound_of(contrast, found)


@check
def copies(subject: Subject) -> Iterator[Finding]:
    """Images that may be copies of a work: as like it, pixel by pixel, as its own passage through the model leaves it.

    Always beside the background: how many of the archive's own works are as like another one that is no copy.
    """
    contrast, found = sides(subject)
    yield copies_of(contrast, found)


@check
def authenticity(subject: Subject) -> Iterator[Finding]:
    """Images that lie farther from their nearest work than this lies from its own nearest: neighbours, no more."""
    contrast, found = sides(subject)
    yield authenticity_of(contrast, found)


@check
def covered(subject: Subject, *, k: int = K) -> Iterator[Finding]:
    """How much of what was found the images cover, and how much of them lies within it: four figures of k-NN balls.

    Options:
        k: The ball of a work reaches to the k-th nearest of its own side.
    """
    contrast, found = sides(subject)
    yield coverage_of(contrast, found, k)


@check
def discrepancy(subject: Subject) -> Iterator[Finding]:
    """Whether images and works are distributed differently: maximum mean discrepancy, unbiased, three kernels."""
    contrast, found = sides(subject)
    yield discrepancy_of(contrast, found)


@check
def diversity(subject: Subject) -> Iterator[Finding]:
    """How many different images the images are worth, beside as many works found: the Vendi score at equal n."""
    contrast, found = sides(subject)
    yield diversity_of(contrast, found)


@check
def typicality(subject: Subject) -> Iterator[Finding]:
    """Whether the images are more average than the works they stand beside: the score of the cliché."""
    contrast, found = sides(subject)
    yield typicality_of(contrast, found)


@check
def contraction(subject: Subject) -> Iterator[Finding]:
    """Whether the images are drawn towards the average of the whole archive: how far from it, beside the works."""
    contrast, found = sides(subject)
    yield contraction_of(contrast, found)


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
