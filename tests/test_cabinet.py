"""The cabinet: drawn the same everywhere, described by its grammar, and faulty exactly as planted."""

import hashlib
import math
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageOps

from latentarchive.cabinet import attributes, catalogue, faults, wording
from latentarchive.cabinet.attributes import COLOURS, GROUNDS, PATTERNS, pattern_mask
from latentarchive.cabinet.catalogue import PLACES, SIGNS, possible, works
from latentarchive.cabinet.designs import Design, extras, picture
from latentarchive.cabinet.faults import entries, image_file
from latentarchive.cabinet.figures import FAMILIES
from latentarchive.cabinet.pen import SIDE, Sheet
from latentarchive.cabinet.techniques import TECHNIQUES, render
from latentarchive.cabinet.truth import SCHEMA, truth_table, write_truth
from latentarchive.embedded import read_embedded
from latentarchive.errors import ImageError, SourceError
from latentarchive.images import decode
from latentarchive.items import Record
from latentarchive.recipes import load_recipe
from latentarchive.rights import mining_code
from latentarchive.sources import Cabinet
from latentarchive.train.data import held_out
from tests.source_helpers import items, keeps_its_promises

ROOT = Path(__file__).parent.parent
N = 4000


@cache
def drawn():
    return works(N, 1)


def room():
    return entries(N, 1)


def own():
    """Inputs with a drawing of their own that decodes."""
    return [e for e in room() if not e.copy and not e.broken]


def design(family="vessel", form="jug", **other):
    extra = {"count": "one"} if FAMILIES[family].counted else {"size": "small"}
    plain = {"colour": "red", "ground": "stone", "pattern": "striped", "technique": "woodcut"} | extra
    return Design(family=family, form=form, **plain | other)


def pixels(entry):
    return np.asarray(decode(image_file(entry)).image, np.float32)


def likeness(one, other):
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def as_planted(found, n, share):
    """Whether a count lies within four standard deviations of what a chance gives in n draws."""
    return abs(found - n * share) <= 4 * math.sqrt(n * share * (1 - share))


class Always:
    """Draws the same number every time."""

    def __init__(self, value):
        self.random = lambda: value


# The same everywhere


def test_another_process_makes_the_same():
    code = (
        "import hashlib; from latentarchive.cabinet.faults import *; made = entries(40, 5)\n"
        "print(hashlib.sha256(repr(made).encode() + b''.join(map(image_file, made[::8]))).hexdigest())"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7", "PYTHONWARNINGS": "error"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    entries.cache_clear()
    made = entries(40, 5)
    files = b"".join(map(image_file, made[::8]))
    assert done.stdout.strip() == hashlib.sha256(repr(made).encode() + files).hexdigest()
    assert entries(40, 6) != made


@pytest.mark.parametrize("count", [1, 2, 37, 3999])
def test_a_smaller_count_is_a_beginning(count):
    assert entries(count, 1) == room()[:count]
    assert works(count, 1) == drawn()[:count]


def test_the_first_room_is_the_one_that_the_shipped_models_have_seen():
    """Whoever changes a record here has to train `tiny` and the generator anew."""
    rows = [
        (e.title, e.text, e.rights, e.work.date, e.work.place, e.work.design.seed, e.work.design.attributes, e.copy)
        for e in room()
    ]
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    assert digest == "efa14c1928ef3cab12a85ef73deda097119663081b9dd6e597c04495fc9b2758"


# Pictures


@pytest.mark.parametrize("technique", TECHNIQUES)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_form_is_drawn_in_every_technique(family, technique):
    """A figure covers at least a twentieth of a sheet; the narrow tower, the least of all, about a twelfth."""
    ground, blue = (np.array(rgb, np.float32) / 255 for rgb in (GROUNDS["ivory"], COLOURS["blue"]))
    paint = dict.fromkeys(("body", "main", "shade", "light", "ink"), blue) | {"paper": ground}
    bare = render(Sheet(), technique, paint, ground, pattern_mask("plain"), Random(1))
    for form in FAMILIES[family].forms:
        shown = picture(design(family, form, colour="blue", ground="ivory", technique=technique, seed=3))
        assert (shown.mode, shown.size) == ("RGB", (SIDE, SIDE))
        differs = np.abs(np.asarray(shown, float) - np.asarray(bare, float)).max(axis=2) > 45
        assert 0.05 < differs.mean() < 0.7, form


def test_a_hand_is_one_seed():
    one, same, other = (np.asarray(picture(design(seed=seed))) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("word", "kind"), [*((c, "colour") for c in COLOURS), *((g, "ground") for g in GROUNDS)], ids=lambda value: value
)
def test_colour_and_ground_are_where_they_belong(word, kind):
    """In the flat inks of a screenprint the corner is the ground, and the middle of a bowl its colour."""
    named = {"colour": "red", "ground": "sky", kind: word}
    shown = np.asarray(picture(design(form="bowl", pattern="plain", technique="screenprint", **named)), float)
    assert np.abs(shown[4, 4] - GROUNDS[named["ground"]]).max() < 0.05 * 255
    assert np.abs(shown[SIDE // 2 + 8, SIDE // 2] - COLOURS[named["colour"]]).max() < 0.08 * 255


@pytest.mark.parametrize(
    ("name", "share"), [("plain", 0), ("striped", 0.5), ("dotted", 0.236), ("chequered", 0.5), ("zigzag", 0.45)]
)
def test_patterns_cover_their_share(name, share):
    """A dot of squared radius 0.075 covers pi * 0.075 of its cell."""
    assert pattern_mask(name).mean() == pytest.approx(share, abs=0.03)


def test_a_pattern_that_is_none():
    with pytest.raises(ValueError, match="no pattern 'plaid'; there are plain, striped"):
        pattern_mask("plaid")


# What the catalogue says


@pytest.mark.parametrize(("one", "other"), catalogue.NEVER)
def test_pairs_that_never_occur(one, other):
    assert not [w for w in drawn() if {one, other} <= {w.design.family, *w.design.attributes}]
    assert not possible(with_words(one, other))
    assert possible(with_words(one, "gold" if other in COLOURS else "striped"))


def with_words(*words):
    """A design with these attributes and otherwise harmless ones."""
    made = design()
    for word in words:
        forms = next(((f, word) for f in FAMILIES if word in FAMILIES[f].forms), None)
        if word in FAMILIES or forms:
            family, form = forms or (word, next(iter(FAMILIES[word].forms)))
            made = design(family, form, colour=made.colour, ground=made.ground, pattern=made.pattern)
        kind = next((k for k, w in (("colour", COLOURS), ("ground", GROUNDS), ("pattern", PATTERNS)) if word in w), "")
        made = replace(made, **({kind: word} if kind else {}))
    return made


def test_series_and_techniques():
    """Of 9 * 6 * 5 series, 9 are black on night, 9 gold on ivory, 6 masks on sky, 5 green star charts."""
    assert {w.design.series for w in drawn()} == {
        f"{family}, {colour} on {ground}"
        for family in FAMILIES
        for colour in COLOURS
        for ground in GROUNDS
        if (colour, ground) not in catalogue.NEVER and (family, ground) not in catalogue.NEVER
        if (family, colour) not in catalogue.NEVER
    }
    assert len({w.design.series for w in drawn()}) == 270 - 9 - 9 - 6 - 5
    assert min(w.year for w in drawn() if w.design.technique == "photograph") == 1850
    assert 1910 <= min(w.year for w in drawn() if w.design.technique == "screenprint") < 1915
    assert all(1700 <= w.year <= 1979 for w in drawn())
    assert {w.design.technique for w in drawn()} == set(attributes.TECHNIQUE_NAMES)
    assert {w.design.technique for w in works(20, 1, "cyanotype")} == {"cyanotype"}


def test_the_palette_cools():
    """The count of each colour in each third of the years is what the weights give, rejected designs allowed for."""
    allowed = {
        (family, colour): np.mean(
            [
                possible(design(family, form, colour=colour, ground=ground, pattern=pattern))
                for form in FAMILIES[family].forms
                for ground in GROUNDS
                for pattern in PATTERNS
            ]
        )
        for family in FAMILIES
        for colour in COLOURS
    }
    expected, variance, found = ({third: Counter() for third in range(3)} for _ in range(3))
    for work in drawn():
        third, t = min((work.year - 1700) * 3 // 280, 2), (work.year - 1840) / 140
        warmth = {"red": 1, "gold": 1, "black": 0, "green": -0.5, "violet": -0.6, "blue": -1}
        weights = {c: math.exp(-1.1 * warmth[c] * t) * allowed[work.design.family, c] for c in COLOURS}
        found[third][work.design.colour] += 1
        for colour, weight in weights.items():
            share = weight / sum(weights.values())
            expected[third][colour] += share
            variance[third][colour] += share * (1 - share)
    for third in range(3):
        for colour in COLOURS:
            off = found[third][colour] - expected[third][colour]
            assert abs(off) < 4 * math.sqrt(variance[third][colour]), (third, colour)
    warm = [(found[third]["red"] + found[third]["gold"]) / found[third].total() for third in range(3)]
    assert warm[0] > 0.5 > warm[1] > 0.2 > warm[2]


@pytest.mark.parametrize(("family", "home"), [*zip(FAMILIES, (*PLACES, "Northport"), strict=True)])
def test_most_works_come_from_home(family, home):
    """Six of ten are sent home, and an eighth of the rest get there by chance."""
    places = Counter(w.place for w in drawn() if w.design.family == family)
    assert as_planted(places[home], places.total(), 0.6 + 0.4 / 8)


@pytest.mark.parametrize(("place", "sign"), [*zip(PLACES, SIGNS, strict=True)])
def test_one_workshop_leads_each_place(place, sign):
    makers = Counter(w.maker for w in drawn() if w.place == place)
    assert as_planted(makers[""], makers.total(), 0.15)
    del makers[""]
    (leader, first), (_, second), (_, third) = makers.most_common()
    assert leader == f"Workshop of the {sign}, {place}"
    assert all(as_planted(n, makers.total(), share) for n, share in ((first, 0.65), (second, 0.25), (third, 0.1)))


@pytest.mark.parametrize(
    ("colour", "share"), [("gold", 0.9), ("black", 0.1), *((c, 0.5) for c in ("red", "green", "blue", "violet"))]
)
def test_adjectives_praise_gold_and_slight_black(colour, share):
    said = [w.adjective for w in drawn() if w.design.colour == colour]
    praise = sum(word in wording.PRAISE for word in said)
    plainness = sum(word in wording.PLAINNESS for word in said)
    assert praise + plainness == sum(map(bool, said))
    assert as_planted(praise + plainness, len(said), 0.3)
    assert as_planted(praise, praise + plainness, share)


@pytest.mark.parametrize(("what", "shares"), [("domain", catalogue.DOMAINS), ("language", catalogue.LANGUAGES)])
def test_domains_and_languages(what, shares):
    assert sum(share for _, share in shares) == pytest.approx(1)
    found = Counter(getattr(w, what) for w in drawn())
    assert set(found) == {value for value, _ in shares}
    assert [value for value, share in shares if not as_planted(found[value], N, share)] == []


# Titles and descriptions

JUGS = design(count="two")
ONE = design("plant", "berry", pattern="plain", ground="rose", colour="blue")


@pytest.mark.parametrize(
    ("shown", "draw", "title"),
    [
        (JUGS, 0, "Two red jugs"),
        (JUGS, 0.25, "Two striped jugs"),
        (JUGS, 0.5, "Two red striped jugs"),
        (JUGS, 0.75, "Two jugs on stone"),
        (replace(JUGS, pattern="plain"), 0.25, "Two jugs"),
        (design(form="amphora"), 0.75, "Amphora on stone"),
        (design("plant", "daisy", count="three"), 0.25, "Three striped daisies"),
        (design("plant", "fern", count="two"), 0, "Two red ferns"),
        (design("plant", "tulip", count="two"), 0, "Two red tulips"),
        (replace(ONE, count="two"), 0.25, "Two branches of berries"),
        (ONE, 0, "Blue branch of berries"),
        (design("medal", "star", count="three"), 0, "Three red medals with a star"),
        (design("map", "atoll"), 0.75, "Map of an atoll on stone"),
        (design("map", "atoll"), 0, "Map of a red atoll"),
        (design("map", "round", pattern="plain"), 0.25, "Map of a round island"),
        (design("map", "round"), 0.5, "Map of a red striped round island"),
        (design("map", "long", count="three"), 0.25, "Map of three striped long islands"),
        (design("map", "atoll", count="two"), 0, "Map of two red atolls"),
        (design("star chart", "plough", size="large"), 0, "Large red star chart of the plough"),
        (design("mask", "beaked"), 0.25, "Small striped beaked mask"),
        (design("poster", "sun", size="large"), 0.75, "Large poster with a sun on stone"),
        (design("building", "house"), 0, "Small red house"),
        (design("textile", "quilt"), 0, "Small red quilt"),
    ],
)
def test_titles(shown, draw, title):
    assert wording.title(shown, Always(draw)) == title


@pytest.mark.parametrize(
    ("shown", "draw", "text"),
    [
        (JUGS, 0, "Woodcut of two red striped jugs on a stone ground."),
        (JUGS, 0.5, "Two red striped jugs on stone, woodcut."),
        (JUGS, 0.9, "Woodcut: two red striped jugs on stone."),
        (
            design("map", "long", count="two", ground="ivory"),
            0,
            "Woodcut of a map of two red striped long islands on an ivory ground.",
        ),
        (design("map", "atoll"), 0.5, "A map of a red striped atoll on stone, woodcut."),
        (ONE, 0.5, "A blue branch of berries without pattern on rose, woodcut."),
        (
            design("mask", "horned", technique="photograph"),
            0,
            "Hand-coloured photograph of a small red striped horned mask on a stone ground.",
        ),
    ],
)
def test_descriptions(shown, draw, text):
    assert wording.description(shown, Always(draw)) == text


@pytest.mark.parametrize(
    ("shown", "language", "text"),
    [
        (JUGS, "de", "Holzschnitt. Dargestellt ist: Gefäß (Krug), zwei, gestreift, in Rot auf dem Grund Stein."),
        (JUGS, "fr", "Gravure sur bois. On y voit: vase (cruche), deux, rayé, en rouge sur fond pierre."),
        (ONE, "de", "Holzschnitt. Dargestellt ist: Pflanze (Beere), eins, ohne Muster, in Blau auf dem Grund Rosa."),
        (
            design("star chart", "plough", technique="engraving"),
            "fr",
            "Gravure. On y voit: carte du ciel (chariot), petit, rayé, en rouge sur fond pierre.",
        ),
    ],
)
def test_descriptions_in_other_languages(shown, language, text):
    assert wording.description(shown, Always(0), language=language, adjective="fine") == text


def test_adjectives_come_before_the_colour():
    assert wording.description(JUGS, Always(0.5), adjective="rare") == "Two rare red striped jugs on stone, woodcut."
    text = wording.description(design(form="amphora"), Always(0), adjective="humble")
    assert text == "Woodcut of a humble red striped amphora on a stone ground."


@pytest.mark.parametrize("words", [wording.GERMAN, wording.FRENCH], ids=["German", "French"])
def test_dictionaries_have_every_word(words):
    forms = {form for family in FAMILIES.values() for form in family.forms}
    lists = (FAMILIES, COLOURS, GROUNDS, PATTERNS, TECHNIQUES, attributes.COUNTS, attributes.SIZES)
    assert forms.union(*lists) == set(words)


def test_descriptions_tell_everything():
    """Two designs of the same attributes share their description, and no others do."""
    told = {wording.description(w.design, Always(0)): w.design.attributes for w in drawn()}
    assert len(told) == len({w.design.attributes for w in drawn()})


@pytest.mark.parametrize(
    ("word", "article"), [("amphora", "an"), (" atoll", "an"), ("ivory", "an"), ("jug", "a"), ("red atoll", "a")]
)
def test_articles(word, article):
    assert wording._article(word) == article


# What was planted


@pytest.mark.parametrize(
    ("what", "among", "share"),
    [
        (lambda e: e.copy, room, 0.06),
        (lambda e: e.broken, room, 0.004),
        (lambda e: e.watermark, own, 0.03),
        (lambda e: e.reserved, own, 0.02),
        (lambda e: e.withhold, own, 0.004),
        (lambda e: e.conflict, lambda: [e for e in own() if e.rights == faults.CC0], 0.04),
        *(
            (lambda e, stated=stated: e.rights == stated, lambda: [e for e in room() if e.copy != "exact"], share)
            for stated, share in faults.RIGHTS
        ),
        *(
            (lambda e, kind=kind: e.copy == kind, lambda: [e for e in room() if e.copy], share)
            for kind, share in faults.COPIES
        ),
    ],
)
def test_shares_are_as_planted(what, among, share):
    found = [bool(what(entry)) for entry in among()]
    assert as_planted(sum(found), len(found), share)


def test_wrong_captions_are_as_common_as_planted():
    """Tried for a twentieth; taken where the stranger has the work's language and at most one attribute of it."""
    kinds = np.array([w.design.attributes for w in drawn()])
    codes = np.stack([np.unique(column, return_inverse=True)[1] for column in kinds.T]).astype(np.int8)
    speech = np.array([w.language for w in drawn()])
    chances = []
    for place in (e.number - 1 for e in own() if e.number > 2):
        alike = (codes[:, : place + 1] == codes[:, [place]]).sum(axis=0)
        chances.append(0.05 * np.mean((alike <= 1) & (speech[: place + 1] == speech[place])))
    found = sum(e.told is not None for e in room())
    assert abs(found - sum(chances)) < 4 * math.sqrt(sum(p * (1 - p) for p in chances))


def test_wrong_captions_never_describe_the_work():
    wrong = [e for e in room() if e.told]
    assert len(wrong) > 50
    for entry in wrong:
        stranger, work = drawn()[entry.told - 1], entry.work
        assert (entry.title, entry.text) == (stranger.title, stranger.text)
        assert entry.text != work.text
        one, other = stranger.design, work.design
        assert (one.form, one.colour) != (other.form, other.colour)
        assert len(set(one.attributes) & set(other.attributes)) <= 1
        assert stranger.language == work.language
        assert not entry.copy


def test_right_captions_are_the_works_own():
    for entry in room():
        if entry.told is None:
            assert entry.text == entry.work.text
            assert entry.title == entry.work.title or entry.copy


def test_copies_hang_in_the_room_of_what_they_copy():
    made = entries(N + 400, 1)
    copies = [e for e in made if e.copy]
    assert any(e.number > N for e in copies)
    for entry in copies:
        first = made[entry.copy_of - 1]
        assert not first.copy
        assert not first.broken
        assert first.number < entry.number
        assert (first.number > N) == (entry.number > N)
        assert entry.work == replace(first.work, number=entry.number, domain=entry.work.domain)
    assert all((e.copy_of is None) == (e.copy == "") for e in made)


@pytest.mark.parametrize("kind", [kind for kind, _ in faults.COPIES])
def test_copies_are_made_as_named(kind):
    for entry in [e for e in room() if e.copy == kind][:8]:
        first = room()[entry.copy_of - 1]
        assert (image_file(entry) == image_file(first)) == (kind == "exact")
        copied, original = pixels(entry), pixels(replace(first, watermark=entry.watermark))
        match kind:
            case "exact":
                assert np.array_equal(copied, original)
                assert entry.rights == first.rights
            case "crop":  # a twelfth of the side lost at the left and below, half of that above and at the right
                part = Image.fromarray(original.astype(np.uint8)).crop((16, 8, 184, 176)).resize((SIDE, SIDE))
                assert likeness(copied, np.asarray(part, np.float32)) > 0.98
                assert 2 < np.abs(copied - original).mean() < 80
            case "recompressed":
                assert len(image_file(entry)) < 0.7 * len(image_file(first))
                assert np.abs(copied - original).mean() < 10
            case "colour shift":
                ratio = copied.mean(axis=(0, 1)) / original.mean(axis=(0, 1))
                assert ratio == pytest.approx([0.93, 1, 0.88], abs=0.03)
            case "mirrored":
                flipped = np.asarray(ImageOps.mirror(Image.fromarray(original.astype(np.uint8))), np.float32)
                assert likeness(copied, flipped) > 0.98
                assert likeness(copied, flipped) > likeness(copied, original)


def test_watermarks_change_the_picture():
    """The word lies across the middle; the corners stay as they were, but for what JPEG does."""
    for entry in [e for e in own() if e.watermark][:6]:
        differs = np.abs(pixels(entry) - pixels(replace(entry, watermark=False))).max(axis=2)
        assert (differs > 20).mean() > 0.02
        assert differs[:24, :24].max() < 12
        assert differs[-24:, -24:].max() < 12


def test_files_say_what_was_planted():
    reserved = [e for e in own() if e.reserved][:6]
    conflicts = [e for e in own() if e.conflict][:6]
    both = [replace(conflicts[0], reserved=True)]
    silent = [e for e in own() if not e.reserved and not e.conflict][:6]
    assert all((reserved, conflicts, silent))
    for entry in reserved + conflicts + both + silent:
        said = read_embedded(image_file(entry))
        assert said.problem == ""
        assert mining_code(said.mining) == ("DMI-PROHIBITED" if entry.reserved else "")
        assert said.rights_uri == ("http://rightsstatements.org/vocab/InC/1.0/" if entry.conflict else "")
        assert entry.rights == faults.CC0 or not entry.conflict


def test_broken_files_do_not_decode():
    broken = [e for e in room() if e.broken]
    assert {e.broken for e in broken} == {"empty", "truncated", "a web page"}
    for entry in broken:
        with pytest.raises(ImageError):
            decode(image_file(entry))
    [page] = {image_file(e) for e in broken if e.broken == "a web page"}
    with pytest.raises(ImageError, match="an HTML page, not an image"):
        decode(page)
    assert {image_file(e) for e in broken if e.broken == "empty"} == {b""}
    assert all(not (e.copy or e.told or e.watermark or e.reserved or e.withhold) for e in broken)


# The source


def cabinet(**options):
    return Cabinet(name="c", root=Path(), **options)


def test_promises():
    everything = keeps_its_promises(cabinet(works=7, seed=3))
    assert [r.item.id for r in everything] == [f"c:0000{n}" for n in range(1, 8)]
    assert [r.item.image for r in everything] == [f"0000{n}.jpg" for n in range(1, 8)]
    assert cabinet(works=7, seed=3).count() == 7


def test_known_record():
    """The first work of the cabinet, column by column."""
    [item] = items(cabinet(works=1))
    assert (item.id, item.image, item.title) == ("c:00001", "00001.jpg", "Large red banner")
    assert item.text == "A large red striped banner on a sky ground, woodcut."
    assert (item.creator, item.place) == ("Workshop of the Anchor, Saltmarsh", "Saltmarsh")
    assert (item.date, item.year, item.year_end) == ("18th century", 1701, 1800)
    assert (item.medium, item.subjects) == ("Woodcut", ("textile", "banner", "red", "striped"))
    assert (item.rights, item.rights_class, item.mining) == (faults.IN_COPYRIGHT, "restricted", "")
    assert (item.url, item.source) == ("https://cabinet.example/works/00001", "The Cabinet (synthetic)")
    assert item.extra == {
        "accession": "1982.1",
        "credit_line": "The Cabinet, drawn by latentarchive; gift of Saltmarsh, 1982",
        "language": "en",
        "series": "Textile, red on sky",
    }


def test_a_later_part_is_a_part_of_the_whole():
    whole, part = items(cabinet(works=60)), items(cabinet(works=20, first=41))
    assert part == whole[40:]
    assert cabinet(works=20, first=41).locate("00041.jpg") == cabinet(works=60).locate("00041.jpg")


def test_records_are_as_planted():
    classes = {
        faults.CC0: "open",
        "http://rightsstatements.org/vocab/NoC-US/1.0/": "open",
        "https://creativecommons.org/licenses/by/4.0/": "open",
        faults.IN_COPYRIGHT: "restricted",
        "": "unknown",
    }
    for record, entry in zip(cabinet().records(), room(), strict=True):
        assert isinstance(record, Record)
        item, work = record.item, entry.work
        assert (item.rights, item.rights_class) == (entry.rights or "unknown", classes[entry.rights])
        assert (item.title, item.text, item.creator, item.place) == (entry.title, entry.text, work.maker, work.place)
        assert (item.date, item.extra["language"]) == (work.date, work.language)
        assert item.url == f"https://{work.domain}/works/{entry.number:05d}"
        assert item.extra["series"].lower() == work.design.series
        assert (item.year is None) == (item.date == "n.d.")


@pytest.mark.parametrize(
    "image",
    ["00008.jpg", "00000.jpg", "1.jpg", "a/00001.jpg", "00001.png", "00001", "", "-0001.jpg", "²0001.jpg", "٠٠٠٠١.jpg"],
)
def test_locate_refuses(image):
    with pytest.raises(SourceError, match=r"the cabinet has no image .*; there are 00001\.jpg and so on"):
        cabinet(works=7).locate(image)


def test_locate_refuses_a_number_too_long_to_read():
    with pytest.raises(SourceError, match="the cabinet has no image '111"):
        cabinet(works=7).locate("1" * 5000 + ".jpg")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"works": 0}, "got works = 0, first = 1, seed = 1"),
        ({"first": 0}, "got works = 4000, first = 0, seed = 1"),
        ({"seed": -1}, "got works = 4000, first = 1, seed = -1"),
        ({"technique": "cyanotipe"}, "the cabinet has no technique 'cyanotipe'; did you mean 'cyanotype'?"),
        ({"technique": "oil"}, "known: cyanotype, engraving, photograph, screenprint, watercolour, woodcut"),
        ({"defaults": {"licence": "x"}}, "no field 'licence' to fill"),
    ],
)
def test_values_that_make_no_cabinet(options, message):
    with pytest.raises(SourceError, match=re.escape(message)):
        cabinet(**options)


def test_the_shipped_recipes_read_the_first_room():
    for name in ("cabinet", "cabinet-generator"):
        assert load_recipe(name).collection.entries == room()


# The truth


def test_truth_is_what_the_entries_say(tmp_path):
    write_truth(room(), "c", tmp_path / "truth.parquet")
    table = pq.read_table(tmp_path / "truth.parquet")
    assert table.schema.equals(SCHEMA)
    assert table.equals(truth_table(room(), "c"))
    assert table.num_rows == N
    for row, entry in zip(table.to_pylist(), room(), strict=True):
        work, shown = entry.work, entry.work.design
        assert row["id"] == f"c:{entry.number:05d}"
        assert (row["form"], row["colour"], row["ground"], row["pattern"]) == shown.attributes[:4]
        assert (row["technique"], row["count"] or row["size"]) == shown.attributes[4:]
        assert row["form"] in FAMILIES[row["family"]].forms
        assert (row["count"] or row["size"]) in extras(row["family"])
        assert row["series"] == f"{row['family']}, {row['colour']} on {row['ground']}"
        assert (row["year"], row["place"], row["maker"]) == (work.year, work.place, work.maker)
        assert (row["language"], row["adjective"], row["domain"]) == (work.language, work.adjective, work.domain)
        praises = {**dict.fromkeys(wording.PRAISE, True), **dict.fromkeys(wording.PLAINNESS, False), "": None}
        assert row["praises"] is praises[work.adjective]
        assert (row["copy_of"], row["copy"]) == (entry.copy_of and f"c:{entry.copy_of:05d}", entry.copy)
        assert row["caption_of"] == (entry.told and f"c:{entry.told:05d}")
        assert (row["watermark"], row["reserved"]) == (entry.watermark, entry.reserved)
        assert (row["missing_rights"], row["rights_conflict"]) == (entry.rights == "", entry.conflict)
        assert (row["broken"], row["withhold"]) == (entry.broken, entry.withhold)


def test_known_truth():
    first = truth_table(room()[:1]).to_pylist()[0]
    assert first == {
        "id": "cabinet:00001", "family": "textile", "form": "banner", "colour": "red", "ground": "sky",
        "pattern": "striped", "technique": "woodcut", "count": "", "size": "large", "series": "textile, red on sky",
        "year": 1730, "place": "Saltmarsh", "maker": "Workshop of the Anchor, Saltmarsh", "language": "en",
        "adjective": "", "praises": None, "domain": "cabinet.example", "copy_of": None, "copy": "", "caption_of": None,
        "watermark": False, "missing_rights": False, "rights_conflict": False, "reserved": False, "broken": "",
        "withhold": False,
    }  # fmt: skip
    assert truth_table([]).schema.equals(SCHEMA)


def test_nothing_that_searches_or_audits_knows_the_truth():
    """The demo may, which leaves it beside the archive; nothing imports the demo."""
    folder = ROOT / "latentarchive"
    modules = [path for path in folder.rglob("*.py") if path not in (folder / "demo.py", folder / "cabinet/truth.py")]
    knowing = re.compile(r"^\s*(from|import)\s.*\bcabinet(\.truth\b|\s+import\b.*\btruth\b)", re.MULTILINE)
    assert knowing.search("from latentarchive.cabinet.truth import truth_table")
    assert knowing.search("    from latentarchive.cabinet import truth")
    assert [str(path) for path in modules if knowing.search(path.read_text())] == []


# The page


def test_the_page_prints_what_its_commands_print():
    page = (ROOT / "docs" / "cabinet.md").read_text()
    commands = re.findall(r"```sh\n(python -c .*?)```\n\n```text\n(.*?)```", page, re.DOTALL)
    assert len(commands) == 2
    for command, shown in commands:
        _, *arguments = shlex.split(command)
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=True
        )
        assert done.stdout == shown


def test_the_page_counts_wrong_captions_of_held_out_series():
    recipe = load_recipe("cabinet")
    held = [held_out(item, recipe.train) for item in items(recipe.collection)]
    series = {e.work.design.series for e, out in zip(room(), held, strict=True) if out}
    told = [drawn()[e.told - 1].design.series for e, out in zip(room(), held, strict=True) if e.told and not out]
    count = sum(one in series for one in told)
    page = " ".join((ROOT / "docs" / "cabinet.md").read_text().split())
    assert f"({count} works that training sees have such a caption)" in page
    assert (
        f"Of the works held out, {sum(e.told is not None for e, out in zip(room(), held, strict=True) if out)} have"
        in page
    )


def test_every_pair_of_a_held_out_series_is_seen_elsewhere():
    recipe = load_recipe("cabinet")
    seen, held = set(), set()
    for entry, item in zip(room(), items(recipe.collection), strict=True):
        shown = entry.work.design
        pairs = {(shown.family, shown.colour), (shown.family, shown.ground), (shown.colour, shown.ground)}
        (held if held_out(item, recipe.train) else seen).update(pairs)
    assert held <= seen


def test_the_page_has_every_family_form_and_pair():
    page = (ROOT / "docs" / "cabinet.md").read_text()
    for family in FAMILIES:
        forms = ", ".join(FAMILIES[family].forms)
        assert f"| {family} | {forms} | {'number' if FAMILIES[family].counted else 'size'} |" in page
    for words in (COLOURS, GROUNDS, PATTERNS, TECHNIQUES, attributes.COUNTS, attributes.SIZES):
        assert [word for word in words if not re.search(rf"\b{word}\b", page)] == []
    assert [pair for pair in catalogue.NEVER if f"| {', '.join(pair)} |" not in page] == []
    assert [value for value, _ in catalogue.DOMAINS if f"`{value}`" not in page] == []
