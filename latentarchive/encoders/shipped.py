"""The small encoders that come with the package, and where the folder of any encoder with one lies."""

from __future__ import annotations

from pathlib import Path

MODELS = Path(__file__).parent.parent / "_models"
"""Folder of the models that ship with the package, one folder each."""


def shipped() -> tuple[str, ...]:
    """Ids of the encoders that ship with the package."""
    return tuple(sorted(path.parent.name for path in MODELS.glob("*/open_clip_config.json")))


def folder_of(encoder_id: str) -> Path | None:
    """The folder that holds an encoder's weights, None for encoders that are no folder."""
    if encoder_id in shipped():
        return MODELS / encoder_id
    kind, _, rest = encoder_id.partition(":")
    return Path(rest).expanduser() if kind == "local" and rest else None


def mend(*, ships: bool) -> str:
    """What a user can do about a model whose files are not as its card says; the end of an error message."""
    return "install latentarchive anew" if ships else "restore it, or train the model again"
