"""An experiment on a page: its pictures in rows, its sentences with figures, its drawings, its files."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from latentarchive.archive import Archive
from latentarchive.diffusion.bench import Bench
from latentarchive.diffusion.experiment import Experiment, Strip
from latentarchive.diffusion.generators import Generator
from latentarchive.render.parcels import experiment_parcel
from reading_room import cards, developing, made, sentences, studio
from reading_room.language import say
from reading_room.shared import plainly


def work(
    archive: Archive, generator: Generator, steps: int, ask: Callable[[Bench], Experiment], *, near: bool = False
) -> studio.Work:
    """What makes an experiment.

    Args:
        archive: Beside which.
        generator: By which.
        steps: Of denoising.
        ask: Asks it, on a bench.
        near: Whether the work nearest to each step is looked for, as it happens.
    """

    def makes(making: studio.Making) -> Experiment:
        bench = Bench(archive, generator, steps=steps, keep=making.keep, watch=making.watch, progress=making.progress)
        if near:
            making.nearest = lambda image: bench.nearest(bench.seen([image]), 1)[0].ids[0]
        found = ask(bench)
        making.images = {name: found.generated(name) for name in found.records}
        return found

    return makes


def result(making: studio.Making) -> Experiment:
    """What was found, without what is withheld now."""
    found: Experiment = making.job.result
    return found.without(set(making.archive.log.current()))


def measures(one: Experiment) -> None:
    """What was found, in sentences; and what a reader must know."""
    st.subheader(say("What was measured"))
    sentences.show(
        [sentences.of_measure(each) for each in one.measures], key="measures", label=say("What was measured")
    )
    for note in (*one.cautions(), *one.notes):
        st.caption(plainly(note))


def strip(one: Strip, found: Experiment, making: studio.Making, name: str, *, key: str) -> None:
    """Pictures in a row, works and generated ones, in order."""
    st.subheader(plainly(one.heading))
    if one.note:
        st.caption(plainly(one.note))
    shown = []
    for frame in one.frames:
        if frame.name:
            record = found.records[frame.name]
            shown.append(made.card(making.key, frame.name, record, title=frame.caption))
        else:
            shown.append(
                cards.card(making.archive.item(frame.item), name, notes=[frame.caption] if frame.caption else [])
            )
    cards.show(shown, key=key, label=one.heading, small=True)


def rest(one: Experiment, making: studio.Making, name: str) -> None:
    """Drawings, how it was made, and the files."""
    drawn = [sentences.of_chart(chart) for chart in one.charts if chart.rows]
    pages = sentences.pages(drawn, making.archive, name)
    sentences.show(drawn, key="drawings", label=say("Drawings and tables"), pages=pages)
    st.caption(
        say(
            "A generated image is a could-have-been: it stands in a dashed frame and is no work of the archive. "
            "Nearest is not source: that a work is near says what an image looks like, not what it was made from."
        )
    )
    archive = making.archive
    developing.download(
        making, f"{one.kind}-{archive.name}", lambda: experiment_parcel(making.job.result, {archive.name: archive})
    )
