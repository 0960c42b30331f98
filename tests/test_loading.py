"""Loading pipelines that others saved: what is refused, what the weights state, and what is never done."""

import json
import shutil

import diffusers
import numpy as np
import pytest
import safetensors
import safetensors.torch as safetensors_torch
import torch

from latentarchive.diffusion import Words, load_generator, record_of
from latentarchive.diffusion.lineage import lineage
from latentarchive.errors import GeneratorError
from tests.family_helpers import SIDE, WIDTH
from tests.model_helpers import one_thread

ADAPTER = "ip-adapter.safetensors"


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


@pytest.fixture
def copied(families, tmp_path):
    """Makes a copy of a family's folder, that a test may damage."""

    def copy(name):
        shutil.copytree(families / name, tmp_path / name)
        return tmp_path / name

    return copy


def refused(capfd, *said, generator, **options):
    capfd.readouterr()
    with pytest.raises(GeneratorError) as error:
        load_generator(str(generator), **{name: str(value) for name, value in options.items()})
    assert "\n" not in str(error.value)
    assert all(part in str(error.value) for part in said), str(error.value)
    assert capfd.readouterr() == ("", "")


# --- folders -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["text_encoder_2/model", "unet/diffusion_pytorch_model"])
def test_pickled_weights_are_not_read(copied, capfd, part):
    path = copied("sdxl") / f"{part}.safetensors"
    name = "pytorch_model.bin" if "text" in part else "diffusion_pytorch_model.bin"
    torch.save(safetensors_torch.load_file(path), path.with_name(name))
    path.unlink()
    refused(capfd, "cannot be loaded", "safetensors", generator=path.parent.parent)


@pytest.mark.parametrize(
    ("family", "part"),
    [
        ("sd3", "transformer/diffusion_pytorch_model"),
        ("flux", "text_encoder_2/model"),
        ("unclip", "image_encoder/model"),
        ("unclip", "image_normalizer/diffusion_pytorch_model"),
        ("kandinsky", "movq/diffusion_pytorch_model"),
    ],
)
def test_a_part_that_lacks_a_weight_is_refused(copied, capfd, family, part):
    path = copied(family) / f"{part}.safetensors"
    state = safetensors_torch.load_file(path)
    lost = max(state, key=lambda key: (state[key].ndim, state[key].numel()))
    del state[lost]
    safetensors_torch.save_file(state, path, metadata={"format": "pt"})
    refused(capfd, "cannot be loaded", f"{part.partition('/')[0]}: weight", "is missing", generator=path.parent.parent)


def test_half_precision_alone_is_read_as_float32_on_the_processor(families, tmp_path):
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(families / "sd", dtype=torch.float16)
    pipeline.save_pretrained(tmp_path / "half", variant="fp16")
    generator = load_generator(str(tmp_path / "half"))
    record = next(generator.generate(Words("a"), seeds=[1], steps=1)).record
    assert record.precision == "float32"
    assert {parameter.dtype for parameter in generator._family.pipeline.text_encoder.parameters()} == {torch.float32}


@pytest.mark.parametrize("library", ["os", "antigravity", "my_code"])
def test_code_of_strangers_is_not_imported(copied, capfd, library):
    folder = copied("sd")
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps(index | {"scheduler": [library, "path"]}))
    refused(capfd, f"model_index.json names {library}.path, which is of neither diffusers", generator=folder)


def test_other_kinds_of_pipelines_are_refused_and_counterparts_taken(copied, families, capfd):
    refused(capfd, "holds a KandinskyV22PriorPipeline, and what is taken is Flux", generator=families / "prior")
    folder = copied("sd")
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps(index | {"_class_name": "StableDiffusionImg2ImgPipeline"}))
    assert load_generator(str(folder)).capabilities.words


def test_a_prior_belongs_to_kandinsky(families, capfd):
    refused(capfd, "only the decoder of Kandinsky takes a prior", generator=families / "sd", prior=families / "prior")
    refused(
        capfd,
        "does not hold a KandinskyV22PriorPipeline",
        generator=families / "kandinsky",
        prior=families / "sd",
    )


@pytest.mark.parametrize("device", ["cuda:7", "nonsense", "meta"])
def test_a_device_that_is_not_there_is_named(families, capfd, device):
    refused(capfd, f"device {device!r} cannot be used", "'cpu' always can", generator=families / "sd", device=device)


# --- the hub -------------------------------------------------------------------------------------------


def test_the_network_is_asked_only_where_that_is_asked_for(families, monkeypatch, capfd):
    asked = []

    def download(name, **options):
        asked.append((name, options["local_files_only"], options["use_safetensors"], options["trust_remote_code"]))
        if options["local_files_only"]:
            raise OSError("not in the cache")
        return str(families / "sd")

    monkeypatch.setattr(diffusers.DiffusionPipeline, "download", download)
    refused(capfd, "no model of that name was fetched from the hub before", generator="owner/name")
    assert load_generator("owner/name", fetch=True).id == "owner/name"
    assert asked == [("owner/name", True, True, False), ("owner/name", False, True, False)]
    for name in ("tinny", "a/b/c", "./nowhere", "/nowhere/at/all"):
        refused(capfd, f"no generator {name!r}", generator=name)
    assert len(asked) == 2


# --- adapters for image vectors ------------------------------------------------------------------------


def test_adapters_that_do_not_fit_are_refused(families, copied, capfd, tmp_path):
    sd, adapter = families / "sd", families / "ip-adapter" / ADAPTER
    refused(capfd, "does not fit the pipeline", "Cannot load", generator=families / "sdxl", image_adapter=adapter)
    refused(capfd, "a FluxPipeline takes none", generator=families / "flux", image_adapter=adapter)
    refused(capfd, "is missing", generator=sd, image_adapter=tmp_path / ADAPTER)
    refused(capfd, "pickled weights are not read", generator=sd, image_adapter=tmp_path / "adapter.bin")
    torn = copied("ip-adapter") / ADAPTER
    torn.write_bytes(torn.read_bytes()[:100])
    refused(capfd, "does not fit the pipeline", generator=sd, image_adapter=torn)


def test_an_adapter_that_takes_more_than_a_vector_is_refused(families, tmp_path, capfd):
    state = safetensors_torch.load_file(families / "ip-adapter" / ADAPTER)
    state = {name: tensor for name, tensor in state.items() if not name.startswith("image_proj")}
    full = {"proj.0": (WIDTH, WIDTH), "proj.2": (WIDTH, WIDTH), "proj.3": (WIDTH,)}  # the kind of one full image
    for name, shape in full.items():
        state[f"image_proj.{name}.weight"] = torch.zeros(shape)
        state[f"image_proj.{name}.bias"] = torch.zeros(shape[0])
    safetensors_torch.save_file(state, tmp_path / ADAPTER)
    refused(
        capfd, "takes more of an image than one vector", generator=families / "sd", image_adapter=tmp_path / ADAPTER
    )


# --- what it is made of --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sd", "sdxl", "sd3", "flux", "unclip", "kandinsky"])
def test_the_inventory_counts_every_parameter_of_what_is_there(families, name):
    generator = load_generator(str(families / name))
    found = generator.identity.inventory
    pipeline = generator._family.pipeline
    assert set(found) == {part for part, there in pipeline.components.items() if there is not None}
    stored = 0
    for path in (families / name).rglob("*.safetensors"):
        with safetensors.safe_open(path, "np") as file:
            stored += sum(int(np.prod(file.get_slice(key).get_shape())) for key in file.keys())  # noqa: SIM118 - no dict
    buffers = sum(
        buffer.numel()
        for part in pipeline.components.values()
        if isinstance(part, torch.nn.Module)
        for key, buffer in part.named_buffers()
        if key in part.state_dict()
    )
    tied = WIDTH * len(generator._family.pipeline.tokenizer_2) if name == "flux" else 0  # T5 may store embeddings twice
    counted = sum(part["parameters"] for part in found.values())
    assert counted + buffers in (stored, stored - tied)
    assert {part["class"] for part in found.values()} >= {type(pipeline.scheduler).__name__}


def test_lineage_is_what_the_weights_state_and_unknown_else(copied, tmp_path):
    folder = copied("sd")
    assert lineage(folder) == {"text_encoder": "unknown", "unet": "unknown", "vae": "unknown"}
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    stated = {"modelspec.title": "A model", "ss_sd_model_name": "base.safetensors", "format": "pt", "mine": "x" * 9}
    safetensors_torch.save_file(safetensors_torch.load_file(path), path, metadata=stated)
    for part, origin in (("vae", "/home/somebody/models/its-vae"), ("text_encoder", "openai/clip")):
        config = folder / part / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"_name_or_path": origin}))
    expected = {
        "text_encoder": {"_name_or_path": "openai/clip"},
        "unet": {"modelspec.title": "A model", "ss_sd_model_name": "base.safetensors"},
        "vae": {"_name_or_path": "its-vae"},
    }
    assert lineage(folder) == expected
    made = next(load_generator(str(folder)).generate(Words("a"), seeds=[1], steps=1, size=(SIDE, SIDE)))
    made.save(tmp_path / "image.png")
    assert record_of(tmp_path / "image.png").lineage == expected
    path.write_bytes(b"\xff" * 20)
    assert lineage(folder)["unet"] == "unknown"


def test_the_lineage_of_ones_own_is_on_its_card(small_generator):
    stated = load_generator(str(small_generator)).identity.lineage["card"]
    card = json.loads((small_generator / "card.json").read_text())
    assert stated == {
        "recipe": "small-generator",
        "digest": card["recipe"]["digest"],
        "encoder": card["training"]["encoder"]["id"],
    }
