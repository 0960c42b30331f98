"""Decoding: every mode as a person would see it, and hostile bytes as one-line reasons."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import threading
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from latentarchive.errors import ImageError
from latentarchive.images import SUFFIXES, UNSUPPORTED_SUFFIXES, decode, thumbnail

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "JPEG2000", "PPM"]
LOSSLESS = {"WEBP": {"lossless": True}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}, "JPEG": {"quality": 95}}
CORNERS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]  # top left, top right, bottom left, bottom right


def encode(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def corners(size=(48, 32)) -> Image.Image:
    """Four coloured quarters: red, green above blue, yellow."""
    image = Image.new("RGB", size)
    w, h = size[0] // 2, size[1] // 2
    for i, colour in enumerate(CORNERS):
        image.paste(colour, (i % 2 * w, i // 2 * h, (i % 2 + 1) * w, (i // 2 + 1) * h))
    return image


def seen(image: Image.Image) -> list[int]:
    """Which of the four colours is nearest in each corner."""
    w, h = image.size
    places = [(w // 4, h // 4), (3 * w // 4, h // 4), (w // 4, 3 * h // 4), (3 * w // 4, 3 * h // 4)]
    pixels = [image.getpixel(place) for place in places]
    return [min(range(4), key=lambda i: sum(abs(a - b) for a, b in zip(p, CORNERS[i], strict=True))) for p in pixels]


def only_pixel(data: bytes) -> tuple[int, int, int]:
    decoded = decode(data)
    assert decoded.image.mode == "RGB"
    return decoded.image.getpixel((0, 0))


@pytest.mark.parametrize("kind", FORMATS)
def test_formats(kind):
    decoded = decode(encode(corners(), kind, **LOSSLESS.get(kind, {})))
    assert (decoded.format, decoded.width, decoded.height) == (kind, 48, 32)
    assert decoded.image.size == (48, 32)
    assert decoded.image.info == {}
    assert seen(decoded.image) == [0, 1, 2, 3]


SHOWN = {1: [0, 1, 2, 3], 2: [1, 0, 3, 2], 3: [3, 2, 1, 0], 4: [2, 3, 0, 1]}
SHOWN |= {5: [0, 2, 1, 3], 6: [2, 0, 3, 1], 7: [3, 1, 2, 0], 8: [1, 3, 0, 2]}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(kind, orientation):
    """EXIF 2.32: in 6, for one, the first row of the file is the right side of the picture."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(encode(corners(), kind, exif=exif, **LOSSLESS.get(kind, {})))
    assert (decoded.width, decoded.height) == ((48, 32) if orientation < 5 else (32, 48))
    assert seen(decoded.image) == SHOWN[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("at_least", "halved"), [(None, 1), (1, 8), (60, 4), (61, 2), (150, 1), (10_000, 1)])
def test_scaled_decoding_keeps_what_is_shown_and_tells_the_size_of_the_file(orientation, at_least, halved):
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(encode(corners((320, 240)), "JPEG", exif=exif, quality=95), at_least=at_least)
    turned = orientation > 4
    assert (decoded.width, decoded.height) == ((240, 320) if turned else (320, 240))
    shown = (320 // halved, 240 // halved)
    assert decoded.image.size == (shown[::-1] if turned else shown)
    assert seen(decoded.image) == SHOWN[orientation]


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_scaled_decoding_of_other_colours(mode):
    data = encode(corners((320, 240)).convert(mode), "JPEG", quality=95)
    scaled, full = decode(data, at_least=60), decode(data)
    expected = np.asarray(full.image.reduce(4), dtype=int)
    assert (scaled.width, scaled.height, scaled.image.size) == (320, 240, (80, 60))
    assert np.abs(np.asarray(scaled.image, dtype=int) - expected).mean() < 3


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "JPEG"])
def test_only_jpeg_is_decoded_scaled(kind):
    decoded = decode(encode(corners((320, 240)), kind, **LOSSLESS.get(kind, {})), at_least=8)
    assert (decoded.width, decoded.height) == decoded.image.size == (320, 240)


def test_sixteen_bits_are_scaled_not_clipped():
    grey = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    for kind in ("PNG", "TIFF"):
        image = decode(encode(Image.fromarray(grey), kind)).image
        assert [image.getpixel((x, 0))[0] for x in range(4)] == [0, 1, 128, 255]
    pgm = b"P5 4 1 65535\n" + grey.astype(">u2").tobytes()
    assert [decode(pgm).image.getpixel((x, 0)) for x in (0, 2, 3)] == [(0,) * 3, (128,) * 3, (255,) * 3]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([-10.0, 0.0, 10.0], [0, 128, 255]),
        ([float("nan"), 1.0, 0.0], [0, 255, 0]),
        ([7.0, 7.0, 7.0], [0, 0, 0]),
    ],
)
def test_floats_are_scaled(values, expected):
    image = decode(encode(Image.fromarray(np.array([values], dtype=np.float32)), "TIFF")).image
    assert [image.getpixel((x, 0))[0] for x in range(3)] == expected


def test_wide_integers_are_stretched():
    image = decode(encode(Image.fromarray(np.array([[-100000, 0, 100000]], dtype=np.int32)), "TIFF")).image
    assert [image.getpixel((x, 0))[0] for x in range(3)] == [0, 128, 255]


def test_transparency_is_laid_over_white():
    assert only_pixel(encode(Image.new("RGBA", (4, 4), (255, 0, 0, 0)))) == (255, 255, 255)
    assert only_pixel(encode(Image.new("RGBA", (4, 4), (255, 0, 0, 128)))) == (255, 127, 127)
    assert only_pixel(encode(Image.new("LA", (4, 4), (0, 0)))) == (255, 255, 255)
    assert only_pixel(encode(Image.new("L", (4, 4), 7), transparency=7)) == (255, 255, 255)
    assert only_pixel(encode(Image.new("RGB", (4, 4), (1, 2, 3)), transparency=(1, 2, 3))) == (255, 255, 255)
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 10, 200, 30])
    assert only_pixel(encode(palette)) == (10, 200, 30)
    assert only_pixel(encode(palette, transparency=1)) == (255, 255, 255)
    assert only_pixel(encode(palette, transparency=b"\xff\x00")) == (255, 255, 255)
    assert only_pixel(encode(palette, "GIF", transparency=1)) == (255, 255, 255)


def test_one_bit():
    assert only_pixel(encode(Image.new("1", (4, 4), 1))) == (255, 255, 255)
    assert only_pixel(encode(Image.new("1", (4, 4), 0), "TIFF")) == (0, 0, 0)


def test_cmyk_without_profile():
    for kind in ("JPEG", "TIFF"):
        red, green, blue = only_pixel(encode(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), kind))
        assert red > 250
        assert max(green, blue) < 5


def test_colour_profiles_are_converted():
    """The white of Lab (L* = 100, a* and b* stored as 128) is sRGB white; a linear profile brightens."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    white = encode(Image.new("LAB", (4, 4), (255, 128, 128)), "TIFF", icc_profile=profile)
    assert min(only_pixel(white)) >= 254
    linear = srgb_with_gamma(1.0)
    assert only_pixel(encode(Image.new("RGB", (4, 4), (0, 0, 0)), icc_profile=linear)) == (0, 0, 0)
    for kind in ("PNG", "TIFF", "WEBP", "JPEG"):
        grey = only_pixel(
            encode(Image.new("RGB", (4, 4), (55, 55, 55)), kind, icc_profile=linear, **LOSSLESS.get(kind, {}))
        )
        assert all(abs(channel - 128) <= 2 for channel in grey)  # 55 / 255 = 0.2157 linear is 0.5019 in sRGB
    red, green, blue, alpha_over_white = 55, 55, 55, 255
    transparent = Image.new("RGBA", (4, 4), (red, green, blue, alpha_over_white))
    assert abs(only_pixel(encode(transparent, icc_profile=linear))[0] - 128) <= 2


def srgb_with_gamma(gamma: float) -> bytes:
    """An sRGB profile whose three curves are replaced by one gamma (ICC.1:2010, 10.5: curveType)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for i in range(struct.unpack(">I", profile[128:132])[0]):
        signature, offset, _ = struct.unpack(">4sII", profile[132 + 12 * i : 144 + 12 * i])
        if signature in (b"rTRC", b"gTRC", b"bTRC"):
            profile[offset : offset + 14] = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
        if signature == b"desc":  # another name, so that it is not taken for sRGB itself
            profile[offset + 28 : offset + 30] = "X".encode("utf-16-be")
    return bytes(profile)


def test_broken_profiles_are_ignored():
    for profile in (b"no profile", srgb_with_gamma(1.0)[:200], bytes(200)):
        assert only_pixel(encode(Image.new("RGB", (4, 4), (10, 20, 30)), icc_profile=profile)) == (10, 20, 30)
    grey_space = bytearray(srgb_with_gamma(1.0))
    grey_space[16:20] = b"CMYK"
    assert only_pixel(encode(Image.new("RGB", (4, 4), (10, 20, 30)), icc_profile=bytes(grey_space))) == (10, 20, 30)


def test_first_frame_and_first_page():
    pages = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for kind in ("TIFF", "GIF", "PNG", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        assert only_pixel(encode(pages[0], kind, save_all=True, append_images=pages[1:], **options)) == (255, 0, 0)


def test_size_is_checked_before_decoding():
    data = encode(Image.new("1", (20000, 9000)))
    with pytest.raises(ImageError, match=r"^more than 178,956,970 pixels$"):
        decode(data)
    with pytest.raises(ImageError, match=r"^40 x 30 pixels; at most 1,199 are decoded$"):
        decode(encode(Image.new("RGB", (40, 30))), max_pixels=1199)
    assert decode(encode(Image.new("RGB", (40, 30))), max_pixels=1200).width == 40
    assert Image.MAX_IMAGE_PIXELS == 89_478_485


def png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"x")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("max_pixels", [100_000_000, 178_956_970])
def test_a_bomb_costs_nothing(max_pixels):
    with pytest.raises(ImageError, match="pixels"):
        decode(png_claiming(60000, 60000), max_pixels=max_pixels)
    with pytest.raises(ImageError, match="pixels"):
        decode(png_claiming(2**31 - 1, 2**31 - 1), max_pixels=max_pixels)


REASONS = {
    b"": "the file is empty",
    b"just some notes about the picture": "text, not an image",
    b"\xef\xbb\xbf<!DOCTYPE html><title>404</title>": "an HTML page, not an image",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>": "an SVG drawing, which cannot be decoded; convert it to PNG",
    b"version https://git-lfs.github.com/spec/v1\n": (
        "a Git LFS pointer, not the image itself; fetch it with: git lfs pull"
    ),
    b"%PDF-1.7 ": "a PDF document, not an image",
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n": (
        "a PostScript file, which is not decoded: that would run a program"
    ),
    b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic": "HEIF, which cannot be decoded; convert it to JPEG or PNG",
    b"\xff\x0a\xfa\x1f": "JPEG XL, which cannot be decoded; convert it to PNG or TIFF",
    bytes(512): "not an image: the file holds nothing but zeros",
}


@pytest.mark.parametrize("data", REASONS)
def test_what_is_no_image_gets_a_reason(data):
    with pytest.raises(ImageError) as caught:
        decode(data)
    assert str(caught.value) == REASONS[data]


@pytest.mark.parametrize("kind", FORMATS)
def test_truncated_files_are_refused(kind):
    noise = Image.frombytes("RGB", (64, 64), random.Random(1).randbytes(64 * 64 * 3))
    data = encode(noise, kind)
    for length in (len(data) // 2, 40):
        with pytest.raises(ImageError) as caught:
            decode(data[:length])
        assert one_line(str(caught.value))


def one_line(reason: str) -> bool:
    return bool(reason) and "\n" not in reason and "0x" not in reason and "BytesIO" not in reason and len(reason) < 200


SEEDS = {kind: encode(corners((16, 16)), kind) for kind in FORMATS}
SEEDS["EXIF"] = encode(corners((16, 16)), "JPEG", exif=Image.Exif().tobytes() + b"\x00" * 8)
SEEDS["16 bit"] = encode(Image.fromarray(np.arange(256, dtype=np.uint16).reshape(16, 16) * 257), "TIFF")
SEEDS["palette"] = encode(corners((16, 16)).convert("P"), "GIF")
SEEDS["deflated"] = encode(corners((16, 16)), "TIFF", compression="tiff_adobe_deflate")
SEEDS["profile"] = encode(corners((16, 16)), "JPEG", icc_profile=srgb_with_gamma(1.0))


@settings(max_examples=300, deadline=5000)
@given(
    st.sampled_from(sorted(SEEDS)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    st.floats(0.1, 1),
    st.binary(max_size=8),
)
def test_damaged_files_are_decoded_or_refused(name, changes, kept, inserted):
    data = bytearray(SEEDS[name])
    for place, value in changes:
        data[int(place * len(data))] = value
    data = data[: int(kept * len(data))] if kept < 0.9 else data[:20] + inserted + data[20:]
    try:
        decoded = decode(bytes(data), max_pixels=1_000_000)
    except ImageError as error:
        refused = str(error)
    else:
        refused = "not refused"
        assert decoded.image.mode == "RGB"
        assert decoded.image.size == (decoded.width, decoded.height)
    assert one_line(refused)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data):
    with pytest.raises(ImageError):
        decode(data)


def corrupt_exif() -> bytes:
    """A sound JPEG whose EXIF block points beyond its end; Pillow warns of it."""
    exif = b"II*\x00\x08\x00\x00\x00\x02\x00" + struct.pack("<HHII", 0x010E, 2, 5000, 90000) * 2 + bytes(4)
    return encode(corners(), "JPEG", exif=b"Exif\x00\x00" + exif)


def test_no_warning_escapes_and_threads_agree():
    data = [corrupt_exif(), encode(corners(), "PNG"), encode(corners().convert("P"), transparency=b"\x00\x80"), b"?"]
    results: list[object] = []

    def work() -> None:
        for _ in range(5):
            for one in data:
                try:
                    results.append(seen(decode(one).image))
                except Exception as error:  # noqa: BLE001 - a warning turned into an error would land here
                    results.append(repr(error))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert caught == []
    assert sorted(map(str, results)).count(str([0, 1, 2, 3])) >= 40
    assert {str(r) for r in results if "Error" in str(r)} == {"ImageError('text, not an image')"}


def test_nothing_is_printed():
    """libtiff may write to the process's standard error, past Python."""
    code = (
        "import sys; from latentarchive.images import decode\n"
        "data = bytearray(sys.stdin.buffer.read()); at = data.rindex(b'x\\x9c'); data[at : at + 8] = bytes(8)\n"
        "try: decode(bytes(data)); print('decoded')\nexcept ValueError: pass"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], input=SEEDS["deflated"], capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def test_thumbnails_show_the_whole_image():
    wide = Image.open(io.BytesIO(thumbnail(corners((1000, 500)))))
    assert (wide.format, wide.size, seen(wide.convert("RGB"))) == ("WEBP", (256, 128), [0, 1, 2, 3])
    assert Image.open(io.BytesIO(thumbnail(corners((40, 30))))).size == (40, 30)
    assert Image.open(io.BytesIO(thumbnail(Image.new("RGB", (3, 5000)), side=64))).size == (1, 64)


def test_thumbnails_are_deterministic_and_bare():
    image = corners()
    image.info = {"exif": b"Exif\x00\x00", "xmp": b"<x/>", "icc_profile": b"icc", "comment": b"by hand"}
    data = thumbnail(image)
    assert data == thumbnail(corners())
    assert set(Image.open(io.BytesIO(data)).info) <= {"loop", "background", "duration", "timestamp"}
    assert image.info["comment"] == b"by hand"
    assert image.size == (48, 32)


def test_metadata_of_a_png_is_left_behind():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "private")
    assert decode(encode(corners(), pnginfo=info)).image.info == {}


def test_suffixes():
    assert {".jpg", ".tif", ".png", ".webp", ".gif", ".avif", ".jp2"} <= SUFFIXES
    assert {".heic", ".jxl", ".svg", ".nef"} <= UNSUPPORTED_SUFFIXES
    assert not SUFFIXES & UNSUPPORTED_SUFFIXES
    Image.init()
    assert {Image.EXTENSION[suffix] for suffix in SUFFIXES} <= {*FORMATS, "PSD", "MPO", "DIB"}
    assert all(s.startswith(".") and s == s.lower() for s in SUFFIXES | UNSUPPORTED_SUFFIXES)
