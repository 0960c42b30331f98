"""Train, fill, tune and write a FAISS index over the rows of an archive, block by block."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive.embeddings import BLOCK, Embeddings
from latentarchive.errors import ArchiveError
from latentarchive.index.choice import check_room, training_rows
from latentarchive.index.proposing import Proposer
from latentarchive.index.scan import Scan
from latentarchive.index.scoring import SearchResult, scored
from latentarchive.index.sharding import transformed, write
from latentarchive.index.tuning import QUERIES, Tuning, tune
from latentarchive.scale import ahead

Fill = Callable[[Any, Embeddings], Any]
"""From a trained index without rows and the rows of an archive to the index with all of them."""


def fill_here(index: Any, embeddings: Embeddings) -> Any:
    """Add all rows in this process, block by block."""
    import faiss

    lists = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else index

    def rows(start: int) -> NDArray[np.float32]:
        return transformed(embeddings.between(start, start + BLOCK), index)

    for block in ahead(rows, range(0, len(embeddings), BLOCK), workers=1, depth=2):
        lists.add(block)
    index.ntotal = lists.ntotal
    return index


def build_index(embeddings: Embeddings, factory: str, path: Path, *, seed: int = 0, fill: Fill = fill_here) -> Tuning:
    """Train, fill, tune and write a FAISS index.

    Args:
        embeddings: The rows to index, read block by block.
        factory: A FAISS index_factory string; the metric is inner product.
        path: Where the file goes, whole or not at all.
        seed: Chooses the training sample and the rows that recall is measured on.
        fill: Adds the rows to the trained index, elsewhere or here; the result is the same.

    Raises:
        ArchiveError: FAISS does not know the string, it needs more vectors than there are, or more memory
            than is free.
        WriteRefused: The disk is full or too small, or we may not write there.
    """
    import faiss

    rows, random = len(embeddings), np.random.default_rng(seed)
    try:
        index = faiss.index_factory(embeddings.dim, factory, faiss.METRIC_INNER_PRODUCT)
        check_room(index, factory, rows, path)
        drawn = random.choice(rows, min(rows, QUERIES + training_rows(index, rows)), replace=False)
        if not index.is_trained:
            _train(index, embeddings, drawn)
        index = fill(index, embeddings)
    except RuntimeError as error:
        reason = re.split(r"\.(?:cpp|h):\d+: ", str(error))[-1].rpartition("' failed: ")[2].removeprefix("Error: ")
        message = f"FAISS cannot build {factory!r} over {rows} vectors of {embeddings.dim}: {reason.strip()}"
        raise ArchiveError(message) from error
    tuning = _tuned(Proposer(index), embeddings, np.sort(drawn[:QUERIES]), seed)
    write(index, path)
    return tuning


def _train(index: Any, embeddings: Embeddings, drawn: NDArray[np.int64]) -> None:
    """Train on a sample; the rows that recall will be measured on are not in it unless all are."""
    import faiss

    if (ivf := faiss.try_extract_index_ivf(index)) is not None:
        ivf.cp.min_points_per_centroid = 1  # below 39 vectors a cell FAISS would write a warning to stderr
    index.train(embeddings.take(np.sort(drawn if len(drawn) == len(embeddings) else drawn[QUERIES:])))


def _tuned(proposer: Proposer, embeddings: Embeddings, sample: NDArray[np.int64], seed: int) -> Tuning:
    queries, k = embeddings.take(sample), min(11, len(embeddings))  # the row itself, and ten others
    scan = Scan(embeddings)

    def exact(_: int, allowed: NDArray[np.bool_] | None) -> list[SearchResult]:
        near = scan.nearest(queries, k, None if allowed is None else np.flatnonzero(allowed))
        return scored(embeddings, queries, near, k)

    def approximate(value: int, allowed: NDArray[np.bool_] | None) -> list[SearchResult]:
        return scored(embeddings, queries, proposer.propose(queries, k, allowed, value), k)

    return tune(
        proposer.parameter, proposer.most, sample, len(embeddings), exact=exact, approximate=approximate, seed=seed
    )
