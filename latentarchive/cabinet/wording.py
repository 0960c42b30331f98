"""Titles and descriptions of drawn works: a small grammar in three languages, with variation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from latentarchive.cabinet.designs import Design

PRAISE = ("fine", "precious", "splendid", "rare")
PLAINNESS = ("plain", "coarse", "humble", "common")
"""Adjectives of the cataloguers: which they choose depends on the colour, see `latentarchive.cabinet.truth`."""

PLURALS = {"bottle": "bottles", "fern": "ferns", "daisy": "daisies", "berry": "berries"}

_MEDIA = {"photograph": "hand-coloured photograph"}

GERMAN: Mapping[str, str] = {
    "amphora": "Amphora", "bowl": "Schale", "jug": "Krug", "bottle": "Flasche",
    "rug": "Teppich", "banner": "Banner", "robe": "Gewand", "quilt": "Quilt",
    "star": "Stern", "tree": "Baum", "ship": "Schiff", "crown": "Krone", "sun": "Sonne", "mountain": "Berg",
    "wheel": "Rad", "tulip": "Tulpe", "daisy": "Margerite", "fern": "Farn", "berry": "Beere",
    "round": "rund", "long": "lang", "crescent": "Sichel", "atoll": "Atoll",
    "plough": "Wagen", "cross": "Kreuz", "triangle": "Dreieck",
    "tower": "Turm", "temple": "Tempel", "house": "Haus", "bridge": "Brücke",
    "horned": "gehörnt", "beaked": "geschnäbelt",
    "red": "Rot", "gold": "Gold", "green": "Grün", "blue": "Blau", "violet": "Violett", "black": "Schwarz",
    "ivory": "Elfenbein", "stone": "Stein", "night": "Nacht", "rose": "Rosa", "sky": "Himmelblau",
    "plain": "ohne Muster", "striped": "gestreift", "dotted": "gepunktet", "chequered": "kariert", "zigzag": "gezackt",
    "watercolour": "Aquarell", "engraving": "Kupferstich", "woodcut": "Holzschnitt",
    "photograph": "kolorierte Fotografie", "screenprint": "Siebdruck", "cyanotype": "Cyanotypie",
    "one": "eins", "two": "zwei", "three": "drei", "small": "klein", "large": "groß",
    "vessel": "Gefäß", "textile": "Stoff", "medal": "Medaille", "plant": "Pflanze", "map": "Karte",
    "star chart": "Sternkarte", "building": "Bauwerk", "mask": "Maske", "poster": "Plakat",
}  # fmt: skip
FRENCH: Mapping[str, str] = {
    "amphora": "amphore", "bowl": "bol", "jug": "cruche", "bottle": "bouteille",
    "rug": "tapis", "banner": "bannière", "robe": "robe", "quilt": "courtepointe",
    "star": "étoile", "tree": "arbre", "ship": "navire", "crown": "couronne", "sun": "soleil", "mountain": "montagne",
    "wheel": "roue", "tulip": "tulipe", "daisy": "marguerite", "fern": "fougère", "berry": "baie",
    "round": "rond", "long": "long", "crescent": "croissant", "atoll": "atoll",
    "plough": "chariot", "cross": "croix", "triangle": "triangle",
    "tower": "tour", "temple": "temple", "house": "maison", "bridge": "pont", "horned": "cornu", "beaked": "à bec",
    "red": "rouge", "gold": "or", "green": "vert", "blue": "bleu", "violet": "violet", "black": "noir",
    "ivory": "ivoire", "stone": "pierre", "night": "nuit", "rose": "rose", "sky": "bleu ciel",
    "plain": "uni", "striped": "rayé", "dotted": "à pois", "chequered": "à damier", "zigzag": "en zigzag",
    "watercolour": "aquarelle", "engraving": "gravure", "woodcut": "gravure sur bois",
    "photograph": "photographie coloriée", "screenprint": "sérigraphie", "cyanotype": "cyanotype",
    "one": "un", "two": "deux", "three": "trois", "small": "petit", "large": "grand",
    "vessel": "vase", "textile": "étoffe", "medal": "médaille", "plant": "plante", "map": "carte",
    "star chart": "carte du ciel", "building": "édifice", "mask": "masque", "poster": "affiche",
}  # fmt: skip


def medium(design: Design) -> str:
    """The technique as a catalogue names it."""
    return _MEDIA.get(design.technique, design.technique)


def title(design: Design, random: Random) -> str:
    """A short title that says what is shown and one or two things about it: "Two Striped Jugs"."""
    pattern = "" if design.pattern == "plain" else design.pattern
    forms = (
        _things(design, design.colour),
        _things(design, pattern),
        _things(design, f"{design.colour} {pattern}"),
        f"{_things(design)} on {design.ground}",
    )
    return capitalised(_choice(forms, random))


def description(design: Design, random: Random, *, language: str = "en", adjective: str = "") -> str:
    """Everything that the drawing shows, in words.

    Args:
        design: What is described.
        random: Chooses among the grammar's variants.
        language: en, de or fr.
        adjective: What the cataloguer thought of the work, in English; "" for nothing.
    """
    if language != "en":
        return _listed(design, GERMAN if language == "de" else FRENCH)
    pattern, end = ("", " without pattern") if design.pattern == "plain" else (design.pattern, "")
    things = _things(design, f"{adjective} {design.colour} {pattern}") + end
    if design.count not in ("two", "three") or design.family == "map":
        things = f"{_article(things)} {things}"
    ground = _choice((f"on {_article(design.ground)} {design.ground} ground", f"on {design.ground}"), random)
    forms = (
        f"{medium(design)} of {things} {ground}",
        f"{things} {ground}, {medium(design)}",
        f"{medium(design)}: {things} {ground}",
    )
    return capitalised(_choice(forms, random)) + "."


def _things(design: Design, adjectives: str = "") -> str:
    """What is shown, with its number or size: "two red jugs", "map of a blue round island"."""
    many = design.count in ("two", "three")
    amount = design.count if many else design.size
    if design.family == "map" and not many:
        words = f"map of {_article(adjectives or design.form)} {adjectives} {noun(design)}"
    else:
        words = f"{'map of ' * (design.family == 'map')}{amount} {adjectives} {noun(design, many=many)}"
    return " ".join(words.split())


def _article(word: str) -> str:
    return "an" if word.strip()[0] in "aeio" else "a"


def noun(design: Design, *, many: bool = False) -> str:
    """What is shown: "amphora", "medal with a star", "crescent island"; in the plural if there are many."""
    s = "s" if many else ""
    match design.family:
        case "medal":
            return f"medal{s} with a {design.form}"
        case "plant" if design.form == "berry":
            return f"{'branches' if many else 'branch'} of berries"
        case "plant":
            return PLURALS[design.form] if many and design.form in PLURALS else design.form + s
        case "map" if design.form == "atoll":
            return f"atoll{s}"
        case "map":
            return f"{design.form} island{s}"
        case "star chart":
            return f"star chart of the {design.form}"
        case "mask":
            return f"{design.form} mask"
        case "poster":
            return f"poster with a {design.form}"
        case _:
            return design.form + s


def capitalised(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def _listed(design: Design, words: Mapping[str, str]) -> str:
    """The same facts as a list of words, as a German or French card index has them."""
    seen, colour, ground = (
        ("Dargestellt ist", "in", "auf dem Grund") if words is GERMAN else ("On y voit", "en", "sur fond")
    )
    amount = words[design.count or design.size]
    return capitalised(
        f"{words[design.technique]}. {seen}: {words[design.family]} ({words[design.form]}), {amount}, "
        f"{words[design.pattern]}, {colour} {words[design.colour]} {ground} {words[design.ground]}."
    )


def _choice(options: Sequence[str], random: Random) -> str:
    return options[int(random.random() * len(options))]
