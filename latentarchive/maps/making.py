"""`make_map`: an archive on two dimensions, with how much of its space is kept there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.arrays import integers, strings
from latentarchive.description import nearest_terms, own_subjects
from latentarchive.embeddings import BLOCK
from latentarchive.errors import QueryError
from latentarchive.maps.groups import Groups, group
from latentarchive.maps.laying import Layout, lay_out, neighbours_kept
from latentarchive.maps.projections import METHODS
from latentarchive.maps.regions import FITTED, Region, Regions, find_regions
from latentarchive.maps.snapping import ASSIGNED, snapped
from latentarchive.measures.fidelity import Fidelity
from latentarchive.progress import Progress, silent

WORDS = 3
"""Words that are given for a region, if any are asked for."""


@dataclass(frozen=True, eq=False)
class Map:
    """Works of an archive at places on a square."""

    archive: str
    #: Of the encoder whose space it is.
    encoder: str
    method: str
    about: str
    seed: int
    #: Works on it, in row order: their row numbers and ids.
    rows: NDArray[np.int64]
    ids: tuple[str, ...]
    #: float64 (n, 2): from 0 to 1, x to the right and y upwards, one scale for both.
    xy: NDArray[np.float64]
    #: How many works the projection was fitted to; the others were placed on it afterwards.
    fitted: int
    fidelity: Fidelity
    regions: Regions
    #: Columns and rows if the works lie in the cells of a grid; None if not.
    grid: tuple[int, int] | None = None
    groups: Groups | None = None
    #: How it was made where that matters to whoever looks at it.
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def sentence(self) -> str:
        """How much of the space the map keeps, for a person."""
        return self.fidelity.sentence

    def table(self) -> pa.Table:
        """The works with their places: id, x, y, region (from 1), and what the field of the groups says."""
        columns = {"id": strings(self.ids), "x": pa.array(self.xy[:, 0]), "y": pa.array(self.xy[:, 1])}
        columns["region"] = integers(self.regions.of)
        if self.groups is not None:
            columns[self.groups.field] = strings(self.groups.values)
        return pa.table(columns)

    def record(self) -> dict[str, Any]:
        """Plain values for JSON: how it was made and what it keeps; places are in `table`."""
        f = self.fidelity
        return {
            "archive": self.archive,
            "encoder": self.encoder,
            "method": self.method,
            "seed": self.seed,
            "n": len(self),
            "fitted": self.fitted,
            "grid": list(self.grid) if self.grid else None,
            "fidelity": {name: getattr(f, name) for name in f.__slots__},
            "sentence": self.sentence,
            "silhouette": self.regions.silhouette,
            "regions": [_region(one, self.ids) for one in self.regions.regions],
            "notes": list(self.notes),
        }

    def without(self, gone: set[str]) -> Map:
        """The map without these works: neither their places nor their names are left; figures stay what they were."""
        if not gone.intersection(self.ids):
            return self
        keep = np.array([item not in gone for item in self.ids])
        place = np.cumsum(keep) - 1
        regions = [
            replace(one, shown=tuple(int(place[at]) for at in one.shown if keep[at])) for one in self.regions.regions
        ]
        return replace(
            self,
            rows=self.rows[keep],
            ids=tuple(item for item, stays in zip(self.ids, keep, strict=True) if stays),
            xy=self.xy[keep],
            regions=replace(self.regions, of=self.regions.of[keep], regions=regions),
            groups=self.groups.kept(keep) if self.groups is not None else None,
        )


def make_map(
    archive: Archive,
    *,
    method: str = "umap",
    where: str = "",
    by: str = "",
    grid: bool = False,
    k: int = 10,
    regions: int = 12,
    words: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> Map:
    """Lay the works of an archive out on two dimensions.

    Args:
        archive: With vectors; what is withheld is not on the map.
        method: One of `METHODS`.
        where: Only works for which this is true; see `Archive.rows`.
        by: A field of the catalogue that works are grouped by; "": none.
        grid: Move the works to the cells of a grid, so that none hides another.
        k: Neighbours that the map is judged by.
        regions: How many clusters of the vectors are looked for.
        words: Name the words of the archive's subjects that are nearest to each region, with their cosines.
        seed: Of all that is random.
        progress: Told the stage.

    Raises:
        QueryError: There are too few works for a map, the method or a field is not known, or a number is out of range.
        EncoderError, MissingExtra: The archive has no vectors; words need its encoder; umap-learn is not installed.
    """
    if k < 1 or regions < 2:
        message = f"k must be 1 or more and regions 2 or more, got {k} and {regions}"
        raise QueryError(message)
    groups = group(archive, archive.rows(where), by) if by else None
    progress("projecting", 0, 3)
    laid = lay_out(archive, method=method, where=where, k=k, seed=seed)
    embeddings, rows, n = archive.embeddings, laid.rows, len(laid.rows)

    def blocks() -> Iterator[tuple[int, NDArray[np.float32]]]:
        for start in range(0, n, BLOCK):
            yield start, embeddings.take(rows[start : start + BLOCK])

    cells = snapped(laid.xy) if grid else None
    xy = _square(laid.xy if cells is None else cells[0].astype(np.float64))
    progress("comparing neighbours", 1, 3)
    kept = neighbours_kept(archive, rows, xy, k=k, seed=seed)
    progress("finding regions", 2, 3)
    rng = np.random.default_rng(seed)
    sample = embeddings.take(rows if n <= FITTED else np.sort(rng.choice(rows, FITTED, replace=False)))
    found = find_regions(blocks, sample, regions, seed)
    if words:
        found = _worded(archive, rows, found)
    progress("finding regions", 3, 3)
    return Map(
        archive=archive.name,
        encoder=archive.manifest.encoder_name,
        method=method,
        about=METHODS[method].about,
        seed=seed,
        rows=rows,
        ids=tuple(archive.collection.take(rows, ["id"])["id"].to_pylist()),
        xy=xy,
        fitted=laid.fitted,
        fidelity=kept,
        regions=found,
        grid=cells[1:] if cells is not None else None,
        groups=groups,
        notes=_notes(laid, found, grid=grid),
    )


def _notes(laid: Layout, found: Regions, *, grid: bool) -> tuple[str, ...]:
    method, n = laid.method, len(laid.rows)
    notes = [METHODS[method].about]
    if method == "pca":
        notes.append(f"The two axes have {laid.share:.1%} of the variance of the vectors.")
    if laid.fitted < n:
        how = "at its unit of the sheet" if method == "som" else "between its nearest works of the sample"
        notes.append(f"Fitted to a seeded sample of {laid.fitted:,} of {n:,} works; each of the others was put {how}.")
    if grid:
        how = "with the least sum of squared ways" if n <= ASSIGNED else "by halving the grid and the works in turn"
        notes.append(f"Moved to the cells of a grid, one work a cell, {how}; the figures are those of the grid.")
    kinds = len(found.regions)
    notes.append(
        f"Regions are {kinds} clusters of the vectors (k-means), not of the map; mean silhouette "
        f"{found.silhouette:.2f} over {found.looked:,} works, where 1 would be islands and 0 says that borders are "
        "arbitrary. The works that stand for a region are those nearest to its middle."
    )
    notes.append("A map is one view of a space of many dimensions: what lies apart here may be near there.")
    return tuple(notes)


def _square(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places on the unit square, one scale for both axes, in its middle."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    scaled = (xy - (low + high) / 2) / max(float((high - low).max()), 1e-12) + 0.5
    return np.asarray(np.round(scaled, 6))


def _worded(archive: Archive, rows: NDArray[np.int64], found: Regions) -> Regions:
    terms = own_subjects(archive.collection.take(rows, ["subjects"])["subjects"].to_pylist())
    if not terms:
        message = f"archive {archive.name} has no subjects of its own: regions cannot be given words"
        raise QueryError(message)
    vectors = archive.encoder.encode_texts(terms).unit
    named = []
    for one, middle in zip(found.regions, found.middles, strict=True):
        nearest_ones = nearest_terms(middle, terms, vectors, archive.embeddings.mean, WORDS)
        named.append(replace(one, words=tuple((term.term, round(term.score, 3)) for term in nearest_ones)))
    return replace(found, regions=named)


def _region(one: Region, ids: tuple[str, ...]) -> dict[str, Any]:
    shown = [ids[at] for at in one.shown]
    return {"number": one.number, "n": one.n, "shown": shown, "alike": one.alike, "words": [list(w) for w in one.words]}
