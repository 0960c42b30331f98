"""The record of a generated image: inside its file and beside it, read back, and never missing."""

import json

import pytest
from PIL import Image

from latentarchive.diffusion import Generated, Record, packet, record_of, records_of, write_beside, write_png
from latentarchive.embedded import read_embedded
from latentarchive.errors import ArchiveError

RECORD = Record(
    asked="林檎 <&\"'> \x00\ufffe ]]>", cut={"tokenizer": "rest"}, items=("w:1", "w:2"), weights=(0.25, 0.75),
    generator="tiny", fingerprint="f" * 64, seed=1, steps=2, guidance=3.0, scheduler="DDIMScheduler", size=(8, 8),
    threads=1, versions={"torch": "2"}, inventory={"unet": {"class": "UNet", "parameters": 3}},
)  # fmt: skip


@pytest.fixture
def path(tmp_path):
    Generated(Image.new("RGB", (8, 8), "red"), RECORD).save(tmp_path / "image.png")
    return tmp_path / "image.png"


def refused(path, *said, read=record_of):
    with pytest.raises(ArchiveError) as error:
        read(path)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(str(path.parent))
    assert all(part in str(error.value) for part in said), str(error.value)


def test_it_is_read_back_from_inside_or_from_beside(path):
    assert record_of(path) == RECORD
    path.with_suffix(".json").unlink()
    assert record_of(path) == RECORD
    Image.new("RGB", (8, 8)).save(path)
    refused(path, "has no record of how it was generated, inside it or beside it")
    write_beside(path.with_suffix(".mp4"), [RECORD])
    assert record_of(path) == RECORD


def test_an_image_without_one_is_refused(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "scan.png")
    refused(tmp_path / "scan.png", "is not exported without")
    refused(tmp_path / "nothing.png", "cannot be read: No such file")
    for data in (b"", b"\x89PNG\r\n\x1a\n", b"<svg/>"):
        (tmp_path / "odd.png").write_bytes(data)
        refused(tmp_path / "odd.png", "is not exported without")
    with pytest.raises(ArchiveError, match="is not written without its record"):
        write_png(tmp_path / "sheet.png", Image.new("RGB", (8, 8)), [])
    assert not (tmp_path / "sheet.png").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mood": "indicative"}, "the mood of a generated image is subjunctive"),
        ({"mood": None}, "the mood of a generated image is subjunctive"),
        ({"digital_source_type": "digitalCapture"}, "does not say that a model made the image"),
        ({"later": 1}, "it has 'later', which records of this version do not have"),
    ],
)
def test_a_record_that_is_none_is_refused(path, change, said):
    beside = path.with_suffix(".json")
    values = json.loads(beside.read_text()) | change
    Image.new("RGB", (8, 8)).save(path)
    for text, what in ((json.dumps(values), said), ("{", "cannot be read"), ("[]", "cannot be read")):
        beside.write_text(text)
        refused(path, what)


def test_one_that_lacks_something_is_refused(path):
    values = json.loads(path.with_suffix(".json").read_text())
    del values["seed"]
    Image.new("RGB", (8, 8)).save(path)
    path.with_suffix(".json").write_text(json.dumps(values))
    refused(path, "it lacks 'seed'", "generate it again")


def test_a_sheet_carries_the_records_of_all_that_it_shows(tmp_path):
    records = [Record(**{**vars(RECORD), "seed": seed}) for seed in range(40)]
    sheet = tmp_path / "sheet.png"
    write_png(sheet, Image.new("RGB", (80, 80)), records)
    assert records_of(sheet) == records
    assert json.loads((tmp_path / "sheet.json").read_text())[39]["seed"] == 39
    refused(sheet, "shows 40 generated images, each with a record of its own")
    embedded = read_embedded(sheet.read_bytes())
    assert embedded.digital_source_type.endswith("/trainedAlgorithmicMedia")
    write_png(sheet, Image.new("RGB", (8, 8)), records[:1])
    assert record_of(sheet) == records[0]


def test_works_are_not_written_over(tmp_path):
    (tmp_path / "film.json").write_text("a catalogue")
    with pytest.raises(ArchiveError, match=r"film\.json exists and is nothing that was generated here"):
        write_beside(tmp_path / "film.mp4", [RECORD])
    with pytest.raises(ArchiveError, match=r"film\.json exists and is nothing that was generated here"):
        write_png(tmp_path / "film.png", Image.new("RGB", (8, 8)), [RECORD])
    assert [found.name for found in tmp_path.iterdir()] == ["film.json"]


def test_the_packet_is_plain_ascii():
    assert packet([RECORD]).decode("ascii")
