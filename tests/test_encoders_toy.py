"""The toy encoder: every expected number is computed by hand."""

import doctest

import numpy as np
import pytest
from PIL import Image

from latentarchive.encoders import ToyEncoder, load_encoder, toy
from latentarchive.errors import EncoderError

NAMES = list(toy.COLOURS)


@pytest.fixture
def encoder():
    return ToyEncoder()


def striped(*colours, side=64):
    """Horizontal stripes of equal height."""
    image = Image.new("RGB", (side, side))
    step = side // len(colours)
    for row, colour in enumerate(colours):
        image.paste(toy.COLOURS[colour], (0, row * step, side, (row + 1) * step))
    return image


def test_the_docstring_is_true():
    assert doctest.testmod(toy).failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_plain_swatch_is_its_own_name(encoder, name):
    """256 pixels of one colour: a unit vector along it, the same as the word gives; cosine 1."""
    image, text = encoder.encode_images([striped(name)]), encoder.encode_texts([name])
    expected = np.eye(11, dtype=np.float32)[[NAMES.index(name)]]
    assert np.array_equal(image.unit, expected)
    assert np.array_equal(text.unit, expected)
    assert image.norms.tolist() == [256]
    assert text.norms.tolist() == [1]


def test_two_stripes_stand_between_their_colours(encoder):
    image = encoder.encode_images([striped("red", "blue")]).unit[0]
    texts = ["red", "blue", "red and blue", "red red red blue"]
    red, blue, both, three_to_one = encoder.encode_texts(texts).unit
    assert image @ red == pytest.approx(2**-0.5)
    assert image @ blue == pytest.approx(2**-0.5)
    assert image @ both == pytest.approx(1)
    assert image @ three_to_one == pytest.approx(4 / np.sqrt(20))


def test_a_near_colour_counts_as_the_nearest(encoder):
    almost = Image.new("RGB", (5, 7), (250, 10, 3))
    assert encoder.encode_images([almost]).unit[0, NAMES.index("red")] == 1


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("A RED Boat", "red"),
        ("gray", "grey"),
        ("grays", "grey"),
        ("two oranges", "orange"),
        ("blue-green", "green blue"),
    ],
)
def test_case_spelling_and_plural_make_no_difference(encoder, text, same):
    assert np.array_equal(*(encoder.encode_texts([t]).unit for t in (text, same)))


def test_a_text_without_colours_is_equally_near_to_everything(encoder):
    unit = encoder.encode_texts(["a boat", "", "reddish"]).unit
    assert np.allclose(unit, 11**-0.5)


def test_rows_are_unit_float32_and_do_not_depend_on_the_batch(encoder):
    images = [striped(a, b) for a in NAMES for b in NAMES]
    together = encoder.encode_images(images)
    assert together.unit.dtype == together.norms.dtype == np.float32
    assert np.allclose(np.linalg.norm(together.unit, axis=1), 1)
    for row, image in enumerate(images):
        assert np.array_equal(encoder.encode_images([image]).unit[0], together.unit[row])


def test_prepared_arrays_give_what_images_give(encoder):
    image = striped("pink", "brown")
    prepared = encoder.prepare(image)
    assert np.array_equal(encoder.encode_prepared([prepared]).unit, encoder.encode_images([image]).unit)


def test_empty_batches(encoder):
    for empty in (encoder.encode_prepared([]), encoder.encode_images([]), encoder.encode_texts([])):
        assert empty.unit.shape == (0, 11)
        assert empty.norms.shape == (0,)


def test_arrays_of_another_shape_are_refused(encoder):
    with pytest.raises(EncoderError, match=r"takes arrays of shape \(16, 16, 3\), got \(8, 8, 3\) at 1"):
        encoder.encode_prepared([np.zeros((16, 16, 3), np.uint8), np.zeros((8, 8, 3), np.uint8)])


def test_it_is_loaded_by_its_id_and_keeps_its_fingerprint():
    assert isinstance(load_encoder("toy"), ToyEncoder)
    assert load_encoder("toy").fingerprint == ToyEncoder().fingerprint
