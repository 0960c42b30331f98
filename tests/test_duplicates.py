"""Duplicates: hashes, likeness, groups and pairs with known answers; the cabinet held against its truth."""

from __future__ import annotations

import hashlib
import io
import json
import random
from itertools import combinations

import imagehash
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps

import latentarchive
from latentarchive.archive import Archive
from latentarchive.audit import Subject, run_suite
from latentarchive.audit.copies import MOST_PROPOSED, _crop_radius, copies
from latentarchive.audit.miniatures import pictures
from latentarchive.audit.suite import bind
from latentarchive.build import build_archive
from latentarchive.index import pairs as index_pairs
from latentarchive.index.pairs import cross_pairs, near_pairs
from latentarchive.measures import grouping, hashing, likeness
from latentarchive.measures.grouping import Links, groups
from latentarchive.recipes import load_recipe
from latentarchive.render import reports
from tests.conftest import png, write_recipe


def painting(seed, size=(240, 180)):
    """A picture full of details that no other seed shares."""
    chance = random.Random(seed)
    image = Image.new("RGB", size, tuple(chance.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = chance.randrange(size[0]), chance.randrange(size[1])
        box = (x, y, x + chance.randrange(8, 70), y + chance.randrange(8, 50))
        draw.ellipse(box, fill=tuple(chance.randrange(256) for _ in range(3)))
    return image


def jpeg(image, quality=40):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def thumbs(*images):
    side = hashing.SIDE
    small = [image.convert("L").resize((side, side), Image.Resampling.LANCZOS) for image in images]
    return np.stack([np.asarray(one) for one in small])


def colours(*images):
    side = (likeness.SIDE, likeness.SIDE)
    return np.stack([np.asarray(one.resize(side, Image.Resampling.LANCZOS)) for one in images]).astype(np.float32)


def findings(report, check):
    return [one for one in report.findings if one.check == check]


def audited(subject, *checks):
    return run_suite(subject, bind({"title": "T", "check": list(checks)}, name="t", text="", where="t.toml"))


# Hashes.


def test_hashes_are_those_of_imagehash():
    images = [painting(seed) for seed in range(6)]
    ours = hashing.phash(thumbs(*images))
    assert [f"{one:016x}" for one in ours] == [str(imagehash.phash(image)) for image in images]
    mirrored = hashing.phash(thumbs(*images)[:, :, ::-1])
    theirs = [imagehash.phash(ImageOps.mirror(image)) for image in images]
    assert all(imagehash.hex_to_hash(f"{a:016x}") - b <= 2 for a, b in zip(mirrored, theirs, strict=True))


def test_hashes_do_not_depend_on_those_beside_them(monkeypatch):
    small = thumbs(*(painting(seed) for seed in range(5)))
    whole = hashing.phash(small)
    monkeypatch.setattr(hashing, "BLOCK", 2)
    assert hashing.phash(small).tolist() == whole.tolist()
    assert hashing.phash(small[:0]).shape == (0,)


def test_hamming_counts_bits():
    a, b = np.array([0, 2**64 - 1], np.uint64), np.array([0, 1, 7], np.uint64)
    assert hashing.hamming(a, b).tolist() == [[0, 1, 3], [64, 63, 61]]


def test_pairs_within_a_radius_are_all_of_them_and_no_others():
    chance = np.random.default_rng(0)
    hashes = chance.integers(0, 2**64, 60, np.uint64) & np.uint64(0x1111111111111111)  # few bits: many are near
    bits = hashing.hamming(hashes, hashes)
    found = {(i, j): d for a, b, c in hashing.within(hashes, hashes, 5) for i, j, d in zip(a, b, c, strict=True)}
    assert found == {(i, j): bits[i, j] for i, j in np.argwhere(bits <= 5)}
    assert any(d == 5 for d in found.values())


def test_windows_lie_inside_and_reach_the_edges():
    found = hashing.windows((1.0, 0.8), 0.1)
    assert len(found) == (1 + 3) ** 2
    assert found[0] == hashing.WHOLE
    assert {(round(width, 6), round(left, 6)) for width, _, left, _ in found} == {
        (1, 0),
        (0.8, 0),
        (0.8, 0.1),
        (0.8, 0.2),
    }


@given(st.floats(0, 0.4), st.floats(0.2, 0.6))
def test_resizing_by_area_keeps_means(start, side):
    matrix = hashing.area_mean(start, side, 8, 64)
    assert np.allclose(matrix.sum(axis=1), 1)
    place = (np.arange(64) + 0.5) / 64
    centres = start + side * (np.arange(8) + 0.5) / 8
    assert np.abs(matrix @ place - centres).max() < 1 / 128


# Likeness.


def test_likeness_finds_where_a_crop_was_cut_and_knows_it_from_another_picture():
    whole, stranger = painting(1), painting(2)
    cut = whole.crop((24, 9, 216, 162))  # 0.8 of the width from 0.1, 0.85 of the height from 0.05
    left, right = colours(whole, stranger, whole), colours(cut, cut, whole)
    start = np.array([(0.84, 0.84, 0.08, 0.08)] * 2 + [(0.98, 0.98, 0, 0)], np.float32)
    p = likeness.fitted(likeness.grey(left), likeness.grey(right), start)
    assert p[0] == pytest.approx([0.8, 0.85, 0.1, 0.05], abs=0.006)
    assert p[2] == pytest.approx([1, 1, 0, 0], abs=0.002)
    scores = likeness.likeness(left, right, p)
    assert scores[0] > 0.96
    assert scores[1] < 0.5
    assert scores[2] > 0.999


def test_light_is_balanced_within_bounds_and_grey_is_compared_in_grey():
    image = painting(3)
    warm = Image.fromarray((np.asarray(image) * np.array([0.95, 0.9, 0.8])).astype(np.uint8))
    inverted = ImageOps.invert(image)
    whole = np.array([hashing.WHOLE] * 4, np.float32)
    left = colours(image, image, image, image)
    right = colours(warm, inverted, image.convert("L").convert("RGB"), painting(4).convert("L").convert("RGB"))
    same, inverse, grey, other = likeness.likeness(left, right, whole)
    assert same > 0.99
    assert inverse < 0
    assert grey > 0.99
    assert other < 0.3


def test_pictures_without_detail_are_alike_and_nothing_is_divided_by_nothing():
    blank, darker = (Image.new("RGB", (20, 20), (level,) * 3) for level in (200, 180))
    whole = np.array([hashing.WHOLE], np.float32)
    assert likeness.likeness(colours(blank), colours(darker), whole)[0] == pytest.approx(1)
    black = colours(Image.new("RGB", (20, 20)))
    assert np.isfinite(likeness.fitted(likeness.grey(black), likeness.grey(black), whole)).all()
    assert np.isfinite(likeness.bearings(likeness.grey(black))).all()


def test_a_first_look_explains_a_moved_window_wholly():
    greys = likeness.grey(colours(painting(5), painting(6)))
    seen = likeness.coarse(greys, hashing.WHOLE)
    explained = (np.einsum("nkp,mp->nmk", likeness.bearings(greys), seen) ** 2).sum(axis=2)
    assert np.diag(explained) == pytest.approx([1, 1], abs=1e-4)
    assert explained[0, 1] < 0.6


# Groups.


def test_groups_are_connected_components():
    assert groups(6, [0, 1, 4], [1, 2, 5]).tolist() == [0, 0, 0, 1, 2, 2]


LINKS = [(0, 1, 0.99), (1, 2, 0.97), (0, 2, 0.91), (3, 4, 0.95), (2, 5, 0.9)]


@pytest.mark.parametrize("buffer", [1, 100])
def test_a_forest_of_the_links_gives_the_counts_of_all_of_them(buffer, monkeypatch):
    monkeypatch.setattr(grouping, "BUFFER", buffer)
    links = Links(7, (0.9, 0.95, 0.98), 0.95)
    for i, j, score in LINKS:
        links.add(np.array([i]), np.array([j]), np.array([score]))
    cuts = [links.cut(threshold) for threshold in (0.9, 0.95, 0.98)]
    assert [(cut.pairs, cut.groups, cut.members, cut.superfluous, cut.removed) for cut in cuts] == [
        (5, 2, 6, 4, 4),
        (3, 2, 5, 3, 3),
        (1, 1, 2, 1, 1),
    ]
    assert links.near("accepted", 5) == [(3, 4, 0.95), (1, 2, 0.97)]  # 0 and 1 are not shown twice
    assert links.near("rejected", 5) == [(0, 2, 0.91)]


def test_what_semdedup_removes_depends_on_the_order():
    """Two that are linked by a later one: one group of three, of which SemDeDup removes the last only."""
    links = Links(3, (0.9,), 0.9)
    links.add(np.array([0, 1]), np.array([2, 2]), np.array([0.95, 0.95]))
    cut = links.cut(0.9)
    assert (cut.superfluous, cut.removed) == (2, 1)


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14), st.integers(90, 99)), max_size=40))
def test_the_forest_connects_what_all_links_connect(listed):
    unique = {(min(i, j), max(i, j)): score / 100 for i, j, score in listed if i != j}
    links = Links(15, (0.9, 0.95), 0.95)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grouping, "BUFFER", 3)
        for (i, j), score in unique.items():
            links.add(np.array([i]), np.array([j]), np.array([score]))
    for threshold in (0.9, 0.95):
        kept = [pair for pair, score in unique.items() if score >= threshold]
        assert links.labels(threshold).tolist() == groups(15, *np.array(kept, int).reshape(-1, 2).T).tolist()
        assert links.cut(threshold).pairs == len(kept)


# Pairs of vectors.


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def spread(n, seed=0, dim=16):
    chance = np.random.default_rng(seed)
    rows = unit(chance.standard_normal((n, dim)))
    rows[1::3] = unit(rows[0 : n - 1 : 3][: len(rows[1::3])] + 0.08 * chance.standard_normal((len(rows[1::3]), dim)))
    rows[5] = rows[n // 2] = rows[n - 1] = rows[2]  # the same four times
    return rows


def true_pairs(rows, floor):
    products = np.triu(rows @ rows.T, 1)
    return {(i, j) for i, j in np.argwhere(products >= floor).tolist()}


@pytest.mark.parametrize("exact", [True, False])
def test_pairs_are_those_of_comparing_all(exact, monkeypatch):
    rows = spread(900)
    if not exact:
        monkeypatch.setattr(index_pairs, "EXACT_UP_TO", 100)
    found, number = set(), 0
    for i, j, scores, counts in near_pairs(lambda some: rows[some], len(rows), 0.94):
        here = set(zip(i.tolist(), j.tolist(), strict=True))
        assert not here & found
        assert (i < j).all()
        assert scores == pytest.approx((rows[i] * rows[j]).sum(axis=1), abs=1e-5)
        found |= here
        number += int(counts.sum())
    expected = true_pairs(rows, 0.94)
    assert len(expected) > 200
    assert found <= expected
    if exact:
        assert number == len(expected)  # links among the same stand for all their pairs
    assert len(found) >= 0.97 * len(expected) - 3
    assert found >= {(2, 5), (2, 450), (2, 899)}


@pytest.mark.parametrize("exact", [True, False])
def test_pairs_across_two_collections(exact, monkeypatch):
    left, right = spread(500, 1), unit(spread(300, 1) + 0.01)
    if not exact:
        monkeypatch.setattr(index_pairs, "EXACT_UP_TO", 100)
    parts = list(cross_pairs(lambda s: left[s], 500, lambda s: right[s], 300, 0.97))
    found = [pair for i, j, _ in parts for pair in zip(i.tolist(), j.tolist(), strict=True)]
    expected = {tuple(pair) for pair in np.argwhere(left @ right.T >= 0.97).tolist()}
    assert len(found) == len(set(found))
    assert set(found) <= expected
    assert len(found) >= (1 if exact else 0.95) * len(expected)


def test_no_rows_and_one_row_have_no_pairs():
    rows = spread(30)
    assert list(near_pairs(lambda some: rows[some], 1, 0.9)) == []
    assert list(cross_pairs(lambda some: rows[some], 30, lambda some: rows[some], 0, 0.9)) == []


def test_what_semdedup_removes_of_published_vectors(features):
    """Known answers: 500 images of the fixture of Weixin-Liang/Modality-Gap (MIT) as one cluster in file order."""
    rows = features[0].astype(np.float32)
    removed = {0.98: 0, 0.95: 2, 0.9: 30, 0.85: 109, 0.8: 216}
    links = Links(len(rows), tuple(removed), 0.9)
    for i, j, scores, counts in near_pairs(lambda some: rows[some], len(rows), 0.8):
        links.add(i, j, scores, counts)
    assert {threshold: links.cut(threshold).removed for threshold in removed} == removed


# Archives and tables.


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    """Thirty paintings, with copies of some of them whose kind stands in their names."""
    folder = tmp_path_factory.mktemp("gallery")
    for seed in range(30):
        image = painting(seed)
        (folder / f"{seed:02d}.png").write_bytes(png(image))
        if seed < 4:
            (folder / f"{seed:02d}-exact.png").write_bytes(png(image))
            (folder / f"{seed:02d}-poor.jpg").write_bytes(jpeg(image))
            (folder / f"{seed:02d}-small.png").write_bytes(png(image.resize((120, 90))))
            (folder / f"{seed:02d}-cut.png").write_bytes(png(image.crop((14, 6, 238, 174))))
            (folder / f"{seed:02d}-grey.png").write_bytes(png(image.convert("L").convert("RGB")))
            (folder / f"{seed:02d}-mirror.png").write_bytes(png(ImageOps.mirror(image)))
    place = tmp_path_factory.mktemp("archives")
    text = 'title = "T"\n[collection]\nsource = "folder"\nname = "g"\n[encoder]\nid = "toy"\n'
    recipe = load_recipe(str(write_recipe(place, text, "gallery")), root=folder)
    return build_archive(recipe, out=place / "gallery").path


def test_copies_of_paintings_are_found_and_mirror_images_apart(gallery):
    with Subject.of(Archive.open(gallery)) as subject:
        report = audited(subject, {"name": "duplicates.exact"}, {"name": "duplicates.perceptual"})
    (same,) = findings(report, "duplicates.exact")
    assert (same.value, same.n) == (4 / 54, 54)
    assert same.table.rows[0] == (2, "g:00-exact.png", "g:00.png")
    first, curve, pairs, mirrors, hashes = findings(report, "duplicates.perceptual")
    assert first.value == 20 / 54
    assert [row[0] for row in first.table.rows] == [6, 6, 6, 6]
    assert curve.table.rows[-1][0] == 0.99
    assert {row[3] for row in pairs.table.rows} <= {"accepted", "rejected"}
    assert pairs.table.ids == (0, 1)
    assert {tuple(sorted(one[2:4] for one in row[:2])) for row in pairs.table.rows if row[3] == "accepted"} <= {
        (f"{seed:02d}",) * 2 for seed in range(4)
    }
    assert mirrors.value == 4 * 6  # each mirror image is one of all six
    assert all("mirror" in row[0] or "mirror" in row[1] for row in mirrors.table.rows)
    assert hashes.table.rows[0][1] >= 4


def test_withheld_items_are_in_no_count_and_vanish_from_what_was_found(gallery, tmp_path):
    from shutil import copytree

    archive = Archive.open(copytree(gallery, tmp_path / "copy"))
    check = {"name": "duplicates.perceptual"}
    with Subject.of(archive) as subject:
        before = audited(subject, check)
    archive.withhold(["g:00-exact.png"], reason="r")
    with Subject.of(archive) as subject:
        after = audited(subject, check, {"name": "duplicates.exact"}, {"name": "duplicates.semantic"})
    assert after.findings[0].value == 19 / 53
    assert "g:00-exact.png" not in json.dumps(after.record())
    assert "g:00-exact.png" not in json.dumps(before.without({"g:00-exact.png"}).record()["findings"])


def test_semantic_duplicates_of_the_toy_encoder(swatches, archive):
    """Pure swatches have cosine 0 with each other: only the copy of red is near it."""
    with Subject.of(archive) as subject:
        share, curve, pairs = audited(subject, {"name": "duplicates.semantic", "thresholds": [0.6, 0.9]}).findings
    assert share.value == 1 / 10
    assert share.examples == ("s:red-copy.png", "s:red.png")
    # Half red, half blue has cosine 1/sqrt(2) with either.
    assert {row[0]: row[1] for row in curve.table.rows} == {0.6: 9, 0.9: 1, 0.96: 1}
    assert pairs.table.rows[0] == ("s:red-copy.png", "s:red.png", 1.0, "accepted")
    assert pairs.table.rows[1][2:] == (0.7071, "rejected")


def test_a_threshold_that_random_pairs_reach_is_said_to_tell_nothing(archive):
    with Subject.of(archive) as subject:
        share, *_ = audited(subject, {"name": "duplicates.semantic", "threshold": 0.6}).findings
    # Of the 45 pairs of ten swatches nine have a cosine of 1/sqrt(2) or more: two others of each by chance.
    assert "Of 45 random pairs 20.000% are as near: 2.0 others of each item by chance." in share.notes
    assert "does not tell copies at 0.6 here" in share.sentence


def test_equal_runs_give_equal_findings(gallery):
    names = ("duplicates.exact", "duplicates.perceptual", "duplicates.semantic")
    with Subject.of(Archive.open(gallery)) as subject:
        one, two = (audited(subject, *({"name": name} for name in names)) for _ in range(2))
    assert one.findings == two.findings


def test_tables_are_asked_by_their_checksums(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("uid,md5,hash\na,x,1\nb,x,2\nc,x,2\nd,y,3\ne,,4\nf,,5\n")
    with Subject.open(table) as subject:
        report = audited(subject, {"name": "duplicates.exact"}, {"name": "duplicates.perceptual"})
    by_md5, by_hash, skipped = report.findings
    assert (by_md5.value, by_md5.n, by_md5.table.rows) == (0.5, 4, ((3, "a", "c"),))
    assert "Of 2 it is not known" in by_md5.sentence
    assert (by_hash.value, by_hash.table.rows) == (1 / 6, ((2, "b", "c"),))
    assert "address and caption" in by_hash.sentence
    assert skipped.outcome == "skip"


@pytest.mark.parametrize(
    ("columns", "said"),
    [("uid,x\na,1\n", "looked for sha256"), ("uid,md5\na,\n", "Of none of the 1 rows")],
)
def test_tables_without_checksums(tmp_path, columns, said):
    (tmp_path / "t.csv").write_text(columns)
    with Subject.open(tmp_path / "t.csv") as subject:
        (one,) = audited(subject, {"name": "duplicates.exact"}).findings
    assert said in one.sentence


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"name": "duplicates.perceptual", "radius": 65}, "radius must be from 0 to 64, got 65"),
        ({"name": "duplicates.perceptual", "threshold": 0.5}, "threshold must be from 0.9 to 1, got 0.5"),
        ({"name": "duplicates.semantic", "threshold": 2}, "threshold must be from 0.5 to 1, got 2.0"),
        ({"name": "across.shared", "other": "nowhere"}, "the other archive cannot be opened"),
    ],
)
def test_options_out_of_range_are_one_line(gallery, check, said):
    with Subject.of(Archive.open(gallery)) as subject:
        (one,) = audited(subject, check).findings
    assert one.outcome == "skip"
    assert said in one.sentence


def test_many_pictures_of_one_layout_do_not_hang(gallery, monkeypatch):
    monkeypatch.setattr("latentarchive.audit.copies.MOST_PROPOSED", 5)
    with Subject.of(Archive.open(gallery)) as subject:
        (one,) = audited(subject, {"name": "duplicates.perceptual"}).findings
    assert one.outcome == "skip"
    assert "ask for a smaller radius" in one.sentence


def test_large_collections_are_compared_without_crops(gallery, monkeypatch, tmp_path):
    monkeypatch.setattr("latentarchive.audit.copies.CROPS_UP_TO", 10)
    found = copies(pictures(Archive.open(gallery), tmp_path), None, radius=12)
    assert found.crop_radius is None
    assert found.counts.sum() > len(found.i)  # the same pictures, pixel for pixel, are compared once


def test_pictures_of_one_layout_are_compared_with_a_smaller_radius_for_crops():
    alike = np.array([10, 0, 90, 0, 900])
    assert _crop_radius(alike, 2) == 4
    assert _crop_radius(alike, MOST_PROPOSED // 500) == 3
    assert _crop_radius(alike, MOST_PROPOSED // 50) == 1
    assert _crop_radius(alike, MOST_PROPOSED) is None


@pytest.fixture
def loan(tmp_path):
    """Four works, of which one is 00 byte for byte, one 01 cut, one 02 mirrored, and one new."""
    folder = tmp_path / "loan"
    folder.mkdir()
    images = {"a": painting(0), "b": painting(1).crop((12, 9, 228, 171)), "c": ImageOps.mirror(painting(2))}
    for name, image in (images | {"d": painting(99)}).items():
        (folder / f"{name}.png").write_bytes(png(image))
    return folder


def lent(loan, place, encoder="toy"):
    place.mkdir(exist_ok=True)
    text = f'title = "T"\n[collection]\nsource = "folder"\nname = "l"\n[encoder]\nid = "{encoder}"\n'
    return build_archive(load_recipe(str(write_recipe(place, text, "loan")), root=loan), out=place / "archive").path


def test_what_two_archives_share_names_the_collection_of_each_id(gallery, loan, tmp_path):
    other = lent(loan, tmp_path)
    with Subject.of(Archive.open(gallery)) as subject:
        report = audited(subject, {"name": "across.shared", "other": str(other), "cosine": 0.999})
    same, shown, sheet, mirrored, _, vectors, near = report.findings
    assert same.table.columns[:2] == ("id in gallery", "id in loan")
    assert [row[:2] for row in same.table.rows] == [
        ("g:00-exact.png", "l:a.png"),
        ("g:00.png", "l:a.png"),
        ("g:02-mirror.png", "l:c.png"),
    ]
    pairs = {(row[0][2:4], row[1]) for row in shown.table.rows}
    assert pairs >= {("00", "l:a.png"), ("01", "l:b.png")}
    assert ("02", "l:c.png") in {(row[0][2:4], row[1]) for row in mirrored.table.rows}
    found = [row for one in report.findings for row in one.table.rows if "rejected" not in row]
    assert not any("l:d.png" in row for row in found)
    assert ("g:00.png", "l:a.png", 1.0) in vectors.table.rows
    for one in (sheet, near):
        assert one.picture.archives == ("", str(other))
        assert [row[:2] for row in one.table.rows if row[3] == "accepted"]
        assert all(item.startswith("g:") for item in one.examples)


def test_pairs_of_two_archives_are_shown_from_both_and_vanish_where_withheld(gallery, loan, tmp_path):
    other = lent(loan, tmp_path)
    archive = Archive.open(gallery)
    with Subject.of(archive) as subject:
        report = audited(subject, {"name": "across.shared", "other": str(other)})
    page = reports.write(report, tmp_path / "out", archive=archive)
    sheet = page.read_text().partition("<ol class=pairs>")[2].partition("</ol>")[0]
    assert sheet.count("<img") == 2 * sheet.count("<li>") > 0
    assert "l:b.png" in page.read_text()
    Archive.open(other).withhold(["l:b.png"], reason="asked")
    reports.write(report, tmp_path / "out", archive=archive)
    assert not any("l:b.png" in (tmp_path / "out" / name).read_text() for name in reports.FILES)


def test_vectors_of_another_encoder_are_not_compared(gallery, loan, tmp_path):
    other = lent(loan, tmp_path, "none")
    with Subject.of(Archive.open(gallery)) as subject:
        report = audited(subject, {"name": "across.shared", "other": str(other)})
    assert report.findings[-1].outcome == "skip"
    assert "only metadata" in report.findings[-1].sentence
    archive = Archive.open(lent(loan, tmp_path / "toy"))
    record = json.loads((archive.path / "archive.json").read_text())
    (archive.path / "archive.json").write_text(json.dumps(record | {"fingerprint": "0" * 64}))
    with Subject.of(Archive.open(gallery)) as subject:
        report = audited(subject, {"name": "across.shared", "other": str(archive.path)})
    assert [one.outcome for one in report.findings] == ["info"] * 5 + ["skip"]
    assert "two encoders" in report.findings[-1].sentence


# The cabinet.


def held_against_truth(archive, truth, folder):
    """Recall and precision of exact, near and mirrored pairs; and the true near pairs with their bits."""
    from latentarchive.audit.duplicates import _as_they_fit

    looked = pictures(archive, folder)
    straight, turned = (copies(looked, None, radius=12, mirrored=mirrored) for mirrored in (False, True))
    rows = {row["id"]: row for row in truth}
    number = {one: k for k, one in enumerate(looked.ids)}
    works: dict[str, list[str]] = {}
    for one in looked.ids:
        works.setdefault(rows[one]["copy_of"] or one, []).append(one)
    true = {False: set(), True: set()}
    for members in works.values():
        for a, b in combinations(members, 2):
            mirrored = (rows[a]["copy"] == "mirrored") != (rows[b]["copy"] == "mirrored")
            true[mirrored].add((number[a], number[b]))
    same = {first: np.flatnonzero(looked.same == first).tolist() for first in np.unique(looked.same).tolist()}
    measured = {}
    for mirrored, found, keep in zip((False, True), (straight, turned), _as_they_fit(straight, turned), strict=True):
        good = keep & (found.likeness >= 0.97)
        said = set()
        for i, j in zip(found.i[good].tolist(), found.j[good].tolist(), strict=True):
            said |= {(min(a, b), max(a, b)) for a in same.get(i, [i]) for b in same.get(j, [j]) if a != b}
        hits = len(said & true[mirrored])
        measured[mirrored] = (hits / len(true[mirrored]), hits / len(said))
    hashes = hashing.phash(looked.greys)
    bits = sorted(int(np.bitwise_count(hashes[i] ^ hashes[j])) for i, j in true[False])
    return measured, bits


def test_exact_duplicates_of_the_cabinet_are_those_of_the_bytes(small_cabinet, small_truth):
    """Held against the files themselves: all that were planted or found, and a hundred others; drawing takes long."""
    with Subject.of(small_cabinet) as subject:
        (found,) = audited(subject, {"name": "duplicates.exact", "top": 1000}).findings
    planted = {row["copy_of"] for row in small_truth if row["copy"] == "exact"}
    copies_of = {row["id"] for row in small_truth if row["copy"] == "exact" and not row["broken"]}
    said = {one for row in found.table.rows for one in row[1:]}
    others = [item.id for item in small_cabinet.shown() if item.id not in said]
    looked_at = sorted(said | copies_of | planted) + random.Random(0).sample(others, 100)
    by_digest: dict[str, set[str]] = {}
    for one in looked_at:
        if small_cabinet.collection.row(one) is not None:
            by_digest.setdefault(hashlib.sha256(small_cabinet.original(one)).hexdigest(), set()).add(one)
    truth = sorted(sorted(ids) for ids in by_digest.values() if len(ids) > 1)
    assert len(truth) >= len(planted) > 3
    assert sorted(sorted(row[1:]) for row in found.table.rows if row[0] == 2) == [ids for ids in truth if len(ids) == 2]
    assert found.value == sum(len(ids) - 1 for ids in truth) / len(small_cabinet)


def test_near_duplicates_of_a_small_cabinet(small_cabinet, small_truth, tmp_path):
    measured, _ = held_against_truth(small_cabinet, small_truth, tmp_path)
    assert min(measured[False]) >= 0.9
    assert min(measured[True]) >= 0.9


@pytest.mark.slow  # a minute on a quiet machine: 169 windows of 4,000 pictures
def test_near_duplicates_of_the_cabinet(demo_folder, tmp_path):
    archive = latentarchive.open(demo_folder / "archives" / "cabinet")
    truth = pq.read_table(demo_folder / "archives" / "cabinet-truth.parquet").to_pylist()
    measured, bits = held_against_truth(archive, truth, tmp_path)
    assert min(measured[False]) >= 0.95
    assert min(measured[True]) >= 0.9
    # Copies lie below and above every radius that might be tried.
    assert bits[0] == 0
    assert bits[-1] > 24
    assert all(any(bit > radius for bit in bits) and any(bit <= radius for bit in bits) for radius in range(25))
