"""What the world asks about messages: links that members follow, pictures that mail programs fetch, providers' news.

Nobody here is signed in. A link is named by a code that only this installation makes; a provider proves itself by its
signature over the address that it knows us by (`BACKOFFICE_PUBLIC_URL`), never over what a proxy makes of it.
"""

from __future__ import annotations

import hmac
from typing import Final

from flask import Blueprint, Response, abort, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from backoffice.errors import InputError
from backoffice.messaging import bounces, content
from backoffice.messaging.feedback import dispatch_of, heard
from backoffice.messaging.kinds import Event
from backoffice.messaging.layout import is_tracked, target_of
from backoffice.messaging.models import Mailing, MessagePicture
from backoffice.messaging.parcels import CLICKS, PICTURES, PIXEL, SMS_STATUS
from backoffice.messaging.sms_feedback import answered, status_told
from backoffice.messaging.sms_line import account_of
from backoffice.messaging.tracking import read_click, read_name
from backoffice.vault import vault_of
from backoffice.web.context import office, read, write

message_hooks = Blueprint("message_hooks", __name__)

BOUNCE_SECRET: Final = "bounce-webhook"  # noqa: S105 - the name of the file, not the secret
SMS_INBOUND: Final = "/hooks/sms/inbound"
TWIML_SILENCE: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
DOT: Final = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00"
    b"\x01\x00\x01\x00\x00\x02\x01D\x00;"
)
"""A transparent GIF of one dot."""
PICTURE_DAYS: Final = 30


@message_hooks.get(f"{CLICKS}<token>")
def follow(token: str) -> AnyResponse:
    """Count a click and lead on to where the block of that very message leads; nowhere else."""
    with read() as reader:
        click = read_click(vault_of(reader), token)
        row = dispatch_of(reader, click.dispatch_id) if click is not None else None
        if click is None or row is None:
            abort(404)
        mailing = reader.get_one(Mailing, (row.organisation_id, row.mailing_id))
        target = target_of(content.decode(mailing.content), click.language, click.number)
    if not is_tracked(target):
        abort(404)
    detail = f"{click.language}:{click.number}"
    dispatch_id = click.dispatch_id
    write(lambda tx: _note(tx, dispatch_id, Event.CLICKED, detail))
    answer = redirect(target, 302)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


@message_hooks.get(f"{PIXEL}<name>")
def opened(name: str) -> Response:
    """The dot of a message was fetched: by a reader, or by a machine that fetches everything. The same dot always."""
    with read() as reader:
        dispatch_id = read_name(vault_of(reader), "open", name)
    if dispatch_id is not None:
        write(lambda tx: _note(tx, dispatch_id, Event.OPENED, ""))
    return Response(DOT, mimetype="image/gif")


def _note(tx: Session, dispatch_id: str, event: Event, detail: str) -> None:
    row = dispatch_of(tx, dispatch_id)
    if row is not None:
        heard(tx, office().clock, office().ids, row, event, detail)


@message_hooks.get(f"{PICTURES}<organisation_id>/<picture_id>")
def picture(organisation_id: str, picture_id: str) -> Response:
    """A picture of a message; known by its hash, so that it never changes."""
    with read() as reader:
        row = reader.get(MessagePicture, (organisation_id, picture_id))
    if row is None:
        abort(404)
    answer = Response(row.data, mimetype=row.media_type)
    answer.headers["Cache-Control"] = f"public, max-age={PICTURE_DAYS * 86_400}, immutable"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@message_hooks.post(f"{SMS_STATUS}<name>")
def sms_status(name: str) -> tuple[str, int]:
    """The provider tells how an SMS fared."""
    fields = _signed_fields(f"{SMS_STATUS}{name}")
    with read() as reader:
        dispatch_id = read_name(vault_of(reader), "status", name)
    if dispatch_id is None:
        abort(404)
    if not write(lambda tx: status_told(tx, office().clock, office().ids, dispatch_id, fields)):
        abort(404)
    return "", 204


@message_hooks.post(SMS_INBOUND)
def sms_inbound() -> Response:
    """A member answers by SMS; STOP is obeyed, nothing is answered (the provider does that where law asks for it)."""
    fields = _signed_fields(SMS_INBOUND)
    number, body = fields.get("From", ""), fields.get("Body", "")
    if number:
        write(lambda tx: answered(tx, office().clock, office().ids, number, body))
    return Response(TWIML_SILENCE, mimetype="text/xml")


def _signed_fields(path: str) -> dict[str, str]:
    """The form of a request that the provider has signed; 403 for any other."""
    settings = office().settings
    try:
        account = account_of(settings.sms_provider)
    except InputError:
        abort(404)
    fields = dict(request.form.items())
    url = f"{settings.public_url.rstrip('/')}{path}"
    if not account.signed_by_provider(url, fields, request.headers.get("X-Twilio-Signature", "")):
        abort(403)
    return fields


@message_hooks.post("/hooks/bounces")
def bounce() -> tuple[str, int]:
    """A mail service hands over a returned message as it is (`message/rfc822`), with our own secret as a bearer."""
    secret = office().settings.secret(BOUNCE_SECRET)
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), secret.encode()):
        abort(403)
    raw = request.get_data(cache=False)
    if len(raw) > bounces.BYTES_MAX:
        abort(413)
    recipient = request.args.get("recipient", "")
    event = write(lambda tx: bounces.take_bounce(tx, office().clock, office().ids, raw, recipient))
    return (event.value if event else "nothing of ours"), 200
