"""Raw rows of one table file, whatever its format, one after the other."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from latentarchive.errors import SourceError, nearest
from latentarchive.sources.files import shown
from latentarchive.sources.values import collapsed, flatten, leaves

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
}
"""File suffix to format; all but Parquet may be compressed (``.csv.gz``)."""

FIELD_LIMIT = 16 * 2**20
"""Longest CSV field in characters. The csv module's 131,072 is too short for transcribed pages; with no
limit at all, one quote that is never closed would read the rest of the file into memory."""

BATCH = 1024
"""Rows of a Parquet file in memory at once."""

Row = Mapping[str, Any] | str
"""The values of a row by column name, or the reason why there are none."""

_DAMAGE = (EOFError, OSError, zlib.error, UnicodeError)


@dataclass(frozen=True)
class TableFile:
    """One file of rows. Memory does not grow with the rows, but for JSON, which is read whole."""

    path: Path
    #: A value of `FORMATS`; "": what the suffix says.
    format: str = ""
    encoding: str = "utf-8"
    #: Between the fields of a CSV file; "": what the format says.
    delimiter: str = ""

    def __post_init__(self) -> None:
        """Raise `SourceError` for a format that is not known."""
        suffixes = [s.lower() for s in self.path.suffixes]
        kind = self.format or FORMATS.get(next((s for s in reversed(suffixes) if s != ".gz"), ""), "")
        if kind not in FORMATS.values():
            what = f"format {self.format!r}" if self.format else f"a table with suffix {''.join(suffixes[-2:])!r}"
            message = f"{shown(str(self.path))}: {what} is not known; {nearest(kind, set(FORMATS.values()))}"
            raise SourceError(message)
        object.__setattr__(self, "format", kind)

    def names(self) -> Iterator[list[str]]:
        """Column names in groups: the header, or the keys of each JSON record, nested ones dotted.

        Raises:
            SourceError: There is no usable header.
        """
        if self.format == "parquet":
            yield list(leaves(self._footer.schema.to_arrow_schema()))
        elif self.format in ("csv", "tsv"):
            with self._text() as lines:
                yield self._header(csv.reader(lines, delimiter=self._separator))
        else:
            yield from (list(flatten(row)) for _, row in self.rows() if not isinstance(row, str))

    def count(self) -> int | None:
        """The number of rows where the file states it, else None."""
        if self.format == "parquet":
            return int(self._footer.num_rows)
        return len(self._json) if self.format == "json" else None

    def rows(self, start: int = 0) -> Iterator[tuple[int, Row]]:
        """Each row with the number of its first line (in Parquet and JSON, of the row) from 1, or why it is unusable.

        Args:
            start: Begin with this row; more than 0 only where `count` is not None.

        Raises:
            SourceError: The file cannot be read at all.
        """
        if self.format == "parquet":
            return parquet_rows(self.path, start)
        if self.format == "json":
            return iter([(n, row) for n, row in enumerate(self._json, 1) if n > start])
        return self._csv_rows() if self.format in ("csv", "tsv") else self._json_lines()

    @cached_property
    def _footer(self) -> pq.FileMetaData:
        return parquet_footer(self.path)

    @property
    def _separator(self) -> str:
        return self.delimiter or ("\t" if self.format == "tsv" else ",")

    def _text(self) -> io.TextIOWrapper:
        """The file as text; bytes that are not of its encoding become half surrogate pairs."""
        encoding = "utf-8-sig" if re.fullmatch(r"(?i)utf[-_]?8", self.encoding) else self.encoding
        try:
            codecs.lookup(encoding)
            gz = self.path.suffix.lower() == ".gz"
            binary: Any = gzip.open(self.path) if gz else self.path.open("rb")  # noqa: SIM115  # closed with the text
        except (OSError, LookupError) as error:
            message = f"{shown(str(self.path))} cannot be read: {error}"
            raise SourceError(message) from error
        return io.TextIOWrapper(binary, encoding=encoding, errors="surrogateescape", newline="")

    def _header(self, reader: Any) -> list[str]:
        """The column names, or SourceError for a first line that cannot be a header."""
        where = shown(str(self.path))
        try:
            raw: list[str] = next(reader, [])
        except (csv.Error, *_DAMAGE) as error:
            message = f"{where} cannot be read: {error}"
            raise SourceError(message) from error
        names = [collapsed(name) for name in raw]
        problem = ""
        if not any(names):
            problem = "its first line names no columns"
        elif names[0].startswith("version https://git-lfs"):
            problem = "it is only a pointer to the file in Git LFS; run: git lfs pull"
        elif any(map(_undecodable, names)) or any("\0" in name for name in raw):
            problem = f"its first line is not {self.encoding}; set encoding (utf-16 for Excel's Unicode text, cp1252)"
        elif len(names) == 1 and (other := re.search(r"[;\t,|]", names[0])):
            problem = f"its header is one column {names[0][:60]!r}; set delimiter = {other[0]!r}"
        elif data := next((n for n in names if re.match(r"(?i)https?://|[+-]?[0-9.]+$", n)), ""):
            problem = (
                f"its first line holds {data[:60]!r}, a value rather than a column name; add a line of column names"
            )
        elif twice := next((name for name in names if names.count(name) > 1), ""):
            problem = f"it has two columns {twice!r}; rename one"
        elif "" in names[1:]:
            problem = f"column {names.index('', 1) + 1} has no name; name it"
        if problem:
            message = f"{where}: {problem}"
            raise SourceError(message)
        return [names[0] or "column 1", *names[1:]]  # pandas leaves its index without a name

    def _csv_rows(self) -> Iterator[tuple[int, Row]]:
        with self._text() as lines:
            reader = csv.reader(lines, delimiter=self._separator)
            header = self._header(reader)
            while True:
                line = reader.line_num + 1
                limit = csv.field_size_limit(FIELD_LIMIT)
                try:
                    fields = next(reader, None)
                except csv.Error as error:
                    yield line, f"{error} ({_lines(line, reader.line_num)})"
                    continue
                except _DAMAGE as error:
                    yield line, f"the file is damaged from here on: {error}"
                    return
                finally:
                    csv.field_size_limit(limit)
                if fields is None:
                    return
                if not fields:
                    continue  # an empty line is no row
                where = _lines(line, reader.line_num)
                if len(fields) != len(header):
                    hint = "; is a quote not closed?" if reader.line_num > line else ""
                    yield line, f"{len(fields)} fields where the header has {len(header)} ({where}{hint})"
                elif any(map(_undecodable, fields)):
                    yield line, f"bytes that are not {self.encoding} ({where})"
                elif any("\0" in value for value in fields):
                    yield line, f"a NUL byte ({where})"
                else:
                    yield line, dict(zip(header, fields, strict=True))

    def _json_lines(self) -> Iterator[tuple[int, Row]]:
        with self._text() as lines:
            for line in count(1):
                try:
                    text = next(lines, None)
                except _DAMAGE as error:
                    yield line, f"the file is damaged from here on: {error}"
                    return
                if text is None:
                    return
                if not text.strip():
                    continue
                if _undecodable(text):
                    yield line, f"bytes that are not {self.encoding} (line {line})"
                    continue
                try:
                    value = json.loads(text)
                except (ValueError, RecursionError) as error:
                    yield line, f"not JSON: {error} (line {line})"
                    continue
                yield line, value if isinstance(value, dict) else f"not a JSON object but {_kind(value)} (line {line})"

    @cached_property
    def _json(self) -> list[Row]:
        """The records of a JSON array, or of an object whose keys name them (a plain value is a title)."""
        where = shown(str(self.path))
        with self._text() as handle:
            try:
                value = json.loads(handle.read())
            except (ValueError, RecursionError, *_DAMAGE) as error:
                message = f"{where} is not JSON: {error}"
                raise SourceError(message) from error
        if isinstance(value, dict) and not any(isinstance(entry, list) for entry in value.values()):
            value = [{"key": k, **(v if isinstance(v, dict) else {"title": v})} for k, v in value.items()]
        if not isinstance(value, list):
            message = f"{where} is {_kind(value)}; a table is an array of objects, or an object of them by id"
            raise SourceError(message)
        return [v if isinstance(v, dict) else f"not a JSON object but {_kind(v)}" for v in value]


def parquet_footer(path: Path) -> pq.FileMetaData:
    """Counts and schema of a Parquet file, which is closed again: a collection may have thousands.

    Raises:
        SourceError: It is not Parquet, or has two columns of one name.
    """
    try:
        footer = pq.read_metadata(path)
        names = footer.schema.to_arrow_schema().names
    except (OSError, pa.ArrowException) as error:
        message = f"{shown(str(path))} cannot be read as Parquet: {collapsed(str(error))}"
        raise SourceError(message) from error
    if twice := next((name for name in names if names.count(name) > 1), ""):
        message = f"{shown(str(path))} has two columns {twice!r}; rename one"
        raise SourceError(message)
    return footer


def parquet_rows(path: Path, start: int = 0, columns: list[str] | None = None) -> Iterator[tuple[int, Row]]:
    """The rows of a Parquet file from `start` on, numbered from 1; row groups before it are not read.

    The rows of a damaged row group are each given with the reason.
    """
    row = 0
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            end = row + file.metadata.row_group(group).num_rows
            try:
                batches = file.iter_batches(batch_size=BATCH, row_groups=[group], columns=columns)
                for batch in batches if end > start else ():
                    first = max(0, start - row)
                    yield from enumerate(batch.slice(first).to_pylist(), row + first + 1)
                    row += len(batch)
            except (OSError, pa.ArrowException) as error:
                for number in range(max(row, start) + 1, end + 1):
                    yield number, f"row group {group} cannot be read: {collapsed(str(error))}"
            row = end


def _undecodable(text: str) -> bool:
    return not text.isascii() and re.search("[\udc80-\udcff]", text) is not None


def _lines(first: int, last: int) -> str:
    return f"line {first}" if last <= first else f"lines {first} to {last}"


def _kind(value: Any) -> str:
    kinds = {dict: "an object of lists", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")
