"""How alike two small pictures are pixel by pixel, once one is laid over the other as well as it fits.

A perceptual hash sees the layout of a picture; drawings from one mould, or one sitter twice, share theirs. What a copy
shares with its original is every pixel, up to the cut, the light and the compression. So a window of the one picture is
moved and stretched until it fits the other (Lucas and Kanade 1981, in the inverse form of Baker and Matthews 2004,
section 3.2), the light of each channel is balanced by one factor, and what remains unlike is compared with all the
detail there is.

Legend: n pairs; S pixels a side; p (n, 4): the `Window` of another picture that a picture shows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from latentarchive.measures.hashing import WHOLE, Window, area_mean

Floats = NDArray[np.float32]

SIDE = 64
"""Pixels a side that pictures are compared at: enough to tell two prints of one block, few enough for thousands."""

DETAIL = (0.7, 4.0)
"""Details are what lies between these two blurs (standard deviations in pixels of 64 a side): finer is noise of
compression and resizing, coarser is ground and light. On the cabinet's planted copies this band tells copies from
drawings of the same design far better than the whole contrast does (3 for 31 false pairs at a recall of 0.95)."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)

COARSE = 16
"""Pixels a side for a first look: one of them is a sixteenth of the picture, which is how far apart windows may lie."""

STEPS, MOST = 5, 0.04
"""Steps of the fit, and how far one may move an edge, as a share of the side."""

LEAST, LARGEST = 0.6, 1.1
"""Sides that a window may have."""

LIGHT = (0.7, 1.4)
"""Factors that the light of a channel may be balanced by: a scan, a lamp, a faded print."""

NOISE = 2.0
"""Grey levels that compression may move a pixel by: pictures without detail are alike up to this."""

FIRST_LOOK, SECOND_LOOK = 0.94, 0.7
"""What must be explained at 16 pixels a side, and of the details at 32, before a pair is looked at closely. On the
cabinet two in a hundred copies fall short of it, and all but two in a hundred of the pairs that hashes propose."""

SAME = 0.97
"""Likeness from which two pictures are taken for one: recall 0.967 and precision 0.975 on the cabinet's copies."""

GREY = 5.0
"""Mean distance of the channels, in levels, below which a picture has no colours: then only grey is compared."""


def grey(colours: NDArray[np.uint8] | Floats) -> Floats:
    """Shape (n, S, S): luma of pictures, shape (n, S, S, 3), as Pillow's mode ``L`` weighs it (ITU-R 601)."""
    return colours.astype(np.float32) @ LUMA


def coarse(greys: Floats, window: Window) -> Floats:
    """A window of pictures as a first look sees it, shape (n, 256): 16 x 16 pixels, their mean taken off, unit length.

    Args:
        greys: shape (n, S, S).
        window: What part of them.
    """
    flat = _centred(_resized(greys, window)[:, None])[:, 0]
    unit: Floats = flat / np.sqrt(np.maximum((flat**2).sum(axis=1, keepdims=True), 1e-6))
    return unit


def bearings(greys: Floats) -> Floats:
    """What a picture looks like at 16 x 16 pixels when its frame moves or stretches a little, to first order.

    Returns:
        shape (n, 5, 256): orthonormal rows. Of `coarse` of another picture, the squared products with them add up to
        the share of its contrast that this one explains, from 0 to 1.
    """
    small = _resized(greys, WHOLE)
    rows = _centred(np.stack([small, *_moved(small)], axis=1))
    return np.ascontiguousarray(np.linalg.qr(rows.transpose(0, 2, 1))[0].transpose(0, 2, 1), np.float32)


def fitted(left: Floats, right: Floats, p: Floats) -> Floats:
    """Where in the left pictures the right ones lie.

    Args:
        left: shape (n, S, S).
        right: shape (n, S, S).
        p: shape (n, 4): where the fit begins.

    Returns:
        shape (n, 4).
    """
    places = p.copy()
    moved = np.stack([*_moved(right), right, np.ones_like(right)], axis=1).reshape(len(right), 6, -1)
    solver = np.linalg.inv(np.einsum("nip,njp->nij", moved, moved) + np.eye(6, dtype=np.float32)) @ moved
    for _ in range(STEPS):
        seen, _inside = _seen(left[..., None], places)
        found = np.einsum("nip,np->ni", solver, seen.reshape(len(seen), -1))
        gain = np.maximum(found[:, 4:5], 0.2)
        # The right picture, moved so, looks like what is seen now: the window moves the other way.
        places -= np.clip(found[:, :4] / gain, -MOST, MOST)
        places[:, :2] = places[:, :2].clip(LEAST, LARGEST)
        places[:, 2:] = places[:, 2:].clip(-0.1, 0.5)
    return places


def halved(pictures: Floats) -> Floats:
    """Shape (n, S/2, S/2, channels): each pixel the mean of four."""
    upper, lower = pictures[:, ::2], pictures[:, 1::2]
    return np.asarray((upper[:, :, ::2] + upper[:, :, 1::2] + lower[:, :, ::2] + lower[:, :, 1::2]) / 4, np.float32)


def likeness(left: Floats, right: Floats, p: Floats) -> Floats:
    """How much of the detail of a picture another one explains where they overlap.

    One minus the squared difference of details that is left, as a share of all detail, over three channels, each
    balanced by one factor. Where one of the two has no colours, only grey counts.

    Args:
        left: shape (n, S, S, 3).
        right: shape (n, S, S, 3).
        p: shape (n, 4): where the right picture lies in the left one.

    Returns:
        shape (n,): 1 for the same pixels, around 0 for a picture that explains nothing; may be below.
    """
    seen, inside = _seen(left, p)
    wanted = right.copy()
    plain = np.minimum(_colour(left), _colour(right)) < GREY
    weights = inside[..., None].astype(np.float32)
    for side in (seen, wanted):
        side[plain] = (side[plain] @ LUMA)[..., None]
        side[:] = weights * (_blurred(side, DETAIL[0]) - _blurred(side, DETAIL[1]))
    products = (np.einsum("nijc,nijc->nc", a, b) for a, b in ((seen, wanted), (seen, seen), (wanted, wanted)))
    shared, own, detail = products
    gain = (shared / np.maximum(own, 1)).clip(*LIGHT)
    left_over = detail - 2 * gain * shared + gain**2 * own
    noise = 3 * np.einsum("nijc->n", weights) * NOISE**2
    return np.asarray(1 - left_over.sum(axis=1) / np.maximum(detail.sum(axis=1) + noise, 1), np.float32)


def compared(left: NDArray[np.uint8], right: NDArray[np.uint8], windows: Floats) -> Floats:
    """Likeness of pairs after the window was fitted, first at half the size; -1 for what does not fit there.

    Args:
        left: shape (n, S, S, 3), colours.
        right: shape (n, S, S, 3).
        windows: shape (n, 4): where the fit begins.

    Returns:
        shape (n,).
    """
    whole, cut = left.astype(np.float32), right.astype(np.float32)
    scores = np.full(len(whole), -1, np.float32)
    if not len(whole):
        return scores
    small, other = halved(whole), halved(cut)
    p = fitted(grey(small), grey(other), windows)
    good = likeness(small, other, p) > SECOND_LOOK
    if not good.any():
        return scores
    whole, cut = whole[good], cut[good]
    scores[good] = likeness(whole, cut, fitted(grey(whole), grey(cut), p[good]))
    return scores


def _blurred(pictures: Floats, sigma: float) -> Floats:
    share = sigma * pictures.shape[1] / SIDE
    return gaussian_filter(pictures, (0, share, share, 0), mode="nearest", truncate=3.0)


def _resized(greys: Floats, window: Window) -> Floats:
    width, height, left, top = window
    parts = ((left, width), (top, height))
    across, down = (area_mean(*part, COARSE, greys.shape[1]).astype(np.float32) for part in parts)
    return np.asarray(down @ greys @ across.T, np.float32)


def _moved(pictures: Floats) -> list[Floats]:
    """How pictures change with p: shape (n, S, S) each, for its four entries."""
    place = ((np.arange(pictures.shape[1]) + 0.5) / pictures.shape[1]).astype(np.float32)
    down, across = np.gradient(pictures, 1 / pictures.shape[1], axis=(1, 2))
    return [across * place, down * place[:, None], across, down]


def _centred(pictures: Floats) -> Floats:
    flat = pictures.reshape(*pictures.shape[:2], -1)
    return flat - flat.mean(axis=2, keepdims=True)


def _seen(pictures: Floats, p: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """What lies in the windows p, shape (n, S, S, channels), by two-way linear interpolation; and what lies inside."""
    side = pictures.shape[1]
    place = ((np.arange(side) + 0.5) / side).astype(np.float32)
    across, down = ((p[:, axis, None] * place + p[:, axis + 2, None]) * side - 0.5 for axis in (0, 1))
    inside = ((down >= -0.5) & (down <= side - 0.5))[:, :, None] & ((across >= -0.5) & (across <= side - 0.5))[:, None]
    across, down = across.clip(0, side - 1.001), down.clip(0, side - 1.001)
    column, line = across.astype(np.int64), down.astype(np.int64)
    right, below = (across - column)[:, None, :, None], (down - line)[:, :, None, None]
    flat = pictures.reshape(-1, pictures.shape[3])
    first = (np.arange(len(pictures))[:, None, None] * side + line[:, :, None]) * side + column[:, None, :]
    upper = flat[first] * (1 - right) + flat[first + 1] * right
    lower = flat[first + side] * (1 - right) + flat[first + side + 1] * right
    return (upper * (1 - below) + lower * below).astype(np.float32), inside


def _colour(pictures: Floats) -> Floats:
    """Mean distance between the highest and the lowest channel, shape (n,)."""
    red, green, blue = (pictures[..., channel] for channel in range(3))
    apart = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return np.asarray(apart.mean(axis=(1, 2)), np.float32)
