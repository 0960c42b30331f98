"""Files mapped into memory, and what the operating system is told of how they will be read."""

from __future__ import annotations

import mmap
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

NEAR = 4
"""Pages: two ranges that are no farther apart are asked for as one, since a disk reads 16 KB about as fast as 4."""

ADVISED = hasattr(mmap.mmap, "madvise")
"""Whether this system takes advice; where it does not, all is read without."""


def map_file(path: Path) -> mmap.mmap:
    """The bytes of a file, read-only, mapped: nothing is read yet. Raises `OSError`, `ValueError` if it is empty."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def expect_scattered(mapped: mmap.mmap) -> None:
    """Tell that a file is read here and there: nothing beside a page is read with it (else up to megabytes are)."""
    if ADVISED:
        mapped.madvise(mmap.MADV_RANDOM)


@contextmanager
def scattered(mapped: mmap.mmap) -> Iterator[None]:
    """`expect_scattered`, for as long as this lasts."""
    expect_scattered(mapped)
    yield
    if ADVISED:
        mapped.madvise(mmap.MADV_NORMAL)


def expect(mapped: mmap.mmap, begin: NDArray[np.int64], end: NDArray[np.int64]) -> None:
    """Have ranges of bytes read at the same time, without waiting for them; those in memory already cost little.

    Args:
        mapped: The file.
        begin: First byte of each range, shape (n,), in any order.
        end: The byte after the last of each, shape (n,).
    """
    if ADVISED and len(begin):
        for start, stop in pages(begin, end):
            mapped.madvise(mmap.MADV_WILLNEED, start, min(stop, len(mapped)) - start)


def pages(begin: NDArray[np.int64], end: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The runs of whole pages that hold ranges as in `expect`, one or more: in order, and farther than `NEAR` apart."""
    order = np.argsort(begin)
    first = begin[order] // mmap.PAGESIZE
    last = np.maximum.accumulate((end[order] - 1) // mmap.PAGESIZE)
    cuts = np.flatnonzero(first[1:] > last[:-1] + NEAR) + 1
    starts, stops = first[np.r_[0, cuts]], last[np.r_[cuts - 1, len(last) - 1]] + 1
    return list(zip((starts * mmap.PAGESIZE).tolist(), (stops * mmap.PAGESIZE).tolist(), strict=True))
