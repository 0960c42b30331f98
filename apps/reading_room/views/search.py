"""Search: a question in words and two trays, and what the archive finds."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import streamlit as st

from latentarchive.errors import ArchiveError, EncoderError, MissingExtra
from latentarchive.faceting import Choice
from latentarchive.query import Term
from latentarchive.wording import shortened
from reading_room import answers, cards, kept, methods, narrowing, shared, trays
from reading_room.asked import LONGEST, Asked, change, changed, current
from reading_room.language import say
from reading_room.shared import plainly

SOME = 12
"""Works that are shown before anything is asked."""

EXAMPLES = 6
"""Words to begin with."""

name, archive = shared.chosen()
asked, complaints = current()


def ask() -> None:
    """The text box, the trays, and how is searched."""

    def put() -> None:
        change(replace(asked, words=st.session_state["search.q"], page=1))

    st.session_state["search.q"] = asked.words
    example = say("for example: {words}", words=examples()[0]) if examples() else None
    st.text_input(
        say("Search for"),
        key="search.q",
        icon=":material/search:",
        placeholder=example,
        max_chars=LONGEST,
        on_change=put,
    )
    if archive.has_vectors:
        trays.show(asked, name, archive)
        if asked.asks:
            methods.show(asked, archive.manifest.encoder_name)


def examples() -> list[str]:
    """Words that this archive itself uses, the most common first."""
    facets = narrowing.facets_of(archive)
    for field in ("subjects", "medium", "creator"):
        found = facets.facet(field).counted(archive.visible, most=EXAMPLES)
        if found.values:
            return [value for value, _ in found.values]
    return []


def acted(act: cards.Act) -> None:
    """What was done on a card."""
    match act.action:
        case "keep":
            kept.toggle(name, act.item)
        case "similar":
            change(Asked(like=(Term("item", act.item),), choice=asked.choice, copies=asked.copies))
        case "like" | "unlike":
            try:
                change(
                    replace(trays.with_term(asked, Term("item", act.item, 1 if act.action == "like" else -1)), page=1)
                )
            except ArchiveError as error:
                st.session_state["search.refused"] = str(error)


def buttons() -> list[cards.Button]:
    """What a card offers."""
    keep = cards.Button("keep", say("Keep"), say("Keep for a selection"), toggles=True)
    if not archive.has_vectors:
        return [keep]
    return [
        cards.Button("similar", say("Find similar")),
        cards.Button("like", say("+ more like"), say("Add to “more like”")),
        cards.Button("unlike", say("− less like"), say("Add to “less like”")),
        keep,
    ]


def listed(rows: np.ndarray[tuple[int], np.dtype[np.int64]], label: str) -> None:
    """Works in the order of the catalogue."""
    here = kept.ids(name)
    works = [cards.card(item, name, kept=item.id in here) for item in archive.collection.items(rows.tolist())]
    cards.show(works, key="search.results", label=label, buttons=buttons(), on_act=acted, part=str(asked.page))


def turn(pages: int, page: int) -> None:
    """The other pages of a list."""
    if pages > 1:
        st.session_state["search.page"] = page
        st.pagination(
            pages,
            key="search.page",
            on_change=lambda: change(replace(asked, page=st.session_state["search.page"])),
        )


def begin() -> None:
    """Nothing is asked yet: what can be, and some of what is here."""
    if archive.has_vectors:
        st.markdown(
            say("Ask in words, drop or paste a picture, or begin with a work: “find similar” stands under each.")
        )
    else:
        st.markdown(say("Ask in words: this archive holds a catalogue without vectors, and its words are searched."))
    words = examples()
    if words:
        with st.container(horizontal=True, gap="small"):
            for place, word in enumerate(words):
                st.button(
                    plainly(shortened(word, 40)),
                    key=f"search.example.{place}",
                    on_click=changed(replace(asked, words=word)),
                )
    rows = archive.rows()
    st.subheader(say("Some of {n} works", n=f"{len(rows):,}"))
    listed(rows[np.linspace(0, len(rows) - 1, min(SOME, len(rows))).astype(np.int64)], say("Some works"))


def browse() -> None:
    """Nothing is asked, but something chosen: those works in the order of the catalogue."""
    rows = archive.rows(asked.choice.condition)
    if not len(rows):
        nothing([])
        return
    pages = -(-len(rows) // answers.PER_PAGE)
    page = min(asked.page, pages)
    st.caption(
        say("{n} works, in the order of the catalogue.", n=f"{len(rows):,}") if len(rows) > 1 else say("1 work.")
    )
    listed(rows[(page - 1) * answers.PER_PAGE : page * answers.PER_PAGE], say("Works"))
    turn(pages, page)


def results() -> None:
    """Answer the question."""
    terms, names, missing = trays.resolved(asked, archive)
    for sentence in missing:
        st.warning(plainly(sentence))
    if not any(term.weight > 0 for term in terms):
        st.info(say("Nothing to search for is left. Write words, or add something to “more like”."))
        return
    waits = archive.has_vectors and "encoder" not in vars(archive.holdings)
    try:
        with st.spinner(say("The encoder is being loaded; this happens once.")) if waits else nullcontext():
            found = answers.answer(archive, asked, terms)
    except (EncoderError, MissingExtra) as error:
        st.error(plainly(str(error)))
        if asked.words and asked.by != "words":
            st.button(say("Search the catalogue instead"), on_click=changed(replace(asked, by="words")))
        return
    except ArchiveError as error:
        st.error(plainly(str(error)))
        return
    question = plainly(trays.in_words(terms, names))
    st.caption(f"{question} — {counted(found)}" if found.results.hits else question)
    for note in found.results.notes:
        st.caption(plainly(note))
    if not found.results.hits:
        nothing(terms)
        return
    cards.show(
        answers.shown(found, name, names, kept.ids(name)),
        key="search.results",
        label=say("Results"),
        buttons=buttons(),
        on_act=acted,
        part=str(found.page),
    )
    turn(found.pages, found.page)
    if found.page == found.pages and len(found.results.hits) == answers.MOST:
        st.caption(say("The ranking ends here. To see other works, narrow it down or ask something else."))


def counted(found: answers.Answer) -> str:
    """How many results there are, of how many works."""
    n, of = len(found.results.hits), left.total
    if n == answers.MOST and n < of:
        return say("the first {n} of {of} works", n=n, of=f"{of:,}")
    if n == of:
        return say("{n} works", n=f"{n:,}") if n > 1 else say("1 work")
    return say("{n} of {of} works", n=f"{n:,}", of=f"{of:,}")


def nothing(terms: list[Term]) -> None:
    """Nothing was found: which filter to take away, and what that would bring."""
    st.info(say("Nothing was found."))
    back = [(said, without, brought(without, terms)) for said, without in narrowing.parts(asked.choice)]
    narrowing.bring_back(asked, [one for one in back if one[2]])
    if not any(n for *_, n in back):
        if terms and asked.by == "words" and archive.has_vectors:
            st.button(say("Search in pictures too"), on_click=changed(replace(asked, by="both")))
        st.markdown(say("Try other words, fewer of them, or the beginning of a word with an asterisk: `draw*`."))


def brought(choice: Choice, terms: list[Term]) -> int:
    """How many works another choice would find; of those with the words no more than are looked at."""
    try:
        if terms and (asked.by == "words" or not archive.has_vectors):
            return len(archive.answer(replace(asked, choice=choice).query(answers.MOST, terms)).hits)
        return len(archive.rows(choice.condition))
    except ArchiveError:
        return 0


def worded() -> str:
    """The words that all results have, where the catalogue alone is searched; everything else is ranked, not found."""
    if asked.by == "words" or not archive.has_vectors:
        return " ".join(term.value for term in asked.terms if term.kind == "text" and term.weight > 0)
    return ""


def answer() -> None:
    """What is found, or what can be asked."""
    if asked.asks:
        results()
    elif asked.unlike:
        st.info(
            say("Results can only be unlike one thing if they are like another: write words, or add to “more like”.")
        )
    elif asked.choice.condition:
        browse()
    else:
        begin()


st.title(plainly(archive.manifest.title))
ask()
for complaint in complaints:
    st.warning(plainly(complaint))
narrowing.chips(asked)
try:
    left = narrowing.left(archive, asked.choice, worded())
except ArchiveError as error:  # a filter of one's own that cannot be read
    st.error(plainly(str(error)))
else:
    beside, works = st.columns([1, 4], gap="medium")
    with beside:
        narrowing.show(asked, left)
    with works:
        answer()
