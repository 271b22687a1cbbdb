"""Pictures made anew: what is kept of a photo is its pixels, smaller, and nothing else that came with it. Pure.

A file somebody sends is hostile until its pixels stand in a new picture: three formats, a limit on pixels before any is
decoded, one at a time, and whatever the decoder trips over is one clear refusal.
"""

import io
import struct
import warnings
from dataclasses import dataclass
from threading import Lock
from typing import Final

from PIL import Image, ImageOps

from aidnet.errors import Invalid
from aidnet.i18n import gettext as _

#: The longer side of what is kept, in pixels.
SIDE_MOST: Final = 1_600
BYTES_MOST: Final = 200_000
#: Of what is sent: more than any phone's photo, far less than would fill the memory.
PIXELS_MOST: Final = 50_000_000
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_QUALITIES: Final = (82, 70, 58, 46)

# SECURITY: the decoder refuses a bomb by itself too. Kept by tests/evidence/test_pictures.py.
Image.MAX_IMAGE_PIXELS = PIXELS_MOST

#: Two large pictures are never in memory at once.
_alone = Lock()
#: What Pillow raises of a file that is not what it says.
_BROKEN = (
    *(OSError, SyntaxError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, EOFError),
    *(struct.error, MemoryError, RuntimeError),
)


@dataclass(frozen=True)
class Picture:
    """A JPEG of our own making."""

    jpeg: bytes
    width: int
    height: int


def rebuilt(sent: bytes) -> Picture:
    """The pixels of a JPEG, PNG or WebP as a new JPEG: upright, at most `SIDE_MOST` a side and `BYTES_MOST` long.

    Raises: Invalid, in words for whoever sent it.
    """
    # What a file says of itself may be nonsense: only its pixels count, and nobody reads the decoder's warnings.
    with _alone, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(sent), formats=_FORMATS) as image:
                return _packed(_pixels(image))
        except Image.DecompressionBombError:
            raise Invalid(_("This picture is too large to be opened. Send a smaller one."), field="photos") from None
        except _BROKEN:
            sentence = _("This file cannot be read as a photo. Send a JPEG, PNG or WebP that opens on your phone.")
            raise Invalid(sentence, field="photos") from None


def _pixels(image: Image.Image) -> Image.Image:
    """The picture upright, on white, and no larger than what is kept."""
    if image.width * image.height > PIXELS_MOST:
        raise Image.DecompressionBombError
    image.draft("RGB", (SIDE_MOST, SIDE_MOST))
    image.load()
    image = ImageOps.exif_transpose(image)
    image.thumbnail((SIDE_MOST, SIDE_MOST), Image.Resampling.LANCZOS)
    if image.has_transparency_data:
        whole = image.convert("RGBA")
        image = Image.new("RGB", whole.size, "white")
        image.paste(whole, mask=whole.getchannel("A"))
    return image.convert("RGB")


def _packed(image: Image.Image) -> Picture:
    """A JPEG of these pixels alone, coarser and then smaller until it is short enough."""
    bare = Image.frombytes("RGB", image.size, image.tobytes())
    while True:
        for quality in _QUALITIES:
            file = io.BytesIO()
            bare.save(file, "JPEG", quality=quality, optimize=True)
            if file.tell() <= BYTES_MOST:
                return Picture(file.getvalue(), bare.width, bare.height)
        bare = bare.resize((max(bare.width * 3 // 4, 1), max(bare.height * 3 // 4, 1)), Image.Resampling.LANCZOS)
