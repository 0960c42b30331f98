"""Search over several indexes as over one: each finds its own k nearest, and the best k of those are the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from latentarchive.errors import EncoderMismatch
from latentarchive.index.scoring import SearchResult
from latentarchive.index.search import Index


class ShardedIndex:
    """Several indexes whose rows are numbered one after the other: of archives side by side, or of parts of one.

    Scores are exact whatever the indexes, so they can be compared; where every index is exact the results are those
    of one exact index over all rows.
    """

    def __init__(self, shards: Sequence[Index]) -> None:
        """Search these, in this order; there is at least one.

        Raises:
            EncoderMismatch: They are not all of one encoder.
        """
        self.shards = tuple(shards)
        if other := [shard.encoder for shard in self.shards if shard.encoder != self.shards[0].encoder]:
            message = (
                f"an index of encoder {other[0][:12]} beside one of {self.shards[0].encoder[:12]}: "
                "their vectors cannot be compared; search them one by one"
            )
            raise EncoderMismatch(message)
        #: Number of each shard's first row, and behind the last one the number of all rows: int64, shape (shards + 1,).
        self.starts = np.cumsum([0, *(len(shard.embeddings) for shard in self.shards)])

    def __len__(self) -> int:
        return int(self.starts[-1])

    def place(self, row: int) -> tuple[int, int]:
        """Which shard has a row, and its number there. Raises `IndexError` where there is no such row."""
        if not 0 <= row < len(self):
            message = f"row {row} of {len(self)}"
            raise IndexError(message)
        shard = int(np.searchsorted(self.starts, row, side="right")) - 1
        return shard, row - int(self.starts[shard])

    def search(
        self, queries: NDArray[np.float32], k: int, *, encoder: str, allowed: NDArray[np.bool_] | None = None
    ) -> list[SearchResult]:
        """The nearest rows to each query among all shards; as `Index.search`, with row numbers over all.

        Args:
            queries: float32, shape (q, dim), unit rows.
            k: At most this many rows a query; from 1.
            encoder: Fingerprint of the encoder that made the queries.
            allowed: shape (len(self),), True for the rows that may be found; None: all.

        Raises:
            EncoderMismatch, QueryError: As `Index.search`.
        """
        found: list[list[SearchResult]] = [[] for _ in queries]
        for shard, start, stop in zip(self.shards, self.starts[:-1], self.starts[1:], strict=True):
            mine = None if allowed is None else allowed[start:stop]
            for results, (rows, scores) in zip(
                found, shard.search(queries, k, encoder=encoder, allowed=mine), strict=True
            ):
                results.append((rows + start, scores))
        return [_best(results, k) for results in found]


def _best(results: list[SearchResult], k: int) -> SearchResult:
    """The k best of several results, equal scores in row order."""
    rows = np.concatenate([rows for rows, _ in results])
    scores = np.concatenate([scores for _, scores in results])
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]
