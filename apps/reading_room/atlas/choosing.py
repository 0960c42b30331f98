"""Which works are chosen, as the address says it: within a line, of a group, on this map or the one beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from latentarchive.errors import QueryError
from latentarchive.maps.agreement import Pair
from latentarchive.maps.serving import ShownMap
from reading_room.atlas import held


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was chosen; nothing: all works."""

    #: A line as `latentarchive.maps.selecting` writes it.
    line: str = ""
    #: The archive and method of the map on which that was done, ``ARCHIVE/METHOD``; "": the one that is asked.
    on: str = ""
    #: A group of that map, by its name, of the field that `by` names.
    only: str = ""
    by: str = ""

    def __bool__(self) -> bool:
        return bool(self.line or self.only)

    @classmethod
    def from_query(cls, asked: Mapping[str, str]) -> Choice:
        """What the query of an address says."""
        return cls(**{name: asked.get(name, "") for name in cls.__dataclass_fields__})

    def query(self) -> str:
        """The address of its bits under `routes.base`; "" where nothing is chosen."""
        said = {name: value for name, value in asdict(self).items() if value}
        return f"mask?{urlencode(said)}" if self else ""

    def places(self, shown: ShownMap) -> NDArray[np.int64]:
        """Places of the works that are chosen, on the map that is asked; ascending. Raises `QueryError`."""
        if not self:
            return np.arange(len(shown))
        first = held.current(*_named(self.on)) if self.on else shown
        chosen = first.selected(self.line) if self.line else np.arange(len(first))
        if self.only:
            groups = first.groups(self.by)
            if self.only not in groups.names:
                message = f"there is no group {self.only[:40]!r} of {self.by}"
                raise QueryError(message)
            chosen = chosen[groups.of[chosen] == groups.names.index(self.only)]
        return chosen if first is shown else pair(first, shown).across(chosen)


_pairs: dict[tuple[str, str], Pair] = {}


def pair(left: ShownMap, right: ShownMap) -> Pair:
    """Two maps with the works of both matched; the last few are kept."""
    key = (left.version, right.version)
    if key not in _pairs:
        while len(_pairs) >= 4:
            _pairs.pop(next(iter(_pairs)), None)
        _pairs[key] = Pair.of(left, right)
    return _pairs[key]


def _named(on: str) -> tuple[str, str]:
    archive, _, method = on.rpartition("/")
    return archive, method
