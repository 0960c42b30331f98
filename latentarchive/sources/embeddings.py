"""Published embeddings in the layout of clip-retrieval and LAION, opened where they lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from latentarchive.errors import CollectionError, SourceError
from latentarchive.images import SUFFIXES, UNSUPPORTED_SUFFIXES
from latentarchive.items import Record, Rejected
from latentarchive.sources.columns import Catalogued, Columns
from latentarchive.sources.files import find, found_in, number_of, shown
from latentarchive.sources.rows import Row, parquet_footer, parquet_rows
from latentarchive.sources.values import is_address, leaves


@dataclass(frozen=True, slots=True)
class VectorShard:
    """One ``.npy`` file of vectors, as its header describes it."""

    #: Relative to the root.
    path: str
    rows: int
    dim: int
    #: ``float16`` or ``float32``.
    dtype: str


@dataclass(frozen=True, kw_only=True)
class PublishedEmbeddings(Catalogued):
    """Vectors in ``img_emb/*.npy`` and their records in ``metadata/*.parquet``, without their images.

    Files are paired by the last number in their names, whatever its width, never by how they sort, and
    read in the order of those numbers. Every pair must have equal counts. Row i of a metadata file
    describes vector i of its pair; `Record.vector` is the row in all vectors one after the other, and a
    record that cannot be read is `Rejected` without moving the others. Nothing is written here.

    ``image_path`` is kept as `Item.image` only if it ends like an image file: from webdataset shards
    clip-retrieval writes the key there, which is no path.
    """

    #: Folder of both, relative to the root.
    path: str = "."
    #: Folder of vectors inside it; only files directly in it are read.
    vectors: str = "img_emb"
    #: Folder of metadata inside it.
    metadata: str = "metadata"

    @property
    def shards(self) -> tuple[VectorShard, ...]:
        """The files of vectors in number order; only their headers are read.

        Raises:
            SourceError: A file is not a 2-D float16 or float32 array in C order, the widths differ, or
                vectors and metadata do not pair; the message names the first such file.
        """
        return tuple(shard for shard, _ in self._pairs())

    def records(self, start: int = 0) -> Iterator[Record | Rejected]:
        """One record a vector, from the `start`-th on; see `Source.records`."""
        catalogue = self.catalogue
        pairs = list(self._pairs())
        for _, table in pairs:
            names = (leaves(parquet_footer(path).schema.to_arrow_schema()) for path in [table])
            catalogue.require(names, where=shown(str(table)))
        vector = 0
        for shard, table in pairs:
            if vector + shard.rows > start:
                skipped = max(0, start - vector)
                for number, (line, row) in enumerate(parquet_rows(table, skipped), vector + skipped):
                    yield self._record(catalogue, f"{shard.path}:{line}", row, number)
            vector += shard.rows

    def count(self) -> int | None:
        """The number of vectors, from the headers of their files."""
        return sum(shard.rows for shard in self.shards)

    def locate(self, image: str) -> bytes:
        """Raise `SourceError`: published embeddings come without their images."""
        message = f"{image}: {self.name} is published embeddings, without images; its items have addresses (url)"
        raise SourceError(message)

    def _record(self, catalogue: Columns, place: str, row: Row, vector: int) -> Record | Rejected:
        if isinstance(row, str):
            return Rejected(place, "source", row)
        try:
            item = catalogue.item(row, fallback=f"row-{vector + 1}")
            suffix = PurePosixPath(item.image).suffix.lower()
            if item.image and not is_address(item.image) and suffix not in SUFFIXES | UNSUPPORTED_SUFFIXES:
                item = replace(item, image="", extra={**item.extra, "image_path": item.image})
        except CollectionError as error:
            return Rejected(place, "source", str(error))
        return Record(item, vector=vector)

    def _pairs(self) -> Iterator[tuple[VectorShard, Path]]:
        place = find(self.root, self.path)
        arrays = _by_number(place / self.vectors, ".npy")
        tables = _by_number(place / self.metadata, ".parquet")
        for number, path in sorted({**tables, **arrays}.items()):
            if number not in arrays or number not in tables:
                other = self.metadata if number in arrays else self.vectors
                message = f"{shown(str(path))} has no partner of its number in {other}; fetch that, or move this away"
                raise SourceError(message)
        dim = 0
        for number, path in sorted(arrays.items()):
            shard, rows = self._shard(path), parquet_footer(tables[number]).num_rows
            where = shown(str(path))
            if dim and shard.dim != dim:
                message = f"{where} has vectors of {shard.dim} numbers, the files before it of {dim}: two encoders?"
                raise SourceError(message)
            dim = shard.dim
            if shard.rows != rows:
                message = f"{where} has {shard.rows} vectors, {tables[number].name} {rows} rows; fetch both again"
                raise SourceError(message)
            yield shard, tables[number]

    def _shard(self, path: Path) -> VectorShard:
        """The header of an array, checked."""
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            message = f"{shown(str(path))} cannot be read as an array: {error}; fetch it again"
            raise SourceError(message) from error
        problem = ""
        if array.ndim != 2 or 0 in array.shape:
            problem = f"has shape {array.shape}, not (rows, dimensions)"
        elif array.dtype not in (np.dtype("<f2"), np.dtype("<f4")):
            problem = f"holds {array.dtype}, not float16 or float32"
        elif not array.flags.c_contiguous:
            problem = "is in Fortran order, not C order"
        if problem:
            message = f"{shown(str(path))} {problem}; write it again with numpy.save"
            raise SourceError(message)
        return VectorShard(
            shown(path.relative_to(self.root).as_posix()), array.shape[0], array.shape[1], array.dtype.name
        )


def _by_number(folder: Path, suffix: str) -> dict[int, Path]:
    """The files of one suffix by the number in their names; a name without one counts as -1."""
    files: dict[int, Path] = {}
    for path in sorted(folder.glob(f"*{suffix}")) if folder.is_dir() else []:
        found = number_of(path)
        number = -1 if found is None else found
        if number in files:
            message = f"{shown(str(path))} and {files[number].name} have the same number; move one away"
            raise SourceError(message)
        files[number] = path
    if not files:
        message = f"no {suffix} files in {shown(str(folder))}; {found_in(folder)}; is the root right (--root)?"
        raise SourceError(message)
    return files
