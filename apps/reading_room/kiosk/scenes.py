"""What a kiosk shows at an address, as plain values: every scene, and where each of its buttons leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from latentarchive.errors import ArchiveError
from latentarchive.kiosk import Profile, said
from reading_room import cards, language, pictures
from reading_room.kiosk import answers, making
from reading_room.kiosk.screen import LONGEST, Button, Form, Go, Scene, Tile
from reading_room.language import say, say_in
from reading_room.shared import archive_named

if TYPE_CHECKING:
    from latentarchive.archive import Archive
    from latentarchive.items import Item
    from latentarchive.kiosk import Question

LOOP = 24
"""Works of the attract loop where the profile names none."""

TEXT = 700
"""Characters of a description that stand beside a work."""

VARIANTS = 8
"""Generated images that there are of one question, each from another seed: so many, and none is made twice."""


def scene(name: str, archive: Archive, profile: Profile, asked: Mapping[str, str]) -> Scene:
    """The scene of an address; what cannot be shown is said in a sentence, and leads back to the start."""
    show = asked.get("show", "")
    try:
        if show == "start":
            return _start(name, profile)
        if show == "results" and "search" in profile.pages:
            return _results(name, profile, asked)
        if show == "work" and "item" in profile.pages:
            return _work(name, archive, profile, asked)
        if show == "contrast" and "contrast" in profile.pages:
            return _contrast(name, profile, asked)
        if show == "about" and "about" in profile.pages:
            return _about(archive, profile)
        if show:
            return _sorry(say("This is not shown here."))
        return _attract(name, archive, profile)
    except ArchiveError:  # its words are for those who keep the archive, not for visitors
        return _sorry(say("This is not shown here."))


def _attract(name: str, archive: Archive, profile: Profile) -> Scene:
    ids = [item_id for item_id in profile.attract.works if _shown(archive, item_id)]
    if ids:
        items = [archive.item(item_id) for item_id in ids]
    else:
        rows = archive.rows()
        items = archive.collection.items(rows[i] for i in np.unique(np.linspace(0, len(rows) - 1, LOOP).astype(int)))
    tiles = tuple(_tile(name, item, side=pictures.SIDES[1]) for item in items if item.image)
    touch = tuple(
        Button(
            label=say_in(code, "Touch the screen to begin"),
            go={"show": "start", "lang": code},
            lang=code,
            first=code == profile.languages[0],
        )
        for code in profile.languages
    )
    pace = profile.attract.seconds
    return Scene(
        kind="attract",
        title=said(profile.title, language.code()),
        tiles=tiles,
        buttons=touch,
        languages=_languages({"show": "start"}) if len(touch) > 1 else (),
        pace=pace,
        again=round(1000 * pace * max(len(tiles), 1)),  # after each round: something may have been withheld meanwhile
    )


def _start(name: str, profile: Profile) -> Scene:
    tiles = []
    for number, question in enumerate(profile.questions):
        found = _first(name, question)
        if found is not None:
            label = said(question.label, language.code())
            go = _go(profile, "search", {"show": "results", "ask": str(number)})
            card = cards.card(found, name)
            lines = (card.title, card.source, f"{say('Rights')}: {_rights(card.rights)}")
            tiles.append(Tile(title=label, image=_view(name, found), lines=lines, go=go))  # its words say what it is
    about = [Button(label=say("About"), go={"show": "about"})] if "about" in profile.pages else []
    text = said(profile.text, language.code())
    return Scene(
        kind="start",
        title=said(profile.title, language.code()),
        text=(text,) if text else (),
        tiles=tuple(tiles),
        buttons=tuple(about),
        languages=_languages({"show": "start"}),
        form=Form(label=say("Ask in your own words"), button=say("Search")) if profile.typing.allowed else None,
    )


def _results(name: str, profile: Profile, asked: Mapping[str, str]) -> Scene:
    buttons: tuple[Button, ...] = (Button(label=say("Start again"), go={"show": "start"}),)
    if words := asked.get("q", "")[:LONGEST].strip():
        if profile.typing.refuses(words):
            return _sorry(say("These words are not searched for here. Choose one of the questions."))
        items, title, here = answers.own_words(name, words), f"“{words}”", {"q": words}
    else:
        number, question = _question(profile, asked)
        items, title, here = answers.answer(name, question), said(question.label, language.code()), {"ask": number}
        made = Button(label=say("What a machine makes of it"), go={"show": "contrast", **here}, first=True)
        buttons = (*buttons, made) if "contrast" in profile.pages else buttons
    tiles = tuple(_tile(name, item, go=_go(profile, "item", {"show": "work", "id": item.id, **here})) for item in items)
    text = say("The {count} works that come nearest, the nearest first.", count=len(tiles)) if tiles else ""
    text = text or say("Nothing was found. Choose another question.")
    return Scene(kind="results", title=title, text=(text,), tiles=tiles, buttons=buttons)


def _work(name: str, archive: Archive, profile: Profile, asked: Mapping[str, str]) -> Scene:
    item = archive.item(asked.get("id", ""))
    here = {key: asked[key] for key in ("ask", "q") if asked.get(key)}
    beside: tuple[Item, ...] = answers.around(name, item.id) if archive.has_vectors else ()
    tiles = tuple(_tile(name, one, go={"show": "work", "id": one.id, **here}) for one in beside)
    back = Button(label=say("Back"), go={"show": "results", **here} if here else {"show": "start"}, first=True)
    text = item.text if len(item.text) <= TEXT else item.text[:TEXT].rsplit(" ", 1)[0] + " …"
    return Scene(
        kind="work",
        title=cards.card(item, name).title,
        text=(text,) if text and text != item.title else (),
        tiles=(_tile(name, item, side=pictures.SIDES[1]),),
        beside=tiles,
        heading=say("Works that come near it") if tiles else "",
        buttons=(back, Button(label=say("Start again"), go={"show": "start"})),
    )


def _contrast(name: str, profile: Profile, asked: Mapping[str, str]) -> Scene:
    number, question = _question(profile, asked)
    seed = int(asked["seed"]) % VARIANTS if asked.get("seed", "").isdecimal() else 0
    state = making.state(name, question, seed)
    found = tuple(_tile(name, item, go=None) for item in answers.answer(name, question)[: making.BESIDE])
    label = said(question.label, language.code())
    buttons = [Button(label=say("Back"), go={"show": "results", "ask": number})]
    if state.error:
        line = say("The machine cannot make an image of this.")
    elif state.ended:
        line = say("A generator made this image. It is no work of the archive.")
        more = {"show": "contrast", "ask": number, "seed": str((seed + 1) % VARIANTS)}
        buttons.append(Button(label=say("Let it make another"), go=more, first=True))
    elif state.ahead:
        line = say("Another image is being made first: {count} before this one.", count=state.ahead)
    elif state.total:
        line = say("The image is being made: step {done} of {total}.", done=state.done, total=state.total)
    else:
        line = say("The machine is getting ready.")
    made = Tile(
        title=say("Generated, not a work"),
        image=state.image,
        alt=say("Generated image for “{question}”", question=label) if state.image else "",
        lines=(line,),
        generated=True,
    )
    return Scene(
        kind="contrast",
        title=label,
        text=(say("On one side the archive keeps and finds. On the other a machine transforms what it has seen."),),
        tiles=(made,),
        beside=found,
        heading=say("Found in the archive"),
        buttons=(*buttons, Button(label=say("Start again"), go={"show": "start"})),
        again=0 if state.ended else making.LOOK,
    )


def _about(archive: Archive, profile: Profile) -> Scene:
    own = said(profile.about, language.code())
    shown = say(
        "{count} works can be seen here. They come from the archive “{title}”.",
        count=len(archive),
        title=archive.manifest.title,
    )
    rights = say("Source and rights stand beside every work; “unknown” does not mean free.")
    order = say("A model that compares pictures and words puts the works in order. It can be wrong.")
    text = [*own.split("\n\n"), shown, order, rights]
    if "contrast" in profile.pages:
        text.append(say("Images that a machine made are framed with dashes and labelled. They are no works."))
    return Scene(
        kind="about",
        title=say("About"),
        text=tuple(part for part in text if part.strip()),
        buttons=(Button(label=say("Back"), go={"show": "start"}, first=True),),
    )


def _sorry(words: str) -> Scene:
    return Scene(
        kind="sorry", title=words, buttons=(Button(label=say("Start again"), go={"show": "start"}, first=True),)
    )


def _question(profile: Profile, asked: Mapping[str, str]) -> tuple[str, Question]:
    """The question of an address. Raises `ArchiveError` if there is none."""
    number = asked.get("ask", "")
    if not number.isdecimal() or int(number) >= len(profile.questions):
        message = f"the kiosk has no question {number!r}"
        raise ArchiveError(message)
    return number, profile.questions[int(number)]


def _first(name: str, question: Question) -> Item | None:
    """The picture of a question: the work that it asks with, or the first that it finds; None if it finds nothing."""
    try:
        asked = [archive_named(name).item(question.work)] if question.work else []
        return next((item for item in (*asked, *answers.answer(name, question)) if item.image), None)
    except ArchiveError:
        return None


def _tile(name: str, item: Item, *, side: int = pictures.SIDES[0], go: Go | None = None) -> Tile:
    card = cards.card(item, name)
    return Tile(
        title=card.title,
        image=_view(name, item, side) if item.image else "",
        alt=card.alt,
        lines=(card.credit, card.source, f"{say('Rights')}: {_rights(card.rights)}"),
        generated=card.generated,
        go=go,
    )


def _rights(stated: str) -> str:
    return say("unknown") if stated == "unknown" else stated


def _view(name: str, item: Item, side: int = pictures.SIDES[0]) -> str:
    return pictures.view(name, item.id, side)


def _go(profile: Profile, page: str, address: Go) -> Go | None:
    return address if page in profile.pages else None


def _languages(address: Go) -> tuple[Button, ...]:
    """The choice of language, each by its own name; none where there is nothing to choose."""
    codes = language.offered()
    return tuple(
        Button(label=language.NAMES[code], go=address | {"lang": code}, lang=code, chosen=code == language.code())
        for code in codes
        if len(codes) > 1
    )


def _shown(archive: Archive, item_id: str) -> bool:
    try:
        archive.row(item_id)
    except ArchiveError:
        return False
    return True
