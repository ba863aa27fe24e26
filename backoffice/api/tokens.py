"""Tokens of programs: made once, shown once, kept as a hash.

`loyalty.ORGANISATION.SECRET`: the organisation stands in it, so that a token is found by a key that begins with the
organisation, like everything else; the word in front lets scanners of source code find one that was left there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backoffice.api.models import ApiAnswer, ApiToken
from backoffice.api.scopes import Scope
from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.marks import mark_of, new_secret
from backoffice.organisations.services import open_organisations

PREFIX: Final = "loyalty"
PARTS: Final = 3
TOKEN_LENGTH_MAX: Final = 200
NAME_LENGTH_MAX: Final = 100
TOKENS_MAX: Final = 50
"""Tokens of one organisation that count."""
LIVES_DAYS: Final = (30, 90, 365)
USED_STEP: Final = timedelta(minutes=1)
"""How exactly it is known when a token was last used; finer would make a write of every reading request."""
ANSWERS_KEPT: Final = timedelta(days=2)
"""How long a request may be repeated with its idempotency key."""


def make_token(session: Session, doing: Doing, name: str, scopes: Collection[Scope], life_days: int) -> str:
    """A new token; only now can it be read. InputError."""
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > NAME_LENGTH_MAX:
        raise InputError(_("Say in 1 to %(most)s characters what the token is for.", most=NAME_LENGTH_MAX))
    if not scopes:
        raise InputError(_("Tick at least one thing that the token may do."))
    if life_days not in LIVES_DAYS:
        raise InputError(_("Choose how long the token is good."))
    now = doing.clock.now()
    if _that_count(session, doing.organisation_id, now) >= TOKENS_MAX:
        raise InputError(_("There are %(most)s tokens already. Revoke one that is not used any more.", most=TOKENS_MAX))
    secret = new_secret()
    token_id = doing.ids.new_id()
    session.add(
        ApiToken(
            organisation_id=doing.organisation_id,
            token_id=token_id,
            name=cleaned,
            token_mark=mark_of(secret),
            scopes=" ".join(sorted(scopes)),
            created_at=now,
            created_by=doing.actor,
            expires_at=now + timedelta(days=life_days),
            last_used_at=None,
            revoked_at=None,
        )
    )
    session.flush()
    doing.note(session, "api_token_made", "api_token", token_id, f"{cleaned}: {' '.join(sorted(scopes))}")
    return f"{PREFIX}.{doing.organisation_id}.{secret}"


def _that_count(session: Session, organisation_id: str, now: datetime) -> int:
    wanted = select(func.count()).where(
        ApiToken.organisation_id == organisation_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now
    )
    return session.scalar(wanted) or 0


def find_token(session: Session, text: str, now: datetime) -> ApiToken | None:
    """The token that counts now; None for every other text, and where the organisation is closed."""
    parts = text.split(".")
    if len(text) > TOKEN_LENGTH_MAX or len(parts) != PARTS or parts[0] != PREFIX or "\0" in text:
        return None
    row = session.scalar(
        select(ApiToken).where(
            ApiToken.organisation_id == parts[1],
            ApiToken.organisation_id.in_(open_organisations()),
            ApiToken.token_mark == mark_of(parts[2]),
        )
    )
    return row if row is not None and row.revoked_at is None and row.expires_at > now else None


def note_use(session: Session, organisation_id: str, token_id: str, now: datetime) -> None:
    """Write down that a token was used."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.organisation_id == organisation_id, ApiToken.token_id == token_id)
        .values(last_used_at=now)
    )


def tokens_of(session: Session, organisation_id: str) -> Sequence[ApiToken]:
    """Every token, the newest first."""
    return session.scalars(
        select(ApiToken).where(ApiToken.organisation_id == organisation_id).order_by(ApiToken.token_id.desc())
    ).all()


def revoke_token(session: Session, doing: Doing, token_id: str) -> bool:
    """End a token at once; False when there is none. Twice is once."""
    row = session.get(ApiToken, (doing.organisation_id, token_id))
    if row is None:
        return False
    if row.revoked_at is None:
        row.revoked_at = doing.clock.now()
        session.flush()
        doing.note(session, "api_token_revoked", "api_token", token_id, row.name)
    return True


def forget_answers(session: Session, organisation_id: str, now: datetime) -> None:
    """Take away answers that no program asks for again."""
    session.execute(
        delete(ApiAnswer).where(ApiAnswer.organisation_id == organisation_id, ApiAnswer.at < now - ANSWERS_KEPT)
    )
