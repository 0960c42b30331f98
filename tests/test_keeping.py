"""Looking after an archive: what verify finds, what a copy tells and what it does not, what info counts."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.errors import ArchiveError, EncoderError, QueryError
from latentarchive.export import export_archive
from latentarchive.recipes import load_recipe
from latentarchive.summary import summarize
from latentarchive.verify import verify_archive
from tests.conftest import RECIPE, write_recipe


def everything(folder):
    """All bytes below a folder, names included."""
    return b"".join(
        str(p.relative_to(folder)).encode() + p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    )


def changed(path):
    """One byte of a file turned around."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    "name",
    [
        "items/part-00000.parquet",
        "items.arrow",
        "items.packed",
        "words.sqlite",
        "rejected.parquet",
        "embeddings/part-00000.npy",
        "embeddings/norms-00000.npy",
        "thumbs/part-00000.parquet",
    ],
)
def test_verify_names_any_file_of_which_a_byte_changed(archive, name):
    changed(archive.path / name)
    found = verify_archive(archive.path)
    assert not found.sound
    assert name in found.problem


def test_verify_names_the_item_whose_vector_is_not_of_unit_length_unless_it_is_withheld(archive):
    path = archive.path / "embeddings" / "part-00000.npy"
    vectors = np.load(path)
    vectors[3] *= 2
    np.save(path, vectors)
    manifest = json.loads((archive.path / "archive.json").read_text())
    manifest["files"]["embeddings/part-00000.npy"] = storage.file_sha256(path)
    manifest["marks"] = []
    (archive.path / "archive.json").write_text(json.dumps(manifest))
    item_id = archive.collection[3].id
    assert f"the vector of {item_id} has length 2" in verify_archive(archive.path).problem
    Archive.open(archive.path).withhold([item_id], reason="asked by the family")
    problem = verify_archive(archive.path).problem
    assert "the vector of row 3, which is withheld, has length 2" in problem
    assert item_id not in problem


def test_verify_writes_nothing(archive):
    for name in ("items.arrow", "items.packed", "words.sqlite"):
        (archive.path / name).unlink()
    before = everything(archive.path)
    assert verify_archive(archive.path).sound
    assert everything(archive.path) == before


def test_an_archive_where_nothing_may_be_written_is_used_all_the_same(archive, monkeypatch):
    for name in ("items.arrow", "items.packed", "words.sqlite"):
        (archive.path / name).unlink()
    original = storage.write_with

    def refusing(path, write):
        if archive.path in path.parents:
            raise storage.WriteRefused("read-only")
        original(path, write)

    monkeypatch.setattr(storage, "write_with", refusing)
    opened = Archive.open(archive.path)
    assert opened.search("79.66.4", by="words").hits[0].item.id == "s:white.png"
    assert not (archive.path / "items.arrow").exists()


def test_a_copy_tells_nothing_of_what_it_leaves_out(archive, tmp_path, swatches):
    archive.withhold(["s:blue.png"], reason="asked by the family")
    (path, n) = export_archive(archive, "copy", out=tmp_path / "copy")
    assert n == 9
    told = everything(path)
    for secret in (b"s:blue.png", b"Plate 2:", b"torn.png", b"asked by the family", str(tmp_path).encode()):
        assert secret not in told
    copy = Archive.open(path)
    assert verify_archive(path).sound
    assert [i.id for i in copy.shown()] == [i.id for i in archive.shown()]
    rows = [archive.row(i.id) for i in archive.shown()]
    assert copy.embeddings.take(range(9)) == pytest.approx(archive.embeddings.take(rows), abs=1e-6)
    assert copy.thumbnail("s:white.png") == archive.thumbnail("s:white.png")
    assert [h.item.id for h in copy.search("green", by="meaning", k=3).hits] == [
        h.item.id for h in archive.search("green", by="meaning", k=3).hits
    ]


def test_a_copy_of_chosen_items_spans_parts(recipe, tmp_path):
    archive = Archive.open(build_archive(recipe, out=tmp_path / "a", part_inputs=3).path)
    ids = ["s:yellow.png", "s:black.png", "s:red.png"]
    path, n = export_archive(archive, "copy", out=tmp_path / "copy", ids=ids)
    assert n == 3
    copy = Archive.open(path)
    assert [i.id for i in copy.shown()] == ["s:black.png", "s:red.png", "s:yellow.png"]
    for item_id in ids:
        assert copy.thumbnail(item_id) == archive.thumbnail(item_id)
    assert verify_archive(path).sound


def test_a_copy_names_the_encoder_but_not_its_place(archive, tmp_path):
    path = archive.path / "archive.json"
    manifest = json.loads(path.read_text()) | {"encoder": "local:/home/someone/models/fruit"}
    path.write_text(json.dumps(manifest))
    copy, _ = export_archive(Archive.open(archive.path), "copy", out=tmp_path / "copy")
    assert b"/home/someone" not in everything(copy)
    opened = Archive.open(copy)
    assert opened.manifest.encoder == "local:fruit"
    with pytest.raises(EncoderError, match="name them with --encoder; --by words needs none"):
        opened.search("red")
    assert Archive.open(copy, encoder="toy").search("red", by="meaning", k=1).hits[0].item.id == "s:red-copy.png"


def test_published_vectors_are_copied_into_a_copy_and_counted_when_not_of_unit_length(tmp_path):
    folder = tmp_path / "p"
    for name in ("img_emb", "metadata"):
        (folder / name).mkdir(parents=True)
    vectors = np.eye(6, 11, dtype=np.float32)
    vectors[1] *= 3
    vectors[2, :] = 0
    vectors[3, 0] = np.nan
    np.save(folder / "img_emb" / "img_emb_0.npy", vectors)
    pq.write_table(pa.table({"caption": list("abcdef")}), folder / "metadata" / "metadata_0.parquet")
    before = everything(folder)
    recipe = load_recipe(str(write_recipe(tmp_path, RECIPE.replace('"folder"', '"embeddings"'))), root=folder)
    built = build_archive(recipe, out=tmp_path / "a")
    assert everything(folder) == before
    assert built.manifest.counts == {"inputs": 6, "items": 4, "images": 0, "rejected": 2, "renormalized": 1}
    archive = Archive.open(built.path)
    assert archive.embeddings.norms.tolist() == [1, 3, 1, 1]
    assert archive.embeddings.take(range(4)) == pytest.approx(np.eye(6, 11)[[0, 1, 4, 5]])
    assert verify_archive(built.path).sound
    copy, _ = export_archive(archive, "copy", out=tmp_path / "copy")
    (folder / "img_emb" / "img_emb_0.npy").unlink()
    assert Archive.open(copy).embeddings.take(range(4)) == pytest.approx(np.eye(6, 11)[[0, 1, 4, 5]], abs=1e-3)
    assert not verify_archive(built.path).sound


def test_info_counts_what_is_shown(archive):
    assert summarize(archive)["items"] == 10
    archive.withhold([i.id for i in archive.shown()], reason="all of it")
    facts = summarize(archive)
    assert (facts["items"], facts["withheld"], facts["years"], facts["rights"]) == (0, 10, "none", {})
    with pytest.raises(QueryError, match="no item to export"):
        export_archive(archive, "csv")


def test_info_names_no_withheld_item_among_the_reasons(tmp_path, swatches):
    (swatches / "t.csv").write_text("id,file\nsecret-1,red.png\nsecret-1,blue.png\n2,green.png\n")
    text = RECIPE.replace('source = "folder"', 'source = "table"\npath = "t.csv"')
    archive = Archive.open(
        build_archive(load_recipe(str(write_recipe(tmp_path, text)), root=swatches), out=tmp_path / "a").path
    )
    archive.withhold(["s:secret-1"], reason="x")
    assert "secret-1" not in json.dumps(summarize(archive))


@pytest.mark.parametrize("name", ["rejected.parquet", "archive.json"])
def test_damage_is_one_line(archive, name):
    path = archive.path / name
    path.write_bytes(
        b'{"format_version": 1, "parts": [], "published": [], "counts": {}}' if "json" in name else b"PAR1junk"
    )
    with pytest.raises(ArchiveError) as caught:
        summarize(Archive.open(archive.path))
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_export_never_replaces_anything(archive, tmp_path):
    (tmp_path / "mine.csv").write_text("mine")
    with pytest.raises(ArchiveError, match="exists; remove it or give another --out"):
        export_archive(archive, "csv", out=tmp_path / "mine.csv")
    assert (tmp_path / "mine.csv").read_text() == "mine"
