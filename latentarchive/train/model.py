"""`TrainedModel`: what every training hands back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class TrainedModel:
    """A finished training: where the model is, and what its card says."""

    path: Path
    #: Inputs by what became of them: used, held_out, reserved, reserved_let_in, uncaptioned, rejected.
    counts: Mapping[str, int]
    #: Figures on the held-out works by name, with n; which they are depends on the kind of model.
    scores: Mapping[str, Any]
    #: Images looked at, repetitions counted.
    samples: int
    #: Seconds of training, without decoding.
    seconds: float


def from_card(path: Path, card: Mapping[str, Any]) -> TrainedModel:
    """What a card says of the model in that folder."""
    made = card["training"]
    return TrainedModel(path, card["data"]["counts"], card["scores"], made["samples"], made["seconds"])
