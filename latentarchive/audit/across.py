"""What two archives both hold: the same bytes, the same picture, or what means the same to the encoder of both."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from latentarchive.archive import Archive
from latentarchive.audit.copies import FLOOR, copies
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Skip, Table
from latentarchive.audit.miniatures import pictures
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.errors import ArchiveError
from latentarchive.index.pairs import cross_pairs

ROUNDED = 4
"""Places of a score that is the same on every processor."""


@check
def shared(
    subject: Subject,
    *,
    other: str,
    radius: int = 12,
    likeness: float = 0.97,
    cosine: float = 0.96,
    top: int = 50,
    seed: int = 0,
) -> Iterator[Finding]:
    """Items of this archive that another archive also holds, counted as bytes, as pictures and by vectors.

    Every table says which collection each id is of. Vectors are compared only where one encoder made both.

    Options:
        other: Path or name of the other archive.
        radius: In how many of 64 bits the hashes of a proposed pair may differ.
        likeness: From which two pictures are the same; see duplicates.perceptual.
        cosine: From which two vectors are.
        top: How many pairs are listed, the most alike first.
        seed: Of the clustering that large archives are compared in.
    """
    mine = subject.holding()
    try:
        theirs = Archive.open(other)
    except ArchiveError as error:
        message = f"the other archive cannot be opened: {error}"
        raise Skip(message) from error
    for found in (
        _bytes(mine, theirs, top),
        _pictures(mine, theirs, radius, likeness, top),
        _vectors(mine, theirs, cosine, top, seed),
    ):
        try:
            yield from found
        except Skip as reason:  # what one count needs, another may not
            yield Finding(sentence=f"Not asked: {reason}.", outcome="skip")


def _bytes(mine: Archive, theirs: Archive, top: int) -> Iterator[Finding]:
    sides = []
    for archive in (mine, theirs):
        columns = archive.collection.take(archive.rows(), ["id", "sha256"])
        sides.append((columns["id"].to_pylist(), columns["sha256"].to_pylist()))
    (left, left_sha), (right, right_sha) = sides
    if not any(left_sha) or not any(right_sha):
        message = "there are no checksums of files in one of the two archives"
        raise Skip(message)
    number = {sha: at for at, sha in reversed(list(enumerate(right_sha))) if sha}
    pairs = [(at, number[sha]) for at, sha in enumerate(left_sha) if sha in number]
    both = _Both(left, right, top)
    i, j = np.array(pairs, np.int64).reshape(-1, 2).T
    both.add(i, j, np.ones(len(i)))
    both.there = np.isin(np.array(right_sha, object), [left_sha[at] for at in i])
    note = "One counterpart is listed for each item here."
    yield _finding("are there byte for byte", mine, theirs, both, ("the same bytes", note))


def _pictures(mine: Archive, theirs: Archive, radius: int, threshold: float, top: int) -> Iterator[Finding]:
    if not FLOOR <= threshold <= 1:
        message = f"likeness must be from {FLOOR} to 1, got {threshold}"
        raise Skip(message)
    with tempfile.TemporaryDirectory(prefix="latentarchive-") as folder:
        places = [Path(folder) / name for name in ("mine", "theirs")]
        for place in places:
            place.mkdir()
        left, right = (pictures(*both) for both in zip((mine, theirs), places, strict=True))
        for mirrored, what in ((False, "show a picture that is there"), (True, "show the mirror image of one there")):
            found = copies(left, right, radius=radius, mirrored=mirrored)
            good = found.likeness >= threshold
            both = _Both(left.ids, right.ids, top)
            both.add(found.i[good], found.j[good], found.likeness[good])
            both.here, both.there = np.isin(left.same, found.i[good]), np.isin(right.same, found.j[good])
            how = f"Likeness {threshold:g} of thumbnails; see duplicates.perceptual."
            yield _finding(what, mine, theirs, both, ("likeness", how))


def _vectors(mine: Archive, theirs: Archive, threshold: float, top: int, seed: int) -> Iterator[Finding]:
    for archive in (mine, theirs):
        if not archive.has_vectors:
            message = f"archive {archive.name} holds only metadata: there are no vectors"
            raise Skip(message)
    if mine.manifest.fingerprint != theirs.manifest.fingerprint:
        message = (
            f"the vectors were made by two encoders ({mine.manifest.encoder} and {theirs.manifest.encoder}, of other "
            "fingerprints) and cannot be compared; build one of the archives again with the other's encoder"
        )
        raise Skip(message)
    rows, others = mine.rows(), theirs.rows()
    ids, other_ids = (a.collection.take(r, ["id"])["id"].to_pylist() for a, r in ((mine, rows), (theirs, others)))
    both = _Both(ids, other_ids, top)
    for i, j, scores in cross_pairs(
        lambda some: mine.embeddings.take(rows[some]),
        len(rows),
        lambda some: theirs.embeddings.take(others[some]),
        len(others),
        threshold,
        seed=seed,
    ):
        both.add(i, j, scores)
    how = f"Cosines of {mine.manifest.encoder}, {threshold:g} or more."
    yield _finding(f"are within cosine {threshold:g} of one there", mine, theirs, both, ("cosine", how))


class _Both:
    """What both have: which items, and the pairs that are most alike."""

    def __init__(self, left: list[str], right: list[str], top: int) -> None:
        self.ids, self.other_ids, self.top = left, right, top
        self.here, self.there = np.zeros(len(left), bool), np.zeros(len(right), bool)
        self._pairs: tuple[np.ndarray, ...] = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))

    def add(self, i: np.ndarray, j: np.ndarray, scores: np.ndarray) -> None:
        self.here[i] = self.there[j] = True
        new = (i, j, np.round(scores.astype(np.float64), ROUNDED))
        i, j, scores = (np.concatenate(columns) for columns in zip(self._pairs, new, strict=True))
        order = np.lexsort((j, i, -scores))[: self.top]
        self._pairs = (i[order], j[order], scores[order])

    @property
    def rows(self) -> tuple[tuple[str, str, float], ...]:
        """Ids and score, the most alike first."""
        columns = (column.tolist() for column in self._pairs)
        return tuple((self.ids[i], self.other_ids[j], score) for i, j, score in zip(*columns, strict=True))


def _finding(what: str, mine: Archive, theirs: Archive, both: _Both, how: tuple[str, str]) -> Finding:
    measure, note = how
    here, there, n = int(both.here.sum()), int(both.there.sum()), len(both.ids)
    name, other = mine.name, theirs.name if theirs.name != mine.name else f"the other {theirs.name}"
    return Finding(
        sentence=f"{here:,} of {n:,} items of {name} {what}, in {other} ({len(both.other_ids):,} items); "
        f"they match {there:,} of its items.",
        value=here / n if n else None,
        unit="share" if n else "",
        n=n,
        denominator=f"items of {name} that are shown",
        examples=tuple(dict.fromkeys(row[0] for row in both.rows))[:MOST_EXAMPLES],
        table=Table(columns=(f"id in {name}", f"id in {other}", measure), rows=both.rows, ids=(0, 1)),
        notes=(note,) if note else (),
    )
