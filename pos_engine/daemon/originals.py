"""Asking the back-office for a receipt that goods come back from, while a customer waits."""

from __future__ import annotations

import threading

from pos_engine.checkout.originals import OriginalsUnreachableError
from pos_engine.journal.journal import Journal
from pos_engine.sync.client import BackOfficeClient, LinkDownError, RefusedError
from pos_engine.wire.returns import OriginalAnswer, OriginalRequest

NOT_FOUND = 404


class BackOfficeOriginals:
    """A connection of its own, so that nobody waits for an upload; used by one thread at a time."""

    def __init__(self, backoffice: BackOfficeClient, journal: Journal) -> None:
        self._backoffice = backoffice
        self._journal = journal
        self._lock = threading.Lock()

    def ask(self, receipt_id: str) -> OriginalAnswer | None:
        """The receipt as the back-office has it; None: it has none. OriginalsUnreachableError: no line, or no entry."""
        identity = self._journal.identity()
        if identity is None:
            raise OriginalsUnreachableError
        with self._lock:
            self._backoffice.point_at(identity.backoffice_url, identity.signing_key)
            try:
                return self._backoffice.original(OriginalRequest(receipt_id=receipt_id))
            except RefusedError as error:
                if error.status == NOT_FOUND and error.code == "receipt_unknown":
                    return None
                raise OriginalsUnreachableError from error
            except LinkDownError as error:
                raise OriginalsUnreachableError from error
