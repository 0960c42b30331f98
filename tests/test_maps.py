"""Maps and plates: places with known answers, the same every time, nothing withheld, and the real commands."""

import base64
import io
import json
import re
import sys

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.decomposition import PCA

from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.cli.main import main
from latentarchive.errors import EncoderError, MissingExtra, QueryError
from latentarchive.maps import make_map, make_plate, snapping
from latentarchive.maps.groups import NOTHING, OTHER, group
from latentarchive.maps.hanging import hung
from latentarchive.maps.linear import principal
from latentarchive.maps.plates import chosen_plate
from latentarchive.maps.projections import METHODS, Between
from latentarchive.maps.regions import find_regions
from latentarchive.maps.snapping import snapped
from latentarchive.maps.som import SelfOrganisingMap
from latentarchive.recipes import load_recipe
from latentarchive.render.lettering import Type, broken
from latentarchive.render.map_page import map_page
from latentarchive.render.plate import plate_file
from tests.conftest import write_recipe
from tests.space_helpers import cloud, space

KINDS, EACH, DIM = 4, 30, 12


def islands(seed=0):
    """Four tight clusters, far apart, their works in turn."""
    rng = np.random.default_rng(seed)
    middles = np.eye(KINDS, DIM)
    rows = np.concatenate([middles] * EACH) + rng.normal(scale=0.05, size=(KINDS * EACH, DIM))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def sea(tmp_path_factory):
    return space(tmp_path_factory.mktemp("sea"), islands(), years=[1800 + at for at in range(KINDS * EACH)])


# Projections.


def test_principal_axes_are_those_of_scikit_learn():
    rows = cloud(80, 6, 1) * [3, 2, 1, 1, 1, 1]
    plane, theirs = principal([rows[:50], rows[50:]], 2), PCA(2).fit(rows)
    assert np.abs(np.abs((plane.axes * theirs.components_.T).sum(axis=0)) - 1).max() < 1e-9
    assert plane.share == pytest.approx(theirs.explained_variance_ratio_.sum())
    assert (plane.axes[np.abs(plane.axes).argmax(axis=0), [0, 1]] > 0).all()
    assert np.abs(np.abs(plane.place(rows)) - np.abs(theirs.transform(rows))).max() < 1e-9


def test_a_self_organising_map_finds_back_a_sheet():
    """Works on a bent sheet in twelve dimensions lie on the map as on the sheet: neighbours stay neighbours."""
    rng = np.random.default_rng(0)
    sheet = rng.uniform(-1, 1, (500, 2)) * [1, 0.6]
    bent = np.column_stack([sheet, 0.4 * sheet[:, 0] ** 2]) @ np.linalg.qr(rng.normal(size=(DIM, DIM)))[0][:3]
    som = SelfOrganisingMap(bent, principal([bent], 2))
    found = som.place(bent)
    assert found.min() >= -1e-9
    assert (found.max(axis=0) <= np.array([som.columns - 1, som.rows - 1]) + 1e-9).all()
    # Along each side of the sheet the map runs one way: which one, the principal axes decide.
    rank = np.abs(np.corrcoef(np.column_stack([sheet, found]).T)[:2, 2:])
    assert rank.max(axis=1).min() > 0.97
    assert (SelfOrganisingMap(bent, principal([bent], 2)).place(bent) == found).all()


def test_what_comes_later_is_put_between_its_nearest():
    fitted = np.eye(6, dtype=np.float32)
    places = Between(fitted, np.arange(12.0).reshape(6, 2))
    assert np.abs(places.place(fitted) - places.xy).max() < 1e-3
    between = (fitted[0] + fitted[1]) / np.sqrt(2)
    near = Between(fitted[:2], places.xy[:2]).place(between[None])
    assert near[0] == pytest.approx((places.xy[0] + places.xy[1]) / 2)


SLOW = {"umap": [pytest.mark.slow]}  # it compiles itself first, for half a minute


@pytest.mark.parametrize("method", [pytest.param(name, marks=SLOW.get(name, [])) for name in sorted(METHODS)])
def test_islands_stay_islands_and_the_same_map_comes_twice(sea, method):
    made = make_map(sea, method=method, k=5, regions=KINDS)
    again = make_map(sea, method=method, k=5, regions=KINDS)
    assert (made.xy == again.xy).all()
    assert made.record() == again.record()
    assert (made.xy.min(), made.xy.max()) == (0, 1)
    kind = np.arange(len(made)) % KINDS
    apart = np.linalg.norm(made.xy[:, None] - made.xy[None], axis=2) + 9 * np.eye(len(made))
    if method != "pca":  # four clusters at right angles have three dimensions
        assert (kind[apart.argmin(axis=1)] == kind).mean() > 0.95
    assert made.fidelity.kept > 2 * made.fidelity.kept_by_chance
    assert made.fidelity.kept_by_chance == pytest.approx(5 / 119)
    assert f"keeps {made.fidelity.kept:.1%} of the 5 nearest neighbours of a work" in made.sentence
    assert "n = 120)" in made.sentence
    # The regions are the clusters, whatever the map.
    assert len({tuple(kind[made.regions.of == at]) for at in (1, 2, 3, 4)}) == 4
    assert all(len(set(kind[made.regions.of == at])) == 1 for at in (1, 2, 3, 4))
    assert made.regions.silhouette > 0.8


def test_a_sample_is_fitted_and_the_rest_is_placed(sea, monkeypatch):
    whole = make_map(sea, method="tsne", k=5)
    monkeypatch.setitem(METHODS, "tsne", type(METHODS["tsne"])("T.", 60, METHODS["tsne"].fit))
    part = make_map(sea, method="tsne", k=5)
    assert (whole.fitted, part.fitted) == (120, 60)
    assert (
        "Fitted to a seeded sample of 60 of 120 works; each of the others was put between its nearest" in part.notes[1]
    )
    kind = np.arange(120) % KINDS
    apart = np.linalg.norm(part.xy[:, None] - part.xy[None], axis=2) + 9 * np.eye(120)
    assert (kind[apart.argmin(axis=1)] == kind).mean() > 0.95


# Grids and walls.


@given(st.integers(1, 60), st.integers(0, 5), st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_work_has_a_cell_of_its_own(n, seed, halved):
    xy = np.random.default_rng(seed).random((n, 2)).round(1)  # many at the same place
    before, snapping.ASSIGNED = snapping.ASSIGNED, 0 if halved else 2_000
    try:
        cells, columns, rows = snapped(xy)
    finally:
        snapping.ASSIGNED = before
    assert len({tuple(cell) for cell in cells.tolist()}) == n
    assert (cells >= 0).all()
    assert (cells < [columns, rows]).all()
    assert (columns - 1) * rows < n + columns


def test_places_on_a_grid_stay_where_they_are(monkeypatch):
    grid = np.stack(np.meshgrid(np.arange(5), np.arange(5)), axis=2).reshape(-1, 2)
    order = np.random.default_rng(0).permutation(25)
    for most in (2_000, 0):
        monkeypatch.setattr(snapping, "ASSIGNED", most)
        cells, columns, rows = snapped(grid[order] / 4.0)
        assert (columns, rows) == (5, 5)
        assert (cells == grid[order]).all()


@given(st.lists(st.floats(0.3, 3), min_size=1, max_size=30), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_pictures_hang_whole_inside_the_wall_and_none_over_another(aspects, seed):
    boxes = hung(np.array(aspects), np.random.default_rng(seed).random((len(aspects), 2)), 388, 160, 4, 4.6)
    for box, aspect in zip(boxes, aspects, strict=True):
        assert box.width / box.height == pytest.approx(aspect)
        assert box.left >= -1e-6
        assert box.left + box.width <= 388 + 1e-6
        assert box.top >= -1e-6
        assert box.top + box.height <= 160 + 1e-6
    for at, a in enumerate(boxes):
        for b in boxes[:at]:
            beside = a.left + a.width <= b.left + 1e-6 or b.left + b.width <= a.left + 1e-6
            assert beside or a.top + a.height <= b.top + 1e-6 or b.top + b.height <= a.top + 1e-6


def test_walls_keep_left_and_right_above_and_below():
    xy = np.stack(np.meshgrid(np.arange(3), np.arange(3)), axis=2).reshape(-1, 2)
    boxes = hung(np.ones(9), xy, 90, 90, 2, 0)
    lefts, tops = (np.array([getattr(box, name) for box in boxes]).round(6) for name in ("left", "top"))
    assert [len(set(lefts[xy[:, 0] == at])) for at in range(3)] == [1, 1, 1]
    assert (np.diff([tops[xy[:, 1] == at][0] for at in range(3)]) < 0).all()  # y upwards


# Regions and groups.


def test_the_work_in_the_middle_has_the_highest_mean_likeness():
    rows = islands(3).astype(np.float32)
    found = find_regions(lambda: iter([(0, rows[:50]), (50, rows[50:])]), rows, KINDS, 0)
    assert [one.n for one in found.regions] == [EACH] * KINDS
    for one in found.regions:
        members = np.flatnonzero(found.of == one.number)
        mean = (rows[members] @ rows[members].T).mean(axis=1)
        assert one.shown[0] == members[mean.argmax()]
    same = np.ones((9, 2), np.float32) / np.sqrt(2)
    alone = find_regions(lambda: iter([(0, same)]), same, 5, 0)
    assert ([one.n for one in alone.regions], alone.silhouette) == ([9], 0)


def test_groups_are_what_the_catalogue_says(archive, sea):
    by_maker = group(archive, archive.rows(), "creator")
    assert by_maker.names == ("Schutt, Ellen Isham", "Newton, Amanda Almira", NOTHING)
    assert by_maker.counts == [5, 4, 1]
    assert group(archive, archive.rows(), "subjects").counts[0] == 3  # red, red and blue, red and white
    assert group(archive, archive.rows(), "extra.accession_number").names[-2:] == (OTHER, NOTHING)
    spans = group(sea, sea.rows(), "year")
    assert spans.ordered
    assert sum(spans.counts) == 120
    assert spans.names[0].startswith("1800–18")
    assert max(spans.counts) - min(spans.counts) <= 2
    with pytest.raises(QueryError, match="has no field 'makr' to colour a map by"):
        group(archive, archive.rows(), "makr")


# What cannot be laid out.


def test_too_few_works_and_wrong_words_are_said(sea, tmp_path):
    one = space(tmp_path / "one", cloud(1, DIM, 0))
    with pytest.raises(QueryError, match="1 work is shown, too few for a map with k = 10: at least 12 would do"):
        make_map(one)
    with pytest.raises(QueryError, match=r"no map by 'pac'; did you mean 'pca'\?"):
        make_map(sea, method="pac")
    with pytest.raises(QueryError, match="3 works are shown and satisfy the filter"):
        make_map(sea, where="year < 1803", k=1)
    same = space(tmp_path / "same", np.tile(cloud(1, DIM, 0), (12, 1)))
    with pytest.raises(QueryError, match="all 12 works have the same vector"):
        make_map(same)
    root = tmp_path / "t.csv"
    root.write_text("id,title\n0,a\n1,b\n")
    text = 'title = "T"\n[collection]\nsource = "table"\npath = "t.csv"\nname = "e"\n[encoder]\nid = "none"\n'
    recipe = load_recipe(str(write_recipe(tmp_path, text, "e")), root=tmp_path)
    bare = Archive.open(build_archive(recipe, out=tmp_path / "bare").path)
    for make in (make_map, lambda archive: make_plate(archive, "a")):
        with pytest.raises(EncoderError, match="holds only metadata"):
            make(bare)
    with pytest.raises(QueryError, match="a plate shows 1 to 60 nearest works, got 0"):
        make_plate(sea, "e:0", n=0)


def test_umap_is_an_extra(sea, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingExtra, match=r"pip install 'latentarchive\[maps\]'"):
        make_map(sea, method="umap")


# Files.


def test_files_of_a_map_hold_every_work_but_those_withheld(archive, tmp_path):
    files = [tmp_path / f"map.{ending}" for ending in ("html", "png", "parquet", "csv")]
    arguments = ["map", str(archive.path), "--method", "pca", "-k", "3", "--regions", "3", "--by", "creator"]
    done = CliRunner().invoke(main, [*arguments, *(part for file in files for part in ("--out", str(file)))])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("This view keeps ")
    assert done.stdout.splitlines()[-4:] == [str(file) for file in files]
    table = pq.read_table(files[2])
    assert table.column_names == ["id", "x", "y", "region", "creator"]
    assert table.num_rows == 10
    assert set(table["creator"].to_pylist()) == {"Schutt, Ellen Isham", "Newton, Amanda Almira", ""}
    assert pyarrow.csv.read_csv(files[3]).num_rows == 10
    with Image.open(files[1]) as sheet:
        assert sheet.size == (4961, 3508)
    page = files[0].read_text()
    assert page.count("<li data-i=") == 10
    assert not re.search(r'(src|href)="(?!data:)', page)  # nothing is fetched
    data = json.loads(page.partition("id=data>")[2].partition("</script>")[0])
    assert len(base64.b64decode(data["places"])) == 10 * 4
    made = make_map(archive, method="pca", k=3, regions=3)
    archive.withhold(["s:red.png"], reason="asked")
    later = map_page(made.without(set(archive.log.current())), archive)
    assert "s:red.png" not in later
    assert later.count("<li data-i=") == 9
    assert len(make_map(archive, method="pca", k=3)) == 9
    again = CliRunner().invoke(main, [*arguments, "--out", str(files[0]), "--json"])
    assert json.loads(again.stdout)["n"] == 9
    assert "s:red.png" not in files[0].read_text()


def test_a_large_map_tells_of_a_sample_and_says_so(sea, monkeypatch):
    monkeypatch.setattr("latentarchive.render.map_page.TOLD", 30)
    monkeypatch.setattr("latentarchive.render.map_page.POINTS", 50)
    page = map_page(make_map(sea, method="pca", k=5, regions=KINDS), sea)
    assert page.count("<li data-i=") == 30
    assert "30 works have picture, title and rights in this page" in page
    assert re.search(r"\d\d of 120 works are in this page at all, a seeded sample", page)


def test_places_that_will_not_do_are_refused_before_anything_is_made(archive, tmp_path):
    (tmp_path / "mine.html").write_text("mine")
    for name, message in {
        "map.gif": "must end in one of .html, .htm, .png, .pdf, .parquet, .csv",
        "mine.html": "is no page that latentarchive wrote",
        "none/map.png": "there is no folder",
    }.items():
        done = CliRunner().invoke(main, ["map", str(archive.path), "--out", str(tmp_path / name)])
        assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
        assert message in done.stderr


def test_a_plate_is_a_sheet_of_whole_works_with_their_rights(archive, tmp_path):
    png, pdf = tmp_path / "plate.png", tmp_path / "plate.pdf"
    arguments = ["plate", str(archive.path), "s:red.png", "-n", "5", "--out", str(png), "--out", str(pdf)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [str(png), str(pdf)]
    with Image.open(png) as sheet:
        assert sheet.size == (4961, 3508)
        assert sheet.info["dpi"][0] == pytest.approx(300, abs=0.1)
        colours = {colour for _, colour in sheet.getcolors(2**24)}
    assert (255, 0, 0) in colours  # the swatch itself, uncropped and unchanged
    assert pdf.read_bytes().startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", pdf.read_bytes())) == 1
    first = png.read_bytes()
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert png.read_bytes() == first
    plate = make_plate(archive, "s:red.png", n=5)
    assert [hit.rank for hit in plate.hits] == [0, 1, 2, 3, 4, 5]
    assert plate.hits[1].item.id == "s:red-copy.png"
    archive.withhold(["s:red.png"], reason="asked")
    with pytest.raises(QueryError, match="is withheld"):
        make_plate(archive, "s:red.png")
    words = make_plate(archive, "red", n=3)
    assert [hit.rank for hit in words.hits] == [1, 2, 3]
    assert "s:red.png" not in [hit.item.id for hit in words.hits]


def test_a_plate_of_chosen_works_keeps_their_order(archive):
    ids = ["s:white.png", "s:red.png", "s:blue.png"]
    plate = chosen_plate(archive, ids, "Hall")
    assert [(hit.rank, hit.item.id) for hit in plate.hits] == list(enumerate(ids, 1))
    assert (plate.query, plate.chosen) == ("Hall", True)
    with Image.open(io.BytesIO(plate_file(plate, archive, ".png"))) as sheet:
        assert sheet.size == (4961, 3508)
    for few in ([], ids[:1]):
        with pytest.raises(QueryError, match="a plate shows 2 to 60 works"):
            chosen_plate(archive, few, "Hall")
    archive.withhold(["s:red.png"], reason="asked")
    with pytest.raises(QueryError, match="is withheld"):
        chosen_plate(archive, ids, "Hall")


def test_lines_are_broken_where_they_fit_and_letters_that_are_missing_are_named():
    font = Type().at(20)
    for width in (60, 200):
        lines = broken("Workshop of the Swan · High Vale · https://example.org/a/very/long/address", font, width)
        assert all(font.getlength(line) <= width for line in lines)
        assert not any(line.startswith("·") for line in lines)
    cut = broken("one two three four five six seven", font, 80, most=2)
    assert len(cut) == 2
    assert cut[-1].endswith("…")
    assert Type().missing(["\ue000 a"]) == "\ue000"
