"""What an image file says about itself: EXIF, IPTC IIM and XMP, read from the header alone.

Where several of them speak, XMP comes before IPTC and IPTC before EXIF: that is the order in which
cataloguing programs write with care. Inside XMP, what is said of the work shown (IPTC Extension,
``ArtworkOrObject``) comes before what is said of its photograph, if exactly one work is shown.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import defusedxml.ElementTree
from PIL import ExifTags, Image, ImageFile, IptcImagePlugin

from latentarchive.quiet import keep_pillow_quiet
from latentarchive.source_types import read_source_type

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # only the type; defusedxml parses

MAX_PACKET = 4 << 20
"""Bytes of XMP above which it is not parsed; a packet inside one JPEG segment has at most 64 KiB."""
MAX_FIELDS = 300
MAX_VALUE = 10_000
"""Fields of one file and characters of one value that are kept; beyond, `Embedded.problem` says so."""

_FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "PSD", "TIFF", "WEBP")
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://creativecommons.org/ns#": "cc",
    "http://web.resource.org/cc/": "cc",
}
# Long logs of editing programs that say nothing of the work.
_PASSED_OVER = ("http://ns.adobe.com/xap/1.0/mm/", "http://ns.adobe.com/camera-raw-settings/1.0/")

Values = dict[str, list[str]]
"""Values by field, in the order of the file: ``xmp:dc:creator``, ``iptc:2:80``, ``exif:Artist``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """What an image file says about itself; "" where it says nothing, several names joined by "; "."""

    title: str = ""
    description: str = ""
    creator: str = ""
    #: When the work was made, as written. The moment of EXIF is only in `fields`: of a photographed
    #: painting it dates the photograph.
    date: str = ""
    #: The rights statement in words.
    rights: str = ""
    #: Address of a licence or rights statement. "" where `rights` is the notice of the work shown, because
    #: the address speaks for its photograph.
    rights_uri: str = ""
    credit: str = ""
    source: str = ""
    keywords: tuple[str, ...] = ()
    #: PLUS Data Mining value as written, URI or code; `latentarchive.rights.mining_code` reads it.
    mining: str = ""
    #: URI of the IPTC Digital Source Type, canonical where its code is known.
    digital_source_type: str = ""
    #: Whether that was written as a bare code, which the standard does not allow.
    bare_source_type: bool = False
    #: Every text field as found: ``exif:Copyright``, ``iptc:2:116``, ``xmp:dc:rights``. Numbers of cameras,
    #: binary values and editing histories are left out.
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: Why some metadata could not be read, "" if all could.
    problem: str = ""


def read_embedded(data: bytes) -> Embedded:
    """The metadata inside an image file (JPEG, PNG, WebP, TIFF, AVIF), without decoding its pixels.

    Args:
        data: The whole file; any bytes at all.

    Returns:
        What was found. Never raises: what is broken is left out and named in `Embedded.problem`. XML with
        a document type, and so with entities, is refused.
    """
    keep_pillow_quiet()
    problems: list[str] = []
    found: Values = {}
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            for name, read in (("XMP", _xmp), ("IPTC", _iptc), ("EXIF", _exif)):
                try:
                    found.update(read(image, data))
                except Exception as error:  # noqa: BLE001 - whatever a parser makes of hostile bytes
                    problems.append(f"{name} cannot be read ({_words(error)})")
    except Exception:  # noqa: BLE001 - the same; why it is no image is for the decoder to say
        return Embedded(problem="no image whose metadata could be read")
    if "xmp:xmpNote:HasExtendedXMP" in found:
        problems.append("part of the XMP lies in extended segments, which are not read")
    if any("XMP" in problem for problem in problems) and "xmp:plus:DataMining" not in found:
        # A reservation counts in a packet that cannot be parsed too: to lose it would be to allow mining.
        reserved = re.search(rb"DMI-PROHIBITED[A-Z-]*", data)
        if reserved:
            found["xmp:plus:DataMining"] = [reserved[0].decode()]
    if len(found) > MAX_FIELDS or any(len("; ".join(values)) > MAX_VALUE for values in found.values()):
        problems.append(f"only {MAX_FIELDS} fields and {MAX_VALUE} characters of each are kept")
    return _embedded(found, "; ".join(problems))


def _embedded(found: Values, problem: str) -> Embedded:
    """The fields that have a meaning here, by precedence."""

    def every(*names: str) -> list[str]:
        return next((found[name] for name in names if found.get(name)), [])

    def first(*names: str) -> str:
        return "; ".join(dict.fromkeys(every(*names)))[:MAX_VALUE]

    work = {name: f"xmp:Iptc4xmpExt:ArtworkOrObject/Iptc4xmpExt:{name}" for name in _WORK}
    if any(len(found.get(key, ())) > 1 for name, key in work.items() if name != "AOCreator"):
        work = dict.fromkeys(work, "")  # several works: which of them is meant is not said
    notice = first(work["AOCopyrightNotice"])
    kind = read_source_type(first("xmp:Iptc4xmpExt:DigitalSourceType"))
    return Embedded(
        title=first(work["AOTitle"], "xmp:dc:title", "iptc:2:5", "exif:XPTitle"),
        description=first("xmp:dc:description", "iptc:2:120", "exif:ImageDescription", "exif:XPComment"),
        creator=first(work["AOCreator"], "xmp:dc:creator", "iptc:2:80", "exif:Artist", "exif:XPAuthor"),
        date=first(work["AOCircaDateCreated"], work["AODateCreated"], "xmp:photoshop:DateCreated")
        or _iptc_date(first("iptc:2:55")),
        rights=notice or first("xmp:dc:rights", "xmp:xmpRights:UsageTerms", "iptc:2:116", "exif:Copyright"),
        rights_uri="" if notice else first("xmp:cc:license", "xmp:xmpRights:WebStatement"),
        credit=first("xmp:photoshop:Credit", "iptc:2:110"),
        source=first(work["AOSource"], "xmp:photoshop:Source", "xmp:dc:source", "iptc:2:115"),
        keywords=tuple(dict.fromkeys(every("xmp:dc:subject", "iptc:2:25", "exif:XPKeywords")))[:MAX_FIELDS],
        mining=first("xmp:plus:DataMining"),
        digital_source_type=kind.uri,
        bare_source_type=kind.bare,
        fields=MappingProxyType({k: "; ".join(v)[:MAX_VALUE] for k, v in list(found.items())[:MAX_FIELDS]}),
        problem=problem,
    )


_WORK = ("AOTitle", "AOCreator", "AOCircaDateCreated", "AODateCreated", "AOCopyrightNotice", "AOSource")


def _iptc_date(written: str) -> str:
    """CCYYMMDD as an ISO date; zeros stand for a month or a day that is not known (IIM 4.2, 2:55)."""
    if not re.fullmatch("[0-9]{8}", written):
        return written
    parts = [part for part in (written[:4], written[4:6], written[6:]) if part.strip("0")]
    return "-".join(parts) if written[:4].strip("0") else ""


# --- the three kinds -----------------------------------------------------------------------------------


def _xmp(image: Image.Image, data: bytes) -> Values:
    packet = image.info.get("xmp", b"")
    if image.format == "PNG":  # ExifTool writes it after the pixels, where Pillow only looks on decoding
        packet = next(_png_chunks(data, b"iTXt"), b"")
    if isinstance(packet, str):
        packet = packet.encode()
    packet = bytes(packet).strip(b"\0 \r\n\t")
    if len(packet) > MAX_PACKET:
        message = f"its {len(packet):,} bytes are more than {MAX_PACKET:,}"
        raise ValueError(message)
    found: Values = {}
    if packet:
        root = defusedxml.ElementTree.fromstring(packet, forbid_dtd=True)
        for rdf in [root] if root.tag == f"{_RDF}RDF" else root.iter(f"{_RDF}RDF"):
            for description in rdf:
                _structure(description, "xmp:", found, depth=0)
    return found


def _structure(element: Element, key: str, found: Values, depth: int) -> None:
    """Collect the properties of an RDF node, written as attributes or as children."""
    for name, value in element.attrib.items():
        qualified = _qualified(name)
        if qualified:
            _add(found, key + qualified, value)
    for child in element:
        qualified = _qualified(child.tag)
        if child.tag == f"{_RDF}value":
            _property(child, key.rstrip("/"), found, depth + 1)
        elif qualified:
            _property(child, key + qualified, found, depth + 1)


def _property(element: Element, key: str, found: Values, depth: int) -> None:
    """Collect one property: a text, an address, a list, or a structure."""
    if depth > 12:  # the deepest of the standards, ArtworkOrObject with names, needs six
        return
    _add(found, key, element.get(f"{_RDF}resource", ""))
    for child in element:
        if child.tag in (f"{_RDF}Bag", f"{_RDF}Seq", f"{_RDF}Alt"):
            entries = list(child)
            if child.tag == f"{_RDF}Alt":  # one text in several languages
                entries = ([e for e in entries if e.get(_LANG) == "x-default"] or entries)[:1]
            for entry in entries:
                _property(entry, key, found, depth + 1)
            return
        if child.tag == f"{_RDF}Description":
            _structure(child, key + "/", found, depth + 1)
            return
    _structure(element, key + "/", found, depth + 1)
    if not len(element):
        _add(found, key, element.text or "")


def _qualified(name: str) -> str:
    """``dc:title`` of ``{http://…}title``; "" for the syntax of RDF and XML, and for what is passed over."""
    namespace, _, local = name.removeprefix("{").partition("}")
    if not local or namespace in _PASSED_OVER or name.startswith((_RDF, _LANG)):
        return ""
    return f"{_PREFIXES.get(namespace, namespace)}:{local}"


def _png_chunks(data: bytes, kind: bytes) -> Iterator[bytes]:
    """The bodies of all chunks of a kind in a PNG; of ``iTXt`` only the texts that are XMP."""
    position = 8
    while position + 12 <= len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        if data[position + 4 : position + 8] == kind:
            body = data[position + 8 : position + 8 + length]
            if kind != b"iTXt":
                yield body
            elif body.startswith(b"XML:com.adobe.xmp\0"):
                compressed, text = body[18:19] == b"\1", body[20:].split(b"\0", 2)[-1]
                yield zlib.decompressobj().decompress(text, MAX_PACKET + 1) if compressed else text
        position += 12 + length


def _iptc(image: Image.Image, _: bytes) -> Values:
    found: Values = {}
    raw = (IptcImagePlugin.getiptcinfo(image) if isinstance(image, ImageFile.ImageFile) else None) or {}
    encoding = "utf-8" if raw.get((1, 90)) == b"\x1b%G" else "latin-1"  # IIM 4.2, 1:90: ISO 2022 for UTF-8
    for (record, dataset), value in sorted(raw.items()):
        if record == 2 and dataset != 0:  # 2:0 is a binary version number
            for one in value if isinstance(value, list) else [value]:
                _add(found, f"iptc:{record}:{dataset}", one.decode(encoding, errors="replace"))
    return found


def _exif(image: Image.Image, data: bytes) -> Values:
    exif = image.getexif()
    if not exif and image.format == "PNG":
        for block in _png_chunks(data, b"eXIf"):
            exif.load(block)
    found: Values = {}
    for tags in (exif, exif.get_ifd(ExifTags.IFD.Exif)):
        for tag, value in tags.items():
            name = ExifTags.TAGS.get(tag, f"0x{tag:04x}")
            if isinstance(value, str) and tag not in _EXIF_BLOCKS:
                # Copyright may hold photographer and editor, parted by a zero (EXIF 2.32, 4.6.4)
                for part in _utf8(value).split("\0"):
                    _add(found, f"exif:{name}", part)
            elif name.startswith("XP") and isinstance(value, bytes | tuple):
                text = bytes(value).decode("utf-16-le", errors="replace")
                for part in text.split(";") if name == "XPKeywords" else [text]:
                    _add(found, f"exif:{name}", part)
    return found


_EXIF_BLOCKS = (700, 33723, 34377, 34675)  # XMP, IPTC, Photoshop and ICC inside TIFF


def _utf8(text: str) -> str:
    """Text that Pillow read as Latin-1 because EXIF only knows ASCII, and that is UTF-8 in truth."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _add(found: Values, key: str, value: str) -> None:
    clean = value.replace("\0", "").strip()
    if clean:
        found.setdefault(key, []).append(clean)


def _words(error: Exception) -> str:
    words = "".join(c for c in " ".join(str(error).split()) if c.isprintable())[:120]
    return words if words and "0x" not in words else type(error).__name__
