"""What communities say of works that come from them: identifiers that are carried, and never made here."""

from __future__ import annotations

from collections.abc import Iterator

from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Skip
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject


@check
def labels(subject: Subject) -> Iterator[Finding]:
    """Identifiers of Local Contexts (Labels of communities, Notices of institutions) that the catalogue carries.

    They are counted and kept as they are. Nothing here makes, suggests or changes a Label: that is for the communities
    alone. Where none is found, that says only that none is recorded.
    """
    columns = [name for name in (*subject.names, *subject.further) if _is_label(name)]
    if subject.archive is not None:
        text = "array_to_string(map_values(extra), ' ')"
        where = f"contains(lower({text}), 'localcontexts') OR contains(lower(rights), 'localcontexts')"
    else:
        where = "false"
    named = [f"nullif(trim(CAST({subject.field(name)} AS VARCHAR)), '') IS NOT NULL" for name in columns]
    where = " OR ".join([where, *named])
    if where == "false":
        message = "there is no column of Local Contexts: looked for names with local_contexts, tk_label, bc_label"
        raise Skip(message)
    ids = subject.rows(f"SELECT {subject.example} AS id FROM items WHERE {where} ORDER BY id")
    yield Finding(
        sentence=f"{len(ids):,} of {subject.n:,} {subject.items} carry an identifier of Local Contexts.",
        value=len(ids) / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        examples=tuple(str(one) for (one,) in ids[:MOST_EXAMPLES]),
        notes=("None recorded does not mean that no community has an interest in a work.",),
    )


def _is_label(name: str) -> bool:
    plain = "".join(c for c in name.lower() if c.isalnum())
    return any(word in plain for word in ("localcontexts", "tklabel", "bclabel", "tknotice", "bcnotice"))
