"""Members with their groups and cards from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from typing_extensions import override

from backoffice.audit.services import Doing
from backoffice.bulk import refresh_statistics
from backoffice.consent.ledger import record_many
from backoffice.errors import InputError
from backoffice.imports.consents import CONSENT_COLUMNS, Consents, FileSaid
from backoffice.imports.dates import read_date
from backoffice.imports.plan import Checked, Importer, Progress, RowRefused
from backoffice.imports.table import Column
from backoffice.members import personal
from backoffice.members.card_ids import canonical_card_id
from backoffice.members.feed import tell_cards, tell_members
from backoffice.members.models import Card, Member, MemberInGroup, MemberKey, MemberPerson, MemberWord
from backoffice.members.personal import FIELD_LENGTHS_MAX, Person
from backoffice.members.services import LANGUAGES, NUMBER_LENGTH_MAX, create_group, groups_of
from backoffice.sync_api.models import ChangeRow
from backoffice.text import folded

CHUNK: Final = 500
STATISTICS_AFTER: Final = (0, 4 * CHUNK, 40 * CHUNK, 400 * CHUNK)
"""Rows after which the database should look again at how big its tables have become."""
SEVERAL: Final = "|"


@dataclass(frozen=True)
class MemberRow:
    """One row, understood. `member_id` is empty for a new member."""

    member_id: str
    number: str
    person: Person
    language: str
    groups: tuple[str, ...] | None
    cards: tuple[str, ...]
    consents: tuple[FileSaid, ...]


class MemberImporter(Importer):
    """Rows of members; a known number is changed in the columns that the file has, an unknown one added."""

    columns = (
        Column("number", ("number", "member number", "member", "customer", "customer number", "mitgliedsnummer",
                          "kundennummer", "nummer"), required=True),
        Column("first_name", ("first_name", "firstname", "given name", "vorname", "prenom", "nome")),
        Column("last_name", ("last_name", "lastname", "surname", "family name", "nachname", "name", "nom", "cognome")),
        Column("email", ("email", "e-mail", "e mail", "mail")),
        Column("phone", ("phone", "telephone", "mobile", "telefon", "handy", "natel")),
        Column("street", ("street", "address", "strasse", "adresse", "rue", "via")),
        Column("postcode", ("postcode", "zip", "plz", "npa", "cap")),
        Column("town", ("town", "city", "ort", "ville", "citta")),
        Column("birthday", ("birthday", "date of birth", "geburtsdatum", "geburtstag")),
        Column("language", ("language", "sprache", "langue", "lingua")),
        Column("groups", ("groups", "group", "gruppen", "gruppe")),
        Column("cards", ("cards", "card", "karten", "karte", "card id", "uid")),
        *CONSENT_COLUMNS,
    )  # fmt: skip

    @override
    def prepare(self, session: Session) -> None:
        rows = session.execute(
            select(Member.number, Member.member_id, Member.language).where(
                Member.organisation_id == self.organisation_id
            )
        )
        self._members = {number: (member_id, language) for number, member_id, language in rows}
        self._persons = personal.load_all(session, self.organisation_id) if self._members else {}
        self._cards = dict(
            session.execute(
                select(Card.card_id, Card.member_id).where(Card.organisation_id == self.organisation_id)
            ).all()
        )
        self._groups = {folded(group.name): group.group_id for group in groups_of(session, self.organisation_id)}
        self._groups.update((each, each) for each in list(self._groups.values()))
        self._seen: set[str] = set()
        self._cards_in_file: set[str] = set()
        self._new_groups: set[str] = set()
        self._consents = Consents(session, self.organisation_id, self.now)

    @override
    def read_row(self, cells: Mapping[str, str], checked: Checked) -> MemberRow:
        number = cells["number"]
        if not number or len(number) > NUMBER_LENGTH_MAX:
            raise RowRefused("number", number, f"a member number has 1 to {NUMBER_LENGTH_MAX} characters")
        if number in self._seen:
            raise RowRefused("number", number, "this number is in the file twice")
        member_id, language = self._members.get(number, ("", "en"))
        language = cells.get("language", "").casefold() or language
        if language not in LANGUAGES:
            raise RowRefused("language", language, f"one of {', '.join(LANGUAGES)} is expected")
        person = self._person(cells, self._persons.get(member_id, Person()))
        cards = self._read_cards(cells.get("cards", ""), member_id)
        groups = self._read_groups(cells["groups"]) if "groups" in cells else None
        consents = self._consents.read_row(cells, member_id, language, checked)
        self._seen.add(number)
        self._cards_in_file.update(cards)
        checked.count("changed" if member_id else "new")
        new_cards = [card for card in cards if card not in self._cards]
        if new_cards:
            checked.count("new_cards", len(new_cards))
        fresh = {name for name in groups or () if folded(name) not in self._groups} - self._new_groups
        if fresh:
            self._new_groups |= fresh
            checked.count("new_groups", len(fresh))
        return MemberRow(member_id, number, person, language, groups, cards, consents)

    @staticmethod
    def _person(cells: Mapping[str, str], known: Person) -> Person:
        values: dict[str, Any] = {}
        for field, length in FIELD_LENGTHS_MAX.items():
            if field in cells:
                if len(cells[field]) > length:
                    raise RowRefused(field, cells[field], f"has more than {length} characters")
                values[field] = cells[field]
        if values.get("email") and "@" not in values["email"]:
            raise RowRefused("email", values["email"], "is not an e-mail address")
        if "birthday" in cells:
            values["birthday"] = read_date("birthday", cells["birthday"])
        return replace(known, **values)

    def _read_cards(self, text: str, member_id: str) -> tuple[str, ...]:
        found: list[str] = []
        for part in filter(None, (each.strip() for each in text.split(SEVERAL))):
            try:
                card_id = canonical_card_id(part)
            except InputError as error:
                raise RowRefused("cards", part, str(error)) from error
            owner = self._cards.get(card_id)
            if owner is not None and owner != member_id:
                raise RowRefused("cards", part, "this card belongs to another member")
            if card_id in self._cards_in_file or card_id in found:
                raise RowRefused("cards", part, "this card is in the file twice")
            found.append(card_id)
        return tuple(found)

    @staticmethod
    def _read_groups(text: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(" ".join(each.split()) for each in text.split(SEVERAL) if each.strip()))
        for name in names:
            if len(name) > 64 or not any(character.isalnum() for character in name):  # noqa: PLR2004 - the id's length
                raise RowRefused("groups", name, "a group's name has 1 to 64 characters, some of them letters")
        return names

    @override
    def apply(self, session: Session, doing: Doing, records: Sequence[MemberRow], progress: Progress) -> None:
        for name in sorted({name for record in records for name in record.groups or ()}):
            if folded(name) not in self._groups:
                self._groups[folded(name)] = create_group(session, doing, name).group_id
        now = doing.clock.now()
        for start in range(0, len(records), CHUNK):
            chunk = [(record.member_id or doing.ids.new_id(), record) for record in records[start : start + CHUNK]]
            self._write(session, chunk, now)
            record_many(session, doing, [said.of(member_id, now) for member_id, row in chunk for said in row.consents])
            tell_members(session, self.organisation_id, [member_id for member_id, _record in chunk])
            cards = [card for _member_id, record in chunk for card in record.cards if card not in self._cards]
            tell_cards(session, self.organisation_id, cards)
            if start in STATISTICS_AFTER:
                refresh_statistics(session, Member, MemberPerson, MemberKey, MemberWord, MemberInGroup, Card, ChangeRow)
            progress(start + len(chunk))
        doing.note(session, "members_imported", "import", "", str(len(records)))

    def _write(self, session: Session, chunk: Sequence[tuple[str, MemberRow]], now: datetime) -> None:
        own = {"organisation_id": self.organisation_id}
        new = [
            own
            | {
                "member_id": member_id,
                "number": record.number,
                "language": record.language,
                "tier": "",
                "created_at": now,
                "updated_at": now,
            }
            for member_id, record in chunk
            if not record.member_id
        ]
        changed = [
            own | {"member_id": member_id, "language": record.language, "updated_at": now}
            for member_id, record in chunk
            if record.member_id
        ]
        if new:
            session.execute(insert(Member), new)
        if changed:
            session.execute(update(Member), changed)
        personal.save_many(session, self.organisation_id, [(member_id, record.person) for member_id, record in chunk])
        regrouped = [(member_id, record.groups) for member_id, record in chunk if record.groups is not None]
        known = [member_id for member_id, record in chunk if record.member_id and record.groups is not None]
        if known:
            session.execute(
                delete(MemberInGroup).where(
                    MemberInGroup.organisation_id == self.organisation_id, MemberInGroup.member_id.in_(known)
                )
            )
        memberships = [
            own | {"member_id": member_id, "group_id": group_id}
            for member_id, groups in regrouped
            for group_id in dict.fromkeys(self._groups[folded(name)] for name in groups or ())
        ]
        if memberships:
            session.execute(insert(MemberInGroup), memberships)
        cards = [
            own
            | {
                "card_id": card,
                "member_id": member_id,
                "state": "active",
                "replaced_by": "",
                "created_at": now,
                "changed_at": now,
            }
            for member_id, record in chunk
            for card in record.cards
            if card not in self._cards
        ]
        if cards:
            session.execute(insert(Card), cards)
