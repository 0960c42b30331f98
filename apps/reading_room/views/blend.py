"""Blend: what lies between two to five works or words, in three spaces, beside what the archive has there."""

from __future__ import annotations

import streamlit as st

from latentarchive.diffusion.bench import Bench
from latentarchive.diffusion.blend import FEWEST, MOST, Blend, blend
from latentarchive.errors import ArchiveError
from reading_room import developing, experiments, shared, studio, things
from reading_room.language import say

SLOTS = ("a", "b", "c", "d", "e")[:MOST]
"""Of what is blended, in the address."""

ACROSS = 2
"""Fields beside each other."""

name, archive = shared.chosen()
st.title(say("Blend"))
st.markdown(
    say(
        "An archive has no work between two works unless somebody made it. A model has something everywhere; what it "
        "has there depends on the space in which one looks for the middle."
    )
)
generator = things.generator_or_stop(archive)
things.needs_vectors(archive, generator)
things.take_over(SLOTS)
with st.form("blend.asked"):
    labels = (say("First"), say("Second"), say("Third"), say("Fourth"), say("Fifth"))
    filled = [slot for slot in SLOTS if st.session_state.get(slot) or st.query_params.get(slot)]
    fields = max(FEWEST, min(MOST, len(filled) + 1))
    written = []
    for number, (slot, label) in enumerate(zip(SLOTS[:fields], labels, strict=False)):
        if number % ACROSS == 0:  # a row at a time, so that their order is the same where rows become one column
            row = st.columns(ACROSS)
        with row[number % ACROSS]:
            written.append(things.field(label, slot, hint=say("words, or the id of a work")))
    seed, steps = things.settings(generator.steps)
    st.form_submit_button(say("Blend"), type="primary")
things.from_kept(archive, name, things.into(SLOTS), among=written)
given = list(dict.fromkeys(one for one in written if one))
if len(given) < FEWEST:
    st.info(say("Two to five are blended: words, or works by their ids. In Search, every work leads here."))
    things.at_random(archive, SLOTS[:FEWEST], say("Two works drawn at random"))
    st.stop()
try:
    terms = [things.term(archive, one) for one in given]
    things.show_works(archive, name, terms, key="asked")
    asked = {"terms": [(one.kind, one.value) for one in terms], "seed": seed, "steps": steps}

    def ask(bench: Bench) -> Blend:
        """As asked."""
        return blend(bench, terms, seed=seed)

    making = developing.developed(
        studio.key("blend", archive, generator, asked),
        f"blend: {', '.join(map(str, terms))}",
        name,
        archive,
        experiments.work(archive, generator, steps, ask),
    )
    if making is not None:
        found = experiments.result(making)
        for number, strip in enumerate(found.strips):
            experiments.strip(strip, found, making, name, key=f"strip.{number}")
        experiments.measures(found)
        experiments.rest(found, making, name)
except ArchiveError as error:
    st.error(shared.plainly(str(error)))
