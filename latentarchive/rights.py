"""What a rights statement says: its canonical URI, and whether the work is free to use.

The three classes, and why:

* ``open``: marked as out of copyright, or licensed for every use, changed or not, paid or not: CC0, the
  Public Domain Mark, CC BY, CC BY-SA, NoC-US, and prose that says "public domain" without any reservation.
* ``restricted``: in copyright, or bound otherwise. Licences with NC or ND are here, because an archive
  derives images from what it holds and cannot know who pays; so are NoC-NC, NoC-CR and NoC-OKLR, which
  say "no copyright" and then restrict use by contract or another law.
* ``unknown``: nobody has decided (UND, CNE, NKC), the statement hedges ("likely", "may be", "no known
  restrictions") or contradicts itself, or it is not understood. Unknown never means free.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

RightsClass = Literal["open", "restricted", "unknown"]


@dataclass(frozen=True, slots=True)
class Rights:
    """A rights statement as written, and what is known of it."""

    #: As written, without outer white space.
    statement: str
    #: Canonical URI of the statement or licence, "" if it is none that has one.
    uri: str = ""
    #: SPDX licence id; "" where there is none, as for all statements of RightsStatements.org.
    spdx: str = ""
    #: open, restricted or unknown: see the module.
    rights_class: RightsClass = "unknown"
    #: A few words for a person, "" if nothing is known.
    label: str = ""

    @property
    def canonical(self) -> str:
        """The canonical URI, else the statement as written, else ``"unknown"``."""
        return self.uri or self.statement or "unknown"


STATEMENTS: dict[str, tuple[str, RightsClass]] = {
    "InC": ("In Copyright", "restricted"),
    "InC-OW-EU": ("In Copyright – EU Orphan Work", "restricted"),
    "InC-RUU": ("In Copyright – Rights-holder(s) Unlocatable or Unidentifiable", "restricted"),
    "InC-EDU": ("In Copyright – Educational Use Permitted", "restricted"),
    "InC-NC": ("In Copyright – Non-Commercial Use Permitted", "restricted"),
    "NoC-NC": ("No Copyright – Non-Commercial Use Only", "restricted"),
    "NoC-CR": ("No Copyright – Contractual Restrictions", "restricted"),
    "NoC-OKLR": ("No Copyright – Other Known Legal Restrictions", "restricted"),
    "NoC-US": ("No Copyright – United States", "open"),
    "NKC": ("No Known Copyright", "unknown"),
    "CNE": ("Copyright Not Evaluated", "unknown"),
    "UND": ("Copyright Undetermined", "unknown"),
}
"""The twelve statements of https://rightsstatements.org/page/1.0/ by code: label and class."""

MINING_CODES = (
    "DMI-UNSPECIFIED",
    "DMI-ALLOWED",
    "DMI-PROHIBITED-AIMLTRAINING",
    "DMI-PROHIBITED-GENAIMLTRAINING",
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
    "DMI-PROHIBITED",
    "DMI-PROHIBITED-SEECONSTRAINT",
    "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR",
    "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR",
)
"""The PLUS Data Mining vocabulary, http://ns.useplus.org/ldf/vocab/."""

_CC_PORTS = """ar at au az be bg br ca ch cl cn co cr cz de dk ec ee eg es fi fr ge gr gt hk hr hu ie igo il in it
    jp kr lu mk mt mx my nl no nz pe ph pl pr pt ro rs scotland se sg si th tw ug uk us ve vn za"""
_CC_VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")
_CC_KINDS = ("by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd")
_SPDX_PORTS = """CC-BY-2.5-AU CC-BY-3.0-AT CC-BY-3.0-AU CC-BY-3.0-DE CC-BY-3.0-IGO CC-BY-3.0-NL CC-BY-3.0-US
    CC-BY-SA-2.0-UK CC-BY-SA-2.1-JP CC-BY-SA-3.0-AT CC-BY-SA-3.0-DE CC-BY-SA-3.0-IGO CC-BY-ND-3.0-DE
    CC-BY-NC-3.0-DE CC-BY-NC-SA-2.0-DE CC-BY-NC-SA-2.0-FR CC-BY-NC-SA-2.0-UK CC-BY-NC-SA-3.0-DE
    CC-BY-NC-SA-3.0-IGO CC-BY-NC-ND-3.0-DE CC-BY-NC-ND-3.0-IGO"""  # https://spdx.org/licenses/, 3.27
_OPEN_SPDX = ("OGL-UK-1.0", "OGL-UK-2.0", "OGL-UK-3.0", "PDDL-1.0", "ODC-By-1.0", "ODbL-1.0", "LAL-1.3", "etalab-2.0")
_CC = "https://creativecommons.org/"

_RS_URI = re.compile(
    r"(?:https?://)?(?:www\.)?rightsstatements\.org/(?:vocab|page|data)/([\w-]+)(?:/1\.0)?/?(?:\?\S*)?", re.I
)
_CC_URI = re.compile(
    r"(?:https?://)?(?:www\.)?creativecommons\.org/"
    r"(?:licen[sc]es/([a-z-]+)(?:/(\d\.\d))?(?:/([a-z]{2,3}|scotland)(?![\w.]))?|publicdomain/(zero|mark)(?:/1\.0)?)"
    r"(?:/[a-z]{2})?(?:/?(?:deed|legalcode|rdf)(?:\.[\w-]+)?)?/?(?:[?#]\S*)?",
    re.I,
)
_ELEMENT = r"(?:nc|nd|sa|non\W?commercial|no\W?deriv\w*|share\W?alike)\b"
_CC_NAME = re.compile(
    r"(?i:\b(?P<cc>(?:cc|creative\s+commons)(?:\W+licen[cs]e)?[\W_]*)?(?P<by>by|attribution)"
    rf"(?P<rest>(?:[\W_]*{_ELEMENT})*)(?:[\W_]*\b(?:v|version\W*)?(?P<version>\d\.\d))?)"
    r"(?:(?:-(?P<port>(?i:[a-z]{2}|igo))|\s(?P<PORT>[A-Z]{2}|IGO))(?![\w-]))?"
)
_CC0 = re.compile(r"\b(?:cc|creative\s+commons)[\s-]*(?:zero|0)\b(?:[\s-]*v?1\.0)?", re.I)
_PDM = re.compile(r"\b(?:public\s+domain\s+mark|(?:cc[\s-]*)?pdm)\b(?:[\s-]*1\.0)?", re.I)

# Words that take back, narrow or doubt what the rest of their sentence says.
_HEDGE = re.compile(
    r"\b(?:not|no|non|never|neither|nor|\w+n['’]t|unless|except\w*|until|if|whether|likely|unlikely|probabl\w*|"
    r"possibl\w*|perhaps|maybe|may|might|could|would|should|presum\w*|believ\w*|thought|assum\w*|appear\w*|seem\w*|"
    r"consider\w*|claim\w*|potential\w*|known|unknown|un(?:clear|certain|determined|sure)|pending|only|but|however|"
    r"although|some|parts?|most|many|others?|otherwise|excluding|expired?)\b|\?",
    re.I,
)
# Reservations that contradict "free to use" wherever they stand.
_RESERVATION = re.compile(
    rf"\b(?:{_ELEMENT}|rights\s+reserved|(?:in|under)\s+copyright|copyrighted|commercial|permission|"
    r"(?:personal|educational|research|private|scholarly)\s+(?:use|purposes?|study))",
    re.I,
)
_PUBLIC_DOMAIN_WORDS = frozenset(
    # "public domain" and what may stand beside it in a plain statement
    """a all an and are as based be because been being by date dedicated dedication determined domain federal file
    free gov government has have image images in into is it item items material materials object objects of
    on passed photo photograph photographs picture pictures pd placed public publication released s states
    that the these this to u under united us usa was were work works worldwide""".split()  # noqa: SIM905  # readable as lines
)
_COPYRIGHT = re.compile(
    r"\ball\s+rights\s+reserved|©|\(c\)\s*(?:by\s+)?(?=\S)|\b(?:in|under)\s+copyright\b|\bcopyrighted\b|"
    r"\bprotected\s+by\s+copyright|\bcopyright\W+(?:by\b|held\b|holder\b|owned\b|(?:19|20)\d\d)|"
    r"^copyright\W+(?=\w)(?!status|law|information|restrictions|cleared|clearance|and\b|or\b|free|is\b|term)",
    re.I,
)


def classify(statement: str) -> Rights:
    """What a rights statement says, read without guessing.

    Understands the URIs and labels of RightsStatements.org, Creative Commons licences, CC0 and the Public
    Domain Mark as URIs, codes, names and SPDX ids, a few other SPDX ids of open licences for content, and
    plain words such as "public domain" and "all rights reserved".

    Args:
        statement: A URI, an id or prose, as catalogued or embedded.

    Returns:
        What is known; never raises. Prose that hedges, and prose that names several things of different
        classes, is unknown and keeps its words.
    """
    written = statement.strip()
    text = re.sub(r"[‐‑‒–—―]", "-", re.sub(r"\s+", " ", written))
    named = _exact(written, text) or _named(written, text)
    if named:
        return named
    if _is_public_domain(text):
        return Rights(written, rights_class="open", label="Public domain")
    if _is_copyrighted(text):
        return Rights(written, rights_class="restricted", label="In Copyright")
    return Rights(written)


def mining_code(value: str) -> str:
    """The canonical PLUS Data Mining code of a URI or a bare code in any case; "" if it is neither.

    A code that begins with ``DMI-PROHIBITED`` and is not in the vocabulary is kept, upper-cased: a later
    version of the vocabulary may prohibit what this one does not know, and to drop it would be to allow it.
    """
    code = re.split(r"[/#:]", value.strip().rstrip("/"))[-1].upper()
    return code if code in MINING_CODES or re.fullmatch(r"DMI-PROHIBITED-[A-Z]+", code) else ""


def reserves_mining(code: str) -> bool:
    """Whether a code that `mining_code` returned reserves data mining or the training of models.

    Every prohibition does. The one with an exception for search engines does: an archive is none. Those
    that point to constraints or rights expressions elsewhere do until a person has read them. DMI-ALLOWED,
    DMI-UNSPECIFIED and "" do not: the holder allowed it, or said nothing.
    """
    return code.startswith("DMI-PROHIBITED")


def _exact(written: str, text: str) -> Rights | None:
    """Codes, labels and SPDX ids that are the whole statement."""
    folded = re.sub(r"\W+", " ", text).strip().lower()
    for code, (label, _) in STATEMENTS.items():
        same_code = text == code or ("-" in code and text.lower() == code.lower())  # "Inc" is a company
        if same_code or folded == re.sub(r"\W+", " ", label).lower():
            return _statement(written, code)
    for spdx in _OPEN_SPDX:
        if text.lower() == spdx.lower():
            return Rights(written, f"https://spdx.org/licenses/{spdx}.html", spdx, "open", spdx)
    return None


def _named(written: str, text: str) -> Rights | None:
    """The one statement or licence that a text names, None if it names none, unknown if they disagree."""
    found: list[Rights] = []
    rest = text
    for pattern, read in ((_RS_URI, _rs_uri), (_CC_URI, _cc_uri), (_CC0, _cc0), (_PDM, _pdm), (_CC_NAME, _cc_name)):
        for match in pattern.finditer(rest):
            rights = read(written, match)
            if rights:
                found.append(rights)
        rest = pattern.sub(" ", rest) if found else rest
    if not found:
        return None
    classes = {rights.rights_class for rights in found}
    doubtful = _HEDGE.search(rest) or _RESERVATION.search(rest)
    if len(classes) > 1 or (classes == {"open"} and doubtful):
        return Rights(written)
    exact = [rights for rights in found if rights.uri] or found
    if len({rights.uri or rights.label for rights in exact}) > 1:
        return Rights(
            written, rights_class=exact[0].rights_class, label=", ".join(dict.fromkeys(r.label for r in exact))
        )
    return exact[0]


def _statement(written: str, code: str) -> Rights:
    label, rights_class = STATEMENTS[code]
    return Rights(written, f"http://rightsstatements.org/vocab/{code}/1.0/", "", rights_class, label)


def _rs_uri(written: str, match: re.Match[str]) -> Rights:
    code = next((code for code in STATEMENTS if code.lower() == match[1].lower()), None)
    return _statement(written, code) if code else Rights(written)


def _cc_uri(written: str, match: re.Match[str]) -> Rights:
    kind, version, port, tool = (group.lower() if group else "" for group in match.groups())
    if tool:
        return _cc0(written, match) if tool == "zero" else _pdm(written, match)
    if kind == "publicdomain":  # retired in 2010, still found
        label = "Public Domain Dedication or Certification"
        return Rights(written, f"{_CC}licenses/publicdomain/", "CC-PDDC", "open", label)
    return _licence(written, kind.split("-"), version, port)


def _cc0(written: str, _: re.Match[str]) -> Rights:
    return Rights(written, f"{_CC}publicdomain/zero/1.0/", "CC0-1.0", "open", "CC0 1.0")


def _pdm(written: str, _: re.Match[str]) -> Rights:
    return Rights(written, f"{_CC}publicdomain/mark/1.0/", "", "open", "Public Domain Mark 1.0")


def _cc_name(written: str, match: re.Match[str]) -> Rights | None:
    version = match["version"] or ""
    unmistakable = version or match["rest"] or re.search("(?i:cc[-_]by|commons)|CC BY", match[0])
    if not unmistakable or not (match["cc"] or (version and (match["by"].lower() == "attribution" or match["rest"]))):
        return None  # "by" and "attribution" are ordinary words, as in "(cc) by Jane Doe"
    elements = [e.replace("-", "").replace(" ", "").lower() for e in re.findall(f"(?i){_ELEMENT}", match["rest"])]
    short = [
        "nc" if e.startswith("non") else "nd" if e.startswith("no") else "sa" if e.startswith("sh") else e
        for e in elements
    ]
    return _licence(written, ["by", *short], version, (match["port"] or match["PORT"] or "").lower())


def _licence(written: str, elements: list[str], version: str, port: str) -> Rights:
    """A Creative Commons licence; unknown if there is no such licence."""
    kind = "-".join(e for e in ("by", "nc", "nd", "sa") if e in elements).replace("nd-sa", "")
    port = port if port in _CC_PORTS.split() and version and version < "4.0" else ""
    name = "-".join(filter(None, ["CC", kind.upper(), version, port.upper()]))
    spdx = name if (name in _SPDX_PORTS.split() if port else version in _CC_VERSIONS) else ""
    if kind not in _CC_KINDS or len(kind.split("-")) != len(elements) or version not in ("", "2.1", *_CC_VERSIONS):
        return Rights(written)
    place = "by-nd-nc" if (kind, version) == ("by-nc-nd", "1.0") else kind  # the first version's own order
    uri = f"{_CC}licenses/{place}/{version}/{port + '/' if port else ''}" if version else ""
    rights_class: RightsClass = "open" if kind in ("by", "by-sa") else "restricted"
    label = " ".join(filter(None, ["CC", kind.upper(), version, port.upper()]))
    return Rights(written, uri, spdx, rights_class, label)


def _is_public_domain(text: str) -> bool:
    """Whether prose says "public domain" plainly: in plain words, unhedged, and nothing reserved elsewhere."""
    if _RESERVATION.search(text) or _COPYRIGHT.search(text):
        return False
    said = False
    for sentence in re.split(r"(?<!\b[A-Z])[.;!\n](?:\s|$)", text):
        if not re.search(r"public\s+domain", sentence, re.I):
            continue
        if _HEDGE.search(sentence):
            return False  # said once plainly and once with a doubt is doubtful
        clauses = [c for c in re.split(r"[,:()\[\]/-]", sentence) if re.search(r"public\s+domain", c, re.I)]
        if any(set(re.findall(r"\w+", c.lower())) - _PUBLIC_DOMAIN_WORDS for c in clauses):
            return False
        said = True
    return said


def _is_copyrighted(text: str) -> bool:
    """Whether prose says that rights are held. "All rights reserved" is a fixed phrase; the rest may be hedged."""
    for sentence in re.split(r"[.;!\n](?:\s|$)", text):
        found = _COPYRIGHT.search(sentence)
        if found and re.search(r"\bpublic\s+domain\b", text, re.I):
            return False
        fixed = found and "reserved" in found[0].lower() and not re.search(r"\bnot\s+all\b", sentence, re.I)
        if found and (fixed or not _HEDGE.search(sentence)):
            return True
    return False
