"""The real commands: what they print, where, and how they fail."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from latentarchive.cli.main import COMMANDS, main
from tests.conftest import RECIPE, png, swatch, write_recipe

ROOT = Path(__file__).parent.parent


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def built(tmp_path, swatches):
    done = run("build", write_recipe(tmp_path), "--root", swatches, "--out", tmp_path / "archive")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == str(tmp_path / "archive")
    assert "11 inputs: 10 items, 1 rejected" in done.stderr
    return tmp_path / "archive"


def test_build_again_does_nothing(built, tmp_path, swatches):
    again = run("build", tmp_path / "swatches.toml", "--root", swatches, "--out", built)
    assert again.exit_code == 0
    assert "nothing to do" in again.stderr


def test_build_of_a_changed_collection_counts_what_became_of_each_item(built, tmp_path, swatches):
    (swatches / "new.png").write_bytes(png(swatch("white", "blue")))
    (swatches / "red.png").unlink()
    grown = run("build", tmp_path / "swatches.toml", "--root", swatches, "--out", built)
    assert grown.exit_code == 0
    assert grown.stdout.splitlines() == [str(built)]
    assert "9 items kept, 1 added, 1 dropped; 1 images encoded" in grown.stderr
    refused = run("build", tmp_path / "swatches.toml", "--root", swatches, "--out", built, "--encoder", "none")
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"latentarchive: {built} holds an archive built with encoder toy")
    assert refused.stderr.endswith("give another --out\n")


def test_search_json_is_one_object_with_the_promised_keys(built):
    done = run("search", built, "red", "--by", "meaning", "-k", 3, "--json")
    found = json.loads(done.stdout)
    assert set(found) >= {"query", "archive", "hits"}
    assert [h["id"] for h in found["hits"]][:2] == ["s:red-copy.png", "s:red.png"]
    assert {"rank", "id", "score", "band", "title", "rights"} <= set(found["hits"][0])
    assert found["hits"][0]["score"] == pytest.approx(1)


def test_search_text_always_shows_rights(built):
    done = run("search", built, "red", "-k", 10)
    assert done.stdout.count("rights: ") == 10


def test_search_by_item_words_picture_and_minus(built, swatches):
    by_id = json.loads(run("search", built, "--like", "s:red.png", "-k", 1, "--json").stdout)
    assert by_id["hits"][0]["id"] == "s:red-copy.png"
    assert by_id["hits"][0]["copy"] is True
    by_file = json.loads(
        run("search", built, "--like", swatches / "red-blue.png", "--unlike", "red", "-k", 1, "--json").stdout
    )
    assert by_file["hits"][0]["id"] == "s:blue.png"
    by_words = json.loads(run("search", built, "79.66.4", "--by", "words", "--json").stdout)
    assert [h["id"] for h in by_words["hits"]] == ["s:white.png"]
    assert by_words["hits"][0]["score"] is None


def test_search_csv_and_filter(built):
    done = run("search", built, "green", "--where", "year >= 1904", "-k", 3, "--csv", "--by", "meaning")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 3
    assert rows[0]["id"] == "s:green-yellow.png"
    assert all(int(r["year"]) >= 1904 for r in rows)


def test_contact_sheet_is_one_file_with_whole_images_rights_and_alt_text(built, tmp_path):
    sheet = tmp_path / "sheet.html"
    assert run("search", built, "red", "-k", 4, "--html", sheet).exit_code == 0
    page = sheet.read_text()
    assert page.count("<img alt=") == 4
    assert page.count("Rights: ") == 4
    assert "http://" not in page.replace("http://rightsstatements.org", "")
    assert 'src="data:image/webp' in page


def test_a_contact_sheet_replaces_nothing_but_a_contact_sheet(built, tmp_path, swatches):
    """Asked for in vain before anything is searched; an original cannot be hit, whatever it is called."""
    sheet, master = tmp_path / "sheet.HTM", swatches / "red.png"
    before = master.read_bytes()
    (tmp_path / "own.html").write_text("<!doctype html>\n<p>mine")
    (swatches / "odd.html").write_bytes(before)
    refusals = {
        master: "red.png is not the name of a page: it must end in .html or .htm",
        tmp_path / "sheet": "sheet is not the name of a page",
        tmp_path / "own.html": "own.html exists and is no page that latentarchive wrote; remove it or choose another",
        swatches / "odd.html": "odd.html exists and is no page that latentarchive wrote",
        tmp_path / "none" / "sheet.html": f"there is no folder {tmp_path / 'none'}; make it or choose another place",
    }
    for path, message in refusals.items():
        done = run("search", built, "red", "--html", path)
        assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
        assert message in done.stderr
    assert master.read_bytes() == (swatches / "odd.html").read_bytes() == before
    assert (tmp_path / "own.html").read_text().endswith("mine")
    assert not (tmp_path / "none").exists()
    for words in ("red", "blue"):
        assert run("search", built, words, "--html", sheet).exit_code == 0
        assert f"<h1>“{words}”</h1>" in sheet.read_text()


@pytest.mark.parametrize(
    ("asked", "said", "unsaid"),
    [
        (["red"], ["words and by likeness together", "--by meaning", "cosine"], ["best first", "moved back"]),
        (["red", "--by", "meaning"], ["ranked by likeness, best first", "cosine"], ["words", "moved back"]),
        (["red", "--by", "words"], ["ranked by the catalogue’s words."], ["likeness", "cosine"]),
        (["red", "--by", "meaning", "--diverse", "0.5"], ["moved back; the plain rank is"], ["words"]),
        (["red", "--by", "words", "--where", "year > 3000"], ["Nothing was found"], ["cosine"]),
    ],
)
def test_a_contact_sheet_says_how_it_was_ranked(built, tmp_path, asked, said, unsaid):
    assert run("search", built, *asked, "--html", tmp_path / "s.html").exit_code == 0
    header = (tmp_path / "s.html").read_text().partition("<header>")[2].partition("<ol>")[0].replace("\n", " ")
    header = header.replace("Change the words", "")
    assert [text for text in said if text not in header] == []
    assert [text for text in unsaid if text in header] == []


def test_csv_without_hits_has_its_header(built):
    some = run("search", built, "red", "-k", 1, "--csv")
    none = run("search", built, "red", "--where", "year > 3000", "--csv")
    assert none.exit_code == 0
    assert none.stdout.splitlines() == some.stdout.splitlines()[:1]
    assert none.stdout.startswith("rank,id,score,band,found,plain_rank,copy,image,title,")


def test_withhold_then_restore(built):
    refused = run("withhold", built, "s:nothing.png", "--reason", "x")
    assert (refused.exit_code, refused.stdout) == (1, "")
    done = run("withhold", built, "s:red.png", "--reason", "asked by the family", "--who", "Registrar")
    assert done.exit_code == 0
    assert "still shown, although their image is the same file: s:red-copy.png" in done.stderr
    listed = json.loads(run("items", built, "--json", "-k", 99).stdout)
    assert listed["total"] == 9
    assert "s:red.png" not in run("search", built, "red", "-k", 99, "--json").stdout
    assert "withheld" in run("search", built, "--like", "s:red.png").stderr
    assert run("restore", built, "s:red.png", "--reason", "agreed").exit_code == 0
    assert json.loads(run("items", built, "--json").stdout)["total"] == 10


def test_verify_names_the_first_difference(built):
    assert run("verify", built).exit_code == 0
    thumbs = built / "thumbs" / "part-00000.parquet"
    thumbs.write_bytes(thumbs.read_bytes()[:-1])
    done = run("verify", built)
    assert done.exit_code == 1
    assert "NOT SOUND: files: " in done.stdout
    assert "thumbs/part-00000.parquet has SHA-256" in done.stdout


def test_info_accounts_for_every_input(built):
    facts = json.loads(run("info", built, "--json").stdout)
    assert facts["items"] == 10
    assert facts["inputs read"] == 11
    assert facts["rejected"]["inputs"] == 1
    assert facts["rights"] == {"open": 6, "restricted": 3, "unknown": 1}
    assert "encoder: toy" in run("info", built).stdout


def test_describe_with_own_subjects_and_with_a_file(built, tmp_path):
    found = json.loads(run("describe", built, "s:red-blue.png", "-k", 2, "--json").stdout)
    assert {t["term"] for t in found["terms"]} == {"red", "blue"}
    (tmp_path / "words.txt").write_text("# colours\na red thing\nsomething green\n")
    done = run("describe", built, "s:red.png", "--vocabulary", tmp_path / "words.txt")
    assert "a red thing" in done.stdout.splitlines()[3]


def test_exports(built, tmp_path):
    for name in ("csv", "jsonl", "parquet"):
        assert run("export", built, name, "--out", tmp_path / f"out.{name}").exit_code == 0
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 10
    run("withhold", built, "s:blue.png", "--reason", "x")
    assert run("export", built, "copy", "--out", tmp_path / "copy").exit_code == 0
    assert run("verify", tmp_path / "copy").exit_code == 0
    assert "s:blue.png" not in b"".join(p.read_bytes() for p in (tmp_path / "copy").rglob("*") if p.is_file()).decode(
        "latin-1"
    )
    assert str(tmp_path) not in (tmp_path / "copy" / "archive.json").read_text()
    again = run("export", built, "csv", "--out", tmp_path / "out.csv")
    assert again.exit_code == 1
    assert "exists; remove it" in again.stderr


BAD = [
    (["build", "swatchez"], "no recipe 'swatchez'"),
    (["build", "KEY"], "unknown key 'encodr'; did you mean 'encoder'?"),
    (["build", "ENCODER"], "unknown encoder 'tiny-clip'"),
    (["build", "EMPTY"], "no image"),
    (["search", "nowhere", "red"], "no archive 'nowhere'"),
    (["search", "ARCHIVE", "red", "-k", "0"], "k must be 1 or more, got 0"),
    (["search", "ARCHIVE", "--like", "red@1e308", "--like", "blue@1e308"], "must lie between 0.001 and 1000"),
    (["items", "ARCHIVE", "-k", "0"], "k must be 1 or more, got 0"),
    (["items", "ARCHIVE", "-k", "-3"], "k must be 1 or more, got -3"),
    (["search", "ARCHIVE"], "nothing to search for"),
    (["search", "ARCHIVE", "red", "--where", "yeer = 1"], "no column 'yeer'; did you mean 'year'?"),
    (["search", "ARCHIVE", "--like", "missing.jpg"], "neither an item of this archive nor a file"),
    (["search", "ARCHIVE", "--like", "TORN"], "cannot be used as a query"),
    (["describe", "ARCHIVE", "a red thing"], "neither an item"),
    (["describe", "ARCHIVE", "s:red.png", "--vocabulary", "nowhere.txt"], "cannot be read"),
    (["export", "ARCHIVE", "xlsx"], "unknown export format 'xlsx'"),
    (["info", "UNFINISHED"], "unfinished build"),
    (["info", "FUTURE"], "format version 99"),
    (["withhold", "ARCHIVE", "s:red.png", "--reason", " "], "give a reason"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input_is_one_clear_line_and_exit_1(built, tmp_path, swatches, arguments, message):
    (tmp_path / "empty").mkdir()
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / "build.json").write_text("{}")
    future = tmp_path / "future"
    future.mkdir()
    (future / "archive.json").write_text('{"format_version": 99}')
    places = {
        "KEY": write_recipe(tmp_path, RECIPE.replace("[encoder]", "[encodr]"), "key"),
        "ENCODER": write_recipe(tmp_path, RECIPE.replace('"toy"', '"tiny-clip"'), "encoder"),
        "EMPTY": write_recipe(tmp_path / "empty", RECIPE, "empty"),
        "ARCHIVE": built,
        "TORN": swatches / "torn.png",
        "UNFINISHED": unfinished,
        "FUTURE": future,
    }
    done = run(*[places.get(a, a) for a in arguments])
    assert done.exit_code == 1, done.output
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert message in done.stderr
    assert done.stdout == ""


def test_wrong_usage_is_exit_2():
    assert run("search").exit_code == 2
    assert run("serch").exit_code == 2


def test_every_command_has_help():
    for name in COMMANDS:
        done = run(name, "--help")
        assert done.exit_code == 0
        assert len(done.stdout.splitlines()[2].strip()) > 20, name


def test_a_reader_that_stops_reading_is_no_error(built):
    command = f"{sys.executable} -m latentarchive items {built} -k 99 | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("s:")


def test_a_query_for_another_encoder_is_refused(built, tmp_path):
    manifest = json.loads((built / "archive.json").read_text())
    manifest["fingerprint"] = "0" * 64
    (built / "archive.json").write_text(json.dumps(manifest))
    done = run("search", built, "red")
    assert done.exit_code == 1
    assert "was built with toy of fingerprint 000000000000" in done.stderr


def test_unicode_paths_and_names(tmp_path):
    folder = tmp_path / "Bücher und Bilder"
    folder.mkdir()
    (folder / "Äpfel im Korb.png").write_bytes(png(swatch("red")))
    recipe = write_recipe(tmp_path)
    assert run("build", recipe, "--root", folder, "--out", tmp_path / "a b").exit_code == 0
    found = json.loads(run("search", tmp_path / "a b", "apfel", "--by", "words", "--json").stdout)
    assert [h["id"] for h in found["hits"]] == ["s:Äpfel%20im%20Korb.png"]


def test_a_name_of_ones_own_names_archive_and_items(tmp_path, swatches):
    recipe = write_recipe(tmp_path, RECIPE.replace('name = "s"\n', ""))
    done = run("build", recipe, "--root", swatches, "--name", "harbour", "--out", tmp_path / "a")
    assert done.exit_code == 0, done.output
    found = json.loads(run("search", tmp_path / "a", "red", "--by", "meaning", "-k", 1, "--json").stdout)
    assert (found["archive"], found["hits"][0]["id"]) == ("harbour", "harbour:red-copy.png")
    assert run("search", tmp_path / "a", "--like", "harbour:red.png#xywh=0,0,8,8").exit_code == 0
    refused = run("build", recipe, "--root", swatches, "--name", "two words", "--out", tmp_path / "b")
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)
