"""A copy of an archive that can be given away: chosen rows only, no withheld items, no paths of this machine."""

from __future__ import annotations

import shutil
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
from latentarchive.embeddings import Embeddings


def write_copy(archive: Archive, rows: NDArray[np.int64], out: Path) -> None:
    """Write the rows as an archive of its own.

    Published vectors that were opened in place are copied into it. The log of withheld items and the
    place of the originals are left out, and so is what was rejected on account of an item that is not
    copied. The directory appears under its name only when it is whole.
    """
    partial = out.with_name(out.name + storage.PARTIAL)
    with storage.refusals(out):
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir(parents=True)
            _fill(archive, rows, partial)
            partial.rename(out)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise


def _fill(archive: Archive, rows: NDArray[np.int64], folder: Path) -> None:
    starts = np.cumsum([0, *archive.manifest.parts])
    files: dict[str, str] = {}
    sizes: list[int] = []
    for number, (first, last) in enumerate(pairwise(starts)):
        here = rows[(rows >= first) & (rows < last)]
        files |= _part(archive, number, here, int(first), sum(sizes), folder)
        sizes.append(len(here))
    embeddings = Embeddings.open(folder / "embeddings", len(sizes)) if archive.has_vectors else None
    rejected = _rejected(archive, rows)
    derived, index = derive(folder, len(sizes), rejected, embeddings, archive.manifest.index.get("factory", ""))
    collection = Collection(folder / layout.ITEMS)
    counts = {**archive.manifest.counts, "items": len(rows), "rejected": len(rejected), "renormalized": 0}
    counts |= {"inputs": len(rows) + len(rejected), "images": len(rows) if archive.manifest.counts["images"] else 0}
    manifest = replace(
        archive.manifest,
        root="",
        encoder_folder="",
        digest=collection.digest(),
        counts=counts,
        parts=tuple(sizes),
        published=(),
        index=index,
        files=dict(sorted((files | derived).items())),
        versions=layout.library_versions(),
    )
    manifest.save(folder)


def _part(
    archive: Archive, number: int, rows: NDArray[np.int64], first: int, first_copied: int, folder: Path
) -> dict[str, str]:
    """Write the chosen rows of one part; its files' digests by name."""
    thumbs = archive.path / f"thumbs/part-{number:05d}.parquet"
    has_thumbs = thumbs.is_file()
    names = list(layout.part_files(number, encoded=archive.has_vectors, published=False, thumbs=has_thumbs))
    for name in names:
        path = folder / name
        if "norms-" in name:
            storage.write_array(path, archive.embeddings.norms[rows])
        elif name.startswith("embeddings/"):
            storage.write_array(path, archive.embeddings.take(rows).astype(np.float16))
        elif name.startswith("thumbs/"):
            table = pq.read_table(thumbs, partitioning=None).take(rows - first)
            numbers = np.arange(first_copied, first_copied + len(rows))
            write_thumbs(path, table.set_column(0, "row", [numbers]).cast(THUMB_SCHEMA))
        else:
            storage.write_parquet(path, archive.collection.take(rows))
    return {name: storage.file_sha256(folder / name) for name in names}


def _rejected(archive: Archive, rows: NDArray[np.int64]) -> list[tuple[str, str, str]]:
    """The recorded rejections, without any that names an item which is not copied."""
    left_out = np.setdiff1d(np.arange(len(archive.collection)), rows)
    table = archive.collection.take(left_out, ["id", "image"])
    names = {name for column in table.columns for name in column.to_pylist() if name}
    found = pq.read_table(archive.path / layout.REJECTED, partitioning=None).to_pylist()
    kept = [(row["path"], row["stage"], row["reason"]) for row in found]
    return [row for row in kept if row[0] not in names and not names & set(row[2].split())]
