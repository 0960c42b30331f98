"""An archive as a data set to be published: a copy of it with ``croissant.json`` (Croissant 1.1 and RAI 1.0) inside.

Specification: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html. Said is what was measured, and nothing
in the name of the collection: what only people know is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.audit.report import Report
from latentarchive.errors import ArchiveError
from latentarchive.export.copy import write_copy
from latentarchive.export.facts import Facts, measure
from latentarchive.export.rai import CROISSANT, RAI, problems

FILE, PARQUET = "croissant.json", "application/x-parquet"

BIASES = ("captions", "composition", "domains", "years")
"""Families of checks that say of what there is more and of what less; the others tell limitations."""

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "ddi-stats": "http://rdf-vocabulary.ddialliance.org/cv/SummaryStatisticType/2.1.2/",
    "wd": "http://www.wikidata.org/entity/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "description": {"@container": "@language"},
    "name": {"@container": "@language"},
} | {
    name: f"cr:{name}"
    for name in (
        "annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract",
        "field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath",
        "key", "md5", "parentField", "path", "readLines", "recordSet", "references", "regex", "repeated", "replace",
        "samplingRate", "sdVersion", "separator", "source", "subField", "transform", "unArchive", "value",
    )
}  # fmt: skip
"""The context of the specification's first appendix, with the prefixes for provenance and statistics."""

FIELDS = {
    "id": ("sc:Text", "Identifier, the same in every rebuild: source and local name."),
    "image": ("sc:Text", "Path or address of the original image in the collection; the original is not part of this."),
    "title": ("sc:Text", "Title as catalogued."),
    "text": ("sc:Text", "Caption or description."),
    "creator": ("sc:Text", "Maker as catalogued."),
    "date": ("sc:Text", "Date as catalogued."),
    "year": ("sc:Integer", "First year that the date can mean; negative before the common era."),
    "year_end": ("sc:Integer", "Last year that the date can mean."),
    "medium": ("sc:Text", "Medium as catalogued."),
    "place": ("sc:Text", "Place as catalogued."),
    "rights": (
        "sc:Text",
        "Rights of this work: URI of a known statement, else the statement as written, else unknown.",
    ),
    "rights_class": ("sc:Text", "What the statement amounts to: open, restricted or unknown. Unknown is not free."),
    "mining": ("sc:Text", "PLUS Data Mining code found with the work: a reservation of data mining; empty if none."),
    "url": ("sc:URL", "Page of the work."),
    "source": ("sc:Text", "Who holds or published the work."),
    "sha256": ("sc:Text", "SHA-256 of the bytes of the original image file."),
    "width": ("sc:Integer", "Width of the original image in pixels."),
    "height": ("sc:Integer", "Height of the original image in pixels."),
}
"""Columns of the item table that are described, with their types. The list of subjects and further fields as catalogued
are in the same files."""


def write_croissant(archive: Archive, rows: NDArray[np.int64], out: Path, *, report: Report | None) -> None:
    """Write the rows as a copy (see `copy.write_copy`) that has its own description in it.

    Raises:
        ArchiveError: The description does not hold: a defect of this program.
    """
    facts = measure(archive, rows)

    def describe(folder: Path) -> None:
        document = croissant(Archive.open(folder, mend=False), facts, report)
        if wrong := problems(document, folder):
            message = f"{out / FILE} would not be true: {'; '.join(wrong)}"
            raise ArchiveError(message)
        storage.write_json(folder / FILE, document)

    write_copy(archive, rows, out, describe=describe)


def croissant(copy: Archive, facts: Facts, report: Report | None) -> dict[str, Any]:
    """The description of a copy.

    Args:
        copy: The copy that is published, with nothing in it that is withheld.
        facts: What was measured of it.
        report: An audit whose findings are added as limitations and biases; None: none was given.
    """
    manifest = copy.manifest
    makers = [name for name, _ in facts.common["source"]] or [manifest.title]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [CROISSANT, RAI],
        "name": manifest.name,
        "alternateName": manifest.title,
        "description": _description(copy, facts),
        "url": manifest.homepage or f"urn:sha256:{manifest.digest}",
        "license": _licences(facts),
        "creator": [{"@type": "sc:Organization", "name": name} for name in makers],
        "datePublished": manifest.created,
        "dateCreated": manifest.created,
        "version": f"1.0.0+{manifest.digest[:12]}",
        "citeAs": f"{manifest.title}. Catalogue digest {manifest.digest}.",
        "isLiveDataset": False,
        **_responsible(copy, facts, report),
        "prov:wasGeneratedBy": {
            "@type": "prov:Activity",
            "prov:label": f"latentarchive {manifest.versions.get('latentarchive', '')}, recipe {manifest.name}".strip(),
            "prov:endedAtTime": manifest.created,
        },
        "distribution": _distribution(copy),
        "recordSet": [_record_set(facts)],
    }


def _description(copy: Archive, facts: Facts) -> str:
    what = f"{facts.n:,} works of {copy.manifest.title}: their catalogue entries"
    if copy.manifest.counts["images"]:
        what += ", thumbnails of at most 256 pixels a side"
    if copy.has_vectors:
        what += f", and embeddings of {copy.manifest.dim} dimensions made by {copy.manifest.encoder_name}"
    generated = f" {facts.generated:,} of the images say that a model generated them." if facts.generated else ""
    return f"{what}. Original images are not part of it.{generated} Rights differ from work to work: see `rights`."


def _licences(facts: Facts) -> list[Any]:
    """Every licence or statement that has an address; and in words how many works have which, and what has none."""
    known = [rights.uri for rights, _ in facts.rights if rights.uri]
    classes = ", ".join(f"{count:,} {name}" for name, count in facts.classes.items())
    said = (
        f"Rights are those of each work, in the column `rights` ({classes}; unknown is not free). For the catalogue "
        "entries, thumbnails and embeddings themselves the collection has stated no licence here."
    )
    reserved = f" {facts.reserved:,} works reserve data mining: column `mining`." if facts.reserved else ""
    return [
        *known,
        {"@type": "sc:CreativeWork", "name": "Rights differ from work to work", "description": said + reserved},
    ]


def _responsible(copy: Archive, facts: Facts, report: Report | None) -> dict[str, Any]:
    """RAI properties, as far as they can be measured."""
    manifest = copy.manifest
    said: dict[str, Any] = {
        "rai:dataCollection": "Read from the collection by the recipe in `archive.json`; nothing was guessed or added.",
        "rai:dataCollectionMissingData": "; ".join(
            f"{name}: {count:,} of {facts.n:,} say nothing" for name, count in facts.missing.items()
        ),
        "rai:dataCollectionRawData": "Originals stay with the collection: `image` names them, `sha256` their bytes.",
        "rai:dataPreprocessingProtocol": _preprocessing(copy),
        "rai:dataLimitations": [
            "Rights, dates and makers are as catalogued, unchecked.",
            f"{facts.n - facts.dated:,} of {facts.n:,} works have no date that could be read as years.",
        ],
    }
    if copy.has_vectors:
        said["rai:machineAnnotationTools"] = [
            f"Embeddings: {manifest.encoder_name}, fingerprint {manifest.fingerprint}. They are not descriptions."
        ]
    if report is not None:
        asked = [one for one in report.findings if one.outcome != "skip"]
        biases = [one.sentence for one in asked if one.check.partition(".")[0] in BIASES]
        limits = [one.sentence for one in asked if one.check.partition(".")[0] not in BIASES]
        said["rai:dataLimitations"] += [f"Audit “{report.title}”: {sentence}" for sentence in limits]
        if biases:
            said["rai:dataBiases"] = [f"Audit “{report.title}”: {sentence}" for sentence in biases]
    return said


def _preprocessing(copy: Archive) -> list[str]:
    said = ["Text is in Unicode normal form C; rights statements of known vocabularies are given by their URI."]
    if copy.manifest.counts["images"]:
        said.append("Thumbnails are WebP, turned upright as the file says, never enlarged.")
    if copy.has_vectors:
        said.append("Embeddings are unit rows in half precision, with their lengths before that in single precision.")
    return said


def _distribution(copy: Archive) -> list[dict[str, Any]]:
    """Every file that was written from the collection, with its digest; and the parts of the item table as one set."""
    files: list[dict[str, Any]] = []
    for name, sha256 in sorted(copy.manifest.files.items()):
        if name.partition("/")[0] not in ("items", "thumbs", "embeddings"):
            continue
        kind = PARQUET if name.endswith(".parquet") else "application/octet-stream"
        size = (copy.path / name).stat().st_size
        files.append(
            {"@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name}
            | {"contentSize": f"{size} B", "encodingFormat": kind, "sha256": sha256}
        )
    parts = {"@type": "cr:FileSet", "@id": "item-files", "name": "item-files"}
    return [*files, parts | {"encodingFormat": PARQUET, "includes": "items/*.parquet"}]


def _record_set(facts: Facts) -> dict[str, Any]:
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"items/{column}",
            "name": column,
            "description": about,
            "dataType": kind,
            "source": {"fileSet": {"@id": "item-files"}, "extract": {"column": column}},
            **({"annotation": statistics} if (statistics := _statistics(column, facts)) else {}),
        }
        for column, (kind, about) in FIELDS.items()
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": "items",
        "name": "items",
        "description": f"Catalogue entries, one a work: {facts.n:,}.",
        "key": {"@id": "items/id"},
        "annotation": [_statistic("items/count", facts.n, "wd:Q4049983")],
        "field": fields,
    }


def _statistics(column: str, facts: Facts) -> list[dict[str, Any]]:
    """What was measured of a column. The terms of DDI are those that the specification names."""
    if column == "year" and facts.first is not None and facts.mean_year is not None:
        return [
            _statistic("items/year/min", facts.first, "sc:Integer", "sc:minValue"),
            _statistic("items/year/mean", round(facts.mean_year, 2), "ddi-stats:7975ed0"),
        ]
    if column == "year_end" and facts.last is not None:
        return [_statistic("items/year_end/max", facts.last, "ddi-stats:8321e79", "sc:maxValue")]
    return []


def _statistic(name: str, value: float, kind: str, equal: str = "") -> dict[str, Any]:
    """An annotation that carries a number, as the specification's "Representing Descriptive Statistics" has it."""
    told = {"@type": "cr:Field", "@id": name, "name": name, "value": value, "dataType": kind}
    return told | ({"equivalentProperty": equal} if equal else {})
