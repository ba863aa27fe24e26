"""Links to a member's own page: made, opened, and ended before their time.

A link is what only the member has. It is put into an address once; opening it moves it into a cookie, so that no page
behind it has it in its address, and no address of ours can carry it on. What cannot be taken back (to be erased, to
take everything away) asks for a link that is young, because messages are handed on.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import execute_many, upsert
from backoffice.consent.links import CODE_BYTES, Link, LinkError, LinkKind, read_link, signed, until
from backoffice.members.models import Member
from backoffice.selfservice.models import MemberLinkCut
from backoffice.vault import Vault, vault_of

OWN_PAGES: Final = "/my"
MESSAGE_LIFE: Final = timedelta(days=30)
"""Of links in messages, and of those that staff hand out."""
ASKED_LIFE: Final = timedelta(hours=24)
"""Of a link that a member has sent to the own address."""
YOUNG: Final = timedelta(hours=24)
_FORM: Final = b"form of a member's own page\0"


def own_page_link(
    vault: Vault,
    base_url: str,
    organisation_id: str,
    member_id: str,
    now: datetime,
    *,
    life: timedelta = MESSAGE_LIFE,
    address_mark: int = 0,
) -> str:
    """The address of a member's own page. `address_mark`: of the address it goes to, 0 where it is handed out."""
    link = Link(
        LinkKind.OWN_PAGE, organisation_id, member_id, until(now + life), address_mark, made_ms=milliseconds(now)
    )
    return f"{base_url.rstrip('/')}{OWN_PAGES}/{signed(vault, link)}"


def open_link(session: Session, token: str, now: datetime) -> Link:
    """What a link says. LinkError: made up, over, ended by the shop, or the member is gone."""
    link = read_link(vault_of(session), token, LinkKind.OWN_PAGE, now)
    if session.get(Member, (link.organisation_id, link.member_id)) is None:
        raise LinkError
    cut = session.get(MemberLinkCut, (link.organisation_id, link.member_id))
    if cut is not None and link.made_ms <= cut.until_ms:
        raise LinkError(expired=True)
    return link


def is_young(link: Link, now: datetime) -> bool:
    """Whether a link is young enough for what cannot be taken back."""
    return milliseconds(now - YOUNG) <= link.made_ms <= milliseconds(now)


def end_links(session: Session, doing: Doing, member_id: str) -> None:
    """End every link to this member's page that was made until now."""
    statement = upsert(session, MemberLinkCut)
    row = {
        "organisation_id": doing.organisation_id,
        "member_id": member_id,
        "until_ms": milliseconds(doing.clock.now()),
    }
    execute_many(
        session,
        statement.on_conflict_do_update(
            index_elements=["organisation_id", "member_id"], set_={"until_ms": statement.excluded.until_ms}
        ),
        [row],
    )
    doing.note(session, "own_links_ended", "member", member_id)


def form_code(vault: Vault, token: str) -> str:
    """What a form of the own page carries, so that no other site can send it with the member's cookie."""
    code = vault.link_code(_FORM + token.encode())[:CODE_BYTES]
    return base64.urlsafe_b64encode(code).rstrip(b"=").decode()


def is_own_form(vault: Vault, token: str, code: str) -> bool:
    """Whether a form comes from a page that was shown for this link."""
    return hmac.compare_digest(form_code(vault, token).encode(), code.encode())


def milliseconds(moment: datetime) -> int:
    """An instant as links carry it."""
    return int(moment.timestamp() * 1000)
