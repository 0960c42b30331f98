"""A grown archive is, byte for byte, a first build of the collection as it is now; until then the old one stays."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from latentarchive import images, storage
from latentarchive.archive import Archive
from latentarchive.build import Growth, growing
from latentarchive.encoders import ToyEncoder
from latentarchive.errors import (
    ArchiveDamaged,
    ArchiveError,
    SourceError,
    UnfinishedBuild,
    WriteRefused,
)
from latentarchive.manifest import MANIFEST, PLAN, WITHHELD
from latentarchive.recipes import load_recipe
from latentarchive.render import text
from latentarchive.verify import verify_archive
from tests.build_helpers import Killed, build, files
from tests.conftest import RECIPE, png, swatch, write_recipe

ROOT = Path(__file__).parent.parent


def grown(recipe, out, **options):
    """Let an archive grow, and see that it is what a first build makes and that nothing else is left."""
    before = sorted(p.name for p in out.parent.iterdir())
    built = build(recipe, out, **options)
    assert sorted(p.name for p in out.parent.iterdir()) == before
    fresh = build(recipe, out.parent / "fresh", **options)
    assert files(out) == files(fresh.path)
    shutil.rmtree(fresh.path)
    assert verify_archive(out).sound
    return built


def add(folder):
    (folder / "brown.png").write_bytes(png(swatch("yellow", "black")))


def remove(folder):
    (folder / "blue.png").unlink()
    (folder / "blue.json").unlink()


def change(folder):
    (folder / "green.png").write_bytes(png(swatch("green", "white")))


def rename(folder):
    (folder / "red-white.png").rename(folder / "a-first.png")


def swap(folder):
    one, other = folder / "black.png", folder / "white.png"
    bytes_one, bytes_other = one.read_bytes(), other.read_bytes()
    one.write_bytes(bytes_other)
    other.write_bytes(bytes_one)


def recatalogue(folder):
    side = folder / "yellow.json"
    side.write_text(json.dumps(json.loads(side.read_bytes()) | {"title": "A lemon"}))


def mend(folder):
    (folder / "torn.png").write_bytes(png(swatch("white", "red")))


def tear(folder):
    (folder / "red-blue.png").write_bytes(b"not an image")


CHANGES = {
    add: Growth(kept=10, added=1, encoded=1),
    remove: Growth(kept=9, dropped=1),
    change: Growth(kept=9, changed=1, encoded=1),
    rename: Growth(kept=9, added=1, dropped=1),  # the image is known by its bytes
    swap: Growth(kept=8, changed=2),
    recatalogue: Growth(kept=10, recatalogued=1),
    mend: Growth(kept=10, added=1, encoded=1),
    tear: Growth(kept=9, dropped=1),
}


@pytest.mark.parametrize("happens", CHANGES, ids=lambda happens: happens.__name__)
def test_a_folder(recipe, tmp_path, swatches, happens):
    build(recipe, tmp_path / "a")
    happens(swatches)
    built = grown(recipe, tmp_path / "a")
    assert not built.already
    assert built.growth == CHANGES[happens]


def test_everything_at_once_and_back_again(recipe, tmp_path, swatches):
    build(recipe, tmp_path / "a")
    first = files(tmp_path / "a")
    shutil.copytree(swatches, tmp_path / "as-they-were")
    for happens in CHANGES:
        happens(swatches)
    growth = grown(recipe, tmp_path / "a").growth
    assert growth == Growth(kept=4, recatalogued=1, changed=3, added=3, dropped=3, encoded=3)
    archive = Archive.open(tmp_path / "a")
    assert archive.item("s:yellow.png").title == "A lemon"
    assert [h.item.id for h in archive.search("red white", by="meaning", k=2).hits] == ["s:a-first.png", "s:torn.png"]
    shutil.rmtree(swatches)
    (tmp_path / "as-they-were").rename(swatches)
    grown(recipe, tmp_path / "a")
    assert files(tmp_path / "a") == first


def works(*rows):
    """Rows of a table of swatches: id, file, title."""
    return [dict(zip(("id", "file", "title"), row, strict=True)) for row in rows]


FIRST = works((1, "red.png", "A"), (2, "blue.png", "B"), (3, "green.png", "C"), (4, "black.png", "D"))


def write_table(path, rows):
    table = pa.Table.from_pylist(rows)
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        pq.write_table(table, path)


def table_recipe(tmp_path, swatches, name, encoder="toy"):
    body = RECIPE.replace('source = "folder"', f'source = "table"\npath = "{name}"').replace('"toy"', f'"{encoder}"')
    return load_recipe(str(write_recipe(tmp_path, body)), root=swatches)


TABLES = {
    "a title": (
        works((1, "red.png", "A"), (2, "blue.png", "new"), (3, "green.png", "C"), (4, "black.png", "D")),
        Growth(kept=4, recatalogued=1),
        Growth(kept=4, recatalogued=1),
    ),
    "a row more, above": (
        [*works((9, "white.png", "Z")), *FIRST],
        Growth(kept=4, added=1, encoded=1),
        Growth(kept=4, added=1),
    ),
    "a row less": (FIRST[1:], Growth(kept=3, dropped=1), Growth(kept=3, dropped=1)),
    "another order": (FIRST[::-1], Growth(kept=4), Growth(kept=4)),
    "another file": (
        works((1, "white.png", "A"), *(tuple(row.values()) for row in FIRST[1:])),
        Growth(kept=3, changed=1, encoded=1),
        Growth(kept=4, recatalogued=1),
    ),
    "an id twice, the new one above": (
        [*works((4, "yellow.png", "Y")), *FIRST],
        Growth(kept=3, changed=1, encoded=1),
        Growth(kept=4, recatalogued=1),
    ),
}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("encoder", ["toy", "none"])
@pytest.mark.parametrize("change", TABLES)
def test_a_table(tmp_path, swatches, suffix, encoder, change):
    table, recipe = swatches / f"t{suffix}", table_recipe(tmp_path, swatches, f"t{suffix}", encoder)
    write_table(table, FIRST)
    build(recipe, tmp_path / "a")
    rows, with_images, metadata_only = TABLES[change]
    write_table(table, rows)
    assert grown(recipe, tmp_path / "a").growth == (with_images if encoder == "toy" else metadata_only)
    if "twice" in change:
        assert Archive.open(tmp_path / "a").item("s:4").title == "Y"


def published(tmp_path, vectors):
    folder = tmp_path / "p"
    for name in ("img_emb", "metadata"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    np.save(folder / "img_emb" / "img_emb_0.npy", vectors)
    captions = pa.table({"id": list(range(len(vectors))), "caption": [f"number {n}" for n in range(len(vectors))]})
    pq.write_table(captions, folder / "metadata" / "metadata_0.parquet")
    return load_recipe(str(write_recipe(tmp_path, RECIPE.replace('"folder"', '"embeddings"'))), root=folder)


def test_published_embeddings(tmp_path):
    vectors = np.eye(6, 11, dtype=np.float32)
    recipe = published(tmp_path, vectors)
    build(recipe, tmp_path / "a")
    assert build(recipe, tmp_path / "a").already
    published(tmp_path, np.eye(8, 11, dtype=np.float32))
    assert grown(recipe, tmp_path / "a").growth == Growth(kept=6, added=2)
    turned = np.roll(np.eye(8, 11, dtype=np.float32), 1, axis=1)  # other vectors of the same length, rows and names
    published(tmp_path, turned)
    assert not verify_archive(tmp_path / "a").sound
    built = grown(recipe, tmp_path / "a")
    assert not built.already
    assert built.growth == Growth(kept=8)
    assert Archive.open(tmp_path / "a").embeddings.take(range(8)) == pytest.approx(turned)


@pytest.mark.parametrize("kind", ["folder", "csv", "metadata", "published", "limit", "duplicates"])
def test_where_nothing_has_changed_nothing_is_written(recipe, tmp_path, swatches, kind):
    options = {}
    if kind in ("csv", "metadata", "duplicates"):
        write_table(swatches / "t.csv", [*FIRST, *FIRST[:1]] if kind == "duplicates" else FIRST)
        recipe = table_recipe(tmp_path, swatches, "t.csv", "none" if kind == "metadata" else "toy")
    elif kind == "published":
        recipe = published(tmp_path, np.eye(6, 11, dtype=np.float16))
    elif kind == "limit":
        options = {"limit": 5}
    build(recipe, tmp_path / "a", **options)
    archive = Archive.open(tmp_path / "a")
    archive.withhold([archive.collection[0].id], reason="r")
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in (tmp_path / "a").rglob("*") if p.is_file()}
    again = build(recipe, tmp_path / "a", **options)
    assert again.already
    assert again.growth == Growth(kept=again.manifest.counts["items"])
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in (tmp_path / "a").rglob("*") if p.is_file()} == before
    assert not (tmp_path / "a.growing").exists()


def test_an_image_replaced_without_a_trace_is_noticed(recipe, tmp_path, swatches):
    """The same name, size and time of change: only its bytes tell."""
    path = swatches / "green.png"
    path.write_bytes(path.read_bytes() + b"\0")
    build(recipe, tmp_path / "a")
    stat = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] = 1
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    assert grown(recipe, tmp_path / "a").growth == Growth(kept=9, changed=1, encoded=1)


def test_what_is_known_is_neither_decoded_nor_encoded(recipe, tmp_path, swatches, monkeypatch):
    build(recipe, tmp_path / "a")
    for happens in (add, rename, swap, recatalogue):
        happens(swatches)
    decode, encode, decoded, encoded = images.decode, ToyEncoder.encode_prepared, [], []
    with monkeypatch.context() as patch:
        patch.setattr(images, "decode", lambda data, **how: (decoded.append(data), decode(data, **how))[1])
        patch.setattr(ToyEncoder, "encode_prepared", lambda self, b: (encoded.append(len(b)), encode(self, b))[1])
        build(recipe, tmp_path / "a")
    assert sorted(decoded) == sorted((swatches / name).read_bytes() for name in ("brown.png", "torn.png"))
    assert sum(encoded) == 1


def test_rows_that_are_encoded_anew_are_those_of_a_first_build_up_to_rounding(tmp_path, swatches):
    """The real encoder meets other batches."""
    recipe = load_recipe(str(write_recipe(tmp_path, RECIPE.replace('"toy"', '"tiny"'))), root=swatches)
    build(recipe, tmp_path / "a")
    kept = Archive.open(tmp_path / "a").embeddings
    add(swatches)
    change(swatches)
    assert build(recipe, tmp_path / "a").growth == Growth(kept=9, changed=1, added=1, encoded=2)
    build(recipe, tmp_path / "fresh")
    one, other = (Archive.open(tmp_path / name) for name in ("a", "fresh"))
    assert one.embeddings.take(range(11)) == pytest.approx(other.embeddings.take(range(11)), abs=1e-3)
    assert one.embeddings.norms == pytest.approx(other.embeddings.norms, rel=1e-3)
    row = one.row("s:red-white.png")
    assert (one.embeddings.take([row]) == kept.take([row - 1])).all()  # not even rounded again
    assert one.manifest.digest == other.manifest.digest


def test_another_recipe_text_index_or_limit_of_the_same_archive(recipe, tmp_path, swatches):
    build(recipe, tmp_path / "a", limit=4)
    assert grown(recipe, tmp_path / "a").growth == Growth(kept=4, added=6, encoded=6)
    retitled = load_recipe(str(write_recipe(tmp_path, RECIPE.replace("Swatches", "Plates"))), root=swatches)
    assert grown(retitled, tmp_path / "a").growth == Growth(kept=10)
    assert Archive.open(tmp_path / "a").manifest.title == "Plates"
    assert grown(retitled, tmp_path / "a", factory="HNSW8").growth == Growth(kept=10)
    assert Archive.open(tmp_path / "a").search("red", by="meaning", k=1).hits
    assert grown(retitled, tmp_path / "a", part_inputs=4).growth == Growth(kept=10)
    before = files(tmp_path / "a")
    with pytest.raises(
        ArchiveError, match="an archive of 11 inputs, more than the limit of 4 lets in; give another --o"
    ):
        build(retitled, tmp_path / "a", limit=4)
    assert files(tmp_path / "a") == before


def test_the_collection_may_be_moved(tmp_path, swatches):
    path = write_recipe(tmp_path)
    build(load_recipe(str(path), root=swatches), tmp_path / "a")
    swatches.rename(tmp_path / "elsewhere")
    moved = load_recipe(str(path), root=tmp_path / "elsewhere")
    assert grown(moved, tmp_path / "a").growth == Growth(kept=10)
    assert Archive.open(tmp_path / "a").original("s:red.png")


def test_another_collection_is_refused_before_anything_is_encoded(tmp_path, swatches):
    path, other = write_recipe(tmp_path), tmp_path / "other"
    build(load_recipe(str(path), root=swatches), tmp_path / "a")
    other.mkdir()
    (other / "red.png").write_bytes(png(swatch("blue", size=(20, 20))))  # the same name, another work
    before = files(tmp_path / "a")
    with pytest.raises(ArchiveError, match=r"holds 10 other works: not one of them is in the collection in .*other;"):
        build(load_recipe(str(path), root=other), tmp_path / "a")
    for file in swatches.glob("*.png"):  # in the same place the names decide
        file.write_bytes(png(swatch("blue", size=(30, 20))))
    assert build(load_recipe(str(path), root=swatches), tmp_path / "a").growth.changed == 10
    for file in swatches.iterdir():
        file.rename(file.with_name(f"new-{file.name}"))
    with pytest.raises(ArchiveError, match="give another --out, or remove that archive first"):
        build(load_recipe(str(path), root=swatches), tmp_path / "a")
    shutil.rmtree(swatches)
    with pytest.raises(SourceError, match="no folder"):  # a disk that is not there drops nothing
        build(load_recipe(str(path), root=swatches), tmp_path / "a")
    assert files(tmp_path / "a").keys() == before.keys()
    assert not (tmp_path / "a.growing").exists()


def test_nothing_usable_any_more_leaves_the_archive(recipe, tmp_path, swatches):
    build(recipe, tmp_path / "a")
    before = files(tmp_path / "a")
    for file in swatches.glob("*.png"):
        file.write_bytes(b"not an image")
    with pytest.raises(SourceError, match="11 inputs were rejected"):
        build(recipe, tmp_path / "a")
    assert files(tmp_path / "a") == before
    assert not (tmp_path / "a.growing").exists()


def test_another_archive_or_encoder_is_refused(recipe, tmp_path, swatches):
    build(recipe, tmp_path / "a")
    before = files(tmp_path / "a")
    with pytest.raises(ArchiveError, match=r"encoder toy \w{12} \(now none\), whose vectors .* give another --out"):
        build(recipe, tmp_path / "a", encoder="none")
    other = load_recipe(str(write_recipe(tmp_path, name="plates")), root=swatches)
    with pytest.raises(ArchiveError, match="holds the archive swatches, not plates; give another --out"):
        build(other, tmp_path / "a")
    assert files(tmp_path / "a") == before


def test_masters_are_only_read(recipe, tmp_path, swatches):
    build(recipe, tmp_path / "a")
    add(swatches)
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in swatches.iterdir()}
    build(recipe, tmp_path / "a")
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in swatches.iterdir()} == before


# What is withheld, open, or somebody's own.


def test_a_withheld_work_stays_withheld_also_if_it_vanishes_and_comes_back(recipe, tmp_path, swatches):
    archive = Archive.open(build(recipe, tmp_path / "a").path)
    archive.withhold(["s:blue.png", "s:red.png"], reason="asked by the family", who="curator")
    archive.restore(["s:red.png"], reason="a mistake", who="curator")
    log = (tmp_path / "a" / WITHHELD).read_bytes()
    aside = (swatches / "blue.png").rename(tmp_path / "blue.png")
    build(recipe, tmp_path / "a")
    assert (tmp_path / "a" / WITHHELD).read_bytes() == log
    assert verify_archive(tmp_path / "a").sound
    aside.rename(swatches / "blue.png")
    grown(recipe, tmp_path / "a")
    archive = Archive.open(tmp_path / "a")
    assert list(archive.log.current()) == ["s:blue.png"]
    assert len(archive) == 9
    assert "s:red.png" in {item.id for item in archive.shown()}


def test_what_is_withheld_while_it_grows_stays_withheld(recipe, tmp_path, swatches, monkeypatch):
    opened = Archive.open(build(recipe, tmp_path / "a").path)
    add(swatches)
    finish = growing.replace

    def meanwhile(folder, origin):
        opened.withhold(["s:blue.png"], reason="asked by the family")
        finish(folder, origin)

    monkeypatch.setattr("latentarchive.build.run.put_in_place", meanwhile)
    build(recipe, tmp_path / "a")
    assert list(Archive.open(tmp_path / "a").log.current()) == ["s:blue.png"]


WITHHOLD = """
import sys
from pathlib import Path
from latentarchive.withheld import WithheldLog
print("begun", flush=True)
WithheldLog(Path(sys.argv[1])).change("withhold", ["s:blue.png"], reason="asked by the family")
"""


def test_what_is_withheld_at_the_very_moment_of_the_swap_stays_withheld(recipe, tmp_path, swatches, monkeypatch):
    """Another process waits for the folder, and finds another in its place."""
    build(recipe, tmp_path / "a")
    add(swatches)
    move, others = storage.move, []

    def meanwhile(path, to):
        if not others:
            command = [sys.executable, "-c", WITHHOLD, str(tmp_path / "a" / WITHHELD)]
            others.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE))
            others[0].stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                others[0].wait(0.5)
        move(path, to)

    monkeypatch.setattr(storage, "move", meanwhile)
    build(recipe, tmp_path / "a")
    assert others[0].wait(60) == 0
    others[0].stdout.close()
    assert list(Archive.open(tmp_path / "a").log.current()) == ["s:blue.png"]


def test_an_archive_that_is_open_answers_until_it_is_replaced_and_its_files_stay_mapped(
    recipe, tmp_path, swatches, monkeypatch
):
    opened = Archive.open(build(recipe, tmp_path / "a").path)
    vectors, titles = opened.embeddings.take(range(10)).copy(), [item.title for item in opened.collection]
    mapped = opened.embeddings
    remove(swatches)
    found = []
    finish = growing.replace
    monkeypatch.setattr(
        "latentarchive.build.run.put_in_place",
        lambda *a: (found.append(opened.search("blue", by="meaning", k=1).hits[0].item.id), finish(*a)),
    )
    build(recipe, tmp_path / "a")
    assert found == ["s:blue.png"]
    assert (mapped.take(range(10)) == vectors).all()
    assert [item.title for item in opened.collection] == titles
    with pytest.raises(ArchiveDamaged, match="was built anew since it was opened; open it again"):
        opened.search("blue")
    assert len(Archive.open(tmp_path / "a")) == 9


def test_files_of_ones_own_in_the_folder_are_kept(recipe, tmp_path, swatches):
    build(recipe, tmp_path / "a")
    (tmp_path / "a" / "notes").mkdir()
    (tmp_path / "a" / "notes" / "thesis.txt").write_text("years of work")
    (tmp_path / "a" / "sheet.html").write_text("<p>")
    add(swatches)
    build(recipe, tmp_path / "a")
    assert (tmp_path / "a" / "notes" / "thesis.txt").read_text() == "years of work"
    assert (tmp_path / "a" / "sheet.html").read_text() == "<p>"
    assert build(recipe, tmp_path / "a").already


def test_an_archive_among_its_originals_grows(tmp_path, swatches):
    recipe = load_recipe(str(write_recipe(tmp_path)), root=swatches)
    build(recipe, swatches / "archives" / "a")
    add(swatches)
    assert grown(recipe, swatches / "archives" / "a").growth == Growth(kept=10, added=1, encoded=1)


def test_an_archive_behind_a_link_grows_where_it_is(recipe, tmp_path, swatches):
    (tmp_path / "disk").mkdir()
    build(recipe, tmp_path / "disk" / "a")
    (tmp_path / "a").symlink_to(tmp_path / "disk" / "a")
    add(swatches)
    assert build(recipe, tmp_path / "a").growth.added == 1
    assert (tmp_path / "a").is_symlink()
    assert [p.name for p in (tmp_path / "disk").iterdir()] == ["a"]
    assert build(recipe, tmp_path / "a").already


# What can go wrong.


@pytest.mark.parametrize(
    ("name", "mended"),
    [
        ("embeddings/part-00001.npy", "restore it from a copy, or give another --out"),
        ("embeddings/norms-00001.npy", "restore it from a copy, or give another --out"),
        ("thumbs/part-00001.parquet", "restore it from a copy, or give another --out"),
        ("items/part-00001.parquet", "restore it from a copy, or give another --out"),
        ("rejected.parquet", "restore it from a copy, or give another --out"),
        ("items.arrow", "delete it and it is made again"),
        ("items.packed", "delete it and it is made again"),
    ],
)
def test_damage_is_named_and_not_taken_over(recipe, tmp_path, swatches, name, mended):
    build(recipe, tmp_path / "a")
    add(swatches)
    path = tmp_path / "a" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ArchiveDamaged, match=f"{re.escape(str(path))} is not as it was written; {mended}"):
        build(recipe, tmp_path / "a")
    path.unlink()
    if name in ("items.arrow", "items.packed"):
        grown(recipe, tmp_path / "a")
    else:
        with pytest.raises(ArchiveDamaged, match=f"{re.escape(str(path))} is missing; {mended}"):
            build(recipe, tmp_path / "a")
    assert not (tmp_path / "a.growing").exists()


@pytest.fixture
def small(tmp_path):
    """A recipe of five works, its archive with one of them withheld, and the same after a change."""
    folder = tmp_path / "small"
    folder.mkdir()
    for number, name in enumerate(("red", "green", "blue", "white", "black")):
        (folder / f"{number}.png").write_bytes(png(swatch(name, size=(16, 16))))
    recipe = load_recipe(str(write_recipe(tmp_path)), root=folder)
    Archive.open(build(recipe, tmp_path / "a").path).withhold(["s:1.png"], reason="r")
    (tmp_path / "a" / "mine.txt").write_text("mine")
    shutil.copytree(tmp_path / "a", tmp_path / "before")
    (folder / "2.png").unlink()
    (folder / "7.png").write_bytes(png(swatch("yellow", size=(16, 16))))
    return recipe


STEPS = ("write_with", "move", "clear")


def counting(monkeypatch, recipe, out):
    """How many steps a growth takes, each the write of a file, a rename or a removal."""
    calls = []
    with monkeypatch.context() as patch:
        for name in STEPS:
            step = getattr(storage, name)
            patch.setattr(storage, name, lambda *a, step=step, **o: (calls.append(a[0]), step(*a, **o)))
        build(recipe, out)
    return len(calls)


def searchable(out):
    """The ids an archive shows, which are those before or those after."""
    shown = [item.id for item in Archive.open(out).shown()]
    assert shown in (["s:0.png", "s:2.png", "s:3.png", "s:4.png"], ["s:0.png", "s:3.png", "s:4.png", "s:7.png"])
    return shown


def test_stopped_before_or_after_any_step_nothing_is_lost_and_it_goes_on(small, tmp_path, monkeypatch):
    out = tmp_path / "a"
    total = counting(monkeypatch, small, out)
    expected, log = files(out), (out / WITHHELD).read_bytes()
    assert total > 20
    between = []
    for stop in range(total):
        for after in (False, True):
            shutil.rmtree(out)
            shutil.copytree(tmp_path / "before", out)
            calls = []
            with monkeypatch.context() as patch:
                for name in STEPS:
                    step = getattr(storage, name)

                    def stopping(*arguments, step=step, calls=calls, stop=stop, after=after, **options):
                        calls.append(arguments)
                        if len(calls) == stop + 1 and not after:
                            raise Killed
                        step(*arguments, **options)
                        if len(calls) == stop + 1:
                            raise Killed

                    patch.setattr(storage, name, stopping)
                with pytest.raises(Killed):
                    build(small, out)
            try:
                searchable(out)
            except UnfinishedBuild as error:
                between.append(str(error))
            built = build(small, out)
            assert files(out) == expected, (stop, after, calls[-1])
            assert (out / WITHHELD).read_bytes() == log
            assert (out / "mine.txt").read_text() == "mine"
            assert built.growth in (Growth(kept=5), Growth(kept=4, added=1, dropped=1, encoded=1))
            assert {p.name for p in tmp_path.iterdir()} == {"a", "before", "small", "swatches.toml"}
    assert set(between) == {
        f"{out} was being replaced by what it has grown to when the build was interrupted; "
        "run the same `latentarchive build` again and it is put in its place"
    }
    assert len(between) == 2  # after the first rename, which is before the second


def test_between_the_renames_a_name_is_still_that_of_the_archive(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "archives").mkdir()
    (tmp_path / "a").rename("archives/a")
    move = storage.move
    with monkeypatch.context() as patch:
        patch.setattr(
            storage, "move", lambda path, to: (_ for _ in ()).throw(Killed) if to.name == "a" else move(path, to)
        )
        with pytest.raises(Killed):
            build(small, Path("archives/a"))
    with pytest.raises(UnfinishedBuild, match=r"^archives/a was being replaced"):
        Archive.open("a")
    (tmp_path / "archives/a.replaced").rename(tmp_path / "archives/aside")
    (tmp_path / "archives/a.growing" / MANIFEST).unlink()
    (tmp_path / "archives/aside").rename(tmp_path / "archives/a.replaced")
    with pytest.raises(
        ArchiveError, match=r"archives/a is not there, but archives/a.replaced is an archive; rename it"
    ):
        build(small, Path("archives/a"))
    assert searchable(Path("archives/a.replaced"))


def test_stopped_within_a_removal_it_is_gone_on_with(small, tmp_path, monkeypatch):
    rmtree = shutil.rmtree
    for stop in range(4):
        calls = []

        def stopping(path, *arguments, calls=calls, stop=stop, **options):
            calls.append(path)
            if len(calls) == stop + 1:
                raise Killed
            rmtree(path, *arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(shutil, "rmtree", stopping)
            with pytest.raises(Killed):
                build(small, tmp_path / "a")
        assert searchable(tmp_path / "a")
        build(small, tmp_path / "a")
        assert {p.name for p in tmp_path.iterdir()} == {"a", "before", "small", "swatches.toml"}
        rmtree(tmp_path / "a")
        shutil.copytree(tmp_path / "before", tmp_path / "a")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_write_refused_at_any_point_leaves_the_old_archive(small, tmp_path, monkeypatch, number):
    out = tmp_path / "a"
    total = counting(monkeypatch, small, out)
    expected = files(out)

    def half(partial):
        partial.write_bytes(b"half")
        raise OSError(number, os.strerror(number))

    for stop in range(total):
        shutil.rmtree(out)
        shutil.copytree(tmp_path / "before", out)
        calls = []
        with monkeypatch.context() as patch:
            for name in STEPS:
                step = getattr(storage, name)

                def refusing(path, *rest, step=step, name=name, calls=calls, stop=stop, **options):
                    calls.append(path)
                    if len(calls) != stop + 1:
                        step(path, *rest, **options)
                    elif name == "write_with":
                        step(path, half)
                    else:
                        with storage.refusals(path):
                            raise OSError(number, os.strerror(number))

                patch.setattr(storage, name, refusing)
            with pytest.raises(WriteRefused, match=r"^cannot write \S+: .*, then run the same command again$"):
                build(small, out)
        searchable(out)  # also where the second rename was refused: the first is taken back
        build(small, out)
        assert files(out) == expected
        assert not list(tmp_path.rglob(f"*{storage.PARTIAL}"))


def test_a_parent_folder_that_is_read_only_is_one_line(recipe, tmp_path, swatches, monkeypatch):
    build(recipe, tmp_path / "a")
    before = files(tmp_path / "a")
    add(swatches)
    make = Path.mkdir

    def refusing(self, *arguments, **options):
        if self.parent == tmp_path:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))
        make(self, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", refusing)
    with pytest.raises(WriteRefused, match=r"cannot write .*a.growing: Read-only file system; choose a place where"):
        build(recipe, tmp_path / "a")
    assert files(tmp_path / "a") == before


@pytest.mark.parametrize("length", [248, 300])
def test_a_name_that_leaves_no_room_is_one_line(small, tmp_path, length):
    out = tmp_path / ("x" * length)
    if length < 255:
        (tmp_path / "a").rename(out)
        assert searchable(out)
    with pytest.raises(WriteRefused, match="File name too long"):
        build(small, out)


def test_two_builds_do_not_meet(small, tmp_path):
    (tmp_path / "a.growing").mkdir()
    with storage.locked(tmp_path / "a.growing"), pytest.raises(ArchiveError, match="another process is working in"):
        build(small, tmp_path / "a")
    assert build(small, tmp_path / "a").growth.added == 1


def test_an_archive_that_became_another_while_it_grew_is_not_replaced(small, tmp_path, monkeypatch):
    finish = growing.replace

    def meanwhile(folder, origin):
        shutil.rmtree(folder)
        build(small, folder)
        finish(folder, origin)

    monkeypatch.setattr("latentarchive.build.run.put_in_place", meanwhile)
    with pytest.raises(ArchiveError, match="was changed by another program; run the same command again"):
        build(small, tmp_path / "a")
    assert verify_archive(tmp_path / "a").sound
    monkeypatch.undo()
    assert build(small, tmp_path / "a").already
    assert not (tmp_path / "a.growing").exists()


def stop_in_finish(recipe, out, monkeypatch, **options):
    def stop(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("latentarchive.build.run.finish", stop)
        with pytest.raises(Killed):
            build(recipe, out, **options)


def test_a_growth_that_was_begun_by_another_plan_is_begun_anew(small, tmp_path, monkeypatch):
    stop_in_finish(small, tmp_path / "a", monkeypatch)
    assert (tmp_path / "a.growing" / PLAN).is_file()
    (tmp_path / "small" / "8.png").write_bytes(png(swatch("red", "blue")))
    (tmp_path / "a" / "mine.txt").unlink()
    built = build(small, tmp_path / "a", part_inputs=2)
    assert not built.resumed
    assert built.growth == Growth(kept=4, added=2, dropped=1, encoded=2)
    assert files(tmp_path / "a") == files(build(small, tmp_path / "fresh", part_inputs=2).path)
    assert not (tmp_path / "a.growing").exists()


def test_a_growth_that_goes_on_encodes_nothing_twice_counts_right_and_says_so(small, tmp_path, monkeypatch):
    stop_in_finish(small, tmp_path / "a", monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(images, "decode", None)
        built = build(small, tmp_path / "a")
    assert built.growth == Growth(kept=4, added=1, dropped=1, encoded=1)
    assert "interrupted build; run it again to see if what that had read has changed" in text.built(built)
    assert build(small, tmp_path / "a").already


def test_nothing_has_changed_is_never_said_of_what_was_read_before_an_interruption(small, tmp_path, monkeypatch):
    build(small, tmp_path / "a")
    writes = storage.write_with

    def stopping(path, write):
        writes(path, write)
        if path.name == "part-00001.json":
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(storage, "write_with", stopping)
        with pytest.raises(Killed):
            build(small, tmp_path / "a")
    assert build(small, tmp_path / "a").already  # it went on, and then read all of it again
    with monkeypatch.context() as patch:
        patch.setattr(storage, "write_with", stopping)
        with pytest.raises(Killed):
            build(small, tmp_path / "a")
    (tmp_path / "small" / "0.png").write_bytes(png(swatch("red", "white", size=(16, 16))))
    built = build(small, tmp_path / "a")
    assert not built.already
    assert built.growth == Growth(kept=4, changed=1, encoded=1)


@pytest.mark.parametrize("name", ["a.growing", "a.replaced"])
def test_folders_of_others_beside_the_archive_are_not_touched(small, tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").write_text("years of work")
    message = f"{name} (is in the way|exists and is neither an archive nor an unfinished build)"
    with pytest.raises(ArchiveError, match=message):
        build(small, tmp_path / "a")
    shutil.rmtree(tmp_path / name)
    shutil.copytree(tmp_path / "before", tmp_path / name)  # somebody's copy
    before = files(tmp_path / name)
    with pytest.raises(ArchiveError, match=message):
        build(small, tmp_path / "a")
    assert files(tmp_path / name) == before
    assert searchable(tmp_path / "a")


def test_what_is_said(small, tmp_path):
    built = build(small, tmp_path / "a")
    assert text.built(built).splitlines() == [
        "5 inputs: 5 items, 0 rejected",
        "4 items kept, 1 added, 1 dropped; 1 images encoded",
    ]
    said = text.built(build(small, tmp_path / "a"))
    assert said == f"nothing to do: {tmp_path / 'a'} is what the collection is now; 5 inputs: 5 items, 0 rejected"
