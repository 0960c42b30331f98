"""Making a contrast: search, generate under the same condition, look at both from the archive's own space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentarchive.diffusion.bench import Keep, nowhere
from latentarchive.diffusion.conditions import Condition, Words
from latentarchive.diffusion.contrast import Background, Contrast
from latentarchive.diffusion.keeping import Kept
from latentarchive.diffusion.looking import background, catalogue, sampled, seen_of
from latentarchive.diffusion.planning import Job, Plan, conditioning, jobs_of, stretched, way, works_found
from latentarchive.diffusion.record import UNVERIFIED
from latentarchive.diffusion.stepping import Watch, unwatched
from latentarchive.diffusion.surroundings import Surroundings
from latentarchive.progress import Progress, silent

if TYPE_CHECKING:
    from latentarchive.archive import Archive
    from latentarchive.diffusion.generated import Generated
    from latentarchive.diffusion.generators import Generator

__all__ = ["Plan", "make_contrast"]


def make_contrast(
    archive: Archive,
    generator: Generator,
    plan: Plan,
    *,
    folder: Path | None = None,
    keep: Keep = nowhere,
    watch: Watch = unwatched,
    progress: Progress = silent,
    behind: Background | None = None,
) -> Contrast:
    """Retrieve, generate, and look at both sides.

    Args:
        archive: With vectors, and its encoder at hand.
        generator: That takes what the plan tells it.
        plan: The query, how it is told, how many.
        folder: Where images go as they are made, each with its record, and in the end ``contrast.json``; images that
            an interrupted run of the same plan left there are used again. None: nothing is kept.
        keep: Called with each image as soon as it is there; see `bench.Keep`.
        watch: Called at each step of each image that is made; what it raises ends the contrast.
        progress: Told "generating", then "looking".
        behind: The background, where it was looked at before: of the same archive with the same works withheld, and the
            same generator. None: it is looked at.

    Returns:
        The contrast. If it was interrupted after the first image: of what was made, with `Contrast.finished` False.

    Raises:
        QueryError: The query finds nothing.
        GeneratorError: The generator does not take what it is told, or not these vectors; it made no image.
        EncoderError: The archive has no vectors, or its encoder cannot be loaded.
        ArchiveError, WriteRefused: There is no place for the images.
    """
    found = works_found(archive, plan)
    told = plan.told or way(plan.query, generator.capabilities)
    hits, left_out = conditioning(archive, found, plan, told)
    jobs = jobs_of(archive, generator, replace(plan, told=told), hits)
    making = [
        generator.generate(
            job.told,
            seeds=[job.seed],
            steps=plan.steps,
            guidance=plan.guidance,
            observe=None if watch is unwatched else partial(watch, job.name),
        )
        for job in jobs
    ]
    kept = Kept(folder, _asked(archive, generator, plan, jobs))
    made, finished = _made(jobs, making, kept, keep, progress)
    around = Surroundings(archive, progress)
    around.expect(len(made) + len(hits) + (0 if behind else sampled(around)))
    question = archive.vector(plan.query)
    seen = seen_of(around, generator, jobs[: len(made)], made, question)
    shown = around.of_works([archive.row(item.id) for item in hits])
    contrast = Contrast(
        archive=archive.name,
        title=archive.manifest.title,
        size=len(archive),
        encoder=archive.manifest.encoder_name,
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
        background=behind or background(around, generator),
        catalogue=catalogue(archive, [*shown, *seen]),
        notes=_notes(archive, made, generator, found.notes, left_out, told, stretched(jobs, made[0].record.size)),
        finished=finished,
    )
    if folder is not None:
        contrast.save(folder)
    return contrast


def _made(
    jobs: Sequence[Job], making: Sequence[Iterator[Generated]], kept: Kept, keep: Keep, progress: Progress
) -> tuple[list[Generated], bool]:
    """The images, and whether they are all; whoever interrupts has those before."""
    made: list[Generated] = []
    try:
        for number, (job, images) in enumerate(zip(jobs, making, strict=True)):
            progress("generating", number, len(jobs), job.name)
            made.append(kept.earlier(job.name, job.seed) or kept.keep(job.name, next(images)))
            keep(job.name, made[-1])
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


def _notes(
    archive: Archive,
    made: Sequence[Generated],
    generator: Generator,
    found: Sequence[str],
    left_out: int,
    told: str,
    other_shapes: int,
) -> tuple[str, ...]:
    """What a reader must know, in sentences."""
    record, notes = made[0].record, [f"{note[0].upper()}{note[1:]}." for note in found]
    for reader, rest in record.cut.items():
        notes.append(f"The prompt was too long: the generator ({reader}) did not read “…{rest}”.")
    if record.space == UNVERIFIED:
        notes.append("Whether the generator is conditioned by vectors of the archive’s encoder could not be verified.")
    if record.asked and generator.encoder != archive.manifest.fingerprint:
        notes.append(
            "The generator reads words by another encoder than the archive’s: what the words mean differs on both "
            "sides. Images are seen by the archive’s encoder on both."
        )
    can = generator.capabilities
    if told == "image" and not record.items and not record.asked and (can.vector or can.sequence):
        notes.append(
            "Beside each work the generator was told nothing: the archive’s vectors are of another space than those "
            "that it was trained with. What it does not keep of a picture, it fills with what it knows."
        )
    if other_shapes:
        notes.append(
            f"{other_shapes:,} works are of other proportions than the generator’s {record.size[0]} × {record.size[1]} "
            "pixels and were stretched to them, so that nothing was cut off."
        )
    left_out = left_out or record.left_out
    if left_out:
        notes.append(f"{left_out:,} works found reserve data mining and conditioned nothing.")
    if any(one.record.blacked_out for one in made):
        count = sum(one.record.blacked_out for one in made)
        notes.append(f"{count:,} images were blacked out by the generator’s own safety checker.")
    return tuple(notes)
