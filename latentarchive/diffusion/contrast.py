"""`Contrast`: what an archive gives for a condition and what a generator makes of it, as one space sees both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive import storage
from latentarchive.diffusion.record import Record
from latentarchive.errors import ArchiveError
from latentarchive.withheld import unnamed

FORMAT = 1

FILE = "contrast.json"

LEAST = 5
"""Fewest images a side for a figure: with fewer, chance alone makes anything."""

WAYS = ("words", "works", "centroid", "captions", "image")
"""What a generator can be told: the words of the query; the vectors of works that it finds; the one point between
these; or of each of these works its own caption; or it itself, as an image to begin from."""

PAIRED = ("captions", "image")
"""Those by which each image stands beside one work of its own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """Where one image lies among the works of an archive. Scores are cosines.

    Of a work, it itself and its copies are left out of what lies around it.
    """

    #: Of the work; of a generated image, the name of its file without suffix.
    id: str
    #: Scores of the nearest works, up to fifty, best first.
    scores: tuple[float, ...]
    #: Score of the first of these with the work nearest to it; None if there is none, or no work near at all.
    own: float | None
    #: How alike it is pixel by pixel to the most alike of the works looked at; see `measures.likeness`. None where
    #: there are no pictures.
    alike: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen(Placed):
    """One image as the archive's encoder sees it, with the works around it."""

    #: float32 (dim,), unit length.
    vector: NDArray[np.float32]
    #: Ids of the nearest works, up to ten, best first; and of the one that it is most alike to, "" if there is none.
    near: tuple[str, ...]
    alike_to: str = ""

    def values(self) -> dict[str, Any]:
        """Plain values for JSON."""
        # Nine digits are what a float32 needs to come back as it was.
        vector = [float(f"{value:.9g}") for value in self.vector]
        return {one.name: getattr(self, one.name) for one in fields(self)} | {"vector": vector}


@dataclass(frozen=True, kw_only=True, eq=False)
class Made(Seen):
    """A generated image."""

    record: Record
    #: The works that conditioned it, for an image told by words those that these find.
    sources: tuple[str, ...]
    #: Of how many works of the archive it lies nearer than the best of these; None: there are no sources.
    source_rank: int | None
    #: At which place it would stand among the works, in the search for the condition.
    rank: int
    #: How alike the work that it is most alike to is to itself, once that went through the generator's autoencoder: no
    #: copy can be more so. None: not asked, as it is far from alike, or reserves data mining.
    kept: float | None = None

    @property
    def strength(self) -> float | None:
        """How much was made anew; None: it began from noise."""
        return self.record.strength

    def values(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return super().values() | {"record": self.record.values()}


@dataclass(frozen=True, kw_only=True, eq=False)
class Background:
    """How works of the archive lie to each other: what is near here, and how alike without being a copy."""

    #: A sample of works.
    works: tuple[Placed, ...] = ()
    #: How alike works are to themselves once they went through the generator's autoencoder; empty: not asked.
    through: tuple[float, ...] = ()

    def values(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"works": [asdict(one) for one in self.works], "through": self.through}


@dataclass(frozen=True, kw_only=True, eq=False)
class Contrast:
    """Retrieval beside transformation for one condition: everything that is measured is measured from this."""

    #: Name and title of the archive, number of works that it showed, its encoder, and where it lay, seen from the
    #: contrast's folder ("" if it was not kept in one).
    archive: str
    title: str
    size: int
    encoder: str
    encoder_fingerprint: str
    place: str = ""
    #: The query in words, and what of it the generator was told: one of `WAYS`.
    query: str
    told: str
    generator: str
    generator_fingerprint: str
    #: float32 (dim,): the query, and the mean of all works of the archive (shorter than 1).
    question: NDArray[np.float32]
    mean: NDArray[np.float32]
    retrieved: tuple[Seen, ...]
    #: In the order in which they were asked for; of a sweep, all works at the first strength, then at the next.
    made: tuple[Made, ...]
    background: Background
    #: What the catalogue says of each work that is named here: creator, medium, place, subjects, year, year_end.
    catalogue: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: What a reader must know of how this came about.
    notes: tuple[str, ...] = ()
    #: Whether all images that were asked for were made.
    finished: bool = True

    @property
    def strengths(self) -> tuple[float | None, ...]:
        """Each strength that was asked for, in order; (None,) where images began from noise."""
        return tuple(dict.fromkeys(one.strength for one in self.made))

    def at(self, strength: float | None) -> tuple[Made, ...]:
        """The images of one strength."""
        return tuple(one for one in self.made if one.strength == strength)

    def without(self, ids: set[str] | frozenset[str]) -> Contrast:
        """The contrast without these works, and without the images that they conditioned."""

        def cleared(one: Any) -> Any:
            near = tuple(item for item in one.near if item not in ids)
            return replace(one, near=near, alike_to="" if one.alike_to in ids else one.alike_to)

        made = (replace(cleared(one), sources=tuple(s for s in one.sources if s not in ids)) for one in self.made)
        background = replace(self.background, works=tuple(one for one in self.background.works if one.id not in ids))
        return replace(
            self,
            query=unnamed(self.query, ids),
            notes=tuple(unnamed(self.notes, ids)),
            retrieved=tuple(cleared(one) for one in self.retrieved if one.id not in ids),
            made=tuple(one for one in made if not one.record.works & ids),
            background=background,
            catalogue={item: facts for item, facts in self.catalogue.items() if item not in ids},
        )

    def values(self) -> dict[str, Any]:
        """Plain values for JSON; `Contrast.of` reads them back."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        for name in ("question", "mean"):
            plain[name] = [float(f"{value:.9g}") for value in plain[name]]
        plain["retrieved"] = [one.values() for one in self.retrieved]
        plain["made"] = [one.values() for one in self.made]
        return {"format": FORMAT, **plain, "background": self.background.values()}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Contrast:
        """A contrast from its values. Raises `ValueError`, `KeyError`, `TypeError` or `ArchiveError` if it is none."""
        given = dict(values)
        if given.pop("format") != FORMAT:
            message = f"it is of another format than {FORMAT}"
            raise ValueError(message)
        for name in ("question", "mean"):
            given[name] = np.asarray(given[name], np.float32)
        given["retrieved"] = tuple(Seen(**_seen(one)) for one in given["retrieved"])
        given["made"] = tuple(
            Made(**_seen(one) | {"record": Record.of(one["record"]), "sources": tuple(one["sources"])})
            for one in given["made"]
        )
        background = given["background"]
        given["background"] = Background(
            works=tuple(Placed(**one | {"scores": tuple(one["scores"])}) for one in background["works"]),
            through=tuple(background["through"]),
        )
        return cls(**given | {"notes": tuple(given["notes"])})

    def save(self, folder: Path) -> None:
        """Write ``contrast.json``, whole or not at all. Raises `WriteRefused`."""
        text = json.dumps(self.values(), ensure_ascii=False, allow_nan=False)
        storage.write_bytes(folder / FILE, (text + "\n").encode())

    @classmethod
    def load(cls, folder: Path) -> Contrast:
        """The contrast in a folder. Raises `ArchiveError` if there is none that can be read."""
        path = folder / FILE
        try:
            return cls.of(json.loads(path.read_bytes()))
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}"
            raise ArchiveError(message) from error
        except (ValueError, KeyError, TypeError, AttributeError, ArchiveError) as error:
            said = " ".join(str(error).split()) or type(error).__name__
            message = f"{path} is no contrast that this version reads ({said}); make it again"
            raise ArchiveError(message) from error


def _seen(values: Mapping[str, Any]) -> dict[str, Any]:
    vector = np.asarray(values["vector"], np.float32)
    return {**values, "vector": vector, "near": tuple(values["near"]), "scores": tuple(values["scores"])}
