"""Rights statements: every known one, and prose that must never pass for free."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentarchive.rights import MINING_CODES, STATEMENTS, Rights, classify, mining_code, reserves_mining

CC = "https://creativecommons.org/"


@pytest.mark.parametrize("code", STATEMENTS)
@pytest.mark.parametrize(
    "form",
    [
        "http://rightsstatements.org/vocab/{}/1.0/",
        "https://rightsstatements.org/vocab/{}/1.0",
        "https://rightsstatements.org/page/{}/1.0/?language=en",
        "rightsstatements.org/vocab/{}/",
        "See https://rightsstatements.org/page/{}/1.0/ for the terms.",
    ],
)
def test_the_twelve_statements_in_every_form(code, form):
    label, rights_class = STATEMENTS[code]
    for written in (form.format(code), form.format(code.upper()), form.format(code.lower())):
        uri = f"http://rightsstatements.org/vocab/{code}/1.0/"
        assert classify(written) == Rights(written, uri, "", rights_class, label)


def test_classes_of_the_twelve():
    assert {code for code, (_, c) in STATEMENTS.items() if c == "open"} == {"NoC-US"}
    assert {code for code, (_, c) in STATEMENTS.items() if c == "unknown"} == {"NKC", "CNE", "UND"}


LICENCES = {
    "https://creativecommons.org/licenses/by/4.0/": ("licenses/by/4.0/", "CC-BY-4.0", "open", "CC BY 4.0"),
    "http://creativecommons.org/licenses/by/4.0": ("licenses/by/4.0/", "CC-BY-4.0", "open", "CC BY 4.0"),
    "http://creativecommons.org/licenses/by/4.0/deed.en": ("licenses/by/4.0/", "CC-BY-4.0", "open", "CC BY 4.0"),
    "https://creativecommons.org/licenses/by-sa/3.0/igo/legalcode": (
        *("licenses/by-sa/3.0/igo/", "CC-BY-SA-3.0-IGO", "open", "CC BY-SA 3.0 IGO"),
    ),
    "http://creativecommons.org/licenses/by-nc-nd/3.0/de/deed.de": (
        *("licenses/by-nc-nd/3.0/de/", "CC-BY-NC-ND-3.0-DE", "restricted", "CC BY-NC-ND 3.0 DE"),
    ),
    "https://creativecommons.org/licenses/by/2.5/se/": ("licenses/by/2.5/se/", "", "open", "CC BY 2.5 SE"),
    "CC BY-SA 4.0": ("licenses/by-sa/4.0/", "CC-BY-SA-4.0", "open", "CC BY-SA 4.0"),
    "cc-by-4.0": ("licenses/by/4.0/", "CC-BY-4.0", "open", "CC BY 4.0"),
    "CC-BY-NC-SA-4.0": ("licenses/by-nc-sa/4.0/", "CC-BY-NC-SA-4.0", "restricted", "CC BY-NC-SA 4.0"),
    "CC BY–NC 2.0": ("licenses/by-nc/2.0/", "CC-BY-NC-2.0", "restricted", "CC BY-NC 2.0"),
    "CC BY 3.0 US": ("licenses/by/3.0/us/", "CC-BY-3.0-US", "open", "CC BY 3.0 US"),
    "CC BY-ND 4.0": ("licenses/by-nd/4.0/", "CC-BY-ND-4.0", "restricted", "CC BY-ND 4.0"),
    "Creative Commons Attribution-ShareAlike 4.0 International License": (
        *("licenses/by-sa/4.0/", "CC-BY-SA-4.0", "open", "CC BY-SA 4.0"),
    ),
    "Attribution-NonCommercial 4.0 International (CC BY-NC 4.0)": (
        *("licenses/by-nc/4.0/", "CC-BY-NC-4.0", "restricted", "CC BY-NC 4.0"),
    ),
    "© 2001 Jane Doe, CC BY 4.0": ("licenses/by/4.0/", "CC-BY-4.0", "open", "CC BY 4.0"),
    "https://creativecommons.org/publicdomain/zero/1.0/deed.fr": (
        "publicdomain/zero/1.0/",
        "CC0-1.0",
        "open",
        "CC0 1.0",
    ),
    "CC0": ("publicdomain/zero/1.0/", "CC0-1.0", "open", "CC0 1.0"),
    "cc0-1.0": ("publicdomain/zero/1.0/", "CC0-1.0", "open", "CC0 1.0"),
    "http://creativecommons.org/publicdomain/mark/1.0/": (
        "publicdomain/mark/1.0/",
        "",
        "open",
        "Public Domain Mark 1.0",
    ),
    "Public Domain Mark": ("publicdomain/mark/1.0/", "", "open", "Public Domain Mark 1.0"),
}


@pytest.mark.parametrize("written", LICENCES)
def test_creative_commons(written):
    uri, spdx, rights_class, label = LICENCES[written]
    assert classify(written) == Rights(written, CC + uri, spdx, rights_class, label)


@pytest.mark.parametrize("version", ["1.0", "2.0", "2.5", "3.0", "4.0"])
@pytest.mark.parametrize("kind", ["by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd"])
def test_every_licence_agrees_with_its_name(kind, version):
    by_uri = classify(f"http://creativecommons.org/licenses/{kind}/{version}/")
    by_name = classify(f"CC {kind.upper()} {version}")
    by_spdx = classify(f"CC-{kind.upper()}-{version}")
    assert by_uri.spdx == by_name.spdx == by_spdx.spdx == f"CC-{kind.upper()}-{version}"
    assert by_uri.uri == by_name.uri == by_spdx.uri != ""
    assert by_uri.rights_class == ("open" if kind in ("by", "by-sa") else "restricted")


def test_licence_without_a_version_has_no_uri():
    assert classify("CC BY-NC") == Rights("CC BY-NC", "", "", "restricted", "CC BY-NC")
    assert classify("CC BY").canonical == "CC BY"


OPEN = [
    "public domain",
    "US Government work, public domain",
    "U.S. Government work. Public domain.",
    "This image is in the public domain.",
    "Material determined to be in Public Domain based on date of publication. Made available by the Library.",
    "OGL-UK-3.0",
]
RESTRICTED = [
    *["In Copyright", "All rights reserved", "all rights reserved, no copying", "© 2001 X", "(c) 2001 X"],
    *["Copyright 1999 Foo", "Copyright The Trustees of the Museum", "This photograph is in copyright.", "Copyrighted"],
    *["CC BY Non-Commercial", "CC BY, non commercial use only", "InC-NC", "In Copyright - Educational Use Permitted"],
]
UNKNOWN = [
    *[
        "",
        "   ",
        "Inc",
        "ask the library",
        "http://rightsstatements.org/vocab/XYZ/1.0/",
        "CC BY 5.0",
        "CC BY-ND-SA 4.0",
    ],
    *["Material has likely passed into public domain.", "not in the public domain", "may be in the public domain"],
    *[
        "Public domain?",
        "Not, however, public domain",
        "Public domain in the United States only",
        "enters the public domain in 2040",
    ],
    *["public domain; all rights reserved", "© Estate. Public domain in the US", "Public domain. Non-commercial use."],
    *["from public domain and private collections", "Public domain. Some parts are not in the public domain."],
    *["No known copyright restrictions", "No known restrictions on publication", "Copyright status unknown"],
    *[
        "Copyright: unknown",
        "Copyright not evaluated",
        "Copyright undetermined",
        "not in copyright",
        "no longer in copyright",
    ],
    *["Not all rights reserved", "no rights reserved", "some rights reserved", "May be protected by copyright"],
    *[
        "CC BY 4.0 for text, images: http://rightsstatements.org/vocab/InC/1.0/",
        "not CC0",
        "CC BY 4.0 unless otherwise noted",
    ],
    *[
        "This is not licensed under https://creativecommons.org/licenses/by/4.0/",
        "CC BY 4.0, commercial use by permission",
    ],
    *[
        "(cc) by Jane Doe",
        "Attribution: Jane Doe",
        "Photo by Jane, 4.0 megapixel",
        "Educational use includes non-commercial use",
    ],
]


@pytest.mark.parametrize(
    ("written", "expected"),
    [*((w, "open") for w in OPEN), *((w, "restricted") for w in RESTRICTED), *((w, "unknown") for w in UNKNOWN)],
)
def test_prose(written, expected):
    assert classify(written).rights_class == expected


def test_canonical_is_the_uri_else_the_words_else_unknown():
    assert classify(" cc0 ").canonical == CC + "publicdomain/zero/1.0/"
    assert classify(" ask the library ").canonical == "ask the library"
    assert classify(" ").canonical == "unknown"


WORDS = [
    "public domain",
    "not",
    "in the",
    "©",
    "all rights reserved",
    "CC BY",
    "4.0",
    "NC",
    "CC0",
    "may be",
    ".",
    ",",
    "2001",
]


@given(st.text(max_size=80) | st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
def test_any_text_is_kept_as_written(text):
    rights = classify(text)
    assert rights.statement == text.strip()
    assert rights.rights_class in ("open", "restricted", "unknown")
    assert rights.canonical


@given(st.sampled_from(OPEN[:5]), st.sampled_from(["not ", "possibly ", "never ", "probably ", "No longer "]))
def test_a_doubt_in_the_sentence_takes_it_back(written, doubt):
    assert classify(doubt + written.replace(". Public", ", public")).rights_class == "unknown"


def test_mining_codes_in_every_form():
    for code in MINING_CODES:
        for written in (code, code.lower(), f"http://ns.useplus.org/ldf/vocab/{code}", f" {code} ", f"plus:{code}"):
            assert mining_code(written) == code
    assert [mining_code(v) for v in ("", "  ", "foo", "http://ns.useplus.org/ldf/vocab/", "DMI-")] == [""] * 5


def test_which_codes_reserve_mining():
    free = {code for code in MINING_CODES if not reserves_mining(code)}
    assert free == {"DMI-UNSPECIFIED", "DMI-ALLOWED"}
    assert not reserves_mining("")
    assert reserves_mining(mining_code("dmi-prohibited-somethingnew"))
