"""The telephone game: a work is described, an image made of the description, that described, and so on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from latentarchive.description import own_subjects
from latentarchive.diffusion.bench import FEWEST, Bench
from latentarchive.diffusion.conditions import Words
from latentarchive.diffusion.experiment import Chart, Experiment, Frame, Measure, Strip
from latentarchive.errors import GeneratorError, QueryError
from latentarchive.images import decode
from latentarchive.measures.resampling import bootstrap_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentarchive.diffusion.generated import Generated
    from latentarchive.items import Item

TERMS = 4
"""Words of a description."""

RANDOM = 200
"""Random works whose descriptions and catalogue entries serve as the null."""


@dataclass(frozen=True, kw_only=True)
class Telephone(Experiment):
    """What survived, cycle by cycle; the first is the work itself."""

    kind: ClassVar[str] = "telephone"

    #: Descriptions, one row a chain, one entry a cycle.
    said: tuple[tuple[str, ...], ...]
    #: Share of the work's words that are still said, in the mean over chains; at cycle 0 it is 1.
    words_kept: tuple[float, ...]
    words_null: float
    #: Share of the work's catalogue values that the work nearest to the image has too; at cycle 0 it is 1.
    entry_kept: tuple[float, ...]
    entry_null: float
    #: Descriptions that came back in a chain, and in how many chains; the most frequent first.
    attractors: tuple[tuple[str, int], ...]


def telephone(bench: Bench, item_id: str, *, cycles: int = 6, chains: int = 5, seed: int = 0) -> Telephone:
    """Play.

    Args:
        bench: Archive and generator, which must be told words.
        item_id: A work of the archive.
        cycles: How often it is described and made again.
        chains: How many games are played, each with seeds of its own.
        seed: The first seed.

    Raises:
        GeneratorError: The generator is not told words alone; fewer than 1 cycle or chain.
        QueryError: No such item, or it is withheld; the archive has no subjects to describe with.
    """
    archive = bench.archive
    if cycles < 1 or chains < 1:
        message = f"the telephone game needs a cycle and a chain, got {cycles} and {chains}"
        raise GeneratorError(message)
    row = archive.row(item_id)
    terms = own_subjects(archive.collection.take(archive.rows(), ["subjects"])["subjects"].to_pylist())
    if len(terms) < TERMS:
        message = f"archive {archive.name} has {len(terms)} subjects to describe with, and the game needs {TERMS}"
        raise QueryError(message)
    speaker = _Speaker(terms, archive.encoder.encode_texts(terms).unit)
    entry = _entry(archive.item(item_id))
    first = speaker.say(_as_seen(bench, item_id))
    bench.expect(cycles * chains)
    said, kept, strips = [], [], []
    made: dict[str, Generated] = {}
    for chain in range(chains):
        words, frames = [first], [Frame(item=item_id, caption=f"said of it: {', '.join(first)}")]
        entries = [1.0]
        for cycle in range(1, cycles + 1):
            name = f"chain-{chain + 1}-{cycle}"
            told = Words(", ".join(words[-1]), described=(item_id,), archive=archive)
            made |= bench.make([name], told, [seed + chain * cycles + cycle - 1])
            vector = bench.seen([made[name].image])
            words.append(speaker.say(vector[0]))
            near = bench.nearest(vector, 1)[0]
            entries.append(_shared(entry, _entry(archive.item(near.ids[0]))))
            frames.append(Frame(name=name, caption=f"cycle {cycle}, said of it: {', '.join(words[-1])}"))
        said.append(words)
        kept.append(entries)
        strips.append(Strip(heading=f"Chain {chain + 1}", frames=tuple(frames)))
    by_chain = np.array([[_shared(first, words) for words in chain] for chain in said]), np.array(kept)
    heard, entries_kept = (np.mean(one, axis=0).tolist() for one in by_chain)
    nulls = _nulls(bench, speaker, first, entry, row, seed)
    back = attractors([[" + ".join(sorted(words)) for words in chain] for chain in said])
    few = chains < FEWEST
    return Telephone(
        title=f"Telephone, beginning with {item_id}",
        about="What a work is about is put into words, an image made of the words, that put into words again. What is "
        "still said at the end?",
        archive=archive.name,
        settings=bench.settings() | {"cycles": cycles, "chains": chains, "seed": seed, "vocabulary": len(terms)},
        measures=() if few else _measures(by_chain, nulls, back),
        strips=tuple(strips),
        charts=(_chart(heard, entries_kept, nulls),),
        notes=(f"{chains} chains are too few for figures: {FEWEST} would do.",) if few else (),
        film=tuple(name for name in made if name.startswith("chain-1-")),
        records={name: one.record for name, one in made.items()},
        images={name: one.image for name, one in made.items()},
        said=tuple(tuple(", ".join(words) for words in chain) for chain in said),
        words_kept=tuple(round(float(one), 6) for one in heard),
        words_null=nulls[0],
        entry_kept=tuple(round(float(one), 6) for one in entries_kept),
        entry_null=nulls[1],
        attractors=back,
    )


def attractors(chains: Sequence[Sequence[str]]) -> tuple[tuple[str, int], ...]:
    """Descriptions that a chain came back to after it had them, with the number of chains; the most frequent first."""
    counts: dict[str, int] = {}
    for chain in chains:
        for one in dict.fromkeys(words for at, words in enumerate(chain) if words in chain[:at]):
            counts[one] = counts.get(one, 0) + 1
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True)
class _Speaker:
    """Who describes: the nearest words of an explicit vocabulary, the archive's own subjects."""

    terms: Sequence[str]
    vectors: NDArray[np.float32]

    def say(self, image: NDArray[np.float32]) -> tuple[str, ...]:
        scores = self.vectors.astype(np.float64) @ image.astype(np.float64)
        return tuple(self.terms[i] for i in np.argsort(-scores, kind="stable")[:TERMS])


def _as_seen(bench: Bench, item_id: str) -> NDArray[np.float32]:
    """The vector of a work's image as the archive shows it, so that works and images are seen by one eye."""
    data = bench.archive.thumbnail(item_id)
    if not data:
        return bench.archive.embeddings.take([bench.archive.row(item_id)])[0]
    return bench.seen([decode(data).image.convert("RGB")])[0]


def _entry(item: Item) -> tuple[str, ...]:
    """Values of a catalogue entry that can survive."""
    fields: dict[str, Any] = {"medium": item.medium, "place": item.place, "creator": item.creator}
    named = [f"{name}: {value}" for name, value in fields.items() if value]
    return (*named, *(f"subject: {subject}" for subject in item.subjects))


def _shared(first: Sequence[str], other: Sequence[str]) -> float:
    """Share of the first that the other has too; 1 where there is nothing to lose."""
    return len(set(first) & set(other)) / len(set(first)) if first else 1.0


def _nulls(
    bench: Bench, speaker: _Speaker, first: Sequence[str], entry: Sequence[str], row: int, seed: int
) -> tuple[float, float]:
    """What random works share with the first one: words said of them, and catalogue values."""
    rows = bench.archive.rows()
    rows = np.random.default_rng(seed).permutation(rows[rows != row])[:RANDOM]
    if not len(rows):
        return 1.0, 1.0
    vectors, items = bench.archive.embeddings.take(rows), bench.archive.collection.items(rows)
    said = float(np.mean([_shared(first, speaker.say(vector)) for vector in vectors]))
    return round(said, 6), round(float(np.mean([_shared(entry, _entry(item)) for item in items])), 6)


def _measures(
    by_chain: tuple[NDArray[np.float64], NDArray[np.float64]],
    nulls: tuple[float, float],
    back: tuple[tuple[str, int], ...],
) -> tuple[Measure, ...]:
    chains, last = by_chain[0].shape[0], by_chain[0].shape[1] - 1
    heard, entries = (one.mean(axis=0).tolist() for one in by_chain)
    settled = f"Most often: “{back[0][0]}”, in {back[0][1]} of {chains}." if back else ""
    intervals = [bootstrap_mean(one[:, -1]) for one in by_chain]
    by = "bootstrap over chains"
    return (
        Measure(
            sentence=f"After {last} cycles {heard[-1]:.0%} of the words said of the work are still said; of random "
            f"works {nulls[0]:.0%} are.",
            value=round(float(heard[-1]), 6),
            unit="of the words",
            n=chains,
            denominator="chains",
            interval=intervals[0],
            interval_by=by,
            null=nulls[0],
            null_by=f"{RANDOM} random works at most",
            notes=(f"After the first cycle it was {heard[1]:.0%}.",),
        ),
        Measure(
            sentence=f"The work nearest to the last image shares {entries[-1]:.0%} of its catalogue entry; random "
            f"works share {nulls[1]:.0%}.",
            value=round(float(entries[-1]), 6),
            unit="of the entry",
            n=chains,
            denominator="chains",
            interval=intervals[1],
            interval_by=by,
            null=nulls[1],
            null_by=f"{RANDOM} random works at most",
        ),
        Measure(
            sentence=f"{len(back)} descriptions came back in a chain that had them before. {settled}".strip(),
            value=float(len(back)),
            unit="attractors",
            n=chains,
            denominator="chains",
        ),
    )


def _chart(heard: Sequence[float], entries: Sequence[float], nulls: tuple[float, float]) -> Chart:
    return Chart(
        heading="What survives",
        columns=("cycle", "share of the words", "share of the entry", "words, random works", "entry, random works"),
        rows=tuple(
            (i, round(float(words), 4), round(float(entry), 4), *nulls)
            for i, (words, entry) in enumerate(zip(heard, entries, strict=True))
        ),
        kind="curve",
        y=(1, 2, 3, 4),
        alt="Shares of words and of catalogue values that survive, by cycle, beside those of random works.",
    )
