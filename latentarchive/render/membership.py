"""Answers to "is this work in that list?", for the terminal and for tables."""

from __future__ import annotations

import csv
import io

from latentarchive.audit.answers import CAVEAT, FOUND, NOT_ASKED, NOT_FOUND, RUNGS, Membership
from latentarchive.plaintext import plain

MOST = 20
"""Works that are named where a whole list was asked about."""


def text(found: Membership) -> str:
    """One work rung by rung, or a list of works in counts; what was asked, and what that cannot show."""
    lines = _one(found) if len(found.works) == 1 else _many(found)
    return "\n".join(plain(line) for line in [*lines, "", CAVEAT])


def table(found: Membership) -> str:
    """CSV, one row a work: verdict, number of rows and some of them on every rung."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    names = [rung.name for rung in RUNGS]
    writer.writerow(
        ["work", "list", *(f"{n}{more}" for n in names for more in ("", "_rows", "_which", "_said")), "fault"]
    )
    for at, work in enumerate(found.works):
        answers = [found.answers[name][at] for name in names]
        cells = [cell for a in answers for cell in (a.verdict, a.rows, "; ".join(a.which), a.reason or a.said)]
        writer.writerow([work.name, found.stated, *cells, work.fault])
    return target.getvalue()


def _one(found: Membership) -> list[str]:
    work = found.works[0]
    lines = [f"{work.name}  in {found.stated}", ""]
    lines += [f"note: {work.fault}", ""] if work.fault else []
    for rung in RUNGS:
        if (verdict := found.answers[rung.name][0].verdict) == NOT_ASKED:
            continue
        note = found.notes[rung.name]
        lines += [f"{rung.name}: {rung.what}", f"    {found.sentence(rung, 0)}", *([f"    {note}"] if note else [])]
        lines += [f"    shows: {rung.shows}"] if verdict == FOUND else []
        lines += [f"    cannot show: {rung.hides}"]
    silent = [(rung, found.answers[rung.name][0].reason) for rung in RUNGS]
    lines += [f"{rung.name}: {rung.what}: not asked: {reason}" for rung, reason in silent if reason]
    return lines


def _many(found: Membership) -> list[str]:
    lines = [f"{len(found.works):,} works  in {found.stated}", ""]
    lines.append(f"{'':10}  {FOUND:>9}  {NOT_FOUND:>9}  {NOT_ASKED:>9}   looks for")
    for rung in RUNGS:
        counts = found.counts(rung.name)
        cells = "  ".join(f"{counts[verdict]:>9,}" for verdict in (FOUND, NOT_FOUND, NOT_ASKED))
        lines.append(f"{rung.name:<10}  {cells}   {rung.what}")
    named = [
        (work.name, [rung.name for rung in RUNGS if found.answers[rung.name][at].verdict == FOUND])
        for at, work in enumerate(found.works)
    ]
    sure = [(name, on) for name, on in named if set(on) - {"host", "domain", "neighbour"}]
    lines += [
        "",
        f"{len(sure):,} works are found on a rung that says something of the work itself" + (":" if sure else ""),
    ]
    lines += [f"  {name}  by {', '.join(on)}" for name, on in sure[:MOST]]
    lines += [f"  … and {len(sure) - MOST:,} more: --csv lists all"] if len(sure) > MOST else []
    faults = [work for work in found.works if work.fault]
    lines += (
        [f"{len(faults):,} rows of the list have faults, for example {faults[0].name}: {faults[0].fault}"]
        if faults
        else []
    )
    return lines
