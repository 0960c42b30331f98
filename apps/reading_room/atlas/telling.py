"""What is said of maps in words: how to read one, what two have in common, what fields and groups are called."""

from __future__ import annotations

from latentarchive.errors import QueryError
from latentarchive.maps.agreement import Agreement
from latentarchive.maps.groups import NOTHING, OTHER
from latentarchive.maps.serving import REGION, ShownMap
from latentarchive.measures.fidelity import Fidelity
from reading_room.language import say


def reading(kept: Fidelity) -> str:
    """How a map is to be read: what in it means something, and how much."""
    said = say(
        "Axes mean nothing, distances mean nothing, neighbourhoods do, as far as this goes: of the {k} works that the "
        "encoder finds nearest to a work, {same} are among the {k} nearest to it here (by chance {chance}).",
        k=kept.k,
        same=f"{kept.kept * kept.k:.1f}",
        chance=f"{kept.kept_by_chance * kept.k:.2g}",
    )
    if kept.trustworthiness > 0.95:
        return f"{said} {say('What stands together here is nearly always alike to the encoder.')}"
    if kept.trustworthiness > 0.85:
        return f"{said} {say('What stands together here is mostly alike to the encoder.')}"
    return f"{said} {say('Some of what stands together here is not alike to the encoder.')}"


def agreement(found: Agreement | None, *, chosen: bool, one: bool) -> str:
    """How many neighbours are the same on two maps.

    Args:
        found: What was compared; None where nothing could be.
        chosen: Whether any works were chosen.
        one: Whether that is a single work.
    """
    if not chosen:
        return say(
            "Choose a work, or draw a line around some: it is said how many of their neighbours both sides share."
        )
    if found is None:
        return say("None of these works is on both maps.")
    values: dict[str, object] = {
        "k": found.k,
        "same": f"{found.mean:.0f}" if one else f"{found.mean:.1f}",
        "chance": f"{found.chance:.2g}",
        "n": f"{found.n:,}",
        "asked": found.asked,
    }
    if one:
        said = say(
            "Of the {k} works nearest to it on the left, {same} can also be found among its {k} nearest on the right "
            "(by chance {chance}; {n} works are on both).",
            **values,
        )
    else:
        said = say(
            "Of the {k} works nearest to each of these on the left, {same} are among its {k} nearest on the right too: "
            "the mean over {asked} of them (by chance {chance}; {n} works are on both).",
            **values,
        )
    if found.of == "map":
        return f"{said} {say('Both are views of one space: nearest means nearest on each map.')}"
    return f"{said} {say('Nearest means nearest in the space of each encoder, not on the map.')}"


def matched(both: int, total: int) -> str:
    """How many works of a map are on the other."""
    return say(
        "{n} of {total} works on the left are on the right, found by their id.", n=f"{both:,}", total=f"{total:,}"
    )


def on_it(n: int, total: int) -> str:
    """How many works of an archive are on a map."""
    return say("{n} of the {total} works that this archive shows are on it.", n=f"{n:,}", total=f"{total:,}")


def methods() -> dict[str, str]:
    """What the methods are called, by their names."""
    return {
        "umap": say("UMAP: neighbourhoods first"),
        "tsne": say("t-SNE: neighbourhoods first"),
        "som": say("self-organising map: a stretched sheet"),
        "pca": say("principal components: a plane"),
    }


def has(shown: ShownMap, by: str) -> bool:
    """Whether a map can be coloured by a field."""
    try:
        shown.groups(by)
    except QueryError:
        return False
    return True


def field(by: str) -> str:
    """What a field is called; further fields have the catalogue's own names. Not made plain: it is shown as text."""
    known = {
        REGION: say("regions of the space"),
        "medium": say("medium"),
        "creator": say("maker"),
        "place": say("place"),
        "year": say("year"),
        "rights_class": say("rights"),
        "source": say("source"),
    }
    return known.get(by, by.removeprefix("extra."))


def group(by: str, name: str) -> str:
    """What a group is called: the catalogue's own word, or the app's where it has none. Shown as text."""
    if by == REGION and name.startswith(f"{REGION} "):
        return say("region {number}", number=name.removeprefix(f"{REGION} "))
    return {OTHER: say("others"), NOTHING: say("not stated")}.get(name, name)
