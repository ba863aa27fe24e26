"""Using a logo from now on: it is kept, and tills are told in the same transaction."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.pictures.services import keep_picture, picture_of, remove_picture
from backoffice.receipt_logo.picture import read_logo
from backoffice.sync_api.changes import record_change
from pos_engine.wire.pictures import PictureBody

NAME: Final = "receipt_logo"
ENTITY: Final = "picture"


def use_logo(session: Session, doing: Doing, file_name: str, data: bytes) -> None:
    """Print this at the head of receipts from now on. InputError says what is wrong with it."""
    sent = read_logo(data)
    keep_picture(session, doing, NAME, file_name, "png", sent)
    body = msgspec.json.encode(PictureBody(png=sent))
    record_change(session, doing.organisation_id, ENTITY, NAME, "put", body)


def drop_logo(session: Session, doing: Doing) -> bool:
    """Print none from now on; False when there was none."""
    if not remove_picture(session, doing, NAME):
        return False
    record_change(session, doing.organisation_id, ENTITY, NAME, "delete", b"null")
    return True


def logo_of(session: Session, organisation_id: str) -> bytes:
    """The logo as tills have it; empty: there is none."""
    row = picture_of(session, organisation_id, NAME)
    return b"" if row is None else row.data
