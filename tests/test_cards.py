"""Cards of models: the digests of a folder's files, and what is found when they are not the same any more."""

import hashlib
import json

import pytest

from latentarchive import cards


@pytest.fixture
def folder(tmp_path):
    """A model of two files, one of them in a folder, and what only its training needs."""
    for name, text in {"weights.bin": "abc", "part/config.json": "{}", "unfinished/pixels.u8": "0"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    cards.write(tmp_path, {"title": "A model"})
    return tmp_path


def test_the_card_names_every_file_with_its_digest_but_the_unfinished(folder):
    assert json.loads((folder / "card.json").read_text()) == cards.read(folder)
    assert cards.read(folder) == {
        "title": "A model",
        "files": {
            "part/config.json": hashlib.sha256(b"{}").hexdigest(),
            "weights.bin": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",  # FIPS 180-2, B.1
        },
    }


def test_files_as_the_card_says_are_no_problem(folder):
    assert cards.problem(folder) == ""
    (folder / "unfinished/pixels.u8").write_text("1")
    (folder / "notes.txt").write_text("mine")
    assert cards.problem(folder) == ""


def test_writing_the_card_again_gives_the_same(folder):
    before = (folder / "card.json").read_bytes()
    cards.write(folder, {"title": "A model"})
    assert (folder / "card.json").read_bytes() == before


def test_a_changed_byte_is_found(folder):
    (folder / "weights.bin").write_text("abd")
    assert cards.problem(folder) == f"{folder / 'weights.bin'} is not the file that its card.json describes"


def test_a_missing_file_is_found(folder):
    (folder / "part/config.json").unlink()
    assert cards.problem(folder) == f"{folder / 'part/config.json'} is missing"


@pytest.mark.parametrize("text", ["{", "[]", "3", '"a"', "\xff", '{"files": ["weights.bin"]}', '{"files": null}'])
def test_an_unreadable_card_is_a_problem(folder, text):
    (folder / "card.json").write_bytes(text.encode("latin-1"))
    assert cards.problem(folder) == f"{folder / 'card.json'} cannot be read"


def test_a_card_without_digests_promises_nothing(folder):
    (folder / "card.json").write_text('{"title": "by hand"}')
    assert cards.problem(folder) == ""


def test_no_card_is_no_problem(tmp_path):
    assert cards.read(tmp_path) is None
    assert cards.problem(tmp_path) == ""
    assert cards.read(tmp_path / "nowhere") is None
    assert cards.problem(tmp_path / "nowhere") == ""
