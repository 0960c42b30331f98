"""Search: a question, and what the archive finds."""

from __future__ import annotations

import streamlit as st

from latentarchive.errors import ArchiveError
from reading_room import cards, shared
from reading_room.language import say

name, archive = shared.chosen()
st.title(shared.plainly(archive.manifest.title))
words = st.text_input(say("Search for"), key="q", bind="query-params")
if words.strip():
    try:
        found = archive.search(words, k=24)
    except ArchiveError as error:
        st.error(shared.plainly(str(error)))
        st.stop()
    st.caption(shared.plainly(found.query))
    cards.show([cards.of_hit(hit, name) for hit in found.hits], key="results", label=say("Results"))
