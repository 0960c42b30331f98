"""Exact search: every allowed row is compared with the query, in blocks, in float32 with room for rounding."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from latentarchive.embeddings import BLOCK, Embeddings

IN_MEMORY = 200_000
"""Up to this many rows an exact search holds them as float32 (400 MB at 512 dimensions); above, it streams."""

PRODUCTS = 2**22
"""Cosines computed at a time: 16 MB."""

ROUNDING = 1e-5
"""How far apart float32 products may be of rows that float64 calls equally near; 100 times what was measured."""


class Scan:
    """Exact search over the rows of `Embeddings`."""

    def __init__(self, embeddings: Embeddings, *, hold: bool = True) -> None:
        """Search these rows; nothing is read yet. With `hold` they stay in memory if there are few: `IN_MEMORY`."""
        self._embeddings = embeddings
        self._hold = hold and len(embeddings) <= IN_MEMORY
        self._matrix: NDArray[np.float32] | None = None
        self._reading = threading.Lock()

    def nearest(
        self, queries: NDArray[np.float32], k: int, rows: NDArray[np.int64] | None = None
    ) -> list[NDArray[np.int64]]:
        """The k nearest rows to each query, and those that float32 cannot tell from the k-th; in row order.

        Args:
            queries: float32, shape (q, dim), unit rows.
            k: From 1.
            rows: Row numbers to look among, ascending; None: all.
        """
        total = len(self._embeddings) if rows is None else len(rows)
        found = [np.empty(0, np.int64) for _ in queries]
        scores = [np.empty(0, np.float32) for _ in queries]
        floor = np.full(len(queries), -np.inf, np.float32)
        size = max(BLOCK, PRODUCTS // max(1, len(queries)))
        for start in range(0, total, size):
            stop = min(start + size, total)
            here = rows[start:stop] if rows is not None else np.arange(start, stop)
            products = queries @ self._rows(here).T
            if start == 0 and len(here) > k:  # else all of the first block would be kept for a while
                floor = np.asarray(np.partition(products, -k, axis=1)[:, -k] - ROUNDING, np.float32)
            near = products >= floor[:, None]
            for query in np.flatnonzero(near.any(axis=1)):
                columns = np.flatnonzero(near[query])
                found[query] = np.concatenate([found[query], here[columns]])
                scores[query] = np.concatenate([scores[query], products[query, columns]])
                if len(scores[query]) > k:
                    floor[query] = np.partition(scores[query], -k)[-k] - ROUNDING
                    keep = scores[query] >= floor[query]
                    found[query], scores[query] = found[query][keep], scores[query][keep]
        return found

    def _rows(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Unit rows, from memory if all fit there; rows without a gap are not copied."""
        first, last = int(rows[0]), int(rows[-1])
        whole = last - first + 1 == len(rows)
        if not self._hold:
            return self._embeddings.between(first, last + 1) if whole else self._embeddings.take(rows)
        matrix = self._held()
        return matrix[first : last + 1] if whole else matrix[rows]

    def _held(self) -> NDArray[np.float32]:
        """All rows, read at the first search; other threads wait until they are whole."""
        with self._reading:
            if self._matrix is None:
                matrix = np.empty((len(self._embeddings), self._embeddings.dim), np.float32)
                for start, block in self._embeddings.blocks():
                    matrix[start : start + len(block)] = block
                self._matrix = matrix
        return self._matrix
