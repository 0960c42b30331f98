"""Ways of works through an encoder's space, drawn as arrows on the map of their archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from latentarchive.diffusion.experiment import Chart
from latentarchive.maps.laying import Layout, lay_out, neighbours_kept
from latentarchive.maps.linear import Linear
from latentarchive.maps.projections import METHODS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentarchive.archive import Archive
    from latentarchive.diffusion.bench import Bench

NEAR = 10
"""Neighbours that the map is judged by."""

MAPPED = 2000
"""Works of the archive that lie below the arrows, at most."""


def ground(archive: Archive, method: str) -> Layout | None:
    """The works of an archive laid out as `maps.make_map` does; None where they are too few for a map.

    Raises:
        QueryError, MissingExtra: There is no such projection; umap-learn is not installed.
    """
    return lay_out(archive, method=method, k=NEAR) if len(archive.rows()) >= NEAR + 2 else None


def on_map(
    bench: Bench, laid: Layout, items: Sequence[str], before: NDArray[np.float32], after: NDArray[np.float32]
) -> Chart:
    """Arrows over the works of an archive.

    Args:
        bench: The archive.
        laid: Its works, as `ground` laid them out.
        items: Ids of the works that were moved.
        before: float32 (n, dim), one a work: their vectors, and those of what became of them.
        after: The same.

    Returns:
        The chart, with a note of how much of the space the map keeps, of the works and at the tips of the arrows.
    """
    archive, n = bench.archive, len(laid.rows)
    start, end = laid.place(before), laid.place(after)
    below = np.sort(np.random.default_rng(0).permutation(n)[:MAPPED])
    under = zip(archive.collection.items(laid.rows[below]), _rounded(laid.xy[below]), strict=True)
    kept = neighbours_kept(archive, laid.rows, laid.xy, k=NEAR)
    apart = np.linalg.norm(end[:, None] - laid.xy[None], axis=2)
    beside = [laid.rows[np.argsort(one, kind="stable")[:NEAR]] for one in apart]
    unit = after / np.linalg.norm(after, axis=1, keepdims=True)
    near = [one.rows for one in bench.nearest(unit, NEAR)]
    tips = np.mean([np.isin(*both).mean() for both in zip(near, beside, strict=True)])
    note = (
        f"{METHODS[laid.method].about} {kept.sentence} Of the {NEAR} works nearest to what became of a work, "
        f"{tips:.1%} are among the {NEAR} nearest to the tip of its arrow."
    )
    if isinstance(laid.projection, Linear):
        ways = ((after.astype(np.float64) - before) ** 2).sum()
        share = ((end - start) ** 2).sum() / max(float(ways), 1e-12)
        note += f" The plane has {laid.share:.1%} of the variance of the works, and of the squared ways {share:.1%}."
    return Chart(
        heading="The drift on a map",
        columns=("work", "x", "y", "x of what became of it", "y of what became of it"),
        rows=tuple((item, *a, *b) for item, a, b in zip(items, _rounded(start), _rounded(end), strict=True)),
        kind="arrows",
        y=(1, 2, 3, 4),
        alt=f"An arrow from each of {len(items)} works to what became of it, over a map of "
        f"{'the' if len(below) == n else f'{len(below):,} of the'} {n:,} works of the archive.",
        ids=(0,),
        ground=tuple((item.id, x, y) for item, (x, y) in under),
        note=note,
    )


def _rounded(places: NDArray[np.float64]) -> list[tuple[float, float]]:
    return [(round(float(x), 4), round(float(y), 4)) for x, y in places]
