"""Values of upstream tables as text: nested records under dotted names, numbers and lists on one line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import pyarrow as pa


def flatten(row: Mapping[str, Any]) -> dict[str, Any]:
    """Nested values as dotted names; the values of a list of records gathered under one name each."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, list | tuple) and value and all(isinstance(v, tuple) and len(v) == 2 for v in value):
            value = dict(value)  # an Arrow map
        if isinstance(value, Mapping):
            flat.update({f"{name}.{key}": inner for key, inner in flatten(value).items()})
        elif isinstance(value, list) and any(isinstance(v, Mapping) for v in value):
            for entry in value:
                for key, inner in flatten(entry).items() if isinstance(entry, Mapping) else [("", entry)]:
                    gathered = flat.setdefault(f"{name}.{key}".rstrip("."), [])
                    gathered.extend(inner if isinstance(inner, list) else [inner])
        else:
            flat[str(name)] = value
    return flat


def leaves(schema: pa.Schema | pa.DataType) -> Iterator[str]:
    """The names that `flatten` gives the columns of an Arrow schema (a map's own keys are not known)."""
    for leaf in schema:
        kind = leaf.type
        while pa.types.is_list(kind) or pa.types.is_large_list(kind):
            kind = kind.value_type
        if pa.types.is_struct(kind):
            yield from (f"{leaf.name}.{inner}" for inner in leaves(kind))
        else:
            yield leaf.name


def with_caption(row: Mapping[str, Any], caption: str) -> dict[str, Any]:
    """A record with the caption of its side file; a caption of its own that differs is kept beside it."""
    return {**row, "caption" if row.get("caption") in (None, "", caption) else ".txt": caption}


def as_text(value: Any) -> str:
    """A value as text: "" for None and NaN, whole numbers without ".0", lists joined with "; "."""
    if isinstance(value, str):
        return value if value.isprintable() and value[:1] != " " and value[-1:] != " " else cleaned(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, bytes):
        try:
            return cleaned(value.decode())
        except UnicodeDecodeError:
            return f"{len(value)} bytes"
    if isinstance(value, list | tuple):
        return "; ".join(text for v in value if (text := f"[{as_text(v)}]" if isinstance(v, list) else as_text(v)))
    return cleaned(str(value))


def collapsed(text: str) -> str:
    """Text on one line: every run of white space and line breaks is one space."""
    return " ".join(text.split())


def whole_year(text: str) -> int | None:
    """The year of a whole number or an ISO date, negative before the common era; None for anything else."""
    found = re.fullmatch(r"\s*([+-]?[0-9]{1,4}|-[0-9]{5,7})(?:\.0+)?(?:-[0-9]{2}(?:-[0-9]{2}(?:T.*)?)?)?\s*", text)
    return int(found[1]) if found else None


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """A column name in lower case, without white space, underscores and hyphens."""
    return re.sub(r"[\s_-]+", "", name).casefold()


def cleaned(text: str) -> str:
    """Text that UTF-8 can hold: no control characters but tab and line break, no half surrogate pairs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if text.isprintable():
        return text
    return re.sub("[\ud800-\udfff]", "\ufffd", re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text)).strip()


def is_address(text: str) -> bool:
    """Whether a text is an address on a network rather than a path."""
    return re.match(r"(?i)(https?|ftp|s3|gs)://", text) is not None
