"""Safe decoding: from the bytes of an image file to RGB as a person sees it, or a reason why not."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from latentarchive.errors import ImageError
from latentarchive.quiet import keep_pillow_quiet

MAX_PIXELS = 178_956_970
"""Pixels above which nothing is decoded: the size at which Pillow itself refuses (twice its
`MAX_IMAGE_PIXELS`), about half a gigabyte as RGB. Scans of 13,000 x 13,000 still pass."""

FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "PSD", "TIFF", "WEBP")
"""The only decoders that are tried. Others of Pillow's start programs (EPS), or take any bytes for an image."""

SUFFIXES = frozenset(
    """.jpg .jpeg .jpe .jfif .mpo .png .apng .webp .tif .tiff .gif .bmp .dib .avif
    .jp2 .j2k .j2c .jpc .jpf .jpx .psd .ppm .pgm .pbm .pnm""".split()  # noqa: SIM905  # readable as lines
)
"""Suffixes, in lower case, of files that are decoded as images."""

UNSUPPORTED_SUFFIXES = frozenset(
    """.heic .heif .hif .jxl .jxr .hdp .wdp .svg .svgz .eps .ai .wmf .emf .xcf .psb .exr .hdr .djvu .djv .dcm
    .raw .dng .cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .raf .orf .rw2 .pef .srw .x3f .3fr .iiq .mos .mrw .erf
    .kdc .dcr .tga .pcx .ico .icns .pcd .sgi .ras .xbm .xpm .dds .qoi .sid .ecw""".split()  # noqa: SIM905  # readable as lines
)
"""Suffixes, in lower case, of images that this version cannot decode: a source lists them as rejected."""

_TRANSPOSED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TURNED = frozenset({5, 6, 7, 8})
_ORIENTATION = 0x0112  # EXIF 2.32, table 4: how the rows and columns of the file are to be shown
_COLOUR_SPACES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK", "Lab": "LAB"}
_SRGB = ("sRGB IEC61966-2.1", "sRGB built-in", "sRGB")

# What a file that is no image usually is, by what it begins with.
_BEGINNINGS = (
    (b"version https://git-lfs", "a Git LFS pointer, not the image itself; fetch it with: git lfs pull"),
    (b"<!doctype html", "an HTML page, not an image"),
    (b"<html", "an HTML page, not an image"),
    (b"<svg", "an SVG drawing, which cannot be decoded; convert it to PNG"),
    (b"<?xml", "an XML document, not an image that can be decoded"),
    (b"%pdf", "a PDF document, not an image"),
    (b"%!ps", "a PostScript file, which is not decoded: that would run a program"),
    (b"pk\x03\x04", "a ZIP archive, not an image"),
    (b"\xff\x0a", "JPEG XL, which cannot be decoded; convert it to PNG or TIFF"),
    (b"\x00\x00\x00\x0cjxl ", "JPEG XL, which cannot be decoded; convert it to PNG or TIFF"),
)
_HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


@dataclass(frozen=True, slots=True)
class Decoded:
    """One decoded image: 8-bit RGB in sRGB, upright, opaque, without metadata."""

    image: Image.Image
    #: Size in pixels as shown, after orientation; that of `image` unless it was decoded scaled.
    width: int
    height: int
    #: Pillow's name of the file format, for example ``"JPEG"``.
    format: str


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS, at_least: int | None = None) -> Decoded:
    """Decode one image file as a person would see it.

    The EXIF orientation is applied; an embedded colour profile is converted to sRGB (a broken one is
    ignored); transparency is laid over white; of animations and multi-page files the first image counts;
    grey values of more than 8 bits are scaled, never clipped. Safe to call from several threads.

    Args:
        data: The whole file.
        max_pixels: Width times height above which the file is refused from its header alone, before
            anything is decoded. Values above `MAX_PIXELS` have no effect: Pillow refuses those itself.
        at_least: JPEG files are decoded at a half, a quarter or an eighth of their size where both sides keep
            this many pixels: most of the work of a large scan is left out. None: at their full size.

    Raises:
        ImageError: The bytes are no image, damaged, truncated, too large, or of a format that is not
            decoded. The message is a reason in one line, without a path; equal bytes give equal messages.
    """
    keep_pillow_quiet()
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            _check_size(opened, max_pixels)
            header = opened.size
            scaled = at_least is not None and opened.draft(None, (at_least, at_least)) is not None
            opened.load()
            orientation = _orientation(opened)
            shown = _upright(_opaque(opened), orientation)
            width, height = shown.size
            if scaled:
                width, height = header[::-1] if orientation in _TURNED else header
            return Decoded(shown, width, height, opened.format or "")
    except ImageError:
        raise
    except Exception as error:  # on hostile bytes a decoder may raise anything at all
        raise ImageError(_reason(error, data)) from error


def thumbnail(image: Image.Image, *, side: int = 256) -> bytes:
    """The whole image as WebP, its longer side at most `side` pixels.

    Nothing is cropped or enlarged, no metadata is kept, and equal pixels give equal bytes under the same
    Pillow.
    """
    small = image if image.mode == "RGB" else image.convert("RGB")
    scale = min(1.0, side / max(image.size))
    width, height = (max(1, round(length * scale)) for length in image.size)
    # Halving first where that leaves enough pixels costs less and is not to be seen.
    small = small.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=1.2)
    target = io.BytesIO()
    # Higher methods of libwebp make slightly smaller files and take longer.
    small.save(target, "WEBP", quality=80, method=0, lossless=False, exif=b"", icc_profile=b"", xmp=b"")
    return target.getvalue()


def _check_size(image: Image.Image, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        message = f"{image.width} x {image.height} pixels; at most {max_pixels:,} are decoded"
        raise ImageError(message)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 if there is none; Pillow has already turned TIFF by it, and then says 1."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - broken metadata must not cost us a sound image
        return 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TRANSPOSED[orientation]) if orientation in _TRANSPOSED else image


def _opaque(image: Image.Image) -> Image.Image:
    """RGB in sRGB over white, without metadata."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        colours, alpha = Image.fromarray(_scaled(np.asarray(image))), None
    elif image.has_transparency_data:
        rgba = image.convert("LA" if image.mode in ("L", "LA", "La") else "RGBA")
        alpha = rgba.getchannel("A")
        colours = rgba.convert(rgba.mode[:-1])
    else:
        colours, alpha = image.convert("RGB" if image.mode in ("P", "PA") else image.mode), None
    shown = _to_srgb(colours, profile)
    if alpha is not None:
        shown = Image.composite(shown, Image.new("RGB", shown.size, "white"), alpha)
    shown.info = {}
    return shown


def _scaled(grey: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Grey values of any depth as 8 bits.

    16-bit values are divided by 257, floats from 0 to 1 multiplied by 255. Other ranges have no agreed
    white: they are stretched from their least to their greatest value.
    """
    values = np.nan_to_num(grey.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if np.issubdtype(grey.dtype, np.floating):
        black, white = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)
    else:
        black, white = (0.0, 65535.0) if low >= 0 and high <= 65535 else (low, high)
    return np.rint((values - black) * (255.0 / max(white - black, 1e-300))).astype(np.uint8)


def _to_srgb(image: Image.Image, profile: object) -> Image.Image:
    """The colours as sRGB; without a usable profile they are taken for sRGB, and CMYK for plain inks."""
    if isinstance(profile, bytes) and profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = _COLOUR_SPACES.get(source.profile.xcolor_space.strip(), "")
            known_srgb = (source.profile.profile_description or "").strip("\0 ") in _SRGB
            if mode == image.mode or (mode == "RGB" and image.mode in ("1", "L")):
                if known_srgb:
                    return image.convert("RGB")
                target = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(image.convert(mode), source, target, outputMode="RGB")
                if converted is not None:
                    return converted
        except Exception:  # noqa: BLE001 - a broken profile is ignored, as browsers do
            return image.convert("RGB")
    return image.convert("RGB")


def _reason(error: Exception, data: bytes) -> str:
    """Why an image was refused, in one line that names no path and no address in memory."""
    if not data:
        return "the file is empty"
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {MAX_PIXELS:,} pixels"
    if isinstance(error, MemoryError):
        return "too large for the memory of this machine"
    if isinstance(error, UnidentifiedImageError):
        return _unidentified(data)
    words = " ".join(str(error).split())
    words = "".join(c for c in words if c.isprintable())[:120]
    known = words and "<" not in words and isinstance(error, OSError | ValueError | SyntaxError | RuntimeError)
    return f"the image is damaged ({words if known else type(error).__name__})"


def _unidentified(data: bytes) -> str:
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF:
        return "HEIF, which cannot be decoded; convert it to JPEG or PNG"
    for beginning, what in _BEGINNINGS:
        if start.startswith(beginning):
            return what
    if not data.strip(b"\0"):
        return "not an image: the file holds nothing but zeros"
    if start and all(32 <= byte < 127 or byte in b"\t\r\n" for byte in start):
        return "text, not an image"
    return f"not an image in a format that is decoded ({', '.join(FORMATS)}), or its header is damaged"
