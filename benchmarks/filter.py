"""Search inside filters that keep from half of many vectors down to one in two thousand, beside the unfiltered search.

    python -m benchmarks.filter [--rows 1000000] [--work DIR] [--catalogue DIR]

Which rows pass is random. The index is that of `benchmarks.index`, built here if it is not there. What DuckDB takes to
turn an SQL filter over the synthetic catalogue of `benchmarks.metadata` into a set of rows is given apart. Writes
``results/filter.json``.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from benchmarks.index import built, opened
from benchmarks.machine import machine, save
from benchmarks.metadata import write
from benchmarks.searching import DIM, QUERIES, exact, searched, singly
from benchmarks.vectors import Space
from latentarchive.collection import Collection
from latentarchive.embeddings import Embeddings
from latentarchive.filters import matching
from latentarchive.index import AUTO, EXACT, Index, choose

SHARES = {
    0.5: "year < 1850",
    0.05: "year < 1715",
    0.005: "creator IN ('Workshop 1', 'Workshop 2', 'Workshop 3', 'Workshop 4', 'Workshop 5')",
    0.0005: "creator = 'Workshop 7' AND year % 2 = 0",
}
"""Shares of the rows, and for each a condition that about so many entries of the catalogue meet."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, default=Path("models/vectors"), help="where vectors and indexes lie")
    parser.add_argument("--catalogue", type=Path, default=Path("models/catalogue"), help="where catalogues lie")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    facts = machine()
    faiss.omp_set_num_threads(given.threads)
    embeddings = Space(DIM).write(given.work, given.rows)
    factory = choose(AUTO, given.rows, DIM)
    if factory != EXACT and not (given.work / f"{given.rows}.json").exists():
        built(embeddings, factory, given.work)
    index = opened(embeddings, factory, given.work)
    figures = {"rows": given.rows, "factory": factory, "threads": given.threads}
    figures |= filtered(index, embeddings, Space(DIM).queries(QUERIES))
    figures["sql"] = sql(Collection(*write(given.catalogue, given.rows)))
    figures["machine"] = facts
    print(json.dumps(figures, indent=1))
    print(f"written: {save('filter', figures)}")


def filtered(index: Index, embeddings: Embeddings, queries: np.ndarray) -> dict[str, Any]:
    """Recall and time inside random filters, the times also as multiples of the unfiltered search's."""
    random = np.random.default_rng(1)
    plain = searched(index, queries, exact(embeddings, queries)) | singly(index, queries)
    table = {}
    for share in SHARES:
        allowed = random.random(len(embeddings)) < share
        found = searched(index, queries, exact(embeddings, queries, allowed), allowed) | singly(index, queries, allowed)
        ratios = {f"{name}_ratio": round(found[name] / plain[name], 2) for name in ("batch_s", "median_ms")}
        table[f"{share:.2%}"] = found | ratios
    return {"unfiltered": plain, "filters": table}


def sql(collection: Collection) -> dict[str, dict[str, Any]]:
    """How long each condition takes to become a set of rows: the median of five, after one that warms up."""
    everything, table = collection.where(np.ones(len(collection), bool)), {}
    for share, condition in SHARES.items():
        took = []
        for _ in range(6):
            began = time.perf_counter()
            allowed = matching(everything, condition)
            took.append((time.perf_counter() - began) * 1e3)
        table[f"{share:.2%}"] = {
            "condition": condition,
            "kept": round(float(allowed.mean()), 6),
            "ms": round(float(np.median(took[1:])), 1),
        }
    return table


if __name__ == "__main__":
    main()
