"""Rankings: whose works a search brings up, beside what the archive holds; and whether every language sees the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.chance import not_from_chance
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.groups import grouped
from latentarchive.audit.lists import load_prompts
from latentarchive.audit.questions import BOOTSTRAP, all_scores, asked, in_language, mean_interval
from latentarchive.audit.registry import check
from latentarchive.audit.skews import Answers, skews
from latentarchive.audit.subject import Subject
from latentarchive.audit.texts import text_vectors
from latentarchive.measures.skew import first_counts


@check
def skew(
    subject: Subject,
    *,
    field: str = "place",
    labels: str = "",
    prompts: str = "judgements",
    queries: tuple[str, ...] = (),
    language: str = "en",
    k: int = 50,
    least: int = 20,
    most: int = 12,
    seed: int = 0,
) -> Iterator[Finding]:
    """Which groups a search brings up more, or less, often than the archive holds them: Skew@k, MaxSkew, MinSkew, NDKL.

    Every question is asked in the space alone, of all works whose group is stated. Told are both what the first k have
    beside what the archive has, and what they have beside equal shares: an archive of few works by women is one
    finding, first results with fewer still another. Counts are tested exactly (hypergeometric), with false discoveries
    held at 5 % over all questions and groups; means over questions have an interval.

    Options:
        field: Of the catalogue, as in `mixing.homophily`.
        labels: Path of a CSV file with columns id and label, in place of a field.
        prompts: Name of a list of questions in audits/lists, or the path of one.
        queries: Questions, in place of a list.
        language: Of the list.
        k: How many results are looked at.
        least: Works that a group must have to stand by itself.
        most: Groups that stand by themselves, at most.
        seed: Of random lists and resamples.
    """
    groups = grouped(subject, field, labels, least=least, most=most)
    questions, notes = asked(prompts, queries, language)
    archive, n = subject.with_vectors(), len(groups.of)
    if k >= n:
        message = f"the first {k} of {n:,} works are all of them, which have no skew: k must be below, or works more"
        raise Skip(message)
    scores = all_scores(archive, text_vectors(subject, questions), groups.rows)
    counted = np.array([first_counts(one, groups.of, k, len(groups.names)) for one in scores])
    tied = int((counted[:, 1] != counted[:, 2]).any(axis=1).sum())
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    notes += (
        f"Asked of {n:,} works by the cosine of question and image, best first; equal scores in row order"
        + (f", which decides for {tied} questions who is among the first {k}." if tied else "; none ties at the end."),
        _repeats(order),
        *groups.notes,
        f"Measured in the space of {archive.manifest.encoder_name}. Skew is the natural logarithm of a share over the "
        "one wanted: 0.69 is twice as often, -0.69 half as often.",
    )
    yield from skews(Answers(groups, questions, order, counted[:, 0], notes, seed))


@check
def languages(
    subject: Subject, *, prompts: str = "everyday", among: tuple[str, ...] = (), k: int = 10, seed: int = 0
) -> Iterator[Finding]:
    """Whether the same question brings up the same works in every language: a matter of point of view.

    Options:
        prompts: Name of a list in audits/lists with several languages, or the path of one.
        among: Languages of the list; none: all that it has.
        k: How many results are compared.
        seed: Of resamples.
    """
    listed = load_prompts(prompts)
    tongues = among or listed.languages
    questions = {language: in_language(listed, language) for language in tongues}
    archive = subject.with_vectors()
    rows = archive.rows()
    if len(tongues) < 2 or len(rows) <= k:
        message = (
            f"two languages or more are compared, and {tongues[0]} alone is asked for; {listed.name} has "
            f"{', '.join(listed.languages)}"
            if len(tongues) < 2
            else f"the first {k} of {len(rows):,} works are all of them: more works than k are needed"
        )
        raise Skip(message)
    first = {
        language: np.argsort(-all_scores(archive, text_vectors(subject, said), rows), axis=1, kind="stable")[:, :k]
        for language, said in questions.items()
    }
    random, chance = np.random.default_rng(seed), k / len(rows)
    pairs, shared_by = [], {}
    for one, other in combinations(tongues, 2):
        shared = np.array([len(np.intersect1d(a, b)) for a, b in zip(first[one], first[other], strict=True)]) / k
        shared_by[one, other] = shared
        order = float(np.mean([_average_overlap(a, b) for a, b in zip(first[one], first[other], strict=True)]))
        pairs.append((f"{one} and {other}", float(shared.mean()), *mean_interval(shared, random), order))
    everywhere = np.mean(list(shared_by.values()), axis=0)
    value, (low, high) = float(everywhere.mean()), mean_interval(everywhere, random)
    worst = np.argsort(everywhere, kind="stable")
    yield Finding(
        sentence=f"The same question in two of {len(tongues)} languages shares {value:.1%} of its first {k} works, in "
        f"the mean over {len(worst)} questions and all pairs of languages (95 % interval {low:.1%} to {high:.1%}; by "
        f"chance {chance:.2%}){not_from_chance(low, chance)}; least for {questions[tongues[0]][worst[0]]!r} "
        f"({everywhere[worst[0]]:.0%}).",
        value=value,
        unit="share",
        n=len(worst),
        denominator=f"questions in {len(tongues)} languages, the first {k} of {len(rows):,} works each",
        interval=(low, high),
        interval_by=BOOTSTRAP,
        null=chance,
        null_by="k of n: any order",
        table=Table(
            columns=("languages", "share of the first works in common", "from", "to", "average overlap of ranks"),
            rows=tuple(pairs),
        ),
        picture=Picture(
            kind="intervals", x=0, y=(1, 2, 3), marks=((chance, "by chance"),),
            alt=f"Share of the first {k} works that two languages have in common, with its interval, for each pair.",
        ),
        notes=(
            listed.cited,
            f"Measured in the space of {archive.manifest.encoder_name}. A language that an encoder never learned "
            "shares little with any other: that too is a point of view.",
        ),
    )  # fmt: skip
    yield Finding(
        sentence=f"Question by question, the languages share {everywhere.min():.0%} to {everywhere.max():.0%} of the "
        f"first {k} works.",
        value=float(everywhere.min()),
        unit="share",
        n=k,
        denominator=f"works among the first {k} for {questions[tongues[0]][worst[0]]!r}",
        null=chance,
        null_by="k of n: any order",
        examples=tuple(archive.collection.take(rows[_only(first, int(worst[0]))], ["id"])["id"].to_pylist()),
        table=Table(
            columns=(*tongues, "share in common, mean over pairs"),
            rows=tuple((*(questions[language][i] for language in tongues), float(everywhere[i])) for i in worst),
        ),
        notes=("The examples are what one language alone brings up for the question with least in common.",),
    )


def _only(first: Mapping[str, NDArray[np.int64]], question: int) -> NDArray[np.int64]:
    """Places of works that one language alone brings up, best ranks first."""
    lists = [ranked[question] for ranked in first.values()]
    times = np.bincount(np.concatenate(lists))
    found = [int(row) for rank in zip(*lists, strict=True) for row in rank if times[row] == 1]
    return np.array(found[:MOST_EXAMPLES], np.int64)


def _average_overlap(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Mean share in common over all beginnings of two rankings of one length (Webber et al. 2010: p = 1)."""
    return float(np.mean([len(np.intersect1d(one[:d], other[:d])) / d for d in range(1, len(one) + 1)]))


def _repeats(order: NDArray[np.int64]) -> str:
    """Whether few works fill all lists: then the skew is that of hubs of the space."""
    times = np.bincount(order.ravel())
    most = int(times.max())
    return (
        f"{np.count_nonzero(times):,} different works fill the {order.size:,} places; the one that comes up most "
        f"stands in {most} of {len(order)} lists. Where few works fill all, the skew is theirs: see retrieval.hubs."
    )
