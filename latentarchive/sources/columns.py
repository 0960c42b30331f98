"""Catalogue columns to the fields of an item: usual names, a recipe's own mapping, and what is done to values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from latentarchive.dates import parse_years
from latentarchive.errors import SourceError, nearest
from latentarchive.items import Item, local_id
from latentarchive.rights import Rights, classify, mining_code
from latentarchive.sources.base import Source
from latentarchive.sources.column_names import ALIASES, PUBLIC_DOMAIN_FLAGS, columns_of
from latentarchive.sources.values import as_text, canonical, cleaned, collapsed, flatten, is_address, whole_year

KEPT_IDS = frozenset({"sampleid", "uid", "key", "hash"})
"""Id columns that stay in `extra` too: tests of membership look for them by name."""

UNSTATED = frozenset({"?"})
"""LAION's LICENSE where no licence was found."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """How the columns of one collection become items.

    A field takes the columns that `mapping` names, else the first column with one of its usual names
    (`ALIASES`), else its default. All other columns go to `Item.extra` as text, so nothing is dropped.
    """

    #: First half of every id.
    name: str
    #: Field of `Item` to its column, or to several that are joined with ", "; an empty list: none.
    mapping: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    #: What separates several subjects (without it ";" and "|" do) or creators (then joined with "; ").
    separators: Mapping[str, str] = field(default_factory=dict)
    #: Values for what a row leaves empty.
    defaults: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise `SourceError` for a field that cannot be mapped, with the nearest that can."""
        if not re.fullmatch(r"\w[\w.-]*", self.name):
            message = f"name {self.name!r} begins every id: it may hold letters, digits, '.', '_' and '-' only"
            raise SourceError(message)
        for what, table, known in (
            ("columns", self.mapping, ALIASES),
            ("defaults", self.defaults, ALIASES),
            ("separators", self.separators, ("creator", "subjects")),
        ):
            for key, value in table.items():
                if key not in known:
                    message = f"{what}: no field {key!r} to fill; {nearest(key, known)}"
                    raise SourceError(message)
                if what != "columns" and not (isinstance(value, str) and value):
                    message = f"{what}: {key} must be text, got {value!r}"
                    raise SourceError(message)
                if what == "columns" and not _names_columns(value):
                    message = f"columns: {key} must be a column name or a list of them, got {value!r}"
                    raise SourceError(message)

    @property
    def mapped(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The recipe's own mapping: field and column names."""
        return tuple((key, _listed(value)) for key, value in self.mapping.items())

    def require(self, rows: Iterable[Iterable[str]], *, where: str) -> None:
        """Check that every column that the recipe names occurs.

        Args:
            rows: Column names, one group after the other (the header of a table; the keys of each JSON
                record). Only as many groups are read as it takes to have seen every name.
            where: The table, for the message.

        Raises:
            SourceError: A named column occurs nowhere; the message gives the nearest one that does.
        """
        wanted = {column: key for key, columns in self.mapped for column in columns}
        seen: dict[str, None] = {}
        if not wanted:
            return
        for names in rows:
            seen.update(dict.fromkeys(names))
            if wanted.keys() <= seen.keys():
                return
        column, key = next((column, key) for column, key in wanted.items() if column not in seen)
        message = f"{where}: no column {column!r} for {key}; {nearest(column, list(seen)[:100])}"
        raise SourceError(message)

    def item(
        self, row: Mapping[str, Any], *, fallback: str, image: str | None = None, local: str | None = None
    ) -> Item:
        """One item from one raw row.

        Args:
            row: Values by column name; nested values become dotted names, lists text joined with "; ".
            fallback: Names the item where neither an id column nor an image path does.
            image: What the source itself knows as `Item.image`; then no column is asked.
            local: What the source itself takes as the item's name; then no column is asked.
        """
        row = flatten(row)
        values = {name: text for name, value in row.items() if (text := as_text(value))}
        bound = columns_of(tuple(row), self.mapped)
        took: set[str] = set()

        def joined(key: str) -> str:
            names = [name for name in bound[key] if name in values]
            took.update(names)
            parts = (values[name].split(self.separators.get(key) or None) for name in names)
            glue = "; " if key in self.separators else " "
            told = ", ".join(glue.join(text for part in p if (text := collapsed(part))) for p in parts)
            return told or self.defaults.get(key, "")

        fields: dict[str, Any] = {key: joined(key) for key in ("title", "creator", "medium", "place", "source")}
        fields["text"] = ", ".join(values[name] for name in bound["text"] if name in values)
        took.update(name for name in bound["text"] if name in values)
        took.update(n for n, v in values.items() if v == fields["text"] and canonical(n) in ALIASES["text"])
        fields["text"] = fields["text"] or self.defaults.get("text", "")
        fields["date"], fields["year"], fields["year_end"] = self._dated(values, bound, took)
        fields["subjects"] = self._subjects(row, bound["subjects"])
        took.update(bound["subjects"])
        fields["url"], fields["image"] = _addresses(values, row, bound, image, took)
        fields["url"] = fields["url"] or self.defaults.get("url", "")
        rights, written = self._rights(values, bound, took)
        fields["rights"], fields["rights_class"] = rights.canonical, rights.rights_class
        stated = next((name for name in bound["mining"] if mining_code(values.get(name, ""))), None)
        fields["mining"] = mining_code(values[stated] if stated else self.defaults.get("mining", ""))
        took.update([stated] if stated else [])
        if local is None:
            named = ", ".join(values[name] for name in bound["id"] if name in values)
            took.update(name for name in bound["id"] if canonical(name) not in KEPT_IDS)
            local = named or fields["image"] or fallback
        return Item(
            id=f"{self.name}:{local_id(local)}",
            extra=_extra(values, took) | ({"rights.written": written} if written else {}),
            **fields,
        )

    def _dated(
        self, values: Mapping[str, str], bound: Mapping[str, tuple[str, ...]], took: set[str]
    ) -> tuple[str, int | None, int | None]:
        """The date as written and its years: from columns of whole numbers, else read from the date."""
        date = ", ".join(collapsed(values[name]) for name in bound["date"] if name in values)
        first, last = (next((n for n in bound[key] if n in values), "") for key in ("year", "year_end"))
        year, end = (whole_year(values.get(name, "")) for name in (first, last))
        if year == 0 and end in (0, None):  # how tables of numbers write "no date"; there was no year 0
            year = end = None
        elif first and not date and values.get(last, values[first]) == values[first]:
            date = collapsed(values[first])  # the only date that the catalogue gives
        took.update(name for name in bound["date"] if name in values)
        if year is None and end is None and not date:
            date = self.defaults.get("date", "")
            year, end = (whole_year(self.defaults.get(key, "")) for key in ("year", "year_end"))
        parsed = parse_years(date)
        if (year is None and end is None) or (year is not None and end is not None and end < year):
            took.update(name for name in (first,) if name and collapsed(values[name]) == date)
            return date, *parsed  # columns that contradict each other stay in extra as written
        took.update(name for name in (first, last) if name and whole_year(values[name]) is not None)
        if year is None and parsed[0] is not None and end is not None and parsed[0] <= end:
            year = parsed[0]
        elif year is not None and end is None:
            end = parsed[1] if parsed[1] is not None and parsed[1] >= year else year
        return date, year, end

    def _subjects(self, row: Mapping[str, Any], names: Iterable[str]) -> tuple[str, ...]:
        """Every subject once, in order; a JSON list is taken as it is, text is split."""
        separator = self.separators.get("subjects")
        pattern = re.compile(re.escape(separator) if separator else "[;|]")
        found: dict[str, None] = {}
        for name in names:
            value = row.get(name)
            parts = [as_text(v) for v in value] if isinstance(value, list) else pattern.split(as_text(value))
            found.update(dict.fromkeys(collapsed(part) for part in parts))
        found.pop("", None)
        if not found and "subjects" in self.defaults:
            found.update(dict.fromkeys(collapsed(part) for part in pattern.split(self.defaults["subjects"])))
        return tuple(found)

    def _rights(
        self, values: Mapping[str, str], bound: Mapping[str, tuple[str, ...]], took: set[str]
    ) -> tuple[Rights, str]:
        """The statement to go by (a recognised URI before prose), and the other statements as written."""
        names = [name for name in bound["rights"] if values.get(name, "?") not in UNSTATED]
        took.update(names)
        stated = [classify(collapsed(values[name])) for name in names]
        if not stated and "rights" not in dict(self.mapped):
            flags = [n for n in values if canonical(n) in PUBLIC_DOMAIN_FLAGS and values[n].casefold() == "true"]
            stated = [classify("Public Domain") for _ in flags[:1]]
        if not stated:
            return classify(self.defaults.get("rights", "")), ""
        known = [r for r in stated if r.uri] or [r for r in stated if r.rights_class != "unknown"] or stated
        others = dict.fromkeys(values[name] for name in names if values[name] != known[0].canonical)
        return known[0], " | ".join(others)


@dataclass(frozen=True, kw_only=True)
class Catalogued(Source):
    """A source whose inputs come with columns of a catalogue."""

    #: Field of an item to the column that fills it, or to a list of columns that are joined with ", ".
    columns: Mapping[str, str | list[str]] = field(default_factory=dict)
    #: What separates several subjects, for example ``{subjects = " , "}`` (";" and "|" if not given), or
    #: several creators, who are then joined with "; ".
    separators: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise `SourceError` for a mapping that names no field of an item."""
        _ = self.catalogue

    @property
    def catalogue(self) -> Columns:
        """How the columns of this collection become items."""
        return Columns(name=self.name, mapping=self.columns, separators=self.separators, defaults=self.defaults)


def _addresses(
    values: Mapping[str, str],
    row: Mapping[str, Any],
    bound: Mapping[str, tuple[str, ...]],
    image: str | None,
    took: set[str],
) -> tuple[str, str]:
    """The `url` and `image` of an item: a local file before an address; the page before the image's address."""

    def first(name: str) -> str:
        value = row[name]
        return as_text(value[0]) if isinstance(value, list) else values[name]

    pictures = [name for name in bound["image"] if name in values]
    files = [name for name in pictures if not is_address(first(name))]
    remote = [n for n in (*pictures, *bound["addresses"]) if n in values and is_address(first(n))]
    page = next((name for name in (*bound["url"], *remote) if name in values), "")
    picture = next(iter(files or remote), "") if image is None else ""
    took.update(name for name in (page, picture) if name and first(name) == values[name])
    return collapsed(first(page)) if page else "", first(picture) if picture else image or ""


def _extra(values: Mapping[str, str], took: set[str]) -> dict[str, str]:
    """Every column that no field took, under its own name on one line."""
    extra: dict[str, str] = {}
    for name, value in values.items():
        if name not in took:
            key = collapsed(cleaned(name)) or "(no name)"
            extra[key] = f"{extra[key]}; {value}" if key in extra else value
    return extra


def _names_columns(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list | tuple) and all(isinstance(v, str) for v in value))


def _listed(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
