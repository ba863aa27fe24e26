"""How a till gets its identity: a single-use code, shown to staff once, traded for it within 15 minutes.

The till shows its public key with the code. It may do nothing yet: `till_keys` lets an administrator confirm the key.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backoffice.clock import Clock
from backoffice.errors import InputError
from backoffice.organisations.models import Organisation, Store
from backoffice.slugs import new_slug
from backoffice.sync_api.errors import ApiError
from backoffice.sync_api.models import EnrolmentCode, Workstation
from backoffice.sync_api.till_keys import add_waiting_key
from pos_engine.wire.enrolment import EnrolAnswer, EnrolRequest

CODE_LIFE: Final = timedelta(minutes=15)
"""How long a code may be used."""

CODE_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody confuses when reading them aloud (no I, O, 0, 1)."""

CODE_LENGTH: Final = 8
"""40 bits: with ten tries a minute for 15 minutes the chance to guess one of ten open codes is 1 in 700 million."""

NAME_LENGTH_MAX: Final = 100


def sha256_hex(text: str) -> str:
    """How codes are kept: they are random and short-lived, so that a plain hash gives nothing away in time."""
    return hashlib.sha256(text.encode()).hexdigest()


def create_enrolment_code(
    session: Session,
    clock: Clock,
    organisation_id: str,
    store_id: str,
    workstation_name: str,
) -> str:
    """Make a code for a till of a store and return it, like `ABCD-EFGH`; it is shown once and kept as a hash.

    The name of a till that exists in this store renews that till: a new epoch, and a new key once it is confirmed.
    A new till's id is a short form of its name, because it stands on every receipt.
    InputError: an unknown store, or a name that is empty or too long.
    """
    name = workstation_name.strip()
    if not name or len(name) > NAME_LENGTH_MAX:
        raise InputError(f"Give the till a name of 1 to {NAME_LENGTH_MAX} characters.")
    if session.get(Store, (organisation_id, store_id)) is None:
        raise InputError(f"There is no store {store_id!r} in this organisation.")
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    now = clock.now()
    session.add(
        EnrolmentCode(
            organisation_id=organisation_id,
            code_sha256=sha256_hex(code),
            store_id=store_id,
            workstation_id=_id_for(session, organisation_id, store_id, name),
            workstation_name=name,
            created_at=now,
            expires_at=now + CODE_LIFE,
            used_at=None,
        )
    )
    session.flush()
    return f"{code[:4]}-{code[4:]}"


def _id_for(session: Session, organisation_id: str, store_id: str, name: str) -> str:
    """The id of the till of that name, also while its code is unused; else a new one, never given in this shop."""
    tills = select(Workstation.workstation_id, Workstation.store_id, Workstation.name).where(
        Workstation.organisation_id == organisation_id
    )
    codes = select(EnrolmentCode.workstation_id, EnrolmentCode.store_id, EnrolmentCode.workstation_name).where(
        EnrolmentCode.organisation_id == organisation_id
    )
    named = [*session.execute(tills).all(), *session.execute(codes).all()]
    for workstation_id, its_store_id, its_name in named:
        if (its_store_id, its_name) == (store_id, name):
            return str(workstation_id)
    return new_slug(name, {row[0] for row in named}, "till")


def enrol(session: Session, clock: Clock, request: EnrolRequest, trusted_root: str) -> EnrolAnswer:
    """Trade a code for an identity. ApiError 403: the code is wrong, used or too old (on purpose not said which)."""
    row = open_code(session, clock, request.code)
    if request.outbox_count and request.former_workstation_id not in {"", row.workstation_id}:
        raise ApiError(
            409,
            "outbox_not_empty",
            f"{request.outbox_count} receipts of this till's former name are not uploaded yet. "
            "Let it upload them first, or make a code for its former name.",
        )
    # The condition, and not the look-up above, decides who may use the code.
    taken = session.execute(
        update(EnrolmentCode)
        .where(
            EnrolmentCode.organisation_id == row.organisation_id,
            EnrolmentCode.code_sha256 == row.code_sha256,
            EnrolmentCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(EnrolmentCode.code_sha256)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if taken is None:
        raise _wrong_code()
    workstation = _make_or_renew(session, clock, row)
    add_waiting_key(session, clock, row.organisation_id, workstation.workstation_id, request.public_key)
    organisation = session.get_one(Organisation, row.organisation_id)
    store = session.get_one(Store, (row.organisation_id, row.store_id))
    return EnrolAnswer(
        organisation_id=organisation.organisation_id,
        organisation_name=organisation.name,
        store_id=store.store_id,
        store_name=store.name,
        workstation_id=workstation.workstation_id,
        epoch=workstation.epoch,
        zone=store.zone,
        language=organisation.language,
        tariff=msgspec.Raw(msgspec.json.encode(organisation.tariff())),
        trusted_root=trusted_root,
    )


def open_code(session: Session, clock: Clock, code: str) -> EnrolmentCode:
    """The unused, fresh row of a code as it was typed: case, spaces and dashes do not matter. ApiError 403 if none."""
    plain = "".join(character for character in code.upper() if character.isalnum())
    row = session.execute(
        select(EnrolmentCode).where(EnrolmentCode.code_sha256 == sha256_hex(plain))
    ).scalar_one_or_none()
    if row is None or row.used_at is not None or clock.now() >= row.expires_at:
        raise _wrong_code()
    return row


def _wrong_code() -> ApiError:
    return ApiError(
        403,
        "code_not_valid",
        "This code is not valid: it is mistyped, was used before, or is older than 15 minutes. Make a new one.",
    )


def _make_or_renew(session: Session, clock: Clock, row: EnrolmentCode) -> Workstation:
    workstation = session.get(Workstation, (row.organisation_id, row.workstation_id))
    if workstation is None:
        workstation = Workstation(
            organisation_id=row.organisation_id,
            workstation_id=row.workstation_id,
            store_id=row.store_id,
            name=row.workstation_name,
            epoch=0,
            state="waiting",
            enrolled_at=clock.now(),
            last_seen_at=None,
        )
        session.add(workstation)
    elif (workstation.store_id, workstation.name) != (row.store_id, row.workstation_name):
        # Two codes made in the same instant can have found the same free id; the till that came first has it.
        raise _wrong_code()
    workstation.epoch += 1
    workstation.enrolled_at = clock.now()
    session.flush()
    return workstation
