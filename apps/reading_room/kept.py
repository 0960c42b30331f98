"""The works that a visitor keeps while they look around; what is to stay is saved on the page of selections."""

from __future__ import annotations

import streamlit as st

_KEY = "kept"


def ids(archive: str) -> list[str]:
    """Ids of the works of an archive that this visitor keeps, in the order in which they were kept."""
    return list(st.session_state.get(_KEY, {}).get(archive, []))


def toggle(archive: str, item_id: str) -> None:
    """Keep a work, or let it go if it is kept."""
    kept = ids(archive)
    now = [one for one in kept if one != item_id] if item_id in kept else [*kept, item_id]
    st.session_state[_KEY] = st.session_state.get(_KEY, {}) | {archive: now}
