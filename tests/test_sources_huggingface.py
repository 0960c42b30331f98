"""Datasets saved by the Hugging Face library, read without decoding."""

import io
import json

import datasets
import pytest
from PIL import Image

from latentarchive.errors import SourceError
from latentarchive.sources import HuggingFace
from tests.source_helpers import items, keeps_its_promises, rejected


def png(value):
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (value, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def rows(n=3):
    return {
        "image": [{"bytes": png(i), "path": f"{i}.png"} for i in range(n)],
        "label": [i % 2 for i in range(n)],
        "title": [f"Work {i}" for i in range(n)],
    }


FEATURES = datasets.Features(
    {
        "image": datasets.Image(),
        "label": datasets.ClassLabel(names=["apple", "pear"]),
        "title": datasets.Value("string"),
    }
)


@pytest.fixture(autouse=True)
def quiet(tmp_path, monkeypatch):
    datasets.disable_progress_bars()
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def source(root, dataset, **options):
    return HuggingFace(name="h", root=root, dataset=dataset, **options)


def check_known_answers(found):
    records = keeps_its_promises(found)
    assert [r.item.id for r in records] == ["h:train/0", "h:train/1", "h:train/2"]
    assert records[1].read() == png(1)  # the bytes as stored
    assert (records[1].item.title, records[1].item.image) == ("Work 1", "train/1")
    assert records[1].item.extra == {"image.path": "1.png", "label": "pear"}


def test_saved_to_disk(tmp_path):
    datasets.Dataset.from_dict(rows(), features=FEATURES).save_to_disk(tmp_path / "saved")
    found = source(tmp_path, "saved")
    check_known_answers(found)
    assert found.count() == 3


def test_saved_dictionary_of_splits(tmp_path):
    data = datasets.Dataset.from_dict(rows(), features=FEATURES)
    datasets.DatasetDict({"train": data, "test": data.select([0])}).save_to_disk(tmp_path / "saved")
    check_known_answers(source(tmp_path, "saved"))
    assert [i.id for i in items(source(tmp_path, "saved", split="test"))] == ["h:test/0"]
    with pytest.raises(SourceError, match=r"has no split 'tset'; did you mean 'test'\?"):
        list(source(tmp_path, "saved", split="tset").records())


def test_folder_of_parquet_files_is_streamed(tmp_path):
    (tmp_path / "files").mkdir()
    datasets.Dataset.from_dict(rows(), features=FEATURES).to_parquet(tmp_path / "files" / "train-00000.parquet")
    check_known_answers(source(tmp_path, "files"))


def test_text_only(tmp_path):
    (tmp_path / "words").mkdir()
    lines = [{"id": f"a{n}", "title": f"T{n}", "file": "x.jpg"} for n in range(3)]
    (tmp_path / "words" / "data.jsonl").write_text("\n".join(map(json.dumps, lines)))
    records = keeps_its_promises(source(tmp_path, "words", columns={"title": "title"}))
    assert [(r.item.id, r.item.title, r.item.image, r.read) for r in records] == [
        (f"h:a{n}", f"T{n}", "", None) for n in range(3)
    ]
    assert records[0].item.extra == {"file": "x.jpg"}
    with pytest.raises(SourceError, match=r"no column 'titel' for title; did you mean 'title'\?"):
        list(source(tmp_path, "words", columns={"title": "titel"}).records())


def test_rows_without_an_image_and_images_elsewhere(tmp_path):
    outside = tmp_path / "outside.png"
    outside.write_bytes(png(9))
    (tmp_path / "files").mkdir()
    data = {"image": [None, {"bytes": None, "path": str(outside)}, {"bytes": png(1), "path": None}]}
    features = datasets.Features({"image": datasets.Image()})
    path = tmp_path / "files" / "train.parquet"
    datasets.Dataset.from_dict(data, features=features).to_parquet(path)
    found = source(tmp_path, "files")
    assert len(keeps_its_promises(found)) == 3
    why = rejected(found)
    assert why["train/0"] == "column 'image' is empty in this row"
    assert "outside" in why["train/1"]
    assert [i.id for i in items(found)] == ["h:train/2"]


def test_several_columns_of_images(tmp_path):
    data = {"front": rows()["image"], "back": rows()["image"]}
    features = datasets.Features({"front": datasets.Image(), "back": datasets.Image()})
    datasets.Dataset.from_dict(data, features=features).save_to_disk(tmp_path / "two")
    with pytest.raises(SourceError, match=r"has 2 columns of images \(front, back\); set image_column to one"):
        list(source(tmp_path, "two").records())
    assert len(items(source(tmp_path, "two", image_column="back"))) == 3
    with pytest.raises(SourceError, match=r"no column 'bakc'; did you mean 'back'\?"):
        list(source(tmp_path, "two", image_column="bakc").records())


def test_what_cannot_be_opened(tmp_path, monkeypatch):
    with pytest.raises(SourceError, match=r"no folder .*nothing; is the root right"):
        list(source(tmp_path, "nothing").records())
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"cannot be read as a dataset: .*it is empty"):
        list(source(tmp_path, "empty").records())
    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: (_ for _ in ()).throw(ConnectionError("offline")))
    with pytest.raises(SourceError, match="org/name cannot be read as a dataset: offline"):
        list(source(tmp_path, "org/name").records())
    with pytest.raises(SourceError, match="does not name a row"):
        source(tmp_path, "org/name").locate("other/3")
