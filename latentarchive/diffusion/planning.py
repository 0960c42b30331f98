"""What is to be contrasted: the plan, the works that are found for it, and one job for each image to be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from latentarchive.diffusion.conditions import Condition, Point, Told, Words, Works
from latentarchive.diffusion.contrast import PAIRED, WAYS
from latentarchive.diffusion.from_archive import centroid, from_work, retrieved
from latentarchive.diffusion.surroundings import NEAR
from latentarchive.errors import GeneratorError, QueryError, nearest
from latentarchive.query import Query
from latentarchive.rights import reserves_mining

if TYPE_CHECKING:
    from latentarchive.archive import Archive
    from latentarchive.diffusion.capabilities import Capabilities
    from latentarchive.diffusion.generators import Generator
    from latentarchive.items import Item
    from latentarchive.query import Results

MOST_WORKS = 4
"""Works whose vectors are told at once: as many as the project's own generators learned from."""

SWEEP = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Strengths at which works are made anew unless others are asked for."""


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


def refused(archive: Archive, generator: Generator) -> dict[str, str]:
    """Each of `WAYS`, and why a generator cannot be told so of an archive: as far as is known before it is asked.

    "" where it can be.
    """
    can = generator.capabilities
    words = "" if can.words else f"this generator takes {can}, and no words alone"
    vectors = "" if can.vector or can.sequence else f"this generator is told no image vectors, only {can}"
    if not vectors and generator.encoder and generator.encoder != archive.manifest.fingerprint:
        vectors = "this generator was trained with the vectors of another encoder than the archive's"
    image = "" if can.image else "this generator cannot begin from an image"
    return {"words": words, "works": vectors, "centroid": vectors, "captions": words, "image": image}


@dataclass(frozen=True)
class Job:
    """One image that is to be made: what it is called, by which works it is conditioned, and its own condition."""

    name: str
    told: Condition
    seed: int
    sources: tuple[str, ...]


def way(query: Query, can: Capabilities) -> str:
    """What a generator is told where nobody says: the words, if there are some, else the works that they find."""
    if query.words and can.words:
        return "words"
    return "works" if can.sequence or not can.vector else "centroid"


def works_found(archive: Archive, plan: Plan) -> Results:
    """What the archive finds for a plan, and some to spare. Raises `QueryError` where it finds nothing."""
    wanted = plan.n if plan.told in PAIRED else plan.k
    # Some to spare: those that reserve data mining condition nothing.
    found = archive.answer(replace(plan.query, by="meaning", k=2 * wanted + NEAR))
    if not found.hits:
        message = (
            f"nothing in archive {archive.name} is found by {found.query}; change the words, or take away a filter"
        )
        raise QueryError(message)
    return found


def conditioning(archive: Archive, found: Results, plan: Plan, told: str) -> tuple[list[Item], int]:
    """The works that stand on the retrieved side, and how many were passed over since they may condition nothing.

    Where each image has a work of its own, these are the works that were asked with, then those that were found.

    Raises:
        GeneratorError: None of them has a caption, where captions are told; all of them reserve data mining.
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


def jobs_of(archive: Archive, generator: Generator, plan: Plan, hits: Sequence[Item]) -> list[Job]:
    """One job an image, in the order in which they are shown.

    Raises:
        GeneratorError: Words are told and the query has none, or no work may condition an image.
    """
    if plan.told not in PAIRED:
        condition = _told(archive, generator, plan, hits)
        sources = condition.ids if isinstance(condition, Works | Point) else tuple(item.id for item in hits)
        return [Job(f"seed-{seed:04d}", condition, seed, sources) for seed in range(plan.seed, plan.seed + plan.n)]
    if plan.told == "captions":
        return [
            Job(
                f"{number:03d}",
                Words(_caption(item), plan.negative, described=(item.id,), archive=archive),
                plan.seed + number,
                (item.id,),
            )
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
    """What is told beside an image: the words of the query, else the vector of the work itself, else nothing.

    Nothing too where the vectors of the archive are of another space than those that the generator knows.
    """
    can = generator.capabilities
    if can.words and (plan.query.words or not (can.vector or can.sequence)):
        return Words(plan.query.words, plan.negative)
    point = centroid(retrieved(archive, [item_id], allow_reserved=plan.allow_reserved))
    return Words("", plan.negative) if can.words and generator.why_not(point) else point
