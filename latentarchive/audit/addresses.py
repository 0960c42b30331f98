"""Addresses of images as SQL: when two of them are one, whose host they name, and IIIF's image under any size.

Both sides of a comparison go through the same expressions, so that there is one definition of each.
"""

from __future__ import annotations

RULES = (
    "the scheme does not count (http is https), nor do user names, a leading www., the ports 80 and 443, case and a "
    "final full stop of the host, fragments, slashes at the end of the path, how characters are escaped (%20, &amp;), "
    "the order of parameters, and those that only track visits (utm_*, fbclid, gclid, gbraid, wbraid, msclkid, mc_eid, "
    "igshid, _ga); case of the path and all other parameters do"
)
"""When two addresses are one once they are normalised."""

_TRACKING = "^(utm_[a-z_]+|fbclid|gclid|gbraid|wbraid|msclkid|mc_eid|igshid|_ga)(=|$)"

# Region, size, rotation, quality and format of IIIF's Image API 3.0, section 4; some are of versions 1 and 2.
_REGION = r"(?:full|square|(?:pct:)?[0-9.]+,[0-9.]+,[0-9.]+,[0-9.]+)"
_SIZE = r"\^?(?:full|max|pct:[0-9.]+|!?[0-9]*,[0-9]*)"
_QUALITIES = ("default", "native", "color", "colour", "gray", "grey", "bitonal")
_FORMATS = ("jpg", "jpeg", "png", "webp", "tif", "tiff", "gif", "jp2", "pdf")
_QUALITY = rf"(?:{'|'.join(_QUALITIES)})\.(?:{'|'.join(_FORMATS)})"
_IIIF = rf"^(.+?)/(?:{_REGION}/{_SIZE}/!?[0-9.]+/{_QUALITY}|info\.json)$"

IIIF_ENDS = frozenset(f"{quality}.{kind}" for quality in _QUALITIES for kind in _FORMATS) | {"info.json"}
"""What `end` gives for the addresses of IIIF's Image API."""


def said(url: str) -> str:
    """SQL: the network location as written: what stands between the scheme and the next slash; cheap, for every row.

    NULL without an address, "" where there is no such part.
    """
    # The first two cases are nearly all, and need no regular expression.
    return f"""CASE WHEN starts_with({url}, 'https://') OR starts_with({url}, 'http://') THEN split_part({url}, '/', 3)
        WHEN {url} IS NULL OR trim({url}) = '' THEN NULL
        WHEN regexp_matches({url}, '(?i)^\\s*(https?:)?//') THEN split_part({url}, '/', 3)
        ELSE '' END"""


def netloc(location: str) -> str:
    """SQL: a location of `said` without what does not count; for each different one. NULL where nothing is left."""
    bare = f"regexp_extract(lower({location}), '^[^?#]*')"
    bare = rf"regexp_replace(trim({bare}), '^([^@]*@)?(www\.)?', '')"
    return rf"nullif(regexp_replace({bare}, '\.?(:80|:443)?$', ''), '')"


def host(location: str) -> str:
    """SQL: a `netloc` without its port."""
    return f"regexp_replace({location}, ':[0-9]*$', '')"


def normal(url: str) -> str:
    """SQL: the address as it is compared, by `RULES`; NULL where it names no host."""
    whole = f"regexp_replace(trim(replace({url}, '&amp;', '&')), '#.*$', '')"
    rest = f"regexp_extract({whole}, '^[^/]*//[^/?]*(.*)$', 1)"
    path = f"regexp_replace(split_part({rest}, '?', 1), '/+$', '')"
    parameters = f"string_split(regexp_extract({rest}, '[?](.*)$', 1), '&')"
    kept = f"list_sort(list_filter({parameters}, lambda p: p <> '' AND NOT regexp_matches(p, '{_TRACKING}', 'i')))"
    query = f"array_to_string(list_transform({kept}, lambda p: '?' || {_unescaped('p')}), '')"
    location = f"split_part({whole}, '/', 3)"
    return f"({netloc(location)} || {_unescaped(path)} || {query})"


def iiif(address: str) -> str:
    """SQL: the image that a `normal` address of IIIF's Image API shows, whatever part and size; NULL for others."""
    return f"nullif(regexp_extract({address}, '{_IIIF}', 1), '')"


def end(url: str) -> str:
    """SQL: the last part of an address as written, without parameters, in lower case; cheap, for every row.

    "" where normalising may change it, so that whoever looks for a part among these finds no fewer: add "" to them.
    Of an address without a path it is the location.
    """
    last = f"lower(trim(split_part(split_part(split_part({url}, '#', 1), '?', 1), '/', -1)))"
    # The list names the part, which a CASE alone would work out three times.
    odd = "contains(p, '%') OR contains(p, '&') OR contains(p, ' ')"
    return f"list_transform([{last}], lambda p: CASE WHEN {odd} THEN '' ELSE p END)[1]"


def _unescaped(text: str) -> str:
    """SQL: percent escapes as the characters that they stand for; as written where that is no UTF-8."""
    return f"coalesce(TRY(url_decode({text})), {text})"
