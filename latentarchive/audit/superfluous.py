"""What of a collection is superfluous once one of each group of copies stays, told as findings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from latentarchive.audit.finding import Finding, Picture, Table
from latentarchive.audit.sheets import groups_table
from latentarchive.audit.subject import Subject
from latentarchive.measures.grouping import Cut, Links


def superfluous(
    subject: Subject, cut: Cut, what: str, of: str, notes: Sequence[str], ids: list[str], labels: np.ndarray
) -> Finding:
    """How many items of a cut are beyond one of each group.

    Args:
        subject: What is audited.
        cut: Groups at a threshold.
        what: What members of groups have in common, after their number: "show a picture that another one shows".
        of: What the items are called.
        notes: For a reader.
        ids: Of n items.
        labels: int64 (n,): the group of each.
    """
    n, none = len(ids), what.replace("show ", "shows ", 1).replace("are ", "is ", 1)
    table, examples = groups_table(labels, ids)
    return Finding(
        sentence=counted(cut.superfluous, n, subject.items, "superfluous")
        + (f": {cut.members:,} {what}, in {in_groups(cut.groups)}." if cut.members else f": none of them {none}."),
        value=cut.superfluous / n if n else None,
        unit="share" if n else "",
        n=n,
        denominator=of,
        examples=examples,
        table=table,
        notes=tuple(notes),
    )


def sensitivity(links: Links, measure: str, threshold: float, of: str) -> Finding:
    """What removing duplicates would remove at each threshold; that of this audit is marked."""
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
    """How many of how many are what, none of them in words."""
    return f"{count:,} of {n:,} {items} are {what}" if count or not n else f"None of the {n:,} {items} is {what}"


def in_groups(count: int) -> str:
    """A number of groups in words."""
    return "one group" if count == 1 else f"{count:,} groups"
