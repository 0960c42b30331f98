"""The families of the cabinet, and the forms that each comes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from latentarchive.cabinet.figures import buildings, charts, maps, masks, medals, plants, posters, textiles, vessels
from latentarchive.cabinet.pen import Pen


@dataclass(frozen=True)
class Family:
    """Works of one kind."""

    #: Form to the function that draws one figure of it.
    forms: Mapping[str, Callable[[Pen], None]]
    #: Whether works show one, two or three figures; else one, small or large.
    counted: bool


FAMILIES = {
    "vessel": Family(vessels.FORMS, counted=True),
    "textile": Family(textiles.FORMS, counted=False),
    "medal": Family(medals.FORMS, counted=True),
    "plant": Family(plants.FORMS, counted=True),
    "map": Family(maps.FORMS, counted=True),
    "star chart": Family(charts.FORMS, counted=False),
    "building": Family(buildings.FORMS, counted=False),
    "mask": Family(masks.FORMS, counted=False),
    "poster": Family(posters.FORMS, counted=False),
}
