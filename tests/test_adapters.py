"""A LoRA in a generator: what it changes, what the record says of it, and what is refused."""

import json
import shutil

import numpy as np
import pytest
import safetensors.torch as safetensors_torch
import torch
from diffusers import StableDiffusionPipeline

from latentarchive.diffusion import Words, load_generator
from latentarchive.diffusion.adapters import WEIGHTS
from latentarchive.errors import GeneratorError
from tests.model_helpers import one_thread

TOLD = Words("a red vessel")


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


@pytest.fixture
def copied(small_adapter, tmp_path):
    """A copy that a test may damage."""
    shutil.copytree(small_adapter, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def foreign(copied):
    """The same as diffusers itself would leave it: without a card."""
    (copied / "card.json").unlink()
    return copied


def image(generator):
    return next(generator.generate(TOLD, seeds=[3], steps=3))


def assert_refused(generator, adapter, capfd, *told):
    with pytest.raises(GeneratorError) as error:
        load_generator(str(generator), adapter=str(adapter))
    assert "\n" not in str(error.value)
    assert all(part in str(error.value) for part in told), str(error.value)
    assert capfd.readouterr() == ("", "")


def test_it_gives_what_diffusers_gives_with_it(small_generator, small_adapter):
    pipeline = StableDiffusionPipeline.from_pretrained(small_generator, dtype=torch.float32, local_files_only=True)
    pipeline.load_lora_weights(small_adapter)
    drawn = pipeline(
        TOLD.prompt,
        num_inference_steps=3,
        guidance_scale=3.0,
        height=32,
        width=32,
        generator=torch.Generator().manual_seed(3),
    ).images[0]
    with_it = image(load_generator(str(small_generator), adapter=str(small_adapter)))
    assert np.array_equal(np.asarray(with_it.image), np.asarray(drawn))


def test_the_record_names_it_and_the_fingerprint_follows_it(small_generator, small_adapter):
    plain = image(load_generator(str(small_generator)))
    with_it = image(load_generator(str(small_generator), adapter=str(small_adapter)))
    assert (plain.record.adapter, with_it.record.adapter) == ("", small_adapter.name)
    assert plain.record.fingerprint != with_it.record.fingerprint
    assert plain.record.encoder == with_it.record.encoder
    assert not np.array_equal(np.asarray(plain.image), np.asarray(with_it.image))


def test_one_without_a_card_is_taken(small_generator, small_adapter, foreign):
    known = load_generator(str(small_generator), adapter=str(small_adapter))
    other = load_generator(str(small_generator), adapter=str(foreign))
    assert other.fingerprint == known.fingerprint


def test_a_missing_folder_is_named(small_generator, tmp_path, capfd):
    assert_refused(small_generator, tmp_path / "nowhere", capfd, f"nowhere/{WEIGHTS} is missing")


def test_a_changed_file_is_refused(small_generator, copied, capfd):
    data = bytearray((copied / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (copied / WEIGHTS).write_bytes(data)
    assert_refused(small_generator, copied, capfd, "is not the file that its card.json describes; restore it")


def test_one_of_other_weights_is_refused(small_generator, copied, tmp_path, capfd):
    card = json.loads((copied / "card.json").read_text())
    card["training"]["generator"]["files"]["unet/diffusion_pytorch_model.safetensors"] = "0" * 64
    (copied / "card.json").write_text(json.dumps(card))
    assert_refused(small_generator, copied, capfd, "was trained on another generator", "holds other weights")


@pytest.mark.parametrize("how", ["width", "torn", "other layers", "nothing"])
def test_weights_that_do_not_fit_are_refused(small_generator, foreign, capfd, how):
    state = safetensors_torch.load_file(foreign / WEIGHTS)
    first = next(key for key in state if "lora_A" in key and state[key].ndim == 2)
    if how == "width":
        state[first] = torch.zeros(state[first].shape[0], state[first].shape[1] + 1)
    if how == "other layers":
        state = {f"unet.nowhere.{i}.{key}": value for i, (key, value) in enumerate(state.items())}
    if how == "nothing":
        state = {"unrelated": torch.zeros(1)}
    safetensors_torch.save_file(state, foreign / WEIGHTS)
    if how == "torn":
        (foreign / WEIGHTS).write_bytes((foreign / WEIGHTS).read_bytes()[:1000])
    assert_refused(small_generator, foreign, capfd, f"adapter {str(foreign)!r}")
