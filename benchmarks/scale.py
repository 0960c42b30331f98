"""Write the tables and charts of ``docs/scale.md`` from the results: targets, cost curves, a plan for five billion.

    python -m benchmarks.scale [--results DIR] [--page FILE]

What stands between two markers of the page is written anew, all else is left as it is; charts go beside the page.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.amounts import UNKNOWN, duration, number, size, table
from benchmarks.charts import Points, chart
from benchmarks.curves import LEAST, law
from benchmarks.machine import RESULTS
from benchmarks.measured import Measured
from benchmarks.memory import ROOT
from benchmarks.plan import plan
from benchmarks.rows import TABLES as SOURCES
from benchmarks.targets import targets

PAGE = ROOT / "docs" / "scale.md"

MB = 2**20
"""Of memory, as `benchmarks.memory` tells it."""

FAR = 10_000_000
"""Rows to which the builds of archives are extended."""


def main() -> None:
    """Write the page and its charts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args()
    for path, text in pages(Measured(given.results), given.page).items():
        path.write_text(text)
        print(f"written: {path}")


def pages(measured: Measured, page: Path) -> dict[Path, str]:
    """The page and its charts as they should be, by path. Raises `ValueError` if a marker is missing."""
    text = page.read_text()
    for name, part in sections(measured).items():
        text = filled(text, name, part)
    return {page: text} | {page.with_name(name): svg for name, svg in drawings(measured).items()}


def filled(text: str, name: str, part: str) -> str:
    """A page with what stands between two markers replaced."""
    marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if len(marked.findall(text)) != 1:
        message = f"the page must have <!-- {name} --> and <!-- end of {name} --> once"
        raise ValueError(message)
    return marked.sub(lambda found: f"{found[1]}\n{part}\n\n{found[2]}", text)


def sections(measured: Measured) -> dict[str, str]:
    """Markdown by the name of its markers."""
    return {
        "targets": targets(measured),
        "index": indexes(measured),
        "growth": growth(measured),
        "plan": plan(measured),
        "machines": machines(measured),
    }


def indexes(measured: Measured) -> str:
    """Building and searching, a line for each number of rows, and the laws through them."""
    head = (
        "rows",
        "index",
        "vectors:",
        "index file:",
        "built in:",
        "own memory:",
        "mapped:",
        "recall:",
        "1,000 queries:",
    )
    head += ("own memory:", "mapped:")
    return table(head, (index_line(measured, rows) for rows in measured.sizes)) + "\n\n" + laws(measured)


def index_line(measured: Measured, rows: int) -> tuple[str, ...]:
    """One size."""
    exact = measured.index(rows, "build") is None

    def memory(stage: str, kind: str) -> str:
        held = measured.index(rows, stage, "memory", kind)
        return size(None if held is None else held * MB)

    built = (size(measured.index(rows, "build", "bytes")), duration(measured.index(rows, "build", "seconds")))
    return (
        f"{rows:,}",
        "scanned" if exact else f"`{measured.index(rows, 'factory')}`",
        size(measured.index(rows, "vectors_bytes")),
        *(("none", "none") if exact else built),
        *(("none", "none") if exact else (memory("build", "anonymous_mb"), memory("build", "mapped_mb"))),
        number(measured.index(rows, "search", "recall_at_10")),
        duration(measured.index(rows, "search", "batch_s")),
        memory("search", "anonymous_mb"),
        memory("search", "mapped_mb"),
    )


def laws(measured: Measured) -> str:
    """The exponents, of the sizes that have an index."""
    lines = []
    for what, keys in (
        ("building an index", ("build", "seconds")),
        ("a batch of 1,000 queries", ("search", "batch_s")),
        ("bytes of the index file", ("build", "bytes")),
        ("own memory of building", ("build", "memory", "anonymous_mb")),
        ("own memory of searching", ("search", "memory", "anonymous_mb")),
    ):
        points = [point for point in measured.over_rows(*keys) if measured.index(int(point[0]), "build")]
        fitted = law(points)
        if fitted is None:
            lines.append((what, UNKNOWN, UNKNOWN, UNKNOWN, f"needs {LEAST} sizes, has {len(points)}"))
            continue
        says = f"{'no' if fitted.within_n_log_n else ''} faster than n log n".strip()
        lines.append((what, f"{fitted.exponent:.2f}", f"{fitted.n_log_n:.2f}", f"{fitted.worst:.2f}", f"grows {says}"))
    head = ("fitted over the sizes with an index", "exponent:", "of n log n:", "farthest point:", "so it")
    return table(head, lines)


def growth(measured: Measured) -> str:
    """Builds of whole archives, a line for each source and size, and what follows for ten million rows."""
    lines = [line for source in SOURCES for line in growth_lines(source, measured.builds(source))]
    if not lines:
        return "Not measured yet: run `python -m benchmarks.growth`."
    head = (
        *("source", "rows:", "time:", "each row more:"),
        *("peak memory while encoding:", "over least:", "of the whole build:", "over least:"),
        *("on disk:", "a row:"),
    )
    return table(head, lines)


def growth_lines(source: str, builds: Sequence[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """The builds from one source, ascending; the last two make a straight line on which `FAR` rows would lie."""
    stages = "encoding", "whole"
    least = {stage: min((build[stage]["resident_mb"] for build in builds), default=None) for stage in stages}
    slopes: tuple[float, float] | None = None  # seconds and bytes of a row more
    for turn, build in enumerate(builds):
        stored = sum(build["bytes"].values())
        peaks = [(build[stage]["resident_mb"], least[stage]) for stage in stages]
        if turn:
            before = builds[turn - 1]
            more = build["rows"] - before["rows"]
            slopes = (build["seconds"] - before["seconds"]) / more, (stored - sum(before["bytes"].values())) / more
        yield (
            source,
            f"{build['rows']:,}",
            duration(build["seconds"]),
            duration(slopes[0] if slopes else None),
            *(said for peak, lowest in peaks for said in (size(peak * MB), f"{peak / lowest:.2f}")),
            size(stored),
            size(slopes[1] if slopes else None),
        )
    if slopes and (ahead := FAR - builds[-1]["rows"]) > 0:
        far = duration(builds[-1]["seconds"] + ahead * slopes[0]), size(stored + ahead * slopes[1])
        yield (source, f"{FAR:,}, by the line", far[0], duration(slopes[0]), *[UNKNOWN] * 4, far[1], size(slopes[1]))


def drawings(measured: Measured) -> dict[str, str]:
    """Charts by the name of their file; none of what was not measured."""
    times: Mapping[str, Points] = {
        "building the index, s": measured.over_rows("build", "seconds"),
        "1,000 queries, s": measured.over_rows("search", "batch_s"),
        "building an archive, s": [(build["rows"], build["seconds"]) for build in measured.builds("folder")],
    }
    held: Mapping[str, Points] = {
        "stored vectors": [(rows, value / 1e6) for rows, value in measured.over_rows("vectors_bytes")],
        "index file": [(rows, value / 1e6) for rows, value in measured.over_rows("build", "bytes")],
        "own memory, building": _megabytes(measured, "build"),
        "own memory, searching": _megabytes(measured, "search"),
    }
    named = {
        "scale-time.svg": ("Seconds to build and to search", "s", times),
        "scale-bytes.svg": ("Megabytes on disk and in memory", "MB", held),
    }
    return {name: chart(title, unit, lines) for name, (title, unit, lines) in named.items() if any(lines.values())}


def _megabytes(measured: Measured, stage: str) -> Points:
    return [(rows, value * MB / 1e6) for rows, value in measured.over_rows(stage, "memory", "anonymous_mb")]


def machines(measured: Measured) -> str:
    """Where each file of results was measured, and under which load."""
    names = ["encode", *(f"index-{rows}" for rows in measured.sizes), "filter", "metadata", "startup", "ray"]
    facts = {name: measured.get(name, "machine") for name in names}
    facts |= {f"growth, {source}": measured.get("growth", "sources", source, "machine") for source in SOURCES}
    loads: dict[str, list[str]] = {}
    for name, fact in facts.items():
        if fact:
            loads.setdefault(described(fact), []).append(f"{name} {fact['load_at_start']}")
    return "\n".join(f"* {machine}. Load before: {'; '.join(each)}." for machine, each in loads.items())


def described(fact: dict[str, Any]) -> str:
    """A machine and its libraries in words."""
    versions = ", ".join(f"{name} {version}" for name, version in fact["versions"].items())
    return f"{fact['processor']}, {fact['cores']} cores, {fact['memory_gb']} GB, Python {fact['python']}, {versions}"


if __name__ == "__main__":
    main()
