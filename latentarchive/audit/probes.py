"""Works, parts and spaces for probes, made once: what is read from vectors is read for works that were held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import Skip
from latentarchive.audit.labels import labels
from latentarchive.audit.neighbours import Neighbours, neighbours
from latentarchive.audit.rows import counted
from latentarchive.audit.subject import Subject
from latentarchive.index.codes import coded, one_bit_codec
from latentarchive.measures.probing import FOLDS, folds, neighbours_elsewhere

Ints = NDArray[np.int64]

SAMPLE = 20_000
"""Works that are probed, at most."""

VOTERS = 30
"""Neighbours that are kept of each work, so that enough of them have a label."""

LEAST = 10 * FOLDS
"""Works without which nothing is probed: ten in each part."""


@dataclass(frozen=True, eq=False)
class Space:
    """One form of the vectors of m works."""

    name: str
    #: Bytes a work.
    size: int
    #: float32 (m, dim), unit rows.
    rows: NDArray[np.float32]
    #: int64 (m, up to VOTERS): the nearest works of other parts.
    near: Ints


@dataclass(frozen=True, eq=False)
class Probed:
    """The works that are probed; m of them."""

    graph: Neighbours
    #: int64 (m,): their places among the works of the graph; and their ids.
    places: Ints
    ids: tuple[str, ...]
    #: int64 (m,): the part in which each is guessed.
    fold: Ints
    #: The vectors as they are, and what is left of them.
    spaces: tuple[Space, ...]
    notes: tuple[str, ...]

    @property
    def what(self) -> str:
        """What a number of works is counted of."""
        return counted(len(self.ids), self.graph.of)


def probed(
    subject: Subject, *, group_by: Sequence[str], pca: int, sample: int = SAMPLE, seed: int = 0, k: int = 10
) -> Probed:
    """The works and spaces of a subject, made once.

    Args:
        subject: An archive with vectors.
        group_by: Fields whose values stay in one part where there are enough of them, beside groups of copies.
        pca: Dimensions of the space of principal components.
        sample: How many works, at most.
        seed: Of the sample.
        k: Of the graph that copies are found in.

    Raises:
        Skip: There are no vectors or too few works.
    """
    key = f"probed {tuple(group_by)} {pca} {sample} {seed} {k}"
    return subject.kept(key, lambda: _made(subject, group_by, pca, sample, seed, k))


def _made(subject: Subject, group_by: Sequence[str], pca: int, sample: int, seed: int, k: int) -> Probed:
    graph = neighbours(subject, k)
    n = len(graph.ids)
    if min(n, sample) < LEAST:
        message = f"probes need {LEAST} works or more, {FOLDS} parts of ten: there are {min(n, sample):,}"
        raise Skip(message)
    places = np.arange(n)
    if n > sample:
        places = np.sort(np.random.default_rng(seed).choice(n, sample, replace=False))
    ids = tuple(graph.ids[place] for place in places)
    group, said = _groups(subject, graph, places, ids, group_by)
    fold = folds(group)
    raw = graph.archive.embeddings.take(graph.rows[places])
    forms, told = _forms(graph, raw, pca)
    voters = min(VOTERS, len(fold) - int(np.bincount(fold).max()))
    spaces = tuple(Space(name, size, rows, neighbours_elsewhere(rows, fold, voters)) for name, size, rows in forms)
    notes = (
        f"Guessed in {FOLDS} parts, each learned from the others; no group of copies (cosine from "
        f"{graph.copies.cosine:g}) is divided between parts. {said}".strip(),
        *told,
    )
    return Probed(graph, places, ids, fold, spaces, notes)


def _groups(
    subject: Subject, graph: Neighbours, places: Ints, ids: Sequence[str], group_by: Sequence[str]
) -> tuple[Ints, str]:
    """Which works stay together, and in words why.

    A group of copies goes where its first work belongs: else one copy would join two sources whole.
    """
    group = np.unique(graph.copies.group[places], return_inverse=True)[1].astype(np.int64)
    first = np.unique(group, return_index=True)[1]
    said = []
    for field in group_by:
        try:
            found = labels(subject, ids, field)
        except Skip as skip:
            said.append(f"Not grouped by {field}: {skip}.")
            continue
        if len(found.names) < FOLDS or found.counts[0] > len(ids) / 2:
            said.append(
                f"Not grouped by {field}: that takes {FOLDS} values, none with more than half of the works; there are "
                f"{len(found.names)}, the largest with {found.counts[0] / len(ids):.0%}."
            )
            continue
        own = found.of[first]
        alone = len(found.names) + np.arange(len(first))  # what states nothing stands for itself
        merged = np.where(own >= 0, own, alone)[group]
        group = np.unique(merged, return_inverse=True)[1].astype(np.int64)
        first = np.unique(group, return_index=True)[1]
        said.append(f"Works of one {field} are in one part.")
    if len(first) < FOLDS:
        message = f"probes need {FOLDS} groups or more that may be told apart: there are {len(first)}"
        raise Skip(message)
    return group, " ".join(said)


def _forms(
    graph: Neighbours, raw: NDArray[np.float32], pca: int
) -> tuple[list[tuple[str, int, NDArray[np.float32]]], tuple[str, ...]]:
    """The vectors, what principal components leave of them, what codes leave; and what is to be said of it."""
    dim = raw.shape[1]
    found, notes = [("vectors", 2 * dim, raw)], []
    if pca < dim:
        found.append((f"PCA {pca}", 2 * pca, _unit(_principal(raw, pca))))
        notes.append(f"PCA {pca}: the vectors put together again from their first {pca} of {dim} principal components.")
    index = graph.archive.holdings.index
    own = index.coded(raw) if index is not None else None
    codes = own or coded(one_bit_codec(raw), raw)
    if codes is not None:
        whose = "the archive's index keeps" if own else "one bit a dimension (RaBitQ, as in larger archives) leaves"
        decoded, size = codes
        found.append(("codes", size, _unit(decoded)))
        notes.append(f"Codes: the vectors decoded from the {size} bytes that {whose} of each.")
    return found, tuple(notes)


def _principal(rows: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    from sklearn.decomposition import PCA

    components = PCA(dimensions, svd_solver="covariance_eigh")
    return components.inverse_transform(components.fit_transform(rows))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(norms > 0, norms, 1)).astype(np.float32)
