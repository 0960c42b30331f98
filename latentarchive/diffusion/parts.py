"""The parts of a pipeline, each loaded whole: what its file lacks would be random, and so is an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from latentarchive.errors import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INDEX = "model_index.json"


def named(folder: Path) -> Iterator[tuple[str, str | None, str | None]]:
    """Names of a pipeline's parts, with library and class as its index has them; None for parts that are not there."""
    for name, value in json.loads((folder / INDEX).read_bytes()).items():
        if isinstance(value, list) and len(value) == 2:
            yield name, value[0], value[1]


def with_weights(folder: Path, options: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """All parts of a pipeline that have weights. Raises `ValueError` at one that is not whole, or of foreign code."""
    for name, library, class_name in named(folder):
        if library is None or class_name is None:
            continue
        kind = _class_of(library, class_name)
        if hasattr(kind, "parameters"):  # tokenizers and schedulers are left to the pipeline
            yield name, whole(kind, folder / name, options)


def whole(kind: Any, folder: Path, options: dict[str, Any]) -> Any:
    """One part.

    Args:
        kind: Its class, of diffusers or transformers.
        folder: Where it lies.
        options: Of its `from_pretrained`.

    Raises:
        ValueError: A weight is missing in the file, or of another shape.
    """
    more: dict[str, Any] = {"variant": "fp16"} if _only_half(folder) else {}
    if kind.__module__.startswith("transformers."):
        # Other shapes are an error too, but transformers would only point to a report in its log.
        more["ignore_mismatched_sizes"] = True
    part, found = kind.from_pretrained(folder, output_loading_info=True, **more, **options)
    for fault in ("missing", "mismatched"):
        if keys := found[f"{fault}_keys"]:
            message = f"{folder.name}: weight {min(map(str, keys))} is {fault}"
            raise ValueError(message)
    return part


def _class_of(library: str, class_name: str) -> Any:
    """The class of a part, in diffusers, one of its pipelines or transformers. diffusers would import any module."""
    diffusers = require("diffusers", extra="diffusion")
    homes = {"diffusers": diffusers, "transformers": require("transformers", extra="diffusion")}
    home = homes.get(library) or getattr(diffusers.pipelines, library, None)
    kind = getattr(home, class_name, None)
    if kind is None:
        message = f"{INDEX} names {library}.{class_name}, which is of neither diffusers nor transformers"
        raise ValueError(message)
    return kind


def _only_half(folder: Path) -> bool:
    """Whether a part's weights were published in half precision alone, under names of their own."""
    names = [path.name for path in folder.glob("*.safetensors*")]
    return bool(names) and all(".fp16." in name for name in names)
