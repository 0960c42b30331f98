"""How long the structure of a large space takes: neighbours, hubs, gap, mixing and probes over synthetic vectors.

    python -m benchmarks.structure [--rows 100000] [--work DIR] [--threads 2]

An archive of published vectors (512 dimensions) is built first, which is not counted, with five fields that the vectors
tell more or less well. Then a process of its own makes the checks, watched from outside for time and memory. Captions
are synthetic vectors too: what encodes texts is not measured here. Writes ``results/structure.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.machine import machine, save
from benchmarks.memory import watched
from benchmarks.vectors import Space
from latentarchive.archive import Archive
from latentarchive.audit import Subject, run_suite
from latentarchive.audit.pairs import Pairs
from latentarchive.audit.rows import drawn
from latentarchive.audit.suite import bind
from latentarchive.build import build_archive
from latentarchive.recipes import load_recipe

DIM, SHARD, PAIRS = 512, 10_000, 5_000
FIELDS = {
    "creator": (40, 0.0),
    "place": (12, 0.02),
    "medium": (6, 0.05),
    "extra.donor": (20, 0.1),
    "extra.shelf": (10, 9),
}
"""Fields with how many values each has, and the noise added to the cosines that decide them; the last is noise."""

ORDER = (
    *("structure.hubs", "mixing.homophily", "structure.gap", "kept.fields"),
    *("structure.spread", "structure.remote", "mixing.neighbourhoods", "mixing.segregated"),
    *("temporal.year", "temporal.drift", "temporal.neighbourhoods"),
)
"""The first four are what was promised together; the graph is sought in the first."""

RECIPE = """
title = "Synthetic vectors with labels"
[collection]
source = "embeddings"
[encoder]
id = "openclip:ViT-B-32/missing.pt"
"""


def main() -> None:
    """Measure, print, write; or, in the process that is watched, only measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--work", type=Path, default=Path("models/structure"), help="where vectors and archive lie")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    place = given.work / f"archive-{given.rows}"
    if given.inside:
        print(json.dumps(measured(place)))
        return
    facts = machine()
    if not (place / "archive.json").exists():
        build(given.work / f"vectors-{given.rows}", place, given.rows)
    command = [
        sys.executable,
        "-m",
        "benchmarks.structure",
        "--inside",
        "--rows",
        str(given.rows),
        "--work",
        given.work,
    ]
    threads = {"OMP_NUM_THREADS": str(given.threads)}
    seen = watched([str(part) for part in command], environment=threads)
    found = json.loads(seen.output.splitlines()[-1])
    figures: dict[str, Any] = {"rows": given.rows, "dim": DIM, "threads": given.threads, **found}
    figures["promised_together_s"] = round(sum(found["seconds"][name] for name in ORDER[:4]), 1)
    figures["promised_together_processor_s"] = round(sum(found["processor_seconds"][name] for name in ORDER[:4]), 1)
    figures |= {"all_s": round(seen.seconds, 1), "processor_s": round(seen.cpu, 1), "memory": seen.memory}
    figures["machine"] = facts
    print(json.dumps(figures, indent=1))
    print(f"written: {save('structure', figures)}")


def build(folder: Path, place: Path, rows: int) -> None:
    """Published vectors with labels, and the archive of them."""
    space, random = Space(DIM), np.random.default_rng(0)
    ways = {name: random.standard_normal((DIM, values)) / DIM**0.5 for name, (values, _) in FIELDS.items()}
    time_way = random.standard_normal(DIM) / DIM**0.5
    for name in ("img_emb", "metadata"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for shard, start in enumerate(range(0, rows, SHARD)):
        vectors = space.rows(min(SHARD, rows - start), shard)
        np.save(folder / "img_emb" / f"img_emb_{shard:04d}.npy", vectors.astype(np.float16))
        columns: dict[str, Any] = {"caption": [f"synthetic {row}" for row in range(start, start + len(vectors))]}
        for name, (_, noise) in FIELDS.items():
            leaning = vectors @ ways[name]
            chosen = (leaning + noise * random.standard_normal(leaning.shape)).argmax(axis=1)
            columns[name.removeprefix("extra.")] = [f"{name} {value}" for value in chosen]
        late = 1850 + 400 * (vectors @ time_way) + 20 * random.standard_normal(len(vectors))
        columns["date"] = [str(int(year)) for year in late.clip(1500, 2000)]
        pq.write_table(pa.table(columns), folder / "metadata" / f"metadata_{shard:04d}.parquet")
    recipe = folder / "vectors.toml"
    recipe.write_text(RECIPE)
    build_archive(load_recipe(str(recipe), root=folder), out=place)


def measured(place: Path) -> dict[str, Any]:
    """Seconds and first findings of each check, on one open archive."""
    archive = Archive.open(place)
    seconds, processor, said = {}, {}, {}
    with Subject.of(archive) as subject:
        subject.kept(f"pairs {PAIRS} 0", lambda: captions(subject))
        for name in ORDER:
            asked: dict[str, Any] = {"name": name}
            if name.split(".")[0] in ("mixing", "kept"):
                asked["fields"] = list(FIELDS)
            suite = bind({"check": [asked]}, name="structure", text="", where="benchmarks.structure")
            began, busy = time.perf_counter(), time.process_time()
            found = run_suite(subject, suite).findings
            seconds[name] = round(time.perf_counter() - began, 1)
            processor[name] = round(time.process_time() - busy, 1)  # of all threads: what others do is not in it
            said[name] = [one.sentence for one in found]
            recall = [note for one in found for note in one.notes if "archive's index" in note and "finds" in note]
            if recall:
                said["neighbours"] = [recall[0]]
    return {"seconds": seconds, "processor_seconds": processor, "found": said}


def captions(subject: Subject) -> Pairs:
    """Works with synthetic captions: their vectors with noise, moved along one direction."""
    archive, random = subject.with_vectors(), np.random.default_rng(1)
    rows, of = drawn(subject, PAIRS)
    images = archive.embeddings.take(rows)
    texts = images + random.standard_normal(images.shape) / DIM**0.5 + random.standard_normal(DIM) / DIM**0.5
    texts = (texts / np.linalg.norm(texts, axis=1, keepdims=True)).astype(np.float32)
    ids = archive.collection.take(rows, ["id"])["id"].to_pylist()
    said = tuple(f"synthetic {row}" for row in rows.tolist())
    return Pairs(archive, of, rows, tuple(ids), images, said, texts, np.arange(len(rows)))


if __name__ == "__main__":
    main()
