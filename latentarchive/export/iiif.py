"""Works as a IIIF Presentation 3.0 manifest, one canvas a work, for Mirador, Universal Viewer and their like.

Pictures are told by their own address where the catalogue has one. The others are the archive's thumbnails, written
into a folder beside the manifest. A manifest names itself and them by the address at which they will be published.
"""

from __future__ import annotations

import io
import json
import mimetypes
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from PIL import Image

from latentarchive import storage
from latentarchive.errors import ArchiveError
from latentarchive.items import Item
from latentarchive.plaintext import plain
from latentarchive.rights import classify
from latentarchive.wording import alt, credit, rights, title

CONTEXT = "http://iiif.io/api/presentation/3/context.json"

BASE = "http://localhost:8000/"
"""Where files are published unless somebody says: what ``python -m http.server`` in their folder makes of them."""

SIDE = 1000
"""Width and height of a canvas whose picture has no known size."""

LABELS = {
    "creator": "Maker", "date": "Date", "medium": "Medium", "place": "Place", "subjects": "Subjects",
    "source": "Source", "id": "Identifier",
}  # fmt: skip
"""What is told of a work beside title, description and rights, under which words; further columns follow."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be fetched."""

    url: str
    #: Media type, "" where the address does not tell.
    format: str
    #: Pixels, None where not known.
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest and the pictures that lie beside it."""

    document: dict[str, Any]
    #: WebP by path beside the manifest.
    files: dict[str, bytes]

    @property
    def text(self) -> bytes:
        """The manifest as JSON in UTF-8."""
        return (json.dumps(self.document, ensure_ascii=False, indent=1) + "\n").encode()

    def zipped(self, name: str) -> bytes:
        """Manifest (``name.json``) and pictures as one ZIP file; equal manifests give equal bytes."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as packed:
            for path, data in {f"{name}.json": self.text, **self.files}.items():
                packed.writestr(zipfile.ZipInfo(path), data, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()


def to_iiif(
    items: Sequence[Item],
    thumbnail: Callable[[str], bytes],
    *,
    name: str,
    label: str,
    summary: str = "",
    homepage: str = "",
    base: str = BASE,
) -> Manifest:
    """A manifest of works, in their order.

    Args:
        items: The works; at least one, since a manifest without canvases is none.
        thumbnail: The WebP of a work by its id, empty where there is none.
        name: File name of the manifest without ``.json``, and of the folder of its pictures.
        label: What the list is called.
        summary: What it is, in a sentence or two; "": nothing is said.
        homepage: Page of the collection; "" if it has none.
        base: Address of the folder in which manifest and pictures will be published.

    Raises:
        ArchiveError: There is no work, or `base` is no address of the web.
    """
    if not items:
        message = "there is no work to make a manifest of"
        raise ArchiveError(message)
    here = _base(base)
    place = here + quote(name)
    canvases, files = [], dict[str, bytes]()
    providers = {source: n for n, source in enumerate(dict.fromkeys(i.source for i in items if i.source), 1)}
    for number, item in enumerate(items, 1):
        picture = _reachable(item)
        if picture is None and (data := thumbnail(item.id)):
            path = f"{name}/{number:05d}.webp"
            files[path] = data
            with Image.open(io.BytesIO(data)) as opened:
                picture = Picture(here + quote(path), "image/webp", *opened.size)
        agent = f"{place}.json#provider-{providers[item.source]}" if item.source else ""
        canvases.append(_canvas(item, f"{place}/canvas/{number}", picture, agent))
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "id": f"{place}.json",
        "type": "Manifest",
        "label": {"none": [_said(label)]},
    }
    if summary:
        document["summary"] = {"en": [_said(summary)]}
    document["requiredStatement"] = _pair("Source and rights", ["Each work has its own; see its page."], "en")
    if (address := _address(homepage)) is not None:
        document["homepage"] = [{"id": address, "type": "Text", "label": {"none": [_said(label)]}}]
    stated = {canvas.get("rights") for canvas in canvases}
    if len(stated) == 1 and None not in stated:
        document["rights"] = canvases[0]["rights"]
    bodies = [page["items"][0]["body"] for canvas in canvases for page in canvas["items"]]
    if bodies:
        document["thumbnail"] = [bodies[0]]
    document |= {"behavior": ["individuals"], "items": canvases}
    return Manifest(document, files)


def write_iiif(manifest: Manifest, out: Path) -> None:
    """Write a manifest and its pictures; see `iiif_place`. The manifest comes last: what is there is whole.

    Raises:
        ArchiveError: Something is there already.
        WriteRefused: The disk is full, or we may not write there.
    """
    place = iiif_place(out)
    for path, data in manifest.files.items():
        storage.write_bytes(place.parent / path, data)
    storage.write_bytes(place, manifest.text)


def iiif_place(out: Path) -> Path:
    """Where a manifest is written: ``FILE.json``, its pictures in the folder ``FILE``; or into a new folder.

    Its name without ``.json`` is the `name` that `to_iiif` wants.

    Raises:
        ArchiveError: Something is there already.
    """
    place = out if out.suffix.lower() == ".json" else out / "manifest.json"
    for path in (out, place.with_suffix("")):
        if path.exists():
            message = f"{path} exists; remove it or give another name"
            raise ArchiveError(message)
    return place


def _canvas(item: Item, place: str, picture: Picture | None, agent: str) -> dict[str, Any]:
    width, height = (item.width, item.height) if item.width and item.height else (None, None)
    if width is None and picture is not None:
        width, height = picture.width, picture.height
    canvas: dict[str, Any] = {
        "id": place,
        "type": "Canvas",
        "label": {"none": [_said(title(item))]},
        "width": width or SIDE,
        "height": height or SIDE,
        "metadata": _metadata(item),
        "requiredStatement": _pair("Source and rights", [f"{credit(item)} · Rights: {rights(item)}"], "none"),
    }
    if item.text:
        canvas["summary"] = {"none": [_said(item.text)]}
    if uri := rights_uri(item.rights):
        canvas["rights"] = uri
    if (page := _address(item.url)) is not None and page != (picture.url if picture else ""):
        canvas["homepage"] = [{"id": page, "type": "Text", "label": {"none": [_said(title(item))]}}]
    if agent:
        canvas["provider"] = [{"id": agent, "type": "Agent", "label": {"none": [_said(item.source)]}}]
    canvas["items"] = []
    if picture is not None:
        body = _body(item, picture)
        canvas["thumbnail"] = [body]
        annotation = {"id": f"{place}/image", "type": "Annotation", "motivation": "painting", "body": body}
        canvas["items"] = [{"id": f"{place}/page", "type": "AnnotationPage", "items": [annotation | {"target": place}]}]
    return canvas


def _body(item: Item, picture: Picture) -> dict[str, Any]:
    """A picture; version 3 has no place for alternative text but its label."""
    body: dict[str, Any] = {"id": picture.url, "type": "Image", "label": {"none": [_said(alt(item))]}}
    if picture.format:
        body["format"] = picture.format
    if picture.width and picture.height:
        body |= {"width": picture.width, "height": picture.height}
    return body


def _metadata(item: Item) -> list[dict[str, Any]]:
    record = item.record()
    told = [(label, record[name]) for name, label in LABELS.items()]
    told += [("Rights", rights(item)), *item.extra.items()]
    both = [(label, value if isinstance(value, list) else [value]) for label, value in told]
    return [_pair(_said(label), [v for v in values if v.strip()], "none") for label, values in both
            if label.strip() and any(v.strip() for v in values)]  # fmt: skip


def _pair(label: str, values: Sequence[str], language: str) -> dict[str, Any]:
    return {"label": {"en": [label]}, "value": {language: [_said(value) for value in values]}}


def _said(text: str) -> str:
    """Text as text: what begins with < and ends with > would be HTML (Presentation 3.0, section 4.5)."""
    harmless = plain(text)
    return f"{harmless} " if harmless.startswith("<") and harmless.endswith(">") else harmless


def rights_uri(statement: str) -> str:
    """The URI of a licence or statement as IIIF has them, "" for all but Creative Commons and RightsStatements.org.

    Both define their URIs with ``http``, whatever their pages are called by.
    """
    uri = classify(statement).uri.replace("https://", "http://", 1)
    known = ("http://creativecommons.org/licenses/", "http://creativecommons.org/publicdomain/",
             "http://rightsstatements.org/vocab/")  # fmt: skip
    return uri if uri.startswith(known) else ""


def _reachable(item: Item) -> Picture | None:
    """The picture at the address that the catalogue has for it, if it has one.

    An address of the work that ends like a picture is that of its picture: many tables have no other.
    """
    for text, told in ((item.image, True), (item.url, False)):
        if (address := _address(text)) is not None:
            kind = mimetypes.guess_type(urlsplit(address).path)[0] or ""
            if told or kind.startswith("image/"):
                return Picture(address, kind if kind.startswith("image/") else "", item.width, item.height)
    return None


def _address(text: str) -> str | None:
    """An address of the web, fit to be an identifier; None if it is none."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return quote(plain(text), safe="%/:=&?~#+!$,;'@()*[]")


def _base(text: str) -> str:
    address = _address(text)
    if address is None or "?" in address or "#" in address:
        message = f"{text!r} is no address to publish at; give one such as https://museum.example/iiif/"
        raise ArchiveError(message)
    return address if address.endswith("/") else f"{address}/"
