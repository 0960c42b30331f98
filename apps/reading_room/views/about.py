"""About this archive: where it comes from and how it was made."""

from __future__ import annotations

import streamlit as st

from latentarchive.summary import summarize
from reading_room import shared
from reading_room.language import say

name, archive = shared.chosen()
st.title(say("About this archive"))
facts = summarize(archive)
st.table({shared.plainly(key): [shared.plainly(str(value))] for key, value in facts.items() if key != "path"})
