"""`backoffice send-receipt`: a receipt by e-mail, as text, HTML and PDF."""

from __future__ import annotations

import click

from backoffice.commands.common import chosen_organisation, opened, organisation_option
from backoffice.receipt_mail.services import receipt_mail
from backoffice.receipt_mail.smtp import send
from backoffice.settings import MAIL_SENDER_VARIABLE, MAIL_SERVER_VARIABLE


@click.command("send-receipt")
@click.argument("receipt")
@click.option("--to", "recipient", default="", help="Address; left out: the member's own.")
@click.option("--server", envvar=MAIL_SERVER_VARIABLE, required=True, help="smtp://user:password@host:587")
@click.option("--sender", envvar=MAIL_SENDER_VARIABLE, required=True, help="Address the message comes from.")
@organisation_option
@click.pass_context
def command(context: click.Context, receipt: str, recipient: str, server: str, sender: str, organisation: str) -> None:
    """Send RECEIPT (its number as printed, like till-1:1:42) to its member, who asked for it."""
    with opened(context) as office:
        with office.database.read() as reader:
            chosen = chosen_organisation(reader, organisation)
            message = receipt_mail(
                reader, chosen, receipt, sender, recipient, office.clock.now(), office.settings.public_url
            )
        send(server, message)
    click.echo(f"Receipt {receipt} was sent to {message['To']}.")
