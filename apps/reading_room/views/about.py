"""About this archive: a card that says where it comes from, how it was made, and what may be believed of it."""

from __future__ import annotations

import json

import streamlit as st

from latentarchive.archive import Archive
from latentarchive.export.croissant import croissant
from latentarchive.export.dataset_card import DatasetCard, citation
from latentarchive.export.datasheet import EUROPEANA, datasheet
from latentarchive.render.figures import percent
from reading_room import portrait, shared
from reading_room.language import say
from reading_room.shared import plainly

NAMED = 12
"""Rights statements, sources and reasons that are named, the most frequent first."""


def table(heading: str, counts: list[tuple[str, int]], of: int, unit: str) -> None:
    """Names with how many works (or what `unit` says) they hold for, and what share that is."""
    rows = [[plainly(name), f"{count:,}", percent(count / of) if of else "–"] for name, count in counts[:NAMED]]
    names = [heading, unit, say("of {count}", count=f"{of:,}")]
    columns = {name: [row[k] for row in rows] for k, name in enumerate(names)}
    st.table(columns, border="horizontal", hide_index=True, alt=heading)
    if len(counts) > NAMED:
        st.caption(say("and {count} more", count=len(counts) - NAMED))


def origin(card: DatasetCard) -> None:
    """Source and method."""
    st.header(say("Where it comes from"))
    st.markdown(portrait.method(card.method))
    if card.notes:
        st.markdown(say("Its recipe remarks: “{notes}”", notes=plainly(card.notes)))
    if card.homepage:
        st.markdown(say("Its home: {address}", address=plainly(card.homepage)))
    sources = [*card.facts.common["source"]]
    if sources:
        table(say("Held or published by"), sources, card.facts.n, say("works"))


def rights(card: DatasetCard) -> None:
    """What may be done with the works."""
    facts = card.facts
    st.header(say("Rights"))
    st.markdown(portrait.rights(dict(facts.classes), facts.n))
    stated = [(one.label or one.statement, count) for one, count in facts.rights]
    table(
        say("Statement"),
        [(name if name != "unknown" else say("nothing stated"), n) for name, n in stated],
        facts.n,
        say("works"),
    )
    if facts.reserved:
        st.markdown(
            say(
                "{count} works reserve text and data mining: they are left out of training, and are no condition of a "
                "generated image unless that is allowed by name.",
                count=f"{facts.reserved:,}",
            )
        )
    if facts.generated:
        st.markdown(
            say(
                "{count} images say of themselves that a model made them; they are marked wherever they stand.",
                count=f"{facts.generated:,}",
            )
        )


def catalogue(card: DatasetCard) -> None:
    """How much of the catalogue is filled in."""
    st.header(say("What the catalogue says"))
    st.markdown(portrait.span(card.facts))
    words = portrait.fields()
    table(
        say("Field that is filled in"),
        [(words[name], count) for name, count in card.completeness],
        card.facts.n,
        say("works"),
    )
    st.caption(say("Filled in does not mean true: entries are as catalogued, unchecked."))


def comparing(card: DatasetCard) -> None:
    """Encoder, index, bands, and what similarity is."""
    st.header(say("How works are compared"))
    st.markdown(portrait.encoder(card.encoder))
    if card.index is None:
        return
    if card.encoder.reserved:
        left = say(
            "{count} whose rights reserve data mining were left out of its training.", count=card.encoder.reserved
        )
        st.markdown(left)
    if card.encoder.limits:
        st.markdown("\n".join(f"- {plainly(limit)}" for limit in card.encoder.limits))
    st.markdown(portrait.index(card.index))
    st.markdown(
        say(
            "Similarity is nearness in the space that this encoder learned: what it was shown together lies together. "
            "It is no statement about a work, its maker or its worth. The axes of that space and of every map mean "
            "nothing, and a distance means nothing by itself; neighbourhoods do. In another encoder’s space others are "
            "near."
        )
    )
    st.markdown(
        say(
            "“Close” means nearer than 999 of 1,000 random pairs of this archive, “similar” than 99 of 100, “related” "
            "than 19 of 20; the rest is distant."
        )
    )
    with st.expander(say("Where these bands begin, as cosines")):
        kinds = {"image": say("image and image"), "text": say("words and image"), "mixed": say("both together")}
        known = [(kinds[kind], band) for kind, band in card.bands.items() if kind in kinds]
        columns = {
            say("Compared"): [name for name, _ in known],
            say("related"): [f"{band.related:.3f}" for _, band in known],
            say("similar"): [f"{band.similar:.3f}" for _, band in known],
            say("close"): [f"{band.close:.3f}" for _, band in known],
            say("random pairs"): [f"{band.n_pairs:,}" for _, band in known],
        }
        st.table(columns, border="horizontal", hide_index=True)


def absent(card: DatasetCard) -> None:
    """What was rejected and what is withheld."""
    st.header(say("What is not here"))
    st.markdown(portrait.absent(card))
    if card.reasons:
        stages = portrait.stages()
        named = [(f"{stages.get(stage, stage)}: {reason}", count) for stage, reason, count in card.reasons]
        table(say("Why inputs could not be used"), named, card.inputs, say("inputs"))


def state(archive: Archive, card: DatasetCard) -> None:
    """Which state of the archive this is, and how to cite it."""
    st.header(say("This state, and how to cite it"))
    st.code(citation(archive.manifest), language=None, wrap_lines=True)
    facts = {
        say("Built"): card.created[:19].replace("T", " ") + " UTC",
        say("Digest of the catalogue"): card.digest[:16],
        say("Fingerprint of the encoder"): card.fingerprint or say("none, or not verified"),
        say("Built with"): ", ".join(f"{name} {version}" for name, version in card.versions.items()),
    }
    st.markdown("\n".join(f"- {name}: {plainly(value)}" for name, value in facts.items()))


def papers(archive: Archive, card: DatasetCard) -> None:
    """The card for other readers: a datasheet for people, Croissant for machines."""
    st.header(say("As a document"))
    row = st.container(horizontal=True)
    row.download_button(
        say("Datasheet, Markdown"),
        lambda: datasheet(archive, portrait.card(archive).facts, EUROPEANA, None),
        f"{card.name}-datasheet.md",
        "text/markdown",
        on_click="ignore",
    )
    if card.facts.withheld:
        st.caption(
            say(
                "Croissant describes files, and those of this archive still hold what is withheld: "
                "`latentarchive export {name} croissant` makes a copy without it, with its description.",
                name=plainly(card.name),
            )
        )
        return
    row.download_button(
        say("Croissant, JSON-LD"),
        lambda: json.dumps(croissant(archive, portrait.card(archive).facts, None), indent=1, ensure_ascii=False),
        "croissant.json",
        "application/ld+json",
        on_click="ignore",
    )


name, archive = shared.chosen()
card = portrait.card(archive)
st.title(say("About this archive"))
st.subheader(plainly(card.title))
st.markdown(portrait.lead(card))
origin(card)
rights(card)
catalogue(card)
comparing(card)
absent(card)
state(archive, card)
papers(archive, card)
