"""One name for every export format, and the one way to ask for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.errors import ArchiveError, QueryError, nearest
from latentarchive.export.copy import write_copy
from latentarchive.export.tables import write_csv, write_jsonl, write_parquet

FORMATS: dict[str, Callable[[Archive, NDArray[np.int64], Path], None]] = {
    "copy": write_copy,
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}
"""Each writes the given rows of an archive to a path."""


def export_archive(
    archive: Archive, format_name: str, *, out: Path | None = None, ids: Sequence[str] | None = None
) -> tuple[Path, int]:
    """Write the items of an archive, or some of them, to a file or (``copy``) a directory.

    Args:
        archive: What to export.
        format_name: csv, jsonl, parquet, or copy: a whole archive without the withheld items.
        out: Where; None: the archive's name with the format's ending, in the working directory.
        ids: Items to export, in row order whatever their order here; None: all that are shown.

    Returns:
        Where it was written, and how many items.

    Raises:
        QueryError: An id is unknown or withheld, or no item is left to export.
        ArchiveError: The format is unknown, or `out` exists already (an export never replaces anything).
        WriteRefused: The disk is full, or we may not write there.
    """
    if format_name not in FORMATS:
        message = f"unknown export format {format_name!r}; {nearest(format_name, FORMATS)}"
        raise ArchiveError(message)
    rows = archive.rows() if ids is None else np.array(sorted({archive.row(i) for i in ids}), dtype=np.int64)
    if not len(rows):
        message = f"archive {archive.name} has no item to export"
        raise QueryError(message)
    if out is None:
        out = Path(f"{archive.name}-copy" if format_name == "copy" else f"{archive.name}.{format_name}")
    if out.exists():
        message = f"{out} exists; remove it or give another --out"
        raise ArchiveError(message)
    FORMATS[format_name](archive, rows, out)
    return out, len(rows)


def read_ids(path: Path) -> list[str]:
    """Item ids of a text file, one a line; empty lines are passed over. Raises `QueryError`."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        message = f"the list of ids {path} cannot be read ({error}); give a UTF-8 text file with one id a line"
        raise QueryError(message) from error
    return [line.strip() for line in lines if line.strip()]
