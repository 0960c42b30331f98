"""The same CLIP under another name: a folder of open_clip as the towers of transformers that diffusers take.

Weights are renamed, never changed: images and texts get the vectors that open_clip gives them, to 1e-5.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from latentarchive.errors import EncoderError, require

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

WEIGHTS, CONFIG = "open_clip_model.safetensors", "open_clip_config.json"

_BLOCK = {
    "attn.out_proj": "self_attn.out_proj",
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}
_TEXT = {
    "token_embedding.weight": "embeddings.token_embedding.weight",
    "positional_embedding": "embeddings.position_embedding.weight",
    "ln_final.weight": "final_layer_norm.weight",
    "ln_final.bias": "final_layer_norm.bias",
}
_VISION = {
    "visual.class_embedding": "embeddings.class_embedding",
    "visual.conv1.weight": "embeddings.patch_embedding.weight",
    "visual.positional_embedding": "embeddings.position_embedding.weight",
    "visual.ln_pre.weight": "pre_layrnorm.weight",  # so spelled in transformers
    "visual.ln_pre.bias": "pre_layrnorm.bias",
    "visual.ln_post.weight": "post_layernorm.weight",
    "visual.ln_post.bias": "post_layernorm.bias",
}


def text_tower(folder: Path) -> Any:
    """The text tower of a folder that open_clip reads, as `transformers.CLIPTextModel`, float32.

    Its `last_hidden_state` conditions a generator; its `pooler_output` times the folder's ``text_projection``
    is the text's vector.

    Raises:
        EncoderError: The folder lacks a file, or its model is not a plain CLIP with transformers and GELU.
        MissingExtra: transformers or safetensors is not installed.
    """
    transformers = require("transformers", extra="clip")
    config, weights = _read(folder)
    tokens = _special_tokens(folder)
    with _described(folder):
        text = config["text_cfg"]
        settings = transformers.CLIPTextConfig(
            vocab_size=text["vocab_size"],
            hidden_size=text["width"],
            intermediate_size=4 * text["width"],
            num_hidden_layers=text["layers"],
            num_attention_heads=text["heads"],
            max_position_embeddings=text["context_length"],
            projection_dim=config["embed_dim"],
            hidden_act="gelu",
            **tokens,
        )
    with _fitting(folder):
        renamed = {_TEXT[name]: weights[name] for name in _TEXT} | _blocks(weights, "transformer.resblocks.")
        return _filled(transformers.CLIPTextModel(settings), "text_model.", renamed, {})


def vision_tower(folder: Path) -> Any:
    """The image tower of a folder that open_clip reads, as `transformers.CLIPVisionModelWithProjection`, float32.

    Raises:
        EncoderError: The folder lacks a file, or its image tower is not a plain ViT (a ResNet has no twin).
        MissingExtra: transformers or safetensors is not installed.
    """
    transformers = require("transformers", extra="clip")
    config, weights = _read(folder)
    with _described(folder):
        vision = config["vision_cfg"]
        if "patch_size" not in vision:
            message = f"{folder}: its image tower is not a ViT, and only a ViT has a twin in transformers"
            raise EncoderError(message)
        settings = transformers.CLIPVisionConfig(
            hidden_size=vision["width"],
            intermediate_size=4 * vision["width"],
            num_hidden_layers=vision["layers"],
            num_attention_heads=vision["width"] // vision.get("head_width", 64),
            image_size=vision["image_size"],
            patch_size=vision["patch_size"],
            projection_dim=config["embed_dim"],
            hidden_act="gelu",
        )
    with _fitting(folder):
        renamed = {_VISION[name]: weights[name] for name in _VISION} | _blocks(weights, "visual.transformer.resblocks.")
        outer = {"visual_projection.weight": weights["visual.proj"].T}
        return _filled(transformers.CLIPVisionModelWithProjection(settings), "vision_model.", renamed, outer)


def _read(folder: Path) -> tuple[Mapping[str, Any], dict[str, Any]]:
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            message = f"{folder} has no {name}: it is not a model that `train` or open_clip saved"
            raise EncoderError(message)
    try:
        weights = require("safetensors.torch", extra="clip").load_file(folder / WEIGHTS)
    except (OSError, require("safetensors", extra="clip").SafetensorError) as error:
        message = f"{folder / WEIGHTS} cannot be read ({str(error).splitlines()[0]})"
        raise EncoderError(message) from error
    with _described(folder):
        config = json.loads((folder / CONFIG).read_bytes())["model_cfg"]
    return config, {name: tensor.float() for name, tensor in weights.items()}


@contextmanager
def _described(folder: Path) -> Iterator[None]:
    """Turn what a wrong configuration raises into one line."""
    try:
        yield
    except EncoderError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{folder / CONFIG} does not describe a model ({error!r})"
        raise EncoderError(message) from error


@contextmanager
def _fitting(folder: Path) -> Iterator[None]:
    """Turn what weights of another model raise into one line."""
    try:
        yield
    except (RuntimeError, ValueError, KeyError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error).splitlines()[-1].strip()
        message = f"{folder}: its weights do not fit the towers of transformers: {reason}"
        raise EncoderError(message) from error


def _blocks(weights: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The weights of all transformer blocks; the joint projection of query, key and value in its three parts."""
    renamed: dict[str, Any] = {}
    for name, tensor in weights.items():
        if not name.startswith(prefix):
            continue
        number, _, rest = name.removeprefix(prefix).partition(".")
        part, _, kind = rest.rpartition(".")
        if part == "attn":
            kind = kind.removeprefix("in_proj_")
            for letter, third in zip("qkv", tensor.chunk(3), strict=True):
                renamed[f"encoder.layers.{number}.self_attn.{letter}_proj.{kind}"] = third
        else:
            renamed[f"encoder.layers.{number}.{_BLOCK[part]}.{kind}"] = tensor
    return renamed


def _filled(tower: Any, prefix: str, inner: Mapping[str, Any], outer: Mapping[str, Any]) -> Any:
    """The tower with its weights; every one must be there, and none may be left over."""
    if not any(name.startswith(prefix) for name in tower.state_dict()):
        prefix = ""  # CLIPTextModel has had none since transformers 5.6
    tower.load_state_dict({prefix + name: tensor for name, tensor in inner.items()} | dict(outer), strict=True)
    return tower.eval()


def _special_tokens(folder: Path) -> dict[str, int]:
    transformers = require("transformers", extra="clip")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        message = f"no tokenizer in {folder} that can be read ({str(error).splitlines()[0].strip()})"
        raise EncoderError(message) from error
    return {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
