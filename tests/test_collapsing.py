"""Hits of one picture, told under the best of them."""

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from latentarchive.collapsing import Miniatures, collapsed
from latentarchive.errors import QueryError
from latentarchive.items import Item
from latentarchive.miniature import miniature
from latentarchive.query import Hit
from tests.test_exports import webp


def drawing(seed):
    """A picture of soft blots, no two alike."""
    noise = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((256, 192), Image.Resampling.BICUBIC)


def encoded(image, quality=90):
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=quality)
    return buffer.getvalue()


def hits(*items):
    return [Hit(rank, item, 0.5, "close", ("meaning",), rank, copy=False) for rank, item in enumerate(items, 1)]


def test_copies_stand_under_the_best_and_keep_their_ranks():
    one, other = drawing(1), drawing(2)
    pictures = {
        "s:1": encoded(one),
        "s:2": encoded(other),
        "s:3": encoded(one, quality=30),
        "s:4": encoded(one.resize((128, 96))),
        "s:5": encoded(ImageEnhance.Brightness(other).enhance(0.9)),
        "s:6": encoded(drawing(3)),
        "s:7": encoded(one.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    }
    found = collapsed(hits(*(Item(id=i) for i in pictures)), lambda i: miniature(pictures[i]))
    assert [(g.best.rank, [c.hit.rank for c in g.copies]) for g in found] == [(1, [3, 4]), (2, [5]), (6, []), (7, [])]
    for group in found:
        for copy in group.copies:
            assert copy.same == "picture"
            assert 0.97 <= copy.likeness <= 1


def test_the_same_file_needs_no_look_and_no_picture():
    found = collapsed(hits(Item(id="s:1", sha256="a"), Item(id="s:2"), Item(id="s:3", sha256="a")), lambda _: None)
    assert [(g.best.rank, [(c.hit.rank, c.same, c.likeness) for c in g.copies]) for g in found] == [
        (1, [(3, "file", 1.0)]),
        (2, []),
    ]
    assert collapsed([], lambda _: None) == ()


def test_a_generated_image_and_a_work_never_stand_for_each_other():
    made = Item(id="s:2", sha256="a", extra={"digital_source_type": "x/trainedAlgorithmicMedia"})
    tiny = miniature(encoded(drawing(1)))
    assert len(collapsed(hits(Item(id="s:1", sha256="a"), made), lambda _: tiny)) == 2
    assert len(collapsed(hits(made, Item(id="s:3")), lambda _: tiny)) == 2


def test_pictures_that_share_a_layout_are_not_one():
    ground = Image.new("RGB", (256, 192), "white")
    left, right = ground.copy(), ground.copy()
    left.paste((30, 90, 30), (60, 40, 190, 150))
    right.paste((30, 90, 30), (60, 40, 190, 150))
    left.paste((200, 20, 20), (90, 60, 120, 90))
    right.paste((20, 20, 200), (120, 90, 170, 120))
    smooth = [image.filter(ImageFilter.GaussianBlur(1)) for image in (left, right)]
    pictures = {"s:1": encoded(smooth[0]), "s:2": encoded(smooth[1])}
    assert len(collapsed(hits(Item(id="s:1"), Item(id="s:2")), lambda i: miniature(pictures[i]))) == 2


def test_miniatures_of_an_archive_follow_what_is_withheld(archive):
    small = Miniatures(archive)
    first = small("s:red.png")
    assert first.colour.shape == (64, 64, 3)
    assert small("s:red.png") is first
    found = collapsed(archive.search("red", by="meaning", k=10).hits, small)
    assert {group.best.item.id: [c.hit.item.id for c in group.copies] for group in found}["s:red-copy.png"] == [
        "s:red.png"
    ]
    assert sum(1 + len(group.copies) for group in found) == 10
    archive.withhold(["s:red.png"], reason="x")
    with pytest.raises(QueryError, match="withheld"):
        small("s:red.png")


def test_the_miniature_of_a_thumbnail():
    assert miniature(webp(30, 10)).grey.shape == (32, 32)
