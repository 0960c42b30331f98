"""How long a contrast takes, from the command to its page: 16 generated images beside 16 works of the cabinet.

    python -m benchmarks.contrast ARCHIVE [--turns 3]

ARCHIVE is that of the demo (archives/cabinet). Each turn is the command ``contrast`` as a process of its own, with the
shipped generator, for words and for a sweep of strengths over six works. Writes ``results/contrast.json``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import machine, save
from benchmarks.memory import ROOT

WORDS = "a large blue striped robe on a rose ground, woodcut"

TARGET_S = 60
"""What 16 images may take on two cores, report included."""

RUNS = {"words_16_images": ["-n", "16"], "sweep_of_6_works_5_strengths": ["--tell", "image", "-n", "6"]}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    facts = machine()
    figures: dict[str, object] = {"turns": given.turns, "target_s": TARGET_S}
    for name, options in RUNS.items():
        took = [seconds(given.archive.resolve(), options) for _ in range(given.turns)]
        figures[name] = {"median_s": round(statistics.median(took), 1), "all_s": [round(one, 1) for one in took]}
    figures["machine"] = facts
    print(json.dumps(figures, indent=1))
    print(f"written: {save('contrast', figures)}")


def seconds(archive: Path, options: list[str]) -> float:
    """Seconds of one command, in a folder of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "latentarchive", "contrast", str(archive), WORDS, *options]
        start = time.perf_counter()
        subprocess.run([*command, "--out", f"{scratch}/contrast"], cwd=ROOT, check=True, capture_output=True)
        return time.perf_counter() - start


if __name__ == "__main__":
    main()
