"""Addresses and captions: what a host is, whose domain it is, what is no caption."""

from __future__ import annotations

import pyarrow as pa
import pytest
import tldextract
from hypothesis import given
from hypothesis import strategies as st

from latentarchive.audit import Subject
from latentarchive.audit.delivery import DELIVERY, deliverer
from latentarchive.audit.hosts import DEEPEST, _suffixes, parts, registered_domain
from latentarchive.audit.languages import identified
from latentarchive.audit.sampling import sample
from tests.test_audit_composition import asked, table

__all__ = ["table"]


@pytest.mark.parametrize(
    ("said", "netloc", "registered"),
    [
        ("example.org", "example.org", "example.org"),
        ("WWW.Museum.ORG.uk:8080", "museum.org.uk:8080", "museum.org.uk"),
        ("user:secret@img.museum.co.uk", "user:secret@img.museum.co.uk", "museum.co.uk"),
        ("images.cabinet.example", "images.cabinet.example", "cabinet.example"),  # the list's rule *
        ("a.b.blogspot.com", "a.b.blogspot.com", "blogspot.com"),
        ("example.org?x=1", "example.org", "example.org"),
        ("example.org.", "example.org.", "example.org"),
        ("müller.de", "müller.de", "müller.de"),
        ("ｅxample.org", "example.org", "example.org"),  # full width, NFKC
        ("192.168.0.1:80", "192.168.0.1:80", "192.168.0.1"),
        ("[2001:db8::1]", "[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_hosts_as_they_are_written(said, netloc, registered):
    found = parts(said)
    assert (found["netloc"], found["registered"]) == (netloc, registered)
    assert found["is_number"] == (registered[0] in "12")


@pytest.mark.parametrize(
    "said", ["", "localhost", "a b.com", "site com", "-.com", "..", "a..b", "co.uk", "300.1.1.1", "[::1",
             "x" * 64 + ".com", "a%20b.com", "a℀b.com", None]
)  # fmt: skip
def test_what_is_no_host(said):
    assert parts(said) == {"netloc": None, "registered": None, "deliverer": None, "is_number": False}


@given(st.text(max_size=40))
def test_no_text_breaks_it_and_a_registered_domain_is_its_own(said):
    found = parts(said)["registered"]
    if found and not parts(said)["is_number"]:
        assert registered_domain(found) == found


LABELS = [
    "www",
    "a",
    "co",
    "uk",
    "jp",
    "kawasaki",
    "city",
    "ck",
    "com",
    "br",
    "pvt",
    "k12",
    "ma",
    "us",
    "example",
    "рф",
]
EXTRACT = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
LABELS += ["xn--p1ai", "s3", "amazonaws"]


@given(st.lists(st.sampled_from(LABELS), min_size=2, max_size=6))
def test_registered_domains_are_those_of_tldextract(labels):
    """Whose own parser takes no unknown suffix for one: there the list's rule * holds."""
    found = EXTRACT.extract_str(".".join(labels))
    expected = f"{found.domain}.{found.suffix}" if found.domain else None
    assert registered_domain(".".join(labels)) == (expected if found.suffix else ".".join(labels[-2:]))


def test_no_rule_is_longer_than_what_is_looked_at():
    assert max(rule.count(".") + 1 for rule in _suffixes()) <= DEEPEST


def test_deliverers_are_known_with_their_subdomains_and_nothing_else():
    assert deliverer("i.pinimg.com") == deliverer("pinimg.com") == "Pinterest"
    assert deliverer("cdn.shopify.com") == "Shopify"
    assert deliverer("d111.cloudfront.net") == "Amazon CloudFront"
    assert [deliverer(host) for host in ("notpinimg.com", "shopify.com", "museum.org", "com")] == [None] * 4
    assert all(domain == domain.lower() and registered_domain(domain) for domain in DELIVERY)


def test_hosts_and_registered_domains_are_two_counts_and_deliverers_a_third(table):
    urls = ["https://img.museum.co.uk/a.jpg", "http://www.museum.co.uk/b.jpg", "HTTPS://Museum.co.uk/c.jpg",
            "//i.pinimg.com/d.jpg", "https://i.pinimg.com/e.jpg", "https://gallery.org", "data:image/png;base64,xx",
            "http:///f.jpg", "not an address", "", None, "https://10.0.0.7/g.jpg"]  # fmt: skip
    path = table(url=urls)
    usable, most, _, delivered = asked(path, "domains.registered")
    assert usable.sentence == (
        "5 of 12 rows have no usable address: 2 have none, 3 one that names no host"
        "; 1 name a number instead of a domain."
    )
    assert set(usable.examples) == {"data:image/png;base64,xx", "http:///f.jpg", "not an address"}
    assert [row[:2] for row in most.table.rows] == [
        ("museum.co.uk", 3),
        ("pinimg.com", 2),
        ("10.0.0.7", 1),
        ("gallery.org", 1),
    ]
    assert (most.value, most.n) == (3 / 7, 7)
    assert delivered.value == 2 / 7
    assert delivered.table.rows == (("Pinterest", 2, 2 / 7),)
    hosts, _ = asked(path, "domains.hosts")
    assert dict(row[:2] for row in hosts.table.rows) == {
        "i.pinimg.com": 2, "museum.co.uk": 2, "10.0.0.7": 1, "gallery.org": 1, "img.museum.co.uk": 1,
    }  # fmt: skip


def test_the_cut_of_the_template_is_the_top_tenth_of_the_domains(table):
    urls = [f"https://site{n}.org/{k}" for n in range(30) for k in range(30 - n)]
    (one,) = asked(table(url=urls), "domains.template")
    assert [row[:2] for row in one.table.rows] == [("site0.org", 30), ("site1.org", 29), ("site2.org", 28)]
    assert (one.value, one.n, one.null) == (87 / 465, 465, 0.1)
    (one,) = asked(table(url=urls), "domains.template", most=1)
    assert "1 of 3 are listed" in one.notes[0]


def test_many_distinct_hosts_are_counted(table):
    urls = [f"https://www.site{n}.co.uk/x" for n in range(30_000)]
    _, most, _, _ = asked(table(url=urls), "domains.registered")
    assert "30,000 registered domains" in most.sentence
    assert most.value == most.null == 1 / 30_000


# Captions.


def test_captions_that_are_none(table):
    path = table(
        TEXT=[
            "IMG_2041",
            "boat.JPG",
            "a boat in red",
            "dsc 12",
            "Image 3 of boats",
            "",
            None,
            "?",
            "photo.webp ",
            "v1.5",
        ]
    )
    empty, length = asked(path, "captions.lengths")
    assert empty.value == 0.3
    assert (length.value, length.n) == (8, 7)
    (names,) = asked(path, "captions.filenames")
    assert names.sentence == "4 of 7 captions are the name of a file, for example 'IMG_2041'."


def test_repeated_captions_are_counted_in_two_ways(table):
    path = table(caption=["Free shipping"] * 12 + ["Untitled"] * 3 + ["a", "b", "c", "", "", "free shipping"])
    again, often = asked(path, "captions.repeated")
    assert (again.value, again.n) == (15 / 19, 19)
    assert often.value == 12 / 19
    assert [row[:2] for row in often.table.rows] == [("Free shipping", 12), ("Untitled", 3)]
    _, often = asked(path, "captions.repeated", often=20)
    assert often.sentence == ("No caption stands under 20 rows or more; the most common, 'Free shipping', under 12.")


LINES = {
    "en": "An old woman with two children in front of the small house near the market",
    "de": "Eine alte Frau mit zwei Kindern vor dem kleinen Haus in der Nähe des Marktes",
    "fr": "Une vieille femme avec deux enfants devant la petite maison près du marché",
}


def test_languages_come_after_what_cannot_be_told(table):
    """A label that is wrong shows beside what was found; names of files and numbers are of no language."""
    texts = [LINES["en"], LINES["de"], LINES["de"], LINES["fr"], "IMG 20", "1234", "Nike XL", None]
    path = table(uid=list("abcdefgh"), text=texts, lang=["lb", "de", "de", "fr", "en", "?", "", "en"])
    unknown, told, read, compared = asked(path, "captions.languages")
    assert unknown.sentence == "Of 3 of 7 captions (42.9%) the language cannot be told."
    assert unknown.interval is None
    assert told.table.rows == (("German", 2, 0.5), ("English", 1, 0.25), ("French", 1, 0.25))
    assert read.table.ids == (0,)
    assert [row[0] for row in read.table.rows] == ["b", "c", "a", "d"]
    assert compared.value == 0.75
    assert ("Luxembourgish", 1, 0.0, "English") in compared.table.rows


def test_languages_are_identified_with_a_confidence():
    found = list(identified([*LINES.values(), "...", "12"]))
    assert [code for code, _ in found] == ["en", "de", "fr", "", ""]
    assert all(0.9 < sure <= 1 for _, sure in found[:3])
    assert found[3:] == [("", 0.0)] * 2


def test_large_tables_are_sampled_and_say_so(table):
    path = table(hash=pa.array(range(5000)), text=[LINES["en"], LINES["de"]] * 2500)
    unknown, told, *_ = asked(path, "captions.languages", sample_rows=1000, seed=3)
    assert unknown.n == 1000
    assert "A sample of 1,000 captions, drawn with seed 3." in unknown.notes
    assert told.interval[0] < 0.5 < told.interval[1]


def test_a_sample_is_the_same_in_any_order(table):
    drawn = []
    for order in (range(5000), reversed(range(5000))):
        with Subject.open(table(id=[str(n) for n in order])) as subject:
            rows = subject.rows(f"SELECT id FROM {sample(subject, 's', 'id', 300, 0)} ORDER BY id")
            assert len(rows) == 300
            assert len(subject.rows(f"SELECT * FROM {sample(subject, 'all', 'id', 9000, 0)}")) == 5000
            other = subject.rows(f"SELECT id FROM {sample(subject, 'o', 'id', 300, 1)} ORDER BY id")
            drawn.append(rows)
            assert other != rows
    assert drawn[0] == drawn[1]


def test_texts_that_are_stored_as_bytes_or_numbers_are_read(table):
    assert asked(table(url=pa.array([b"https://a.org/x", b"\xff\xfe"])), "domains.registered")[0].value == 0.5
    assert asked(table(caption=[3, 4, 4]), "captions.repeated")[0].value == pytest.approx(2 / 3)
