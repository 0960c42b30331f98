"""Build and search an index over many vectors, beside autofaiss and a bare scan; and inside filters.

    python -m benchmarks.index [--rows 1000000] [--work DIR] [--autofaiss PYTHON]

Vectors are synthetic (`benchmarks.vectors`) and stay in the working folder: a second run reads them again. Building
runs in a process of its own for its memory. Queries are held out. Writes ``results/index-ROWS.json``.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import faiss
import numpy as np

from benchmarks import peers
from benchmarks.machine import machine, save
from benchmarks.vectors import SHARD, Space
from latentarchive.embeddings import Embeddings
from latentarchive.index import AUTO, EXACT, Index, Tuning, build_index, choose
from latentarchive.index.scan import Scan
from latentarchive.index.scoring import scored

DIM, QUERIES, K = 512, 1000, 10
SHARES = (0.5, 0.05, 0.005, 0.0005)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, default=Path("models/vectors"), help="where vectors and indexes lie")
    parser.add_argument("--factory", default=AUTO)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--autofaiss", type=Path, help="python of an environment with autofaiss; see benchmarks.peers")
    parser.add_argument("--only-build", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    faiss.omp_set_num_threads(given.threads)
    embeddings = Space(DIM).write(given.work, given.rows)
    factory = choose(given.factory, given.rows, DIM)
    path = given.work / f"{given.rows}.faiss"
    if given.only_build:
        print(json.dumps(built(embeddings, factory, path)))
        return
    figures: dict = {"rows": given.rows, "dim": DIM, "factory": factory, "threads": given.threads}
    queries = Space(DIM).queries(QUERIES)
    truth = exact(embeddings, queries, None, figures)
    if factory == EXACT:
        figures["one query"] = one_query(embeddings, queries)
    else:
        command = [sys.executable, "-m", "benchmarks.index", "--only-build", "--rows", str(given.rows)]
        command += ["--work", str(given.work), "--factory", factory, "--threads", str(given.threads)]
        figures["build"] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        tuning = Tuning(**figures["build"]["tuning"])
        index = Index.open(path, embeddings, encoder="", tuning=tuning)
        figures["search"] = searched(index, queries, truth, None)
        figures["one at a time"] = singly(index, queries, None)
        figures["filters"] = filters(index, embeddings, queries)
    if given.autofaiss:
        figures["autofaiss"] = autofaiss(given, queries, truth)
    figures["machine"] = machine()
    print(json.dumps(figures, indent=1))
    print(f"written: {save(f'index-{given.rows}', figures)}")


def built(embeddings: Embeddings, factory: str, path: Path) -> dict:
    """Build in this process; seconds, size and peak memory."""
    began = time.perf_counter()
    tuning = build_index(embeddings, factory, path)
    seconds = time.perf_counter() - began
    size = path.stat().st_size
    return {
        "seconds": round(seconds, 1),
        "bytes": size,
        "bytes_a_vector": round(size / len(embeddings), 1),
        # mapped pages of the stored vectors are in it
        "peak_resident_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "tuning": asdict(tuning),
    }


def exact(embeddings: Embeddings, queries: np.ndarray, allowed: np.ndarray | None, figures: dict) -> list[np.ndarray]:
    """The true rows of each query, and how long a scan takes."""
    scan, began = Scan(embeddings), time.perf_counter()
    rows = None if allowed is None else np.flatnonzero(allowed)
    found = scored(embeddings, queries, scan.nearest(queries, K, rows), K)
    figures["scan_s"] = round(time.perf_counter() - began, 2)
    return [near for near, _ in found]


def recall(found: list[np.ndarray], truth: list[np.ndarray]) -> float:
    """Mean share of the true ten that were found."""
    hits = [len({*a.tolist()} & {*b.tolist()}) / len(b) for a, b in zip(found, truth, strict=True)]
    return round(float(np.mean(hits)), 4)


def searched(index: Index, queries: np.ndarray, truth: list[np.ndarray], allowed: np.ndarray | None) -> dict:
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


def singly(index: Index, queries: np.ndarray, allowed: np.ndarray | None) -> dict:
    """One query a call, in milliseconds."""
    took = []
    for query in queries[:200]:
        began = time.perf_counter()
        index.search(query[None], K, encoder="", allowed=allowed)
        took.append((time.perf_counter() - began) * 1e3)
    return {"median_ms": round(float(np.median(took[5:])), 3), "p95_ms": round(float(np.quantile(took[5:], 0.95)), 3)}


def filters(index: Index, embeddings: Embeddings, queries: np.ndarray) -> dict:
    """Random filters, and one that keeps what lies on the far side of the space from most queries."""
    random, table = np.random.default_rng(1), {}
    plain = singly(index, queries, None)
    for share in SHARES:
        allowed = random.random(len(embeddings)) < share
        truth = exact(embeddings, queries, allowed, {})
        table[f"{share:.2%}"] = searched(index, queries, truth, allowed) | singly(index, queries, allowed)
    return {"none": plain} | table


def one_query(embeddings: Embeddings, queries: np.ndarray) -> dict:
    """Exact search for one query against a bare FAISS scan of the same rows, alternating."""
    bare, index = faiss.IndexFlatIP(embeddings.dim), Index(embeddings, encoder="")
    for _, block in embeddings.blocks():
        bare.add(block)
    ours, theirs = [], []
    for query in queries[:200]:
        began = time.perf_counter()
        index.search(query[None], K, encoder="")
        middle = time.perf_counter()
        bare.search(query[None], K)
        ours.append((middle - began) * 1e3)
        theirs.append((time.perf_counter() - middle) * 1e3)
    table = {"ours_ms": float(np.median(ours[5:])), "faiss_flat_ms": float(np.median(theirs[5:]))}
    return {name: round(value, 3) for name, value in table.items()} | {
        "ratio": round(table["ours_ms"] / table["faiss_flat_ms"], 3)
    }


def autofaiss(given: argparse.Namespace, queries: np.ndarray, truth: list[np.ndarray]) -> dict:
    """Its default index over the same files, and its speed at each recall; its re-scoring is none."""
    folder = given.work / f"autofaiss-{given.rows}"
    folder.mkdir(exist_ok=True)
    for shard in sorted((given.work / "shards").glob("part-*.npy"))[: given.rows // SHARD]:
        if not (link := folder / shard.name).exists():
            link.symlink_to(shard.absolute())
    asked = given.work / "queries.npy"
    np.save(asked, queries)
    arguments = [str(folder.absolute()), str(asked.absolute()), str(given.threads), str(K), "4G", "16G"]
    said, peak = peers.run(given.autofaiss, peers.AUTOFAISS, arguments, cwd=given.work)
    curve = [
        {
            "set": point["set"],
            "recall_at_10": recall([np.array(rows) for rows in point["found"]], truth),
            "queries_a_second": round(len(queries) / point["seconds"]),
        }
        for point in said.pop("curve")
    ]
    return said | {"curve": curve, "peak_resident_mb": round(peak / 2**20)}


if __name__ == "__main__":
    main()
