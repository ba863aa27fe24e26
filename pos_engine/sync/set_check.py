"""The dry check of a downloaded set: whose it is, how new it is, and whether the rules in it can really be loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pos_engine.core.ruleset import Ruleset, compile_ruleset
from pos_engine.sync.report import SetCode
from pos_engine.wire.campaign_set import CampaignSetDocument
from pos_engine.wire.campaigns import load_set
from pos_engine.wire.errors import DocumentError
from pos_engine.wire.golden import disagreement, read_golden


class SetRefusedError(Exception):
    """A set that is not taken over. `code` is stable, `text` says what is wrong; the till keeps the set it has."""

    def __init__(self, code: SetCode, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code: SetCode = code
        self.text = text


@dataclass(frozen=True)
class CheckedSet:
    """A set that may be staged: its version, and the campaigns in it that this till does not understand."""

    set_version: int
    inactive: Mapping[str, str]


def check_set(raw: bytes, organisation_id: str, store_id: str) -> CheckedSet:
    """Load the set as the next sale would, without using it. SetRefusedError: it would not work here."""
    try:
        loaded = load_set(raw)
    except DocumentError as error:
        raise SetRefusedError("set_unreadable", f"The campaign set cannot be read: {error}") from error
    document = loaded.document
    if (document.organisation_id, document.store_id) != (organisation_id, store_id):
        raise SetRefusedError(
            "set_foreign",
            f"The campaign set belongs to store {document.store_id} of {document.organisation_id}, not to this store.",
        )
    try:
        ruleset = compile_ruleset(loaded.campaigns, loaded.tariff, document.set_version)
    except (ValueError, TypeError, KeyError) as error:
        raise SetRefusedError("set_unusable", f"The rules of the campaign set do not load: {error}") from error
    if not loaded.inactive:
        _try_golden(ruleset, document)
    return CheckedSet(document.set_version, dict(loaded.inactive))


def _try_golden(ruleset: Ruleset, document: CampaignSetDocument) -> None:
    """Price the baskets that came with the set. Not where campaigns are inactive: that gives other sums by itself."""
    try:
        differs = disagreement(ruleset, read_golden(document.golden))
    except DocumentError as error:
        raise SetRefusedError("set_unreadable", f"The set's golden baskets cannot be read: {error}") from error
    if differs:
        raise SetRefusedError(
            "set_disagrees",
            f"This till reckons otherwise than the back-office: {differs}. Update this program and the back-office to "
            "the same version.",
        )
