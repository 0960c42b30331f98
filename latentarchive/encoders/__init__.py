"""Images and texts to vectors of one space: the `Encoder` contract, and the one place that resolves encoder ids."""

from __future__ import annotations

from pathlib import Path

from latentarchive.encoders.base import Encoded, Encoder
from latentarchive.encoders.shipped import ENCODERS, folder_of
from latentarchive.encoders.toy import ToyEncoder
from latentarchive.errors import EncoderError

__all__ = ["Encoded", "Encoder", "ToyEncoder", "absolute_id", "folder_of", "load_encoder"]

FORMS = "toy, none, openclip:ARCH/TAG, openclip:ARCH/PATH, local:DIR"


def load_encoder(encoder_id: str) -> Encoder:
    """The encoder of that id, with its weights in memory.

    Args:
        encoder_id: ``tiny``, ``tiny-annex`` (which ship with the package); ``toy`` (colour words, for
            tests); ``openclip:ARCH/TAG`` (a pretrained tag, which open_clip downloads);
            ``openclip:ARCH/PATH`` (a checkpoint file); ``local:DIR`` (a folder that `train` or open_clip saved).

    Raises:
        EncoderError: No such encoder; its weights are missing or of another architecture; or ``none``,
            the id of archives that hold only metadata.
        MissingExtra: open_clip is not installed.
    """
    kind, _, rest = encoder_id.partition(":")
    if encoder_id == "toy":
        return ToyEncoder()
    if encoder_id == "none":
        message = (
            "encoder 'none': this archive holds only metadata and has no vectors; "
            "search it with --by words, or rebuild it with an encoder"
        )
        raise EncoderError(message)
    if folder := folder_of(encoder_id):
        from latentarchive.encoders.openclip import load_local

        return load_local(encoder_id, folder)
    if kind == "openclip" and rest:
        from latentarchive.encoders.openclip import load_openclip

        return load_openclip(encoder_id)
    message = f"unknown encoder {encoder_id!r}; an encoder is one of: {', '.join([*ENCODERS, FORMS])}"
    raise EncoderError(message)


def absolute_id(encoder_id: str) -> str:
    """An encoder id that means the same in another working directory: relative paths in it made absolute."""
    kind, _, rest = encoder_id.partition(":")
    if kind == "local" and rest:
        return f"local:{Path(rest).expanduser().absolute()}"
    arch, _, place = rest.partition("/")
    path = Path(place).expanduser()
    return f"openclip:{arch}/{path.absolute()}" if kind == "openclip" and place and path.is_file() else encoder_id
