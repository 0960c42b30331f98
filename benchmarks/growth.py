"""Does building stream? Peak memory, time and bytes of builds of 1,000 to 100,000 rows, from each kind of source.

    python -m benchmarks.growth [--sizes 1000 10000 100000] [--sources folder table webdataset huggingface embeddings]

Each build runs in a process of its own; the peak until its last image is encoded is told apart from that of the whole,
in which an index is trained where there are more rows than are searched exactly. The rows are synthetic
(`benchmarks.rows`). Images are encoded by the shipped encoder `tiny`. A source that is not asked for keeps the figures
it has. Writes ``results/growth.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import RESULTS, machine, save
from benchmarks.memory import watched
from benchmarks.rows import WRITERS, write
from latentarchive.storage import PARTIAL

STORED = ("items", "items.arrow", "items.packed", "words.sqlite", "embeddings", "thumbs", "index.faiss")
"""Files and folders of an archive whose bytes are told apart."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--sources", nargs="+", choices=WRITERS, default=list(WRITERS))
    given = parser.parse_args()
    path = RESULTS / "growth.json"
    figures: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    figures.setdefault("sources", {})
    for source in given.sources:
        facts = machine()
        builds = [built(source, size) for size in given.sizes]
        figures["sources"][source] = {
            "builds": builds,
            "largest_peak_over_least": {stage: spread(builds, stage) for stage in ("encoding", "whole")},
            "machine": facts,
        }
    print(json.dumps(figures, indent=1))
    print(f"written: {save('growth', {'sources': figures['sources']})}")


def built(source: str, size: int) -> dict[str, Any]:
    """One build from a source of its own, which is removed afterwards."""
    with tempfile.TemporaryDirectory() as scratch:
        recipe = write(source, Path(scratch) / "source", size)
        archive = Path(scratch) / "archive"
        first = archive / f"items.arrow{PARTIAL}"  # what is written first when all parts are there
        run = watched(
            [sys.executable, "-m", "latentarchive", "build", recipe, "--out", archive],
            turned=lambda: first.exists() or first.with_name("items.arrow").exists(),
        )
        sizes = {name: bytes_of(archive / name) for name in STORED}
        seconds = round(run.seconds, 2)
        return {"rows": size, "seconds": seconds, "encoding": run.before, "whole": run.memory, "bytes": sizes}


def spread(builds: Sequence[dict[str, Any]], stage: str) -> float:
    """The largest peak of resident memory over the least."""
    peaks = [build[stage]["resident_mb"] for build in builds]
    return round(max(peaks) / min(peaks), 3)


def bytes_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder; 0 if there is none."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


if __name__ == "__main__":
    main()
