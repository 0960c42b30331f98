"""Works that are asked about: what is known of each, from a file, an address, an id, or a list of them."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

from latentarchive.audit.roles import ROLES
from latentarchive.errors import ImageError, QueryError
from latentarchive.images import SUFFIXES, decode

COLUMNS: dict[str, tuple[str, ...]] = {
    "work": ("work",),
    "file": ("file", "path"),
    "text": ROLES["caption"][1],
    "title": ("title",),
    **{role: ROLES[role][1] for role in ("id", "url", "sha256", "md5")},
}
"""What a list of works may tell, and the names of its columns, in any case; others are passed over."""

_DIGESTS = {"md5": 32, "sha256": 64}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One work that is asked about; "" and None where that is not known of it."""

    #: What it is called in the answer: as it was given.
    name: str
    id: str = ""
    url: str = ""
    #: Its caption or alternative text.
    text: str = ""
    #: Digests of the bytes of its file, in hexadecimal.
    sha256: str = ""
    md5: str = ""
    file: Path | None = None
    #: Why something that was given cannot be asked with; "" if all can.
    fault: str = ""

    @property
    def pair(self) -> int | None:
        """LAION's hash of address and caption; None without an address."""
        return pair_hash(self.url, self.text) if self.url else None


def pair_hash(url: str | None, text: str | None) -> int:
    """The ``hash`` of LAION: MurmurHash3 (x64, 128 bits) over address and caption in UTF-8, first half, signed.

    rom1504/laion-prepro, laion5B/safety/compute_hashes.py; None counts as "".
    """
    import mmh3

    return int(mmh3.hash64(((url or "") + (text or "")).encode("utf-8", "surrogatepass"))[0])


def read_work(given: str, *, text: str = "", url: str = "") -> Work:
    """A work from a command line: an existing file, else an address, else an id.

    Args:
        given: ``file:``, ``url:`` or ``id:`` in front forces one reading.
        text: Its caption, if known.
        url: Its address, if `given` is not.

    Raises:
        QueryError: There is no such file, or it is no address.
    """
    kind, _, rest = given.partition(":")
    if kind not in ("file", "url", "id") or rest.startswith("//"):
        kind, rest = _kind(given), given
    if kind == "id":
        work = Work(name=given, id=rest, url=url, text=text)
    elif kind == "url":
        work = Work(name=given, url=rest, text=text)
    else:
        sha256, md5 = _digests(Path(rest))
        work = Work(name=given, file=Path(rest), sha256=sha256, md5=md5, url=url, text=text)
    if not rest.strip():
        message = "an empty name cannot be asked about; give a file, an address or an id"
        raise QueryError(message)
    if reason := work.url and _no_address(work.url):
        message = f"{work.url!r} is no address of the web: {reason}"
        raise QueryError(message)
    return work


def read_list(path: Path) -> list[Work]:
    """Works from a CSV file with a header, one a row; see `COLUMNS` for what it may tell.

    Files are named from the folder of the list. What is wrong in a row is said in its answers (`Work.fault`).

    Raises:
        QueryError: It cannot be read, none of its columns tells anything of a work, or it has no rows.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        message = f"list {path} cannot be read: {reason}"
        raise QueryError(message) from error
    reader = csv.DictReader(text.splitlines(keepends=True))
    try:
        names = reader.fieldnames or []
        columns = {what: name for what, aliases in COLUMNS.items() if (name := _column(names, aliases)) is not None}
        rows = list(reader)
    except csv.Error as error:
        message = f"list {path} is no CSV table (line {reader.line_num}: {error})"
        raise QueryError(message) from error
    if not set(columns) - {"text", "title"}:
        wanted = ", ".join(dict.fromkeys(alias for aliases in COLUMNS.values() for alias in aliases))
        message = f"list {path} needs a header that names what is known of each work: {wanted}"
        raise QueryError(message)
    if not rows:
        message = f"list {path} is empty: it has a header and no works"
        raise QueryError(message)
    return [_listed(row, columns, path.parent, number) for number, row in enumerate(rows, start=1)]


def picture(work: Work) -> Image.Image:
    """The image of a work's file. Raises `QueryError` if there is none, or it cannot be decoded."""
    if work.file is None:
        message = "no image of it was given"
        raise QueryError(message)
    try:
        return decode(work.file.read_bytes()).image
    except OSError as error:
        message = f"{work.file} cannot be read: {error.strerror}"
        raise QueryError(message) from error
    except ImageError as error:
        message = f"{work.file.name} cannot be decoded: {error}"
        raise QueryError(message) from error


def _kind(given: str) -> str:
    if Path(given).is_file() or Path(given).is_dir():
        return "file"
    if re.match("[a-z][a-z0-9+.-]*:/|//", given, re.IGNORECASE):
        return "url"
    if ":" not in given and (Path(given).suffix.lower() in SUFFIXES or given.startswith(("/", "./", "../"))):
        return "file"  # which is not there, and is told so
    return "id"


def _digests(path: Path) -> tuple[str, str]:
    """SHA-256 and MD5 of a file. Raises `QueryError`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}; id: in front makes it an id"
        raise QueryError(message) from error
    # MD5 is what some lists have: a name for bytes, no protection against anybody.
    return hashlib.sha256(data).hexdigest(), hashlib.md5(data, usedforsecurity=False).hexdigest()


def _no_address(url: str) -> str:
    """Why something is no address of the web; "" if it is one."""
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        return str(error)
    if parts.scheme.lower() not in ("http", "https", ""):
        return f"its scheme is {parts.scheme!r}"
    if not parts.hostname or re.search(r"\s", url.strip()):
        return "it holds white space" if parts.hostname else "it names no host, as in https://example.org/a.jpg"
    return ""


def _listed(row: Mapping[str, str | None], columns: Mapping[str, str], folder: Path, number: int) -> Work:
    told = {what: (row.get(name) or "").strip() for what, name in columns.items()}
    faults: list[str] = []
    work = told.get("work", "")
    if work and not any(told.get(what) for what in ("file", "url", "id")):
        kind = _kind(str(folder / work)) if (folder / work).is_file() else _kind(work)
        told[kind] = work
    values = {what: told.get(what, "") for what in ("id", "url", "sha256", "md5")}
    values["text"] = told.get("text") or told.get("title", "")
    if reason := values["url"] and _no_address(values["url"]):
        faults.append(f"{values['url']!r} is no address: {reason}")
        values["url"] = ""
    for what, length in _DIGESTS.items():
        values[what] = values[what].lower()
        if values[what] and not re.fullmatch(f"[0-9a-f]{{{length}}}", values[what]):
            faults.append(f"{values[what]!r} is no {what} in hexadecimal")
            values[what] = ""
    file = folder / told["file"] if told.get("file") else None
    if file is not None:
        try:
            values["sha256"], values["md5"] = _digests(file)
        except QueryError as error:
            faults.append(str(error).removesuffix("; id: in front makes it an id"))
            file = None
    name = work or told.get("id") or told.get("file") or told.get("url") or f"row {number}"
    return Work(name=name, file=file, fault="; ".join(faults), **values)


def _column(names: Iterable[str], aliases: tuple[str, ...]) -> str | None:
    """The column that goes by the first of these names, in any case; None if there is none."""
    lower = {name.lower().strip(): name for name in reversed([n for n in names if n])}
    return next((lower[alias] for alias in aliases if alias in lower), None)
