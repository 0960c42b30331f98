"""Seeded samples of the items: the same rows every time, in whatever order files and threads give them."""

from __future__ import annotations

from latentarchive.audit.subject import Subject

MARGIN = 1.1
"""How many more rows are drawn than asked for, so that chance leaves enough."""


def sample(subject: Subject, name: str, columns: str, size: int, seed: int) -> str:
    """A temporary table of at most so many items; all of them where there are no more.

    A row is drawn by a hash of what names it, not by its place.

    Args:
        subject: Where the items are.
        name: Of the table; made once.
        columns: What to keep of each, in SQL.
        size: How many items, from 1.
        seed: Another one draws other items.
    """
    if subject.n <= size:
        return subject.once(name, f"SELECT {columns} FROM items")
    keys = [subject.sql(role) for role in ("id", "pair_hash") if subject.has(role)][:1]
    keys = keys or [subject.sql(role) for role in ("url", "caption") if subject.has(role)] or ["items"]
    drawn = f"hash({', '.join(keys)}, {int(seed)})"
    bound = int(2**64 * min(1.0, MARGIN * size / subject.n + 10 / subject.n))
    query = f"""SELECT * EXCLUDE (drawn) FROM (SELECT {columns}, {drawn} AS drawn FROM items)
        WHERE drawn < {min(bound, 2**64 - 1)}::UBIGINT ORDER BY drawn LIMIT {int(size)}"""
    return subject.once(name, query)
