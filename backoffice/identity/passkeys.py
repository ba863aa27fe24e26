"""Passkeys (W3C Web Authentication, level 3): making one, and signing in with one.

The authenticator checks the person (finger, face or PIN), so that a passkey stands for password and second factor in
one. Signatures are checked by py_webauthn; challenges are ours (`identity.challenges`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import webauthn
from sqlalchemy.orm import Session
from webauthn.helpers import parse_authentication_credential_json, parse_client_data_json
from webauthn.helpers import parse_registration_credential_json as parse_registration
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.challenges import LIFE, Challenges
from backoffice.identity.models import Passkey, User

RP_NAME: Final = "Back-office"
PASSKEYS_MAX: Final = 20
ANSWER_LENGTH_MAX: Final = 20_000
"""Of the JSON that a browser sends; attestations are not asked for, so that real ones have about 2,000."""
NAME_LENGTH_MAX: Final = 80
SIGN_IN: Final = "sign in"
_TIMEOUT_MS: Final = int(LIFE.total_seconds() * 1000)


@dataclass(frozen=True)
class Site:
    """Whom passkeys are bound to: the name of this machine, and the origin that browsers must report."""

    name: str
    origin: str

    @property
    def has_passkeys(self) -> bool:
        """Whether browsers make passkeys for it: a name, no bare number, reached by TLS or on this machine itself."""
        try:
            ip_address(self.name)
        except ValueError:
            return self.origin.startswith("https://") or self.name == "localhost"
        return False


@dataclass(frozen=True)
class NewPasskey:
    """What a browser has made and proven, before it is kept."""

    user_id: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    created_at: datetime


def site_of(asked_url: str, public_url: str) -> Site:
    """The site of a request. A proxy that ends TLS hides that from us; the public address of the same name tells it."""
    asked, public = urlsplit(asked_url), urlsplit(public_url)
    shown = public if public.hostname and public.hostname == asked.hostname else asked
    return Site(shown.hostname or "", f"{shown.scheme}://{shown.netloc}")


def options_to_make(site: Site, challenges: Challenges, user: User, kept: Sequence[Passkey], now: datetime) -> str:
    """What the browser is told to make a passkey with, as JSON."""
    made = webauthn.generate_registration_options(
        rp_id=site.name,
        rp_name=RP_NAME,
        user_id=user.user_id.encode(),
        user_name=user.email,
        challenge=challenges.new(_making(user.user_id), now),
        timeout=_TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in kept],
    )
    return webauthn.options_to_json(made)


def options_to_sign_in(site: Site, challenges: Challenges, now: datetime) -> str:
    """What the browser is told to sign in with: any passkey that it holds for this site."""
    asked = webauthn.generate_authentication_options(
        rp_id=site.name,
        challenge=challenges.new(SIGN_IN, now),
        timeout=_TIMEOUT_MS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(asked)


def made_passkey(site: Site, challenges: Challenges, user_id: str, answer: str, name: str, now: datetime) -> NewPasskey:
    """The passkey that a browser has made, ready to be kept; InputError when its answer does not hold."""
    try:
        credential = parse_registration(_bounded(answer))
        challenge = parse_client_data_json(credential.response.client_data_json).challenge
        if not challenges.open(challenge, _making(user_id), now):
            raise _refused()
        proven = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise _refused() from error
    if not challenges.answered(challenge):
        raise _refused()
    return NewPasskey(
        user_id=user_id,
        credential_id=proven.credential_id,
        public_key=proven.credential_public_key,
        sign_count=proven.sign_count,
        name=name.strip()[:NAME_LENGTH_MAX] or _("Passkey"),
        created_at=now,
    )


def keep(tx: Session, made: NewPasskey) -> None:
    """Keep a new passkey; InputError when it is known already."""
    if tx.get(Passkey, _mark(made.credential_id)) is not None:
        raise InputError(_("This passkey is known already."))
    tx.add(
        Passkey(
            credential_mark=_mark(made.credential_id),
            user_id=made.user_id,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=made.name,
            created_at=made.created_at,
            used_at=None,
        )
    )
    tx.flush()


def use(tx: Session, site: Site, challenges: Challenges, answer: str, now: datetime) -> str:
    """The id of the user whose passkey signed; InputError when the answer does not hold.

    A counter that went back means that somebody copied the key: it is refused (W3C, 6.1.1).
    """
    try:
        credential = parse_authentication_credential_json(_bounded(answer))
        challenge = parse_client_data_json(credential.response.client_data_json).challenge
        kept = tx.get(Passkey, _mark(credential.raw_id))
        if kept is None or not challenges.open(challenge, SIGN_IN, now):
            raise _refused()
        proven = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            credential_public_key=kept.public_key,
            credential_current_sign_count=kept.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise _refused() from error
    kept.sign_count, kept.used_at = proven.new_sign_count, now
    tx.flush()
    return kept.user_id


def challenge_in(answer: str) -> bytes:
    """The challenge that a sign-in answered; it held before, so that it can be read."""
    credential = parse_authentication_credential_json(answer)
    return parse_client_data_json(credential.response.client_data_json).challenge


def _bounded(answer: str) -> str:
    if len(answer) > ANSWER_LENGTH_MAX:
        raise _refused()
    return answer


def _refused() -> InputError:
    return InputError(_("This passkey was not accepted. Try again, or sign in with your password."))


def _making(user_id: str) -> str:
    return f"make for {user_id}"


def _mark(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()
