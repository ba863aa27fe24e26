"""Second factors of users: codes of a phone, passkeys, and recovery codes for the day when both are lost."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backoffice.identity import totp
from backoffice.identity.marks import mark_of
from backoffice.identity.models import Passkey, RecoveryCode, TimeCode
from backoffice.vault import vault_of

RECOVERY_CODES: Final = 10
RECOVERY_CODE_BYTES: Final = 10
"""80 random bits: not to be guessed, so a plain hash is enough to keep one by."""
_GROUP: Final = 5


@dataclass(frozen=True)
class Factors:
    """What a user has. `time_code_since` None: no phone is set up."""

    time_code_since: datetime | None
    passkeys: Sequence[Passkey]
    recovery_codes_left: int

    @property
    def any(self) -> bool:
        """Whether the user is asked for more than a password."""
        return self.time_code_since is not None or bool(self.passkeys)


def factors_of(reader: Session, user_id: str) -> Factors:
    """The second factors of a user."""
    time_code = reader.get(TimeCode, user_id)
    passkeys = reader.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.created_at)).all()
    left = reader.scalar(select(func.count()).where(RecoveryCode.user_id == user_id)) or 0
    return Factors(time_code.created_at if time_code else None, passkeys, left)


def with_factors(reader: Session, user_ids: Sequence[str]) -> set[str]:
    """Those of these users who have a second factor."""
    asked = (select(kind.user_id).where(kind.user_id.in_(user_ids)) for kind in (TimeCode, Passkey))
    return {user_id for question in asked for user_id in reader.scalars(question)}


def set_time_code(tx: Session, user_id: str, secret: bytes, step: int, now: datetime) -> None:
    """Keep the secret of a user's phone. `step`: of the code that proved it, which does not count again."""
    sealed = vault_of(tx).wrap(secret, _place(user_id))
    tx.merge(TimeCode(user_id=user_id, sealed=sealed, last_step=step, created_at=now))
    tx.flush()


def remove_time_code(tx: Session, user_id: str) -> None:
    """The phone counts no more; without another factor the recovery codes go too."""
    tx.execute(delete(TimeCode).where(TimeCode.user_id == user_id))
    _tidy(tx, user_id)


def remove_passkey(tx: Session, user_id: str, credential_mark: str) -> bool:
    """Take one passkey off; whether it was there."""
    row = tx.get(Passkey, credential_mark)
    if row is None or row.user_id != user_id:
        return False
    tx.delete(row)
    tx.flush()
    _tidy(tx, user_id)
    return True


def remove_all(tx: Session, user_id: str) -> None:
    """The user signs in with the password alone from now on."""
    for kind in (TimeCode, Passkey, RecoveryCode):
        tx.execute(delete(kind).where(kind.user_id == user_id))


def new_recovery_codes(tx: Session, user_id: str) -> list[str]:
    """Fresh recovery codes, to be shown once; the earlier ones end."""
    tx.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [secrets.token_hex(RECOVERY_CODE_BYTES) for _ in range(RECOVERY_CODES)]
    tx.add_all(RecoveryCode(user_id=user_id, code_mark=_recovery_mark(user_id, code)) for code in codes)
    tx.flush()
    return ["-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP)) for code in codes]


def use_code(tx: Session, user_id: str, typed: str, now: datetime) -> str:
    """What a typed code is: "time code", "recovery code", or "" when it is not right. Each counts once."""
    kept = tx.get(TimeCode, user_id)
    if kept is not None:
        secret = vault_of(tx).unwrap(kept.sealed, _place(user_id))
        step = totp.matching_step(secret, typed, now, kept.last_step)
        if step is not None:
            kept.last_step = step
            tx.flush()
            return "time code"
    code = "".join(each for each in typed.casefold() if each.isalnum())
    row = tx.get(RecoveryCode, (user_id, _recovery_mark(user_id, code)))
    if row is None:
        return ""
    tx.delete(row)
    tx.flush()
    return "recovery code"


def _tidy(tx: Session, user_id: str) -> None:
    if not factors_of(tx, user_id).any:
        tx.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _recovery_mark(user_id: str, code: str) -> str:
    return mark_of(f"{user_id}:{code}")


def _place(user_id: str) -> str:
    return f"app_time_code:{user_id}:sealed"
