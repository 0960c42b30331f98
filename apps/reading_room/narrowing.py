"""Narrowing an archive down: facets with counts, years with a histogram, and how to get back."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import streamlit as st

from latentarchive.faceting import Choice, Counts, Facets, Histogram
from latentarchive.wording import shortened
from reading_room import portrait
from reading_room.asked import Asked, change, changed, narrowed
from reading_room.language import say
from reading_room.scripts import component
from reading_room.shared import plainly

if TYPE_CHECKING:
    from latentarchive.archive import Archive

NAMES = ("creator", "medium", "place", "subjects", "rights_class", "source")
"""Facets that are offered, as far as an archive states them."""

LISTED = 8
"""Values of a facet that stand there to choose from; the others are found by their words."""

LONGEST = 120
"""Characters of a value that are shown."""

_component = component(__file__, "narrowing", "elements")
_facets: WeakKeyDictionary[Archive, Facets] = WeakKeyDictionary()
_lock = threading.Lock()


class Left(NamedTuple):
    """What choices leave."""

    #: Works of the whole archive that are shown, and that all choices leave.
    of: int
    total: int
    counts: dict[str, Counts]
    years: Histogram


def facets_of(archive: Archive) -> Facets:
    """The facets of an open archive, read once for all visitors."""
    with _lock:
        if archive not in _facets:
            _facets[archive] = Facets(archive.collection.table)
        return _facets[archive]


def left(archive: Archive, choice: Choice, words: str = "") -> Left:
    """Count what a choice, and each further one, would leave; of the works with these words, if there are any.

    Raises:
        QueryError: A filter of one's own cannot be read.
    """
    among = archive.allowed(choice.rest)
    if words:
        among = archive.worded(words, among)
    facets = facets_of(archive)
    names = [name for name in NAMES if len(facets.facet(name).values) > 1 or choice.values.get(name)]
    total, counts, years = facets.counts(choice, names, among, most=LISTED)
    return Left(len(archive), total, counts, years)


def label(name: str) -> str:
    """What a facet is called."""
    return {
        "creator": say("Maker"),
        "medium": say("Medium"),
        "place": say("Place"),
        "subjects": say("Subject"),
        "rights_class": say("Rights"),
        "source": say("Holding institution"),
        "decade": say("Decade"),
        "century": say("Century"),
    }.get(name, name.removeprefix("extra.").replace("_", " "))


def value_label(name: str, value: str | None) -> str:
    """What a value of a facet is called; None: nothing is stated."""
    if value is None:
        return say("unknown") if name == "rights_class" else say("not stated")
    own = {"open": say("open"), "restricted": say("restricted")} if name == "rights_class" else {}
    return own.get(value) or shortened(" ".join(value.split()), LONGEST)


def show(asked: Asked, found: Left) -> None:
    """Draw all choices, where there are any; each changes the address."""
    if not found.counts and len(found.years.begins) < 2:
        return

    def acted() -> None:
        act = getattr(st.session_state["search.narrowing"], "act", None)
        if isinstance(act, Mapping):
            change(replace(asked, choice=applied(asked.choice, act, found.years), page=1))

    _component(key="search.narrowing", data=told(asked.choice, found), on_act_change=acted)


def told(choice: Choice, found: Left) -> dict[str, Any]:
    """What the browser is told, as plain values."""
    facets = [_facet(choice, counts, first=not place) for place, counts in enumerate(found.counts.values())]
    return {
        "facets": facets,
        "years": _years(choice, found.years) if len(found.years.begins) > 1 else None,
        "words": {
            "title": say("Narrow down"),
            "words": say("with the words"),
            "years": say("Years"),
            "from": say("From the year"),
            "to": say("To the year"),
            "before": say("{year} BCE", year="{year}"),  # filled in by the script
        },
    }


def applied(choice: Choice, act: Mapping[str, Any], years: Histogram) -> Choice:
    """A choice after something was done; what comes from a browser may be anything.

    Args:
        choice: Before.
        act: ``do`` (``value``, ``words``, ``years``) and what belongs to it.
        years: The bars that were shown: an end that stands at theirs is none.
    """
    name = str(act.get("name", ""))
    match act.get("do"):
        case "value" if name in NAMES or name in choice.values:
            value = act.get("value")
            value = None if value is None else str(value)
            others = [one for one in choice.values.get(name, ()) if one != value]
            return narrowed(choice, name, [*others, value] if act.get("on") else others)
        case "words" if name in NAMES or name in choice.texts:
            return _with_words(choice, name, str(act.get("text", ""))[:200])
        case "years":
            low, high = years.span
            first, last = (int(act.get(end) or 0) for end in ("from", "to"))
            return replace(choice, years=(None if first <= low else first, None if last >= high else last))
    return choice


def _facet(choice: Choice, counts: Counts, *, first: bool) -> dict[str, Any]:
    chosen, words = choice.values.get(counts.name, ()), choice.texts.get(counts.name, "")
    numbers: dict[str | None, int] = dict(counts.values)
    numbers |= {value: 0 for value in chosen if value is not None and value not in numbers}
    if counts.unstated or None in chosen:
        numbers[None] = counts.unstated
    values = [
        {
            "value": value,
            "label": value_label(counts.name, value),
            "count": n,
            "number": f"{n:,}",
            "chosen": value in chosen,
        }
        for value, n in numbers.items()
    ]
    return {
        "name": counts.name,
        "label": label(counts.name),
        "open": first or bool(chosen or words),
        "values": values,
        "more": say("find · {n} more", n=f"{counts.more:,}") if counts.more else "",
        "words": words,
    }


def _with_words(choice: Choice, name: str, words: str) -> Choice:
    others = {key: text for key, text in choice.texts.items() if key != name}
    return replace(choice, texts=others | ({name: words.strip()} if words.strip() else {}))


def _years(choice: Choice, years: Histogram) -> dict[str, Any]:
    low, high = years.span
    first, last = choice.years
    undated = ""
    if years.undated:
        undated = say("{n} of {of} works have no year.", n=f"{years.undated:,}", of=f"{years.of:,}")
    return {
        "begins": years.begins,
        "step": years.step,
        "counts": years.counts,
        "low": low,
        "high": high,
        "from": low if first is None else max(low, min(high, first)),
        "to": high if last is None else max(low, min(high, last)),
        "alt": say("Works by year, from {first} to {last}", first=portrait.year(low), last=portrait.year(high)),
        "undated": undated,
    }


def parts(choice: Choice) -> Iterator[tuple[str, Choice]]:
    """Each thing that was chosen, in words, and the choice without it."""
    for name, values in choice.values.items():
        said = ", ".join(value_label(name, value) for value in values)
        yield f"{label(name)}: {said}", narrowed(choice, name, ())
    for name, words in choice.texts.items():
        yield f"{label(name)}: “{shortened(words, LONGEST)}”", _with_words(choice, name, "")
    first, last = choice.years
    if (first, last) != (None, None):
        span = " – ".join("" if one is None else portrait.year(one) for one in (first, last))
        yield f"{say('Years')}: {span.strip()}", replace(choice, years=(None, None))
    if choice.where:
        yield shortened(choice.where, LONGEST), replace(choice, where="")


def chips(asked: Asked) -> None:
    """What was chosen, each with a button that takes it away."""
    chosen = list(parts(asked.choice))
    if not chosen:
        return
    with st.container(horizontal=True, gap="small"):
        for place, (said, without) in enumerate(chosen):
            st.button(
                f"✕ {plainly(said)}",
                key=f"search.chip.{place}",
                help=say("Take this filter away"),
                on_click=changed(replace(asked, choice=without)),
            )
        if len(chosen) > 1:
            st.button(
                say("Take all away"),
                key="search.chips",
                type="tertiary",
                on_click=changed(replace(asked, choice=Choice())),
            )


def bring_back(asked: Asked, counts: Sequence[tuple[str, Choice, int]]) -> None:
    """Where nothing was found: which filter to take away, and how many works that would bring back."""
    for place, (said, without, n) in enumerate(counts):
        brings = say("{n} works", n=f"{n:,}") if n > 1 else say("1 work")
        st.button(
            say("Without {filter} there are {brings}", filter=plainly(f"“{said}”"), brings=brings),
            key=f"search.back.{place}",
            on_click=changed(replace(asked, choice=without)),
        )
