"""What an archive holds, in figures: the facts that `latentarchive info` shows, and those at the foot of a page."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from latentarchive import manifest as layout
from latentarchive.archive import Archive
from latentarchive.bands import QUANTILES
from latentarchive.encoders.origins import Origin, origin
from latentarchive.errors import ArchiveDamaged
from latentarchive.items import GENERATED, RIGHTS_CLASSES
from latentarchive.rights import reserves_mining

MOST_REASONS = 5
"""Reasons for rejection that are named, the most frequent first."""


def summarize(archive: Archive) -> dict[str, Any]:
    """Facts by name, in the order they should be read; every count of items leaves out the withheld ones."""
    manifest, withheld = archive.manifest, archive.log.current()
    table = archive.collection.take(
        archive.rows(), ["rights_class", "mining", "year", "year_end", "title", "creator", "extra"]
    )
    classes = dict(sorted(Counter(table["rights_class"].to_pylist()).items()))
    first, last = pc.min(table["year"]).as_py(), pc.max(table["year_end"]).as_py()
    dated = len(table) - _count(pc.and_(pc.is_null(table["year"]), pc.is_null(table["year_end"])))
    types = pc.map_lookup(table["extra"], "digital_source_type", "first").to_pylist()
    generated = sum(kind is not None and kind.rpartition("/")[2] in GENERATED for kind in types)
    empty = {name: _count(pc.equal(table[name], "")) for name in ("title", "creator")}
    gone = archive.collection.rows(list(withheld)).count(None)
    facts: dict[str, Any] = {
        "name": manifest.name,
        "title": manifest.title,
        "path": str(archive.path),
        "items": len(archive),
        "withheld": len(withheld) - gone,
        **({"in the log of withheld items but not in the archive": gone} if gone else {}),
        "inputs read": manifest.counts["inputs"],
        "rejected": {"inputs": manifest.counts["rejected"], **_reasons(archive)},
        "rights": classes,
        "data mining reserved": sum(map(reserves_mining, table["mining"].to_pylist())),
        **({"generated images, not works": generated} if generated else {}),
        "years": f"{_year(first)} to {_year(last)}" if dated else "none",
        "dated items": dated,
        "without": empty,
        "encoder": manifest.encoder,
    }
    if archive.has_vectors:
        not_verified = "not verified: the encoder was not at hand when these published vectors were opened"
        facts["fingerprint"] = not_verified if archive.holdings.unverified else manifest.fingerprint[:16]
        facts["dimensions"] = manifest.dim
        facts["vectors"] = "in the publisher's files" if manifest.published else "in the archive"
        facts["renormalized"] = manifest.counts["renormalized"]
        facts["index"] = _index(archive)
        facts["bands"] = {kind: _band(band) for kind, band in manifest.bands.items()}
    facts |= {
        "format version": manifest.format_version,
        "created": manifest.created,
        "versions": dict(manifest.versions),
    }
    return facts


def encoder_of(archive: Archive) -> Origin:
    """Where the encoder of an archive comes from; see `origin`."""
    beside = archive.manifest.encoder_folder
    if beside and (folder := archive.path / beside).is_dir():
        return origin(f"local:{folder.resolve()}")
    return origin(archive.manifest.encoder)


def rights_classes(archive: Archive) -> dict[str, int]:
    """How many of the works that are shown are open, restricted and unknown: those three, in this order."""
    shown = archive.collection.take(archive.rows(), ["rights_class"])["rights_class"]
    counted = {pair["values"]: pair["counts"] for pair in pc.value_counts(shown).to_pylist()}
    return {name: int(counted.get(name, 0)) for name in RIGHTS_CLASSES}


def _index(archive: Archive) -> str:
    index = archive.manifest.index
    if not index["file"]:
        return "exact"
    tuning = index["tuning"]
    setting = f", {tuning['parameter']} {tuning['value']}" if tuning["parameter"] else ""
    span = " ({:.3f} to {:.3f})".format(*tuning["interval"]) if tuning.get("interval") else ""
    said = f"{index['factory']}{setting}: recall at 10 is {tuning['recall_at_10']:.3f}{span} over {tuning['n']} queries"
    inside = [f"{recall:.3f} ({float(share):.1%})" for share, (_, recall) in tuning.get("filtered", {}).items()]
    return said + (f"; inside filters that keep a share: {', '.join(inside)}" if inside else "")


def _count(mask: Any) -> int:
    return int(pc.sum(mask, min_count=0).as_py())


def _year(year: int | None) -> str:
    return "?" if year is None else f"{-year} BCE" if year < 0 else str(year)


def _band(band: dict[str, float]) -> str:
    return ", ".join(f"{name} from {band[name]:.3f}" for name in QUANTILES)


def _reasons(archive: Archive) -> dict[str, int]:
    """The most frequent reasons, with their counts."""
    path = archive.path / layout.REJECTED
    if not path.is_file():
        return {}
    try:
        rows = pq.read_table(path, partitioning=None).to_pylist()
    except (OSError, pa.ArrowException) as error:
        message = f"{path} cannot be read ({error}); restore it from a copy"
        raise ArchiveDamaged(message) from error
    return dict(Counter(f"{row['stage']}: {row['reason']}"[:100] for row in rows).most_common(MOST_REASONS))
