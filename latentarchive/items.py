"""`Item`: one work as catalogued; `Record` and `Rejected`: what a source yields."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from latentarchive.errors import CollectionError

GENERATED = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
"""Digital source types of the IPTC for what a trained model made, wholly or in part."""

RIGHTS_CLASSES = ("open", "restricted", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One work as its catalogue describes it. Text is NFC; an empty string means "not stated".

    Raises `CollectionError` if the id is empty, holds white space or lacks the ``source:`` prefix, if
    ``year_end`` comes before ``year``, or if ``rights_class`` is not one of open, restricted, unknown.
    """

    #: ``source:local``, without white space, the same in every rebuild.
    id: str
    #: Path of the image relative to the collection's root (``shard.tar/member`` inside a tar), or its URL.
    image: str = ""
    title: str = ""
    #: Caption or description in running words.
    text: str = ""
    creator: str = ""
    #: The date as the catalogue writes it.
    date: str = ""
    #: First and last year that `date` can mean (negative before the common era); None where it does not say.
    year: int | None = None
    year_end: int | None = None
    medium: str = ""
    place: str = ""
    subjects: tuple[str, ...] = ()
    #: Canonical URI where the statement is a known one, otherwise the statement as written, or ``"unknown"``.
    rights: str = "unknown"
    rights_class: str = "unknown"
    #: PLUS Data Mining code found in the file or the table, for example ``DMI-PROHIBITED``; "" if none.
    mining: str = ""
    #: Page of the work, or the only address known of it.
    url: str = ""
    #: Who holds or published the work.
    source: str = ""
    #: Digest of the image file's bytes, and its size in pixels as shown (after orientation); set when built.
    sha256: str = ""
    width: int | None = None
    height: int | None = None
    #: Everything else that was catalogued, as text.
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in TEXT_FIELDS:
            object.__setattr__(self, name, unicodedata.normalize("NFC", getattr(self, name)))
        object.__setattr__(self, "subjects", tuple(unicodedata.normalize("NFC", s) for s in self.subjects))
        extra = {unicodedata.normalize("NFC", k): unicodedata.normalize("NFC", v) for k, v in self.extra.items()}
        object.__setattr__(self, "extra", MappingProxyType(dict(sorted(extra.items()))))
        if any(c.isspace() for c in self.id) or not all(self.id.partition(":")):
            message = f"item id must be 'source:local' without white space, got {self.id!r}"
            raise CollectionError(message)
        if self.rights_class not in RIGHTS_CLASSES:
            message = (
                f"item {self.id}: rights_class must be one of {', '.join(RIGHTS_CLASSES)}, got {self.rights_class!r}"
            )
            raise CollectionError(message)
        if self.year is not None and self.year_end is not None and self.year_end < self.year:
            message = f"item {self.id}: year_end {self.year_end} comes before year {self.year}"
            raise CollectionError(message)
        for name in ("year", "year_end", "width", "height"):
            if not -(2**31) <= (getattr(self, name) or 0) < 2**31:
                message = f"item {self.id}: {name} {getattr(self, name)} does not fit in 32 bits"
                raise CollectionError(message)

    @property
    def generated(self) -> bool:
        """Whether its file or its catalogue says that a trained model made it, in the IPTC's words."""
        return self.extra.get("digital_source_type", "").rpartition("/")[2] in GENERATED

    def record(self) -> dict[str, Any]:
        """Plain values by column name, in the order of `catalogue.SCHEMA`; subjects as a list, extra as a dict."""
        row = {f.name: getattr(self, f.name) for f in fields(self)}
        return row | {"subjects": list(self.subjects), "extra": dict(self.extra)}

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the plain values: a read-only mapping cannot be pickled itself."""
        return _item, (self.record(),)


TEXT_FIELDS = tuple(f.name for f in fields(Item) if f.type == "str")


@dataclass(frozen=True, slots=True)
class Record:
    """One input of a collection: its catalogue entry, and how to get its image.

    `read` returns the bytes of the image file and can be pickled (so that it can run in another
    process); it is None for an input without an image. `vector` is the row of the item in published
    embeddings, None elsewhere.
    """

    item: Item
    read: Callable[[], bytes] | None = None
    vector: int | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """One input that is not in the archive, and why: the stage is source, read, decode or encode."""

    path: str
    stage: str
    reason: str


def local_id(text: str) -> str:
    """A source's own name for an item, fit for the part of an id after the colon.

    White space and the percent sign become percent escapes of their UTF-8 bytes; all else stays as it
    is, so that an accession number or path remains readable and the original can be recovered.
    """
    parts: list[str] = []
    for c in unicodedata.normalize("NFC", text):
        accent = unicodedata.combining(c) and parts and parts[-1][0] == "%"  # NFC would join it to the escape
        parts.append("".join(f"%{b:02X}" for b in c.encode()) if c.isspace() or c == "%" or accent else c)
    return "".join(parts)


def stored(columns: Mapping[str, Sequence[Any]]) -> list[Item]:
    """Items from the plain values that were stored of them, by field: they were checked when they were made."""
    items = [object.__new__(Item) for _ in columns["id"]]
    own: dict[str, Sequence[Any]] = {
        "subjects": [tuple(subjects) for subjects in columns["subjects"]],
        "extra": [MappingProxyType(dict(extra)) for extra in columns["extra"]],
    }
    for name, values in {**columns, **own}.items():
        fill = getattr(Item, name).__set__  # of the slot itself: items are frozen, and `object.__setattr__` is slower
        for item, value in zip(items, values, strict=True):
            fill(item, value)
    return items


def digest(items: Iterable[Item]) -> str:
    """SHA-256, in hexadecimal, over one line of canonical JSON for each item."""
    sha = hashlib.sha256()
    for item in items:
        sha.update(json.dumps(item.record(), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode())
        sha.update(b"\n")
    return sha.hexdigest()


def _item(row: dict[str, Any]) -> Item:
    return Item(**row | {"subjects": tuple(row["subjects"]), "extra": dict(row["extra"])})
