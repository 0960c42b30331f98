"""Tar shards in the webdataset layout, as img2dataset writes them."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice, product
from pathlib import Path, PurePosixPath
from typing import Any

from latentarchive.errors import CollectionError, SourceError
from latentarchive.images import SUFFIXES, UNSUPPORTED_SUFFIXES
from latentarchive.items import Record, Rejected
from latentarchive.sources.columns import Catalogued, Columns
from latentarchive.sources.files import SliceBytes, find, found_in, in_number_order, shown
from latentarchive.sources.rows import parquet_footer, parquet_rows
from latentarchive.sources.values import as_text, collapsed, flatten, with_caption

FAILURES = ("key", "url", "status", "error_message")
"""Columns of img2dataset's table beside each shard that tell what was not downloaded."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a tar: its name, and where its bytes lie."""

    name: str
    offset: int
    size: int

    @property
    def suffix(self) -> str:
        """The last suffix in lower case."""
        return PurePosixPath(self.name).suffix.lower()


@dataclass(slots=True)
class Sample:
    """Members that follow one another under one key: the name up to the first dot after the last slash."""

    key: str
    members: list[Member] = field(default_factory=list)
    #: False if the shard is damaged there, so that members may be missing.
    whole: bool = True


@dataclass(frozen=True, kw_only=True)
class WebDataset(Catalogued):
    """Samples of tar shards: an image, its caption (``.txt``) and its record (``.json``) under one key.

    Shards come in the order of the numbers in their names. Of each shard the samples come first, in the
    order of the tar; then, if img2dataset's ``{shard}.parquet`` lies beside it, the rows of that table
    that are not in the tar, as `Rejected` with img2dataset's own error message, joined on the key.

    Members are read in place, from the tar at their offset; nothing is ever extracted, so a member's
    name is only a name. Rejected with their reason: samples without an image, a key that comes again
    further on in its shard, records that are not JSON (their image stays), and a shard that is damaged
    or ends early, with the sample at that place, which may lack its record (all before it stays).
    Compressed tars are not read.
    """

    #: Relative to the root: a folder of shards, one shard, a pattern (``*.tar``) or a range
    #: (``{00000..00012}.tar``; shards of a range that are missing are rejected by name).
    path: str = "."

    def records(self, start: int = 0) -> Iterator[Record | Rejected]:
        """The samples of all shards; see `Source.records`. To skip, headers and records are read, no image."""
        return islice(self._records(), start, None)

    def count(self) -> int | None:
        """None: a tar has no list of what it holds."""
        return None

    def locate(self, image: str) -> bytes:
        """The bytes of ``shard.tar/member``; see `Source.locate`."""
        found = re.match(r"(?i)(.*?\.tar)/(.+)", image)
        if not found:
            message = f"{image!r} does not name a member of a tar (shard.tar/member)"
            raise SourceError(message)
        path = find(self.root, found[1])
        if not path.is_file():
            message = f"{found[1]} is not there any more"
            raise SourceError(message)
        member = _table_of_contents(str(path), path.stat().st_mtime_ns).get(found[2])
        if member is None:
            message = f"{found[1]} has no member {found[2]!r} any more"
            raise SourceError(message)
        return SliceBytes(str(path), member.offset, member.size)()

    def _records(self) -> Iterator[Record | Rejected]:
        shards = self._shards()
        catalogue = self.catalogue
        catalogue.require(self._names(shards), where=shown(str(self.root / self.path)))
        for shard in shards:
            relative = shown(shard.relative_to(self.root).as_posix())
            if not shard.is_file():
                yield Rejected(relative, "source", "no such shard")
                continue
            keys: set[str] = set()
            for sample in _samples(shard):
                if isinstance(sample, str):
                    yield Rejected(relative, "source", sample)
                elif not sample.whole:
                    keys.add(sample.key)
                    reason = "the shard is damaged here: the record of this image, with its rights, may be missing"
                    yield Rejected(f"{relative}/{shown(sample.key)}", "source", reason)
                elif sample.key in keys:
                    reason = "its key came before in this shard: members of one sample must follow one another"
                    yield Rejected(f"{relative}/{shown(sample.key)}", "source", reason)
                else:
                    keys.add(sample.key)
                    yield from self._sample(catalogue, shard, relative, sample)
            yield from _failures(shard, relative, {PurePosixPath(key).name for key in keys})

    def _sample(self, catalogue: Columns, shard: Path, relative: str, sample: Sample) -> Iterator[Record | Rejected]:
        images = [m for m in sample.members if m.suffix in SUFFIXES and m.size]
        row, problems = _row(shard, relative, sample)
        if not images:
            empty = [m for m in sample.members if m.suffix in SUFFIXES]
            unread = [m.suffix for m in sample.members if m.suffix in UNSUPPORTED_SUFFIXES]
            held = ", ".join(sorted({m.suffix or "a file without suffix" for m in sample.members}))
            reason = "the image is empty" if empty else f"no image in this sample, only {held}"
            reason = f"images of format {unread[0]} are not read" if unread else reason
            yield Rejected(f"{relative}/{shown(sample.key)}", "source", reason)
        for number, member in enumerate(images):
            image = f"{relative}/{shown(member.name)}"
            try:
                item = catalogue.item(row, fallback=image, image=image)
                if number:  # a second image of one sample, such as a verso, is an item of its own
                    item = replace(item, id=f"{item.id}/{number + 1}")
            except CollectionError as error:
                yield Rejected(image, "source", str(error))
            else:
                yield Record(item, SliceBytes(str(shard), member.offset, member.size))
        yield from problems

    def _shards(self) -> list[Path]:
        place = find(self.root, self.path)
        if place.is_dir():
            shards = [p for p in place.iterdir() if p.suffix.lower() == ".tar" and not p.name.startswith(".")]
        elif place.is_file():
            shards = [place]
        elif ".." in self.path:  # find has refused every part that is just ".."
            shards = [self.root / name for name in _range(self.path)]
            shards = shards if any(shard.is_file() for shard in shards) else []
        else:
            shards = [p for p in self.root.glob(self.path) if p.is_file() and not p.name.startswith(".")]
        if not shards:
            folder = place if place.is_dir() else place.parent
            message = f"no tar shards at {shown(str(place))}; {found_in(folder)}; is the root right (--root)?"
            raise SourceError(message)
        return in_number_order(shards)

    def _names(self, shards: list[Path]) -> Iterator[list[str]]:
        """The columns of each sample, to check the recipe's against."""
        for shard in shards:
            for sample in _samples(shard) if shard.is_file() else ():
                if isinstance(sample, Sample):
                    yield list(flatten(_row(shard, "", sample)[0]))


def _samples(shard: Path) -> Iterator[Sample | str]:
    """The samples of a tar in order; at the end, a text if the shard is damaged or ends early."""
    sample: Sample | None = None
    for member in _members(shard):
        key = ""
        if isinstance(member, Member):
            folder, slash, name = member.name.rpartition("/")
            key = folder + slash + name.partition(".")[0]
        if sample is not None and (isinstance(member, str) or sample.key != key):
            sample.whole = isinstance(member, Member)
            yield sample
            sample = None
        if isinstance(member, str):
            yield member
        else:
            sample = sample or Sample(key)
            sample.members.append(member)
    if sample is not None:
        yield sample


def _members(shard: Path) -> Iterator[Member | str]:
    """The plain files of a tar, whole; at the end, a text if the tar is damaged or ends early."""
    length = shard.stat().st_size
    try:
        with tarfile.open(shard, "r:") as tar:
            for info in tar:
                tar.members = []  # type: ignore[attr-defined]  # otherwise every header stays in memory
                if info.isfile() and info.offset_data + info.size > length:
                    yield f"cut short inside {shown(info.name)}; what came before was read"
                    return
                if not info.isdir():
                    size = info.size if info.isfile() else 0
                    yield Member(info.name.removeprefix("./"), info.offset_data, size)
            end = tar.offset
    except (OSError, tarfile.TarError, EOFError, ValueError) as error:
        yield f"damaged or cut short ({error}); what came before was read"
        return
    # tarfile takes a header that it cannot read for the end; a whole tar ends with a block of zeros
    last = SliceBytes(str(shard), end, max(0, min(tarfile.BLOCKSIZE, length - end)))()
    if len(last) < tarfile.BLOCKSIZE or any(last):
        yield f"damaged or cut short after {end} of {length} bytes; what came before was read"


@lru_cache(maxsize=16)
def _table_of_contents(shard: str, modified_ns: int) -> dict[str, Member]:
    contents: dict[str, Member] = {}
    for member in _members(Path(shard)):
        if isinstance(member, Member):
            contents.setdefault(shown(member.name), member)
    return contents


def _row(shard: Path, relative: str, sample: Sample) -> tuple[dict[str, Any], list[Rejected]]:
    """The record and caption of a sample, and what of them cannot be read."""
    row: dict[str, Any] = {}
    problems: list[Rejected] = []
    captions: list[str] = []
    others: list[str] = []
    for member in sample.members:
        if member.suffix not in (".json", ".txt"):
            others += [] if member.suffix in SUFFIXES else [member.suffix.removeprefix(".")]
            continue
        try:
            text = SliceBytes(str(shard), member.offset, member.size)().decode("utf-8-sig")
            value = json.loads(text) if member.suffix == ".json" else text
            if member.suffix == ".txt":
                captions.append(value.strip())
            elif isinstance(value, dict):
                row = {**value, **row}
            else:
                problems.append(Rejected(f"{relative}/{shown(member.name)}", "source", "not a JSON object"))
        except (ValueError, RecursionError, SourceError) as error:
            problems.append(Rejected(f"{relative}/{shown(member.name)}", "source", f"cannot be read: {error}"))
    if others:
        row.setdefault("members", others)  # what else the sample held, so that nothing goes unsaid
    caption = "\n".join(c for c in captions if c)
    return with_caption(row, caption) if caption else row, problems


def _failures(shard: Path, relative: str, keys: set[str]) -> Iterator[Rejected]:
    """The rows of img2dataset's table beside a shard that are not in the tar."""
    path = shard.with_suffix(".parquet")
    if not path.is_file():
        return
    try:
        footer = parquet_footer(path)
    except SourceError as error:
        yield Rejected(shown(path.name), "source", str(error))
        return
    columns = [name for name in FAILURES if name in footer.schema.to_arrow_schema().names]
    if not {"key", "status"} <= set(columns):
        return  # not a table of img2dataset
    for line, row in parquet_rows(path, columns=columns):
        if isinstance(row, str):
            yield Rejected(f"{relative} row {line}", "source", row)
        elif (key := as_text(row["key"])) not in keys:
            status = as_text(row["status"])
            why = collapsed(as_text(row.get("error_message"))) or "no reason given"
            address = as_text(row.get("url"))
            reason = "in the table, but not in the tar" if status == "success" else f"{status}: {why}"
            yield Rejected(f"{relative}/{key}", "source", f"{reason} ({address})" if address else reason)


def _range(pattern: str) -> list[str]:
    """The names of ``{000..012}.tar`` in order, every number as wide as the first. Several ranges multiply."""
    parts = re.split(r"\{([0-9]+)\.\.([0-9]+)\}", pattern)
    choices: list[list[str]] = []
    for n in range(0, len(parts), 3):
        choices.append([parts[n]])
        if n + 2 < len(parts):
            first, last = parts[n + 1], parts[n + 2]
            choices.append([str(i).zfill(len(first)) for i in range(int(first), int(last) + 1)])
    return ["".join(choice) for choice in product(*choices)]
