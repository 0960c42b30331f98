"""Generating with a small generator of the real classes: images, their records, and what is refused."""

import hashlib
import io
import json
import logging
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import diffusers
import numpy as np
import pytest
import safetensors.torch as safetensors_torch
import torch
import transformers
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.diffusion import (
    FromImage,
    Generated,
    Point,
    Record,
    Words,
    Works,
    centroid,
    from_work,
    generator_folder,
    load_generator,
    loading,
    retrieved,
)
from latentarchive.diffusion.spaces import same_encoder
from latentarchive.embedded import read_embedded
from latentarchive.encoders import load_encoder
from latentarchive.encoders.twins import vision_tower
from latentarchive.errors import ArchiveError, EncoderError, GeneratorError, QueryError
from latentarchive.recipes import EncoderChoice, Recipe
from latentarchive.render import pages, text
from latentarchive.sources import Folder
from latentarchive.summary import summarize
from tests.model_helpers import WIDTH, cabinet, one_thread

VERSIONS = {"diffusers": diffusers, "torch": torch, "transformers": transformers}

LONG = "A red vessel on ivory with stripes, " * 9


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


@pytest.fixture(scope="module")
def generator(small_generator):
    return load_generator(str(small_generator))


@pytest.fixture
def copied(small_generator, tmp_path):
    """A copy that a test may damage."""
    shutil.copytree(small_generator, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def foreign(copied):
    """The same as diffusers itself would leave it: without a card."""
    (copied / "card.json").unlink()
    return copied


@pytest.fixture(scope="module")
def archive(small_encoder, tmp_path_factory):
    """Sixty works of the cabinet, embedded by the encoder that conditions the generator; one reserves mining."""
    recipe = Recipe(
        name="works", title="Sixty works", collection=cabinet(), encoder=EncoderChoice(id=f"local:{small_encoder}")
    )
    return Archive.open(build_archive(recipe, out=tmp_path_factory.mktemp("works") / "archive", workers=1).path)


@pytest.fixture(scope="module")
def reserved(archive):
    """Ids of the works that reserve data mining, and of others."""
    items = list(archive.shown())
    ids = [item.id for item in items if item.mining.startswith("DMI-PROHIBITED")]
    assert ids
    return ids, [item.id for item in items if item.id not in ids]


def works(count, encoder, width=WIDTH, seed=0):
    vectors = np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return Works(ids=tuple(f"w:{i}" for i in range(count)), vectors=unit, encoder=encoder)


def made(generator, told, *seeds, **settings):
    return list(generator.generate(told, seeds=seeds or (0,), **{"steps": 3} | settings))


def one(generator, told, seed=0, **settings):
    return made(generator, told, seed, **settings)[0]


def same(first, second):
    return np.array_equal(np.asarray(first.image), np.asarray(second.image))


def refused(error, *told):
    """Whether an error is one line that says all of this."""
    assert "\n" not in str(error.value)
    assert all(part in str(error.value) for part in told), str(error.value)


# --- images --------------------------------------------------------------------------------------------


def test_the_generator_knows_its_sizes(generator, small_generator):
    assert (generator.size, generator.capabilities.at_most) == ((32, 32), 12)
    assert generator.encoder == json.loads((small_generator / "card.json").read_text())["training"]["encoder"][
        "fingerprint"
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["words", "works"])
def test_a_seed_gives_one_image_whatever_the_others_are(generator, kind):
    told = Words("a red vessel") if kind == "words" else works(2, generator.encoder)
    first, second = made(generator, told, 7, 8)
    assert first.image.size == (32, 32)
    assert first.image.mode == "RGB"
    assert not same(first, second)
    assert same(one(generator, told, 8), second)
    again, _, _ = made(generator, told, 7, 1, 2)
    assert same(first, again)
    assert first.record == again.record


def test_what_is_told_changes_the_image(generator):
    images = [
        one(generator, told)
        for told in (Words("a red vessel"), Words("a blue chart"), Words("a red vessel", negative="stripes"), Words(""),
                     works(1, generator.encoder), works(2, generator.encoder), works(2, generator.encoder, seed=1))
    ]  # fmt: skip
    assert len({image.image.tobytes() for image in images}) == len(images)


def test_steps_and_guidance_change_the_image(generator):
    told = Words("a red vessel")
    images = [one(generator, told), one(generator, told, steps=4), one(generator, told, guidance=8)]
    assert len({image.image.tobytes() for image in images}) == 3


def test_global_random_state_neither_counts_nor_changes(generator):
    torch.manual_seed(1)
    first = one(generator, Words("a red vessel"))
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert same(first, one(generator, Words("a red vessel")))
    assert torch.equal(before, torch.get_rng_state())


def test_words_are_told_as_diffusers_tells_them(generator):
    plain = generator._family.pipeline(
        "a red vessel", num_inference_steps=3, guidance_scale=3.0, generator=torch.Generator().manual_seed(5)
    ).images[0]
    assert np.array_equal(np.asarray(plain), np.asarray(one(generator, Words("a red vessel"), 5).image))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 12])
@pytest.mark.parametrize("guidance", [1, 3.0])
def test_any_number_of_works_conditions_an_image(generator, count, guidance):
    image = one(generator, works(count, generator.encoder), guidance=guidance)
    assert image.record.items == tuple(f"w:{i}" for i in range(count))
    assert image.record.guidance == guidance


def test_a_guidance_of_one_is_the_condition_alone(generator):
    """Then what to keep away from does not count."""
    told = Words("a red vessel")
    assert same(one(generator, told, guidance=1), one(generator, replace(told, negative="blue"), guidance=1.0))
    assert not same(one(generator, told, guidance=1), one(generator, told))


def test_several_threads_may_ask_at_once(generator):
    told = [Words("a red vessel"), Words(LONG), works(2, generator.encoder), Words("a blue chart")] * 3
    alone = [one(generator, condition, 3) for condition in told[:4]] * 3
    start = threading.Barrier(4)

    def ask(condition):
        start.wait(20)
        return one(generator, condition, 3)

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(ask, told))
    assert all(same(first, second) for first, second in zip(alone, together, strict=True))


# --- records -------------------------------------------------------------------------------------------


def test_the_record_says_how_the_image_was_made(generator, small_generator):
    record = one(generator, Words("a red vessel", negative="stripes"), 11, guidance=2).record
    assert record == Record(
        asked="a red vessel", effective="a red vessel", negative="stripes", effective_negative="stripes",
        generator=small_generator.name, pipeline="StableDiffusionPipeline",
        fingerprint=generator.fingerprint, encoder=generator.encoder, seed=11, steps=3, denoised=3, guidance=2.0,
        scheduler="DDIMScheduler", size=(32, 32), threads=1, device="cpu", precision="float32", mood="subjunctive",
        versions={name: module.__version__ for name, module in VERSIONS.items()},
        lineage=record.lineage, inventory=record.inventory,
    )  # fmt: skip
    assert record.items == ()
    assert record.left_out == 0
    found = replace(works(2, generator.encoder), left_out=5)
    record = one(generator, found).record
    assert (record.asked, record.effective, record.items, record.left_out) == ("", "", ("w:0", "w:1"), 5)
    assert record.vectors == hashlib.sha256(found.vectors.tobytes()).hexdigest()
    assert record.archive == ""


def test_a_prompt_that_is_cut_is_recorded_as_what_was_read(generator, capfd, caplog):
    with caplog.at_level(logging.DEBUG):
        record = one(generator, Words(LONG)).record
    assert record.asked == LONG
    assert 0 < len(record.effective) < len(LONG)
    assert LONG.lower().startswith(record.effective)
    assert same(one(generator, Words(LONG)), one(generator, Words(record.effective)))
    assert capfd.readouterr() == ("", "")
    assert not [entry for entry in caplog.records if entry.name.startswith(("diffusers", "transformers"))]


def test_others_still_hear_from_diffusers_that_a_prompt_is_cut(generator, caplog):
    one(generator, Words(LONG))
    log = logging.getLogger("diffusers")
    log.addHandler(caplog.handler)
    try:
        generator._family.pipeline(LONG, num_inference_steps=1)
    finally:
        log.removeHandler(caplog.handler)
    assert "was truncated because CLIP" in caplog.text


def test_nothing_is_a_prompt(generator):
    record = one(generator, Words("")).record
    assert (record.asked, record.effective) == ("", "")


def test_numbers_of_numpy_are_recorded_as_plain_ones(generator, tmp_path):
    _, image = generator.generate(Words(""), seeds=np.arange(2), steps=np.int64(2), guidance=np.float32(2))
    image.save(tmp_path / "image.png")
    assert json.loads((tmp_path / "image.json").read_text())["seed"] == 1


@pytest.mark.parametrize("prompt", ["a red vessel", "<&\"'> {x} \x00\x1f\ufffe", "林檎 \u2028 №", "]]>"])
def test_the_file_carries_the_record_inside_and_beside(generator, tmp_path, prompt):
    image = one(generator, Words(prompt, negative=prompt))
    path = tmp_path / "new" / "image.PNG"
    image.save(path)
    assert sorted(found.name for found in path.parent.iterdir()) == ["image.PNG", "image.json"]
    with Image.open(path) as read:
        assert read.format == "PNG"
        assert np.array_equal(np.asarray(read), np.asarray(image.image))
    embedded = read_embedded(path.read_bytes())
    assert embedded.problem == ""
    assert embedded.digital_source_type == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    assert not embedded.bare_source_type
    beside = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    inside = json.loads(embedded.fields["xmp:urn:latentarchive:generated:record"])
    assert beside == inside == json.loads(json.dumps(image.record.values()))
    assert (beside["asked"], beside["mood"]) == (prompt, "subjunctive")
    assert beside["digital_source_type"] == embedded.digital_source_type


@pytest.mark.parametrize("name", ["image.jpg", "image", "image.png.webp"])
def test_only_png_is_written(generator, tmp_path, name):
    image = Generated(Image.new("RGB", (8, 8)), one(generator, Words("")).record)
    with pytest.raises(ArchiveError) as error:
        image.save(tmp_path / name)
    refused(error, str(tmp_path / name), "must end in .png")
    assert list(tmp_path.iterdir()) == []


def test_a_record_has_one_mood(generator):
    with pytest.raises(ArchiveError, match="mood of a generated image is subjunctive, got 'indicative'"):
        replace(one(generator, Words("")).record, mood="indicative")


# --- works as a condition ------------------------------------------------------------------------------


def test_works_of_an_archive_condition_an_image(generator, archive, reserved):
    ids = reserved[1][5:2:-1]
    found = retrieved(archive, ids)
    assert found.ids == tuple(ids)
    assert np.array_equal(found.vectors, archive.embeddings.take([archive.row(item_id) for item_id in ids]))
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-3)
    assert (found.encoder, found.left_out) == (generator.encoder, 0)
    record = one(generator, found).record
    assert (record.items, record.archive, record.reserved) == (tuple(ids), archive.name, ())
    twice = retrieved(archive, [*ids, ids[0]])
    assert twice.ids == tuple(ids)


def test_works_that_reserve_mining_are_left_out_and_counted(generator, archive, reserved):
    prohibited, free = reserved
    found = retrieved(archive, [free[0], prohibited[0], free[1]])
    assert (found.ids, found.left_out) == ((free[0], free[1]), 1)
    assert found.vectors.shape == (2, WIDTH)
    assert one(generator, found).record.left_out == 1
    let_in = retrieved(archive, [free[0], prohibited[0]], allow_reserved=True)
    assert (let_in.ids, let_in.left_out) == ((free[0], prohibited[0]), 0)
    assert one(generator, let_in).record.reserved == (prohibited[0],)
    with pytest.raises(GeneratorError) as error:
        retrieved(archive, prohibited[:1])
    refused(error, "all 1 works reserve data mining")


def test_withheld_and_unknown_works_condition_nothing(generator, archive, reserved):
    item_id = reserved[1][0]
    before = retrieved(archive, [item_id])
    with pytest.raises(QueryError, match="has no item 'works:nothing'"):
        retrieved(archive, [item_id, "works:nothing"])
    archive.log.change("withhold", [item_id], reason="a test")
    try:
        with pytest.raises(QueryError, match="is withheld"):
            retrieved(archive, [reserved[1][1], item_id])
        with pytest.raises(QueryError, match="is withheld"):  # since it was retrieved
            one(generator, before)
    finally:
        archive.log.change("restore", [item_id], reason="a test")
    assert retrieved(archive, [item_id]).ids == (item_id,)


def test_at_least_one_work_is_needed(archive):
    with pytest.raises(GeneratorError) as error:
        retrieved(archive, [])
    refused(error, "0 ids", "at least one is needed")


@pytest.mark.parametrize(
    ("ids", "shape"), [(("w:0",), (2, WIDTH)), (("w:0", "w:1"), (1, WIDTH)), (("w:0",), (WIDTH,)), ((), (0, WIDTH))]
)
def test_ids_and_vectors_must_match(ids, shape):
    with pytest.raises(GeneratorError, match="one row of a matrix for each"):
        Works(ids=ids, vectors=np.ones(shape, np.float32), encoder="")


def test_works_of_another_encoder_are_refused(generator):
    with pytest.raises(GeneratorError) as error:
        one(generator, works(1, "0" * 64))
    refused(
        error,
        repr(generator.id),
        "conditioned by the vectors of encoder",
        "these works have those of 000000000000",
        "build an archive with the encoder",
    )
    with pytest.raises(GeneratorError, match="these works have those of"):
        one(generator, works(1, ""))


def test_works_of_another_width_are_refused(generator):
    with pytest.raises(GeneratorError) as error:
        one(generator, works(1, generator.encoder, width=16))
    refused(error, repr(generator.id), "16", "32")


def test_more_works_than_the_context_holds_are_refused(generator):
    with pytest.raises(GeneratorError) as error:
        one(generator, works(13, generator.encoder))
    refused(error, "takes at most 12 works at once, got 13")


@pytest.mark.parametrize("weights", [None, (3, 1), (0, 2)])
def test_the_centroid_is_the_mean_direction_at_the_mean_length(weights):
    """Worked out by hand: the mean of (1, 0) and (0, 1) lies at (1, 1), of (1, 0) three times at (3, 1)."""
    vectors = np.eye(2, dtype=np.float32)
    norms = np.array([4, 8], np.float32)
    told = Works(ids=("w:0", "w:1"), vectors=vectors, encoder="e", norms=norms, left_out=2, reserved=("w:1",))
    found = centroid(told, weights=weights)
    expected = {None: ((1, 1), 6.0, (0.5, 0.5)), (3, 1): ((3, 1), 5.0, (0.75, 0.25)), (0, 2): ((0, 1), 8.0, (0.0, 1.0))}
    direction, norm, share = expected[weights]
    assert np.allclose(found.vector, np.array(direction) / np.linalg.norm(direction))
    assert (found.norm, found.weights, found.ids) == (norm, share, told.ids)
    assert (found.left_out, found.reserved, found.encoder, found.made) == (2, ("w:1",), "e", "centroid")


@pytest.mark.parametrize("weights", [(1,), (0, 0), (-1, 2), (np.nan, 1), (np.inf, 1)])
def test_weights_that_are_none_are_refused(weights):
    told = Works(ids=("w:0", "w:1"), vectors=np.eye(2, dtype=np.float32), encoder="e")
    with pytest.raises(GeneratorError, match="weights of 2 works must be as many numbers from 0 on"):
        centroid(told, weights=weights)


def test_what_has_no_direction_is_no_point():
    opposite = Works(ids=("w:0", "w:1"), vectors=np.array([[1, 0], [-1, 0]], np.float32), encoder="e")
    with pytest.raises(GeneratorError, match="lie opposite each other"):
        centroid(opposite)
    for vector in (np.zeros(2), np.full(2, 1.0), np.eye(2), np.array([np.nan, 1])):
        with pytest.raises(GeneratorError, match="needs one vector of unit length"):
            Point(vector=vector.astype(np.float32), norm=1.0, encoder="e", made="a test")


def test_a_point_conditions_like_a_work_that_lies_there(generator):
    told = works(3, generator.encoder)
    alone = replace(told, ids=told.ids[:1], vectors=told.vectors[:1])
    assert same(one(generator, centroid(alone)), one(generator, alone))
    made = one(generator, centroid(told))
    assert not same(made, one(generator, told))
    assert (made.record.items, made.record.point, made.record.space) == (told.ids, "centroid", "same")
    assert made.record.vectors == hashlib.sha256(centroid(told).vector.tobytes()).hexdigest()
    with pytest.raises(GeneratorError, match="these works have those of an unknown one"):
        one(generator, replace(centroid(told), encoder=""))


def test_raw_lengths_come_from_the_archive(archive, reserved, small_encoder):
    ids = reserved[1][:3]
    found = retrieved(archive, ids)
    images = [Image.open(io.BytesIO(archive.thumbnail(item_id))).convert("RGB") for item_id in ids]
    encoded = load_encoder(f"local:{small_encoder}").encode_images(images)
    assert np.allclose(found.norms, encoded.norms, rtol=0.02)  # thumbnails are compressed
    assert np.allclose(centroid(found).norm, found.norms.mean())
    assert np.allclose(centroid(found).raw, centroid(found).vector * centroid(found).norm)


def test_images_begin_from_a_work(generator, archive, reserved):
    item_id = reserved[1][4]
    start = from_work(archive, item_id, strength=0.67, told=retrieved(archive, reserved[1][:2]))
    drawn = Image.open(io.BytesIO(archive.thumbnail(item_id))).convert("RGB")
    assert np.array_equal(np.asarray(start.image), np.asarray(drawn))
    record = one(generator, start).record
    assert (record.start, record.strength, record.denoised) == (item_id, 0.67, 2)
    assert (record.items, record.archive) == (tuple(reserved[1][:2]), archive.name)
    itself = one(generator, from_work(archive, item_id, strength=0))
    assert same(itself, Generated(generator.decode(generator.encode(drawn)), record))
    # The autoencoder was trained for seconds: the picture is coarse, but no longer another one.
    small = np.asarray(drawn.resize((32, 32)), float)
    near, far = (np.abs(np.asarray(made.image) - small).mean() for made in (itself, one(generator, Words(""))))
    assert near < far


def test_no_image_begins_from_a_work_that_is_withheld_or_reserved(generator, archive, reserved):
    prohibited, free = reserved
    with pytest.raises(GeneratorError, match="reserves data mining, and so no image begins from it"):
        from_work(archive, prohibited[0], strength=0.5)
    let_in = from_work(archive, prohibited[0], strength=0.5, allow_reserved=True)
    assert one(generator, let_in).record.reserved == (prohibited[0],)
    before, lying_there = from_work(archive, free[0], strength=0.5), centroid(retrieved(archive, free[:1]))
    assert one(generator, before).record.reserved == ()
    making = generator.generate(before, seeds=[1, 2], steps=2)
    next(making)
    archive.log.change("withhold", [free[0]], reason="a test")
    try:
        for told in (before, replace(before, strength=0), lying_there, FromImage(before.image, 0.5, lying_there)):
            with pytest.raises(QueryError, match="is withheld"):
                one(generator, told)
        with pytest.raises(QueryError, match="is withheld"):
            from_work(archive, free[0], strength=0.5)
        with pytest.raises(QueryError, match="is withheld"):
            next(making)
    finally:
        archive.log.change("restore", [free[0]], reason="a test")


def test_the_original_is_taken_before_the_thumbnail(archive, reserved, monkeypatch):
    """The other tests have an archive whose collection is not at hand."""
    buffer = io.BytesIO()
    Image.new("RGB", (5, 3), "red").save(buffer, "PNG")
    monkeypatch.setattr(archive, "original", lambda item_id: buffer.getvalue())
    assert from_work(archive, reserved[1][0], strength=0.5).image.size == (5, 3)
    monkeypatch.undo()
    assert from_work(archive, reserved[1][0], strength=0.5).image.size != (5, 3)


def test_no_image_begins_from_a_work_without_one(archive, reserved, monkeypatch):
    monkeypatch.setattr(archive, "thumbnail", lambda item_id: b"")
    with pytest.raises(GeneratorError, match="has no image of"):
        from_work(archive, reserved[1][0], strength=0.5)


def test_one_clip_under_two_names_is_one_space(small_encoder):
    """The image tower that open_clip reads and its twin in transformers, each with its own preprocessing."""
    encoder = load_encoder(f"local:{small_encoder}")
    config = json.loads((small_encoder / "open_clip_config.json").read_text())["preprocess_cfg"]
    side = {"height": 32, "width": 32}
    processor = transformers.CLIPImageProcessor(
        size={"shortest_edge": 32}, crop_size=side, image_mean=config["mean"], image_std=config["std"]
    )
    twin = vision_tower(small_encoder)
    assert same_encoder(twin, processor, encoder)
    with torch.no_grad():
        twin.visual_projection.weight.copy_(twin.visual_projection.weight.flip(0))
    assert not same_encoder(twin, processor, encoder)


# --- wrong settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"seeds": ()}, "seeds: a list of at least one is needed"),
        ({"seeds": 5}, "seeds: a list of at least one is needed"),
        ({"seeds": (1, -1)}, "seeds must be whole numbers from 0 to 2**63 - 1, got -1"),
        ({"seeds": (1.7,)}, "seeds must be whole numbers from 0 to 2**63 - 1, got 1.7"),
        ({"seeds": (2**63,)}, "seeds must be whole numbers from 0 to 2**63 - 1"),
        ({"steps": 0}, "steps must be a whole number from 1 to 1000, got 0"),
        ({"steps": 1.5}, "steps must be a whole number from 1 to 1000, got 1.5"),
        ({"steps": -3}, "steps must be a whole number from 1 to 1000, got -3"),
        ({"steps": 1001}, "steps must be a whole number from 1 to 1000, got 1001"),
        ({"guidance": -1.0}, "guidance must be at least 1 (the condition alone), got -1.0"),
        ({"guidance": 0.5}, "guidance must be at least 1"),
        ({"guidance": float("nan")}, "guidance must be at least 1"),
        ({"guidance": float("inf")}, "guidance must be at least 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(generator, settings, told):
    with pytest.raises(GeneratorError) as error:
        generator.generate(Words("a"), **{"seeds": (0,), "steps": 1} | settings)
    refused(error, repr(generator.id), told)


def test_a_bare_text_is_no_condition(generator, archive):
    with pytest.raises(GeneratorError, match=r"is told Words, Works, .* got str; for a text: Words\('a red vessel'\)"):
        generator.generate("a red vessel", seeds=[0])
    with pytest.raises(GeneratorError, match=r"must be a list, got the text 'works:1'"):
        retrieved(archive, "works:1")
    for wrong in (None, 5, "\ud800"):
        with pytest.raises(GeneratorError, match="of a generation must be text"):
            Words(wrong)


def test_what_is_no_image_is_refused(generator):
    with pytest.raises(GeneratorError, match=r"made no image of seed 0 \(its values are not finite\)"):
        one(generator, Words("a vessel"), guidance=1e38)


# --- folders that cannot be loaded ---------------------------------------------------------------------


def assert_cannot_load(folder, capfd, *told):
    capfd.readouterr()
    with pytest.raises(GeneratorError) as error:
        load_generator(str(folder))
    refused(error, str(folder), *told, "; restore it, or train the model again")
    assert capfd.readouterr() == ("", "")


def test_loading_prints_nothing_and_leaves_libraries_as_they_were(small_generator, capfd):
    level = diffusers.utils.logging.get_verbosity()
    assert load_generator(str(small_generator)).size == (32, 32)
    assert capfd.readouterr() == ("", "")
    assert diffusers.utils.logging.get_verbosity() == level
    assert diffusers.utils.logging.is_progress_bar_enabled()


def test_a_missing_folder_is_named(tmp_path, capfd):
    with pytest.raises(
        GeneratorError, match=r"^no generator 'tinny': did you mean 'tiny'\?, or the folder that `train`"
    ):
        load_generator("tinny")
    assert_cannot_load(tmp_path, capfd, "model_index.json is missing", "is a folder that `train` or diffusers saved")


def test_a_folder_of_another_kind_is_named(small_encoder, small_adapter, small_generator, capfd):
    assert_cannot_load(small_encoder, capfd, "holds an encoder, not a generator")
    assert_cannot_load(small_adapter, capfd, "holds an adapter, not a generator")
    with pytest.raises(EncoderError, match="holds a generator, not an encoder"):
        load_encoder(f"local:{small_generator}")


@pytest.mark.parametrize("damage", ["gone", "no card", "empty card", "no files", "odd card"])
def test_what_ships_must_have_a_card_that_vouches_for_it(small_generator, tmp_path, monkeypatch, damage):
    folder = tmp_path / "tiny-generator"
    monkeypatch.setattr(loading, "MODELS", tmp_path)
    if damage != "gone":
        shutil.copytree(small_generator, folder)
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").unlink()
    if damage in ("empty card", "no files", "odd card"):
        left = {"empty card": {}, "no files": card | {"files": {}}, "odd card": card | {"files": []}}[damage]
        (folder / "card.json").write_text(json.dumps(left))
    with pytest.raises(
        GeneratorError, match=r"^generator 'tiny': .* (is missing|does not say which files|cannot be read).*; install l"
    ):
        load_generator("tiny")


@pytest.mark.parametrize("odd", [{"training": []}, {"training": {"encoder": "tiny"}}, {"training": None}])
def test_odd_cards_of_ones_own_condition_by_words(copied, generator, odd):
    card = json.loads((copied / "card.json").read_text())
    (copied / "card.json").write_text(json.dumps(card | odd))
    assert load_generator(str(copied)).encoder == ""


# --- generated images among works ----------------------------------------------------------------------


def test_nothing_but_generated_images_is_replaced(generator, tmp_path):
    image = one(generator, Words("a vessel"))
    for name in ("scan.png", "scan.json"):
        (tmp_path / name).write_bytes(b"a master")
        with pytest.raises(
            ArchiveError, match=rf"{name} exists and is nothing that was generated here; choose another"
        ):
            image.save(tmp_path / "scan.png")
        assert (tmp_path / name).read_bytes() == b"a master"
        (tmp_path / name).unlink()
    image.save(str(tmp_path / "scan.png"))
    one(generator, Words("a vessel"), 1).save(tmp_path / "scan.png")
    assert json.loads((tmp_path / "scan.json").read_text())["seed"] == 1


def test_in_an_archive_they_say_what_they_are(generator, tmp_path):
    one(generator, Words("a vessel")).save(tmp_path / "images" / "a.png")
    Image.new("RGB", (40, 40), "red").save(tmp_path / "images" / "b.png")
    (tmp_path / "images" / "a.json").unlink()
    source = Folder(name="mixed", root=tmp_path / "images")
    recipe = Recipe(name="mixed", title="Mixed", collection=source, encoder=EncoderChoice(id="toy"))
    archive = Archive.open(build_archive(recipe, out=tmp_path / "archive", workers=1).path)
    made, drawn = archive.item("mixed:a.png"), archive.item("mixed:b.png")
    assert (made.generated, drawn.generated) == (True, False)
    found = archive.search(like=["text:red"], k=2)
    assert text.results(found).count("generated, not a work: untitled") == 1
    pages.write_results(found, archive, tmp_path / "sheet.html")
    assert (tmp_path / "sheet.html").read_text().count("<figure class=generated>") == 1
    assert summarize(archive)["generated images, not works"] == 1


# --- folders that cannot be loaded


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_an_index_that_cannot_be_read_is_refused(foreign, capfd, text):
    (foreign / "model_index.json").write_text(text)
    assert_cannot_load(foreign, capfd, "model_index.json does not describe a pipeline")


def test_a_pipeline_of_another_kind_is_refused(foreign, capfd):
    index = json.loads((foreign / "model_index.json").read_text())
    (foreign / "model_index.json").write_text(json.dumps(index | {"_class_name": "DiTPipeline"}))
    assert_cannot_load(foreign, capfd, "holds a DiTPipeline, and what is taken is Flux, Kandinsky")


@pytest.mark.parametrize("part", ["unet", "vae"])
def test_a_changed_file_is_refused(copied, capfd, part):
    path = copied / part / "diffusion_pytorch_model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert_cannot_load(copied, capfd, f"{path} is not the file that its card.json describes")
    with pytest.raises(GeneratorError, match="is not the file"):
        generator_folder(str(copied))


WEIGHTS = [
    "unet/diffusion_pytorch_model.safetensors",
    "vae/diffusion_pytorch_model.safetensors",
    "text_encoder/model.safetensors",
]


@pytest.mark.parametrize("name", [*WEIGHTS, "tokenizer/tokenizer.json", "scheduler/scheduler_config.json"])
def test_a_missing_file_is_refused(copied, capfd, name):
    (copied / name).unlink()
    assert_cannot_load(copied, capfd, f"{copied / name} is missing")
    (copied / "card.json").unlink()
    assert_cannot_load(copied, capfd, f"{copied} cannot be loaded (")


@pytest.mark.parametrize("name", WEIGHTS)
def test_pickled_weights_are_not_read(foreign, capfd, name):
    path = foreign / name
    state = safetensors_torch.load_file(path)
    pickled = "pytorch_model.bin" if "text_encoder" in name else "diffusion_pytorch_model.bin"
    torch.save(state, path.with_name(pickled))
    path.unlink()
    assert_cannot_load(foreign, capfd, f"{foreign} cannot be loaded (", "safetensors")


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("how", ["width", "lacking", "torn"])
def test_weights_that_do_not_fit_are_refused(foreign, capfd, name, how):
    path = foreign / name
    state = safetensors_torch.load_file(path)
    wide = next(key for key in state if state[key].ndim >= 2)
    if how == "width":
        state[wide] = torch.zeros(state[wide].shape[0] + 1, *state[wide].shape[1:])
    if how == "lacking":
        del state[wide]
    safetensors_torch.save_file(state, path, metadata={"format": "pt"})
    if how == "torn":
        path.write_bytes(path.read_bytes()[:1000])
    assert_cannot_load(foreign, capfd, f"{foreign} cannot be loaded (", wide if how != "torn" else "")


def test_a_foreign_folder_takes_words_only(foreign, generator):
    other = load_generator(str(foreign))
    assert other.fingerprint == generator.fingerprint
    assert other.encoder == ""
    assert (other.guidance, generator.guidance) == (7.5, 3.0)
    assert same(one(other, Words("a red vessel"), guidance=3), one(generator, Words("a red vessel")))
    with pytest.raises(GeneratorError, match="takes words only"):
        one(other, works(1, generator.encoder))
    with pytest.raises(GeneratorError, match="takes words only"):
        one(other, works(1, ""))


def test_the_fingerprint_follows_weights_and_settings(foreign, generator):
    path = foreign / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"timestep_spacing": "leading"}))
    assert load_generator(str(foreign)).fingerprint != generator.fingerprint
