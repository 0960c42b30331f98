"""How long a command takes from nothing: `--help`, and `search --like ID` on 100,000 items.

    python -m benchmarks.startup [--rows 100000]

The items are synthetic published vectors of 512 dimensions with their index. Every command is a process of its own:
the median of five, with the page cache warm, and with the files of the archive dropped from it before each. The
program's own files stay in it. Writes ``results/startup.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine, save
from benchmarks.memory import ROOT, watched
from benchmarks.rows import write

TURNS = 5


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args()
    facts = machine()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        recipe = write("embeddings", folder / "published", given.rows)
        latentarchive("build", str(recipe), "--out", str(folder / "archive"))
        item = latentarchive("items", str(folder / "archive"), "-k", "1").split()[0]
        search = ["search", str(folder / "archive"), "--like", item]
        figures: dict[str, Any] = {
            "rows": given.rows,
            "help_s": timed(["--help"]),
            "search_like_id_s": {"warm": timed(search), "files_dropped": timed(search, dropped=folder)},
            "search_memory": watched([sys.executable, "-m", "latentarchive", *search]).memory,
            "turns": TURNS,
            "machine": facts,
        }
    print(json.dumps(figures, indent=1))
    print(f"written: {save('startup', figures)}")


def latentarchive(*arguments: str) -> str:
    """What a command of the program prints."""
    command = [sys.executable, "-m", "latentarchive", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def timed(arguments: list[str], *, dropped: Path | None = None) -> float:
    """Median seconds of a command, after one that warms up; the files of a folder are dropped before each."""
    seconds = []
    for _ in range(1 + TURNS):
        if dropped is not None:
            drop(dropped)
        began = time.perf_counter()
        latentarchive(*arguments)
        seconds.append(time.perf_counter() - began)
    return round(float(np.median(seconds[1:])), 3)


def drop(folder: Path) -> None:
    """Have the system forget the contents of all files of a folder; what is not on the disk yet is written first."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


if __name__ == "__main__":
    main()
