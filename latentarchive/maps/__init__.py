"""Maps of an archive: projections to two dimensions, each with how much of the space it keeps."""

from latentarchive.maps.making import Map, make_map
from latentarchive.maps.plates import Plate, make_plate
from latentarchive.maps.projections import METHODS

__all__ = ["METHODS", "Map", "Plate", "make_map", "make_plate"]
