"""Room for an index: how much memory and disk it will need, and whether there is as much, before any of it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import psutil

from latentarchive import storage
from latentarchive.embeddings import BLOCK
from latentarchive.errors import ArchiveError, WriteRefused
from latentarchive.index.choice import EXACT
from latentarchive.index.scan import IN_MEMORY

TRAIN_PER_CELL = 42
"""Training vectors for each cell; FAISS warns below 39 and samples down above 256 (Clustering.h)."""

IN_TRAINING = 3.5
"""Training vectors in memory beside themselves: as they were read, rotated, and FAISS's own sample of them."""

AT_WORK = 12
"""Blocks of vectors in memory beside the index while it is filled and tuned. This and `IN_TRAINING` were measured on
100,000 to 400,000 rows of 512: what is said from them was 0.95 to 1.5 times the peak."""

CONTAINER = Path("/sys/fs/cgroup")
"""Where Linux tells the limits of the container that a process is in."""


class Copies(NamedTuple):
    """How often the codes of all rows are there at once, at most, while an index is filled and written."""

    memory: float = 1.0
    disk: float = 1.0


def training_rows(index: Any, rows: int) -> int:
    """How many of the rows a FAISS index is trained on; 0 if it needs no training."""
    import faiss

    ivf = faiss.try_extract_index_ivf(index)
    return 0 if index.is_trained else min(rows, max(ivf.nlist if ivf is not None else 0, 256) * TRAIN_PER_CELL)


def check_room(index: Any, factory: str, rows: int, path: Path, copies: Copies) -> None:
    """See that an index will fit before anything is trained.

    Args:
        index: The empty FAISS index.
        factory: Its factory string.
        rows: That will be added.
        path: Of the file it will be written to.
        copies: That filling it makes.

    Raises:
        ArchiveError: It needs more memory than is free.
        WriteRefused: It needs more disk than is free.
    """
    held, row = bytes_of(index, rows), index.d * 4
    compared = rows * row if rows <= IN_MEMORY else 0  # tuning scans them, see `Scan`
    work = AT_WORK * min(BLOCK, rows) * row
    needed = max(IN_TRAINING * training_rows(index, rows) * row, copies.memory * held + work, held + compared + work)
    free = free_memory()
    what = f"index {factory!r} over {rows:,} vectors of {index.d}"
    if needed > free:
        message = (
            f"{what} needs about {_said(needed)} of memory while it is built, {_said(free)} are free; "
            f"close other programs, or build with --factory {EXACT}, which needs none"
        )
        raise ArchiveError(message)
    if (stored := copies.disk * held) > (free := storage.free_bytes(path)):
        message = f"{what} takes about {_said(stored)} on disk, {path.parent} has {_said(free)} free; make room"
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


def free_memory() -> int:
    """Bytes of memory that this process may still take: of the machine, of its container, of its own limit."""
    free = [int(psutil.virtual_memory().available)]
    try:
        limit, used = (int((CONTAINER / name).read_text()) for name in ("memory.max", "memory.current"))
        kept = (CONTAINER / "memory.stat").read_text().split()
        free.append(limit - used + int(kept[kept.index("inactive_file") + 1]))  # read files give way
    except (OSError, ValueError):  # no container, or one without a limit: it says "max"
        pass
    if (soft := _address_space()) is not None:
        free.append(soft - int(psutil.Process().memory_info().vms))
    return max(0, min(free))


def _address_space() -> int | None:
    """What `ulimit -v` leaves this process; None: no limit."""
    try:
        import resource
    except ImportError:  # not a POSIX system
        return None
    soft = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if soft == resource.RLIM_INFINITY else soft


def _said(size: float) -> str:
    return f"{size / 2**30:.1f} GB" if size >= 2**29 else f"{size / 2**20:.{0 if size >= 10 * 2**20 else 1}f} MB"
