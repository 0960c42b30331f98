"""Measure how well the cabinet's small models know what they never saw together: works whose series were held out.

    python -m benchmarks.cabinet [--encoder tiny] [--generator DIR]

A series is a family, a colour and a ground ("Vessel, red on ivory"); the recipes hold out 13 % of them whole. The
encoder is asked to find held-out works by fresh descriptions, and to tell single attributes of them; the generator,
to draw what is described, of seen and of unseen series, before a judge (`benchmarks.judge`, which is trained first if
it is not there) that neither of them knows. Writes ``cabinet-encoder.json`` and ``cabinet-generator.json``.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import torch
from PIL import Image

from benchmarks.intervals import DRAWS, bootstrap, share
from benchmarks.intervals import SEED as BOOTSTRAP
from benchmarks.judge import CARD, HEADS, SIDE, load_judge, train_judge
from benchmarks.machine import machine, save
from benchmarks.samples import imagined, measured_generator
from latentarchive.cabinet import wording
from latentarchive.cabinet.attributes import COLOURS, COUNTS, GROUNDS, PATTERNS, SIZES, TECHNIQUE_NAMES
from latentarchive.cabinet.catalogue import possible
from latentarchive.cabinet.designs import Design
from latentarchive.cabinet.figures import FAMILIES
from latentarchive.encoders import Encoder, folder_of, load_encoder
from latentarchive.errors import ArchiveError, RecipeError
from latentarchive.images import decode
from latentarchive.recipes import Recipe, load_recipe
from latentarchive.train.data import held_out
from latentarchive.train.scores import ranked
from latentarchive.trainings import Selection

SEED = 2026
"""Of the wording of captions."""

PROTOTYPE = 32
"""Captions whose mean stands for a value of an attribute."""

VALUES = {
    "family": tuple(FAMILIES),
    "form": (),  # those of the work's family
    "colour": tuple(COLOURS),
    "ground": tuple(GROUNDS),
    "pattern": PATTERNS,
    "technique": TECHNIQUE_NAMES,
    "count": COUNTS,
    "size": SIZES,
}


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="tiny", help="tiny or local:DIR, trained by recipe cabinet")
    parser.add_argument("--generator", type=Path, help="folder of a pipeline, trained by recipe cabinet-generator")
    parser.add_argument("--judge", type=Path, default=Path("models/judge"), help="where the judge is, or is trained")
    parser.add_argument("--gallery", type=int, default=400, help="held-out works")
    parser.add_argument("--samples", type=int, default=200, help="images of seen series, and as many of unseen ones")
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--sheet", type=Path, default=Path("models/sheet.png"), help="where 64 of the samples go")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    try:
        run(given)
    except ArchiveError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(given: argparse.Namespace) -> None:
    """The whole benchmark."""
    recipe = load_recipe("cabinet")
    training = trained(folder_of(given.encoder), recipe.train)
    encoder = load_encoder(given.encoder)
    designs, images = gallery(recipe, given.gallery)
    if given.generator is None:
        vectors = encoder.encode_images(images).unit
        result = {
            "search": searched(encoder, designs, vectors),
            "attributes": attributes(encoder, designs, vectors),
            "choices": choices(encoder, designs, vectors),
            "bootstrap": {"draws": DRAWS, "seed": BOOTSTRAP},
            "encoder": encoder.fingerprint,
            "training": training,
            "machine": machine(),
        }
        show_encoder(result)
        print(f"written: {save('cabinet-encoder', result)}")
        return
    recipe = load_recipe("cabinet-generator")
    training = trained(given.generator, recipe.generator)
    if not (given.judge / CARD).exists():
        train_judge(given.judge)
    real = designs, np.stack([np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for image in images])
    asked = {"samples": given.samples, "guidance": given.guidance}
    result, sheet = measured_generator(given.generator, recipe, encoder, load_judge(given.judge), real, **asked)
    result["judge"] = json.loads((given.judge / CARD).read_bytes())
    result |= {"encoder": encoder.fingerprint, "training": training, "machine": machine()}
    show_generator(result)
    given.sheet.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(given.sheet)
    print(f"written: {save('cabinet-generator', result)}, {given.sheet}")


def trained(folder: Path | None, selection: Selection) -> dict | None:
    """How a model was trained, None if unfinished; raises `RecipeError` if other works were held out from it."""
    if folder is None or not (folder / "card.json").exists():
        return None
    card = json.loads((folder / "card.json").read_bytes())
    wanted = {"fields": list(selection.group_by), "share": selection.holdout, "seed": selection.seed}
    if card["data"]["held_out_by"] != wanted:
        message = f"{folder} may have seen works held out here: it held out {card['data']['held_out_by']}, not {wanted}"
        raise RecipeError(message)
    return card["training"] | {"works_digest": card["data"]["digest"]}


def gallery(recipe: Recipe, count: int) -> tuple[list[Design], list[Image.Image]]:
    """The first held-out works with an own image and their own, English caption: their designs and images."""
    designs, images = [], []
    for entry, record in zip(recipe.collection.entries, recipe.collection.records(), strict=True):
        at_fault = entry.broken or entry.copy or entry.told is not None
        if at_fault or entry.work.language != "en" or not held_out(record.item, recipe.train):
            continue
        designs.append(entry.work.design)
        images.append(decode(record.read()).image.convert("RGB"))
        if len(designs) == count:
            break
    return designs, images


def searched(encoder: Encoder, designs: list[Design], vectors: np.ndarray) -> dict:
    """Finding the works that a caption describes; one caption for each, in words that no catalogue entry chose."""
    texts = [wording.description(design, Random(f"benchmark/{SEED}/{i}")) for i, design in enumerate(designs)]
    similarity = encoder.encode_texts(texts).unit @ vectors.T
    fits = np.array([[one.attributes == other.attributes for other in designs] for one in designs])
    scores = ranked(similarity, fits)
    order = np.argsort(-similarity, axis=1, kind="stable")
    ranks = np.take_along_axis(fits, order, axis=1).argmax(axis=1) + 1
    kinds = [design.series for design in designs]
    table = {"works": len(designs), "captions": len(texts), "series": len(set(kinds))}
    for k, chance in ((1, scores.chance_precision_at_5), (5, scores.chance_recall_at_5)):
        hits = ranks <= k
        table[f"recall_at_{k}"] = {
            "share": round(float(hits.mean()), 4),
            "interval": bootstrap(hits),
            "interval_by_series": bootstrap(hits, groups=kinds),
            "chance": round(chance, 4),
        }
    table["median_rank"] = {
        "rank": float(np.median(ranks)),
        "interval": bootstrap(ranks, np.median),
        "interval_by_series": bootstrap(ranks, np.median, groups=kinds),
        "chance": chance_rank(fits),
    }
    return table


def chance_rank(fits: np.ndarray) -> int:
    """The rank by which a random order has found a work for half of the captions."""
    counts, n = Counter(fits.sum(axis=1).tolist()), fits.shape[1]
    for k in range(1, n + 1):
        missed = sum(m * math.comb(n - r, k) / math.comb(n, k) for r, m in counts.items())
        if missed <= len(fits) / 2:
            return k
    return n


def attributes(encoder: Encoder, designs: list[Design], vectors: np.ndarray) -> dict:
    """Telling one attribute of a work by the nearest of its values, each the mean of some captions."""
    table: dict[str, dict] = {}
    for name, values in VALUES.items():
        rows = [row for row, design in enumerate(designs) if getattr(design, name)]
        right, chances = [], []
        answers = {family: tuple(FAMILIES[family].forms) for family in FAMILIES} if name == "form" else {"": values}
        means = {about: prototypes(encoder, name, options, family=about) for about, options in answers.items()}
        for row in rows:
            about = designs[row].family if name == "form" else ""
            found = answers[about][int(np.argmax(means[about] @ vectors[row]))]
            right.append(found == getattr(designs[row], name))
            chances.append(1 / len(answers[about]))
        usual = Counter((designs[row].family if name == "form" else "", getattr(designs[row], name)) for row in rows)
        best = {about: max(n for (family, _), n in usual.items() if family == about) for about, _ in usual}
        table[name] = share(sum(right), len(right)) | {
            "interval_by_series": bootstrap(np.array(right), groups=[designs[row].series for row in rows]),
            "chance": round(float(np.mean(chances)), 4),
            "most_frequent": round(sum(best.values()) / len(rows), 4),
        }
    shares = {name: row["share"] for name, row in table.items()}
    least = min(shares, key=shares.__getitem__)
    return table | {"mean": round(float(np.mean(list(shares.values()))), 4), "least": [least, shares[least]]}


def prototypes(encoder: Encoder, name: str, values: tuple[str, ...], *, family: str) -> np.ndarray:
    """A unit row for each value: the mean of captions with it, the rest of them drawn at random, alike for all."""
    means = []
    for value in values:
        fixed = {name: value} | ({"family": family} if family else {})
        randoms = [Random(f"benchmark/{SEED}/{name}/{i}") for i in range(PROTOTYPE)]
        texts = [wording.description(imagined(random, **fixed), random) for random in randoms]
        mean = encoder.encode_texts(texts).unit.mean(axis=0)
        means.append(mean / np.linalg.norm(mean))
    return np.stack(means)


def choices(encoder: Encoder, designs: list[Design], vectors: np.ndarray) -> dict:
    """Telling a work's description from those that differ in one attribute alone; a family has forms of its own."""
    table = {}
    for name in list(VALUES)[1:]:
        right, chances = [], []
        for row, design in ((row, design) for row, design in enumerate(designs) if getattr(design, name)):
            options = tuple(FAMILIES[design.family].forms) if name == "form" else VALUES[name]
            others = [replace(design, **{name: value}) for value in options if value != getattr(design, name)]
            offered = [design, *(other for other in others if possible(other))]
            texts = [wording.description(one, Random(f"benchmark/{SEED}/{row}")) for one in offered]
            right.append(int(np.argmax(encoder.encode_texts(texts).unit @ vectors[row])) == 0)
            chances.append(1 / len(offered))
        if right:
            table[name] = share(sum(right), len(right)) | {"chance": round(float(np.mean(chances)), 4)}
    return table


def show_encoder(result: dict) -> None:
    """Print the tables of an encoder."""
    search = result["search"]
    print(f"\n{search['captions']} captions, {search['works']} held-out works of {search['series']} series")
    print(f"{'':12} {'':>6} {'95%':>15} {'by series':>15} {'chance':>7}")
    for name in ("recall_at_1", "recall_at_5", "median_rank"):
        row = search[name]
        figure = row.get("share", row.get("rank"))
        print(f"{name:12} {figure:6.3f} {span(row)} {span(row, '_by_series')} {row['chance']:7.3f}")
    print(f"\n{'attribute':12} {'right':>6} {'95%':>15} {'by series':>15} {'chance':>7} {'most frequent':>14} {'n':>5}")
    for name in VALUES:
        row = result["attributes"][name]
        ends = f"{span(row)} {span(row, '_by_series')}"
        print(f"{name:12} {row['share']:6.3f} {ends} {row['chance']:7.3f} {row['most_frequent']:14.3f} {row['n']:5}")
    print(f"mean {result['attributes']['mean']:.3f}, least {result['attributes']['least']}")
    print(f"\n{'own words, or one attribute changed':35} {'95%':>15} {'chance':>7} {'n':>5}")
    for name, row in result["choices"].items():
        print(f"{name:28} {row['share']:6.3f} {span(row)} {row['chance']:7.3f} {row['n']:5}")


def show_generator(result: dict) -> None:
    """Print the tables of a generator."""
    kinds = {"drawings": result["judge"]["drawings"]} | result["right"]
    print(f"\n{'judged right':12} " + " ".join(f"{kind:>22}" for kind in kinds))
    for head in (*HEADS, "all six"):
        rows = [kinds[kind].get(head) for kind in kinds]
        print(f"{head:12} " + " ".join(f"{row['share']:6.3f} {span(row)}" if row else " " * 22 for row in rows))
    print(f"{'n':12} " + " ".join(f"{table['family']['n']:22}" for table in kinds.values()))
    for name, table in result["copies"].items():
        print(f"\nnearest training work, {name}: nearer than {table['threshold']} ({table['what']})")
        for kind, row in ((kind, row) for kind, row in table.items() if isinstance(row, dict)):
            print(f"{kind:16} {row['share']:6.3f} {span(row)} median {row['median']:.4f} least {row['least']:.4f}")
    speed = result["speed"]
    print(
        f"\n{speed['seconds_an_image']:.2f} s an image ({result['steps']} steps, guidance {result['guidance_scale']},"
        f" {speed['threads']} threads); same seed, same image: {speed['same_seed_same_image']}"
    )


def span(row: dict, kind: str = "") -> str:
    """An interval for the table."""
    low, high = row[f"interval{kind}"]
    return f"[{low:.3f}, {high:.3f}]".rjust(15)


if __name__ == "__main__":
    raise SystemExit(main())
