"""Catalogue entries by row number: 3,000 random rows of a million, cold and warm.

    python -m benchmarks.metadata [--rows 1000000] [--work DIR]

The catalogue is synthetic and written as a build writes it. Cold means that the operating system was told to forget the
file (posix_fadvise) and that the process is new. Writes ``results/metadata.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.machine import machine, save
from latentarchive.collection import SCHEMA, Collection, write_arrow
from latentarchive.storage import write_parquet

TAKEN, PART = 3_000, 1_024


def write(folder: Path, rows: int) -> Path:
    """A catalogue of so many works; one that is there already is taken as it is."""
    path = folder / f"items-{rows}.arrow"
    if path.exists():
        return path
    parts = folder / f"items-{rows}"
    parts.mkdir(parents=True, exist_ok=True)
    names = []
    for number, start in enumerate(range(0, rows, PART)):
        here = range(start, min(start + PART, rows))
        columns: dict[str, list] = {name: [""] * len(here) for name in SCHEMA.names}
        columns |= {
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
        names.append(parts / f"part-{number:05d}.parquet")
        write_parquet(names[-1], pa.table(columns, schema=SCHEMA))
    write_arrow(names, path)
    return path


def once(path: Path, seed: int) -> dict[str, float]:
    """Milliseconds to open, and to take the rows as a table and as items, in this process."""
    began = time.perf_counter()
    collection = Collection(path)
    opened = time.perf_counter()
    rows = np.random.default_rng(seed).integers(len(collection), size=TAKEN)
    asked = time.perf_counter()
    table = collection.take(rows)
    taken = time.perf_counter()
    items = collection.items(rows)
    done = time.perf_counter()
    assert table["id"].to_pylist() == [item.id for item in items]
    return {"open": 1e3 * (opened - began), "table": 1e3 * (taken - asked), "items": 1e3 * (done - taken)}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, default=Path("models/catalogue"))
    parser.add_argument("--once", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    path = write(given.work, given.rows)
    if given.once is not None:
        print(json.dumps(once(path, given.once)))
        return
    cold = []
    for seed in range(5):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        command = [sys.executable, "-m", "benchmarks.metadata", "--once", str(seed), "--rows", str(given.rows)]
        command += ["--work", str(given.work)]
        cold.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))
    warm = [once(path, 100 + turn) for turn in range(5)]
    middle = {
        kind: {name: round(float(np.median([run[name] for run in runs])), 1) for name in runs[0]}
        for kind, runs in {"cold_ms": cold, "warm_ms": warm}.items()
    }
    figures = {"rows": given.rows, "taken": TAKEN, "bytes": path.stat().st_size, **middle, "machine": machine()}
    print(json.dumps(figures, indent=1))
    print(f"written: {save('metadata', figures)}")


if __name__ == "__main__":
    main()
