"""What the checks of contrasts share: sides of equal size, a figure at each strength, and its finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import Finding, Picture, Skip, Table
from latentarchive.audit.subject import Subject
from latentarchive.diffusion.contrast import LEAST, Contrast, Made, Seen
from latentarchive.measures.permutation import DRAWS, Statistic, parted
from latentarchive.measures.resampling import BOOTSTRAP

Floats = NDArray[np.float64]

CALLED = 0.05
"""Chance from which a difference is called one."""

PERMUTED = f"permutation, {DRAWS} draws"
"""What `parted` is called under a figure."""

SEEDS = BOOTSTRAP.replace("works", "generated images")
"""What an interval over images is called under a figure."""

SELECTED = "Works found are the nearest that there are; other works of the archive would lie farther off."
"""Of figures that have the works found on their other side."""


@dataclass(frozen=True)
class Sides:
    """As many retrieved works as generated images, at one strength."""

    strength: float | None
    retrieved: tuple[Seen, ...]
    made: tuple[Made, ...]

    @property
    def n(self) -> int:
        """Of each side."""
        return len(self.made)

    @property
    def vectors(self) -> Floats:
        """float64 (2 n, dim): the works, then the images."""
        return np.array([one.vector for one in (*self.retrieved, *self.made)], np.float64)

    @property
    def works(self) -> Floats:
        """float64 (n, dim)."""
        return self.vectors[: self.n]

    @property
    def images(self) -> Floats:
        """float64 (n, dim)."""
        return self.vectors[self.n :]


def sides(subject: Subject) -> tuple[Contrast, list[Sides]]:
    """A contrast, and its two sides at each strength, equally many of both: the first ones.

    Raises:
        Skip: It is none, or has too few of a side.
    """
    contrast = subject.contrasted()
    found = []
    for strength in contrast.strengths:
        made = contrast.at(strength)
        n = min(len(made), len(contrast.retrieved))
        if n < LEAST:
            at = "" if strength is None else f" at strength {strength:g}"
            message = (
                f"there are {len(made)} generated images{at} and {len(contrast.retrieved)} works beside them; "
                f"figures need at least {LEAST} of both"
            )
            raise Skip(message)
        found.append(Sides(strength, contrast.retrieved[:n], made[:n]))
    return contrast, found


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A figure at one strength."""

    value: float
    interval: tuple[float, float] | None = None
    interval_by: str = ""
    null: float | None = None
    null_by: str = ""
    #: Of the null hypothesis that both sides are alike; None: not tested.
    p: float | None = None

    @property
    def differs(self) -> bool:
        """Whether it is called a difference."""
        return self.p is not None and self.p <= CALLED

    @property
    def tested(self) -> str:
        """How the test went, in brackets; "" if there was none."""
        return "" if self.p is None else f" (p {chance(self.p)})"


def against_chance(statistic: Statistic, n: int, null_by: str, *, two_sided: bool = True) -> Measured:
    """A figure of works and images with its permutation null: its mean where images and works are mixed at random."""
    found = parted(statistic, n, n)
    return Measured(
        value=found.value,
        null=found.null,
        null_by=f"{null_by}; 95 of 100 draws give {found.low:.3g} to {found.high:.3g}",
        p=found.p_two_sided if two_sided else found.p_greater,
    )


def told(
    contrast: Contrast,
    found: Sequence[tuple[Sides, Measured]],
    *,
    sentence: Callable[[Measured], str],
    quantity: str,
    unit: str,
    column: str,
    as_text: Callable[[float], str] = "{:.2f}".format,
    null_column: str = "",
    denominator: str = "generated images",
    examples: tuple[str, ...] = (),
    table: Table | None = None,
    notes: tuple[str, ...] = (),
) -> Finding:
    """One finding of a figure: its sentence, or where images were made at several strengths how it goes with them.

    Args:
        contrast: Whose it is.
        found: The figure at each strength.
        sentence: Says it where there is one strength alone.
        quantity: What it is called at the beginning of a sentence, where there are several.
        unit: Of the figure.
        column: What it is called over a table.
        as_text: The figure in a sentence.
        null_column: What the null is called over a table.
        denominator: What n counts.
        examples: Ids of works to look at.
        table: Shown where there is one strength alone.
        notes: How it was done.
    """
    if any(not np.isfinite(one.value) for _, one in found):
        message = "all works beside the images are the same to the encoder: there is nothing to measure them in"
        raise Skip(message)
    last, picture = found[-1][1], None
    said, n = sentence(last), found[-1][0].n
    if len(found) > 1:
        strengths = [side.strength or 0.0 for side, _ in found]
        said = f"{quantity} is {as_text(found[0][1].value)} at strength {strengths[0]:g}"
        said += f" and {as_text(last.value)} at strength {strengths[-1]:g}."
        y = (column, null_column) if null_column and last.null is not None else (column,)
        table = Table(
            columns=("strength", *y, *(("p",) if last.p is not None else ())),
            rows=tuple(
                (
                    strength,
                    one.value,
                    *((one.null,) if len(y) > 1 else ()),
                    *((one.p,) if last.p is not None else ()),
                )
                for strength, (_, one) in zip(strengths, found, strict=True)
            ),
        )
        alt = f"Curve: {column} at {len(found)} strengths from {strengths[0]:g} to {strengths[-1]:g}."
        picture = Picture(kind="curve", x=0, y=tuple(range(1, 1 + len(y))), alt=alt, x_name="strength")
        notes = (*notes, f"Value, interval and null are those at strength {strengths[-1]:g}.")
    return Finding(
        sentence=said,
        value=last.value,
        unit=unit,
        n=n,
        denominator=denominator,
        interval=last.interval,
        interval_by=last.interval_by,
        null=last.null,
        null_by=last.null_by,
        examples=examples,
        table=table,
        picture=picture,
        notes=notes,
    )


def chance(p: float) -> str:
    """A p-value as it is written."""
    return f"= {p:.3f}" if p >= 0.001 else "< 0.001"
