"""Maps that are kept: what lies within a line, which work stands for a cell; nothing stale or withheld is shown."""

import io
import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.cli.main import main
from latentarchive.errors import ArchiveDamaged, ArchiveError, QueryError
from latentarchive.maps import make_map
from latentarchive.maps.agreement import Pair, near_on_map
from latentarchive.maps.selecting import CORNERS, inside, parse_polygon, polygon_text
from latentarchive.maps.serving import REGION, ShownMap
from latentarchive.maps.stored import CACHE, keep_map, kept_maps, open_map, places
from latentarchive.maps.tiles import ACROSS, SIDE, cleared, levels_for, representatives, small, tiles
from latentarchive.recipes import load_recipe
from latentarchive.render.map_picture import map_picture
from tests.conftest import png, swatch, write_recipe
from tests.space_helpers import cloud, space

SQUARE = np.array([(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)])


# Lines.


def test_what_lies_within_a_line():
    xy = np.array([(0.5, 0.5), (0.1, 0.5), (0.5, 0.9), (0.79, 0.21), (0.2, 0.2), (0.8, 0.8)])
    expected = [True, False, False, True, True, False]  # a lower left corner counts, an upper right one does not
    assert inside(SQUARE, xy).tolist() == expected
    assert inside(SQUARE[::-1], xy).tolist() == expected


def test_a_line_that_crosses_itself_keeps_what_it_runs_around():
    """A pentagram: its middle is run around twice. By the even-odd rule it would be a hole."""
    angles = np.pi / 2 + np.arange(5) * 4 * np.pi / 5
    star = np.column_stack([np.cos(angles), np.sin(angles)])
    assert inside(star, np.array([(0.0, 0.0), (0.0, 0.8), (0.0, -0.6), (0.9, 0.9)])).tolist() == [
        True,
        True,
        False,
        False,
    ]


def test_a_hollow_shape_leaves_out_its_bay():
    bay = np.array([(0, 0), (1, 0), (1, 1), (0.6, 1), (0.6, 0.4), (0.4, 0.4), (0.4, 1), (0, 1)], float)
    assert inside(bay, np.array([(0.5, 0.2), (0.5, 0.7), (0.2, 0.7), (0.8, 0.7)])).tolist() == [True, False, True, True]


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=12), st.integers(0, 99))
def test_each_place_as_one_edge_after_the_other_says(corners, seed):
    polygon = np.array(corners, float) / 40
    xy = np.random.default_rng(seed).uniform(-1.2, 1.2, (40, 2))
    winding = np.zeros(40, int)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        left = (x1 - x0) * (xy[:, 1] - y0) - (xy[:, 0] - x0) * (y1 - y0)
        winding += ((y0 <= xy[:, 1]) & (xy[:, 1] < y1) & (left > 0)).astype(int)
        winding -= ((y1 <= xy[:, 1]) & (xy[:, 1] < y0) & (left < 0)).astype(int)
    assert inside(polygon, xy).tolist() == (winding != 0).tolist()


def test_a_line_as_text_and_back():
    text = polygon_text(np.array([(0.25, -0.5), (1, 0), (1 / 3, 1.2)]))
    assert text == "250000_-500000.1000000_0.333333_1200000"
    assert parse_polygon(text).tolist() == [[0.25, -0.5], [1, 0], [0.333333, 1.2]]


@pytest.mark.parametrize(
    "text",
    ["", "1_2.3_4", "1_2.3_4.5", "1_2.3_4.a_b", "1_2.3_4.nan_1", "1_2.3_4.5_6_7", "1_1.2_2.99999999_0",
     ".".join(["1_1"] * (CORNERS + 1)), "9" * 100_000, "1_1.2_2." + "9" * 400 + "_1"],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_refused_in_a_sentence(text):
    with pytest.raises(QueryError, match="draw it again"):
        parse_polygon(text)


# Tiles.


def test_the_work_in_the_middle_of_a_cell_stands_for_it():
    xy = np.array([(0.01, 0.99), (0.05, 0.95), (0.12, 0.88), (0.99, 0.01)])
    cells = representatives(xy, 1)
    assert cells.tolist() == [[0, 0, 0, 1], [0, 7, 7, 3]]  # rows from the top


def test_who_is_seen_from_afar_is_still_there_close_by():
    xy = np.random.default_rng(0).uniform(size=(3000, 2))
    cells = representatives(xy, 4)
    for level in range(4):
        here = cells[cells[:, 0] == level]
        across = ACROSS << level
        cell = (xy * across).astype(int)
        own = {(x, across - 1 - y) for x, y in cell.tolist()}
        assert {(x, y) for x, y in here[:, 1:3].tolist()} == own  # each cell with works, and no other
        assert all(
            (int(xy[p, 0] * across), across - 1 - int(xy[p, 1] * across)) == (x, y) for _, x, y, p in here.tolist()
        )
        if level:
            assert set(cells[cells[:, 0] == level - 1, 3].tolist()) <= set(here[:, 3].tolist())


@pytest.mark.parametrize(("n", "levels"), [(1, 1), (16, 1), (100, 3), (4000, 5), (1_000_000, 6)])
def test_levels_end_where_works_are_one_a_cell(n, levels):
    assert levels_for(n) == levels


def test_a_tile_shows_whole_pictures_and_can_lose_one():
    red, blue = (small(png(swatch(colour, size=size))) for colour, size in (("red", (200, 100)), ("blue", (64, 64))))
    cells = np.array([[0, 0, 0, 0], [0, 3, 1, 1], [0, 5, 5, 2]], np.int32)
    [(key, webp)] = tiles(cells, {0: red, 1: blue})
    assert key == (0, 0, 0)
    shown = np.asarray(Image.open(io.BytesIO(webp)).convert("RGBA"))
    assert shown.shape == (ACROSS * SIDE, ACROSS * SIDE, 4)
    assert shown[SIDE // 2, SIDE // 2].tolist() == pytest.approx([237, 28, 36, 255], abs=40)
    assert shown[5, SIDE // 2, 3] == 0  # a picture twice as wide as high is not cropped to a square
    assert shown[SIDE * 3 // 2, SIDE * 7 // 2, 2] > 150
    assert shown[SIDE * 11 // 2, SIDE * 11 // 2, 3] == 0
    without = np.asarray(Image.open(io.BytesIO(cleared(webp, [(3, 1)]))).convert("RGBA"))
    assert nothing(without[SIDE : 2 * SIDE, 3 * SIDE : 4 * SIDE])
    assert without[SIDE // 2, SIDE // 2, 3] == 255


def nothing(pixels):
    """Transparent, and black below that but for what WebP makes of black."""
    return pixels[..., 3].max() == 0 and pixels.max() <= 8


# Kept maps.


@pytest.fixture
def few(tmp_path):
    """Ten swatches with a map of them."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(10):
        (folder / f"{number}.png").write_bytes(
            png(swatch(["red", "green", "blue", "yellow", "white"][number % 5], size=(64, 40 + number)))
        )
    text = 'title = "F"\n[collection]\nsource = "folder"\nname = "f"\n[encoder]\nid = "toy"\n'
    recipe = load_recipe(str(write_recipe(tmp_path, text)), root=folder)
    archive = Archive.open(build_archive(recipe, out=tmp_path / "archive").path)
    keep_map(make_map(archive, method="pca", k=3, regions=3), archive)
    return archive


def test_a_kept_map_is_the_map(few, tmp_path):
    view = make_map(few, method="pca", k=3, regions=3)
    [kept], wrong = kept_maps(few)
    assert not wrong
    assert kept.folder == tmp_path / "archive.maps" / "pca"
    assert kept.rows.tolist() == view.rows.tolist()
    assert kept.xy == pytest.approx(view.xy, abs=1e-6)
    assert kept.regions.tolist() == view.regions.of.tolist()
    assert kept.fidelity == view.fidelity
    assert kept.record["sentence"] == view.sentence
    keep_map(view, few)  # once more, in its place
    assert kept_maps(few)[0][0].fingerprint == kept.fingerprint
    assert few.path.parent.joinpath("archive").is_dir()


def test_what_is_not_as_it_was_is_never_shown(few, tmp_path):
    [kept], _ = kept_maps(few)
    record = kept.folder / "map.json"
    told = json.loads(record.read_text())
    for change, says in (({"of": "another"}, "as it was before"), ({"format_version": 9}, "format version 9")):
        record.write_text(json.dumps(told | change))
        assert not kept_maps(few)[0]
        with pytest.raises(ArchiveDamaged, match=says):
            open_map(kept.folder, few)
    record.write_text(json.dumps(told))
    np.save(kept.folder / "xy.npy", kept.xy + 0.1)
    found, [sentence] = kept_maps(few)
    assert not found
    assert "not those that were written" in sentence
    assert "latentarchive map" in sentence
    record.write_text("{")
    assert "cannot be read" in kept_maps(few)[1][0]


def test_a_folder_of_something_else_is_left_alone(few, tmp_path):
    other = tmp_path / "photographs"
    other.mkdir()
    (other / "mine.jpg").write_bytes(b"x")
    with pytest.raises(ArchiveError, match=r"mine\.jpg"):
        keep_map(make_map(few, method="pca", k=3, regions=3), few, other)
    assert (other / "mine.jpg").read_bytes() == b"x"


def test_where_nothing_may_be_written_beside_the_cache_has_it(few, tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    [kept], _ = kept_maps(few)
    beside, cache = places(few)
    for path in sorted(beside.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    beside.rmdir()
    beside.write_text("a file where the folder would be")
    assert keep_map(make_map(few, method="pca", k=3, regions=3), few) == cache / "pca"
    assert kept_maps(few)[0][0].fingerprint == kept.fingerprint


# What is shown of them.


def points(shown):
    return np.frombuffer(shown.points(), "<f4").reshape(2, -1).T


def test_what_is_withheld_is_in_nothing_that_is_sent(few):
    [kept], _ = kept_maps(few)
    before = ShownMap.now(kept, few)
    level = int(kept.cells[:, 0].max())
    _, column, row, gone = next(cell for cell in kept.cells.tolist() if cell[0] == level)
    item = before.item(gone)
    few.withhold([item.id], reason="a complaint")
    after = ShownMap.now(kept, few)
    assert after.version != before.version
    assert len(after) == len(before) - 1 == 9
    assert points(after).tolist() == np.delete(points(before), gone, axis=0).tolist()
    assert len(after.codes(REGION)) == 9
    assert after.place(item.id) is None
    assert item.id not in [after.item(at).id for at in range(9)]
    cells = np.frombuffer(after.cells(level), "<i4").reshape(-1, 3)
    assert [column, row] not in cells[:, :2].tolist()
    assert [after.item(place).id for place in cells[:, 2].tolist()] == [
        before.item(place).id for lv, *_, place in kept.cells.tolist() if lv == level and place != gone
    ]
    tile = np.asarray(Image.open(io.BytesIO(after.tile(level, column // ACROSS, row // ACROSS))).convert("RGBA"))
    corner = [at % ACROSS * SIDE for at in (column, row)]
    assert nothing(tile[corner[1] : corner[1] + SIDE, corner[0] : corner[0] + SIDE])
    whole = np.asarray(Image.open(io.BytesIO(before.tile(level, column // ACROSS, row // ACROSS))).convert("RGBA"))
    assert whole[corner[1] : corner[1] + SIDE, corner[0] : corner[0] + SIDE, 3].max() == 255
    few.restore([item.id], reason="settled")
    assert ShownMap.now(kept, few).version == before.version


def test_a_selection_and_its_bits(few):
    [kept], _ = kept_maps(few)
    shown = ShownMap.now(kept, few)
    chosen = shown.selected("-100000_-100000.500000_-100000.500000_1100000.-100000_1100000")
    assert chosen.tolist() == np.flatnonzero(shown.xy[:, 0] < 0.5).tolist()
    bits = np.unpackbits(np.frombuffer(shown.mask(chosen), np.uint8), bitorder="little")[: len(shown)]
    assert np.flatnonzero(bits).tolist() == chosen.tolist()
    assert shown.selected("").tolist() == []
    with pytest.raises(QueryError, match="no place 10"):
        shown.item(10)


def test_groups_and_a_still_picture(few):
    shown = ShownMap.now(kept_maps(few)[0][0], few)
    groups = shown.groups(REGION)
    assert groups.names == ("region 1", "region 2", "region 3")
    assert sum(groups.counts) == 10
    assert set(np.frombuffer(shown.codes(REGION), np.uint8).tolist()) == {0, 1, 2}
    assert shown.groups("rights_class").counts == [10]
    with pytest.raises(QueryError, match="no field"):
        shown.codes("colour of the frame")
    assert Image.open(io.BytesIO(map_picture(shown, 300))).size == (300, 300)
    assert Image.open(io.BytesIO(shown.thumbnail(0))).size == (64, 40)


# Two beside each other.


def test_nearest_on_a_map():
    xy = np.array([(0, 0), (1, 0), (3, 0), (3, 0), (9, 0)], float)
    assert near_on_map(xy, np.array([0, 3]), 2).tolist() == [[1, 2], [2, 1]]


@pytest.fixture(scope="module")
def spaces(tmp_path_factory):
    """The same sixty works in two spaces that agree on the first thirty, each with a map; one more is in the first."""
    rng = np.random.default_rng(3)
    halves = [cloud(30, 8, 1) * 0.2 + np.eye(8)[0], cloud(30, 8, 2) * 0.2 - np.eye(8)[0]]
    mine = np.concatenate([*halves, np.eye(8)[:1]])
    theirs = np.concatenate([halves[0], halves[1][rng.permutation(30)]])
    opened = []
    for name, vectors in (("one", mine), ("two", theirs)):
        archive = space(tmp_path_factory.mktemp(name), vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
        keep_map(make_map(archive, method="pca", k=5, regions=2), archive)
        opened.append(ShownMap.now(kept_maps(archive)[0][0], archive))
    return opened


def test_the_same_works_in_two_spaces(spaces):
    pair = Pair.of(*spaces)
    assert not pair.one_space
    assert pair.here.tolist() == pair.there.tolist() == list(range(60))
    assert pair.across(np.array([3, 5, 60])).tolist() == [3, 5]
    agreed = pair.agreement(np.arange(10), k=8)
    assert (agreed.of, agreed.k, agreed.asked, agreed.n) == ("space", 8, 10, 60)
    assert agreed.mean == 8  # all their neighbours are among the thirty that did not move
    assert agreed.chance == pytest.approx(8 * 8 / 59)
    assert pair.agreement(np.arange(30, 60), k=8).mean < 6
    assert pair.agreement(np.array([60])) is None
    assert pair.agreement(np.arange(60)).k == 40


def test_two_views_of_one_space_are_compared_on_the_map(small_cabinet, tmp_path):
    shown = []
    for method in ("pca", "som"):
        folder = keep_map(make_map(small_cabinet, method=method), small_cabinet, tmp_path / method)
        shown.append(ShownMap.now(open_map(folder, small_cabinet), small_cabinet))
    same, other = Pair.of(shown[0], shown[0]), Pair.of(*shown)
    work = np.array([7])
    assert (same.agreement(work).of, same.agreement(work).mean) == ("map", 40)
    found = other.agreement(work)
    assert 0 <= found.mean < 40
    assert found.chance == pytest.approx(40 * 40 / (len(shown[0]) - 1))


def test_the_command_keeps_a_map(few):
    done = CliRunner().invoke(main, ["map", str(few.path), "--method", "som", "-k", "3", "--regions", "3", "--keep"])
    assert done.exit_code == 0, done.output
    assert str(places(few)[0] / "som") in done.output
    assert [one.method for one in kept_maps(few)[0]] == ["pca", "som"]
