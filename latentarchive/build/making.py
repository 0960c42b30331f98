"""The parts of one build: those that are missing are made, on a cluster or here, in any order; all of them count."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path

from latentarchive import manifest as layout
from latentarchive.build.clustered import ShardedFill, check_view, make_parts
from latentarchive.build.earlier import Earlier
from latentarchive.build.finish import places
from latentarchive.build.inputs import Ids, Missing, used_ids
from latentarchive.build.parts import Prepared
from latentarchive.build.plan import IDS, JOURNAL, Part, Plan, finished, forget
from latentarchive.build.writer import PartWriter, Setting
from latentarchive.encoders import Encoder, absolute_id
from latentarchive.errors import ArchiveError, SourceError
from latentarchive.index import EXACT, Fill, choose, empty_index, fill_here
from latentarchive.items import Rejected
from latentarchive.progress import Progress
from latentarchive.recipes import Recipe
from latentarchive.scale import default_workers
from latentarchive.scale.cluster import Cluster
from latentarchive.sources import PublishedEmbeddings


class Making:
    """What a build makes its parts and its index with."""

    def __init__(
        self,
        folder: Path,
        recipe: Recipe,
        plan: Plan,
        encoder: Encoder | None,
        *,
        earlier: Earlier | None = None,
        workers: int | None,
        cluster: Cluster | None,
    ) -> None:
        """Make parts in a folder, where the plan has begun.

        Args:
            folder: Where the parts go.
            recipe: What is built; the root of its collection is absolute.
            plan: As what.
            encoder: None for metadata only, and for published vectors of which it is not at hand.
            earlier: The finished archive that grows, None for a first build.
            workers: Threads that read and decode here; None: one for each processor.
            cluster: None: all is made in this process.

        Raises:
            ArchiveError: A machine of the cluster does not see what it needs.
        """
        self._folder, self._recipe, self._plan = folder, recipe, plan
        published = places(recipe, plan, folder).published
        self._encoder, self._earlier, self._cluster = None if published else encoder, earlier, cluster
        self._setting = Setting(
            folder=folder.absolute(),
            encoder=absolute_id(plan.encoder) if self._encoder is not None else "",
            fingerprint=plan.fingerprint if self._encoder is not None else "",
            published=tuple(recipe.collection.root / name for name in published),
            earlier=earlier.folder.absolute() if earlier is not None else None,
            workers=workers or default_workers(),
        )
        if cluster is not None:
            check_view(cluster, self._setting.folder, recipe.collection)

    def parts(self, progress: Progress) -> list[Part]:
        """Make the parts that are missing; all are returned, in order.

        Raises:
            SourceError: Nothing can be read, or not one input could be used.
            ArchiveError, WriteRefused: There is no room for the index, or it is of no kind that FAISS knows.
            WriteRefused: The disk is full, or we may not write there.
        """
        done = finished(self._folder)
        if self._earlier is None:  # else the index may be there, and nothing to do
            try:
                self._check_room()
            except ArchiveError:
                if not done:
                    _clear(self._folder)  # so that another index can be asked for
                raise
        if self._cluster is not None:
            self._make_there(self._cluster, done, progress)
        self._make_here(done, progress)
        parts = _in_a_row(self._folder, self._plan, done)
        if not any(part.rows for part in parts):
            _clear(self._folder)  # else the next try would resume from these rejections, whatever was mended since
            raise SourceError(_nothing(self._recipe, parts))
        return parts

    def fill(self, parts: Sequence[Part]) -> Fill:
        """What adds the rows of all parts to the index."""
        if self._cluster is None:
            return fill_here
        return ShardedFill(self._cluster, self._setting, parts)

    def _check_room(self) -> None:
        """See that the index will fit, where it is known how many vectors there will be, before any of them is made."""
        source, rows = self._recipe.collection, self._plan.total or 0
        dim = source.shards[0].dim if isinstance(source, PublishedEmbeddings) else getattr(self._encoder, "dim", 0)
        factory = choose(self._plan.factory, rows, dim)
        if rows and self._plan.encoder != "none" and factory != EXACT:
            empty_index(factory, rows, dim, self._folder / layout.INDEX, self.fill(()))

    def _make_there(self, cluster: Cluster, done: dict[int, Part], progress: Progress) -> None:
        """Make what depends on no other part on the cluster, in any order."""
        gpus = int(getattr(self._encoder, "device", "cpu") == "cuda")
        made = sum(part.inputs for part in done.values())
        source, plan = self._recipe.collection, self._plan
        with closing(make_parts(cluster, self._setting, source, plan, done, gpus=gpus)) as parts:
            for number, part in parts:
                made += part.inputs - (done[number].inputs if number in done else 0)
                done[number] = part
                progress("building", made, plan.total)

    def _make_here(self, done: dict[int, Part], progress: Progress) -> None:
        """Make what is missing, in order, reading ahead from one part into the next."""
        writer = PartWriter(self._setting, encoder=self._encoder, stock=self._earlier)
        missing, known = Missing(self._recipe.collection, self._plan, done), 0
        stream = writer.prepared(missing)
        made = sum(part.inputs for part in done.values())
        with closing(stream), closing(Ids(self._folder / IDS)) as ids:
            while (head := next(stream, None)) is not None:
                number = missing.begun.popleft()
                for before in range(known, number):
                    ids.add(used_ids(self._folder, before, done[before]))
                made -= done[number].inputs if number in done else 0
                inputs = chain([head], islice(stream, self._plan.part_inputs - 1))
                told = _told(inputs, made, self._plan.total, progress)
                done[number] = writer.write(number, told, is_new=ids.is_new)
                made += done[number].inputs
                known = number + 1


def _in_a_row(folder: Path, plan: Plan, done: dict[int, Part]) -> list[Part]:
    """The parts from the first on; those behind a gap go, since a source that had more once has less now."""
    parts: list[Part] = []
    while (part := done.pop(len(parts), None)) is not None:
        parts.append(part)
        if part.inputs < plan.part_inputs:
            break
    for number, part in done.items():
        forget(folder, number, part)
    return parts


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
