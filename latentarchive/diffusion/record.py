"""The record of a generated image: how it was made, in plain values.

A generated image is a could-have-been: its record's mood is the subjunctive, and its digital source type is
the IPTC's trainedAlgorithmicMedia.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from latentarchive.errors import ArchiveError

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

UNVERIFIED = "unverified"
"""Of `Record.space`: vectors of the right width, and no way to tell whether the same encoder made them."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """How one image was generated: enough to make it again, with the same models and, for works, the same archive."""

    #: What was asked for; what somebody else added behind it; and what of both the model took in. "" where no words
    #: were told.
    asked: str = ""
    hidden: str = ""
    effective: str = ""
    negative: str = ""
    effective_negative: str = ""
    #: What each text encoder did not read of the prompt, by its name; empty if all was read.
    cut: Mapping[str, str] = field(default_factory=dict)
    #: Name of the archive and ids of the works that it was conditioned by, none of them withheld when it was made.
    archive: str = ""
    items: tuple[str, ...] = ()
    #: How one vector was made of them ("centroid") and their weights; "" and () where each was told for itself.
    point: str = ""
    weights: tuple[float, ...] = ()
    #: SHA-256 of the vectors that were told (float32, in this order): an archive built anew may hold others under the
    #: same ids.
    vectors: str = ""
    #: Those of them, and of what it began from, whose rights reserve data mining, which somebody allowed by name.
    reserved: tuple[str, ...] = ()
    #: How many more were retrieved and left out because their rights reserve data mining.
    left_out: int = 0
    #: Ids of the works that the words are of: captions that a catalogue gives them, or what was said of them.
    described: tuple[str, ...] = ()
    #: What it began from in place of the seed's noise: an item's id ("" for none, or for an image that is no item),
    #: SHA-256 of its pixels at the generator's size, and the strength; None: it began from noise.
    start: str = ""
    start_pixels: str = ""
    strength: float | None = None
    #: How noise that is not the seed's was made, and its SHA-256.
    noise: str = ""
    noise_values: str = ""
    #: Ids of the LoRA, of the adapter for image vectors and of the prior in the generator, "" for none.
    adapter: str = ""
    image_adapter: str = ""
    prior: str = ""
    #: Id of the generator (the name of its folder alone), its pipeline's class, and the fingerprint of it with its
    #: adapters and prior.
    generator: str
    pipeline: str = ""
    fingerprint: str
    #: Fingerprint of the encoder whose space conditions it ("" if unknown), and whether the vectors that were told are
    #: of that space: "same", "unverified", "" where none was told.
    encoder: str = ""
    space: str = ""
    seed: int
    #: Steps that were asked for, and those that denoised: fewer where it began from an image.
    steps: int
    denoised: int = 0
    guidance: float
    scheduler: str
    #: Width and height in pixels.
    size: tuple[int, int]
    #: Whether the pipeline's own safety checker blacked it out.
    blacked_out: bool = False
    #: Processor threads: another number may change the last bits.
    threads: int
    device: str = "cpu"
    precision: str = "float32"
    versions: Mapping[str, str]
    #: What the weights say of where they come from, by component; "unknown" where they do not say.
    lineage: Mapping[str, Any] = field(default_factory=dict)
    #: Class and number of parameters of each component.
    inventory: Mapping[str, Any] = field(default_factory=dict)
    mood: str = "subjunctive"

    def __post_init__(self) -> None:
        """Raise `ArchiveError` for another mood: nothing generated was ever kept."""
        if self.mood != "subjunctive":
            message = f"the mood of a generated image is subjunctive, got {self.mood!r}"
            raise ArchiveError(message)

    @property
    def works(self) -> set[str]:
        """Ids of all works that it was made of: told, described in its words, or begun from."""
        return {*self.items, *self.described, self.start} - {""}

    def values(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self) | {"digital_source_type": SOURCE_TYPE}

    @classmethod
    def of(cls, values: object) -> Record:
        """The record that `values` gave, as JSON gives it back. Raises `ArchiveError` if it is none."""
        known = {one.name: one for one in fields(cls)}
        if not isinstance(values, dict) or values.get("digital_source_type") != SOURCE_TYPE or "mood" not in values:
            message = "it does not say that a model made the image"
            raise ArchiveError(message)
        given = {name: value for name, value in values.items() if name != "digital_source_type"}
        if odd := sorted(set(given) - set(known)):
            message = f"it has {odd[0]!r}, which records of this version do not have"
            raise ArchiveError(message)
        needed = (n for n, one in known.items() if one.default is MISSING and one.default_factory is MISSING)
        if missing := sorted(set(needed) - set(given)):
            message = f"it lacks {missing[0]!r}"
            raise ArchiveError(message)
        plain: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in given.items()}
        return cls(**plain)
