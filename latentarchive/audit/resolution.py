"""How large the images are, on the sizes that they had before anybody scaled them, where a table knows those."""

from __future__ import annotations

from collections.abc import Iterator

from latentarchive.audit.finding import Finding, Picture, Table
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.measures.quantiles import counted_quantile

EDGES = (224, 256, 512, 1024)
"""Edges at which models take images in: CLIP's 224, and the steps at which diffusion models are trained."""

MEGAPIXELS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Upper ends of classes of area."""

FINE = 32
"""Bins of a doubling, for medians: each is 2.2 % wide."""

SCALED = 0.5
"""From which share on one and the same longer or shorter edge looks like scaling."""


@check
def sizes(subject: Subject, *, edges: tuple[int, ...] = EDGES) -> Iterator[Finding]:
    """How large the images are: shorter edge, area, and how wide they are for their height.

    On the original size where there is one: downloaders write the size of their scaled copy into ``width`` and keep
    the other as ``original_width``; a table that has only a scaled copy's is said to. Tall and wide images are normal
    in archives. Sizes that are missing, not numbers or not above zero are counted apart and first.

    Options:
        edges: Lengths in pixels; for each, how many images have a shorter edge below it.
    """
    w, h = subject.sql("width"), subject.sql("height")
    columns = f"{subject.column_of('width')}, {subject.column_of('height')}"
    good = f"{w} > 0 AND {h} > 0 AND isfinite({w}) AND isfinite({h})"
    below = [f"count(*) FILTER ({good} AND least({w}, {h}) < {int(edge)})" for edge in edges]
    missing, total, *held = subject.row(
        f"""SELECT count(*) FILTER ({w} IS NULL OR {h} IS NULL), count(*) FILTER ({good}),
            {", ".join(below) or "0"} FROM items"""
    )
    wrong = subject.n - missing - total
    said = f"All {subject.n:,} {subject.noun} have a size."
    if missing + wrong:
        said = (
            f"{missing + wrong:,} of {subject.n:,} {subject.noun} have no usable size: {missing:,} state none or no "
            f"number, {wrong:,} one that is not above zero."
        )
    yield Finding(
        sentence=said,
        value=(missing + wrong) / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        notes=(f"Columns {columns}.",),
    )
    if not total:
        return
    bins = subject.once(
        "size bins",
        f"""SELECT floor({FINE} * log2({w} * {h}))::INTEGER AS area, floor({FINE} * log2({w} / {h}))::INTEGER AS aspect,
            count(*) AS n FROM items WHERE {good} GROUP BY ALL""",
    )
    scaled = _scaled(subject, w, h, good, total)
    of = f"{subject.noun} with a size"
    notes = (f"Columns {columns}.", *((scaled,) if scaled else ()))
    if scaled:
        yield Finding(sentence=scaled, n=total, denominator=of)
    rows = tuple((f"{edge} px", n, n / total) for edge, n in zip(edges, held, strict=False))
    if rows:
        yield Finding(
            sentence=f"{held[0]:,} of {total:,} {of} ({held[0] / total:.1%}) have an edge below {edges[0]} pixels, and "
            f"{held[len(edges) - 1] / total:.1%} one below {edges[-1]}.",
            value=held[0] / total,
            unit="share",
            n=total,
            denominator=of,
            table=Table(columns=("shorter edge below", subject.noun, "share"), rows=rows),
            picture=Picture(kind="bars", x=0, y=(2,), alt="Bars: the share of images with an edge below each length."),
            notes=notes,
        )
    yield _areas(subject, bins, total, of, notes)
    yield _aspects(subject, bins, total, of, notes)


def _areas(subject: Subject, bins: str, total: int, of: str, notes: tuple[str, ...]) -> Finding:
    counts = subject.rows(f"SELECT area, sum(n)::BIGINT FROM {bins} GROUP BY area ORDER BY area")
    pairs = [(2 ** ((at + 0.5) / FINE) / 1e6, n) for at, n in counts]
    median = counted_quantile(pairs, 0.5)
    rows = []
    for low, high in zip((0.0, *MEGAPIXELS), (*MEGAPIXELS, None), strict=True):
        n = sum(n for at, n in pairs if at > low and (high is None or at <= high))
        rows.append((f"{low:g} to {high:g}" if high else f"over {low:g}", n, n / total))
    return Finding(
        sentence=f"Half of the {total:,} images have at most {median:.2g} megapixels.",
        value=median,
        unit="megapixels",
        n=total,
        denominator=of,
        table=Table(columns=("megapixels", subject.noun, "share"), rows=tuple(rows)),
        picture=Picture(kind="bars", x=0, y=(1,), alt="Bars: images by area."),
        notes=(*notes, f"From bins that are {2 ** (1 / FINE) - 1:.1%} wide."),
    )


def _aspects(subject: Subject, bins: str, total: int, of: str, notes: tuple[str, ...]) -> Finding:
    counts = subject.rows(f"SELECT aspect, sum(n)::BIGINT FROM {bins} GROUP BY aspect ORDER BY aspect")
    pairs = [((at + 0.5) / FINE, n) for at, n in counts]
    # In quarters of a doubling; the middle one is square up to a twelfth.
    classes: dict[int, int] = {}
    for at, n in pairs:
        place = max(-8, min(8, round(4 * at)))
        classes[place] = classes.get(place, 0) + n
    tall = sum(n for at, n in pairs if at < -1)
    wide = sum(n for at, n in pairs if at >= 1)
    rows = tuple((place / 4, classes[place], classes[place] / total) for place in sorted(classes))
    return Finding(
        sentence=f"{tall / total:.1%} of the {total:,} images are more than twice as tall as wide, {wide / total:.1%} "
        "at least twice as wide as tall.",
        value=(tall + wide) / total,
        unit="share",
        n=total,
        denominator=of,
        table=Table(columns=("log2 of width over height", subject.noun, "share"), rows=rows),
        picture=Picture(
            kind="bars", x=0, y=(1,), alt="Bars: images by log2 of width over height; square ones are at zero."
        ),
        notes=(*notes, "0 is square, 1 twice as wide as tall, -1 twice as tall as wide; 2 and -2 hold what is beyond."),
    )


def _scaled(subject: Subject, w: str, h: str, good: str, total: int) -> str:
    """What speaks for the sizes being those of a scaled copy; "" where nothing does."""
    name = subject.column_of("width")
    if subject.archive is not None or name.lower().startswith("original"):
        return ""
    if {"status", "error_message", "key"} & {column.lower() for column in subject.names}:
        return (
            f"Column {name} comes from a downloader that scales images, and there is no original_width: these are the "
            "sizes of the copies, and say little of the originals."
        )
    longest = subject.rows(
        f"""SELECT edge, sum(n)::BIGINT AS n FROM (
                SELECT {w} AS edge, count(*) AS n FROM items WHERE {good} GROUP BY edge UNION ALL
                SELECT {h} AS edge, count(*) AS n FROM items WHERE {good} AND {w} <> {h} GROUP BY edge
            ) GROUP BY edge ORDER BY n DESC, edge LIMIT 1"""
    )
    edge, n = longest[0]
    if n < SCALED * total or total < 2:
        return ""
    return (
        f"{n / total:.0%} of the images have an edge of exactly {edge:g} pixels: the sizes in {name} look like those "
        "of scaled copies, and say little of the originals."
    )
