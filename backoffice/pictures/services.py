"""Keeping, giving back and taking away the shop's pictures. Who uploads one has checked it before."""

from __future__ import annotations

import hashlib
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.pictures.models import ShopPicture

PictureName = Literal["card_front", "card_back", "receipt_logo"]
SUBJECT: Final = "picture"
FILE_NAME_MAX: Final = 200


def keep_picture(session: Session, doing: Doing, name: PictureName, file_name: str, suffix: str, data: bytes) -> None:
    """Use this picture from now on; one that was there is replaced."""
    row = picture_of(session, doing.organisation_id, name)
    if row is None:
        row = ShopPicture(organisation_id=doing.organisation_id, name=name)
        session.add(row)
    row.file_name, row.suffix, row.data = file_name[-FILE_NAME_MAX:], suffix, data
    row.sha256 = hashlib.sha256(data).hexdigest()
    row.uploaded_at, row.uploaded_by = doing.clock.now(), doing.actor
    doing.note(session, "picture_kept", SUBJECT, name, f"{len(data)} bytes, SHA-256 {row.sha256}")


def picture_of(session: Session, organisation_id: str, name: PictureName) -> ShopPicture | None:
    """The picture that is used; None: there is none."""
    return session.scalars(
        select(ShopPicture).where(ShopPicture.organisation_id == organisation_id, ShopPicture.name == name)
    ).one_or_none()


def remove_picture(session: Session, doing: Doing, name: PictureName) -> bool:
    """Use none from now on; False when there was none."""
    row = picture_of(session, doing.organisation_id, name)
    if row is None:
        return False
    session.delete(row)
    doing.note(session, "picture_removed", SUBJECT, name, f"SHA-256 {row.sha256}")
    return True
