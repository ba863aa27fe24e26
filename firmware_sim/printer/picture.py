"""Draws a piece of paper as a picture that looks like thermal print, with codes that a scanner reads."""

from __future__ import annotations

import random
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from firmware_sim.printer.paper import (
    Align,
    BarcodeRow,
    FeedRow,
    Glyph,
    ImageRow,
    QrRow,
    Receipt,
    Row,
    Style,
    TextRow,
    columns_of,
)

CELL_WIDTH, CELL_HEIGHT = 12, 24
ROW_HEIGHT = 30
MARGIN_X, MARGIN_Y = 36, 40
QUIET_DOTS = 12
TEETH_DOTS = 8
GRAIN_FROM = 249  # of 255; a rougher paper hides one in four Code 128 from zbar
PAPER_COLOUR, INK_COLOUR, DESK_COLOUR = (250, 248, 241), (38, 36, 44), (214, 216, 220)
HEIGHT_DOTS_MAX = 20_000

MONO_FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf",
    "/usr/share/fonts/truetype/freefont/FreeMono.ttf",
)
CHINESE_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
    *MONO_FONTS,
)
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=16)
def _font(wide: bool, height: int) -> Font:
    for path in CHINESE_FONTS if wide else MONO_FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, height)
    return ImageFont.load_default(height)


def draw_receipt(receipt: Receipt, columns: int, path: Path, seed: int = 0) -> None:
    """Write the picture to `path` (PNG). The same seed gives the same grain of the paper."""
    width = columns * CELL_WIDTH
    height = min(HEIGHT_DOTS_MAX, sum(_height(row) for row in receipt.rows) + 2 * MARGIN_Y)
    ink = Image.new("L", (width + 2 * MARGIN_X, height), 255)
    y = MARGIN_Y
    for row in receipt.rows:
        if y + _height(row) > height:
            break
        _draw_row(ink, row, y, width)
        y += _height(row)
    _on_paper(ink, seed, torn=receipt.cut == "paper_end").save(path, optimize=True)


def _height(row: Row) -> int:
    match row:
        case TextRow():
            return ROW_HEIGHT + CELL_HEIGHT * (max((g.style.height for g in row.glyphs), default=1) - 1)
        case FeedRow():
            return row.dots
        case BarcodeRow():
            lines = {"none": 0, "above": 1, "below": 1, "both": 2}[row.human]
            return row.height_dots + lines * ROW_HEIGHT + 2 * QUIET_DOTS
        case QrRow():
            return len(row.matrix) * row.module_dots + 8 * row.module_dots
        case ImageRow():
            return len(row.rows)


def _left(align: Align, used: int, width: int) -> int:
    free = max(0, width - used)
    return MARGIN_X + {"left": 0, "center": free // 2, "right": free}[align]


def _draw_row(ink: Image.Image, row: Row, y: int, width: int) -> None:
    match row:
        case TextRow():
            _draw_text(ink, row, y, width)
        case BarcodeRow():
            _draw_barcode(ink, row, y + QUIET_DOTS, width)
        case QrRow():
            _draw_qr(ink, row, y + 4 * row.module_dots, width)
        case ImageRow():
            _draw_image(ink, row, y, width)
        case FeedRow():
            pass


def _draw_text(ink: Image.Image, row: TextRow, y: int, width: int) -> None:
    x = _left(row.align, row.columns * CELL_WIDTH, width)
    tallest = max((glyph.style.height for glyph in row.glyphs), default=1)
    for glyph in row.glyphs:
        cell = _cell(glyph)
        top = y + (tallest - glyph.style.height) * CELL_HEIGHT + 3
        ink.paste(ImageChops.darker(ink.crop((x, top, x + cell.width, top + cell.height)), cell), (x, top))
        x += cell.width


@lru_cache(maxsize=2048)
def _cell(glyph: Glyph) -> Image.Image:
    """One character in its cell: drawn at normal size and stretched, as the print head does."""
    style = glyph.style
    columns = columns_of(glyph.character)
    cell = Image.new("L", (columns * CELL_WIDTH, CELL_HEIGHT), 255)
    draw = ImageDraw.Draw(cell)
    font = _font(columns == 2, 22 if columns == 2 else 20)
    x = (cell.width - draw.textlength(glyph.character, font=font)) / 2
    y = -6 if columns == 2 else 0
    draw.text((x, y), glyph.character, fill=0, font=font)
    if style.bold:
        draw.text((x + 1, y), glyph.character, fill=0, font=font)
    if style.underline:
        draw.line((0, CELL_HEIGHT - 2, cell.width, CELL_HEIGHT - 2), fill=0, width=2)
    if style.inverse:
        cell = ImageChops.invert(cell)
    if style.width > 1 or style.height > 1:
        cell = cell.resize((cell.width * style.width, cell.height * style.height), Image.Resampling.BICUBIC)
    return cell


def _draw_barcode(ink: Image.Image, row: BarcodeRow, y: int, width: int) -> None:
    draw = ImageDraw.Draw(ink)
    used = sum(row.bars) * row.module_dots
    left = x = _left(row.align, used, width)
    if row.human in {"above", "both"}:
        _draw_human(ink, row, left, used, y)
        y += ROW_HEIGHT
    for place, modules in enumerate(row.bars):
        if place % 2 == 0:
            draw.rectangle((x, y, x + modules * row.module_dots - 1, y + row.height_dots - 1), fill=0)
        x += modules * row.module_dots
    if row.human in {"below", "both"}:
        _draw_human(ink, row, left, used, y + row.height_dots + 2)


def _draw_human(ink: Image.Image, row: BarcodeRow, left: int, used: int, y: int) -> None:
    x = max(0, left + (used - len(row.data) * CELL_WIDTH) // 2)
    for character in row.data:
        cell = _cell(Glyph(character, Style()))
        ink.paste(cell, (x, y))
        x += cell.width


def _draw_qr(ink: Image.Image, row: QrRow, y: int, width: int) -> None:
    draw = ImageDraw.Draw(ink)
    size = row.module_dots
    left = _left(row.align, len(row.matrix) * size, width)
    for down, modules in enumerate(row.matrix):
        for across, module in enumerate(modules):
            if module:
                x, top = left + across * size, y + down * size
                draw.rectangle((x, top, x + size - 1, top + size - 1), fill=0)


def _draw_image(ink: Image.Image, row: ImageRow, y: int, width: int) -> None:
    if not row.rows:
        return
    picture = Image.frombytes("1", (row.width_dots, len(row.rows)), b"".join(row.rows), "raw", "1;I")
    ink.paste(picture.convert("L"), (_left(row.align, row.width_dots, width), y))


def _on_paper(ink: Image.Image, seed: int, *, torn: bool) -> Image.Image:
    """The print on slightly warm, slightly grainy paper with the teeth of the cutter, lying on a desk."""
    source = random.Random(seed)
    soft = ink.filter(ImageFilter.GaussianBlur(0.4))
    grain = Image.frombytes("L", (64, 64), bytes(source.randrange(GRAIN_FROM, 256) for _ in range(64 * 64)))
    tiled = Image.new("L", ink.size)
    for x in range(0, ink.width, 64):
        for y in range(0, ink.height, 64):
            tiled.paste(grain, (x, y))
    paper = Image.composite(Image.new("RGB", ink.size, PAPER_COLOUR), Image.new("RGB", ink.size, INK_COLOUR), soft)
    paper = ImageChops.multiply(paper, Image.merge("RGB", (tiled, tiled, tiled)))
    desk = Image.new("RGB", (ink.width + 48, ink.height + 48), DESK_COLOUR)
    shape = _outline(ink.width, ink.height, source, torn=torn)
    shadow = Image.new("L", desk.size, 0)
    shadow.paste(shape.point(lambda level: level // 3), (28, 30))
    desk.paste((120, 122, 128), (0, 0), shadow.filter(ImageFilter.GaussianBlur(6)))
    desk.paste(paper, (24, 24), shape)
    return desk


def _outline(width: int, height: int, source: random.Random, *, torn: bool) -> Image.Image:
    """Straight sides; fine teeth where the cutter went, a ragged edge where the roll ended."""
    top = [(x, TEETH_DOTS // 2 * ((x // TEETH_DOTS) % 2)) for x in range(0, width + TEETH_DOTS, TEETH_DOTS)]
    deep = 26 if torn else TEETH_DOTS // 2
    bottom = [
        (x, height - 1 - (source.randrange(deep) if torn else deep * ((x // TEETH_DOTS) % 2)))
        for x in range(0, width + TEETH_DOTS, TEETH_DOTS)
    ]
    shape = Image.new("L", (width, height), 0)
    ImageDraw.Draw(shape).polygon([*top, *reversed(bottom)], fill=255)
    return shape
