"""The shop's design and where things stand on its cards: uploaded and set once, used by every batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, cast

import msgspec
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.card_artwork.design import Design, Side, Suffix, read_side
from backoffice.card_artwork.layout import DEFAULTS, SideName, read_layout
from backoffice.pictures.models import CardLayout, ShopPicture
from backoffice.pictures.services import keep_picture, picture_of, remove_picture

PICTURES: Final[Mapping[SideName, Literal["card_front", "card_back"]]] = {"front": "card_front", "back": "card_back"}


def keep_side(session: Session, doing: Doing, side: SideName, file_name: str, data: bytes) -> Side:
    """Use this picture for that side from now on. InputError says what is wrong with it."""
    read = read_side(file_name, data)
    keep_picture(session, doing, PICTURES[side], file_name, read.suffix, data)
    return read


def remove_side(session: Session, doing: Doing, side: SideName) -> bool:
    """That side is white from now on; False when it was."""
    return remove_picture(session, doing, PICTURES[side])


def kept_side(session: Session, organisation_id: str, side: SideName) -> ShopPicture | None:
    """The picture of a side as it was uploaded."""
    return picture_of(session, organisation_id, PICTURES[side])


def side_of(row: ShopPicture) -> Side:
    """A kept picture as it is printed. It was checked when it came."""
    return Side(row.data, cast("Suffix", row.suffix))


def kept_design(session: Session, organisation_id: str) -> Design:
    """Both sides; one without a picture is white."""
    rows = {side: kept_side(session, organisation_id, side) for side in PICTURES}
    sides = {side: None if row is None else side_of(row) for side, row in rows.items()}
    return Design(sides["front"], sides["back"])


def kept_fields(session: Session, organisation_id: str) -> Mapping[str, str]:
    """The fields of the layout as they were used last; else the usual ones."""
    row = session.get(CardLayout, organisation_id)
    return DEFAULTS if row is None else {**DEFAULTS, **msgspec.json.decode(row.fields, type=dict[str, str])}


def keep_fields(session: Session, doing: Doing, fields: Mapping[str, str]) -> None:
    """Remember where things stand. InputError names a field that cannot be."""
    read_layout(fields)
    kept = {name: fields[name].strip() for name in DEFAULTS if name in fields}
    row = session.get(CardLayout, doing.organisation_id)
    if row is None:
        row = CardLayout(organisation_id=doing.organisation_id)
        session.add(row)
    row.fields, row.saved_at = msgspec.json.encode(kept).decode(), doing.clock.now()
