"""One CLIP under two names: the towers of transformers give the vectors that open_clip gives, to 1e-5."""

import json
import shutil

import numpy as np
import open_clip
import pytest
import safetensors.torch as safetensors_torch
import torch
import transformers

from latentarchive.diffusion.quiet import quiet
from latentarchive.encoders.twins import text_tower, vision_tower
from latentarchive.errors import EncoderError
from latentarchive.train import encoder, tokens
from tests.model_helpers import CLIP, one_thread

TEXTS = ["a red vessel", "", "Unheard-of 林檎 №7", "a red vessel on ivory, " * 20, "A RED vessel", "  two   spaces "]
RESNET = {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "head_width": 16}


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


def saved(folder, **changes):
    """A CLIP with random weights and a learned vocabulary, saved as the training saves it."""
    context = CLIP["text_cfg"]["context_length"]
    tokens.learn(["a red vessel on ivory", "a blue chart"] * 9, size=290, context=context, folder=folder)
    cfg = encoder._with_vocabulary(CLIP | changes, tokens.load(folder, context=context).get_vocab_size())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = open_clip.CLIP(**cfg)
        for parameter in model.parameters():  # so that no gain is 1 and no bias 0
            parameter.data += 0.05 * torch.randn_like(parameter)
    encoder._save(model, cfg, folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("clip"))


@pytest.fixture
def copied(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture(scope="module")
def original(folder):
    """What open_clip makes of the folder."""
    model, _, _ = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    return model.eval(), open_clip.get_tokenizer(f"local-dir:{folder}")


def projection(folder):
    return safetensors_torch.load_file(folder / "open_clip_model.safetensors")["text_projection"].float()


def test_texts_get_the_vectors_of_open_clip(folder, original):
    model, tokenizer = original
    ids = tokenizer(TEXTS)
    assert ids.shape == (6, 12)
    assert (ids[:, 1:] == ids.max()).any(dim=1).all()  # cut, and yet with an end
    with torch.inference_mode():
        told = text_tower(folder)(ids)
        assert torch.allclose(told.pooler_output @ projection(folder), model.encode_text(ids), atol=1e-5)
    end = ids.argmax(dim=1)
    assert torch.equal(told.pooler_output, told.last_hidden_state[torch.arange(6), end])


def test_the_tokenizer_of_transformers_gives_the_tokens_of_open_clip(folder, original):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    texts = TEXTS[:-1]  # open_clip alone takes out superfluous spaces
    ids = tokenizer(texts, padding="max_length", truncation=True, max_length=12, return_tensors="pt").input_ids
    assert torch.equal(ids, original[1](texts))
    assert np.array_equal(ids, tokens.encode(tokens.load(folder, context=12), texts))


def test_images_get_the_vectors_of_open_clip(folder, original):
    images = torch.randn(5, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.allclose(vision_tower(folder)(images).image_embeds, original[0].encode_image(images), atol=1e-5)


@pytest.mark.parametrize(
    ("tower", "kind"),
    [(text_tower, transformers.CLIPTextModel), (vision_tower, transformers.CLIPVisionModelWithProjection)],
)
def test_the_towers_are_plain_models_that_can_be_saved(folder, tmp_path, tower, kind):
    made = tower(folder)
    assert type(made) is kind
    assert not made.training
    assert {tensor.dtype for tensor in made.parameters()} == {torch.float32}
    with quiet():
        made.save_pretrained(tmp_path)
        again = kind.from_pretrained(tmp_path, local_files_only=True, use_safetensors=True)
    assert made.state_dict().keys() == again.state_dict().keys()
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in made.state_dict().items())
    example = torch.tensor([[1, 5, 7]]) if tower is text_tower else torch.ones(1, 3, 32, 32)
    with torch.inference_mode():
        assert torch.allclose(made(example)[0], again.eval()(example)[0], atol=1e-6)


def test_the_text_tower_knows_the_special_tokens(folder):
    config, vocabulary = text_tower(folder).config, tokens.load(folder, context=12).get_vocab()
    assert [config.pad_token_id, config.bos_token_id, config.eos_token_id] == [
        vocabulary[name] for name in (tokens.PAD, tokens.START, tokens.END)
    ]


def test_a_resnet_has_a_text_tower_only(tmp_path):
    saved(tmp_path, vision_cfg=RESNET)
    assert text_tower(tmp_path).config.hidden_size == 32
    with pytest.raises(EncoderError, match="its image tower is not a ViT, and only a ViT has a twin"):
        vision_tower(tmp_path)


@pytest.mark.parametrize("tower", [text_tower, vision_tower])
@pytest.mark.parametrize("name", ["open_clip_config.json", "open_clip_model.safetensors"])
def test_a_missing_file_is_named(copied, tower, name):
    (copied / name).unlink()
    with pytest.raises(EncoderError) as error:
        tower(copied)
    assert str(error.value) == f"{copied} has no {name}: it is not a model that `train` or open_clip saved"


@pytest.mark.parametrize("tower", [text_tower, vision_tower])
def test_weights_of_another_width_are_refused_in_one_line(copied, tower, capfd):
    config = json.loads((copied / "open_clip_config.json").read_text())
    config["model_cfg"]["text_cfg"]["width"] = config["model_cfg"]["vision_cfg"]["width"] = 64
    (copied / "open_clip_config.json").write_text(json.dumps(config))
    with pytest.raises(EncoderError, match="its weights do not fit the towers of transformers: size mismatch") as error:
        tower(copied)
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("tower", "lacking"), [(text_tower, "ln_final.weight"), (vision_tower, "visual.proj"),
                           (text_tower, "transformer.resblocks.1.mlp.c_fc.bias")],
)  # fmt: skip
def test_a_lacking_weight_is_found(copied, tower, lacking):
    path = copied / "open_clip_model.safetensors"
    weights = safetensors_torch.load_file(path)
    del weights[lacking]
    safetensors_torch.save_file(weights, path)
    with pytest.raises(EncoderError, match=r"its weights do not fit.*(no '|Missing key)") as error:
        tower(copied)
    assert str(copied) in str(error.value)
    assert "\n" not in str(error.value)


def test_blocks_of_another_kind_are_refused(copied):
    path = copied / "open_clip_model.safetensors"
    weights = safetensors_torch.load_file(path)
    weights["transformer.resblocks.0.ls_1.gamma"] = weights["ln_final.weight"].clone()
    safetensors_torch.save_file(weights, path)
    with pytest.raises(EncoderError, match="its weights do not fit the towers of transformers: no 'ls_1'"):
        text_tower(copied)


@pytest.mark.parametrize("text", ["{", "{}", '{"model_cfg": {"embed_dim": 3}}', "[]"])
@pytest.mark.parametrize("tower", [text_tower, vision_tower])
def test_a_config_that_describes_no_model_is_refused(copied, tower, text):
    (copied / "open_clip_config.json").write_text(text)
    with pytest.raises(EncoderError, match=r"open_clip_config\.json does not describe a model") as error:
        tower(copied)
    assert "\n" not in str(error.value)


def test_a_damaged_weights_file_is_refused(copied):
    path = copied / "open_clip_model.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(EncoderError, match=r"open_clip_model\.safetensors cannot be read"):
        text_tower(copied)


def test_a_missing_tokenizer_is_named(copied):
    for name in tokens.FILES:
        (copied / name).unlink()
    with pytest.raises(EncoderError, match="no tokenizer") as error:
        text_tower(copied)
    assert "\n" not in str(error.value)
