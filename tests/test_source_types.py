"""Digital source types: canonical, bare, retired, and those of C2PA."""

import pytest

from latentarchive.source_types import C2PA, CODES, IPTC, RETIRED, read_source_type


@pytest.mark.parametrize("code", [*CODES, *RETIRED])
def test_every_code_as_an_address_and_bare(code):
    for written in (IPTC + code, IPTC.replace("http:", "https:") + code + "/", code, code.upper()):
        read = read_source_type(written)
        assert (read.code, read.uri) == (code, IPTC + code)
        assert read.bare == ("/" not in written)
        assert read.retired == (code in RETIRED)
        assert read.words


@pytest.mark.parametrize(
    ("written", "generated"),
    [
        (IPTC + "trainedAlgorithmicMedia", True),
        ("compositeWithTrainedAlgorithmicMedia", True),
        (C2PA + "trainedAlgorithmicData", True),
        (IPTC + "algorithmicMedia", False),
        (C2PA + "empty", False),
        ("", False),
    ],
)
def test_what_a_trained_model_made(written, generated):
    assert read_source_type(written).generated is generated


def test_what_is_unknown_keeps_its_address():
    assert read_source_type("http://example.org/x").uri == "http://example.org/x"
    assert read_source_type(C2PA + "print").code == ""  # an IPTC code, but not in C2PA's place
    assert read_source_type("made up") == read_source_type(" made up ")
    assert read_source_type("made up").uri == ""
    assert "now humanEdits" in read_source_type("minorHumanEdits").words
