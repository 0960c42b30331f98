"""How far groups live apart: indices of segregation over units, for any number of groups.

Reardon and Firebaugh, "Measures of multigroup segregation", Sociological Methodology 32 (2002), table 2; divergence
after Roberto (2015, arXiv 1508.01167). Legend: U units with t_i works, p_ig the share of group g in unit i; P_g its
share in all T works; E = -sum P ln P; I = sum P (1 - P). Logarithms are natural.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Segregation:
    """0 in every index where all units have the shares of the whole; 1 (divergence: E) where every unit holds one."""

    #: Theil's information index: sum t_i p_ig ln(p_ig / P_g) / (T E).
    theil: float
    #: The same before it is divided by E.
    divergence: float
    #: sum t_i |p_ig - P_g| / (2 T I): share of those who would have to move, of the share that could.
    dissimilarity: float
    #: sum_g sum_ij t_i t_j |p_ig - p_jg| / (2 T^2 I).
    gini: float
    #: Normalised exposure: sum t_i (p_ig - P_g)^2 / (T (1 - P_g)), over all groups.
    exposure: float
    #: Its part for each group, divided by P_g: float64 (G,); how much more of its own a group meets than the whole has
    #: of it, from 0 to 1.
    isolation: Floats


def segregation(counts: ArrayLike) -> Segregation:
    """The indices of a table of counts.

    Args:
        counts: shape (U, G), not negative; units and groups without works are passed over.

    Raises:
        ValueError: There are fewer than two groups with works.
    """
    x = np.asarray(counts, np.float64)
    if x.ndim != 2 or (x < 0).any() or np.count_nonzero(x.sum(axis=0)) < 2:
        message = f"segregation is between two groups or more over units, got counts of shape {x.shape}"
        raise ValueError(message)
    groups = x.sum(axis=0) > 0
    x = x[x.sum(axis=1) > 0]
    t, total = x.sum(axis=1), x.sum()
    p, whole = x[:, groups] / t[:, None], x[:, groups].sum(axis=0) / total
    entropy, interaction = -float((whole * np.log(whole)).sum()), float((whole * (1 - whole)).sum())
    ratio = np.log(np.where(p > 0, p, 1) / np.where(p > 0, whole, 1))
    divergence = float((t[:, None] * p * ratio).sum() / total)
    apart = p - whole
    exposed = (t[:, None] * apart**2).sum(axis=0) / (total * (1 - whole))
    isolation = np.zeros(len(groups))
    isolation[groups] = exposed / whole
    return Segregation(
        theil=divergence / entropy,
        divergence=divergence,
        dissimilarity=float((t[:, None] * np.abs(apart)).sum() / (2 * total * interaction)),
        gini=float(sum(_differences(t, p[:, g]) for g in range(p.shape[1])) / (2 * total**2 * interaction)),
        exposure=float(exposed.sum()),
        isolation=isolation,
    )


def _differences(t: Floats, p: Floats) -> float:
    """sum_ij t_i t_j |p_i - p_j|, in the time of a sort."""
    order = np.argsort(p, kind="stable")
    t, p = t[order], p[order]
    before = np.cumsum(t) - t
    return float(2 * (t * p * before).sum() - 2 * (t * (np.cumsum(t * p) - t * p)).sum())
