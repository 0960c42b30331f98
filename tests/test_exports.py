"""Lists of works as citations and manifests: what each says of a work, whatever its catalogue writes."""

import io
import json
import re
import zipfile

import pytest
from click.testing import CliRunner
from PIL import Image

from latentarchive.cli.main import main
from latentarchive.errors import ArchiveError, QueryError
from latentarchive.export import DOWNLOADS, LISTS, download, export_archive
from latentarchive.export.bibtex import to_bibtex
from latentarchive.export.csl import to_csl
from latentarchive.export.iiif import rights_uri, to_iiif
from latentarchive.export.ris import to_ris
from latentarchive.items import Item
from latentarchive.selection import save, select

PLATE = Item(
    id="met:36.1",
    title="A 100% {true} story_of #1 & \\more",
    text="Two\nlines",
    creator="Newton, Amanda Almira; Schutt, Ellen Isham",
    date="ca. 1890–99",
    year=1890,
    year_end=1899,
    medium="Watercolour",
    place="Ohio",
    subjects=("pear", "leaf"),
    rights="https://creativecommons.org/licenses/by/4.0/",
    rights_class="open",
    url="https://museum.example/works/36 1?a={b}",
    source="A Museum",
    width=4000,
    height=3000,
    extra={"accession_number": "36.1"},
)
BARE = Item(id="s:é,1")
MADE = Item(id="s:made", title="A field", extra={"digital_source_type": "x/trainedAlgorithmicMedia"})
OLD = Item(id="s:old", date="500-480 BC", year=-500, year_end=-480)
OPEN = Item(id="s:open", date="after 1700", year=1700)
WORKS = [PLATE, BARE, MADE, OLD, OPEN]


def webp(width, height):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "WEBP")
    return buffer.getvalue()


def test_csl_has_names_as_written_and_dates_as_ranges():
    plate, bare, made, old, after = json.loads(to_csl(WORKS))
    assert plate == {
        "id": "met:36.1",
        "type": "graphic",
        "title": PLATE.title,
        "author": [{"literal": "Newton, Amanda Almira"}, {"literal": "Schutt, Ellen Isham"}],
        "issued": {"date-parts": [[1890], [1899]]},
        "medium": "Watercolour",
        "publisher-place": "Ohio",
        "archive": "A Museum",
        "archive_location": "36.1",
        "abstract": "Two lines",
        "keyword": "pear, leaf",
        "URL": "https://museum.example/works/36 1?a={b}",
        "note": "Date: ca. 1890–99; Rights: CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
    }
    assert bare == {"id": "s:é,1", "type": "graphic", "title": "untitled", "note": "Rights: unknown"}
    assert made["title"] == "generated, not a work: A field"
    assert made["note"] == "Generated image, not a work; Rights: unknown"
    assert old["issued"] == {"date-parts": [[-500], [-480]]}
    assert after["issued"] == {"literal": "after 1700"}


def test_bibtex_is_balanced_and_says_the_same():
    text = to_bibtex(WORKS).decode()
    assert text.startswith(
        """@misc{met:36.1,
  author = {{Newton, Amanda Almira} and {Schutt, Ellen Isham}},
  title = {{A 100\\% \\textbraceleft{}true\\textbraceright{} story\\_of \\#1 \\& \\textbackslash{}more}},
  year = {1890--1899},
  date = {1890/1899},
  howpublished = {Watercolour},
  address = {Ohio},
  organization = {A Museum, 36.1},
  url = {https://museum.example/works/36%201?a=%7Bb%7D},
"""
    )
    assert text.count("{") == text.count("}")
    assert "@misc{s:--1," in text
    assert "year = {500 BC--480 BC},\n  date = {-0499/-0479}," in text
    assert "year = {after 1700}," in text
    twice = to_bibtex([Item(id="s:é"), Item(id="s:è"), Item(id="S:-")]).decode()
    assert re.findall("@misc{(.*),", twice) == ["s:-", "s:--2", "S:--3"]


def test_no_text_can_leave_its_field():
    evil = "}\n@misc{x,\r\nER  - \r\nTY  - BOOK \u2028 {"
    item = Item(id="s:1", title=evil, creator=evil, text=evil, medium=evil, date=evil, subjects=(evil,), source=evil)
    tags = re.findall("^(..)  -", to_ris([item]).decode(), re.MULTILINE)
    assert " ".join(tags) == "TY ID TI AU N1 M3 DP AB KW N1 ER"
    assert to_ris([item]).decode().count("\n") == len(tags)
    text = to_bibtex([item]).decode()
    depth, lowest = 0, []
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        lowest.append(depth)
    assert depth == 0
    assert min(lowest[10:-3]) == 1


def test_ris_has_one_line_a_field():
    text = to_ris(WORKS).decode()
    plate = text.split("ER  - \r\n")[0].split("\r\n")
    assert plate == [
        "TY  - ART",
        "ID  - met:36.1",
        f"TI  - {PLATE.title}",
        "AU  - Newton, Amanda Almira",
        "AU  - Schutt, Ellen Isham",
        "PY  - 1890",
        "DA  - 1890///1890-1899",
        "M3  - Watercolour",
        "CY  - Ohio",
        "DP  - A Museum",
        "AN  - 36.1",
        "UR  - https://museum.example/works/36 1?a={b}",
        "AB  - Two lines",
        "KW  - pear",
        "KW  - leaf",
        "N1  - Date: ca. 1890–99",
        "N1  - Rights: CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
        "",
    ]
    assert text.count("TY  - ART") == text.count("ER  - ") == 5
    assert "TI  - untitled\r\nN1  - Date: 500-480 BC\r\nN1  - Rights" in text
    assert "N1  - Date: after 1700\r\nN1  - Rights" in text


def test_a_manifest_has_a_canvas_a_work():
    works = [PLATE, Item(id="s:2", title="Two", image="https://img.example/a b.jpg", width=10, height=20, source="B")]
    made = to_iiif(works, lambda _: webp(256, 192), name="wall", label="Two works", base="https://m.example/iiif")
    document = made.document
    assert document["id"] == "https://m.example/iiif/wall.json"
    assert (document["type"], document["label"]) == ("Manifest", {"none": ["Two works"]})
    assert "rights" not in document
    first, second = document["items"]
    assert (first["id"], first["width"], first["height"]) == ("https://m.example/iiif/wall/canvas/1", 4000, 3000)
    assert first["rights"] == "http://creativecommons.org/licenses/by/4.0/"
    assert first["homepage"][0]["id"] == "https://museum.example/works/36%201?a=%7Bb%7D"
    assert first["provider"][0]["label"] == {"none": ["A Museum"]}
    assert first["summary"] == {"none": ["Two lines"]}
    assert first["requiredStatement"]["value"]["none"] == [
        "Newton, Amanda Almira; Schutt, Ellen Isham · ca. 1890–99 · Watercolour · Ohio · A Museum"
        " · Rights: CC BY 4.0 (open)"
    ]
    told = {pair["label"]["en"][0]: pair["value"]["none"] for pair in first["metadata"]}
    assert told["Subjects"] == ["pear", "leaf"]
    assert told["Identifier"] == ["met:36.1"]
    assert told["accession_number"] == ["36.1"]
    [page] = first["items"]
    [annotation] = page["items"]
    assert (annotation["motivation"], annotation["target"]) == ("painting", first["id"])
    assert annotation["body"] == {
        "id": "https://m.example/iiif/wall/00001.webp",
        "type": "Image",
        "label": {"none": [f"{PLATE.title}, {PLATE.creator}, {PLATE.date}"]},
        "format": "image/webp",
        "width": 256,
        "height": 192,
    }
    body = second["items"][0]["items"][0]["body"]
    assert (body["id"], body["format"], body["width"]) == ("https://img.example/a%20b.jpg", "image/jpeg", 10)
    assert list(made.files) == ["wall/00001.webp"]


def test_an_address_of_the_work_that_is_a_picture_is_its_picture():
    address = "https://img.example/iiif/2/abc/full/843,/0/default.jpg"
    made = to_iiif([Item(id="s:1", image="a.jpg", url=address)], lambda _: webp(20, 10), name="w", label="x")
    [canvas] = made.document["items"]
    assert canvas["items"][0]["items"][0]["body"]["id"] == address
    assert "homepage" not in canvas
    assert made.files == {}


def test_a_work_without_a_picture_has_an_empty_canvas_and_rights_stand_for_all_if_all_have_them():
    works = [Item(id="s:1", rights="http://rightsstatements.org/vocab/InC/1.0/", rights_class="restricted")]
    document = to_iiif(works, lambda _: b"", name="w", label="x").document
    assert document["rights"] == "http://rightsstatements.org/vocab/InC/1.0/"
    [canvas] = document["items"]
    assert (canvas["items"], canvas["width"], canvas["height"]) == ([], 1000, 1000)
    assert canvas["label"] == {"none": ["untitled"]}
    assert "thumbnail" not in document
    with pytest.raises(ArchiveError, match="no work to make a manifest of"):
        to_iiif([], lambda _: b"", name="w", label="x")


@pytest.mark.parametrize("base", ["", "ftp://a.example", "a.example", "https://", "https://a.example/?x=1"])
def test_a_manifest_is_published_somewhere(base):
    with pytest.raises(ArchiveError, match="is no address to publish at"):
        to_iiif([PLATE], lambda _: b"", name="w", label="x", base=base)


@pytest.mark.parametrize(
    ("statement", "uri"),
    [
        ("CC0 1.0", "http://creativecommons.org/publicdomain/zero/1.0/"),
        ("https://creativecommons.org/licenses/by-sa/4.0/", "http://creativecommons.org/licenses/by-sa/4.0/"),
        ("https://rightsstatements.org/page/NoC-US/1.0/", "http://rightsstatements.org/vocab/NoC-US/1.0/"),
        ("etalab-2.0", ""),
        ("All rights reserved", ""),
        ("unknown", ""),
    ],
)
def test_rights_are_uris_that_iiif_knows(statement, uri):
    assert rights_uri(statement) == uri


def test_what_looks_like_html_is_text():
    item = Item(id="s:1", title="<script>alert(1)</script>", text="<b>bold</b>", extra={"<i>": "<img onerror=x>"})
    [canvas] = to_iiif([item], lambda _: b"", name="w", label="<p>x</p>").document["items"]
    assert canvas["label"] == {"none": ["<script>alert(1)</script> "]}
    assert canvas["summary"] == {"none": ["<b>bold</b> "]}
    assert canvas["metadata"][-1] == {"label": {"en": ["<i> "]}, "value": {"none": ["<img onerror=x> "]}}


def test_manifests_are_what_other_programs_read(archive):
    iiif_prezi3 = pytest.importorskip("iiif_prezi3", reason="iiif-prezi3 is not installed")
    items = list(archive.shown())
    document = to_iiif([*items, *WORKS], lambda _: webp(20, 10), name="w", label="x", homepage="https://a.example")
    read = iiif_prezi3.Manifest(**document.document)
    assert len(read.items) == 15


def test_exports_keep_the_order_of_ids_and_refuse_what_is_not_shown(archive, tmp_path):
    ids = ["s:yellow.png", "s:black.png", "s:yellow.png", "s:red.png"]
    path, n = export_archive(archive, "csl", out=tmp_path / "a.csl.json", ids=ids)
    assert [one["id"] for one in json.loads(path.read_text())] == ["s:yellow.png", "s:black.png", "s:red.png"]
    assert n == 3
    path, _ = export_archive(archive, "jsonl", out=tmp_path / "a.jsonl", ids=ids)
    lines = path.read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["s:yellow.png", "s:black.png", "s:red.png"]
    assert path.read_bytes() == LISTS["jsonl"](archive.item(i) for i in dict.fromkeys(ids))
    path, _ = export_archive(archive, "csv", out=tmp_path / "a.csv")
    assert path.read_bytes() == LISTS["csv"](archive.shown())
    archive.withhold(["s:black.png"], reason="asked by the family")
    with pytest.raises(QueryError, match="is withheld"):
        export_archive(archive, "ris", ids=ids)
    path, n = export_archive(archive, "bibtex", out=tmp_path / "all.bib")
    assert n == 9
    assert "black" not in path.read_text()
    with pytest.raises(ArchiveError, match="--base is for iiif"):
        export_archive(archive, "ris", base="https://a.example")


def test_a_saved_selection_is_exported_in_its_order_without_what_was_withheld(archive, tmp_path):
    save(select(archive, "Hall", ["s:yellow.png", "s:black.png", "s:red.png"]), tmp_path)
    archive.withhold(["s:black.png"], reason="asked by the family")
    place = str(tmp_path / "hall.selection.json")
    done = CliRunner().invoke(
        main, ["export", str(archive.path), "csl", "--ids", place, "--out", str(tmp_path / "hall.csl.json")]
    )
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "1 work of 3 is not shown: withheld, or no longer in the archive",
        "2 items",
    ]
    assert [one["id"] for one in json.loads((tmp_path / "hall.csl.json").read_text())] == ["s:yellow.png", "s:red.png"]


def test_iiif_by_command_with_its_pictures_beside_it(archive, tmp_path):
    ids = tmp_path / "ids.txt"
    ids.write_text("s:yellow.png\ns:red.png\n")
    out = tmp_path / "wall.json"
    run = CliRunner().invoke
    done = run(main, ["export", str(archive.path), "iiif", "--ids", str(ids), "--out", str(out)])
    assert (done.exit_code, done.stdout) == (0, f"{out}\n")
    document = json.loads(out.read_text())
    assert [canvas["metadata"][-2]["value"]["none"] for canvas in document["items"]] != []
    assert document["items"][0]["items"][0]["items"][0]["body"]["id"] == "http://localhost:8000/wall/00001.webp"
    assert (tmp_path / "wall" / "00001.webp").read_bytes() == archive.thumbnail("s:yellow.png")
    again = run(main, ["search", str(archive.path), "red", "--iiif", str(out)])
    assert again.exit_code == 1
    assert f"{out} exists" in again.output
    other = tmp_path / "red.json"
    done = run(main, ["search", str(archive.path), "red", "-k", "2", "--by", "meaning", "--iiif", str(other)])
    assert done.exit_code == 0
    assert json.loads(other.read_text())["label"] == {"none": ["“red”"]}
    assert len(list((tmp_path / "red").iterdir())) == 2
    done = run(main, ["export", str(archive.path), "iiif", "--out", str(tmp_path / "wall.d")])
    assert done.exit_code == 0
    assert len(json.loads((tmp_path / "wall.d" / "manifest.json").read_text())["items"]) == 10
    assert len(list((tmp_path / "wall.d" / "manifest").iterdir())) == 10


def test_a_list_is_one_file_to_take_along(archive):
    items = [archive.item("s:yellow.png"), archive.item("s:red.png")]
    made = download(archive, items, "iiif", name="wall", label="Wall")
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        assert packed.namelist() == ["wall.json", "wall/00001.webp", "wall/00002.webp"]
        assert packed.read("wall/00002.webp") == archive.thumbnail("s:red.png")
    assert made == download(archive, items, "iiif", name="wall", label="Wall")
    assert set(DOWNLOADS) == {*LISTS, "iiif"}
    for name, write in LISTS.items():
        assert download(archive, items, name, name="wall", label="Wall") == write(items)
    with pytest.raises(ArchiveError, match="no item to export"):
        download(archive, [], "csv", name="wall", label="Wall")
    with pytest.raises(ArchiveError, match="unknown format 'bibtx' of a list; did you mean 'bibtex'"):
        download(archive, items, "bibtx", name="wall", label="Wall")
