"""What the app was started with: archives, generator, profile. Read from the environment, the same for all."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path

VARIABLE = "LATENTARCHIVE_APP"
"""Environment variable that holds the settings as JSON; `latentarchive app` writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the app was started with."""

    #: Directories of archives; none: those that lie under ``./archives``.
    archives: tuple[str, ...] = ()
    #: A generator as the commands take it: ``tiny``, a folder, a hub id.
    generator: str = "tiny"
    #: The TOML file of a kiosk; "": the whole app.
    kiosk: str = ""
    #: Where saved selections lie.
    selections: str = "selections"
    #: Where reports of audits lie.
    reports: str = "reports"
    #: Where suites of one's own lie, beside those that ship.
    suites: str = "suites"

    def to_json(self) -> str:
        """As the environment variable holds it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """From what the environment variable holds; keys that are not known are an error."""
        told = json.loads(text)
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(told) - known):
            message = f"{VARIABLE} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}"
            raise ValueError(message)
        return cls(**told | {"archives": tuple(told.get("archives", ()))})

    @property
    def places(self) -> dict[str, Path]:
        """Directory of each archive by the name that stands in addresses, in the order given."""
        given = [Path(path) for path in self.archives]
        if not given and Path("archives").is_dir():
            given = sorted(path.parent for path in Path("archives").glob("*/archive.json"))
        named: dict[str, Path] = {}
        for path in given:
            name, number = path.resolve().name, 2
            while name in named:
                name, number = f"{path.resolve().name}-{number}", number + 1
            named[name] = path
        return named


@cache
def read(text: str) -> Settings:
    """The settings that a text tells; "": the defaults."""
    return Settings.from_json(text) if text else Settings()


def current() -> Settings:
    """The settings of this process."""
    return read(os.environ.get(VARIABLE, ""))
