"""The bytes that are left of a work at each step of compression, and their finding."""

from __future__ import annotations

from pathlib import Path

from latentarchive.archive import Archive
from latentarchive.audit.finding import Finding, Picture, Skip, Table
from latentarchive.audit.rows import drawn
from latentarchive.audit.subject import Subject
from latentarchive.errors import ArchiveError, EncoderError, MissingExtra
from latentarchive.index.codes import coded, one_bit_codec
from latentarchive.manifest import INDEX
from latentarchive.measures.compression import CHANNELS, each

DRAWN = 50
"""Originals whose files are measured."""


def ledger_of(subject: Subject) -> Finding:
    """From pixels to a share of the encoder's weights. Raises `Skip` where there are no vectors or no works."""
    archive = subject.with_vectors()
    n = subject.n
    if not n:
        message = "the ledger needs a work or more: none is shown"
        raise Skip(message)
    rows: list[tuple[str, float, float, str]] = []
    pixels, measured = subject.row("SELECT sum(width::BIGINT * height), count(width * height) FROM items")
    if measured:
        numbers = each(pixels * CHANNELS, measured)
        rows.append(("pixels", numbers, numbers, "originals"))
    files, looked = _files(archive, subject)
    if files:
        rows.append(("file", each(files, looked), float("nan"), f"originals, {looked:,} drawn"))
    if stored := _folder(archive.path / "thumbs"):
        rows.append(("thumbnail", each(stored, len(archive.collection)), float("nan"), "files of the archive"))
    dim = archive.manifest.dim
    rows.append(("vector", 2 * dim, dim, "float16, as stored"))
    size, how = _code(archive)
    if size:
        rows.append(("code", size, float("nan"), how))
    weights, why = _weights(archive)
    if weights:
        rows.append(("weights of the encoder", each(4 * weights, n), each(weights, n), "float32, shared by all works"))
    whole = rows[0][1]
    vector = next(row[1] for row in rows if row[0] == "vector")
    return Finding(
        sentence=f"A work has {whole:,.0f} bytes of {rows[0][0]} in the mean, its vector {vector:,.0f}: one in "
        f"{whole / vector:,.0f}" + (f"; its code in the index has {size:,}." if size else "."),
        value=vector / whole,
        unit="share" if vector <= whole else "times",
        n=n,
        denominator=subject.items,
        table=Table(
            columns=("what is left of a work", "bytes", "numbers", "share of the first", "of"),
            rows=tuple((name, held, numbers, held / whole, of) for name, held, numbers, of in rows),
        ),
        picture=Picture(
            kind="bars", x=0, y=(1,), log=True, alt="Bars, logarithmic: bytes of a work at each step of compression."
        ),
        notes=(
            f"{measured:,} of {n:,} works state how many pixels their image has; three bytes each.",
            *((why,) if why else ()),
            f"Files: {looked:,} of {min(DRAWN, n)} that were drawn are at hand.",
        ),
    )


def _files(archive: Archive, subject: Subject) -> tuple[int, int]:
    """Bytes of the files of some originals, and how many of these are at hand."""
    rows, _ = drawn(subject, DRAWN)
    sizes = []
    for one in archive.collection.take(rows, ["id"])["id"].to_pylist():
        try:
            sizes.append(len(archive.original(one)))
        except ArchiveError:
            continue
    return sum(sizes), len(sizes)


def _folder(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.parquet")) if folder.is_dir() else 0


def _code(archive: Archive) -> tuple[int, str]:
    """Bytes of a code of the archive's index, or of the one it would have were it larger; 0 where there is none."""
    index = archive.holdings.index
    assert index is not None  # there are vectors
    some = archive.embeddings.between(0, 256)
    if (own := index.coded(some)) is not None:
        return own[1], f"{INDEX}, {archive.manifest.index['factory']}"
    made = coded(one_bit_codec(some), some)
    return (made[1], "one bit a dimension, as larger archives have it") if made else (0, "")


def _weights(archive: Archive) -> tuple[int, str]:
    """How many weights the encoder has; 0 with the reason where that cannot be told."""
    try:
        encoder = archive.encoder
    except (EncoderError, MissingExtra) as error:
        return 0, f"The encoder's weights are not counted: {error}."
    return encoder.weights, "" if encoder.weights else f"The encoder {encoder.id} has no weights."
