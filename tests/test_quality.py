"""Image quality: known pictures with known figures; the planted watermarks of a cabinet."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.audit import Subject
from latentarchive.audit.runner import run_suite
from latentarchive.audit.suite import bind
from latentarchive.build import build_archive
from latentarchive.measures import appearance, marks
from latentarchive.recipes import load_recipe
from tests.conftest import write_recipe


def plain(value, size=(64, 96)):
    return np.full((*size, 3), value, np.uint8)


def noise(size=(128, 192), seed=0):
    return np.random.default_rng(seed).integers(0, 255, (*size, 3), dtype=np.uint8)


def test_brightness_of_plain_colours():
    assert appearance.brightness(plain(255)) == pytest.approx(1.0)
    assert appearance.brightness(plain(0)).max() == 0
    red = plain(0)
    red[..., 0] = 255
    assert appearance.brightness(red).mean() == pytest.approx(np.sqrt(0.241))


def test_sharpness_of_a_chequerboard_by_hand():
    """Each inner pixel of a board of 0 and 1 has a Laplacian of +4 or -4 grey levels: variance 16."""
    board = (np.indices((10, 10)).sum(axis=0) % 2).astype(np.uint8)
    assert appearance.sharpness(np.repeat(board[..., None], 3, axis=2)) == pytest.approx(16, rel=1e-4)
    assert appearance.sharpness(plain(7)) == pytest.approx(0, abs=1e-6)
    assert appearance.sharpness(plain(7, (2, 2))) == 0


def test_blur_lowers_sharpness():
    from PIL import ImageFilter

    sharp = Image.fromarray(noise())
    assert appearance.sharpness(np.asarray(sharp.filter(ImageFilter.GaussianBlur(2)))) < 0.05 * appearance.sharpness(
        np.asarray(sharp)
    )


def test_borders_are_shares_of_their_sides():
    image = noise((100, 200))
    image[:10], image[:, -40:] = 250, 250
    assert appearance.borders(image) == (0.1, 0.2, 0, 0)
    assert appearance.borders(plain(9)) == (1, 1, 1, 1)


CARD = [(115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (214, 126, 44), (80, 91, 166), (193, 90, 99),
        (94, 60, 108), (157, 188, 64), (224, 163, 46), (56, 61, 150), (70, 148, 73)]  # fmt: skip


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("colours", [CARD, [(v, v, v) for v in range(250, 20, -20)]])
def test_a_colour_card_along_any_edge(turn, colours):
    image = noise((180, 240))
    for number, colour in enumerate(colours):
        image[-20:, 6 + 18 * number : 6 + 18 * number + 18] = colour
    assert appearance.colour_patches(np.rot90(image, turn)) >= 6
    assert appearance.colour_patches(np.rot90(noise(), turn)) < 6
    assert appearance.colour_patches(np.rot90(plain(200), turn)) < 6


def test_a_mark_is_found_from_three_examples():
    word = np.zeros((64, 64), np.float32)
    word[30:32, 10:50] = 30
    maps = np.random.default_rng(1).uniform(0, 8, (40, 64, 64)).astype(np.float32)
    maps[:8] += word
    usual = maps.mean(axis=0)
    mark = marks.mark_of(maps[:3], usual)
    fits = [marks.fit(one, mark, usual) for one in maps]
    assert min(fits[3:8]) > max(fits[8:])
    assert marks.fit(usual, mark, usual) == 0


def asked(archive, *checks):
    with Subject.of(archive) as subject:
        suite = bind({"title": "T", "check": list(checks)}, name="t", text="", where="t.toml")
        return run_suite(subject, suite).findings


def test_planted_watermarks_from_five_examples(small_cabinet, small_truth):
    """Precision and recall on the cabinet: 4,000 works give 1.0 and 0.98 to 1.0; 700 works must give 0.9 each."""
    marked = [row["id"] for row in small_truth if row["watermark"] and not row["broken"]]
    [found] = asked(small_cabinet, {"name": "quality.marks_like", "like": marked[:5]})
    named = {row[0] for row in found.table.rows} - set(marked[:5])
    right = named & set(marked[5:])
    assert len(marked) > 15
    assert len(right) / len(named) >= 0.9
    assert len(right) / len(marked[5:]) >= 0.9


def test_marks_need_examples_that_are_shown(small_cabinet):
    for like, said in ((["cabinet:00001"], "got 1"), (["x:1", "x:2", "x:3"], "0 are shown here")):
        [found] = asked(small_cabinet, {"name": "quality.marks_like", "like": like})
        assert found.outcome == "skip"
        assert said in found.sentence


def test_odd_pictures_are_named_and_not_blamed(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(8):
        Image.fromarray(noise(seed=number)).save(folder / f"n{number}.png")
    Image.fromarray(plain(20)).save(folder / "night.png")
    Image.fromarray(plain(250)).save(folder / "paper.png")
    framed = noise((400, 60))
    framed[:40] = 255
    Image.fromarray(framed).save(folder / "tall.png")
    archive = Archive.open(
        build_archive(load_recipe(str(write_recipe(tmp_path)), root=folder), out=tmp_path / "a").path
    )
    for of in ("thumbnails", "originals"):
        checks = [{"name": f"quality.{name}", "of": of} for name in ("sharpness", "brightness", "borders")]
        blurred, dark, light, borders = asked(archive, *checks)
        assert set(blurred.examples) == {"s:night.png", "s:paper.png"}
        assert dark.examples == ("s:night.png",)
        assert light.examples == ("s:paper.png",)
        assert set(borders.examples) == {"s:night.png", "s:paper.png", "s:tall.png"}
        assert {one.outcome for one in (blurred, dark, light, borders)} == {"info"}
        assert of in dark.denominator
    [wrong] = asked(archive, {"name": "quality.brightness", "of": "scans"})
    assert wrong.outcome == "skip"
