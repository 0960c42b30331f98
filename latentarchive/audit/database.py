"""Tables in files as DuckDB reads them: a database in memory that may open these files and nothing else."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from latentarchive.errors import SourceError

MEMORY = "2GB"
"""What DuckDB may hold of a large table before it writes to the disk."""

READERS = {
    ".parquet": ("read_parquet", "union_by_name = true"),
    # Texts, whatever they look like: a role says what type its column has, and one odd value refuses no file.
    ".csv": ("read_csv", "union_by_name = true, all_varchar = true"),
    ".tsv": ("read_csv", "union_by_name = true, all_varchar = true"),
    ".jsonl": ("read_json_auto", "union_by_name = true, sample_size = -1"),
}
"""How DuckDB reads files of each suffix."""


def tables(path: Path) -> list[Path]:
    """The files of a table: one, or those of one kind in a folder; none where the path is an archive or nothing."""
    if path.is_file() and path.suffix.lower() in READERS:
        return [path]
    if path.is_dir() and not (path / "archive.json").exists():
        for suffix in READERS:
            for folder in (path, path / "metadata"):
                if found := sorted(file for file in folder.glob(f"*{suffix}") if file.is_file()):
                    return found
    return []


def of_files(files: list[Path], name: str) -> duckdb.DuckDBPyConnection:
    """A database whose `items` are the rows of these files of one kind.

    Raises:
        SourceError: They cannot be read; the message calls them by this name.
    """
    listed = [str(file.absolute()) for file in files]
    reader, more = READERS[files[0].suffix.lower()]
    db = database(listed)
    # Text files are read once: DuckDB 2.0 would turn TRY_CAST over them into a cast that refuses the file.
    made = "VIEW" if reader == "read_parquet" else "TABLE"
    try:
        db.execute(f"CREATE {made} items AS SELECT * FROM {reader}([{', '.join(map(string, listed))}], {more})")
        db.execute("SELECT count(*) FROM items")  # meets what is torn
    except duckdb.Error as error:
        db.close()
        reason = _not_utf8(files) or " ".join(str(error).partition("\n\n")[0].split())
        message = f"{name} cannot be read as a table: {reason}"
        raise SourceError(message) from error
    if reader == "read_csv":
        _check_columns(db, name)
    return db


def _not_utf8(files: list[Path]) -> str:
    """Which of some text files is not in UTF-8, and what would do; "" for files of other kinds."""
    for path in files:
        if path.suffix.lower() != ".parquet":
            try:
                with path.open(encoding="utf-8") as lines:
                    for _ in lines:
                        pass
            except UnicodeDecodeError:
                return f"{path.name} is not UTF-8; save it anew in that encoding"
            except OSError:
                continue
    return ""


def _check_columns(db: duckdb.DuckDBPyConnection, name: str) -> None:
    """See that a table of texts was not taken for one of a single column because its rows differ in length."""
    columns = [row[0] for row in db.execute("DESCRIBE items").fetchall()]
    if len(columns) == 1 and (sign := next((one for one in ",;\t" if one in columns[0]), "")):
        db.close()
        message = (
            f"{name} cannot be read as a table: its rows do not all have as many columns as its header, which is "
            f"parted by {sign!r}; mend them, or quote what holds that sign"
        )
        raise SourceError(message)


def database(files: list[str]) -> duckdb.DuckDBPyConnection:
    """A database in memory that may read these files and nothing else."""
    scratch = tempfile.gettempdir()
    settings: dict[str, Any] = {
        "memory_limit": MEMORY,
        "temp_directory": f"{scratch}/latentarchive-{os.getpid()}",
        "python_enable_replacements": "false",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "preserve_insertion_order": "false",
    }
    db = duckdb.connect(":memory:", config=settings)
    db.execute(f"SET allowed_paths = [{', '.join(string(file) for file in files)}]")
    db.execute("SET enable_external_access = false")
    db.execute("SET enable_progress_bar = false")
    db.execute("SET lock_configuration = true")
    return db


def quoted(name: str) -> str:
    """A name as SQL writes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def string(value: str) -> str:
    """A text as SQL writes it, whatever is in it."""
    return "'" + value.replace("'", "''") + "'"
