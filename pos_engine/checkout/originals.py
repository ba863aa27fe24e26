"""Receipts that goods come back from, as the back-office knows them: a port, so that the checkout knows no network."""

from __future__ import annotations

import re
from typing import Final, Protocol

from pos_engine.wire.returns import OriginalAnswer

_RECEIPT_ID: Final = re.compile(r"[^:\s]{1,64}:[0-9]{1,16}:[0-9]{1,16}")


def is_receipt_id(text: str) -> bool:
    """Whether a text is a receipt's own code as it stands on paper, `workstation:epoch:seq`."""
    return _RECEIPT_ID.fullmatch(text) is not None


class OriginalsUnreachableError(Exception):
    """The back-office cannot be asked now."""


class Originals(Protocol):
    """Asks for one receipt of the organisation, of any till. Bounded in time."""

    def ask(self, receipt_id: str) -> OriginalAnswer | None:
        """The receipt and what of it came back already; None: the back-office has no such receipt.

        OriginalsUnreachableError: it cannot be asked now.
        """


class NobodyToAsk:
    """A till without a back-office: only what its own journal knows can come back, within the bound for off line."""

    def ask(self, receipt_id: str) -> OriginalAnswer | None:  # noqa: ARG002 - nobody is asked
        """Always out of reach."""
        raise OriginalsUnreachableError
