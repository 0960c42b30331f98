"""Filling an index shard by shard: each shard has a range of the rows, and merged they are the index, to the byte.

Only inverted files can be merged. Fast-scan ones pack the codes of 32 rows together, for which FAISS has no
merge that can be trusted (1.15 writes beyond its memory); those over RaBitQ codes are filled as plain RaBitQ,
merged, and packed at the end, which gives the same bytes as filling them packed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive import storage
from latentarchive.embeddings import BLOCK, Embeddings
from latentarchive.errors import ArchiveDamaged
from latentarchive.index.room import Copies

SHARD = 16 * BLOCK
"""Rows in a shard. Whole blocks: how vectors are rounded when they are rotated depends on those beside them."""


@dataclass(frozen=True)
class Shards:
    """An index while it is filled: ``trained.faiss`` without rows, and a file for each shard that is full."""

    folder: Path
    #: Of the archive.
    rows: int
    #: In a shard; a multiple of the block that is added at once.
    size: int

    @property
    def trained(self) -> Path:
        """The index without rows."""
        return self.folder / "trained.faiss"

    def begin(self, index: Any, vectors: Sequence[str]) -> None:
        """Write the trained index, or go on with the shards that are there if they are of this one and these vectors.

        Args:
            index: Trained, without rows.
            vectors: Digests of the files that hold the vectors.

        Raises:
            WriteRefused: The disk is full, or we may not write there.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        write(index, self.trained)
        key = {"trained": storage.file_sha256(self.trained), "size": self.size, "vectors": list(vectors)}
        path = self.folder / "key.json"
        if not path.is_file() or json.loads(path.read_bytes()) != key:
            for _, shard in self.all():
                shard.unlink(missing_ok=True)
            storage.write_json(path, key)

    def all(self) -> list[tuple[range, Path]]:
        """The rows and the file of each shard, in order."""
        starts = range(0, self.rows, self.size)
        return [
            (range(start, min(start + self.size, self.rows)), self.folder / f"shard-{number:05d}.faiss")
            for number, start in enumerate(starts)
        ]

    def missing(self) -> list[tuple[range, Path]]:
        """Those whose file is not there."""
        return [(rows, path) for rows, path in self.all() if not path.is_file()]


class ShardFiller:
    """Fills shards of a trained index; the plain class that a process of a cluster makes once."""

    def __init__(self, trained: Path, opened: Callable[[], Embeddings]) -> None:
        """Take the index without rows, and how to open the vectors."""
        self._trained = _read(trained)
        self._embeddings = opened()

    def __call__(self, shard: tuple[range, Path]) -> Path:
        """Write one shard, its rows numbered as in the archive, whole or not at all. Raises `WriteRefused`."""
        rows, path = shard
        lists = _loose(self._trained)
        for start in range(rows.start, rows.stop, BLOCK):
            block = transformed(self._embeddings.between(start, min(start + BLOCK, rows.stop)), self._trained)
            lists.add_with_ids(block, np.arange(start, start + len(block)))
        write(lists, path)
        return path


def transformed(block: NDArray[np.float32], index: Any) -> NDArray[np.float32]:
    """Rows as the inverted lists of an index get them, its rotation done.

    On one thread of FAISS: the last bits of a product depend on how many there are, and with them a code.
    """
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        for transform in _transforms(index):
            block = transform.apply(block)
    finally:
        faiss.omp_set_num_threads(threads)
    return block


def mergeable(index: Any) -> bool:
    """Whether shards of an index can be merged to what filling it at once gives."""
    import faiss

    if faiss.try_extract_index_ivf(index) is None:
        return False
    inner = _inner(index)
    return not isinstance(inner, faiss.IndexIVFFastScan) or isinstance(inner, faiss.IndexIVFRaBitQFastScan)


def copies(index: Any, shards: Shards) -> Copies:
    """What filling an index in these shards holds: the codes twice in memory if they are packed; the shards on disk."""
    import faiss

    packed = isinstance(_inner(index), faiss.IndexIVFRaBitQFastScan)
    missing = sum(len(rows) for rows, _ in shards.missing())
    return Copies(2.0 if packed else 1 + shards.size / shards.rows, 1 + missing / shards.rows)


def merged(index: Any, shards: Shards) -> Any:
    """The full index from its shards, one after the other.

    Args:
        index: Trained and empty; not to be used any more.
        shards: All of them are there; only one is in memory beside the result.

    Raises:
        ArchiveDamaged: A shard cannot be read.
    """
    import faiss

    inner = _inner(index)
    packed = isinstance(inner, faiss.IndexIVFRaBitQFastScan)
    lists = _loose(index) if packed else inner
    for _, path in shards.all():
        try:
            shard = _read(path)  # what is extracted from it points into it
        except RuntimeError as error:
            path.unlink(missing_ok=True)
            message = f"{path} cannot be read and was removed; run the same command again and it is made anew"
            raise ArchiveDamaged(message) from error
        lists.merge_from(faiss.extract_index_ivf(shard), 0)
    if not packed:
        index.ntotal = lists.ntotal
        return index
    whole = faiss.IndexIVFRaBitQFastScan(lists, inner.bbs)
    whole.qb, whole.nprobe = inner.qb, inner.nprobe
    for transform in reversed(_transforms(index)):
        whole = faiss.IndexPreTransform(transform, whole)
    whole.referenced_objects = [*getattr(whole, "referenced_objects", []), index, lists]  # it points into them
    return whole


def write(index: Any, path: Path) -> None:
    """Write an index, whole or not at all. Raises `WriteRefused`."""
    import faiss

    storage.write_stream(path, lambda handle: faiss.write_index(index, faiss.PyCallbackIOWriter(handle.write)))


def _read(path: Path) -> Any:
    import faiss

    return faiss.read_index(str(path))


def _inner(index: Any) -> Any:
    import faiss

    return faiss.downcast_index(faiss.extract_index_ivf(index))


def _loose(index: Any) -> Any:
    """Empty inverted lists as those of a trained index, whose codes are not packed; they point into it."""
    import faiss

    inner = _inner(index)
    if not isinstance(inner, faiss.IndexIVFRaBitQFastScan):
        return faiss.clone_index(inner)
    lists = faiss.IndexIVFRaBitQ(inner.quantizer, inner.d, inner.nlist, inner.metric_type, True, inner.rabitq.nb_bits)
    lists.is_trained, lists.qb = True, inner.qb
    return lists


def _transforms(index: Any) -> list[Any]:
    """What is done to a row before it comes to the inverted lists."""
    import faiss

    if not isinstance(index, faiss.IndexPreTransform):
        return []
    return [faiss.downcast_VectorTransform(index.chain.at(number)) for number in range(index.chain.size())]
