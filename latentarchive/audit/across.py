"""What two archives both hold: the same bytes, the same picture, or what means the same to the encoder of both."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from latentarchive.archive import Archive
from latentarchive.audit.copies import FLOOR, copies
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Skip, Table
from latentarchive.audit.miniatures import pictures
from latentarchive.audit.registry import check
from latentarchive.audit.sheets import Sheet, sheet
from latentarchive.audit.subject import Subject
from latentarchive.errors import ArchiveError
from latentarchive.index.pairs import cross_pairs
from latentarchive.measures.grouping import Links

ROUNDED = 4
"""Places of a score that is the same on every processor."""

MARGIN = 0.02
"""How far below the cosine that is asked for pairs are looked for, to be shown as rejected."""


@check
def shared(
    subject: Subject,
    *,
    other: str,
    radius: int = 12,
    likeness: float = 0.97,
    cosine: float = 0.96,
    top: int = 50,
    sheet_pairs: int = 12,
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
        sheet_pairs: How many pairs are shown on each side of a threshold.
        seed: Of the clustering that large archives are compared in.
    """
    mine = subject.holding()
    try:
        two = _Two(mine, Archive.open(other), other, top, sheet_pairs)
    except ArchiveError as error:
        message = f"the other archive cannot be opened: {error}"
        raise Skip(message) from error
    for found in (_bytes(two), _pictures(two, radius, likeness), _vectors(two, cosine, seed)):
        try:
            yield from found
        except Skip as reason:  # what one count needs, another may not
            yield Finding(sentence=f"Not asked: {reason}.", outcome="skip")


@dataclass(frozen=True)
class _Two:
    """The two archives, and how much of what they share is told."""

    mine: Archive
    theirs: Archive
    #: The other one as the suite names it.
    place: str
    #: Pairs that are listed, and that are shown on each side of a threshold.
    top: int
    sheet_pairs: int

    @property
    def names(self) -> tuple[str, str]:
        """What they are called, each otherwise."""
        name, other = self.mine.name, self.theirs.name
        return name, other if other != name else f"the other {other}"

    @property
    def columns(self) -> tuple[str, str]:
        """Names of the columns of their ids."""
        name, other = self.names
        return f"id in {name}", f"id in {other}"


def _bytes(two: _Two) -> Iterator[Finding]:
    sides = []
    for archive in (two.mine, two.theirs):
        columns = archive.collection.take(archive.rows(), ["id", "sha256"])
        sides.append((columns["id"].to_pylist(), columns["sha256"].to_pylist()))
    (left, left_sha), (right, right_sha) = sides
    if not any(left_sha) or not any(right_sha):
        message = "there are no checksums of files in one of the two archives"
        raise Skip(message)
    number = {sha: at for at, sha in reversed(list(enumerate(right_sha))) if sha}
    pairs = [(at, number[sha]) for at, sha in enumerate(left_sha) if sha in number]
    both = _Both(two, left, right, 1.0)
    i, j = np.array(pairs, np.int64).reshape(-1, 2).T
    both.add(i, j, np.ones(len(i)))
    both.there = np.isin(np.array(right_sha, object), [left_sha[at] for at in i])
    note = "One counterpart is listed for each item here."
    yield both.finding("are there byte for byte", "the same bytes", note)


def _pictures(two: _Two, radius: int, threshold: float) -> Iterator[Finding]:
    if not FLOOR <= threshold <= 1:
        message = f"likeness must be from {FLOOR} to 1, got {threshold}"
        raise Skip(message)
    with tempfile.TemporaryDirectory(prefix="latentarchive-") as folder:
        places = [Path(folder) / name for name in ("mine", "theirs")]
        for place in places:
            place.mkdir()
        left, right = (pictures(*both) for both in zip((two.mine, two.theirs), places, strict=True))
        for mirrored, what in ((False, "show a picture that is there"), (True, "show the mirror image of one there")):
            found = copies(left, right, radius=radius, mirrored=mirrored)
            good = found.likeness >= threshold
            both = _Both(two, left.ids, right.ids, threshold)
            both.add(found.i, found.j, found.likeness)
            both.here, both.there = np.isin(left.same, found.i[good]), np.isin(right.same, found.j[good])
            yield both.finding(what, "likeness", f"Likeness {threshold:g} of thumbnails; see duplicates.perceptual.")
            yield both.sheet("likeness", "mirror images" if mirrored else "pictures of the same work")


def _vectors(two: _Two, threshold: float, seed: int) -> Iterator[Finding]:
    mine, theirs = two.mine, two.theirs
    for archive in (mine, theirs):
        if not archive.has_vectors:
            message = f"archive {archive.name} holds only metadata: there are no vectors"
            raise Skip(message)
    if mine.manifest.fingerprint != theirs.manifest.fingerprint:
        message = (
            f"the vectors were made by two encoders ({mine.manifest.encoder_name} and {theirs.manifest.encoder_name}, "
            "of other fingerprints) and cannot be compared; build one of the archives again with the other's encoder"
        )
        raise Skip(message)
    rows, others = mine.rows(), theirs.rows()
    ids, other_ids = (a.collection.take(r, ["id"])["id"].to_pylist() for a, r in ((mine, rows), (theirs, others)))
    both = _Both(two, ids, other_ids, threshold)
    for i, j, scores in cross_pairs(
        lambda some: mine.embeddings.take(rows[some]),
        len(rows),
        lambda some: theirs.embeddings.take(others[some]),
        len(others),
        threshold - MARGIN,
        seed=seed,
    ):
        both.add(i, j, scores)
    how = f"Cosines of {mine.manifest.encoder_name}, {threshold:g} or more."
    yield both.finding(f"are within cosine {threshold:g} of one there", "cosine", how)
    yield both.sheet("cosine", "what this encoder takes for one")


class _Both:
    """What both have: which items, the pairs that are most alike, and those on either side of a threshold."""

    def __init__(self, two: _Two, left: list[str], right: list[str], threshold: float) -> None:
        self.two, self.ids, self.threshold = two, [*left, *right], threshold
        self.here, self.there = np.zeros(len(left), bool), np.zeros(len(right), bool)
        # Things of the other archive are numbered after those of this one.
        self._links = Links(len(self.ids), (threshold,), threshold)
        self._pairs: tuple[np.ndarray, ...] = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))

    def add(self, i: np.ndarray, j: np.ndarray, scores: np.ndarray) -> None:
        scores = np.round(scores.astype(np.float64), ROUNDED)
        self._links.add(i, j + len(self.here), scores)
        good = scores >= self.threshold
        i, j, scores = i[good], j[good], scores[good]
        self.here[i] = self.there[j] = True
        i, j, scores = (np.concatenate(columns) for columns in zip(self._pairs, (i, j, scores), strict=True))
        order = np.lexsort((j, i, -scores))[: self.two.top]
        self._pairs = (i[order], j[order], scores[order])

    def finding(self, what: str, measure: str, note: str) -> Finding:
        """How many items of the one are in the other."""
        here, there, n = int(self.here.sum()), int(self.there.sum()), len(self.here)
        name, other = self.two.names
        columns = (column.tolist() for column in self._pairs)
        rows = tuple((self.ids[i], self.ids[n + j], score) for i, j, score in zip(*columns, strict=True))
        return Finding(
            sentence=f"{here:,} of {n:,} items of {name} {what}, in {other} ({len(self.there):,} items); "
            f"they match {there:,} of its items.",
            value=here / n if n else None,
            unit="share" if n else "",
            n=n,
            denominator=f"items of {name} that are shown",
            examples=tuple(dict.fromkeys(row[0] for row in rows))[:MOST_EXAMPLES],
            table=Table(columns=(*self.two.columns, measure), rows=rows, ids=(0, 1)),
            notes=(note,),
        )

    def sheet(self, measure: str, same: str) -> Finding:
        """Pairs to look at."""
        of = Sheet(
            ids=self.ids,
            measure=measure,
            same=same,
            shown=self.two.sheet_pairs,
            columns=self.two.columns,
            archives=("", self.two.place),
        )
        # Examples are works of this archive.
        found = sheet(self._links, of)
        rows = found.table.rows if found.table is not None else ()
        return replace(found, examples=tuple(dict.fromkeys(row[0] for row in rows))[:MOST_EXAMPLES])
