"""Word lists and image sets that audits ask with: TOML files in ``audits/lists/``, or a path to one's own."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from latentarchive.errors import SuiteError, nearest
from latentarchive.recipes import SHIPPED

HEAD = ("title", "about", "source")
SIDES = ("x", "y", "a", "b")

Words = Mapping[str, tuple[str, ...]]
"""By language (an ISO 639 code, or whatever the file calls it)."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One set of stimuli: words, or the images of works."""

    name: str
    #: The same in several languages, word by word; empty for images.
    words: Words = field(default_factory=dict)
    #: A filter over the items, or their ids.
    where: str = ""
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What every list has."""

    name: str
    title: str
    about: str
    #: Whose test it follows, and whose words these are.
    source: str
    sha256: str
    #: Sentences with ``{}`` for the word, by language; none: the word alone.
    templates: Words = field(default_factory=dict)

    def panel(self, language: str) -> tuple[str, ...]:
        """The templates of a language; the bare word where it has none."""
        return self.templates.get(language, ("{}",))

    @property
    def cited(self) -> str:
        """Name, source and digest, as a note of a finding."""
        return f"List {self.name}: {self.title}. {' '.join(self.source.split())} (SHA-256 {self.sha256[:12]})"


@dataclass(frozen=True, kw_only=True)
class Instrument(Listed):
    """Two sets of targets and two of attributes, for an association test."""

    x: Side
    y: Side
    a: Side
    b: Side

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of its words, in the order of the file; one without a name where all sides are images."""
        return next((tuple(side.words) for side in (self.x, self.y, self.a, self.b) if side.words), ("",))


@dataclass(frozen=True, kw_only=True)
class Prompts(Listed):
    """Queries, the same in every language."""

    prompts: Words

    @property
    def languages(self) -> tuple[str, ...]:
        """In the order of the file."""
        return tuple(self.prompts)


def names() -> list[str]:
    """Names of the shipped lists."""
    return sorted(path.stem for path in (SHIPPED / "audits" / "lists").glob("*.toml"))


def load_instrument(name_or_path: str) -> Instrument:
    """Read the list of an association test: tables ``[x]``, ``[y]`` (targets), ``[a]``, ``[b]`` (attributes).

    Each has a ``name`` and either ``words.LANGUAGE``, or ``where`` (a filter), or ``ids``.

    Raises:
        SuiteError: There is no such list, or it is not one of these: the message names file, table and what would do.
    """
    table, head, where = _read(name_or_path, SIDES)
    sides = {key: _side(table.get(key), f"{where} [{key}]") for key in SIDES}
    languages = [tuple(side.words) for side in sides.values() if side.words]
    for other in languages[1:]:
        if other != languages[0]:
            message = f"{where}: every side must have the same languages, got {languages[0]} and {other}"
            raise SuiteError(message)
    for language in languages[0] if languages else ():
        n, m = (len(sides[key].words.get(language, ())) for key in ("x", "y"))
        if n != m and n and m:
            message = (
                f"{where}: x has {n} words in {language!r} and y has {m}: the test deals them anew between both "
                "sides, so they must be equally many"
            )
            raise SuiteError(message)
    x, y, a, b = (sides[key] for key in SIDES)
    return Instrument(**head, x=x, y=y, a=a, b=b)


def load_prompts(name_or_path: str) -> Prompts:
    """Read a list of queries: a table ``[prompts]``, equally many in every language, in the same order.

    Raises:
        SuiteError: As `load_instrument`.
    """
    table, head, where = _read(name_or_path, ("prompts",))
    prompts = _words(table.get("prompts"), f"{where} [prompts]")
    if len({len(words) for words in prompts.values()}) > 1:
        counts = ", ".join(f"{language} {len(words)}" for language, words in prompts.items())
        message = f"{where}: [prompts] must be the same queries in every language, and equally many: {counts}"
        raise SuiteError(message)
    return Prompts(**head, prompts=prompts)


def _read(name_or_path: str, keys: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any], str]:
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = SHIPPED / "audits" / "lists" / f"{name_or_path}.toml"
        if not path.is_file():
            message = f"there is no list {name_or_path!r}; {nearest(name_or_path, names())}, or a path ending in .toml"
            raise SuiteError(message)
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        message = f"list {path} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise SuiteError(message) from error
    except tomllib.TOMLDecodeError as error:
        message = f"{path} is not TOML: {error}"
        raise SuiteError(message) from error
    where = path.name
    for key in table:
        if key not in (*HEAD, "templates", *keys):
            message = f"{where}: unknown key {key!r}; {nearest(key, (*HEAD, 'templates', *keys))}"
            raise SuiteError(message)
    for key in keys:
        if key not in table:
            message = f"{where}: there is no table [{key}]; this list needs {', '.join(f'[{key}]' for key in keys)}"
            raise SuiteError(message)
    for key in HEAD:
        if not isinstance(table.get(key, ""), str):
            message = f"{where}: {key!r} must be a text, got {table[key]!r}"
            raise SuiteError(message)
    templates = _words(table["templates"], f"{where} [templates]") if "templates" in table else {}
    for language, panel in templates.items():
        if odd := [template for template in panel if template.count("{}") != 1]:
            message = f"{where} [templates] {language}: {odd[0]!r} must have one {{}}, where the word goes"
            raise SuiteError(message)
    head = {"name": path.stem, "templates": templates, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    head |= {key: table.get(key, path.stem if key == "title" else "") for key in HEAD}
    return table, head, where


def _side(table: Any, where: str) -> Side:
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        message = f"{where}: it must be a table with a name"
        raise SuiteError(message)
    for key in table:
        if key not in ("name", "words", "where", "ids"):
            message = f"{where}: unknown key {key!r}; {nearest(key, ('name', 'words', 'where', 'ids'))}"
            raise SuiteError(message)
    if len(table) != 2:
        message = f"{where}: give words, or a filter (where), or ids: one of the three"
        raise SuiteError(message)
    if "words" in table:
        return Side(name=table["name"], words=_words(table["words"], f"{where} words"))
    if "where" in table:
        if not isinstance(table["where"], str) or not table["where"].strip():
            message = f"{where}: where must be a filter such as \"medium = 'Engraving'\", got {table['where']!r}"
            raise SuiteError(message)
        return Side(name=table["name"], where=table["where"])
    [ids] = _words({"ids": table["ids"]}, where).values()
    return Side(name=table["name"], ids=ids)


def _words(table: Any, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict) or not table:
        message = f"{where}: it must hold a list of texts for each language, en = [...]"
        raise SuiteError(message)
    found = {}
    for language, words in table.items():
        if not isinstance(words, list) or not words or not all(isinstance(w, str) and w.strip() for w in words):
            message = f"{where} {language}: it must be a list of texts, none of them empty"
            raise SuiteError(message)
        if repeated := sorted({word for word in words if words.count(word) > 1}):
            message = f"{where} {language}: {repeated[0]!r} is there twice"
            raise SuiteError(message)
        found[language] = tuple(words)
    return found
