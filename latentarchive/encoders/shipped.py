"""The small models that come with the package, and where the folder of any encoder with one lies."""

from __future__ import annotations

from pathlib import Path

MODELS = Path(__file__).parent.parent / "_models"
"""Folder of the models that ship with the package, one folder each."""

ENCODERS = ("tiny", "tiny-annex")
GENERATORS = {"tiny": "tiny-generator"}
ADAPTERS = ("tiny-cyanotype",)
"""What ships, by id; a generator's folder has another name, for the encoder of the same id lies beside it. Named here
rather than looked for, so that one that is missing is missed."""


def folder_of(encoder_id: str) -> Path | None:
    """The folder that holds an encoder's weights, None for encoders that are no folder."""
    if encoder_id in ENCODERS:
        return MODELS / encoder_id
    kind, _, rest = encoder_id.partition(":")
    return Path(rest).expanduser() if kind == "local" and rest else None


def mend(*, ships: bool) -> str:
    """What a user can do about a model whose files are not as its card says; the end of an error message."""
    return "install latentarchive anew" if ships else "restore it, or train the model again"
