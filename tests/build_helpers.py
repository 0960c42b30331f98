"""What tests of builds share: a build in small parts, all bytes of an archive, the end of a process."""

import json

from latentarchive.build import build_archive
from latentarchive.manifest import MANIFEST, WITHHELD


def build(recipe, out, **options):
    return build_archive(recipe, out=out, **{"part_inputs": 3, "workers": 2, **options})


def files(folder):
    """Every file of an archive by name, without its log of withheld items and when it was `created`."""
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    manifest = json.loads(found[MANIFEST])
    del manifest["created"]
    found.pop(WITHHELD, None)
    return found | {MANIFEST: json.dumps(manifest)}


class Killed(BaseException):
    """Stands for the end of the process at one step: nothing after it runs."""
