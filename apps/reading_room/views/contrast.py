"""Contrast: what the archive retrieves for a condition, beside what a generator makes of the same."""

from __future__ import annotations

import streamlit as st

from latentarchive.diffusion.contrasting import Plan
from latentarchive.diffusion.planning import conditioning, refused, way, works_found
from latentarchive.errors import ArchiveError, QueryError
from latentarchive.query import Query, Term
from reading_room import cards, contrasting, developing, shared, studio, things
from reading_room.language import say
from reading_room.shared import plainly

FEWEST, MOST, OWN = 2, 16, 6
"""Images a side."""

MOST_SWEPT = 4
"""Works that images begin from: each is made anew at several strengths."""

name, archive = shared.chosen()
liked = st.query_params.get_all("like")


def leave_out(act: cards.Act) -> None:
    """Ask without a work."""
    if act.action == "leave":
        st.query_params["like"] = [one for one in liked if one != act.item]


def take(item_id: str) -> None:
    """Ask with a work of the visitor's selection too."""
    st.query_params["like"] = [*liked, item_id]


def draw() -> None:
    """Ask with a work drawn at random."""
    st.query_params["like"] = things.drawn(archive, 1)


def tell() -> None:
    """Put what the generator is told into the address: by its name there, not by the words of one language."""
    st.query_params["tell"] = st.session_state["contrast.tell"]


st.title(say("Contrast"))
st.markdown(
    say(
        "An archive gives back what was put in. A generative model compresses and transforms: what went in is not "
        "found again as it is. Both answer the same question here, side by side."
    )
)
generator = things.generator_or_stop(archive)
offered = {
    "words": say("the words themselves"),
    "works": say("the vectors of the works found"),
    "centroid": say("the one point between the works found"),
    "captions": say("of each work found its caption"),
    "image": say("each work found, as an image to begin from"),
}
why_not = refused(archive, generator)
ways = ["", *(one for one in offered if not why_not[one])]
with st.form("contrast.asked"):
    words = things.field(say("Words"), "q", hint=say("for example: a blue jug"))
    left, right = st.columns(2)
    asked_for = st.query_params.get("tell", "")
    told = left.selectbox(
        say("What the generator is told"),
        ways,
        index=ways.index(asked_for) if asked_for in ways else 0,
        format_func=lambda one: offered.get(one, say("what suits the question")),
        key="contrast.tell",
    )
    n = int(right.slider(say("Images a side"), FEWEST, MOST, OWN, key="n", bind="query-params"))
    seed, steps = things.settings(generator.steps)
    st.form_submit_button(say("Retrieve and generate"), type="primary", on_click=tell)
for reason in dict.fromkeys(filter(None, why_not.values())):
    st.caption(say("Some of it is not offered here: {why}.", why=plainly(reason)))
try:
    works = []
    for one in liked:
        try:
            works += [term for term in (things.term(archive, one),) if term.kind == "item"]
        except QueryError as gone:  # withheld since: the rest is asked, for nobody could take it away by hand
            st.error(plainly(str(gone)))
    if works:
        st.caption(say("Asked with"))
        asked_with = [cards.card(archive.item(one.value), name) for one in works]
        away = cards.Button("leave", say("leave out"), say("Ask without this work"))
        cards.show(asked_with, key="liked", label=say("Asked with"), buttons=[away], on_act=leave_out, small=True)
    things.from_kept(archive, name, take, among=[one.value for one in works])
    if not (words or works):
        st.info(say("Say something in words, or choose a work: in Search, every work leads here."))
        st.button(say("A work drawn at random"), on_click=draw)
        st.stop()
    terms = (*([Term("text", words)] if words else []), *works)
    query = Query(terms=terms, by="meaning", k=n)
    if told == "words" and not words:
        told = ""
    told = told or way(query, generator.capabilities)
    if why_not.get(told):
        told = next((one for one in ways if one and (one != "words" or words)), told)
    if told == "image" and n > MOST_SWEPT:
        n = MOST_SWEPT
        st.caption(say("Each work is made anew at five strengths: {n} works are taken.", n=n))
    plan = Plan(query=query, told=told, n=n, k=n, seed=seed, steps=steps)
    asked = {
        "terms": [(one.kind, one.value) for one in terms],
        "told": told,
        "n": n,
        "seed": seed,
        "steps": steps,
    }
    stand = st.empty()
    with stand.container():
        left, right = st.columns(2, gap="large")
        with right:
            making = developing.developed(
                studio.key("contrast", archive, generator, asked),
                f"contrast: {query}",
                name,
                archive,
                contrasting.work(archive, generator, plan),
            )
        if making is None:
            hits, _ = conditioning(archive, works_found(archive, plan), plan, told)
            with left:
                st.subheader(say("Kept: retrieved from the archive"))
                found = [cards.card(item, name) for item in hits]
                cards.show(found, key="found", label=say("Kept: retrieved from the archive"), small=True)
    if making is not None:
        stand.empty()
        contrasting.show(making, name)
except ArchiveError as error:
    st.error(plainly(str(error)))
