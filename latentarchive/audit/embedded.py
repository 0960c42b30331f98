"""What the image files say of themselves: EXIF, IPTC and XMP, how they were made, and Content Credentials."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator

from PIL import Image

from latentarchive.archive import Archive
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.recorded import distinct, found
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.credentials import ALTERED, BROKEN, OUTCOMES, UNCHECKED, read_credentials
from latentarchive.errors import ArchiveError, require
from latentarchive.images import FORMATS
from latentarchive.source_types import SourceType, read_source_type

TOLD = {
    "creator": ("xmp:dc:creator", "iptc:2:80", "exif:Artist", "exif:XPAuthor",
                "xmp:Iptc4xmpExt:ArtworkOrObject/Iptc4xmpExt:AOCreator"),
    "credit line": ("xmp:photoshop:Credit", "iptc:2:110"),
    "rights in words": ("xmp:dc:rights", "xmp:xmpRights:UsageTerms", "iptc:2:116", "exif:Copyright",
                        "xmp:Iptc4xmpExt:ArtworkOrObject/Iptc4xmpExt:AOCopyrightNotice"),
    "rights as an address": ("xmp:cc:license", "xmp:xmpRights:WebStatement"),
    "licensor": ("xmp:plus:Licensor/plus:LicensorName", "xmp:plus:Licensor/plus:LicensorURL"),
    "data mining": ("xmp:plus:DataMining",),
    "digital source type": ("xmp:Iptc4xmpExt:DigitalSourceType",),
    "source or owner": ("xmp:photoshop:Source", "xmp:dc:source", "iptc:2:115",
                        "xmp:Iptc4xmpExt:ArtworkOrObject/Iptc4xmpExt:AOSource"),
    "inventory number": ("xmp:Iptc4xmpExt:ArtworkOrObject/Iptc4xmpExt:AOSourceInvNo",),
    "title": ("xmp:dc:title", "iptc:2:5", "exif:XPTitle", "xmp:Iptc4xmpExt:ArtworkOrObject/Iptc4xmpExt:AOTitle"),
}  # fmt: skip
"""What may be told, and the fields that tell it."""

AI_FIELDS = {
    "xmp:Iptc4xmpExt:AISystemUsed": "system used",
    "xmp:Iptc4xmpExt:AISystemVersionUsed": "version of the system",
    "xmp:Iptc4xmpExt:AIPromptInformation": "prompt",
    "xmp:Iptc4xmpExt:AIPromptWriterName": "writer of the prompt",
}
"""Fields on generative AI of the IPTC Photo Metadata Standard 2025.1, and what they hold."""

MOST_LISTED = 200
"""Items that a finding lists where the suite sets no number."""


@check
def fields(subject: Subject) -> Iterator[Finding]:
    """What the files tell of their creator, credit, rights and source, and in how many of them each is told.

    A file that tells nothing is common: many programs drop what a file says when they resize it.
    """
    _with_files(subject)
    told = "len(list_filter(map_keys(extra), lambda k: starts_with(k, 'embedded.') AND k <> 'embedded.problem'))"
    silent = subject.row(f"SELECT count(*) FROM items WHERE {told} = 0")[0]
    rows = []
    for what, keys in TOLD.items():
        where = " OR ".join(f"coalesce(extra['embedded.{key}'], '') <> ''" for key in keys)
        count = subject.row(f"SELECT count(*) FROM items WHERE {where}")[0]
        rows.append((what, count, count / subject.n))
    yield Finding(
        sentence=f"{silent:,} of {subject.n:,} files tell nothing of themselves in EXIF, IPTC or XMP; "
        f"{rows[0][1]:,} tell of a creator, {rows[1][1]:,} of a credit line.",
        value=silent / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        table=Table(columns=("what", "files that tell it", "share"), rows=tuple(rows)),
        picture=Picture(kind="bars", x=0, y=(1,), alt="Bars: how many files tell each thing of themselves."),
    )
    problem = "extra['embedded.problem']"
    if problems := [said for said, _ in distinct(subject, problem)]:
        words = "have metadata that could not be read whole"
        yield found(subject, problem, problems, words, MOST_LISTED, said=str, note="What could be read was kept.")


@check
def source_types(subject: Subject, *, top: int = 200) -> Iterator[Finding]:
    """What kind of making the files, or the catalogue, state as IPTC Digital Source Type; generated ones first.

    Retired codes and bare ones, which lack the address that the standard asks for, are read and counted. A file
    without a source type may be of any kind: that nothing is stated shows nothing.

    Options:
        top: How many generated items are listed.
    """
    _with_files(subject)
    written = "coalesce(extra['embedded.xmp:Iptc4xmpExt:DigitalSourceType'], extra['digital_source_type'])"
    counted = [(read_source_type(value), n) for value, n in distinct(subject, written)]
    told = sum(n for _, n in counted)
    made = [one.written for one, _ in counted if one.generated]
    words = "say that a trained model made them, wholly or in part"
    silence = f"{subject.n - told:,} say nothing of how they were made, and may be of any kind."
    yield found(subject, written, made, words, top, said=str, note=silence)
    if counted:
        bare, retired = (sum(n for one, n in counted if getattr(one, name)) for name in ("bare", "retired"))
        yield Finding(
            sentence=f"{told:,} state a digital source type; {bare:,} as a bare code, {retired:,} with a retired one.",
            value=told / subject.n,
            unit="share",
            n=subject.n,
            denominator=subject.items,
            table=Table(
                columns=("as written", "what it says", "items"),
                rows=tuple((one.written, _said(one), n) for one, n in counted),
            ),
        )


@check
def ai(subject: Subject) -> Iterator[Finding]:
    """Files that fill the fields on generative AI of the IPTC standard 2025.1: system, prompt and its writer."""
    _with_files(subject)
    said = ", ".join(f"'{what}: ' || nullif(extra['embedded.{key}'], '')" for key, what in AI_FIELDS.items())
    column = f"nullif(concat_ws('; ', {said}), '')"
    filled = [one for one, _ in distinct(subject, column)]
    words = "name an AI system, a prompt or its writer"
    yield found(
        subject, column, filled, words, MOST_LISTED, said=str, note="A file that names none may be of any kind."
    )


@check
def credentials(subject: Subject, *, most: int = 1000) -> Iterator[Finding]:
    """Content Credentials (C2PA) in the original files, in distinct outcomes; remote manifests are not fetched.

    "Intact" means that nothing was changed since somebody signed; who that was is not checked against any list, so
    none of it means "trusted". That a file has no manifest shows nothing: neither that it is a photograph nor that it
    is not. Needs the extra ``interop`` and the originals.

    Options:
        most: How many files are read, chosen by a hash of their ids; the others count as not checked.
    """
    archive = _with_files(subject)
    try:
        require("c2pa", extra="interop")
    except ArchiveError as error:
        raise Skip(str(error)) from error
    outcomes = Counter[str]()
    generated: list[str] = []
    telling: list[tuple[str, str, str]] = []
    chosen = subject.rows(f"SELECT id FROM items ORDER BY hash(id), id LIMIT {most}")
    for (item,) in chosen:
        try:
            data = archive.original(item)
        except ArchiveError:
            outcomes[UNCHECKED] += 1
            continue
        read = read_credentials(data, _format(data))
        outcomes[read.outcome] += 1
        if any(kind.generated for kind in read.source_types):
            generated.append(item)
        if read.outcome in OUTCOMES[:5]:
            telling.append((item, read.outcome, ", ".join((*read.codes, *read.mining))))
    outcomes[UNCHECKED] += subject.n - len(chosen)
    checked = subject.n - outcomes[UNCHECKED]
    signed = sum(outcomes[one] for one in OUTCOMES[:5])
    yield Finding(
        sentence=f"{signed:,} of {checked:,} files that were checked have Content Credentials"
        + (f", {outcomes[ALTERED] + outcomes[BROKEN]:,} of them altered or with a broken signature" if signed else "")
        + (f"; {outcomes[UNCHECKED]:,} were not checked." if outcomes[UNCHECKED] else "."),
        value=signed / checked if checked else None,
        unit="share" if checked else "",
        n=checked,
        denominator="original files that were checked",
        examples=tuple(item for item, *_ in sorted(telling)[:MOST_EXAMPLES]),
        table=Table(columns=("outcome", "files"), rows=tuple((one, outcomes[one]) for one in OUTCOMES)),
        picture=Picture(kind="bars", x=0, y=(1,), alt="Bars: files by what came of looking for Content Credentials."),
        notes=("No list of trusted signers is consulted, and nothing is fetched.", "No manifest shows nothing."),
    )
    if telling:
        yield Finding(
            sentence=f"{len(generated):,} of {signed:,} manifests say that a trained model made the image, wholly or "
            f"in part; {sum(1 for one in telling if ': ' in one[2]):,} do not allow, or limit, mining or training.",
            value=len(generated),
            unit="files",
            n=signed,
            denominator="files with Content Credentials",
            table=Table(columns=("item", "outcome", "codes and reservations"), rows=tuple(sorted(telling)), ids=(0,)),
        )


def _with_files(subject: Subject) -> Archive:
    """The archive. Raises `Skip` where no image file was read for it: then nothing is known of what files say."""
    archive = subject.holding()
    if not archive.manifest.counts["images"]:
        message = "no image file was read for this archive"
        raise Skip(message)
    return archive


def _format(data: bytes) -> str:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return image.format or ""
    except Exception:  # noqa: BLE001 - whatever a decoder makes of hostile bytes: then it is of no known format
        return ""


def _said(one: SourceType) -> str:
    words = one.words or "not in the vocabulary"
    return f"{words} (bare code)" if one.bare else words
