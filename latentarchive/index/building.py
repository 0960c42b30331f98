"""Train, fill, tune and write a FAISS index over the rows of an archive, block by block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from latentarchive.embeddings import BLOCK, Embeddings
from latentarchive.errors import ArchiveError
from latentarchive.index.proposing import Proposer
from latentarchive.index.room import Copies, check_room, training_rows
from latentarchive.index.scan import Scan
from latentarchive.index.scoring import SearchResult, scored
from latentarchive.index.sharding import transformed, write
from latentarchive.index.tuning import QUERIES, Tuning, tune
from latentarchive.scale import ahead


class Fill(Protocol):
    """From a trained index without rows and the rows of an archive to the index with all of them."""

    def __call__(self, index: Any, embeddings: Embeddings) -> Any:
        """The full index; the other is not to be used any more."""

    def copies(self, index: Any, rows: int) -> Copies:
        """What that will hold in memory and on disk; the index may be untrained."""


class FillHere:
    """Adds all rows in this process, block by block."""

    def __call__(self, index: Any, embeddings: Embeddings) -> Any:
        """As `Fill`."""
        import faiss

        lists = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else index

        def rows(start: int) -> NDArray[np.float32]:
            return transformed(embeddings.between(start, start + BLOCK), index)

        for block in ahead(rows, range(0, len(embeddings), BLOCK), workers=1, depth=2):
            lists.add(block)
        index.ntotal = lists.ntotal
        return index

    def copies(self, index: Any, rows: int) -> Copies:
        """The index itself."""
        return Copies()


fill_here = FillHere()


def empty_index(factory: str, rows: int, dim: int, path: Path, fill: Fill = fill_here) -> Any:
    """A FAISS index without rows, once it is known that there will be room for it with them.

    Args:
        factory: A FAISS index_factory string; the metric is inner product.
        rows: That will be added.
        dim: Of their vectors.
        path: Where it will be written.
        fill: How the rows will be added.

    Raises:
        ArchiveError: FAISS does not know the string, or it needs more memory than is free.
        WriteRefused: It needs more disk than is free.
    """
    import faiss

    with _told(factory, rows, dim):
        index = faiss.index_factory(dim, factory, faiss.METRIC_INNER_PRODUCT)
    check_room(index, factory, rows, path, fill.copies(index, rows))
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
    rows, random = len(embeddings), np.random.default_rng(seed)
    index = empty_index(factory, rows, embeddings.dim, path, fill)
    with _told(factory, rows, embeddings.dim):
        drawn = random.choice(rows, min(rows, QUERIES + training_rows(index, rows)), replace=False)
        if not index.is_trained:
            _train(index, embeddings, drawn)
        index = fill(index, embeddings)
    tuning = _tuned(Proposer(index), embeddings, np.sort(drawn[:QUERIES]), seed)
    write(index, path)
    return tuning


@contextmanager
def _told(factory: str, rows: int, dim: int) -> Iterator[None]:
    """Say in one line what FAISS cannot do."""
    try:
        yield
    except RuntimeError as error:
        reason = re.split(r"\.(?:cpp|h):\d+: ", str(error))[-1].rpartition("' failed: ")[2].removeprefix("Error: ")
        message = f"FAISS cannot build {factory!r} over {rows} vectors of {dim}: {reason.strip()}"
        raise ArchiveError(message) from error


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
