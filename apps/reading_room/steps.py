"""The steps of an image that is being made, in one row, each beside the work nearest to it where that is looked for."""

from __future__ import annotations

from collections.abc import Sequence

from latentarchive.archive import Archive
from latentarchive.errors import ArchiveError
from reading_room import cards, pictures
from reading_room.language import say
from reading_room.scripts import component
from reading_room.studio import Glimpse

_component = component(__file__, "steps", "elements")


def show(glimpses: Sequence[Glimpse], archive: Archive, name: str, *, key: str) -> None:
    """Show them, framed and labelled as generated.

    Args:
        glimpses: Of one image, in order.
        archive: Where the nearest works come from, and its name in addresses.
        name: The same.
        key: Of this row on its page.
    """
    entries = [_entry(one, archive, name) for one in glimpses]
    words = {"label": say("Generated, not works: steps of the image in hand"), "near": say("Nearest works")}
    _component(key=key, data={"steps": entries, "words": words})


def _entry(one: Glimpse, archive: Archive, name: str) -> dict[str, str]:
    said = say("step {step} of {of}", step=one.step, of=one.of)
    entry = {
        "picture": one.picture,
        "alt": say("Generated image, not a work: {title}", title=said),
        "said": str(one.step),
        "near": "",
        "nearAlt": "",
    }
    if one.near:
        try:
            item = archive.item(one.near)
        except ArchiveError:  # withheld since
            return entry
        entry |= {"near": pictures.thumb(name, item.id), "nearAlt": say("nearest work: {title}", title=cards.alt(item))}
    return entry
