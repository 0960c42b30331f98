"""How the catalogue changes from the works that were found to those that generated images resemble."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.contrasted import CALLED, Measured, Sides, against_chance, chance, told
from latentarchive.audit.finding import Finding, Picture, Skip, Table, shortened
from latentarchive.diffusion.contrast import Contrast, Seen
from latentarchive.measures.resemblance import jensen_shannon, middle_half, profiles

FIELDS = ("creator", "medium", "place", "subjects")

MIXED = "images and works found mixed at random"

LISTED = 20
"""Values that are listed."""


def drift_of(contrast: Contrast, found: Sequence[Sides], fields: Sequence[str], least: int) -> Iterator[Finding]:
    """The divergence of each field, the clearest first; then the values that images resemble more, or less.

    Raises:
        Skip: No field is filled around enough images.
    """
    from scipy.stats import false_discovery_control

    last = found[-1]
    known = {name: one for name in fields if (one := _field(contrast, last, name)) is not None}
    if not known:
        message = f"the works around the images state none of {', '.join(fields)}"
        raise Skip(message)
    tests = {name: _divergence(shares, n) for name, (shares, _, n) in known.items()}
    corrected = dict(zip(tests, false_discovery_control([one.p or 1.0 for one in tests.values()]), strict=True))
    clearest = min(tests, key=lambda name: (corrected[name], -(tests[name].value - (tests[name].null or 0))))
    rows = _lift(*known[clearest], least)
    at = "" if last.strength is None else f" at strength {last.strength:g}"
    if corrected[clearest] <= CALLED:
        most = f", above all “{shortened(rows[0][0])}”: {rows[0][1]:.0%} instead of {rows[0][2]:.0%}" if rows else ""
        said = (
            f"What the images resemble{at} differs from the works found most in {clearest}"
            f" ({tests[clearest].value:.2f} bit, p {chance(float(corrected[clearest]))}){most}."
        )
    else:
        said = f"The images resemble works of the same kinds{at} as those around the works found: none of "
        said += f"{', '.join(tests)} differs by more than chance."
    yield Finding(
        sentence=said,
        value=tests[clearest].value,
        unit=f"bit (Jensen–Shannon divergence of {clearest})",
        n=known[clearest][2],
        denominator="generated images, and as many works found",
        null=tests[clearest].null,
        null_by=tests[clearest].null_by,
        table=Table(
            columns=("field", "divergence (bit)", "by chance", "p, corrected", "images with values around them"),
            rows=tuple(
                (name, one.value, one.null, float(corrected[name]), known[name][2]) for name, one in tests.items()
            ),
        ),
        notes=(
            "Of each image, and of each work found without itself and its copies, the ten nearest works count, by what "
            "the catalogue says of them. An image resembles what is near; it is by nobody and from nowhere.",
            "p is corrected for the number of fields (Benjamini and Hochberg, 1995).",
        ),
    )
    for name, (shares, values, n) in known.items():
        if corrected[name] <= CALLED and (rows := _lift(shares, values, n, least)):
            yield Finding(
                sentence=f"{name.capitalize()}: works under “{shortened(rows[0][0])}” are {rows[0][1]:.0%} of what "
                f"the images resemble{at} and {rows[0][2]:.0%} of what lies around the works found.",
                value=rows[0][1],
                unit="share",
                n=n,
                denominator="generated images, by the ten works nearest to each",
                null=rows[0][2],
                null_by=f"around {n} works found",
                table=Table(columns=(name, "share of the images", "share of the works found", "ratio"), rows=rows),
                picture=Picture(
                    kind="bars", x=0, y=(1, 2), alt=f"Bars: shares of each {name} around images and around works found."
                ),
            )


def dates_of(contrast: Contrast, found: Sequence[Sides]) -> Finding:
    """How many years lie around an image, beside those around a work found. Raises `Skip` where there are no dates."""
    measured, medians = [], {}
    for side in found:
        spans = np.array([_span(contrast, one) for one in (*side.retrieved, *side.made)])
        works, images = spans[: side.n], spans[side.n :]
        if not np.isfinite(spans).all():
            keep = np.isfinite(works) & np.isfinite(images)
            works, images = works[keep], images[keep]
        if len(works) < 5 or not works.mean():
            message = "too few works around the images have a year, or all have the same"
            raise Skip(message)
        both = np.concatenate([works, images])

        def ratio(a: NDArray[np.int64], b: NDArray[np.int64], both: NDArray[np.float64] = both) -> float:
            return float(both[b].mean() / both[a].mean()) if both[a].mean() else float(len(both))

        measured.append((side, against_chance(ratio, len(works), MIXED)))
        medians[side.strength] = (images.mean(), works.mean())
    last = found[-1].strength

    def sentence(one: Measured) -> str:
        ours, theirs = medians[last]
        floats = f"dates float {one.value:.1f} times as far" if one.value > 1 else f"{one.value:.2f} times as many"
        if not one.differs:
            floats = "as many, up to chance"
        return (
            f"The middle half of the works that an image resembles spans {ours:.0f} years, of those around a work "
            f"found {theirs:.0f}: {floats} (p {chance(one.p or 1)})."
        )

    return told(
        contrast,
        measured,
        sentence=sentence,
        quantity="The span of years around an image, in units of that around a work,",
        unit="(ratio of interquartile ranges)",
        column="ratio of spans",
        null_column="by chance",
        notes=("Years as the catalogue states them; of a span of years its middle. An image itself has no date.",),
    )


def _field(contrast: Contrast, side: Sides, name: str) -> tuple[NDArray[np.float64], list[str], int] | None:
    """Profiles of works, then of images, (2 n, values); the values; n. None where too few have any."""
    stated = [
        [value for item in one.near for value in _values(contrast.catalogue.get(item, {}), name)]
        for one in (*side.retrieved, *side.made)
    ]
    values = sorted({value for one in stated for value in one})
    if not values:
        return None
    shares = profiles(stated, values)
    there = np.isfinite(shares[:, 0])
    n = int(min(there[: side.n].sum(), there[side.n :].sum()))
    if n < 5:
        return None
    works, images = shares[: side.n][there[: side.n]][:n], shares[side.n :][there[side.n :]][:n]
    return np.concatenate([works, images]), values, n


def _values(facts: Any, name: str) -> list[str]:
    value = facts.get(name)
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return [str(value)] if value else []


def _divergence(shares: NDArray[np.float64], n: int) -> Measured:
    return against_chance(
        lambda a, b: jensen_shannon(shares[a].mean(axis=0), shares[b].mean(axis=0)), n, MIXED, two_sided=False
    )


def _lift(shares: NDArray[np.float64], values: Sequence[str], n: int, least: int) -> tuple[tuple[Any, ...], ...]:
    """Values, their shares around images and around works, and the ratio; those that differ most first."""
    works, images = shares[:n].mean(axis=0), shares[n:].mean(axis=0)
    near = (shares > 0).sum(axis=0)
    order = sorted(np.flatnonzero(near >= least).tolist(), key=lambda i: (-abs(images[i] - works[i]), values[i]))
    return tuple(
        (values[i], float(images[i]), float(works[i]), float(images[i] / works[i]) if works[i] else None)
        for i in order[:LISTED]
    )


def _span(contrast: Contrast, one: Seen) -> float:
    years = []
    for item in one.near:
        facts = contrast.catalogue.get(item, {})
        if (year := facts.get("year")) is not None:
            years.append((year + (facts.get("year_end") if facts.get("year_end") is not None else year)) / 2)
    return middle_half(years) if len(years) >= 2 else float("nan")
