"""What experiments are made of: words, or works by their ids, as a visitor writes them and as the address names them.

Never files: a visitor may not make the server read one, whatever the words look like.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from latentarchive.archive import Archive
from latentarchive.errors import ArchiveError, QueryError
from latentarchive.query import Term
from reading_room import cards, kept
from reading_room.language import say
from reading_room.shared import plainly

if TYPE_CHECKING:
    from latentarchive.diffusion import Generator

LONGEST = 300
"""Characters of words."""

KEPT = 24
"""Works of a selection that are offered."""

SEEDS = 999_999
"""The highest seed that a page offers."""


def term(archive: Archive, written: str) -> Term:
    """A work, if there is one of that id, else words. Raises `QueryError` for a work that is withheld."""
    written = written.strip().removeprefix("id:")
    if archive.collection.row(written) is None:
        return Term("text", written)
    try:
        archive.row(written)
    except QueryError as error:
        message = say("There is no work {id} here.", id=written)
        raise QueryError(message) from error
    return Term("item", written)


def take_over(slots: Sequence[str]) -> None:
    """Put works that another page sent (``like=ID``) into the first fields that are free, before these are drawn."""
    sent = st.query_params.get_all("like")
    if not sent:
        return
    free = [slot for slot in slots if not (st.session_state.get(slot) or st.query_params.get(slot))]
    for slot, item_id in zip(free, sent, strict=False):
        st.session_state[slot] = st.query_params[slot] = item_id.removeprefix("id:")
    del st.query_params["like"]


def field(label: str, key: str, *, hint: str = "") -> str:
    """A field for words or the id of a work; its content stands in the address."""
    written = st.text_input(label, key=key, bind="query-params", max_chars=LONGEST, placeholder=hint or None)
    return str(written or "").strip()


def drawn(archive: Archive, count: int) -> list[str]:
    """Ids of so many works drawn at random, another each time."""
    rows = archive.rows()
    chosen = np.random.default_rng(secrets.randbits(64)).choice(rows, min(count, len(rows)), replace=False)
    return [item.id for item in archive.collection.items(chosen.tolist())]


def at_random(archive: Archive, slots: Sequence[str], label: str) -> None:
    """A button that puts works drawn at random into fields."""

    def draw() -> None:
        for slot, item_id in zip(slots, drawn(archive, len(slots)), strict=False):
            st.session_state[slot] = item_id  # a bound field puts it into the address itself

    st.button(label, on_click=draw)


def from_kept(archive: Archive, name: str, take: Callable[[str], None], *, among: Sequence[str]) -> None:
    """The works that the visitor keeps, to be taken from.

    Args:
        archive: Whose works.
        name: Of it in addresses.
        take: Called with the id of a work that is taken, before the page runs again.
        among: Ids that are taken already.
    """
    visible = [one for one in kept.ids(name) if one not in among and term(archive, one).kind == "item"]
    if not visible:
        return

    def taken(act: cards.Act) -> None:
        if act.action == "take":
            take(act.item)

    with st.expander(say("From your selection")):
        shown = [cards.card(archive.item(one), name) for one in visible[:KEPT]]
        button = cards.Button("take", say("Take"), say("Ask with this work"))
        label = say("From your selection")
        cards.show(shown, key="things.kept", label=label, buttons=[button], on_act=taken, small=True)


def into(slots: Sequence[str]) -> Callable[[str], None]:
    """Puts a work into the first field that is free, else into the last."""

    def put(item_id: str) -> None:
        free = [slot for slot in slots if not st.session_state.get(slot)]
        st.session_state[free[0] if free else slots[-1]] = item_id

    return put


def show_works(archive: Archive, name: str, terms: Sequence[Term], *, key: str) -> None:
    """The works among what was asked."""
    works = [cards.card(archive.item(one.value), name) for one in terms if one.kind == "item"]
    cards.show(works, key=key, label=say("Asked with"), small=True)


def settings(steps: int, *, most_steps: int = 50) -> tuple[int, int]:
    """How an image is made, folded away: its seed and its steps.

    Args:
        steps: The generator's own.
        most_steps: More cannot be asked for.
    """
    with st.expander(say("How it is made")):
        left, right = st.columns(2)
        seed = left.number_input(
            say("Seed: the number of the noise"),
            0,
            SEEDS,
            0,
            key="seed",
            bind="query-params",
            help=say("The same seed gives the same image again; another one gives another."),
        )
        chosen = right.slider(
            say("Steps of denoising"),
            min(4, steps),
            max(most_steps, steps),
            steps,
            key="steps",
            bind="query-params",
            help=say("More take longer."),
        )
    return int(seed), int(chosen)


def generator_or_stop(archive: Archive) -> Generator:
    """The generator, once it is there; where there can be none for this archive, the page says why and ends."""
    from reading_room import studio

    if not archive.has_vectors:
        st.info(
            say("This archive holds no vectors of images: there is nothing that a generator could be compared with.")
        )
        st.stop()
    try:
        with st.spinner(say("The generator is being loaded.")):
            return studio.generator()
    except ArchiveError as error:
        st.error(plainly(str(error)))
        st.stop()


def needs_vectors(archive: Archive, generator: Generator) -> None:
    """Where a generator cannot be told places of this archive's space, say why and end the page."""
    from latentarchive.diffusion.planning import refused

    if why := refused(archive, generator)["centroid"]:
        st.info(
            say(
                "This page is not offered here: {why}. It needs one that takes the vectors of this archive; Contrast "
                "and Darkroom can be asked with words.",
                why=plainly(why),
            )
        )
        st.stop()
