"""A contrast or an experiment that lies in memory, as one ZIP file: what its command leaves in a folder."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from latentarchive.archive import Archive
from latentarchive.audit import Report
from latentarchive.diffusion.contrast import Contrast
from latentarchive.diffusion.experiment import Experiment
from latentarchive.diffusion.generated import Generated
from latentarchive.diffusion.keeping import image_path
from latentarchive.render import contrasts, experiments


def contrast_parcel(contrast: Contrast, report: Report, images: Mapping[str, Generated], archive: Archive) -> bytes:
    """All files of a contrast; see `contrasts.write`, also for what is raised.

    Args:
        contrast: What was seen.
        report: What the checks found in it.
        images: By name, each with its record.
        archive: Where the works come from; what is withheld in it now, and what was made of it, is not in the parcel.
    """
    withheld = set(archive.log.current())
    shown = contrast.without(withheld)
    with TemporaryDirectory() as place:
        folder = Path(place) / "contrast"
        for one in shown.made:
            images[one.id].save(image_path(folder, one.id))
        contrasts.write(shown, report, folder, archive=archive)
        return _zipped(folder)


def experiment_parcel(one: Experiment, archives: Mapping[str, Archive]) -> bytes:
    """All files of an experiment; see `experiments.write_experiment`, also for what is raised."""
    with TemporaryDirectory() as place:
        folder = Path(place) / one.kind
        experiments.write_experiment(one, folder, archives)
        return _zipped(folder)


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            file.write(path, path.relative_to(folder.parent))
    return buffer.getvalue()
