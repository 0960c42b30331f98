"""open_clip models as encoders, on tiny models of the same classes as the big ones, with random weights."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import open_clip
import pytest
import safetensors.torch as safetensors_torch
import torch
from PIL import Image

from latentarchive.encoders import load_encoder, precision
from latentarchive.encoders.clip_model import OpenCLIPEncoder
from latentarchive.encoders.preprocessing import Preprocessing
from latentarchive.errors import EncoderError
from latentarchive.train import tokens

TEXT = {"context_length": 12, "width": 32, "heads": 2, "layers": 1}
TOWERS = {
    "vit": {"image_size": 32, "layers": 2, "width": 32, "patch_size": 8, "head_width": 16},
    "resnet": {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "head_width": 16},
}
CAPTIONS = ["watercolor of red apples", "watercolor of pears", "a blue boat", "an etching of a boat"] * 4


def model_cfg(tower, vocab_size):
    text = TEXT | {"vocab_size": vocab_size, "hf_tokenizer_name": "here"}
    return {"embed_dim": 16, "vision_cfg": TOWERS[tower], "text_cfg": text}


def random_model(cfg, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return open_clip.CLIP(**cfg)


def save(model, cfg, folder):
    safetensors_torch.save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": cfg, "preprocess_cfg": {}}))


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Models this small are faster on one thread, and do not stall where other work has the second core."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """One saved folder for each kind of image tower."""
    made = {}
    for tower in TOWERS:
        folder = made[tower] = tmp_path_factory.mktemp(tower)
        tokens.learn(CAPTIONS, size=280, context=12, folder=folder)
        cfg = model_cfg(tower, tokens.load(folder, context=12).get_vocab_size())
        save(random_model(cfg), cfg, folder)
    return made


@pytest.fixture(scope="module", params=TOWERS)
def encoder(request, folders):
    return load_encoder(f"local:{folders[request.param]}")


@pytest.fixture
def copied(folders, tmp_path):
    """A copy of the ViT folder that a test may damage."""
    shutil.copytree(folders["vit"], tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    """A tiny architecture under a name that open_clip lists, with open_clip's own tokenizer."""
    name, cfg = "ViT-tiny-for-tests", model_cfg("vit", 49408)
    cfg["text_cfg"] = {k: v for k, v in cfg["text_cfg"].items() if k != "hf_tokenizer_name"}
    path = tmp_path_factory.mktemp("configs") / f"{name}.json"
    path.write_text(json.dumps(cfg))
    open_clip.add_model_config(path)
    yield name, cfg
    open_clip.factory._MODEL_CONFIG_PATHS.remove(path)
    open_clip.factory._MODEL_CONFIGS.pop(name)


def pictures(count):
    random = np.random.default_rng(7)
    return [Image.fromarray(random.integers(0, 256, (40, 30 + i, 3), np.uint8)) for i in range(count)]


def test_vectors_are_those_of_open_clip(folders):
    """The oracle: the same folder, loaded and asked as open_clip's own documentation does."""
    name = f"local-dir:{folders['vit']}"
    model, _, transform = open_clip.create_model_and_transforms(name)
    tokenizer = open_clip.get_tokenizer(name)
    encoder, images, texts = load_encoder(f"local:{folders['vit']}"), pictures(3), ["red apples", "", "läßt 林"]
    with torch.inference_mode():
        pixels = torch.stack([transform(image) for image in images])
        raw = [model.eval().encode_image(pixels).numpy(), model.encode_text(tokenizer(texts)).numpy()]
    for expected, encoded in zip(raw, (encoder.encode_images(images), encoder.encode_texts(texts)), strict=True):
        norms = np.linalg.norm(expected, axis=1)
        assert np.allclose(encoded.norms, norms, rtol=1e-5)
        assert np.allclose(encoded.unit, expected / norms[:, None], atol=1e-6)


def test_rows_do_not_depend_on_the_batch(encoder):
    """Alone, in a batch of 5, and in one that spans two blocks: the same vector to 1e-4."""
    images = pictures(70)
    together = encoder.encode_images(images)
    five = encoder.encode_images(images[:5])
    assert np.abs(together.unit[:5] - five.unit).max() < 1e-4
    for row in (0, 63, 64, 69):
        alone = encoder.encode_images([images[row]])
        assert np.abs(alone.unit[0] - together.unit[row]).max() < 1e-4
        assert alone.norms[0] == pytest.approx(together.norms[row], rel=1e-4)
    texts = [f"{n} red apples" for n in range(70)]
    assert np.abs(encoder.encode_texts(texts).unit[69] - encoder.encode_texts(texts[69:]).unit[0]).max() < 1e-4


def test_rows_are_unit_float32_of_the_promised_size(encoder):
    for encoded in (encoder.encode_images(pictures(2)), encoder.encode_texts(["a", "b"])):
        assert encoded.unit.dtype == encoded.norms.dtype == np.float32
        assert encoded.unit.shape == (2, encoder.dim) == (2, 16)
        assert np.allclose(np.linalg.norm(encoded.unit, axis=1), 1, atol=1e-6)
        assert (encoded.norms > 0).all()


def test_empty_batches(encoder):
    for empty in (encoder.encode_prepared([]), encoder.encode_images([]), encoder.encode_texts([])):
        assert empty.unit.shape == (0, 16)
        assert empty.norms.shape == (0,)


def test_prepared_arrays_give_what_images_give(encoder):
    images = pictures(3)
    with ThreadPoolExecutor(2) as pool:
        prepared = list(pool.map(encoder.prepare, images))
    assert {(a.shape, a.dtype) for a in prepared} == {((32, 32, 3), np.dtype(np.uint8))}
    assert np.array_equal(encoder.encode_prepared(prepared).unit, encoder.encode_images(images).unit)


def test_threads_may_encode_texts_at_once(encoder):
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda n: encoder.encode_texts([f"boat {n % 3}"]).unit[0], range(40)))
    assert all(np.array_equal(row, rows[n % 3]) for n, row in enumerate(rows))


def test_long_texts_are_cut_as_the_tokenizer_cuts(encoder):
    long = "boat " * 100
    assert np.array_equal(encoder.encode_texts([long]).unit, encoder.encode_texts([long + "red"]).unit)


def test_wrong_shapes_are_refused(encoder):
    for wrong, found in ((np.zeros((16, 16, 3), np.uint8), r"uint8 of \(16, 16, 3\)"),
                         (np.zeros((32, 32, 3), np.float32), r"float32 of \(32, 32, 3\)")):  # fmt: skip
        with pytest.raises(EncoderError, match=rf"takes arrays of uint8 of shape \(32, 32, 3\), got {found} at 1"):
            encoder.encode_prepared([np.zeros((32, 32, 3), np.uint8), wrong])


def test_a_vector_that_is_not_finite_is_refused(encoder, monkeypatch):
    rows = np.ones((2, 16), np.float32)
    rows[1, 3] = np.nan
    monkeypatch.setattr(encoder, "_images", lambda *_: rows)
    with pytest.raises(EncoderError, match="gave a vector that is not finite for image 1"):
        encoder.encode_prepared([np.zeros((32, 32, 3), np.uint8)] * 2)


@pytest.mark.parametrize("mode", ["shortest", "squash", "longest"])
def test_preprocessing_is_that_of_open_clip(mode):
    """Its own transform is the oracle; the rest is rounding in float32."""
    transform = open_clip.image_transform(48, is_train=False, resize_mode=mode)
    halves = Preprocessing(transform)
    images = [picture.resize((90, 61)) for picture in pictures(5)]
    numbers = halves.numbers([halves.pixels(image) for image in images], "cpu", torch.float32)
    assert torch.allclose(numbers, torch.stack([transform(image) for image in images]), atol=2e-6)


def test_preprocessing_that_is_not_known_is_refused():
    transform = open_clip.image_transform(48, is_train=False)
    transform.transforms.insert(1, torch.nn.Identity())
    with pytest.raises(EncoderError, match="has steps that are not known: Identity"):
        Preprocessing(transform)


def test_the_fingerprint_is_stable_and_covers_weights_preprocessing_and_tokenizer(copied):
    def fingerprint():
        return load_encoder(f"local:{copied}").fingerprint

    before = fingerprint()
    assert fingerprint() == before
    weights = safetensors_torch.load_file(copied / "open_clip_model.safetensors")
    weights["visual.conv1.weight"][0, 0, 0, 0] += 1e-6
    safetensors_torch.save_file(weights, copied / "open_clip_model.safetensors")
    changed = fingerprint()
    config = json.loads((copied / "open_clip_config.json").read_text())
    config["preprocess_cfg"] = {"resize_mode": "squash"}
    (copied / "open_clip_config.json").write_text(json.dumps(config))
    squashed = fingerprint()
    tokens.learn(["boat"] * 3, size=280, context=12, folder=copied)
    assert len({before, changed, squashed, fingerprint()}) == 4


def test_the_fingerprint_does_not_depend_on_the_place(folders, copied):
    assert load_encoder(f"local:{copied}").fingerprint == load_encoder(f"local:{folders['vit']}").fingerprint


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_a_checkpoint_file_by_path(registered, tmp_path, suffix):
    name, cfg = registered
    model, path = random_model(cfg, seed=3), tmp_path / f"weights{suffix}"
    (safetensors_torch.save_file if suffix == ".safetensors" else torch.save)(model.state_dict(), path)
    encoder = load_encoder(f"openclip:{name}/{path}")
    ids = open_clip.get_tokenizer(name)(["a red boat"])
    with torch.inference_mode():
        expected = model.eval().encode_text(ids, normalize=True).numpy()
    assert np.allclose(encoder.encode_texts(["a red boat"]).unit, expected, atol=1e-6)
    assert encoder.id == f"openclip:{name}/{path}"


def test_a_checkpoint_of_another_architecture(registered, folders):
    path = folders["resnet"] / "open_clip_model.safetensors"
    with pytest.raises(EncoderError, match=r"these weights cannot be loaded \((Missing key|Unexpected key|size)") as e:
        load_encoder(f"openclip:{registered[0]}/{path}")
    assert "\n" not in str(e.value)


def test_a_pickle_that_holds_more_than_tensors_is_not_run(registered, tmp_path):
    path = tmp_path / "evil.pt"
    torch.save({"state_dict": pytest.approx}, path)
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load_encoder(f"openclip:{registered[0]}/{path}")


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("ViT-B-23/openai", "no architecture 'ViT-B-23'; did you mean 'ViT-B-32'?"),
        ("qqqqqq/openai", "no architecture 'qqqqqq'; see open_clip.list_models()"),
        ("ViT-B-32/opanai", "ViT-B-32 has no pretrained tag 'opanai'; did you mean 'openai'?"),
        ("ViT-B-32", "ViT-B-32 has no pretrained tag ''; known: "),
        ("ViT-B-32//nowhere/x.pt", "/nowhere/x.pt does not exist"),
        ("ViT-B-32/x.safetensors", "x.safetensors does not exist"),
    ],
)
def test_what_is_not_there_is_named(rest, told):
    with pytest.raises(EncoderError) as error:
        load_encoder(f"openclip:{rest}")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_without_a_network_the_error_says_what_would_do(monkeypatch):
    def offline(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(open_clip.factory, "download_pretrained", offline)
    with pytest.raises(
        EncoderError, match=r"cannot fetch openai of RN50; without a network give a path: openclip:RN50/"
    ):
        load_encoder("openclip:RN50/openai")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(
        EncoderError, match=r"open_clip_config.json is missing; train a model there with: latentarchive"
    ):
        load_encoder(f"local:{tmp_path / 'nowhere'}")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("open_clip_config.json", "open_clip_config.json is missing"),
        ("open_clip_model.safetensors", "no weights in "),
        ("tok", "no tokenizer in "),
    ],
)
def test_missing_files_of_a_folder_are_named(copied, name, told):
    for path in [*copied.glob(f"{name}*"), *(copied.glob("special*") if name == "tok" else [])]:
        path.unlink()
    with pytest.raises(EncoderError, match=told):
        load_encoder(f"local:{copied}")


def change_text_cfg(folder, **changes):
    path = folder / "open_clip_config.json"
    config = json.loads(path.read_text())
    text = {**config["model_cfg"]["text_cfg"], **changes}
    config["model_cfg"]["text_cfg"] = {key: value for key, value in text.items() if value is not None}
    path.write_text(json.dumps(config))


def test_the_silent_fall_back_to_another_tokenizer_is_noticed(copied):
    """Without hf_tokenizer_name open_clip takes its own 49,408 tokens for a model of 280."""
    change_text_cfg(copied, hf_tokenizer_name=None)
    with pytest.raises(EncoderError, match=r"its tokenizer has 49408 tokens or more, the model \d+; is text_cfg.hf_to"):
        load_encoder(f"local:{copied}")


def test_a_tokenizer_whose_end_is_not_its_highest_token_is_noticed(copied):
    """open_clip would read the vector of some other token."""
    path = copied / "tokenizer.json"
    table = json.loads(path.read_text())
    table["post_processor"]["special_tokens"]["<end>"]["ids"] = [5]
    path.write_text(json.dumps(table))
    with pytest.raises(EncoderError, match=r"reads texts at their highest token, which is not the end"):
        load_encoder(f"local:{copied}")


def test_weights_that_do_not_fit_their_config(copied):
    change_text_cfg(copied, layers=2)
    with pytest.raises(EncoderError, match=r"its weights and its open_clip_config.json do not fit \(Missing key"):
        load_encoder(f"local:{copied}")


def test_a_config_that_describes_no_model(copied):
    (copied / "open_clip_config.json").write_text('{"model_cfg": 3}')
    with pytest.raises(EncoderError, match="does not describe a model"):
        load_encoder(f"local:{copied}")


def local(folder, **options):
    from latentarchive.encoders.openclip import load_local

    return load_local(f"local:{folder}", folder, **options)


def test_bfloat16_is_taken_where_it_agrees_with_float32(folders):
    exact, rounded = local(folders["vit"], precision="float32"), local(folders["vit"], precision="bfloat16")
    assert (exact.precision, rounded.precision) == ("float32", "bfloat16")
    assert exact.fingerprint == rounded.fingerprint  # an archive built on either answers queries of the other
    images = pictures(6)
    cosines = (exact.encode_images(images).unit * rounded.encode_images(images).unit).sum(axis=1)
    assert (cosines > precision.AGREEMENT).all()
    assert rounded.encode_texts(["red"]).unit.dtype == np.float32


def test_a_reduced_precision_that_strays_is_not_taken(folders, monkeypatch):
    monkeypatch.setattr(precision, "AGREEMENT", 1.01)
    encoder = local(folders["vit"], precision="bfloat16")
    assert encoder.precision == "float32"
    assert np.array_equal(
        encoder.encode_texts(["red"]).unit, local(folders["vit"], precision="float32").encode_texts(["red"]).unit
    )


def test_the_choice_depends_on_the_machine_and_the_size_alone(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    for fast, big, expected in [(True, True, "bfloat16"), (True, False, "float32"), (False, True, "float32")]:
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda fast=fast: fast)
        assert precision.choose(precision.SMALL if big else precision.SMALL - 1) == ("cpu", expected)


def test_an_unknown_precision_is_refused(folders):
    with pytest.raises(EncoderError, match="precision 'int8' is unknown; one of: float32, bfloat16, float16"):
        local(folders["vit"], precision="int8")


def test_it_fulfils_the_contract(encoder):
    assert isinstance(encoder, OpenCLIPEncoder)
    assert len(encoder.fingerprint) == 64
    assert encoder.id.startswith("local:")
