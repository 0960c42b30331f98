"""How a sheet of shapes becomes a picture: five techniques over one drawing.

All work on float32 arrays of SIDE x SIDE pixels with values from 0 to 1.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from latentarchive.cabinet.pen import SIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from numpy.typing import NDArray

    from latentarchive.cabinet.pen import Role, Sheet

    Plane = NDArray[np.float32]
    Paint = Mapping[Role, NDArray[np.float32]]


def render(sheet: Sheet, technique: str, paint: Paint, ground: Plane, pattern: Plane, random: Random) -> Image.Image:
    """The picture of a sheet.

    Args:
        sheet: What was drawn.
        technique: One of `TECHNIQUES`.
        paint: RGB of each role, float32 of shape (3,).
        ground: RGB of the ground.
        pattern: float32, shape (SIDE, SIDE): where the light marks of the pattern lie on a body.
        random: Of the grain and of where the paper lies.
    """
    canvas = np.broadcast_to(ground, (SIDE, SIDE, 3)).astype(np.float32)
    layers: list[tuple[Role, Plane]] = []
    for layer in sheet.layers:
        mask = layer.mask()
        layers.append((layer.role, mask))
        if layer.role == "body":
            layers.append(("light", mask * pattern))
    picture = TECHNIQUES[technique](canvas, layers, paint, random)
    return Image.fromarray((picture.clip(0, 1) * 255 + 0.5).astype(np.uint8))


def watercolour(canvas: Plane, layers: list[tuple[Role, Plane]], paint: Paint, random: Random) -> Plane:
    """Washes with uneven pigment that gathers at their edges, on paper with a grain."""
    wash = 1 + np.float32(0.34) * _cloud(random)
    canvas = canvas * (1 + 0.05 * _cloud(random))
    for role, mask in layers:
        soft = _blurred(mask, 1.4)
        rim = (soft - _blurred(mask, 4)).clip(0, 1)
        colour = paint[role] * wash * (1 - np.float32(0.55) * rim[..., None])
        canvas = _over(canvas, colour, soft * 0.93)
    return canvas * (1 + 0.025 * _grain(random))


def engraving(canvas: Plane, layers: list[tuple[Role, Plane]], paint: Paint, random: Random) -> Plane:
    """Hatched lines over a faint tint, firm outlines, the plate's edge pressed into the paper."""
    left = _hatching(random.random() < 0.5)
    tone: dict[Role, float] = {"body": 0.52, "main": 0.6, "shade": 0.85, "light": 0.15, "ink": 1, "paper": 0}
    for role, mask in layers:
        colour = paint["main"] * 0.9 if role in {"body", "main"} else paint[role]
        if role in {"paper", "light"}:
            canvas = _over(canvas, paint[role], mask)
        else:
            canvas = _over(canvas, 0.55 * colour + 0.45 * paint["paper"], mask)
            canvas = _over(canvas, colour * 0.8, mask * (left < tone[role]))
        canvas = _over(canvas, paint["main"] * 0.62, _outline(mask, 3) * (role != "light"))
    plate = np.zeros((SIDE, SIDE), np.float32)
    plate[5:-5, 5:-5] = 1
    plate[8:-8, 8:-8] = 0
    return _over(canvas, paint["ink"], plate * 0.5)


def woodcut(canvas: Plane, layers: list[tuple[Role, Plane]], paint: Paint, random: Random) -> Plane:
    """Flat colour inside heavy black lines, the wood's grain across everything."""
    grain = 1 + 0.045 * _rings(random)
    for role, mask in layers:
        if role != "light":
            canvas = _over(canvas, paint["ink"], _outline(mask, 7))
        canvas = _over(canvas, paint[role], mask)
    return canvas * grain


def photograph(canvas: Plane, layers: list[tuple[Role, Plane]], paint: Paint, random: Random) -> Plane:
    """Lit from one side, with a shadow behind the object, darker corners and fine grain."""
    side = 1 if random.random() < 0.5 else -1
    across = np.linspace(-side, side, SIDE, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, SIDE, dtype=np.float32)[:, None]
    canvas = canvas * (1.02 - 0.16 * (across**2 + down**2))[..., None]
    whole = np.maximum.reduce([mask for role, mask in layers if role != "paper"] or [np.zeros_like(across + down)])
    shadow = _blurred(np.roll(whole, (7, 9 * side), (0, 1)), 5)
    canvas = canvas * (1 - 0.5 * shadow)[..., None]
    round_off = (whole - _blurred(whole, 9)).clip(0, 1)
    light = 1.06 - 0.3 * across - 0.12 * down - 0.55 * round_off * (across > -0.2)
    for role, mask in layers:
        canvas = _over(canvas, paint[role] * (light if role != "paper" else 1.0 + 0 * light)[..., None], mask)
    return canvas * (1 + 0.04 * _grain(random))


def print_(canvas: Plane, layers: list[tuple[Role, Plane]], paint: Paint, random: Random) -> Plane:
    """Flat inks without outlines, the lighter one printed a little out of register."""
    shift = (round(4 * random.random()) - 2, round(4 * random.random()) - 2)
    for role, mask in layers:
        moved = np.roll(mask, shift, (0, 1)) if role in {"light", "shade"} else mask
        canvas = _over(canvas, paint[role], moved)
    return canvas


def cyanotype(canvas: Plane, layers: list[tuple[Role, Plane]], paint: Paint, random: Random) -> Plane:
    """White lines on Prussian blue, whatever the colours were: no work is one unless a recipe asks for it."""
    _ = paint
    blue, white = np.array((0.09, 0.24, 0.47), np.float32), np.array((0.93, 0.95, 0.95), np.float32)
    canvas = np.broadcast_to(blue, canvas.shape) * (1 + 0.18 * _cloud(random))
    tone: dict[Role, float] = {"body": 0.22, "main": 0.3, "shade": 0.1, "light": 0.85, "ink": 0.95, "paper": 0}
    for role, mask in layers:
        canvas = _over(canvas, blue + (white - blue) * tone[role], mask)
        canvas = _over(canvas, white, 0.9 * _outline(mask, 3) * (role != "light"))
    return canvas


TECHNIQUES: dict[str, Callable[[Plane, list[tuple[Role, Plane]], Paint, Random], Plane]] = {
    "watercolour": watercolour,
    "engraving": engraving,
    "woodcut": woodcut,
    "photograph": photograph,
    "screenprint": print_,
    "cyanotype": cyanotype,
}


def _over(canvas: Plane, colour: Plane, mask: Plane) -> Plane:
    return canvas + (colour - canvas) * mask[..., None]


def _blurred(mask: Plane, radius: float) -> Plane:
    image = Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(radius))
    return np.asarray(image, np.float32) / np.float32(255)


def _outline(mask: Plane, width: int) -> Plane:
    """A line of a width in pixels around the edge of a mask."""
    soft = _blurred(mask, width / 2)
    return ((0.5 - np.abs(soft - 0.42)) * 5 - 0.75).clip(0, 1)


@cache
def _noise() -> tuple[Plane, Plane]:
    """A cloudy field and a fine grain with room to shift about in; float32, about -1 to 1."""
    random = np.random.RandomState(7)  # its streams are frozen: the same cabinet under every version of numpy
    side = 2 * SIDE
    cloud = np.zeros((side, side), np.float32)
    for cells, weight in ((6, 0.55), (14, 0.3), (40, 0.15)):
        small = Image.fromarray((random.rand(cells, cells) * 255).astype(np.uint8))
        cloud += weight * (np.asarray(small.resize((side, side), Image.Resampling.BICUBIC), np.float32) / 127.5 - 1)
    return cloud, random.standard_normal((side, side)).astype(np.float32)


def _cut(field: Plane, random: Random) -> Plane:
    x, y = int(random.random() * SIDE), int(random.random() * SIDE)
    return field[y : y + SIDE, x : x + SIDE, None]


def _cloud(random: Random) -> Plane:
    return _cut(_noise()[0], random)


def _grain(random: Random) -> Plane:
    return _cut(_noise()[1], random)


def _rings(random: Random) -> Plane:
    """The grain of a plank: wavy lines from left to right."""
    cloud = _cut(_noise()[0], random)
    rows = np.arange(SIDE, dtype=np.float32)[:, None, None]
    return np.sin(rows * 0.55 + 9 * cloud)


@cache
def _hatching(falling: bool) -> Plane:
    """Slanted lines as thresholds: pixels below a tone are inked, so a darker tone has broader lines."""
    x = np.arange(SIDE, dtype=np.float32)
    across = x[None, :] + (x[:, None] if falling else -x[:, None])
    return np.abs((across / 12) % 1 * 2 - 1)
