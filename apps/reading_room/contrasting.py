"""A contrast for visitors: how it is made in the line, and how its two sides and its findings stand on a page."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from itertools import groupby

import streamlit as st

from latentarchive.archive import Archive
from latentarchive.audit import Finding, Report, Subject, load_suite, run_suite
from latentarchive.audit.copied import possible_copies
from latentarchive.diffusion.contrast import PAIRED, Background, Contrast, Made
from latentarchive.diffusion.contrasting import Plan, make_contrast
from latentarchive.diffusion.generators import Generator
from latentarchive.render.contrasts import BESIDE, CONDITIONS
from latentarchive.render.parcels import contrast_parcel
from reading_room import cards, developing, made, sentences, studio
from reading_room.language import say
from reading_room.shared import plainly

SUITE = "transformation"


@dataclass(frozen=True)
class Contrasted:
    """What came of a contrast."""

    contrast: Contrast
    report: Report


_behind: dict[tuple[object, ...], Background] = {}
_lock = threading.Lock()

BEHIND = 8
"""Backgrounds that are kept: one an archive, as long as nothing is withheld."""


def work(archive: Archive, generator: Generator, plan: Plan) -> studio.Work:
    """What makes a contrast, and measures it."""

    def makes(making: studio.Making) -> Contrasted:
        at = (archive.manifest.digest, archive.log.stamp, generator.fingerprint)
        with _lock:
            behind = _behind.get(at)
        contrast = make_contrast(
            archive, generator, plan, keep=making.keep, watch=making.watch, progress=making.progress, behind=behind
        )
        with _lock:
            _behind[at] = contrast.background
            for stale in list(_behind)[:-BEHIND]:
                del _behind[stale]
        making.progress("measuring", 0, None)
        with Subject.of_contrast(contrast, f"{archive.name}: {plan.query}") as subject:
            return Contrasted(contrast, run_suite(subject, load_suite(SUITE)))

    return makes


def show(making: studio.Making, name: str) -> None:
    """Two walls, or a row for each work; the findings; the files. Nothing that is withheld now is among it."""
    found: Contrasted = making.job.result
    archive = making.archive
    withheld = set(archive.log.current())
    contrast, report = found.contrast.without(withheld), found.report.without(withheld)
    st.markdown(
        say(
            "The generator {generator} was told {condition}. None of the images that it made is a work.",
            generator=plainly(contrast.generator),
            condition=plainly(CONDITIONS[contrast.told]),
        )
    )
    (_pairs if contrast.told in PAIRED else _walls)(contrast, making, name)
    for note in contrast.notes:
        st.caption(plainly(note))
    _findings(report, archive, name)
    developing.download(
        making, f"contrast-{archive.name}", lambda: contrast_parcel(contrast, report, making.images, archive)
    )


def _walls(contrast: Contrast, making: studio.Making, name: str) -> None:
    archive = making.archive
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(say("Kept: retrieved from the archive"))
        kept = [cards.card(archive.item(one.id), name) for one in contrast.retrieved]
        cards.show(kept, key="kept", label=say("Kept: retrieved from the archive"), small=True)
    with right:
        st.subheader(say("Made: generated, none of them a work"))
        images = [_card(one, contrast, making, name) for one in contrast.made]
        cards.show(images, key="made", label=say("Made: generated, none of them a work"), small=True)


def _pairs(contrast: Contrast, making: studio.Making, name: str) -> None:
    st.subheader(say("Kept, and made anew"))
    st.caption(plainly(BESIDE[contrast.told]))
    for number, one in enumerate(contrast.retrieved):
        work_itself = cards.card(making.archive.item(one.id), name)
        own = [_card(each, contrast, making, name) for each in contrast.made if one.id in each.sources]
        cards.show(
            [replace(work_itself, notes=(say("kept"), *work_itself.notes)), *own],
            key=f"pair.{number}",
            label=say("{title}, and what was made of it", title=work_itself.title),
            small=True,
        )


def _card(one: Made, contrast: Contrast, making: studio.Making, name: str) -> cards.Card:
    title = say("seed {seed}", seed=one.record.seed)
    if one.strength is not None:
        title = say("{share} made anew", share=f"{one.strength:.0%}")
    leads = made.resembled(making.archive, name, one.near[0] if one.near else "")
    rule = possible_copies(contrast)
    if rule is not None and rule.flags(one):
        said = say("possible copy of {title}", title=made.named(making.archive, one.alike_to))
        leads.append(cards.Lead(said, made.page(name, one.alike_to)))
    return made.card(making.key, one.id, one.record, title=title, leads=leads)


def asked() -> dict[str, str]:
    """What each check of a contrast asks, in words, by its name without its family."""
    return {
        "nearest": say("what they resemble"),
        "refound": say("what is found again"),
        "displacement": say("distance from what was asked"),
        "copies": say("possible copies"),
        "authenticity": say("distance from the nearest work"),
        "discrepancy": say("images and works as two groups"),
        "covered": say("how far both overlap"),
        "diversity": say("variety"),
        "typicality": say("how average they are"),
        "contraction": say("distance from the archive’s average"),
        "drift": say("the catalogue of what they resemble"),
        "dates": say("the years of what they resemble"),
    }


def _findings(report: Report, archive: Archive, name: str) -> None:
    """One sentence a finding, its figures behind it; what could not be asked stands once for each reason."""
    st.subheader(say("What became of it"))
    found = [one for one in report.findings if one.outcome != "skip"]
    st.caption(
        say(
            "Each sentence opens to its figures: how many images, what chance or the archive itself would give, how "
            "sure. To resemble is to lie near in the archive's space; it is no origin."
        )
    )
    told = [sentences.of_finding(one, name=_asked(one)) for one in found]
    sentences.show(told, key="findings", label=say("What became of it"), pages=sentences.pages(told, archive, name))
    skipped = sorted((one.sentence, _asked(one)) for one in report.findings if one.outcome == "skip")
    for sentence, group in groupby(skipped, key=lambda pair: pair[0]):
        st.caption(plainly(f"{sentence} ({', '.join(dict.fromkeys(name for _, name in group))})"))


def _asked(one: Finding) -> str:
    name = one.check.partition(".")[2]
    return asked().get(name, name)
