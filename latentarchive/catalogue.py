"""The catalogue as tables: the columns of an item, and the Parquet parts that an archive keeps them in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from latentarchive.errors import ArchiveDamaged
from latentarchive.items import Item, stored

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("image", pa.string()),
        ("title", pa.string()),
        ("text", pa.string()),
        ("creator", pa.string()),
        ("date", pa.string()),
        ("year", pa.int32()),
        ("year_end", pa.int32()),
        ("medium", pa.string()),
        ("place", pa.string()),
        ("subjects", pa.list_(pa.string())),
        ("rights", pa.string()),
        ("rights_class", pa.string()),
        ("mining", pa.string()),
        ("url", pa.string()),
        ("source", pa.string()),
        ("sha256", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("extra", pa.map_(pa.string(), pa.string())),
    ]
)
"""The columns of an item on disk, and the names that a filter may use."""

REJECTED_SCHEMA = pa.schema([("path", pa.string()), ("stage", pa.string()), ("reason", pa.string())])
"""The columns of what is not in an archive: the fields of `items.Rejected`."""


def to_table(items: Iterable[Item]) -> pa.Table:
    """Items as an Arrow table with the columns of `SCHEMA`."""
    rows = [item.record() for item in items]
    columns = {name: [row[name] for row in rows] for name in SCHEMA.names}
    columns["extra"] = [list(extra.items()) for extra in columns["extra"]]
    return pa.table(columns, schema=SCHEMA)


def from_table(table: pa.Table) -> list[Item]:
    """The items of a stored Arrow table or record batch with the columns of `SCHEMA`."""
    return stored(table.to_pydict())


def part_items(parts: Iterable[Path]) -> Iterator[Item]:
    """The items of Parquet parts in row order, one part in memory at a time. Raises `ArchiveDamaged`."""
    for part in parts:
        yield from from_table(read_part(part))


def read_part(path: Path) -> pa.Table:
    """The rows of one Parquet part. Raises `ArchiveDamaged` if it is missing, torn or has other columns."""
    try:
        table = pq.read_table(path, partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        message = f"{path} cannot be read ({error}); restore it from a copy, or build the archive again"
        raise ArchiveDamaged(message) from error
    if table.schema.names != SCHEMA.names:
        message = f"{path} has columns {table.schema.names}, expected {SCHEMA.names}"
        raise ArchiveDamaged(message)
    return table.cast(SCHEMA).combine_chunks()
