"""What stands on the screen of a kiosk, as plain values: a scene, its tiles, its buttons, a line to type in."""

from __future__ import annotations

from dataclasses import dataclass

Go = dict[str, str]
"""An address: what `scenes.scene` is asked. Empty: nobody is there."""

LONGEST = 120
"""Characters that a visitor may type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A work, or a question, or a generated image, to be touched if it leads anywhere."""

    title: str
    image: str = ""
    alt: str = ""
    #: Maker, date and place; then source and rights.
    lines: tuple[str, ...] = ()
    generated: bool = False
    go: Go | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """What stands low on the screen."""

    label: str
    go: Go
    #: What most visitors want next.
    first: bool = False
    #: The language of its words, where it is not that of the page; and whether it is chosen.
    lang: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A line to type in."""

    label: str
    button: str
    longest: int = LONGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One screen of a kiosk."""

    #: ``attract``, ``start``, ``results``, ``work``, ``contrast``, ``about`` or ``sorry``.
    kind: str
    title: str
    text: tuple[str, ...] = ()
    #: The work or works that it is about; what stands beside them, and its heading.
    tiles: tuple[Tile, ...] = ()
    beside: tuple[Tile, ...] = ()
    heading: str = ""
    buttons: tuple[Button, ...] = ()
    languages: tuple[Button, ...] = ()
    form: Form | None = None
    #: Seconds that each work of the attract loop stays.
    pace: float = 0.0
    #: Milliseconds after which the screen asks for its next state; 0: never.
    again: int = 0
