"""A real SMTP server on a free port, and the mailbox behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.programs import free_port


class Mailbox:
    """Takes every message but those for `nobody@…`; `busy` answers what a server in trouble says."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.senders: list[str] = []
        """The envelopes' senders, in the order of the messages."""
        self.busy = False

    async def handle_RCPT(  # noqa: N802 (the library's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if self.busy:
            return "451 try again later"
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.senders.append(str(envelope.mail_from))
        self.messages.append(message_from_bytes(content, policy=policy.default))
        return "250 taken"


@contextmanager
def smtp_server(mailbox: Mailbox) -> Iterator[str]:
    """The server's address, as `BACKOFFICE_MAIL_SERVER` names it."""
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield f"smtp+plain://127.0.0.1:{controller.port}"
    finally:
        controller.stop()
