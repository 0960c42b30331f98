"""The build itself: begin or go on, make the parts, finish them; let grow what is finished."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from latentarchive import manifest as layout
from latentarchive import storage
from latentarchive.build.earlier import Earlier, Growth
from latentarchive.build.finish import finish
from latentarchive.build.growing import begun, discard, settle
from latentarchive.build.growing import replace as put_in_place
from latentarchive.build.making import Making
from latentarchive.build.plan import Plan, end, finished
from latentarchive.collection import Collection
from latentarchive.encoders import Encoder, load_encoder
from latentarchive.errors import ArchiveError, EncoderError, EncoderMismatch, MissingExtra, nearest
from latentarchive.index import EXACT
from latentarchive.manifest import Manifest
from latentarchive.progress import Progress, silent
from latentarchive.recipes import Recipe
from latentarchive.scale.cluster import Cluster
from latentarchive.sources import PublishedEmbeddings, Source

ENGINES = ("local", "ray")
"""What spreads the work: threads of this process, or processes of a Ray cluster."""

PART_INPUTS = 1024
"""Inputs in a part: what a killed build loses at most; half a minute of a base-size encoder on two cores."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made: the archive's directory and manifest."""

    path: Path
    manifest: Manifest
    #: Whether it was there already, as it should be; then nothing was written.
    already: bool
    #: What became of the items of the archive that was there; None where there was none.
    growth: Growth | None = None
    #: Whether it went on with an interrupted build: what that had read was not read again.
    resumed: bool = False


def build_archive(
    recipe: Recipe,
    *,
    out: Path | None = None,
    encoder: str | None = None,
    factory: str | None = None,
    limit: int | None = None,
    workers: int | None = None,
    engine: str = "local",
    part_inputs: int = PART_INPUTS,
    progress: Progress = silent,
) -> Built:
    """Build an archive from a recipe, go on with a build that was interrupted, or let a finished archive grow.

    An undisturbed build and one that was killed and resumed give the same files, but for ``created``.
    Neither do they depend on the number of workers or on the engine, and either engine goes on with what the
    other began.

    A finished archive of the same name and encoder becomes what a first build of the collection as it is
    now would make: every input is read again, but only images that the archive does not have are encoded.
    It is used as it was until then, and keeps its log of withheld items. If nothing has changed it is
    left as it is.

    Args:
        recipe: What to build.
        out: Directory of the archive; None: ``archives/NAME``.
        encoder: Encoder id in place of the recipe's.
        factory: FAISS factory string in place of the recipe's.
        limit: Read at most this many inputs.
        workers: Threads that read and decode or, with ``ray``, processes that do all of it; None: one for
            each processor.
        engine: ``local``, or ``ray``: on the cluster at ``RAY_ADDRESS``, or on this machine if that is not set.
            The machines of a cluster share the file systems of archive, collection and weights.
        part_inputs: Inputs in a part; a build that is resumed must have the same.
        progress: Told how far it is.

    Raises:
        SourceError: Nothing can be read, or not one input could be used.
        EncoderError, MissingExtra: The encoder cannot be loaded; Ray is not installed.
        WriteRefused: The disk is full, or we may not write there; run it again and it goes on.
        ArchiveDamaged: `out` holds an archive of which a file is missing or damaged.
        ArchiveError: `out` holds something else: another archive, one of another encoder, of other works,
            of more inputs than `limit`; or another process is at work there. There is no such engine, Ray
            cannot be used, or a part ended its worker again and again.
    """
    if engine not in ENGINES:
        message = f"unknown engine {engine!r}; {nearest(engine, ENGINES)}"
        raise ArchiveError(message)
    if limit is not None and limit < 1:
        message = f"limit must be 1 or more, got {limit}"
        raise ArchiveError(message)
    recipe = replace(recipe, collection=replace(recipe.collection, root=recipe.collection.root.absolute()))
    folder = out if out is not None else layout.ARCHIVES / recipe.name
    settle(folder)
    encoder_id = encoder or recipe.encoder.id
    loaded, fingerprint = _load(encoder_id, recipe.collection)
    wanted = factory or recipe.index.factory
    plan = Plan(
        name=recipe.name,
        recipe_sha256=recipe.sha256,
        encoder=encoder_id,
        fingerprint=fingerprint,
        factory=EXACT if wanted == "Flat" else wanted,
        limit=limit,
        inputs=recipe.collection.count(),
        part_inputs=part_inputs,
    )
    with Cluster(workers) if engine == "ray" else nullcontext() as cluster:
        if (folder / layout.MANIFEST).is_file():
            return _grow(folder, recipe, plan, loaded, workers, cluster, progress)
        plan.check(folder)
        with storage.refusals(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with storage.locked(folder):
            plan.begin(folder)
            resumed = bool(finished(folder))
            making = Making(folder, recipe, plan, loaded, workers=workers, cluster=cluster)
            parts = making.parts(progress)
            manifest = finish(folder, recipe, plan, parts, loaded, progress, making.fill(parts))
            end(folder)
    return Built(folder, manifest, already=False, resumed=resumed)


def _grow(
    folder: Path,
    recipe: Recipe,
    plan: Plan,
    encoder: Encoder | None,
    workers: int | None,
    cluster: Cluster | None,
    progress: Progress,
) -> Built:
    """Build an archive anew beside itself, from what has not changed, and put the new one in its place."""
    earlier = Earlier(folder, plan, progress)
    earlier.check_relation(recipe)
    with begun(folder, plan, earlier.sha256) as place:
        resumed = bool(finished(place))
        making = Making(place, recipe, plan, encoder, earlier=earlier, workers=workers, cluster=cluster)
        parts = making.parts(progress)
        if not earlier.is_same(place, recipe, plan, parts):
            manifest = finish(place, recipe, plan, parts, encoder, progress, making.fill(parts))
            growth = earlier.growth(Collection(place / layout.ITEMS, place / layout.PACKED), parts)
            put_in_place(folder, earlier.sha256)
            return Built(folder, manifest, already=False, growth=growth, resumed=resumed)
        discard(folder)
    if resumed:  # nothing had changed before the interruption; that nothing has now is not known yet
        return _grow(folder, recipe, plan, encoder, workers, cluster, progress)
    return Built(folder, earlier.manifest, already=True, growth=Growth(kept=earlier.manifest.counts["items"]))


def _load(encoder_id: str, source: Source) -> tuple[Encoder | None, str]:
    """The encoder and its fingerprint. Vectors that are published can be opened without the weights that made them."""
    if encoder_id == "none":
        return None, ""
    try:
        encoder = load_encoder(encoder_id)
    except (EncoderError, MissingExtra):
        if isinstance(source, PublishedEmbeddings):
            return None, layout.UNVERIFIED + encoder_id
        raise
    if isinstance(source, PublishedEmbeddings) and source.shards[0].dim != encoder.dim:
        message = (
            f"encoder {encoder_id} makes vectors of {encoder.dim} dimensions, those in {source.root} "
            f"have {source.shards[0].dim}; name the encoder that made them"
        )
        raise EncoderMismatch(message)
    return encoder, encoder.fingerprint
