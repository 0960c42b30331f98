"""One work: what is known of it, what stands beside it, and what becomes of it in the space."""

from __future__ import annotations

import streamlit as st

from latentarchive.embedded import Embedded, read_embedded
from latentarchive.errors import ArchiveError
from latentarchive.items import GENERATED
from latentarchive.ownership import read_ownership
from latentarchive.wording import alt
from reading_room import (
    cards,
    facts,
    frame,
    kept,
    looking,
    navigation,
    neighbours,
    pictures,
    shared,
    vocabulary,
    ways,
    works,
)
from reading_room.language import say
from reading_room.shared import plainly
from reading_room.ways import Way

name, archive = shared.chosen()
asked = st.query_params.get("id", "")
try:
    item = archive.item(asked)
except ArchiveError:
    st.title(say("Work"))
    st.info(say("There is no such work here. Search for it, or go back to where you came from."))
    st.stop()


@st.cache_resource(max_entries=256, ttl="1h", show_spinner=False)
def inside(archive_name: str, item_id: str, sha256: str) -> Embedded | None:
    """What the file of a work says of itself; None where its original is not at hand."""
    del sha256
    try:
        return read_embedded(shared.archive_named(archive_name).original(item_id))
    except ArchiveError:
        return None


embedded = inside(name, item.id, item.sha256)
made = item.generated or (
    embedded is not None and embedded.digital_source_type.rpartition("/")[2] in GENERATED
)  # a file that says so is believed, whatever the catalogue says


def steps() -> None:
    """Where one can go from here: back to the results, and along the catalogue."""
    before, after = neighbours.along(archive, item.id)

    def work(other: str | None) -> str:
        return navigation.address("item", {"archive": name, "id": other}) if other else ""

    found = navigation.last("search", name)
    back = [] if found is None else [Way(label=say("Back to the search"), href=navigation.address("search", found))]
    along = [
        Way(label=say("Previous in the catalogue"), href=work(before), step="back"),
        Way(label=say("Next in the catalogue"), href=work(after), step="on"),
    ]
    ways.show([*back, *along], key="item.steps", label=say("From here"))


def with_tray(tray: str, *terms: str) -> str:
    """Address of the search that this visitor came from, with something added to one of its trays."""
    params = navigation.last("search", name) or {}
    entries = list(dict.fromkeys([*params.get(tray, []), *terms]))
    return navigation.address("search", params | {"archive": [name], tray: entries, "pg": []})


def acts() -> None:
    """What one can do with the work."""
    term = f"id:{item.id}"
    if archive.has_vectors:
        similar = navigation.address("search", {"archive": name, "like": term})
        asking = [
            Way(label=say("Find similar"), href=similar),
            Way(label=say("More like this"), href=with_tray("like", term),
                hint=say("Adds it to what you last searched for.")),
            Way(label=say("Less like this"), href=with_tray("unlike", term), hint=say("Searches away from it.")),
        ]  # fmt: skip
        making = [
            Way(label=label, href=navigation.address(page, {"archive": name, "like": item.id}))
            for page, label in (
                ("contrast", say("Contrast with what a model makes")),
                ("darkroom", say("Into the darkroom")),
                ("blend", say("Blend it")),
                ("walk", say("Walk from here")),
            )
        ]
        ways.show(asking + ([] if item.generated else making), key="item.ways", label=say("Ask with this work"))
    held = item.id in kept.ids(name)
    st.button(
        say("Kept: let it go") if held else say("Keep"),
        icon=":material/bookmark:" if held else ":material/bookmark_add:",
        on_click=kept.toggle,
        args=(name, item.id),
        key="item.keep",
        help=say("What you keep stands on the page “Selection”."),
    )


def beside() -> None:
    """Neighbours in the space beside neighbours on the shelf."""
    st.header(say("What stands beside it"))
    st.caption(
        say(
            "A space puts beside each other what looks or means alike to one encoder; a store, an inventory and a "
            "donation put other things beside each other."
        )
    )
    found = archive.neighborhood(item.id, k=works.NEAREST)
    near = [side for side in found.sides if side.kind == "meaning"]
    others = [side for side in found.sides if side.kind != "meaning"]
    columns = st.columns(2, gap="large") if near and others else [st.container()]
    for side, column in zip([*near, *others[:1]], [*columns, columns[-1]], strict=False):
        with column:
            neighbours.show(side, name)
    for side in others[1:]:
        neighbours.show(side, name, folded=True)


def copies() -> None:
    """Other works that show the same picture."""
    if not item.sha256:
        return
    same = neighbours.copies(archive, name, item)
    st.header(say("Copies"))
    if same:
        cards.show(same, key="item.copies", label=say("Works with the same picture"), small=True)
    st.caption(
        say(
            "Looked for among the {n} works nearest in the space, and among all with the very same file.",
            n=neighbours.LOOKED_AT,
        )
        if archive.has_vectors
        else say("Looked for among all works with the very same file.")
    )
    if not same:
        st.write(say("No copy of this picture was found."))


def words() -> None:
    """What the vector keeps of the work, in words."""
    if not archive.has_vectors:
        return
    st.header(say("What its vector keeps of it"))
    folded = st.expander(say("Ask the encoder"), key="words", bind="query-params")
    if not folded.open:
        return
    with folded:
        try:
            with st.spinner(say("The words of the archive are being read…")):
                found = vocabulary.describe(name, archive, item.id)
        except ArchiveError as error:
            st.info(plainly(str(error)))
            return
        for sentence in works.words_said(found, item):
            st.write(plainly(sentence))
        st.caption(
            say(
                "Any encoder ranks any words. That a word is near says how {encoder} sees this picture among the words "
                "it was given, and nothing more.",
                encoder=plainly(archive.manifest.encoder_name),
            )
        )
        if found.terms and st.toggle(say("Figures"), key="figures"):
            first = found.terms[:20]
            st.table(
                {
                    say("rank"): [term.rank for term in first],
                    say("word"): [plainly(term.term) for term in first],
                    say("cosine"): [f"{term.score:.3f}" for term in first],
                    say("ahead of the next by"): ["" if t.margin is None else f"{t.margin:.3f}" for t in first],
                    say("above its mean here"): [f"{term.lift:+.3f}" for term in first],
                },
                border="horizontal",
                hide_index=True,
                alt=say("The nearest words with their cosines"),
            )


def file() -> None:
    """What the file says of itself."""
    if not item.sha256:
        return
    st.header(say("What its file says"))
    if embedded is None:
        st.write(say("The original is not at hand, so its file cannot be asked."))
        return
    if embedded.problem:
        st.caption(plainly(embedded.problem))
    told = works.embedded_facts(embedded)
    if not told:
        st.write(say("Nothing: the file has no metadata in it."))
        return
    with st.expander(say("{n} fields", n=len(embedded.fields))):
        facts.show(told, key="item.file", label=say("Metadata in the file"))


def provenance() -> None:
    """Who owned the work, as written, link by link."""
    text = works.provenance_text(item)
    if not text:
        return
    st.header(say("Provenance"))
    facts.show(works.owner_facts(read_ownership(text)), key="item.provenance", label=say("Owners in their order"))
    st.caption(say("Read by its punctuation, as an aid: a semicolon passes a work on, a full stop does not."))


def lineage() -> None:
    """How a generated image was made."""
    if not made:
        return
    st.header(say("How it was made"))
    records = neighbours.records(archive, item.id)
    if not records:
        st.write(say("A model made this image. It carries no record of how."))
        return
    for number, one in enumerate(records):
        shown = archive.collection.rows(list(one.items)) if one.archive == archive.name else []
        seen = archive.visible
        known = archive.collection.items(row for row in shown if row is not None and seen[row])
        told = works.lineage_facts(one, [cards.named(work) for work in known])
        facts.show(told, key=f"item.lineage.{number}", label=say("How it was made"))


frame.name(cards.named(item))
steps()
st.title(plainly(cards.named(item)))
if made and not item.generated:
    st.caption(say("Generated, not a work"))
left, right = st.columns([3, 2], gap="large")
with left:
    looking.show(
        picture=pictures.view(name, item.id, pictures.SIDES[0]) if item.sha256 else "",
        larger=pictures.view(name, item.id, pictures.SIDES[1]),
        alt=alt(item),
        generated=made,
        key="item.picture",
        term=f"id:{item.id}" if archive.has_vectors else "",
        searches={tray: with_tray(tray) for tray in looking.TRAYS},
    )
    acts()
with right:
    facts.show(works.record(item), key="item.record", label=say("Record"))
    st.subheader(say("Rights"))
    facts.show(works.rights_facts(item), key="item.rights", label=say("Rights"))
lineage()
provenance()
beside()
copies()
words()
file()
