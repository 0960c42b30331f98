"""The IPTC's Digital Source Type: what kind of making an image is the work of, as files and manifests state it.

Codes of http://cv.iptc.org/newscodes/digitalsourcetype/, the retired ones too, and the two that C2PA adds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
C2PA = "http://c2pa.org/digitalsourcetype/"

CODES: dict[str, str] = {
    "digitalCapture": "captured with a digital camera or scanner",
    "computationalCapture": "captured with several exposures or sensors made into one",
    "negativeFilm": "digitised from a negative",
    "positiveFilm": "digitised from a transparency",
    "print": "digitised from a print",
    "humanEdits": "changed by a person with tools that are not generative",
    "compositeCapture": "composed of several captures",
    "algorithmicallyEnhanced": "changed by an algorithm",
    "dataDrivenMedia": "drawn from data",
    "digitalCreation": "made by a person with digital tools",
    "virtualRecording": "recorded from a virtual scene",
    "screenCapture": "captured from a screen",
    "compositeSynthetic": "composed, with synthetic parts",
    "composite": "composed",
    "trainedAlgorithmicMedia": "made by a trained model",
    "compositeWithTrainedAlgorithmicMedia": "composed, with parts by a trained model",
    "algorithmicMedia": "made by an algorithm that was not trained",
}
"""Code and what it says, in short."""

RETIRED = {"minorHumanEdits": "humanEdits", "digitalArt": "digitalCreation", "softwareImage": ""}
"""Retired codes, and what stands for them now; "" where nothing does."""

OF_C2PA = {"empty": "nothing in it yet", "trainedAlgorithmicData": "data made by a trained model"}

GENERATED = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicData")
"""Codes of what a trained model made, wholly or in part."""


@dataclass(frozen=True, slots=True)
class SourceType:
    """A digital source type as written, and what is known of it."""

    written: str
    #: As the vocabulary writes it; "" for one that it does not have.
    code: str = ""
    #: Canonical address where the code is known, else the address as written, else "".
    uri: str = ""
    #: Whether it was written without its address, which the standard does not allow, and which is common.
    bare: bool = False
    retired: bool = False

    @property
    def generated(self) -> bool:
        """Whether it says that a trained model made the image, wholly or in part."""
        return self.code in GENERATED

    @property
    def words(self) -> str:
        """What it says, for a person; "" if that is not known."""
        known = CODES | OF_C2PA
        if self.retired:
            now = RETIRED[self.code]
            return f"retired, now {now}: {CODES[now]}" if now else "retired: made by software"
        return known.get(self.code, "")


def read_source_type(written: str) -> SourceType:
    """Read a digital source type: an address, or a bare code in any case. Never raises."""
    written = written.strip()
    place, _, last = written.rstrip("/").rpartition("/")
    code = re.split(r"[:#]", last)[-1].lower()
    bare = bool(written) and not place
    address = written if re.fullmatch(r"https?://\S+", written) else ""
    if "c2pa.org" in place:
        for known in OF_C2PA:
            if known.lower() == code:
                return SourceType(written, known, C2PA + known)
        return SourceType(written, uri=address)
    for known in (*CODES, *RETIRED):
        if known.lower() == code:
            return SourceType(written, known, IPTC + known, bare, known in RETIRED)
    return SourceType(written, uri=address, bare=bare)
