"""The words of the catalogue: full-text search over SQLite FTS5, for what an image encoder cannot know.

CLIP finds "a red boat"; it does not find "Schutt", "POM00007435" or an accession number.
"""

from __future__ import annotations

import errno
import re
import sqlite3
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentarchive import storage
from latentarchive.errors import ArchiveDamaged
from latentarchive.items import Item

COLUMNS = {"id": 8.0, "title": 6.0, "creator": 5.0, "subjects": 4.0, "text": 3.0, "rest": 1.0}
"""What is indexed, with its weight in BM25: a word of the title says more about a work than one of its notes."""

SHARE_OF_BEST = 0.5
"""Where no item has all the words, items with some of them count if their BM25 is this share of the best."""

_BY_LANGUAGE = {
    "English": "a an the and or but of in on at by with without from to into over under for as",
    "German": "der die das den dem des ein eine einen einem einer eines und oder aber im in am an auf aus bei beim "
    "mit nach ohne über um unter von vom vor zu zum zur für durch",
    "French": "le la les l un une des du de d et ou mais à au aux en dans sur sous avec sans pour par chez vers",
    "Italian": "il lo la i gli le l un uno una e ed o ma di del dello della dei degli delle d da dal dalla a al alla "
    "ai alle in nel nella nei nelle su sul sulla con senza per tra fra",
    "Spanish": "el la los las un una unos unas y e o u pero de del a al en con sin por para sobre entre",
    "Dutch": "de het een en of maar van in op te ten ter aan bij met zonder naar voor door uit over onder om",
}

FUNCTION_WORDS = frozenset(word for words in _BY_LANGUAGE.values() for word in words.split())
"""Articles, prepositions and conjunctions of six languages: where no item has all words, these are not missed.

BM25 takes a word for telling that few items have; in a catalogue in Latin, of all words "a" is such a one. The
list is short on purpose, and a word on it still counts wherever an item has it together with all the others."""

_SHORT = re.compile(r"[^\W\d_]{1,2}")
"""A word of one or two letters; only Latin ones are too short to tell (one Chinese character is a word)."""

_UNQUOTABLE = re.compile(r'["\x00\ud800-\udfff]')
"""What cannot stand in an FTS5 string, or in any SQLite text."""


class Matches(NamedTuple):
    """What the words found."""

    #: Row numbers, best first.
    rows: list[int]
    #: Whether these items have all the words that were asked for (but for `FUNCTION_WORDS`), not only some.
    complete: bool


def build_words(items: Iterable[Item], path: Path) -> None:
    """Write the full-text index of all items, in row order, whole or not at all.

    Raises:
        WriteRefused: The disk is full, or we may not write there.
    """
    storage.write_with(path, lambda partial: _fill(items, partial))


def _fill(items: Iterable[Item], path: Path) -> None:
    path.unlink(missing_ok=True)  # the trace of an interrupted run would be taken for a database
    marks = ", ".join("?" * (len(COLUMNS) + 1))
    with closing(sqlite3.connect(path)) as db:
        try:
            db.execute("PRAGMA journal_mode = OFF")  # the file is thrown away if it is not finished
            db.execute("PRAGMA synchronous = OFF")
            db.execute(
                f"CREATE VIRTUAL TABLE words USING fts5({', '.join(COLUMNS)}, content='', "
                'tokenize="porter unicode61 remove_diacritics 2")'
            )
            rows = ((row, *_words(item)) for row, item in enumerate(items))
            db.executemany(f"INSERT INTO words (rowid, {', '.join(COLUMNS)}) VALUES ({marks})", rows)  # noqa: S608  # our own column names
            db.execute("INSERT INTO words (words) VALUES ('optimize')")
            db.commit()
        except sqlite3.OperationalError as error:
            # SQLite hides errno; "disk is full" and "disk I/O error" are what a refused write looks like.
            full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
            raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error


def _words(item: Item) -> tuple[str, ...]:
    rest = (item.date, item.medium, item.place, item.image, item.url, item.source, *item.extra.values())
    return (item.id, item.title, item.creator, "; ".join(item.subjects), item.text, "; ".join(filter(None, rest)))


class Words:
    """The full-text index of an archive; every call opens its own read-only connection, so threads may share it."""

    def __init__(self, path: Path) -> None:
        """Open ``words.sqlite``. Raises `ArchiveDamaged` if it is missing or not such an index."""
        self.path = path
        with self._connected() as db:
            db.execute("SELECT rowid FROM words LIMIT 1").fetchone()

    def search(self, query: str, k: int, *, allowed: NDArray[np.bool_] | None = None) -> Matches:
        """The items with the query's words, best first (BM25 order).

        These are the items with all the words; if there is none, those with all but the `FUNCTION_WORDS`;
        if there is none either, those with some of the words whose BM25 is at least `SHARE_OF_BEST` of
        the best. Among these some, function words and words of one or two Latin letters do not count
        unless nothing else was asked for.

        A word is matched in any case, without accents and by its English stem ("pear" finds "pears");
        with a final asterisk, its beginnings.
        What is written with inner punctuation ("79.66.115", "plate-0007") is matched as one phrase.

        Args:
            query: Words; punctuation around them is ignored. No words: no rows.
            k: At most this many.
            allowed: shape (n,), True for the rows that may be found; None: all.
        """
        words = [word for word in query.split() if re.search(r"\w", word)]
        if not words or k < 1:
            return Matches([], complete=False)
        content = [word for word in words if not _is_function(word)] or words
        telling = [word for word in content if not _is_short(word)] or content
        ways = {" AND ".join(map(_quoted, words)): True}
        ways.setdefault(" AND ".join(map(_quoted, content)), True)
        ways.setdefault(" OR ".join(map(_quoted, telling)), False)
        with self._connected() as db:
            for match, complete in ways.items():
                rows = _matches(db, match, allowed, floor=0.0 if complete else SHARE_OF_BEST)
                if found := list(islice(rows, min(k, sys.maxsize))):
                    return Matches(found, complete)
        return Matches([], complete=False)

    def __len__(self) -> int:
        with self._connected() as db:
            return int(db.execute("SELECT count(*) FROM words").fetchone()[0])

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        uri = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as db:
                yield db
        except sqlite3.DatabaseError as error:
            message = f"{self.path} cannot be read ({error}); delete it and it is rebuilt from items/"
            raise ArchiveDamaged(message) from error


def _quoted(word: str) -> str:
    """A word as an FTS5 string; the quotes keep FTS5's own operators from being read."""
    return '"' + _UNQUOTABLE.sub(" ", word.rstrip("*")) + '"' + ("*" if word.endswith("*") else "")


def _is_function(word: str) -> bool:
    """Whether a word says nothing by itself; with its accents, for "für" is one and "fur" is none."""
    parts = re.findall(r"\w+", unicodedata.normalize("NFC", word).casefold())
    return not word.endswith("*") and FUNCTION_WORDS.issuperset(parts)


def _is_short(word: str) -> bool:
    core = re.sub(r"^\W+|\W+$", "", unicodedata.normalize("NFC", word))
    latin = all(unicodedata.name(c, "").startswith("LATIN") for c in core)
    return latin and not word.endswith("*") and bool(_SHORT.fullmatch(core))


def _matches(db: sqlite3.Connection, match: str, allowed: NDArray[np.bool_] | None, *, floor: float) -> Iterator[int]:
    """Row numbers of allowed items, best first, down to `floor` times the best of them."""
    weights = ", ".join(str(w) for w in COLUMNS.values())
    sql = f"SELECT rowid, bm25(words, {weights}) AS score FROM words WHERE words MATCH ? ORDER BY score, rowid"  # noqa: S608  # our own weights
    best = None
    for row, score in db.execute(sql, (match,)):  # SQLite's bm25 is negative: lower is better
        if allowed is not None and not allowed[row]:
            continue
        best = score if best is None else best
        if score > floor * best:
            return
        yield row
