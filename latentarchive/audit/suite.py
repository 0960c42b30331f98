"""Suites: a TOML file names checks with their options, and all of them are bound before anything runs."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from latentarchive.audit.registry import Check, checks
from latentarchive.errors import SuiteError, nearest
from latentarchive.recipes import SHIPPED

BOUNDS = ("at_least", "at_most")
"""Options that every check may have: bounds of the value of its first finding, which then passes or fails."""


@dataclass(frozen=True)
class Bound:
    """One check with all that it runs with."""

    check: Check
    options: Mapping[str, Any]
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Suite:
    """An audit: which checks, with which options, in which order."""

    name: str
    title: str
    #: What it is for, in a few sentences.
    about: str
    checks: tuple[Bound, ...]
    text: str
    sha256: str

    @property
    def wants(self) -> str:
        """What it asks about: ``archive`` (or a table), ``contrast``, or ``two archives``, the second not yet named."""
        if all(bound.check.name.startswith("contrast.") for bound in self.checks):
            return "contrast"
        others = [bound.options["other"] for bound in self.checks if "other" in bound.options]
        return "two archives" if len(others) == len(self.checks) and not any(others) else "archive"


@dataclass(frozen=True)
class Offer:
    """A suite that may be chosen by name, or why it cannot be."""

    name: str
    #: None: it cannot be read, and `problem` says why.
    suite: Suite | None
    problem: str = ""


def offers(folder: Path) -> list[Offer]:
    """The shipped suites, then those in a folder (which need not exist), by name; a name stands for one of them.

    A file of the folder that is no suite is offered with what is wrong in it. One that has a shipped suite's name, but
    another text, is called ``NAME.toml``.
    """
    offered = [Offer(name, load_suite(name)) for name in names()]
    shipped = {one.name: one.suite.sha256 for one in offered if one.suite is not None}
    for path in sorted(folder.glob("*.toml")):
        name = path.name if path.stem in shipped else path.stem
        try:
            suite = load_suite(str(path))
        except SuiteError as error:
            offered.append(Offer(name, None, str(error).replace(str(path), path.name)))
            continue
        if shipped.get(path.stem) != suite.sha256:
            offered.append(Offer(name, suite))
    return offered


def names() -> list[str]:
    """Names of the shipped suites."""
    return sorted(path.stem for path in (SHIPPED / "audits").glob("*.toml"))


def load_suite(name_or_path: str) -> Suite:
    """Read and bind a suite.

    Args:
        name_or_path: The name of a shipped one, or a TOML file.

    Raises:
        SuiteError: There is no such suite; it is not TOML; a check or an option is unknown, missing, or of another
            type. The message names file and check and the nearest name.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = SHIPPED / "audits" / f"{name_or_path}.toml"
        if not path.is_file():
            message = f"there is no suite {name_or_path!r}; {nearest(name_or_path, names())}, or a path ending in .toml"
            raise SuiteError(message)
    try:
        text = path.read_text()
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        message = f"suite {path} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise SuiteError(message) from error
    except tomllib.TOMLDecodeError as error:
        message = f"{path} is not TOML: {error}"
        raise SuiteError(message) from error
    return bind(table, name=path.stem, text=text, where=str(path))


def with_option(suite: Suite, name: str, value: Any) -> Suite:
    """The same suite, with this value of an option in every check that has it."""
    bound = (replace(b, options={**b.options, name: value}) if name in b.check.options else b for b in suite.checks)
    return replace(suite, checks=tuple(bound))


def bind(table: Mapping[str, Any], *, name: str, text: str, where: str) -> Suite:
    """A suite from the tables of its TOML text. Raises `SuiteError` as `load_suite`."""
    for key in table:
        if key not in ("title", "about", "check"):
            message = f"{where}: unknown key {key!r}; {nearest(key, ('title', 'about', 'check'))}"
            raise SuiteError(message)
    entries = table.get("check")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        message = f"{where}: there must be one table [[check]] or more"
        raise SuiteError(message)
    for key in ("title", "about"):
        if not isinstance(table.get(key, ""), str):
            message = f"{where}: {key!r} must be a text, got {table[key]!r}"
            raise SuiteError(message)
    known = checks()
    bound = [_bound(dict(entry), known, f"{where} [[check]] {number}") for number, entry in enumerate(entries, 1)]
    return Suite(
        name=name,
        title=table.get("title", name),
        about=table.get("about", ""),
        checks=tuple(bound),
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def _bound(entry: dict[str, Any], known: Mapping[str, Check], where: str) -> Bound:
    name = entry.pop("name", None)
    if name not in known:
        message = f"{where}: no check {name!r}; {nearest(str(name), known)}"
        raise SuiteError(message)
    bounds: dict[str, float | None] = {}
    for key in BOUNDS:
        value = entry.pop(key, None)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            message = f"{where}: {key} must be a number, got {value!r}"
            raise SuiteError(message)
        bounds[key] = value
    return Bound(known[name], known[name].bound(entry, where=where), **bounds)
