"""Groups of things that are linked in pairs, at one threshold of likeness or at several.

Legend: n things, numbered from 0; a link is a pair with a score, higher is more alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

Ints = NDArray[np.int64]

BUFFER = 2_000_000
"""Links that are kept until they are reduced to a forest."""

SHOWN = 400
"""Links on either side of the threshold that are kept for looking at."""


def groups(n: int, i: ArrayLike, j: ArrayLike) -> Ints:
    """The connected components of a graph: the number of its component for each thing, shape (n,).

    What is linked by way of others is in one group, as Webster et al. (2023, arXiv 2303.12733) count duplicates:
    ``n`` minus the number of components are superfluous.
    """
    i, j = np.asarray(i, np.int64), np.asarray(j, np.int64)
    graph = csr_array((np.ones(len(i), np.int8), (i, j)), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


@dataclass(frozen=True)
class Cut:
    """What a threshold makes of the links."""

    threshold: float
    pairs: int
    #: Groups of two things or more, and how many things are in them.
    groups: int
    members: int
    #: Things beyond the first of each group.
    superfluous: int
    #: Things with an earlier one at least so alike: what SemDeDup removes; fewer than superfluous where what links
    #: two things comes after both.
    removed: int


class Links:
    """Any number of links in little memory: what is needed for groups at every threshold, and those near one.

    Of all links a maximum spanning forest is kept: above every threshold it connects what all of them connect.
    """

    def __init__(self, n: int, thresholds: tuple[float, ...], at: float) -> None:
        """Collect links.

        Args:
            n: How many things.
            thresholds: Pairs are counted at each of them.
            at: The threshold whose nearest links on either side are kept.
        """
        self.n, self.thresholds, self.at = n, np.sort(np.asarray(thresholds, np.float64)), at
        #: shape (n,): the best score with an earlier thing, -inf where there is none. SemDeDup's M_j (Abbas et al.
        #: 2023, arXiv 2303.09540, section 3) for rows in their order.
        self.best_before = np.full(n, -np.inf)
        self._pairs = np.zeros(len(self.thresholds) + 1, np.int64)
        self._links = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))
        self._near = dict.fromkeys(("accepted", "rejected"), self._links)

    def add(self, i: Ints, j: Ints, scores: ArrayLike, counts: Ints | None = None) -> None:
        """Add links, none of them twice.

        Args:
            i: shape (m,).
            j: shape (m,), each greater than its i.
            scores: shape (m,).
            counts: How many pairs each stands for; None: one.
        """
        scores = np.asarray(scores, np.float64)
        weights = np.ones(len(i), np.int64) if counts is None else counts
        np.add.at(self._pairs, np.searchsorted(self.thresholds, scores, side="right"), weights)
        np.maximum.at(self.best_before, j, scores)
        accepted = scores >= self.at
        self._keep("accepted", (i[accepted], j[accepted], scores[accepted]), 1)
        self._keep("rejected", (i[~accepted], j[~accepted], scores[~accepted]), -1)
        self._links = _joined(self._links, (i, j, scores))
        if len(self._links[0]) > BUFFER:
            self._links = self._forest()

    def cut(self, threshold: float) -> Cut:
        """What one of the thresholds makes of them."""
        number = np.bincount(self.labels(threshold))
        several = number[number > 1]
        at = int(np.searchsorted(self.thresholds, threshold))
        return Cut(
            threshold=threshold,
            pairs=int(self._pairs[at + 1 :].sum()),
            groups=len(several),
            members=int(several.sum()),
            superfluous=int(several.sum()) - len(several),
            removed=int((self.best_before >= threshold).sum()),
        )

    def labels(self, threshold: float) -> Ints:
        """The number of its group for each thing, shape (n,)."""
        i, j, scores = self._links
        keep = scores >= threshold
        return groups(self.n, i[keep], j[keep])

    def near(self, side: str, most: int) -> list[tuple[int, int, float]]:
        """Links nearest to the threshold, the nearest first, no thing in two of them.

        Args:
            side: ``accepted`` (at the threshold or above) or ``rejected``.
            most: At most so many.
        """
        seen: set[int] = set()
        found: list[tuple[int, int, float]] = []
        for i, j, score in zip(*(column.tolist() for column in self._near[side]), strict=True):
            if i not in seen and j not in seen and len(found) < most:
                found.append((i, j, score))
                seen |= {i, j}
        return found

    def _keep(self, side: str, new: tuple[Ints, Ints, NDArray[np.float64]], sign: int) -> None:
        i, j, scores = _joined(self._near[side], new)
        order = np.lexsort((j, i, sign * scores))[:SHOWN]
        self._near[side] = (i[order], j[order], scores[order])

    def _forest(self) -> tuple[Ints, Ints, NDArray[np.float64]]:
        i, j, scores = self._links
        # A tree of least cost is one of greatest likeness. The cost is the rank of the score: whole numbers, which
        # give back the very score, and none of them 0, which would mean no link.
        values, ranks = np.unique(-scores, return_inverse=True)
        tree = minimum_spanning_tree(csr_array((ranks + 1.0, (i, j)), shape=(self.n, self.n))).tocoo()
        rows, columns = tree.coords
        return rows.astype(np.int64), columns.astype(np.int64), -values[tree.data.astype(np.int64) - 1]


def _joined(
    a: tuple[Ints, Ints, NDArray[np.float64]], b: tuple[Ints, Ints, NDArray[np.float64]]
) -> tuple[Ints, Ints, NDArray[np.float64]]:
    return np.concatenate([a[0], b[0]]), np.concatenate([a[1], b[1]]), np.concatenate([a[2], b[2]])
