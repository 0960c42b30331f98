"""Semantic duplicates among many synthetic vectors: how long it takes, and how many true pairs are found.

    python -m benchmarks.duplicates [--rows 1000000] [--work DIR]

One row in twenty is a near copy of another one: it with noise, at a cosine from 0.95 to 0.999. True pairs are those
that an exact search finds for a sample of the rows, half of them near copies. Writes ``results/duplicates-ROWS.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.lib.format import open_memmap

from benchmarks.machine import machine, save
from benchmarks.memory import now
from benchmarks.vectors import Space
from latentarchive.embeddings import Embeddings
from latentarchive.index.pairs import EXACT_UP_TO, near_pairs
from latentarchive.measures.grouping import Links

DIM, PLANTED, COSINES = 512, 0.05, (0.95, 0.999)
THRESHOLD, TRIED = 0.95, (0.95, 0.96, 0.97, 0.98, 0.99)
SAMPLE = 2000
"""Rows that exact search is asked for."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, default=Path("models/vectors"), help="where vectors lie")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    facts = machine()
    faiss.omp_set_num_threads(given.threads)
    embeddings, copies = planted(Space(DIM).write(given.work, given.rows), given.work / f"planted-{given.rows}")
    figures: dict[str, Any] = {"rows": given.rows, "dim": DIM, "planted": len(copies), "threads": given.threads}
    figures["way"] = "all with all" if given.rows <= EXACT_UP_TO else "overlapping cells"
    links, found = Links(given.rows, TRIED, THRESHOLD), []
    began = time.perf_counter()
    for i, j, scores, counts in near_pairs(embeddings.take, given.rows, THRESHOLD):
        links.add(i, j, scores, counts)
        found.append(i * given.rows + j)
    cut = links.cut(THRESHOLD)
    figures |= {"threshold": THRESHOLD, "seconds": round(time.perf_counter() - began, 1)}
    figures["peak_resident_mb"] = round(now(os.getpid())["resident_mb"] / 1024)  # mapped vectors included
    figures |= {"pairs": cut.pairs, "groups": cut.groups, "superfluous": cut.superfluous}
    figures["recall"] = recall(embeddings, copies, np.sort(np.concatenate(found)))
    figures["machine"] = facts
    print(json.dumps(figures, indent=1))
    print(f"written: {save(f'duplicates-{given.rows}', figures)}")


def planted(plain: Embeddings, folder: Path) -> tuple[Embeddings, np.ndarray]:
    """The vectors with near copies among them, and which rows these are."""
    n, random = len(plain), np.random.default_rng(1)
    copies = np.sort(random.choice(np.arange(1, n), int(PLANTED * n), replace=False))
    originals = (random.random(len(copies)) * copies).astype(np.int64)  # an earlier row, as it was
    cosines = random.uniform(*COSINES, len(copies))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "part-00000.npy"
    if not path.exists():
        stored = open_memmap(path.with_suffix(".partial"), "w+", np.float16, (n, plain.dim))
        for start, block in plain.blocks():
            stored[start : start + len(block)] = block
        for start in range(0, len(copies), 10_000):
            part = slice(start, start + 10_000)
            rows, cosine = plain.take(originals[part]), cosines[part, None]
            noise = random.standard_normal(rows.shape)
            noise -= rows * (noise * rows).sum(axis=1, keepdims=True)
            noise /= np.linalg.norm(noise, axis=1, keepdims=True)
            stored[copies[part]] = cosine * rows + np.sqrt(1 - cosine**2) * noise
        stored.flush()
        path.with_suffix(".partial").rename(path)
        np.save(folder / "norms-00000.npy", np.ones(n, np.float32))
    return Embeddings.open(folder, 1), copies


def recall(embeddings: Embeddings, copies: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    """Share of the pairs of a sample's rows, by exact search, that were found."""
    n, random = len(embeddings), np.random.default_rng(2)
    half = random.choice(copies, min(len(copies), SAMPLE // 2), replace=False)
    sample = np.unique(np.concatenate([half, random.choice(n, SAMPLE // 2, replace=False)]))
    queries, true = embeddings.take(sample), []
    for start, block in embeddings.blocks():
        query, row = np.nonzero(queries @ block.T >= THRESHOLD)
        i, j = sample[query], row + start
        true.append((np.minimum(i, j) * n + np.maximum(i, j))[i != j])
    pairs = np.unique(np.concatenate(true))
    hits = int(np.isin(pairs, found).sum())
    return {"recall": round(hits / len(pairs), 4), "true_pairs": len(pairs), "found": hits, "rows_asked": len(sample)}


if __name__ == "__main__":
    main()
