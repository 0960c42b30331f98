"""The rungs on which a list is asked for works by what its table says: ids, pairs, addresses, hosts, bytes.

Every rung is one question for all works together: one pass over the rows, whether one work is asked about or 10,000.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from operator import attrgetter

import pyarrow as pa

from latentarchive.audit import addresses
from latentarchive.audit.finding import Skip
from latentarchive.audit.hosts import address
from latentarchive.audit.question import NUMBER, TEXT, Asked, Match, Question
from latentarchive.audit.subject import Subject
from latentarchive.audit.works import pair_hash

FEW = 200_000
"""Rows of the hosts in question up to which all their addresses are normalised: about a second."""

CHECKED = 1000
"""About how many stored hashes are held against address and caption."""


@dataclass(frozen=True)
class Rung:
    """One way to ask."""

    name: str
    #: What is looked for.
    what: str
    #: What it shows if it is found, and what neither answer shows.
    shows: str
    hides: str
    ask: Callable[[Question], Asked]


def rung(name: str, what: str, *, shows: str, hides: str) -> Callable[[Callable[[Question], Asked]], Rung]:
    """Make a rung of the function that asks it; see `Rung` for the words."""
    return lambda ask: Rung(name, what, shows, hides, ask)


@rung(
    "id",
    "the same id",
    shows="the list has an entry of this name",
    hides="whether another list gives the same id to another work",
)
def by_id(question: Question) -> Asked:
    """Rows with the same id."""
    wanted, unasked = question.told(attrgetter("id"), "no id was given")
    column = f"CAST({question.subject.sql('id')} AS VARCHAR)"
    itself = Question(question.subject, question.works)  # here a work may be found as itself
    return Asked(itself.equal(column, wanted), unasked)


@rung(
    "pair",
    "the same address and caption",
    shows="this very pair is listed",
    hides="the same image under another caption or address; whether what lay at the address was this image",
)
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
    url, caption = address(subject), subject.sql("caption")
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


@rung(
    "url",
    "the same address, letter by letter",
    shows="this address is listed",
    hides="whether what lay there when it was fetched was this image, or anything at all",
)
def by_url(question: Question) -> Asked:
    """Rows of the same address, letter by letter."""
    wanted, unasked = question.told(attrgetter("url"), "no address was given")
    return Asked(question.equal(address(question.subject), wanted), unasked)


@rung(
    "address",
    "the same address, normalised",
    shows="this address is listed in some spelling",
    hides="as for the address; and parameters that were dropped may have chosen another image",
)
def by_address(question: Question) -> Asked:
    """Rows of the same address once both are normalised."""
    wanted, unasked = question.key("address", "its address names no host")
    ends = {address.partition("?")[0].rpartition("/")[2].lower() for address in wanted.values()}
    return _near(question, wanted, unasked, addresses.normal("u"), ends)


@rung(
    "iiif",
    "the same IIIF image, at any size or in part",
    shows="the image of this IIIF identifier is listed",
    hides="which part, size or version of it was fetched",
)
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
    url = address(subject)
    which = f"{addresses.said(url)} IN (SELECT said {here})"
    if subject.row(f"SELECT coalesce(sum(n), 0) {here}")[0] > FEW:
        ends = {"", *ends}
        if not all("/" in address for address in wanted.values()):  # without a path, the end is the location as written
            ends |= {said for (said,) in subject.rows(f"SELECT regexp_extract(lower(said), '^[^?#]*') {here}")}
        subject.put("ends", pa.table({"e": pa.array(sorted(ends), TEXT)}))
        which += f" AND {addresses.end(url)} IN (SELECT e FROM ends)"
    rows = f"SELECT {url} AS u, {subject.example} AS e FROM items WHERE {which}"
    these = f"SELECT e, {column} AS k FROM ({rows})"
    return Asked(question.rows_where("k = v", these), unasked)


@rung(
    "host",
    "images from the same host",
    shows="images from there are listed, and how many",
    hides="anything of this one work",
)
def by_host(question: Question) -> Asked:
    """How many rows lie with the same host."""
    wanted, unasked = question.key("host", "its address names no host")
    return _counted(question, wanted, unasked, f"SELECT host AS d, n FROM {question.hosts}")


@rung(
    "domain",
    "images from the same registered domain",
    shows="images from there are listed, and how many",
    hides="anything of this one work; whose image it is, where many publish under one domain",
)
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


@rung(
    "bytes",
    "a file of the same bytes",
    shows="this very file is listed",
    hides="the same picture saved, cropped or resized once more, which has other bytes",
)
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
        wanted, _ = question.told(attrgetter(name), "")
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
