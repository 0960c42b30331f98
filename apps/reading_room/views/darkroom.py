"""Darkroom: an image as it comes up out of noise, a work as it drowns in it, and what the archive sees at each step."""

from __future__ import annotations

import streamlit as st

from latentarchive.diffusion.bench import Bench
from latentarchive.diffusion.darkroom import Darkroom, darkroom
from latentarchive.errors import ArchiveError
from reading_room import developing, experiments, shared, studio, things
from reading_room.language import say

name, archive = shared.chosen()
st.title(say("Darkroom"))
st.markdown(
    say(
        "An image that a model makes is there before it can be seen. Watch it come up, step by step, beside the work "
        "of the archive that each step resembles most; and watch a work vanish in noise until the archive finds it no "
        "more."
    )
)
generator = things.generator_or_stop(archive)
things.take_over(["q"])
with st.form("darkroom.asked"):
    written = things.field(say("Words, or the id of a work"), "q", hint=say("for example: a blue jug"))
    seed, steps = things.settings(generator.steps)
    st.form_submit_button(say("Develop"), type="primary")
things.from_kept(archive, name, things.into(["q"]), among=[written])
if not written:
    st.info(say("Say in words what the image should be, or choose a work: in Search, every work leads here."))
    things.at_random(archive, ["q"], say("A work drawn at random"))
    st.stop()
try:
    term = things.term(archive, written)
    things.show_works(archive, name, [term], key="asked")
    asked = {"term": (term.kind, term.value), "seed": seed, "steps": steps}

    def ask(bench: Bench) -> Darkroom:
        """As asked."""
        return darkroom(bench, term, seed=seed)

    making = developing.developed(
        studio.key("darkroom", archive, generator, asked),
        f"darkroom: {term}",
        name,
        archive,
        experiments.work(archive, generator, steps, ask, near=True),
    )
    if making is not None:
        found = experiments.result(making)
        experiments.measures(found)
        for number, strip in enumerate(found.strips):
            experiments.strip(strip, found, making, name, key=f"strip.{number}")
        experiments.rest(found, making, name)
except ArchiveError as error:
    st.error(shared.plainly(str(error)))
