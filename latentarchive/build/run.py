"""The build itself: read, encode and write parts in order; resume where the journal ends; grow what is finished."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from latentarchive import manifest as layout
from latentarchive import storage
from latentarchive.build.earlier import Earlier, Growth
from latentarchive.build.finish import finish
from latentarchive.build.growing import begun, discard, settle
from latentarchive.build.growing import replace as put_in_place
from latentarchive.build.parts import BATCH, Prepared, Vectors, encoded_by, lying_in, prepare, write_part
from latentarchive.build.plan import IDS, JOURNAL, Part, Plan, end, finished
from latentarchive.collection import Collection, Rejected, read_part
from latentarchive.embeddings import Stacked, load_array
from latentarchive.encoders import Encoder, load_encoder
from latentarchive.errors import ArchiveError, EncoderError, EncoderMismatch, MissingExtra, SourceError
from latentarchive.index import EXACT
from latentarchive.manifest import Manifest
from latentarchive.progress import Progress, silent
from latentarchive.recipes import Recipe
from latentarchive.scale import ahead, default_workers
from latentarchive.sources import PublishedEmbeddings, Source

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
    part_inputs: int = PART_INPUTS,
    progress: Progress = silent,
) -> Built:
    """Build an archive from a recipe, go on with a build that was interrupted, or let a finished archive grow.

    An undisturbed build and one that was killed and resumed give the same files, but for ``created``.
    The order and the ids of items do not depend on the number of workers.

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
        workers: Threads that read and decode; None: one for each processor.
        part_inputs: Inputs in a part; a build that is resumed must have the same.
        progress: Told how far it is.

    Raises:
        SourceError: Nothing can be read, or not one input could be used.
        EncoderError, MissingExtra: The encoder cannot be loaded.
        WriteRefused: The disk is full, or we may not write there; run it again and it goes on.
        ArchiveDamaged: `out` holds an archive of which a file is missing or damaged.
        ArchiveError: `out` holds something else: another archive, one of another encoder, of other works,
            of more inputs than `limit`; or another process is at work there.
    """
    if limit is not None and limit < 1:
        message = f"limit must be 1 or more, got {limit}"
        raise ArchiveError(message)
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
    workers = workers or default_workers()
    if (folder / layout.MANIFEST).is_file():
        return _grow(folder, recipe, plan, loaded, workers, progress)
    plan.check(folder)
    with storage.refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with storage.locked(folder):
        plan.begin(folder)
        resumed = any(True for _ in finished(folder))
        parts = _build_parts(folder, recipe, plan, loaded, None, workers, progress)
        manifest = finish(folder, recipe, plan, parts, loaded, progress)
        end(folder)
    return Built(folder, manifest, already=False, resumed=resumed)


def _grow(folder: Path, recipe: Recipe, plan: Plan, encoder: Encoder | None, workers: int, progress: Progress) -> Built:
    """Build an archive anew beside itself, from what has not changed, and put the new one in its place."""
    earlier = Earlier(folder, plan, progress)
    earlier.check_relation(recipe)
    with begun(folder, plan, earlier.sha256) as place:
        resumed = any(True for _ in finished(place))
        parts = _build_parts(place, recipe, plan, encoder, earlier, workers, progress)
        if not earlier.is_same(place, recipe, plan, parts):
            manifest = finish(place, recipe, plan, parts, encoder, progress)
            growth = earlier.growth(Collection(place / layout.ITEMS), parts)
            put_in_place(folder, earlier.sha256)
            return Built(folder, manifest, already=False, growth=growth, resumed=resumed)
        discard(folder)
    if resumed:  # nothing had changed before the interruption; that nothing has now is not known yet
        return _grow(folder, recipe, plan, encoder, workers, progress)
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


def _build_parts(
    folder: Path,
    recipe: Recipe,
    plan: Plan,
    encoder: Encoder | None,
    earlier: Earlier | None,
    workers: int,
    progress: Progress,
) -> list[Part]:
    """Write the parts that are missing, with what `earlier` has of them; all are returned."""
    source = recipe.collection
    vectors: Vectors | None = encoded_by(encoder, earlier) if encoder is not None else None
    if isinstance(source, PublishedEmbeddings):
        encoder, vectors = None, lying_in(Stacked([load_array(source.root / shard.path) for shard in source.shards]))
    parts = list(finished(folder))
    done, first_row = sum(part.inputs for part in parts), sum(part.rows for part in parts)
    total = plan.inputs if plan.limit is None or plan.inputs is None else min(plan.limit, plan.inputs)
    left = None if plan.limit is None else max(0, plan.limit - done)
    records = islice(source.records(done), left)
    stream = ahead(lambda record: prepare(record, encoder, earlier), records, workers=workers, depth=2 * BATCH)
    with closing(stream), closing(_Ids(folder / IDS)) as ids:
        for number in range(len(parts)):
            ids.add(read_part(folder / f"items/part-{number:05d}.parquet")["id"].to_pylist())
        while (head := next(stream, None)) is not None:
            inputs = _told(chain([head], islice(stream, plan.part_inputs - 1)), done, total, progress)
            part = write_part(folder, len(parts), inputs, first_row=first_row, is_new=ids.is_new, vectors=vectors)
            parts.append(part)
            done, first_row = done + part.inputs, first_row + part.rows
    if not any(part.rows for part in parts):
        _clear(folder)  # else the next try would resume from these rejections, whatever was mended since
        raise SourceError(_nothing(recipe, parts))
    return parts


class _Ids:
    """Which ids were seen, in a database that is thrown away."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        self._run("PRAGMA journal_mode = OFF")
        self._run("PRAGMA synchronous = OFF")
        self._run("CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID")

    def is_new(self, item_id: str) -> bool:
        """Note an id; False if it was noted before."""
        return self._run("INSERT OR IGNORE INTO ids VALUES (?)", item_id) == 1

    def add(self, ids: Sequence[str]) -> None:
        """Note many ids."""
        self._run("BEGIN")
        for item_id in ids:
            self.is_new(item_id)
        self._run("COMMIT")

    def close(self) -> None:
        self._db.close()

    def _run(self, sql: str, *values: str) -> int:
        with storage.refusals(self._path):
            try:
                return self._db.execute(sql, values).rowcount
            except sqlite3.OperationalError as error:
                raise OSError(str(error)) from error  # SQLite's word for a refused write


def _told(
    inputs: Iterable[Prepared | Rejected], done: int, total: int | None, progress: Progress
) -> Iterator[Prepared | Rejected]:
    for number, value in enumerate(inputs, start=done + 1):
        yield value
        progress("building", number, total)


def _nothing(recipe: Recipe, parts: Sequence[Part]) -> str:
    reasons = [reason for part in parts for _, _, reason in part.rejected]
    said = f"{len(reasons)} inputs were rejected, the first because: {reasons[0]}" if reasons else "it has no inputs"
    hint = '; for a catalogue without images use encoder "none"' if "no image" in reasons[:1] else ""
    return f"nothing in collection {recipe.name} ({recipe.collection.root}) could be used: {said}{hint}"


def _clear(folder: Path) -> None:
    """Remove what an unfinished build wrote, and its folder if nothing else is in it."""
    for name in ("items", "embeddings", "thumbs", JOURNAL):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (layout.PLAN, IDS):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
