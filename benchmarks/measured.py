"""What was measured: the files of a results folder, asked by names that may not be there yet."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any


class Measured:
    """The results in a folder. What no command has written yet is None."""

    def __init__(self, folder: Path) -> None:
        """Read ``*.json`` of a folder."""
        self._files = {path.stem: json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))}

    def get(self, name: str, *keys: str) -> Any:
        """A value by the name of its file and the keys to it; None if there is none."""
        value = self._files.get(name)
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    @cached_property
    def sizes(self) -> list[int]:
        """The rows of every ``index-ROWS.json``, ascending."""
        names = (name.removeprefix("index-") for name in self._files if name.startswith("index-"))
        return sorted(int(name) for name in names if name.isdecimal())

    def index(self, rows: int, *keys: str) -> Any:
        """A value of ``index-ROWS.json``; None if there is none."""
        return self.get(f"index-{rows}", *keys)

    def over_rows(self, *keys: str) -> list[tuple[float, float]]:
        """Points (rows, value) of a value of every ``index-ROWS.json`` that has it, ascending."""
        found = ((rows, self.index(rows, *keys)) for rows in self.sizes)
        return [(float(rows), float(value)) for rows, value in found if value is not None]

    def builds(self, source: str) -> list[dict[str, Any]]:
        """The builds of ``growth.json`` from one kind of source, ascending; none if there are none."""
        return sorted(self.get("growth", "sources", source, "builds") or [], key=lambda build: build["rows"])
