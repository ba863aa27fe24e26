"""Which till a request comes from: its signature says so, or it is refused and told the time.

An exact copy of a request is accepted for as long as its signature is fresh: every request here may arrive twice
without harm, because a till repeats those that got no answer.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, select

from backoffice.bulk import table_of
from backoffice.clock import Clock
from backoffice.prepared import Prepared
from backoffice.sync_api.errors import ApiError
from backoffice.sync_api.models import TillKey, Workstation
from backoffice.sync_api.tills import Till
from pos_engine.wire.http_signature import (
    Claimed,
    SignatureError,
    SignedRequest,
    claimed_signature,
    key_id_of,
    verify_signature,
)

FRESH_FOR: Final = timedelta(minutes=5)
"""How far a signature's time may lie from ours, on either side. A till that is further off signs again by our time."""

_KEYS, _TILLS = table_of(TillKey), table_of(Workstation)
_WHOSE_KEY: Final = Prepared(
    select(
        _KEYS.c.organisation_id,
        _KEYS.c.workstation_id,
        _KEYS.c.public_key,
        _KEYS.c.state,
        _TILLS.c.store_id,
        _TILLS.c.state.label("till_state"),
    )
    .join(
        _TILLS,
        (_TILLS.c.organisation_id == _KEYS.c.organisation_id) & (_TILLS.c.workstation_id == _KEYS.c.workstation_id),
    )
    .where(_KEYS.c.key_id == bindparam("key"))
)
"""Made once: each request asks it."""


def authenticate(connection: Connection, clock: Clock, request: SignedRequest) -> Till:
    """The till that signed a request.

    ApiError 401: nobody we know did, the signature is not good or too old, or the till was shut out. ApiError 403: the
    till waits for an administrator to confirm its key.
    """
    claimed = _claimed(request)
    row = _WHOSE_KEY.one(connection, key=claimed.key_id)
    if row is None:
        raise _unknown()
    _verify(clock, request, claimed, row.public_key)
    if row.state == "waiting":
        raise ApiError(
            403,
            "till_waits",
            "This till waits for an administrator: compare its fingerprint with the one on the page of tills "
            "and confirm it there.",
        )
    if row.state != "active" or row.till_state != "active":
        raise _unknown()
    return Till(row.organisation_id, row.workstation_id, row.store_id)


def require_possession(clock: Clock, request: SignedRequest, public_key: str) -> None:
    """Whether the sender holds the key it shows at enrolment. ApiError 400: not a key; 401: it does not hold it."""
    claimed = _claimed(request)
    try:
        key_id = key_id_of(public_key)
    except ValueError as error:
        raise ApiError(400, "key_bad", f"The till's key cannot be used: {error}. Update the till's program.") from error
    if claimed.key_id != key_id:
        raise ApiError(401, "signature_bad", "The enrolment is not signed with the key that it shows.")
    _verify(clock, request, claimed, public_key)


def _claimed(request: SignedRequest) -> Claimed:
    try:
        return claimed_signature(request)
    except SignatureError as error:
        raise ApiError(401, error.code, error.text) from error


def _verify(clock: Clock, request: SignedRequest, claimed: Claimed, public_key: str) -> None:
    try:
        verify_signature(request, claimed, public_key)
    except SignatureError as error:
        raise ApiError(401, error.code, error.text) from error
    made = datetime.fromtimestamp(claimed.created, UTC)
    if abs(clock.now() - made) > FRESH_FOR:
        raise ApiError(401, "signature_time", "The request was signed at another time than now. Sign it again by ours.")


def _unknown() -> ApiError:
    return ApiError(
        401,
        "till_unknown",
        "This till is not known here, or was shut out. It keeps selling; enrol it again to exchange data.",
    )
