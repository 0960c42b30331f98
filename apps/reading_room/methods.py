"""By what is searched, and in which order results stand."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from latentarchive.reranking import BY_LIKENESS, METHODS
from reading_room.asked import Asked, change
from reading_room.language import say
from reading_room.shared import plainly


def show(asked: Asked, encoder: str) -> None:
    """Draw the choices; each changes the address.

    Args:
        asked: What is chosen.
        encoder: Name of the archive's encoder.
    """

    def put() -> None:
        state = st.session_state
        change(
            replace(
                asked, by=state["search.by"], varied=state["search.varied"], copies=not state["search.together"], page=1
            )
        )

    ways = {"both": say("Pictures and catalogue"), "meaning": say("Pictures"), "words": say("Catalogue")}
    st.session_state["search.by"] = asked.by
    st.session_state["search.varied"] = asked.varied
    st.session_state["search.together"] = not asked.copies
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.radio(
            say("Search in"),
            list(ways),
            format_func=ways.__getitem__,
            horizontal=True,
            key="search.by",
            on_change=put,
            help=say(
                "Pictures: what looks or means alike to the encoder {encoder}, which is not always what is alike. "
                "Catalogue: works whose entry has the words.",
                encoder=plainly(encoder),
            ),
        )
        st.toggle(
            say("More varied"),
            key="search.varied",
            on_change=put,
            disabled=bool(asked.rerank),
            help=say("Results that differ from each other. Each says which rank it has without this."),
        )
        st.toggle(
            say("Copies together"),
            key="search.together",
            on_change=put,
            help=say("Works that show the same picture stand under the best of them."),
        )
        with st.popover(say("For experts"), type="tertiary"):
            _expert(asked)


def _expert(asked: Asked) -> None:
    """Other orders, and filters of one's own."""

    def put() -> None:
        state = st.session_state
        change(
            replace(
                asked,
                rerank=state["search.rerank"].strip(),
                choice=replace(asked.choice, where=state["search.where"].strip()),
                page=1,
            )
        )

    st.session_state["search.rerank"] = asked.rerank
    st.session_state["search.where"] = asked.choice.where
    st.text_input(
        say("Another order"),
        key="search.rerank",
        on_change=put,
        max_chars=200,
        placeholder="mmr@0.5, dpp, det-greedy:place",
    )
    st.caption(
        "  \n".join(
            f"`{method}`{'' if method in BY_LIKENESS else ':FIELD'}: {what}" for method, what in METHODS.items()
        )
    )
    st.text_input(
        say("A filter of one's own"),
        key="search.where",
        on_change=put,
        max_chars=1000,
        placeholder="year < 1900 AND place ILIKE '%york%'",
    )
