"""Additions to a generator, put into it as it is loaded.

LoRAs are small additions to its denoiser (Hu et al., 2021, section 4.1); IP-Adapters are attention layers by which it
is told image vectors (Ye et al., 2023, section 3.2).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from latentarchive import cards, storage
from latentarchive.diffusion.parts import whole
from latentarchive.diffusion.quiet import quiet
from latentarchive.encoders.shipped import ADAPTERS, MODELS, mend
from latentarchive.errors import GeneratorError, nearest, require

WEIGHTS = "pytorch_lora_weights.safetensors"
"""The one file of a LoRA, as diffusers names it."""


def folder_of(adapter_id: str) -> Path:
    """Where a LoRA's files lie."""
    return MODELS / adapter_id if adapter_id in ADAPTERS else Path(adapter_id).expanduser()


def attach(pipeline: Any, base: Path, adapter_id: str) -> str:
    """Put a LoRA into a pipeline's denoiser, at full strength.

    Args:
        pipeline: Of diffusers.
        base: The folder that it was loaded from.
        adapter_id: A folder that ``train`` or diffusers saved, or one of `ADAPTERS`.

    Returns:
        SHA-256 of the adapter's weights.

    Raises:
        GeneratorError: No such folder; its weights are missing, not those of its card, made for another
            generator's weights, or do not fit.
        MissingExtra: peft is not installed.
    """
    ships = adapter_id in ADAPTERS
    folder, again = folder_of(adapter_id), mend(ships=ships)
    if why := cards.problem(folder, needed=ships):
        message = f"adapter {adapter_id!r}: {why}; {again}"
        raise GeneratorError(message)
    if not (folder / WEIGHTS).is_file():
        hint = nearest(adapter_id, ADAPTERS) if not folder.exists() else "an adapter is a folder that holds it"
        message = f"adapter {adapter_id!r}: {folder / WEIGHTS} is missing; {hint}"
        raise GeneratorError(message)
    made = cards.told(folder, "training", "generator")
    if made is not None and cards.told(folder, "training", "generator", "files") != cards.told(base, "files"):
        message = (
            f"adapter {adapter_id!r} was trained on another generator, and {base} holds other weights; "
            f"load it with that one, or train it again on this one"
        )
        raise GeneratorError(message)
    require("peft", extra="diffusion")
    try:
        with quiet():
            pipeline.load_lora_weights(folder, weight_name=WEIGHTS, use_safetensors=True, local_files_only=True)
    except Exception as error:  # diffusers, peft and safetensors raise what they like
        reason = " ".join(str(error).split()) or type(error).__name__
        message = f"adapter {adapter_id!r}: {folder} does not fit the generator in {base} ({reason[:200]}); {again}"
        raise GeneratorError(message) from error
    if not pipeline.get_active_adapters():
        message = f"adapter {adapter_id!r}: {folder / WEIGHTS} adds nothing to a denoiser; {again}"
        raise GeneratorError(message)
    return storage.file_sha256(folder / WEIGHTS)


def attach_image(pipeline: Any, path_name: str) -> str:
    """Put an IP-Adapter into a pipeline's denoiser.

    The image encoder of its makers, in the folder ``image_encoder`` beside the file, is loaded if it is there: by it
    is seen whether an archive's vectors are of its space.

    Args:
        pipeline: Of Stable Diffusion.
        path_name: Its file, which ends in ``.safetensors``.

    Returns:
        SHA-256 of the file.

    Raises:
        GeneratorError: No such file; it does not fit; or it takes more of an image than one vector (the "plus" kind).
    """
    path, again = Path(path_name).expanduser(), "an IP-Adapter is a .safetensors file made for this kind of pipeline"
    why = ""
    if path.suffix != ".safetensors":
        why = "its name does not end in .safetensors, and pickled weights are not read"
    elif not path.is_file():
        why = f"{path} is missing"
    elif not hasattr(pipeline, "load_ip_adapter") or not hasattr(pipeline, "unet"):
        why = f"a {type(pipeline).__name__} takes none"
    if why:
        message = f"IP-Adapter {path_name!r}: {why}; {again}"
        raise GeneratorError(message)
    beside = path.parent / "image_encoder"
    try:
        with quiet():
            if beside.is_dir():
                kind = require("transformers", extra="diffusion").CLIPVisionModelWithProjection
                options = {"dtype": pipeline.dtype, "use_safetensors": True, "local_files_only": True}
                pipeline.register_modules(image_encoder=whole(kind, beside, options).to(pipeline.device))
            where = {"subfolder": "", "weight_name": path.name, "image_encoder_folder": None}
            pipeline.load_ip_adapter(str(path.parent), **where, local_files_only=True)
        layer = pipeline.unet.encoder_hid_proj.image_projection_layers[0]
    except Exception as error:  # the same libraries, and torch where shapes do not fit
        reason = " ".join(str(error).split()) or type(error).__name__
        message = f"IP-Adapter {path_name!r} does not fit the pipeline ({reason[:200]}); {again}"
        raise GeneratorError(message) from error
    if not hasattr(getattr(layer, "image_embeds", None), "in_features"):
        message = f"IP-Adapter {path_name!r} takes more of an image than one vector ({type(layer).__name__}); {again}"
        raise GeneratorError(message)
    return storage.file_sha256(path)
