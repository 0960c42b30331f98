"""Train a judge of pictures: a small classifier that is no part of any model it judges.

It learns from drawings by another seed than the cabinet's: every combination occurs among them, and no work that an
encoder or a generator was trained on. How often it is right is measured on drawings of a third seed.
"""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from benchmarks.intervals import share
from benchmarks.pomological import Shown
from latentarchive import storage
from latentarchive.cabinet.attributes import COLOURS, GROUNDS, PATTERNS, TECHNIQUE_NAMES
from latentarchive.cabinet.catalogue import works
from latentarchive.cabinet.designs import Design, picture
from latentarchive.cabinet.figures import FAMILIES
from latentarchive.train import steps

SIDE, WEIGHTS, CARD = 64, "judge.pt", "judge.json"
LEARNED, ASKED = 77, 78
"""Seeds of the drawings that the judge learns from, and of those that it is asked about; the cabinet's is 1."""
HEADS: dict[str, tuple[str, ...]] = {
    "family": tuple(FAMILIES), "form": tuple(f"{name}: {form}" for name in FAMILIES for form in FAMILIES[name].forms),
    "colour": tuple(COLOURS), "ground": tuple(GROUNDS), "pattern": PATTERNS, "technique": TECHNIQUE_NAMES,
}  # fmt: skip
"""What is judged, and the labels of each; a form is that of one family."""


class Block(nn.Module):
    """Two convolutions beside a shortcut (He et al., 2016)."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        one, two = nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.inner = nn.Sequential(one, nn.BatchNorm2d(width), nn.ReLU(), two, nn.BatchNorm2d(width))
        self.shortcut = nn.Conv2d(before, width, 1, stride, bias=False) if stride > 1 else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features at the block's width."""
        return nn.functional.relu(self.inner(x) + self.shortcut(x))


class Judge(nn.Module):
    """A small residual network with a head for each of `HEADS`."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU())
        self.body = nn.Sequential(Block(32, 32, 1), Block(32, 64, 2), Block(64, 128, 2), Block(128, 128, 1))
        self.heads = nn.Linear(128, sum(map(len, HEADS.values())))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Images in [0, 1], shape (n, 3, 64, 64), to the logits of each head."""
        features = self.body(self.stem((x - 0.5) / 0.25)).mean(dim=(2, 3))
        return self.heads(features).split([len(labels) for labels in HEADS.values()], dim=1)


def label(design: Design, head: str) -> str:
    """What a design should be judged to be."""
    return f"{design.family}: {design.form}" if head == "form" else getattr(design, head)


def drawn(design: Design) -> np.ndarray:
    """A drawing as a small model sees it: uint8, shape (64, 64, 3)."""
    return np.asarray(picture(design).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def drawn_works(count: int, seed: int, folder: Path) -> tuple[np.ndarray, list[Design]]:
    """The drawings of a seed's first works, kept in the folder, and their designs."""
    designs, path = [work.design for work in works(count, seed)], folder / f"drawings-{seed}-{count}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            images = np.stack(pool.map(drawn, designs, chunksize=100))
        storage.write_stream(path, lambda handle: np.save(handle, images))
    return np.load(path), designs


def floats(images: np.ndarray) -> torch.Tensor:
    """uint8, shape (n, h, w, 3), as float in [0, 1], shape (n, 3, h, w)."""
    return torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float() / 255


def varied(images: np.ndarray) -> torch.Tensor:
    """A batch in [0, 1], mirrored, moved, blurred, noisy, lighter or darker: a little, as decoded latents are."""
    x, n = floats(images), len(images)
    x = torch.where(torch.rand(n, 1, 1, 1) < 0.5, x.flip(3), x)
    moved = zip(nn.functional.pad(x, (3, 3, 3, 3), mode="replicate"), torch.randint(0, 7, (n, 2)).tolist(), strict=True)
    x = torch.stack([wide[:, top : top + SIDE, left : left + SIDE] for wide, (top, left) in moved])
    bell = torch.tensor([1.0, 2, 1]) / 4
    blurred = nn.functional.conv2d(x, torch.outer(bell, bell).expand(3, 1, 3, 3), padding=1, groups=3)
    x = x.lerp(blurred, (torch.rand(n, 1, 1, 1) * 1.6 - 0.8).clamp(min=0))
    x = x * (1 + 0.06 * (2 * torch.rand(n, 1, 1, 1) - 1)) + 0.03 * torch.rand(n, 1, 1, 1) * torch.randn_like(x)
    return x.clamp(0, 1).contiguous(memory_format=torch.channels_last)


def train_judge(out: Path, *, drawings: int = 6000, epochs: int = 24, batch: int = 64, rate: float = 3e-3) -> dict:
    """Train a judge in a folder, or go on where it was interrupted; its figures on drawings it has not seen."""
    images, designs = drawn_works(drawings, LEARNED, out)
    truth = torch.tensor([[labels.index(label(d, head)) for head, labels in HEADS.items()] for d in designs])
    torch.manual_seed(0)
    model, each, loss = Judge().to(memory_format=torch.channels_last), len(designs) // batch, torch.zeros(())
    optimizer = steps.optimizer(model, weight_decay=0.05)

    def step(number: int) -> None:
        nonlocal loss
        rows = np.random.default_rng(number // each).permutation(len(designs))[number % each * batch :][:batch]
        seen = varied(images[rows])
        with steps.mixed():
            logits = model(seen)
        loss = sum(nn.functional.cross_entropy(found.float(), truth[rows, i]) for i, found in enumerate(logits))
        steps.descend(optimizer, loss, learning_rate=steps.rate(number, epochs * each) * rate)

    path, parts = out / f"checkpoint-{drawings}-{epochs}-{batch}-{rate}.pt", {"model": model, "optimizer": optimizer}
    kept = {"state": parts, "path": path, "stage": "judge", "progress": Shown()}
    seconds = steps.repeat(step, epochs * each, seed=0, remark=lambda: f"loss {loss.item():.3f}", **kept)
    storage.write_stream(out / WEIGHTS, lambda handle: torch.save(model.state_dict(), handle))
    made = {"drawings": drawings, "epochs": epochs, "seconds": round(seconds), "threads": torch.get_num_threads()}
    images, designs = drawn_works(1000, ASKED, out)
    figures = {"parameters": sum(p.numel() for p in model.parameters()), "training": made}
    figures["drawings"] = accuracy(judged(load_judge(out), images), designs)
    storage.write_json(out / CARD, figures)
    return figures


def load_judge(folder: Path) -> Judge:
    """The judge that was trained in a folder."""
    model = Judge()
    model.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True))
    return model.eval()


def judged(model: Judge, images: np.ndarray) -> dict[str, list[str]]:
    """What a judge takes images to be, by head: uint8, shape (n, 64, 64, 3)."""
    with torch.inference_mode():
        best = [logits.argmax(dim=1).tolist() for logits in model(floats(images))]
    return {head: [HEADS[head][i] for i in rows] for head, rows in zip(HEADS, best, strict=True)}


def accuracy(predicted: dict[str, list[str]], designs: list[Design]) -> dict[str, dict]:
    """Share of designs that were told rightly, by head."""
    right = {head: [found == label(designs[i], head) for i, found in enumerate(predicted[head])] for head in predicted}
    return {head: share(sum(r), len(r)) | {"chance": round(1 / len(HEADS[head]), 4)} for head, r in right.items()}
