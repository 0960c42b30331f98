"""Map: all works at once, by how alike they are to the encoder, and beside it the works themselves as a list."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from latentarchive.errors import ArchiveError
from latentarchive.maps import make_map
from latentarchive.maps.selecting import inside
from latentarchive.maps.serving import REGION, ShownMap
from latentarchive.maps.stored import StoredMap, keep_map
from reading_room import cards, settings, shared
from reading_room.atlas import choosing, component, held, telling
from reading_room.atlas.choosing import Choice
from reading_room.language import say

PAGE = 24
"""Works on a page of the list."""

FIELDS = (REGION, "medium", "creator", "place", "year", "rights_class", "source")
"""What a map may be coloured by, beside the further fields of its works."""

SEEN = 500
"""Works that are looked at for further fields of the catalogue."""

BEGIN = ("umap", "tsne", "som", "pca")
"""Which map is shown first, of those there are."""

name, archive = shared.chosen()


def absent() -> None:
    """What to do where there is no map yet."""
    if not archive.has_vectors:
        st.info(say("This archive holds only metadata: without vectors there is nothing to lay out on a map."))
        return
    st.info(say("There is no map of this archive yet. `latentarchive map ARCHIVE --keep` makes one and keeps it."))
    if not settings.current().kiosk and st.button(say("Make a plain map now")):
        try:
            with st.spinner(say("Laying the works out by their two principal components.")):
                keep_map(make_map(archive, method="pca"), archive)
        except ArchiveError as error:
            st.warning(shared.plainly(str(error)))
        else:
            st.rerun()


@st.fragment
def maps() -> None:
    """Maps and list; what is done on a map runs this alone again."""
    asked = st.query_params
    methods = sorted((one.method for one in stored(name)), key=BEGIN.index)
    controls = st.columns(3)
    names = telling.methods()
    method = choice_of(controls[0], say("Map"), "map", methods, names)
    fields = [*FIELDS, *(f"extra.{key}" for key in further(name, archive.manifest.digest))]
    by = choice_of(controls[1], say("Colour by"), "by", fields, {one: telling.field(one) for one in fields})
    others = [(of, one.method) for of in shared.names() for one in stored(of) if (of, one.method) != (name, method)]
    titles = {f"{of}/{one}": names[one] if of == name else f"{shared.title_of(of)}: {names[one]}" for of, one in others}
    beside = choice_of(controls[2], say("Beside it"), "beside", ["", *titles], {"": say("nothing"), **titles})
    left = held.current(name, method)
    choice = Choice(line=asked.get("line", ""), on=asked.get("on", ""), only=asked.get("only", ""), by=by)
    try:
        chosen = choice.places(left)
    except ArchiveError as error:  # an address that was changed by hand, or is of an earlier archive
        st.warning(shared.plainly(str(error)))
        choice, chosen = Choice(by=by), np.arange(len(left))
    work = left.place(asked.get("work", ""))
    ringed = np.array([] if work is None else [work], np.int64)
    here, there = st.columns(2) if beside else st.columns([3, 2], gap="medium")
    with here:
        drawn(name, left, choice, "map.left", ringed)
    if not beside:
        with there:
            listed(left, choice, chosen, work)
        return
    other = beside.rpartition("/")[0]
    right = held.current(other, beside.rpartition("/")[2])
    pair = choosing.pair(left, right)
    with there:
        drawn(other, right, choice, "map.right", pair.across(ringed))
    if len(pair.here) < len(left):
        st.caption(telling.matched(len(pair.here), len(left)))
    if not len(pair.here):  # other works: no neighbour can be shared
        listed(left, choice, chosen, work)
        return
    compared = pair.agreement(ringed if work is not None else chosen) if work is not None or choice else None
    st.markdown(telling.agreement(compared, chosen=work is not None or bool(choice), one=work is not None))
    listed(left, choice, chosen, work)


def drawn(of: str, shown: ShownMap, choice: Choice, key: str, ringed: NDArray[np.int64]) -> None:
    """One map, and what it keeps of the space."""
    this, first = f"{of}/{shown.stored.method}", key == "map.left"
    own = choice.on in ("", this)
    by = choice.by if of == name or telling.has(shown, choice.by) else REGION

    def acted(act: component.Act) -> None:
        match act.get("kind"):
            case "line":
                change(line=str(act["line"]), on=this if act["line"] else "", only="", p="", work="")
            case "only":
                change(only=str(act["name"]), by=by, on=this, line=choice.line if own else "", p="", work="")
            case "view" if first:
                change(view=str(act["view"]), p="")
            case "work":
                change(work=shown.item(int(act["place"])).id)

    component.show(
        of,
        shown,
        key=key,
        by=by,
        choice=choice,
        own=own,
        view=st.query_params.get("view", "") if first else "",
        marked=ringed.tolist(),
        on_act=acted,
    )
    st.markdown(telling.reading(shown.stored.fidelity))
    with st.expander(say("How this map was made, in figures")):
        notes = [telling.on_it(len(shown), len(shown.archive)), shown.stored.record["sentence"]]
        for note in [*notes, *shown.stored.record["notes"]]:
            st.markdown(shared.plainly(note))


def listed(shown: ShownMap, choice: Choice, chosen: NDArray[np.int64], work: int | None) -> None:
    """The works that are chosen, else those in view, as cards."""
    rectangle = component.rectangle(st.query_params.get("view", ""))
    total = f"{len(shown):,}"
    if work is not None:
        st.subheader(say("The work that you chose on the map"))
        on_cards(shown, [work], choice.by, "map.work", say("The work that you chose on the map"))
        st.button(say("Let it go"), on_click=lambda: change(work=""))
    if choice:
        st.subheader(say("{n} of {total} works selected", n=f"{len(chosen):,}", total=total))
    elif rectangle is not None:
        left, bottom, right, top = rectangle
        corners = np.array([(left, bottom), (right, bottom), (right, top), (left, top)])
        chosen = np.flatnonzero(inside(corners, shown.xy))
        st.subheader(say("{n} of {total} works in view", n=f"{len(chosen):,}", total=total))
    else:
        st.subheader(say("All {total} works", total=total))
    if not len(chosen):
        st.info(say("No work lies there. Draw a wider line, choose another group, or clear the selection."))
        return
    pages = -(-len(chosen) // PAGE)
    page = min(number(st.query_params.get("p", "")), pages)
    on_cards(shown, chosen[(page - 1) * PAGE : page * PAGE].tolist(), choice.by, "map.list", say("Works"))
    if pages > 1:
        key = "map.page"
        if st.session_state.get(key, page) != page:  # another list, or an address that was gone back to
            st.session_state[key] = page
        turned = lambda: change(p=str(st.session_state[key]))  # noqa: E731
        st.pagination(pages, default=page, key=key, on_change=turned, max_visible_pages=5)


def on_cards(shown: ShownMap, places: list[int], by: str, key: str, label: str) -> None:
    """Works as cards; what the map is coloured by stands on each in words."""
    values = shown.groups(by).values
    items = shown.archive.collection.items(shown.rows[places])
    said = [telling.group(by, values[place])[: cards.LONGEST] or say("not stated") for place in places]
    notes = [f"{telling.field(by)}: {one}" for one in said]
    works = [cards.card(item, name, notes=[note]) for item, note in zip(items, notes, strict=True)]
    cards.show(works, key=key, label=label, small=True)


def stored(of: str) -> list[StoredMap]:
    """The maps of an archive; none if it cannot be opened."""
    try:
        return held.stored(of)[0]
    except ArchiveError:
        return []


@st.cache_data(max_entries=8, show_spinner=False)
def further(of: str, digest: str) -> list[str]:
    """Further fields that works of an archive have; `digest` tells one archive of that name from the next."""
    del digest
    opened = shared.archive_named(of)
    rows = opened.rows()[:: max(1, len(opened) // SEEN)]
    return sorted({key for row in opened.collection.take(rows, ["extra"])["extra"].to_pylist() for key, _ in row})


def choice_of(place: DeltaGenerator, label: str, param: str, values: list[str], names: dict[str, str]) -> str:
    """A select box whose value stands in the address; the first value stands there as nothing."""
    asked, key = st.query_params.get(param, ""), f"map.{param}"
    value = asked if asked in values else values[0]
    st.session_state[key] = value

    def changed() -> None:
        now = st.session_state[key]
        change(**{param: "" if now == values[0] else now, "p": ""})
        if param == "map":  # a line means nothing on another map
            change(line="", view="", on="", beside="")
        if param == "by":
            change(only="")

    place.selectbox(label, values, key=key, format_func=lambda one: names.get(one, one), on_change=changed)
    return value


def number(text: str) -> int:
    """The number of a page as an address says it; 1 where it says none."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def change(**params: str) -> None:
    """Change the address; what is empty is left out of it."""
    for param, value in params.items():
        if value:
            st.query_params[param] = value
        elif param in st.query_params:
            del st.query_params[param]


st.title(say("Map"))
for sentence in held.stored(name)[1]:
    st.warning(shared.plainly(sentence))
if stored(name):
    maps()
else:
    absent()
