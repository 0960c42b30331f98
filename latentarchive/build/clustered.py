"""A build on a cluster: its parts and its index, spread over the processes of many machines that share a disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from latentarchive import storage
from latentarchive.build.inputs import Independent
from latentarchive.build.plan import JOURNAL, Part, Plan
from latentarchive.build.writer import PartWriter, Setting
from latentarchive.embeddings import Embeddings
from latentarchive.errors import ArchiveError
from latentarchive.index import Copies, fill_here
from latentarchive.index.sharding import SHARD, ShardFiller, Shards, copies, mergeable, merged
from latentarchive.manifest import library_versions
from latentarchive.scale.cluster import Cluster, Job
from latentarchive.sources import Source

TRIES = f"{JOURNAL}/tries"
"""Folder of the marks of what is being worked on."""

SHARDS = f"{JOURNAL}/index"
"""Folder of the index while it is filled shard by shard."""

THREADS = 1
"""In which an encoder computes in a worker, which has one processor."""

DECODERS = 2
"""Threads that read and decode in a worker: while one waits for the disk the other works."""


def check_view(cluster: Cluster, folder: Path, source: Source) -> None:
    """See that every machine has what the build needs before it is begun.

    Args:
        cluster: That will work.
        folder: Of the archive; absolute, it exists.
        source: Of the images.

    Raises:
        ArchiveError: A machine does not see the archive's folder or the originals, or has other libraries.
        WriteRefused: We may not write there.
    """
    token = folder / f"seen-{uuid4().hex}{storage.PARTIAL}"
    with storage.refusals(token):
        token.write_text(token.name)
    try:
        for machine, seen in cluster.everywhere(_view, token, source.root).items():
            _check(machine, seen, folder, source.root)
    finally:
        token.unlink(missing_ok=True)


def make_parts(
    cluster: Cluster, setting: Setting, source: Source, plan: Plan, done: Mapping[int, Part], *, gpus: int = 0
) -> Generator[tuple[int, Part], None, None]:
    """Make the missing parts that do not depend on others, see `Independent`, and name each as it is finished.

    Args:
        cluster: Where.
        setting: What they are made with.
        source: It is read in a process of the cluster, and so are its images.
        plan: Of the build.
        done: The parts that are finished.
        gpus: For each worker.

    Raises:
        ArchiveError: A part ended its worker again and again, and whatever `PartWriter` raises.
    """
    setting = replace(setting, threads=THREADS, workers=DECODERS)
    jobs = _PartJobs(Independent(setting.folder, replace(source), plan, dict(done)))
    count = None if plan.total is None else -(-plan.total // plan.part_inputs) - len(done)
    if count is not None and count <= 0:
        return
    tries = setting.folder / TRIES
    with closing(cluster.map(PartWriter, (setting,), jobs, tries=tries, count=count, gpus=gpus)) as made:
        yield from made


@dataclass(frozen=True)
class ShardedFill:
    """Fills an index shard by shard on a cluster and merges them; here if it is small, or of a kind without merge."""

    cluster: Cluster
    #: Of the build.
    setting: Setting
    #: All of them.
    parts: Sequence[Part]

    def __call__(self, index: Any, embeddings: Embeddings) -> Any:
        """As `Fill`.

        Raises:
            ArchiveError: A shard ended its worker again and again.
            ArchiveDamaged: A shard that an interrupted build left cannot be read.
            WriteRefused: The disk is full.
        """
        shards = self._shards(index, len(embeddings))
        if shards is None:
            return fill_here(index, embeddings)
        folder, published = self.setting.folder / "embeddings", self.setting.published or None
        vectors = [sha for part in self.parts for name, sha in part.files.items() if name.startswith("embeddings/")]
        shards.begin(index, vectors)
        opened = partial(Embeddings.open, folder, len(self.parts), published=published)
        jobs = [
            Job(path.stem, f"a shard of the index (rows {rows.start + 1:,} to {rows.stop:,})", (rows, path))
            for rows, path in shards.missing()
        ]
        if jobs:
            tries, arguments = self.setting.folder / TRIES, (shards.trained, opened)
            deque(self.cluster.map(ShardFiller, arguments, partial(iter, jobs), tries=tries, count=len(jobs)), 0)
        return merged(index, shards)

    def copies(self, index: Any, rows: int) -> Copies:
        """As `Fill`."""
        shards = self._shards(index, rows)
        return fill_here.copies(index, rows) if shards is None else copies(index, shards)

    def _shards(self, index: Any, rows: int) -> Shards | None:
        """None where the index is filled here."""
        return Shards(self.setting.folder / SHARDS, rows, SHARD) if rows > SHARD and mergeable(index) else None


@dataclass(frozen=True)
class _PartJobs:
    """The parts as jobs."""

    parts: Independent

    def __call__(self) -> Iterator[Job]:
        size = self.parts.plan.part_inputs
        for inputs in self.parts:
            first = inputs.number * size
            what = f"part {inputs.number} (inputs {first + 1:,} to {first + len(inputs.records):,})"
            yield Job(f"part-{inputs.number:05d}", what, inputs)


def _view(token: Path, root: Path) -> dict[str, Any]:
    """What a machine sees."""
    try:
        text = token.read_text()
    except OSError:
        text = ""
    return {"token": text, "root": root.is_dir(), "versions": library_versions()}


def _check(machine: str, seen: Mapping[str, Any], folder: Path, root: Path) -> None:
    """Raise `ArchiveError` if a machine sees something else than we do."""
    shared = "on a cluster it must be on a file system that all its machines share, under the same path"
    if not seen["token"]:
        message = f"the machine {machine} of the Ray cluster does not see {folder}; {shared} (--out)"
        raise ArchiveError(message)
    if not seen["root"]:
        message = f"the machine {machine} of the Ray cluster does not see the collection in {root}; {shared} (--root)"
        raise ArchiveError(message)
    ours = library_versions()
    if other := [f"{name} {seen['versions'].get(name)}" for name in ours if seen["versions"].get(name) != ours[name]]:
        here = ", ".join(f"{name.split()[0]} {ours[name.split()[0]]}" for name in other)
        message = f"the machine {machine} of the Ray cluster has {', '.join(other)}, this one {here}; install the same"
        raise ArchiveError(message)
