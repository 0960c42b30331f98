"""Zero-shot classes: into which of somebody's classes a space would put the works of each group."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Skip, Table
from latentarchive.audit.groups import grouped
from latentarchive.audit.lists import load_prompts
from latentarchive.audit.questions import all_scores, in_language
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.audit.texts import text_vectors
from latentarchive.measures.skew import top_count_p

RANDOM = 200
"""Random tables by which chance is told."""


@check
def disparity(
    subject: Subject,
    *,
    field: str = "place",
    labels: str = "",
    classes: str = "judgements",
    language: str = "en",
    least: int = 20,
    most: int = 12,
    seed: int = 0,
) -> Iterator[Finding]:
    """Which class a zero-shot classifier would put each group's works in: disparity tables, one for every class.

    Each work goes to the class whose words are nearest to its image, for each template of the list. Told is the share
    of every group in every class. The classes are what somebody asked, not what works are: see the list.

    Options:
        field: Of the catalogue, as in `mixing.homophily`.
        labels: Path of a CSV file with columns id and label, in place of a field.
        classes: Name of a list in audits/lists whose prompts are the classes, or the path of one.
        language: Of the list.
        least: Works that a group must have to stand by itself.
        most: Groups that stand by themselves, at most.
        seed: Of random tables.
    """
    from scipy.stats import false_discovery_control, random_table

    groups = grouped(subject, field, labels, least=least, most=most)
    listed = load_prompts(classes)
    names, panel = in_language(listed, language), listed.panel(language)
    if len(names) < 2:
        message = f"list {listed.name} has {len(names)} class in {language!r}, and two or more are needed"
        raise Skip(message)
    archive = subject.with_vectors()
    texts = text_vectors(subject, [template.format(name) for template in panel for name in names])
    scores = all_scores(archive, texts, groups.rows).reshape(len(panel), len(names), -1)
    chosen = scores.argmax(axis=1)
    tables = np.zeros((len(panel), len(groups.names), len(names)), np.int64)
    for t, of in enumerate(chosen):
        np.add.at(tables[t], (groups.of, of), 1)
    sizes = groups.sizes
    shares = tables / sizes[:, None]
    gaps = np.ptp(shares, axis=1)  # (templates, classes)
    mean = shares.mean(axis=0)
    order = np.argsort(-np.ptp(mean, axis=0), kind="stable")
    worst = int(order[0])
    gap = float(np.ptp(mean[:, worst]))
    chance = float(
        np.mean(
            [
                np.ptp(random_table(sizes, tables[t].sum(axis=0), seed=seed).rvs(RANDOM) / sizes[:, None], axis=1).max(
                    axis=1
                )
                for t in range(len(panel))
            ]
        )
    )
    p = _class_p(tables[0], sizes)
    adjusted = false_discovery_control(p.ravel()).reshape(p.shape)
    rows = tuple(
        (
            names[c], groups.names[g], int(sizes[g]), float(mean[g, c]), float(shares[:, g, c].min()),
            float(shares[:, g, c].max()), float(tables[:, :, c].sum() / tables.sum()), float(adjusted[g, c]),
        )
        for c in order
        for g in np.argsort(-mean[:, c], kind="stable")
    )  # fmt: skip
    high, low = int(mean[:, worst].argmax()), int(mean[:, worst].argmin())
    shown = np.flatnonzero((chosen[0] == worst) & (groups.of == high))
    shown = shown[np.argsort(-scores[0, worst, shown], kind="stable")][:MOST_EXAMPLES]
    by_template = (
        f"; template by template it is {gaps[:, worst].min():.1%} to {gaps[:, worst].max():.1%}"
        if np.ptp(gaps[:, worst]) > 0
        else ", and the same with every template"
        if len(panel) > 1
        else ""
    )
    yield Finding(
        sentence=f"Asked which of {len(names)} classes is nearest, the space says {names[worst]!r} of "
        f"{mean[high, worst]:.1%} of the works of {groups.names[high]} and of {mean[low, worst]:.1%} of those of "
        f"{groups.names[low]}, the widest gap of {groups.by} (by chance {chance:.1%} for the widest){by_template}.",
        value=gap,
        unit="share",
        n=len(groups.of),
        denominator=f"works whose {groups.by} is stated, in {len(groups.names)} groups",
        null=chance,
        null_by="the widest gap in random tables with the same groups and classes, for each template",
        examples=tuple(groups.ids[i] for i in shown),
        table=Table(
            columns=(
                "class",
                groups.by,
                "works",
                "share of the group in the class",
                "least of the templates",
                "most of the templates",
                "share of all works",
                "p, adjusted",
            ),
            rows=rows,
        ),
        notes=(
            f"Classes: {', '.join(map(repr, names))}. Templates: {', '.join(map(repr, panel))}. {listed.cited} Other "
            "classes or templates give other figures.",
            "p: hypergeometric, both sides, with the first template; false discoveries held at 5 % over all groups and "
            "classes.",
            *groups.notes,
            f"Measured in the space of {archive.manifest.encoder_name}.",
        ),
    )


def _class_p(table: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """How likely as unequal a count is if classes were dealt to works at random: shape (groups, classes)."""
    inside = table.sum(axis=0)
    total = int(inside.sum())
    found = np.empty(table.shape)
    for c in range(table.shape[1]):
        for g in range(table.shape[0]):
            count = np.array([table[g, c], sizes[g] - table[g, c]])
            found[g, c] = top_count_p(count, [inside[c], total - inside[c]])[0]
    return found
