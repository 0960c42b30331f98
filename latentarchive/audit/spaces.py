"""Two archives side by side: the works that are in both, with their vectors and neighbours in either space."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.finding import Skip
from latentarchive.audit.subject import Subject
from latentarchive.embeddings import BLOCK, Embeddings
from latentarchive.errors import ArchiveError

Ints = NDArray[np.int64]

QUERIES = 256
"""Works whose neighbours are looked for at a time."""


@dataclass(frozen=True, eq=False)
class Spaces:
    """What is in both of two archives, matched by item id; works that are withheld in either are in neither."""

    mine: Archive
    theirs: Archive
    #: Ids of the n works in both, in the row order of `mine`, and their rows there and in `theirs`.
    ids: tuple[str, ...]
    rows: Ints
    others: Ints
    #: How many works each shows.
    counts: tuple[int, int]

    @cached_property
    def names(self) -> tuple[str, str]:
        """What the two are called: by their own names, or their encoders where those are what differs."""
        names = (self.mine.name, self.theirs.name)
        if names[0] != names[1]:
            return names
        encoders = (self.mine.manifest.encoder_name, self.theirs.manifest.encoder_name)
        if encoders[0] != encoders[1]:
            return encoders
        return names[0], f"the other {names[1]}"

    @property
    def one_encoder(self) -> bool:
        """Whether both have vectors of the same weights."""
        return self.mine.has_vectors and self.mine.manifest.fingerprint == self.theirs.manifest.fingerprint

    def drawn(self, size: int, seed: int) -> Ints:
        """Places of a seeded sample of the works in both, ascending; all of them where there are no more."""
        n = len(self.ids)
        return np.sort(np.random.default_rng(seed).permutation(n)[:size])

    def described(self, some: Ints) -> str:
        """What the works at these places are, for a denominator."""
        n = len(self.ids)
        return "works in both" if len(some) == n else f"works in both, a sample of {n:,}"

    def vectors(self, some: Ints) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors of the works at these places in both spaces: float32, shapes (m, d1) and (m, d2), unit rows."""
        return self.mine.embeddings.take(self.rows[some]), self.theirs.embeddings.take(self.others[some])

    def neighbours(self, some: Ints, k: int) -> tuple[Ints, Ints]:
        """The k nearest of the works at these places among all in both, by place, in either space: shape (m, k)."""
        return (
            nearest(self.mine.embeddings, self.rows, some, k),
            nearest(self.theirs.embeddings, self.others, some, k),
        )


def spaces(subject: Subject, other: str) -> Spaces:
    """The subject beside another archive, opened once for all checks. Raises `Skip` where there is no other."""
    mine = subject.holding()
    if not other:
        message = "there is no second archive: name it with the option other, or use the command compare"
        raise Skip(message)
    return subject.kept(f"spaces {other}", lambda: _aligned(mine, other))


def aligned(subject: Subject, other: str, least: int) -> Spaces:
    """The same, with vectors on both sides and at least so many works in both. Raises `Skip` with what is missing."""
    found = spaces(subject, other)
    for archive in (found.mine, found.theirs):
        if not archive.has_vectors:
            message = f"archive {archive.name} holds only metadata: there are no vectors"
            raise Skip(message)
    if len(found.ids) < least:
        common = f"{len(found.ids):,} works are" if len(found.ids) != 1 else "one work is"
        message = f"{common} in both, matched by id: at least {least:,} would do"
        raise Skip(message)
    return found


def nearest(embeddings: Embeddings, rows: Ints, some: Ints, k: int) -> Ints:
    """The k nearest of some rows among all these, exactly and without themselves; equal cosines in row order.

    Args:
        embeddings: Where they lie.
        rows: shape (n,): those that may be found.
        some: shape (m,): places in `rows` whose neighbours are asked for.
        k: From 1, to n - 1.

    Returns:
        int64, shape (m, k): places in `rows`, best first.
    """
    n, found = len(rows), np.empty((len(some), k), np.int64)
    asked = embeddings.take(rows[some])
    for start in range(0, len(some), QUERIES):
        here = some[start : start + QUERIES]
        best = np.empty((len(here), 0), np.int64)
        for first in range(0, n, BLOCK):
            cosines = asked[start : start + QUERIES] @ embeddings.take(rows[first : first + BLOCK]).T
            places = np.arange(first, first + cosines.shape[1])
            # One number that orders by cosine and then by row; closer than a millionth is equal: rounding of float32.
            keys = np.rint(cosines * 1e6).astype(np.int64) * n + (n - 1 - places)
            keys[here[:, None] == places] = np.iinfo(np.int64).min
            best = np.hstack([best, keys])
            best = np.partition(best, -k, axis=1)[:, -k:] if best.shape[1] > k else best
        found[start : start + QUERIES] = n - 1 - np.sort(best, axis=1)[:, ::-1] % n
    return found


def _aligned(mine: Archive, other: str) -> Spaces:
    try:
        theirs = Archive.open(other)
        here, there = mine.rows(), theirs.rows()
        ids = theirs.collection.take(there, ["id"])["id"].to_pylist()
    except ArchiveError as error:
        message = f"the other archive cannot be opened: {error}"
        raise Skip(message) from error
    place = dict(zip(ids, there.tolist(), strict=True))
    own = mine.collection.take(here, ["id"])["id"].to_pylist()
    pairs = [(item, row, place[item]) for item, row in zip(own, here.tolist(), strict=True) if item in place]
    rows, others = (np.array([pair[at] for pair in pairs], np.int64) for at in (1, 2))
    return Spaces(mine, theirs, tuple(pair[0] for pair in pairs), rows, others, (len(here), len(there)))
