"""The nearest works of each work, sought once for all checks that ask who stands beside whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.finding import Skip
from latentarchive.audit.rows import SAMPLE, counted, drawn
from latentarchive.audit.subject import Subject
from latentarchive.index import SearchResult
from latentarchive.index.scan import Scan
from latentarchive.index.scoring import scored
from latentarchive.measures.grouping import groups
from latentarchive.measures.intervals import wilson
from latentarchive.measures.ranking import recall_at_k

Ints = NDArray[np.int64]

TOGETHER = 256
"""Works whose neighbours are sought at a time: a scan holds as many cosines with each of a block of rows."""

MEASURED = 256
"""Works whose neighbours are also sought exactly, to say how many an index finds."""

COPIES = (0.98, 0.99, 0.995, 0.999, 0.9999)
"""Cosines from which two works may be called copies of each other."""

CROWD = 0.02
"""Share of all works in one group of copies above which a cosine puts strangers together."""


@dataclass(frozen=True)
class Copies:
    """Works that are nearly the same to the encoder."""

    #: From which they are called so.
    cosine: float
    #: int64 (n,): the number of the group of each work, its own alone where it has no copy.
    group: Ints


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Works that are shown, all or a seeded sample, and the k nearest others of each; n works."""

    archive: Archive
    #: How many works there are, drawn or not.
    of: int
    #: int64 (n,): their rows in the archive, ascending; and their ids.
    rows: Ints
    ids: tuple[str, ...]
    #: int64 (n, k): places among these works, the nearest first; float32 (n, k): their cosines.
    near: Ints
    cosines: NDArray[np.float32]
    #: Share of the k nearest that were found, with its 95 % interval; None where all works were compared.
    recall: tuple[float, float, float] | None

    @property
    def k(self) -> int:
        """How many neighbours each has."""
        return self.near.shape[1]

    @property
    def what(self) -> str:
        """What n counts."""
        return counted(len(self.ids), self.of)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of any figure needs."""
        way = "All works were compared with all."
        if self.recall is not None:
            found, low, high = self.recall
            way = (
                f"Neighbours come from the archive's index, which finds {found:.1%} of them (95 % interval {low:.1%} "
                f"to {high:.1%}; {min(MEASURED, len(self.ids)):,} works asked exactly)."
            )
        return (
            f"{self.k} nearest works of each, by cosine in the space of {self.archive.manifest.encoder_name}. {way} "
            "Figures of other encoders, or of another number of works, cannot be compared with these.",
        )

    @cached_property
    def copies(self) -> Copies:
        """Groups of copies, by the lowest of `COPIES` at which no group holds more than a few works.

        What is a copy differs from encoder to encoder: one that was trained on other pictures puts many strangers at
        0.98.
        """
        n = len(self.ids)
        for cosine in COPIES:
            i, place = np.nonzero(self.cosines >= cosine)
            group = groups(n, i, self.near[i, place])
            if cosine == COPIES[-1] or np.bincount(group).max(initial=0) <= max(20, CROWD * n):
                return Copies(cosine, group)
        raise AssertionError

    @property
    def links(self) -> tuple[Ints, Ints]:
        """Places of both ends of every link from a work to a neighbour, copies of each other left out: int64 (m,)."""
        i, j = np.repeat(np.arange(len(self.ids)), self.k), self.near.ravel()
        apart = self.copies.group[i] != self.copies.group[j]
        return i[apart], j[apart]

    @property
    def copies_note(self) -> str:
        """How many links are left out as copies."""
        left = len(self.near.ravel()) - len(self.links[0])
        return (
            f"Copies of a work (cosine from {self.copies.cosine:g}, or linked by such) are not counted among its "
            f"neighbours: {left:,} of {self.near.size:,} links were left out."
        )


def neighbours(subject: Subject, k: int, sample: int = SAMPLE, seed: int = 0) -> Neighbours:
    """The neighbours in a subject, sought once.

    Args:
        subject: An archive with vectors.
        k: How many of each, from 1.
        sample: How many works, at most; the others are neighbours of nobody.
        seed: Of the sample.

    Raises:
        Skip: There are no vectors, or no more than k works.
    """
    return subject.kept(f"neighbours {k} {sample} {seed}", lambda: _sought(subject, k, sample, seed))


def _sought(subject: Subject, k: int, sample: int, seed: int) -> Neighbours:
    archive = subject.with_vectors()
    rows, of = drawn(subject, sample, seed)
    if k < 1 or len(rows) <= k:
        message = f"{k:,} neighbours of each work need {k + 1:,} works or more, and k from 1: there are {len(rows):,}"
        raise Skip(message)
    index = archive.holdings.index
    assert index is not None  # there are vectors
    allowed = np.zeros(len(archive.collection), bool)
    allowed[rows] = True
    place = np.full(len(allowed), -1, np.int64)
    place[rows] = np.arange(len(rows))
    near, cosines = np.empty((len(rows), k), np.int64), np.empty((len(rows), k), np.float32)
    for start in range(0, len(rows), TOGETHER):
        some = rows[start : start + TOGETHER]
        found = index.search(
            archive.embeddings.take(some), k + 1, encoder=archive.manifest.fingerprint, allowed=allowed
        )
        others = [_without(row, near_it, told, k) for row, (near_it, told) in zip(some.tolist(), found, strict=True)]
        if short := [at for at, (their, _) in enumerate(others) if len(their) < k]:
            for at, one in zip(short, _exactly(archive, rows, some[short], k), strict=True):
                others[at] = one
        near[start : start + len(some)] = place[np.stack([their for their, _ in others])]
        cosines[start : start + len(some)] = np.stack([scores for _, scores in others])
    recall = _recall(archive, rows, cosines, k) if archive.manifest.index["file"] else None
    names = tuple(archive.collection.take(rows, ["id"])["id"].to_pylist())
    return Neighbours(archive, of, rows, names, near, cosines, recall)


def _without(row: int, found: Ints, scores: NDArray[np.float32], k: int) -> SearchResult:
    """At most k others: the row itself is not among them, wherever it stands among its copies."""
    others = found != row
    return found[others][:k], scores[others][:k]


def _exactly(archive: Archive, rows: Ints, some: Ints, k: int) -> list[SearchResult]:
    """The k nearest others of some rows, by comparing all."""
    queries = archive.embeddings.take(some)
    candidates = Scan(archive.embeddings, hold=False).nearest(queries, k + 1, rows)
    found = scored(archive.embeddings, queries, candidates, k + 1)
    return [_without(row, *one, k) for row, one in zip(some.tolist(), found, strict=True)]


def _recall(archive: Archive, rows: Ints, cosines: NDArray[np.float32], k: int) -> tuple[float, float, float]:
    places = np.unique(np.linspace(0, len(rows) - 1, MEASURED).astype(np.int64))
    true = [scores for _, scores in _exactly(archive, rows, rows[places], k)]
    each = recall_at_k(list(cosines[places]), true)
    return (float(each.mean()), *wilson(float(each.sum()), len(each)))
