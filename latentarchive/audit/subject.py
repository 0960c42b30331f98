"""`Subject`: what is audited, an archive, a table of image-text pairs or a contrast, as a view that checks ask in SQL.

A check names what it needs by role (``url``, ``caption``, ``similarity``) and gets the expression that stands for it
here, whatever the publisher calls it and however deep it lies. Withheld items are in no view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.database import READERS, database, of_files, quoted, tables
from latentarchive.audit.finding import Skip
from latentarchive.audit.roles import DATES, ROLES, TEXT, YEAR, Column, find
from latentarchive.dates import parse_years
from latentarchive.diffusion.contrast import FILE, Contrast
from latentarchive.errors import ArchiveError, SourceError

T = TypeVar("T")


class Subject:
    """An archive, a table in files, or a contrast, open for checks. Use it as a context: it holds a database."""

    def __init__(
        self, name: str, db: duckdb.DuckDBPyConnection, archive: Archive | None, contrast: Contrast | None = None
    ) -> None:
        """Wrap a database whose view `items` has one row an item; see `open`."""
        self.name, self.archive, self.contrast, self._db = name, archive, contrast, db
        #: Of the columns, as published.
        self.names: list[str] = [row[0] for row in db.execute("DESCRIBE items").fetchall()]
        self._functions: set[str] = set()
        self._kept: dict[str, Any] = {}
        self.n: int = db.execute("SELECT count(*) FROM items").fetchall()[0][0]

    @classmethod
    def open(cls, path: str | Path) -> Subject:
        """Open an archive by directory or name, a table (a file, or a folder of such), or a contrast's folder.

        Raises:
            SourceError: There is none of these.
            ArchiveError: The archive, or the contrast, cannot be opened.
        """
        if (Path(path) / FILE).is_file():
            return cls.of_contrast(_shown(Contrast.load(Path(path)), Path(path)), Path(path).resolve().name)
        files = tables(Path(path))
        if not files and Path(path).is_file():
            message = f"{path} is no table that can be read: its name must end in {', '.join(READERS)}"
            raise SourceError(message)
        return cls(Path(path).name, of_files(files, str(path)), None) if files else cls.of(Archive.open(path))

    @classmethod
    def of(cls, archive: Archive, rows: NDArray[np.int64] | None = None) -> Subject:
        """An open archive, or some of its rows, without the items that are withheld now."""
        mask = archive.visible
        if rows is not None:
            mask = np.zeros_like(mask)
            mask[rows] = archive.visible[rows]
        db = database([])
        db.register("stored", archive.collection.where(mask))
        db.execute("CREATE VIEW items AS SELECT * FROM stored")
        return cls(archive.name, db, archive)

    @classmethod
    def of_contrast(cls, contrast: Contrast, name: str) -> Subject:
        """A contrast: its items are the generated images."""
        db = database([])
        db.register("stored", pa.table({"id": pa.array([one.id for one in contrast.made], pa.string())}))
        db.execute("CREATE VIEW items AS SELECT * FROM stored")
        return cls(name, db, None, contrast)

    def __enter__(self) -> Subject:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @property
    def kind(self) -> str:
        """``archive``, ``table`` or ``contrast``."""
        if self.contrast is not None:
            return "contrast"
        return "table" if self.archive is None else "archive"

    @property
    def items(self) -> str:
        """What n counts, in words."""
        if self.contrast is not None:
            return "generated images"
        return "rows of the table" if self.archive is None else "items that are shown"

    @property
    def noun(self) -> str:
        """The same in one word."""
        return "rows" if self.archive is None else "items"

    @property
    def further(self) -> list[str]:
        """Names of what an archive has beyond its columns, as `field` wants them; none of a table."""
        return [f"extra.{name}" for name in sorted(self._extra.values())]

    # Columns.

    def sql(self, role: str) -> str:
        """The SQL expression of a role, of its type. Raises `Skip` with the names that were looked for."""
        if role == "caption" and self.archive is not None:
            return "coalesce(nullif(text, ''), title)"
        kind, names = ROLES[role]
        column = self._found(names)
        if kind == YEAR and (date := self._dates) is not None:
            return self._read_year(role, date)
        if column is None:
            message = f"there is no column for {role}: looked for {', '.join(names)}"
            raise Skip(message)
        # Stored numbers may be texts, floats or integers; what cannot be read is NULL and is counted as such.
        if kind == YEAR:
            text = f"CAST({column.sql} AS VARCHAR)"
            return f"coalesce(TRY_CAST({text} AS DOUBLE), year(TRY_CAST({text} AS DATE)))"
        return column.sql if kind == TEXT else f"TRY_CAST({column.sql} AS {kind})"

    @property
    def _dates(self) -> Column | None:
        """The column of dates in words, where no column gives years; else None."""
        years = [name for kind, names in ROLES.values() if kind == YEAR for name in names]
        return self._found(DATES) if self._found(years) is None else None

    def _read_year(self, role: str, date: Column) -> str:
        """The first or the last year that a date in words can mean."""
        end = int(role == "year_end")
        self.function(
            f"read_{role}",
            lambda texts: pa.array([parse_years(one or "")[end] for one in texts.to_pylist()], pa.float64()),
            "DOUBLE",
        )
        return f"read_{role}(CAST({date.sql} AS VARCHAR))"

    def has(self, role: str) -> bool:
        """Whether there is a column of this role."""
        kind, names = ROLES[role]
        return self._found(names) is not None or (kind == YEAR and self._dates is not None)

    def column_of(self, role: str) -> str:
        """The publisher's own name of the column. Raises `Skip` as `sql` does."""
        self.sql(role)
        kind, names = ROLES[role]
        column = self._found(names) or (self._dates if kind == YEAR else None)
        return column.name if column is not None else role

    def field(self, name: str) -> str:
        """The SQL expression of a column by its own name, ``extra.NAME`` for further ones of an archive, or of a role.

        Raises:
            Skip: There is no such column.
        """
        own = name.removeprefix("extra.")
        aliases = [name for name in ROLES[own][1] if name != own] if own in ROLES else []
        column = self._found((own, *aliases))
        if column is None:
            message = f"there is no column {name!r}" + (f": looked for {', '.join(aliases)} too" if aliases else "")
            close = get_close_matches(name, [*self.names, *self.further], n=1)
            message += f"; there is {close[0]!r}" if close else ""
            raise Skip(message)
        return column.sql

    def type_of(self, sql: str) -> str:
        """The type of an expression over the items as DuckDB names it, ``VARCHAR``; "" where there are no items."""
        found = self.rows(f"SELECT typeof({sql}) FROM items LIMIT 1")
        return str(found[0][0]) if found else ""

    def named(self, name: str) -> bool:
        """Whether there is a column of this name, in any case; `field` gives its expression."""
        return self._found((name.removeprefix("extra."),)) is not None

    @property
    def example(self) -> str:
        """An expression that names a row to a person: its id, else its address, else its number."""
        for role in ("id", "url"):
            if self.has(role):
                return f"CAST({self.sql(role)} AS VARCHAR)"
        return "'row'"

    def _found(self, names: Iterable[str]) -> Column | None:
        return find(names, self.names, self._extra)

    @cached_property
    def _extra(self) -> dict[str, str]:
        """By name in lower case: what an archive has beyond its columns."""
        if self.archive is None:
            return {}
        rows = self._db.execute("SELECT DISTINCT unnest(map_keys(extra)) FROM items ORDER BY 1").fetchall()
        return {key.lower(): key for (key,) in rows}

    # Questions.

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query over the view `items`."""
        return self._db.execute(query, list(parameters)).fetchall()

    def row(self, query: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The one row of a query, for example of counts."""
        return self.rows(query, parameters)[0]

    def arrow(self, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The rows of a query as an Arrow table."""
        return self._db.execute(query, list(parameters)).to_arrow_table()

    def once(self, name: str, query: str) -> str:
        """The name of a temporary table made by a query the first time it is asked for, for checks that share it."""
        made = self._db.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [name]).fetchall()
        if not made[0][0]:
            self._db.execute(f"CREATE TEMP TABLE {quoted(name)} AS {query}")
        return quoted(name)

    def function(self, name: str, function: Callable[[pa.Array], pa.Array], returns: str) -> None:
        """Let queries call a Python function of one text column, a block at a time; it is given NULL, and may give it.

        For what SQL cannot do, over distinct values: it runs on one processor.

        Args:
            name: What it is called in SQL; made once.
            function: From an Arrow array of texts to one of as many values.
            returns: Their SQL type.
        """
        if name not in self._functions:
            parameters, result = [duckdb.sqltype("VARCHAR")], duckdb.dtype(returns)
            # duckdb's own stubs do not know the types that its functions return
            self._db.create_function(name, function, parameters, result, type="arrow", null_handling="special")  # type: ignore[call-overload]
            self._functions.add(name)

    def put(self, name: str, table: pa.Table) -> None:
        """Let queries ask an Arrow table by this name, in place of one that was put there before."""
        self._db.register(name, table)

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """What a function makes the first time it is asked for under a name, for checks that share what takes long."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    # What only an archive has.

    def holding(self) -> Archive:
        """The archive. Raises `Skip` for a table, and for a contrast."""
        if self.archive is None:
            message = f"this is a {self.kind}: " + (
                "ask the archive itself" if self.contrast else "there are no images and no vectors"
            )
            raise Skip(message)
        return self.archive

    def contrasted(self) -> Contrast:
        """The contrast. Raises `Skip` for anything else."""
        if self.contrast is None:
            kind = "an archive" if self.archive else "a table"
            message = f"this is {kind} and no contrast; `latentarchive contrast` makes one"
            raise Skip(message)
        return self.contrast

    def with_vectors(self) -> Archive:
        """The archive with its vectors. Raises `Skip` where there are none."""
        archive = self.holding()
        if not archive.has_vectors:
            message = "this archive holds only metadata: there are no vectors"
            raise Skip(message)
        return archive


def _shown(contrast: Contrast, folder: Path) -> Contrast:
    """A contrast without what was withheld since, where its archive lies where it lay."""
    try:
        archive = Archive.open(folder / contrast.place, mend=False) if contrast.place else None
    except ArchiveError:
        return contrast
    return contrast.without(set(archive.log.current())) if archive is not None else contrast
