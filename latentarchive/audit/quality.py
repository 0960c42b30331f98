"""How the images look, as information: none of it is a fault, and in an archive grey, tall, dark or pale is normal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.pictures import Chosen, chosen
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.manifest import REJECTED
from latentarchive.measures import appearance, marks

SAMPLE = 20_000
"""Images that are looked at in a large archive."""

_FIGURES = ("sharpness", "p5", "p99", "border", "patches")


@check
def sharpness(
    subject: Subject, *, of: str = "thumbnails", share_of_median: float = 0.1, most: int = SAMPLE
) -> Iterator[Finding]:
    """How sharp the images are, and the least sharp of them: variance of the Laplacian (Pech-Pacheco et al. 2000).

    It is low for blurred images, and for pale or empty ones that are not blurred. There is no agreed threshold: named
    are those far below the middle of this collection. A thumbnail hides the blur of a large scan.

    Options:
        of: ``thumbnails`` or ``originals``.
        share_of_median: Below this share of the collection's median an image is named; our convention.
        most: How many images are looked at.
    """
    ids, figures, how = _looked_at(subject, of, most)
    values = figures[:, 0]
    middle = float(np.median(values))
    low = np.flatnonzero(values < share_of_median * middle)
    low = low[np.argsort(values[low], kind="stable")]
    cuts = np.quantile(values, np.linspace(0, 1, 11))
    yield Finding(
        sentence=f"{len(low):,} of {len(ids):,} images are far less sharp than the others: below {share_of_median:.0%} "
        f"of the median of {middle:,.0f}.",
        value=len(low) / len(ids),
        unit="share",
        n=len(ids),
        denominator=how,
        examples=tuple(ids[at] for at in low[:MOST_EXAMPLES]),
        table=Table(
            columns=("share of the images", "sharpness up to"),
            rows=tuple((at / 10, float(cut)) for at, cut in enumerate(cuts)),
        ),
        picture=Picture(
            kind="curve", x=0, y=(1,), log=bool(cuts[0] > 0), alt="Curve: sharpness of the images, least first."
        ),
        notes=("Pale drawings and empty paper are low too, and are not blurred.",),
    )


@check
def brightness(
    subject: Subject, *, of: str = "thumbnails", dark: float = 0.32, light: float = 0.95, most: int = SAMPLE
) -> Iterator[Finding]:
    """Images that are dark all over, and images that are light all over.

    Options:
        of: ``thumbnails`` or ``originals``.
        dark: Dark is an image whose 99th percentile of perceived brightness is below it (CleanVision 0.3: 0.32).
        light: Light is one whose 5th percentile is above it (CleanVision 0.3: 0.95).
        most: How many images are looked at.
    """
    ids, figures, how = _looked_at(subject, of, most)
    for words, order, found in (
        ("dark all over", figures[:, 2], figures[:, 2] < dark),
        ("light all over", -figures[:, 1], figures[:, 1] > light),
    ):
        at = np.flatnonzero(found)
        at = at[np.argsort(order[at], kind="stable")]
        yield Finding(
            sentence=f"{len(at):,} of {len(ids):,} images are {words}.",
            value=len(at) / len(ids),
            unit="share",
            n=len(ids),
            denominator=how,
            examples=tuple(ids[one] for one in at[:MOST_EXAMPLES]),
            notes=("Night scenes, negatives and mezzotints are dark; drawings on white paper are light.",),
        )


@check
def borders(
    subject: Subject, *, of: str = "thumbnails", at_least_share: float = 0.03, most: int = SAMPLE
) -> Iterator[Finding]:
    """Images with a border of one colour: mounts, backdrops, margins of a scan.

    Options:
        of: ``thumbnails`` or ``originals``.
        at_least_share: Of the height or the width, on any side; narrower borders are not counted.
        most: How many images are looked at.
    """
    ids, figures, how = _looked_at(subject, of, most)
    wide = figures[:, 3]
    at = np.flatnonzero(wide >= at_least_share)
    at = at[np.argsort(-wide[at], kind="stable")]
    yield Finding(
        sentence=f"{len(at):,} of {len(ids):,} images have a border of one colour over {at_least_share:.0%} of a side "
        "or more.",
        value=len(at) / len(ids),
        unit="share",
        n=len(ids),
        denominator=how,
        examples=tuple(ids[one] for one in at[:MOST_EXAMPLES]),
        table=Table(
            columns=("item", "widest border, share of the side"),
            rows=tuple((ids[one], float(wide[one])) for one in at[:100]),
            ids=(0,),
        )
        if len(at)
        else None,
        notes=("A sheet on plain ground has one too. Borders of one kind make images of one institution look alike.",),
    )


@check
def colour_cards(
    subject: Subject, *, of: str = "thumbnails", patches: int = 6, most: int = SAMPLE
) -> Iterator[Finding]:
    """Images with a colour card or a grey scale along an edge, as photographers of objects lay them down.

    Looked for are uniform patches of like length in a row; a rule of thumb that misses cards that lie askew.

    Options:
        of: ``thumbnails`` or ``originals``.
        patches: How many in a row.
        most: How many images are looked at.
    """
    ids, figures, how = _looked_at(subject, of, most)
    at = np.flatnonzero(figures[:, 4] >= patches)
    yield Finding(
        sentence=f"{len(at):,} of {len(ids):,} images seem to show a colour card or a grey scale along an edge.",
        value=len(at) / len(ids),
        unit="share",
        n=len(ids),
        denominator=how,
        examples=tuple(ids[one] for one in at[:MOST_EXAMPLES]),
        notes=("A rule of thumb: look at them.",),
    )


@check
def marks_like(
    subject: Subject, *, like: tuple[str, ...], of: str = "thumbnails", deviations: float = 5.0, most: int = SAMPLE
) -> Iterator[Finding]:
    """Images with the same mark, for example a watermark, as a few that are known to bear it.

    The mark is what these images share beyond what is usual at each place; it must consist of bright strokes, at the
    same place in all of them. Without examples nothing is guessed: of the rules that were tried none found the planted
    watermarks of the cabinet by itself. With five examples they find 0.98 of them at a precision of 1.0 there
    (``tests/test_quality.py``); on other collections look at what is named.

    Options:
        like: Ids of images that bear the mark; three or more, on different pictures.
        of: ``thumbnails`` or ``originals``.
        deviations: Named is an image that fits the mark by so many robust standard deviations better than the median.
        most: How many images are looked at.
    """
    found = chosen(subject, of=of, most=most)
    archive = found.archive
    if len(set(like)) < 3:
        message = f"like needs the ids of three images or more that bear the mark, got {len(set(like))}"
        raise Skip(message)
    rows = [row for row in archive.collection.rows(sorted(set(like))) if row is not None and archive.visible[row]]
    if len(rows) < 3:
        message = f"of the {len(set(like))} images that like names, {len(rows)} are shown here; three are needed"
        raise Skip(message)
    known = np.array(sorted(rows), dtype=np.int64)
    usual = np.zeros((marks.SIDE, marks.SIDE), np.float32)
    n = 0
    for _, image in found.pictures():
        usual += _strokes(image)
        n += 1
    usual /= max(n, 1)
    bearing = np.stack([_strokes(image) for _, image in Chosen(archive, known, of).pictures()])
    mark = marks.mark_of(bearing, usual)
    ids, fits = zip(*((item, marks.fit(_strokes(image), mark, usual)) for item, image in found.pictures()), strict=True)
    scores = np.array(fits)
    middle = float(np.median(scores))
    spread = 1.4826 * float(np.median(np.abs(scores - middle)))  # of a normal distribution, its standard deviation
    threshold = middle + deviations * spread
    at = np.flatnonzero(scores > threshold)
    at = at[np.argsort(-scores[at], kind="stable")]
    yield Finding(
        sentence=f"{len(at):,} of {len(ids):,} images seem to bear the mark of the {len(bearing)} that were named.",
        value=len(at) / len(ids),
        unit="share",
        n=len(ids),
        denominator=f"images, by their {of}",
        examples=tuple(ids[one] for one in at[:MOST_EXAMPLES]),
        table=Table(columns=("item", "fit"), rows=tuple((ids[one], float(scores[one])) for one in at[:1000]), ids=(0,))
        if len(at)
        else None,
        notes=(f"Fit above {threshold:.2f}; the median is {middle:.2f}.", "Look at the last ones of the list first."),
    )


@check
def rejected(subject: Subject) -> Iterator[Finding]:
    """Inputs that are not in the archive because they could not be read, decoded or encoded, with the reasons.

    They are in nothing that is counted elsewhere: a collection may be less whole than its figures look.
    """
    archive = subject.holding()
    path = archive.path / REJECTED
    inputs = archive.manifest.counts["inputs"]
    rows = pq.read_table(path).to_pylist() if path.is_file() else []
    if len(rows) != archive.manifest.counts["rejected"]:
        message = f"this archive does not say which of its {archive.manifest.counts['rejected']:,} inputs were rejected"
        raise Skip(message)
    hidden = set(archive.log.current()) | {
        item.image for item in archive.collection.items(_hidden(archive)) if item.image
    }
    # A reason may name another item, and that may be withheld.
    told = [row for row in rows if not any(name in f"{row['path']} {row['reason']}" for name in hidden)]
    kinds = Counter((row["stage"], _kind(row["reason"])) for row in rows)
    yield Finding(
        sentence=f"{len(rows):,} of {inputs:,} inputs are not in the archive.",
        value=len(rows) / inputs if inputs else 0.0,
        unit="share",
        n=inputs,
        denominator="inputs of the build",
        table=Table(
            columns=("input", "stage", "reason"),
            rows=tuple((row["path"], row["stage"], row["reason"]) for row in told[:200]),
            ids=(0,),
        )
        if told
        else None,
    )
    if kinds:
        listed = sorted(kinds.items(), key=lambda one: (-one[1], one[0]))
        yield Finding(
            sentence=f"Most often at the stage {listed[0][0][0]!r}: {listed[0][0][1]} ({listed[0][1]:,}).",
            value=listed[0][1],
            unit="inputs",
            n=len(rows),
            denominator="rejected inputs",
            table=Table(columns=("stage", "reason", "inputs"), rows=tuple((*key, n) for key, n in listed)),
        )


def _hidden(archive: Archive) -> NDArray[np.int64]:
    return np.flatnonzero(~archive.visible).astype(np.int64)


def _kind(reason: str) -> str:
    """A reason without what is particular to one file."""
    return "".join("#" if c.isdigit() else c for c in reason.partition("(")[0]).strip()


def _strokes(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    size = (marks.SIDE, marks.SIDE)
    square = Image.fromarray(image).convert("L").resize(size, Image.Resampling.BILINEAR)
    return marks.strokes(np.asarray(square, dtype=np.float32))


def _looked_at(subject: Subject, of: str, most: int) -> tuple[tuple[str, ...], NDArray[np.float64], str]:
    """Ids, figures of shape (n, 5) in the order of `_FIGURES`, and what n counts; one look for all checks of a run."""
    found = chosen(subject, of=of, most=most)
    ids, figures = subject.kept(f"appearance {of} {most}", lambda: _figures(found))
    if not ids:
        message = "no original is at hand" if of == "originals" else "there are no thumbnails"
        raise Skip(message)
    drawn = "" if len(found.rows) == subject.n else f", a fixed draw from {subject.n:,}"
    return ids, figures, f"images, by their {of}{drawn}"


def _figures(found: Chosen) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    ids, rows = [], []
    for item, image in found.pictures():
        low, high = np.percentile(appearance.brightness(image), [5, 99])
        wide = max(appearance.borders(image))
        ids.append(item)
        rows.append((appearance.sharpness(image), low, high, wide, appearance.colour_patches(image)))
    return tuple(ids), np.array(rows, dtype=np.float64).reshape(-1, len(_FIGURES))
