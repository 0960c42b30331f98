"""What an encoder learned from, as far as its id or its card says: "not known" is a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from latentarchive import cards
from latentarchive.encoders.shipped import ENCODERS, folder_of

TAGS = {
    "openai": "about 400 million images and texts from the web, gathered by OpenAI and never published",
    "laion400m": "LAION-400M, 400 million images and texts from the web",
    "laion2b": "the English part of LAION-5B, about two thousand million images and texts from the web",
    "laion5b": "LAION-5B, about five thousand million images and texts from the web",
    "datacomp": "images and texts of DataComp's pool, filtered from the web",
    "commonpool": "images and texts of DataComp's pool, from the web",
    "metaclip": "images and texts from the web, chosen as MetaCLIP chooses them",
    "webli": "WebLI, images and texts from the web, gathered by Google and never published",
    "dfn": "images and texts from the web, chosen by Apple's data filtering networks",
    "yfcc15m": "15 million photographs of Flickr with their texts (YFCC100M)",
    "cc12m": "Conceptual 12M, images and texts from the web",
}
"""What weights of open_clip were trained on, by how their tag begins; as their publishers say."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where an encoder comes from."""

    #: ``shipped`` with the program, ``own`` (a folder with a card), ``published`` (by a tag), ``toy``, ``none`` or
    #: ``unknown``.
    kind: str
    #: What it is called without any path.
    name: str
    #: What it was trained on; "" if that is not known.
    trained_on: str = ""
    #: Works it was trained on, and such as were left out for a reservation of data mining; None: not known.
    works: int | None = None
    reserved: int | None = None
    #: How many numbers it learned; None: not known.
    weights: int | None = None
    #: What its card says of what it cannot do.
    limits: tuple[str, ...] = ()


def without_place(encoder_id: str) -> str:
    """An encoder id that names a folder or a file of weights, with its last name only: what may be published."""
    kind, _, rest = encoder_id.partition(":")
    if kind == "local":
        return f"local:{PurePath(rest).name}"
    arch, _, weights = rest.partition("/")
    return f"{kind}:{arch}/{PurePath(weights).name}" if "/" in weights else encoder_id


def origin(encoder_id: str) -> Origin:
    """Where the encoder of that id comes from; reads the card of a local one, loads nothing."""
    kind, _, rest = encoder_id.partition(":")
    if encoder_id == "none":
        return Origin(kind="none", name="none")
    if encoder_id == "toy":
        return Origin(kind="toy", name="toy", trained_on="nothing: it knows a few words for colours, and no pictures")
    if (folder := folder_of(encoder_id)) is not None:
        ships = encoder_id in ENCODERS
        return _from_card("shipped" if ships else "own", encoder_id if ships else folder.name, cards.read(folder) or {})
    architecture, _, tag = rest.partition("/")
    if kind == "openclip" and "/" in tag:  # a file of weights: its name says where it lies, not what it is
        return Origin(kind="unknown", name=architecture)
    said = next((said for begin, said in TAGS.items() if tag.lower().startswith(begin)), "")
    return Origin(kind="published" if kind == "openclip" and tag else "unknown", name=rest or kind, trained_on=said)


def _from_card(kind: str, name: str, card: Mapping[str, Any]) -> Origin:
    title = str(card.get("title", ""))
    counts = _table(_table(card, "data"), "counts")
    works, reserved = counts.get("used"), counts.get("reserved")
    weights = _table(card, "training").get("parameters")
    limits = card.get("limits")
    return Origin(
        kind=kind,
        name=name,
        trained_on=title.partition("trained on: ")[2],
        works=works if isinstance(works, int) else None,
        reserved=reserved if isinstance(reserved, int) else None,
        weights=weights if isinstance(weights, int) else None,
        limits=tuple(map(str, limits)) if isinstance(limits, list) else (),
    )


def _table(card: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = card.get(name)
    return found if isinstance(found, dict) else {}
