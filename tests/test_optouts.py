"""What web sites say to machines: the fields as they are found in the wild, and the ways they have been misread."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentarchive.optouts import (
    Reservation,
    combined,
    directives_for,
    read_robots,
    read_robots_tag,
    read_tdm_fields,
    read_tdm_file,
    read_tdm_meta,
    read_usage,
    reservation,
)
from latentarchive.optouts.paths import encoded, fits


@pytest.mark.parametrize(
    ("field", "agents", "asked"),
    [
        ("noai, noimageai", (), {"noai", "noimageai"}),
        ("NoAI", (), {"noai"}),  # not case-sensitive
        ("X-Robots-Tag: noai", (), {"noai"}),
        ("otherbot: noindex, noai", (), set()),  # a robot that is named takes the whole line
        ("otherbot: noindex, noai", ("OtherBot",), {"noindex", "noai"}),
        ("otherbot: noindex, noai", ("other",), set()),  # a token is equal or another
        ("otherbot: noai\nnoindex", (), {"noindex"}),  # and its line alone
        ("*: noai", (), {"noai"}),
        ("a: noai, b: noindex", ("b",), {"noindex"}),  # lines that a recorder joined
        ("unavailable_after: Saturday, 25-Jun-10 15:00:00 PST, noai", (), {"unavailable_after", "noai"}),
        ("unavailable_after: 25 Jun 2010 15:00:00 PST", (), {"unavailable_after"}),
        ("googlebot: unavailable_after: 25 Jun 2010 15:00:00 PST", (), set()),
        ("max-snippet:20, max-image-preview:large", (), {"max-snippet", "max-image-preview"}),
        ("none", (), {"none"}),
        ("", (), set()),
        (" , ,", (), set()),
        ("tdm-no", (), {"tdm-no"}),
    ],
)
def test_robots_tags(field, agents, asked):
    assert directives_for(read_robots_tag(field), agents) == asked


def test_a_date_keeps_its_commas():
    [one] = read_robots_tag("unavailable_after: Saturday, 25-Jun-10 15:00:00 PST")
    assert one.value == "saturday, 25-jun-10 15:00:00 pst"


def test_robots_tags_as_a_list_of_lines():
    assert directives_for(read_robots_tag(["googlebot: noai", "noimageai"])) == {"noimageai"}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("train-ai=n", {"train-ai": False}),
        ("train-ai=n, search=y", {"train-ai": False, "search": True}),
        ("train-ai=n\nsearch=y", {"train-ai": False, "search": True}),
        ("train-ai=n, train-ai=y", {"train-ai": True}),  # RFC 9651, 4.2.2: the last
        ("train-ai=n;exception=search", {"train-ai": False}),
        ("train-ai", {}),  # the boolean true is no preference
        ("train-ai=no", {}),
        ('train-ai="n"', {}),  # a text is no token
        ("train-ai=?0, search=(a b);q=1, x=1.5, y=:YWI=:, z=@12", {}),
        ("", {}),
        ("Train-AI=n", None),  # keys are in lower case
        ("train-ai=n,", None),
        ("train-ai = n", None),
        ("train-ai=n search=y", None),
        ("=n", None),
    ],
)
def test_content_usage(field, said):
    assert read_usage(field) == said


def test_whoever_says_no_decides():
    assert combined([{"train-ai": True, "search": True}, {"train-ai": False}]) == {"train-ai": False, "search": True}


# The example of draft-ietf-aipref-attach, with its table of answers.
DRAFT = """\
User-Agent: *
Allow: /
Disallow: /never/
Content-Usage: train-ai=n
Content-Usage: /ai-ok/ train-ai=y

User-Agent: ExampleBot
Allow: /
Content-Usage: train-ai=y
"""


@pytest.mark.parametrize(
    ("agent", "path", "allowed", "said"),
    [
        ("Other", "/test", True, {"train-ai": False}),
        ("Other", "/never/test", False, {}),
        ("Other", "/ai-ok/test", True, {"train-ai": True}),
        ("examplebot", "/never/test", True, {"train-ai": True}),
    ],
)
def test_the_example_of_the_draft(agent, path, allowed, said):
    robots = read_robots(DRAFT)
    assert (robots.allows(agent, path), robots.usage(agent, path)) == (allowed, said)


@pytest.mark.parametrize(
    ("text", "agent", "path", "allowed"),
    [
        ("", "GPTBot", "/a", True),
        ("User-agent: GPTBot\nDisallow: /", "gptbot", "/a", False),
        ("User-agent: GPTBot\nDisallow: /", "CCBot", "/a", True),
        ("User-agent: GPTBot/1.1\nDisallow: /", "GPTBot", "/a", False),
        ("User-agent: img2dataset\nDisallow: /", "img2dataset", "/a", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: GPTBot\nDisallow:", "GPTBot", "/a", True),
        ("User-agent: A\nUser-agent: GPTBot\nDisallow: /x", "GPTBot", "/x/1", False),
        ("User-agent: GPTBot\nDisallow: /x\nUser-agent: GPTBot\nDisallow: /y", "GPTBot", "/x", False),  # one group
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "x", "/a/b/c", True),  # the longest
        ("User-agent: *\nDisallow: /a\nAllow: /a", "x", "/a", True),  # among equals, allow
        ("User-agent: *\nDisallow: /*.jpg$", "x", "/i/1.jpg", False),
        ("User-agent: *\nDisallow: /*.jpg$", "x", "/i/1.jpg?size=2", True),
        ("User-agent: *\nDisallow: /caf%C3%A9", "x", "/café/1", False),
        ("User-agent: *\nDisallow: /%61", "x", "/a", False),
        ("\ufeffuser-agent : *  # all\ndisallow : /a # not this", "x", "/a", False),
        ("Disallow: /", "x", "/a", True),  # a rule without a group
    ],
)
def test_robots(text, agent, path, allowed):
    assert read_robots(text).allows(agent, path) is allowed


def test_groups_by_name_and_licences():
    robots = read_robots("License: https://example.org/rsl.xml\nUser-agent: GPTBot\nDisallow:\n")
    assert robots.names("gptbot")
    assert not robots.names("CCBot")
    assert robots.licences == ("https://example.org/rsl.xml",)


def test_hostile_patterns_take_no_time():
    assert not fits("/" + "*a" * 2000 + "b$", "/" + "a" * 2000)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_read(one, two):
    read_robots(f"User-agent: *\nDisallow: {one}\nContent-Usage: {two}").allows("x", two)
    read_robots_tag(one)
    read_usage(two)
    read_tdm_meta(f"<meta name='{one}' content='{two}'>")
    assert encoded(encoded(one)) == encoded(one)


RULES = json.dumps(
    [
        {"location": "/open/*", "tdm-reservation": 0},
        {"location": "/*.jpg$", "tdm-reservation": 1, "tdm-policy": "https://example.org/policy.json"},
        {"location": "/", "tdm-reservation": 1},
    ]
)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/open/1.jpg", Reservation(False, "", "file")),  # the first that fits
        ("/works/1.jpg", Reservation(True, "https://example.org/policy.json", "file")),
        ("/works/1.png", Reservation(True, "", "file")),
    ],
)
def test_the_tdm_file(path, said):
    assert read_tdm_file(RULES, path) == said


@pytest.mark.parametrize("text", ["", "{}", "[1]", "[" * 100_000])
def test_what_is_no_tdm_file_is_said(text):
    with pytest.raises(ValueError, match="it is not"):
        read_tdm_file(text, "/")


def test_no_rule_fits():
    assert read_tdm_file('[{"location": "/a", "tdm-reservation": 1}, {"location": 3}]', "/b") is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"TDM-Reservation": " 1 "}, Reservation(True, "", "fields")),
        ({"tdm-reservation": "0", "tdm-policy": "/relative"}, Reservation(False, "", "fields")),
        ({"tdm-reservation": "1", "TDM-Policy": "https://x.org/p"}, Reservation(True, "https://x.org/p", "fields")),
        ({"tdm-reservation": "0, 1"}, Reservation(True, "", "fields")),
        ({"tdm-reservation": "yes"}, None),
        ({"tdm-policy": "https://x.org/p"}, None),
        ({}, None),
    ],
)
def test_tdm_fields(fields, said):
    assert read_tdm_fields(fields) == said


def test_fields_override_the_file():
    allowed, reserved = Reservation(False, "", "fields"), Reservation(True, "", "file")
    assert reservation(fields=allowed, file=reserved) is allowed
    assert reservation(fields=None, file=reserved) is reserved
    assert reservation(fields=None, file=None) is None


def test_a_page_speaks_for_itself():
    page = '<head><META content="1" name=TDM-Reservation><meta name="tdm-policy" content="https://x.org/p"></head>'
    assert read_tdm_meta(page) == Reservation(True, "https://x.org/p", "meta")
    assert read_tdm_meta("<p>tdm-reservation: 1</p>") is None
