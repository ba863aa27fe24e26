"""How far a document has come: blocks that were sent, and blocks that the printer said are done. Pure.

Law: a block counts as printed only when the answer to the question behind it came. Answers come in the order of the
questions, so each one also speaks for the blocks before it.
"""

from __future__ import annotations

from drivers.address import Confirm

WORKED_OFF_QUESTION = b"\x1dr\x01"  # GS r 1
PROCESS_ID_QUESTION = b"\x1d(H\x06\x0000"  # GS ( H 6 0 48 48 d1 d2 d3 d4
DIGIT_FIRST, DIGITS = 0x20, 95  # d1 to d4 are printable ASCII
DOCUMENTS = DIGITS * DIGITS
END_ID = b"~~~~"


class Progress:
    """One document's way through the printer. `document_no` keeps late answers of an earlier one apart."""

    def __init__(self, document_no: int = 0) -> None:
        self._document_no = document_no % DOCUMENTS
        self.sent = 0
        self.printed = 0
        self._end_is_counted = False

    @property
    def unconfirmed(self) -> int:
        """Blocks that were sent and not answered for."""
        return self.sent - self.printed

    def question(self, confirm: Confirm) -> bytes:
        """What to send behind the block that was sent last."""
        if confirm == "gs-r":
            return WORKED_OFF_QUESTION
        return PROCESS_ID_QUESTION + _digits(self._document_no) + _digits(self.sent % DOCUMENTS)

    def worked_off(self) -> None:
        """The next answer without a name came; one too many is noise."""
        self.printed = min(self.printed + 1, self.sent)

    def process_done(self, process_id: bytes) -> None:
        """The answer with this id came; another document's id says nothing of this one."""
        for block_no in range(self.printed + 1, self.sent + 1):
            if process_id == _digits(self._document_no) + _digits(block_no % DOCUMENTS):
                self.printed = block_no
                return

    def end_question(self, confirm: Confirm) -> bytes:
        """One more question, behind everything: after its answer none of the others can come."""
        if confirm == "process-id":
            return PROCESS_ID_QUESTION + END_ID
        self.sent += 1
        self._end_is_counted = True
        return WORKED_OFF_QUESTION

    def end(self, *, answered: bool) -> None:
        """No more answers come. The last one without a name, if there was one, belonged to the end question."""
        if self._end_is_counted and answered:
            self.printed -= 1
        self._end_is_counted = False
        self.forget_unconfirmed()

    def forget_unconfirmed(self) -> None:
        """The printer dropped what it held, or its answers can come no more."""
        self.sent = self.printed


def _digits(number: int) -> bytes:
    return bytes((DIGIT_FIRST + number // DIGITS, DIGIT_FIRST + number % DIGITS))
