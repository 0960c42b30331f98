"""What was to be reached, what was reached, and the command that shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.amounts import UNKNOWN, number, table
from benchmarks.curves import law
from benchmarks.measured import Measured

MILLION, TEN_MILLION, EXACT = 1_000_000, 10_000_000, (10_000, 50_000)

IMAGES = ("folder", "webdataset", "huggingface")
"""Sources of which `benchmarks.growth` encodes images."""

SIZES = (1_000, 10_000, 100_000)
"""Rows between which memory must not grow."""


class Target(NamedTuple):
    """One line of the table."""

    what: str
    #: The bound, and whether the figure must not be below it (">=") or above it ("<=").
    bound: tuple[str, float]
    unit: str
    #: The figure, None if it was not measured.
    reached: Callable[[Measured], float | None]
    command: str

    def line(self, measured: Measured) -> tuple[str, str, str, str, str]:
        """What, target, reached, whether that is enough, command."""
        (sign, bound), found = self.bound, self.reached(measured)
        met = UNKNOWN if found is None else "yes" if (found >= bound if sign == ">=" else found <= bound) else "no"
        reached = "not measured yet" if found is None else f"{number(found)}{self.unit}"
        asked = f"{'at least' if sign == '>=' else 'at most'} {bound:.3g}{self.unit}"
        return self.what, asked, reached, met, f"`{self.command}`"


def _value(name: str, *keys: str, rows: int = 0, factor: float = 1) -> Callable[[Measured], float | None]:
    """A figure of a file, if it was measured over so many rows; 0: however many."""

    def found(measured: Measured) -> float | None:
        value = measured.get(name, *keys)
        return None if value is None or (rows and measured.get(name, "rows") != rows) else float(value) * factor

    return found


def _flat(source: str) -> Callable[[Measured], float | None]:
    """The largest peak while encoding over the least; None unless a source was measured at every size."""

    def found(measured: Measured) -> float | None:
        peaks = {build["rows"]: build["encoding"]["resident_mb"] for build in measured.builds(source)}
        known = [peaks[rows] for rows in SIZES if rows in peaks]
        return max(known) / min(known) if len(known) == len(SIZES) else None

    return found


def _faster_built(measured: Measured) -> float | None:
    theirs, ours = (measured.index(MILLION, *keys) for keys in (("autofaiss", "built_s"), ("build", "seconds")))
    return None if theirs is None or ours is None else theirs / ours


def _faster_found(measured: Measured) -> float | None:
    """Against the fastest setting of the peer that finds as much; None if none does."""
    ours = measured.index(MILLION, "search")
    curve = measured.index(MILLION, "autofaiss", "curve") or []
    equal = [point["queries_a_second"] for point in curve if ours and point["recall_at_10"] >= ours["recall_at_10"]]
    return ours["queries_a_second"] / max(equal) if equal else None


def _bare_scan(measured: Measured) -> float | None:
    found = [measured.index(rows, "search", "one query", "ratio") for rows in EXACT]
    return max((ratio for ratio in found if ratio is not None), default=None)


def _filters(name: str, worst: Callable[..., float]) -> Callable[[Measured], float | None]:
    def found(measured: Measured) -> float | None:
        filters = measured.get("filter", "filters")
        return worst(values[name] for values in filters.values()) if measured.get("filter", "rows") == MILLION else None

    return found


def _steeper(*keys: str) -> Callable[[Measured], float | None]:
    """The fitted exponent over that of n log n, where there is an index."""

    def found(measured: Measured) -> float | None:
        fitted = law([point for point in measured.over_rows(*keys) if measured.index(int(point[0]), "build")])
        return None if fitted is None else fitted.exponent / fitted.n_log_n

    return found


ENCODE, INDEX, FILTER, GROWTH = (f"python -m benchmarks.{name}" for name in ("encode", "index", "filter", "growth"))
STARTUP, METADATA, RAY = (f"python -m benchmarks.{name}" for name in ("startup", "metadata", "ray"))
PEER, TEN = f"{ENCODE} --clip-retrieval BIN", f"{INDEX} --rows {TEN_MILLION}"
AUTOFAISS = f"{INDEX} --peers PYTHON"
PARTS = "parts_are_those_of_a_local_build"
OF_TEN = f"index-{TEN_MILLION}"
ONE = f"index-{MILLION}"
GB = 2**20 / 1e9
"""Of the megabytes (2^20 bytes) in which memory is measured."""

TARGETS = (
    Target(
        "encoding JPEGs, ViT-B-32: of the bare model's rate", (">=", 0.9), "", _value("encode", "share_of_bare"), ENCODE
    ),
    Target(
        "… images per CPU-second over clip-retrieval's, each image more",
        (">=", 2),
        "",
        _value("encode", "images_per_cpu_s_over_the_peer's"),
        PEER,
    ),
    Target(
        "… fixed CPU time over clip-retrieval's",
        ("<=", 1 / 3),
        "",
        _value("encode", "fixed_cpu_s_over_the_peer's"),
        PEER,
    ),
    *(
        Target(
            f"peak memory while encoding 1,000 to 100,000 images, largest over least ({source})",
            ("<=", 1.1),
            "",
            _flat(source),
            f"{GROWTH} --sources {source}",
        )
        for source in IMAGES
    ),
    Target("a million vectors: recall at 10", (">=", 0.95), "", _value(ONE, "search", "recall_at_10"), INDEX),
    Target("… bytes of index a vector", ("<=", 110), "", _value(ONE, "build", "bytes_a_vector"), INDEX),
    Target("… building: autofaiss's time over ours", (">=", 5), "", _faster_built, AUTOFAISS),
    Target("… queries a second over autofaiss's at no less recall", (">=", 3), "", _faster_found, AUTOFAISS),
    Target(
        "up to 50,000 vectors: one query over a bare FAISS scan", ("<=", 1.2), "", _bare_scan, f"{INDEX} --rows 50000"
    ),
    Target(
        "filters from 50 % to 0.05 % of a million: least recall at 10",
        (">=", 0.95),
        "",
        _filters("recall_at_10", min),
        FILTER,
    ),
    Target("… a batch over the unfiltered, worst", ("<=", 3), "", _filters("batch_s_ratio", max), FILTER),
    Target("… one query over the unfiltered, worst", ("<=", 3), "", _filters("median_ms_ratio", max), FILTER),
    Target(
        "3,000 random rows of metadata of a million, to open and take them, warm",
        ("<=", 20),
        " ms",
        _value("metadata", "warm_ms", "table", "both", rows=MILLION),
        METADATA,
    ),
    Target("… cold", ("<=", 100), " ms", _value("metadata", "cold_ms", "table", "both", rows=MILLION), METADATA),
    Target(
        "ten million vectors: resident while built",
        ("<=", 6),
        " GB",
        _value(OF_TEN, "build", "memory", "resident_mb", factor=GB),
        TEN,
    ),
    Target(
        "… resident while searched", ("<=", 2), " GB", _value(OF_TEN, "search", "memory", "resident_mb", factor=GB), TEN
    ),
    Target(
        "building an index: exponent over that of n log n",
        ("<=", 1),
        "",
        _steeper("build", "seconds"),
        f"{INDEX} --rows N",
    ),
    Target("`latentarchive --help`", ("<=", 0.3), " s", _value("startup", "help_s"), STARTUP),
    Target(
        "`search --like ID`, 100,000 items, a new process",
        ("<=", 1),
        " s",
        _value("startup", "search_like_id_s", "warm", rows=100_000),
        STARTUP,
    ),
    Target(
        "… its files dropped from the page cache",
        ("<=", 1),
        " s",
        _value("startup", "search_like_id_s", "files_dropped", rows=100_000),
        STARTUP,
    ),
    Target("Ray: two workers over one, a core each", (">=", 1.7), "", _value("ray", "two_to_one"), RAY),
    Target("… parts that are those of a local build (1: all)", (">=", 1), "", _value("ray", PARTS), RAY),
)


def targets(measured: Measured) -> str:
    """The table."""
    head = ("what", "target", "reached", "met", "command")
    return table(head, (target.line(measured) for target in TARGETS))
