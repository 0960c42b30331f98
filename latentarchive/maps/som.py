"""A self-organising map: a sheet of units that is stretched over the vectors (Kohonen 1982), in its batch form.

Legend: n vectors; u units on a sheet of `rows` times `columns`; W (u, dim), where each unit lies in the space.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentarchive.maps.linear import Linear

ROUNDS = 24
"""How often all vectors are dealt to their units and the sheet is drawn after them."""

LAST = 0.6
"""Width of the neighbourhood in the last round, in units: less, and units forget their neighbours."""

PRODUCTS = 2**22
"""Distances computed at a time."""


class SelfOrganisingMap:
    """A sheet over the vectors that it was fitted to; nothing in it is random."""

    def __init__(self, vectors: NDArray[np.floating], plane: Linear) -> None:
        """Fit a sheet.

        Args:
            vectors: shape (n, dim), n from 2.
            plane: Principal components of the vectors: the sheet begins as a piece of their plane (Kohonen 2001,
                section 3.7), so that no seed decides which way it lies.
        """
        x = vectors.astype(np.float64)
        across, down = plane.deviations
        units = 5 * np.sqrt(len(x))  # the rule of thumb of Vesanto et al. (2000), SOM Toolbox, section 4.2
        rows = max(2, round(np.sqrt(units * max(down / across, 0.5)))) if across > 0 else 2
        self.columns, self.rows = max(2, round(units / rows)), rows
        #: Place of each unit on the sheet, shape (u, 2).
        self.sheet = np.stack(np.meshgrid(np.arange(self.columns), np.arange(self.rows)), axis=2).reshape(-1, 2) * 1.0
        corners = 2 * self.sheet / [self.columns - 1, self.rows - 1] - 1
        self.units = plane.mean + corners * plane.deviations * 2 @ plane.axes.T
        apart = ((self.sheet[:, None] - self.sheet[None]) ** 2).sum(axis=2)
        first = max(self.columns, self.rows) / 2
        for width in np.geomspace(first, LAST, ROUNDS):
            best = self._nearest(x)[0]
            sums = np.zeros_like(self.units)
            np.add.at(sums, best, x)
            near = np.exp(-apart / (2 * width * width))
            weight = near @ np.bincount(best, minlength=len(self.units))
            self.units = near @ sums / np.maximum(weight, 1e-12)[:, None]
        self._spread = max(float(self._nearest(x)[1].mean()), 1e-12)

    def place(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        """Where vectors lie on the sheet, shape (m, 2): at their unit, drawn to those beside it that are as near."""
        x = vectors.astype(np.float64)
        found = np.empty((len(x), 2))
        beside = np.abs(self.sheet[:, None] - self.sheet[None]).max(axis=2) <= 1
        for start in range(0, len(x), size := max(1, PRODUCTS // len(self.units))):
            squares = self._squares(x[start : start + size])
            best = squares.argmin(axis=1)
            more = (squares - squares.min(axis=1, keepdims=True)) / self._spread
            weight = np.exp(-4 * more) * beside[best]
            found[start : start + size] = weight @ self.sheet / weight.sum(axis=1, keepdims=True)
        return found

    def _nearest(self, x: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The nearest unit of each vector, and the squared distance to it."""
        blocks = range(0, len(x), size := max(1, PRODUCTS // len(self.units)))
        parts = [self._squares(x[start : start + size]) for start in blocks]
        return np.concatenate([p.argmin(axis=1) for p in parts]), np.concatenate([p.min(axis=1) for p in parts])

    def _squares(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        own, theirs = np.einsum("nd,nd->n", x, x), np.einsum("ud,ud->u", self.units, self.units)
        return np.asarray(np.maximum(own[:, None] + theirs - 2 * x @ self.units.T, 0))
