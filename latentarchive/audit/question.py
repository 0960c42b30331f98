"""A question to a list: works that it is asked for, what they tell, and what may come back of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from latentarchive.audit import addresses
from latentarchive.audit.hosts import locations, registered_domain
from latentarchive.audit.subject import Subject
from latentarchive.audit.works import Work
from latentarchive.progress import Progress, silent

MOST = 5
"""Rows that are named in one answer."""

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
        return self.subject.once(
            "hosts compared",
            f"""SELECT said, n, netloc, {addresses.host("netloc")} AS host
                FROM (SELECT said, n, {addresses.netloc("said")} AS netloc FROM {locations(self.subject)})""",
        )
