"""Associations: what lies nearer to what, in the space and in the words of the catalogue; by lists that are shown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.chance import LEVEL, p_value
from latentarchive.audit.described import described
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.lists import Instrument, load_instrument
from latentarchive.audit.registry import check
from latentarchive.audit.stimuli import Stimuli, sides
from latentarchive.audit.subject import Subject
from latentarchive.errors import SuiteError
from latentarchive.measures import association as measures
from latentarchive.measures.association import Permutation, association, effect_interval, leanings, permutation

BOOTSTRAP = "stimuli drawn anew from each side 2,000 times, 95 %"
STRENGTH = (
    "d is the difference of both sides' mean leaning in standard deviations of all (ddof = 1), leaning the mean cosine "
    "to the one set of attributes minus that to the other. With few stimuli a side it is unstable: see what it is with "
    "any one left out."
)


@check
def weat(
    subject: Subject,
    *,
    stimuli: str,
    languages: tuple[str, ...] = (),
    most: int = 500,
    draws: int = 10_000,
    seed: int = 0,
) -> Iterator[Finding]:
    """Whether two sets of targets are unequally near to two sets of attributes: the association test of Caliskan et al.

    Over words it is WEAT, over words in sentences SEAT, over images iEAT; sets of both kinds can be mixed. It is made
    over all templates of the list together, and with each of them alone. Every partition of the targets is counted
    where there are at most 36, which makes p exact; otherwise partitions are drawn, and p is at least one in as many.

    Options:
        stimuli: Name of a list in audits/lists, or the path of one.
        languages: Of the list; none: all that it has.
        most: How many images a side, at most; larger sets are drawn from.
        draws: Partitions that are drawn where they are too many to be counted.
        seed: Of both draws.
    """
    listed = load_instrument(stimuli)
    asked = _languages(listed, languages)
    for language in asked:
        found = sides(subject, listed, language, most, seed)
        x, y, a, b = (found[key].vectors for key in ("x", "y", "a", "b"))
        whole = association(x, y, a, b, draws=draws, seed=seed)
        panel = listed.panel(language) if _has_words(found) else ("",)
        rows = [
            _prompt_row(_prompt(name), [v[t] if v.ndim == 3 else v for v in (x, y, a, b)], draws, seed)
            for t, name in enumerate(panel)
        ]
        of_x, of_y = leanings(x, a, b), leanings(y, a, b)
        effects = [float(row[1]) for row in rows]
        n = len(of_x)
        yield Finding(
            sentence=_told(found, whole.effect, whole.test, language) + _panel_said(effects, whole.effect),
            value=whole.effect,
            unit="d",
            n=2 * n,
            denominator=f"targets, {n:,} a side",
            interval=effect_interval(of_x, of_y, seed=seed),
            interval_by=BOOTSTRAP,
            null=0.0,
            null_by="targets dealt at random between both sides",
            examples=_most_leaning(found, of_x, of_y, whole.effect),
            table=Table(
                columns=("prompt", "effect size d", "from", "to", "p, one-sided", "least d with one left out",
                         "most d with one left out"),
                rows=tuple(rows),
            ),
            picture=Picture(
                kind="intervals", x=0, y=(1, 2, 3), marks=((0.0, ""),),
                alt=f"Effect size with its interval for each of {len(rows)} prompts; 0 would be no association.",
            ),
            notes=(
                _sets(found, listed, language),
                f"{_how(whole.test)} One-sided, as in the papers, p = {p_value(whole.test.p)}. With any one stimulus "
                f"left out d is {whole.left_out[0]:+.2f} to {whole.left_out[1]:+.2f}. d is at most "
                f"{2 * math.sqrt((2 * n - 1) / (2 * n)):.2f} with so many.",
                *((STRENGTH, *_space(subject)) if language == asked[0] else ()),
            ),
        )  # fmt: skip


@check
def single_category(
    subject: Subject,
    *,
    stimuli: str,
    languages: tuple[str, ...] = (),
    most: int = 100,
    draws: int = 10_000,
    seed: int = 0,
) -> Iterator[Finding]:
    """Which of two sets of attributes each single target is nearer to: the single-category test (WEFAT).

    Attributes are dealt at random between both sets for each target, and the share of targets that lean more than
    chance allows is told with false discoveries held at 5 % (Benjamini and Hochberg).

    Options:
        stimuli: Name of a list in audits/lists, or the path of one.
        languages: Of the list; none: all that it has.
        most: How many images a side, at most; larger sets are drawn from.
        draws: Partitions of the attributes that are drawn where they are too many to be counted.
        seed: Of both draws.
    """
    from scipy.stats import false_discovery_control

    listed = load_instrument(stimuli)
    for language in _languages(listed, languages):
        found = sides(subject, listed, language, most, seed)
        a, b = found["a"], found["b"]
        rows: list[tuple[str, str, float, float]] = []
        for side in (found["x"], found["y"]):
            effects, cosines = measures.single_category(side.vectors, a.vectors, b.vectors)
            of_a, of_b = cosines[:, : len(a.labels)], cosines[:, len(a.labels) :]
            tests = [permutation(one, other, draws=draws, seed=seed) for one, other in zip(of_a, of_b, strict=True)]
            rows += [
                (label, side.name, float(effect), test.either)
                for label, effect, test in zip(side.labels, effects, tests, strict=True)
            ]
        adjusted = false_discovery_control([p for *_, p in rows])
        ranked = sorted(
            ((*row, float(q)) for row, q in zip(rows, adjusted, strict=True)), key=lambda row: (-row[2], row[0])
        )
        towards, against = (
            sum(q <= LEVEL and (effect > 0) == up for *_, effect, _, q in ranked) for up in (True, False)
        )
        images = [side for side in (found["x"], found["y"]) if side.ids]
        yield Finding(
            sentence=f"{_in(language)}{towards + against:,} of {len(ranked):,} targets are nearer to one set of "
            f"attributes than chance allows: {towards:,} to {a.name}, {against:,} to {b.name}; furthest to the one "
            f"lies {ranked[0][0]!r} (d = {ranked[0][2]:+.2f}), to the other {ranked[-1][0]!r} ({ranked[-1][2]:+.2f}).",
            value=(towards + against) / len(ranked),
            unit="share",
            n=len(ranked),
            denominator=f"targets: {found['x'].name}, {found['y'].name}",
            null=0.0,
            null_by="attributes dealt at random between both sets; of what is found 5 % may be false",
            examples=tuple(row[0] for row in ranked if images and row[1] in {s.name for s in images})[:MOST_EXAMPLES],
            table=Table(
                columns=("target", "side", f"leaning to {a.name} against {b.name}, d", "p", "p, adjusted"),
                rows=tuple(ranked),
                ids=(0,) if len(images) == 2 else (),
            ),
            notes=(_sets(found, listed, language), STRENGTH, *_space(subject)),
        )


@check
def descriptions(subject: Subject, *, stimuli: str, language: str = "en") -> Iterator[Finding]:
    """Whether the catalogue describes two sets of works with unequal words: the words of a list, as they are written.

    This asks no space, but those who wrote: of the works of each target, how many are described with a word of the one
    set of attributes and how many with one of the other. The odds ratio says how much more often the one side has the
    one kind of words.

    Options:
        stimuli: Name of a list in audits/lists, or the path of one, whose targets are works and whose attributes are
            words.
        language: Whose words of the list are looked for.
    """
    listed = load_instrument(stimuli)
    archive = subject.holding()
    if listed.x.words or listed.y.words or not listed.a.words or not listed.b.words:
        message = f"list {listed.name} does not set works against words: targets need a filter, attributes words"
        raise Skip(message)
    _languages(listed, (language,))
    yield described(archive, listed, language)


def _languages(listed: Instrument, asked: tuple[str, ...]) -> tuple[str, ...]:
    """The languages to ask in. Raises `SuiteError` for one that the list does not have."""
    for language in asked:
        if language not in listed.languages:
            message = f"list {listed.name} has no words in {language!r}; it has {', '.join(listed.languages)}"
            raise SuiteError(message)
    return asked or listed.languages


def _prompt(template: str) -> str:
    """What a row of the panel is called."""
    return {"": "images alone", "{}": "the word alone"}.get(template, template)


def _prompt_row(name: str, four: list[NDArray[np.float32]], draws: int, seed: int) -> tuple[Any, ...]:
    """The test with one prompt alone: effect size, its interval, p, and its range with one stimulus left out."""
    x, y, a, b = four
    one = association(x, y, a, b, draws=draws, seed=seed)
    low, high = effect_interval(leanings(x, a, b), leanings(y, a, b), seed=seed)
    return name, one.effect, low, high, one.test.p, *one.left_out


def _told(found: Mapping[str, Stimuli], effect: float, test: Permutation, language: str) -> str:
    x, y, a, b = (found[key].name for key in ("x", "y", "a", "b"))
    figures = f"effect size d = {effect:+.2f}, p = {p_value(test.either)} (two-sided)"
    if test.either > LEVEL:
        return f"{_in(language)}{x} and {y} cannot be told apart by {a} and {b}: {figures}"
    near, far = (x, y) if effect > 0 else (y, x)
    return f"{_in(language)}{near} are nearer to {a}, and {far} to {b}, than chance allows: {figures}"


def _in(language: str) -> str:
    return f"[{language}] " if language else ""


def _panel_said(effects: list[float], whole: float) -> str:
    if len(effects) == 1:
        return "."
    agree = sum((effect > 0) == (whole > 0) for effect in effects)
    return f"; {agree} of {len(effects)} prompts have this sign (d from {min(effects):+.2f} to {max(effects):+.2f})."


def _how(test: Permutation) -> str:
    if test.exact:
        return f"All {test.partitions:,} partitions of the targets were counted, so p is exact."
    return f"{test.partitions:,} partitions of the targets were drawn: p cannot be less than 1 in as many."


def _sets(found: Mapping[str, Stimuli], listed: Instrument, language: str) -> str:
    prompts = f" Prompts: {', '.join(map(repr, listed.panel(language)))}." if _has_words(found) else ""
    return f"{'. '.join(found[key].said for key in ('x', 'y', 'a', 'b'))}.{prompts} {listed.cited}"


def _has_words(found: Mapping[str, Stimuli]) -> bool:
    return any(side.of is None for side in found.values())


def _most_leaning(
    found: Mapping[str, Stimuli], of_x: NDArray[np.float64], of_y: NDArray[np.float64], effect: float
) -> tuple[str, ...]:
    """Ids of the works that carry an effect most: half of each side."""
    half, sign = MOST_EXAMPLES // 2, -1 if effect > 0 else 1
    ids = []
    for key, leaning, direction in (("x", of_x, sign), ("y", of_y, -sign)):
        if found[key].ids:
            ids += [found[key].ids[i] for i in np.argsort(direction * leaning, kind="stable")[:half]]
    return tuple(ids)


def _space(subject: Subject) -> tuple[str, ...]:
    encoder = subject.with_vectors().manifest.encoder_name
    return (f"Measured in the space of {encoder}: effects of other encoders cannot be compared with these.",)
