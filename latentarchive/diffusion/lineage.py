"""What weights say of where they come from, and what a pipeline is made of."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from latentarchive import cards

UNKNOWN = "unknown"

_STATED = ("modelspec.", "ss_sd_model_name", "ss_base_model_version", "lora_adapter_metadata")
"""Keys of a safetensors file's metadata that tell what it was made from: Stability's model metadata standard, those
of the kohya trainer, and that of diffusers for LoRAs."""

MOST = 1 << 26
"""Bytes of a safetensors header that are read; real ones have a few MB at most."""

LONGEST = 300
"""Characters of one statement that are kept."""


def inventory(pipeline: Any) -> dict[str, dict[str, Any]]:
    """Class and number of parameters of every component of a pipeline; those without weights have 0."""
    found = {}
    for name, part in sorted(pipeline.components.items()):
        if part is not None:
            count = sum(weight.numel() for weight in part.parameters()) if hasattr(part, "parameters") else 0
            found[name] = {"class": type(part).__name__, "parameters": count}
    return found


def lineage(folder: Path) -> dict[str, Any]:
    """What the files of a model's folder state of where they come from.

    Returns:
        By component (a subfolder, or a file of weights in the folder itself) what it states, `UNKNOWN` where it states
        nothing. Under "card", the recipe and the encoder of a model of one's own.
    """
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*.safetensors")):
        name = path.relative_to(folder).parts[0]
        found.setdefault(name, {}).update(_metadata(path))
    for path in sorted(folder.glob("*/config.json")):
        stated = _origin(path)
        if stated and path.parent.name in found:
            found[path.parent.name]["_name_or_path"] = stated
    if stated := _origin(folder / "model_index.json"):
        found["pipeline"] = {"_name_or_path": stated}
    told = {"recipe": cards.told(folder, "recipe", "name"), "digest": cards.told(folder, "recipe", "digest")}
    told |= {"encoder": cards.told(folder, "training", "encoder", "id")}
    if any(told.values()):
        found["card"] = {key: value for key, value in told.items() if value}
    return {name: stated or UNKNOWN for name, stated in found.items()}


def _metadata(path: Path) -> dict[str, str]:
    """What the header of a safetensors file states; it begins with its length in 8 bytes, little-endian."""
    try:
        with path.open("rb") as handle:
            (length,) = struct.unpack("<Q", handle.read(8))
            header = json.loads(handle.read(length)) if length <= MOST else {}
        said = header.get("__metadata__", {})
        return {
            key: str(value)[:LONGEST]
            for key, value in said.items()
            if key.startswith(_STATED) and "thumbnail" not in key and value
        }
    except (OSError, ValueError, AttributeError, struct.error):
        return {}


def _origin(path: Path) -> str:
    """The name under which a configuration says that it was loaded; of a path on somebody's disk, the last part."""
    try:
        name = json.loads(path.read_bytes()).get("_name_or_path", "")
    except (OSError, ValueError, AttributeError):
        return ""
    if not isinstance(name, str):
        return ""
    return Path(name).name if name.startswith(("/", "~", ".")) or "\\" in name else name
