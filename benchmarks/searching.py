"""Recall and speed of a search: in one batch, and one query a call."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from latentarchive.embeddings import Embeddings
from latentarchive.index import Index
from latentarchive.index.scan import Scan
from latentarchive.index.scoring import scored

DIM, QUERIES, K = 512, 1000, 10

SINGLE = 200
"""Queries that are asked one a call; the first five warm up."""

Allowed = NDArray[np.bool_] | None
"""shape (n,), True for the rows that may be found; None: all."""


def exact(embeddings: Embeddings, queries: np.ndarray, allowed: Allowed = None) -> list[np.ndarray]:
    """The true rows of each query, by a scan."""
    rows = None if allowed is None else np.flatnonzero(allowed)
    found = scored(embeddings, queries, Scan(embeddings).nearest(queries, K, rows), K)
    return [near for near, _ in found]


def recall(found: list[np.ndarray], truth: list[np.ndarray]) -> float:
    """Mean share of the true ten that were found."""
    hits = [len({*a.tolist()} & {*b.tolist()}) / len(b) for a, b in zip(found, truth, strict=True)]
    return round(float(np.mean(hits)), 4)


def searched(index: Index, queries: np.ndarray, truth: list[np.ndarray], allowed: Allowed = None) -> dict[str, float]:
    """One batch of all queries: the median of five, after one that warms up."""
    seconds = []
    for _ in range(6):
        began = time.perf_counter()
        found = index.search(queries, K, encoder="", allowed=allowed)
        seconds.append(time.perf_counter() - began)
    middle = float(np.median(seconds[1:]))
    return {
        "recall_at_10": recall([rows for rows, _ in found], truth),
        "batch_s": round(middle, 4),
        "queries_a_second": round(len(queries) / middle),
    }


def singly(index: Index, queries: np.ndarray, allowed: Allowed = None) -> dict[str, float]:
    """One query a call, in milliseconds."""
    took = []
    for query in queries[:SINGLE]:
        began = time.perf_counter()
        index.search(query[None], K, encoder="", allowed=allowed)
        took.append((time.perf_counter() - began) * 1e3)
    return {"median_ms": round(float(np.median(took[5:])), 3), "p95_ms": round(float(np.quantile(took[5:], 0.95)), 3)}
