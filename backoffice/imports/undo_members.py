"""Undoing an import of members: who came with it goes, what it changed is set back, except where something moved since.

Laws: a member who was used since stays; a field that was changed since stays; points are taken back by a
counter-booking; a consent that the file brought is taken back by a further entry, one that it took back stays so. What
could not be undone is named by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Said, latest, record_many
from backoffice.i18n import _l
from backoffice.imports.changes import Done, fields_of, next_changes, person_with
from backoffice.imports.models import ImportChange
from backoffice.imports.opening import UNDONE, book_openings
from backoffice.imports.plan import Checked
from backoffice.imports.since import points_of, used_cards, used_since
from backoffice.imports.table import Issue
from backoffice.loyalty.ledger import balances_of
from backoffice.members import personal, services
from backoffice.members.erasure import take_out
from backoffice.members.feed import tell_members
from backoffice.members.models import Card, Member
from backoffice.members.personal import Person
from backoffice.sync_api.changes import Entry, record_changes
from pos_engine.core.bookings import POINTS

BATCH_MEMBERS: Final = 200


def undo_members(session: Session, doing: Doing, import_id: str, said: Checked) -> int:
    """Undo what was done to the next members; how many, 0 when nothing is left."""
    changes = next_changes(session, doing.organisation_id, import_id, BATCH_MEMBERS)
    if changes:
        _Batch(session, doing, said, changes).undo()
        session.execute(
            delete(ImportChange).where(
                ImportChange.organisation_id == doing.organisation_id,
                ImportChange.import_id == import_id,
                ImportChange.member_id.in_(list(changes)),
            )
        )
    return len(changes)


class _Batch:
    """Some members, read together, undone one after the other."""

    def __init__(self, session: Session, doing: Doing, said: Checked, changes: Mapping[str, tuple[int, Done]]) -> None:
        self._session = session
        self._doing = doing
        self._organisation_id = doing.organisation_id
        self._said = said
        self._changes = changes
        new = {member_id: done for member_id, (_row, done) in changes.items() if done.is_new}
        self._used = used_since(session, doing.organisation_id, new)
        self._persons = personal.load(session, doing.organisation_id, changes)
        self._back: dict[str, Person] = {}
        self._openings: dict[str, tuple[str, int]] = {}

    def undo(self) -> None:
        """Undo them; what is set back is written and told to the tills at the end."""
        for member_id, (row, done) in self._changes.items():
            if done.is_new:
                self._undo_new(member_id, row, done)
            else:
                self._undo_changed(member_id, row, done)
        book_openings(self._session, self._doing, self._openings, self._doing.clock.now())
        personal.save_many(self._session, self._organisation_id, list(self._back.items()))
        still = [each for each in self._changes if self._session.get(Member, (self._organisation_id, each))]
        tell_members(self._session, self._organisation_id, still)

    def _kept(self, row: int, column: str, reason: str) -> None:
        self._said.refuse(Issue(row, column, "", reason))

    def _undo_new(self, member_id: str, row: int, done: Done) -> None:
        why = self._used.get(member_id)
        if why is not None:
            self._said.count("kept")
            self._kept(row, "number", why)
            return
        if done.opening:
            points = points_of(self._session, self._organisation_id, member_id, done.opening)
            book_openings(
                self._session, self._doing, {member_id: (UNDONE + done.opening, -points)}, self._doing.clock.now()
            )
        take_out(self._session, self._organisation_id, member_id)
        self._said.count("taken_out")

    def _undo_changed(self, member_id: str, row: int, done: Done) -> None:
        member = self._session.get(Member, (self._organisation_id, member_id))
        if member is None:
            return
        left = self._said.issues_total
        self._set_fields_back(member, row, done)
        self._set_groups_back(member, row, done)
        self._take_cards(member_id, row, done)
        self._take_points(member_id, row, done)
        self._take_consents(member_id, row, done)
        member.updated_at = self._doing.clock.now()
        self._said.count("set_back" if self._said.issues_total == left else "partly")

    def _set_fields_back(self, member: Member, row: int, done: Done) -> None:
        person = self._persons.get(member.member_id, Person())
        now = fields_of(person, member.language)
        back = {name: text for name, text in done.before.items() if now[name] == done.after[name]}
        for name in done.before.keys() - back.keys():
            self._kept(row, name, _l("was changed since; it stays as it is"))
        member.language = back.pop("language", member.language)
        if back:
            self._back[member.member_id] = person_with(person, back)

    def _set_groups_back(self, member: Member, row: int, done: Done) -> None:
        if done.groups_before is None or done.groups_after is None:
            return
        now = services.groups_of_member(self._session, self._organisation_id, member.member_id)
        known = {group.group_id for group in services.groups_of(self._session, self._organisation_id)}
        if set(now) != set(done.groups_after):
            self._kept(row, "groups", _l("was changed since; it stays as it is"))
        else:
            wanted = [group for group in done.groups_before if group in known]
            services.set_groups(self._session, self._organisation_id, member.member_id, wanted)

    def _take_cards(self, member_id: str, row: int, done: Done) -> None:
        used = used_cards(self._session, self._organisation_id, member_id, done.cards)
        free = [card for card in done.cards if card not in used]
        if used:
            self._kept(row, "cards", _l("the card was used or changed since; it stays with the member"))
        if free:
            self._session.execute(
                delete(Card).where(Card.organisation_id == self._organisation_id, Card.card_id.in_(free))
            )
            record_changes(self._session, self._organisation_id, [Entry("card", card, "delete") for card in free])

    def _take_points(self, member_id: str, row: int, done: Done) -> None:
        if not done.opening:
            return
        points = points_of(self._session, self._organisation_id, member_id, done.opening)
        if balances_of(self._session, self._organisation_id, member_id).get(POINTS, 0) < points:
            self._kept(row, "points", _l("some of the points were spent since; correct the balance by hand"))
        else:
            self._openings[member_id] = (UNDONE + done.opening, -points)

    def _take_consents(self, member_id: str, row: int, done: Done) -> None:
        now = self._doing.clock.now()
        standing = latest(self._session, self._organisation_id, [member_id], now).get(member_id, {})
        for channel, purpose, decision in done.consents:
            entry = standing.get((channel, purpose))
            if decision == Decision.WITHDRAWN:
                self._kept(row, f"{channel}_{purpose}", _l("a consent that was taken back stays taken back"))
            elif entry is not None and entry.source == Source.IMPORT and entry.decision == Decision.GRANTED:
                back = Said(member_id, Channel(channel), Purpose(purpose), Decision.WITHDRAWN, Source.IMPORT, now)
                record_many(self._session, self._doing, [back])
