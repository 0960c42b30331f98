"""Films and contact sheets of generated images: whole, labelled, with their records, in the place of nothing else."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageSequence

from latentarchive.diffusion.generated import Generated, discard, records_of
from latentarchive.errors import ArchiveError, MissingExtra
from latentarchive.render.contact_sheet import SIDE, Wall, write_sheet
from latentarchive.render.films import film, labelled, write_gif, write_video
from tests.test_generated import RECORD

COLOURS = ((200, 30, 30), (30, 160, 30), (30, 30, 200))


@pytest.fixture
def made():
    images = [Image.new("RGB", (64, 48), colour) for colour in COLOURS]
    records = [replace(RECORD, seed=seed) for seed in range(3)]
    return film(images, ["the beginning", "half of the way " * 9, "the end"], records)


def test_frames_are_enlarged_whole_and_of_one_even_size(made):
    (size,) = {frame.size for frame in made.frames}
    assert not size[0] % 2
    assert not size[1] % 2
    for frame, colour in zip(made.frames, COLOURS, strict=True):
        pixels = (np.asarray(frame) == colour).all(axis=2)
        assert pixels.sum() == (4 * 64) * (4 * 48)
    above = [np.asarray(frame)[:20] for frame in made.frames]  # controls of a player lie below: the label must not
    assert (above[0] != above[0][0, 0]).any()
    assert all((one == above[0]).all() for one in above)
    assert made.seconds == pytest.approx(0.16 * 2 + 1.6)
    assert labelled(Image.new("RGB", (600, 512)), "").width > 600  # a large one is not made smaller


def test_a_gif_has_its_frames_their_times_and_its_records_beside(made, tmp_path):
    path = tmp_path / "walk-film.gif"
    write_gif(made, path)
    write_gif(made, path)  # an earlier one of ours is replaced
    with Image.open(path) as opened:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(opened)] == [160, 160, 1600]
    assert [record.seed for record in records_of(path)] == [0, 1, 2]
    path.with_suffix(".json").unlink()
    with pytest.raises(ArchiveError, match="nothing that was generated here"):
        write_gif(made, path)


def test_a_video_plays_the_frames_and_carries_its_records(made, tmp_path):
    av = pytest.importorskip("av")
    path = tmp_path / "walk-film.mp4"
    write_video(made, path)
    first = path.read_bytes()
    write_video(made, path)
    assert path.read_bytes() == first
    assert first.index(b"moov") < first.index(b"mdat")  # plays before it is loaded to the end
    path.with_suffix(".json").unlink()
    assert [record.seed for record in records_of(path)] == [0, 1, 2]  # inside as well
    with av.open(str(path)) as opened:
        (stream,) = opened.streams
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert opened.metadata["comment"] == "generated, not a work"
        seen = [frame.to_ndarray(format="rgb24") for frame in opened.decode(stream)]
    assert len(seen) == 4 + 4 + 40
    for number, colour in ((0, COLOURS[0]), (4, COLOURS[1]), (8, COLOURS[2]), (47, COLOURS[2])):
        middle = seen[number][60:180, 60:240].reshape(-1, 3).mean(axis=0)
        assert np.abs(middle - colour).max() < 6, number
    (tmp_path / "mine.mp4").write_bytes(b"a film of mine")
    with pytest.raises(ArchiveError, match="nothing that was generated here"):
        write_video(made, tmp_path / "mine.mp4")
    discard(tmp_path / "mine.mp4")
    discard(path)
    assert [one.name for one in tmp_path.iterdir()] == ["mine.mp4"]


def test_without_its_library_a_video_names_the_extra(made, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r"latentarchive\[video\]"):
        write_video(made, tmp_path / "walk-film.mp4")
    assert not list(tmp_path.iterdir())


def test_a_sheet_of_one_picture_has_room_for_its_heading_and_three_lines(tmp_path):
    one = Generated(Image.new("RGB", (64, 32), COLOURS[0]), RECORD)
    said = "what became of it: moved by 0.31, which is a good deal farther than a line under a picture has room for, "
    path = tmp_path / "sheet.png"
    write_sheet(
        path, "A walk from here to there", [Wall("Generated", [(one.png(), said * 3)], generated=True)], [RECORD]
    )
    with Image.open(path) as sheet:
        assert sheet.width == 480
        red = (np.asarray(sheet.convert("RGB")) == COLOURS[0]).all(axis=2)
    rows, columns = np.nonzero(red)
    assert np.ptp(columns) + 1 == SIDE - 16  # whole, and of its own shape
    assert np.ptp(rows) + 1 == (SIDE - 16) // 2
    assert json.loads(path.with_suffix(".json").read_text())["mood"] == "subjunctive"
