"""What is told of pairs and groups: sheets on either side of a threshold, the largest groups, what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Table
from latentarchive.audit.subject import Subject
from latentarchive.measures.grouping import Cut, Links

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


def superfluous(
    subject: Subject, cut: Cut, what: str, of: str, notes: Sequence[str], ids: list[str], labels: np.ndarray
) -> Finding:
    """How many items are one too many: what is left of each group beyond one.

    Args:
        subject: What is audited.
        cut: What the threshold makes of the links.
        what: What is said of those in groups: "show a picture that another one shows".
        of: What n counts.
        notes: How it was done.
        ids: Of all that were compared.
        labels: The group of each, shape (n,).
    """
    n, none = len(ids), what.replace("show ", "shows ", 1).replace("are ", "is ", 1)
    table, examples = groups_table(labels, ids)
    return Finding(
        sentence=counted(cut.superfluous, n, subject.items, "superfluous")
        + (f": {cut.members:,} {what}, in {groups_of(cut.groups)}." if cut.members else f": none of them {none}."),
        value=cut.superfluous / n if n else None,
        unit="share" if n else "",
        n=n,
        denominator=of,
        examples=examples,
        table=table,
        notes=tuple(notes),
    )


def sensitivity(links: Links, measure: str, threshold: float, of: str) -> Finding:
    """What removing duplicates would remove at each threshold that was tried."""
    cuts = [links.cut(float(one)) for one in links.thresholds]
    here = next(cut for cut in cuts if cut.threshold == threshold)
    n = links.n
    return Finding(
        sentence=f"Keeping one of each group at {measure} {threshold:g} would remove {here.superfluous:,} of {n:,}; "
        f"at {cuts[0].threshold:g} {cuts[0].superfluous:,}, at {cuts[-1].threshold:g} {cuts[-1].superfluous:,}.",
        value=here.superfluous,
        unit="items",
        n=n,
        denominator=of,
        table=Table(
            columns=(measure, "pairs", "groups", "removed if one of each group stays", "removed by SemDeDup's rule"),
            rows=tuple((cut.threshold, cut.pairs, cut.groups, cut.superfluous, cut.removed) for cut in cuts),
        ),
        picture=Picture(
            kind="curve",
            x=0,
            y=(3, 4),
            alt=f"Curve: how many items removing duplicates would remove, by the {measure} that counts as one.",
            x_name=measure,
            y_name="items removed",
            marks=((threshold, "this audit"),),
        ),
        notes=(
            "SemDeDup's rule (Abbas et al. 2023) removes an item with an earlier one so alike, in the order of the "
            "archive; here in the whole collection, not inside clusters.",
        ),
    )


def counted(count: int, n: int, items: str, what: str) -> str:
    """So many of the items are something."""
    return f"{count:,} of {n:,} {items} are {what}" if count else f"None of the {n:,} {items} is {what}"


def groups_of(count: int) -> str:
    """A number of groups in words."""
    return "one group" if count == 1 else f"{count:,} groups"
