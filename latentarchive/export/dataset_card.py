"""The card of an archive: what a visitor should know of it before believing what it shows. Plain values, no prose."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from latentarchive import manifest as layout
from latentarchive.archive import Archive
from latentarchive.bands import Band
from latentarchive.encoders.origins import Origin, origin
from latentarchive.errors import ArchiveDamaged
from latentarchive.export.facts import Facts, measure
from latentarchive.items import RIGHTS_CLASSES
from latentarchive.manifest import Manifest


@dataclass(frozen=True, kw_only=True)
class IndexFacts:
    """How nearest works are looked for."""

    #: FAISS's name of the index; "" where all vectors are compared, so that nothing is missed.
    factory: str = ""
    #: Share of the true ten nearest that it finds, with its interval and the number of queries; None where exact.
    recall: float | None = None
    interval: tuple[float, float] | None = None
    queries: int = 0


@dataclass(frozen=True, kw_only=True)
class DatasetCard:
    """What is known of an archive."""

    name: str
    title: str
    homepage: str
    #: Remarks of the recipe, for people.
    notes: str
    #: Kind of source that it was read from, as recipes name it (``folder``, ``table``, ``cabinet`` ...).
    method: str
    #: Counts over the works that are shown.
    facts: Facts
    #: Field and number of works that state it, in the order of `export.facts.TEXTS`, then ``year``.
    completeness: tuple[tuple[str, int], ...]
    inputs: int
    rejected: int
    #: Stage, reason without its particulars, and number of inputs; the most frequent first.
    reasons: tuple[tuple[str, str, int], ...]
    encoder: Origin
    #: Beginning of the encoder's fingerprint; "" where there are no vectors, or where it was not verified.
    fingerprint: str
    dim: int
    #: None where there are no vectors.
    index: IndexFacts | None
    #: By kind of query: ``image``, ``text``, ``mixed``.
    bands: Mapping[str, Band]
    created: str
    versions: Mapping[str, str]
    digest: str


def dataset_card(archive: Archive) -> DatasetCard:
    """Measure an archive for its card; reads every catalogue entry once. Raises `ArchiveDamaged`."""
    manifest = archive.manifest
    facts = measure(archive, archive.rows())
    stated = [(name, facts.n - missing) for name, missing in facts.missing.items()]
    recipe = _recipe(manifest)
    collection = recipe.get("collection")
    return DatasetCard(
        name=manifest.name,
        title=manifest.title,
        homepage=manifest.homepage,
        notes=" ".join(str(recipe.get("notes", "")).split()),
        method=str(collection.get("source", "")) if isinstance(collection, dict) else "",
        facts=facts,
        completeness=(*stated, ("year", facts.dated)),
        inputs=manifest.counts["inputs"],
        rejected=manifest.counts["rejected"],
        reasons=_reasons(archive),
        encoder=encoder_of(archive),
        fingerprint="" if archive.holdings.unverified else manifest.fingerprint[:16],
        dim=manifest.dim,
        index=_index(manifest) if archive.has_vectors else None,
        bands={kind: Band(**values) for kind, values in manifest.bands.items()},
        created=manifest.created,
        versions=dict(manifest.versions),
        digest=manifest.digest,
    )


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


def citation(manifest: Manifest) -> str:
    """How to cite an archive: its title, when and with what it was built, and the digest that tells its state."""
    version = manifest.versions.get("latentarchive", "")
    parts = [
        f"{manifest.title.rstrip('.')}.",
        f"Archive {manifest.name}, built {manifest.created[:10]} with latentarchive {version}".rstrip() + ",",
        f"digest of the catalogue {manifest.digest[:16]}.",
        manifest.homepage,
    ]
    return " ".join(part for part in parts if part)


def _recipe(manifest: Manifest) -> dict[str, object]:
    try:
        return tomllib.loads(manifest.recipe)
    except tomllib.TOMLDecodeError:
        return {}


def _index(manifest: Manifest) -> IndexFacts:
    if not manifest.index.get("file"):
        return IndexFacts()
    tuning = manifest.index.get("tuning") or {}
    span = tuning.get("interval")
    return IndexFacts(
        factory=str(manifest.index["factory"]),
        recall=tuning.get("recall_at_10"),
        interval=(span[0], span[1]) if span else None,
        queries=tuning.get("n", 0),
    )


def _reasons(archive: Archive) -> tuple[tuple[str, str, int], ...]:
    path = archive.path / layout.REJECTED
    if not path.is_file():
        return ()
    try:
        table = pq.read_table(path, columns=["stage", "reason"], partitioning=None)
    except (OSError, pa.ArrowException) as error:
        message = f"{path} cannot be read ({error}); restore it from a copy"
        raise ArchiveDamaged(message) from error
    pairs = zip(table["stage"].to_pylist(), table["reason"].to_pylist(), strict=True)
    counted = Counter((stage, reason_kind(reason)) for stage, reason in pairs)
    return tuple(
        (stage, reason, n) for (stage, reason), n in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    )


def reason_kind(reason: str) -> str:
    """A reason without what is particular to one input: what stands in brackets, in quotes, or looks like a path."""
    general = re.sub(r"\s*\([^()]*(?:\([^()]*\)[^()]*)*\)", "", reason)
    general = re.sub(r"'[^']*'|\"[^\"]*\"|(?<!\w)(?:[A-Za-z]:)?[\w.~-]*[/\\][^\s:,;]*", "…", general)
    return " ".join(general.split())[:120]
