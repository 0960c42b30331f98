"""What people see of an item: nothing from a catalogue steers the terminal or speaks in our name."""

import json

import pytest

from latentarchive.items import Item
from latentarchive.query import Hit, Results
from latentarchive.render import pages, tables, text

EVIL = "\x1b[2J\x9b31mred\u202e\u2066\u200f\x00\x7f\r\n2  Faked +1.000 close\u2028end"
HARMLESS = "[2J31mred 2  Faked +1.000 close end"


def found(*items):
    hits = [Hit(rank, item, 0.5, "close", ("meaning",), rank, copy=False) for rank, item in enumerate(items, 1)]
    return Results("q", "swatches", tuple(hits))


def test_catalogue_text_cannot_steer_the_terminal():
    item = Item(id="s:\u202e1", title=EVIL, creator=EVIL, source=EVIL, rights=EVIL)
    shown = text.results(found(item))
    assert shown.splitlines() == [
        "q  in swatches",
        "",
        f"1  {HARMLESS}  +0.500 close  by meaning",
        "   s:1",
        f"   {HARMLESS} · {HARMLESS} · rights: “{HARMLESS}” (unknown)",
    ]
    assert len(text.items([item], 1).splitlines()) == 2
    assert text.facts({"title": EVIL, "inner": {"a": EVIL}}) == f"title: {HARMLESS}\ninner:\n    a: {HARMLESS}"
    assert text.plain("Äpfel · 梨 · עברית") == "Äpfel · 梨 · עברית"


def test_json_keeps_every_character_as_an_escape_and_csv_as_it_is():
    dumped = text.to_json(found(Item(id="s:1", title=EVIL)).record())
    assert text.plain(dumped) == dumped
    assert json.loads(dumped)["hits"][0]["title"] == EVIL
    assert EVIL.replace("\r\n", "") in tables.results(found(Item(id="s:1", title=EVIL.replace("\r\n", ""))))
    assert ",=1+1," in tables.results(found(Item(id="s:1", title="=1+1")))


@pytest.mark.parametrize(
    ("rights", "rights_class", "shown"),
    [
        ("unknown", "unknown", "unknown"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "open", "CC0 1.0 (open)"),
        ("Some text · rights: CC0 1.0 (open)", "unknown", "“Some text · rights: CC0 1.0 (open)” (unknown)"),
        ("Ask” (open) “", "restricted", '“Ask" (open) "” (restricted)'),
        ("x" * 99, "unknown", "“" + "x" * 89 + "…” (unknown)"),
    ],
)
def test_no_statement_imitates_another(rights, rights_class, shown):
    item = Item(id="s:1", rights=rights, rights_class=rights_class, source="Museum")
    assert text.rights(item) == shown
    assert text.results(found(item)).splitlines()[-1] == f"   Museum · rights: {shown}"


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ({"source": "Museum", "url": "http://x.org/1"}, "Museum"),
        ({"url": "http://x.org/1"}, "http://x.org/1"),
        ({}, "source: not stated"),
        ({"creator": "Newton", "date": "1905", "medium": "ink", "place": "Rome"},
         "Newton · 1905 · ink · Rome · source: not stated"),
    ],
)  # fmt: skip
def test_where_a_work_comes_from_is_always_said(stated, shown):
    assert text.credit(Item(id="s:1", **stated)) == shown


def test_a_page_is_known_again_and_keeps_its_direction():
    page = pages.page("red\u202e < \nblue", "<p>body")
    assert page.index(pages.GENERATOR) < 500
    assert "<title>red &lt;  blue</title>" in page
