"""What audits take where a list is long, and what they find in a collection whose truth is known.

    python -m benchmarks.audits member [--rows 20000000] [--works 10000] [--work DIR]
    python -m benchmarks.audits rights [--rows 20000000] [--work DIR]
    python -m benchmarks.audits cabinet ARCHIVE

``member`` asks a table of LAION's shape (`benchmarks.laion_rows`) for works of which one in two is in it; ``rights``
runs the checks of rights and reservations over it. ``cabinet`` holds what is found in an archive of the cabinet against
its truth: planted faults of rights, and wrong captions by average precision. Each writes ``results/audit-NAME.json``.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np

from benchmarks.laion_rows import write
from benchmarks.machine import machine, save
from benchmarks.memory import watched
from latentarchive.archive import Archive
from latentarchive.audit import Subject, run_suite
from latentarchive.audit.suite import bind
from latentarchive.cabinet.truth import truth_table
from latentarchive.recipes import load_recipe

RIGHTS = ("rights.classes", "rights.missing", "rights.conflicts", "reservations.robots_tag", "communities.labels")
"""Checks that can be asked of a table of addresses and captions."""


def member(rows: int, works: int, work: Path) -> dict[str, object]:
    """Ask a list for many works by the command line: half are its own rows, half lie on its hosts and are not in it."""
    folder = write(work, rows)
    with tempfile.TemporaryDirectory() as out:
        asked = Path(out) / "works.csv"
        inside = _some(folder, works // 2)
        outside = [(url + "?other=1", text) for url, text in _some(folder, works - len(inside), seed=1)]
        with asked.open("w", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(("work", "url", "text"))
            writer.writerows((f"in {k}", *pair) for k, pair in enumerate(inside))
            writer.writerows((f"out {k}", *pair) for k, pair in enumerate(outside))
        done = watched([sys.executable, "-m", "latentarchive", "member", folder, "--list", asked, "--csv"])
    found = list(csv.DictReader(done.output.splitlines()))
    counts = {}
    for rung in ("pair", "url", "address", "host", "domain"):
        hits = [one["work"].partition(" ")[0] for one in found if one[rung] == "found"]
        counts[rung] = {side: hits.count(side) for side in ("in", "out")}
    return {
        "rows": rows, "works": works, "seconds": round(done.seconds, 1), **done.memory, "asked_inside": len(inside),
        "found": counts,
    }  # fmt: skip


def rights(rows: int, work: Path) -> dict[str, object]:
    """The checks of rights over a table, each with its seconds."""
    folder = write(work, rows)
    text = "".join(f'[[check]]\nname = "{name}"\n' for name in RIGHTS)
    with tempfile.TemporaryDirectory() as out:
        suite = Path(out) / "rights-of-rows.toml"
        suite.write_text(text)
        done = watched([sys.executable, "-m", "latentarchive", "audit", folder, suite, "--out", Path(out) / "report"])
        report = json.loads((Path(out) / "report" / "report.json").read_text())
    said = [one["sentence"] for one in report["findings"]]
    return {
        "rows": rows,
        "seconds": round(done.seconds, 1),
        **done.memory,
        "checks": report["run"]["seconds"],
        "said": said,
    }


FAULTS = {
    "rights.conflicts": "rights_conflict", "rights.missing": "missing_rights", "reservations.mining": "reserved",
}  # fmt: skip
"""Checks that list the works with a planted fault, and the column of the truth that says which these are."""


def cabinet(archive: Path) -> dict[str, object]:
    """What was planted in all works of a cabinet, and what is found of it."""
    opened = Archive.open(archive)
    collection = load_recipe("cabinet").collection
    shown = {item.id for item in opened.shown()}
    truth = [row for row in truth_table(collection.entries, collection.name).to_pylist() if row["id"] in shown]
    asked = [{"name": name, "top": len(opened)} for name in FAULTS]
    asked.append({"name": "retrieval.wrong_captions", "top": len(opened), "sample": len(opened)})
    with Subject.of(opened) as subject:
        report = run_suite(subject, bind({"check": asked}, name="cabinet", text="", where="cabinet"))
    listed = {one.check: [row[0] for row in one.table.rows] for one in reversed(report.findings) if one.table}
    figures: dict[str, object] = {"works": len(opened), "seconds": dict(report.run["seconds"])}
    for name, column in FAULTS.items():
        planted, found = {row["id"] for row in truth if row[column]}, set(listed[name])
        hits = len(planted & found)
        figures[name] = {
            "planted": len(planted), "found": len(found), "recall": hits / len(planted), "precision": hits / len(found),
        }  # fmt: skip
    wrong = {row["id"] for row in truth if row["caption_of"]}
    ranked = np.array([one in wrong for one in listed["retrieval.wrong_captions"]])
    precision = float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean())
    chance = float(ranked.mean())  # what a random order has
    figures["retrieval.wrong_captions"] = {
        "encoder": opened.manifest.encoder, "wrong": int(ranked.sum()), "of": len(ranked),
        "average_precision": round(precision, 4), "by_chance": round(chance, 4), "times": round(precision / chance, 1),
    }  # fmt: skip
    return figures


def _some(folder: Path, count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Address and caption of some rows, drawn by a hash."""
    with duckdb.connect() as db:
        return db.execute(
            f"""SELECT "URL", "TEXT" FROM read_parquet('{folder}/*.parquet')
                WHERE starts_with("URL", 'http') AND "TEXT" <> '' AND hash("URL", {seed}) % 500 = 0
                ORDER BY hash("URL", {seed}) LIMIT {count}"""
        ).fetchall()


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("member", "rights", "cabinet"))
    parser.add_argument("archive", nargs="?", type=Path, help="of the cabinet")
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--works", type=int, default=10_000)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "latentarchive-training-set")
    asked = parser.parse_args()
    about = machine()
    if asked.what == "member":
        figures = member(asked.rows, asked.works, asked.work)
    elif asked.what == "rights":
        figures = rights(asked.rows, asked.work)
    else:
        if asked.archive is None:
            parser.error("give an archive of the cabinet")
        figures = cabinet(asked.archive)
    print(json.dumps(figures, indent=1))
    print(f"written: {save(f'audit-{asked.what}', figures | {'machine': about})}")


if __name__ == "__main__":
    main()
