"""Catalogue dates: a table of what people write, and what no text may do."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from latentarchive.dates import parse_years

NEXT_YEAR = datetime.datetime.now(tz=datetime.UTC).year + 1

YEARS = {
    # one year
    "1655": (1655, 1655),
    " 1655. ": (1655, 1655),
    "c. 1655": (1655, 1655),
    "c1905": (1905, 1905),
    "ca. 1860": (1860, 1860),
    "circa 1655": (1655, 1655),
    "about 1655": (1655, 1655),
    "~1655": (1655, 1655),
    "1880 ca.": (1880, 1880),
    "[1905]": (1905, 1905),
    "1905?": (1905, 1905),
    "1905 (?)": (1905, 1905),
    "©1936": (1936, 1936),
    "dated 1905": (1905, 1905),
    "signed and dated 1905": (1905, 1905),
    "probably painted in 1905": (1905, 1905),
    "published: 1905": (1905, 1905),
    "0925": (925, 925),
    "c. 925": (925, 925),
    # two years
    "1504/07": (1504, 1507),
    "1504/5": (1504, 1505),
    "1375/1400": (1375, 1400),
    "1747/1748": (1747, 1748),
    "1507–10": (1507, 1510),
    "1507—10": (1507, 1510),
    "1879-82": (1879, 1882),
    "1879-86": (1879, 1886),
    "c. 1745–50": (1745, 1750),
    "c. 1597–c. 1600": (1597, 1600),
    "1895 - 1915": (1895, 1915),
    "1899/00": (1899, 1900),
    "between 1850 and 1860": (1850, 1860),
    "from 1850 to 1860": (1850, 1860),
    "1905?-1906?": (1905, 1906),
    "618-907": (618, 907),
    "winter 1879-80": (1879, 1880),
    "1855, reworked 1857–59": (1855, 1859),
    "1936 (printed 1975)": (1936, 1975),
    "2000, designed 1998": (1998, 2000),
    "1953 (designed) c. 1977 (manufactured)": (1953, 1977),
    "c. 1948-1949, Design Patent 155,354, 1949": (1948, 1949),
    "April 1860 or 1886": (1860, 1886),
    # days and months; a month that could be a year leaves both readings
    "1886-05-12": (1886, 1886),
    "1886-05-12T10:00:00Z": (1886, 1886),
    "1886:05:12 10:00:00": (1886, 1886),
    "12 May 1886": (1886, 1886),
    "May 12, 1886": (1886, 1886),
    "May 12th, 1886": (1886, 1886),
    "05/12/1886": (1886, 1886),
    "31/12/1886": (1886, 1886),
    "19.05.1886": (1886, 1886),
    "3/1959": (1959, 1959),
    "1886-05": (1886, 1886),
    "1905-07": (1905, 1907),
    "1912-12": (1912, 1912),
    "October 1940": (1940, 1940),
    "June 19-20, 1964": (1964, 1964),
    "August - September 1953": (1953, 1953),
    "12 May 1886-3 June 1887": (1886, 1887),
    # decades and centuries
    "1890s": (1890, 1899),
    "1890's": (1890, 1899),
    "c. 1890s": (1890, 1899),
    "Late 1630s": (1630, 1639),
    "mid-1630s": (1630, 1639),
    "1900s": (1900, 1999),
    "1880s-1890s": (1880, 1899),
    "1920s-30s": (1920, 1939),
    "c. 1870-1880s": (1870, 1889),
    "[189-?]": (1890, 1899),
    "18--": (1800, 1899),
    "190x": (1900, 1909),
    "19th century": (1801, 1900),
    "19th c.": (1801, 1900),
    "nineteenth-century": (1801, 1900),
    "late 19th century": (1801, 1900),
    "mid- to late-19th century": (1801, 1900),
    "late 17th-early 18th century": (1601, 1800),
    "17th or 18th century": (1601, 1800),
    "18th–19th century": (1701, 1900),
    "18th -19th century": (1701, 1900),
    "second half of the 19th century": (1851, 1900),
    "last half of the 18th century": (1751, 1800),
    "first quarter 19th century": (1801, 1825),
    "19th century, second half": (1851, 1900),
    "c. second half of the 19th century-early 20th century": (1851, 2000),
    "Edo period (1603-1867), 19th century": (1801, 1900),
    "Qianlong period (1736-1795)": (1736, 1795),
    "Northern Song Dynasty, 960-1127": (960, 1127),
    # before the common era
    "500 BC": (-500, -500),
    "500 B.C.E.": (-500, -500),
    "300-200 BCE": (-300, -200),
    "c. 1340-1197 BCE": (-1340, -1197),
    "206 BCE-220 CE": (-206, 220),
    "100 BC-AD 50": (-100, 50),
    "AD 50-100": (50, 100),
    "1st century BC": (-100, -1),
    "5th-4th century BCE": (-500, -301),
    "1st century BC-1st century AD": (-100, 100),
    "first half of the 5th century BC": (-500, -451),
    "2nd millennium BC": (-2000, -1001),
    # open ends
    "before 1700": (None, 1700),
    "by 1900": (None, 1900),
    "pre-1900": (None, 1900),
    "1922 or earlier": (None, 1922),
    "After 1870": (1870, None),
    "no earlier than 1906": (1906, None),
    "from 1850": (1850, None),
    "1995-present": (1995, None),
    "1882, cast later": (1882, None),
    "1916, printed posthumously": (1916, None),
    "c. 1650/after 1661": (1650, None),
    "after 1700-1710": (1700, None),
    "1700-before 1710": (1700, 1710),
    "after 1945, before 1957": (1945, 1957),
    "begun 1850, completed 1860": (1850, 1860),
    # other languages
    "um 1655": (1655, 1655),
    "19. Jahrhundert": (1801, 1900),
    "16. Jh.": (1501, 1600),
    "17./18. Jh.": (1601, 1800),
    "2. Hälfte 19. Jh.": (1851, 1900),
    "Ende 17. Jahrhundert": (1601, 1700),
    "3. Jh. v. Chr.": (-300, -201),
    "zwischen 1850 und 1860": (1850, 1860),
    "vor 1700": (None, 1700),
    "nach 1700": (1700, None),
    "bis 1900": (None, 1900),
    "den 12. März 1886": (1886, 1886),
    "1890er Jahre": (1890, 1899),
    "vers 1880": (1880, 1880),
    "XIXe siècle": (1801, 1900),
    "XIXᵉ siècle": (1801, 1900),
    "fin du XIXe siècle": (1801, 1900),
    "1ère moitié du XVIe siècle": (1501, 1550),
    "années 1890": (1890, 1899),
    "le 1er août 1886": (1886, 1886),
    "50 av. J.-C.": (-50, -50),
    "ca 1900": (1900, 1900),
    "omstreeks 1655": (1655, 1655),
    "eind 19e eeuw": (1801, 1900),
    "secolo XVI": (1501, 1600),
    "XVII-XVIII secolo": (1601, 1800),
    "prima metà del XVI secolo": (1501, 1550),
    "hacia 1880": (1880, 1880),
    "siglo XVII": (1601, 1700),
    "12 de mayo de 1886": (1886, 1886),
}

REFUSED = [
    *[
        "",
        " ",
        "n.d.",
        "s.d.",
        "o. J.",
        "Date unknown",
        "undated",
        "not dated",
        "unknown",
        "no date",
        "late Qing?",
    ],
    *[
        "No. 12",
        "4 x 5 in",
        "1500 in",
        "12345",
        "2999",
        str(NEXT_YEAR + 1),
        "0000",
        "925",
        "82",
        "'82",
        "1,905",
        "10,000 BC",
    ],
    *[
        "190?",
        "1886-45",
        "1898–02",
        "1886–1879",
        "1904-907",
        "1905 1906",
        "13/13/1905",
        "45 May 1886",
        "1855-57-59",
    ],
    *[
        "5th-4th century",
        "50 BC-100",
        "0th century",
        "after Rembrandt, 1650",
        "purchased 1905",
        "not 1905",
        "AH 1250 / AD 1834",
    ],
    *[
        "between 1850",
        "and 1905",
        "1905 and",
        "style of the Tang dynasty (618-907)",
        "xvi",
        "century",
        "c.",
        "-1655",
        "１２",
    ],
    "1905 " * 60,
]


@pytest.mark.parametrize("text", YEARS)
def test_dates_as_people_write_them(text):
    assert parse_years(text) == YEARS[text]


@pytest.mark.parametrize("text", REFUSED)
def test_no_date_is_guessed(text):
    assert parse_years(text) == (None, None)


def test_next_year_is_the_last():
    assert parse_years(str(NEXT_YEAR)) == (NEXT_YEAR, NEXT_YEAR)
    assert parse_years(f"{NEXT_YEAR - 1}-{NEXT_YEAR + 1}") == (None, None)


PIECES = [
    "c. ",
    "1855",
    "186",
    "12",
    "7",
    "-",
    "–",
    "/",
    ", ",
    " ",
    "(",
    ")",
    "?",
    "before ",
    "after ",
    "May ",
    "19th ",
]
PIECES += [
    "century",
    " BC",
    "AD ",
    "1890s",
    "half of the ",
    "first ",
    "late ",
    " or ",
    " to ",
    "xvi ",
    "until ",
    "from ",
]


@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("1" * 5000)
@example("h " * 100)
@example("\ud800")
def test_any_text_gives_an_ordered_pair(text):
    start, end = parse_years(text)
    assert start is None or end is None or start <= end
    assert start is None or -9_999_000 < start <= NEXT_YEAR


@given(st.integers(1000, NEXT_YEAR), st.integers(0, 400), st.sampled_from(["-", "–", " - ", "/", " to "]))
def test_years_written_in_full_come_back(start, width, dash):
    end = min(start + width, NEXT_YEAR)
    assert parse_years(f"{start}{dash}{end}") == (start, end)
    assert parse_years(f"c. {start}") == (start, start)
    assert parse_years(f"{end} BC-{start} BC") == (-end, -start)


@given(st.integers(1, 20), st.integers(0, 9))
def test_centuries_and_decades_come_back(century, decade):
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(century if century not in (11, 12, 13) else 0, "th")
    assert parse_years(f"{century}{suffix} century") == (century * 100 - 99, century * 100)
    if century >= 10 and decade:
        start = century * 100 + decade * 10
        expected = (start, start + 9) if start <= NEXT_YEAR else (None, None)
        assert parse_years(f"{start}s") == expected
