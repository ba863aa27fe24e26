"""New roots: who may sign what, decided by people with keys that are not on this machine.

A new root is a file (TUF's own format) with the next number. It counts once enough root keys of the root before it
*and* enough of its own have signed it: so tills can follow from the root they were given to any later one, and a thief
of fewer keys than that changes nothing. Nothing here asks the back-office's database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from securesystemslib.signer import CryptoSigner, Key
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root
from tuf.api.serialization import DeserializationError

from backoffice.errors import InputError
from backoffice.sync_api.signed_sets import SetRepository

ROOT_LIFE: Final = timedelta(days=730)
"""How long a root is good for after a ceremony: the sticks come out of their drawers at least every second year."""

WARN_BEFORE: Final = timedelta(days=90)
"""A root that ends sooner is said to end: two people and their sticks have to be found."""

ONLINE_ROLES: Final = ("targets", "snapshot", "timestamp")
KEYS_MIN: Final = 2
THRESHOLD_MIN: Final = 2


@dataclass(frozen=True)
class Signatures:
    """How far a draft is: signatures it has and needs, of the root before it and of its own keys."""

    former: int
    former_needed: int
    own: int
    own_needed: int

    @property
    def enough(self) -> bool:
        """Whether it may be accepted."""
        return self.former >= self.former_needed and self.own >= self.own_needed


def ceremony_root(
    repository: SetRepository, organisation_id: str, now: datetime, root_keys: Sequence[Key], threshold: int
) -> Metadata[Root]:
    """The draft that moves the root to keys of people, with fresh keys for all that signs on line.

    InputError: too few keys, a threshold that one person reaches or all of them cannot, or a ceremony was held before.
    """
    if len({key.keyid for key in root_keys}) < max(KEYS_MIN, len(root_keys)):
        raise InputError("Name at least two different root keys, each in a file of its own.")
    if not THRESHOLD_MIN <= threshold <= len(root_keys):
        raise InputError(f"Of {len(root_keys)} root keys, {THRESHOLD_MIN} to {len(root_keys)} can be asked to sign.")
    if not root_is_here(repository, organisation_id, now):
        raise InputError("The root keys are not on this machine any more: a ceremony was held. Use: keys rotate root")
    draft = _next(repository, organisation_id, now)
    _replace(draft.signed, "root", root_keys)
    draft.signed.roles["root"].threshold = threshold
    for role in ONLINE_ROLES:
        _replace(draft.signed, role, [repository.keys(organisation_id).create().public_key])
    return draft


def rotated_root(
    repository: SetRepository, organisation_id: str, now: datetime, role: str, added: Sequence[Key] = (), drop: str = ""
) -> Metadata[Root]:
    """The draft that gives a role a new key, or exchanges one root key; for the root without both: a longer life.

    `drop`: the beginning of the id of the root key that goes. InputError: it names none, or too few keys would be left.
    """
    draft = _next(repository, organisation_id, now)
    root = draft.signed
    if role != "root":
        _replace(root, role, [repository.keys(organisation_id).create().public_key])
        return draft
    kept = list(root.roles["root"].keyids)
    if drop:
        found = [key_id for key_id in kept if key_id.startswith(drop)]
        if len(found) != 1:
            raise InputError(f"{len(found)} root keys begin with {drop!r}. There are: {', '.join(kept)}")
        root.revoke_key(found[0], "root")
    for key in added:
        root.add_key(key, "root")
    if len(root.roles["root"].keyids) < root.roles["root"].threshold:
        raise InputError(f"Too few root keys would be left: {root.roles['root'].threshold} have to sign.")
    return draft


def root_is_here(repository: SetRepository, organisation_id: str, now: datetime) -> bool:
    """Whether a root key lies on this machine: then whoever takes this machine can be the publisher for good."""
    root = repository.root(organisation_id, now).signed
    return repository.keys(organisation_id).signer(root.roles["root"].keyids) is not None


def sign_root(draft: Metadata[Root], signer: CryptoSigner) -> None:
    """Add a signature to a draft; the same key again replaces its own."""
    draft.sign(signer, append=True)


def signatures(former: Root, draft: Metadata[Root]) -> Signatures:
    """How far a draft is. Only signatures that hold are counted."""
    before = former.get_verification_result("root", draft.signed_bytes, draft.signatures)
    own = draft.signed.get_verification_result("root", draft.signed_bytes, draft.signatures)
    return Signatures(len(before.signed), before.threshold, len(own.signed), own.threshold)


def accept_root(
    repository: SetRepository, organisation_id: str, now: datetime, draft: Metadata[Root]
) -> Collection[str]:
    """Make a signed draft the root, sign everything anew, and forget on-line keys that count for nothing any more.

    InputError: too few signatures, not the next root, out of date, or made for keys that are not on this machine.
    Returns the ids of the forgotten keys.
    """
    former = repository.root(organisation_id, now).signed
    if draft.signed.version != former.version + 1:
        raise InputError(f"This is root {draft.signed.version}, the next is root {former.version + 1}. Begin again.")
    if draft.signed.is_expired(now.astimezone(UTC)):
        raise InputError("This root's life is over before it began. Begin again.")
    has = signatures(former, draft)
    if not has.enough:
        raise InputError(
            f"Too few signatures: {has.former} of {has.former_needed} keys of the root before, "
            f"{has.own} of {has.own_needed} of its own. Sign it with another key: keys sign"
        )
    for role in ONLINE_ROLES:
        if repository.keys(organisation_id).signer(draft.signed.roles[role].keyids) is None:
            raise InputError(f"The key for {role} that this root names is not on this machine. Begin again here.")
    return repository.install_root(organisation_id, now, draft)


def read_draft(path: Path) -> Metadata[Root]:
    """A root from a file. InputError: it is none."""
    try:
        draft = Metadata[Root].from_bytes(path.read_bytes())
    except (OSError, DeserializationError, RepositoryError) as error:
        raise InputError(f"{path} cannot be read as a root: {error}") from error
    if not isinstance(draft.signed, Root):
        raise InputError(f"{path} is no root.")
    return draft


def role_keys(root: Root) -> Mapping[str, Sequence[str]]:
    """Role → the ids of its keys."""
    return {role: sorted(root.roles[role].keyids) for role in ("root", *ONLINE_ROLES)}


def _next(repository: SetRepository, organisation_id: str, now: datetime) -> Metadata[Root]:
    root = deepcopy(repository.root(organisation_id, now).signed)
    root.version += 1
    root.expires = (now.astimezone(UTC) + ROOT_LIFE).replace(microsecond=0)
    return Metadata(root)


def _replace(root: Root, role: str, keys: Sequence[Key]) -> None:
    for key_id in list(root.roles[role].keyids):
        root.revoke_key(key_id, role)
    for key in keys:
        root.add_key(key, role)
