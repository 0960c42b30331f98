"""What a collection holds more than once: the same bytes, the same picture, or what means the same to an encoder.

Three counts that answer different questions. Groups are connected components, and what is superfluous is what is left
of each group beyond one; so copies of copies are one group.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from latentarchive.archive import Archive
from latentarchive.audit.copies import CROPS_UP_TO, FLOOR, Copies, copies
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.miniatures import Pictures, pictures
from latentarchive.audit.registry import check
from latentarchive.audit.sheets import Sheet, sheet
from latentarchive.audit.subject import Subject
from latentarchive.audit.superfluous import counted, in_groups, sensitivity, superfluous
from latentarchive.index.pairs import EXACT_UP_TO, near_pairs
from latentarchive.measures.grouping import Links

SAME = {"sha256": "bytes (sha256)", "md5": "bytes (md5)", "pair_hash": "address and caption (hash)"}
"""Columns that tell equal things, and what is the same where they are."""

LIKENESS = (0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)
COSINES = (0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)
"""Thresholds that are tried beside the one that is asked for."""

RANDOM = 1000
"""Items whose pairs tell how near any two are."""

FROM_THUMBNAILS = (
    "Pictures are compared by their thumbnails (at most 256 pixels a side); masters are not read. The hash is that of "
    "ImageHash (phash, 64 bits) of the thumbnail."
)


@check
def exact(subject: Subject, *, top: int = 20) -> Iterator[Finding]:
    """Items that are the same byte for byte, or that a table's own checksums call the same.

    One finding for each of the columns sha256, md5 and hash that there is. The hash of LAION is one of address and
    caption: what is the same there is the pair, not the image.

    Options:
        top: How many groups are listed, the largest first.
    """
    columns = [role for role in SAME if subject.has(role)]
    if not columns:
        subject.sql("sha256")  # raises Skip with the names that were looked for
    for role in columns:
        yield _same(subject, role, top)


def _same(subject: Subject, role: str, top: int) -> Finding:
    value = f"nullif(trim(CAST({subject.sql(role)} AS VARCHAR)), '')"
    query = f"SELECT {value} AS v, count(*) AS n FROM items GROUP BY v HAVING v IS NULL OR n > 1"
    several = subject.once(f"same_{role}", query)
    asked = f"SELECT coalesce(sum(n), 0), count(*) FROM {several} WHERE v IS NOT NULL"
    members, number = subject.row(asked)
    missing = subject.row(f"SELECT coalesce(sum(n), 0) FROM {several} WHERE v IS NULL")[0]
    n = subject.n - missing
    largest = subject.rows(
        f"WITH largest AS (SELECT * FROM {several} WHERE v IS NOT NULL ORDER BY n DESC, v LIMIT {int(top)}) "
        f"SELECT n, min({subject.example}), max({subject.example}) FROM items JOIN largest ON {value} = v "
        "GROUP BY v, n ORDER BY n DESC, 2, v"
    )
    share = (members - number) / n if n else None
    return Finding(
        sentence=counted(members - number, n, subject.items, f"superfluous by {SAME[role]}")
        + (f": {members:,} of them are in {in_groups(number)} of the same." if members else ".")
        + (f" Of {missing:,} it is not known." if missing else "")
        if n
        else f"Of none of the {subject.n:,} {subject.items} it is known whether another has the same {SAME[role]}.",
        value=share,
        unit="share" if share is not None else "",
        n=n,
        denominator=f"{subject.items} with {subject.column_of(role)}",
        examples=tuple(dict.fromkeys(str(one) for row in largest for one in row[1:]))[:MOST_EXAMPLES],
        table=Table(columns=("items in the group", "one of them", "another"), rows=tuple(largest), ids=(1, 2)),
        notes=("A group of two holds one that is superfluous; which one is not judged.",),
    )


@check
def perceptual(
    subject: Subject, *, radius: int = 12, threshold: float = 0.97, sheet_pairs: int = 12
) -> Iterator[Finding]:
    """Items that show the same picture: recompressed, resized, with other light, or cut by up to a fifth.

    Perceptual hashes propose pairs, of whole pictures and of windows into them; a pair is accepted if the one explains
    the other's details pixel by pixel, once it is laid over it and the light is balanced. Mirror images are found by
    hashing the mirrored picture, and are counted apart. Copies with the same bytes are copies here, too.

    Options:
        radius: In how many of 64 bits the hashes of a proposed pair may differ.
        threshold: Likeness from which a pair is accepted, from 0.9 to 1.
        sheet_pairs: How many pairs are shown on each side of the threshold.
    """
    _in_range("radius", radius, 0, 64)
    _in_range("threshold", threshold, FLOOR, 1)
    with tempfile.TemporaryDirectory(prefix="latentarchive-") as folder:
        looked = pictures(subject.holding(), Path(folder))
        straight = copies(looked, None, radius=radius)
        turned = copies(looked, None, radius=radius, mirrored=True)
    yield from _pictures_found(subject, looked, straight, turned, threshold, sheet_pairs)


def _pictures_found(
    subject: Subject, looked: Pictures, straight: Copies, turned: Copies, threshold: float, shown: int
) -> Iterator[Finding]:
    n, ids = len(looked), looked.ids
    keep, apart = _as_they_fit(straight, turned)
    links = _links(n, straight, keep, threshold)
    cut, labels = links.cut(threshold), links.labels(threshold)
    notes = (
        FROM_THUMBNAILS,
        _crops(straight, looked),
        "A grey and a coloured picture are compared in grey.",
    )
    yield superfluous(subject, cut, "show a picture that another one shows", "items with an image", notes, ids, labels)
    yield sensitivity(links, "likeness", threshold, "items with an image")
    yield sheet(links, Sheet(ids=ids, measure="likeness", same="pictures of the same work", shown=shown))
    mirrors = _links(n, turned, apart, threshold)
    mirrored = mirrors.cut(threshold)
    facing = sheet(mirrors, Sheet(ids=ids, measure="likeness", same="mirror images", shown=shown))
    yield Finding(
        sentence=f"{mirrored.pairs:,} further pairs are mirror images of each other; they are in none of these counts."
        if mirrored.pairs
        else "No two are mirror images of each other.",
        value=mirrored.pairs,
        unit="pairs",
        n=n,
        denominator="items with an image",
        examples=facing.examples,
        table=facing.table,
        picture=Picture(kind="pairs", x=0, y=(1,), alt="Pairs of mirror images: the least alike first."),
        notes=("Prints and their blocks mirror each other, as do slides that were scanned from behind.",),
    )
    yield _by_bits(straight, keep, threshold, n)


@check
def semantic(
    subject: Subject,
    *,
    threshold: float = 0.96,
    thresholds: tuple[float, ...] = COSINES,
    seed: int = 0,
    sheet_pairs: int = 12,
) -> Iterator[Finding]:
    """Items that the archive's encoder calls nearly the same: cosine of their vectors at or above a threshold.

    What a cosine means differs from encoder to encoder, and from collection to collection: it is told how many random
    pairs are as near. Read the sheet and set the threshold. Up to 50,000 items all pairs are compared; beyond, all
    pairs in the overlapping cells of a clustering.

    Options:
        threshold: Cosine from which a pair is accepted.
        thresholds: Cosines at which is told what removing duplicates would remove; the lowest is the least that is
            looked for.
        seed: Of the clustering.
        sheet_pairs: How many pairs are shown on each side of the threshold.
    """
    archive = subject.with_vectors()
    tried = tuple(sorted({*thresholds, threshold}))
    _in_range("threshold", tried[0], 0.5, 1)
    _in_range("threshold", tried[-1], 0.5, 1)
    rows = archive.rows()
    links = Links(len(rows), tried, threshold)
    # A margin below the lowest, so that there are rejected pairs even where that is the threshold.
    for i, j, scores, counts in near_pairs(
        lambda some: archive.embeddings.take(rows[some]), len(rows), tried[0] - 0.02, seed=seed
    ):
        links.add(i, j, scores, counts)
    ids = archive.collection.take(rows, ["id"])["id"].to_pylist()
    cut = links.cut(threshold)
    way = (
        "All pairs were compared."
        if len(rows) <= EXACT_UP_TO
        else f"Pairs were compared inside overlapping cells of a clustering (seed {seed}); a few may be missed."
    )
    chance, pairs = _by_chance(archive, rows, threshold, seed)
    notes = (
        f"Cosines of {archive.manifest.encoder_name} from the stored vectors. {way}",
        f"Of {pairs:,} random pairs {chance:.3%} are as near: {chance * len(rows):,.1f} others of each item by chance.",
    )
    what = f"are within cosine {threshold:g} of another one"
    found = superfluous(subject, cut, what, subject.items, notes, ids, links.labels(threshold))
    if chance * len(rows) >= 1:
        blind = f"{found.sentence} So near are works that have nothing in common, too: this encoder does not tell "
        found = replace(found, sentence=f"{blind}copies at {threshold:g} here; look at the pairs before anything goes.")
    yield found
    yield sensitivity(links, "cosine", threshold, subject.items)
    yield sheet(links, Sheet(ids=ids, measure="cosine", same="what this encoder takes for one", shown=sheet_pairs))


def _by_chance(archive: Archive, rows: np.ndarray, threshold: float, seed: int) -> tuple[float, int]:
    """The share of random pairs of items that are so near, and of how many pairs."""
    some = np.sort(np.random.default_rng(seed).choice(rows, min(RANDOM, len(rows)), replace=False))
    vectors = archive.embeddings.take(some)
    products = (vectors @ vectors.T)[np.triu_indices(len(some), 1)]
    return (float((products >= threshold).mean()), len(products)) if len(products) else (0.0, 0)


def _crops(found: Copies, looked: Pictures) -> str:
    if found.crop_radius is None:
        why = f"more than {CROPS_UP_TO:,} pictures" if len(looked) > CROPS_UP_TO else "too many pictures of one layout"
        return f"Crops were not looked for: there are {why}."
    return (
        f"Crops of at least 0.8 of each side were looked for, with hashes within {found.crop_radius} bits; of those "
        "that change the proportions about one in four is missed, and more with fewer bits."
    )


def _as_they_fit(straight: Copies, turned: Copies) -> tuple[np.ndarray, np.ndarray]:
    """Which pairs stand as they are and which mirrored: those that are found both ways, where they fit better.

    A symmetric picture fits both ways equally well, and stands as it is.
    """
    mirrored = {(i, j): k for k, (i, j) in enumerate(zip(turned.i.tolist(), turned.j.tolist(), strict=True))}
    keep, apart = np.ones(len(straight.i), bool), np.ones(len(turned.i), bool)
    for k, (i, j) in enumerate(zip(straight.i.tolist(), straight.j.tolist(), strict=True)):
        if (other := mirrored.get((i, j))) is not None:
            keep[k] = straight.likeness[k] >= turned.likeness[other] - 0.005
            apart[other] = not keep[k]
    return keep, apart


def _links(n: int, found: Copies, keep: np.ndarray, threshold: float) -> Links:
    links = Links(n, tuple(sorted({*LIKENESS, threshold})), threshold)
    # To four places: what lies below them differs from processor to processor.
    links.add(found.i[keep], found.j[keep], np.round(found.likeness[keep].astype(np.float64), 4), found.counts[keep])
    return links


def _by_bits(found: Copies, keep: np.ndarray, threshold: float, n: int) -> Finding:
    good = keep & (found.likeness >= threshold)
    confirmed = np.bincount(found.bits[good], found.counts[good].astype(np.float64), 65)
    radius = len(found.by_bits) - 1
    rows = [
        (bits, int(found.by_bits[: bits + 1].sum()), int(confirmed[: bits + 1].sum())) for bits in range(0, radius + 1)
    ]
    proposed, same = rows[-1][1:]
    return Finding(
        sentence=f"Pairs of whole pictures within {radius} bits by their hashes alone: {proposed:,}, of which {same:,} "
        f"are the same picture in their details; crops beyond: {int(confirmed[radius + 1 :].sum()):,}.",
        value=proposed,
        unit="pairs",
        n=n,
        denominator="items with an image",
        table=Table(columns=("bits", "pairs within so many bits", "the same in their details"), rows=tuple(rows)),
        picture=Picture(
            kind="curve",
            x=0,
            y=(1, 2),
            alt="Curve: pairs whose hashes differ in at most so many bits, and how many of them are the same picture.",
            x_name="bits",
            y_name="pairs",
            log=True,
        ),
    )


def _in_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        message = f"{name} must be from {low} to {high}, got {value}"
        raise Skip(message)
