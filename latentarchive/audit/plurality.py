"""One collection in two spaces, or two collections in one: what agrees, what can be translated, what covers what."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from latentarchive.audit.covering import coverings
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Skip, Table
from latentarchive.audit.overlapping import DEPTHS, in_common, most_moved
from latentarchive.audit.registry import check
from latentarchive.audit.shapes import shape
from latentarchive.audit.spaces import Ints, Spaces, aligned, spaces
from latentarchive.audit.subject import Subject
from latentarchive.audit.translating import HELD_OUT, LEAST_HELD_OUT, tried
from latentarchive.measures import alignment
from latentarchive.measures.intervals import WILSON

NOTES_ON_MAPS = (
    "Works with a copy tie with it, and count as found as often as chance would put them first.",
    "Spaces between which no map finds a work may still group works alike: see plurality.agreement.",
)


@check
def works_in_both(subject: Subject, *, other: str = "") -> Iterator[Finding]:
    """Which works are in both archives, matched by item id, and what share is in only one of them.

    Options:
        other: Path or name of the other archive; the command compare gives it.
    """
    two = spaces(subject, other)
    (mine, theirs), both = two.counts, len(two.ids)
    union = mine + theirs - both
    known = set(two.ids)
    rows = two.mine.rows()
    alone = [one for one in two.mine.collection.take(rows, ["id"])["id"].to_pylist() if one not in known]
    a, b = two.names
    images = [
        archive.collection.take(rows, ["sha256"])["sha256"].to_pylist()
        for archive, rows in ((two.mine, two.rows), (two.theirs, two.others))
    ]
    changed = [x for x, y in zip(*images, strict=True) if x and y and x != y]
    encoders = [archive.manifest.encoder_name for archive in (two.mine, two.theirs)]
    yield Finding(
        sentence=f"{both:,} works are in both; {mine - both:,} of {mine:,} are only in {a}, {theirs - both:,} of "
        f"{theirs:,} only in {b}.",
        value=(union - both) / union,
        unit="share",
        n=union,
        denominator="works of the two together that are in only one of them",
        examples=tuple(alone[:MOST_EXAMPLES]),
        table=Table(
            columns=("archive", "encoder", "works", "only here", "share only here"),
            rows=tuple(
                (name, encoder, n, n - both, (n - both) / n if n else None)
                for name, encoder, n in zip(two.names, encoders, two.counts, strict=True)
            ),
        ),
        notes=(
            f"Matched by item id. Of those in both, {len(changed):,} have another image file."
            if both
            else "Matched by item id.",
            _encoders(two),
        ),
    )


def _encoders(two: Spaces) -> str:
    if not (two.mine.has_vectors and two.theirs.has_vectors):
        return "One of the two holds only metadata: there is one space at most."
    if two.one_encoder:
        return "One encoder made both: they are two collections, or two versions of one, in the same space."
    return "Two encoders made them: no cosine of the one can be compared with one of the other."


@check
def neighbours(
    subject: Subject, *, other: str = "", k: int = 10, sample: int = 5000, seed: int = 0
) -> Iterator[Finding]:
    """How many of a work's nearest are the same in both spaces: mutual kNN, Jaccard, rank-biased and average overlap.

    Each work of the sample is looked up among all works that are in both, exactly.

    Options:
        other: Path or name of the other archive; the command compare gives it.
        k: How many neighbours are compared.
        sample: How many works are looked up, at most.
        seed: Of the sample, the bootstrap and the permutations.
    """
    two = aligned(subject, other, max(k, 1) + 2)
    some, lists = _lists(subject, two, other, k, sample, seed)
    yield from in_common(two, some, lists, k, seed)


def _lists(subject: Subject, two: Spaces, other: str, k: int, sample: int, seed: int) -> tuple[Ints, tuple[Ints, Ints]]:
    """Places of the works that are looked up, and their nearest in both spaces; made once."""
    if k < 1 or sample < 2:
        message = f"k must be 1 or more and sample 2 or more, got {k} and {sample}"
        raise Skip(message)
    depth = min(max(k, DEPTHS[-1]), len(two.ids) - 1)
    some = two.drawn(sample, seed)
    return some, subject.kept(f"lists {other} {depth} {sample} {seed}", lambda: two.neighbours(some, depth))


@check
def moved(subject: Subject, *, other: str = "", k: int = 10, sample: int = 5000, seed: int = 0) -> Iterator[Finding]:
    """The works that stand among others in the one space than in the other, with their neighbours in both side by side.

    Options:
        other: Path or name of the other archive; the command compare gives it.
        k: How many neighbours are compared; works that keep as many are put in the order of their rank-biased overlap.
        sample: How many works are looked up, at most.
        seed: Of the sample.
    """
    two = aligned(subject, other, max(k, 1) + 2)
    some, lists = _lists(subject, two, other, k, sample, seed)
    yield most_moved(two, some, lists, k)


@check
def agreement(
    subject: Subject, *, other: str = "", k: int = 10, sample: int = 1000, seed: int = 0
) -> Iterator[Finding]:
    """Whether the two spaces have the same shape: unbiased CKA, CKNNA, and what Procrustes leaves.

    CKA and CKNNA have 1e-6 added to their denominators, as in the code of Huh et al. (2024).

    Options:
        other: Path or name of the other archive; the command compare gives it.
        k: Neighbours that CKNNA looks at.
        sample: How many works are compared, at most.
        seed: Of the sample, the half samples and the permutations.
    """
    two = aligned(subject, other, 2 * max(k + 1, alignment.LEAST))
    some = two.drawn(sample, seed)
    x, y = two.vectors(some)
    if k < 1 or len(some) // 2 <= k:
        message = f"half samples of {len(some)} works have no {k} neighbours each: a sample of {2 * (k + 1)} would do"
        raise Skip(message)
    what = two.described(some)
    for name, measure, said in (
        ("Unbiased linear CKA", alignment.cka, "1 for the same shape up to rotation and scale, 0 for none in common"),
        (f"CKNNA at k = {k}", partial(alignment.cknna, k=k), "CKA of what is near in both; 1 for the same, 0 for none"),
        ("The Procrustes disparity", alignment.procrustes, "0 for the same shape up to rotation and scale, 1 for none"),
    ):
        yield shape(name, said, measure, (x, y), what, seed)


@check
def translation(subject: Subject, *, other: str = "", anchors: int = 0, seed: int = 0) -> Iterator[Finding]:
    """Whether one space can be translated into the other: a map learned from anchors, tested on works held out.

    Two maps are learned, a rotation (orthogonal Procrustes, with scale) and a linear one with a ridge penalty. A work
    that was held out is taken over; asked is how often its own vector is then nearest among all that were held out.

    Options:
        other: Path or name of the other archive; the command compare gives it.
        anchors: How many works the maps are learned from; 0: half of those in both, and up to 2,000.
        seed: Of the choice of anchors and held-out works.
    """
    two = aligned(subject, other, 0)
    dim, n = max(two.mine.embeddings.dim, two.theirs.embeddings.dim), len(two.ids)
    taken = anchors or min(2000, max(n // 2, dim))
    if taken < dim or n < taken + LEAST_HELD_OUT:
        message = (
            f"{taken:,} anchors of {n:,} works in both, for spaces of up to {dim} dimensions: a map needs as many "
            f"anchors as dimensions and {LEAST_HELD_OUT} works to try it on, so that {max(dim, anchors):,} anchors of "
            f"{max(dim, anchors) + LEAST_HELD_OUT:,} works in both would do"
        )
        raise Skip(message)
    trials, held = tried(two, taken, seed), min(HELD_OUT, n - taken)
    a, b = two.names
    table = Table(
        columns=("map", "way", "anchors", "share first", "share, from", "share, to", "share in 5", "share by chance"),
        rows=trials,
    )  # fmt: skip
    for name, words in (("rotation", "a rotation"), ("ridge", "a linear map")):
        for way, from_name, to_name in ((f"{a} → {b}", a, b), (f"{b} → {a}", b, a)):
            [first] = [row for row in trials if row[:3] == (name, way, taken)]
            told = (name, way) == trials[0][:2]
            yield Finding(
                sentence=f"Taken from {from_name} to {to_name} by {words} learned from {taken:,} works, {first[3]:.1%} "
                f"of {held:,} others are nearest to themselves (95 % interval {first[4]:.1%} to {first[5]:.1%}; by "
                f"chance {first[7]:.2%}), and {first[6]:.1%} are among the first five.",
                value=first[3],
                unit="share",
                n=held,
                denominator="works held out, among which each is sought",
                interval=(first[4], first[5]),
                interval_by=WILSON,
                null=first[7],
                null_by="1 of those held out",
                table=table if told else None,
                notes=NOTES_ON_MAPS if told else (),
            )


@check
def covered(subject: Subject, *, other: str = "", k: int = 5, sample: int = 1500, seed: int = 0) -> Iterator[Finding]:
    """How well one collection covers another in one space: coverage, density, precision and recall.

    Naeem et al. (2020): a work is covered if one of the others is nearer to it than the k-th nearest of its own
    collection. What equal collections would give depends on how many works there are of each, and is said.

    Options:
        other: Path or name of the other archive; the command compare gives it.
        k: Neighbours that decide what is near.
        sample: How many works of each are compared, at most.
        seed: Of the samples and the permutations.
    """
    two = aligned(subject, other, 0)
    if not two.one_encoder:
        message = (
            f"two encoders made the vectors ({two.mine.manifest.encoder_name} and {two.theirs.manifest.encoder_name}): "
            "no distance between them means anything; build one archive again with the other's encoder"
        )
        raise Skip(message)
    yield from coverings(two, k, sample, seed)
