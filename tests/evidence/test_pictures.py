"""Pictures are made anew from their pixels: what else came with a file is gone, and no file breaks the house."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from PIL.ExifTags import GPS, IFD, Base

from aidnet.errors import Invalid
from aidnet.evidence.pictures import BYTES_MOST, PIXELS_MOST, SIDE_MOST, rebuilt

SECRET = b"zqx-where-it-was-taken"


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """A picture that packs badly."""
    bands = [Image.effect_noise((width, height), 80) for _band in mode]
    return Image.merge(mode, bands) if len(bands) > 1 else bands[0]


def saved(image: Image.Image, kind: str, **more: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def told(image: Image.Image) -> Image.Exif:
    """What a phone writes into a photo: who made it, where, and which way is up."""
    exif = Image.Exif()
    exif[Base.Make], exif[Base.ImageDescription], exif[Base.Orientation] = "Phone", SECRET.decode(), 6
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (16.0, 41.0, 2.0)
    return exif


def segments(jpeg: bytes) -> list[int]:
    """The markers of a JPEG before its pixels."""
    found, at = [], 2
    while jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        found.append(jpeg[at + 1])
        at += 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
    return found


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_pixels_is_kept(kind: str) -> None:
    image = Image.new("RGB", (60, 40), "red")
    more: dict[str, object] = {"exif": told(image), "xmp": SECRET, "icc_profile": SECRET * 10}
    if kind == "JPEG":
        more["comment"] = SECRET
    if kind == "PNG":
        more.pop("xmp")
        more["pnginfo"] = PngImagePlugin.PngInfo()
        more["pnginfo"].add_text("Comment", SECRET.decode())  # type: ignore[attr-defined]
    sent = saved(image, kind, **more) + SECRET
    assert SECRET in sent or kind == "PNG"

    made = rebuilt(sent)

    assert SECRET not in made.jpeg
    assert b"Exif" not in made.jpeg
    # APP0 (which JPEG this is), tables and frame: no APP1 (EXIF, XMP), APP2 (ICC), APP13, comment.
    assert set(segments(made.jpeg)) <= {0xE0, 0xDB, 0xC0, 0xC4}
    with Image.open(io.BytesIO(made.jpeg)) as again:
        assert not again.getexif()
        assert set(again.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_photo_taken_sideways_stands_upright() -> None:
    image = Image.new("RGB", (60, 40), "red")
    made = rebuilt(saved(image, "JPEG", exif=told(image)))
    assert (made.width, made.height) == (40, 60)


@pytest.mark.parametrize("size", [(1, 1), (1600, 1600), (4000, 3000), (5000, 30), (20, 6000)])
def test_what_is_kept_is_small(size: tuple[int, int]) -> None:
    made = rebuilt(saved(noise(*size), "JPEG"))
    assert len(made.jpeg) <= BYTES_MOST
    assert max(made.width, made.height) <= SIDE_MOST
    with Image.open(io.BytesIO(made.jpeg)) as again:
        assert (again.format, again.size) == ("JPEG", (made.width, made.height))


def test_what_is_see_through_stands_on_white() -> None:
    made = rebuilt(saved(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"))
    with Image.open(io.BytesIO(made.jpeg)) as again:
        assert all(band >= 250 for band in again.getpixel((10, 10)))  # type: ignore[union-attr]


def bomb() -> bytes:
    """A PNG of a few bytes that says it has more pixels than any camera makes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    side = int(PIXELS_MOST**0.5) + 1
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def test_a_bomb_is_refused_before_its_pixels_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: Image.Image) -> None:
        raise AssertionError("its pixels were decoded")

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", never)
    with pytest.raises(Invalid, match="too large"):
        rebuilt(bomb())


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"a receipt",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        saved(Image.new("RGB", (9, 9)), "GIF"),
        saved(Image.new("RGB", (9, 9)), "TIFF"),
        saved(Image.new("RGB", (9, 9)), "PDF"),
        saved(noise(200, 200), "JPEG")[:4000],
        saved(noise(200, 200), "PNG")[:4000],
        saved(noise(200, 200), "WEBP")[:2000],
        b"\xff\xd8\xff\xe0" + bytes(500),
    ],
    ids=["nothing", "text", "svg", "gif", "tiff", "pdf", "cut jpeg", "cut png", "cut webp", "hollow jpeg"],
)
def test_what_is_no_whole_photo_is_refused_in_words(sent: bytes) -> None:
    with pytest.raises(Invalid, match="cannot be read as a photo") as refused:
        rebuilt(sent)
    assert refused.value.field == "photos"


_WHOLE = [saved(noise(24, 24), kind, exif=told(noise(1, 1))) for kind in ("JPEG", "PNG", "WEBP")]


@settings(max_examples=150, deadline=None)
@given(
    whole=st.sampled_from(_WHOLE),
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=12),
    cut=st.integers(0, 4000),
)
def test_a_file_changed_anywhere_is_a_picture_or_a_refusal(
    whole: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    sent = bytearray(whole)
    for at, byte in changes:
        sent[at % len(sent)] = byte
    try:
        made = rebuilt(bytes(sent[: max(cut, 1)] if cut < 500 else sent))
    except Invalid:
        return
    assert len(made.jpeg) <= BYTES_MOST
