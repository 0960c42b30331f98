"""The whole archive over plain swatches: every cosine under the toy encoder is worked out by hand."""

import json
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.errors import (
    ArchiveDamaged,
    ArchiveError,
    ArchiveNotFound,
    EncoderError,
    EncoderMismatch,
    QueryError,
    UnfinishedBuild,
)
from latentarchive.query import Region, Term
from latentarchive.recipes import load_recipe
from latentarchive.verify import verify_archive
from tests.conftest import RECIPE, png, swatch, write_recipe

HALF = 2**-0.5
ORDER = ["black", "blue", "green-yellow", "green", "red-blue", "red-copy", "red-white", "red", "white", "yellow"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """One archive and its originals; built once, each test has a copy."""
    from tests import conftest

    folder = tmp_path_factory.mktemp("built")
    swatches = conftest.swatches.__wrapped__(folder)
    recipe = load_recipe(str(write_recipe(folder)), root=swatches)
    build_archive(recipe, out=folder / "archive")
    bare = RECIPE.replace('"toy"', '"none"')
    build_archive(load_recipe(str(write_recipe(folder, bare, "bare")), root=swatches), out=folder / "bare")
    return folder


@pytest.fixture
def place(built, tmp_path):
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def archive(place):
    return Archive.open(place / "archive")


@pytest.fixture
def bare(place):
    return Archive.open(place / "bare")


def names(results):
    return [hit.item.id.removeprefix("s:").removesuffix(".png") for hit in results.hits]


def scores(results):
    return [hit.score for hit in results.hits]


# Searching.


def test_rows_are_the_files_in_order(archive):
    assert [item.id for item in archive.shown()] == [f"s:{name}.png" for name in ORDER]
    assert len(archive) == 10
    assert archive.manifest.counts["rejected"] == 1  # torn.png


def test_words_by_their_meaning(archive):
    """Red is (1, 0, ...); half red and half of another colour lies 45 degrees from it."""
    results = archive.search("red", by="meaning", k=5)
    assert names(results) == ["red-copy", "red", "red-blue", "red-white", "black"]
    assert scores(results) == pytest.approx([1, 1, HALF, HALF, 0], abs=1e-3)
    assert [hit.rank for hit in results.hits] == [1, 2, 3, 4, 5]
    assert [hit.plain_rank for hit in results.hits] == [1, 2, 3, 4, 5]
    assert {hit.found for hit in results.hits} == {("meaning",)}
    assert [hit.band for hit in results.hits][-1] == "distant"
    assert not any(hit.copy for hit in results.hits)
    assert (results.query, results.archive, results.notes) == ("“red”", "swatches", ())


def test_words_by_the_catalogue(archive):
    """An accession number means nothing to the encoder; words alone give no score."""
    results = archive.search("79.66.7", by="words")
    assert names(results) == ["red-white"]
    assert (results.hits[0].score, results.hits[0].band, results.hits[0].found) == (None, "", ("words",))
    assert set(names(archive.search("Schutt", by="words"))) == {"red", "blue", "white", "red-blue", "green-yellow"}
    assert archive.search("zeppelin", by="words").hits == ()


def test_rows_with_words_are_those_that_a_search_by_words_lists(archive):
    rows = np.flatnonzero(archive.worded("Schutt", archive.visible)).tolist()
    found = archive.search("Schutt", by="words", k=100).hits
    assert {item.id for item in archive.collection.items(rows)} == {hit.item.id for hit in found}
    few = archive.visible.copy()
    few[rows[1:]] = False
    assert np.flatnonzero(archive.worded("Schutt", few)).tolist() == rows[:1]
    assert not archive.worded("zeppelin", archive.visible).any()
    assert not archive.worded("", archive.visible).any()


def test_both_ways_are_fused(archive):
    """ "yellow": by words yellow and green-yellow; by meaning all ten, those two first."""
    results = archive.search("yellow", k=3)
    assert set(names(results)[:2]) == {"yellow", "green-yellow"}
    assert [set(hit.found) for hit in results.hits] == [{"meaning", "words"}, {"meaning", "words"}, {"meaning"}]
    assert results.hits[2].score == 0
    number = archive.search("79.66.5", k=1)
    assert names(number) == ["black"]
    assert "words" in number.hits[0].found


def test_some_of_the_words_come_after_the_meaning(archive, monkeypatch):
    """No image has any grey: all cosines are 0, meaning ranks the first rows. Number 79.66.4 is white, row 8.

    With all its words in the catalogue a query is answered by them first; with some of them, by the meaning
    first; and what both rank comes before either.
    """
    monkeypatch.setattr("latentarchive.retrieval.DEPTH", 3)
    monkeypatch.setattr("latentarchive.retrieval.POOL", 1)
    assert names(archive.search("grey", k=3)) == ["black", "blue", "green-yellow"]
    assert names(archive.search("79.66.4 grey", k=3)) == ["black", "white", "blue"]
    assert names(archive.search("the 79.66.4 on a grey", k=3)) == ["black", "white", "blue"]
    assert names(archive.search("plate 79.66.4", k=1)) == ["white"]
    assert names(archive.search("the plate 79.66.4", k=1)) == ["white"]
    both = archive.search("79.66.2 grey", k=3)  # blue, second in meaning
    assert names(both) == ["blue", "black", "green-yellow"]
    assert [hit.found for hit in both.hits] == [("meaning", "words"), ("meaning",), ("meaning",)]


@pytest.mark.parametrize(
    ("asked", "first", "cosines"),
    [
        ({"like": ["red", "blue"]}, ["red-blue"], [1]),
        ({"like": ["red@3", "blue@4"]}, ["red-blue", "blue", "red-copy"], [1.4 * HALF, 0.8, 0.6]),
        ({"text": "red", "unlike": ["white"]}, ["red-copy", "red", "red-blue"], [HALF, HALF, 0.5]),
        ({"text": "red", "unlike": ["blue@0.75"]}, ["red-copy", "red", "red-white"], [0.8, 0.8, 0.8 * HALF]),
        ({"like": ["s:red.png"]}, ["red-copy", "red-blue", "red-white"], [1, HALF, HALF]),
        ({"like": ["s:red.png", "s:blue.png"]}, ["red-blue", "red-copy"], [1, HALF]),
        ({"like": ["s:red-blue.png"], "unlike": ["s:red.png"]}, ["blue"], [HALF * (2 - 2**0.5) ** -0.5]),
        ({"like": [Term("item", "s:red-blue.png", 1, Region(50, 0, 50, 100, percent=True))]}, ["blue"], [1]),
        ({"like": ["s:red-blue.png#xywh=0,0,32,64"]}, ["red-copy", "red", "red-blue"], [1, 1, HALF]),
    ],
)
def test_several_terms(archive, asked, first, cosines):
    results = archive.search(**asked, by="meaning", k=len(first))
    assert names(results) == first
    assert scores(results) == pytest.approx(cosines, abs=2e-3)


def test_an_image_file_and_a_crop_of_it(archive, place):
    path = place / "other.png"
    path.write_bytes(png(swatch("green", "white", size=(40, 30))))
    results = archive.search(like=[str(path)], k=3)
    assert names(results) == ["green", "white", "green-yellow"]
    assert scores(results) == pytest.approx([HALF, HALF, 0.5], abs=1e-3)
    assert not any(hit.copy for hit in results.hits)
    assert names(archive.search(like=[f"{path}#xywh=percent:50,0,50,100"], k=1)) == ["white"]
    assert names(archive.search(like=[f"file:{path}#xywh=0,0,20,30"], k=1)) == ["green"]
    with pytest.raises(QueryError, match="holds no pixel of an image of 40 x 30"):
        archive.search(like=[f"{path}#xywh=40,0,5,5"])


def test_a_text_and_an_image_count_equally(archive):
    """Cosines of pairs of images spread differently from those of texts: each is divided by its own spread."""
    spread = {kind: band["spread"] for kind, band in archive.manifest.bands.items()}
    results = archive.search("white", like=["s:red.png"], by="meaning", k=2)
    white, red = 1 / spread["text"], 1 / spread["image"]
    length = np.hypot(white, red)
    expected = {"red-white": (white + red) * HALF / length, "white": white / length, "red-copy": red / length}
    for name, score in zip(names(results), scores(results), strict=True):
        assert score == pytest.approx(expected[name], abs=2e-3)
    assert names(results)[0] == "red-white"
    assert results.query == "“white” + item s:red.png"


def test_copies_are_marked(archive, place):
    """red.png and red-copy.png have equal bytes; equal pixels in another file are no copy."""
    by_item = archive.search(like=["s:red.png"], k=3)
    assert [(n, hit.copy) for n, hit in zip(names(by_item), by_item.hits, strict=True)] == [
        ("red-copy", True), ("red-blue", False), ("red-white", False),
    ]  # fmt: skip
    by_file = archive.search(like=[str(place / "swatches" / "red.png")], k=3)
    assert [(n, hit.copy) for n, hit in zip(names(by_file), by_file.hits, strict=True)] == [
        ("red-copy", True), ("red", True), ("red-blue", False),
    ]  # fmt: skip
    Image.new("RGB", (64, 64), (255, 0, 0)).save(place / "again.bmp")
    again = archive.search(like=[str(place / "again.bmp")], k=2)
    assert scores(again) == pytest.approx([1, 1], abs=1e-3)
    assert not any(hit.copy for hit in again.hits)


def test_neighbors_do_not_hold_the_item(archive):
    results = archive.neighbors("s:green.png", k=99)
    assert len(results.hits) == 9
    assert names(results)[0] == "green-yellow"
    assert scores(results)[:2] == pytest.approx([HALF, 0], abs=1e-3)
    assert "green" not in names(results)


def test_filters(archive):
    assert set(names(archive.search("red", by="meaning", where="year <= 1902", k=99))) == {"red", "green", "blue"}
    assert names(archive.search("red", where="list_contains(subjects, 'yellow')", k=99)) == ["green-yellow", "yellow"]
    assert archive.search("red", where="year > 3000").hits == ()
    assert archive.rows("creator LIKE 'Newton%'").tolist() == [0, 3, 6, 9]
    assert [item.id for item in archive.shown("title = ''")] == ["s:red-copy.png"]
    assert archive.search("red", where="year < 1902").query == "“red”, where year < 1902"
    with pytest.raises(QueryError, match="no column 'yeer'; did you mean 'year'"):
        archive.search("red", where="yeer < 1902")


def test_more_than_there_are(archive):
    for k in (10**9, 2**63, 10**40):
        for asked in ({}, {"by": "meaning"}, {"by": "words"}, {"diverse": 0.5}):
            results = archive.search("red", k=k, **asked)
            assert names(results) == names(archive.search("red", k=10, **asked))
            assert len({hit.item.id for hit in results.hits}) == len(results.hits) <= 10
    assert len(archive.search("red", k=np.int64(2**62)).hits) == 10


def test_a_varied_choice_keeps_the_plain_rank(archive):
    """The second red is a copy of the first and gives way; each says where it would have stood.

    With m the mean cosine of random pairs, the next is worth half of: 1 - 1 for the copy, 1/√2 - (1/√2 - m) / (1 - m)
    = 0.29 m / (1 - m) for half reds, and 0 - (0 - m) / (1 - m) for what has no red: the first of those is black.
    """
    plain = archive.search("red", by="meaning", k=10)
    varied = archive.search("red", by="meaning", k=10, diverse=0.5)
    assert names(varied)[0] == names(plain)[0] == "red-copy"
    assert (names(varied)[1], varied.hits[1].plain_rank) == ("black", 5)
    assert sorted(names(varied)) == sorted(names(plain))
    for rank, hit in enumerate(varied.hits, start=1):
        assert hit.rank == rank
        assert names(plain)[hit.plain_rank - 1] == hit.item.id[2:-4]
    assert [hit.plain_rank for hit in archive.search("red", by="meaning", diverse=0.0).hits] == list(range(1, 11))
    assert names(archive.search("red", by="words", diverse=0.9, k=2))[0] in {"red", "red-copy"}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "nothing to search for: give words, an image or an item"),
        ({"text": " "}, "an empty term cannot be searched for"),
        ({"like": ["s:red.png"], "by": "words"}, "searching by words needs words"),
        ({"unlike": ["red"]}, "nothing to search for"),
        ({"like": ["id:s:none"]}, "no item 's:none'"),
        ({"like": [Term("item", "s:none")]}, "archive swatches has no item 's:none'"),
        ({"like": ["s:red.png"], "unlike": ["s:red-copy.png"], "by": "meaning"}, "the terms cancel each other out"),
        ({"text": "red", "by": "sense"}, "by must be one of meaning, words, both, got 'sense'"),
        ({"text": "red", "k": 0}, "k must be 1 or more"),
    ],
)
def test_a_question_that_cannot_be_answered(archive, asked, message):
    with pytest.raises(QueryError, match=message):
        archive.search(**asked)


def test_a_file_that_is_no_image(archive, place):
    path = place / "swatches" / "torn.png"
    with pytest.raises(QueryError, match=r"torn\.png cannot be used as a query: .*damaged"):
        archive.search(like=[str(path)])


def test_what_words_leave_out_is_said(archive):
    results = archive.search("red", unlike=["blue"], by="words", k=2)
    assert results.notes == ("searched by words: images, items and what to search away from do not count",)
    assert archive.search("red", by="words").notes == ()


# Looking at one item.


def test_an_item_its_thumbnail_and_its_original(archive, place):
    item = archive.item("s:red-blue.png")
    assert (item.title, item.date, item.year, item.subjects) == ("Plate 6: red-blue", "1906", 1906, ("red", "blue"))
    assert (item.width, item.height) == (64, 64)
    assert archive.thumbnail("s:red.png")[8:12] == b"WEBP"
    assert archive.original("s:red.png") == (place / "swatches" / "red.png").read_bytes()
    assert archive.collection[archive.row("s:red.png")] == archive.item("s:red.png")
    for ask in (archive.item, archive.thumbnail, archive.original, archive.neighbors, archive.row):
        with pytest.raises(QueryError, match="archive swatches has no item 's:none'"):
            ask("s:none")


def test_a_region_comes_from_the_thumbnail_if_the_original_is_gone(archive, place):
    shutil.rmtree(place / "swatches")
    results = archive.search(like=["s:red-blue.png#xywh=32,0,32,64"], by="meaning", k=1)
    assert names(results) == ["blue"]
    assert results.notes == ("the original of s:red-blue.png is not at hand: its region was cut from the thumbnail",)
    with pytest.raises(ArchiveError, match=r"red\.png|originals"):
        archive.original("s:red.png")


def test_a_description_by_its_own_subjects(archive):
    """Of the six colours red-blue has two, at 45 degrees each; equal terms in alphabetical order."""
    description = archive.describe("s:red-blue.png", k=3)
    assert [(t.term, t.score) for t in description.terms[:2]] in (
        [("red", pytest.approx(HALF, abs=1e-3)), ("blue", pytest.approx(HALF, abs=1e-3))],
        [("blue", pytest.approx(HALF, abs=1e-3)), ("red", pytest.approx(HALF, abs=1e-3))],
    )
    assert description.terms[1].margin == pytest.approx(HALF, abs=1e-3)
    assert (description.n_terms, description.vocabulary) == (6, "the archive's own subjects")
    assert description.archive == "swatches"


def test_a_description_by_a_vocabulary(archive, place):
    (place / "words.txt").write_text("pink\nwhite\nred\n")
    description = archive.describe(str(place / "swatches" / "white.png"), vocabulary=place / "words.txt", k=1)
    assert [t.term for t in description.terms] == ["white"]
    assert description.n_terms == 3
    # 2 of 10 images hold white: cosine 1 to white.png, 1/√2 to red-white
    assert description.terms[0].lift == pytest.approx(1 - (1 + HALF) / 10, abs=1e-3)
    for bad in ("a red boat", "text:s:red.png"):
        with pytest.raises(QueryError, match="is neither an item of archive swatches nor an image file"):
            archive.describe(bad)
    with pytest.raises(QueryError, match="k must be 1 or more, got 0"):
        archive.describe("s:red.png", k=0)


# Withholding.


def everywhere(archive, place):
    """Every id that can be had from an archive without naming it."""
    (place / "probe.png").write_bytes(png(swatch("red")))
    found = [archive.search("red", by=by, k=99) for by in ("words", "meaning", "both")]
    found += [archive.search("Plate", by="words", k=99), archive.search("red", k=99, diverse=0.5)]
    found += [archive.search(like=[str(place / "probe.png")], k=99), archive.neighbors("s:blue.png", k=99)]
    found += [archive.search("red", where="list_contains(subjects, 'red')", k=99)]
    shown = {item.id for item in archive.shown()} | {item.id for item in archive.shown("year = 1900")}
    rows = {archive.collection[row].id for row in archive.rows("title LIKE 'Plate%'")}
    return {hit.item.id for results in found for hit in results.hits} | shown | rows


def test_withheld_items_vanish_everywhere_and_come_back(archive, place):
    before = everywhere(archive, place)
    described = archive.describe("s:blue.png", k=9)
    assert "s:red.png" in before
    withheld = ["s:red.png", "s:yellow.png", "s:green-yellow.png"]
    copies = archive.withhold(withheld, reason="a complaint", who="curator")
    assert copies == ["s:red-copy.png"]
    assert everywhere(archive, place) == before - set(withheld)
    assert len(archive) == 7
    for ask in (archive.item, archive.thumbnail, archive.original, archive.neighbors, archive.describe):
        with pytest.raises(QueryError, match=r"item 's:red\.png' is withheld; `restore` it to use it"):
            ask("s:red.png")
    for term in ("s:red.png", "id:s:red.png@2", "s:red.png#xywh=0,0,5,5"):
        for asked in ({"like": [term]}, {"like": ["blue"], "unlike": [term]}):
            with pytest.raises(QueryError, match="is withheld"):
                archive.search(**asked, by="meaning")
    assert {t.term for t in archive.describe("s:blue.png", k=9).terms} == {"black", "blue", "green", "red", "white"}
    assert "yellow" in {t.term for t in described.terms}
    archive.restore(withheld, reason="settled")
    assert everywhere(archive, place) == before
    assert archive.describe("s:blue.png", k=9) == described


@pytest.mark.parametrize(
    "where", ["title::DATE IS NULL", "CAST(title AS INT) = 1", "CAST(creator || title AS DATE) IS NULL"]
)
def test_an_error_of_a_filter_quotes_nothing_that_is_withheld(archive, where):
    """DuckDB's messages hold the value they failed on."""
    for item in list(archive.shown()):
        archive.withhold([item.id], reason="r")
        shown = {other.title for other in archive.shown()}
        try:
            archive.rows(where)
        except QueryError as error:
            said = str(error)
            assert not item.title or item.title[:8] not in said  # "Plate 3:"
            assert any(title in said for title in shown)
    assert archive.rows(where).tolist() == []


def test_another_process_withholds(archive, place):
    """An archive that is open follows the log, whoever writes it."""
    assert "red" in names(archive.search("red", k=99))
    Archive.open(place / "archive").withhold(["s:red.png"], reason="r")
    assert "red" not in names(archive.search("red", k=99))
    with (place / "archive" / "withheld.jsonl").open("a") as log:
        log.write('{"id": "s:blue')
    for ask in (lambda: archive.search("red"), lambda: list(archive.shown()), lambda: archive.item("s:white.png"),
                lambda: archive.thumbnail("s:white.png"), lambda: len(archive)):  # fmt: skip
        with pytest.raises(ArchiveDamaged, match="line 2 cannot be read; mend it by hand"):
            ask()


def test_withholding_what_is_unknown_changes_nothing(archive, place):
    with pytest.raises(QueryError, match="archive swatches has no item 's:none'; nothing was changed"):
        archive.withhold(["s:red.png", "s:none"], reason="r")
    with pytest.raises(QueryError, match="give a reason"):
        archive.withhold(["s:red.png"], reason=" ")
    assert not (place / "archive" / "withheld.jsonl").exists()
    assert archive.withhold(["s:blue.png", "s:blue.png"], reason="r") == []
    assert len(archive.log.entries()) == 1


def test_everything_may_be_withheld(archive):
    archive.withhold([item.id for item in archive.shown()], reason="r")
    assert len(archive) == 0
    assert archive.search("red").hits == ()
    assert archive.search("red", where="year = 1900").hits == ()
    assert list(archive.shown()) == []


# Files.


@pytest.mark.parametrize("factory", ["exact", "HNSW8,Flat"])
def test_derived_files_are_made_again_as_they_were(place, factory):
    recipe = load_recipe(str(write_recipe(place)), root=place / "swatches")
    path = build_archive(recipe, out=place / "again", factory=factory).path
    names = ["items.arrow", "items.packed", "words.sqlite"] + (["index.faiss"] if factory != "exact" else [])
    before = {name: (path / name).read_bytes() for name in names}
    expected = Archive.open(path).search("red").record()
    for name in names:
        (path / name).unlink()
    files = {p.name for p in path.iterdir()}
    assert Archive.open(path).search("red").record() == expected
    assert {name: (path / name).read_bytes() for name in names} == before
    assert {p.name for p in path.iterdir()} == files | set(names)


def test_an_archive_from_before_rows_were_packed_is_opened_and_stays_sound(place):
    path = place / "archive"
    expected = Archive.open(path).search("red").record()
    manifest = json.loads((path / "archive.json").read_text())
    del manifest["files"]["items.packed"]
    (path / "archive.json").write_text(json.dumps(manifest))
    (path / "items.packed").unlink()
    assert verify_archive(path).sound
    assert Archive.open(path).search("red").record() == expected
    assert (path / "items.packed").exists()
    assert verify_archive(path).sound


def test_two_threads_make_them_at_the_same_time(place):
    """Each to a file of its own: neither sees the other's beginnings."""
    path = place / "archive"
    expected = Archive.open(path).search("red").record()
    for name in ("items.arrow", "items.packed", "words.sqlite"):
        (path / name).unlink()
    found = []
    threads = [threading.Thread(target=lambda: found.append(Archive.open(path).search("red").record())) for _ in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4
    assert not list(path.glob("*.partial"))


def test_opening_and_browsing_load_no_torch(place):
    script = """
import sys
from latentarchive.archive import Archive
archive = Archive.open(sys.argv[1])
assert len(list(archive.shown("year < 1950"))) == 9
archive.item("s:red.png"), archive.thumbnail("s:red.png"), archive.original("s:red.png")
assert archive.search("79.66.3", by="words").hits
assert archive.neighbors("s:red.png").hits
print(sorted({"torch", "open_clip", "transformers", "datasets", "faiss"} & set(sys.modules)))
"""
    command = [sys.executable, "-c", script, str(place / "archive")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.returncode) == ("[]\n", 0), ran.stderr


def test_an_archive_of_metadata_only(bare):
    assert len(bare) == 11  # no image was read, so none was found torn
    results = bare.search("red", k=99)
    assert {"red", "red-copy", "red-blue", "red-white"} == set(names(results))
    assert results.notes == ("this archive holds only metadata: searched by words",)
    assert {hit.score for hit in results.hits} == {None}
    assert bare.thumbnail("s:red.png") == b""
    assert bare.search("79.66.3", by="words", diverse=0.5, k=3).hits[0].item.id == "s:yellow.png"
    for asked in ({"text": "red", "by": "meaning"}, {"like": ["s:red.png"], "by": "meaning"}):
        with pytest.raises(EncoderError, match=r"holds only metadata and has no vectors; search it with --by words"):
            bare.search(**asked)
    with pytest.raises(QueryError, match="searching by words needs words: this archive holds only metadata"):
        bare.search(like=["s:red.png"])
    with pytest.raises(EncoderError, match="only metadata"):
        bare.describe("s:red.png")


def edit(place, **changes):
    path = place / "archive" / "archive.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_an_encoder_that_has_changed(archive, place):
    edit(place, fingerprint="0" * 64)
    changed = Archive.open(place / "archive")
    assert changed.neighbors("s:red.png").hits  # its own rows still fit each other
    with pytest.raises(EncoderMismatch, match="archive swatches was built with toy of fingerprint 000000000000, what"):
        changed.search("red", by="meaning")


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("archive.json", None, ArchiveNotFound, "archive is not an archive: it has no archive.json"),
        ("archive.json", b"{", ArchiveDamaged, "is not an archive.json of this version"),
        ("archive.json", b"[]", ArchiveDamaged, "is not an archive.json of this version"),
        ("archive.json", b'{"format_version": 2}', ArchiveDamaged, "has format version 2, this latentarchive reads 1"),
        ("archive.json", b'{"format_version": 1}', ArchiveDamaged, "is not an archive.json of this version"),
        ("items.arrow", b"torn", ArchiveDamaged, r"items\.arrow cannot be read .*; delete it and it is rebuilt"),
        ("items.packed", b"torn", ArchiveDamaged, r"items\.packed cannot be read .*; delete it and it is rebuilt"),
        (
            "words.sqlite",
            b"torn" * 999,
            ArchiveDamaged,
            r"words\.sqlite cannot be read .*; delete it and it is rebuilt",
        ),
        ("embeddings/part-00000.npy", None, ArchiveDamaged, r"part-00000\.npy is missing; restore it from a copy"),
        ("embeddings/part-00000.npy", b"torn", ArchiveDamaged, r"part-00000\.npy cannot be read as an array"),
        ("thumbs/part-00000.parquet", b"torn", ArchiveDamaged, r"part-00000\.parquet cannot be read"),
    ],
)
def test_a_damaged_archive_names_the_file(place, name, content, error, message):
    path = place / "archive" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)

    def use():
        archive = Archive.open(place / "archive")
        archive.search("red")
        archive.thumbnail("s:red.png")

    with pytest.raises(error, match=message) as caught:
        use()
    assert "\n" not in str(caught.value)


def test_where_an_archive_is_looked_for(place, monkeypatch):
    monkeypatch.chdir(place)
    (place / "archives").mkdir()
    (place / "archive").rename(place / "archives" / "swatches")  # a folder of images has the same name
    assert Archive.open("swatches").path.as_posix() == "archives/swatches"
    assert Archive.open("archives/swatches").name == "swatches"
    with pytest.raises(ArchiveNotFound, match=r"swatches is not an archive: it has no archive\.json"):
        Archive.open("./swatches")
    with pytest.raises(ArchiveNotFound, match="no archive 'swatchs'; did you mean 'swatches'"):
        Archive.open("swatchs")
    with pytest.raises(ArchiveNotFound):
        Archive.open("x" * 300)
    (place / "archives" / "swatches" / "archive.json").unlink()
    (place / "archives" / "swatches" / "build.json").write_text("{}")
    with pytest.raises(UnfinishedBuild, match="is an unfinished build; run the same `latentarchive build` again"):
        Archive.open("swatches")


def test_a_single_term_in_place_of_a_list_is_not_read_letter_by_letter(archive):
    for name in ("like", "unlike"):
        with pytest.raises(QueryError, match=f"{name} must be a list of terms, got 'red'"):
            archive.search("blue", **{name: "red"})


def test_a_mistyped_id_is_not_searched_as_words(archive):
    with pytest.raises(QueryError, match=r"s:redd\.png"):
        archive.search(like=["s:redd.png"])


def test_each_result_says_which_of_several_terms_it_is_nearest_to(archive):
    found = archive.search("red", like=["blue", "id:s:white.png@0.1"], unlike=["green"], by="meaning", k=20)
    nearest = dict(zip([hit.item.id for hit in found.hits], found.nearest, strict=True))
    assert nearest["s:red.png"] == 0
    assert nearest["s:blue.png"] == 1
    assert nearest["s:red-white.png"] in (0, 2)
    assert 3 not in nearest.values()  # nothing is nearest to what it should not be like
    assert archive.search("red", by="meaning").nearest == ()
    assert archive.search("red", like=["blue"], by="words").nearest == ()


def test_a_picture_that_lies_in_no_file_is_asked_with_as_a_file_is(archive, tmp_path):
    data = archive.original("s:red.png")
    (tmp_path / "asked.png").write_bytes(data)
    by_file = archive.search(like=[f"file:{tmp_path / 'asked.png'}"], k=3)
    found = archive.search(like=[Term("picture", "your picture 1", data=data)], k=3)
    assert [(hit.item.id, hit.score, hit.copy) for hit in found.hits] == [
        (hit.item.id, hit.score, hit.copy) for hit in by_file.hits
    ]
    assert found.query == "your picture 1"
    assert repr(data) not in repr(Term("picture", "x", data=data))
    with pytest.raises(QueryError, match="x cannot be used as a query: text, not an image"):
        archive.search(like=[Term("picture", "x", data=b"hello there")])
