"""A copy of an archive that can be given away: chosen rows only, no withheld items, no paths of this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from latentarchive import manifest as layout
from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.build.finish import derive
from latentarchive.build.parts import THUMB_SCHEMA, write_thumbs
from latentarchive.collection import Collection
from latentarchive.embeddings import Embeddings, file_marks, vector_files
from latentarchive.recipes import without_places


def write_copy(
    archive: Archive, rows: NDArray[np.int64], out: Path, *, describe: Callable[[Path], None] | None = None
) -> None:
    """Write the rows as an archive of its own.

    Published vectors that were opened in place are copied into it. The log of withheld items, the list of
    rejected inputs (it could name one of them) and all places outside the archive are left out; of a
    ``local:`` encoder only the folder's name is told. The directory appears under its name only when it
    is whole; what `describe` adds to it is part of that.
    """
    partial = out.with_name(out.name + storage.PARTIAL)
    with storage.refusals(out):
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir(parents=True)
            _fill(archive, rows, partial)
            if describe is not None:
                describe(partial)
            partial.rename(out)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise


def _fill(archive: Archive, rows: NDArray[np.int64], folder: Path) -> None:
    starts = np.cumsum([0, *archive.manifest.parts])
    files: dict[str, str] = {}
    sizes: list[int] = []
    norms = archive.embeddings.norms if archive.has_vectors else np.empty(0, np.float32)
    edges = np.searchsorted(rows, starts)
    for number, (begin, end) in enumerate(pairwise(edges.tolist())):
        files |= _part(archive, norms, number, rows[begin:end], int(starts[number]), folder)
        sizes.append(end - begin)
    embeddings = Embeddings.open(folder / "embeddings", len(sizes)) if archive.has_vectors else None
    derived, index = derive(folder, len(sizes), [], embeddings, archive.manifest.index.get("factory", ""))
    collection = Collection(folder / layout.ITEMS, folder / layout.PACKED)
    images = len(rows) if archive.manifest.counts["images"] else 0
    counts = {"inputs": len(rows), "items": len(rows), "images": images, "rejected": 0, "renormalized": 0}
    encoder = archive.manifest.encoder_name
    manifest = replace(
        archive.manifest,
        root="",
        recipe=without_places(archive.manifest.recipe),
        encoder=encoder,
        plan={**archive.manifest.plan, "encoder": encoder},
        encoder_folder="",
        digest=collection.digest(),
        counts=counts,
        parts=tuple(sizes),
        published=(),
        published_sha256=(),
        marks=file_marks(vector_files(folder / "embeddings", len(sizes), None)) if archive.has_vectors else (),
        index=index,
        files=dict(sorted((files | derived).items())),
        versions=layout.library_versions(),
    )
    manifest.save(folder)


def _part(
    archive: Archive,
    norms: NDArray[np.float32],
    number: int,
    rows: NDArray[np.int64],
    first: int,
    folder: Path,
) -> dict[str, str]:
    """Write the chosen rows of one part; its files' digests by name."""
    thumbs = archive.path / f"thumbs/part-{number:05d}.parquet"
    has_thumbs = thumbs.is_file()
    names = list(layout.part_files(number, encoded=archive.has_vectors, published=False, thumbs=has_thumbs))
    for name in names:
        path = folder / name
        if "norms-" in name:
            storage.write_array(path, norms[rows])
        elif name.startswith("embeddings/"):
            storage.write_array(path, archive.embeddings.take(rows).astype(np.float16))
        elif name.startswith("thumbs/"):
            table = pq.read_table(thumbs, partitioning=None).take(rows - first)
            numbers = np.arange(len(rows))
            write_thumbs(path, table.set_column(0, "row", [numbers]).cast(THUMB_SCHEMA))
        else:
            storage.write_parquet(path, archive.collection.take(rows))
    return {name: storage.file_sha256(folder / name) for name in names}
