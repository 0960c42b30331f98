"""Croissant RAI 1.0: the properties of the vocabulary, and a check of a document's own claims.

`mlcroissant` accepts any name that begins with ``rai:``, so that a slip of the pen would be published without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from latentarchive import storage
from latentarchive.errors import nearest

CROISSANT, RAI = "http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"

REQUIRED = ("@context", "@type", "conformsTo", "name", "description", "url", "license", "creator", "datePublished")
"""Croissant 1.1, "Required": what every data set must have."""

NAMES = (
    "annotationsPerItem",
    "annotatorDemographics",
    "dataAnnotationAnalysis",
    "dataAnnotationPlatform",
    "dataAnnotationProtocol",
    "dataBiases",
    "dataCollection",
    "dataCollectionMissingData",
    "dataCollectionRawData",
    "dataCollectionTimeframe",
    "dataCollectionType",
    "dataImputationProtocol",
    "dataLimitations",
    "dataManipulationProtocol",
    "dataPreprocessingProtocol",
    "dataReleaseMaintenancePlan",
    "dataSocialImpact",
    "dataUseCases",
    "machineAnnotationTools",
    "personalSensitiveInformation",
)
"""The properties that https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html defines; the overview table of
the same page spells some of them otherwise."""


def problems(document: Mapping[str, Any], folder: Path) -> list[str]:
    """What is wrong with a Croissant document, in sentences; empty if nothing is.

    Args:
        document: As JSON gives it.
        folder: Where its files lie: their SHA-256 are recomputed.
    """
    said = [f"{name!r} is missing" for name in REQUIRED if not document.get(name)]
    conforms = document.get("conformsTo")
    said += [f"it does not say that it conforms to {uri}" for uri in (CROISSANT, RAI) if uri not in (conforms or ())]
    for name in _keys(document):
        prefix, _, rest = name.partition(":")
        if prefix == "rai" and rest not in NAMES:
            said.append(f"{name!r} is no property of Croissant RAI 1.0; {nearest(rest, NAMES)}")
    for file in document.get("distribution", ()):
        if "sha256" in file:
            path = folder / file["contentUrl"]
            if not path.is_file() or storage.file_sha256(path) != file["sha256"]:
                said.append(f"{file['contentUrl']} is not the file that is described")
    return said


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            if key != "@context":
                yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
