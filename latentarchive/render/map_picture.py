"""A kept map as one still picture: every work a point, regions in their colours; for browsers that draw nothing."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from latentarchive.maps.serving import REGION, ShownMap
from latentarchive.render.map_sheet import colours_of, rgb

GROUND = "#1c1b19"

SIDE = 1200
"""Pixels a side."""


def map_picture(shown: ShownMap, side: int = SIDE) -> bytes:
    """PNG of a map as it may be shown now.

    Args:
        shown: The map.
        side: Pixels a side.
    """
    pixels = np.empty((side, side, 3), np.uint8)
    pixels[:] = rgb(GROUND)
    colours = np.array([rgb(colour) for colour in colours_of(shown.groups(REGION))], np.uint8).reshape(-1, 3)
    radius = 2 if len(shown) <= 20_000 else 1 if len(shown) <= 200_000 else 0
    edge = side // 40
    places = np.rint(shown.xy * [1, -1] * (side - 2 * edge - 1) + [edge, side - edge - 1]).astype(np.int64)
    own = colours[shown.groups(REGION).of]
    for dx in range(-radius, radius + 1):
        for dy in range(-radius, radius + 1):
            pixels[places[:, 1] + dy, places[:, 0] + dx] = own
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
