"""How the images look, as information: none of it is a fault, and in an archive grey, tall, dark or pale is normal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

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
    looked = _look(subject, of, most)
    values = looked.figures["sharpness"]
    middle = float(np.median(values))
    cuts = np.quantile(values, np.linspace(0, 1, 11))
    less = f"images are far less sharp than the others: below {share_of_median:.0%} of the median of {middle:,.0f}"
    yield replace(
        looked.named(less, values < share_of_median * middle, values),
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
    looked = _look(subject, of, most)
    low, high = looked.figures["p5"], looked.figures["p99"]
    notes = ("Night scenes, negatives and mezzotints are dark; drawings on white paper are light.",)
    yield replace(looked.named("images are dark all over", high < dark, high), notes=notes)
    yield replace(looked.named("images are light all over", low > light, -low), notes=notes)


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
    looked = _look(subject, of, most)
    wide = looked.figures["border"]
    have = f"images have a border of one colour over {at_least_share:.0%} of a side or more"
    order = looked.order(wide >= at_least_share, -wide)
    yield replace(
        looked.named(have, wide >= at_least_share, -wide),
        table=Table(
            columns=("item", "widest border, share of the side"),
            rows=tuple((looked.ids[one], float(wide[one])) for one in order[:100]),
            ids=(0,),
        )
        if len(order)
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
    looked = _look(subject, of, most)
    found = looked.figures["patches"]
    show = "images seem to show a colour card or a grey scale along an edge"
    yield replace(looked.named(show, found >= patches, -found), notes=("A rule of thumb: look at them.",))


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
    known = Chosen(archive, np.array(sorted(rows), dtype=np.int64), of)
    # The images are read twice: their strokes, 64 kB each, are not kept.
    usual, n = np.zeros((marks.SIDE, marks.SIDE), np.float32), 0
    for _, image in found.pictures():
        usual += _strokes(image)
        n += 1
    usual /= max(n, 1)
    bearing = np.stack([_strokes(image) for _, image in known.pictures()])
    mark = marks.mark_of(bearing, usual)
    fits = {item: marks.fit(_strokes(image), mark, usual) for item, image in found.pictures()}
    scores = np.array(list(fits.values()))
    middle = float(np.median(scores))
    spread = 1.4826 * float(np.median(np.abs(scores - middle)))  # of a normal distribution, its standard deviation
    threshold = middle + deviations * spread
    looked = _Looked(tuple(fits), {"fit": scores}, _counted(subject, found))
    order = looked.order(scores > threshold, -scores)
    yield replace(
        looked.named(
            f"images seem to bear the mark of the {len(bearing)} that were named", scores > threshold, -scores
        ),
        table=Table(
            columns=("item", "fit"),
            rows=tuple((looked.ids[one], float(scores[one])) for one in order[:1000]),
            ids=(0,),
        )
        if len(order)
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


@dataclass(frozen=True, eq=False)
class _Looked:
    """Images that were looked at; n of them."""

    ids: tuple[str, ...]
    #: float64, shape (n,), by name.
    figures: Mapping[str, NDArray[np.float64]]
    #: What n counts.
    how: str

    def order(self, which: NDArray[np.bool_], by: NDArray[np.float64]) -> NDArray[np.int64]:
        """The places of some images, those with the least of a figure first."""
        places = np.flatnonzero(which)
        return places[np.argsort(by[places], kind="stable")]

    def named(self, words: str, which: NDArray[np.bool_], by: NDArray[np.float64]) -> Finding:
        """The finding that so many images are something, those with the least of a figure as its examples."""
        places, n = self.order(which, by), len(self.ids)
        return Finding(
            sentence=f"{len(places):,} of {n:,} {words}.",
            value=len(places) / n,
            unit="share",
            n=n,
            denominator=self.how,
            examples=tuple(self.ids[one] for one in places[:MOST_EXAMPLES]),
        )


def _look(subject: Subject, of: str, most: int) -> _Looked:
    """The figures `_FIGURES` of a subject's images: one look for all checks of a run."""
    found = chosen(subject, of=of, most=most)
    looked = subject.kept(f"appearance {of} {most}", lambda: _Looked(*_appearance(found), _counted(subject, found)))
    if not looked.ids:
        message = "no original is at hand" if of == "originals" else "there are no thumbnails"
        raise Skip(message)
    return looked


def _counted(subject: Subject, found: Chosen) -> str:
    drawn = "" if len(found.rows) == subject.n else f", a fixed draw from {subject.n:,}"
    return f"images, by their {found.kind}{drawn}"


def _appearance(found: Chosen) -> tuple[tuple[str, ...], dict[str, NDArray[np.float64]]]:
    ids, rows = [], []
    for item, image in found.pictures():
        low, high = np.percentile(appearance.brightness(image), [5, 99])
        ids.append(item)
        wide = max(appearance.borders(image))
        rows.append((appearance.sharpness(image), low, high, wide, appearance.colour_patches(image)))
    figures = np.array(rows, dtype=np.float64).reshape(-1, len(_FIGURES))
    return tuple(ids), dict(zip(_FIGURES, figures.T, strict=True))
