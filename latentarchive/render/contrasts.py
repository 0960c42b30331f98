"""A contrast as files: ``contrast.html``, ``sheet.png``, ``report.json``, beside its ``contrast.json`` and images."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.audit import Report
from latentarchive.audit.copied import possible_copies
from latentarchive.audit.finding import Finding
from latentarchive.diffusion.contrast import FILE, PAIRED, Contrast, Made
from latentarchive.diffusion.generated import discard
from latentarchive.diffusion.keeping import IMAGES, kept_image
from latentarchive.render.contact_sheet import Wall, write_sheet
from latentarchive.render.pages import check_place, page, shown
from latentarchive.render.report_page import evidence
from latentarchive.render.report_style import STYLE
from latentarchive.render.works import work
from latentarchive.wording import title

PAGE, SHEET, REPORT = "contrast.html", "sheet.png", "report.json"

MOST_PIXELS = 512
"""Longest side of a generated image in the page; the file beside it has all of its pixels."""

CONDITIONS = {
    "words": "the same words",
    "works": "the vectors of works",
    "centroid": "the one point between the works found",
    "captions": "the caption of each work",
    "image": "each work itself, as an image to begin from, at several strengths",
}
"""What a generator was told, in words."""

BESIDE = {
    "captions": "At the left a work of the archive, beside it what was generated from its caption alone.",
    "image": "At the left a work of the archive, then generated images that began from it. Strength 0 is the work "
    "through the model’s autoencoder without a step of denoising, 1 begins from noise alone.",
}

ASKED = {
    "contrast.nearest": "what they resemble",
    "contrast.refound": "what is found again",
    "contrast.displacement": "distance from what was asked",
    "contrast.copies": "possible copies",
    "contrast.authenticity": "distance from the nearest work",
    "contrast.discrepancy": "images and works as two groups",
    "contrast.covered": "how far both overlap",
    "contrast.diversity": "variety",
    "contrast.typicality": "how average they are",
    "contrast.contraction": "distance from the archive’s average",
    "contrast.drift": "the catalogue of what they resemble",
    "contrast.dates": "the years of what they resemble",
}
"""What each check asks, in words."""

WALLS = """
body { max-width: 84rem; }
.walls { align-items: start; display: grid; gap: 0 3rem; grid-template-columns: 1fr 1fr; }
.walls h2 { margin-top: 1.5rem; }
.walls ol.works { gap: 1.5rem 1rem; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
.walls .mat, .sweep .mat { height: 11rem; }
.generated .mat { background: none; }
.generated .mat img { height: 100%; min-height: 0; object-fit: contain; width: 100%; }
.generated .title { font-style: italic; }
.copy { border-left: 3px solid var(--first); padding-left: .5rem; }
ol.sweep { display: block; }
ol.sweep.two { display: grid; gap: 0 2rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); }
ol.sweep > li { border-top: 1px solid var(--line); break-inside: avoid; padding: 1rem 0; }
.strip { display: grid; gap: 1rem; grid-auto-columns: minmax(8.5rem, 14rem); grid-auto-flow: column; overflow-x: auto;
  padding: 2px; }
.strip:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
.strip figcaption { font-size: .8rem; }
.strip .quiet { font-size: .78rem; }
.walls h3 { margin: 1rem 0 .5rem; }
.findings article { margin-bottom: 1.1rem; max-width: 48rem; }
.findings .sentence { margin: 0; }
.findings details { margin: .15rem 0; }
@media (max-width: 44rem) {
  .walls { grid-template-columns: 1fr; }
  .walls ol.works { grid-template-columns: 1fr 1fr; }
  .walls .mat { height: 9rem; }
  .strip { grid-auto-flow: row; grid-template-columns: 1fr 1fr; overflow: visible; }
}
@media print { .walls ol.works { grid-template-columns: repeat(3, 1fr); } .walls .mat, .sweep .mat { height: 7rem; }
  .strip { overflow: visible; grid-auto-columns: 1fr; } .findings article { break-inside: auto; } }
"""


def write(contrast: Contrast, report: Report, folder: Path, *, archive: Archive) -> Path:
    """Write the page, the contact sheet and the report of a contrast into its folder; earlier ones there are replaced.

    Args:
        contrast: Whose images lie in the folder.
        report: What the checks found in it.
        folder: Where `make_contrast` kept it.
        archive: Where the works come from; what is withheld in it now is in none of the files.

    Returns:
        The page.

    Raises:
        ArchiveError: An image has no record, and is not shown without; there is no place for a file.
        WriteRefused: The disk is full, or we may not write there.
    """
    place = folder / PAGE
    check_place(place)
    withheld = set(archive.log.current())
    contrast, report = contrast.without(withheld), report.without(withheld)
    contrast.save(folder)
    names = {one.id for one in contrast.made}
    for earlier in (folder / SHEET, *(folder / IMAGES).glob("*.png")):
        if earlier.stem not in names:
            discard(earlier)
    report.save(folder / REPORT)
    if contrast.made:
        write_sheet(
            folder / SHEET, _heading(contrast), _sheet(contrast, folder, archive), [m.record for m in contrast.made]
        )
    storage.write_bytes(place, contrast_page(contrast, report, folder, archive=archive).encode())
    return place


def contrast_page(contrast: Contrast, report: Report, folder: Path, *, archive: Archive) -> str:
    """The page: two walls, or a strip for each work, then the findings, then how it was made."""
    walls = (_pairs if contrast.told in PAIRED else _walls)(contrast, folder, archive)
    stopped = "" if contrast.finished else " It was interrupted: these are the images so far."
    notes = "".join(f"<li>{shown(note)}</li>" for note in contrast.notes)
    body = f"""<header>
<h1>{shown(_heading(contrast))}</h1>
<p class=lead>An archive gives back what was put in. A generative model compresses and transforms: what went in is not
found again as it is.</p>
<p class=quiet>{shown(contrast.title)}: {contrast.size:,} works. The generator {shown(contrast.generator)} was told
{_told(contrast)}. None of the images that it made is a work.{stopped}</p>
<nav aria-label="On this page"><p class=quiet><a href="#kept">Kept</a> · <a href="#made">Made</a> ·
<a href="#findings">What became of it</a> · <a href="#how">How this was made</a></p></nav>
{f"<ul class=notes>{notes}</ul>" if notes else ""}
</header>
<main>
{walls}
<section class=findings id=findings><h2>What became of it</h2>
<p class=quiet>Each sentence opens to its figures: how many images, what chance or the archive itself would give, how
sure. To resemble is to lie near in the archive’s space; it is no origin.</p>
{"".join(_findings(report.findings, archive))}
</section>
{_made_how(contrast, report)}
</main>"""
    return page(_heading(contrast), body, style=STYLE + WALLS)


def _told(contrast: Contrast) -> str:
    """What the generator was told, with what it was told beside an image."""
    said, record = CONDITIONS[contrast.told], contrast.made[0].record if contrast.made else None
    if contrast.told != "image" or record is None:
        return said
    beside = [f"the words “{shown(record.asked)}”"] if record.asked else []
    beside += ["the vector of the same work"] if record.items else []
    return f"{said}, and beside it {' and '.join(beside) or 'nothing'}"


def _heading(contrast: Contrast) -> str:
    return f"{contrast.query}, kept and made"


# Walls.


def _walls(contrast: Contrast, folder: Path, archive: Archive) -> str:
    kept = "".join(f"<li>{work(one.id, [archive])}</li>" for one in contrast.retrieved)
    made = "".join(f"<li>{_generated(one, contrast, folder, archive)}</li>" for one in contrast.made)
    found = {one.id for one in contrast.retrieved}
    others = [one for one in (contrast.made[0].sources if contrast.made else ()) if one not in found]
    with_them = "".join(f"<li>{work(one, [archive])}</li>" for one in others)
    asked = f"<h3>Asked with</h3><ol class=works>{with_them}</ol><h3>Found</h3>" if others else ""
    return f"""<div class=walls>
<section aria-labelledby=kept><h2 id=kept>Kept: retrieved from the archive</h2>
<p class=quiet>{_works(len(contrast.retrieved))}, nearest first.</p>
{asked}<ol class="works">{kept}</ol></section>
<section aria-labelledby=made><h2 id=made>Made: generated, none of them a work</h2>
<p class=quiet>{_images(len(contrast.made))}, in the order of their seeds.</p>
<ol class="works">{made}</ol></section>
</div>"""


def _pairs(contrast: Contrast, folder: Path, archive: Archive) -> str:
    strips = []
    for one in contrast.retrieved:
        own = [made for made in contrast.made if one.id in made.sources]
        figures = "".join(_generated(made, contrast, folder, archive) for made in own)
        name = shown(title(archive.item(one.id)))
        strips.append(
            f'<li><div class=strip tabindex=0 role=group aria-label="{name}, and what was made of it">'
            f"{work(one.id, [archive])}{figures}</div></li>"
        )
    return f"""<section aria-labelledby=kept><h2 id=kept>Kept, and <span id=made>made anew</span></h2>
<p class=quiet>{BESIDE[contrast.told]}</p>
<ol class="works sweep{" two" if contrast.told == "captions" else ""}">{"".join(strips)}</ol></section>"""


def _generated(one: Made, contrast: Contrast, folder: Path, archive: Archive) -> str:
    """One generated image, framed and labelled as such."""
    near, score = (one.near[0], f", {one.scores[0]:+.2f}") if one.near else ("", "")
    likest = shown(_named(near, archive)) if near else "no work"
    how = f"seed {one.record.seed}" if one.strength is None else f"strength {one.strength:g}, seed {one.record.seed}"
    if contrast.told == "captions":
        how += f"; told “{one.record.asked}”"
    rule = possible_copies(contrast)
    copy = ""
    if rule is not None and rule.flags(one):
        copy = f"<p class=copy>Possible copy of {shown(_named(one.alike_to, archive))} ({shown(one.alike_to)})</p>"
    image = _image(folder, one.id)
    alt = f"Generated image, not a work; it resembles {likest} most"
    picture = f'<img alt="{alt}" loading="lazy" src="{image}">' if image else "<span class=quiet>deleted since</span>"
    return f"""<figure class=generated id="{shown(one.id)}"><div class=mat>{picture}</div>
<figcaption><p class=title>Generated, not a work</p><p class=quiet>{shown(how)}</p>
<p class=quiet>Resembles most: {likest}{f" ({shown(near)}{score})" if near else ""}</p>{copy}</figcaption></figure>"""


def _named(item_id: str, archive: Archive) -> str:
    return title(archive.item(item_id))


def _image(folder: Path, name: str) -> str:
    """A generated image for a page, its record inside; "" if it is gone. Raises `ArchiveError` if it has no record."""
    made = kept_image(folder, name)
    if made is None:
        return ""
    made.image.thumbnail((MOST_PIXELS, MOST_PIXELS))
    return f"data:image/png;base64,{base64.b64encode(made.png()).decode()}"


# Findings.


def _findings(findings: Sequence[Finding], archive: Archive) -> Iterable[str]:
    """One sentence a finding, its figures behind it; what could not be asked stands once for each reason."""
    asked = [one for one in findings if one.outcome != "skip"]
    for number, one in enumerate(asked, start=1):
        behind = "\n".join(evidence(one, number, {"": archive}))
        failed = "<p class=outcome>Failed</p>" if one.outcome == "fail" else ""
        yield f"""<article class="{one.outcome}" id="f{number}">{failed}<p class=sentence>{shown(one.sentence)}</p>
<details><summary>Figures: {shown(ASKED.get(one.check, one.check))}</summary>{behind}</details></article>"""
    skipped = sorted((one.sentence, ASKED.get(one.check, one.check)) for one in findings if one.outcome == "skip")
    for sentence, group in groupby(skipped, key=lambda pair: pair[0]):
        names = ", ".join(dict.fromkeys(check for _, check in group))
        yield f"<article class=skip><p class=sentence>{shown(sentence)}</p><p class=quiet>{shown(names)}</p></article>"


def _made_how(contrast: Contrast, report: Report) -> str:
    records = [one.record for one in contrast.made]
    first = records[0] if records else None
    entries = {
        "query": contrast.query,
        "archive": f"{contrast.archive}, encoder {contrast.encoder}, fingerprint {contrast.encoder_fingerprint[:12]}",
        "generator": f"{contrast.generator}, fingerprint {contrast.generator_fingerprint[:12]}",
    }
    if first is not None:
        seeds = sorted({one.seed for one in records})
        entries |= {
            "asked": "" if contrast.told == "captions" else first.asked,
            "negative": first.negative,
            "told vectors of": ", ".join(dict.fromkeys(item for one in records for item in one.items)),
            "told captions of": ", ".join(dict.fromkeys(item for one in records for item in one.described)),
            "seeds": f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else str(seeds[0]),
            "steps, guidance": f"{first.steps}, {first.guidance:g}",
            "scheduler": first.scheduler,
            "size": f"{first.size[0]} × {first.size[1]} pixels, shown enlarged",
        }
    versions = report.provenance.get("versions", {})
    made_with = {**versions, **(first.versions if first is not None else {})}
    entries["versions"] = ", ".join(f"{name} {version}" for name, version in made_with.items())
    rows = "".join(f"<dt>{shown(name)}</dt><dd>{shown(value)}</dd>" for name, value in entries.items() if value)
    files = f"""<a href="{FILE}">contrast.json</a> (all that was seen),
<a href="{REPORT}">report.json</a> (all figures), <a href="{SHEET}">sheet.png</a>, <a href="{IMAGES}/">images</a>, each
with its record"""
    return f"""<section id=how><h2>How this was made</h2><dl>{rows}<dt>files</dt><dd>{files}</dd></dl></section>"""


def _works(n: int) -> str:
    return "One work" if n == 1 else f"{n:,} works"


def _images(n: int) -> str:
    return "One image" if n == 1 else f"{n:,} images"


# The contact sheet.


def _sheet(contrast: Contrast, folder: Path, archive: Archive) -> list[Wall]:
    """What stands on the sheet: two walls, or a row for each work."""

    def kept(item_id: str) -> tuple[bytes, str]:
        return archive.thumbnail(item_id), title(archive.item(item_id))

    def made(one: Made) -> tuple[bytes, str]:
        image = kept_image(folder, one.id)
        label = f"seed {one.record.seed}" if one.strength is None else f"strength {one.strength:g}"
        return (image.png() if image is not None else b""), label

    if contrast.told not in PAIRED:
        works, images = [kept(one.id) for one in contrast.retrieved], [made(one) for one in contrast.made]
        return [
            Wall("Kept: retrieved from the archive", works, generated=False),
            Wall("Made: generated, none of them a work", images, generated=True),
        ]
    works = [kept(one.id) for one in contrast.retrieved]
    walls = [Wall("Kept", works, generated=False, across=1)]
    for strength in contrast.strengths:
        images = [made(one) for one in contrast.at(strength)]
        heading = "Made from its caption" if strength is None else f"Made at strength {strength:g}"
        walls.append(Wall(heading, images, generated=True, across=1))
    return walls
