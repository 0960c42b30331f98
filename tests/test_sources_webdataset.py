"""Tar shards, whole, cut short and hostile."""

import io
import json
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from latentarchive.errors import SourceError
from latentarchive.items import Record
from latentarchive.sources import WebDataset
from tests.source_helpers import items, keeps_its_promises, rejected


def shard(path, members):
    with tarfile.open(path, "w") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def sample(key, caption="a dog", **record):
    data = json.dumps({"key": key, "url": f"http://x/{key}", "caption": caption, "sha256": "ab"} | record).encode()
    return [(f"{key}.jpg", f"image {key}".encode()), (f"{key}.txt", caption.encode()), (f"{key}.json", data)]


def source(root, path=".", **options):
    return WebDataset(name="w", root=root, path=path, **options)


@pytest.fixture
def root(tmp_path):
    shard(tmp_path / "00000.tar", sample("000000000") + sample("000000002", "a cat"))
    shard(tmp_path / "00001.tar", sample("000010000"))
    rows = [
        {"key": "000000000", "status": "success", "error_message": None, "url": "http://x/0"},
        {"key": "000000001", "status": "failed_to_download", "error_message": "HTTP Error 404", "url": "http://x/1"},
        {"key": "000000002", "status": "success", "error_message": None, "url": "http://x/2"},
        {"key": "000000003", "status": "success", "error_message": None, "url": "http://x/3"},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "00000.parquet")
    (tmp_path / "00000_stats.json").write_text("{}")
    return tmp_path


def test_img2dataset(root):
    records = keeps_its_promises(source(root))
    first = records[0].item
    assert (first.id, first.image, first.url) == ("w:000000000", "00000.tar/000000000.jpg", "http://x/000000000")
    assert first.text == "a dog"
    assert first.sha256 == ""
    assert first.extra == {"key": "000000000", "sha256": "ab"}
    assert records[0].read() == b"image 000000000"
    assert [r.item.id if isinstance(r, Record) else r.path for r in records] == [
        "w:000000000",
        "w:000000002",
        "00000.tar/000000001",
        "00000.tar/000000003",
        "w:000010000",
    ]
    assert rejected(source(root)) == {
        "00000.tar/000000001": "failed_to_download: HTTP Error 404 (http://x/1)",
        "00000.tar/000000003": "in the table, but not in the tar (http://x/3)",
    }


def test_ranges_patterns_and_missing_shards(root):
    assert len(items(source(root, "*.tar"))) == 3
    assert len(items(source(root, "00001.tar"))) == 1
    ranged = source(root, "{00000..00002}.tar")
    keeps_its_promises(ranged)
    assert rejected(ranged)["00002.tar"] == "no such shard"
    with pytest.raises(SourceError, match=r"no tar shards at .*found there: 2 \.tar, 1 \.json, 1 \.parquet"):
        list(source(root, "{5..6}.tar").records())
    with pytest.raises(SourceError, match="no column 'titel' for title; known: "):
        list(source(root, columns={"title": "titel"}).records())


@pytest.mark.parametrize("keep", range(0, 7680, 256))
def test_a_tar_cut_short_keeps_what_came_before(tmp_path, keep):
    whole = tmp_path / "a.tar"
    shard(whole, sample("0") + sample("1"))
    data = whole.read_bytes()
    whole.write_bytes(data[:keep])
    keeps_its_promises(source(tmp_path))
    whole_samples = 0 if keep < 3600 else 1 if keep < 6656 else 2  # 3 members of two blocks each, then zeros
    assert [i.id for i in items(source(tmp_path))] == ["w:0", "w:1"][:whole_samples]
    why = rejected(source(tmp_path))
    assert ("a.tar" in why) == (keep < 6656)
    started = (keep >= 1024) + (keep >= 4096)  # the first member of a sample is there
    assert {k for k in why if "/" in k} >= {f"a.tar/{n}" for n in range(whole_samples, started)}


def test_damage_in_the_middle_is_told(tmp_path):
    shard(tmp_path / "a.tar", sample("0") + sample("1"))
    data = bytearray((tmp_path / "a.tar").read_bytes())
    data[3072 : 3072 + 200] = b"\xff" * 200
    (tmp_path / "a.tar").write_bytes(data)
    shard(tmp_path / "b.tar", sample("2"))
    (tmp_path / "c.tar").write_bytes(b"not a tar")
    keeps_its_promises(source(tmp_path))
    assert [i.id for i in items(source(tmp_path))] == ["w:2"]
    assert "its rights, may be missing" in rejected(source(tmp_path))["a.tar/0"]
    assert "damaged or cut short after 3072" in rejected(source(tmp_path))["a.tar"]
    assert "damaged or cut short" in rejected(source(tmp_path))["c.tar"]


def test_what_samples_may_lack_or_have_twice(tmp_path):
    members = [
        ("d/a.json", b"{broken"), ("d/a.jpg", b"A"), ("b.txt", b"only words"), ("c.heic", b"x"), ("e.jpg", b""),
        ("f.jpg", b"F"), ("f.back.png", b"F2"), ("f.cls", b"3"), ("b.jpg", b"late"), ("g.TXT", b"\xff"),
        ("g.jpg", b"G"),
    ]  # fmt: skip
    shard(tmp_path / "a.tar", members)
    keeps_its_promises(source(tmp_path))
    found = {i.id: i for i in items(source(tmp_path))}
    assert set(found) == {"w:a.tar/d/a.jpg", "w:a.tar/f.jpg", "w:a.tar/f.back.png/2", "w:a.tar/g.jpg"}
    assert found["w:a.tar/f.jpg"].extra == {"members": "cls"}
    why = rejected(source(tmp_path))
    assert why["a.tar/d/a.json"].startswith("cannot be read: ")
    assert why["a.tar/g.TXT"].startswith("cannot be read: ")
    assert why["a.tar/c"] == "images of format .heic are not read"
    assert why["a.tar/e"] == "the image is empty"
    assert why["a.tar/b"].startswith("its key came before in this shard") or "only .txt" in why["a.tar/b"]
    assert len([r for r in source(tmp_path).records() if getattr(r, "path", "") == "a.tar/b"]) == 2


def test_names_in_a_tar_are_only_names(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    shard(root / "a.tar", [("../evil.jpg", b"E"), ("/etc/abs.jpg", b"A"), ("./dot.jpg", b"D")])
    with tarfile.open(root / "a.tar", "a") as tar:
        link = tarfile.TarInfo("link.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    records = keeps_its_promises(source(root))
    assert [r.read() for r in records[:3]] == [b"E", b"A", b"D"]
    assert records[2].item.image == "a.tar/dot.jpg"
    assert rejected(source(root)) == {"a.tar/link": "the image is empty"}
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.tar", "root"]
    for image in ("a.tar/gone.jpg", "b.tar/x.jpg", "nothing", "../root/a.tar/dot.jpg"):
        with pytest.raises(SourceError):
            source(root).locate(image)


def test_a_caption_that_differs_from_the_record_is_kept_beside_it(tmp_path):
    shard(tmp_path / "a.tar", [("1.jpg", b"x"), ("1.txt", b"from txt"), ("1.json", b'{"caption": "from json"}')])
    [found] = items(source(tmp_path))
    assert (found.text, found.extra) == ("from txt", {"caption": "from json"})
