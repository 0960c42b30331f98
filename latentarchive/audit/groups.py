"""Works by what a field of the catalogue, or a file of the user's, says of them: for checks that compare groups."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import Skip
from latentarchive.audit.labels import commonest, stated
from latentarchive.audit.stated import PLACEHOLDERS
from latentarchive.audit.subject import Subject
from latentarchive.errors import SourceError

OTHERS = "(all others)"
"""What groups too small to be compared are together."""


@dataclass(frozen=True, eq=False)
class Groups:
    """The works of which something is said, by what is said: n works in G groups, the largest first."""

    #: What tells them apart: the field, or the file.
    by: str
    names: tuple[str, ...]
    #: Row of each work, its id, and the number of its group: shape (n,).
    rows: NDArray[np.int64]
    ids: tuple[str, ...]
    of: NDArray[np.int64]
    #: How many works say nothing, and how many different values stand together in `OTHERS`.
    silent: int
    pooled: int

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Works of each group, shape (G,)."""
        return np.bincount(self.of, minlength=len(self.names))

    @property
    def shares(self) -> NDArray[np.float64]:
        """The same as shares of n."""
        return self.sizes / len(self.of)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of any figure needs: who is not in it, and what stands together."""
        if not self.silent and not self.pooled:
            return ()
        total = len(self.of) + self.silent
        silent = (
            f"{self.silent:,} of {total:,} works ({self.silent / total:.1%}) say nothing of {self.by} and are left out"
        )
        pooled = f"; {self.pooled:,} values with few works stand together as {OTHERS}" if self.pooled else ""
        return (f"{silent}{pooled}. What the catalogue does not say is not guessed.",)


def grouped(subject: Subject, field: str, labels: str, *, least: int, most: int) -> Groups:
    """The works of an archive by a field of the catalogue, or by labels that a user brings.

    Args:
        subject: An archive.
        field: As in `labels.labels`; not used where there are labels.
        labels: Path of a CSV file with columns ``id`` and ``label``; "": `field`.
        least: Works that a group of its own must have.
        most: Groups of their own, at most, the largest.

    Raises:
        Skip: It is a table, there is no such field, or fewer than two groups are left.
        SourceError: The file cannot be read.
    """
    archive = subject.holding()
    rows = archive.rows()
    ids: list[str] = archive.collection.take(rows, ["id"])["id"].to_pylist()
    by, values = _brought(Path(labels), ids) if labels else stated(subject, ids, field)
    counts, large = commonest(values, least=least, most=most)
    pooled = len(counts) - len(large)
    if len(large) + (pooled > 0) < 2:
        values_said = "1 value" if len(counts) == 1 else f"{len(counts):,} values"
        message = f"{by} has {values_said}, and fewer than two groups of {least} works or more to compare"
        raise Skip(message)
    number = {value: i for i, value in enumerate(large)}
    known = np.array([value is not None for value in values])
    of = np.array([number.get(value, len(large)) for value in values if value is not None], np.int64)
    names = (*large, OTHERS) if pooled else tuple(large)
    kept = tuple(one for one, value in zip(ids, values, strict=True) if value is not None)
    return Groups(by, names, rows[known], kept, of, int((~known).sum()), pooled)


def _brought(path: Path, ids: Sequence[str]) -> tuple[str, list[str | None]]:
    """What a user's file is called, and what it says of each work."""
    given = {one: label.strip() for one, label in _labels(path).items()}
    return path.name, [None if given.get(one, "").lower() in ("", *PLACEHOLDERS) else given[one] for one in ids]


def _labels(path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if not {"id", "label"} <= set(table.fieldnames or ()):
                message = f"{path} must have the columns id and label, got {', '.join(table.fieldnames or ('none',))}"
                raise SourceError(message)
            return {row["id"]: row["label"] or "" for row in table}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"labels {path} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise SourceError(message) from error
