"""Build and search an index over many vectors, beside other tools and a bare scan.

    python -m benchmarks.index [--rows 1000000] [--work DIR] [--peers PYTHON [--peer autofaiss]...]

Vectors are synthetic (`benchmarks.vectors`) and stay in the working folder, 1 KB each: a second run reads them again.
Building and searching run in a process each, for their memory. Queries are held out. Writes
``results/index-ROWS.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from benchmarks import peers
from benchmarks.machine import machine, save
from benchmarks.memory import watched
from benchmarks.searching import DIM, QUERIES, K, exact, recall, searched, singly
from benchmarks.vectors import SHARD, Space
from latentarchive.embeddings import Embeddings
from latentarchive.index import AUTO, EXACT, FillHere, Index, Tuning, build_index, choose


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, default=Path("models/vectors"), help="where vectors and indexes lie")
    parser.add_argument("--factory", default=AUTO)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", type=Path, help="python of an environment that has them; see benchmarks.peers")
    parser.add_argument("--peer", action="append", choices=peers.PROGRAMS, help="which of them; all unless given")
    parser.add_argument("--only", choices=("build", "search"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.work = given.work.absolute()
    faiss.omp_set_num_threads(given.threads)
    embeddings = Space(DIM).write(given.work, given.rows)
    factory = choose(given.factory, given.rows, DIM)
    if given.only:
        print(json.dumps((built if given.only == "build" else asked)(embeddings, factory, given.work)))
        return
    facts = machine()
    figures: dict = {"rows": given.rows, "dim": DIM, "factory": factory, "threads": given.threads}
    figures["vectors_bytes"] = given.rows * (2 * DIM + 4)  # float16, and the float32 norm
    queries, began = Space(DIM).queries(QUERIES), time.perf_counter()
    truth = exact(embeddings, queries)
    figures["scan_s"] = round(time.perf_counter() - began, 2)
    np.save(given.work / f"{given.rows}.truth.npy", np.stack(truth))
    command = [sys.executable, "-m", "benchmarks.index", "--rows", str(given.rows), "--work", str(given.work)]
    command += ["--factory", factory, "--threads", str(given.threads), "--only"]
    for stage in ("search",) if factory == EXACT else ("build", "search"):
        run = watched([*command, stage])
        figures[stage] = json.loads(run.output) | {"memory": run.memory}
    if given.peers:
        figures |= {name: peer(name, given, queries, truth) for name in given.peer or peers.PROGRAMS}
    figures["machine"] = facts
    print(json.dumps(figures, indent=1))
    print(f"written: {save(f'index-{given.rows}', figures)}")


def built(embeddings: Embeddings, factory: str, work: Path) -> dict[str, Any]:
    """Build in this process and leave the index in the working folder: seconds, by step too, and bytes."""
    marks = [time.perf_counter()]
    path = work / f"{len(embeddings)}.faiss"

    class Timed(FillHere):
        def __call__(self, index: Any, rows: Embeddings) -> Any:
            marks.append(time.perf_counter())
            full = super().__call__(index, rows)
            marks.append(time.perf_counter())
            return full

    tuning = build_index(embeddings, factory, path, fill=Timed())
    marks.append(time.perf_counter())
    path.with_suffix(".json").write_text(json.dumps(asdict(tuning)))
    train, add, tune = (round(float(seconds), 2) for seconds in np.diff(marks))
    size = path.stat().st_size
    return {
        "seconds": round(marks[-1] - marks[0], 2),
        "train_s": train,
        "fill_s": add,
        "tune_and_write_s": tune,
        "bytes": size,
        "bytes_a_vector": round(size / len(embeddings), 1),
        "tuning": asdict(tuning),
    }


def opened(embeddings: Embeddings, factory: str, work: Path) -> Index:
    """The index that `built` left in the working folder; a scan if it is exact."""
    if factory == EXACT:
        return Index(embeddings, encoder="")
    path = work / f"{len(embeddings)}.faiss"
    tuning = Tuning(**json.loads(path.with_suffix(".json").read_text()))
    return Index.open(path, embeddings, encoder="", tuning=tuning)


def asked(embeddings: Embeddings, factory: str, work: Path) -> dict[str, Any]:
    """Search in this process."""
    index, queries = opened(embeddings, factory, work), Space(DIM).queries(QUERIES)
    truth = list(np.load(work / f"{len(embeddings)}.truth.npy"))
    figures: dict[str, Any] = searched(index, queries, truth)
    return figures | ({"one query": one_query(index, queries)} if factory == EXACT else singly(index, queries))


def one_query(index: Index, queries: np.ndarray) -> dict[str, float]:
    """Exact search for one query against a bare FAISS scan of the same rows, alternating."""
    bare = faiss.IndexFlatIP(index.embeddings.dim)
    for _, block in index.embeddings.blocks():
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


def peer(name: str, given: argparse.Namespace, queries: np.ndarray, truth: list[np.ndarray]) -> dict[str, Any]:
    """A peer's default index over the same files, and its speed at each recall; none of them re-scores."""
    folder = given.work / f"peers-{given.rows}"
    folder.mkdir(exist_ok=True)
    for shard in sorted((given.work / "shards").glob("part-*.npy"))[: given.rows // SHARD]:
        if not (link := folder / shard.name).exists():
            link.symlink_to(shard.absolute())
    asked = given.work / "queries.npy"
    np.save(asked, queries)
    arguments = [str(folder.absolute()), str(asked.absolute()), str(given.threads), str(K)]
    said, peak = peers.run(given.peers, peers.PROGRAMS[name], arguments, cwd=given.work)
    curve = [
        {
            "set": point["set"],
            "recall_at_10": recall([np.array(rows) for rows in point["found"]], truth),
            "queries_a_second": round(len(queries) / point["seconds"]),
        }
        for point in said.pop("curve")
    ]
    return said | {"curve": curve, "peak_resident_mb": peak}


if __name__ == "__main__":
    main()
