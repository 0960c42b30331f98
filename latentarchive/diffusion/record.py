"""The record that every generated image carries, beside it as JSON and inside it as XMP.

A generated image is a could-have-been: its record's mood is the subjunctive, and its digital source type is
the IPTC's trainedAlgorithmicMedia.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from PIL.PngImagePlugin import PngInfo

from latentarchive import storage
from latentarchive.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL import Image

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

_PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:latentarchive="urn:latentarchive:generated" '
    "Iptc4xmpExt:DigitalSourceType={source_type} xmp:CreatorTool={tool} latentarchive:record={record}/>"
    "</rdf:RDF></x:xmpmeta>"
)


@dataclass(frozen=True, kw_only=True)
class Record:
    """How one image was generated: enough to make it again, with the same models and, for works, the same archive."""

    #: What was asked for, and what of it the model took in; "" where works were the condition.
    asked: str = ""
    effective: str = ""
    negative: str = ""
    effective_negative: str = ""
    #: Name of the archive and ids of the works that it was conditioned by, none of them withheld when it was made.
    archive: str = ""
    items: tuple[str, ...] = ()
    #: SHA-256 of their vectors (float32, in this order): an archive built anew may hold others under the same ids.
    vectors: str = ""
    #: Those of them whose rights reserve data mining, which somebody allowed by name.
    reserved: tuple[str, ...] = ()
    #: How many more were retrieved and left out because their rights reserve data mining.
    left_out: int = 0
    #: Id of the LoRA in the generator, "" for none.
    adapter: str = ""
    #: Id of the generator (the name of its folder alone), fingerprint of it with its LoRA, and fingerprint of the
    #: encoder whose space conditions it ("" if unknown).
    generator: str
    fingerprint: str
    encoder: str = ""
    seed: int
    steps: int
    guidance: float
    scheduler: str
    #: Width and height in pixels.
    size: tuple[int, int]
    #: Processor threads: another number may change the last bits.
    threads: int
    versions: Mapping[str, str]
    mood: str = "subjunctive"

    def __post_init__(self) -> None:
        """Raise `ArchiveError` for another mood: nothing generated was ever kept."""
        if self.mood != "subjunctive":
            message = f"the mood of a generated image is subjunctive, got {self.mood!r}"
            raise ArchiveError(message)

    def values(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self) | {"digital_source_type": SOURCE_TYPE}


@dataclass(frozen=True)
class Generated:
    """One generated image with its record."""

    #: RGB.
    image: Image.Image
    record: Record

    def packet(self) -> bytes:
        """The record as an XMP packet."""
        said = {"source_type": SOURCE_TYPE, "tool": "latentarchive", "record": json.dumps(self.record.values())}
        return _PACKET.format(**{key: quoteattr(value) for key, value in said.items()}).encode()

    def png(self) -> bytes:
        """The image as a PNG file with its record inside."""
        info, buffer = PngInfo(), io.BytesIO()
        info.add_itxt("XML:com.adobe.xmp", self.packet().decode())
        self.image.save(buffer, "PNG", pnginfo=info)
        return buffer.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the image as PNG with its record inside, and the record as JSON beside it.

        An earlier generated image of that name is replaced, and nothing else.

        Raises:
            ArchiveError: The name does not end in .png, or there is a file that no generator made.
            WriteRefused: The disk is full, or we may not write there.
        """
        path = Path(path)
        beside = path.with_suffix(".json")
        if path.suffix.lower() != ".png":
            message = f"{path}: a generated image is written as PNG, so its name must end in .png"
            raise ArchiveError(message)
        for there, ours in ((path, b"urn:latentarchive:generated"), (beside, b'"mood": "subjunctive"')):
            if there.exists() and not (there.is_file() and ours in there.read_bytes()):
                message = f"{there} exists and is nothing that was generated here; choose another name"
                raise ArchiveError(message)
        storage.write_bytes(path, self.png())
        storage.write_json(beside, self.record.values())
