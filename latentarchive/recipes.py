"""Recipes: TOML files in ``indexes/`` (or anywhere) to frozen dataclasses. Unknown keys are errors."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any, TypeVar

from latentarchive.binding import converted
from latentarchive.errors import RecipeError, nearest
from latentarchive.sources import SOURCES, Source
from latentarchive.trainings import GeneratorTraining, LoraTraining, Training

_PACKAGE = Path(__file__).parent
SHIPPED = _PACKAGE / "_shipped" if (_PACKAGE / "_shipped").is_dir() else _PACKAGE.parent
"""Where ``indexes/`` lies: inside an installed wheel, else at the top of the checkout."""

NAME = re.compile(r"\w[\w.-]*")
"""What an archive may be called: its name is a folder, and begins the id of every item."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class EncoderChoice:
    """Table ``[encoder]``: which encoder the archive is built with."""

    #: An encoder id: ``toy``, ``none``, ``openclip:ARCH/TAG``, ``openclip:ARCH/PATH`` or ``local:DIR``.
    id: str


@dataclass(frozen=True, kw_only=True)
class IndexChoice:
    """Table ``[index]``: how vectors are indexed."""

    #: ``auto`` (see `latentarchive.index.choose`), ``exact``, or a FAISS index_factory string for inner product.
    factory: str = "auto"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One collection, and what is made of it."""

    name: str
    title: str
    collection: Source
    homepage: str = ""
    #: Remarks for people: where the data is had, what was not tried.
    notes: str = ""
    encoder: EncoderChoice = field(default_factory=lambda: EncoderChoice(id="none"))
    index: IndexChoice = field(default_factory=IndexChoice)
    train: Training | None = None
    generator: GeneratorTraining | None = None
    lora: LoraTraining | None = None
    #: The file's text as it was read, and its SHA-256.
    text: str = ""
    sha256: str = ""


def names() -> list[str]:
    """Names of the recipes that ship with the package."""
    return sorted(path.stem for path in (SHIPPED / "indexes").glob("*.toml"))


def find(name_or_path: str) -> Path:
    """The file of a shipped recipe's name, or of a path that ends in ``.toml``. Raises `RecipeError`."""
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.is_file():
        if path.is_file():
            return path
        message = f"no recipe file {path}"
        raise RecipeError(message)
    shipped = SHIPPED / "indexes" / f"{name_or_path}.toml"
    if "/" in name_or_path or not shipped.is_file():
        message = f"no recipe {name_or_path!r}; {nearest(name_or_path, names())} (or give the path of a .toml file)"
        raise RecipeError(message)
    return shipped


def load_recipe(name_or_path: str, *, root: Path | None = None, name: str | None = None) -> Recipe:
    """Read and validate a recipe.

    Args:
        name_or_path: A shipped recipe's name, or a path.
        root: Folder that the collection's relative paths start from; None: the folder of the recipe if
            it was given as a path, else the working directory.
        name: Name of the archive, and first half of its item ids unless the recipe gives its collection a
            name of its own; None: the recipe's file name without its ending.

    Raises:
        RecipeError: Not found, not TOML, or a key that is unknown, missing or of the wrong type; the
            message names file, table and the nearest valid key.
    """
    path = find(name_or_path)
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read as UTF-8 text: {error}"
        raise RecipeError(message) from error
    if root is None:
        root = Path() if path.parent == SHIPPED / "indexes" else path.parent
    return parse_text(text, name=path.stem if name is None else name, where=str(path), root=root)


def parse_text(text: str, *, name: str, where: str, root: Path) -> Recipe:
    """Validate the text of a recipe.

    Args:
        text: TOML.
        name: Name of the recipe, and of its collection unless that says otherwise.
        where: Where the text comes from, for messages.
        root: Folder that the collection's relative paths start from.

    Raises:
        RecipeError: As `load_recipe`.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{where} is not TOML: {error}"
        raise RecipeError(message) from error
    known = {"title", "homepage", "notes", "collection", "encoder", "index", "train", "generator", "lora"}
    for key in table:
        if key not in known:
            message = f"{where}: unknown key {key!r}; {nearest(key, known)}"
            raise RecipeError(message)
    collection = dict(_table(table, "collection", where))
    kind = collection.pop("source", None)
    if kind not in SOURCES:
        message = f"{where} [collection]: source {kind!r} is unknown; {nearest(str(kind), SOURCES)}"
        raise RecipeError(message)
    values: dict[str, Any] = {key: table[key] for key in ("title", "homepage", "notes") if key in table}
    values["collection"] = parse(
        SOURCES[kind], {"name": name, "root": root, **collection}, where=f"{where} [collection]"
    )
    tables = {
        "encoder": EncoderChoice,
        "index": IndexChoice,
        "train": Training,
        "generator": GeneratorTraining,
        "lora": LoraTraining,
    }
    for key, cls in tables.items():
        if key in table:
            values[key] = parse(cls, _table(table, key, where), where=f"{where} [{key}]")
    if not NAME.fullmatch(name):
        message = (
            f"{where}: name {name!r} may hold letters, digits, '.', '_' and '-' only, and begin with none of the last"
        )
        raise RecipeError(message)
    values |= {"name": name, "text": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    return parse(Recipe, values, where=where)


def parse(cls: type[T], table: Mapping[str, Any], *, where: str) -> T:
    """Bind a TOML table to a dataclass whose fields are its keys.

    Args:
        cls: The dataclass. Its field types are checked one level deep (str, int, float, bool, Path,
            tuples of strings, mappings).
        table: Keys and values as `tomllib` reads them.
        where: File and table, for messages.

    Raises:
        RecipeError: A key is unknown, missing, or of another type than the field; or the dataclass
            itself refused the values.
    """
    hints = typing.get_type_hints(cls)
    known = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]  # T is always a dataclass
    for key in table:
        if key not in known:
            message = f"{where}: unknown key {key!r}; {nearest(key, known)}"
            raise RecipeError(message)
    for name, f in known.items():
        required = f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        if required and name not in table:
            message = f"{where}: key {name!r} is missing"
            raise RecipeError(message)
    try:
        values = {key: converted(value, hints[key], key) for key, value in table.items()}
        return cls(**values)
    except RecipeError:
        raise
    except ValueError as error:
        message = f"{where}: {error}"
        raise RecipeError(message) from error


_PLACE = re.compile(
    r"""(?x) (?P<quote>["']) (?P<kind>local:|openclip:[^/"'\n]+/)? (?P<path>
        (?(kind) [^"'\n]*[/\\] | (?:/|~|[A-Za-z]:[/\\]) ) [^"'\n]* ) (?P=quote)"""
)
"""A string of TOML that is a folder or file: an absolute one, or one that an encoder's id names."""


def without_places(text: str) -> str:
    """A recipe as it was written, but for where things lie on a machine: what may be published.

    Of an absolute path, and of the folder or file that an encoder's id names, the last name alone is left.
    """

    def named(found: re.Match[str]) -> str:
        path = found["path"]
        name = PurePath(path).name if "/" in path else PureWindowsPath(path).name
        return f"{found['quote']}{found['kind'] or ''}{name}{found['quote']}"

    return _PLACE.sub(named, text)


def _table(table: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = table.get(key)
    if not isinstance(value, Mapping):
        message = f"{where}: table [{key}] is missing" if value is None else f"{where}: {key!r} must be a table [{key}]"
        raise RecipeError(message)
    return value
