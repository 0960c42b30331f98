"""Which index a collection gets, and what it will need before any of it is built."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import psutil

from latentarchive.errors import ArchiveError, WriteRefused

AUTO = "auto"
"""Recipe's word for the factory that `choose` picks."""

EXACT = "exact"
"""Factory of the archives that need no index file: their vectors are scanned."""

EXACT_UP_TO = 50_000
"""Rows up to which `auto` scans: no answer is ever missed."""

CELLS = (64, 4096)
"""Fewest and most cells of an inverted file; more of them make filling slower than n log n."""

TRAIN_PER_CELL = 64
"""Training vectors for each cell; FAISS warns below 39 and samples down above 256 (Clustering.h)."""


def choose(factory: str, rows: int, dim: int) -> str:
    """The factory to build: the one that was asked for, unless that leaves it to us.

    Beyond `EXACT_UP_TO` rows: an inverted file of about 2 sqrt(n) cells over one-bit codes (RaBitQ: Gao and
    Long, 2024, section 3), scanned 32 at a time. The random rotation before it spreads what the leading
    directions hold over all bits, as section 3.1 asks; FAISS leaves that to the factory string.

    Args:
        factory: ``auto``, ``exact`` (or ``Flat``), or any FAISS factory string.
        rows: Of the archive.
        dim: Of its vectors.
    """
    if factory in (EXACT, "Flat") or (factory == AUTO and rows <= EXACT_UP_TO):
        return EXACT
    if factory != AUTO:
        return factory
    cells = 2 ** round(math.log2(2 * math.sqrt(rows)))
    return f"RR{dim},IVF{min(max(cells, CELLS[0]), CELLS[1])},RaBitQfs"


def training_rows(index: Any, rows: int) -> int:
    """How many of the rows a FAISS index is trained on; 0 if it needs no training."""
    import faiss

    ivf = faiss.try_extract_index_ivf(index)
    return 0 if index.is_trained else min(rows, max(ivf.nlist if ivf is not None else 0, 256) * TRAIN_PER_CELL)


def check_room(index: Any, factory: str, rows: int, path: Path) -> None:
    """See that an index will fit before anything is trained.

    Args:
        index: The empty FAISS index.
        factory: Its factory string.
        rows: That will be added.
        path: Of the file it will be written to.

    Raises:
        ArchiveError: It needs more memory than is free.
        WriteRefused: It needs more disk than is free.
    """
    held = bytes_of(index, rows)
    trained = training_rows(index, rows) * index.d * 4
    needed, free = held + 2 * trained, psutil.virtual_memory().available
    what = f"index {factory!r} over {rows:,} vectors of {index.d}"
    if needed > free:
        message = (
            f"{what} needs about {_said(needed)} of memory while it is built, {_said(free)} are free; "
            f"close other programs, or build with --factory {EXACT}, which needs none"
        )
        raise ArchiveError(message)
    if held > (free := shutil.disk_usage(path.parent).free):
        message = f"{what} takes about {_said(held)} on disk, {path.parent} has {_said(free)} free; make room"
        raise WriteRefused(message)


def bytes_of(index: Any, rows: int) -> int:
    """About how many bytes a FAISS index will hold once so many rows are added."""
    import faiss

    ivf = faiss.try_extract_index_ivf(index)
    if ivf is not None:
        overhead = 8 + 0.3 * ivf.code_size  # the row number, and the corrections that fast-scan codes carry
        return int(rows * (ivf.code_size + overhead) + ivf.nlist * index.d * 4)
    inner = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else index
    if isinstance(inner, faiss.IndexHNSW):
        codes = faiss.downcast_index(inner.storage).sa_code_size()
        return int(rows * (codes + inner.hnsw.nb_neighbors(0) * 4 * 1.2))  # a fifth of the rows are on higher levels
    return int(rows * index.sa_code_size())


def _said(size: float) -> str:
    return f"{size / 2**30:.1f} GB" if size >= 2**29 else f"{size / 2**20:.0f} MB"
