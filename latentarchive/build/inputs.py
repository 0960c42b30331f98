"""Which inputs belong to the parts that are missing, in order or each part by itself."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from latentarchive import storage
from latentarchive.build.plan import Part, Plan
from latentarchive.catalogue import read_part
from latentarchive.items import Record, Rejected
from latentarchive.sources import Source


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of one part. None of their ids is that of an input of an earlier part."""

    number: int
    records: tuple[Record | Rejected, ...]


class Missing:
    """The inputs of all missing parts, one after the other: iterate once."""

    def __init__(self, source: Source, plan: Plan, done: Mapping[int, Part]) -> None:
        """Read a source by a plan.

        Args:
            source: Its images are not read.
            plan: How many inputs a part has, and all together at most.
            done: The parts that are finished. The last one is missing all the same if the source has more for it now.
        """
        self._source, self._plan, self._done = source, plan, dict(done)
        #: Numbers of the parts whose first input was given, in order; whoever reads takes them out.
        self.begun: deque[int] = deque()

    def __iter__(self) -> Iterator[Record | Rejected]:
        for number, records in _by_part(self._source, self._plan, self._done):
            done = self._done.get(number)
            if done is not None and done.inputs == self._plan.part_inputs:
                deque(records, maxlen=0)
                continue
            here: Iterator[Record | Rejected] = records
            if done is not None:
                found = list(records)
                if len(found) == done.inputs:
                    continue
                here = iter(found)
            for first in islice(here, 1):
                self.begun.append(number)
                yield first
            yield from here


@dataclass(frozen=True)
class Independent:
    """The missing parts in which no id comes again from an earlier part: they can be made in any order, anywhere.

    Whether an id is taken depends on whether the earlier input could be used. The others are left out here, and
    wait until the parts before them are there.
    """

    folder: Path
    source: Source
    plan: Plan
    #: Inputs of the parts that are finished, by number.
    done: Mapping[int, Part]

    def __iter__(self) -> Iterator[Inputs]:
        with TemporaryDirectory() as scratch, closing(Ids(Path(scratch) / "ids.sqlite")) as ids:
            for number in range(_leading(self.plan, self.done)):
                ids.add(used_ids(self.folder, number, self.done[number]))
            for number, records in _by_part(self.source, self.plan, self.done):
                found = tuple(records)
                new = [ids.is_new(item_id) for item_id in {r.item.id for r in found if isinstance(r, Record)}]
                finished = number in self.done and self.done[number].inputs == len(found)
                if found and all(new) and not finished:
                    yield Inputs(number, found)


class Ids:
    """Which ids were seen, in a database that is thrown away."""

    def __init__(self, path: Path) -> None:
        """Begin anew in a file. Raises `WriteRefused`."""
        path.unlink(missing_ok=True)
        self._path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        self._run("PRAGMA journal_mode = OFF")
        self._run("PRAGMA synchronous = OFF")
        self._run("CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID")

    def is_new(self, item_id: str) -> bool:
        """Note an id; False if it was noted before."""
        return self._run("INSERT OR IGNORE INTO ids VALUES (?)", item_id) == 1

    def add(self, ids: Iterable[str]) -> None:
        """Note many ids."""
        self._run("BEGIN")
        for item_id in ids:
            self.is_new(item_id)
        self._run("COMMIT")

    def close(self) -> None:
        """Close the file; it is not removed."""
        self._db.close()

    def _run(self, sql: str, *values: str) -> int:
        with storage.refusals(self._path):
            try:
                return self._db.execute(sql, values).rowcount
            except sqlite3.OperationalError as error:
                raise OSError(str(error)) from error  # SQLite's word for a refused write


def used_ids(folder: Path, number: int, part: Part) -> Iterator[str]:
    """The ids that no input after a finished part may have."""
    return chain(read_part(folder / f"items/part-{number:05d}.parquet")["id"].to_pylist(), part.spent)


def _by_part(source: Source, plan: Plan, done: Mapping[int, Part]) -> Iterator[tuple[int, Iterator[Record | Rejected]]]:
    """Every part from the first that is not whole on, with its inputs, to the end; read them before the next."""
    first = _leading(plan, done)
    start = first * plan.part_inputs
    records = islice(source.records(start), None if plan.limit is None else max(0, plan.limit - start))
    for number in count(first):
        head = next(records, None)
        if head is None:
            return
        yield number, chain([head], islice(records, plan.part_inputs - 1))


def _leading(plan: Plan, done: Mapping[int, Part]) -> int:
    """How many parts from the first on are finished and as long as a part can be."""
    return next(n for n in count() if n not in done or done[n].inputs < plan.part_inputs)
