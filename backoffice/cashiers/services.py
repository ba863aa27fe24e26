"""Keeping cashiers and what counters ask of them; tills learn of both by the change feed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.cashiers.marks import tell_marks_of_all
from backoffice.cashiers.models import Cashier, CounterPolicyRow
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.sync_api.changes import record_change
from backoffice.vault import vault_of
from pos_engine.wire.cashiers import (
    OPERATOR_LENGTH_MAX,
    PIN_DIGITS_MAX,
    PIN_DIGITS_MIN,
    POLICY_NAME,
    SALT_BYTES,
    CashierBody,
    CounterPolicy,
    is_pin,
    pin_hash,
)

NAME_LENGTH_MAX: Final = 100
SUBJECT: Final = "cashier"
ACTIVE, BLOCKED = "active", "blocked"


def cashiers_of(session: Session, organisation_id: str) -> Sequence[Cashier]:
    """All cashiers, by number."""
    return session.scalars(
        select(Cashier).where(Cashier.organisation_id == organisation_id).order_by(Cashier.operator)
    ).all()


def add_cashier(session: Session, doing: Doing, operator: str, name: str, pin: str) -> None:
    """A new cashier. InputError says what is wrong."""
    number, said = operator.strip(), " ".join(name.split())
    if not number.isascii() or not number.isalnum() or len(number) > OPERATOR_LENGTH_MAX:
        raise InputError(
            _("The operator number has 1 to %(most)s letters and digits, as the register sends it.", most=20)
        )
    if not said or len(said) > NAME_LENGTH_MAX:
        raise InputError(_("Give the cashier a name of at most %(most)s characters.", most=NAME_LENGTH_MAX))
    if session.get(Cashier, (doing.organisation_id, number)) is not None:
        raise InputError(_("There is a cashier %(number)s already.", number=number))
    row = Cashier(organisation_id=doing.organisation_id, operator=number, name=said, state=ACTIVE)
    _set_pin(row, pin)
    row.changed_at = doing.clock.now()
    session.add(row)
    _tell(session, row)
    doing.note(session, "cashier_added", SUBJECT, number)


def change_pin(session: Session, doing: Doing, operator: str, pin: str) -> None:
    """Another PIN; the old one opens nothing once a till has heard of it. InputError."""
    row = _own(session, doing, operator)
    _set_pin(row, pin)
    row.changed_at = doing.clock.now()
    _tell(session, row)
    doing.note(session, "cashier_pin_changed", SUBJECT, operator)


def set_blocked(session: Session, doing: Doing, operator: str, *, blocked: bool) -> None:
    """Block a cashier's PIN, or let it be good again. InputError: there is no such cashier."""
    row = _own(session, doing, operator)
    row.state = BLOCKED if blocked else ACTIVE
    row.changed_at = doing.clock.now()
    _tell(session, row)
    doing.note(session, "cashier_blocked" if blocked else "cashier_unblocked", SUBJECT, operator)


CARD_SALES_MOST: Final = 1_000
"""More sales than a till makes with one card on any day."""


def policy_of(session: Session, organisation_id: str) -> CounterPolicyRow:
    """What counters ask; of a shop that never said, nothing. Not added to the session."""
    found = session.get(CounterPolicyRow, organisation_id)
    return found or CounterPolicyRow(organisation_id=organisation_id, pins=False, find_by_phone=False, card_sales_max=0)


def save_policy(
    session: Session, doing: Doing, *, pins: bool, find_by_phone: bool, card_sales_max: int | None = None
) -> None:
    """Say what counters ask. InputError: PINs are asked for, and nobody has one; or a number that is none.

    `card_sales_max`: None leaves it as it is.
    """
    if card_sales_max is not None and not 0 <= card_sales_max <= CARD_SALES_MOST:
        raise InputError(_("How often a card counts is a whole number from 0 to %(most)s.", most=CARD_SALES_MOST))
    if pins and not any(row.state == ACTIVE for row in cashiers_of(session, doing.organisation_id)):
        raise InputError(_("Add a cashier with a PIN first: otherwise nobody could cancel anything."))
    row = policy_of(session, doing.organisation_id)
    found_before = row.find_by_phone
    row.pins, row.find_by_phone = pins, find_by_phone
    row.card_sales_max = row.card_sales_max if card_sales_max is None else card_sales_max
    session.add(row)
    session.flush()
    key = vault_of(session).till_lookup_key(doing.organisation_id) if find_by_phone else ""
    most = row.card_sales_max
    body = CounterPolicy(pins=pins, find_by_phone=find_by_phone, lookup_key=key, card_sales_max=most)
    record_change(session, doing.organisation_id, "counter_policy", POLICY_NAME, "put", msgspec.json.encode(body))
    if find_by_phone != found_before:
        tell_marks_of_all(session, doing.organisation_id, wanted=find_by_phone)
    said = f"{pins=} {find_by_phone=} card_sales_max={most}"
    doing.note(session, "counter_policy_changed", "organisation", doing.organisation_id, said)


def _own(session: Session, doing: Doing, operator: str) -> Cashier:
    row = session.get(Cashier, (doing.organisation_id, operator))
    if row is None:
        raise InputError(_("There is no such cashier."))
    return row


def _set_pin(row: Cashier, pin: str) -> None:
    if not is_pin(pin):
        raise InputError(_("A PIN has %(least)s to %(most)s digits.", least=PIN_DIGITS_MIN, most=PIN_DIGITS_MAX))
    if len(set(pin)) == 1 or pin in "01234567890" or pin in "09876543210":
        raise InputError(_("This PIN is the first that anybody tries. Choose another one."))
    salt = secrets.token_bytes(SALT_BYTES)
    row.salt, row.pin_hash = salt.hex(), pin_hash(pin, salt).hex()


def _tell(session: Session, row: Cashier) -> None:
    body = CashierBody(
        operator=row.operator, name=row.name, salt=row.salt, pin_hash=row.pin_hash, blocked=row.state == BLOCKED
    )
    record_change(session, row.organisation_id, "cashier", row.operator, "put", msgspec.json.encode(body))
