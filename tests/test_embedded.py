"""Metadata inside real files written here, by hand where no library writes them; and hostile ones."""

from __future__ import annotations

import io
import struct
import time
import warnings
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin, TiffImagePlugin

from latentarchive.embedded import MAX_FIELDS, MAX_VALUE, Embedded, read_embedded

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "cc": "http://creativecommons.org/ns#",
}
PROHIBITED = "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-GENAIMLTRAINING"


def packet(body: str, attributes: str = "") -> bytes:
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF {spaces}><rdf:Description rdf:about="" {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def alt(**texts: str) -> str:
    lines = "".join(f'<rdf:li xml:lang="{lang.replace("_", "-")}">{text}</rdf:li>' for lang, text in texts.items())
    return f"<rdf:Alt>{lines}</rdf:Alt>"


FULL = packet(
    f"<dc:title>{alt(de='Der Hafen', x_default='The harbour')}</dc:title>"
    f"<dc:description>{alt(fr='Vue du port', nl='Havengezicht')}</dc:description>"
    "<dc:creator><rdf:Seq><rdf:li>Ada Müller</rdf:li><rdf:li>B. Ito</rdf:li></rdf:Seq></dc:creator>"
    f"<dc:rights>{alt(x_default='CC BY 4.0')}</dc:rights>"
    "<dc:subject><rdf:Bag><rdf:li>ships</rdf:li><rdf:li>sea</rdf:li><rdf:li>ships</rdf:li></rdf:Bag></dc:subject>"
    "<cc:license rdf:resource='http://creativecommons.org/licenses/by/4.0/'/>"
    f"<plus:DataMining rdf:resource='{PROHIBITED}'/>"
    "<xmpMM:History><rdf:Seq><rdf:li>saved</rdf:li></rdf:Seq></xmpMM:History>",
    "photoshop:Credit='City Museum' photoshop:Source='Archive box 7' photoshop:DateCreated='1886-05-12' "
    "xmpRights:WebStatement='https://example.org/terms' Iptc4xmpExt:DigitalSourceType='negativeFilm'",
)


def png(xmp: bytes, *, late: bool = False, compressed: bool = False) -> bytes:
    info = PngImagePlugin.PngInfo()
    if not late:
        info.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=compressed)
    data = save("PNG", pnginfo=info)
    if late:  # between the pixels and IEND, as ExifTool writes it
        body = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp
        chunk = struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", zlib.crc32(b"iTXt" + body))
        data = data[:-12] + chunk + data[-12:]
    return data


def save(kind: str, **options) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (16, 16), "teal").save(target, kind, **options)
    return target.getvalue()


def tiff(tags: dict[int, bytes]) -> bytes:
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
        directory[tag] = value
        directory.tagtype[tag] = 1 if tag == 700 else 7
    return save("TIFF", tiffinfo=directory)


CARRIERS = {
    "JPEG": lambda xmp: save("JPEG", xmp=xmp),
    "WebP": lambda xmp: save("WEBP", xmp=xmp),
    "AVIF": lambda xmp: save("AVIF", xmp=xmp),
    "PNG": png,
    "PNG, compressed": lambda xmp: png(xmp, compressed=True),
    "PNG, after the pixels": lambda xmp: png(xmp, late=True),
    "TIFF": lambda xmp: tiff({700: xmp}),
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_xmp_in_every_format(carrier):
    found = read_embedded(CARRIERS[carrier](FULL))
    assert found.problem == ""
    assert found.title == "The harbour"
    assert found.description == "Vue du port"
    assert found.creator == "Ada Müller; B. Ito"
    assert found.date == "1886-05-12"
    assert found.rights == "CC BY 4.0"
    assert found.rights_uri == "http://creativecommons.org/licenses/by/4.0/"
    assert (found.credit, found.source) == ("City Museum", "Archive box 7")
    assert found.keywords == ("ships", "sea")
    assert found.mining == PROHIBITED
    assert found.digital_source_type == "http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm"
    assert found.bare_source_type
    assert found.fields["xmp:dc:rights"] == "CC BY 4.0"
    assert found.fields["xmp:xmpRights:WebStatement"] == "https://example.org/terms"
    assert not any("History" in name for name in found.fields)


@pytest.mark.parametrize(
    "body",
    [
        "<plus:DataMining>DMI-PROHIBITED</plus:DataMining>",
        "<plus:DataMining rdf:resource='DMI-PROHIBITED'/>",
        "<plus:DataMining><rdf:Bag><rdf:li>DMI-PROHIBITED</rdf:li></rdf:Bag></plus:DataMining>",
        "<plus:DataMining rdf:parseType='Resource'><rdf:value>DMI-PROHIBITED</rdf:value></plus:DataMining>",
        "<plus:DataMining><rdf:Description><rdf:value>DMI-PROHIBITED</rdf:value></rdf:Description></plus:DataMining>",
    ],
)
def test_a_reservation_in_every_spelling_of_rdf(body):
    assert read_embedded(save("JPEG", xmp=packet(body))).mining == "DMI-PROHIBITED"
    as_attribute = packet("", "plus:DataMining='DMI-PROHIBITED'")
    assert read_embedded(save("JPEG", xmp=as_attribute)).mining == "DMI-PROHIBITED"


@pytest.mark.parametrize(
    ("written", "canonical", "bare"),
    [
        ("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", "trainedAlgorithmicMedia", False),
        ("https://cv.iptc.org/newscodes/digitalsourcetype/PRINT/", "print", False),
        ("digitalArt", "digitalArt", True),
        ("handmade", "", True),
    ],
)
def test_digital_source_type(written, canonical, bare):
    found = read_embedded(save("JPEG", xmp=packet("", f"Iptc4xmpExt:DigitalSourceType='{written}'")))
    prefix = "http://cv.iptc.org/newscodes/digitalsourcetype/" if canonical else ""
    assert (found.digital_source_type, found.bare_source_type) == (prefix + canonical, bare)
    assert found.fields["xmp:Iptc4xmpExt:DigitalSourceType"] == written
    other = "http://c2pa.org/digitalsourcetype/empty"
    assert (
        read_embedded(save("JPEG", xmp=packet("", f"Iptc4xmpExt:DigitalSourceType='{other}'"))).digital_source_type
        == other
    )


def work(title: str, notice: str) -> str:
    return (
        f"<rdf:li rdf:parseType='Resource'><Iptc4xmpExt:AOTitle>{alt(x_default=title)}</Iptc4xmpExt:AOTitle>"
        "<Iptc4xmpExt:AOCreator><rdf:Seq><rdf:li>Jan Vermeer</rdf:li></rdf:Seq></Iptc4xmpExt:AOCreator>"
        "<Iptc4xmpExt:AOCircaDateCreated>c. 1665</Iptc4xmpExt:AOCircaDateCreated>"
        f"<Iptc4xmpExt:AOCopyrightNotice>{notice}</Iptc4xmpExt:AOCopyrightNotice></rdf:li>"
    )


def test_the_work_shown_comes_before_its_photograph():
    photograph = f"<dc:title>{alt(x_default='DSC_0001')}</dc:title><dc:rights>{alt(x_default='CC0')}</dc:rights>"
    photograph += "<cc:license rdf:resource='http://creativecommons.org/publicdomain/zero/1.0/'/>"
    one = f"<Iptc4xmpExt:ArtworkOrObject><rdf:Bag>{work('Girl', '© Estate')}</rdf:Bag></Iptc4xmpExt:ArtworkOrObject>"
    found = read_embedded(save("JPEG", xmp=packet(photograph + one)))
    assert (found.title, found.creator, found.date) == ("Girl", "Jan Vermeer", "c. 1665")
    assert (found.rights, found.rights_uri) == ("© Estate", "")
    assert found.fields["xmp:cc:license"] == "http://creativecommons.org/publicdomain/zero/1.0/"
    several = one.replace("<rdf:Bag>", "<rdf:Bag>" + work("Boy", "© Other"), 1)
    assert read_embedded(save("JPEG", xmp=packet(photograph + several))).title == "DSC_0001"


def iim(*datasets: tuple[int, int, bytes]) -> bytes:
    return b"".join(struct.pack(">BBBH", 0x1C, r, d, len(value)) + value for r, d, value in datasets)


def jpeg_with_iptc(block: bytes) -> bytes:
    """A JPEG with an APP13 segment of Photoshop resource 0x0404 (IPTC-NAA)."""
    resource = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(block)) + block + b"\0" * (len(block) % 2)
    body = b"Photoshop 3.0\0" + resource
    plain = save("JPEG")
    return plain[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + plain[2:]


IIM = [(2, 0, b"\0\4"), (2, 5, "Häfen".encode()), (2, 25, b"ships"), (2, 25, b"sea"), (2, 55, b"18860500")]
IIM += [(2, 80, b"Ada"), (2, 110, b"City Museum"), (2, 115, b"Box 7"), (2, 116, "© Ada".encode()), (2, 120, b"A view")]


@pytest.mark.parametrize("carry", [jpeg_with_iptc, lambda block: tiff({33723: block})])
def test_iptc(carry):
    found = read_embedded(carry(iim((1, 90, b"\x1b%G"), *IIM)))
    assert found.problem == ""
    assert (found.title, found.description, found.creator) == ("Häfen", "A view", "Ada")
    assert (found.date, found.rights, found.credit, found.source) == ("1886-05", "© Ada", "City Museum", "Box 7")
    assert found.keywords == ("ships", "sea")
    assert found.fields["iptc:2:116"] == "© Ada"
    assert found.fields["iptc:2:25"] == "ships; sea"
    assert found.fields["iptc:2:55"] == "18860500"
    assert "iptc:2:0" not in found.fields


def test_iptc_without_a_marker_is_latin_1():
    assert read_embedded(jpeg_with_iptc(iim((2, 116, b"\xa9 Ada M\xfcller")))).rights == "© Ada Müller"


def exif_of(**tags: object) -> Image.Exif:
    exif = Image.Exif()
    names = {"description": 0x010E, "artist": 0x013B, "copyright": 0x8298, "XPKeywords": 0x9C9E, "XPTitle": 0x9C9B}
    for name, value in tags.items():
        exif[names[name]] = value
    exif.get_ifd(0x8769)[0x9003] = "2009:03:01 10:00:00"
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_exif(kind):
    found = read_embedded(save(kind, exif=exif_of(description="A view", artist="Ada", copyright="(c) Ada")))
    assert found.problem == ""
    assert (found.description, found.creator, found.rights) == ("A view", "Ada", "(c) Ada")
    assert found.fields["exif:Copyright"] == "(c) Ada"
    if kind != "TIFF":  # whose Exif directory Pillow does not write
        assert found.fields["exif:DateTimeOriginal"] == "2009:03:01 10:00:00"
    assert found.date == ""  # the moment of the photograph says nothing of the work


@pytest.mark.parametrize("written", ["© Ada".encode(), "M\xfcllr".encode("latin-1")])
def test_exif_beyond_ascii(written):
    """Writers put UTF-8 or Latin-1 where the standard has only ASCII; Pillow writes neither."""
    data = save("JPEG", exif=exif_of(copyright="X" * len(written))).replace(b"X" * len(written), written)
    assert read_embedded(data).rights in ("© Ada", "Müllr")


def test_copyright_of_photographer_and_editor():
    assert read_embedded(save("JPEG", exif=exif_of(copyright="Ada\0City Museum"))).rights == "Ada; City Museum"


def test_exif_written_by_windows():
    exif = exif_of(XPTitle="Häfen\0".encode("utf-16-le"), XPKeywords="ships;sea\0".encode("utf-16-le"))
    found = read_embedded(save("JPEG", exif=exif))
    assert (found.title, found.keywords) == ("Häfen", ("ships", "sea"))


def test_xmp_before_iptc_before_exif():
    exif = exif_of(artist="by EXIF", copyright="of EXIF", description="in EXIF").tobytes()
    app13 = jpeg_with_iptc(iim((2, 80, b"by IPTC"), (2, 116, b"of IPTC")))[2:]
    segment = app13[: 2 + struct.unpack(">H", app13[2:4])[0]]
    with_all = save(
        "JPEG", exif=exif, xmp=packet("<dc:creator><rdf:Seq><rdf:li>by XMP</rdf:li></rdf:Seq></dc:creator>")
    )
    found = read_embedded(with_all[:2] + segment + with_all[2:])
    assert (found.creator, found.rights, found.description) == ("by XMP", "of IPTC", "in EXIF")
    assert found.fields["exif:Artist"] == "by EXIF"


def test_a_plain_file_says_nothing():
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"):
        found = read_embedded(save(kind))
        assert (found.title, found.rights, found.mining, found.problem) == ("", "", "", "")


BOMB = b'<!DOCTYPE z [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">'.encode() for i in range(9)
)


@pytest.mark.parametrize(
    "xmp",
    [
        BOMB + b"]><x>&j;</x>",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>',
        b"<x><y></x>",
        b"\xff\xfe\xff",
    ],
)
def test_hostile_xml_is_refused_and_the_rest_is_read(xmp):
    start = time.perf_counter()
    found = read_embedded(save("JPEG", xmp=xmp, exif=exif_of(artist="Ada")))
    assert time.perf_counter() - start < 2
    assert found.problem.startswith("XMP cannot be read (")
    assert "\n" not in found.problem
    assert found.creator == "Ada"
    assert not any(name.startswith("xmp:") for name in found.fields)


def test_size_is_bounded():
    many = "".join(f"<dc:f{i}>x</dc:f{i}>" for i in range(MAX_FIELDS + 50))
    long = f"<dc:description>{alt(x_default='x' * (MAX_VALUE + 5))}</dc:description>"
    found = read_embedded(save("JPEG", xmp=packet(long + many)))
    assert len(found.fields) == MAX_FIELDS
    assert len(found.description) == MAX_VALUE
    assert found.problem == f"only {MAX_FIELDS} fields and {MAX_VALUE} characters of each are kept"
    huge = packet("<dc:source>" + "x" * (5 << 20) + "</dc:source>")
    assert "bytes are more than" in read_embedded(save("WEBP", xmp=huge)).problem
    assert read_embedded(png(huge, compressed=True)).problem  # Pillow itself refuses to inflate it
    late = png(zlib.compress(huge), late=True).replace(b"xmp\0\0\0\0\0", b"xmp\0\1\0\0\0")
    assert len(late) < 100_000
    assert "bytes are more than" in read_embedded(late).problem
    deep = "<dc:a>" * 3000 + "x" + "</dc:a>" * 3000
    assert read_embedded(save("JPEG", xmp=packet(deep + "<dc:source>s</dc:source>"))).source == "s"


def test_a_reservation_in_broken_xmp_still_counts():
    for xmp in (
        FULL.replace(b"</dc:title>", b""),
        FULL[:-40],
        packet("", "xmpNote:HasExtendedXMP='0'") + b"<!-- " + FULL,
    ):
        found = read_embedded(save("JPEG", xmp=xmp))
        assert "XMP" in found.problem
        assert found.mining.endswith("DMI-PROHIBITED-GENAIMLTRAINING")
    assert read_embedded(save("JPEG", xmp=b"<x>DMI-ALLOWED")).mining == ""


def test_extended_xmp_is_named():
    found = read_embedded(save("JPEG", xmp=packet("", "xmpNote:HasExtendedXMP='0123'")))
    assert found.problem == "part of the XMP lies in extended segments, which are not read"


SEEDS = [save("JPEG", xmp=FULL, exif=exif_of(artist="Ada")), jpeg_with_iptc(iim(*IIM)), png(FULL, late=True)]
SEEDS += [tiff({700: FULL, 33723: iim(*IIM)}), save("WEBP", xmp=FULL, exif=exif_of(artist="Ada"))]


@settings(max_examples=200, deadline=3000)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    st.floats(0.1, 1),
)
def test_damage_never_raises(seed, changes, kept):
    data = bytearray(seed)
    for place, value in changes:
        data[int(place * len(data))] = value
    found = read_embedded(bytes(data[: int(kept * len(data))]))
    assert isinstance(found, Embedded)
    assert "\n" not in found.problem


@given(st.binary(max_size=200))
def test_any_bytes_are_empty_with_a_problem(data):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert read_embedded(data) == Embedded(problem="no image whose metadata could be read")
    assert caught == []
