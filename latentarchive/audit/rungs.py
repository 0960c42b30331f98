"""The rungs on which a list is asked for works by what its table says: ids, pairs, addresses, hosts, bytes.

Every rung is one question for all works together: one pass over the rows, whether one work is asked about or 10,000.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from latentarchive.audit import addresses
from latentarchive.audit.domains import registered_domain
from latentarchive.audit.finding import Skip
from latentarchive.audit.subject import Subject
from latentarchive.audit.works import Work, pair_hash
from latentarchive.progress import Progress, silent

MOST = 5
"""Rows that are named in one answer."""

FEW = 200_000
"""Rows of the hosts in question up to which all their addresses are normalised: about a second."""

CHECKED = 1000
"""About how many stored hashes are held against address and caption."""

TEXT, NUMBER = pa.string(), pa.int64()


@dataclass(frozen=True, slots=True)
class Match:
    """What one rung found of one work."""

    #: How many rows.
    rows: int
    #: Up to `MOST` of them: id, else address.
    which: tuple[str, ...] = ()
    #: What there is to say beside, in words.
    said: str = ""
    #: What was measured, where something was: bits that differ, or a cosine.
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The answers of one rung by place of the work; works that are in neither were not found."""

    found: Mapping[int, Match]
    #: Why a work could not be asked for.
    unasked: Mapping[int, str]
    #: How it was asked, where that matters.
    note: str = ""
    #: What was nearest to works that were not found, where something was measured.
    nearest: Mapping[int, Match] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """Works that one list is asked for."""

    subject: Subject
    works: tuple[Work, ...]
    #: Bits in which perceptual hashes may differ; None: as few as tell copies from what looks alike by chance here.
    radius: int | None = None
    progress: Progress = silent
    #: Ids of works that are items of this archive, by place: they are not told as neighbours of themselves.
    own: Mapping[int, str] = field(default_factory=dict)

    def told(self, what: Callable[[Work], Any], missing: str) -> tuple[dict[int, Any], dict[int, str]]:
        """What works tell, by place, and why the others cannot be asked for."""
        values = {at: what(work) for at, work in enumerate(self.works)}
        known = {at: value for at, value in values.items() if value not in (None, "")}
        return known, {at: self.works[at].fault or missing for at in values if at not in known}

    def rows_where(self, condition: str, these: str = "") -> dict[int, Match]:
        """Matches of the table `wanted` (column w: the place of a work) with the rows of a condition.

        Args:
            condition: SQL over the columns of both.
            these: A query for some of the rows, with their example as e, worked out before; "": all rows, as they are.
        """
        rows = f"MATERIALIZED ({these})" if these else f"(SELECT *, {self.subject.example} AS e FROM items)"
        mine = ""
        if self.own:
            own = {"m": pa.array(self.own, NUMBER), "o": pa.array(self.own.values(), TEXT)}
            self.subject.put("mine", pa.table(own))
            mine = "ANTI JOIN mine ON m = w AND o = e"
        found = self.subject.rows(
            f"""WITH these AS {rows} SELECT w, count(*), min(e, {MOST}) FROM (
                SELECT w, e FROM these JOIN wanted ON {condition} {mine}) GROUP BY w ORDER BY w"""
        )
        return {at: Match(n, tuple(which)) for at, n, which in found}

    def equal(self, column: str, wanted: Mapping[int, Any], kind: pa.DataType = TEXT) -> dict[int, Match]:
        """Rows in which an expression equals what a work tells: one pass."""
        if not wanted:
            return {}
        self.subject.put("wanted", pa.table({"w": pa.array(wanted, NUMBER), "v": pa.array(wanted.values(), kind)}))
        return self.rows_where(f"{column} = v")

    @cached_property
    def keys(self) -> dict[int, dict[str, str | None]]:
        """``address``, ``netloc``, ``host``, ``domain`` and ``image`` of the works with an address, by place."""
        urls = {at: work.url for at, work in enumerate(self.works) if work.url}
        self.subject.put("wanted", pa.table({"w": pa.array(urls, NUMBER), "u": pa.array(urls.values(), TEXT)}))
        rows = self.subject.rows(
            f"""SELECT w, a, {addresses.netloc(addresses.said("u"))} AS l, {addresses.host("l")}, {addresses.iiif("a")}
                FROM (SELECT w, u, {addresses.normal("u")} AS a FROM wanted)"""
        )
        return {
            at: {
                "address": address, "netloc": location, "host": host, "image": image,
                "domain": registered_domain(host) if host else None,
            }
            for at, address, location, host, image in rows
        }  # fmt: skip

    def key(self, name: str, missing: str) -> tuple[dict[int, Any], dict[int, str]]:
        """One of the `keys`, as `told` gives what works tell."""
        known = {at: key[name] for at, key in self.keys.items() if key[name]}
        faults = {
            at: work.fault or ("no address was given" if not work.url else missing)
            for at, work in enumerate(self.works)
        }
        return known, {at: reason for at, reason in faults.items() if at not in known}

    @property
    def hosts(self) -> str:
        """A table of all network locations as written (said), how often (n), and as compared (netloc, host)."""
        url = self.subject.sql("url")
        said = self.subject.once(
            "locations of members",
            f"SELECT {addresses.said(url)} AS said, count(*) AS n FROM items GROUP BY said",
        )
        return self.subject.once(
            "hosts of members",
            f"""SELECT said, n, netloc, {addresses.host("netloc")} AS host
                FROM (SELECT said, n, {addresses.netloc("said")} AS netloc FROM {said})""",
        )


def by_id(question: Question) -> Asked:
    """Rows with the same id."""
    wanted, unasked = question.told(lambda work: work.id, "no id was given")
    column = f"CAST({question.subject.sql('id')} AS VARCHAR)"
    itself = Question(question.subject, question.works)  # here a work may be found as itself
    return Asked(itself.equal(column, wanted), unasked)


def by_pair(question: Question) -> Asked:
    """Rows of the same address and caption, by LAION's hash where the list has it."""
    subject = question.subject
    wanted, unasked = question.told(
        lambda work: work if work.url and work.text else None, "it takes address and caption"
    )
    hashed = subject.has("pair_hash")
    if hashed and _is_pair_hash(subject):
        stored = subject.sql("pair_hash")
        # Some writers keep the signed number as an unsigned one.
        signed = f"CASE WHEN {stored} >= 9223372036854775808 THEN {stored} - 18446744073709551616 ELSE {stored} END"
        hashes = {at: work.pair for at, work in wanted.items()}
        return Asked(question.equal(f"TRY_CAST({signed} AS BIGINT)", hashes, NUMBER), unasked, "by LAION's 64-bit hash")
    url, caption = subject.sql("url"), subject.sql("caption")
    subject.put(
        "wanted",
        pa.table(
            {
                "w": pa.array(wanted, NUMBER),
                "u": pa.array([work.url for work in wanted.values()], TEXT),
                "t": pa.array([work.text for work in wanted.values()], TEXT),
            }
        ),
    )
    found = question.rows_where(f"{url} = u AND {caption} = t") if wanted else {}
    odd = "the column of hashes is not LAION's; " if hashed else "there is no column of hashes; "
    return Asked(found, unasked, f"{odd}address and caption themselves were compared")


def by_url(question: Question) -> Asked:
    """Rows of the same address, letter by letter."""
    wanted, unasked = question.told(lambda work: work.url, "no address was given")
    return Asked(question.equal(question.subject.sql("url"), wanted), unasked)


def by_address(question: Question) -> Asked:
    """Rows of the same address once both are normalised."""
    wanted, unasked = question.key("address", "its address names no host")
    ends = {address.partition("?")[0].rpartition("/")[2].lower() for address in wanted.values()}
    return _near(question, wanted, unasked, addresses.normal("u"), ends)


def by_iiif(question: Question) -> Asked:
    """Rows that show the same image of a IIIF service, whole or in part, at any size."""
    wanted, unasked = question.key("image", "its address is not of IIIF's Image API")
    return _near(question, wanted, unasked, addresses.iiif(addresses.normal("u")), addresses.IIIF_ENDS)


def _near(
    question: Question, wanted: Mapping[int, str], unasked: Mapping[int, str], column: str, ends: Set[str]
) -> Asked:
    """Rows whose expression, over an address u, equals what is wanted of a work.

    It takes long, and is worked out for rows of the hosts in question alone; where these are many, for those whose
    address has one of some ends.
    """
    if not wanted:
        return Asked({}, unasked)
    subject, hosts = question.subject, question.hosts
    subject.put("near", pa.table({"l": pa.array([question.keys[at]["netloc"] for at in wanted], TEXT)}))
    subject.put("wanted", pa.table({"w": pa.array(wanted, NUMBER), "v": pa.array(wanted.values(), TEXT)}))
    here = f"FROM {hosts} WHERE netloc IN (SELECT l FROM near)"
    url = subject.sql("url")
    which = f"{addresses.said(url)} IN (SELECT said {here})"
    if subject.row(f"SELECT coalesce(sum(n), 0) {here}")[0] > FEW:
        ends = {"", *ends}
        if not all("/" in address for address in wanted.values()):  # without a path, the end is the location as written
            ends |= {said for (said,) in subject.rows(f"SELECT regexp_extract(said, '^[^?#]*') {here}")}
        subject.put("ends", pa.table({"e": pa.array(sorted(ends), TEXT)}))
        which += f" AND {addresses.end(url)} IN (SELECT e FROM ends)"
    rows = f"SELECT {url} AS u, {subject.example} AS e FROM items WHERE {which}"
    these = f"SELECT e, {column} AS k FROM ({rows})"
    return Asked(question.rows_where("k = v", these), unasked)


def by_host(question: Question) -> Asked:
    """How many rows lie with the same host."""
    wanted, unasked = question.key("host", "its address names no host")
    return _counted(question, wanted, unasked, f"SELECT host AS d, n FROM {question.hosts}")


def by_domain(question: Question) -> Asked:
    """How many rows lie with any host of the same registered domain."""
    wanted, unasked = question.key("domain", "its host has no registered domain")
    # A host belongs to a domain that somebody registered if it is it, or ends in a full stop and it.
    ends = "list_transform(range(1, len(l) + 1), lambda i: array_to_string(l[i:], '.'))"
    labels = f"SELECT string_split(host, '.') AS l, n FROM {question.hosts} WHERE host IS NOT NULL"
    return _counted(question, wanted, unasked, f"SELECT unnest({ends}) AS d, n FROM ({labels})")


def _counted(question: Question, wanted: Mapping[int, str], unasked: Mapping[int, str], counts: str) -> Asked:
    subject = question.subject
    subject.put("wanted", pa.table({"v": pa.array(sorted(set(wanted.values())), TEXT)}))
    n = dict(subject.rows(f"SELECT d, sum(n)::BIGINT FROM ({counts}) WHERE d IN (SELECT v FROM wanted) GROUP BY d"))
    return Asked({at: Match(n[name], said=f"from {name}") for at, name in wanted.items() if name in n}, unasked)


def by_bytes(question: Question) -> Asked:
    """Rows whose file had the same bytes, by SHA-256 or MD5, whichever the list has."""
    subject = question.subject
    columns = [name for name in ("sha256", "md5") if subject.has(name)]
    if not columns:
        message = "there is no column of digests: looked for sha256, md5"
        raise Skip(message)
    if subject.archive is not None and not subject.archive.manifest.counts["images"]:
        message = "this archive holds no images: it has no digests of files"
        raise Skip(message)
    known: dict[int, str] = {}
    found: dict[int, Match] = {}
    for name in columns:
        wanted, _ = question.told(lambda work, name=name: getattr(work, name), "")  # type: ignore[misc]
        known |= wanted
        found = question.equal(f"lower(CAST({subject.sql(name)} AS VARCHAR))", wanted) | found
    missing = f"neither its file nor its {' or '.join(columns)} was given"
    unasked = {at: work.fault or missing for at, work in enumerate(question.works) if at not in known}
    return Asked(found, unasked, f"by {' and '.join(columns)}")


def _is_pair_hash(subject: Subject) -> bool:
    """Whether the column of hashes is LAION's: most of a sample agree; True where address or caption is not there."""
    if not (subject.has("url") and subject.has("caption")):
        return True

    def agrees() -> bool:
        url, caption, stored = subject.sql("url"), subject.sql("caption"), subject.sql("pair_hash")
        every = max(1, subject.n // CHECKED)
        rows = subject.rows(
            f"SELECT {url}, {caption}, {stored} FROM items WHERE hash({url}) % {every} = 0 AND {stored} IS NOT NULL"
        )
        agree = sum(pair_hash(url, caption) == (int(h) + 2**63) % 2**64 - 2**63 for url, caption, h in rows)
        return 2 * agree > len(rows)

    return subject.kept("pair hash", agrees)
