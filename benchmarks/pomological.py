"""Measure how well a small CLIP trained on the USDA's watercolours finds the plates it never saw, by word or picture.

    python -m benchmarks.pomological --root DIR [--out DIR | --model DIR]

trains by ``indexes/usda-pomological.toml`` (or takes a model that was trained by it), embeds the held-out plates,
asks for each fruit by its common name, and writes ``benchmarks/results/pomological.json``.

Truth is the catalogue: the species that it names. A fruit is asked for as "watercolor of NAME", NAME
being the most frequent common name that the catalogue gives the species. Figures are means over the species with
`LEAST` or more held-out plates; an apple counts no more than a mango.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from benchmarks.machine import machine, save
from latentarchive.encoders import Encoder, load_encoder
from latentarchive.errors import ArchiveError, ImageError, RecipeError
from latentarchive.images import decode
from latentarchive.items import Item, Rejected
from latentarchive.measures.ranking import precision_at_k
from latentarchive.recipes import Recipe, load_recipe
from latentarchive.train import train_encoder
from latentarchive.train.data import held_out

K = 10
LEAST = 10


def main() -> int:
    """Train, embed, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="folder that holds watercolors.csv and images/")
    parser.add_argument("--out", type=Path, default=Path("models/usda-pomological"), help="where the model is trained")
    parser.add_argument("--model", type=Path, help="a model that was trained by the recipe; nothing is trained")
    arguments = parser.parse_args()
    try:
        run(arguments.root, arguments.out, arguments.model)
    except ArchiveError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(root: Path, out: Path, model: Path | None) -> None:
    """The whole benchmark."""
    recipe, started = load_recipe("usda-pomological", root=root), time.monotonic()
    if model is None:
        trained = train_encoder(recipe, out=out, progress=Shown())
        print(f"trained in {trained.seconds:.0f} s on {trained.counts['used']} plates: {trained.path}")
    elif json.loads((model / "card.json").read_bytes())["recipe"]["sha256"] != recipe.sha256:
        message = f"{model} was trained by another version of {recipe.name}.toml: it may have seen plates held out here"
        raise RecipeError(message)
    encoder = load_encoder(f"local:{model or out}")
    names, labels, vectors = embedded(recipe, encoder)
    result = measured(encoder, names, np.array(labels), vectors)
    result |= {
        "seconds": round(time.monotonic() - started, 1),
        "trained_here": model is None,
        "encoder": encoder.fingerprint,
        "recipe_sha256": recipe.sha256,
        "training": json.loads(((model or out) / "card.json").read_bytes())["training"],
        "machine": machine(),
    }
    show(result)
    print(f"written: {save('pomological', result)}")


def species(item: Item) -> str:
    """What the catalogue calls the plant: the title before its variety."""
    return item.title.partition(":")[0].strip()


def embedded(recipe: Recipe, encoder: Encoder) -> tuple[dict[str, str], list[str], np.ndarray]:
    """The common name of each species, and species and unit vector of each held-out plate."""
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    labels: list[str] = []
    images = []
    for record in recipe.collection.records():
        if isinstance(record, Rejected) or record.read is None:
            continue
        names[species(record.item)].update(record.item.subjects[1:2])
        if held_out(record.item, recipe.train):
            try:
                images.append(encoder.prepare(decode(record.read()).image))
            except ImageError:
                continue
            labels.append(species(record.item))
    common = {label: counts.most_common(1)[0][0] for label, counts in names.items() if counts}
    return common, labels, encoder.encode_prepared(images).unit


def measured(encoder: Encoder, names: dict[str, str], labels: np.ndarray, vectors: np.ndarray) -> dict:
    """Precision at K by words and by picture, each beside what a random order gives."""
    counts = Counter(labels.tolist())
    asked = [label for label, n in counts.most_common() if n >= LEAST and label in names]
    texts = encoder.encode_texts([f"watercolor of {names[label]}" for label in asked]).unit
    by_text = precision_at_k(labels[best(texts @ vectors.T)] == np.array(asked)[:, None])
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -2)  # a plate is not its own neighbour
    by_image = precision_at_k(labels[best(similarity)] == labels[:, None])
    total = len(labels)
    table = {
        label: {
            "plates": counts[label],
            "query": f"watercolor of {names[label]}",
            "text_to_image": round(float(by_text[row]), 4),
            "chance": round(counts[label] / total, 4),
            "image_to_image": round(float(by_image[labels == label].mean()), 4),
        }
        for row, label in enumerate(asked)
    }
    return {
        "k": K,
        "held_out_plates": total,
        "queries": len(asked),
        "text_to_image": round(float(by_text.mean()), 4),
        "text_to_image_chance": round(float(np.mean([counts[label] / total for label in asked])), 4),
        "image_to_image": round(float(by_image.mean()), 4),
        "image_to_image_chance": round(sum(n * (n - 1) for n in counts.values()) / (total * (total - 1)), 4),
        "image_to_image_by_label": round(float(np.mean([row["image_to_image"] for row in table.values()])), 4),
        "labels": table,
    }


def best(similarity: np.ndarray) -> np.ndarray:
    """Columns of the K highest values of each row, highest first."""
    return np.argsort(-similarity, axis=1, kind="stable")[:, :K]


def show(result: dict) -> None:
    """Print the table and the means."""
    print(f"\n{'query':34} {'plates':>6} {'P@10':>6} {'chance':>7} {'image P@10':>11}")
    for row in result["labels"].values():
        print(
            f"{row['query']:34} {row['plates']:6} {row['text_to_image']:6.2f} {row['chance']:7.3f}"
            f" {row['image_to_image']:11.2f}"
        )
    print(
        f"\ntext to image: precision at 10 = {result['text_to_image']:.3f} over {result['queries']} queries"
        f" (chance {result['text_to_image_chance']:.3f})\n"
        f"image to image: precision at 10 = {result['image_to_image']:.3f} over {result['held_out_plates']} plates"
        f" (chance {result['image_to_image_chance']:.3f}); mean over the same species"
        f" {result['image_to_image_by_label']:.3f}\n{result['seconds']:.0f} s in all"
    )


class Shown:
    """Progress as one line on stderr every half minute."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        """Print, unless something was printed a moment ago."""
        if time.monotonic() - self._last >= 30 or done == total:
            self._last = time.monotonic()
            print(f"{stage} {done}/{total or '?'} {note}".rstrip(), file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
