"""The repository of personal data: the only module that reads and writes who a member is.

In the database stand a sealed document per member, its wrapped key, and keyed marks of the words it is found by
(`backoffice.vault`); everything in the clear lives no longer than a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import and_, bindparam, delete, select
from sqlalchemy.orm import Session

from backoffice.bulk import execute_many, streamed, upsert
from backoffice.members import traits
from backoffice.members.models import MemberKey, MemberPerson, MemberWord
from backoffice.members.plates import plate_said
from backoffice.members.words import beginnings_of, words_of
from backoffice.vault import Vault, seal, unseal, vault_of

FIELD_LENGTHS_MAX: Final = {
    "first_name": 100,
    "last_name": 100,
    "email": 254,
    "phone": 40,
    "street": 200,
    "postcode": 20,
    "town": 100,
}
"""Characters each text field takes."""
ROWS_PER_STATEMENT: Final = 500
"""Ids in one IN list; SQLite takes 32,766 parameters, PostgreSQL plans short lists faster."""


@dataclass(frozen=True)
class Person:
    """Who a member is. Every field may be empty: a card can be handed out before anything is asked."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    birthday: date | None = None
    plates: tuple[str, ...] = ()
    """Number plates, each with its country: see `backoffice.members.plates`."""

    @property
    def full_name(self) -> str:
        """First and last name, as far as they are known."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def greeting(self) -> str:
        """What a till shows the cashier: first name and the initial of the last one."""
        initial = f"{self.last_name[:1]}." if self.last_name else ""
        return f"{self.first_name} {initial}".strip() if self.first_name else self.last_name

    @property
    def words(self) -> tuple[str, ...]:
        """The words staff may search by; a phone number or plate is one word."""
        digits = "".join(character for character in self.phone if character.isdigit())
        plates = " ".join(plate_said(plate) for plate in self.plates)
        return words_of((self.first_name, self.last_name, self.email, digits, self.postcode, self.town, plates))


_NOBODY: Final = Person()
_DECODER: Final = msgspec.json.Decoder(Person)
_ENCODER: Final = msgspec.json.Encoder()


def save(session: Session, organisation_id: str, member_id: str, person: Person) -> None:
    """Write one person, new or known."""
    save_many(session, organisation_id, [(member_id, person)])


def save_many(session: Session, organisation_id: str, persons: Sequence[tuple[str, Person]]) -> None:
    """Write persons by member id, in place of what is known of the same members, who must exist."""
    seal_many(session, organisation_id, persons)
    traits.keep(session, organisation_id, dict(persons))


def seal_many(session: Session, organisation_id: str, persons: Sequence[tuple[str, Person]]) -> None:
    """The sealed part of `save_many`, with the words staff search by."""
    vault = vault_of(session)
    session.flush()
    for start in range(0, len(persons), ROWS_PER_STATEMENT):
        chunk = dict(persons[start : start + ROWS_PER_STATEMENT])
        keys = _keys(session, vault, organisation_id, chunk)
        before = load(session, organisation_id, keys) if keys else {}
        fresh = {member_id: vault.new_key() for member_id in chunk if member_id not in keys}
        execute_many(
            session,
            upsert(session, MemberKey),
            [
                _row(organisation_id, member_id, wrapped=vault.wrap(key, _key_place(organisation_id, member_id)))
                for member_id, key in fresh.items()
            ],
        )
        keys |= fresh
        insert = upsert(session, MemberPerson)
        execute_many(
            session,
            insert.on_conflict_do_update(
                index_elements=["organisation_id", "member_id"], set_={"sealed": insert.excluded.sealed}
            ),
            [
                _row(
                    organisation_id,
                    member_id,
                    sealed=seal(keys[member_id], _encoded(person), _person_place(organisation_id, member_id)),
                )
                for member_id, person in chunk.items()
            ],
        )
        _mark_words(session, vault, organisation_id, before, chunk)


def _mark_words(
    session: Session, vault: Vault, organisation_id: str, before: Mapping[str, Person], after: Mapping[str, Person]
) -> None:
    added: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    for member_id, person in after.items():
        old = _beginnings(before.get(member_id, _NOBODY))
        new = _beginnings(person)
        added += [
            _row(organisation_id, member_id, mark=vault.mark(organisation_id, word)) for word in sorted(new - old)
        ]
        gone += [_row(organisation_id, member_id, mark=vault.mark(organisation_id, word)) for word in sorted(old - new)]
    _delete_marks(session, gone)
    execute_many(session, upsert(session, MemberWord).on_conflict_do_nothing(), added)


def _delete_marks(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        statement = delete(MemberWord).where(
            MemberWord.organisation_id == bindparam("organisation_id"),
            MemberWord.mark == bindparam("mark"),
            MemberWord.member_id == bindparam("member_id"),
        )
        session.connection().execute(statement, rows)


def _beginnings(person: Person) -> frozenset[str]:
    return beginnings_of(person.words)


def load(session: Session, organisation_id: str, member_ids: Iterable[str]) -> Mapping[str, Person]:
    """Persons by member id; members without a person, or erased, are missing."""
    ids = list(member_ids)
    found: dict[str, Person] = {}
    for start in range(0, len(ids), ROWS_PER_STATEMENT):
        chunk = ids[start : start + ROWS_PER_STATEMENT]
        rows = session.execute(sealed_rows(organisation_id).where(MemberPerson.member_id.in_(chunk)))
        vault = vault_of(session)
        found.update(
            (member_id, opened(vault, organisation_id, member_id, wrapped, sealed))
            for member_id, wrapped, sealed in rows
        )
    return found


def load_all(session: Session, organisation_id: str) -> Mapping[str, Person]:
    """Every person of the organisation by member id; for imports, which compare with all of them."""
    vault = vault_of(session)
    rows = streamed(session, sealed_rows(organisation_id), 2_000)
    return {
        member_id: opened(vault, organisation_id, member_id, wrapped, sealed) for member_id, wrapped, sealed in rows
    }


def sealed_rows(organisation_id: str) -> Any:  # noqa: ANN401 - a select of three columns
    """Member id, wrapped key and sealed person of an organisation's members, to be narrowed and opened."""
    return (
        select(MemberPerson.member_id, MemberKey.wrapped, MemberPerson.sealed)
        .join(
            MemberKey,
            and_(
                MemberKey.organisation_id == MemberPerson.organisation_id,
                MemberKey.member_id == MemberPerson.member_id,
            ),
        )
        .where(MemberPerson.organisation_id == organisation_id)
    )


def opened(vault: Vault, organisation_id: str, member_id: str, wrapped: bytes, sealed: bytes) -> Person:
    """A sealed person in the clear. VaultError: it was sealed elsewhere or changed."""
    key = vault.unwrap(wrapped, _key_place(organisation_id, member_id))
    return _DECODER.decode(unseal(key, sealed, _person_place(organisation_id, member_id)))


def seal_notes(session: Session, organisation_id: str, notes: Mapping[str, bytes], table: str) -> dict[str, bytes]:
    """What another table keeps of persons, by member id, under the key of each: unreadable once one is erased."""
    keys = _keys(session, vault_of(session), organisation_id, notes)
    return {
        member_id: seal(keys[member_id], note, _note_place(table, organisation_id, member_id))
        for member_id, note in notes.items()
        if member_id in keys
    }


def open_notes(session: Session, organisation_id: str, sealed: Mapping[str, bytes], table: str) -> dict[str, bytes]:
    """What was sealed by `seal_notes` for the same table; members without a key are missing."""
    keys = _keys(session, vault_of(session), organisation_id, sealed)
    return {
        member_id: unseal(keys[member_id], note, _note_place(table, organisation_id, member_id))
        for member_id, note in sealed.items()
        if member_id in keys
    }


def check_key(session: Session, vault: Vault) -> None:
    """VaultError when the first member's key was wrapped by another installation's key."""
    row = session.execute(select(MemberKey.organisation_id, MemberKey.member_id, MemberKey.wrapped).limit(1)).first()
    if row is not None:
        vault.unwrap(row.wrapped, _key_place(row.organisation_id, row.member_id))


def forget(session: Session, organisation_id: str, member_id: str) -> None:
    """Destroy a member's key, and with it what every copy of the person says; take the words away."""
    vault = vault_of(session)
    known = load(session, organisation_id, [member_id]).get(member_id, _NOBODY)
    _mark_words(session, vault, organisation_id, {member_id: known}, {member_id: _NOBODY})
    for table in (MemberPerson, MemberKey):
        session.execute(delete(table).where(table.organisation_id == organisation_id, table.member_id == member_id))


def _keys(session: Session, vault: Vault, organisation_id: str, member_ids: Iterable[str]) -> dict[str, bytes]:
    rows = session.execute(
        select(MemberKey.member_id, MemberKey.wrapped).where(
            MemberKey.organisation_id == organisation_id, MemberKey.member_id.in_(list(member_ids))
        )
    )
    return {member_id: vault.unwrap(wrapped, _key_place(organisation_id, member_id)) for member_id, wrapped in rows}


def _encoded(person: Person) -> bytes:
    said = {field.name: getattr(person, field.name) for field in fields(person) if getattr(person, field.name)}
    return _ENCODER.encode(said)


def _row(organisation_id: str, member_id: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - column values
    return {"organisation_id": organisation_id, "member_id": member_id, **values}


def _key_place(organisation_id: str, member_id: str) -> str:
    return f"member_key:{organisation_id}:{member_id}:wrapped"


def _person_place(organisation_id: str, member_id: str) -> str:
    return f"member_person:{organisation_id}:{member_id}:sealed"


def _note_place(table: str, organisation_id: str, member_id: str) -> str:
    return f"{table}:{organisation_id}:{member_id}:sealed"
