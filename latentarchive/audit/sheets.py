"""What is told of pairs and groups: sheets on either side of a threshold, and the largest groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Table
from latentarchive.measures.grouping import Links

GROUPS = 20
"""Groups that are listed, the largest first."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a sheet of pairs is about."""

    #: Ids by the numbers of the links.
    ids: Sequence[str]
    #: Name of the score, and what accepted pairs are, in words.
    measure: str
    same: str
    #: At most so many pairs on each side, no item in two of them.
    shown: int
    #: Names of the columns of ids, and the archives that these are of ("": the one that is audited).
    columns: tuple[str, str] = ("id", "other id")
    archives: tuple[str, str] = ("", "")


def sheet(links: Links, of: Sheet) -> Finding:
    """The least similar accepted and the most similar rejected pairs of links; their `at` is the threshold."""
    accepted, rejected = links.near("accepted", of.shown), links.near("rejected", of.shown)
    sides = (("accepted", accepted), ("rejected", rejected))
    rows = tuple((of.ids[i], of.ids[j], round(score, 4), side) for side, pairs in sides for i, j, score in pairs)
    lowest = f"the least similar accepted pair has {accepted[0][2]:.3f}" if accepted else "no pair is accepted"
    highest = f"the most similar rejected one {rejected[0][2]:.3f}" if rejected else "none is rejected so near"
    return Finding(
        sentence=f"Look whether {of.measure} {links.at:g} tells {of.same} from others: {lowest}, {highest}."
        if rows
        else f"There is no pair near {of.measure} {links.at:g} to be looked at.",
        examples=tuple(dict.fromkeys(one for row in rows for one in row[:2]))[:MOST_EXAMPLES],
        table=Table(columns=(*of.columns, of.measure, "side"), rows=rows, ids=(0, 1)),
        picture=Picture(
            kind="pairs",
            x=0,
            y=(1,),
            alt=f"Pairs of images: {len(accepted)} just accepted and {len(rejected)} just rejected at {of.measure} "
            f"{links.at:g}.",
            archives=of.archives,
        ),
    )


def groups_table(labels: np.ndarray, ids: Sequence[str]) -> tuple[Table, tuple[str, ...]]:
    """The largest groups with their first three items each, and examples: the first two of each group."""
    number = np.bincount(labels) if len(labels) else np.zeros(0, np.int64)
    several = np.flatnonzero(number > 1)
    largest = several[np.argsort(-number[several], kind="stable")][:GROUPS]
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], largest)
    first = [
        [ids[row] for row in order[start : start + min(3, number[g])]] for start, g in zip(starts, largest, strict=True)
    ]
    rows = tuple(
        (int(number[g]), *members, *([None] * (3 - len(members)))) for g, members in zip(largest, first, strict=True)
    )
    table = Table(columns=("items in the group", "first", "second", "third"), rows=rows, ids=(1, 2, 3))
    return table, tuple(one for members in first for one in members[:2])[:MOST_EXAMPLES]
