"""Walk: from one work or word to another, through what a model makes on the way and through what there is."""

from __future__ import annotations

import streamlit as st

from latentarchive.diffusion.bench import Bench
from latentarchive.diffusion.walk import Walk, walk
from latentarchive.errors import ArchiveError
from reading_room import cards, developing, experiments, made, shared, studio, things
from reading_room.language import say

FEWEST, MOST, OWN = 3, 9, 7
"""Pictures of a walk, both ends counted; three times as many are made to choose from."""

name, archive = shared.chosen()


def look(found: Walk, making: studio.Making) -> None:
    """One picture of the way at a time, beside the work nearest to the same point: a slider, and keys on it."""

    @st.fragment
    def frames() -> None:
        chart = found.charts[0]
        count = len(found.film)
        at = st.slider(
            say("Picture on the way"),
            1,
            count,
            1,
            key=f"walk.at.{making.key}",
            help=say("The arrow keys go step by step."),
        )
        place, _, met, near, _ = chart.rows[at - 1]
        share = say("{share} of the way", share=f"{place:.0%}")
        image = found.film[at - 1]
        left, right = st.columns(2)
        with left:
            st.caption(say("What is made there"))
            leads = made.resembled(archive, name, near)
            shown = made.card(making.key, image, found.records[image], title=share, leads=leads)
            cards.show([shown], key="walk.made", label=say("What is made there"))
        with right:
            st.caption(say("What the archive has there"))
            cards.show([cards.card(archive.item(met), name)], key="walk.met", label=say("What the archive has there"))

    frames()


st.title(say("Walk"))
st.markdown(
    say(
        "Between two works an archive has gaps and a model has none: it makes what lies between. The same way is "
        "walked twice, through what is made and through what there is, in steps that are chosen to look as equal as "
        "they can."
    )
)
generator = things.generator_or_stop(archive)
things.needs_vectors(archive, generator)
things.take_over(["from", "to"])
with st.form("walk.asked"):
    left, right = st.columns(2)
    with left:
        start = things.field(say("From"), "from", hint=say("words, or the id of a work"))
    with right:
        end = things.field(say("To"), "to", hint=say("words, or the id of a work"))
    pictures = int(st.slider(say("Pictures, both ends counted"), FEWEST, MOST, OWN, key="n", bind="query-params"))
    seed, steps = things.settings(generator.steps)
    st.form_submit_button(say("Walk"), type="primary")
things.from_kept(archive, name, things.into(["from", "to"]), among=[start, end])
if not (start and end):
    st.info(say("Say from where to where: words, or works by their ids. In Search, every work leads here."))
    things.at_random(archive, ["from", "to"], say("Two works drawn at random"))
    st.stop()
try:
    ends = [things.term(archive, one) for one in (start, end)]
    things.show_works(archive, name, ends, key="asked")
    asked = {"ends": [(one.kind, one.value) for one in ends], "n": pictures, "seed": seed, "steps": steps}

    def ask(bench: Bench) -> Walk:
        """As asked."""
        return walk(bench, ends[0], ends[1], pictures=pictures, seed=seed)

    making = developing.developed(
        studio.key("walk", archive, generator, asked),
        f"walk: {ends[0]} to {ends[1]}",
        name,
        archive,
        experiments.work(archive, generator, steps, ask),
    )
    if making is None:
        st.caption(say("More images are made than are shown: those with the most equal steps between them are chosen."))
    else:
        found = experiments.result(making)
        if isinstance(found, Walk) and len(found.film) == len(
            found.charts[0].rows
        ):  # else something was withheld since
            look(found, making)
        experiments.measures(found)
        for number, strip in enumerate(found.strips):
            experiments.strip(strip, found, making, name, key=f"strip.{number}")
        experiments.rest(found, making, name)
except ArchiveError as error:
    st.error(shared.plainly(str(error)))
