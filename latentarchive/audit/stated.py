"""Whether a cell states anything: absent, empty and placeholder are three things, and none of them is a value."""

from __future__ import annotations

PLACEHOLDERS = ("?", "-", "n/a", "na", "nan", "none", "null", "undefined", "unknown")
"""What stands in tables where there is nothing to say, in any case; LAION's licences and languages have ``?``, and an
archive says ``unknown`` for a missing rights statement."""

STATES = ("absent", "empty", "placeholder", "stated")
LONGEST = max(map(len, PLACEHOLDERS)) + 1


def state(sql: str) -> str:
    """The SQL expression that says which of `STATES` a text is in, by its number.

    Args:
        sql: An expression of type VARCHAR.
    """
    listed = ", ".join(f"'{word}'" for word in PLACEHOLDERS)
    # Long texts that do not begin with white space state something: nothing is trimmed for those.
    return f"""CASE WHEN {sql} IS NULL THEN 0
        WHEN strlen({sql}) > {LONGEST} AND ascii({sql}) > 32 THEN 3
        WHEN trim({sql}, {WHITE}) = '' THEN 1
        WHEN strlen({sql}) <= {LONGEST} AND lower(trim({sql}, {WHITE})) IN ({listed}) THEN 2
        ELSE 3 END"""


WHITE = "' ' || chr(9) || chr(10) || chr(13)"
