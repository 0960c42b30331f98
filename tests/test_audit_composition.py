"""Composition: what is found in tables whose answer is counted by hand, and in the cabinet, whose truth is known."""

from __future__ import annotations

from collections import Counter

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.laion_rows import query
from latentarchive.archive import Archive
from latentarchive.audit import Subject, load_suite, run_suite
from latentarchive.audit.suite import bind
from latentarchive.build import build_archive
from latentarchive.cabinet.faults import entries
from latentarchive.cabinet.truth import truth_table
from latentarchive.recipes import load_recipe

WORKS, SEED = 700, 1


def asked(path, name, **options):
    """The findings of one check over a table, and that it did not break off."""
    suite = bind({"check": [{"name": name} | options]}, name="t", text="", where="t.toml")
    with Subject.open(path) as subject:
        found = run_suite(subject, suite).findings
    assert not [one.sentence for one in found if one.outcome == "fail"]
    return found


@pytest.fixture
def table(tmp_path):
    """Write columns as Parquet."""

    def write(**columns):
        path = tmp_path / "t.parquet"
        pq.write_table(pa.table(columns), path)
        return path

    return write


# Fields and values.


def test_nothing_is_said_in_three_ways_and_none_is_a_value(table):
    path = table(NSFW=["UNLIKELY", "UNLIKELY", "UNSURE", "NSFW", "?", "", " ", None, "unlikely"])
    missing, most, diversity = asked(path, "composition.values", field="nsfw")
    assert missing.sentence == "4 of 9 rows do not state nsfw (1 absent, 2 empty, 1 placeholder)."
    assert (missing.value, missing.n) == (4 / 9, 9)
    assert most.table.rows == (("UNLIKELY", 2, 0.4), ("NSFW", 1, 0.2), ("UNSURE", 1, 0.2), ("unlikely", 1, 0.2))
    assert (most.value, most.n, most.null) == (0.4, 5, 0.25)
    assert diversity.value == pytest.approx(3.789291416275995)  # exp of -(0.4 ln 0.4 + 3 * 0.2 ln 0.2)


def test_missing_fields_are_ranked_worst_first(table):
    path = table(
        a=["x", "y", "z", "w"], b=["x", None, "?", ""], c=[1.0, float("nan"), None, 2.0], d=[["x"], [], None, ["y"]]
    )
    (one,) = asked(path, "composition.missing")
    assert one.sentence == "3 of 4 fields are missing somewhere, b most often: 3 of 4 rows (75.0%) do not state it."
    assert one.table.rows == (
        ("b", 3, 0.75, 1, 1, 1), ("c", 2, 0.5, 2, 0, 0), ("d", 2, 0.5, 1, 1, 0), ("a", 0, 0.0, 0, 0, 0),
    )  # fmt: skip
    (one,) = asked(path, "composition.missing", fields=["a"])
    assert one.sentence == "The only field, a, is stated for all 4 rows."


def test_a_field_of_several_values_counts_an_item_once_for_each(table):
    missing, most, _ = asked(table(s=[["a", "b"], ["a"], [], None]), "composition.values", field="s")
    assert (missing.value, missing.n) == (2 / 5, 5)
    assert most.table.rows == (("a", 2, 2 / 3), ("b", 1, 1 / 3))
    assert most.denominator == "entries of s"


def test_one_value_and_no_column_are_told(table):
    path = table(s=["a", "a"])
    assert asked(path, "composition.values", field="s")[1].sentence == "All 2 rows with s have one and the same: 'a'."
    (skipped,) = asked(path, "composition.values", field="language")
    assert skipped.outcome == "skip"
    assert "looked for lang, lang_laion too" in skipped.sentence


# Scores.


def test_impossible_scores_are_apart_and_first(tmp_path):
    (tmp_path / "t.csv").write_text("id,similarity\na,0.3\nb,6016\nc,x\nd,\ne,0.28\nf,NaN\ng,-1\nh,1.0\n")
    bad, spread, threshold = asked(
        tmp_path / "t.csv", "scores.distribution", score="similarity", thresholds=[0.28], shift=0.02
    )
    assert bad.sentence == (
        "4 of 8 rows have no possible similarity: 1 have none, 2 no number, 1 one outside -1 to 1 (6016)."
    )
    assert bad.value == 0.5
    assert bad.examples[0] in ("b", "f")
    assert set(bad.examples) == {"b", "c", "f"}
    assert spread.n == 4
    assert spread.value == 0.28
    assert sum(n for _, n, _ in spread.table.rows) == 4
    # Kept at 0.28: 0.28, 0.3, 1.0; at 0.30: 0.3 and 1.0; at 0.26 no more than at 0.28.
    assert threshold.value == 0.25
    assert "3 are at or above it; 0.02 stricter would remove 1 of those (33.3%), 0.02 looser would keep 0 more" in (
        threshold.sentence
    )


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64(), pa.string()])
def test_a_threshold_holds_for_any_type(table, kind):
    """0.26 as float32 is 0.25999999 and is kept by 0.26; a shift of 0.01 removes 937,489,831 rows of LAION-5B."""
    values = ["0.26", "0.265", "0.27", "0.28", "0.25"]
    column = pa.array(values if kind == pa.string() else [float(v) for v in values], kind)
    *_, one = asked(table(SIMILARITY=column), "scores.distribution", score="similarity", thresholds=[0.26])
    assert [row[1:] for row in one.table.rows if row[0] in (0.25, 0.26, 0.27, 0.28, 0.29)] == [
        (5, 1.0), (4, 0.8), (2, 0.4), (1, 0.2), (0, 0.0),
    ]  # fmt: skip


def test_a_filter_of_punsafe_keeps_what_is_below(table):
    *_, one = asked(
        table(punsafe=[0.1, 0.495, 0.5, 0.505, 0.9]), "scores.distribution", score="punsafe", thresholds=[0.5]
    )
    assert (
        "2 are below it; 0.01 stricter would remove 1 of those (50.0%), 0.01 looser would keep 2 more" in one.sentence
    )


def test_an_unknown_score_is_told(table):
    suite = bind({"check": [{"name": "scores.distribution", "score": "clip"}]}, name="t", text="", where="t.toml")
    with Subject.open(table(clip=[1])) as subject:
        (one,) = run_suite(subject, suite).findings
    assert "score must be one of similarity, aesthetic, punsafe, pwatermark, got 'clip'" in one.sentence


# Sizes.


def test_original_sizes_come_before_those_of_copies(table):
    path = table(width=[256, 256, 256], height=[256, 256, 256], original_width=[1024.0, 300.0, 100.0],
                 original_height=[512.0, 600.0, 100.0])  # fmt: skip
    bad, below, _, shapes = asked(path, "resolution.sizes")
    assert bad.value == 0
    assert [row[1] for row in below.table.rows] == [1, 1, 2, 3]
    assert below.notes == ("Columns original_width, original_height.",)
    assert shapes.value == pytest.approx(
        1 / 3
    )  # 1024 by 512 is twice as wide as tall; 300 by 600 just not more than twice
    assert sum(n for _, n, _ in shapes.table.rows) == 3


def test_a_column_of_scaled_copies_says_so(table):
    downloaded = table(key=["0", "1"], status=["success"] * 2, width=[256, 200], height=[170, 256])
    assert "sizes of the copies" in asked(downloaded, "resolution.sizes")[1].sentence
    alike = table(WIDTH=[256, 200, 256, 90], HEIGHT=[170, 256, 256, 80])
    assert asked(alike, "resolution.sizes")[1].sentence.startswith(
        "75% of the images have an edge of exactly 256 pixels"
    )
    plain = table(WIDTH=[640, 800, 1024, 300], HEIGHT=[480, 600, 768, 200])
    assert "copies" not in " ".join(one.sentence for one in asked(plain, "resolution.sizes"))


def test_sizes_that_are_none_are_counted(tmp_path):
    (tmp_path / "t.csv").write_text("width,height\n10.0,20\n0,5\n-3,5\n,5\nwide,5\ninf,5\n")
    assert asked(tmp_path / "t.csv", "resolution.sizes")[0].sentence == (
        "5 of 6 rows have no usable size: 2 state none or no number, 3 one that is not above zero."
    )


# Years.


def test_three_dates_are_never_mixed(table):
    path = table(
        year=[1900, 1900, 1905, 1890],
        year_end=[1900, 1900, 1905, 1899],
        exif=['{"DateTimeOriginal": "2011:05:01 10:00:00"}', "{}", None, '{"DateTimeOriginal": "0000:00:00"}'],
        url=["https://a.org/uploads/2015/07/x.jpg", "https://a.org/1899/x.jpg", "https://a.org/2016/07/x.jpg", None],
    )
    undated, ranged, covered, *_ = asked(path, "years.catalogue")
    assert undated.value == 0
    assert ranged.value == 0.25
    assert covered.sentence.startswith(
        "The catalogue's years run from 1900 to 1905 and cover 2 of 6 years; the longest gap is 1901 to 1904, 4 years."
    )
    assert covered.table.rows[0] == (1894, 0, 1)  # the range at its middle
    none, taken = asked(path, "years.camera")
    assert none.sentence == "2 of 4 rows do not have the camera's date; 1 have one before 1990 or after 2030."
    assert "2011 to 2011" in taken.sentence
    none, uploaded = asked(path, "years.address")
    assert none.value == 0.5
    assert "2015 to 2016 and cover 2 of 2" in uploaded.sentence


def test_invalid_years_are_counted_and_shown(table):
    path = table(id=["a", "b", "c", "d"], year=["1900", "soon", "99999", "1910"], year_end=["1900", None, None, "1905"])
    wrong = asked(path, "years.catalogue")[0]
    assert "for 1 of 4 rows, and for 2 one that cannot be" in wrong.sentence
    assert set(wrong.examples) == {"c", "d"}


def test_a_pile_stands_out_of_its_neighbours_and_round_years_are_no_pile(table):
    plain = [year for year in range(1850, 1950) for _ in range(4)]
    heaped = plain + [year for year in range(1850, 1950, 5) for _ in range(20)]
    piled = [*heaped, *[1888] * 60]

    def piles(years):
        found = asked(table(year=years), "years.catalogue")
        return next(one for one in found if "stand" in one.sentence and "out of the" in one.sentence), found[-1]

    assert piles(plain)[0].value == 0
    assert piles(plain)[1].value == pytest.approx(0.2)
    assert piles(heaped)[0].value == 0
    assert piles(heaped)[1].value == pytest.approx(480 / 800)
    one = piles(piled)[0]
    assert one.table.rows == ((1888, 64, 64 / 860, 4.0),)


# The suites.


def test_training_set_works_on_the_columns_that_are_published(tmp_path):
    """Rows as the benchmark makes them: every check answers, and none breaks off."""
    folder = tmp_path / "laion"
    folder.mkdir()
    for start in (0, 2000):
        duckdb.sql(f"COPY ({query(start, start + 2000)}) TO '{folder}/{start}.parquet' (FORMAT parquet)")
    with Subject.open(folder) as subject:
        one, two = (run_suite(subject, load_suite("training-set")) for _ in range(2))
        assert subject.n == 4000
    assert one.findings == two.findings
    skipped = {(found.check, found.options.get("score")) for found in one.findings if found.outcome != "info"}
    assert skipped == {("scores.distribution", "aesthetic")}
    (table,) = [found.table for found in one.findings if found.check == "domains.template"]
    assert table.columns[0] == "registered domain"


@pytest.mark.parametrize("text", ["", "url,text,similarity,width,height,year\n"])
def test_nothing_is_said_of_an_empty_table(tmp_path, text):
    (tmp_path / "t.csv").write_text(text)
    with Subject.open(tmp_path / "t.csv") as subject:
        found = run_suite(subject, load_suite("training-set")).findings
    assert {one.sentence for one in found} == {"Not asked: there are no rows of the table."}


@pytest.fixture(scope="module")
def report(cabinet_archive):
    with Subject.of(cabinet_archive) as subject:
        return run_suite(subject, load_suite("composition"))


def of(report, check, **options):
    return [one for one in report.findings if one.check == check and options.items() <= one.options.items()]


@pytest.fixture(scope="module")
def cabinet_archive(tmp_path_factory):
    """Seven hundred entries of the cabinet, as any collection is kept: what was planted is in no file of it."""
    folder = tmp_path_factory.mktemp("cabinet")
    text = f'title = "C"\n[collection]\nsource = "cabinet"\nworks = {WORKS}\nseed = {SEED}\n[encoder]\nid = "none"\n'
    (folder / "cabinet.toml").write_text(text)
    recipe = load_recipe(str(folder / "cabinet.toml"), root=folder)
    return Archive.open(build_archive(recipe, out=folder / "archive").path)


@pytest.fixture(scope="module")
def truth():
    """The truth of every entry: without an encoder nothing is decoded, and broken files are not missed."""
    return truth_table(entries(WORKS, SEED)).to_pylist()


def test_missing_rights_and_makers_of_the_cabinet_are_all_found_and_none_invented(report, truth):
    (one,) = of(report, "composition.missing")
    nothing = {name: n for name, n, *_ in one.table.rows}
    assert nothing["rights"] == sum(row["missing_rights"] for row in truth)
    assert nothing["creator"] == sum(not row["maker"] for row in truth)
    for name in ("place", "medium", "title", "text", "source", "url", "subjects"):
        assert nothing[name] == 0
    (said, *_) = of(report, "composition.values", field="rights")
    assert round(said.value * said.n) == nothing["rights"]


@pytest.mark.parametrize(("field", "key"), [("creator", "maker"), ("place", "place"), ("medium", "technique")])
def test_values_of_the_cabinet_are_those_of_the_truth(report, truth, field, key):
    _, most, diversity = of(report, "composition.values", field=field)
    counts = Counter(row[key] for row in truth if row[key])
    assert [n for _, n, _ in most.table.rows] == [n for _, n in counts.most_common(20)]
    assert diversity.notes[0].startswith(f"Hill numbers of order 0, 1 and 2: {len(counts)},")


def test_the_concentrated_domain_of_the_cabinet_is_found(report, truth):
    """Its main domain has the works of two hosts: 62 % and 14 % by the catalogue's constants."""
    usable, most, _, delivered = of(report, "domains.registered")
    two = {"cabinet.example", "images.cabinet.example"}
    assert usable.value == delivered.value == 0
    assert most.table.rows[0][:2] == ("cabinet.example", sum(row["domain"] in two for row in truth))
    owners = Counter(".".join(row["domain"].split(".")[-2:]) for row in truth)
    assert {name: n for name, n, _ in most.table.rows} == owners


def test_the_languages_of_the_cabinet_are_found_and_none_invented(report, truth):
    unknown, told, _, same = of(report, "captions.languages")
    planted = Counter({"en": "English", "de": "German", "fr": "French"}[row["language"]] for row in truth)
    found = {name: n for name, n, _ in told.table.rows}
    assert set(found) == {"English", "German", "French"}
    assert unknown.value < 0.1
    assert sum(planted[name] - n for name, n in found.items()) == round(unknown.value * unknown.n)
    assert all(0.9 * planted[name] <= n <= planted[name] for name, n in found.items())
    assert same.value == 1


def test_nothing_is_found_in_the_cabinet_that_was_not_planted(report):
    """No boilerplate, no file names, no pile on one year; without pictures the sizes are missing, and that is said."""
    assert of(report, "captions.filenames")[0].value == 0
    assert of(report, "captions.repeated")[1].value == 0
    assert of(report, "resolution.sizes")[0].value == 1
    assert not [one for one in report.findings if one.outcome == "fail"]
    (piles,) = [one for one in of(report, "years.catalogue") if "No year stands out" in one.sentence]
    assert piles.value == 0


def test_works_withheld_are_in_no_table_that_names_works(report):
    (_, _, read, _) = of(report, "captions.languages")
    gone = read.table.rows[0][0]
    assert gone.startswith("cabinet:")
    assert gone not in str(report.without({gone}).findings)
