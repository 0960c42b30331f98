"""Rows of an archive that a check looks at: those of its subject, all or a seeded sample, and their vectors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.subject import Subject
from latentarchive.embeddings import BLOCK

Ints = NDArray[np.int64]

SAMPLE = 100_000
"""Works that are looked at, at most."""


def drawn(subject: Subject, sample: int = SAMPLE, seed: int = 0) -> tuple[Ints, int]:
    """Rows of at most so many items of an archive, ascending, and how many there are in all: int64 (n,)."""
    ids = [item for (item,) in subject.rows("SELECT id FROM items")]
    rows = np.array(sorted(row for row in subject.holding().collection.rows(ids) if row is not None), np.int64)
    of = len(rows)
    if of > sample:
        rows = np.sort(np.random.default_rng(seed).choice(rows, max(sample, 0), replace=False))
    return rows, of


def counted(n: int, of: int) -> str:
    """What a number of items is counted of, in words."""
    return "items that are shown" if n == of else f"items, a sample of {of:,}"


def vectors(archive: Archive, rows: Ints) -> Iterator[NDArray[np.float32]]:
    """Unit rows in the order of `rows`, some at a time: float32, each (some, dim)."""
    for start in range(0, len(rows), BLOCK):
        yield archive.embeddings.take(rows[start : start + BLOCK])
