"""What captions are: how long, in which languages, and how many are none: repeated ones, names of files, nothing."""

from __future__ import annotations

from collections.abc import Iterator

from latentarchive.audit.finding import Finding, Picture, Skip, Table, shortened
from latentarchive.audit.languages import NAMES, counted, identified
from latentarchive.audit.registry import check
from latentarchive.audit.sampling import sample
from latentarchive.audit.stated import state
from latentarchive.audit.subject import Subject
from latentarchive.measures.intervals import WILSON, wilson
from latentarchive.measures.quantiles import counted_quantile

LENGTHS = (10, 20, 40, 80, 160, 320)
"""Upper ends of classes of length, in characters."""

ENDINGS = ("jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "svg", "heic", "avif")
CAMERA = "(img|dsc|dscn|dscf|pict|image|photo|picture|scan|screenshot|untitled)[ _-]*[0-9]+"
"""File names: what ends like an image, and the names that cameras and phones give."""


@check
def lengths(subject: Subject) -> Iterator[Finding]:
    """How long captions are, in characters, and how many items have none.

    Empty captions are counted first and are in no class of length.
    """
    facts = _facts(subject)
    rows = subject.rows(f"SELECT chars, sum(n)::BIGINT FROM {facts} GROUP BY chars ORDER BY chars")
    counts = {chars: n for chars, n in rows if chars is not None}
    none, total = sum(n for chars, n in rows if chars is None), sum(counts.values())
    yield Finding(
        sentence=f"{none:,} of {subject.n:,} {subject.noun} have no caption."
        if none
        else f"All {subject.n:,} {subject.noun} have a caption.",
        value=none / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        notes=("A placeholder such as '?' is no caption.",),
    )
    if not total:
        return
    low, median, high = (counted_quantile(counts.items(), at) for at in (0.05, 0.5, 0.95))
    classes = []
    for bottom, top in zip((0, *LENGTHS), (*LENGTHS, None), strict=True):
        held = sum(n for chars, n in counts.items() if chars > bottom and (top is None or chars <= top))
        classes.append((f"{bottom + 1} to {top}" if top else f"over {bottom}", held, held / total))
    yield Finding(
        sentence=f"Half of the {total:,} captions have at most {median:,} characters; nine in ten have from {low:,} to "
        f"{high:,}.",
        value=median,
        unit="characters",
        n=total,
        denominator="captions",
        table=Table(columns=("characters", "captions", "share of the captions"), rows=tuple(classes)),
        picture=Picture(kind="bars", x=0, y=(1,), alt="Bars: captions by length."),
    )


@check
def filenames(subject: Subject) -> Iterator[Finding]:
    """How many captions are the name of a file: ``boat.jpg``, ``IMG_2041``.

    A name is what ends like an image file, or a word that cameras and phones use with a number.
    """
    total = _captions(subject)
    (named,) = subject.row(f"SELECT coalesce(sum(n), 0)::BIGINT FROM {_facts(subject)} WHERE named")
    (first,) = subject.row(f"SELECT min(example) FROM {_facts(subject)} WHERE named")
    yield Finding(
        sentence=f"{named:,} of {total:,} captions are the name of a file, for example {shortened(first)!r}."
        if named
        else f"None of the {total:,} captions is the name of a file.",
        value=named / total,
        unit="share",
        n=total,
        denominator="captions",
    )


@check
def repeated(subject: Subject, *, often: int = 10, top: int = 20) -> Iterator[Finding]:
    """How many captions are word for word those of other items, and which come most often.

    What stands under hundreds of images was not written for any of them: names of shops, of themes, of templates. In
    a museum it may be right ("Untitled"). Captions are compared as they stand, by a 64-bit hash.

    Options:
        often: From how many items on a caption is called boilerplate.
        top: How many captions are listed.
    """
    caption, total = _caption(subject), _captions(subject)
    repeats = subject.once(
        "repeated captions",
        f"""SELECT hash({caption}) AS h, count(*) AS n FROM items WHERE ({state(caption)}) = 3
            GROUP BY h HAVING count(*) > 1""",
    )
    again, boilerplate, kinds = subject.row(
        f"""SELECT coalesce(sum(n), 0)::BIGINT, coalesce(sum(n) FILTER (n >= {int(often)}), 0)::BIGINT,
            count(*) FILTER (n >= {int(often)}) FROM {repeats}"""
    )
    most = f"SELECT h FROM {repeats} ORDER BY n DESC, h LIMIT {int(top)}"
    rows = subject.rows(
        f"""SELECT {caption} AS c, count(*) AS n FROM items WHERE hash({caption}) IN ({most})
            GROUP BY c ORDER BY n DESC, c"""
        if again
        else "SELECT '', 0 WHERE false"
    )
    yield Finding(
        sentence=f"{again:,} of {total:,} captions ({again / total:.1%}) also stand, word for word, under another "
        f"of the {subject.noun}.",
        value=again / total,
        unit="share",
        n=total,
        denominator="captions",
    )
    first = f"; the most common, {shortened(rows[0][0])!r}, under {rows[0][1]:,}" if rows else ""
    said = f"No caption stands under {often} {subject.noun} or more{first}."
    if kinds:
        said = (
            f"{kinds:,} captions stand under {often} {subject.noun} or more, under {boilerplate:,} of {total:,} "
            f"({boilerplate / total:.1%}) together{first}."
        )
    yield Finding(
        sentence=said,
        value=boilerplate / total,
        unit="share",
        n=total,
        denominator="captions",
        table=Table(
            columns=("caption", "items", "share of the captions"),
            rows=tuple((shortened(text), n, n / total) for text, n in rows),
        ),
        picture=Picture(kind="bars", x=0, y=(1,), alt="Bars: the captions that stand under most items.")
        if rows
        else None,
    )


@check
def languages(
    subject: Subject, *, sample_rows: int = 200_000, seed: int = 0, confidence: float = 0.7, top: int = 20
) -> Iterator[Finding]:
    """In which languages captions are, as far as that can be told; the undetermined share comes first.

    By py3langid, which was made for longer texts: a caption for which it is not sure enough, or one without letters,
    is undetermined and in no share of a language. Rare languages are where such a tool errs: read the captions that
    are given with each. Large tables are sampled. Where a table says languages itself, both are compared.

    Options:
        sample_rows: Tables with more items are sampled down to so many.
        seed: Of the sample.
        confidence: From which confidence on, 0 to 1, a language counts.
        top: How many languages are listed.
    """
    caption = _caption(subject)
    label = f"lower(trim(CAST({subject.sql('language')} AS VARCHAR)))" if subject.has("language") else "NULL"
    columns = f"{subject.example} AS example, {caption} AS caption, {label} AS label"
    drawn = sample(subject, f"captions drawn {sample_rows} {seed}", columns, sample_rows, seed)
    rows = subject.rows(
        f"SELECT example, caption, label FROM {drawn} WHERE ({state('caption')}) = 3 ORDER BY example, caption, label"
    )
    if not rows:
        message = "there are no captions"
        raise Skip(message)
    found = [language if sure >= confidence else "" for language, sure in identified(text for _, text, _ in rows)]
    sampled = subject.n > sample_rows
    how: tuple[str, ...] = (
        f"py3langid, confidence from {confidence:g}; languages by ISO 639 code where they have no name here.",
    )
    how += (f"A sample of {len(rows):,} captions, drawn with seed {seed}.",) if sampled else ()
    unknown = found.count("")
    yield Finding(
        sentence=f"Of {unknown:,} of {len(rows):,} captions{' drawn' * sampled} ({unknown / len(rows):.1%}) the "
        "language cannot be told.",
        value=unknown / len(rows),
        unit="share",
        n=len(rows),
        denominator="captions",
        interval=wilson(unknown, len(rows)) if sampled else None,
        interval_by=WILSON if sampled else "",
        notes=how,
    )
    counts = counted(found)
    if not counts:
        return
    total = len(rows) - unknown
    first, most = counts[0]
    bounds = (
        [wilson(n, total) for _, n in counts[:top]] if sampled else [(n / total, n / total) for _, n in counts[:top]]
    )
    names = ("language", "captions", "share of those told", *(("from", "to") if sampled else ()))
    yield Finding(
        sentence=f"{NAMES.get(first, first)} is the language of {most / total:.1%} of the {total:,} captions of which "
        f"it can be told; {len(counts)} {'language was' if len(counts) == 1 else 'languages were'} found.",
        value=most / total,
        unit="share",
        n=total,
        denominator="captions with a language",
        interval=bounds[0] if sampled else None,
        interval_by=WILSON if sampled else "",
        table=Table(
            columns=names,
            rows=tuple(
                (NAMES.get(code, code), n, n / total, *(ends if sampled else ()))
                for (code, n), ends in zip(counts[:top], bounds, strict=True)
            ),
        ),
        picture=Picture(kind="bars", x=0, y=(2,), alt="Bars: languages by their share of the captions."),
        notes=how,
    )
    yield _to_read(rows, found, [code for code, _ in counts[:top]])
    if subject.has("language"):
        yield from _compared(rows, found, subject.column_of("language"), top)


def _to_read(rows: list[tuple[str, str, str | None]], found: list[str], codes: list[str]) -> Finding:
    """Two captions of each language."""
    taken: dict[str, list[tuple[str, str, str]]] = {code: [] for code in codes}
    for (example, text, _), code in zip(rows, found, strict=True):
        if code in taken and len(taken[code]) < 2:
            taken[code].append((example, NAMES.get(code, code), shortened(text)))
    return Finding(
        sentence="Captions of each language, to be read before a share of it is quoted.",
        table=Table(
            columns=("item", "language found", "caption"),
            rows=tuple(row for code in codes for row in taken[code]),
            ids=(0,),
        ),
    )


def _compared(rows: list[tuple[str, str, str | None]], found: list[str], column: str, top: int) -> Iterator[Finding]:
    """How often the language that a table says is the one that is found."""
    said: dict[str, list[str]] = {}
    for (_, _, label), code in zip(rows, found, strict=True):
        if label and label not in ("?", "unknown", "und") and code:
            said.setdefault(label, []).append(code)
    n = sum(map(len, said.values()))
    if not n:
        return
    same = {label: sum(code == label.split("-")[0] for code in codes) for label, codes in said.items()}
    agree = sum(same.values())
    largest = sorted(said, key=lambda label: (-len(said[label]), label))[:top]
    yield Finding(
        sentence=f"Column {column} says the language that was found for {agree:,} of {n:,} captions ({agree / n:.1%}) "
        "where it says one and one was found.",
        value=agree / n,
        unit="share",
        n=n,
        denominator="captions with a language, said and found",
        interval=wilson(agree, n),
        interval_by=WILSON,
        table=Table(
            columns=("said", "captions", "the same was found", "most often found"),
            rows=tuple(
                (NAMES.get(label, label), len(said[label]), same[label] / len(said[label]),
                 NAMES.get(code := counted(said[label])[0][0], code))
                for label in largest
            ),
        ),
        notes=("Both can be wrong; a label of which little is found again needs a person's look.",),
    )  # fmt: skip


def _caption(subject: Subject) -> str:
    return f"CAST({subject.sql('caption')} AS VARCHAR)"


def _captions(subject: Subject) -> int:
    """How many items have one. Raises `Skip` where none has."""
    (n,) = subject.row(f"SELECT coalesce(sum(n), 0)::BIGINT FROM {_facts(subject)} WHERE chars IS NOT NULL")
    if not n:
        message = "there are no captions"
        raise Skip(message)
    return int(n)


def _facts(subject: Subject) -> str:
    """From one scan: length (NULL without a caption), whether it is a file's name, an example of these, how many."""
    ends = ", ".join(f"'.{ending}'" for ending in ENDINGS)
    # Cheap looks first: most captions have no full stop, and few are short and end in a digit.
    named = f"""CASE WHEN contains(c, '.') THEN lower(right(c, 4)) IN ({ends}) OR lower(right(c, 5)) IN ({ends})
        WHEN strlen(c) <= 24 AND ascii(right(c, 1)) BETWEEN 48 AND 57
            THEN regexp_full_match(lower(trim(c)), '{CAMERA}')
        ELSE false END"""
    # Counted by state first: one expression for both took DuckDB 2.0 five times as long.
    query = f"""SELECT CASE WHEN state = 3 THEN chars END AS chars, named AND state = 3 AS named,
            min(example) AS example, sum(n)::BIGINT AS n
        FROM (SELECT {state("c")} AS state, length(c) AS chars, {named} AS named, min(c) FILTER ({named}) AS example,
                count(*) AS n
            FROM (SELECT trim(CAST({subject.sql("caption")} AS VARCHAR)) AS c FROM items) GROUP BY state, chars, named)
        GROUP BY ALL"""
    return subject.once("caption facts", query)
