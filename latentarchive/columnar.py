"""``items.arrow``: the columns of all items, mapped into memory, for filters and whatever reads whole columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.ipc

from latentarchive import storage
from latentarchive.catalogue import SCHEMA, read_part
from latentarchive.errors import ArchiveDamaged
from latentarchive.mapping import map_file, scattered

ROWS_TOGETHER = 65_536
"""Rows in a batch of ``items.arrow``: some 30 MB."""


def write_columns(parts: Sequence[Path], path: Path) -> None:
    """Join Parquet parts to one file that can be mapped, whole or not at all.

    In batches of `ROWS_TOGETHER`: fewer, larger ones are quicker to take rows from.

    Raises:
        WriteRefused: The disk is full, or we may not write there.
        ArchiveDamaged: A part is missing or cannot be read.
    """

    def fill(handle: IO[bytes]) -> None:
        with pa.ipc.new_file(handle, SCHEMA) as writer:
            waiting: list[pa.Table] = []
            for part in parts:
                waiting.append(read_part(part))
                if sum(map(len, waiting)) >= ROWS_TOGETHER:
                    writer.write_table(pa.concat_tables(waiting).combine_chunks())
                    waiting = []
            if waiting:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())

    storage.write_stream(path, fill)


def open_columns(path: Path) -> pa.Table:
    """All rows with the columns of `SCHEMA`; only what says where they lie is read, one page a batch.

    Raises:
        ArchiveDamaged: The file is missing, torn or has other columns.
    """
    try:
        mapped = map_file(path)
        with scattered(mapped):
            table: pa.Table = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(mapped))).read_all()
    except (OSError, ValueError) as error:  # pa.ArrowInvalid is a ValueError
        message = f"{path} cannot be read ({error}); delete it and it is rebuilt from items/"
        raise ArchiveDamaged(message) from error
    if not table.schema.equals(SCHEMA):
        message = f"{path} has other columns than an archive of this version; delete it and it is rebuilt"
        raise ArchiveDamaged(message)
    return table
