"""From what the register rang up to the core's outcome: everything a price depends on is gathered here, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from pos_engine.checkout.accounts import NOTHING, Accounts, Reach, visits_of
from pos_engine.checkout.active_rules import CompiledSet
from pos_engine.checkout.at_hand import AtHand, Facts
from pos_engine.checkout.card_memory import CardMemories
from pos_engine.checkout.cards import Holder
from pos_engine.checkout.coupons import Coupons
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.limits import usage_left
from pos_engine.checkout.point_shares import NO_SHARE
from pos_engine.checkout.priced import Priced, QuotedInputs
from pos_engine.checkout.requests import LINES_MAX, QUANTITY_MAX, UNIT_PRICE_MINOR_MAX, RegisterLine
from pos_engine.checkout.sale import Sale
from pos_engine.checkout.spending import Purse, covers_discount, points_uses, spending_for
from pos_engine.checkout.tap_trust import TapTrust
from pos_engine.core.basket import Basket, BasketLine, LineKind
from pos_engine.core.bookings import POINTS
from pos_engine.core.evaluate import evaluate
from pos_engine.core.member import HeldCoupon, Member
from pos_engine.core.moment import moment_at
from pos_engine.core.outcome import Outcome
from pos_engine.core.programme import Programme
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.ports.card_rights import RightChange
from pos_engine.ports.clock import Clock
from pos_engine.receipts.hints import mentioned_products
from pos_engine.rights.ids import CARD_ROOT
from pos_engine.wire import documents
from pos_engine.wire.sync import ProductBody

_KINDS: dict[str, LineKind] = {
    "goods": "goods",
    "service": "service",
    "deposit": "deposit",
    "price_fixed": "price_fixed",
}

_UNKNOWN = ProductBody(product_id="", name="")
"""Stands for a product that the catalogue does not have."""


def check_lines(lines: Sequence[RegisterLine]) -> None:
    """Refuse what cannot be a line. CheckoutError basket_bad names the line."""
    if len(lines) > LINES_MAX:
        raise CheckoutError("basket_bad", f"The basket has {len(lines)} lines; at most {LINES_MAX} are allowed.")
    seen: set[str] = set()
    for line in lines:
        where = f"Line {line.line_id!r} ({line.name or line.product_id})"
        if not line.line_id or line.line_id in seen:
            raise CheckoutError("basket_bad", f"{where}: every line needs an id of its own.")
        seen.add(line.line_id)
        if not 0 <= line.unit_price_minor <= UNIT_PRICE_MINOR_MAX:
            raise CheckoutError("basket_bad", f"{where}: the price {line.unit_price_minor} is not possible.")
        if not 1 <= line.quantity <= QUANTITY_MAX:
            text = f"{where}: the quantity {line.quantity} is not possible (1 to {QUANTITY_MAX})."
            raise CheckoutError("basket_bad", text)


class Pricing:
    """Prices sales with the replica's facts, the journal's counts and the sale's own set."""

    def __init__(
        self,
        journal: Journal,
        replica: Replica,
        clock: Clock,
        identity: TillIdentity,
        coupons: Coupons,
        reach: Reach,
        trust: TapTrust,
        at_hand: AtHand,
    ) -> None:
        self._at_hand = at_hand
        self._journal = journal
        self._replica = replica
        self._clock = clock
        self._identity = identity
        self._coupons = coupons
        self._reach = reach
        self._trust = trust
        self._accounts = Accounts(journal, replica, identity.workstation_id)
        self.cards = CardMemories(journal, replica, identity, coupons, trust)

    def price(self, sale: Sale, holder: Holder | None, rules: CompiledSet) -> Priced:
        """The sale as it is now, at this instant."""
        moment = moment_at(self._clock.now(), ZoneInfo(rules.zone or self._identity.zone))
        member_id = "" if holder is None else holder.body.member_id
        today, language = moment.local_date, self._identity.language
        known = Facts(
            self._coupons.held_by(member_id) if member_id else (),
            self._coupons.hand_over(sale.codes, member_id, today, language),
            usage_left(rules.limits, self._journal, self._replica, self._identity.workstation_id, member_id, today),
        )
        card = self.cards.sight(rules, holder, sale.sale_ref, today)
        facts, rows, word = self._at_hand.look(rules, known, member_id, sale.sale_ref, today, language, card)
        purse = self.purse(holder, rules, sale.sale_ref)
        if purse is not None:
            self.wish_points(purse, member_id, sale.points_wanted)
        basket = Basket(
            lines=self._basket_lines(sale.lines, rules.programme),
            store_id=self._identity.store_id,
            workstation_id=self._identity.workstation_id,
            channel=sale.channel,
            presented_coupons=facts.handed.presented,
            declined_offer_ids=sale.declined,
            chosen_products=dict(sale.chosen_products),
            at_register_price=sale.at_register_price,
            tender=sale.tender,
            points_spending=None if purse is None else spending_for(purse, sale.points_wanted),
        )
        member = None if holder is None else self._member(holder, purse, facts.held)
        outcome = evaluate(rules.ruleset, basket, member, facts.usage, moment, explain=False)
        uses = self._at_hand.uses(rules, outcome, member_id, rows)
        return Priced(
            "" if holder is None else holder.card_id,
            holder,
            rules.ruleset,
            basket,
            member,
            facts.usage,
            moment,
            outcome,
            self._names,
            facts.handed.answers,
            purse,
            (*uses, *points_uses(purse, member_id, outcome)),
            word or ("stay" if any(use.root == CARD_ROOT for use in uses) else ""),
        )

    def purse(
        self, holder: Holder | None, rules: CompiledSet, sale_ref: str = "", *, closing: bool = False
    ) -> Purse | None:
        """What a member can settle with now; None without one. `sale_ref`: what it was promised already is its own."""
        if holder is None:
            return None
        today = moment_at(self._clock.now(), ZoneInfo(rules.zone or self._identity.zone)).local_date
        on_line = self._reach.on_line
        trusted = self._trust.may(holder.card_id, "spend_on_line" if on_line else "spend_off_line")
        accounts = self._accounts.of(holder.body, today)
        points = accounts.get(POINTS, NOTHING)
        share = NO_SHARE
        if rules.programme.as_discount or rules.programme.as_tender:
            share = self._at_hand.shares.of(holder.body.member_id, points, sale_ref, closing=closing)
        return Purse(rules.programme, accounts, on_line, trusted, share, today)

    def wish_points(self, purse: Purse, member_id: str, wanted: int) -> None:
        """Ask for a share of a member's points, or for so many, where others hold some of them."""
        account = purse.accounts.get(POINTS, NOTHING)
        self._at_hand.shares.wish(member_id, account, purse.share, purse.programme, wanted)

    def settled_by(self, priced: Priced, tender: str) -> Priced:
        """The same price, with the way it was settled known to the rules: what it earns may depend on that.

        The price itself was promised: where it would change, what was told stays as it is.
        """
        basket = replace(priced.basket, tender=tender)
        outcome = evaluate(priced.ruleset, basket, priced.member, priced.usage, priced.moment, explain=False)
        if (outcome.lines, outcome.vat) != (priced.outcome.lines, priced.outcome.vat):
            return priced
        return replace(priced, basket=basket, outcome=outcome)

    def again(self, inputs: QuotedInputs, holder: Holder | None, rules: CompiledSet) -> Priced:
        """A price that was told before the till was killed: the same documents, the same outcome."""
        basket = documents.decode_basket(bytes(inputs.basket))
        member = documents.decode_member(bytes(inputs.member))
        usage = documents.decode_usage(bytes(inputs.usage))
        moment = documents.decode_moment(bytes(inputs.moment))
        outcome = evaluate(rules.ruleset, basket, member, usage, moment, explain=False)
        return Priced(
            inputs.card_id,
            holder,
            rules.ruleset,
            basket,
            member,
            usage,
            moment,
            outcome,
            self._names,
            purse=self.purse(holder, rules),
            uses=inputs.uses,
        )

    def to_close(self, priced: Priced, rules: CompiledSet, sale_ref: str) -> Priced | None:
        """A price with the rights that its receipt uses up; None when they are no longer at hand."""
        member_id = "" if priced.member is None else priced.member.member_id
        card = self.cards.sight(rules, priced.holder, sale_ref, priced.moment.local_date)
        uses = self._at_hand.to_close(rules, priced.outcome, member_id, sale_ref, card)
        if uses is None:
            return None
        purse = self.purse(priced.holder, rules, sale_ref, closing=True)
        return replace(priced, uses=(*uses, *points_uses(purse, member_id, priced.outcome)))

    def still_holds(self, priced: Priced, rules: CompiledSet, sale_ref: str) -> bool:
        """Whether coupons, limits and points that this price used up are still there: another sale may be faster."""
        outcome = priced.outcome
        if not self._coupons.still_open({c for applied in outcome.applied for c in applied.redeemed_coupon_ids}):
            return False
        if not covers_discount(self.purse(priced.holder, rules, sale_ref, closing=True), outcome):
            return False
        member_id = "" if priced.member is None else priced.member.member_id
        used = {a.offer_id: a for a in outcome.applied if a.offer_id in rules.limits}
        limits = {offer_id: rules.limits[offer_id] for offer_id in used}
        today = priced.moment.local_date
        usage = usage_left(limits, self._journal, self._replica, self._identity.workstation_id, member_id, today)
        for offer_id, left in usage.offers.items():
            applied = used[offer_id]
            for ceiling, wanted in (
                (left.member_uses, applied.uses),
                (left.total_uses, applied.uses),
                (left.budget_minor, applied.discount_minor),
                *((limit.uses, applied.uses) for limit in left.per_period),
            ):
                if ceiling is not None and wanted > ceiling:
                    return False
        return True

    def card_changes(self, priced: Priced, rules: CompiledSet) -> dict[str, RightChange]:
        """What the customer's card has to write down before a sale closes at this price, right by right."""
        member_id = "" if priced.member is None else priced.member.member_id
        return self.cards.changes(rules, priced.uses, member_id, priced.moment.local_date)

    def _names(self, outcome: Outcome) -> Mapping[str, str]:
        return {key: product.name for key, product in self._replica.products(mentioned_products(outcome)).items()}

    def _member(self, holder: Holder, purse: Purse | None, held: tuple[HeldCoupon, ...]) -> Member:
        body = holder.body
        visits = visits_of({} if purse is None else purse.accounts)
        return Member(
            member_id=body.member_id,
            groups=body.groups,
            tier=body.tier,
            held_coupons=held,
            card_technology=holder.card_id.partition(":")[0],
            segments=body.segments,
            birth_month=body.birth_month,
            birth_day=body.birth_day,
            visits=visits.count,
            last_visit_on=visits.last_on,
        )

    def _basket_lines(self, lines: Sequence[RegisterLine], programme: Programme) -> tuple[BasketLine, ...]:
        known = self._replica.products(line.product_id for line in lines)
        return tuple(_basket_line(line, known.get(line.product_id), programme) for line in lines)


def _basket_line(line: RegisterLine, product: ProductBody | None, programme: Programme) -> BasketLine:
    """The register's word goes before the catalogue's, field by field."""
    known = product or _UNKNOWN
    kind = line.line_kind or _KINDS.get(known.line_kind, "goods")
    vat_bp = known.vat_bp if line.vat_bp is None else line.vat_bp
    if line.product_id and line.product_id == programme.top_up_product_id:
        # Money put onto a card is not sold: no offer touches it, and it is taxed when it is used.
        kind, vat_bp = "deposit", 0
    return BasketLine(
        line_id=line.line_id,
        product_id=line.product_id,
        unit_price_minor=line.unit_price_minor,
        quantity=line.quantity,
        name=line.name or known.name,
        measure=line.measure,
        vat_bp=vat_bp,
        categories=line.categories or known.categories,
        line_kind=kind,
        already_reduced=line.already_reduced,
        department=known.department,
        brand=known.brand,
        family=known.family,
        attributes=known.attributes,
        # A lowest price is one of a piece; what is weighed has a price of its own on every label.
        unit_price_floor_minor=0 if line.measure else known.lowest_price_minor,
    )
