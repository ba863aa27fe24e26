"""Which cards are printed: a range of blank numbers, members' cards, or the file of a batch.

Keys never come near the artwork: of a batch's file only the columns named here are read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members import personal
from backoffice.members.card_ids import NUMBERED
from backoffice.members.models import Card, MemberInGroup

CARDS_MAX: Final = 1_000
"""One file: a sheet of more cards is a job for the printing house, in several files."""
NUMBER_COLUMNS: Final = ("card_number", "number", "serial")
NAME_COLUMNS: Final = ("name", "member_name")
NUMBER_LENGTH_MAX: Final = 48
EAN_PREFIX: Final = "29"
"""GS1 prefixes 20 to 29 are for use inside a shop; scale labels often take the lower ones."""
EAN_BODY_DIGITS: Final = 10
UTF8_MARK: Final = "\ufeff"


@dataclass(frozen=True)
class CardFace:
    """What differs from card to card. `number` is printed and is in the code; `name` may be empty."""

    number: str
    name: str = ""


def ean13(body: int) -> str:
    """An EAN-13 for use inside a shop: 29, ten digits, check digit."""
    digits = f"{EAN_PREFIX}{body:0{EAN_BODY_DIGITS}d}"
    total = sum(int(digit) * (1, 3)[index % 2] for index, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def blank_numbers(first: int, count: int) -> list[CardFace]:
    """Consecutive card numbers without members. InputError when they are too many or do not fit."""
    if not 1 <= count <= CARDS_MAX:
        raise InputError(_("Choose from 1 to %(max)s cards for one file.", max=CARDS_MAX))
    if first < 0 or first + count > 10**EAN_BODY_DIGITS:
        raise InputError(_("Card numbers have up to ten digits."))
    return [CardFace(ean13(first + offset)) for offset in range(count)]


def from_batch(data: bytes) -> list[CardFace]:
    """The cards of a batch's CSV file, in its order. InputError names the row."""
    try:
        text = data.decode("utf-8").removeprefix(UTF8_MARK)
    except UnicodeDecodeError as error:
        raise InputError(_("The batch file is not UTF-8 text.")) from error
    try:
        return checked(_faces(text))
    except csv.Error as error:
        raise InputError(_("The batch file cannot be read: %(error)s.", error=str(error))) from error


def _faces(text: str) -> list[CardFace]:
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    columns = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    number_column = next((columns[name] for name in NUMBER_COLUMNS if name in columns), None)
    name_column = next((columns[name] for name in NAME_COLUMNS if name in columns), None)
    if number_column is None:
        raise InputError(_("The batch file has no column of these: %(names)s.", names=", ".join(NUMBER_COLUMNS)))
    faces = []
    for row_no, row in enumerate(reader, start=2):
        number = (row.get(number_column) or "").strip()
        if not number:
            raise InputError(_("Row %(row)s of the batch file has no number.", row=row_no))
        faces.append(CardFace(number, (row.get(name_column) or "").strip() if name_column else ""))
    return faces


def from_members(session: Session, organisation_id: str, group_id: str = "") -> list[CardFace]:
    """The active cards with a readable number (barcode, magnetic stripe) of all members, or of a group's."""
    query = select(Card).where(Card.organisation_id == organisation_id, Card.state == "active")
    if group_id:
        query = query.join(
            MemberInGroup,
            (MemberInGroup.organisation_id == Card.organisation_id) & (MemberInGroup.member_id == Card.member_id),
        ).where(MemberInGroup.group_id == group_id)
    found = [
        (number, card.member_id)
        for card in session.scalars(query.order_by(Card.card_id).limit(CARDS_MAX * 10))
        for technology, _colon, number in [card.card_id.partition(":")]
        if technology in NUMBERED
    ]
    if not found:
        raise InputError(_("None of these members has a card with a number (barcode or magnetic stripe)."))
    people = personal.load(session, organisation_id, [member_id for _number, member_id in found[: CARDS_MAX + 1]])
    return checked([CardFace(number, people[member_id].full_name) for number, member_id in found])


def checked(faces: Sequence[CardFace]) -> list[CardFace]:
    """The same cards. InputError when there are none, too many, or two alike."""
    if not 1 <= len(faces) <= CARDS_MAX:
        raise InputError(_("Choose from 1 to %(max)s cards for one file.", max=CARDS_MAX))
    for face in faces:
        if not (face.number.isascii() and face.number.isprintable() and len(face.number) <= NUMBER_LENGTH_MAX):
            raise InputError(_("“%(number)s” cannot be a card number.", number=face.number))
    twice = _first_repeated(face.number for face in faces)
    if twice is not None:
        raise InputError(_("The number %(number)s is there twice.", number=twice))
    return list(faces)


def _first_repeated(numbers: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for number in numbers:
        if number in seen:
            return number
        seen.add(number)
    return None
