"""What a visitor reads when something went wrong that no page foresaw; the rest goes to the log."""

from __future__ import annotations

import logging

import streamlit as st

from latentarchive.errors import ArchiveError
from reading_room.language import say
from reading_room.shared import plainly

_log = logging.getLogger("latentarchive.app")


def said(error: Exception) -> bool:
    """Say an error in a sentence, never as a traceback. True: Streamlit shows nothing of its own."""
    if isinstance(error, ArchiveError):
        st.error(plainly(str(error)))
    elif isinstance(error, MemoryError):
        st.error(say("There is too little memory for this. Ask for fewer works, or close other programs."))
    else:
        _log.exception("a page failed", exc_info=error)
        st.error(
            say("Something went wrong here that should not. The page can be opened again; the log has the details.")
        )
    return True
