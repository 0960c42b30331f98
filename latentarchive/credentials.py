"""Content Credentials (C2PA): what a file's signed manifest says, and how far it can be believed.

Read only: nothing is signed, nothing is fetched, and no list of trusted signers is consulted, so a good signature
shows that nothing was changed since, not who signed. That a file has no manifest shows nothing at all.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from latentarchive.errors import require
from latentarchive.source_types import SourceType, read_source_type

ABSENT = "no manifest"
INTACT = "intact, signer not known"
BROKEN = "signature broken"
ALTERED = "content altered since it was signed"
REMOTE = "manifest elsewhere, not fetched"
UNSUPPORTED = "type of file not handled"
OTHERWISE = "not valid for another reason"
UNCHECKED = "not checked"
OUTCOMES = (INTACT, ALTERED, BROKEN, REMOTE, OTHERWISE, ABSENT, UNSUPPORTED, UNCHECKED)
"""What can come of a look at one file, most telling first. "Trusted" is none of them: that takes a list of signers."""

_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "TIFF": "image/tiff", "AVIF": "image/avif",
          "GIF": "image/gif"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Credentials:
    """What came of reading the manifest of one file."""

    #: One of `OUTCOMES`.
    outcome: str
    #: Codes of the validation that tell of a failure, sorted; the reason where there is no manifest to validate.
    codes: tuple[str, ...] = ()
    #: Digital source types that its actions state.
    source_types: tuple[SourceType, ...] = ()
    #: What its training-and-mining assertions do not allow, or allow under constraints: ``c2pa.ai_training:
    #: notAllowed``, sorted.
    mining: tuple[str, ...] = ()


def read_credentials(data: bytes, format: str) -> Credentials:  # noqa: A002 - Pillow's word for it
    """Read the manifest inside an image file.

    Args:
        data: The whole file.
        format: Pillow's name of its format, for example ``"JPEG"``.

    Raises:
        MissingExtra: c2pa-python is not installed (extra ``interop``).
    """
    c2pa = require("c2pa", extra="interop")
    if format not in _TYPES:
        return Credentials(UNSUPPORTED, (format or "unknown",))
    offline = c2pa.Context.from_dict({"verify": {"remote_manifest_fetch": False}})  # else one call to the net a file
    try:
        with c2pa.Reader(_TYPES[format], io.BytesIO(data), context=offline) as reader:
            store = json.loads(reader.json())
    except c2pa.C2paError as error:
        return _refused(type(error).__name__, " ".join(str(error).split()))
    return _read(store)


def _refused(kind: str, words: str) -> Credentials:
    for name, outcome in (("ManifestNotFound", ABSENT), ("RemoteManifest", REMOTE), ("NotSupported", UNSUPPORTED)):
        if name in kind or name in words[:40]:
            return Credentials(outcome)
    if "must fetch remote" in words:
        return Credentials(REMOTE)
    return Credentials(OTHERWISE, (words[:120],))


def _read(store: Mapping[str, Any]) -> Credentials:
    failed = {str(one.get("code", "")) for one in _listed(store.get("validation_status"))}
    outcome = INTACT
    if store.get("validation_state") == "Invalid":
        outcome = OTHERWISE
        if any(code.startswith("claimSignature.") for code in failed):
            outcome = BROKEN
        elif any(code.startswith("assertion.") and code.endswith("Hash.mismatch") for code in failed):
            outcome = ALTERED
    manifest = (store.get("manifests") or {}).get(store.get("active_manifest"), {})
    types: dict[str, SourceType] = {}
    mining: set[str] = set()
    for assertion in _listed(manifest.get("assertions")):
        label, content = str(assertion.get("label", "")), assertion.get("data")
        if label.startswith("c2pa.actions"):
            for action in _listed(content.get("actions") if isinstance(content, dict) else None):
                if written := action.get("digitalSourceType"):
                    types[str(written)] = read_source_type(str(written))
        elif "training-mining" in label:  # c2pa.training-mining of the first version, cawg.training-mining since
            mining |= set(_uses(content))
    return Credentials(outcome, tuple(sorted(failed - {""})), tuple(types.values()), tuple(sorted(mining)))


def _uses(content: Any) -> Iterator[str]:
    entries = content.get("entries") if isinstance(content, dict) else None
    for name, said in entries.items() if isinstance(entries, dict) else ():
        use = said.get("use") if isinstance(said, dict) else None
        if use in ("notAllowed", "constrained"):
            yield f"{name}: {use}"


def _listed(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
