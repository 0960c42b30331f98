"""Is this work in that list: what two addresses have in common, each rung by hand, what is withheld, bad input."""

import csv
import hashlib
import io
import json

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from PIL import Image

from latentarchive.audit import Subject, load_suite, run_suite
from latentarchive.audit.addresses import end, iiif, normal
from latentarchive.audit.answers import FOUND, NOT_ASKED, NOT_FOUND, RUNGS, member
from latentarchive.audit.suite import bind
from latentarchive.audit.works import Work, pair_hash, read_list, read_work
from latentarchive.cli.main import main
from latentarchive.errors import QueryError


@pytest.mark.parametrize(
    ("url", "text", "expected"),
    [
        ("http://example.org/a.jpg", "a red boat", 4414630379173779888),
        ("http://example.org/a.jpg", None, 5983245813698341342),
        ("https://example.org/carte-générale.jpg", "Carte générale de l’île", 5769143437285194222),
        (None, None, 0),
    ],
)
def test_pair_hash_is_laions(url, text, expected):
    """compute_hashes.py of rom1504/laion-prepro, worked out with MurmurHash3."""
    assert pair_hash(url, text) == expected


def ask_sql(expression, value):
    with duckdb.connect() as db:
        return db.execute(f"SELECT {expression} FROM (SELECT ?::VARCHAR AS u)", [value]).fetchall()[0][0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.org/a.jpg", "HTTPS://WWW.Example.ORG.:443/a.jpg#top"),
        ("http://example.org/a%20b/", "https://user:word@example.org:80/a b"),
        ("https://example.org/i?b=2&a=1&utm_source=x", "https://example.org/i?a=1&amp;b=2&fbclid=9"),
        ("https://example.org", "http://www.example.org/?"),
        ("  https://example.org/%C3%A9.jpg", "https://example.org/é.jpg"),
    ],
)
def test_addresses_that_are_one(one, other):
    assert ask_sql(normal("u"), one) == ask_sql(normal("u"), other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a.jpg", "https://example.org/A.jpg"),
        ("https://example.org/a.jpg?w=100", "https://example.org/a.jpg?w=200"),
        ("https://example.org/a.jpg", "https://img.example.org/a.jpg"),
        ("https://example.org:8080/a.jpg", "https://example.org/a.jpg"),
        ("https://example.org/a&b=1", "https://example.org/a?b=1"),
    ],
)
def test_addresses_that_are_two(one, other):
    assert ask_sql(normal("u"), one) != ask_sql(normal("u"), other)


@pytest.mark.parametrize("text", [None, "", "example.org/a.jpg", "http:///a.jpg", "data:image/png;base64,AA", "?"])
def test_what_names_no_host_is_no_address(text):
    assert ask_sql(normal("u"), text) is None


@pytest.mark.parametrize(
    ("url", "image"),
    [
        ("https://www.artic.edu/iiif/2/ab-1/full/843,/0/default.jpg", "artic.edu/iiif/2/ab-1"),
        ("https://www.artic.edu/iiif/2/ab-1/info.json", "artic.edu/iiif/2/ab-1"),
        ("http://x.org/iiif/3/a%2Fb/pct:1,2,30,40/^!300,300/!22.5/gray.png", "x.org/iiif/3/a/b"),
        ("http://x.org/iiif/a/10,20,30,40/pct:50/90/native.jpg", "x.org/iiif/a"),
        ("http://x.org/full/843,/0/other.jpg", None),
        ("http://x.org/a.jpg", None),
    ],
)
def test_iiif_images_at_any_size(url, image):
    assert ask_sql(iiif(normal("u")), url) == image


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://x.org/a/B.jpg?w=1#x", "b.jpg"),
        ("http://x.org/a%20b.jpg", ""),
        ("http://x.org/a/", ""),
        ("http://x.org", "x.org"),
    ],
)
def test_ends_sieve_rows_before_they_are_normalised(url, said):
    assert ask_sql(end("u"), url) == said


ROWS = [
    ("http://example.org/a.jpg", "a red boat"),
    ("http://example.org/a.jpg", "another caption"),
    ("https://www.Example.org/b%20c.jpg?utm_source=mail", "b"),
    ("https://img.example.org/d.jpg", "d"),
    ("https://www.artic.edu/iiif/2/x/full/400,/0/default.jpg", "e"),
    (None, None),
    ("no address", "f"),
    ("https://notexample.org/g.jpg", "h"),
]


def laion(folder, **more):
    url, text = zip(*ROWS, strict=True)
    md5 = [hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest() for n in range(len(ROWS))]
    columns = {"URL": url, "TEXT": text, "hash": [pair_hash(*row) for row in ROWS], "md5": md5} | more
    pq.write_table(pa.table(columns), folder / "part.parquet")
    return folder / "part.parquet"


def verdicts(found, at=0):
    return {rung.name: (one.verdict, one.rows) for rung in RUNGS for one in [found.answers[rung.name][at]]}


@pytest.mark.parametrize("few", [0, 100])
def test_each_rung_by_hand(tmp_path, monkeypatch, few):
    """The same answers whether rows are sieved by the ends of their addresses or not."""
    monkeypatch.setattr("latentarchive.audit.rungs.FEW", few)
    works = [
        Work(name="pair", url="http://example.org/a.jpg", text="a red boat"),
        Work(name="spelling", url="http://EXAMPLE.org/b c.jpg"),
        Work(name="size", url="https://artic.edu/iiif/2/x/full/full/0/default.jpg"),
        Work(name="sibling", url="https://cdn.example.org/z.jpg"),
        Work(name="bytes", md5=hashlib.md5(b"3", usedforsecurity=False).hexdigest()),
    ]
    with Subject.open(laion(tmp_path)) as subject:
        found = member(subject, works, edition="2022-08", selection="similarity from 0.3")
    yes, no, none = (FOUND, 1), (NOT_FOUND, 0), (NOT_ASKED, 0)
    told = {work.name: verdicts(found, at) for at, work in enumerate(works)}
    assert [told[name]["pair"] for name in told] == [yes, none, none, none, none]
    assert [told[name]["url"] for name in told] == [(FOUND, 2), no, no, no, none]
    assert [told[name]["address"] for name in told] == [(FOUND, 2), yes, no, no, none]
    assert [told[name]["iiif"] for name in told] == [none, none, yes, none, none]
    assert [told[name]["host"] for name in told] == [(FOUND, 3), (FOUND, 3), yes, no, none]
    assert [told[name]["domain"] for name in told] == [(FOUND, 4), (FOUND, 4), yes, (FOUND, 4), none]
    assert [told[name]["bytes"] for name in told] == [none, none, none, none, yes]
    assert {told[name][rung] for name in told for rung in ("id", "perceptual", "neighbour")} == {none}
    assert found.notes["pair"] == "by LAION's 64-bit hash"
    address = next(rung for rung in RUNGS if rung.name == "address")
    assert found.sentence(address, 1) == (
        "found in part.parquet (2022-08; 8 rows of the table; similarity from 0.3): 1 row "
        "(https://www.Example.org/b%20c.jpg?utm_source=mail)"
    )
    assert found.sentence(address, 3).startswith("not found in part.parquet (2022-08; 8 rows")


def test_hashes_may_be_unsigned_and_other_hashes_are_not_believed(tmp_path):
    hashes = [pair_hash(*row) for row in ROWS]
    url, text = next(row for row, stored in zip(ROWS, hashes, strict=True) if stored < 0)
    asked = [Work(name="w", url=url, text=text)]
    for stored, note in (
        (pa.array([h % 2**64 for h in hashes], pa.uint64()), "by LAION's 64-bit hash"),
        (pa.array([str(h) for h in hashes]), "by LAION's 64-bit hash"),
        (pa.array(range(8)), "the column of hashes is not LAION's; address and caption themselves were compared"),
        (pa.array(["abcdef"] * 8), "the column of hashes is not LAION's; address and caption themselves were compared"),
    ):
        with Subject.open(laion(tmp_path, hash=stored)) as subject:
            found = member(subject, asked)
        assert verdicts(found)["pair"] == (FOUND, 1)
        assert found.notes["pair"] == note


def png_file(path, image):
    image.save(path, "PNG")
    return path


def test_files_are_found_by_bytes_by_looks_and_by_neighbours(archive, swatches, tmp_path):
    gradient = Image.linear_gradient("L").convert("RGB")
    with Subject.of(archive) as subject:
        same = member(subject, [read_work(str(swatches / "red.png"))])
        other = member(subject, [read_work(str(png_file(tmp_path / "g.png", gradient)))])
        torn = member(subject, [read_work(str(swatches / "torn.png"))])
    assert verdicts(same)["bytes"] == (FOUND, 2)
    assert same.answers["bytes"][0].which == ("s:red-copy.png", "s:red.png")
    assert verdicts(same)["neighbour"][0] == FOUND
    assert verdicts(other)["bytes"] == (NOT_FOUND, 0)
    assert verdicts(other)["perceptual"][0] == NOT_FOUND
    assert other.answers["perceptual"][0].value > 0
    assert verdicts(torn)["bytes"] == (NOT_FOUND, 0)
    assert verdicts(torn)["perceptual"] == (NOT_ASKED, 0)
    assert "torn.png cannot be decoded: " in torn.answers["perceptual"][0].reason


def test_items_are_not_their_own_copies(archive):
    with Subject.of(archive) as subject:
        found = member(subject, [read_work("s:red.png"), read_work("s:white.png")])
    assert verdicts(found)["id"] == (FOUND, 1)
    assert found.answers["bytes"][0].which == ("s:red-copy.png",)
    assert verdicts(found, 1)["bytes"] == (NOT_FOUND, 0)
    assert "s:white.png" not in found.answers["neighbour"][1].which
    assert "besides itself" in found.sentence(next(r for r in RUNGS if r.name == "bytes"), 1)


def test_withheld_works_are_answered_like_unknown_ones(archive, swatches):
    """Whoever asks cannot tell a withheld work from one that was never there, by id or by file."""
    archive.withhold(["s:blue.png"], reason="asked")
    blue = (swatches / "blue.png").read_bytes()
    with Subject.of(archive) as subject:
        withheld = member(subject, [read_work("s:blue.png"), read_work("s:nothing.png")])
        by_file = member(subject, [read_work(str(swatches / "blue.png"))])
        unknown = member(subject, [read_work("s:nothing.png")])
    for rung in RUNGS:
        first, second = withheld.answers[rung.name]
        assert first == second == unknown.answers[rung.name][0], rung.name
    assert verdicts(by_file)["bytes"] == (NOT_FOUND, 0)
    assert "'s:blue.png'" not in str([by_file.answers, withheld.answers])
    assert hashlib.sha256(blue).hexdigest() not in str(by_file.answers)


def test_a_list_is_read_by_its_column_names_and_its_faults_are_told(tmp_path, swatches):
    (tmp_path / "works.csv").write_text(
        "Work,URL,Caption,file,SHA256,other\n"
        "one,http://example.org/a.jpg,a red boat,,,x\n"
        "two,http:///nowhere,,,,\n"
        f"three,,,{swatches / 'red.png'},,\n"
        "four,,,absent.jpg,,\n"
        "five,,,,ABC,\n"
        "s:red.png,,,,,\n"
    )
    works = read_list(tmp_path / "works.csv")
    assert [work.name for work in works] == ["one", "two", "three", "four", "five", "s:red.png"]
    assert works[0].pair == 4414630379173779888
    assert "names no host" in works[1].fault
    assert works[2].sha256 == hashlib.sha256((swatches / "red.png").read_bytes()).hexdigest()
    assert "absent.jpg cannot be read: No such file" in works[3].fault
    assert works[4].fault == "'abc' is no sha256 in hexadecimal"
    assert works[5].id == "s:red.png"
    with Subject.open(laion(tmp_path)) as subject:
        found = member(subject, works)
    assert found.answers["url"][1].reason == works[1].fault
    assert found.counts("url") == {FOUND: 1, NOT_FOUND: 0, NOT_ASKED: 5}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs a header"),
        ("http://example.org/a.jpg\n", "needs a header that names what is known of each work: work, file"),
        ("url,text\n", "is empty: it has a header and no works"),
        ("caption\na\n", "needs a header"),
    ],
)
def test_lists_that_tell_nothing_are_one_line(tmp_path, text, said):
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(QueryError, match=said):
        read_list(tmp_path / "l.csv")


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_the_command_answers_in_words_json_and_csv(tmp_path):
    table = laion(tmp_path)
    done = run("member", table, "http://example.org/a.jpg", "--text", "a red boat", "--edition", "2022-08")
    assert done.exit_code == 0, done.output
    assert "found in part.parquet (2022-08; 8 rows of the table; filter not stated): 1 row" in done.stdout
    assert "neighbour: similar works: not asked: this is a table" in done.stdout
    assert "does not show that a model was trained on it" in done.stdout
    assert "in the model" not in done.stdout
    told = json.loads(run("member", table, "https://example.org/A.jpg", "--json").stdout)
    assert told["list"]["n"] == 8
    assert told["works"][0]["answers"]["address"]["verdict"] == "not found"
    assert {rung["rung"] for rung in told["rungs"]} == {rung.name for rung in RUNGS}
    (tmp_path / "l.csv").write_text("url\nhttp://example.org/a.jpg\nhttps://elsewhere.org/\n")
    rows = list(csv.DictReader(io.StringIO(run("member", table, "--list", tmp_path / "l.csv", "--csv").stdout)))
    assert [(row["url"], row["url_rows"], row["domain"]) for row in rows] == [
        ("found", "2", "found"),
        ("not found", "0", "not found"),
    ]
    assert "1 works are found on a rung" in run("member", table, "--list", tmp_path / "l.csv").stdout


BAD = [
    (["nowhere.jpg"], "nowhere.jpg cannot be read: No such file or directory"),
    (["/no/such/place"], "cannot be read"),
    (["http://"], "is no address of the web: it names no host"),
    (["http:/example.org"], "names no host"),
    (["ftp://example.org/a.jpg"], "its scheme is 'ftp'"),
    (["https://example.org/a b.jpg"], "it holds white space"),
    (["https://[::1/a.jpg"], "is no address of the web"),
    ([" "], "an empty name"),
    (["id:"], "an empty name"),
    (["id:x", "--radius", "65"], "between 0 and 64 bits, got 65"),
    (["--list", "nowhere.csv"], "list nowhere.csv cannot be read: No such file or directory"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD)
def test_bad_input_is_one_line(tmp_path, arguments, said):
    done = run("member", laion(tmp_path), *arguments)
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.output
    assert said in done.stderr


def test_wrong_usage_is_exit_2(tmp_path):
    assert run("member", laion(tmp_path)).exit_code == 2
    assert run("member", laion(tmp_path), "x", "--list", "y.csv").exit_code == 2


def test_archives_without_images_or_vectors_say_what_they_cannot_be_asked(tmp_path, swatches):
    from latentarchive.archive import Archive
    from latentarchive.build import build_archive
    from latentarchive.recipes import load_recipe
    from tests.conftest import RECIPE, write_recipe

    recipe = load_recipe(str(write_recipe(tmp_path, RECIPE.replace('"toy"', '"none"'))), root=swatches)
    with Subject.of(Archive.open(build_archive(recipe, out=tmp_path / "none").path)) as subject:
        found = member(subject, [read_work(str(swatches / "red.png"))])
    assert "holds only metadata" in found.answers["neighbour"][0].reason
    assert found.answers["perceptual"][0].verdict in (FOUND, NOT_ASKED)


def test_the_suite_says_what_can_be_asked_and_counts_institutions(tmp_path):
    with Subject.open(laion(tmp_path)) as subject:
        can, institutions, works = run_suite(subject, load_suite("membership")).findings
        assert can.value == 7
        assert "cannot be asked for: id, perceptual, neighbour" in can.sentence
        assert {row[0]: row[2] for row in can.table.rows}["url"] == 7
        assert (institutions.value, institutions.n) == (pytest.approx(1 / 6), 6)
        assert institutions.table.rows == (("artic.edu", 1, pytest.approx(1 / 6)),)
        assert works.outcome == "skip"
        (tmp_path / "l.csv").write_text("url,text\nhttp://example.org/a.jpg,a red boat\nhttps://x.org/,x\n")
        asked = {"check": [{"name": "membership.works", "works": str(tmp_path / "l.csv")}]}
        report = run_suite(subject, bind(asked, name="t", text="", where="t"))
    told = {one.sentence.partition(":")[0]: one for one in report.findings}
    assert (told["the same address and caption"].value, told["the same address and caption"].n) == (0.5, 2)
    assert told["perceptual"].outcome == "skip"


def test_works_that_are_withheld_later_vanish_from_a_report(archive, tmp_path):
    (tmp_path / "l.csv").write_text("id\ns:red.png\ns:white.png\n")
    with Subject.of(archive) as subject:
        asked = {"check": [{"name": "membership.works", "works": str(tmp_path / "l.csv")}]}
        report = run_suite(subject, bind(asked, name="t", text="", where="t"))
    rows = [row for one in report.findings if one.table for row in one.table.rows]
    assert ("s:red.png", 1, "s:red-copy.png", "") in rows
    assert "'s:red-copy.png'" not in str([one.record() for one in report.without({"s:red-copy.png"}).findings])
    assert "'s:red.png'" not in str([one.record() for one in report.without({"s:red.png"}).findings])
