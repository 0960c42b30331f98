"""The vectors of an archive: memory-mapped shards, read as float32 rows of unit length."""

from __future__ import annotations

import contextlib
import errno
import mmap
import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive import storage
from latentarchive.errors import ArchiveDamaged, ArchiveError

UNIT_TOLERANCE = 1e-3
"""How far from 1 a stored row's length may be: float16 rounding of a unit row stays below 6e-4."""

MAPPED = 2**29
"""Bytes of large files that stay mapped after they were read: half a gigabyte. The system would keep the pages anyway;
what is let go counts no more as this process's memory, and costs nothing to read again while it is in the cache."""

STAY = 3 * MAPPED
"""Files of no more bytes in all are never let go: a search may come back to any of their pages at once."""

AROUND = 2**21
"""Bytes that one row read alone may map: Linux maps what its cache holds together with it, 64 KB to 2 MB."""

BLOCK = 16_384
"""Rows read at a time where all are read: 32 MB at 512 dimensions."""


class Embeddings:
    """Rows of unit length, in the row order of the archive.

    The rows lie either in the archive's own float16 files, or, for published embeddings that were
    opened in place, in the publisher's files; then the archive holds only which of their rows it uses.
    Reading casts to float32 and normalises again, so that every dot product is a cosine to float32
    precision whatever the rounding of the stored rows.
    """

    def __init__(
        self,
        vectors: Sequence[NDArray[np.floating]],
        norms: Sequence[NDArray[np.float32]],
        rows: Sequence[NDArray[np.int64]] | None = None,
    ) -> None:
        """Stack arrays that are usually memory-mapped.

        Args:
            vectors: float16 or float32, each (any, dim), stacked in order.
            norms: float32, each (any,), the raw length of each of the archive's rows.
            rows: int64, each (any,): for each of the archive's rows its row in the stacked `vectors`;
                None if they are the same.
        """
        self._vectors = Stacked(vectors)
        self._norms = Stacked(norms)
        self._rows = Stacked(rows) if rows is not None else None
        count = len(self._vectors) if self._rows is None else len(self._rows)
        if len(self._norms) != count:
            message = f"embeddings: {count} vectors, but {len(self._norms)} norms"
            raise ArchiveDamaged(message)

    @classmethod
    def open(
        cls, folder: Path, parts: int, *, published: Sequence[Path] | None = None, marks: Sequence[str] = ()
    ) -> Embeddings:
        """Map the files of an archive's ``embeddings`` folder.

        Args:
            folder: Holds ``part-00000.npy`` (or, if `published`, ``rows-00000.npy``) and ``norms-00000.npy``.
            parts: How many parts there are.
            published: The publisher's files in order, for embeddings that were opened in place.
            marks: Of the files of vectors in order, as `file_marks` told them when the archive was made; empty: not
                known.

        Raises:
            ArchiveDamaged: A file is missing, truncated, has another shape or is another; the message names it.
        """
        files = vector_files(folder, parts, published)
        vectors = _load(files, ndim=2)
        for path, found, expected in zip(files, file_marks(files), marks, strict=True) if marks else ():
            if found != expected:
                message = (
                    f"{path} is not the file of vectors with which the archive was made; "
                    "put that one back, or build the archive again"
                )
                raise ArchiveDamaged(message)
        norms = _load([folder / f"norms-{part:05d}.npy" for part in range(parts)], ndim=1)
        if published is None:
            return cls(vectors, norms)
        return cls(vectors, norms, _load([folder / f"rows-{part:05d}.npy" for part in range(parts)], ndim=1))

    def __len__(self) -> int:
        return len(self._norms)

    @property
    def in_place(self) -> bool:
        """Whether the rows lie in a publisher's files."""
        return self._rows is not None

    @property
    def dim(self) -> int:
        """Number of dimensions."""
        return int(self._vectors.arrays[0].shape[1])

    @property
    def norms(self) -> NDArray[np.float32]:
        """float32 (n,): the lengths the vectors had before normalisation."""
        return self._norms.take(np.arange(len(self)))

    @cached_property
    def mean(self) -> NDArray[np.float32]:
        """float32 (dim,): mean of all unit rows, itself shorter than 1; the collection's common direction."""
        total = np.zeros(self.dim, np.float64)
        for _, block in self.blocks():
            total += block.sum(axis=0, dtype=np.float64)
        return (total / len(self)).astype(np.float32)

    def take(self, rows: Sequence[int] | NDArray[np.integer]) -> NDArray[np.float32]:
        """The rows with these numbers: float32, shape (len(rows), dim), unit length. Raises `ArchiveDamaged`."""
        numbers = np.asarray(rows, dtype=np.int64)
        return _unit(self._stored(numbers), numbers)

    def between(self, start: int, stop: int) -> NDArray[np.float32]:
        """The rows from `start` to before `stop`, or to the end: float32, unit length. Raises `ArchiveDamaged`."""
        stop = min(stop, len(self))
        return _unit(self._between(start, stop), range(start, stop))

    def blocks(self, size: int = BLOCK) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """All rows in order, `size` at a time, as (first row number, unit rows); memory stays at one block."""
        for start in range(0, len(self), size):
            yield start, self.between(start, start + size)

    def stored_blocks(self, size: int = BLOCK) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """As `blocks`, but the rows as they are stored, before they are normalised again."""
        for start in range(0, len(self), size):
            yield start, self._between(start, min(start + size, len(self)))

    def _between(self, start: int, stop: int) -> NDArray[np.float32]:
        if self._rows is not None:
            return self._stored(np.arange(start, stop))
        return self._vectors.between(start, stop).astype(np.float32)

    def _stored(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._vectors.take(rows if self._rows is None else self._rows.take(rows)).astype(np.float32)


def vector_files(folder: Path, parts: int, published: Sequence[Path] | None) -> list[Path]:
    """Where the vectors lie, in order; see `Embeddings.open`."""
    return list(published) if published is not None else [folder / f"part-{part:05d}.npy" for part in range(parts)]


def file_marks(files: Sequence[Path]) -> tuple[str, ...]:
    """What tells each of these files from the others, so that they cannot be swapped or replaced unnoticed."""
    return tuple(storage.mark(path) for path in files)


def load_array(path: Path) -> NDArray[Any]:
    """Map a ``.npy`` file read-only; each keeps a file open. Raises `ArchiveDamaged` if it is missing or no array."""
    _allow_many_files()
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        message = f"{path} is missing; restore it from a copy, or build the archive again"
        raise ArchiveDamaged(message) from error
    except OSError as error:
        message = f"{path} cannot be opened: {error.strerror or error}"
        if error.errno == errno.EMFILE:
            message += "; this process may not open more files: raise the limit, for example with ulimit -n 65536"
            raise ArchiveError(message) from error
        raise ArchiveDamaged(message) from error
    except Exception as error:  # numpy evaluates the header: damage raises whatever it likes
        message = f"{path} cannot be read as an array ({error}); restore it from a copy, or build the archive again"
        raise ArchiveDamaged(message) from error
    return array


@cache
def _allow_many_files() -> None:
    """Raise this process's own limit of open files to what the system allows it: shells begin with 1,024."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # there is no such limit on Windows
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _load(paths: Sequence[Path], *, ndim: int) -> list[NDArray[Any]]:
    """Map files that lie one below the other; the first that does not fit is named."""
    arrays = [load_array(path) for path in paths]
    for path, array in zip(paths, arrays, strict=True):
        if array.ndim != ndim or array.shape[1:] != arrays[0].shape[1:]:
            expected = "(n,)" if ndim == 1 else f"(n, {arrays[0].shape[1] if arrays[0].ndim == 2 else 'dim'})"
            message = f"{path} holds an array of shape {array.shape}, expected {expected}; restore it from a copy"
            raise ArchiveDamaged(message)
    return arrays


def _unit(rows: NDArray[np.float32], numbers: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
    """Divide rows by their length, in place. Raises `ArchiveDamaged` at one that no build lets in."""
    norms = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    if bad := np.flatnonzero(~((norms > 0) & (norms < np.inf))).tolist():
        message = (
            f"embeddings: the vector of row {int(numbers[bad[0]])} has length {norms[bad[0]]:.3g}: its file was "
            "changed; `latentarchive verify` names it, put back what was there or build the archive again"
        )
        raise ArchiveDamaged(message)
    rows /= norms[:, None]
    return rows


class Stacked:
    """Arrays one below the other, read by row number without joining them."""

    def __init__(self, arrays: Sequence[NDArray[Any]]) -> None:
        self.arrays = list(arrays)
        self._starts = np.cumsum([0, *(len(a) for a in self.arrays)])
        self._large = sum(a.nbytes for a in self.arrays) > STAY
        self._mapped, self._held, self._lock = 0, set[int](), threading.Lock()
        if len({a.shape[1:] for a in self.arrays}) > 1:
            message = f"embeddings of different shapes: {sorted({a.shape[1:] for a in self.arrays})}"
            raise ArchiveDamaged(message)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def between(self, start: int, stop: int) -> NDArray[Any]:
        """The rows from `start` to before `stop`, as one array, which may be a view."""
        first = int(np.searchsorted(self._starts, start, side="right")) - 1
        last = int(np.searchsorted(self._starts, stop, side="left"))
        self._map(range(first, last), (stop - start) * self.arrays[0][:1].nbytes)
        slices = [
            array[max(0, start - begin) : stop - begin]
            for array, begin in zip(self.arrays[first:last], self._starts[first:last].tolist(), strict=True)
        ]
        return slices[0] if len(slices) == 1 else np.concatenate(slices)

    def take(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """The rows with these numbers, in the order given, as one new array. Raises `ArchiveDamaged` beyond the end."""
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(self):
            bad = rows.min() if rows.min() < 0 else rows.max()
            message = f"embeddings: row {bad} is asked of {len(self)} stored ones; were the files replaced?"
            raise ArchiveDamaged(message)
        part = np.searchsorted(self._starts, rows, side="right") - 1
        out = np.empty((len(rows), *self.arrays[0].shape[1:]), np.result_type(*self.arrays))
        together = max(1, MAPPED // AROUND if self._large else len(rows))
        for some in (slice(start, start + together) for start in range(0, len(rows), together)):
            self._take(rows[some], part[some], out[some])
        return out

    def _take(self, rows: NDArray[np.int64], part: NDArray[np.int64], out: NDArray[Any]) -> None:
        parts = np.unique(part)
        self._map(parts.tolist(), len(rows) * AROUND)
        for p in parts:
            here = part == p
            out[here] = self.arrays[p][rows[here] - self._starts[p]]

    def _map(self, parts: Iterable[int], size: int) -> None:
        """Note that so many bytes of these arrays are about to be mapped; what was mapped before goes if it is much."""
        if not self._large:
            return
        with self._lock:
            if self._mapped + size > MAPPED:
                for array in (self.arrays[part] for part in self._held):
                    if isinstance(array, np.memmap) and hasattr(mmap, "MADV_DONTNEED"):
                        array._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]  # no public name
                self._held.clear()
                self._mapped = 0
            self._held.update(parts)
            self._mapped += size
