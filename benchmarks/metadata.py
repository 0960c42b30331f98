"""Catalogue entries by row number: 3,000 random rows of a million, cold and warm.

    python -m benchmarks.metadata [--rows 1000000] [--work DIR]

The catalogue is synthetic and written as a build writes it. A figure is the median of seven turns, each with rows of
its own, in milliseconds: to open the collection (`open`), then to take the rows (`take`), as a table (`table`) or as
items (`items`). `columns` takes them from the columns, as nothing in the library does with whole rows that lie
scattered: it shows what the packed rows are for.

Cold means that the operating system was told to forget the files (posix_fadvise) and that the process is new; what lies
below the system may still remember. `bare` is the limit that then binds: 16 threads read the pages on which those rows
lie, and nothing else. Warm means that the files are in memory, but not yet mapped by the collection, which is opened
anew for each turn. Writes ``results/metadata.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.machine import machine, save
from latentarchive.catalogue import SCHEMA
from latentarchive.collection import Collection
from latentarchive.columnar import write_columns
from latentarchive.mapping import pages
from latentarchive.packed import write_packed
from latentarchive.storage import file_sha256, write_parquet

TAKEN, PART, TURNS, THREADS = 3_000, 1_024, 7, 16

WAYS: dict[str, Callable[[Collection, np.ndarray], object]] = {
    "table": Collection.take,
    "items": Collection.items,
    "columns": lambda collection, rows: collection.take(rows, SCHEMA.names),
}


def write(folder: Path, rows: int) -> tuple[Path, Path]:
    """The columns and the packed rows of a catalogue of so many works; what is there already is taken as it is."""
    columns, packed = (folder / f"items-{rows}.{kind}" for kind in ("arrow", "packed"))
    parts = [folder / f"items-{rows}" / f"part-{number:05d}.parquet" for number in range(-(-rows // PART))]
    for number, path in enumerate(parts):
        if not path.exists():
            write_parquet(path, part(range(number * PART, min((number + 1) * PART, rows))))
    if not columns.exists():
        write_columns(parts, columns)
    if not packed.exists():
        write_packed(parts, packed)
    return columns, packed


def part(here: range) -> pa.Table:
    """The entries of some works."""
    empty: dict[str, list] = {name: [""] * len(here) for name in SCHEMA.names}
    columns = empty | {
        "id": [f"synthetic:{row:09d}" for row in here],
        "image": [f"{row // 1000:06d}/{row:09d}.jpg" for row in here],
        "title": [f"Work {row}" for row in here],
        "text": [f"a synthetic caption of work {row}, about as long as captions are" for row in here],
        "creator": [f"Workshop {row % 977}" for row in here],
        "year": [1700 + row % 300 for row in here],
        "year_end": [1700 + row % 300 for row in here],
        "subjects": [[f"subject {row % 53}", f"subject {row % 101}"] for row in here],
        "rights": ["http://creativecommons.org/publicdomain/zero/1.0/"] * len(here),
        "rights_class": ["open"] * len(here),
        "url": [f"https://example.org/works/{row}" for row in here],
        "sha256": [f"{row:064x}" for row in here],
        "width": [640] * len(here),
        "height": [480] * len(here),
        "extra": [[("accession", f"{row}")] for row in here],
    }
    return pa.table(columns, schema=SCHEMA)


def chosen(n: int, seed: int) -> np.ndarray:
    """The numbers of the rows that are taken in one turn."""
    return np.random.default_rng(seed).integers(n, size=TAKEN)


def once(files: tuple[Path, Path], way: str, seed: int) -> dict[str, float]:
    """Milliseconds to open, and to take the rows, in this process."""
    began = time.perf_counter()
    collection = Collection(*files)
    opened = time.perf_counter()
    rows = chosen(len(collection), seed)
    asked = time.perf_counter()
    WAYS[way](collection, rows)
    done = time.perf_counter()
    return {"open": 1e3 * (opened - began), "take": 1e3 * (done - asked)}


def bare(packed: Path, seed: int) -> dict[str, float]:
    """Milliseconds to read the pages that hold the rows of a turn, in so many reads."""
    with packed.open("rb") as file:
        file.seek(-8, os.SEEK_END)
        end = int.from_bytes(file.read(8), "little")
        starts = np.fromfile(packed, "<i8", offset=end)
        rows = chosen(len(starts) - 1, seed)
        reads = pages(end + 8 * rows, end + 8 * rows + 16) + pages(starts[rows], starts[rows + 1])
        forget(packed)
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)

        def read(some: list[tuple[int, int]]) -> None:
            for start, stop in some:
                os.pread(file.fileno(), stop - start, start)

        began = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(read, [reads[thread::THREADS] for thread in range(THREADS)]))
        took = time.perf_counter() - began
    return {"take": 1e3 * took, "reads": len(reads)}


def forget(*paths: Path) -> None:
    """Have the operating system drop what it holds of files in memory."""
    for path in paths:
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def middle(turns: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure, and of their sum where there are two steps."""
    table = {name: round(float(np.median([turn[name] for turn in turns])), 1) for name in turns[0]}
    if "open" in table:
        table["both"] = round(float(np.median([sum(turn.values()) for turn in turns])), 1)
    return table


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, default=Path("models/catalogue"))
    parser.add_argument("--once", nargs=2, metavar=("WAY", "SEED"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    files = write(given.work, given.rows)
    if given.once is not None:
        print(json.dumps(once(files, given.once[0], int(given.once[1]))))
        return
    state = machine()
    command = [sys.executable, "-m", "benchmarks.metadata", "--rows", str(given.rows), "--work", str(given.work)]
    cold: dict[str, list[dict[str, float]]] = {"bare": [bare(files[1], seed) for seed in range(TURNS)]}
    for way in WAYS:
        cold[way] = []
        for seed in range(TURNS):
            forget(*files)
            done = subprocess.run([*command, "--once", way, str(seed)], check=True, stdout=subprocess.PIPE, text=True)
            cold[way].append(json.loads(done.stdout))
    for path in files:
        file_sha256(path)  # which reads it
    rows = chosen(given.rows, 0)
    opened = Collection(*files)
    assert opened.take(rows).equals(opened.take(rows, SCHEMA.names))
    warm = {way: [once(files, way, 100 + seed) for seed in range(TURNS)] for way in WAYS}
    figures = {
        "rows": given.rows,
        "taken": TAKEN,
        "bytes": sum(path.stat().st_size for path in files),
        "bytes_packed": files[1].stat().st_size,
        "cold_ms": {way: middle(turns) for way, turns in cold.items()},
        "warm_ms": {way: middle(turns) for way, turns in warm.items()},
        "machine": state,
    }
    print(json.dumps(figures, indent=1))
    print(f"written: {save('metadata', figures)}")


if __name__ == "__main__":
    main()
