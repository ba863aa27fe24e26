"""Pricing a sale, telling the register, and closing it at the price that was told.

Laws: what the register was told is on the disk before it is told, unless the disk fails: then the sale goes on and the
cashier is warned; a price whose coupon or limit is gone meanwhile is told anew, never charged silently.
"""

from __future__ import annotations

from dataclasses import replace

from pos_engine import words
from pos_engine.checkout import records
from pos_engine.checkout.active_rules import CompiledSet
from pos_engine.checkout.answers import ClosedSale, Message, Quote
from pos_engine.checkout.booking import top_up_minor
from pos_engine.checkout.card_rights import Booking, CardRightsDesk
from pos_engine.checkout.cards import Holder
from pos_engine.checkout.desk import Desk
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.phrases import say
from pos_engine.checkout.picture import LastClosed
from pos_engine.checkout.priced import Priced
from pos_engine.checkout.quoting import quote_of
from pos_engine.checkout.readers import trouble
from pos_engine.checkout.requests import ALL_POINTS, CommitRequest
from pos_engine.checkout.sale import Sale
from pos_engine.checkout.shelf import Shelf
from pos_engine.checkout.spending import (
    Purse,
    Settlement,
    check_tenders,
    points_uses,
    usable_as_discount,
    why_less,
)
from pos_engine.core.bookings import POINTS, POINTS_TENDER
from pos_engine.core.programme import points_for
from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal
from pos_engine.ports.clock import Ids
from pos_engine.receipts.balances import change_text
from pos_engine.rights.ids import CARD_ROOT, points_right


class Teller:
    """Guarded by the service's lock. `alarm`: the disk fails; `message`: what the last step has to tell the cashier."""

    def __init__(self, journal: Journal, shelf: Shelf, ids: Ids) -> None:
        self._journal = journal
        self._shelf = shelf
        self._ids = ids
        self.alarm: Message | None = None
        self.message: Message | None = None
        self.last: LastClosed | None = None
        self.card_rights: CardRightsDesk | None = None

    def tell(self, desk: Desk, sale: Sale) -> Quote:
        """Price a sale, keep it, and make that price the one it closes at."""
        rules = desk.rules_of(sale)
        notice = sale.notice
        if rules is None:
            rules = desk.rules.current()
            sale = replace(sale, set_version=rules.set_version)
            notice = say(desk.language, "warning", "checkout.rules_lost")
        holder = desk.holder(sale)
        if isinstance(holder, str):
            notice = trouble(desk, holder)
        priced = desk.price(sale, rules)
        notice = notice or _points_notice(desk, sale, priced) or _card_notice(desk, priced)
        sale = replace(self._dated(desk, sale, priced), told=priced, shown=priced, notice=notice)
        quote = quote_of(sale, priced, rules, desk.language)
        self.keep(desk, replace(sale, notice=None))
        return quote

    def told(self, desk: Desk, sale: Sale) -> Quote:
        """The price the register was told last; priced now when nothing was told."""
        if sale.told is None:
            return self.tell(desk, sale)
        return quote_of(sale, sale.told, desk.rules_of(sale) or desk.rules.current(), desk.language)

    def show(self, desk: Desk, sale: Sale) -> Quote:
        """What the sale would cost now; the register is told with its next quote."""
        rules = desk.rules_of(sale) or desk.rules.current()
        priced = desk.price(sale, rules)
        sale = replace(self._dated(desk, sale, priced), shown=priced, changed_at=desk.now())
        self.keep(desk, sale)
        return quote_of(sale, priced, rules, desk.language)

    def _dated(self, desk: Desk, sale: Sale, priced: Priced) -> Sale:
        """The sale with the note of when its member came: after the lines that the till knew of until now."""
        before = self._shelf.get(sale.sale_ref)
        member_id = "" if priced.member is None else priced.member.member_id
        return sale.with_member(member_id, 0 if before is None else len(before.lines), desk.now())

    def keep(self, desk: Desk, sale: Sale) -> None:
        """Remember a sale, on the disk too. A failing disk does not stop it: the commit will have to be durable."""
        kept = self._shelf.keep(sale)
        self.alarm = None if kept else say(desk.language, "error", "checkout.disk_trouble")

    def close(self, desk: Desk, sale: Sale, request: CommitRequest) -> ClosedSale:
        """Close a sale at the price told. CheckoutError total_differs when that is not what was tendered."""
        sale, told, rules = self._price_to_close_at(desk, sale)
        kinds = {tender.kind for tender in request.tenders}
        if rules.asks_tender and not told.basket.tender and len(kinds) == 1:
            told = desk.pricing.settled_by(told, kinds.pop())
        due_minor = told.outcome.total_due_minor
        if due_minor != request.tendered_minor:
            due = words.money_text(due_minor, rules.tariff.currency, desk.language)
            raise CheckoutError("total_differs", f"The sale costs {due} now, not what was tendered. Quote again.")
        booking = _booking(desk, sale, told, rules)
        if booking is not None and (self.card_rights is None or not self.card_rights.is_booked(booking)):
            raise CheckoutError("card_needed", words.text("card_rights.card_needed", desk.language))
        top_up = top_up_minor(told.basket, rules.programme)
        settlement = Settlement(told.outcome, request.tenders, top_up, rules.tariff.currency, desk.language)
        told, purse = self._points_promised(desk, sale, told, rules, settlement)
        check_tenders(purse, settlement)
        tendered = sale.moved("tender")
        self._shelf.put(tendered)
        try:
            closed = records.record_closed(
                self._journal, desk, tendered, replace(told, purse=purse), rules, request, self._ids
            )
        except JournalError:
            raise
        except Exception:
            # Not the disk: nothing is in doubt, so the sale is open as before.
            self._shelf.put(sale)
            raise
        final = replace(tendered.moved("recorded"), receipt_id=closed.receipt_id)
        self._shelf.drop(sale.sale_ref)
        self.alarm = None
        if not sale.at_register_price:
            # A sale that was over long ago says nothing about the one the cashier looks at.
            operator = request.operator or sale.operator
            self.last = LastClosed(quote_of(final, told, rules, desk.language), closed, operator)
            self.message = _farewell(desk, closed)
        return closed

    def booking(self, desk: Desk, sale: Sale, request: CommitRequest) -> Booking | None:
        """What the customer's card has to write down before the sale can be closed; None: nothing."""
        rules = desk.rules_of(sale)
        if rules is None or not rules.asks_cards or sale.told is None:
            return None
        sale, told, rules = self._price_to_close_at(desk, sale)
        if told.outcome.total_due_minor != request.tendered_minor:
            return None  # it cannot be closed so, and the register is told
        return _booking(desk, sale, told, rules)

    def refuse_points(self, desk: Desk, sale: Sale) -> None:
        """CheckoutError tender_refused: the sale asks for points, and none of them can be used."""
        rules = desk.rules_of(sale) or desk.rules.current()
        holder = desk.holder(sale)
        purse = desk.pricing.purse(holder if isinstance(holder, Holder) else None, rules)
        if sale.points_wanted and (purse is None or not usable_as_discount(purse)):
            code = why_less(purse, sale.points_wanted)
            raise CheckoutError("tender_refused", words.text(code, desk.language, **_points_told(purse, sale)))

    def _points_promised(
        self, desk: Desk, sale: Sale, told: Priced, rules: CompiledSet, settlement: Settlement
    ) -> tuple[Priced, Purse | None]:
        """The price with the points that it is settled with, promised before they are looked at.

        So nobody gives them back to the lender between the look and the receipt.
        """
        points = points_for(rules.programme, max(0, settlement.amount(POINTS_TENDER)))
        purse = desk.pricing.purse(told.holder, rules, sale.sale_ref, closing=True)
        if not points or purse is None or told.holder is None:
            return told, purse
        member_id = told.holder.body.member_id
        others = tuple(use for use in told.uses if use.right_id != points_right(member_id))
        promised = replace(told, uses=(*others, *points_uses(purse, member_id, told.outcome, points)))
        self.keep(desk, replace(sale, told=promised))
        purse = desk.pricing.purse(told.holder, rules, sale.sale_ref, closing=True)
        if purse is None:
            return told, None
        if points > purse.points.amount:
            desk.pricing.wish_points(purse, member_id, points)
        return replace(told, uses=(*others, *points_uses(purse, member_id, told.outcome, points))), purse

    def _price_to_close_at(self, desk: Desk, sale: Sale) -> tuple[Sale, Priced, CompiledSet]:
        """The price told to the register; a new one where a coupon or limit it rests on is gone meanwhile."""
        sale.moved("tender")
        rules = desk.rules_of(sale)
        if sale.told is not None and rules is not None and desk.pricing.still_holds(sale.told, rules, sale.sale_ref):
            covered = desk.pricing.to_close(sale.told, rules, sale.sale_ref)
            if covered is not None:
                return sale, covered, rules
        # One whose first commit the disk did not take is open to the register again: nothing of it was recorded.
        quote = self.tell(desk, replace(sale, state="quoted"))
        due = words.money_text(quote.total_due_minor, quote.currency, desk.language)
        self.message = say(desk.language, "warning", "checkout.price_changed", due=due)
        again = self._shelf.need(sale.sale_ref)
        rules = desk.rules_of(again) or desk.rules.current()
        return again, again.told or desk.price(again, rules), rules


def _booking(desk: Desk, sale: Sale, told: Priced, rules: CompiledSet) -> Booking | None:
    if all(use.root != CARD_ROOT for use in told.uses):
        return None
    return Booking(sale.sale_ref, told.card_id, desk.pricing.card_changes(told, rules), told.moment.local_date)


def _card_notice(desk: Desk, priced: Priced) -> Message | None:
    """What the cashier has to know of a card that decides about rights."""
    word = priced.card_word
    return say(desk.language, "info" if word == "stay" else "warning", f"card_rights.card_{word}") if word else None


def _points_notice(desk: Desk, sale: Sale, priced: Priced) -> Message | None:
    """Why fewer points are used than were asked for; None when all are."""
    if sale.points_wanted >= ALL_POINTS:
        return None
    code = why_less(priced.purse, sale.points_wanted)
    return say(desk.language, "warning", code, **_points_told(priced.purse, sale)) if code else None


def _points_told(purse: Purse | None, sale: Sale) -> dict[str, int | str]:
    if purse is None or not purse.programme.as_discount:
        return {}
    return {"wanted": sale.points_wanted, "usable": usable_as_discount(purse)}


def _farewell(desk: Desk, closed: ClosedSale) -> Message:
    due = words.money_text(closed.total_due_minor, closed.currency, desk.language)
    saved = words.money_text(closed.total_discount_minor, closed.currency, desk.language)
    code = "checkout.sale_closed_saved" if closed.total_discount_minor else "checkout.sale_closed"
    params = {"due": due, "saved": saved} if closed.total_discount_minor else {"due": due}
    message = say(desk.language, "good", code, **params)
    points = next((told for told in closed.balances if told.unit == POINTS), None)
    if points is None or not change_text(points):
        return message
    told = words.text("checkout.points_told", desk.language, change=change_text(points), balance=points.balance)
    return replace(message, text=f"{message.text}. {told}")
