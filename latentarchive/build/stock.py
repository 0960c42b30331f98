"""What a finished archive has of images: by the digest of a file its vector, size and thumbnail, made once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from latentarchive.embeddings import Stacked, load_array
from latentarchive.holdings import Holdings
from latentarchive.lookup import FirstRows
from latentarchive.manifest import Manifest


class Taken(NamedTuple):
    """What an archive has of an image."""

    row: int
    width: int | None
    height: int | None
    #: WebP.
    thumb: bytes


class Stock:
    """The images of a finished archive, which is only read. Safe in threads."""

    def __init__(self, folder: Path) -> None:
        """Open the archive in a directory. Raises `ArchiveDamaged`, `ArchiveNotFound`."""
        self.folder = folder
        self.manifest = Manifest.load(folder)
        holdings = Holdings(folder, self.manifest)
        self.collection = holdings.collection
        #: The folder of the originals; None where it is not told.
        self.root = holdings.root if self.manifest.root else None
        self._thumbs = lru_cache(maxsize=2)(self._read_thumbs)  # look-ahead may reach into the next part
        self._starts = np.cumsum([0, *self.manifest.parts])
        self._images: FirstRows | None = None  # metadata alone, and published vectors, come without images
        if holdings.has_vectors and not self.manifest.published:
            self._images = FirstRows(self.collection.table["sha256"])
            self._unit, self._norms = (self._stacked(name) for name in ("part", "norms"))

    def taken(self, item_id: str, sha256: str) -> Taken | None:
        """What the archive has of an image by the digest of its file, None if it has no such image.

        Of several copies the one under this id counts: an encoder may round them differently.
        """
        row = None
        if self._images is not None:
            row = self.collection.row(item_id)
            if row is None or self.value("sha256", row) != sha256:
                row = self._images.get(sha256)
        if row is None:
            return None
        part = int(np.searchsorted(self._starts, row, side="right")) - 1
        thumb = self._thumbs(part)[row - int(self._starts[part])].as_py()
        return Taken(row, self.value("width", row), self.value("height", row), thumb)

    def vectors(self, rows: Sequence[int]) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
        """The stored unit rows, shape (len(rows), dim), and raw norms, shape (len(rows),), of some rows."""
        numbers = np.asarray(rows, dtype=np.int64)
        return self._unit.take(numbers), self._norms.take(numbers)

    def value(self, column: str, row: int) -> Any:
        """What the catalogue has in a column of a row."""
        return self.collection.table[column][row].as_py()

    def _stacked(self, name: str) -> Stacked:
        folder = self.folder / "embeddings"
        return Stacked([load_array(folder / f"{name}-{part:05d}.npy") for part in range(len(self.manifest.parts))])

    def _read_thumbs(self, part: int) -> pa.ChunkedArray:
        path = self.folder / f"thumbs/part-{part:05d}.parquet"
        return pq.read_table(path, columns=["webp"], partitioning=None)["webp"]
