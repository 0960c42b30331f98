"""Generated images and their files: the record goes beside each as JSON and inside it as XMP, or nowhere at all."""

from __future__ import annotations

import io
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import defusedxml.ElementTree
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from latentarchive import storage
from latentarchive.diffusion.record import SOURCE_TYPE, Record
from latentarchive.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMESPACE = "urn:latentarchive:generated"

_FIELD = f"{{{_NAMESPACE}}}record"

_PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    f'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:latentarchive="{_NAMESPACE}" '
    "Iptc4xmpExt:DigitalSourceType={source_type} xmp:CreatorTool={tool} latentarchive:record={record}/>"
    "</rdf:RDF></x:xmpmeta>"
)

_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""Names the box that holds XMP at the end of an MP4 (ISO 16684-3, section 1.2.7)."""


@dataclass(frozen=True)
class Generated:
    """One generated image with its record."""

    #: RGB.
    image: Image.Image
    record: Record

    def packet(self) -> bytes:
        """The record as an XMP packet."""
        return packet([self.record])

    def png(self) -> bytes:
        """The image as a PNG file with its record inside."""
        return png(self.image, [self.record])

    def save(self, path: str | Path) -> None:
        """Write the image as PNG with its record inside, and the record as JSON beside it; see `write_png`."""
        write_png(path, self.image, [self.record])


def packet(records: Sequence[Record]) -> bytes:
    """The records of all generated images that are seen in one picture, as an XMP packet."""
    said = {"source_type": SOURCE_TYPE, "tool": "latentarchive", "record": _text(records)}
    return _PACKET.format(**{key: quoteattr(value) for key, value in said.items()}).encode()


def packet_box(records: Sequence[Record]) -> bytes:
    """The same as a box that can stand at the end of an MP4."""
    said = packet(records)
    return struct.pack(">I4s16s", 24 + len(said), b"uuid", _BOX) + said


def png(image: Image.Image, records: Sequence[Record]) -> bytes:
    """A picture as a PNG file with the records of the generated images in it."""
    info, buffer = PngInfo(), io.BytesIO()
    info.add_itxt("XML:com.adobe.xmp", packet(records).decode())
    image.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def write_png(path: str | Path, image: Image.Image, records: Sequence[Record]) -> None:
    """Write a picture as PNG with the records of the generated images in it, and these as JSON beside it.

    An earlier generated image of that name is replaced, and nothing else.

    Args:
        path: Ends in .png.
        image: One generated image, or a sheet of several.
        records: Of each of them; at least one.

    Raises:
        ArchiveError: There is no record; the name does not end in .png; or there is a file that no generator made.
        WriteRefused: The disk is full, or we may not write there.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        message = f"{path}: a generated image is written as PNG, so its name must end in .png"
        raise ArchiveError(message)
    check_ours(path)
    write_beside(path, records)
    storage.write_bytes(path, png(image, records))


def write_beside(path: str | Path, records: Sequence[Record]) -> None:
    """Write records as JSON beside a file. Raises as `write_png` does."""
    path = Path(path)
    if not records:
        message = f"{path}: a generated image is not written without its record"
        raise ArchiveError(message)
    beside = path.with_suffix(".json")
    check_ours(beside)
    storage.write_json(beside, json.loads(_text(records)))


def record_of(path: str | Path) -> Record:
    """The record of one generated image. Raises as `records_of` does, and for a sheet of several."""
    records = records_of(path)
    if len(records) > 1:
        message = f"{path} shows {len(records)} generated images, each with a record of its own"
        raise ArchiveError(message)
    return records[0]


def records_of(path: str | Path) -> list[Record]:
    """The records of the generated images in a file, as they lie inside it, else beside it.

    This is the one place that refuses: what exports a generated image asks here first.

    Args:
        path: An image or a video that this package wrote.

    Raises:
        ArchiveError: There is no such file, it has no record, or none that can be read.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise ArchiveError(message) from error
    found, where = _inside(data), path
    if not found:
        where = path.with_suffix(".json")
        found = where.read_text(encoding="utf-8", errors="replace") if where.is_file() and where != path else ""
    if not found:
        message = f"{path} has no record of how it was generated, inside it or beside it, and is not exported without"
        raise ArchiveError(message)
    return _read(found, str(where))


def records_in(data: bytes, where: str) -> list[Record]:
    """The records inside the bytes of an image; none if there are none. Raises `ArchiveError` for one that is broken.

    Args:
        data: The whole file.
        where: What it is called in an error.
    """
    found = _inside(data)
    return _read(found, where) if found else []


def _read(found: str, where: str) -> list[Record]:
    try:
        values = json.loads(found)
        return [Record.of(one) for one in (values if isinstance(values, list) and values else [values])]
    except (ValueError, TypeError, ArchiveError) as error:
        message = f"{where}: the record of the generated image cannot be read ({error}); generate it again"
        raise ArchiveError(message) from error


def discard(path: Path) -> None:
    """Remove a generated image, sheet or film with the records beside it; what is none, or is not there, stays.

    Raises:
        WriteRefused: We may not write there.
    """
    try:
        records_of(path)
    except ArchiveError:
        return
    with storage.refusals(path):
        path.unlink()
        path.with_suffix(".json").unlink(missing_ok=True)


def _inside(data: bytes) -> str:
    """The record inside an image or a video, "" if there is none that can be found."""
    try:
        if data[4:8] == b"ftyp":
            said = data[data.rindex(_BOX) + len(_BOX) :]
        else:
            with Image.open(io.BytesIO(data)) as image:
                said = image.info.get("xmp", b"")
        root = defusedxml.ElementTree.fromstring(said, forbid_dtd=True)
    except Exception:  # noqa: BLE001 - whatever Pillow and the parser make of a file that is none of ours
        return ""
    return next((found for element in root.iter() if (found := element.get(_FIELD))), "")


def _text(records: Sequence[Record]) -> str:
    """ASCII, so that whatever a prompt holds can stand in XML."""
    values = [record.values() for record in records]
    return json.dumps(values[0] if len(values) == 1 else values)


def check_ours(path: Path) -> None:
    """Raise `ArchiveError` if there is a file that no generator made."""
    mark = b'"mood": "subjunctive"' if path.suffix == ".json" else _NAMESPACE.encode()
    if path.exists() and not (path.is_file() and mark in path.read_bytes()):
        message = f"{path} exists and is nothing that was generated here; choose another name"
        raise ArchiveError(message)
