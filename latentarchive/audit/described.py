"""Words of a list in the descriptions of two sets of works, told as a finding."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.chance import LEVEL, p_value
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Skip, Table
from latentarchive.audit.lists import Instrument
from latentarchive.measures.intervals import Z95


def described(archive: Archive, listed: Instrument, language: str) -> Finding:
    """Of works of x and of y, how many are described with words of a and of b. Raises `Skip` where none is.

    Args:
        archive: Whose descriptions.
        listed: Targets with a filter or ids, attributes with words in that language.
        language: Of the words.
    """
    from scipy.stats import fisher_exact

    counts = np.zeros((2, 2), np.int64)
    of = [0, 0]
    quoted: list[tuple[str, str, str, str]] = []
    words = [re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, side.words[language]))})(?!\w)", re.IGNORECASE)
             for side in (listed.a, listed.b)]  # fmt: skip
    for i, side in enumerate((listed.x, listed.y)):
        where = (
            side.where
            or "list_contains([" + ", ".join("'" + one.replace("'", "''") + "'" for one in side.ids) + "], id)"
        )
        for item in archive.shown(where):
            of[i] += 1
            said = f"{item.title}\n{item.text}"
            for j, pattern in enumerate(words):
                if match := pattern.search(said):
                    counts[i, j] += 1
                    quoted.append((item.id, side.name, match[0].lower(), (listed.a, listed.b)[j].name))
    if not counts.sum():
        message = f"no work of either side is described with a word of {listed.a.name} or {listed.b.name}"
        raise Skip(message)
    ratio, interval = _odds(counts)
    p = float(fisher_exact(counts).pvalue)
    (xa, xb), (ya, yb) = counts.tolist()
    more = listed.x.name if ratio > 1 else listed.y.name
    verdict = f"{more} are described with {listed.a.name} the more often" if p <= LEVEL else "no more than by chance"
    spread = {kind: [row for row in quoted if row[1:2] + row[3:] == kind] for kind in {(r[1], r[3]) for r in quoted}}
    telling = sorted(spread, key=lambda kind: (len(spread[kind]), kind))
    return Finding(
        sentence=f"{listed.a.name.capitalize()} against {listed.b.name} in the descriptions: {xa:,} against {xb:,} of "
        f"{listed.x.name}, {ya:,} against {yb:,} of {listed.y.name}, odds {ratio:.3g} to 1 (95 % interval "
        f"{interval[0]:.3g} to {interval[1]:.3g}; p = {p_value(p)}): {verdict}.",
        value=ratio,
        unit="to 1",
        n=int(counts.sum()),
        denominator=f"descriptions with such a word, of {sum(of):,} works",
        interval=interval,
        interval_by="log odds with 0.5 added to each count (Gart), 95 %",
        null=1.0,
        null_by="the same odds on both sides",
        examples=tuple(dict.fromkeys(row[0] for kind in telling for row in spread[kind][:5]))[:MOST_EXAMPLES],
        table=Table(
            columns=("works", "how many", f"described with {listed.a.name}", f"described with {listed.b.name}"),
            rows=((listed.x.name, of[0], xa, xb), (listed.y.name, of[1], ya, yb)),
        ),
        notes=(
            f"Looked for in title and text, whole words in any case. {listed.a.name}: "
            f"{', '.join(listed.a.words[language])}. {listed.b.name}: {', '.join(listed.b.words[language])}. p: "
            "Fisher's exact test. A word may mean something else where it stands: read the examples, the rarest "
            "combination first.",
            listed.cited,
        ),
    )


def _odds(counts: NDArray[np.int64]) -> tuple[float, tuple[float, float]]:
    """Odds ratio of a 2 x 2 table and its 95 % interval, both with 0.5 added to each count (Gart 1966)."""
    c = counts + 0.5
    middle, spread = math.log(c[0, 0] * c[1, 1] / (c[0, 1] * c[1, 0])), math.sqrt((1 / c).sum())
    return math.exp(middle), (math.exp(middle - Z95 * spread), math.exp(middle + Z95 * spread))
