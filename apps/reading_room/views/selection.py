"""Selection: works that were kept, in an order, with notes; saved, shared, exported and printed."""

from __future__ import annotations

from functools import partial

import streamlit as st

from latentarchive.errors import ArchiveError
from latentarchive.export import DOWNLOADS, download
from latentarchive.maps.plates import LEAST, MOST, chosen_plate
from latentarchive.render.plate import plate_file
from latentarchive.selection import ENDING, Selection, Shown, file_name, from_json, to_json
from reading_room import cards, kept, navigation, sets, shared, ways
from reading_room.language import say
from reading_room.shared import plainly
from reading_room.ways import Way

LONGEST = 4000
"""Characters of a note."""

PAGE = 24
"""Works on one page of a selection."""

name, archive = shared.chosen()
asked = st.query_params.get("set", "")

FORMATS = {
    "csv": say("Table (CSV)"),
    "jsonl": say("Records (JSON Lines)"),
    "iiif": say("IIIF manifest (ZIP)"),
    "csl": say("Citations (CSL-JSON)"),
    "bibtex": say("Citations (BibTeX)"),
    "ris": say("Citations (RIS)"),
}


def stem(one: Selection) -> str:
    """Its name as that of a file."""
    return file_name(one.name).removesuffix(ENDING)


def missing(shown: Shown) -> None:
    """Say what cannot be shown."""
    if shown.missing:
        of = shown.missing + len(shown.items)
        st.info(
            say(
                "{missing} of {of} works are not shown: withheld, or no longer in the archive. They are in no export.",
                missing=shown.missing,
                of=of,
            )
        )


def listed(shown: Shown, *, editable: bool) -> None:
    """The works as cards, with their notes."""
    pages = -(-len(shown.items) // PAGE)
    page = st.pagination(pages, key="p", bind="query-params") if pages > 1 else 1
    part = slice((page - 1) * PAGE, page * PAGE)
    first = part.start + 1
    entries = zip(shown.items[part], shown.notes[part], strict=True)
    drawn = [
        cards.card(item, name, notes=[f"{number}", *([note] if note else [])], kept=item.id in kept.ids(name))
        for number, (item, note) in enumerate(entries, first)
    ]
    buttons = [
        cards.Button("note", say("Note"), say("Write a note on")),
        cards.Button("earlier", "←", say("Move to the front by one")),
        cards.Button("later", "→", say("Move to the back by one")),
        cards.Button("remove", say("Remove"), say("Take out of the selection")),
    ]
    cards.show(
        drawn,
        key="selection.cards",
        label=say("Works of the selection"),
        buttons=buttons if editable else [],
        on_act=act if editable else None,
    )


def act(done: cards.Act) -> None:
    """What was done on a card of the visitor's own selection."""
    now = sets.working(name, archive)
    if done.item not in now.ids:
        return
    place = now.ids.index(done.item)
    if done.action == "remove":
        sets.put(name, now.removed([done.item]))
    elif done.action in ("earlier", "later"):
        sets.put(name, now.moved(done.item, place + (1 if done.action == "later" else -1)))
    elif done.action == "note":
        st.session_state["selection.noting"] = done.item


@st.dialog(say("A note on this work"))
def noting(one: Selection, item_id: str) -> None:
    """Write a note on a work."""
    st.caption(plainly(cards.named(archive.item(item_id))))
    note = next(work.note for work in one.works if work.id == item_id)
    with st.form("selection.note", border=False):
        text = st.text_area(say("Note"), note, max_chars=LONGEST)
        if st.form_submit_button(say("Keep the note")):
            sets.put(name, one.noted(text.strip(), item_id))
            st.rerun()


def taken_along(one: Selection, shown: Shown) -> None:
    """Exports and the plate."""
    st.header(say("Take it along"))
    if not shown.items:
        st.write(say("There is no work to take along."))
        return
    st.caption(say("Every export names source and rights of each work. A picture is only as free as its rights say."))
    with st.container(horizontal=True, gap="small"):
        for kind, label in FORMATS.items():
            ending, mime = DOWNLOADS[kind]
            st.download_button(
                label,
                partial(exported, one, kind),
                file_name=f"{stem(one)}{ending}",
                mime=mime,
                on_click="ignore",
                key=f"selection.{kind}",
            )
        st.download_button(
            say("The selection itself, with its notes"),
            partial(alone, one),
            file_name=file_name(one.name),
            mime="application/json",
            on_click="ignore",
            key="selection.file",
        )
    st.subheader(say("A plate to print"))
    if not archive.has_vectors:
        st.write(say("This archive holds no vectors, by which a plate is hung."))
    elif not LEAST <= len(shown.items) <= MOST:
        st.write(say("A plate has room for {least} to {most} works.", least=LEAST, most=MOST))
    else:
        st.write(say("Whole pictures on an A3 sheet, numbered, with makers, sources, rights. It takes some seconds."))
        with st.container(horizontal=True, gap="small"):
            for ending, mime in ((".pdf", "application/pdf"), (".png", "image/png")):
                st.download_button(
                    say("Plate as {kind}", kind=ending[1:].upper()),
                    partial(printed, one, ending),
                    file_name=f"{stem(one)}-plate{ending}",
                    mime=mime,
                    on_click="ignore",
                    key=f"selection.plate{ending}",
                )


# What is made when somebody asks for it, of what may be shown at that moment.


def exported(one: Selection, kind: str) -> bytes:
    """The works of a selection in one of the formats."""
    return download(archive, one.shown(archive).items, kind, name=stem(one), label=one.name)


def printed(one: Selection, ending: str) -> bytes:
    """A plate of them."""
    ids = [item.id for item in one.shown(archive).items]
    return plate_file(chosen_plate(archive, ids, one.name), archive, ending)


def alone(one: Selection) -> bytes:
    """The file of a selection with the works that may be shown, and no others."""
    here = {item.id for item in one.shown(archive).items}
    return to_json(one.removed([work.id for work in one.works if work.id not in here]))


def opened(found: dict[str, Selection]) -> None:
    """A saved selection, as everybody may read it."""
    one = found[asked]
    st.title(plainly(one.name))
    if one.note:
        st.write(plainly(one.note))
    shown = one.shown(archive)
    st.caption(
        say("{n} works · last changed {date}", n=len(shown.items), date=one.changed[:10])
        + (" · " + say("the archive has changed since") if shown.rebuilt else "")
    )
    missing(shown)
    with st.container(horizontal=True, gap="small"):
        st.button(say("Go on with it"), on_click=go_on, args=(one,), help=say("What you keep now is replaced by it."))
    back = Way(label=say("Back to your selection"), href=navigation.address("selection", {"archive": name}))
    ways.show([back], key="selection.ways", label=say("From here"))
    listed(shown, editable=False)
    taken_along(one, shown)


def go_on(one: Selection) -> None:
    """Make a saved selection the one that the visitor works on."""
    sets.put(name, one, place=sets.path_of(asked))
    st.query_params.from_dict(navigation.kept({"archive": name}))


def own() -> None:
    """The selection that the visitor works on."""
    one = sets.working(name, archive)
    st.title(say("Selection"))
    if problem := st.session_state.pop("selection.problem", ""):
        st.error(plainly(problem))
    if not one.works:
        st.info(
            say("Nothing is kept yet. Search, and press “Keep” on what you want to come back to; it will stand here.")
        )
        search = Way(label=say("Search"), href=navigation.address("search", {"archive": name}))
        ways.show([search], key="selection.ways", label=say("From here"))
        return
    shown = one.shown(archive)
    described(one)
    missing(shown)
    listed(shown, editable=True)
    if (item_id := st.session_state.pop("selection.noting", "")) and item_id in {item.id for item in shown.items}:
        noting(one, item_id)
    taken_along(one, shown)


def described(one: Selection) -> None:
    """Name and note of the whole, and where it is saved."""

    def put() -> None:
        called = st.session_state["selection.name"].strip() or one.name
        sets.put(name, one.renamed(called).noted(st.session_state["selection.text"].strip()))

    st.session_state["selection.name"], st.session_state["selection.text"] = one.name, one.note
    st.text_input(say("Name"), key="selection.name", max_chars=120, on_change=put)
    st.text_area(say("Note on the whole"), key="selection.text", max_chars=LONGEST, on_change=put, height=80)
    place = sets.place(name) if one.read else None
    if place is None:
        st.caption(say("Not saved: it is gone when this window is closed."))
    else:
        st.caption(say("Saved. Others find it at this address:"))
        asked = {"archive": name, "set": place.name.removesuffix(ENDING)}
        st.code(navigation.whole_address("selection", asked), language=None, wrap_lines=True)
    with st.container(horizontal=True, gap="small"):
        st.button(say("Save"), icon=":material/save:", on_click=save, args=(one,))
        st.button(say("Begin a new one"), on_click=sets.start_anew, args=(name,),
                  help=say("What is not saved is lost."))  # fmt: skip


def save(one: Selection) -> None:
    """Save the visitor's selection, or say why not."""
    try:
        sets.save(name, one)
    except ArchiveError as error:
        st.session_state["selection.problem"] = str(error)


def others(found: dict[str, Selection]) -> None:
    """What was saved, and what somebody brings along."""
    st.header(say("Saved selections"))
    if not found:
        st.write(say("None has been saved yet."))
    for key, one in found.items():
        st.page_link(
            navigation.VIEWS / "selection.py",
            label=say(
                "{name} ({n} works, {date})",
                name=plainly(one.name),
                n=len(one.shown(archive).items),
                date=one.changed[:10],
            ),
            query_params=navigation.kept({"archive": name, "set": key}),
        )
    brought = st.file_uploader(
        say("Open a selection from a file"), type=["json"], max_upload_size=2, key="selection.upload"
    )
    if brought is not None and st.session_state.get("selection.brought") != brought.file_id:
        st.session_state["selection.brought"] = brought.file_id
        bring(brought.getvalue(), brought.name)


def bring(data: bytes, where: str) -> None:
    """Go on with a selection from a file that a visitor brings."""
    try:
        one = from_json(data, where)
    except ArchiveError as error:
        st.error(plainly(str(error)))
        return
    if one.archive != archive.name:
        st.error(say("This selection is of the archive {name}.", name=plainly(one.archive)))
        return
    sets.put(name, Selection(name=one.name, note=one.note, archive=one.archive, digest=one.digest, works=one.works))
    st.rerun()


saved = sets.saved(archive)
if asked in saved:
    opened(saved)
else:
    if asked:
        st.info(say("There is no saved selection at this address."))
    own()
    others(saved)
