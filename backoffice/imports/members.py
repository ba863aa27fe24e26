"""Members with their groups, cards, consents and opening points from a file, so many rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from typing_extensions import override

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import _l
from backoffice.imports.changes import fields_of
from backoffice.imports.consents import Consents, FileSaid
from backoffice.imports.dates import read_date
from backoffice.imports.member_columns import MEMBER_COLUMNS
from backoffice.imports.member_writing import write_members
from backoffice.imports.opening import Openings
from backoffice.imports.plan import Checked, Importer, Progress, RowRefused
from backoffice.imports.reasons import ONE_OF, TOO_LONG
from backoffice.imports.undo_members import undo_members
from backoffice.members import personal
from backoffice.members.card_ids import canonical_card_id
from backoffice.members.duplicates import plan_search
from backoffice.members.models import Card, Member, MemberInGroup
from backoffice.members.personal import FIELD_LENGTHS_MAX, Person
from backoffice.members.services import LANGUAGES, NUMBER_LENGTH_MAX, groups_of
from backoffice.text import folded
from pos_engine.core.money import Tariff

SEVERAL: Final = "|"
GROUP_NAME_LENGTH_MAX: Final = 64
"""A group's id is made of its name and has as many characters."""


@dataclass(frozen=True)
class MemberRow:
    """One row, understood. `member_id` is empty for a new member.

    `groups`: names, None to leave them alone; `cards`: those that the member does not have yet; `points` and
    `opening_id`: an opening balance to be booked, 0 for none; `groups_before`: ids of groups.
    """

    member_id: str
    number: str
    known: Person
    person: Person
    language_before: str
    language: str
    groups_before: tuple[str, ...]
    groups: tuple[str, ...] | None
    cards: tuple[str, ...]
    consents: tuple[FileSaid, ...]
    points: int
    opening_id: str

    def changed_fields(self) -> tuple[dict[str, str], dict[str, str]]:
        """The fields of a known member that change: as they are, and as they will be."""
        before = fields_of(self.known, self.language_before)
        after = fields_of(self.person, self.language)
        names = [name for name in before if before[name] != after[name]]
        return {name: before[name] for name in names}, {name: after[name] for name in names}


class MemberImporter(Importer):
    """Rows of members; a known number is changed in the columns that the file has, an unknown one added."""

    columns = MEMBER_COLUMNS
    in_batches: ClassVar[bool] = True
    can_be_undone: ClassVar[bool] = True

    def __init__(self, organisation_id: str, tariff: Tariff, now: datetime, import_id: str = "") -> None:
        super().__init__(organisation_id, tariff, now, import_id)
        self._seen: set[str] = set()
        self._cards_in_file: set[str] = set()
        self._new_groups: set[str] = set()
        self._fresh: tuple[set[str], set[str], set[str]] = (set(), set(), set())
        self._consents = Consents(organisation_id, now)
        self._openings = Openings(organisation_id)

    @override
    def prepare(self, session: Session) -> None:
        """Nothing: members are looked up batch by batch, so that a long file needs no memory."""

    @override
    def look_up(self, session: Session, batch: Sequence[Mapping[str, str]]) -> None:
        self._fresh = (set(), set(), set())
        members = select(Member.number, Member.member_id, Member.language).where(
            Member.organisation_id == self.organisation_id,
            Member.number.in_({cells["number"] for cells in batch}),
        )
        self._members = {number: (member_id, language) for number, member_id, language in session.execute(members)}
        ids = [member_id for member_id, _language in self._members.values()]
        self._persons = personal.load(session, self.organisation_id, ids)
        self._consents.look_up(session, ids)
        self._openings.look_up(session, ids)
        self._groups = {folded(group.name): group.group_id for group in groups_of(session, self.organisation_id)}
        self._groups.update((each, each) for each in list(self._groups.values()))
        self._memberships: dict[str, list[str]] = {}
        for member_id, group_id in session.execute(
            select(MemberInGroup.member_id, MemberInGroup.group_id)
            .where(MemberInGroup.organisation_id == self.organisation_id, MemberInGroup.member_id.in_(ids))
            .order_by(MemberInGroup.group_id)
        ):
            self._memberships.setdefault(member_id, []).append(group_id)
        self._cards = self._owners(session, batch)

    def _owners(self, session: Session, batch: Sequence[Mapping[str, str]]) -> dict[str, str]:
        named = {card_id for cells in batch for _text, card_id in _cards_in(cells.get("cards", "")) if card_id}
        owners: dict[str, str] = {}
        for chunk in _chunks(sorted(named)):
            rows = session.execute(
                select(Card.card_id, Card.member_id).where(
                    Card.organisation_id == self.organisation_id, Card.card_id.in_(chunk)
                )
            )
            owners |= {row.card_id: row.member_id for row in rows}
        return owners

    @override
    def keep(self) -> None:
        numbers, cards, groups = self._fresh
        self._seen |= numbers
        self._cards_in_file |= cards
        self._new_groups |= groups
        self._fresh = (set(), set(), set())

    @override
    def read_row(self, cells: Mapping[str, str], checked: Checked) -> MemberRow:
        number = cells["number"]
        numbers, cards_now, groups_now = self._fresh
        if not number or len(number) > NUMBER_LENGTH_MAX:
            reason = _l("a member number has 1 to %(most)s characters")
            raise RowRefused("number", number, reason, most=NUMBER_LENGTH_MAX)
        if number in self._seen or number in numbers:
            raise RowRefused("number", number, _l("this number is in the file twice; keep one of the rows"))
        member_id, before = self._members.get(number, ("", "en"))
        language = cells.get("language", "").casefold() or before
        if language not in LANGUAGES:
            raise RowRefused("language", language, ONE_OF, known=", ".join(LANGUAGES))
        known = self._persons.get(member_id, Person())
        person = self._person(cells, known)
        cards = self._read_cards(cells.get("cards", ""), member_id)
        groups = self._read_groups(cells["groups"]) if "groups" in cells else None
        points = self._openings.read(cells.get("points", ""), member_id)
        consents = self._consents.read_row(cells, member_id, language, checked)
        numbers.add(number)
        cards_now.update(cards)
        row = MemberRow(
            member_id,
            number,
            known,
            person,
            before,
            language,
            tuple(self._memberships.get(member_id, ())),
            groups,
            tuple(card for card in cards if card not in self._cards),
            consents,
            points,
            self._openings.entry_id(member_id) if points and member_id else "",
        )
        fresh = {name for name in groups or () if folded(name) not in self._groups}
        fresh -= self._new_groups | groups_now
        groups_now |= fresh
        self._count(row, len(fresh), checked)
        return row

    def _count(self, row: MemberRow, new_groups: int, checked: Checked) -> None:
        checked.count(self.verdict_of(row)[0])
        for name, amount in (("new_cards", len(row.cards)), ("new_groups", new_groups), ("points", row.points)):
            if amount:
                checked.count(name, amount)

    @override
    def verdict_of(self, record: MemberRow) -> tuple[str, Sequence[str]]:
        if not record.member_id:
            return "new", ()
        changes = list(record.changed_fields()[0])
        if record.groups is not None and self._group_ids(record.groups) != set(record.groups_before):
            changes.append("groups")
        given = (("cards", record.cards), ("consents", record.consents), ("points", record.points))
        changes += [name for name, amount in given if amount]
        return ("changed" if changes else "unchanged"), changes

    def _group_ids(self, names: Iterable[str]) -> set[str]:
        """The ids of groups; of one that is not there yet its name."""
        return {self._groups.get(folded(name), name) for name in names}

    @staticmethod
    def _person(cells: Mapping[str, str], known: Person) -> Person:
        values: dict[str, Any] = {}
        for field, length in FIELD_LENGTHS_MAX.items():
            if field in cells:
                if len(cells[field]) > length:
                    raise RowRefused(field, cells[field], TOO_LONG, most=length)
                values[field] = cells[field]
        if values.get("email") and "@" not in values["email"]:
            reason = _l("is not an e-mail address; write it like name@example.org, or leave it empty")
            raise RowRefused("email", values["email"], reason)
        if "birthday" in cells:
            values["birthday"] = read_date("birthday", cells["birthday"])
        return replace(known, **values)

    def _read_cards(self, text: str, member_id: str) -> tuple[str, ...]:
        found: list[str] = []
        for part, card_id in _cards_in(text):
            if not card_id:
                raise RowRefused("cards", part, _refusal_of(part))
            owner = self._cards.get(card_id)
            if owner is not None and owner != member_id:
                raise RowRefused("cards", part, _l("this card belongs to another member; take it off there first"))
            if card_id in self._cards_in_file or card_id in self._fresh[1] or card_id in found:
                raise RowRefused("cards", part, _l("this card is in the file twice; keep it in one row"))
            found.append(card_id)
        return tuple(found)

    @staticmethod
    def _read_groups(text: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(" ".join(each.split()) for each in text.split(SEVERAL) if each.strip()))
        for name in names:
            if len(name) > GROUP_NAME_LENGTH_MAX or not any(character.isalnum() for character in name):
                reason = _l("a group's name has 1 to %(most)s characters, some of them letters")
                raise RowRefused("groups", name, reason, most=GROUP_NAME_LENGTH_MAX)
        return names

    @override
    def apply(
        self, session: Session, doing: Doing, records: Sequence[tuple[int, MemberRow]], progress: Progress
    ) -> None:
        """Write the rows of the batch that was looked up last; those that change nothing are left alone."""
        todo = [(number, row) for number, row in records if self.verdict_of(row)[0] != "unchanged"]
        write_members(session, doing, self.import_id, todo, self._groups)
        progress(len(records))

    @override
    def finished(self, session: Session, doing: Doing, rows: int) -> None:
        doing.note(session, "members_imported", "import", self.import_id, str(rows))
        if self.import_id:
            plan_search(session, doing)

    @override
    @classmethod
    def undo_some(cls, session: Session, doing: Doing, import_id: str, said: Checked) -> int:
        return undo_members(session, doing, import_id, said)


def _cards_in(text: str) -> list[tuple[str, str]]:
    """The cards of a cell as they were written, with their canonical ids; empty for what is no card."""
    found = []
    for part in filter(None, (each.strip() for each in text.split(SEVERAL))):
        try:
            found.append((part, canonical_card_id(part)))
        except InputError:
            found.append((part, ""))
    return found


def _refusal_of(part: str) -> str:
    try:
        canonical_card_id(part)
    except InputError as error:
        return str(error)
    raise AssertionError  # it was refused a moment ago


def _chunks(items: Sequence[str], size: int = 500) -> list[Sequence[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
