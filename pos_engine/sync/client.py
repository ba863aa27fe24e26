"""What the till asks of the back-office, as a port: one method per request of `/sync/v1`, and what can go wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import datetime

from pos_engine.wire.card_moves import CardMoveAnswer, CardMoveReport
from pos_engine.wire.card_rights import CardRightAnswer, CardRightReport
from pos_engine.wire.cashiers import OperatorActionAnswer, OperatorActionReport
from pos_engine.wire.enrolment import EnrolAnswer, EnrolRequest
from pos_engine.wire.heartbeat import Heartbeat, HeartbeatAnswer
from pos_engine.wire.reconcile import ReconcileAnswer, ReconcileRequest
from pos_engine.wire.returns import OriginalAnswer, OriginalRequest
from pos_engine.wire.rights import RightAnswer, RightAsk
from pos_engine.wire.sync import ChangePage, UploadAnswer, UploadBatch


class LinkDownError(Exception):
    """No answer that can be used: no line, a timeout, a proxy's page, an error inside the back-office. Try later."""


class RefusedError(Exception):
    """The back-office understood and said no. `status` is the HTTP status, `code` stable, `text` plain English."""

    def __init__(self, status: int, code: str, text: str, server_time: datetime | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.status = status
        self.code = code
        self.text = text
        self.server_time = server_time


class BackOfficeClient(ABC):
    """The back-office as the till sees it. Methods raise LinkDownError or RefusedError after a bounded time."""

    @abstractmethod
    def point_at(self, url: str, signing_key: str) -> None:
        """Speak to this back-office from now on, and sign every request with this private key."""

    @abstractmethod
    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        """Trade a single-use code, and show a key, for an identity that waits to be confirmed."""

    @abstractmethod
    def heartbeat(self, beat: Heartbeat) -> HeartbeatAnswer:
        """Tell how the till is, learn what is new."""

    @abstractmethod
    def changes(self, cursor: int, limit: int) -> ChangePage:
        """The next rows of the change feed after a cursor."""

    @abstractmethod
    def upload(self, batch: UploadBatch) -> UploadAnswer:
        """Hand over receipts; the answer speaks about each of them."""

    @abstractmethod
    def reconcile(self, request: ReconcileRequest) -> ReconcileAnswer:
        """Compare both sides' counts of one business day."""

    def original(self, request: OriginalRequest) -> OriginalAnswer:
        """A sale of any till, and what of it came back. RefusedError receipt_unknown: there is none."""
        raise LinkDownError(f"this line cannot ask for receipt {request.receipt_id}")

    @abstractmethod
    def card_moves(self, report: CardMoveReport) -> CardMoveAnswer:
        """Tell what is not known, or known at last, of moves of value on cards; hear what a person decided."""

    @abstractmethod
    def card_rights(self, report: CardRightReport) -> CardRightAnswer:
        """The same of rights that cards may have written down."""

    def operator_actions(self, report: OperatorActionReport) -> OperatorActionAnswer:
        """Put what cashiers did on record."""
        raise LinkDownError(f"this line takes no acts of cashiers of {report.workstation_id}")

    @abstractmethod
    def rights(self, ask: RightAsk) -> RightAnswer:
        """Wish for rights, give some back, hear what is lent."""

    @abstractmethod
    def download(self, path: str) -> Iterator[bytes]:
        """A file below `/sync/v1/` in pieces (signed metadata and sets). The reader bounds the length."""
