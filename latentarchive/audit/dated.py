"""The works of which it is known when they were made, for checks that hold time against the space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import Skip
from latentarchive.audit.labels import years
from latentarchive.audit.probes import Probed
from latentarchive.audit.subject import Subject
from latentarchive.facets import WIDEST

Floats = NDArray[np.float64]

FEWEST = 50
"""Dated works without which time is not asked about."""


def dated_works(subject: Subject, works: Probed) -> tuple[Floats, NDArray[np.int64]]:
    """Years of the dated works, and their places among those probed. Raises `Skip` for too few, or one year alone."""
    when = years(subject, works.ids)
    dated = np.flatnonzero(~np.isnan(when))
    if len(dated) < FEWEST:
        raise Skip(too_few(len(dated)))
    if np.ptp(when[dated]) == 0:
        message = f"all {len(dated):,} dated works are of {when[dated[0]]:.0f}: nothing can differ"
        raise Skip(message)
    return when[dated], dated


def too_few(found: int) -> str:
    """Why time is not asked about so few."""
    return f"time is asked of {FEWEST} works or more that are dated within {WIDEST} years: there are {found:,}"
