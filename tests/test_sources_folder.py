"""Folders of images, with and without words beside them."""

import os
from pathlib import Path

import pytest

from latentarchive.errors import SourceError
from latentarchive.sources import Folder
from tests.source_helpers import items, keeps_its_promises, rejected


@pytest.fixture
def root(tmp_path):
    for name in ("b/x.JPG", "b/x.png", "a-b.jpg", "a/z.jpg", "100%.jpg", "two words.tif"):
        write(tmp_path, name, name.encode())
    write(tmp_path, "b/x.txt", b"Ein Apfel\n")
    write(tmp_path, "b/x.jpg.json", b"{}")
    write(tmp_path, "a/z.json", b'{"title": "Zebra", "id": 7, "nested": {"k": [1, 2]}, "caption": "in json"}')
    write(tmp_path, "a/z.jpg.txt", "\ufeffa zebra".encode())
    write(tmp_path, ".hidden/h.jpg", b"x")
    write(tmp_path, "b/.DS_Store", b"x")
    write(tmp_path, "b/notes.pdf", b"x")
    return tmp_path


def write(root, name, data):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(data)


def folder(root, **options):
    return Folder(name="f", root=root, **options)


def test_known_answers(root):
    found = items(folder(root))
    assert [i.image for i in found] == ["100%.jpg", "a-b.jpg", "a/z.jpg", "b/x.JPG", "b/x.png", "two words.tif"]
    assert [i.id for i in found][::5] == ["f:100%25.jpg", "f:two%20words.tif"]
    zebra = found[2]
    assert (zebra.id, zebra.title, zebra.text) == ("f:a/z.jpg", "Zebra", "a zebra")
    assert zebra.extra == {"id": "7", "nested.k": "1; 2", "caption": "in json"}
    assert [i.text for i in found if i.image.startswith("b/")] == ["Ein Apfel", "Ein Apfel"]
    assert all(not i.title for i in found if i is not zebra)  # nothing is invented from file names


def test_promises(root):
    write(root, "empty.jpg", b"")
    write(root, "raw.heic", b"x")
    write(root, "b/x.json", b"{broken")
    write(root, "lost.txt", b"x")
    records = keeps_its_promises(folder(root))
    assert len(records) == 11
    why = rejected(folder(root))
    assert why["empty.jpg"] == "the file is empty"
    assert why["raw.heic"] == "images of format .heic are not read; convert a copy of it"
    assert why["b/x.json"].startswith("not JSON: ")
    assert why["b/x.json"].endswith("its image is kept without it")
    assert why["lost.txt"] == "no image beside it is named 'lost'"
    assert why["b/x.jpg.json"] == "no image beside it is named 'x.jpg'"  # the image is x.JPG


def test_side_files_that_are_not_text(root):
    write(root, "a-b.txt", b"\xff\xfe")
    write(root, "a-b.json", b"[1]")
    why = rejected(folder(root))
    assert why["a-b.txt"].startswith("cannot be read: ")
    assert why["a-b.json"] == "not a JSON object; its image is kept without it"
    assert "f:a-b.jpg" in {i.id for i in items(folder(root))}


def test_defaults_and_subfolder(root):
    found = items(folder(root, path="a", defaults={"medium": "oil"}))
    assert [(i.id, i.medium) for i in found] == [("f:a/z.jpg", "oil")]


def test_links(root, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.jpg").write_bytes(b"secret")
    (root / "a" / "loop").symlink_to(root)
    (root / "out.jpg").symlink_to(outside / "secret.jpg")
    (root / "in.jpg").symlink_to(root / "a" / "z.jpg")
    (root / "dangling.jpg").symlink_to(root / "nothing.jpg")
    (root / "self.jpg").symlink_to(root / "self.jpg")
    keeps_its_promises(folder(root))
    why = rejected(folder(root))
    assert why["a/loop"] == "a link to a folder, which is not followed; give its target as root"
    assert "leads out of" in why["out.jpg"]
    assert why["dangling.jpg"] == "No such file or directory"
    assert "self.jpg" in why
    assert folder(root).locate("in.jpg") == b"a/z.jpg"
    with pytest.raises(SourceError, match="leads out of"):
        folder(root).locate("out.jpg")


def test_names_that_are_not_utf8_and_names_in_nfd(root):
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.jpg")).write_bytes(b"latin")
    write(root, "Ko\u0308nig.jpg", b"nfd")
    keeps_its_promises(folder(root))
    found = {i.image: i.id for i in items(folder(root))}
    assert found["caf%E9.jpg"] == "f:caf%25E9.jpg"
    assert found["K\xf6nig.jpg"] == "f:K\xf6nig.jpg"
    assert folder(root).locate("caf%E9.jpg") == b"latin"
    write(root, "K\xf6nig.jpg", b"nfc")
    assert "differs from another only in Unicode normalisation" in rejected(folder(root))["K\xf6nig.jpg"]


def test_nothing_to_read(tmp_path):
    with pytest.raises(SourceError, match=r"no images in .*; it is empty"):
        list(folder(tmp_path).records())
    write(tmp_path, "a.pdf", b"x")
    write(tmp_path, "b.pdf", b"x")
    (tmp_path / "c").mkdir()
    with pytest.raises(SourceError, match=r"found there: 2 \.pdf, 1 folders"):
        list(folder(tmp_path).records())
    with pytest.raises(SourceError, match="no folder"):
        list(folder(tmp_path, path="nowhere").records())


@pytest.mark.parametrize("image", ["../x.jpg", "/etc/passwd", "a/../../x", "nul\0.jpg", "gone.jpg"])
def test_locate_refuses(root, image):
    with pytest.raises(SourceError):
        folder(root).locate(image)
