"""CLIP models of open_clip as encoders: by name, from a checkpoint file, from a folder."""

from __future__ import annotations

import difflib
import json
import logging
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentarchive import cards
from latentarchive.encoders.clip_model import OpenCLIPEncoder
from latentarchive.encoders.shipped import ENCODERS, mend
from latentarchive.errors import EncoderError, nearest, require

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt")
"""Endings of checkpoint files; safetensors, or torch files that hold nothing but tensors."""


def load_openclip(encoder_id: str, *, precision: str | None = None) -> OpenCLIPEncoder:
    """The encoder ``openclip:ARCH/TAG`` or ``openclip:ARCH/PATH``.

    Args:
        encoder_id: An architecture of open_clip, then one of its pretrained tags (fetched from the network
            unless open_clip has it in its cache) or the path of a checkpoint file. Of a checkpoint the
            preprocessing is not known: it is that of the architecture's tags where they all agree,
            else open_clip's default.
        precision: One of `precision.PRECISIONS`; None: what suits the machine, see `precision.choose`.

    Raises:
        EncoderError: No such architecture, tag or file; weights of another architecture; no network.
        MissingExtra: open_clip is not installed.
    """
    open_clip = require("open_clip", extra="clip")
    arch, _, rest = encoder_id.removeprefix("openclip:").partition("/")
    if arch not in open_clip.list_models():
        close = difflib.get_close_matches(arch, open_clip.list_models(), n=1)
        hint = f"did you mean {close[0]!r}?" if close else "see open_clip.list_models()"
        message = f"encoder {encoder_id!r}: open_clip has no architecture {arch!r}; {hint}"
        raise EncoderError(message)
    tags = open_clip.list_pretrained_tags_by_model(arch)
    path = Path(rest).expanduser()
    options: dict[str, Any] = {"pretrained": rest}
    problem = "these weights cannot be loaded"
    if rest in tags:
        # Tags trained with QuickGELU give other vectors without it; open_clip only warns.
        options["force_quick_gelu"] = bool(open_clip.get_pretrained_cfg(arch, rest).get("quick_gelu"))
        problem = f"cannot fetch {rest} of {arch}; without a network give a path: openclip:{arch}/PATH"
    elif path.is_file() and path.suffix in WEIGHTS:
        options |= {"pretrained": str(path)} | _preprocessing_of(arch, tags)
    elif "/" in rest or path.suffix in WEIGHTS or path.is_file():
        found = "is not one of these" if path.is_file() else "does not exist"
        message = f"encoder {encoder_id!r}: wants a checkpoint file ({', '.join(WEIGHTS)}), {path} {found}"
        raise EncoderError(message)
    else:
        message = f"encoder {encoder_id!r}: {arch} has no pretrained tag {rest!r}; {nearest(rest, tags)}"
        raise EncoderError(message)
    model_cfg = dict(open_clip.get_model_config(arch))
    model_cfg["quick_gelu"] = model_cfg.get("quick_gelu", False) or options.get("force_quick_gelu", False)
    return _encoder(encoder_id, arch, model_cfg, problem, options, precision)


def load_local(encoder_id: str, folder: Path, *, precision: str | None = None) -> OpenCLIPEncoder:
    """The encoder of a folder that `latentarchive.train` or open_clip saved.

    Args:
        encoder_id: ``local:DIR``, or the name of a shipped model.
        folder: With ``open_clip_config.json``, weights and, unless the model takes open_clip's own
            tokenizer, the files of its tokenizer.
        precision: As in `load_openclip`.

    Raises:
        EncoderError: A file is missing; the weights are of another architecture; the tokenizer is
            of another vocabulary.
        MissingExtra: open_clip is not installed.
    """
    require("open_clip", extra="clip")
    model_cfg = _local_model_cfg(encoder_id, folder)
    problem = "its weights and its open_clip_config.json do not fit"
    return _encoder(encoder_id, f"local-dir:{folder}", model_cfg, problem, {}, precision)


def _encoder(
    encoder_id: str, name: str, model_cfg: Mapping[str, Any], problem: str, options: Mapping[str, Any],
    precision: str | None,
) -> OpenCLIPEncoder:  # fmt: skip
    """Let open_clip load model, preprocessing and tokenizer; whatever it raises becomes one line."""
    open_clip = require("open_clip", extra="clip")
    text_cfg = model_cfg["text_cfg"]
    if text_cfg.get("hf_tokenizer_name") or text_cfg.get("hf_model_name") or "siglip" in name.lower():
        require("transformers", extra="clip")
    try:
        with _quiet():
            model, _, transform = open_clip.create_model_and_transforms(name, **options)
            tokenizer = open_clip.get_tokenizer(name)
    except Exception as error:  # open_clip, torch, safetensors and the hub client raise what they like
        message = f"encoder {encoder_id!r}: {problem} ({_reason(error)})"
        raise EncoderError(message) from error
    names = {"hf_tokenizer_name", "hf_model_pretrained", "timm_model_pretrained"}
    towers = {key: value for key, value in model_cfg.items() if not isinstance(value, dict)}
    for key in ("text_cfg", "vision_cfg"):
        towers[key] = {k: v for k, v in model_cfg[key].items() if k not in names}
    config = {"model": towers, "preprocess": dict(model.visual.preprocess_cfg)}
    return OpenCLIPEncoder(encoder_id, model, transform, tokenizer, config, precision=precision)


def _local_model_cfg(encoder_id: str, folder: Path) -> dict[str, Any]:
    """The model_cfg of an open_clip folder; every file that it needs is there."""
    config = folder / "open_clip_config.json"
    ships = encoder_id in ENCODERS
    if why := cards.problem(folder, needed=ships):
        message = f"encoder {encoder_id!r}: {why}; {mend(ships=ships)}"
        raise EncoderError(message)
    try:
        model_cfg: dict[str, Any] = json.loads(config.read_bytes())["model_cfg"]
        wants_tokenizer = bool(model_cfg["text_cfg"].get("hf_tokenizer_name"))
        names = [path.name for path in folder.iterdir()]
        if not any(name.endswith((".safetensors", ".bin", ".pth")) for name in names):
            why = f"no weights in {folder} (open_clip_model.safetensors)"
        elif wants_tokenizer and not any("token" in name or name.endswith(".model") for name in names):
            why = f"no tokenizer in {folder} (tokenizer.json, tokenizer_config.json)"
    except FileNotFoundError:
        why = f"{config} is missing; train a model there with: latentarchive train RECIPE --out {folder}"
        if (folder / "model_index.json").exists():
            why = f"{folder} holds a generator, not an encoder"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{config} does not describe a model ({error!r})"
    if why:
        message = f"encoder {encoder_id!r}: {why}"
        raise EncoderError(message)
    return model_cfg


def _preprocessing_of(arch: str, tags: Sequence[str]) -> dict[str, Any]:
    """Options that give a checkpoint file the preprocessing that all pretrained tags of its architecture share."""
    open_clip = require("open_clip", extra="clip")
    keys = ("mean", "std", "interpolation", "resize_mode")
    found = {tuple(open_clip.get_pretrained_cfg(arch, tag).get(key) for key in keys) for tag in tags}
    if len(found) != 1:
        return {}
    return {f"image_{key}": value for key, value in zip(keys, found.pop(), strict=True) if value is not None}


def _reason(error: BaseException) -> str:
    """The telling line of an error: one about a key or a size, else the first line of its first cause."""
    chain = [error]
    while cause := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(cause)
    lines = [line.strip() for link in chain for line in str(link).splitlines()]
    telling = [line for line in lines if line.startswith(("size mismatch", "Missing key", "Unexpected key"))]
    line = (telling or str(chain[-1]).splitlines() or [type(chain[-1]).__name__])[0]
    return line if len(line) <= 200 else line[:199] + "…"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what libraries log while they load off the screen: what matters of it is in the error."""
    root, hub, handler = logging.getLogger(), logging.getLogger("huggingface_hub"), logging.NullHandler()
    level = hub.level
    root.addHandler(handler)  # open_clip logs to the root logger, which sets itself up for the process if it is bare
    hub.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        root.removeHandler(handler)
        hub.setLevel(level)
