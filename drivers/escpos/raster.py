"""A picture as dots of a thermal printer: scaled to the paper, dithered, in bands.

Bytes: Epson ESC/POS, GS v 0. A band is at most 64 rows, because small printers buffer no more of a picture.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from drivers.errors import AddressError

LOGO_HEIGHT_DOTS_MAX = 240  # 30 mm at 203 dpi: a logo, not a poster
PIXELS_MAX = 16_000_000  # a larger file is no logo, and would fill the memory of a small till
BAND_ROWS = 64
DOTS_PER_COLUMN = 12  # font A
RASTER_NORMAL_SIZE = b"\x1dv0\x00"
# Printers look for real-time requests in pictures too: DLE EOT, DLE ENQ, DLE DC4
DLE, REQUESTS = 0x10, frozenset({0x04, 0x05, 0x14})
HARMLESS_DOT = 0x08  # one black dot more makes 0C, 0D and 1C of them


def load_logo(path: str, columns: int) -> bytes:
    """The PNG as printer commands, no wider than paper of that many columns. AddressError when it is no such file."""
    try:
        return logo_commands(Path(path).read_bytes(), columns)
    except (OSError, ValueError) as error:
        raise AddressError(f"logo {path}: {error}") from error


def logo_commands(png: bytes, columns: int) -> bytes:
    """A PNG in memory as printer commands, as `load_logo`. ValueError when it is none, or too large."""
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
            if picture.width * picture.height > PIXELS_MAX:
                raise ValueError(f"{picture.width} x {picture.height} dots are too many for a receipt")
            dots = _dithered(picture, columns * DOTS_PER_COLUMN)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:  # SyntaxError: Pillow's word for a broken PNG
        raise ValueError(f"cannot be read as a PNG file ({error})") from error
    return b"".join(_bands(dots))


def _dithered(picture: Image.Image, width_dots_max: int) -> Image.Image:
    """Black and white by error diffusion (Floyd and Steinberg), transparency on white; never enlarged."""
    flat = Image.new("RGBA", picture.size, "white")
    flat.alpha_composite(picture.convert("RGBA"))
    grey = flat.convert("L")
    scale = min(1.0, width_dots_max / grey.width, LOGO_HEIGHT_DOTS_MAX / grey.height)
    size = (max(1, int(grey.width * scale)), max(1, int(grey.height * scale)))
    return grey.resize(size, Image.Resampling.LANCZOS).convert("1", dither=Image.Dither.FLOYDSTEINBERG)


def _bands(dots: Image.Image) -> list[bytes]:
    row_bytes = (dots.width + 7) // 8
    rows = dots.tobytes("raw", "1;I")  # 1 is black
    band_bytes = row_bytes * BAND_ROWS
    return [_band(rows[start : start + band_bytes], row_bytes) for start in range(0, len(rows), band_bytes)]


def _band(rows: bytes, row_bytes: int) -> bytes:
    size = row_bytes.to_bytes(2, "little") + (len(rows) // row_bytes).to_bytes(2, "little")
    return RASTER_NORMAL_SIZE + size + without_requests(rows)


def without_requests(data: bytes) -> bytes:
    """The same picture with no byte pair in it that a printer would obey: one dot turns black where there was one."""
    clean = bytearray(data)
    for index in range(1, len(clean)):
        if clean[index - 1] == DLE and clean[index] in REQUESTS:
            clean[index] |= HARMLESS_DOT
    return bytes(clean)
