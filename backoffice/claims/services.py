"""Claims from upload to approval (W5).

Laws: form → refused | waiting; waiting → waiting (one approved) → approved (two did) | declined. A claim is judged when
its invoice is complete, by the terms as they were published, and keeps that verdict. What was read of an invoice is
sealed. An invoice stands once: a refused or declined one may be uploaded again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.claims.checking import Known, Verdict, judge
from backoffice.claims.invoice import Invoice
from backoffice.claims.models import ClaimPaper, ClaimRow
from backoffice.claims.paper import Draft
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.network_campaigns.dealing import part_of
from backoffice.network_campaigns.leading import definition_of
from backoffice.network_campaigns.models import NetworkAddress, NetworkCampaign, NetworkPart
from backoffice.organisations.models import Organisation
from backoffice.text import folded
from backoffice.vault import Vault, seal, unseal, vault_of
from backoffice.workshop.models import Vehicle
from backoffice.workshop.rule_versions import classifier_of
from backoffice.workshop.sealing import vin_mark

SUBJECT: Final = "claim"
FORM, REFUSED, WAITING, APPROVED, DECLINED = "form", "refused", "waiting", "approved", "declined"
WHY_LENGTH_MAX: Final = 500
NAME_LENGTH_MAX: Final = 200
CLAIMS_MAX: Final = 5_000
"""Claims of one campaign on one page, and in one payment list."""


class Read(msgspec.Struct, frozen=True):
    """What is sealed of a claim. `typed`: a person read it off the picture."""

    filename: str
    draft: Draft | None = None
    invoice: Invoice | None = None
    verdict: Verdict | None = None
    typed: bool = False


class File(msgspec.Struct, frozen=True):
    """An uploaded file with what could be read of it."""

    name: str
    data: bytes
    content: Invoice | Draft


def upload(session: Session, doing: Doing, row: NetworkCampaign, file: File, day: date) -> ClaimRow:
    """Keep an uploaded file, and judge it when all of it could be read. InputError: this dealer has ordered nothing."""
    part = _ordered_part(session, doing.organisation_id, row)
    vault, claim_id = vault_of(session), doing.ids.new_id()
    key = vault.new_key()
    claim = ClaimRow(
        organisation_id=doing.organisation_id,
        claim_id=claim_id,
        leader_id=part.leader_id,
        network_campaign_id=part.network_campaign_id,
        state=FORM,
        uploaded_on=day,
        uploaded_at=doing.clock.now(),
        uploaded_by=doing.actor,
        wrapped=vault.wrap(key, _place(doing.organisation_id, claim_id, "key")),
        sealed=b"",
    )
    if isinstance(file.content, Invoice):
        _judged(session, vault, row, claim, Read(file.name[:NAME_LENGTH_MAX]), file.content)
    else:
        _keep(vault, claim, Read(file.name[:NAME_LENGTH_MAX], draft=file.content))
    session.add(claim)
    session.flush()
    place = _place(doing.organisation_id, claim_id, "paper")
    session.add(
        ClaimPaper(organisation_id=doing.organisation_id, claim_id=claim_id, sealed=seal(key, file.data, place))
    )
    session.flush()
    doing.note(session, f"claim_{claim.state}", SUBJECT, claim_id)
    return claim


def fill_in(session: Session, doing: Doing, claim_id: str, invoice: Invoice) -> ClaimRow:
    """Judge what a person read off the picture. InputError: the claim has been judged already."""
    claim = session.get(ClaimRow, (doing.organisation_id, claim_id), with_for_update=True)
    if claim is None or claim.state != FORM:
        raise InputError(_("This claim was judged already."))
    row = session.get_one(NetworkCampaign, (claim.leader_id, claim.network_campaign_id))
    _ordered_part(session, doing.organisation_id, row)
    vault = vault_of(session)
    _judged(session, vault, row, claim, msgspec.structs.replace(read_of(vault, claim), typed=True), invoice)
    session.flush()
    doing.note(session, f"claim_{claim.state}", SUBJECT, claim_id)
    return claim


def approve(session: Session, doing: Doing, claim_id: str) -> ClaimRow:
    """Approve as one of two people of the importer. InputError: not waiting, or this person did already."""
    claim = _waiting(session, doing, claim_id)
    if claim.first_by == doing.actor:
        raise InputError(_("You have approved it; a second person must too."))
    if claim.first_by:
        claim.second_by, claim.state = doing.actor, APPROVED
    else:
        claim.first_by = doing.actor
    _note(session, doing, claim, "claim_approved" if claim.state == APPROVED else "claim_approved_once")
    return claim


def decline(session: Session, doing: Doing, claim_id: str, why: str) -> ClaimRow:
    """Decline a claim in words that the dealer reads; the invoice may be uploaded again. InputError: no words."""
    claim = _waiting(session, doing, claim_id)
    words = " ".join(why.split())
    if not 0 < len(words) <= WHY_LENGTH_MAX:
        raise InputError(_("Say why, in up to %(count)s characters: the dealer reads it.", count=WHY_LENGTH_MAX))
    claim.state, claim.declined_why, claim.number_mark, claim.share_minor = DECLINED, words, None, 0
    _note(session, doing, claim, "claim_declined")
    return claim


def claims_of(session: Session, organisation_id: str, row: NetworkCampaign) -> Sequence[ClaimRow]:
    """A dealer's claims in a campaign, newest first."""
    return _found(session, row, ClaimRow.organisation_id == organisation_id)


def claims_for(session: Session, row: NetworkCampaign) -> Sequence[ClaimRow]:
    """The claims that an importer sees: those that stand, of all dealers, newest first."""
    return _found(session, row, ClaimRow.state.in_((WAITING, APPROVED, DECLINED)))


def claim_of(session: Session, organisation_id: str, claim_id: str) -> ClaimRow | None:
    """A claim of this dealer."""
    return session.get(ClaimRow, (organisation_id, claim_id))


def claim_for(session: Session, leader_id: str, claim_id: str, *, locked: bool = False) -> ClaimRow | None:
    """A claim that this importer is asked to pay. `locked`: two people who decide at once decide after one another."""
    statement = select(ClaimRow).where(
        ClaimRow.claim_id == claim_id,
        ClaimRow.leader_id == leader_id,
        ClaimRow.state.in_((WAITING, APPROVED, DECLINED)),
    )
    return session.scalars(statement.with_for_update() if locked else statement).first()


def read_of(vault: Vault, claim: ClaimRow) -> Read:
    """What was read of a claim and how it was judged."""
    place = _place(claim.organisation_id, claim.claim_id, "read")
    return msgspec.json.decode(unseal(_key(vault, claim), claim.sealed, place), type=Read)


def paper_of(session: Session, claim: ClaimRow) -> bytes:
    """The file of a claim as it was uploaded."""
    paper = session.get_one(ClaimPaper, (claim.organisation_id, claim.claim_id))
    place = _place(claim.organisation_id, claim.claim_id, "paper")
    return unseal(_key(vault_of(session), claim), paper.sealed, place)


def accepted_campaigns(session: Session, organisation_id: str) -> frozenset[str]:
    """The campaigns in which a claim of this dealer was accepted (W6)."""
    statement = select(ClaimRow.network_campaign_id).where(
        ClaimRow.organisation_id == organisation_id, ClaimRow.state == APPROVED
    )
    return frozenset(session.scalars(statement.distinct()))


def _found(session: Session, row: NetworkCampaign, which: ColumnElement[bool]) -> Sequence[ClaimRow]:
    return session.scalars(
        select(ClaimRow)
        .where(
            ClaimRow.leader_id == row.organisation_id, ClaimRow.network_campaign_id == row.network_campaign_id, which
        )
        .order_by(ClaimRow.claim_id.desc())
        .limit(CLAIMS_MAX)
    ).all()


def _judged(
    session: Session, vault: Vault, row: NetworkCampaign, claim: ClaimRow, read: Read, invoice: Invoice
) -> None:
    leader = session.get_one(Organisation, row.organisation_id)
    terms = definition_of(row).terms(row.network_campaign_id, leader.currency)
    mark = vault.mark(claim.organisation_id, f"invoice {folded(invoice.number)}")
    listed = _listed(session, vault, row, claim, invoice)
    known = Known(claim.uploaded_on, listed, _before(session, claim, mark, invoice))
    verdict = judge(invoice, terms, known, classifier_of(session, claim.organisation_id))
    claim.state = WAITING if verdict.accepted else REFUSED
    claim.share_minor = verdict.share_minor
    claim.number_mark = mark if verdict.accepted else None
    _keep(vault, claim, msgspec.structs.replace(read, draft=None, invoice=invoice, verdict=verdict))


def _listed(
    session: Session, vault: Vault, row: NetworkCampaign, claim: ClaimRow, invoice: Invoice
) -> dict[str, date | None]:
    """Those of the invoice's vehicles that the dealer ordered, with the day that counts as their registration."""
    marks = {vin_mark(vault, claim.organisation_id, vin): vin for vin in invoice.vins}
    rows = session.execute(
        select(Vehicle.vin_mark, NetworkAddress.counts_from)
        .join(
            NetworkAddress,
            (NetworkAddress.organisation_id == Vehicle.organisation_id)
            & (NetworkAddress.vehicle_id == Vehicle.vehicle_id),
        )
        .where(
            Vehicle.organisation_id == claim.organisation_id,
            Vehicle.vin_mark.in_([mark for mark in marks if mark is not None]),
            NetworkAddress.leader_id == row.organisation_id,
            NetworkAddress.network_campaign_id == row.network_campaign_id,
            or_(NetworkAddress.rejected.is_(None), NetworkAddress.rejected.is_(False)),
        )
    )
    return {marks[mark]: day for mark, day in rows}


def _before(session: Session, claim: ClaimRow, mark: int, invoice: Invoice) -> frozenset[str]:
    statement = select(ClaimRow.claim_id).where(
        ClaimRow.organisation_id == claim.organisation_id, ClaimRow.number_mark == mark
    )
    return frozenset() if session.scalar(statement) is None else frozenset({invoice.number})


def _ordered_part(session: Session, organisation_id: str, row: NetworkCampaign) -> NetworkPart:
    part = part_of(
        session, organisation_id, row, locked=True
    )  # of two uploads of one invoice, the second sees the first
    if part is None or part.ordered_at is None:
        raise InputError(_("Invoices can be claimed by those who ordered the campaign."))
    return part


def _waiting(session: Session, doing: Doing, claim_id: str) -> ClaimRow:
    claim = claim_for(session, doing.organisation_id, claim_id, locked=True)
    if claim is None or claim.state != WAITING:
        raise InputError(_("This claim does not wait for a decision."))
    return claim


def _note(session: Session, doing: Doing, claim: ClaimRow, act: str) -> None:
    """In the records of both: of who decided, and of whose claim it is."""
    session.flush()
    doing.note(session, act, SUBJECT, claim.claim_id)
    if claim.organisation_id != doing.organisation_id:
        Doing(claim.organisation_id, doing.actor, doing.clock, doing.ids).note(session, act, SUBJECT, claim.claim_id)


def _keep(vault: Vault, claim: ClaimRow, read: Read) -> None:
    place = _place(claim.organisation_id, claim.claim_id, "read")
    claim.sealed = seal(_key(vault, claim), msgspec.json.encode(read), place)


def _key(vault: Vault, claim: ClaimRow) -> bytes:
    return vault.unwrap(claim.wrapped, _place(claim.organisation_id, claim.claim_id, "key"))


def _place(organisation_id: str, claim_id: str, part: str) -> str:
    return f"claim:{organisation_id}:{claim_id}:{part}"
