"""Nearest rows by cosine: candidates from a scan or a FAISS index, always re-scored exactly from the stored rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive.embeddings import Embeddings
from latentarchive.errors import ArchiveDamaged, EncoderMismatch, QueryError
from latentarchive.index.codes import coded
from latentarchive.index.proposing import Proposer
from latentarchive.index.scan import Scan
from latentarchive.index.scoring import SearchResult, scored
from latentarchive.index.tuning import Tuning

READING, COMPARING = 60.0, 0.5
"""Cost of reading one stored row, and of comparing it with a query, where comparing one code costs 1. Measured by
`benchmarks.crossover`, which says how much longer the choices made by them took than the better ones."""

BESIDE = 50_000
"""Allowed rows up to which a filter is scanned beside an index that is no inverted file."""

ASKED = 64
"""Rows that an index is asked for when it is opened: it must know a quarter of them."""

COPY = 0.9999
"""Cosine above which a row is taken for a copy of another: what an index finds in place of one of many copies."""


class Index:
    """Search over the rows of `Embeddings`.

    Scores are cosines in [-1, 1], computed in float64 from the stored rows whatever the index. Results
    are best first, equal scores in row order; a row never appears twice and padding never at all.
    """

    def __init__(
        self, embeddings: Embeddings, *, encoder: str, faiss_index: Any = None, tuning: Tuning | None = None
    ) -> None:
        """Search these rows.

        Args:
            embeddings: The rows.
            encoder: Fingerprint of the encoder that made them; queries of another are refused.
            faiss_index: A FAISS index over the same rows that proposes candidates; None: exact scan.
            tuning: How far that index looks; None: as far as it was set to.
        """
        self.embeddings = embeddings
        self.encoder = encoder
        self._proposer = Proposer(faiss_index) if faiss_index is not None else None
        self._tuning = tuning
        self._scan = Scan(embeddings, hold=faiss_index is None)  # beside an index it reads what a filter leaves

    @classmethod
    def open(cls, path: Path, embeddings: Embeddings, *, encoder: str, tuning: Tuning | None) -> Index:
        """Open ``index.faiss``, memory-mapped. Raises `ArchiveDamaged` if it is torn, or of other rows."""
        import faiss

        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except (RuntimeError, MemoryError) as error:
            message = f"{path} cannot be read as an index; delete it and it is rebuilt from the embeddings"
            raise ArchiveDamaged(message) from error
        if (index.ntotal, index.d) != (len(embeddings), embeddings.dim):
            found, expected = f"{index.ntotal} x {index.d}", f"{len(embeddings)} x {embeddings.dim}"
            message = f"{path} holds {found} vectors, the archive {expected}; delete it and it is rebuilt"
            raise ArchiveDamaged(message)
        opened = cls(embeddings, encoder=encoder, faiss_index=index, tuning=tuning)
        if not opened._knows_its_rows():
            message = f"{path} is the index of other vectors than the archive's; delete it and it is rebuilt"
            raise ArchiveDamaged(message)
        return opened

    def search(
        self,
        queries: NDArray[np.float32],
        k: int,
        *,
        encoder: str,
        allowed: NDArray[np.bool_] | None = None,
    ) -> list[SearchResult]:
        """The nearest rows to each query.

        Args:
            queries: float32, shape (q, dim), unit rows.
            k: At most this many rows a query; from 1.
            encoder: Fingerprint of the encoder that made the queries.
            allowed: shape (n,), True for the rows that may be found; None: all.

        Returns:
            One pair of row numbers and cosines for each query; shorter than k where fewer rows are
            allowed or, without a filter, the index reaches fewer.

        Raises:
            EncoderMismatch: The queries come from another encoder, or have another dimension.
            QueryError: k is below 1, or a query is not a unit vector.
        """
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        self._check(queries, k, encoder)
        if allowed is not None and allowed.all():
            allowed = None
        count = len(self.embeddings) if allowed is None else int(np.count_nonzero(allowed))
        if not count or not len(queries):
            return [(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
        candidates = self._candidates(queries, k, allowed, count)
        return scored(self.embeddings, queries, candidates, k)

    def coded(self, vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], int] | None:
        """Vectors as this index's codes keep them, and the bytes of a code; None where it has no codes: see `codes`."""
        return coded(self._proposer.index, vectors) if self._proposer is not None else None

    def _knows_its_rows(self) -> bool:
        """Whether the index finds enough of some rows, or copies of them: that of another archive does so by chance."""
        assert self._proposer is not None
        some = np.unique(np.linspace(0, len(self.embeddings) - 1, ASKED).astype(np.int64))
        vectors = self.embeddings.take(some)
        candidates = self._proposer.propose(vectors, 1, None, 1)  # a row lies in the cell that is nearest to it
        if 4 * sum(row in near for row, near in zip(some, candidates, strict=True)) >= len(some):
            return True
        best = scored(self.embeddings, vectors, candidates, 1)
        return 4 * sum(bool(len(scores)) and scores[0] > COPY for _, scores in best) >= len(some)

    def _candidates(
        self, queries: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None, count: int
    ) -> list[NDArray[np.int64]]:
        """Rows among which the k nearest are: of a scan where that is cheaper, else of the index."""
        if self._proposer is None:
            return self._scan.nearest(queries, k, None if allowed is None else np.flatnonzero(allowed))
        value = self._look(self._proposer, count, k)
        if allowed is None:
            return self._proposer.propose(queries, k, None, value)
        if self._scan_is_cheaper(self._proposer, count, len(queries), value):
            return self._scan.nearest(queries, k, np.flatnonzero(allowed))
        found = self._proposer.propose(queries, k, allowed, value)
        # Where all neighbours fail the filter, the index may meet too few rows that pass it.
        if short := [query for query, candidates in enumerate(found) if len(candidates) < min(k, count)]:
            scanned = self._scan.nearest(queries[short], k, np.flatnonzero(allowed))
            for query, candidates in zip(short, scanned, strict=True):
                found[query] = candidates
        return found

    def _look(self, proposer: Proposer, count: int, k: int) -> int:
        """How far the index looks: as tuned for so many allowed rows, and far enough to meet k of them; 0: as set."""
        if self._tuning is None or not proposer.parameter:
            return 0
        meets = k if proposer.parameter == "efSearch" else -(-2 * min(k, count) * proposer.most // count)
        return min(proposer.most, max(self._tuning.at(count / len(self.embeddings)), meets))

    def _scan_is_cheaper(self, proposer: Proposer, count: int, queries: int, value: int) -> bool:
        if not proposer.filters:
            return True
        if proposer.parameter != "nprobe":
            return count <= BESIDE
        codes = queries * len(self.embeddings) * max(value, 1) / proposer.most
        return count * (READING + COMPARING * queries) <= codes

    def _check(self, queries: NDArray[np.float32], k: int, encoder: str) -> None:
        if encoder != self.encoder:
            message = (
                f"the query was made by encoder {encoder[:12]}, this index by {self.encoder[:12]}; "
                "their vectors cannot be compared: encode the query with the archive's own encoder"
            )
            raise EncoderMismatch(message)
        if queries.ndim != 2 or queries.shape[1] != self.embeddings.dim:
            message = f"queries must have shape (q, {self.embeddings.dim}), got {queries.shape}"
            raise EncoderMismatch(message)
        if k < 1:
            message = f"k must be 1 or more, got {k}"
            raise QueryError(message)
        norms = np.linalg.norm(queries, axis=1)
        if bad := np.flatnonzero(~(np.abs(norms - 1) < 1e-3)).tolist():  # ~(<) also catches NaN
            message = f"queries must be unit vectors; query {bad[0]} has length {norms[bad[0]]:.3g}"
            raise QueryError(message)
