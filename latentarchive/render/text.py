"""What the terminal shows: one entry a hit, with source and rights, and never a score without its meaning.

What comes from a catalogue cannot steer the terminal, nor pass for a line of ours: see `plain`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from latentarchive.items import Item
from latentarchive.manifest import UNVERIFIED
from latentarchive.neighborhood import Neighborhood
from latentarchive.plaintext import CONTROLS, plain
from latentarchive.query import Hit, Results
from latentarchive.wording import credit as credit
from latentarchive.wording import rights as rights
from latentarchive.wording import title as title

if TYPE_CHECKING:  # a search shows none of these, and need not wait for what makes them
    from latentarchive.build import Built, Growth
    from latentarchive.description import Description
    from latentarchive.train import TrainedModel
    from latentarchive.verify import Verification


def to_json(value: Any) -> str:
    """One JSON object, UTF-8, without NaN; what `plain` takes away is kept as an escape."""
    dumped = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", dumped)


def results(found: Results) -> str:
    """Results for people: the query in words, then two lines a hit."""
    lines = [f"{found.query}  in {found.archive}", *(f"note: {note}" for note in found.notes), ""]
    if not found.hits:
        lines.append("Nothing was found. Change the words, or take away a filter.")
    width = len(str(len(found.hits)))
    lines += [line for hit in found.hits for line in _hit(hit, width)]
    return _joined(lines)


def _hit(hit: Hit, width: int) -> Iterable[str]:
    indent = " " * (width + 2)
    score = "" if hit.score is None else f"  {hit.score:+.3f} {hit.band}"
    moved = f"  (plain rank {hit.plain_rank})" if hit.plain_rank != hit.rank else ""
    copy = "  the same file as in the query" if hit.copy else ""
    yield f"{hit.rank:>{width}}  {title(hit.item)}{score}  by {' and '.join(hit.found)}{moved}{copy}"
    yield f"{indent}{hit.item.id}"
    yield f"{indent}{credit(hit.item)} · rights: {rights(hit.item)}"


def description(found: Description) -> str:
    """The nearest terms of a vocabulary, with margin and lift."""
    lines = [f"{found.image}  in {found.archive}, described with {found.vocabulary} ({found.n_terms} terms)", ""]
    width = max((len(t.term) for t in found.terms), default=4)
    lines.append(f"    {'term':<{width}}   cosine   margin to next   above the archive's mean")
    for t in found.terms:
        margin = "" if t.margin is None else f"{t.margin:.3f}"
        lines.append(f"{t.rank:>2}  {t.term:<{width}}   {t.score:+.3f}   {margin:>14}   {t.lift:+.3f}")
    return _joined(lines)


def neighborhood(found: Neighborhood) -> str:
    """An item and its neighbours of each kind, the nearest in the space first."""
    lines = [f"{title(found.item)}  {found.item.id} in {found.archive}"]
    for side in found.sides:
        lines += ["", f"{side}:"]
        width = len(str(len(side.hits)))
        lines += [line for hit in side.hits for line in _hit(hit, width)] or ["none"]
    return _joined(lines)


def items(found: Sequence[Item], total: int) -> str:
    """One item a line: id, title, maker, date, rights; and how many there are in all."""
    lines = [f"{i.id}  {title(i)} · {credit(i)} · rights: {rights(i)}" for i in found]
    return _joined([*lines, f"{len(found)} of {total} items"])


def verification(found: Verification) -> str:
    """The checks that hold, and the first that does not."""
    lines = [f"{name}: {n:,} checked, as promised" for name, n in found.checked]
    return _joined([*lines, f"{found.archive} is sound" if found.sound else f"NOT SOUND: {found.problem}"])


def built(made: Built) -> str:
    """What a build did: every input is accounted for, and every item of an archive that has grown."""
    counts = made.manifest.counts
    off = f", {counts['renormalized']:,} of them not of unit length" if counts["renormalized"] else ""
    if made.manifest.fingerprint.startswith(UNVERIFIED):
        off += f" (whether {made.manifest.encoder} made these vectors could not be verified)"
    said = f"{counts['inputs']:,} inputs: {counts['items']:,} items{off}, {counts['rejected']:,} rejected"
    said += f" (reasons in {made.path}/rejected.parquet)" if counts["rejected"] else ""
    if made.already:
        return f"nothing to do: {made.path} is what the collection is now; {said}"
    if made.growth is None:
        return said
    lines = [said, _growth(made.growth)]
    if made.resumed:
        lines.append("this went on with an interrupted build; run it again to see if what that had read has changed")
    return "\n".join(lines)


def _growth(of: Growth) -> str:
    """What became of the items that were there."""
    recatalogued = f" ({of.recatalogued:,} with another entry)" if of.recatalogued else ""
    changed = f"{of.changed:,} with another image, " if of.changed else ""
    return (
        f"{of.kept:,} items kept{recatalogued}, {changed}{of.added:,} added, {of.dropped:,} dropped; "
        f"{of.encoded:,} images encoded"
    )


def trained(made: TrainedModel) -> str:
    """What a training did with every input, and how well the model finds works it never saw."""
    counts = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in made.counts.items() if n)
    lines = [f"{counts}; {made.samples:,} images looked at in {made.seconds:,.0f} s"]
    return "\n".join([*lines, *facts({"on held-out works": made.scores}).splitlines()])


def facts(table: Mapping[str, Any]) -> str:
    """Name and value, one pair a line; nested tables are indented."""
    lines: list[str] = []
    for name, value in table.items():
        if isinstance(value, Mapping):
            lines += [f"{name}:", *(f"    {line}" for line in facts(value).splitlines())]
        else:
            shown = f"{value:,}" if isinstance(value, int) else f"{value:.3f}" if isinstance(value, float) else value
            lines.append(f"{name}: {shown}")
    return _joined(lines)


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(plain(line) for line in lines)
