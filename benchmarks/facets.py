"""Facets of many works: read once, then counted with every choice that a visitor makes.

    python -m benchmarks.facets [--rows 100000] [--catalogue DIR]

The synthetic catalogue of `benchmarks.metadata`. Six facets and the years are counted, each among what all other
choices leave, for a visitor who chose nothing, and for one who chose values of three facets and a span of years.
Writes ``results/facets.json``.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine, save
from benchmarks.metadata import write
from latentarchive.collection import Collection
from latentarchive.faceting import Choice, Facets

NAMES = ("creator", "subjects", "rights", "rights_class", "decade", "century")
TRIALS = 15


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--catalogue", type=Path, default=Path("models/catalogue"), help="where catalogues lie")
    given = parser.parse_args()
    facts = machine()
    figures = {"rows": given.rows, "facets": list(NAMES)} | counted(Collection(*write(given.catalogue, given.rows)))
    figures["machine"] = facts
    print(json.dumps(figures, indent=1))
    print(f"written: {save('facets', figures)}")


def counted(collection: Collection) -> dict[str, Any]:
    """Seconds to read all facets, and the median milliseconds of a count for either visitor."""
    facets, everything = Facets(collection.table), np.ones(len(collection), bool)
    began = time.perf_counter()
    _, counts, years = facets.counts(Choice(), NAMES, everything)
    figures: dict[str, Any] = {"read_s": round(time.perf_counter() - began, 3)}
    chosen = {name: tuple(value for value, _ in counts[name].values[:2]) for name in ("creator", "subjects", "century")}
    middle = (years.begins[len(years.begins) // 4], years.begins[-1])
    for name, choice in (("nothing", Choice()), ("several", Choice(values=chosen, years=middle))):
        took = []
        for _ in range(TRIALS):
            began = time.perf_counter()
            left, _, _ = facets.counts(choice, NAMES, everything)
            took.append(time.perf_counter() - began)
        figures[f"chosen_{name}"] = {"left": left, "median_ms": round(float(np.median(took)) * 1000, 2)}
    return figures


if __name__ == "__main__":
    main()
