"""Text of a catalogue in every place that Streamlit has for text: it is shown as it stands, and nothing of it acts."""

import json
from pathlib import Path

import pytest

from latentarchive.plaintext import plain
from reading_room.shared import JOINER, plainly
from tests.conftest import Server
from tests.page_helpers import HOSTILE, STARTS

WHOLE = " ".join(HOSTILE)
MARKS = "a:not([href^='#']), img, em, strong, del, .katex, [role=img], span[style], script, "
MARKS += "ul, ol, blockquote, pre, hr, table"
"""What Markdown and Streamlit's directives make; a heading has a link to itself."""


def test_nothing_is_read_as_markdown_and_nothing_is_seen_of_the_escapes():
    assert plainly("A *red* jug, 1900") == r"A \*red\* jug, 1900"
    assert plainly(" two\nlines\u202e ") == "two lines"
    assert plainly("http://x.example") == rf"http{JOINER}\:\/\/x\.example"
    assert plainly("a -> b") == rf"a \-{JOINER}\> b"
    assert plainly("") == ""


@pytest.fixture(scope="module")
def plain_page(tmp_path_factory):
    page = Path(__file__).parent / "plain_page.py"
    options = ("--server.address", "127.0.0.1", "--server.headless", "true", "--browser.gatherUsageStats", "false")
    command = ("streamlit", "run", page, "--server.port", "PORT", *options)
    server = Server(tmp_path_factory.mktemp("plain"), *command, HOSTILE=json.dumps([WHOLE, *STARTS]))
    yield server.address
    server.stop()


def test_it_is_shown_as_it_stands_wherever_streamlit_shows_text(visitor, plain_page):
    page = visitor(plain_page, height=3000)
    page.locator(f".st-key-start-{len(STARTS) - 1} table").wait_for()
    page.locator(".st-key-place-code code").first.wait_for()  # its colours are fetched when it is first shown
    places = page.evaluate(
        """marks => [...document.querySelectorAll('[class*="st-key-place-"]')].map(place => ({
             name: [...place.classList].find(name => name.startsWith("st-key-place-")).slice("st-key-place-".length),
             text: place.textContent,
             values: [...place.querySelectorAll("input, textarea")].flatMap(field => [field.value, field.placeholder]),
             made: [...place.querySelectorAll("[data-testid=stMarkdownContainer]")].flatMap(
                text => [...text.querySelectorAll(marks)].map(element => element.outerHTML.slice(0, 90))),
           }))""",
        MARKS,
    )
    assert len(places) > 30
    for place in places:
        seen = [place["text"].replace(JOINER, ""), *place["values"]]
        if place["name"] != "help":
            assert any(plain(WHOLE) in text for text in seen), place
        assert not place["made"], place
    for number, start in enumerate(STARTS):
        there = page.locator(f".st-key-start-{number}")
        assert there.inner_text().replace(JOINER, "").count(plain(start).strip()) == 3
        assert not there.locator("[data-testid=stMarkdownContainer]").locator(MARKS).count()
    page.locator(".st-key-place-help [data-testid=stTooltipHoverTarget]").hover()
    hint = page.get_by_role("tooltip")
    hint.wait_for()
    assert hint.inner_text().replace(JOINER, "") == plain(WHOLE)
    assert not hint.locator(MARKS).count()
    assert page.title() == plain(WHOLE)
    assert page.evaluate("window.ran") is None
