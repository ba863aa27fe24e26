"""What an enrolled till prices its sales with: identity, rules, coupons; and how sales come back after a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from pos_engine import words
from pos_engine.checkout.accounts import Reach
from pos_engine.checkout.active_rules import ActiveRules, CompiledSet
from pos_engine.checkout.at_hand import AtHand
from pos_engine.checkout.cards import Holder, holder_of
from pos_engine.checkout.coupons import Coupons
from pos_engine.checkout.priced import Priced
from pos_engine.checkout.pricing import Pricing
from pos_engine.checkout.sale import Sale, document_of
from pos_engine.checkout.tap_trust import TapTrust
from pos_engine.core.moment import moment_at
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.journal.sales import SaleRow
from pos_engine.ports.clock import Clock
from pos_engine.wire.errors import DocumentError


class Desk:
    """One till of one shop. Not thread-safe by itself: the service holds its lock around it."""

    def __init__(
        self,
        journal: Journal,
        replica: Replica,
        clock: Clock,
        till: TillIdentity,
        reach: Reach,
        trust: TapTrust,
        at_hand: AtHand,
    ) -> None:
        self._journal = journal
        self._replica = replica
        self._clock = clock
        self._trust = trust
        self.till = till
        self.rules = ActiveRules(journal, replica, till)
        self.coupons = Coupons(journal, replica)
        self.pricing = Pricing(journal, replica, clock, till, self.coupons, reach, trust, at_hand)

    @property
    def language(self) -> str:
        """The cashier's language."""
        return self.till.language

    def today(self, rules: CompiledSet) -> date:
        """The business day now: the store's own date."""
        return moment_at(self._clock.now(), ZoneInfo(rules.zone or self.till.zone)).local_date

    def now(self) -> datetime:
        """The instant now."""
        return self._clock.now()

    def money(self, minor: int) -> str:
        """An amount in the cashier's language."""
        return words.money_text(minor, self.till.tariff.currency, self.language)

    def begin(self, sale_ref: str) -> Sale:
        """A new sale, pinned to the set that is active now."""
        return Sale(sale_ref=sale_ref, set_version=self.rules.current().set_version, changed_at=self.now())

    def rules_of(self, sale: Sale) -> CompiledSet | None:
        """The set a sale is pinned to; None when its bodies are lost."""
        return self.rules.pinned(sale.set_version)

    def holder(self, sale: Sale) -> Holder | str | None:
        """Whose card counts. A code says why no card does; None: no card was read."""
        trouble: str | None = None
        for card_id in sale.cards:
            found = holder_of(self._replica, card_id) if self._trust.counts(card_id) else "card_untrusted"
            if isinstance(found, Holder):
                return "card_often" if self.is_too_often(found) else found
            trouble = trouble or found
        return trouble

    def is_too_often(self, holder: Holder) -> bool:
        """Whether this member has had all the sales of today in which the shop lets one card count at a till."""
        most = self._replica.counter_policy().card_sales_max
        if not most:
            return False
        today = self.today(self.rules.current())
        return self._journal.sales_of_day(today, holder.body.member_id) >= most

    def price(self, sale: Sale, rules: CompiledSet) -> Priced:
        """The sale as it is now."""
        holder = self.holder(sale)
        return self.pricing.price(sale, holder if isinstance(holder, Holder) else None, rules)

    def owner(self, member_id: str, card_id: str) -> Holder | None:
        """A member of an earlier sale, whatever became of the card; None: nobody, or no longer known here."""
        body = self._replica.member(member_id) if member_id else None
        return None if body is None else Holder(card_id, body)

    def restore(self, row: SaleRow) -> Sale:
        """A sale as it was before the till stopped, with the price the register was told."""
        document = document_of(row)
        sale = Sale(
            sale_ref=row.sale_ref,
            set_version=row.set_version,
            changed_at=row.changed_at,
            state="quoted",
            parked=row.parked,
            operator=document.operator,
            channel=document.channel,
            lines=document.lines,
            card_id=document.card_id,
            register_card_id=document.register_card_id,
            outvoted_card_id=document.outvoted_card_id,
            register_codes=document.register_codes,
            scanned_codes=document.scanned_codes,
            declined=document.declined,
            chosen_products=document.chosen_products,
            at_register_price=document.at_register_price,
            points_wanted=document.points_wanted,
            tender=document.tender,
            member_came=document.member_came,
        )
        rules = self.rules_of(sale)
        if rules is None or document.told is None:
            return self._priced_afresh(sale)
        found = holder_of(self._replica, document.told.card_id) if document.told.card_id else None
        try:
            told = self.pricing.again(document.told, found if isinstance(found, Holder) else None, rules)
        except (DocumentError, msgspec.MsgspecError):
            return self._priced_afresh(sale)
        return replace(sale, told=told, shown=self.price(sale, rules))

    def _priced_afresh(self, sale: Sale) -> Sale:
        rules = self.rules.current()
        pinned = replace(sale, set_version=rules.set_version)
        priced = self.price(pinned, rules)
        return replace(pinned, told=priced, shown=priced)
