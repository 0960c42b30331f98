"""An archive of five billion works, computed from what was measured on one small machine.

The archive is many archives side by side, each as large as the largest whose index was measured here: nothing but
their number is extrapolated. They are searched together as `latentarchive.index.ShardedIndex` does in one process.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from benchmarks.amounts import duration, number, size, table
from benchmarks.measured import Measured

ROWS = 5_000_000_000

VECTOR = 512 * 2 + 4
"""Bytes: 512 dimensions in float16 and the norm in float32 (docs/design.md)."""

THUMBNAIL = 8_192
"""Bytes of a photograph's: a group of 64 is about 0.5 MB (`THUMB_GROUP` in latentarchive/build/parts.py)."""

IMAGE = 41_000
"""Bytes of an image and its caption: LAION-5B published 240 TB of files for 5.85 billion pairs."""

HIT = 12
"""Bytes of a hit on its way: int64 row and float32 score."""

FOUND, BATCH = 10, 1_000
"""Hits to a query, queries in a batch, as measured."""


@dataclass(frozen=True)
class Node:
    """A machine that can be rented, assumed."""

    cores: int = 64
    memory: float = 256e9
    disk: float = 15e12
    #: Bytes a second.
    network: float = 25e9 / 8


NODE, NODES = Node(), 32


@dataclass(frozen=True)
class Inputs:
    """What the plan takes from measurements; times are those of `cores` cores."""

    cores: int
    #: Of the machine whose index was measured.
    index_threads: int
    images_per_s: float
    #: Rate of two workers over that of one, halved: what spreading over cores leaves.
    efficiency: float
    #: In each archive.
    shard: int
    index_s: float
    batch_s: float
    index_bytes: float
    #: Bytes of a catalogue entry, memory-mapped.
    entry_bytes: float

    @property
    def shards(self) -> int:
        """How many archives."""
        return ceil(ROWS / self.shard)

    @property
    def node_rate(self) -> float:
        """Images a second of a node."""
        return self.images_per_s * NODE.cores / self.cores * self.efficiency

    @property
    def at_once(self) -> float:
        """Archives whose index a node builds or searches at a time."""
        return NODE.cores / self.index_threads * self.efficiency


def inputs(measured: Measured) -> Inputs | None:
    """What was measured; None if a part of it is missing."""
    built = [int(rows) for rows, _ in measured.over_rows("build", "bytes_a_vector")]
    if not built:
        return None
    shard = built[-1]
    bare, share = (measured.get("encode", name) for name in ("bare_images_per_s", "share_of_bare"))
    ratio = measured.get("ray", "two_to_one")
    entries, rows = measured.get("metadata", "bytes"), measured.get("metadata", "rows")
    if None in (bare, share, ratio, entries, rows):
        return None
    return Inputs(
        cores=measured.get("encode", "machine", "cores"),
        index_threads=measured.index(shard, "threads"),
        images_per_s=bare * share,
        efficiency=min(1.0, ratio / 2),
        shard=shard,
        index_s=measured.index(shard, "build", "seconds"),
        batch_s=measured.index(shard, "search", "batch_s"),
        index_bytes=measured.index(shard, "build", "bytes_a_vector"),
        entry_bytes=entries / rows,
    )


def plan(measured: Measured) -> str:
    """The tables of the plan."""
    found = inputs(measured)
    if found is None:
        return "Not computed yet: run `python -m benchmarks.` `encode`, `index`, `metadata` and `ray` first."
    return "\n\n".join([assumed(found), kept(found), made(found), searched(found), alone(found)])


def assumed(found: Inputs) -> str:
    """What the plan stands on."""
    node = (
        f"{NODE.cores} cores, {size(NODE.memory)} of memory, {size(NODE.disk)} of disk, network {size(NODE.network)}/s"
    )
    spread = "`benchmarks.ray`: two workers over one, halved; assumed to hold for more"
    rows = [
        ("works", f"{ROWS:,}", "asked"),
        ("nodes", str(NODES), f"assumed, each of {node}"),
        ("an image and its caption", size(IMAGE), "LAION-5B as published: 240 TB for 5.85 billion"),
        ("a vector", f"{VECTOR:,} bytes", "512 x float16, float32 norm"),
        ("a thumbnail", f"{THUMBNAIL:,} bytes", "`THUMB_GROUP` in `latentarchive/build/parts.py`"),
        ("a catalogue entry", f"{number(found.entry_bytes)} bytes", "`benchmarks.metadata`"),
        ("a vector in the index", f"{number(found.index_bytes)} bytes", f"`benchmarks.index --rows {found.shard}`"),
        (f"images/s of {found.cores} cores", number(found.images_per_s), "`benchmarks.encode`, ViT-B-32: the build"),
        ("what more cores leave of a core's rate", number(found.efficiency), spread),
        ("works in an archive", f"{found.shard:,}", "the largest index measured"),
    ]
    return "What it stands on:\n\n" + table(("what", "figure:", "from"), rows)


def kept(found: Inputs) -> str:
    """Bytes on disk."""
    parts = {
        "vectors": VECTOR,
        "index": found.index_bytes,
        "catalogue, memory-mapped": found.entry_bytes,
        "thumbnails": float(THUMBNAIL),
    }
    parts["all of the archive"] = sum(parts.values())
    parts["images, only read"] = float(IMAGE)
    rows = [(name, number(each), size(each * ROWS), size(each * ROWS / NODES)) for name, each in parts.items()]
    return "What is kept:\n\n" + table(("what", "bytes a work:", "all:", f"on each of {NODES} nodes:"), rows)


def made(found: Inputs) -> str:
    """Hours of encoding and of indexing, and what the network carries meanwhile."""
    encode, index = ROWS / found.node_rate, found.shards * found.index_s / found.at_once
    traffic = found.node_rate * IMAGE
    reading = f"{size(traffic)}/s a node, {traffic / NODE.network:.1%} of its network"
    each = f"{found.shards:,} of {duration(found.index_s)} on {found.index_threads} cores"
    rows = [
        ("encoding", number(encode / 3600), duration(encode / NODES), f"{number(found.node_rate)} images/s a node"),
        ("reading the images meanwhile", UNTIMED, UNTIMED, reading),
        ("indexes", number(index / 3600), duration(index / NODES), each),
    ]
    return "What it takes to make:\n\n" + table(("what", "node-hours:", f"on {NODES} nodes:", "how"), rows)


def searched(found: Inputs) -> str:
    """Memory and time of a search over all archives."""
    here = found.shards / NODES
    batch = here * found.batch_s / found.at_once
    index = found.index_bytes * ROWS
    rows = [
        ("index in memory", f"{size(index)}, {size(index / NODES)} a node"),
        ("nodes that hold the index in memory", number(ceil(index / NODE.memory))),
        ("archives on a node", number(here)),
        (f"a batch of {BATCH:,} queries, on all nodes at once", duration(batch)),
        ("queries a second", number(BATCH / batch)),
        ("hits that reach the node that was asked, of one query", f"{size(NODES * FOUND * HIT)}: {FOUND} of each node"),
    ]
    return "What it takes to search:\n\n" + table(("what", "figure:"), rows)


def alone(found: Inputs) -> str:
    """What needs no second machine."""
    small = VECTOR + found.index_bytes + found.entry_bytes
    week, index = 7 * 86_400, found.shards * found.index_s / found.at_once
    rows = [
        (f"works that {found.cores} cores encode in a week", number(found.images_per_s * week)),
        ("works that one node encodes in a week", number(found.node_rate * week)),
        ("all indexes, built on one node", duration(index)),
        ("works whose vectors, index and catalogue fit on one node's disk", number(NODE.disk / small)),
        ("… and their thumbnails", number(NODE.disk / (small + THUMBNAIL))),
        ("works whose index fits in one node's memory", number(NODE.memory / found.index_bytes)),
        (
            "all vectors, indexes and catalogues",
            f"{size(small * ROWS)}, {small * ROWS / NODE.disk:.0%} of a node's disk",
        ),
    ]
    return "What stays on one machine:\n\n" + table(("what", "figure:"), rows)


UNTIMED = ""
"""A line that takes no time of its own."""
