"""Checks by name. A check is a function of a subject and keyword-only options that yields findings."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from latentarchive.audit.finding import Finding
from latentarchive.audit.subject import Subject
from latentarchive.binding import converted
from latentarchive.errors import SuiteError, nearest

FAMILIES = (
    *(
        "composition",
        "domains",
        "captions",
        "resolution",
        "years",
        "scores",
        "duplicates",
        "across",
        "membership",
        "retrieval",
        "association",
        "ranking",
        "zeroshot",
    ),
    *("structure", "mixing", "kept", "temporal", "plurality"),
    *("rights", "communities", "reservations", "embedded", "provenance", "quality"),
    "contrast",
)
"""Modules of this package that hold checks; the first half of their names."""

LEAST = {
    **dict.fromkeys(("top", "most", "k", "sample", "sample_rows", "often", "step", "patches", "at_least_years"), 1),
    **dict.fromkeys(("seed", "sheet_pairs"), 0),
}
"""Options that count something, in whatever check, and the least that they may be."""

Function = Callable[..., Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """A registered check."""

    name: str
    function: Function
    #: Type of each option, and the value of those that need not be given.
    options: Mapping[str, Any]
    defaults: Mapping[str, Any]

    @property
    def about(self) -> str:
        """What it does, from its docstring."""
        return inspect.getdoc(self.function) or ""

    def bound(self, given: Mapping[str, Any], *, where: str) -> dict[str, Any]:
        """All options with their values. Raises `SuiteError` for one that is unknown, missing or of another type."""
        for key in given:
            if key not in self.options:
                hint = nearest(key, self.options) if self.options else "it has none"
                message = f"{where}: check {self.name} has no option {key!r}; {hint}"
                raise SuiteError(message)
        for key in self.options:
            if key not in given and key not in self.defaults:
                message = f"{where}: check {self.name} needs the option {key!r}"
                raise SuiteError(message)
        try:
            values = {key: converted(value, self.options[key], key) for key, value in given.items()}
        except ValueError as error:
            message = f"{where}: check {self.name}: {error}"
            raise SuiteError(message) from error
        for key, value in values.items():
            if (least := LEAST.get(key)) is not None and isinstance(value, int) and value < least:
                message = f"{where}: check {self.name}: {key} must be at least {least}, got {value}"
                raise SuiteError(message)
        return dict(self.defaults) | values

    def findings(self, subject: Subject, options: Mapping[str, Any]) -> Iterator[Finding]:
        """What it finds with these options, one after the other; a `Skip` or an error ends it."""
        return self.function(subject, **options)


_CHECKS: dict[str, Check] = {}


def check(function: Function) -> Function:
    """Register a function as ``family.name``: its module's and its own."""
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
    hints = typing.get_type_hints(function)
    own = [p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    _CHECKS[name] = Check(
        name,
        function,
        options={p.name: hints[p.name] for p in own},
        defaults={p.name: p.default for p in own if p.default is not p.empty},
    )
    return function


def about_family(family: str) -> str:
    """What the checks of a family are about: the first line of its module; "" for a family that is not known."""
    if family not in FAMILIES:
        return ""
    return (import_module(f"latentarchive.audit.{family}").__doc__ or "").strip().partition("\n")[0]


def checks() -> dict[str, Check]:
    """All checks by name, in the order of their families and of their places in them."""
    for family in FAMILIES:
        import_module(f"latentarchive.audit.{family}")
    return {name: _CHECKS[name] for family in FAMILIES for name in _CHECKS if name.startswith(f"{family}.")}
