"""The rungs that look at images: perceptual hashes of thumbnails, and neighbours in the archive's space."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.audit.finding import Skip
from latentarchive.audit.question import MOST, Asked, Match, Question
from latentarchive.audit.rungs import rung
from latentarchive.audit.works import picture
from latentarchive.errors import ArchiveError, QueryError
from latentarchive.images import thumbnail
from latentarchive.measures.hashing import BITS, SIDE, hamming, phash

RADIUS = 10
"""Bits of a perceptual hash that may differ at most, unless more are asked for: the default of imagededup."""

TOGETHER = 64
"""Images encoded at a time."""

PAIRS = 1000
"""Works drawn to see how near any two are, and how near each has its nearest."""

USUAL = 0.05
"""A work is called similar if its nearest is no farther than that of all but this share of the archive's own works."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the works' images, by place: hash and vector, and why there is none."""

    hashes: dict[int, int]
    vectors: dict[int, NDArray[np.float32]]
    faults: dict[int, str]
    no_vectors: str = ""


@rung(
    "perceptual",
    "an image that looks the same",
    shows="a copy is likely: resized, recompressed, a little changed",
    hides="cropped, mirrored or turned copies; that two are one, where many look alike: look at them",
)
def perceptual(question: Question) -> Asked:
    """Shown images whose perceptual hash differs in few bits; of files through thumbnails like those of the archive."""
    archive = question.subject.holding()
    rows, hashes = _stored(question)
    if not len(rows):
        message = "this archive holds no images"
        raise Skip(message)
    seen = _seen(question)
    radius, chance = _radius(question, hashes)
    wanted = np.array(list(seen.hashes.values()), np.uint64)
    found: dict[int, Match] = {}
    nearest: dict[int, Match] = {}
    for start in range(0, len(wanted), 256):
        bits = hamming(wanted[start : start + 256], hashes)
        for at, row in zip(list(seen.hashes)[start : start + 256], bits, strict=True):
            if at in question.own:
                row[rows == archive.row(question.own[at])] = BITS + 1
            near = np.flatnonzero(row <= radius)
            first = near if len(near) else np.array([int(row.argmin())])
            first = first[np.lexsort((first, row[first]))]
            match = Match(
                len(near),
                _ids(archive, rows[first[:MOST]]),
                f"the nearest differs in {row[first[0]]} of {BITS} bits",
                int(row[first[0]]),
            )
            (found if len(near) else nearest)[at] = match
    note = (
        f"up to {radius} of {BITS} bits may differ; of random pairs of this archive {chance:.3%} are as near, which "
        f"makes about {chance * len(hashes):,.1f} of its {len(hashes):,} images by chance"
    )
    return Asked(found, seen.faults, note, nearest)


@rung(
    "neighbour",
    "similar works",
    shows="works that the encoder finds similar are present",
    hides="membership of any kind: neighbours are other works unless another rung says so",
)
def neighbour(question: Question) -> Asked:
    """The nearest shown works in the archive's space: whether similar ones are present."""
    archive = question.subject.with_vectors()
    seen = _seen(question)
    if seen.no_vectors:
        raise Skip(seen.no_vectors)
    usual = _usual(question, archive)
    found: dict[int, Match] = {}
    nearest: dict[int, Match] = {}
    if seen.vectors:
        lists = _search(archive, np.stack(list(seen.vectors.values())), MOST + 1)
        for at, (rows, scores) in zip(seen.vectors, lists, strict=True):
            mine = archive.row(question.own[at]) if at in question.own else -1
            others = rows != mine
            rows, scores = rows[others][:MOST], scores[others][:MOST]
            if len(rows):
                first = float(scores[0])
                said = f"the nearest {len(rows)} looked at, the first at a cosine of {first:.3f}"
                match = Match(int((scores >= usual).sum()), _ids(archive, rows), said, round(first, 6))
                (found if first >= usual else nearest)[at] = match
    note = f"similar from a cosine of {usual:.3f}: so near have {1 - USUAL:.0%} of the archive's own works another one"
    return Asked(found, seen.faults, note, nearest)


def _stored(question: Question) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Rows that are shown and have a thumbnail, and their perceptual hashes."""
    archive = question.subject.holding()

    def make() -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        visible, rows, hashes = archive.visible, [], []
        with ThreadPoolExecutor() as pool:
            for start, webp in archive.holdings.thumbnails():
                question.progress("hashing", start, len(visible))
                here = [at for at, data in enumerate(webp) if data and visible[start + at]]
                if here:
                    rows.append(np.array(here, np.int64) + start)
                    hashes.append(phash(np.stack(list(pool.map(_grey, [webp[at] for at in here])))))
        if not rows:
            return np.empty(0, np.int64), np.empty(0, np.uint64)
        return np.concatenate(rows), np.concatenate(hashes)

    return question.subject.kept("perceptual hashes", make)


def _grey(webp: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(webp)) as image:
        return np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def _seen(question: Question) -> Seen:
    """Decode and encode the images of the works, some at a time. Each is decoded once for both rungs."""
    key = f"seen {question.works!r}"
    return question.subject.kept(key, lambda: _look(question, question.subject.holding()))


def _look(question: Question, archive: Archive) -> Seen:
    seen = Seen({}, {}, {})
    encoder, reason = None, ""
    files = [at for at, work in enumerate(question.works) if work.file is not None]
    if archive.has_vectors and files:
        try:
            encoder = archive.encoder
        except ArchiveError as error:
            reason = str(error)
    for start in range(0, len(files), TOGETHER):
        question.progress("looking", start, len(files))
        prepared = {}
        for at in files[start : start + TOGETHER]:
            try:
                image = picture(question.works[at])
            except QueryError as error:
                seen.faults[at] = str(error)
                continue
            seen.hashes[at] = int(phash(_grey(thumbnail(image))[None])[0])
            if encoder is not None:
                prepared[at] = encoder.prepare(image)
        if prepared and encoder is not None:
            unit = encoder.encode_prepared(list(prepared.values())).unit
            seen.vectors.update(zip(prepared, unit, strict=True))
    for at, item in question.own.items():
        if webp := archive.thumbnail(item):
            seen.hashes[at] = int(phash(_grey(webp)[None])[0])
        if archive.has_vectors:
            seen.vectors[at] = archive.embeddings.take([archive.row(item)])[0]
    for at, work in enumerate(question.works):
        if at not in seen.hashes and at not in seen.vectors and at not in seen.faults:
            seen.faults[at] = work.fault or "no image of it was given"
    return Seen(seen.hashes, seen.vectors, seen.faults, reason)


def _radius(question: Question, hashes: NDArray[np.uint64]) -> tuple[int, float]:
    """The radius, and the share of random pairs of different images of this archive within it.

    Unless one was asked for it is the greatest up to `RADIUS` at which less than one image would be near by chance;
    plates on white grounds look alike at radii that tell photographs apart.
    """
    if len(hashes) < 2:
        return RADIUS if question.radius is None else question.radius, 0.0
    rng = np.random.default_rng(0)
    some = hashes[np.sort(rng.choice(len(hashes), min(PAIRS, len(hashes)), replace=False))]
    counts = np.bincount(hamming(some, some)[np.triu_indices(len(some), 1)], minlength=BITS + 1)
    shares = np.cumsum(counts) / counts.sum()
    fit = np.flatnonzero(shares[: RADIUS + 1] * len(hashes) < 1)
    radius = question.radius if question.radius is not None else int(fit.max(initial=0))
    return radius, float(shares[radius])


def _usual(question: Question, archive: Archive) -> float:
    """The cosine that all but `USUAL` of the shown works, or of a sample of them, reach with their nearest other."""
    rows = archive.rows()

    def measure() -> float:
        if len(rows) < 2:
            return 1.0
        some = np.sort(np.random.default_rng(0).choice(rows, min(PAIRS, len(rows)), replace=False))
        lists = _search(archive, archive.embeddings.take(some), 2)
        own = zip(some, lists, strict=True)
        best = [float(scores[found != row].max(initial=-1.0)) for row, (found, scores) in own]
        return float(np.quantile(best, USUAL))

    return question.subject.kept("usual neighbour", measure)


def _search(
    archive: Archive, vectors: NDArray[np.float32], k: int
) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    index = archive.holdings.index
    assert index is not None  # it has vectors
    return index.search(vectors, k, encoder=archive.manifest.fingerprint, allowed=archive.visible)


def _ids(archive: Archive, rows: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(archive.collection.take(rows, ["id"])["id"].to_pylist())
