"""Pictures that are copies of each other, found by perceptual hashes and judged pixel by pixel, from thumbnails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import Skip
from latentarchive.audit.miniatures import BLOCK, Pictures
from latentarchive.measures import hashing, likeness
from latentarchive.measures.hashing import WHOLE, Hashes, Window

Ints = NDArray[np.int64]

CUTS, STEP = (1.0, 0.93, 0.86, 0.8), 0.05
"""Widths and heights of the windows that crops are looked for in, and how far apart they lie: a crop differs from the
nearest by at most a fortieth of the picture along each axis, which the hash and the first look mostly bear."""

CROPS_UP_TO = 100_000
"""Pictures up to which crops are looked for: their 169 windows multiply the comparisons."""

MOST_PROPOSED = 20_000_000
"""Pairs that a first look is taken at: some minutes."""

FLOOR = 0.9
"""Likeness from which a pair is reported, if only as rejected."""

BATCH = 256
"""Pairs fitted at a time, each many times its size in memory."""


@dataclass(frozen=True)
class Copies:
    """Pairs of pictures that explain each other, in the order of their numbers."""

    #: Numbers in the left and in the right pictures; within one collection the left one is lower.
    i: Ints
    j: Ints
    #: From `FLOOR` to 1.
    likeness: NDArray[np.float32]
    #: In how many bits the hashes of the whole pictures differ.
    bits: Ints
    #: How many pairs of whole pictures differ in so many bits, from 0 to the radius; shape (radius + 1,).
    by_bits: Ints
    #: How many pairs each stands for: pictures that are the same, pixel for pixel, are compared as one, and
    #: linked to the first of them.
    counts: Ints
    #: In how many bits windows might differ; None where crops were not looked for.
    crop_radius: int | None


def copies(left: Pictures, right: Pictures | None, *, radius: int, mirrored: bool = False) -> Copies:
    """Pairs of which one shows the other, whole or cut by up to a fifth.

    Hashes propose: whole pictures against whole ones, and windows into the one against the other whole. Of what they
    propose, that is taken which explains the other pixel by pixel; see `latentarchive.measures.likeness`.

    Args:
        left: Pictures of one collection.
        right: Of another; None: pairs within the first.
        radius: In how many of 64 bits hashes may differ.
        mirrored: Look for mirror images, and for nothing else.

    Raises:
        Skip: Hashes propose more pairs than can be looked at.
    """
    others, ordered = (left, False) if right is None else (right, True)
    by_bits, alike = np.zeros(radius + 1, np.int64), np.zeros(radius + 1, np.int64)
    proposed: list[_Proposed] = []
    for found, bits in _proposals(left, others, WHOLE, radius, mirrored=mirrored, ordered=ordered):
        pairs = left.sizes[found.i] * others.sizes[found.j]
        by_bits += np.bincount(bits, pairs.astype(np.float64), radius + 1).astype(np.int64)
        alike += np.bincount(bits, minlength=radius + 1)
        if alike.sum() > MOST_PROPOSED:
            message = (
                f"hashes within {radius} bits propose more than {MOST_PROPOSED:,} pairs of pictures: many pictures "
                "here have one layout; ask for a smaller radius"
            )
            raise Skip(message)
        proposed.append(found.good)
    windows = [window for window in hashing.windows(CUTS, STEP) if window != WHOLE]
    crop_radius = _crop_radius(alike, 2 * len(windows)) if max(len(left), len(others)) <= CROPS_UP_TO else None
    # Either of the two may be the cut one. Within one collection both ways are met in any case.
    ways = [(left, others, False), (others, left, True)] if ordered else [(left, others, False)]
    if crop_radius is not None:
        for whole, cut, turned in ways:
            for window in windows:
                each = _proposals(whole, cut, window, crop_radius, mirrored=mirrored, ordered=ordered, turned=turned)
                proposed += [found.good for found, _ in each]
    best = _Proposed.best(proposed, ordered=ordered)
    score = np.full(len(best.i), -1, np.float32)
    for whole, cut, turned in ways:
        mine = np.flatnonzero(best.turned == turned)
        score[mine] = _judged(whole, cut, best.i[mine], best.j[mine], best.windows[mine], mirrored)
    i, j = (side[score >= FLOOR] for side in best.pairs(ordered=ordered))
    accepted = Copies(
        i, j, score[score >= FLOOR], _bits_apart(left, others, i, j, mirrored), by_bits,
        left.sizes[i] * others.sizes[j], crop_radius,
    )  # fmt: skip
    return accepted if ordered or mirrored else _with_the_same(left, accepted)


def _crop_radius(alike: Ints, windows: int) -> int | None:
    """The radius at which windows propose few enough pairs, as far as whole pictures tell; None: there is none."""
    enough = np.flatnonzero(np.cumsum(alike) * windows <= MOST_PROPOSED)
    return int(enough[-1]) if len(enough) else None


def _with_the_same(of: Pictures, found: Copies) -> Copies:
    """Links to the first of those that are the same, which stand for all pairs among them."""
    later = np.flatnonzero(of.same != np.arange(len(of)))
    later = later[np.argsort(of.same[later], kind="stable")]
    first = of.same[later]
    counts = np.arange(len(later)) - np.searchsorted(first, first) + 1
    by_bits = found.by_bits.copy()
    by_bits[0] += counts.sum()
    return Copies(
        np.concatenate([found.i, first]), np.concatenate([found.j, later]),
        np.concatenate([found.likeness, np.ones(len(later), np.float32)]),
        np.concatenate([found.bits, np.zeros(len(later), np.int64)]), by_bits,
        np.concatenate([found.counts, counts]), found.crop_radius,
    )  # fmt: skip


@dataclass(frozen=True)
class _Proposed:
    """Pairs whose hashes are near: `j` may lie in a window of `i`, and explains so much of it at first look."""

    i: Ints
    j: Ints
    fit: likeness.Floats
    #: shape (n, 4).
    windows: NDArray[np.float64]
    #: Whether `i` numbers the right pictures, and `j` the left ones.
    turned: NDArray[np.bool_]

    @property
    def good(self) -> _Proposed:
        """Those that a first look does not refuse."""
        names = ("i", "j", "fit", "windows", "turned")
        return _Proposed(*(getattr(self, name)[self.fit > likeness.FIRST_LOOK] for name in names))

    @staticmethod
    def best(parts: list[_Proposed], *, ordered: bool) -> _Proposed:
        """Each pair once, from the window that fits best."""
        names = ("i", "j", "fit", "windows", "turned")
        all_ = _Proposed(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
        low, high = all_.pairs(ordered=ordered)
        order = np.lexsort((-all_.fit, high, low))
        first = np.ones(len(order), bool)
        first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
        return _Proposed(*(getattr(all_, name)[order[first]] for name in names))

    def pairs(self, *, ordered: bool) -> tuple[Ints, Ints]:
        """Numbers in the left and in the right pictures; within one collection (not `ordered`) the lower one first."""
        if not ordered:
            return np.minimum(self.i, self.j), np.maximum(self.i, self.j)
        return np.where(self.turned, self.j, self.i), np.where(self.turned, self.i, self.j)


def _proposals(
    whole: Pictures,
    cut: Pictures,
    window: Window,
    radius: int,
    *,
    mirrored: bool,
    ordered: bool,
    turned: bool = False,
) -> Iterator[tuple[_Proposed, Ints]]:
    """Pairs, the second of which may be what a window of the first shows, and in how many bits their hashes differ."""
    rows, others = whole.distinct, cut.distinct
    hashes, seen = _through(whole, window)
    for near, other, apart in hashing.within(hashes[rows], _hashes(cut, mirrored)[others], radius):
        i, j, bits = rows[near], others[other], apart.astype(np.int64)
        if not ordered:  # of whole pictures each pair once: to be a mirror image is mutual, too
            keep = i < j if window == WHOLE else i != j
            i, j, bits = i[keep], j[keep], bits[keep]
        fit = _fits(seen, cut, i, j, mirrored)
        yield _Proposed(i, j, fit, np.tile(window, (len(i), 1)), np.full(len(i), turned)), bits


def _hashes(of: Pictures, mirrored: bool) -> Hashes:
    return hashing.phash(of.greys[:, :, ::-1] if mirrored else of.greys)


def _through(of: Pictures, window: Window) -> tuple[Hashes, likeness.Floats]:
    """Hashes of what a window shows, and how a first look sees it."""
    hashes, seen = [np.empty(0, np.uint64)], [np.empty((0, likeness.COARSE**2), np.float32)]
    for at in range(0, len(of), BLOCK):
        greys = of.luma(slice(at, at + BLOCK))
        hashes.append(hashing.window_hash(greys, window))
        seen.append(likeness.coarse(greys, window))
    if window == WHOLE:
        return _hashes(of, mirrored=False), np.concatenate(seen)
    return np.concatenate(hashes), np.concatenate(seen)


def _fits(seen: likeness.Floats, cut: Pictures, i: Ints, j: Ints, mirrored: bool) -> likeness.Floats:
    """How much of what is seen of `i` the pictures `j` explain, shape (n,)."""
    fits = [np.empty(0, np.float32)]
    for at in range(0, len(i), BLOCK):
        parts = seen[i[at : at + BLOCK]]
        if mirrored:
            side = likeness.COARSE
            parts = parts.reshape(-1, side, side)[:, :, ::-1].reshape(len(parts), -1)
        explained = np.matmul(cut.bearings[j[at : at + BLOCK]], parts[:, :, None])[:, :, 0]
        fits.append((explained**2).sum(axis=1))
    return np.concatenate(fits)


def _judged(
    whole: Pictures, cut: Pictures, i: Ints, j: Ints, windows: NDArray[np.float64], mirrored: bool
) -> likeness.Floats:
    """Likeness of pairs, see `likeness.compared`."""
    scores = [np.empty(0, np.float32)]
    for at in range(0, len(i), BATCH):
        left, right = (np.asarray(of.colours[rows[at : at + BATCH]]) for of, rows in ((whole, i), (cut, j)))
        right = right[:, :, ::-1] if mirrored else right
        scores.append(likeness.compared(left, right, windows[at : at + BATCH].astype(np.float32)))
    return np.concatenate(scores)


def _bits_apart(left: Pictures, right: Pictures, i: Ints, j: Ints, mirrored: bool) -> Ints:
    greys = right.greys[j]
    other = hashing.phash(greys[:, :, ::-1] if mirrored else greys)
    return np.bitwise_count(hashing.phash(left.greys[i]) ^ other).astype(np.int64)
