"""What an experiment found: sentences with their figures, pictures in rows, tables; plain values but for the pictures.

Every experiment has a type of its own, with what it alone measures, and all of them this shape: so that one page shows
them, one file keeps them, and one place takes out what was withheld since.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Self

from PIL import Image

from latentarchive import storage
from latentarchive.diffusion.generated import Generated, discard
from latentarchive.diffusion.record import UNVERIFIED, Record
from latentarchive.errors import ArchiveError, ReportError
from latentarchive.withheld import unnamed

KINDS = ("darkroom", "walk", "blend", "seeds", "default", "drift", "swap", "telephone")
"""All experiments: the modules of this package that hold them, each with the class of that name, capitalised."""

IMAGES = "images"
"""Folder of the generated images, beside the file of an experiment."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One sentence with its figure; as a finding of an audit has them."""

    sentence: str
    #: None where there is none, or where there are too few images for one.
    value: float | None = None
    unit: str = ""
    #: How many were measured, and what they are.
    n: int | None = None
    denominator: str = ""
    #: 95 % interval and how it was made.
    interval: tuple[float, float] | None = None
    interval_by: str = ""
    #: What chance, or a stated norm, would give.
    null: float | None = None
    null_by: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One picture of a row: a generated one by its name, else a work by its id."""

    name: str = ""
    item: str = ""
    #: The archive of the work where it is not the experiment's own.
    archive: str = ""
    caption: str = ""


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Pictures in a row, in order."""

    heading: str
    note: str = ""
    frames: tuple[Frame, ...]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A table and how it is drawn; as a finding of an audit has them."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    #: ``bars``, ``curve``; "": the table alone.
    kind: str = ""
    x: int = 0
    y: tuple[int, ...] = (1,)
    #: What is to be seen, for those who cannot see it.
    alt: str = ""
    #: Columns that hold item ids.
    ids: tuple[int, ...] = ()
    #: Of arrows: works that lie below them, each with its place.
    ground: tuple[tuple[str, float, float], ...] = ()
    #: What a reader must know of the picture.
    note: str = ""

    def without(self, ids: Collection[str]) -> Chart:
        """The same without any row or place of these items."""
        rows = tuple(row for row in self.rows if not any(row[i] in ids for i in self.ids))
        return replace(self, rows=rows, ground=tuple(place for place in self.ground if place[0] not in ids))


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What every experiment has."""

    kind: ClassVar[str]

    #: What was asked, in words, and why one would ask it.
    title: str
    about: str
    archive: str
    #: Id and fingerprint of the generator, steps, guidance, fingerprint of the encoder that measured.
    settings: Mapping[str, Any]
    measures: tuple[Measure, ...]
    strips: tuple[Strip, ...]
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()
    #: Names of images that make a film, in order.
    film: tuple[str, ...] = ()
    #: By name of image.
    records: Mapping[str, Record]
    images: Mapping[str, Image.Image] = field(compare=False, repr=False)

    def generated(self, name: str) -> Generated:
        """One of its images with its record."""
        return Generated(self.images[name], self.records[name])

    def cautions(self) -> tuple[str, ...]:
        """What the records say that a reader must know: vectors of an unknown space, prompts that were cut."""
        said = []
        if any(record.space == UNVERIFIED for record in self.records.values()):
            said.append(
                "Whether the archive's encoder is the one whose vectors the generator was trained with is not known: "
                "what it was told may mean something else to it."
            )
        cut = dict.fromkeys(part for record in self.records.values() for part in record.cut.values())
        said += [f"The prompt was too long; this was not read: “{part}”." for part in cut]
        return tuple(said)

    def values(self) -> dict[str, Any]:
        """Plain values for JSON; pictures by name alone."""
        found = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "images"}
        found |= {name: [asdict(one) for one in found[name]] for name in ("measures", "strips", "charts")}
        found["records"] = {name: record.values() for name, record in self.records.items()}
        return {"experiment": self.kind, **found}

    @classmethod
    def of(cls, values: Mapping[str, Any], images: Mapping[str, Image.Image]) -> Self:
        """The experiment that `values` gave, as JSON gives it back. Raises `TypeError` or `KeyError` if it is none."""
        given = {name: _tuples(value) for name, value in values.items() if name not in ("experiment", "settings")}
        given["settings"] = dict(values["settings"])
        given["measures"] = tuple(Measure(**_tuples(one)) for one in values["measures"])
        given["strips"] = tuple(
            Strip(**one | {"frames": tuple(Frame(**frame) for frame in one["frames"])}) for one in values["strips"]
        )
        given["charts"] = tuple(Chart(**_tuples(one)) for one in values["charts"])
        given["records"] = {name: Record.of(record) for name, record in values["records"].items()}
        return cls(**given, images=images)

    def without(self, ids: Collection[str]) -> Self:
        """The same without any mention of these items, and without images that were made of them."""
        gone = {name for name, record in self.records.items() if record.works & set(ids)}
        said = json.dumps(self.values(), ensure_ascii=False)
        if not gone and not any(item_id in said for item_id in ids):
            return self
        strips = (
            replace(strip, frames=tuple(f for f in strip.frames if f.item not in ids and f.name not in gone))
            for strip in self.strips
        )
        plain = replace(
            self,
            strips=tuple(strip for strip in strips if strip.frames),
            charts=tuple(chart.without(ids) for chart in self.charts),
            film=tuple(name for name in self.film if name not in gone),
            records={name: record for name, record in self.records.items() if name not in gone},
            images={name: image for name, image in self.images.items() if name not in gone},
        )
        values = plain.values()
        records = values.pop("records")
        return type(self).of(unnamed(values, ids) | {"records": records}, plain.images)


def load_experiment(path: str | Path) -> Experiment:
    """An experiment that was written before, with its images.

    Args:
        path: Its JSON file; the images lie in the folder `IMAGES` beside it.

    Raises:
        ReportError: It cannot be read, is none, or is of another version.
        ArchiveError: An image is missing.
    """
    path = Path(path)
    try:
        values = json.loads(path.read_bytes())
        kind = values["experiment"] if isinstance(values, dict) else ""
        names = list(values["records"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} cannot be read as an experiment ({error}); it is the file NAME.json that its command wrote"
        raise ReportError(message) from error
    if kind not in KINDS:
        message = f"{path} holds no experiment that is known: {kind!r}; known: {', '.join(KINDS)}"
        raise ReportError(message)
    home: type[Experiment] = getattr(import_module(f"latentarchive.diffusion.{kind}"), kind.capitalize())
    try:
        return home.of(values, {name: _image(path.parent / IMAGES / f"{name}.png") for name in names})
    except (TypeError, KeyError, AttributeError) as error:
        message = f"{path} was written by another version ({error}); make it again"
        raise ReportError(message) from error


def save_experiment(one: Experiment, folder: Path) -> Path:
    """Write an experiment's JSON and its images, each with its record inside and beside it.

    Args:
        one: What was found.
        folder: Made if missing; an earlier experiment there is replaced.

    Returns:
        The JSON file.

    Raises:
        ArchiveError: There is a file of that name that is no experiment, or an image that no generator made.
        WriteRefused: The disk is full, or we may not write there.
    """
    path = folder / f"{one.kind}.json"
    if path.exists() and b'"experiment"' not in path.read_bytes()[:200]:
        message = f"{path} exists and is no experiment; choose another folder"
        raise ArchiveError(message)
    for earlier in (folder / IMAGES).glob("*.png"):
        if earlier.stem not in one.records:
            discard(earlier)
    for name in one.records:
        one.generated(name).save(folder / IMAGES / f"{name}.png")
    storage.write_json(path, one.values())
    return path


def _image(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except OSError as error:
        message = f"{path} is missing or cannot be read; make the experiment again"
        raise ArchiveError(message) from error


def _tuples(value: Any) -> Any:
    """Lists as tuples, all the way down."""
    if isinstance(value, list):
        return tuple(_tuples(one) for one in value)
    return {key: _tuples(one) for key, one in value.items()} if isinstance(value, dict) else value
