"""What the checkout says → nexo answers (section 6 of docs/nexo-profile.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from pos_engine.checkout.answers import ClosedSale, MemberView, Quote
from pos_engine.core.bookings import POINTS
from pos_engine.core.outcome import POINTS_DISCOUNT, Outcome
from pos_engine.registers.nexo.amounts import to_decimal
from pos_engine.registers.nexo.faults import NexoError
from pos_engine.registers.nexo.lines import item_id_of
from pos_engine.registers.nexo.messages import (
    LoyaltyAccountID,
    MessageHeader,
    SaleData,
    SaleItem,
    TransactionIdentification,
)
from pos_engine.registers.nexo.results import (
    EventNotification,
    LoyaltyAccount,
    LoyaltyResponse,
    LoyaltyResult,
    Notification,
    NotificationEnvelope,
    POIData,
    Rebates,
    Response,
    SaleItemRebate,
)

ADDITIONAL_RESPONSE_LENGTH_MAX = 2_000
"""Registers show it on a small display; bounds the sum of many refused coupons."""

_ENTRY_MODE: Mapping[str, str] = {
    "iso14443a": "Contactless",
    "iso14443b": "Contactless",
    "em4100": "RFID",
    "magstripe": "MagStripe",
    "barcode": "Scanned",
}


def instant_text(instant: datetime) -> str:
    """An instant as nexo writes one, in UTC."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def quote_response(
    quote: Quote, sale_data: SaleData, items: Sequence[SaleItem], card: LoyaltyAccountID | None, now: datetime
) -> LoyaltyResponse:
    """The answer to a quote."""
    return LoyaltyResponse(
        response=_told(quote),
        sale_data=_echo(sale_data),
        poi_data=_poi_data(quote.sale_ref, now),
        loyalty_result=[_result(quote.outcome, quote.currency, items, quote.member, card)],
    )


def commit_response(
    closed: ClosedSale,
    sale_data: SaleData,
    items: Sequence[SaleItem],
    card: LoyaltyAccountID | None,
    last_quote: Quote | None,
) -> LoyaltyResponse:
    """The answer to a commit: the member as in the quote it closed at, the points after it."""
    member = last_quote.member if last_quote is not None else None
    points = next((told.balance for told in closed.balances if told.unit == POINTS), None)
    if member is not None and points is not None:
        member = replace(member, points=points)
    return LoyaltyResponse(
        response=Response(result="Success"),
        sale_data=_echo(sale_data),
        poi_data=_poi_data(closed.receipt_id, closed.closed_at),
        loyalty_result=[_result(closed.outcome, closed.currency, items, member, card)],
    )


def marked_as_training(response: LoyaltyResponse, said: str) -> LoyaltyResponse:
    """The same answer, and that nothing of it is real (A7); `said` is empty where it is."""
    if said:
        told = response.response
        also = f" | {told.additional_response}" if told.additional_response else ""
        text = f"training: {said}{also}"[:ADDITIONAL_RESPONSE_LENGTH_MAX]
        response.response = Response(result=told.result, error_condition=told.error_condition, additional_response=text)
    return response


def failure(fault: NexoError) -> Response:
    """A message that was not done (A2)."""
    text = f"{fault.code}: {fault.text}"[:ADDITIONAL_RESPONSE_LENGTH_MAX]
    return Response(result="Failure", error_condition=fault.condition, additional_response=text)


def rejection(code: str, text: str, rejected: str, now: datetime) -> NotificationEnvelope:
    """R1: what is answered to a body that is no message. `rejected`: its beginning in base64."""
    header = MessageHeader(
        protocol_version="3.1", message_class="Event", message_category="Event", message_type="Notification"
    )
    event = EventNotification(
        time_stamp=instant_text(now),
        event_to_notify="Reject",
        event_details=f"{code}: {text}"[:ADDITIONAL_RESPONSE_LENGTH_MAX],
        rejected_message=rejected,
    )
    return NotificationEnvelope(request=Notification(message_header=header, event_notification=event))


def _told(quote: Quote) -> Response:
    """Success, or Partial with what the cashier should know (C5)."""
    told = [f"{message.code}: {message.text}" for message in quote.messages if message.severity in {"warning", "error"}]
    if not told:
        return Response(result="Success")
    return Response(result="Partial", additional_response=" | ".join(told)[:ADDITIONAL_RESPONSE_LENGTH_MAX])


def _result(
    outcome: Outcome,
    currency: str,
    items: Sequence[SaleItem],
    member: MemberView | None,
    card: LoyaltyAccountID | None,
) -> LoyaltyResult:
    return LoyaltyResult(
        loyalty_account=LoyaltyAccount(loyalty_account_id=_account(member, card)),
        current_balance=Decimal(member.points) if member is not None else None,
        rebates=Rebates(
            total_rebate=to_decimal(outcome.total_discount_minor, currency),
            sale_item_rebate=_item_rebates(outcome, currency, items),
        ),
    )


def _item_rebates(outcome: Outcome, currency: str, items: Sequence[SaleItem]) -> list[SaleItemRebate]:
    """A4: one entry per line and offer, in the order of the basket and then of the offers' first share."""
    names = {applied.offer_id: applied.name for applied in outcome.applied} | {POINTS_DISCOUNT: "points"}
    taken: dict[int, dict[str, int]] = {item.item_id: {} for item in items}
    for share in outcome.shares:
        if share.amount_minor:
            per_offer = taken[item_id_of(share.line_id)]
            per_offer[share.offer_id] = per_offer.get(share.offer_id, 0) + share.amount_minor
    return [
        SaleItemRebate(
            item_id=item.item_id,
            product_code=str(item.product_code),
            item_amount=to_decimal(amount_minor, currency),
            rebate_label=names.get(offer_id, offer_id),
        )
        for item in items
        for offer_id, amount_minor in taken[item.item_id].items()
    ]


def _account(member: MemberView | None, card: LoyaltyAccountID | None) -> LoyaltyAccountID:
    if member is None:
        return card or LoyaltyAccountID(entry_mode=["File"], identification_type="AccountNumber")
    if card is not None and card.loyalty_id and member.card_id.endswith(card.loyalty_id):
        return card
    technology = member.card_id.partition(":")[0]
    return LoyaltyAccountID(
        entry_mode=[_ENTRY_MODE.get(technology, "File")],
        identification_type="BarCode" if technology == "barcode" else "AccountNumber",
        identification_support="LoyaltyCard",
        loyalty_id=member.card_id,
    )


def _echo(sale_data: SaleData) -> SaleData:
    return SaleData(operator_id=sale_data.operator_id, sale_transaction_id=sale_data.sale_transaction_id)


def _poi_data(name: str, at: datetime) -> POIData:
    identification = TransactionIdentification(transaction_id=name, time_stamp=instant_text(at))
    return POIData(poi_transaction_id=identification)
