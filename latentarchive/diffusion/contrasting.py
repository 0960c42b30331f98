"""Making a contrast: search, generate under the same condition, look at both from the archive's own space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from latentarchive.diffusion.conditions import Condition, Point, Told, Words, Works
from latentarchive.diffusion.contrast import PAIRED, WAYS, Background, Contrast, Made, Placed, Seen
from latentarchive.diffusion.from_archive import centroid, from_work, retrieved
from latentarchive.diffusion.keeping import Kept
from latentarchive.diffusion.record import UNVERIFIED
from latentarchive.diffusion.surroundings import NEAR, Surroundings, alike, pixels_of
from latentarchive.errors import GeneratorError, QueryError, nearest
from latentarchive.images import decode
from latentarchive.progress import Progress, silent
from latentarchive.query import Query
from latentarchive.rights import reserves_mining

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentarchive.archive import Archive
    from latentarchive.diffusion.capabilities import Capabilities
    from latentarchive.diffusion.generated import Generated
    from latentarchive.diffusion.generators import Generator
    from latentarchive.items import Item
    from latentarchive.query import Results

MOST_WORKS = 4
"""Works whose vectors are told at once: as many as the project's own generators learned from."""

SAMPLE = 120
"""Works of the archive that say what is near, and alike, among its own."""

THROUGH = 12
"""Works that are sent through the generator's autoencoder: as alike as these to themselves can a copy be."""

FAR = 0.5
"""Likeness below which nobody asks whether an image is a copy."""

SWEEP = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Strengths at which works are made anew unless others are asked for."""

FACTS = ("creator", "medium", "place", "subjects", "year", "year_end")
"""What of a catalogue entry is kept, to be compared."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be contrasted. Raises `GeneratorError` for numbers that make no sense."""

    query: Query
    #: One of `WAYS`; "": words, if the query has some and the generator takes them, else works or their centroid.
    told: str = ""
    #: Generated images, for a sweep at each strength; and works that stand beside them.
    n: int = 16
    k: int = 16
    #: Of a sweep; empty: `SWEEP`.
    strengths: tuple[float, ...] = ()
    #: Of the first image; the others count up from it.
    seed: int = 0
    #: None: the generator's own.
    steps: int | None = None
    guidance: float | None = None
    negative: str = ""
    #: Let works condition that reserve data mining.
    allow_reserved: bool = False

    def __post_init__(self) -> None:
        if self.told and self.told not in WAYS:
            message = f"a generator is told {', '.join(WAYS)}, not {self.told!r}; {nearest(self.told, WAYS)}"
            raise GeneratorError(message)
        if min(self.n, self.k) < 1:
            message = f"a contrast needs at least one image a side, got {self.n} generated and {self.k} retrieved"
            raise GeneratorError(message)
        if self.strengths and self.told != "image":
            message = "strengths are for images to begin from; tell the generator the image"
            raise GeneratorError(message)
        if len(set(self.strengths)) != len(self.strengths):
            message = f"each strength once, got {', '.join(f'{one:g}' for one in self.strengths)}"
            raise GeneratorError(message)


@dataclass(frozen=True)
class Job:
    """One image that is to be made: what it is called, by which works it is conditioned, and its own condition."""

    name: str
    told: Condition
    seed: int
    sources: tuple[str, ...]


def make_contrast(
    archive: Archive, generator: Generator, plan: Plan, *, folder: Path | None = None, progress: Progress = silent
) -> Contrast:
    """Retrieve, generate, and look at both sides.

    Args:
        archive: With vectors, and its encoder at hand.
        generator: That takes what the plan tells it.
        plan: The query, how it is told, how many.
        folder: Where images go as they are made, each with its record, and in the end ``contrast.json``; images that
            an interrupted run of the same plan left there are used again. None: nothing is kept.
        progress: Told "generating", then "looking".

    Returns:
        The contrast. If it was interrupted after the first image: of what was made, with `Contrast.finished` False.

    Raises:
        QueryError: The query finds nothing.
        GeneratorError: The generator does not take what it is told, or not these vectors; it made no image.
        EncoderError: The archive has no vectors, or its encoder cannot be loaded.
        ArchiveError, WriteRefused: There is no place for the images.
    """
    found = _found(archive, plan)
    told = plan.told or _way(plan.query, generator.capabilities)
    hits, left_out = _conditioning(archive, found, plan, told)
    jobs = _jobs(archive, generator, replace(plan, told=told), hits)
    making = [generator.generate(job.told, seeds=[job.seed], steps=plan.steps, guidance=plan.guidance) for job in jobs]
    kept = Kept(folder, _asked(archive, generator, plan, jobs))
    made, finished = _made(jobs, making, kept, progress)
    progress("looking", 0, None)
    around = Surroundings(archive)
    question = archive.vector(plan.query)
    seen = _seen(around, generator, jobs[: len(made)], made, question)
    shown = around.of_works([archive.row(item.id) for item in hits])
    contrast = Contrast(
        archive=archive.name,
        title=archive.manifest.title,
        size=len(archive),
        encoder=archive.manifest.encoder,
        encoder_fingerprint=archive.manifest.fingerprint,
        place=kept.place_of(archive.path),
        query=str(plan.query),
        told=told,
        generator=made[0].record.generator,
        generator_fingerprint=generator.fingerprint,
        question=question,
        mean=archive.embeddings.mean,
        retrieved=tuple(shown),
        made=tuple(seen),
        background=_background(around, generator),
        catalogue=_catalogue(archive, [*shown, *seen]),
        notes=_notes(archive, made, generator, found.notes, left_out, told),
        finished=finished,
    )
    if folder is not None:
        contrast.save(folder)
    progress("looking", 1, 1)
    return contrast


# What is told.


def _way(query: Query, can: Capabilities) -> str:
    """What a generator is told where nobody says: the words, if there are some, else the works that they find."""
    if query.words and can.words:
        return "words"
    return "works" if can.sequence or not can.vector else "centroid"


def _found(archive: Archive, plan: Plan) -> Results:
    wanted = plan.n if plan.told in PAIRED else plan.k
    # Some to spare: those that reserve data mining condition nothing.
    found = archive.answer(replace(plan.query, by="meaning", k=2 * wanted + NEAR))
    if not found.hits:
        message = (
            f"nothing in archive {archive.name} is found by {found.query}; change the words, or take away a filter"
        )
        raise QueryError(message)
    return found


def _conditioning(archive: Archive, found: Results, plan: Plan, told: str) -> tuple[list[Item], int]:
    """The works that stand on the retrieved side, and how many were passed over since they may condition nothing.

    Where each image has a work of its own, these are the works that were asked with, then those that were found.
    """
    items = [hit.item for hit in found.hits]
    if told not in PAIRED:
        return items[: plan.k], 0
    items = [*_asked_with(archive, plan.query), *items]
    if told == "captions":
        items = [item for item in items if _caption(item)]
    free = [item for item in items if plan.allow_reserved or not reserves_mining(item.mining)]
    if not free:
        message = f"none of the {len(items)} works found may condition an image: they reserve data mining"
        message = message if items else "none of the works found has a caption"
        raise GeneratorError(message)
    kept = free[: plan.n]
    return kept, items.index(kept[-1]) + 1 - len(kept)


def _asked_with(archive: Archive, query: Query) -> list[Item]:
    return [archive.item(term.value) for term in query.terms if term.kind == "item" and term.weight > 0]


def _jobs(archive: Archive, generator: Generator, plan: Plan, hits: Sequence[Item]) -> list[Job]:
    """One job an image, in the order in which they are shown."""
    if plan.told not in PAIRED:
        condition = _told(archive, generator, plan, hits)
        sources = condition.ids if isinstance(condition, Works | Point) else tuple(item.id for item in hits)
        return [Job(f"seed-{seed:04d}", condition, seed, sources) for seed in range(plan.seed, plan.seed + plan.n)]
    if plan.told == "captions":
        return [
            Job(f"{number:03d}", Words(_caption(item), plan.negative), plan.seed + number, (item.id,))
            for number, item in enumerate(hits)
        ]
    jobs = []
    for strength in plan.strengths or SWEEP:
        for number, item in enumerate(hits):
            begun = from_work(
                archive,
                item.id,
                strength=strength,
                told=_beside(archive, generator, plan, item.id),
                allow_reserved=plan.allow_reserved,
            )
            jobs.append(Job(f"{number:03d}-strength-{strength:g}", begun, plan.seed + number, (item.id,)))
    return jobs


def _caption(item: Item) -> str:
    return item.text or item.title


def _told(archive: Archive, generator: Generator, plan: Plan, hits: Sequence[Item]) -> Told:
    if plan.told == "words":
        if not plan.query.words:
            message = "a generator can only be told words if the query has some; tell it works, centroid or image"
            raise GeneratorError(message)
        return Words(plan.query.words, plan.negative)
    ids = [item.id for item in (*_asked_with(archive, plan.query), *hits)]
    works = retrieved(archive, ids, allow_reserved=plan.allow_reserved)
    if plan.told == "centroid":
        return centroid(works)
    most = min(MOST_WORKS, generator.capabilities.at_most or 1)
    return retrieved(archive, works.ids[:most], allow_reserved=plan.allow_reserved)


def _beside(archive: Archive, generator: Generator, plan: Plan, item_id: str) -> Told:
    """What is told beside an image: the words of the query, else the vector of the work itself, else nothing."""
    can = generator.capabilities
    if can.words and (plan.query.words or not (can.vector or can.sequence)):
        return Words(plan.query.words, plan.negative)
    return centroid(retrieved(archive, [item_id], allow_reserved=plan.allow_reserved))


# Making.


def _made(
    jobs: Sequence[Job], making: Sequence[Iterator[Generated]], kept: Kept, progress: Progress
) -> tuple[list[Generated], bool]:
    """The images, and whether they are all; whoever interrupts has those before."""
    made: list[Generated] = []
    try:
        for number, (job, images) in enumerate(zip(jobs, making, strict=True)):
            progress("generating", number, len(jobs), job.name)
            made.append(kept.earlier(job.name, job.seed) or kept.keep(job.name, next(images)))
        progress("generating", len(jobs), len(jobs))
    except KeyboardInterrupt:
        if not made:
            raise
    return made, len(made) == len(jobs)


def _asked(archive: Archive, generator: Generator, plan: Plan, jobs: Sequence[Job]) -> Mapping[str, Any]:
    """All that decides the images, so that those of another plan are not taken for these."""
    conditions = [
        {
            "name": job.name,
            "seed": job.seed,
            "told": [getattr(one, name, None) for one in _parts(job.told) for name in ("prompt", "negative", "ids")],
            "start": getattr(job.told, "item", ""),
            "strength": getattr(job.told, "strength", None),
        }
        for job in jobs
    ]
    return {
        "archive": archive.manifest.digest,
        "encoder": archive.manifest.fingerprint,
        "generator": generator.fingerprint,
        "steps": plan.steps or generator.steps,
        "guidance": plan.guidance or generator.guidance,
        "told": plan.told,
        "conditions": conditions,
    }


def _parts(told: Condition) -> tuple[Any, ...]:
    return (told, told.told) if hasattr(told, "told") and not isinstance(told, Words) else (told,)


# Looking.


def _seen(
    around: Surroundings,
    generator: Generator,
    jobs: Sequence[Job],
    made: Sequence[Generated],
    question: NDArray[np.float32],
) -> list[Made]:
    archive = around.archive
    vectors = archive.encoder.encode_images([one.image for one in made]).unit
    rows = [np.array([archive.row(item) for item in job.sources], np.int64) for job in jobs]
    names, images = [job.name for job in jobs], [one.image for one in made]
    # Told by words, an image has no works that it was made from: those that are near are looked at anyway.
    also = [
        own if len(own) == 1 or not isinstance(job.told, Words) else own[:0]
        for job, own in zip(jobs, rows, strict=True)
    ]
    seen = around.of_images(names, images, vectors, also)
    best = [
        (archive.embeddings.take(own).astype(np.float64) @ vector).max()
        for own, vector in zip(rows, vectors.astype(np.float64), strict=True)
    ]
    ranks = around.places(vectors, np.array(best))
    scores = vectors.astype(np.float64) @ question.astype(np.float64)
    places = around.places(np.repeat(question[None], len(made), axis=0), scores)
    kept = _through(archive, generator, {one.alike_to for one in seen if (one.alike or 0.0) >= FAR})
    return [
        Made(
            **vars(one),
            record=image.record,
            sources=job.sources,
            source_rank=int(rank),
            rank=int(place) + 1,
            kept=kept.get(one.alike_to),
        )
        for one, image, job, rank, place in zip(seen, made, jobs, ranks, places, strict=True)
    ]


def _background(around: Surroundings, generator: Generator) -> Background:
    """How the archive's own works lie to each other, and what the autoencoder leaves of some of them."""
    archive = around.archive
    rows = np.flatnonzero(around.visible)
    random = np.random.default_rng(0)
    chosen = random.choice(rows, min(SAMPLE, len(rows)), replace=False)
    through = _through(archive, generator, [item.id for item in archive.collection.items(chosen[:THROUGH].tolist())])
    works = [
        Placed(id=one.id, scores=one.scores, own=one.own, alike=one.alike) for one in around.of_works(chosen.tolist())
    ]
    return Background(works=tuple(works), through=tuple(through.values()))


def _through(archive: Archive, generator: Generator, ids: Iterable[str]) -> dict[str, float]:
    """How alike works are to themselves after the autoencoder; without those that reserve data mining."""
    if not archive.manifest.counts["images"]:
        return {}
    free = [item_id for item_id in sorted(ids) if not reserves_mining(archive.item(item_id).mining)]
    before = {item_id: decode(data).image for item_id in free if (data := archive.thumbnail(item_id))}
    after: list[Image.Image] = [generator.decode(generator.encode(image)) for image in before.values()]
    found = alike([pixels_of(image) for image in before.values()], [pixels_of(image) for image in after])
    return {item_id: round(float(one), 4) for item_id, one in zip(before, found, strict=True)}


def _catalogue(archive: Archive, seen: Sequence[Seen]) -> dict[str, dict[str, Any]]:
    ids = sorted({name for one in seen for name in one.near})
    return {
        item.id: {name: item.record()[name] for name in FACTS}
        for item in archive.collection.items([archive.row(item_id) for item_id in ids])
    }


def _notes(
    archive: Archive, made: Sequence[Generated], generator: Generator, found: Sequence[str], left_out: int, told: str
) -> tuple[str, ...]:
    """What a reader must know, in sentences."""
    record, notes = made[0].record, [f"{note[0].upper()}{note[1:]}." for note in found]
    for reader, rest in record.cut.items():
        notes.append(f"The prompt was too long: {reader} did not read “{rest}”.")
    if record.space == UNVERIFIED:
        notes.append("Whether the generator is conditioned by vectors of the archive’s encoder could not be verified.")
    if told in ("words", "captions") and generator.encoder != archive.manifest.fingerprint:
        notes.append(
            "The generator reads words by another encoder than the archive’s: what the words mean differs on both "
            "sides. Images are seen by the archive’s encoder on both."
        )
    left_out = left_out or record.left_out
    if left_out:
        notes.append(f"{left_out:,} works found reserve data mining and conditioned nothing.")
    if any(one.record.blacked_out for one in made):
        count = sum(one.record.blacked_out for one in made)
        notes.append(f"{count:,} images were blacked out by the generator’s own safety checker.")
    return tuple(notes)
