"""A build accounts for every input, resumes to the same bytes, and leaves nothing that only looks whole."""

import errno
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.build.parts import with_embedded
from latentarchive.embedded import Embedded
from latentarchive.errors import (
    ArchiveDamaged,
    ArchiveError,
    ArchiveNotFound,
    EncoderMismatch,
    RecipeError,
    SourceError,
    UnfinishedBuild,
    WriteRefused,
)
from latentarchive.items import Item
from latentarchive.manifest import MANIFEST
from latentarchive.recipes import load_recipe
from latentarchive.verify import verify_archive
from tests.build_helpers import Killed, build, files
from tests.conftest import RECIPE, png, swatch, write_recipe

ROOT = Path(__file__).parent.parent


def test_every_input_is_an_item_or_rejected_with_its_reason(recipe, tmp_path):
    built = build(recipe, tmp_path / "a")
    assert built.manifest.counts == {"inputs": 11, "items": 10, "images": 10, "rejected": 1, "renormalized": 0}
    assert built.manifest.parts == (3, 3, 2, 2)
    [row] = pq.read_table(built.path / "rejected.parquet").to_pylist()
    assert (row["path"], row["stage"]) == ("torn.png", "decode")
    assert row["reason"]
    item = Archive.open(built.path).item("s:red.png")
    assert (item.title, item.creator, item.date, item.year) == ("Plate 0: red", "Schutt, Ellen Isham", "1900", 1900)
    assert (item.width, item.height, item.rights_class) == (64, 64, "restricted")
    assert item.extra["accession_number"] == "79.66.0"
    assert verify_archive(built.path).sound


def test_order_and_files_do_not_depend_on_the_workers(recipe, tmp_path):
    build(recipe, tmp_path / "one", workers=1)
    build(recipe, tmp_path / "many", workers=7)
    assert files(tmp_path / "one") == files(tmp_path / "many")


def test_vectors_are_those_of_the_encoder(recipe, tmp_path):
    archive = Archive.open(build(recipe, tmp_path / "a").path)
    unit = archive.encoder.encode_images([swatch("red", "blue")]).unit[0]
    assert archive.embeddings.take([archive.row("s:red-blue.png")])[0] == pytest.approx(unit, abs=1e-3)
    assert np.linalg.norm(archive.embeddings.take(range(10)), axis=1) == pytest.approx(np.ones(10), abs=1e-6)


def test_a_finished_archive_is_left_as_it_is(recipe, tmp_path):
    first = build(recipe, tmp_path / "a")
    before = (first.path / MANIFEST).stat().st_mtime_ns
    again = build(recipe, tmp_path / "a")
    assert again.already
    assert (again.path / MANIFEST).stat().st_mtime_ns == before


def test_two_builds_in_one_directory_do_not_meet(recipe, tmp_path):
    (tmp_path / "a").mkdir()
    with storage.locked(tmp_path / "a"), pytest.raises(ArchiveError, match="another process is working in"):
        build(recipe, tmp_path / "a")
    assert build(recipe, tmp_path / "a").manifest.counts["items"] == 10


def test_an_archive_among_its_originals_is_not_read(tmp_path, swatches):
    recipe = load_recipe(str(write_recipe(tmp_path)), root=swatches)
    first = build(recipe, swatches / "archives" / "a")
    assert first.manifest.counts["inputs"] == 11
    assert build(recipe, swatches / "archives" / "b").manifest.counts["inputs"] == 11


def test_vectors_of_another_dimension_than_the_encoder_are_refused_before_anything_is_read(tmp_path):
    for name in ("img_emb", "metadata"):
        (tmp_path / "p" / name).mkdir(parents=True)
    np.save(tmp_path / "p" / "img_emb" / "img_emb_0.npy", np.eye(4, 16, dtype=np.float16))
    pq.write_table(pa.table({"caption": list("abcd")}), tmp_path / "p" / "metadata" / "metadata_0.parquet")
    text = RECIPE.replace('source = "folder"', 'source = "embeddings"')
    recipe = load_recipe(str(write_recipe(tmp_path, text)), root=tmp_path / "p")
    with pytest.raises(EncoderMismatch, match=r"toy makes vectors of 11 dimensions, those in .* have 16"):
        build(recipe, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_an_archive_replaced_while_it_is_open_shows_nothing_of_the_other(recipe, tmp_path):
    """Its rows are other items now: a thumbnail by row number would be another work's."""
    opened = Archive.open(build(recipe, tmp_path / "a").path)
    assert opened.thumbnail("s:red.png")
    shutil.rmtree(tmp_path / "a")
    build(recipe, tmp_path / "a", limit=5)
    with pytest.raises(ArchiveDamaged, match="was built anew since it was opened; open it again"):
        opened.thumbnail("s:red.png")


@pytest.mark.parametrize("name", ["../esc", "a/b", ".hidden", "-x", "a b", ""])
def test_a_name_cannot_lead_elsewhere(tmp_path, swatches, name):
    with pytest.raises(RecipeError, match="name"):
        load_recipe(str(write_recipe(tmp_path)), root=swatches, name=name)


def test_a_directory_with_something_else_is_not_touched(recipe, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis.txt").write_text("years of work")
    with pytest.raises(ArchiveError, match="neither an archive nor an unfinished build"):
        build(recipe, tmp_path / "a")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["thesis.txt"]


def test_an_id_that_is_there_already_is_rejected(tmp_path, swatches):
    table = swatches / "table.csv"
    table.write_text("id,title,file\n1,A,red.png\n1,B,blue.png\n2,C,green.png\n")
    text = RECIPE.replace('source = "folder"', 'source = "table"\npath = "table.csv"')
    built = build(load_recipe(str(write_recipe(tmp_path, text)), root=swatches), tmp_path / "a")
    assert built.manifest.counts["items"] == 2
    [row] = pq.read_table(built.path / "rejected.parquet").to_pylist()
    assert row == {"path": "blue.png", "stage": "source", "reason": "its id is taken by an earlier input"}


def test_nothing_usable_is_an_error_that_says_why_and_leaves_nothing(tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"not an image")
    recipe = load_recipe(str(write_recipe(tmp_path)), root=folder)
    with pytest.raises(SourceError, match="could be used: 1 inputs were rejected, the first because"):
        build(recipe, tmp_path / "a")
    assert not (tmp_path / "a").exists()
    (folder / "b.png").write_bytes(png(swatch("red")))
    assert build(recipe, tmp_path / "a").manifest.counts["items"] == 1


def test_a_part_of_which_nothing_is_usable_is_a_part_without_rows(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for number, name in enumerate(("red", "green", "blue", "", "", "", "white")):
        (folder / f"{number}.png").write_bytes(png(swatch(name)) if name else b"not an image")
    built = build(load_recipe(str(write_recipe(tmp_path)), root=folder), tmp_path / "a")
    assert built.manifest.parts == (3, 0, 1)
    assert Archive.open(built.path).neighbors("s:6.png", k=3).hits
    assert verify_archive(built.path).sound


def test_a_table_without_images_needs_encoder_none(tmp_path):
    (tmp_path / "t.csv").write_text("id,title\n1,A\n2,B\n")
    text = RECIPE.replace('source = "folder"', 'source = "table"\npath = "t.csv"')
    recipe = load_recipe(str(write_recipe(tmp_path, text)), root=tmp_path)
    with pytest.raises(SourceError, match='no image; for a catalogue without images use encoder "none"'):
        build(recipe, tmp_path / "a")
    built = build(recipe, tmp_path / "a", encoder="none")
    assert built.manifest.counts == {"inputs": 2, "items": 2, "images": 0, "rejected": 0, "renormalized": 0}
    assert verify_archive(built.path).sound


def test_masters_are_only_read(recipe, tmp_path, swatches):
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in swatches.iterdir()}
    build(recipe, tmp_path / "a")
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in swatches.iterdir()} == before


def count_writes(recipe, out, monkeypatch):
    original, calls = storage.write_with, []

    def counting(path, write):
        calls.append(path)
        original(path, write)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "write_with", counting)
        build(recipe, out)
    return len(calls)


def test_stopped_before_or_after_any_write_it_resumes_to_the_same_files(recipe, tmp_path, monkeypatch):
    reference = tmp_path / "reference"
    total = count_writes(recipe, reference, monkeypatch)
    expected = files(reference)
    original = storage.write_with
    for stop in range(total):
        for after in (False, True):
            calls = []

            def stopping(path, write, stop=stop, after=after, calls=calls):
                calls.append(path)
                if len(calls) == stop + 1:
                    if after:
                        original(path, write)
                    raise Killed
                original(path, write)

            out = tmp_path / f"stopped-{stop}-{after}"
            with monkeypatch.context() as patch:
                patch.setattr(storage, "write_with", stopping)
                with pytest.raises(Killed):
                    build(recipe, out)
            if not (stop == total - 1 and after):
                with pytest.raises(ArchiveNotFound):
                    Archive.open(out)
            build(recipe, out)
            assert files(out) == expected, (stop, after, calls[-1])


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_write_refused_at_any_point_is_one_clear_line_and_nothing_looks_whole(recipe, tmp_path, monkeypatch, number):
    reference = tmp_path / "reference"
    total = count_writes(recipe, reference, monkeypatch)
    expected = files(reference)
    original = storage.write_with

    def half(partial):
        partial.write_bytes(b"half")
        raise OSError(number, os.strerror(number))

    for stop in range(total):
        calls = []

        def refusing(path, write, stop=stop, calls=calls):
            calls.append(path)
            original(path, half if len(calls) == stop + 1 else write)

        out = tmp_path / f"refused-{stop}"
        with monkeypatch.context() as patch:
            patch.setattr(storage, "write_with", refusing)
            with pytest.raises(WriteRefused) as caught:
                build(recipe, out)
        assert re.fullmatch(
            rf"cannot write {re.escape(str(out))}\S*: .*, then run the same command again", str(caught.value)
        )
        assert not list(out.rglob(f"*{storage.PARTIAL}"))
        with pytest.raises(ArchiveNotFound):
            Archive.open(out)
        build(recipe, out)
        assert files(out) == expected


SCRIPT = """
import sys
from pathlib import Path
from latentarchive.build import build_archive
from latentarchive.build.parts import with_embedded
from latentarchive.items import Item
from latentarchive.embedded import Embedded
from latentarchive.recipes import load_recipe
build_archive(load_recipe(sys.argv[1], root=Path(sys.argv[2])), out=Path(sys.argv[3]), part_inputs=2)
"""


@pytest.mark.slow
def test_killed_at_random_moments_it_resumes_to_the_same_files(tmp_path, swatches):
    for number in range(60):
        (swatches / f"more-{number:02d}.png").write_bytes(png(swatch("red", "white", size=(200 + number, 160))))
    command = [sys.executable, "-c", SCRIPT, str(write_recipe(tmp_path)), str(swatches)]
    subprocess.run([*command, str(tmp_path / "reference")], check=True, cwd=ROOT)
    expected = files(tmp_path / "reference")
    parts = len(json.loads(expected[MANIFEST])["parts"])
    rng, killed = random.Random(0), 0
    for trial in range(10):
        out = tmp_path / f"killed-{trial}"
        for _ in range(3):
            done = rng.randrange(parts + 1)  # kill soon after so many parts: moments by progress, not by the clock
            process = subprocess.Popen([*command, str(out)], cwd=ROOT)
            while process.poll() is None and len(list(out.glob("journal/part-*.json"))) < done:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
        subprocess.run([*command, str(out)], check=True, cwd=ROOT)
        assert files(out) == expected
    assert killed >= 15  # the test is worth nothing if the builds were over before they were killed


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), int(sys.argv[4])))
from latentarchive.__main__ import main
main(["build", sys.argv[1], "--root", sys.argv[2], "--out", sys.argv[3]])
"""


def test_the_operating_system_itself_refuses(tmp_path, swatches):
    """A limit on file sizes is a refusal that root meets too, whichever library writes."""
    recipe, out = write_recipe(tmp_path), tmp_path / "a"
    sizes = []
    for limit in (100, 3000, 12_000, 20_000):
        command = [sys.executable, "-c", LIMITED, str(recipe), str(swatches), str(out), str(limit)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 1, (limit, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("latentarchive: cannot write ")
        assert len(done.stderr.splitlines()) == 1
        assert not (out / MANIFEST).exists()
        sizes.append(done.stderr)
    build_archive(load_recipe(str(recipe), root=swatches), out=out)
    assert verify_archive(out).sound


def test_unfinished_says_how_to_finish(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr("latentarchive.build.run.finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        build(recipe, tmp_path / "a")
    with pytest.raises(
        UnfinishedBuild, match="run the same `latentarchive build` again and it goes on where it stopped"
    ):
        Archive.open(tmp_path / "a")


def test_an_approximate_index_says_its_recall(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    rng = random.Random(0)
    for number in range(300):
        image = swatch("white", size=(16, 16))
        for _ in range(120):
            image.putpixel(
                (rng.randrange(16), rng.randrange(16)), (rng.randrange(256), rng.randrange(256), rng.randrange(256))
            )
        (folder / f"{number:03d}.png").write_bytes(png(image))
    recipe = load_recipe(str(write_recipe(tmp_path)), root=folder)
    built = build_archive(recipe, out=tmp_path / "a", factory="IVF8,Flat")
    tuning = built.manifest.index["tuning"]
    assert tuning["parameter"] == "nprobe"
    assert tuning["recall_at_10"] >= 0.95
    assert tuning["n"] == 300
    before = (built.path / "index.faiss").read_bytes()
    (built.path / "index.faiss").unlink()
    archive = Archive.open(built.path)
    exact = Archive.open(build_archive(recipe, out=tmp_path / "b").path)
    for item_id in ("s:007.png", "s:123.png"):
        found, true = ([h.item.id for h in a.neighbors(item_id, k=5).hits] for a in (archive, exact))
        assert len(set(found) & set(true)) >= 4
    assert (built.path / "index.faiss").read_bytes() == before
    assert verify_archive(built.path).sound


def test_an_unknown_factory_is_one_line(recipe, tmp_path):
    with pytest.raises(ArchiveError, match="FAISS cannot build 'IVFx'") as caught:
        build(recipe, tmp_path / "a", factory="IVFx")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("catalogue", "file", "kept"),
    [
        ("", "DMI-ALLOWED", "DMI-ALLOWED"),
        ("", "DMI-PROHIBITED", "DMI-PROHIBITED"),
        ("DMI-ALLOWED", "DMI-PROHIBITED-AIMLTRAINING", "DMI-PROHIBITED-AIMLTRAINING"),
        ("DMI-PROHIBITED", "DMI-ALLOWED", "DMI-PROHIBITED"),
        ("DMI-PROHIBITED", "DMI-PROHIBITED-AIMLTRAINING", "DMI-PROHIBITED"),
        ("DMI-PROHIBITED", "", "DMI-PROHIBITED"),
    ],
)
def test_a_reservation_of_data_mining_stands_wherever_it_is_stated(catalogue, file, kept):
    found = with_embedded(Item(id="s:1", mining=catalogue), Embedded(mining=file))
    assert found.mining == kept
