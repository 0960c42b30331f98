"""The same weights and the same words, told what two archives have for them.

"Interchanging the databases results in different capabilities although the learned weights are the same": Blattmann et
al. (2022), "Retrieval-augmented diffusion models", section 4. Here one can look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from latentarchive.diffusion.bench import FEWEST, Bench
from latentarchive.diffusion.experiment import Experiment, Frame, Measure, Strip
from latentarchive.diffusion.from_archive import centroid, retrieved
from latentarchive.diffusion.points import MEANT, check_vectors
from latentarchive.errors import EncoderMismatch, GeneratorError, QueryError
from latentarchive.measures.intervals import WILSON, wilson
from latentarchive.measures.resampling import bootstrap_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentarchive.archive import Archive
    from latentarchive.diffusion.conditions import Told
    from latentarchive.diffusion.generated import Generated


@dataclass(frozen=True, kw_only=True)
class Swap(Experiment):
    """The two series, and how far apart they are."""

    kind: ClassVar[str] = "swap"

    #: Name of the second archive.
    other: str
    #: One minus the cosine of the two images of each seed; and of two images of one archive and different seeds, in
    #: the mean.
    apart: tuple[float, ...]
    apart_seeds: float
    #: Share of the images whose nearest work, of both archives, is in the one that was told, without those that are as
    #: near to both; None where all are.
    own: float | None


def swap(bench: Bench, other: Archive, text: str, *, n: int = 8, seed: int = 0) -> Swap:
    """Swap the archive.

    Args:
        bench: One archive, and the generator.
        other: The other one, of the same encoder.
        text: Words, which each archive answers with the works nearest to them.
        n: Images of each archive, of the same seeds; from 2.
        seed: The first of them.

    Raises:
        EncoderMismatch: The archives are of different encoders.
        GeneratorError: The generator is told no vectors; n is below 2; the archives have one name.
        QueryError: An archive has no work.
    """
    check_vectors(bench.generator.capabilities, "a swap")
    archives = (bench.archive, other)
    if len({archive.manifest.fingerprint for archive in archives}) > 1:
        said = " and ".join(f"{archive.name} by {archive.manifest.encoder_name}" for archive in archives)
        message = f"archives of different encoders cannot be swapped: {said}; build one of them anew"
        raise EncoderMismatch(message)
    if archives[0].name == archives[1].name:
        message = (
            f"both archives are named {other.name!r}, and a page could not tell them apart; build one anew with --name"
        )
        raise GeneratorError(message)
    if n < 2:
        message = f"a swap makes 2 images of each archive or more, got {n}"
        raise GeneratorError(message)
    bench.expect(2 * n)
    made: dict[str, Generated] = {}
    strips = []
    for letter, archive in zip("ab", archives, strict=True):
        found = archive.search(text, by="meaning", k=MEANT)
        if not found.hits:
            message = f"archive {archive.name} has no work"
            raise QueryError(message)
        works = retrieved(archive, [hit.item.id for hit in found.hits])
        told: Told = works if bench.generator.capabilities.sequence else centroid(works)
        names = [f"swap-{letter}-{i:02}" for i in range(1, n + 1)]
        made |= bench.make(names, told, range(seed, seed + n))
        kept = tuple(
            Frame(item=hit.item.id, archive=archive.name, caption=f"told: cosine {hit.score or 0:.2f} to the words")
            for hit in found.hits
            if hit.item.id in works.ids
        )
        frames = tuple(Frame(name=name, caption=f"told works of {archive.name}") for name in names)
        strips.append(Strip(heading=f"Told what {archive.name} has for these words", frames=(*kept, *frames)))
    seen = bench.seen([one.image for one in made.values()]).astype(np.float64)
    first, second = seen[:n], seen[n:]
    apart = np.clip(1 - (first * second).sum(axis=1), 0, 2)
    within = float(np.mean([_pairs(first), _pairs(second)]))
    nearer = _nearer(archives, seen, n)
    return Swap(
        title=f"“{text}”, told by {archives[0].name} and by {other.name}",
        about="The weights are the same, the words are the same, the noise is the same. Only the archive that answers "
        "the words is another.",
        archive=bench.archive.name,
        settings=bench.settings() | {"words": text, "other": other.name, "seeds": list(range(seed, seed + n))},
        measures=_measures(apart, within, nearer, archives) if n >= FEWEST else (),
        strips=tuple(strips),
        notes=() if n >= FEWEST else (f"{n} images of each are too few for figures: {FEWEST} would do.",),
        records={name: one.record for name, one in made.items()},
        images={name: one.image for name, one in made.items()},
        other=other.name,
        apart=tuple(round(float(one), 6) for one in apart),
        apart_seeds=round(within, 6),
        own=round(float(nearer.mean()), 6) if len(nearer) else None,
    )


def _pairs(x: NDArray[np.float64]) -> float:
    """One minus the mean cosine of two different rows."""
    return float(1 - ((x @ x.T).sum() - len(x)) / (len(x) * (len(x) - 1)))


def _nearer(archives: tuple[Archive, Archive], seen: NDArray[np.float64], n: int) -> NDArray[np.bool_]:
    """Whether each image lies nearer to a work of its own archive than to any of the other; ties are left out."""
    best = []
    for archive in archives:
        index = archive.holdings.index
        assert index is not None
        found = index.search(seen.astype(np.float32), 1, encoder=archive.manifest.fingerprint, allowed=archive.visible)
        best.append(np.array([float(scores[0]) for _, scores in found]))
    ahead = np.concatenate([(best[0] - best[1])[:n], (best[1] - best[0])[n:]])
    told = ahead[np.abs(ahead) > 1e-6]
    return np.asarray(told > 0)


def _measures(
    apart: NDArray[np.float64], within: float, nearer: NDArray[np.bool_], archives: tuple[Archive, Archive]
) -> tuple[Measure, ...]:
    n = len(apart)
    low, high = bootstrap_mean(apart)
    told = [
        Measure(
            sentence=f"Swapping the archive moves an image by {apart.mean():.2f} (one minus the cosine of the two of a "
            f"seed); another seed moves it by {within:.2f}.",
            value=round(float(apart.mean()), 6),
            unit="(one minus cosine)",
            n=n,
            denominator="seeds",
            interval=(round(low, 6), round(high, 6)),
            interval_by="bootstrap over seeds",
            null=round(within, 6),
            null_by="another seed, the same archive",
        )
    ]
    if len(nearer):
        tied = 2 * n - len(nearer)
        told.append(
            Measure(
                sentence=f"{nearer.mean():.0%} of the images lie nearer to a work of the archive that was told than to "
                "any of the other.",
                value=round(float(nearer.mean()), 6),
                unit="share",
                n=len(nearer),
                denominator="images",
                interval=wilson(int(nearer.sum()), len(nearer)),
                interval_by=WILSON,
                null=0.5,
                null_by="an archive that leaves no trace",
                notes=(
                    f"{archives[0].name} has {len(archives[0]):,} works, {archives[1].name} {len(archives[1]):,}.",
                    *([f"{tied} images are as near to both, and not counted."] if tied else ()),
                ),
            )
        )
    return tuple(told)
