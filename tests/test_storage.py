"""Whole or not at all, under writes that the operating system really refuses."""

import errno
import json
import os
import re
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from latentarchive import storage
from latentarchive.errors import ArchiveNotFound, WriteRefused

WRITERS = ("bytes", "json", "array", "parquet", "columns", "packed", "words", "index")

LIMITED = """
import json, pathlib, resource, sys
import numpy as np, pyarrow as pa
from latentarchive import catalogue, columnar, index, packed, storage, words
from latentarchive.embeddings import Embeddings
from latentarchive.items import Item

folder = pathlib.Path(sys.argv[1])
part = folder / "part.parquet"
items = [Item(id=f"s:{n}", text=f"{n:0200}") for n in range(2000)]
storage.write_parquet(part, catalogue.to_table(items))
rows = np.eye(64, dtype=np.float16).repeat(50, axis=0)
noise = np.random.default_rng(0).bytes(100_000)
writers = {
    "bytes": lambda path: storage.write_bytes(path, noise),
    "json": lambda path: storage.write_json(path, ["x" * 100_000]),
    "array": lambda path: storage.write_array(path, np.zeros(100_000, np.uint8)),
    "parquet": lambda path: storage.write_parquet(path, pa.table({"x": [noise]})),
    "columns": lambda path: columnar.write_columns([part], path),
    "packed": lambda path: packed.write_packed([part], path),
    "words": lambda path: words.build_words(items, path),
    "index": lambda path: index.build_index(Embeddings([rows], [np.ones(len(rows), np.float32)]), "HNSW8,Flat", path),
    "lines": lambda path: storage.append_lines(path, ["whole", "x" * 100_000]),
}
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
said = {}
for name, write in writers.items():
    for path in (folder / name / "new", folder / name / "old"):
        try:
            write(path)
        except storage.WriteRefused as error:
            said[str(path)] = str(error)
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """A folder that every writer was tried on where no file may grow beyond 50,000 bytes, and what each said.

    The limit binds root too.
    """
    folder = tmp_path_factory.mktemp("limited")
    for name in (*WRITERS, "lines"):
        (folder / name).mkdir()
        (folder / name / "old").write_bytes(b"what was there\n")
    command = [sys.executable, "-c", LIMITED, str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return folder, json.loads(ran.stdout)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_refused_write_leaves_what_was_there(limited, writer):
    folder, said = limited
    for name in ("new", "old"):
        path = folder / writer / name
        assert re.fullmatch(
            re.escape(f"cannot write {path}: ")
            + r"(File too large|Input/output error); \d+\.\d\d GB are free there; "
            + "make room or choose another place, then run the same command again",
            said[str(path)],
        )
    assert [p.name for p in (folder / writer).iterdir()] == ["old"]
    assert (folder / writer / "old").read_bytes() == b"what was there\n"


def test_lines_are_appended_all_or_none(limited):
    """A refusal halfway must not leave a torn line, which would close a log of withheld items."""
    folder, said = limited
    path = folder / "lines" / "old"
    assert said[str(path)].startswith(f"cannot write {path}: File too large")
    assert path.read_bytes() == b"what was there\n"


def test_a_full_device_refuses_a_line(tmp_path):
    path = tmp_path / "log"
    path.symlink_to("/dev/full")
    with pytest.raises(WriteRefused, match=re.escape(f"cannot write {path}: No space left on device")):
        storage.append_lines(path, ["x"])


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, r"No space left on device; \d+\.\d\d GB are free there; make room or choose another place"),
        (errno.EDQUOT, r"Disk quota exceeded; \d+\.\d\d GB are free there; make room or choose another place"),
        (errno.EACCES, r"Permission denied; choose a place where you may write"),
        (errno.EROFS, r"Read-only file system; choose a place where you may write"),
    ],
)
@pytest.mark.parametrize("at", ["write", "fsync", "replace"])
def test_the_message_says_what_to_do(tmp_path, monkeypatch, number, said, at):
    path = tmp_path / "folder" / "file"

    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    if at != "write":
        monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (storage.Path, "replace")}[at], refuse)
    expected = re.escape(f"cannot write {path}: ") + said + ", then run the same command again$"
    with pytest.raises(WriteRefused, match=expected):
        storage.write_stream(path, refuse if at == "write" else lambda handle: handle.write(b"x"))
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteRefused, match=re.escape(f"cannot write {tmp_path}/file/x")):
        storage.write_bytes(tmp_path / "file" / "x", b"")


def test_an_error_of_our_own_is_not_called_a_refusal(tmp_path):
    """Some of our errors are an OSError too."""
    with pytest.raises(ArchiveNotFound, match=r"^gone$"), storage.refusals(tmp_path):
        raise ArchiveNotFound("gone")


def test_whatever_interrupts_leaves_nothing(tmp_path):
    def interrupted(handle):
        handle.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        storage.write_stream(tmp_path / "file", interrupted)
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_can_be_read(tmp_path):
    storage.write_json(tmp_path / "a" / "b.json", {"größe": [1, None]})
    assert (tmp_path / "a" / "b.json").read_bytes() == '{\n  "größe": [\n    1,\n    null\n  ]\n}\n'.encode()
    assert json.loads((tmp_path / "a" / "b.json").read_bytes()) == {"größe": [1, None]}
    for array in (np.arange(6, dtype=np.float16).reshape(2, 3), np.empty((0, 3), np.float32), np.ones((3, 2)).T):
        storage.write_array(tmp_path / "c.npy", array)
        np.save(tmp_path / "d.npy", np.ascontiguousarray(array))
        assert (tmp_path / "c.npy").read_bytes() == (tmp_path / "d.npy").read_bytes()
    storage.write_parquet(tmp_path / "d.parquet", pa.table({"x": list(range(10))}), group=4)
    assert pq.read_metadata(tmp_path / "d.parquet").num_row_groups == 3
    assert pq.read_table(tmp_path / "d.parquet")["x"].to_pylist() == list(range(10))


def test_json_has_no_nan(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        storage.write_json(tmp_path / "x.json", {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, b"one\nzwei \xc3\xbc\n"), (b"", b"one\nzwei \xc3\xbc\n"), (b"a\n", b"a\none\nzwei \xc3\xbc\n"),
     (b"torn", b"torn\none\nzwei \xc3\xbc\n")],
    ids=["missing", "empty", "whole", "torn"],
)  # fmt: skip
def test_a_torn_last_line_is_closed_first(tmp_path, before, after):
    path = tmp_path / "log"
    if before is not None:
        path.write_bytes(before)
    storage.append_lines(path, ["one", "zwei ü"])
    assert path.read_bytes() == after


def test_the_digest_of_a_file(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert storage.file_sha256(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
