"""Columns of scores that models gave: what is no score, how they are spread, and what hangs on a threshold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from latentarchive.audit.finding import Finding, Picture, Skip, Table
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject


@dataclass(frozen=True)
class Scale:
    """What a score can be, and how it is told."""

    low: float
    high: float
    #: Width of the bins in which it is counted, and of those in which it is shown.
    fine: float
    shown: float
    #: Whether a filter keeps what is at or above its threshold; else what is below.
    keeps_above: bool


SCALES = {
    "similarity": Scale(-1, 1, 1e-4, 0.01, keeps_above=True),
    "aesthetic": Scale(0, 10, 1e-3, 0.25, keeps_above=True),
    "punsafe": Scale(0, 1, 1e-4, 0.05, keeps_above=False),
    "pwatermark": Scale(0, 1, 1e-4, 0.05, keeps_above=False),
}
"""By role. Cosines and probabilities by their definition; the aesthetic predictor learned from ratings from 1 to 10."""

ROUNDING = 0.01
"""Share of a fine bin by which a stored float may miss its edge: 0.26 as float32 is 0.25999999."""

QUANTILES = (0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)
ABSENT, NONE, BEYOND = -3_000_000, -2_000_000, -1_000_000
"""Bins of what is no score: absent, no number, not possible."""


@check
def distribution(
    subject: Subject, *, score: str, thresholds: tuple[float, ...] = (), shift: float = 0.01
) -> Iterator[Finding]:
    """What is no possible score, how a score is spread, and what each threshold and a small shift of it would remove.

    Scores that are absent, no numbers, or cannot be (a cosine of 6016) are counted apart and first, and are in no
    other figure. What lies close to a threshold is there or not there by chance: the score would be another with
    another model, or another crop.

    Options:
        score: ``similarity``, ``aesthetic``, ``punsafe`` or ``pwatermark``.
        thresholds: Those that filters of this score are known to use.
        shift: By how much a threshold is moved.
    """
    if score not in SCALES:
        message = f"score must be one of {', '.join(SCALES)}, got {score!r}"
        raise Skip(message)
    scale, column = SCALES[score], subject.column_of(score)
    bins = _bins(subject, score, scale)
    rows = subject.rows(f"SELECT bin, sum(n)::BIGINT, min(least), max(most) FROM {bins} GROUP BY bin ORDER BY bin")
    apart = {at: n for at, n, *_ in rows if at in (ABSENT, NONE, BEYOND)}
    yield _no_scores(subject, score, column, scale, rows, apart)
    counts = [(at, n) for at, n, *_ in rows if at not in apart]
    if not counts:
        return
    total, of = sum(n for _, n in counts), f"{subject.noun} with a possible {column}"
    yield _spread(column, counts, total, of, scale, thresholds)
    for threshold in thresholds:
        yield _threshold(column, counts, total, of, scale, threshold, shift)


def _bins(subject: Subject, score: str, scale: Scale) -> str:
    """How many have each score, to a fine bin; what is no score in bins of its own; from one scan."""
    x, absent = subject.sql(score), _absent(subject, score)
    slack = scale.fine * ROUNDING
    query = f"""SELECT bin, count(*) AS n, min(x) AS least, max(x) AS most FROM (
            SELECT x, CASE WHEN x BETWEEN {scale.low - slack} AND {scale.high + slack}
                        THEN floor(x / {scale.fine} + {ROUNDING})::INTEGER
                     WHEN x IS NULL AND absent THEN {ABSENT}
                     WHEN x IS NULL OR isnan(x) THEN {NONE} ELSE {BEYOND} END AS bin
            FROM (SELECT {x} AS x, {absent} AS absent FROM items)
        ) GROUP BY bin"""
    return subject.once(f"{score} bins", query)


def _absent(subject: Subject, score: str) -> str:
    """Whether there is nothing in the cell; a text that is no number is something."""
    raw = subject.field(score)
    return f"({raw} IS NULL OR trim({raw}) = '')" if subject.type_of(raw) == "VARCHAR" else f"{raw} IS NULL"


def _no_scores(
    subject: Subject,
    score: str,
    column: str,
    scale: Scale,
    rows: list[tuple[int, int, float, float]],
    apart: dict[int, int],
) -> Finding:
    absent, none, beyond = (apart.get(at, 0) for at in (ABSENT, NONE, BEYOND))
    examples: tuple[str, ...] = ()
    told = ""
    if beyond:
        least, most = next((low, high) for at, _, low, high in rows if at == BEYOND)
        told = f" ({least:g})" if least == most else f" (from {least:g} to {most:g})"
    if none or beyond:
        x, nothing = subject.sql(score), _absent(subject, score)
        slack = scale.fine * ROUNDING
        wrong = subject.rows(
            f"""SELECT {subject.example} AS e FROM items
                WHERE ({x} IS NULL AND NOT ({nothing})) OR NOT {x} BETWEEN {scale.low - slack} AND {scale.high + slack}
                ORDER BY abs({x}) DESC NULLS LAST, e LIMIT 20"""
        )
        examples = tuple(e for (e,) in wrong if e)
    bad = absent + none + beyond
    said = f"All {subject.n:,} {subject.noun} have a possible {column}."
    if bad:
        said = (
            f"{bad:,} of {subject.n:,} {subject.noun} have no possible {column}: {absent:,} have none, {none:,} no "
            f"number, {beyond:,} one outside {scale.low:g} to {scale.high:g}{told}."
        )
    return Finding(
        sentence=said,
        value=bad / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        examples=examples,
    )


def _spread(
    column: str, counts: list[tuple[int, int]], total: int, of: str, scale: Scale, thresholds: tuple[float, ...]
) -> Finding:
    """Quantiles and histogram."""
    seen, quantiles = 0, {}
    for at, n in counts:
        seen += n
        for share in QUANTILES:
            if share not in quantiles and seen >= share * total:
                quantiles[share] = at * scale.fine
    per = round(scale.shown / scale.fine)
    shown: dict[int, int] = {}
    for at, n in counts:
        # The top of the scale belongs to the last bin that is shown, not to one of its own.
        place = min(at, round(scale.high / scale.fine) - 1) // per
        shown[place] = shown.get(place, 0) + n
    rows = tuple(
        (round(place * scale.shown, 6), shown.get(place, 0), shown.get(place, 0) / total)
        for place in range(min(shown), max(shown) + 1)
    )
    listed = ", ".join(f"{share:.0%} below {value:.4g}" for share, value in quantiles.items())
    return Finding(
        sentence=f"Half of the {total:,} {of} have at most {quantiles[0.5]:.3f}; six in ten lie between "
        f"{quantiles[0.2]:.3f} and {quantiles[0.8]:.3f}.",
        value=round(quantiles[0.5], 6),
        unit=column,
        n=total,
        denominator=of,
        table=Table(columns=(f"{column} from", "items", "share"), rows=rows),
        picture=Picture(
            kind="bars",
            x=0,
            y=(1,),
            alt=f"Histogram of {column} in steps of {scale.shown:g}.",
            marks=tuple((float(at), "threshold") for at in thresholds),
        ),
        notes=(f"Quantiles to {scale.fine:g}: {listed}.",),
    )


def _threshold(
    column: str, counts: list[tuple[int, int]], total: int, of: str, scale: Scale, threshold: float, shift: float
) -> Finding:
    """What a threshold keeps, what lies close to it, and what moving it would remove."""
    per = max(1, round(shift / scale.fine))
    shift = per * scale.fine
    middle = round(threshold / scale.fine)

    def kept(bound: int) -> int:
        return sum(n for at, n in counts if (at >= bound) == scale.keeps_above)

    now, sign = kept(middle), 1 if scale.keeps_above else -1
    stricter, looser = kept(middle + sign * per), kept(middle - sign * per)
    near = looser - stricter
    curve = tuple(
        (round((middle + step * per) * scale.fine, 6), kept(middle + step * per), kept(middle + step * per) / total)
        for step in range(-5, 6)
    )
    word = "at or above" if scale.keeps_above else "below"
    lost = f"{(now - stricter) / now:.1%}" if now else "none"
    notes = [f"Shares of what is removed are of what the threshold keeps; all others of the {of}."]
    if looser == now and now == total:
        notes.append(f"Nothing lies on the other side of {threshold:g}: the table was cut there, or above.")
    return Finding(
        sentence=f"{near:,} of {total:,} {of} ({near / total:.1%}) lie within {shift:g} of {threshold:g}. {now:,} are "
        f"{word} it; {shift:g} stricter would remove {now - stricter:,} of those ({lost}), {shift:g} looser would keep "
        f"{looser - now:,} more of this table.",
        value=near / total,
        unit="share",
        n=total,
        denominator=of,
        table=Table(columns=(f"threshold of {column}", "items kept", "share kept"), rows=curve),
        picture=Picture(
            kind="curve",
            x=0,
            y=(2,),
            alt=f"Curve: the share that is kept as the threshold moves from {curve[0][0]:g} to {curve[-1][0]:g}.",
            marks=((float(threshold), "threshold"),),
        ),
        notes=tuple(notes),
    )
