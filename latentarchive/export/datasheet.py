"""Datasheets: what a collection's users should know, as far as it can be measured; blanks for what only people know.

Two forms over the same answers. ``CLASSIC`` has the seven sections of "Datasheets for Datasets" (Gebru et al.,
https://doi.org/10.1145/3458723). ``EUROPEANA`` adds what "Datasheets for Digital Cultural Heritage Datasets" (Alkemade
et al., Journal of Open Humanities Data, 2023, https://doi.org/10.5334/johd.124) asks of heritage beyond them: time span
and place, colonial and sensitive contexts, the digitisation, growth over time. Headings and questions are in our own
words: it is no copy of that paper's template, and an institution may have to carry the answers over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.audit.finding import Finding
from latentarchive.audit.report import Report
from latentarchive.export.facts import Facts, measure
from latentarchive.plaintext import in_markdown, plain
from latentarchive.recipes import without_places

BLANK = "*To be answered by the collection.*"

Form = Sequence[tuple[str, Sequence[tuple[str, str]]]]
"""Sections: title, and questions with the name of their answer ("": only people know it)."""

EUROPEANA: Form = (
    ("Motivation and selection", (
        ("What was this collection brought together for, and by whom?", ""),
        ("Who paid for it?", ""),
        ("By which criteria were works chosen, and what was left out on purpose?", ""),
        ("How did the works come to the institution?", ""),
    )),
    ("Composition", (
        ("What is in it?", "contents"),
        ("How much of it says nothing, field by field?", "missing"),
        ("Which media are most common?", "medium"),
        ("Which inputs could not be used, and which works are not shown?", "left_out"),
        ("Which languages are the texts in, and who wrote them?", ""),
        ("Are there images that a model generated?", "generated"),
    )),
    ("Time, place and context", (
        ("Which time does it cover?", "time"),
        ("Which places does it cover?", "place"),
        ("Was any of it acquired under colonial rule, in war, or under duress?", ""),
        ("Does it hold offensive terms, human remains, sacred or secret things? What must be said first?", ""),
        ("Which communities are concerned, and were they asked? (CARE; Local Contexts Labels and Notices)", ""),
    )),
    ("Digitisation pipeline", (
        ("How, when and by whom were the works digitised; with which equipment and targets?", ""),
        ("How large are the images?", "size"),
        ("Was text recognised by a machine, and how well?", ""),
    )),
    ("Data provenance", (
        ("Whose works and records are these?", "source"),
        ("How did the records come into this archive?", "collection"),
        ("What was done to them on the way?", "processing"),
        ("Who described the works, over which time, by which rules?", ""),
    )),
    ("Linked open data and vocabularies", (
        ("Which identifiers and vocabularies are used?", "vocabularies"),
        ("Which authority files, thesauri or classifications does the catalogue follow?", ""),
    )),
    ("Rights and access", (
        ("What may be done with the works?", "rights"),
        ("Has anybody reserved data mining?", "mining"),
        ("Under which licence are the records themselves published?", ""),
        ("Where can it be had, and in which form?", "access"),
    )),
    ("Uses and considerations", (
        ("What has it been used for, and what is it fit for?", ""),
        ("What is it not fit for?", "unfit"),
        ("Does it name or show living people, or hold personal data?", ""),
        ("Whom and what does it show too often, or too rarely, for what it is taken to stand for?", ""),
    )),
    ("Version, growth and maintenance", (
        ("Which state is this?", "version"),
        ("How did it grow over time, and what did it lose?", ""),
        ("How does it grow now, and how are errors mended?", "growth"),
        ("Who looks after it, and how can they be reached?", ""),
    )),
)  # fmt: skip

CLASSIC: Form = (
    ("Motivation", (
        ("Why was it made?", ""),
        ("Who made it, and on whose behalf?", ""),
        ("Who paid for it?", ""),
    )),
    ("Composition", (
        ("What does one entry stand for, and how many are there?", "contents"),
        ("Is it all there is, or a sample of something larger?", ""),
        ("What is missing from entries?", "missing"),
        ("Which years, places and media are there?", "spread"),
        ("Are there errors, noise or repetitions?", ""),
        ("Is it complete in itself, or does it lean on things elsewhere?", "leans"),
        ("Does it hold anything confidential, offensive, or about people who can be recognised?", ""),
    )),
    ("Collection process", (
        ("How did the data come here?", "collection"),
        ("Which inputs were left out?", "left_out"),
        ("Over which time was it collected, and by whom?", ""),
        ("Were those concerned told, and did they agree?", ""),
    )),
    ("Preprocessing, cleaning, labelling", (
        ("What was done to the data?", "processing"),
        ("Is the raw data kept?", "raw"),
        ("Can the software be had?", "software"),
    )),
    ("Uses", (
        ("What has it been used for?", ""),
        ("What should it not be used for?", "unfit"),
    )),
    ("Distribution", (
        ("How is it given away?", "access"),
        ("Under which licences and terms?", "rights"),
        ("Are there reservations by third parties?", "mining"),
    )),
    ("Maintenance", (
        ("Which state is this?", "version"),
        ("Will it be brought up to date, and how?", "growth"),
        ("Who looks after it, and how can they be reached?", ""),
    )),
)  # fmt: skip


def write_europeana(archive: Archive, rows: NDArray[np.int64], out: Path, *, report: Report | None) -> None:
    """Write the datasheet for digital heritage; see `datasheet`."""
    storage.write_bytes(out, datasheet(archive, measure(archive, rows), EUROPEANA, report).encode())


def write_classic(archive: Archive, rows: NDArray[np.int64], out: Path, *, report: Report | None) -> None:
    """Write the classic datasheet; see `datasheet`."""
    storage.write_bytes(out, datasheet(archive, measure(archive, rows), CLASSIC, report).encode())


def datasheet(archive: Archive, facts: Facts, form: Form, report: Report | None) -> str:
    """A datasheet in Markdown.

    Args:
        archive: What it is about.
        facts: What was measured of it.
        form: Its sections and questions.
        report: An audit whose findings are told at the end; None: none was given.
    """
    answers = _answers(archive, facts)
    lines = [f"# Datasheet: {in_markdown(archive.manifest.title)}", ""]
    lines.append(
        "Filled in by latentarchive with what can be measured; everything else is left to those who know it. Figures "
        "describe records, and say little of what the works are."
    )
    for title, questions in form:
        lines += ["", f"## {title}"]
        for question, name in questions:
            lines += ["", f"**{question}**", "", answers[name] if name else BLANK]
    return "\n".join([*lines, *_measured(archive, report)]) + "\n"


def _answers(archive: Archive, facts: Facts) -> Mapping[str, str]:
    """Every answer that can be given, by name."""
    manifest, n = archive.manifest, facts.n
    holds = ["catalogue entries"]
    holds += ["thumbnails of at most 256 pixels a side"] if manifest.counts["images"] else []
    holds += (
        [f"embeddings of {manifest.dim} dimensions ({_code(manifest.encoder_name)})"] if archive.has_vectors else []
    )
    size = f"{facts.size[0]:,.0f} by {facts.size[1]:,.0f} pixels (median width, median height)" if facts.size else ""
    time = f"{_span(facts)} {facts.dated:,} of {n:,} works have a date that could be read as years."
    classes = ", ".join(f"{count:,} {name}" for name, count in facts.classes.items())
    stated = "".join(
        f"\n- {in_markdown(rights.label or rights.statement or 'nothing stated')}: {count:,}"
        for rights, count in facts.rights[:20]
    )
    more = f"\n- {len(facts.rights) - 20:,} further statements" if len(facts.rights) > 20 else ""
    uris = sum(count for rights, count in facts.rights if rights.uri)
    withheld = f"{facts.withheld:,} works of the archive are withheld and are nowhere in this sheet."
    return {
        "contents": f"{n:,} works: {', '.join(holds)}. Original images are not part of it.",
        "missing": "".join(
            f"- {name}: {count:,} of {n:,} ({count / n:.1%})\n" for name, count in facts.missing.items()
        ).strip(),
        "medium": _list(facts, "medium"),
        "place": _list(facts, "place"),
        "source": _list(facts, "source"),
        "spread": f"{time}\n\nPlaces:\n\n{_list(facts, 'place')}\n\nMedia:\n\n{_list(facts, 'medium')}",
        "left_out": f"{manifest.counts['rejected']:,} of {manifest.counts['inputs']:,} inputs could not be used "
        f"(reasons in `rejected.parquet` of the archive). {withheld if facts.withheld else 'None is withheld.'}",
        "generated": f"{facts.generated:,} images say of themselves that a model made them. One that says nothing may "
        "have been made by one all the same.",
        "time": time,
        "size": size or "There are no images in this archive.",
        "collection": "Read by the recipe below; nothing was guessed or added.\n\n"
        + "\n".join(f"    {plain(line)}" for line in without_places(manifest.recipe).splitlines()),
        "processing": "Text was brought to Unicode normal form C; dates were read as spans of years beside their "
        "wording; rights statements of known vocabularies were given their URI, others stand as written.",
        "raw": "Originals and the published catalogue stay where they are and are only read; each work carries the "
        "SHA-256 of its original image.",
        "software": f"latentarchive {manifest.versions.get('latentarchive', '')}, Apache-2.0.",
        "leans": "Images are named by path or address and lie with the collection; they may change or go.",
        "vocabularies": f"Rights: RightsStatements.org and Creative Commons URIs where the statement is one of theirs "
        f"({uris:,} of {n:,} works). Identifiers are `source:local` and stay the same in every rebuild.",
        "rights": f"Rights are those of each work; nothing holds for all of them. Summed up: {classes} (unknown is not "
        f"free).\n{stated}{more}",
        "mining": f"{facts.reserved:,} of {n:,} works carry a reservation of data mining (PLUS vocabulary, in the file "
        "or the catalogue). That none is found is no permission.",
        "access": f"{plain(manifest.homepage) or BLANK} `latentarchive export ARCHIVE croissant` makes it a data set.",
        "unfit": "Nearness in an embedding is no statement about a work, and a cosine of one encoder means nothing in "
        f"another. Absence from this archive is not absence from the world. {BLANK}",
        "version": f"Archive {in_markdown(manifest.name)}, built {manifest.created}; digest of the catalogue "
        f"`{manifest.digest}`" + (f"; encoder fingerprint `{manifest.fingerprint}`." if archive.has_vectors else "."),
        "growth": f"`latentarchive build` brings the archive up to date with its collection; ids stay. {BLANK}",
    }


def _span(facts: Facts) -> str:
    if facts.first is None or facts.last is None:
        return "No span of years can be given."
    return f"{_year(facts.first)} to {_year(facts.last)}."


def _year(year: int) -> str:
    return f"{-year} BCE" if year < 0 else str(year)


def _list(facts: Facts, name: str) -> str:
    lines = [f"- {in_markdown(value)}: {count:,}" for value, count in facts.common[name]]
    said = facts.n - facts.missing[name]
    head = f"{said:,} of {facts.n:,} works name one. The most common:"
    return "\n".join([head, "", *lines]) if lines else f"No work says ({name})."


def _code(text: str) -> str:
    return f"`{plain(text).replace('`', '')}`"


def _measured(archive: Archive, report: Report | None) -> Iterator[str]:
    """The findings of an audit."""
    if report is None:
        return
    yield f"\n## Measured by an audit: {in_markdown(report.title)}\n"
    yield f"{report.n:,} {report.items}; suite `{plain(report.suite)}`, {report.run.get('began', '')}."
    if report.provenance.get("archive_digest") != archive.manifest.digest:
        yield "The audit was of another state of this archive: its catalogue had another digest."
    yield ""
    for one in report.findings:
        yield f"- {in_markdown(one.sentence)}{_said(one)}"


def _said(one: Finding) -> str:
    said: list[str] = [one.outcome] if one.outcome in ("fail", "skip") else []
    said += [f"n = {one.n:,}"] if one.n is not None else []
    if one.interval is not None:
        said.append(f"95 % interval {one.interval[0]:.4g} to {one.interval[1]:.4g} ({in_markdown(one.interval_by)})")
    return f" ({'; '.join(said)})" if said else ""
