"""Values of a TOML file as the types that they are meant for."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def converted(value: Any, hint: Any, where: str) -> Any:
    """A value as a type wants it: str, int, float, bool, Path, None, mappings, tuples of one of these, unions.

    Args:
        value: As `tomllib` reads it.
        hint: The type, resolved.
        where: File, table and key, for the message.

    Raises:
        ValueError: It is another kind of thing.
    """
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    for option in options:
        kind = typing.get_origin(option) or option
        if kind is Path and isinstance(value, str | Path):
            return Path(value)
        if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if kind is tuple and isinstance(value, list | tuple):
            of = (*typing.get_args(option), str)[0]
            try:
                return tuple(converted(one, of, where) for one in value)
            except ValueError:
                continue
        if kind is Mapping and isinstance(value, Mapping):
            return value
        if kind is types.NoneType and value is None:
            return value
        if isinstance(kind, type) and isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
    expected = getattr(hint, "__name__", str(hint)).replace("collections.abc.", "")
    message = f"{where} must be {expected}, got {value!r}"
    raise ValueError(message)
