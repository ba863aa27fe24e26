"""A mailing's blocks as letters: filled for each member, in the member's language, with a coupon where one belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.consent.kinds import Purpose
from backoffice.letters.models import LetterBatch
from backoffice.letters.paper import Letter, Stationery, WindowName, framed, letters_pdf, picture
from backoffice.letters.services import coupons_in, dispatches_of, rules_of
from backoffice.members import personal
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.messaging.content import (
    Block,
    Button,
    Content,
    Coupon,
    Footer,
    Heading,
    Paragraph,
    Picture,
    Points,
    decode,
    filled,
)
from backoffice.messaging.models import Mailing, MessagePicture
from backoffice.messaging.parcels import values_of
from backoffice.organisations.models import Organisation

NO_MORE: Final[Mapping[str, str]] = {
    "en": "You want no more letters with offers? Tell us at the till or write to us: then none will come.",
    "de": "Sie möchten keine Briefe mit Angeboten mehr? Sagen Sie es an der Kasse oder schreiben Sie uns.",
    "fr": "Vous ne voulez plus de courriers publicitaires\u202f? Dites-le à la caisse ou écrivez-nous.",
    "it": "Non desidera più lettere con offerte? Lo dica alla cassa o ci scriva.",
    "cs": "Nechcete už dopisy s nabídkami? Řekněte to u pokladny nebo nám napište.",
    "zh": "不想再收到优惠信件\uff1f请在收银台告知或写信给我们。",
}
"""What every letter with advertising must offer (GDPR, article 21(2) and (4))."""
ID_SAMPLE: Final = "sample"


def batch_pdf(session: Session, batch: LetterBatch) -> bytes:
    """The file of a batch; the same each time, as long as nobody in it moves or changes the name."""
    mailing = session.get_one(Mailing, (batch.organisation_id, batch.mailing_id))
    rows = dispatches_of(session, batch)
    ids = [row.member_id for row in rows]
    persons = personal.load(session, batch.organisation_id, ids)
    members = _members(session, batch.organisation_id, ids)
    codes = coupons_in(session, batch.organisation_id, [row.dispatch_id for row in rows])
    writer = _Writer(session, mailing, batch.made_at)
    letters = [
        writer.letter(members[row.member_id], persons[row.member_id], codes.get(row.dispatch_id, ""))
        for row in rows
        if row.member_id in persons
    ]
    return letters_pdf(letters, writer.stationery())


def sample_pdf(session: Session, mailing: Mailing, person: Person, now: datetime) -> bytes:
    """How a letter will look, to somebody who does not exist."""
    organisation = session.get_one(Organisation, mailing.organisation_id)
    member = Member(
        organisation_id=mailing.organisation_id, member_id=ID_SAMPLE, number="1001", language=organisation.language
    )
    writer = _Writer(session, mailing, now)
    return letters_pdf([writer.letter(member, person, "")], writer.stationery())


def address_rows(session: Session, batch: LetterBatch) -> Iterator[tuple[str, ...]]:
    """Number, name, street, postcode, town, language and coupon of every letter of a batch, in the file's order."""
    rows = dispatches_of(session, batch)
    ids = [row.member_id for row in rows]
    persons, members = personal.load(session, batch.organisation_id, ids), _members(session, batch.organisation_id, ids)
    codes = coupons_in(session, batch.organisation_id, [row.dispatch_id for row in rows])
    for row in rows:
        if row.member_id in persons:
            person, member = persons[row.member_id], members[row.member_id]
            code = codes.get(row.dispatch_id, "")
            yield member.number, person.full_name, person.street, person.postcode, person.town, member.language, code


class _Writer:
    """Writes the letters of one mailing."""

    def __init__(self, session: Session, mailing: Mailing, at: datetime) -> None:
        self._session, self._mailing, self._at = session, mailing, at
        self._content: Content = decode(mailing.content)
        self._rules = rules_of(session, mailing.organisation_id)
        self._shop = session.get_one(Organisation, mailing.organisation_id).name
        self._pictures = _pictures(session, mailing.organisation_id, self._content)

    def stationery(self) -> Stationery:
        window: WindowName = "right" if self._rules.window == "right" else "din_b"
        files = {_file(row): row.data for row in self._pictures.values()}
        return Stationery(self._mailing.name, self._rules.sender_line, window, files)

    def letter(self, member: Member, person: Person, code: str) -> Letter:
        content = self._content
        language = content.language_for(member.language, content.email)
        text = content.email.get(language)
        values = values_of(self._session, self._shop, member, person, self._mailing.content, self._at)
        words = content.fallbacks.get(language, {})
        blocks: list[Mapping[str, Any]] = []
        for block in text.blocks if text else ():
            blocks += self._block(block, values, words, code)
            if isinstance(block, Coupon):
                code = ""  # it stands in the first offer only
        if code:
            blocks.append(framed("", "", code))
        if self._mailing.purpose != Purpose.SERVICE.value:
            blocks.append({"kind": "footer", "text": NO_MORE.get(language, NO_MORE["en"])})
        day = format_date(self._at.astimezone(ZoneInfo(self._mailing.zone)), "long", locale=language)
        subject = " ".join(filled(text.subject if text else "", values, words).split())
        return Letter(address_lines(person), day, subject, tuple(blocks), language)

    def _block(
        self, block: Block, values: Mapping[str, str], words: Mapping[str, str], code: str
    ) -> Iterator[Mapping[str, Any]]:
        def said(text: str) -> str:
            return filled(text, values, words).strip()

        match block:
            case Heading(text) if said(text):
                yield {"kind": "heading", "text": said(text)}
            case Paragraph(text) if said(text):
                yield {"kind": "text", "text": said(text)}
            case Picture(picture_id) if picture_id in self._pictures:
                row = self._pictures[picture_id]
                yield picture(_file(row), row.width_px)
            case Button(text, url) if url:
                yield {"kind": "button", "text": said(text), "url": url}
            case Coupon(title, text):
                yield framed(said(title), said(text), code)
            case Points(text) if said(text):
                yield framed("", said(text))
            case Footer(text) if said(text):
                yield {"kind": "footer", "text": said(text)}


def address_lines(person: Person) -> tuple[str, ...]:
    """What is read through the window of the envelope."""
    lines = (person.full_name, person.street, f"{person.postcode} {person.town}".strip())
    return tuple(" ".join(line.split()) for line in lines if line.strip())


def _members(session: Session, organisation_id: str, ids: Sequence[str]) -> dict[str, Member]:
    rows = session.scalars(select(Member).where(Member.organisation_id == organisation_id, Member.member_id.in_(ids)))
    return {row.member_id: row for row in rows}


def _pictures(session: Session, organisation_id: str, content: Content) -> dict[str, MessagePicture]:
    wanted = {
        block.picture_id for text in content.email.values() for block in text.blocks if isinstance(block, Picture)
    }
    rows = session.scalars(
        select(MessagePicture).where(
            MessagePicture.organisation_id == organisation_id, MessagePicture.picture_id.in_(wanted)
        )
    )
    return {row.picture_id: row for row in rows}


def _file(row: MessagePicture) -> str:
    return f"{row.picture_id}.{'png' if row.media_type == 'image/png' else 'jpg'}"
