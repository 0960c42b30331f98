"""Nearest rows by cosine: exact for small archives, any FAISS index otherwise, always re-scored exactly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive import storage
from latentarchive.embeddings import BLOCK, Embeddings
from latentarchive.errors import ArchiveDamaged, ArchiveError, EncoderMismatch, QueryError
from latentarchive.measures.ranking import recall_at_k

EXACT = "exact"
"""Factory of the archives that need no index file: their vectors are scanned."""

IN_MEMORY = 200_000
"""Up to this many rows an exact search holds them as float32 (400 MB at 512 dimensions); above, it streams."""

SCAN = 50_000
"""Up to this many allowed rows a filtered search scans just those exactly instead of asking a FAISS index."""

ROUNDING = 1e-5
"""How far apart float32 products may be of rows that float64 calls equally near; 100 times what was measured."""

RECALL_TARGET = 0.95
"""Mean recall at 10 against exact search that the search parameter of an approximate index is raised to."""

_TRAIN_PER_CELL = 64
"""Training vectors for each IVF cell; FAISS warns below 39 and samples down above 256 (Clustering.h)."""

SearchResult = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Row numbers and their cosines, best first."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """The search parameter of an approximate index, and the recall that was measured with it."""

    #: ``nprobe`` or ``efSearch``; "" where the index has neither.
    parameter: str
    value: int
    #: Mean recall at 10 over `n` sampled rows of the archive against exact search, each without itself.
    recall_at_10: float
    n: int


class Index:
    """Search over the rows of `Embeddings`.

    Scores are cosines in [-1, 1], computed in float64 from the stored rows whatever the index. Results
    are best first, equal scores in row order; a row never appears twice and padding never at all.
    """

    def __init__(self, embeddings: Embeddings, *, encoder: str, faiss_index: Any = None) -> None:
        """Search these rows.

        Args:
            embeddings: The rows.
            encoder: Fingerprint of the encoder that made them; queries of another are refused.
            faiss_index: A FAISS index over the same rows that proposes candidates; None: exact scan.
        """
        self.embeddings = embeddings
        self.encoder = encoder
        self._faiss = faiss_index
        self._matrix: NDArray[np.float32] | None = None

    @classmethod
    def open(cls, path: Path, embeddings: Embeddings, *, encoder: str, tuning: Tuning | None) -> Index:
        """Open ``index.faiss``, memory-mapped. Raises `ArchiveDamaged` if it does not fit the rows."""
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
        if tuning is not None and tuning.parameter:
            faiss.ParameterSpace().set_index_parameter(index, tuning.parameter, tuning.value)
        return cls(embeddings, encoder=encoder, faiss_index=index)

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
            allowed or the index proposes fewer.

        Raises:
            EncoderMismatch: The queries come from another encoder, or have another dimension.
            QueryError: k is below 1, or a query is not a unit vector.
        """
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        self._check(queries, k, encoder)
        if allowed is None:
            allowed = np.ones(len(self.embeddings), dtype=bool)
        candidates = self._candidates(queries, k, allowed)
        return [self._scored(query, rows, k) for query, rows in zip(queries, candidates, strict=True)]

    def _candidates(self, queries: NDArray[np.float32], k: int, allowed: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
        """Rows that may be among the k nearest allowed ones of each query."""
        n_allowed = int(np.count_nonzero(allowed))
        filtered = n_allowed < len(allowed)
        if self._faiss is None or (filtered and (n_allowed <= SCAN or not _takes_selector(self._faiss))):
            return self._scan(queries, k, np.flatnonzero(allowed))
        import faiss

        params = None
        if filtered:
            bitmap = np.packbits(allowed, bitorder="little")
            params = _parameters(self._faiss, faiss.IDSelectorBitmap(bitmap))
        wanted = min(n_allowed, k + max(k, 64))  # room for what re-scoring moves up
        _, found = self._faiss.search(queries, wanted, params=params)
        return [np.unique(rows[rows >= 0]) for rows in found]  # FAISS pads short results with row -1

    def _scan(self, queries: NDArray[np.float32], k: int, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Of these rows the k nearest to each query, and those that float32 cannot tell from the k-th."""
        found = [np.empty(0, np.int64) for _ in queries]
        scores = [np.empty(0, np.float32) for _ in queries]
        floor = np.full(len(queries), -np.inf, np.float32)
        for start in range(0, len(rows), BLOCK):
            here = rows[start : start + BLOCK]
            for query, products in enumerate(queries @ self._rows(here).T):
                near = np.flatnonzero(products >= floor[query])
                found[query] = np.concatenate([found[query], here[near]])
                scores[query] = np.concatenate([scores[query], products[near]])
                if len(scores[query]) > k:
                    floor[query] = np.partition(scores[query], -k)[-k] - ROUNDING
                    keep = scores[query] >= floor[query]
                    found[query], scores[query] = found[query][keep], scores[query][keep]
        return found

    def _rows(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Unit rows, from memory if all fit there; rows without a gap are not copied."""
        if len(self.embeddings) > IN_MEMORY:
            return self.embeddings.take(rows)
        if self._matrix is None:
            self._matrix = np.empty((len(self.embeddings), self.embeddings.dim), np.float32)
            for start, block in self.embeddings.blocks():
                self._matrix[start : start + len(block)] = block
        first, last = int(rows[0]), int(rows[-1])
        return self._matrix[first : last + 1] if last - first + 1 == len(rows) else self._matrix[rows]

    def _scored(self, query: NDArray[np.float32], rows: NDArray[np.int64], k: int) -> SearchResult:
        """Cosines in float64; einsum adds up each row alone, so that equal rows get equal scores wherever they lie."""
        scores = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), BLOCK):
            vectors = self.embeddings.take(rows[start : start + BLOCK]).astype(np.float64)
            exact = np.einsum("nd,d->n", vectors, query.astype(np.float64))
            scores[start : start + BLOCK] = np.clip(exact, -1, 1)
        order = np.lexsort((rows, -scores))[:k]
        return rows[order], scores[order]

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


def build_index(embeddings: Embeddings, factory: str, path: Path, *, seed: int = 0) -> Tuning:
    """Train, fill, tune and write a FAISS index.

    Args:
        embeddings: The rows to index, read block by block.
        factory: A FAISS index_factory string; the metric is inner product.
        path: Where the file goes, whole or not at all.
        seed: Chooses the training sample and the rows that recall is measured on.

    Raises:
        ArchiveError: FAISS does not know the string, or it needs more vectors than there are.
        WriteRefused: The disk is full, or we may not write there.
    """
    import faiss

    rng = np.random.default_rng(seed)
    try:
        index = faiss.index_factory(embeddings.dim, factory, faiss.METRIC_INNER_PRODUCT)
        if not index.is_trained:
            _accept_few(index)
            cells = getattr(faiss.try_extract_index_ivf(index), "nlist", 0) or 256
            count = min(len(embeddings), max(cells, 256) * _TRAIN_PER_CELL)
            index.train(embeddings.take(np.sort(rng.choice(len(embeddings), count, replace=False))))
        for _, block in embeddings.blocks():
            index.add(block)
    except RuntimeError as error:
        reason = re.split(r"\.(?:cpp|h):\d+: ", str(error))[-1].rpartition("' failed: ")[2].removeprefix("Error: ")
        message = f"FAISS cannot build {factory!r} over {len(embeddings)} vectors of {embeddings.dim}: {reason.strip()}"
        raise ArchiveError(message) from error
    tuning = _tuned(index, embeddings, rng)
    storage.write_stream(path, lambda handle: faiss.write_index(index, faiss.PyCallbackIOWriter(handle.write)))
    return tuning


def _accept_few(index: Any) -> None:
    """Let a small archive train the cells it asked for: FAISS writes a warning to stderr below 39 vectors a cell."""
    import faiss

    if (ivf := faiss.try_extract_index_ivf(index)) is not None:
        ivf.cp.min_points_per_centroid = 1


def _tuned(index: Any, embeddings: Embeddings, rng: np.random.Generator) -> Tuning:
    """Double the search parameter until recall reaches the target; leave it at the smallest that does."""
    import faiss

    n = min(256, len(embeddings))
    sample = np.sort(rng.choice(len(embeddings), n, replace=False))
    queries = embeddings.take(sample)
    exact = Index(embeddings, encoder="")
    approximate = Index(embeddings, encoder="", faiss_index=index)
    k = min(10, len(embeddings) - 1)
    if k < 1:
        return Tuning("", 0, 1.0, 0)
    true = [
        _others(result, row, k) for row, result in zip(sample, exact.search(queries, k + 1, encoder=""), strict=True)
    ]
    ivf = faiss.try_extract_index_ivf(index)
    parameter, top = ("nprobe", ivf.nlist) if ivf is not None else ("efSearch", 1024)
    inner = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else index
    if ivf is None and not isinstance(inner, faiss.IndexHNSW):
        parameter, top = "", 1
    value = 1 if parameter == "nprobe" else 16
    while True:
        if parameter:
            faiss.ParameterSpace().set_index_parameter(index, parameter, value)
        found = approximate.search(queries, k + 1, encoder="")
        pairs = [_others(result, row, k) for row, result in zip(sample, found, strict=True)]
        recall = float(recall_at_k(pairs, true).mean())
        if not parameter or recall >= RECALL_TARGET or value >= top:
            return Tuning(parameter, value if parameter else 0, round(recall, 6), n)
        value = min(value * 2, top)


def _others(result: SearchResult, row: int, k: int) -> NDArray[np.float32]:
    """Scores of the k nearest rows but the query's own."""
    rows, scores = result
    return scores[rows != row][:k]


def _takes_selector(index: Any) -> bool:
    import faiss

    return isinstance(index, faiss.IndexIVF | faiss.IndexHNSW | faiss.IndexFlat)


def _parameters(index: Any, selector: Any) -> Any:
    import faiss

    if isinstance(index, faiss.IndexIVF):
        return faiss.SearchParametersIVF(sel=selector, nprobe=index.nprobe)
    if isinstance(index, faiss.IndexHNSW):
        return faiss.SearchParametersHNSW(sel=selector, efSearch=index.hnsw.efSearch)
    return faiss.SearchParameters(sel=selector)
