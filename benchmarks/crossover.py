"""Where one way to search becomes better than another: a scan than the index, for all rows and inside filters.

    python -m benchmarks.crossover [--work DIR] [--threads 2]

First `auto`: one query and a batch, by an exact scan and by the index it would build, over growing collections. Then
filters: both ways are timed for each size of filter, and what `Index` chose is set beside the faster one. How many
times longer its choice took is its regret; the constants of the rule that would have had the least are printed.
Vectors are synthetic (`benchmarks.vectors`). Writes ``results/crossover.json``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import machine, save
from benchmarks.vectors import SHARD, Space
from latentarchive.embeddings import Embeddings
from latentarchive.index import AUTO, Index, build_index, choice, choose, search

DIM, K, BATCH = 512, 10, 200
SIZES = (10_000, 20_000, 50_000, 100_000, 200_000)
FILTERED = (100_000, 200_000)
SHARES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002)
READINGS, COMPARINGS = (np.geomspace(start, 100 * start, 21) for start in (10.0, 0.1))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("models/vectors"), help="where the vectors lie")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    faiss.omp_set_num_threads(given.threads)
    Space(DIM).write(given.work, -(-max(SIZES) // SHARD) * SHARD)
    queries = Space(DIM).queries(BATCH)
    auto, filters = [], []
    for rows in SIZES:
        embeddings = first(given.work / "shards", rows)
        exact, index = Index(embeddings, encoder=""), indexed(embeddings)
        auto.append({"rows": rows} | compared(exact, index, queries))
        print(json.dumps(auto[-1]), flush=True)
        for share in SHARES if rows in FILTERED else ():
            for batch in (1, BATCH):
                filters.append(two_ways(index, queries[:batch], share))
                print(json.dumps(filters[-1]), flush=True)
    figures = {"threads": given.threads, "auto": auto, "filters": filters, "rule": rule(filters), "machine": machine()}
    print(json.dumps(figures["rule"], indent=1))
    print(f"written: {save('crossover', figures)}")


def first(folder: Path, rows: int) -> Embeddings:
    """The first rows of the shards in a folder, which is only read."""
    shards = [np.load(folder / f"part-{n:05d}.npy", mmap_mode="r") for n in range(-(-rows // SHARD))]
    parts = [shard[: rows - n * SHARD] for n, shard in enumerate(shards)]
    return Embeddings(parts, [np.ones(len(part), np.float32) for part in parts])


def indexed(embeddings: Embeddings) -> Index:
    """The index that `auto` would build if it never scanned."""
    with TemporaryDirectory() as folder, patch.object(choice, "EXACT_UP_TO", 0):
        path = Path(folder) / "index"
        tuning = build_index(embeddings, choose(AUTO, len(embeddings), DIM), path)
        return Index.open(path, embeddings, encoder="", tuning=tuning)


def median_ms(once: Callable[[], object], *, times: int) -> float:
    """Of one call, after one that warms up."""
    took = []
    for _ in range(times + 1):
        began = time.perf_counter()
        once()
        took.append(time.perf_counter() - began)
    return round(float(np.median(took[1:])) * 1e3, 3)


def compared(exact: Index, index: Index, queries: NDArray[np.float32]) -> dict:
    """One query and a batch by both; the recall of the index over the batch."""
    figures: dict = {}
    for name, asked in (("one", queries[:1]), ("batch", queries)):
        for way, by in (("scan", exact), ("index", index)):
            figures[f"{name}_{way}_ms"] = median_ms(lambda by=by, asked=asked: by.search(asked, K, encoder=""), times=7)
        figures[f"{name}_ratio"] = round(figures[f"{name}_scan_ms"] / figures[f"{name}_index_ms"], 2)
    found, true = (by.search(queries, K, encoder="") for by in (index, exact))
    shared = [len({*a.tolist()} & {*b.tolist()}) / K for (a, _), (b, _) in zip(found, true, strict=True)]
    return figures | {"recall_at_10": round(float(np.mean(shared)), 3)}


def two_ways(index: Index, queries: NDArray[np.float32], share: float) -> dict:
    """A random filter: by a scan of its rows, by the index inside them, and which of the two `Index` takes."""
    rows = len(index.embeddings)
    allowed = np.random.default_rng(round(1 / share)).random(rows) < share
    count, most = int(allowed.sum()), index._proposer.most
    value = index._look(index._proposer, count, K)
    chosen = index._scan_is_cheaper(index._proposer, count, len(queries), value)
    took = {}
    for way, scans in (("scan", True), ("index", False)):
        with patch.object(Index, "_scan_is_cheaper", lambda *_, scans=scans: scans):
            took[way] = median_ms(lambda: index.search(queries, K, encoder="", allowed=allowed), times=5)
    figures = {"rows": rows, "share": share, "count": count, "queries": len(queries), "nprobe": value, "cells": most}
    return figures | {f"{way}_ms": ms for way, ms in took.items()} | {"chosen": "scan" if chosen else "index"}


def rule(measured: list[dict]) -> dict:
    """Regret of the constants that there are, and of the best ones: their mean (geometric) and worst."""

    def regrets(reading: float, comparing: float) -> list[float]:
        found = []
        for one in measured:
            codes = one["queries"] * one["rows"] * one["nprobe"] / one["cells"]
            scans = one["count"] * (reading + comparing * one["queries"]) <= codes
            found.append(one["scan_ms" if scans else "index_ms"] / min(one["scan_ms"], one["index_ms"]))
        return found

    def said(reading: float, comparing: float) -> dict:
        found = regrets(reading, comparing)
        mean = float(np.exp(np.mean(np.log(found))))
        return {"reading": round(float(reading), 1), "comparing": round(float(comparing), 2), "mean": round(mean, 3),
                "worst": round(max(found), 2)}  # fmt: skip

    best = min((said(r, c) for r in READINGS for c in COMPARINGS), key=lambda figures: figures["mean"])
    return {"as it is": said(search.READING, search.COMPARING), "best": best}


if __name__ == "__main__":
    main()
