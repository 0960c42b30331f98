"""The suite `training-set` over rows of LAION's shape, beside bare SQL that counts the same: rows a second, memory.

    python -m benchmarks.training_set [--rows 100000000] [--sizes 1000000 10000000] [--work DIR]

Writes the rows into the work folder (50 bytes a row, 5 GB for 100 million; what is there is taken), runs `latentarchive
audit` and ``training_set.sql`` in turn, each in a process of its own with the same memory for DuckDB, and both over
smaller tables for the slope. Writes ``results/training-set.json``. Targets: half the speed of the bare SQL, 4 GB.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.laion_rows import write
from benchmarks.machine import machine, save
from benchmarks.memory import ROOT, watched
from latentarchive.audit.database import MEMORY

QUERIES = ROOT / "benchmarks" / "training_set.sql"

SPEED, PEAK_MB = 0.5, 4 * 1024
"""At least this share of the speed of the bare SQL; at most this much memory."""


def bare(folder: Path, memory: str) -> None:
    """Run the statements of the SQL file over a folder, and print what they took as JSON."""
    scratch = tempfile.mkdtemp()
    db = duckdb.connect(config={"memory_limit": memory, "temp_directory": scratch, "preserve_insertion_order": "false"})
    db.execute(f"CREATE VIEW items AS SELECT * FROM read_parquet('{folder}/*.parquet')")
    seconds, counts = {}, {}
    text = re.sub(r"--.*", "", QUERIES.read_text())
    for number, statement in enumerate(filter(str.strip, text.split(";")), start=1):
        began = time.perf_counter()
        rows = db.execute(statement).fetchall()
        seconds[f"{number} {' '.join(statement.split())[:60]}"] = round(time.perf_counter() - began, 3)
        if len(rows) == 1:  # counts with names, to be held against those of the audit
            counts |= {name: value for (name, *_), value in zip(db.description, rows[0], strict=True) if name.isalpha()}
    db.close()
    Path(scratch).rmdir()
    print(json.dumps({"seconds": seconds, "counts": counts}, default=str))


def measured(folder: Path, rows: int, memory: str) -> dict[str, object]:
    """Time and memory of the audit and of the bare SQL, one after the other, and whether they counted the same."""
    with tempfile.TemporaryDirectory() as out:
        audit = watched([sys.executable, "-m", "latentarchive", "audit", folder, "training-set", "--out", out])
        report = json.loads((Path(out) / "report.json").read_text())
    sql = watched([sys.executable, "-m", "benchmarks.training_set", "--bare", folder, "--memory", memory])
    counted = json.loads(sql.output)["counts"]
    repeats = [one for one in report["findings"] if one["check"] == "captions.repeated"]
    said = [round(one["value"] * one["n"]) for one in repeats]
    if report["n"] != counted["total"] or said != [counted["again"], counted["often"]]:
        raise SystemExit(f"the audit and the SQL differ: {report['n']}, {said}; {counted}")
    return {
        "rows": rows,
        "bytes": sum(path.stat().st_size for path in folder.iterdir()),
        "audit": _figures(audit.seconds, rows, audit.memory) | {"checks": report["run"]["seconds"]},
        "sql": _figures(sql.seconds, rows, sql.memory) | {"statements": json.loads(sql.output)["seconds"]},
        "speed_of_sql": round(sql.seconds / audit.seconds, 3),
    }


def _figures(seconds: float, rows: int, memory: dict[str, int]) -> dict[str, object]:
    return {"seconds": round(seconds, 2), "rows_per_second": round(rows / seconds), **memory}


def slope(runs: list[dict], of: str) -> float | None:
    """The exponent with which seconds grow between the smallest and the largest table; 1 is in proportion."""
    if len(runs) < 2:
        return None
    first, last = runs[0], runs[-1]
    return round(math.log(last[of]["seconds"] / first[of]["seconds"]) / math.log(last["rows"] / first["rows"]), 3)


def main() -> None:
    """Write the rows, measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[1_000_000, 10_000_000], help="smaller ones, for the slope"
    )
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "latentarchive-training-set")
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--memory", default=MEMORY, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.bare is not None:
        bare(asked.bare, asked.memory)
        return
    about = machine()
    runs = []
    for rows in sorted({*(size for size in asked.sizes if size < asked.rows), asked.rows}):
        runs.append(measured(write(asked.work, rows), rows, asked.memory))
        one = runs[-1]
        print(
            f"{rows:>12,} rows: audit {one['audit']['rows_per_second']:,} rows/s, {one['audit']['resident_mb']:,} MB; "
            f"SQL {one['sql']['rows_per_second']:,} rows/s, {one['sql']['resident_mb']:,} MB; audit at "
            f"{one['speed_of_sql']:.2f} of its speed (target {SPEED})",
            flush=True,
        )
    largest = runs[-1]
    reached = largest["speed_of_sql"] >= SPEED and largest["audit"]["resident_mb"] <= PEAK_MB
    growth = {"audit": slope(runs, "audit"), "sql": slope(runs, "sql")}
    print(f"seconds grow with rows to the power of {growth['audit']} (SQL {growth['sql']}); targets reached: {reached}")
    figures = {
        "machine": about,
        "duckdb_memory": asked.memory,
        "runs": runs,
        "growth_exponent": growth,
        "reached": reached,
    }
    print(save("training-set", figures))


if __name__ == "__main__":
    main()
