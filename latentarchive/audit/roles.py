"""What a column is for, whatever its publisher calls it: the names that each role goes by, and which is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from latentarchive.audit.database import quoted, string

NUMBER, TEXT, YEAR = "DOUBLE", "VARCHAR", "year"
"""Types of columns: the names of DuckDB's, and years, which tables write as numbers or as days (1855-01-01)."""

DATES = ("date", "creation_date", "object_date", "objectdate", "object date", "date_created", "date_display")
"""Names of columns with dates in words, which are read where a table gives no years: "c. 1860", "1925?"."""

ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "id": (TEXT, ("id", "sample_id", "uid", "key")),
    "url": (TEXT, ("url", "image_url")),
    "caption": (TEXT, ("text", "caption", "alt_text", "alt", "top_caption")),
    "width": (NUMBER, ("original_width", "width")),
    "height": (NUMBER, ("original_height", "height")),
    "similarity": (NUMBER, ("similarity", "clip_l14_similarity_score", "clip_b32_similarity_score",
                            "clip_similarity_vitl14", "clip_similarity_vitb32")),
    "aesthetic": (NUMBER, ("aesthetic", "aesthetic_score", "aesthetics_score", "aesthetic_score_laion_v2")),
    "punsafe": (NUMBER, ("punsafe",)),
    "pwatermark": (NUMBER, ("pwatermark", "watermark_score")),
    "language": (TEXT, ("language", "lang", "lang_laion")),
    "nsfw": (TEXT, ("nsfw",)),
    "rights": (TEXT, ("rights", "license", "licence", "license_url")),
    "pair_hash": ("HUGEINT", ("hash",)),
    "md5": (TEXT, ("md5",)),
    "sha256": (TEXT, ("sha256",)),
    "year": (YEAR, ("year", "year_start", "date_start", "date_earliest", "objectbegindate", "object begin date",
                    "creation_date_earliest")),
    "year_end": (YEAR, ("year_end", "date_end", "date_latest", "objectenddate", "object end date",
                        "creation_date_latest")),
    "source": (TEXT, ("source",)),
    "mining": (TEXT, ("mining", "data_mining", "plus_data_mining")),
    "acquired": (TEXT, ("date_acquired", "acquired", "acquisition_date", "acquisition_year", "accession_date",
                        "accessionyear", "accession_year")),
    "provenance": (TEXT, ("provenance_text", "provenance", "ownership_history", "object_provenance")),
}  # fmt: skip
"""By role: its type, and the names it goes by, best first, in any case. Original sizes stand before those that a
downloader resized to. The names are those of LAION, DataComp, COYO and img2dataset, and of museums' tables."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is there."""

    #: The expression that stands for it in a query.
    sql: str
    #: The publisher's own name of it.
    name: str


def find(names: Iterable[str], columns: Iterable[str], further: Mapping[str, str]) -> Column | None:
    """The first of some names that is there, in any case; None if none is.

    Args:
        names: What is looked for, best first.
        columns: The columns that there are.
        further: What an archive has beyond them, in its column ``extra``, by name in lower case.
    """
    own = {column.lower(): column for column in reversed(list(columns))}
    wanted = [name.lower() for name in names]
    for name in wanted:
        if name in own:
            return Column(quoted(own[name]), own[name])
    return next((Column(f"extra[{string(further[n])}]", f"extra.{further[n]}") for n in wanted if n in further), None)
