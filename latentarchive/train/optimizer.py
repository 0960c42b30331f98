"""The optimizers of the trainings behind one face, so that a loop steps and saves them as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from latentarchive.errors import require

if TYPE_CHECKING:
    from collections.abc import Mapping

MUON = 20.0
"""Muon's learning rate, as a multiple of AdamW's: its steps have the size of the rate in every direction."""


class Optimizer:
    """AdamW, or Muon for the matrices inside transformer blocks and AdamW for the rest.

    Gains and biases do not decay. AdamW: Loshchilov and Hutter, 2019; Muon: Jordan et al., 2024.
    """

    def __init__(self, model: Any, *, weight_decay: float, muon: bool = False) -> None:
        """Take over all parameters of a model that may be trained."""
        optim = require("torch", extra="clip").optim
        free = {name: p for name, p in model.named_parameters() if p.requires_grad}
        inner = [p for name, p in free.items() if muon and p.ndim == 2 and "resblocks." in name]
        taken = {id(p) for p in inner}
        rest = [p for p in free.values() if id(p) not in taken]
        groups = [
            {"params": [p for p in rest if p.ndim >= 2], "weight_decay": weight_decay},
            {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0},
        ]
        adam = optim.AdamW([group for group in groups if group["params"]], lr=0.0, betas=(0.9, 0.98))
        self._parts = {"adamw": (adam, 1.0)}
        if inner:
            self._parts["muon"] = (optim.Muon(inner, lr=0.0, weight_decay=weight_decay / 2), MUON)

    def descend(self, loss: Any, *, learning_rate: float) -> None:
        """One step against the gradient of a loss, which is cut to a norm of 1."""
        for part, times in self._parts.values():
            for group in part.param_groups:
                group["lr"] = times * learning_rate
            part.zero_grad()
        loss.backward()
        free = [p for part, _ in self._parts.values() for group in part.param_groups for p in group["params"]]
        require("torch", extra="clip").nn.utils.clip_grad_norm_(free, 1.0)
        for part, _ in self._parts.values():
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """The state of each optimizer by name."""
        return {name: part.state_dict() for name, (part, _) in self._parts.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put the state back that `state_dict` gave."""
        for name, (part, _) in self._parts.items():
            part.load_state_dict(state[name])
