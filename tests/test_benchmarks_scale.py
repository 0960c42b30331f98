"""The page on scale: fits on known curves, tables from made-up results; and that it is what the script writes."""

import json
import os
import sys
import xml.etree.ElementTree as ET
from importlib import import_module

import numpy as np
import pytest

from benchmarks import amounts, curves, index, plan, scale, targets
from benchmarks.charts import chart
from benchmarks.filter import filtered, sql
from benchmarks.machine import RESULTS
from benchmarks.measured import Measured
from benchmarks.memory import watched
from benchmarks.metadata import write as catalogue
from benchmarks.rows import TABLES, write
from benchmarks.searching import DIM
from benchmarks.startup import drop
from benchmarks.vectors import Space
from latentarchive.collection import Collection
from latentarchive.recipes import load_recipe

SIZES = (100_000, 300_000, 1_000_000, 10_000_000)


def test_a_power_law_is_found_again():
    law = curves.law([(rows, 3e-5 * rows**0.8) for rows in SIZES])
    assert (law.factor, law.exponent) == pytest.approx((3e-5, 0.8))
    assert law.at(5e9) == pytest.approx(3e-5 * 5e9**0.8)
    assert law.worst == pytest.approx(1)


@pytest.mark.parametrize(
    ("curve", "within"),
    [(lambda n: n, True), (lambda n: n * np.log(n) * 0.999 ** np.log(n), True), (lambda n: n**1.2, False)],
)
def test_growth_is_judged_against_n_log_n_over_the_same_rows(curve, within):
    assert curves.law([(rows, curve(rows)) for rows in SIZES]).within_n_log_n == within


def test_n_log_n_itself_and_a_point_off_the_law():
    law = curves.law([(rows, rows * np.log(rows)) for rows in SIZES])
    assert law.exponent == pytest.approx(law.n_log_n)
    assert 1 < law.n_log_n < 1.1
    off = curves.law([(10, 10), (100, 300), (1000, 1000)])
    assert off.exponent == pytest.approx(1)
    assert off.worst == pytest.approx(3 ** (2 / 3))


def test_two_points_make_no_law_and_nothing_is_below_zero():
    assert curves.law([(10, 1), (100, 2)]) is None
    with pytest.raises(ValueError, match="values positive"):
        curves.law([(10, 1), (100, 0), (1000, 3)])


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (amounts.number(None), "–"),
        (amounts.number(4096), "4,096"),
        (amounts.number(0.0581), "0.0581"),
        (amounts.number(123.4), "123"),
        (amounts.number(5e9), "5 billion"),
        (amounts.size(1028), "1.03 KB"),
        (amounts.size(5.14e12), "5.14 TB"),
        (amounts.size(None), "–"),
        (amounts.duration(0.3764), "376 ms"),
        (amounts.duration(51.2), "51.2 s"),
        (amounts.duration(3600), "60 min"),
        (amounts.duration(86_400 * 12), "12 days"),
    ],
)
def test_amounts(shown, expected):
    assert shown == expected


MACHINE = {
    "processor": "Made-up",
    "cores": 2,
    "memory_gb": 8,
    "load_at_start": 0.1,
    "python": "3.11.0",
    "versions": {"numpy": "2.0"},
}


def index_result(rows):
    memory = {"resident_mb": 3000, "anonymous_mb": 1000, "mapped_mb": 2000}
    build = {"seconds": rows * 5e-5, "bytes": rows * 90, "bytes_a_vector": 90.0, "memory": memory}
    search = {"recall_at_10": 0.96, "batch_s": 0.4, "queries_a_second": 2500, "memory": memory}
    return {"rows": rows, "factory": "IVF", "threads": 2, "build": build, "search": search, "machine": MACHINE}


@pytest.fixture
def results(tmp_path):
    """A folder of results as the commands would write them, with round numbers."""
    files = {f"index-{rows}": index_result(rows) for rows in SIZES}
    curve = [{"recall_at_10": recall, "queries_a_second": speed} for recall, speed in ((0.9, 2000), (0.97, 500))]
    files["index-1000000"]["autofaiss"] = {"built_s": 500, "curve": curve}
    files["index-50000"] = {"search": {"recall_at_10": 1.0, "batch_s": 1.0, "one query": {"ratio": 1.3}}}
    files["encode"] = {"bare_images_per_s": 40.0, "share_of_bare": 0.5, "machine": MACHINE}
    files["ray"] = {"two_to_one": 2.0, "parts_are_those_of_a_local_build": True}
    files["metadata"] = {"rows": 1_000_000, "bytes": 400_000_000, "warm_ms": {"table": {"both": 12}}}
    files["startup"] = {"rows": 10, "help_s": 0.2, "search_like_id_s": {"warm": 0.5}}
    builds = [
        {
            "rows": rows,
            "seconds": 10 + rows * 1e-3,
            "encoding": {"resident_mb": encoding},
            "whole": {"resident_mb": whole},
            "bytes": {"items": rows * 100},
        }
        for rows, encoding, whole in ((1_000, 200, 200), (10_000, 210, 212), (100_000, 216, 240))
    ]
    files["growth"] = {"sources": {"folder": {"builds": builds, "machine": MACHINE}}}
    for name, figures in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(figures))
    return tmp_path


def lines(table):
    return {row.split(" | ")[0].removeprefix("| "): row.removesuffix(" |").split(" | ") for row in table.split("\n")}


def test_targets_are_met_missed_or_not_measured(results):
    found = {what: (row[2], row[3]) for what, row in lines(targets.targets(Measured(results))).items()}
    assert found["encoding JPEGs, ViT-B-32: of the bare model's rate"] == ("0.5", "no")
    assert found["… fixed CPU time over clip-retrieval's"] == ("not measured yet", "–")
    assert found["… building: autofaiss's time over ours"] == ("10", "yes")
    assert found["… queries a second over autofaiss's at no less recall"] == ("5", "yes")
    assert found["up to 50,000 vectors: one query over a bare FAISS scan"] == ("1.3", "no")
    assert found["ten million vectors: resident while built"] == ("3.15 GB", "yes")
    assert found["… resident while searched"] == ("3.15 GB", "no")
    assert found["building an index: exponent over that of n log n"][1] == "yes"
    assert found["`latentarchive --help`"] == ("0.2 s", "yes")
    flat = "peak memory while encoding 1,000 to 100,000 images, largest over least"
    assert found[f"{flat} (folder)"] == ("1.08", "yes")
    assert found[f"{flat} (webdataset)"] == ("not measured yet", "–")
    # ten items are not a hundred thousand
    assert found["`search --like ID`, 100,000 items, a new process"] == ("not measured yet", "–")


def test_the_plan_is_arithmetic_on_the_results(results):
    inputs = plan.inputs(Measured(results))
    assert (inputs.images_per_s, inputs.shard, inputs.shards, inputs.entry_bytes) == (20, 10_000_000, 500, 400)
    assert inputs.node_rate == 20 * 32
    assert lines(plan.made(inputs))["encoding"][1] == "2,170"  # 5e9 / 640 / 3600
    assert lines(plan.made(inputs))["indexes"][2] == "4.07 min"  # 500 of 500 s, 32 at once on each of 32 nodes
    assert lines(plan.kept(inputs))["vectors"][2] == "5.14 TB"
    assert lines(plan.searched(inputs))["queries a second"][1] == "5,120"  # 500 / 32 of 0.4 s, 32 at once
    assert lines(plan.alone(inputs))["works that 2 cores encode in a week"][1] == "12.1 million"


def test_growth_is_extended_on_a_straight_line(results):
    rows = [row.split(" | ") for row in scale.growth(Measured(results)).split("\n")]
    far = next(row for row in rows if row[1] == "10,000,000, by the line")
    assert (far[2], far[3], far[8], far[9]) == ("2.78 h", "1 ms", "1 GB", "100 bytes |")
    assert [row[5] for row in rows if row[0] == "| folder"] == ["1.00", "1.05", "1.08", "–"]
    assert [row[7] for row in rows if row[0] == "| folder"] == ["1.00", "1.06", "1.20", "–"]


def test_a_page_can_be_made_of_any_results(results, tmp_path):
    """Of all, of none, and of those an older version wrote."""
    empty = tmp_path / "empty"
    empty.mkdir()
    page = tmp_path / "scale.md"
    page.write_text(scale.PAGE.read_text())
    full = scale.pages(Measured(results), page)
    assert {path.name for path in full} == {"scale.md", "scale-time.svg", "scale-bytes.svg"}
    assert "| 10,000,000 | `IVF` |" in full[page]
    assert "grows no faster than n log n" in full[page]
    assert "Made-up, 2 cores" in full[page]
    assert "Not computed yet" in scale.pages(Measured(empty), page)[page]


def test_a_page_without_its_markers_is_refused(results, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- targets -->\n<!-- end of targets -->\n")
    with pytest.raises(ValueError, match="<!-- index -->"):
        scale.pages(Measured(results), page)


def test_a_chart_shows_every_point_inside_its_frame():
    svg = ET.fromstring(chart("Seconds & rows", "s", {"a": [(1e4, 0.02), (1e7, 50)], "b": [(1e4, 0.02)], "none": []}))
    dots = list(svg.iter("{http://www.w3.org/2000/svg}circle"))
    texts = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert len(dots) == 3
    assert all(0 < float(dot.get("cx")) < 720 and 0 < float(dot.get("cy")) < 360 for dot in dots)
    assert {"Seconds & rows", "rows", "a", "b", "10,000", "10,000,000", "0.01", "100"} <= set(texts)
    with pytest.raises(ValueError, match="no place for 0"):
        chart("x", "s", {"a": [(1, 0)]})


def test_memory_is_that_of_the_command_alone():
    """Not the peak of the process that starts it, which `ru_maxrss` begins with; own pages and mapped ones apart."""
    ballast = np.ones(30_000_000)  # 240 MB
    small = watched([sys.executable, "-c", "print('done')"])
    assert small.output == "done\n"
    assert 0 < small.memory["resident_mb"] < 60
    script = "import time; held = bytearray(100 << 20); held[::4096] = b'x' * (100 << 8); time.sleep(.3)"
    large = watched([sys.executable, "-c", script])
    assert 100 <= large.memory["anonymous_mb"] < 150
    assert large.memory["mapped_mb"] < 60
    assert large.seconds > 0.3
    assert len(ballast) == 30_000_000
    with pytest.raises(SystemExit, match="no such thing"):
        watched([sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_peaks_before_another_stage_are_told_apart(tmp_path):
    waits, goes_on = tmp_path / "waits", tmp_path / "goes-on"
    work = """if True:
        import pathlib, sys, time
        import numpy
        waits, goes_on = map(pathlib.Path, sys.argv[1:])
        waits.touch()
        while not goes_on.exists():
            time.sleep(0.01)
        held = numpy.ones(20_000_000)
        time.sleep(0.5)
    """

    def turned():
        if waits.exists():
            goes_on.touch()
        return goes_on.exists()

    run = watched([sys.executable, "-c", work, waits, goes_on], turned=turned)
    assert run.before["resident_mb"] < 150 < 152 <= run.memory["anonymous_mb"] <= run.memory["resident_mb"]


def test_the_page_is_what_the_script_writes():
    """Set `UPDATE_DOCS=1`, or run `python -m benchmarks.scale`, to write it anew."""
    for path, text in scale.pages(Measured(RESULTS), scale.PAGE).items():
        if os.environ.get("UPDATE_DOCS"):
            path.write_text(text)
        assert path.read_text() == text


@pytest.mark.parametrize("name", ["encode", "index", "filter", "metadata", "growth", "startup", "ray", "scale"])
def test_every_benchmark_is_a_command(name, monkeypatch, capsys):
    """None measures before it is asked to."""
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        import_module(f"benchmarks.{name}").main()
    assert ended.value.code == 0
    assert "usage" in capsys.readouterr().out


@pytest.mark.parametrize("source", list(TABLES))
def test_sources_hold_as_many_rows_as_were_asked_for(source, tmp_path):
    recipe = load_recipe(str(write(source, tmp_path / "source", 70)))
    assert len(list(recipe.collection.records())) == 70


def test_an_index_is_built_opened_and_searched_inside_filters(tmp_path):
    embeddings, factory = Space(DIM).write(tmp_path, 3_000), "IVF16,RaBitQfs"
    build = index.built(embeddings, factory, tmp_path)
    assert build["bytes"] == (tmp_path / "3000.faiss").stat().st_size
    assert build["seconds"] == pytest.approx(build["train_s"] + build["fill_s"] + build["tune_and_write_s"], abs=0.02)
    found = filtered(index.opened(embeddings, factory, tmp_path), embeddings, Space(DIM).queries(50))
    assert found["unfiltered"]["recall_at_10"] > 0.9
    assert list(found["filters"]) == ["50.00%", "5.00%", "0.50%", "0.05%"]
    assert all(values["recall_at_10"] > 0.9 for values in found["filters"].values())


def test_conditions_keep_about_as_many_as_they_say(tmp_path):
    table = sql(Collection(*catalogue(tmp_path, 20_000)))
    assert {share: row["kept"] for share, row in table.items()} == {
        "50.00%": pytest.approx(0.5, rel=0.1),
        "5.00%": pytest.approx(0.05, rel=0.1),
        "0.50%": pytest.approx(0.005, rel=0.1),
        "0.05%": pytest.approx(0.0005, rel=0.2),
    }


def test_contents_of_files_are_forgotten_and_kept(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"kept")
    drop(tmp_path)
    assert (tmp_path / "deep" / "file").read_bytes() == b"kept"
