"""Chosen works in a file: their order and notes, what happens to them later, and that nothing is overwritten unread."""

import json

import pytest

from latentarchive import storage
from latentarchive.errors import ArchiveError, QueryError
from latentarchive.selection import (
    Chosen,
    Selection,
    file_name,
    from_json,
    load,
    save,
    saved,
    select,
    to_json,
)

IDS = ("s:red.png", "s:blue.png", "s:white.png")


@pytest.fixture
def chosen(archive):
    return select(archive, " A wall ", [*IDS, IDS[0]])


def test_works_are_added_moved_noted_and_removed(chosen, archive):
    assert (chosen.name, chosen.ids, chosen.archive) == ("A wall", IDS, "swatches")
    assert chosen.digest == archive.manifest.digest
    more = chosen.added(["s:green.png", "s:blue.png"])
    assert more.ids == (*IDS, "s:green.png")
    assert chosen.added(IDS) is chosen
    assert more.moved("s:green.png", 0).ids == ("s:green.png", *IDS)
    assert more.moved("s:red.png", 99).ids == ("s:blue.png", "s:white.png", "s:green.png", "s:red.png")
    assert more.moved("s:white.png", -1).ids == ("s:white.png", "s:red.png", "s:blue.png", "s:green.png")
    assert more.removed(["s:blue.png", "s:nobody"]).ids == ("s:red.png", "s:white.png", "s:green.png")
    noted = chosen.noted("the first").noted("warm", "s:red.png")
    assert (noted.note, noted.works[0]) == ("the first", Chosen("s:red.png", "warm"))
    assert chosen.renamed("B").name == "B"
    assert chosen.ids == IDS


def test_what_cannot_be_is_said(archive, chosen):
    with pytest.raises(QueryError, match="has no item 's:nobody'"):
        select(archive, "x", ["s:nobody"])
    with pytest.raises(QueryError, match="a selection needs a name"):
        select(archive, "  ")
    with pytest.raises(QueryError, match=r"s:green\.png is not in selection 'A wall'"):
        chosen.moved("s:green.png", 0)
    with pytest.raises(QueryError, match=r"s:green\.png is not in selection 'A wall'"):
        chosen.noted("x", "s:green.png")
    with pytest.raises(QueryError, match="a is in selection 'x' twice"):
        Selection(name="x", archive="a", digest="", works=(Chosen("a"), Chosen("b"), Chosen("a")))


def test_a_file_gives_back_what_was_saved(chosen, tmp_path):
    first = save(chosen.noted("Notiz: “schön”", "s:blue.png"), tmp_path / "sets")
    path = tmp_path / "sets" / "a-wall.selection.json"
    assert load(path) == first
    assert first.read == storage.file_sha256(path)
    assert from_json(to_json(first)) == first
    second = save(first.added(["s:green.png"]), tmp_path / "sets")
    assert load(path).ids == (*IDS, "s:green.png")
    assert saved(tmp_path / "sets") == [(path, second)]
    assert saved(tmp_path / "none") == []


def test_nothing_is_overwritten_that_was_not_read(chosen, tmp_path):
    mine = save(chosen, tmp_path)
    with pytest.raises(ArchiveError, match="exists already; open it again, or save under another name"):
        save(chosen, tmp_path)
    theirs = save(load(tmp_path / file_name("A wall")).added(["s:green.png"]), tmp_path)
    with pytest.raises(ArchiveError, match="was changed or removed by somebody else since it was read"):
        save(mine.removed(["s:red.png"]), tmp_path)
    assert load(tmp_path / file_name("A wall")) == theirs
    (tmp_path / file_name("A wall")).unlink()
    with pytest.raises(ArchiveError, match="was changed or removed"):
        save(theirs, tmp_path)
    assert list(tmp_path.glob("*.partial")) == []


def test_a_renamed_selection_stays_in_its_file_if_that_is_named(chosen, tmp_path):
    mine = save(chosen, tmp_path)
    path = tmp_path / file_name("A wall")
    renamed = save(mine.renamed("Another"), tmp_path, path=path)
    assert load(path) == renamed
    assert renamed.name == "Another"


def test_what_is_withheld_or_gone_is_in_no_view(archive, chosen):
    archive.withhold(["s:blue.png"], reason="asked by the family")
    later = chosen.noted("secret", "s:blue.png").noted("kept", "s:white.png")
    later = Selection(name="x", archive="swatches", digest="old", works=(*later.works, Chosen("s:gone.png", "y")))
    shown = later.shown(archive)
    assert [item.id for item in shown.items] == ["s:red.png", "s:white.png"]
    assert shown.notes == ("", "kept")
    assert (shown.missing, shown.rebuilt) == (2, True)
    assert str(shown) == "2 works of 4 are not shown: withheld, or no longer in the archive"
    archive.restore(["s:blue.png"], reason="agreed")
    again = chosen.shown(archive)
    assert [item.id for item in again.items] == list(IDS)
    assert (again.missing, again.rebuilt, str(again)) == (0, False, "")
    assert str(chosen.added(["s:gone"]).shown(archive)).startswith("1 work of 4 is not shown")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("A wall", "a-wall"),
        ("../../etc/passwd", "etc-passwd"),
        ("Über/Äpfel & Birnen", "über-äpfel-birnen"),
        ("…", "selection"),
        ("x" * 200, "x" * 80),
    ],
)
def test_names_of_files_are_never_paths(name, file):
    assert file_name(name) == f"{file}.selection.json"


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "null", '{"format_version": 2}', '{"format_version": 1, "works": [{"id": 3}], "name": "x"}',
        '{"format_version": 1, "works": [], "name": "x", "archive": "a", "digest": "d", "read": "x"}',
        '{"format_version": 1, "works": [{"id": "a"}, {"id": "a"}], "name": "x", "archive": "a", "digest": "d"}',
        '{"format_version": 1, "works": [], "name": " ", "archive": "a", "digest": "d"}', "\udcff",
    ],
)  # fmt: skip
def test_a_file_that_is_no_selection_is_one_sentence(text, tmp_path):
    path = tmp_path / "x.selection.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ArchiveError, match="is not a selection of this version") as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert saved(tmp_path) == [(path, None)]
    with pytest.raises(ArchiveError, match="cannot be read"):
        load(tmp_path / "none.json")


def test_no_catalogue_is_in_the_file(chosen):
    table = json.loads(to_json(chosen))
    assert set(table) == {"format_version", "name", "note", "archive", "digest", "works", "created", "changed"}
    assert table["works"] == [{"id": item_id, "note": ""} for item_id in IDS]
