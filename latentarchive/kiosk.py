"""Profiles of kiosks: one TOML file that says what an exhibition shows, in which words, and when it begins anew."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from latentarchive.errors import QueryError, RecipeError, nearest
from latentarchive.recipes import parse

if TYPE_CHECKING:
    from latentarchive.archive import Archive

LANGUAGES = ("en", "de", "fr", "it", "es", "ja", "ar")
"""Languages that the app's own words are there in."""

PAGES = ("search", "item", "contrast", "about")
"""Pages of a kiosk beside its start: what a question finds, one work, what a generator makes of a question, about."""

SIZES = (0.8, 3.0)
"""The smallest and the largest size of type, as a multiple of the ordinary one."""

Said = str | Mapping[str, str]
"""Words for visitors: the same in every language, or one text by language."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Table ``[works]``: which works there are here. Everything else is as good as withheld."""

    #: DuckDB expression over the item columns; see `filters.matching`. "": all.
    where: str = ""
    #: Ids; none: all that the filter leaves.
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Question:
    """One entry of ``[[questions]]``: what a visitor can tap. Raises `ValueError` unless it asks exactly one thing."""

    #: What stands on it.
    label: Said
    #: Searched for as they stand, whatever the language.
    words: str = ""
    #: Id of a work: its neighbours are searched for.
    work: str = ""

    def __post_init__(self) -> None:
        if bool(self.words.strip()) == bool(self.work):
            message = "a question has either 'words' or a 'work'"
            raise ValueError(message)


@dataclass(frozen=True, kw_only=True)
class Idle:
    """Table ``[idle]``: when nobody is there any more."""

    #: Seconds without a touch until it asks whether somebody is there, then until it begins anew.
    ask_after: float = 60.0
    reset_after: float = 15.0

    def __post_init__(self) -> None:
        for name, least in (("ask_after", 1), ("reset_after", 1)):
            if not least <= getattr(self, name) <= 86_400:
                message = f"{name} must be from {least} to 86,400 seconds, got {getattr(self, name):g}"
                raise ValueError(message)


@dataclass(frozen=True, kw_only=True)
class Attract:
    """Table ``[attract]``: what is seen while nobody is there."""

    #: Ids, in this order; none: works from all over the chosen ones.
    works: tuple[str, ...] = ()
    #: How long each of them stays.
    seconds: float = 8.0

    def __post_init__(self) -> None:
        if not 1 <= self.seconds <= 3600:
            message = f"seconds must be from 1 to 3,600, got {self.seconds:g}"
            raise ValueError(message)


@dataclass(frozen=True, kw_only=True)
class Typing:
    """Table ``[typing]``: whether visitors may ask in words of their own."""

    allowed: bool = False
    #: Words and phrases that are not searched for; a ``*`` at the end stands for any ending.
    blocked: tuple[str, ...] = ()

    def refuses(self, words: str) -> bool:
        """Whether words are not searched for here: whole words count, without regard to case, accents and signs."""
        return not self.allowed or any(_holds(words, entry) for entry in self.blocked)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One kiosk. Raises `ValueError` if a text is missing in a language that is offered."""

    title: Said
    #: Beneath the title at the start.
    text: Said = ""
    #: On the page ``about``.
    about: Said = ""
    #: Offered, the first of them before anybody has chosen.
    languages: tuple[str, ...] = ("en",)
    #: Some of `PAGES`.
    pages: tuple[str, ...] = ("search", "item", "about")
    #: Size of type, one of `SIZES`.
    size: float = 1.25
    works: Chosen = field(default_factory=Chosen)
    questions: tuple[Question, ...] = ()
    idle: Idle = field(default_factory=Idle)
    attract: Attract = field(default_factory=Attract)
    typing: Typing = field(default_factory=Typing)

    def __post_init__(self) -> None:
        for name, known in (("languages", LANGUAGES), ("pages", PAGES)):
            given = getattr(self, name)
            if unknown := [one for one in given if one not in known]:
                message = f"{name}: {unknown[0]!r} is unknown; {nearest(unknown[0], known)}"
                raise ValueError(message)
            if len(set(given)) != len(given) or (name == "languages" and not given):
                message = f"{name} must name each once, and at least one, got {list(given)}"
                raise ValueError(message)
        if not SIZES[0] <= self.size <= SIZES[1]:
            message = f"size must be from {SIZES[0]:g} to {SIZES[1]:g}, got {self.size:g}"
            raise ValueError(message)
        if not self.questions and not self.typing.allowed:
            message = "a visitor can do nothing here: give [[questions]], or allow typing"
            raise ValueError(message)
        for name in ("title", "text", "about"):
            _check_said(getattr(self, name), self.languages, name)
        for number, question in enumerate(self.questions, start=1):
            _check_said(question.label, self.languages, f"[[questions]] {number}: label")

    def check(self, archive: Archive) -> None:
        """Whether an archive has what the profile names. Raises `RecipeError`."""
        try:
            shown = archive.only(self.works.where, self.works.ids)
            if not len(shown):
                message = f"[works] chooses no work of archive {archive.name}"
                raise RecipeError(message)
            asked = (question.work for question in self.questions if question.work)
            for item_id in (*self.works.ids, *self.attract.works, *asked):
                shown.row(item_id)
        except QueryError as error:
            message = f"the profile names what is not shown: {error}"
            raise RecipeError(message) from error
        if "contrast" in self.pages and not archive.has_vectors:
            message = f"page 'contrast' needs vectors, and archive {archive.name} holds metadata only"
            raise RecipeError(message)


def load_profile(path: Path) -> Profile:
    """Read and validate a profile.

    Raises:
        RecipeError: It cannot be read, is not TOML, or a key is unknown, missing or of the wrong type; the message
            names file, table and the nearest valid key.
    """
    try:
        given = tomllib.loads(path.read_bytes().decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read as UTF-8 text: {error}"
        raise RecipeError(message) from error
    except tomllib.TOMLDecodeError as error:
        message = f"{path} is not TOML: {error}"
        raise RecipeError(message) from error
    tables = {"works": Chosen, "idle": Idle, "attract": Attract, "typing": Typing}
    values: dict[str, Any] = dict(given)
    for name, cls in tables.items():
        if name in given:
            values[name] = _table(cls, given[name], f"{path} [{name}]")
    questions = given.get("questions", [])
    if not isinstance(questions, list):
        message = f"{path}: each question must be a table [[questions]]"
        raise RecipeError(message)
    values["questions"] = tuple(
        _table(Question, one, f"{path} [[questions]] {number}") for number, one in enumerate(questions, start=1)
    )
    return parse(Profile, values, where=str(path))


def said(words: Said, language: str) -> str:
    """Words in one of the languages that a profile offers."""
    return words if isinstance(words, str) else words.get(language, "")


def _table(cls: type[T], given: Any, where: str) -> T:
    if not isinstance(given, Mapping):
        message = f"{where} must be a table"
        raise RecipeError(message)
    return parse(cls, given, where=where)


def _check_said(words: str | Mapping[str, object], languages: Sequence[str], name: str) -> None:
    if isinstance(words, str):
        return
    for code, text in words.items():
        if code not in LANGUAGES:
            message = f"{name}: language {code!r} is unknown; {nearest(code, LANGUAGES)}"
            raise ValueError(message)
        if not isinstance(text, str):
            message = f"{name}: the text in {code!r} must be words, got {text!r}"
            raise ValueError(message)
    if missing := [code for code in languages if not str(words.get(code, "")).strip()]:
        message = f"{name} is missing in {', '.join(missing)}, which the kiosk offers"
        raise ValueError(message)


_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
"""Kana and Han: written without spaces, so that words are looked for inside words."""


def _holds(words: str, entry: str) -> bool:
    """Whether words hold a blocked entry."""
    plain, open_ended = _plain(entry), entry.rstrip().endswith("*")
    if not plain:
        return False
    if _UNSPACED.search(plain):
        return plain.replace(" ", "") in _plain(words).replace(" ", "")
    ending = "" if open_ended else " "
    return f" {plain}{ending}" in f" {_plain(words)} "


def _plain(text: str) -> str:
    """Words in one case, without accents and signs, one space between them."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare))
