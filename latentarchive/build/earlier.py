"""The archive that grows: what it has is not made again, and what became of its items is counted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.parquet as pq

from latentarchive import manifest as layout
from latentarchive import storage
from latentarchive.build.finish import Places, places
from latentarchive.build.plan import Part, Plan
from latentarchive.build.stock import Stock
from latentarchive.catalogue import part_items
from latentarchive.collection import Collection
from latentarchive.errors import ArchiveDamaged, ArchiveError
from latentarchive.items import Record, digest
from latentarchive.manifest import Manifest
from latentarchive.progress import Progress
from latentarchive.recipes import Recipe

BLOCK = 4096
"""Items compared at a time."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What became of an archive's items, told by their ids.

    ``kept + changed + added`` are the items now, ``kept + changed + dropped`` those before.
    """

    #: The same image (or none, before and now).
    kept: int
    #: So many of the kept have another entry in the catalogue.
    recatalogued: int = 0
    #: Another image under the same id.
    changed: int = 0
    added: int = 0
    dropped: int = 0
    #: Images that went through the encoder: one that was there, under whatever id, did not.
    encoded: int = 0


class Earlier(Stock):
    """A finished archive while a build of the same kind takes its place; it is only read. Safe in threads."""

    def __init__(self, folder: Path, plan: Plan, progress: Progress) -> None:
        """Open the archive in a directory, which is to grow by a plan.

        Raises:
            ArchiveError: It is another archive, of another encoder, or the plan's limit would drop what it has.
            ArchiveDamaged: A file from which something would be taken is missing or not as it was written.
        """
        self.sha256 = storage.file_sha256(folder / layout.MANIFEST)
        self.manifest = Manifest.load(folder)
        self._check_kind(folder, plan)
        self._check_files(folder, progress)
        super().__init__(folder)

    def check_relation(self, recipe: Recipe) -> None:
        """Raise `ArchiveError` if not one work of the collection is the archive's: then it is another collection.

        In the same place an id in common will do, elsewhere its image must be the same too: `0001.jpg` is
        in many collections. As a rule the first input decides.
        """
        here = self.root == recipe.collection.root.resolve()
        works = False
        for record in recipe.collection.records():
            if isinstance(record, Record):
                works = True
                row = self.collection.row(record.item.id)
                if row is not None and (here or record.read is None or self._is_image(row, record)):
                    return
        if works:
            message = (
                f"{self.folder} holds {len(self.collection):,} other works: not one of them is in the collection in "
                f"{recipe.collection.root}; give another --out, or remove that archive first"
            )
            raise ArchiveError(message)

    def is_same(self, made: Path, recipe: Recipe, plan: Plan, parts: Sequence[Part]) -> bool:
        """Whether the parts that a build made in another folder are those of this archive, by the same recipe.

        The items are compared by their digest, not by their files: another version of a library may write
        equal rows as other bytes.
        """
        old = self.manifest
        vectors = {
            name: sha256 for part in parts for name, sha256 in part.files.items() if name.startswith("embeddings/")
        }
        rejected = pq.read_table(self.folder / layout.REJECTED).to_pylist()
        where = places(recipe, plan, made)
        return (
            dict(old.plan) == asdict(plan)
            and Places(old.root, old.encoder_folder, old.published) == where
            and old.parts == tuple(part.rows for part in parts)
            and vectors.items() <= old.files.items()
            and [tuple(row.values()) for row in rejected] == [row for part in parts for row in part.rejected]
            and old.digest == digest(part_items(made / f"items/part-{n:05d}.parquet" for n in range(len(parts))))
            and old.published_sha256
            == tuple(storage.file_sha256(recipe.collection.root / name) for name in where.published)
        )

    def growth(self, now: Collection, parts: Sequence[Part]) -> Growth:
        """What became of this archive's items in the one that takes its place, whose parts these are."""
        kept = recatalogued = changed = 0
        for start in range(0, len(now), BLOCK):
            new = {item["id"]: item for item in now.take(range(start, min(start + BLOCK, len(now)))).to_pylist()}
            rows = [row for item_id in new if (row := self.collection.row(item_id)) is not None]
            for old in self.collection.take(rows).to_pylist():
                same = new[old["id"]]["sha256"] == old["sha256"]
                changed += not same
                kept += same
                recatalogued += same and new[old["id"]] != old
        encoded = sum(part.images - part.taken for part in parts)
        added, dropped = (len(c) - kept - changed for c in (now, self.collection))
        return Growth(kept, recatalogued, changed, added, dropped, encoded)

    def _check_kind(self, folder: Path, plan: Plan) -> None:
        """Raise `ArchiveError` unless the plan makes an archive of this name by this encoder, and no smaller one."""
        old = self.manifest
        problem = ""
        if old.name != plan.name:
            problem = f"the archive {old.name}, not {plan.name}"
        elif old.fingerprint != plan.fingerprint:
            was, now = (f"{of.encoder} {of.fingerprint[:12]}".rstrip() for of in (old, plan))
            problem = f"an archive built with encoder {was} (now {now}), whose vectors cannot be compared"
        elif plan.limit is not None and plan.limit < old.counts["inputs"]:
            problem = f"an archive of {old.counts['inputs']:,} inputs, more than the limit of {plan.limit:,} lets in"
        if problem:
            message = f"{folder} holds {problem}; give another --out"
            raise ArchiveError(message)

    def _check_files(self, folder: Path, progress: Progress) -> None:
        """Raise `ArchiveDamaged` at the first file that is missing or damaged: damage must not be taken over."""
        names = [name for name in self.manifest.files if name not in (layout.WORDS, layout.INDEX)]
        for number, name in enumerate(names, start=1):
            path = folder / name
            mend = "restore it from a copy, or give another --out, where all is encoded anew"
            if name in layout.DERIVED:
                mend = "delete it and it is made again"
            if not path.is_file() and name not in layout.DERIVED:
                message = f"{path} is missing; {mend}"
                raise ArchiveDamaged(message)
            if path.is_file() and storage.file_sha256(path) != self.manifest.files[name]:
                message = f"{path} is not as it was written; {mend}"
                raise ArchiveDamaged(message)
            progress("checking", number, len(names))

    def _is_image(self, row: int, record: Record) -> bool:
        try:
            data = record.read() if record.read is not None else b""
        except (OSError, ArchiveError):
            return False
        return self.value("sha256", row) == hashlib.sha256(data).hexdigest()
