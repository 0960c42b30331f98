"""What is lost in compression: which fields can be read from a vector, and what is left of a work at each step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.labels import Labels, fields_of, in_turn
from latentarchive.audit.ledger import ledger_of
from latentarchive.audit.probes import SAMPLE, Probed, Space, probed
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.measures.probing import Reading, linear_labels, reading, voted_labels

Ints = NDArray[np.int64]

LISTED = 25
"""Values of a field that are listed, the most common."""


@dataclass(frozen=True, eq=False)
class _Read:
    """What one space lets a probe read of one field."""

    space: str
    probe: str
    guess: Ints
    found: Reading


@dataclass(frozen=True, eq=False)
class _Field:
    """One field in all spaces; the works that state it are at `places` of those probed, their labels `own`."""

    labels: Labels
    places: Ints
    own: Ints
    read: tuple[_Read, ...]
    #: The linear probe of the vectors as they are, on labels dealt at random.
    control: Reading

    @property
    def first(self) -> _Read:
        """The linear probe of the vectors as they are."""
        return self.read[0]

    @property
    def chance(self) -> float:
        """What a guess that knows nothing reaches, or one that learned labels dealt at random: the higher."""
        return max(1 / len(self.labels.names), self.control.balanced)

    @property
    def kept(self) -> bool:
        """Whether the vector is told from chance."""
        return self.first.found.low > self.chance

    @property
    def surplus(self) -> float:
        """How much of what chance leaves unread is read: from 0 to 1 where the field is kept."""
        return (self.first.found.balanced - self.chance) / max(1 - self.chance, 1e-9)


@check
def fields(
    subject: Subject,
    *,
    fields: tuple[str, ...] = (),
    least: int = 20,
    most: int = 50,
    group_by: tuple[str, ...] = ("source",),
    pca: int = 32,
    k: int = 10,
    sample: int = SAMPLE,
    seed: int = 0,
) -> Iterator[Finding]:
    """Which fields of the catalogue can be read from the vectors, and what is left after compressing them further.

    A vector that does not tell where a work was made cannot find works by place, and nobody will notice. For each field
    a linear probe and the vote of the nearest guess its values for works they never saw, in five parts, with copies in
    one part; from the vectors, from their principal components, and from the codes of the index. Every value counts
    the same (balanced accuracy), so that the most common one is no good guess. The same probes with values dealt at
    random say what they would reach by themselves (Hewitt and Liang 2019); the difference is the selectivity.

    What is read need not be what is seen: a frame, a background or the paper of one scanner may give a place away.

    Options:
        fields: As in `mixing.homophily`.
        least: Values with fewer works are left out.
        most: At most so many values, the most common.
        group_by: Fields whose values are kept in one part, where five values or more share the works.
        pca: Principal components that are kept in the second space.
        k: How many of the nearest vote.
        sample: How many works are probed, at most.
        seed: Of the sample and of what is dealt at random.
    """
    works = probed(subject, group_by=group_by, pca=pca, sample=sample, seed=seed)
    found, reasons = fields_of(subject, works.ids, fields, least=max(2, least), most=most)
    told = [_read(works, one, k, seed) for one in found]
    told.sort(key=lambda one: -one.surplus)
    yield _overview(works, told, reasons, pca)
    for one in told:
        yield _field(works, one)


def _read(works: Probed, labels: Labels, k: int, seed: int) -> _Field:
    places = labels.known
    own, fold = labels.of[places], works.fold[places]
    if len(np.unique(fold)) < 2:
        message = f"the works that state {labels.field} are all in one part"
        raise Skip(message)
    read = []
    for space in works.spaces:
        linear, voted = linear_labels(space.rows[places], own, fold), _voted(space, places, own, k)
        read.append(_Read(space.name, "linear", linear, reading(own, linear)))
        read.append(_Read(space.name, f"{k} nearest", voted, reading(own, voted)))
    dealt = np.random.default_rng(seed).permutation(own)
    control = reading(dealt, linear_labels(works.spaces[0].rows[places], dealt, fold))
    return _Field(labels, places, own, tuple(read), control)


def _voted(space: Space, places: Ints, values: Ints, k: int) -> Ints:
    of = np.full(len(space.near), -1, np.int64)
    of[places] = values
    return voted_labels(space.near[places], of, k)


def _overview(works: Probed, told: list[_Field], reasons: tuple[str, ...], pca: int) -> Finding:
    kept = [one for one in told if one.kept]
    dropped = [one.labels.field for one in told if not one.kept]
    best = told[0]
    spaces = [space.name for space in works.spaces]
    rows = []
    for one in told:
        by = {(read.space, read.probe == "linear"): read for read in one.read}
        rows.append(
            (
                one.labels.field,
                *(by[name, True].found.balanced for name in spaces),
                1 / len(one.labels.names),
                one.control.balanced,
                one.first.found.balanced - one.control.balanced,
                *(by[name, False].found.balanced for name in spaces),
                one.first.found.macro_f1,
                one.control.macro_f1,
                len(one.labels.names),
                len(one.own),
            )
        )
    sizes = ", ".join(f"{space.name} {space.size:,} bytes" for space in works.spaces)
    lost = f" What cannot be told from chance: {', '.join(dropped)}." if dropped else ""
    return Finding(
        sentence=f"Of {len(told)} fields {len(kept)} can be read from the vectors better than by chance, "
        f"{best.labels.field} best: {best.first.found.balanced:.1%} in the mean over its {len(best.labels.names)} "
        f"values (by chance {best.chance:.1%}).{lost}",
        value=len(kept) / len(told),
        unit="share",
        n=len(told),
        denominator=f"fields of {len(works.ids):,} {works.what}",
        table=Table(
            columns=(
                "field",
                *(f"share read from {name}" for name in spaces),
                "share read by a guess",
                "share read of shuffled values",
                "selectivity",
                *(f"share read by {told[0].read[1].probe} in {name}" for name in spaces),
                "macro-F1",
                "macro-F1 of shuffled values",
                "values",
                "works",
            ),
            rows=tuple(rows),
        ),
        picture=Picture(
            kind="bars",
            x=0,
            y=(*range(1, len(spaces) + 1), len(spaces) + 2),
            alt="Bars: share of each field that a linear probe reads from the vectors, from what is left of them, and "
            "with the values shuffled.",
        ),
        notes=(
            "Shares are balanced accuracies: the mean over the values of a field of the share of their works that was "
            f"read right. Bytes a work: {sizes}.",
            *works.notes,
            *reasons,
            f"Measured in the space of {works.graph.archive.manifest.encoder_name} on {len(works.ids):,} {works.what}.",
        ),
    )


def _field(works: Probed, one: _Field) -> Finding:
    """One field: which values are kept, what they are taken for, and works that are read as another."""
    names, first = one.labels.names, one.first
    codes = [read for read in one.read if read.space == "codes" and read.probe == "linear"]
    taken = np.zeros((len(names), len(names)), np.int64)
    np.add.at(taken, (one.own, first.guess), 1)
    np.fill_diagonal(taken, 0)
    rows = []
    listed = one.labels.listed(LISTED)
    for g in listed:
        other = int(taken[g].argmax())
        mistaken = names[other] if taken[g, other] else None
        after = (float(codes[0].found.recalls[g]),) if codes else ()
        rows.append((names[g], float(first.found.recalls[g]), *after, mistaken, int(one.labels.counts[g])))
    wrong = np.flatnonzero(first.guess != one.own)
    votes = one.read[1].guess
    both = wrong[votes[wrong] == first.guess[wrong]]  # read as the same other value by both probes
    shown = both[in_turn(one.own[both])][:MOST_EXAMPLES]
    best, worst = max(listed, key=first.found.recalls.__getitem__), min(listed, key=first.found.recalls.__getitem__)
    among = f"of the {LISTED} commonest, " if len(names) > LISTED else ""
    low, high, chance = first.found.low, first.found.high, one.chance
    verdict = (
        f"; {among}{names[best]!r} is read best ({first.found.recalls[best]:.1%}), {names[worst]!r} worst "
        f"({first.found.recalls[worst]:.1%})"
        if one.kept
        else ". That is not told from chance: the vector does not keep it"
    )
    control = one.control.balanced
    return Finding(
        sentence=f"From the vectors, {one.labels.field} is read right for {first.found.balanced:.1%} of the works, in "
        f"the mean over its {len(names)} values; by chance for {chance:.1%}{verdict}.",
        value=first.found.balanced,
        unit="share",
        n=len(one.own),
        denominator=f"{works.what} that state it",
        interval=(low, high),
        interval_by="normal, from the shares of the values",
        null=chance,
        null_by=f"the higher of 1 in {len(names)} and of shuffled values read the same way ({control:.1%})",
        examples=tuple(works.ids[one.places[i]] for i in shown),
        table=Table(
            columns=(
                one.labels.field,
                "share read right",
                *(("share read from codes",) if codes else ()),
                "most often taken for",
                "works",
            ),
            rows=tuple(rows),
        ),
        picture=Picture(
            kind="bars",
            x=0,
            y=(1, 2) if codes else (1,),
            alt=f"Bars: share of the works of each {one.labels.field} that was read right.",
        ),
        notes=(
            one.labels.note,
            *(
                f"{len(both):,} works are read as the same other value by both probes: look whether the record is "
                "right, or what in the picture misleads."
                for _ in both[:1]
            ),
        ),
    )


@check
def ledger(subject: Subject) -> Iterator[Finding]:
    """The compression ledger: how many bytes are left of a work at each step, from its pixels to its share of a model.

    An archive keeps a work; a vector keeps what one encoder thought of it; the weights of a model are what all works
    together left in it. The figures stand for the size of each, not for what it is worth.
    """
    yield ledger_of(subject)
