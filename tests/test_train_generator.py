"""Training a generator and a LoRA of the real classes for seconds: what they leave, and what they refuse."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch as safetensors_torch
import torch
from diffusers import AutoPipelineForImage2Image, AutoPipelineForText2Image, StableDiffusionPipeline
from PIL import Image

from latentarchive import cards
from latentarchive.diffusion.quiet import quiet
from latentarchive.errors import ArchiveError, EncoderError, GeneratorError, RecipeError
from latentarchive.recipes import load_recipe, parse
from latentarchive.train import (
    autoencoder,
    conditions,
    denoiser,
    generator,
    steps,
    train_encoder,
    train_generator,
    train_lora,
)
from latentarchive.train import train_model as train
from latentarchive.train.folder import digest_of
from latentarchive.trainings import GeneratorTraining, LoraTraining
from tests.model_helpers import (
    AUTOENCODER,
    CLIP,
    DENOISER,
    WIDTH,
    cabinet,
    encoder_recipe,
    generator_recipe,
    lora_recipe,
    one_thread,
)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


@pytest.fixture(scope="module")
def encoder_id(small_encoder):
    return f"local:{small_encoder}"


@pytest.fixture(scope="module")
def card(small_generator):
    return json.loads((small_generator / "card.json").read_text())


@pytest.fixture(scope="module")
def pipeline(small_generator):
    return opened(StableDiffusionPipeline, small_generator)


@pytest.fixture(scope="module")
def adapter(small_adapter):
    return small_adapter


def opened(kind, folder):
    with quiet():
        made = kind.from_pretrained(folder, dtype=torch.float32, use_safetensors=True, local_files_only=True)
    made.set_progress_bar_config(disable=True)
    return made


def drawn(pipeline, **arguments):
    settings = {"num_inference_steps": 3, "guidance_scale": 3.0, "output_type": "np"}
    settings["generator"] = torch.Generator().manual_seed(0)
    return pipeline(**settings | arguments).images[0]


def weights(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.safetensors"))}


def never(*_):
    raise AssertionError("nothing is left to do")


def refused(error, *told):
    """Whether an error is one line that says all of this."""
    assert "\n" not in str(error.value)
    assert all(part in str(error.value) for part in told), str(error.value)


class Killed(BaseException):
    """Stands for a power cut: nothing in the library catches it."""


def kill_at(stage, step):
    def kill(now, done, total, note=""):
        if (now, done) == (stage, step):
            raise Killed

    return kill


# --- what a training leaves ----------------------------------------------------------------------------


def test_the_folder_is_a_pipeline_and_a_card(small_generator, card):
    assert sorted(path.name for path in small_generator.iterdir()) == [
        "card.json", "model_index.json", "scheduler", "text_encoder", "tokenizer", "unet", "vae",
    ]  # fmt: skip
    assert cards.problem(small_generator) == ""
    assert set(weights(small_generator)) == {
        Path("text_encoder/model.safetensors"),
        Path("unet/diffusion_pytorch_model.safetensors"),
        Path("vae/diffusion_pytorch_model.safetensors"),
    }
    assert set(card["files"]) == {
        path.relative_to(small_generator).as_posix()
        for path in small_generator.rglob("*")
        if path.is_file() and path.name != "card.json"
    }


def test_the_card_says_how_it_was_made(card, encoder_id, small_generator):
    recipe = generator_recipe(encoder_id)
    made = card["training"]
    assert card["recipe"]["digest"] == digest_of(recipe, recipe.generator)
    assert (made["autoencoder"]["steps"], made["denoiser"]["steps"], made["samples"]) == (10, 14, 14 * 8)
    assert made["seconds"] == pytest.approx(made["autoencoder"]["seconds"] + made["denoiser"]["seconds"], abs=0.11)
    assert made["seconds"] > 0
    held = safetensors_torch.load_file(small_generator / "unet/diffusion_pytorch_model.safetensors")
    assert made["denoiser"]["parameters"] == sum(tensor.numel() for tensor in held.values())
    assert made["encoder"]["id"] == encoder_id
    assert card["machine"]["cores"] >= 1
    assert set(card["machine"]["versions"]) == {"open_clip", "torch", "tokenizers", "diffusers"}
    assert card["data"]["held_out_by"] == {"fields": ["extra.series"], "share": 0.2, "seed": 0}
    assert card["scores"]["images"] == card["data"]["counts"]["held_out"] > 0
    assert 0 < card["scores"]["autoencoder_error"] < 1
    assert 0 < card["scores"]["denoiser_error"] < 2
    assert len(card["limits"]) >= 3


def test_reserved_works_are_left_out_and_counted(card, tmp_path, encoder_id):
    counts = card["data"]["counts"]
    assert counts["reserved"] == 1
    assert counts["used"] + counts["held_out"] + counts["rejected"] + counts["uncaptioned"] == 59
    assert card["data"]["reserved_works"] == "left out"
    collection = cabinet(defaults={"mining": "DMI-PROHIBITED"})
    with pytest.raises(ArchiveError, match="at least 32 works are needed to train on; found 60 reserved"):
        train_generator(generator_recipe(encoder_id, collection=collection), out=tmp_path / "none")


def test_what_is_retrieved_and_drawn_is_never_held_out(tmp_path, monkeypatch, encoder_id):
    seen, rows, told = [], [], []

    def gathered(*given):
        seen.append(gather(*given))
        return seen[0]

    def spied(pixels):
        rows.extend(np.flatnonzero((seen[0].pixels == one).all(axis=(1, 2, 3)))[0] for one in pixels)
        return moved(pixels)

    def asked(prepared, chosen, training, random):
        told.extend([*chosen, *prepared.nearest.ravel()])
        return _told(prepared, chosen, training, random)

    gather, moved, _told = generator.gather, autoencoder.moved, denoiser._told
    monkeypatch.setattr(generator, "gather", gathered)
    monkeypatch.setattr(autoencoder, "moved", spied)
    monkeypatch.setattr(denoiser, "_told", asked)
    recipe = generator_recipe(encoder_id, samples=20 * 8, autoencoder_samples=20 * 8)
    train_generator(recipe, out=tmp_path / "model")
    held = set(np.flatnonzero(seen[0].held).tolist())
    assert held
    assert len(rows) == 160
    assert len(set(rows)) > 30
    assert len(set(told)) > 30
    assert not held & set(rows)
    assert not held & set(told)


def test_training_tells_the_held_out_errors_and_prints_nothing(tmp_path, encoder_id, capfd):
    notes = {}

    def progress(stage, done, total, note=""):
        notes[stage] = note

    recipe = generator_recipe(encoder_id, samples=8, autoencoder_samples=8)
    made = train_generator(recipe, out=tmp_path / "model", progress=progress)
    train_lora(lora_recipe(made.path, samples=8), out=tmp_path / "adapter", progress=progress)
    assert list(notes) == ["decoding", "autoencoder", "denoiser", "adapter"]
    assert notes["autoencoder"] == f"held-out error {made.scores['autoencoder_error']:.4f}"
    assert notes["denoiser"] == f"held-out error {made.scores['denoiser_error']:.4f}"
    assert notes["adapter"].startswith("held-out error ")
    assert capfd.readouterr() == ("", "")


# --- interrupted and finished trainings ----------------------------------------------------------------


@pytest.mark.parametrize(("stage", "at"), [("autoencoder", 4), ("denoiser", 6)])
def test_a_killed_training_ends_as_an_undisturbed_one(tmp_path, monkeypatch, encoder_id, small_generator, stage, at):
    recipe = generator_recipe(encoder_id)
    with monkeypatch.context() as often:
        often.setattr(steps, "CHECKPOINT_S", 0)
        with pytest.raises(Killed):
            train_generator(recipe, out=tmp_path / "model", progress=kill_at(stage, at))
    assert not (tmp_path / "model" / "card.json").exists()
    with pytest.raises(RecipeError, match="holds an unfinished training by another recipe"):
        train_generator(generator_recipe(encoder_id, seed=1), out=tmp_path / "model")
    told = []
    train_generator(recipe, out=tmp_path / "model", progress=lambda now, done, *_: told.append((now, done)))
    assert told[0] == (stage, at + 1)
    assert weights(tmp_path / "model") == weights(small_generator)
    assert cards.read(tmp_path / "model")["files"] == cards.read(small_generator)["files"]
    assert not (tmp_path / "model" / "unfinished").exists()


def test_a_finished_training_is_not_repeated(small_generator, encoder_id, card, adapter):
    again = train_generator(generator_recipe(encoder_id), out=small_generator, progress=never)
    assert (again.path, again.samples, again.seconds) == (small_generator, 112, card["training"]["seconds"])
    assert again.counts == card["data"]["counts"]
    assert again.scores == card["scores"]
    assert train(generator_recipe(encoder_id), out=small_generator, progress=never) == again
    assert train(lora_recipe(small_generator), out=adapter, progress=never).path == adapter


def test_a_folder_of_something_else_is_refused(small_generator, encoder_id, adapter, tmp_path):
    with pytest.raises(RecipeError, match="holds a model trained by another recipe"):
        train_generator(generator_recipe(encoder_id, seed=1), out=small_generator)
    with pytest.raises(RecipeError, match="holds a model trained by another recipe"):
        train_lora(lora_recipe(small_generator, rank=3), out=adapter)
    for text in ("{}", '{"recipe": "a cake"}'):
        (tmp_path / "card.json").write_text(text)
        with pytest.raises(RecipeError, match="holds a model trained by another recipe"):
            train_generator(generator_recipe(encoder_id), out=tmp_path)
    (tmp_path / "card.json").write_text("torn")
    with pytest.raises(RecipeError, match="is not empty and holds no training of latentarchive"):
        train_generator(generator_recipe(encoder_id), out=tmp_path)


def test_the_digest_is_of_what_decides_the_outcome(tmp_path):
    recipe = generator_recipe("tiny")

    def digest(**changes):
        changed = generator_recipe(**{"encoder": "tiny"} | changes)
        return digest_of(changed, changed.generator)

    here = digest_of(recipe, recipe.generator)
    elsewhere = replace(recipe, collection=replace(recipe.collection, root=tmp_path), title="Another title")
    assert digest_of(elsewhere, elsewhere.generator) == here
    assert digest(neighbours=4, allow_reserved=False, unconditioned=0.1) == here  # the defaults
    assert digest(denoiser=dict(reversed(DENOISER.items()))) == here
    changes = [
        {"neighbours": 3}, {"allow_reserved": True}, {"seed": 1}, {"encoder": "tiny-annex"}, {"captions": ("title",)},
        {"denoiser": DENOISER | {"attention_head_dim": 4}}, {"collection": cabinet(seed=2)},
        {"collection": cabinet(technique="cyanotype")}, {"collection": cabinet(name="other")},
    ]  # fmt: skip
    assert len({here, *(digest(**change) for change in changes)}) == 1 + len(changes)


# --- what opens the folder -----------------------------------------------------------------------------


def test_diffusers_opens_the_folder(small_generator, pipeline):
    plain = drawn(pipeline, prompt="a red vessel")
    assert plain.shape == (32, 32, 3)
    other = opened(AutoPipelineForText2Image, small_generator)
    assert type(other) is StableDiffusionPipeline
    assert np.array_equal(plain, drawn(other, prompt="a red vessel"))
    assert not np.array_equal(plain, drawn(other, prompt="a blue chart"))


def test_diffusers_changes_images_with_it(small_generator):
    pipeline = opened(AutoPipelineForImage2Image, small_generator)
    image = Image.new("RGB", (32, 32), "red")
    half = drawn(pipeline, prompt="a red vessel", image=image, strength=0.5, num_inference_steps=4)
    assert half.shape == (32, 32, 3)
    assert np.isfinite(half).all()
    assert not np.array_equal(half, drawn(pipeline, prompt="a red vessel", image=image, strength=1.0))


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_vectors_of_any_number_of_works_condition_it(pipeline, count):
    vectors = torch.nn.functional.normalize(torch.randn(1, count, WIDTH, generator=torch.Generator().manual_seed(1)))
    tokens = conditions.as_tokens(vectors)
    alone = drawn(pipeline, prompt_embeds=tokens, guidance_scale=1.0)
    assert alone.shape == (32, 32, 3)
    assert not np.array_equal(alone, drawn(pipeline, prompt_embeds=-tokens, guidance_scale=1.0))
    untold = pipeline.encode_prompt("", "cpu", 1, False)[0]
    guided = drawn(pipeline, prompt_embeds=tokens, negative_prompt_embeds=untold[:, :count])
    assert not np.array_equal(alone, guided)
    if count > 1:  # for one, diffusers itself makes two tokens of the empty text, and fails
        assert np.allclose(guided, drawn(pipeline, prompt_embeds=tokens), atol=1e-5)


def test_the_schedule_ends_in_noise_alone(pipeline):
    schedule = denoiser.scheduler()
    assert float(schedule.alphas_cumprod[-1]) == 0
    # At its other end it is Stable Diffusion's: Lin et al., 2024, algorithm 1, keeps the first.
    assert float(schedule.alphas_cumprod[0]) == pytest.approx(1 - 0.00085, abs=1e-6)
    schedule.set_timesteps(20)
    assert schedule.timesteps[0] == 999
    assert pipeline.scheduler.config.prediction_type == "v_prediction"
    assert float(pipeline.scheduler.alphas_cumprod[-1]) == 0


def test_the_text_tower_is_that_of_the_encoder(pipeline, small_encoder):
    """The generator's is stored in half precision, as the encoder's is, so that nothing is lost."""
    clip = safetensors_torch.load_file(small_encoder / "open_clip_model.safetensors")
    table = pipeline.text_encoder.get_input_embeddings().weight
    assert torch.equal(table, clip["token_embedding.weight"].float())


# --- the parts -----------------------------------------------------------------------------------------


def test_the_learning_rate_rises_and_falls():
    """105 steps: a ramp over round(5.25) = 5, then a cosine over 100."""
    assert steps.rate(0, 105) == pytest.approx(0.2)
    assert steps.rate(4, 105) == steps.rate(5, 105) == 1
    assert steps.rate(55, 105) == pytest.approx(0.5)
    assert steps.rate(30, 105) == pytest.approx(0.5 + 0.5 * math.sqrt(0.5))
    assert steps.rate(104, 105) == pytest.approx(0.5 * (1 + math.cos(0.99 * math.pi)))
    assert steps.rate(0, 1) == steps.rate(0, 2) == 1


def test_the_nearest_leave_out_the_work_itself_and_those_held_out():
    """Vectors on a half circle: the nearest of each are its neighbours in angle."""
    angles = np.linspace(0, np.pi, 30)
    vectors = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    held = np.zeros(30, bool)
    held[[0, 11]] = True
    nearest = conditions._nearest(vectors, held)
    assert nearest.shape == (30, conditions.NEAREST)
    assert not np.isin(nearest, [0, 11]).any()
    assert not (nearest == np.arange(30)[:, None]).any()
    assert set(nearest[10]) == {9, 8, 12, 7, 13, 6, 14, 5} or set(nearest[10]) == {9, 8, 12, 7, 13, 6, 14, 15}
    assert nearest[0, 0] == 1
    assert nearest[29].tolist() == list(range(28, 20, -1))
    assert set(nearest[11][:2]) == {10, 12}  # works held out have neighbours too


def prepared(count=20):
    random = np.random.default_rng(0)
    vectors = torch.from_numpy(random.standard_normal((count, 4)).astype(np.float32))
    nearest = np.stack([np.delete(np.arange(count), row)[: conditions.NEAREST] for row in range(count)])
    texts = torch.arange(6.0).reshape(3, 1, 2).half()
    return conditions.Conditions(texts, [[0, 1]] * 10 + [[2]] * (count - 10), torch.zeros(1, 2), vectors, nearest)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_retrieved_vectors_are_of_the_nearest_or_of_the_work_itself(count):
    told, rows, random = prepared(), np.repeat(np.arange(20), 50), np.random.default_rng(0)
    vectors = told.retrieved(rows, count, random)
    assert vectors.shape == (1000, count, 4)
    assert vectors.dtype == torch.float32
    itself = (vectors == told.vectors[rows][:, None]).all(dim=2)
    assert float(itself.any(dim=1).float().mean()) == pytest.approx(0.5, abs=0.05)
    assert not itself[:, 1:].any()
    for row, some in zip(rows.tolist(), vectors, strict=True):
        allowed = told.vectors[[row, *told.nearest[row]]]
        assert all((one == allowed).all(dim=1).any() for one in some)
        assert len(torch.unique(some, dim=0)) == count


def test_words_are_captions_of_the_work():
    told = prepared()
    words = told.words(np.array([0] * 50 + [15] * 5), np.random.default_rng(0))
    assert words.shape == (55, 1, 2)
    assert words.dtype == torch.float32
    assert {tuple(one) for one in words[:50, 0].tolist()} == {(0.0, 1.0), (2.0, 3.0)}
    assert {tuple(one) for one in words[50:, 0].tolist()} == {(4.0, 5.0)}


def test_vectors_become_as_long_as_text_tokens():
    unit = torch.nn.functional.normalize(torch.ones(3, 2, 16), dim=-1)
    assert torch.allclose(conditions.as_tokens(unit).norm(dim=-1), torch.full((3, 2), 4.0))


# --- the LoRA ------------------------------------------------------------------------------------------


def test_a_plain_call_of_diffusers_needs_no_options(small_generator, adapter):
    """Its parts must agree on a precision by themselves."""
    with quiet():
        plain = StableDiffusionPipeline.from_pretrained(small_generator, local_files_only=True)
    plain.set_progress_bar_config(disable=True)
    told = opened(StableDiffusionPipeline, small_generator)
    assert np.array_equal(drawn(plain, prompt="a vessel"), drawn(told, prompt="a vessel"))
    plain.load_lora_weights(adapter)
    assert drawn(plain, prompt="a vessel").shape == (32, 32, 3)


def test_the_adapter_is_a_file_and_a_card(adapter, small_generator):
    assert sorted(path.name for path in adapter.iterdir()) == ["card.json", "pytorch_lora_weights.safetensors"]
    assert cards.problem(adapter) == ""
    card, base = cards.read(adapter), cards.read(small_generator)
    assert (card["training"]["steps"], card["training"]["samples"]) == (8, 64)
    assert card["training"]["generator"] == {"id": str(small_generator), "files": base["files"]}
    assert set(card["scores"]) == {"what", "images", "denoiser_error_without", "denoiser_error"}
    added = safetensors_torch.load_file(adapter / "pytorch_lora_weights.safetensors")
    assert card["training"]["parameters"] == sum(tensor.numel() for tensor in added.values())
    assert all(name.startswith("unet.") for name in added)
    kinds = {name.removesuffix(".weight").removesuffix(".lora_A").removesuffix(".lora_B") for name in added}
    assert {name.rpartition(".")[2] for name in kinds} == {"to_q", "to_v", "conv1"}


def test_the_adapter_changes_images_and_can_be_taken_out(adapter, small_generator):
    pipeline = opened(StableDiffusionPipeline, small_generator)
    before = drawn(pipeline, prompt="a vessel")
    pipeline.load_lora_weights(adapter)
    with_it = drawn(pipeline, prompt="a vessel")
    assert np.abs(with_it - before).max() > 1e-3
    assert np.array_equal(drawn(pipeline, prompt="a vessel", cross_attention_kwargs={"scale": 0.0}), before)
    assert np.array_equal(drawn(pipeline, prompt="a vessel"), with_it)
    pipeline.unload_lora_weights()
    assert np.array_equal(drawn(pipeline, prompt="a vessel"), before)


def test_a_killed_adapter_ends_as_an_undisturbed_one(tmp_path, monkeypatch, adapter, small_generator):
    recipe = lora_recipe(small_generator)
    with monkeypatch.context() as often:
        often.setattr(steps, "CHECKPOINT_S", 0)
        with pytest.raises(Killed):
            train_lora(recipe, out=tmp_path / "adapter", progress=kill_at("adapter", 3))
    told = []
    train_lora(recipe, out=tmp_path / "adapter", progress=lambda now, done, *_: told.append((now, done)))
    assert told[0] == ("adapter", 4)
    assert weights(tmp_path / "adapter") == weights(adapter)


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        (("to_nothing",), "the denoiser has no to_nothing"),
        (("to_q", "to_nothing"), "the denoiser has no to_nothing"),
        (("o_q",), "the denoiser has no o_q"),
        ((), "none is named"),
        (("norm1",), "layers norm1: "),
    ],
)
def test_layers_that_cannot_be_added_to_are_refused(tmp_path, small_generator, layers, told):
    with pytest.raises(RecipeError) as error:
        train_lora(lora_recipe(small_generator, layers=layers), out=tmp_path / "adapter")
    refused(error, "'small-lora' [lora]", told)


def test_a_wrong_layer_leaves_the_folder_free(tmp_path, small_generator):
    with pytest.raises(RecipeError):
        train_lora(lora_recipe(small_generator, layers=("to_nothing",)), out=tmp_path / "adapter")
    assert not (tmp_path / "adapter").exists()


def test_a_generator_that_cannot_be_loaded_has_no_adapter(tmp_path):
    with pytest.raises(GeneratorError) as error:
        train_lora(lora_recipe(tmp_path / "nowhere"), out=tmp_path / "adapter")
    refused(error, "no generator", "nowhere': known: tiny, or the folder")


# --- wrong recipes -------------------------------------------------------------------------------------


def test_a_recipe_must_have_one_training(tmp_path, encoder_id):
    recipe = generator_recipe(encoder_id)
    bare = replace(recipe, generator=None)
    with pytest.raises(RecipeError) as error:
        train(bare, out=tmp_path)
    refused(error, "recipe 'small-generator' has no training; add [train] with")
    with pytest.raises(RecipeError) as error:
        train(replace(recipe, train=encoder_recipe().train), out=tmp_path)
    refused(
        error,
        "recipe 'small-generator' has the tables [train], [generator]",
        "one recipe trains one model; leave one of them",
    )
    with pytest.raises(RecipeError) as error:
        train_generator(bare, out=tmp_path)
    refused(error, "no table [generator]; add [generator] with encoder, autoencoder and denoiser")
    with pytest.raises(RecipeError) as error:
        train_lora(bare, out=tmp_path)
    refused(error, "no table [lora]; add [lora] with generator, rank and layers")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"denoiser": DENOISER | {"blocks": 3}}, ("[generator.denoiser]: diffusers cannot build", "'blocks'")),
        ({"autoencoder": AUTOENCODER | {"blocks": 3}}, ("[generator.autoencoder]: diffusers cannot build", "'blocks'")),
        ({"denoiser": DENOISER | {"down_block_types": ["Down"] * 2}}, ("[generator.denoiser]", "Down")),
        ({"denoiser": DENOISER | {"norm_num_groups": 7}}, ("[generator.denoiser]", "cannot build")),
        ({"denoiser": DENOISER | {"cross_attention_dim": 48}}, ("cross_attention_dim must be 32", "got 48")),
        (
            {"denoiser": DENOISER | {"in_channels": 3}},
            ("[generator.denoiser]: in_channels and out_channels must be 4",),
        ),
        ({"denoiser": DENOISER | {"sample_size": 16}}, ("[generator.denoiser]: sample_size must be 8",)),
        ({"side": 36, "denoiser": DENOISER | {"sample_size": 9}}, ("[generator]: side must be a multiple of 8",)),
        ({"neighbours": 13}, ("[generator]: neighbours must be at most 12",)),
        ({"encoder": "toy"}, ("[generator]: encoder 'toy' is no folder that `train` made",)),
        ({"encoder": "openclip:ViT-B-32/openai"}, ("is no folder that `train` made",)),
        ({"encoder": "nothing"}, ("is no folder that `train` made",)),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_is_decoded(tmp_path, encoder_id, changes, told):
    with pytest.raises(RecipeError) as error:
        train_generator(generator_recipe(**{"encoder": encoder_id} | changes), out=tmp_path / "model", progress=never)
    refused(error, "recipe 'small-generator' [generator", *told)
    assert not (tmp_path / "model").exists()


def test_an_encoder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(EncoderError) as error:
        train_generator(generator_recipe(f"local:{tmp_path}/nowhere"), out=tmp_path / "model")
    refused(error, "nowhere/open_clip_config.json is missing")


def test_text_tokens_must_be_as_wide_as_vectors(tmp_path):
    """Both condition the same layers; found before hours of training, not after them."""
    clip = CLIP | {"text_cfg": CLIP["text_cfg"] | {"width": 16}}
    made = train_encoder(encoder_recipe(model=clip, samples=24), out=tmp_path / "encoder")
    with pytest.raises(RecipeError) as error:
        train_generator(generator_recipe(f"local:{made.path}"), out=tmp_path / "model", progress=never)
    refused(error, "[generator.denoiser]: cross_attention_dim must be 16, the width of the text tower")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"retrieved": 0.7, "unconditioned": 0.4}, "retrieved and unconditioned are shares"),
        ({"retrieved": -0.1}, "retrieved and unconditioned are shares"),
        ({"unconditioned": -0.1}, "retrieved and unconditioned are shares"),
        *[({name: -1}, f"{name} must be more than 0, got -1") for name in (
            "side", "samples", "batch_size", "learning_rate", "neighbours",
            "autoencoder_samples", "autoencoder_batch", "autoencoder_rate",
        )],
        ({"seed": -1}, "seed must not be negative"),
        ({"holdout": 1}, "holdout must be a share"),
        ({"neighbors": 3}, "unknown key 'neighbors'; did you mean 'neighbours'?"),
        ({"group_by": ["series"]}, "group_by 'series' is no field of an item"),
        ({"captions": ["series"]}, "captions 'series' is no field of an item"),
        ({"denoiser": 3}, "denoiser must be Mapping"),
    ],
)  # fmt: skip
def test_the_table_of_a_generator_is_checked_when_read(changes, told):
    table = {"encoder": "tiny", "autoencoder": AUTOENCODER, "denoiser": DENOISER}
    with pytest.raises(RecipeError) as error:
        parse(GeneratorTraining, table | changes, where="x.toml [generator]")
    refused(error, "x.toml [generator]", told)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        *[({name: -1}, f"{name} must be more than 0") for name in ("rank", "samples", "batch_size", "learning_rate")],
        ({"unconditioned": 1.1}, "unconditioned must be a share from 0 to 1, got 1.1"),
        ({"layers": "to_q"}, "layers must be tuple"),
        ({"alpha": 3}, "unknown key 'alpha'"),
    ],
)
def test_the_table_of_a_lora_is_checked_when_read(changes, told):
    with pytest.raises(RecipeError) as error:
        parse(LoraTraining, {"generator": "tiny", "layers": ["to_q"]} | changes, where="x.toml [lora]")
    refused(error, "x.toml [lora]", told)


@pytest.mark.parametrize("name", ["cabinet-generator", "cabinet-cyanotypes"])
def test_the_shipped_recipes_can_be_read(name):
    recipe = load_recipe(name)
    assert (recipe.generator is None) != (recipe.lora is None)
