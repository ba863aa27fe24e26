"""Pictures in messages: made anew from the pixels of what was uploaded, kept here, served from our own address."""

from __future__ import annotations

import hashlib
import io
from typing import Final

from PIL import Image, ImageOps
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.messaging.models import MessagePicture

BYTES_MAX: Final = 10_000_000
PIXELS_MAX: Final = 40_000_000
WIDTH_MAX: Final = 1_200
"""Twice the width of an e-mail, for sharp screens."""
HEIGHT_MAX: Final = 2_400
JPEG_QUALITY: Final = 82
FILE_NAME_MAX: Final = 200
SHOWN_MAX: Final = 100


def keep_picture(session: Session, doing: Doing, file_name: str, data: bytes) -> MessagePicture:
    """Keep an uploaded picture; the same one twice is kept once. InputError says what is wrong with it."""
    made, media_type, (width, height) = made_anew(data)
    picture_id = hashlib.sha256(made).hexdigest()
    row = session.get(MessagePicture, (doing.organisation_id, picture_id))
    if row is None:
        row = MessagePicture(
            organisation_id=doing.organisation_id,
            picture_id=picture_id,
            file_name=file_name[-FILE_NAME_MAX:],
            media_type=media_type,
            width_px=width,
            height_px=height,
            data=made,
            uploaded_at=doing.clock.now(),
        )
        session.add(row)
        session.flush()
        doing.note(session, "message_picture_kept", "picture", picture_id[:64], f"{len(made)} bytes")
    return row


def pictures_of(session: Session, organisation_id: str) -> list[tuple[str, str]]:
    """Ids and file names of the latest pictures."""
    rows = session.execute(
        select(MessagePicture.picture_id, MessagePicture.file_name)
        .where(MessagePicture.organisation_id == organisation_id)
        .order_by(MessagePicture.uploaded_at.desc())
        .limit(SHOWN_MAX)
    )
    return [(picture_id, file_name) for picture_id, file_name in rows]


def made_anew(data: bytes) -> tuple[bytes, str, tuple[int, int]]:
    """A picture with nothing of the file but its pixels, its media type and its size in dots. InputError."""
    if len(data) > BYTES_MAX:
        raise InputError(_("The picture is larger than %(max)s MB.", max=BYTES_MAX // 1_000_000))
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")) as opened:
            if opened.width * opened.height > PIXELS_MAX:
                raise InputError(_("The picture has too many dots: 1,200 across are enough."))
            upright = ImageOps.exif_transpose(opened)
            clear = "A" in upright.getbands() or "transparency" in upright.info
            picture = upright.convert("RGBA" if clear else "RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(_("This is no PNG, JPEG, GIF or WebP picture, or a damaged one.")) from error
    picture.thumbnail((WIDTH_MAX, HEIGHT_MAX))
    out = io.BytesIO()
    if clear:
        picture.save(out, "PNG", optimize=True)
    else:
        picture.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue(), "image/png" if clear else "image/jpeg", picture.size
