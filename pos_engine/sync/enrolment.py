"""Becoming a till: a key is made, a code is traded for an identity, what belonged to another shop is forgotten.

The till may do nothing with its identity before an administrator confirmed the key's fingerprint.
"""

from __future__ import annotations

import msgspec
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root

from pos_engine.core.money import Tariff
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.sync.client import BackOfficeClient
from pos_engine.sync.signed_sets import SignedSetClient
from pos_engine.wire.enrolment import EnrolAnswer, EnrolRequest
from pos_engine.wire.http_signature import new_signing_key, public_key_of


class EnrolError(Exception):
    """The till was not enrolled; the text says why and what to do. Nothing at the till has changed."""


def enrol_till(
    journal: Journal, replica: Replica, backoffice: BackOfficeClient, sets: SignedSetClient, url: str, code: str
) -> TillIdentity:
    """Trade a code for an identity and keep it. EnrolError, LinkDownError or RefusedError: nothing has changed here."""
    former = journal.identity()
    signing_key = new_signing_key()
    backoffice.point_at(url, signing_key)
    answer = backoffice.enrol(
        EnrolRequest(
            code=code.strip(),
            former_workstation_id=former.workstation_id if former is not None else "",
            outbox_count=journal.outbox_count(),
            public_key=public_key_of(signing_key),
        )
    )
    identity = _identity(answer, url, signing_key)
    _check_root(answer.trusted_root)
    if former is None or former.organisation_id != identity.organisation_id or former.store_id != identity.store_id:
        replica.start_over()
        replica.forget_sets()
    # The root may be a new one under the same name, and old metadata would contradict it.
    sets.forget()
    journal.save_identity(identity)
    journal.start_epoch(answer.epoch)
    return identity


def _identity(answer: EnrolAnswer, url: str, signing_key: str) -> TillIdentity:
    try:
        tariff = msgspec.json.decode(answer.tariff, type=Tariff)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise EnrolError(f"The back-office sent a tariff that cannot be read: {error}. Update this program.") from error
    return TillIdentity(
        organisation_id=answer.organisation_id,
        organisation_name=answer.organisation_name,
        store_id=answer.store_id,
        store_name=answer.store_name,
        workstation_id=answer.workstation_id,
        zone=answer.zone,
        language=answer.language,
        tariff=tariff,
        backoffice_url=url.rstrip("/"),
        trusted_root=answer.trusted_root,
        signing_key=signing_key,
    )


def _check_root(trusted_root: str) -> None:
    """A root that is not signed by itself would make every later set untrusted; better to hear of it now."""
    try:
        root = Metadata[Root].from_bytes(trusted_root.encode())
        root.verify_delegate(Root.type, root)
    except (RepositoryError, ValueError, RecursionError) as error:
        raise EnrolError(
            f"The back-office's trusted root is not good ({error}). Make a new code and try again."
        ) from error
