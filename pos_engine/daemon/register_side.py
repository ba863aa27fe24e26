"""The nexo endpoint over this till's journal, replica and checkout."""

from __future__ import annotations

from collections.abc import Callable

from pos_engine.checkout.requests import StoredAnswer
from pos_engine.checkout.service import CheckoutService
from pos_engine.daemon.config import Config
from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.ports.clock import Clock
from pos_engine.registers.nexo.answer_book import AnswerBook
from pos_engine.registers.nexo.endpoint import NexoEndpoint
from pos_engine.registers.nexo.lines import LineRules
from pos_engine.registers.nexo.lookups import Devices, Lookups


def register_endpoint(
    config: Config,
    journal: Journal,
    replica: Replica,
    checkout: CheckoutService,
    clock: Clock,
    devices: Callable[[], Devices],
) -> NexoEndpoint:
    """What answers `POST /nexo`."""

    def currency() -> str | None:
        identity = journal.identity()
        return None if identity is None else identity.tariff.currency

    def sale_of_receipt(receipt_id: str) -> str | None:
        receipt = journal.receipt(receipt_id)
        return None if receipt is None else receipt.sale_ref

    def find(key: str) -> StoredAnswer | None:
        try:
            kept = journal.stored_answer(key)
        except JournalError as error:
            if error.code == "not_enrolled":
                return None
            raise
        return None if kept is None else StoredAnswer(key, kept.request_sha256, kept.answer)

    def keep(answer: StoredAnswer) -> None:
        journal.store_answer(answer.key, answer.request_sha256, answer.answer)

    def find_last(prefix: str) -> str | None:
        return None if journal.identity() is None else journal.last_answer_key(prefix)

    lookups = Lookups(
        currency=currency,
        is_product=lambda product_id: replica.product(product_id) is not None,
        is_coupon=checkout.is_coupon,
        sale_of_receipt=sale_of_receipt,
        devices=devices,
    )
    rules = LineRules(tax_codes=config.tax_codes_bp, scale_label_patterns=config.nexo.scale_labels)
    return NexoEndpoint(checkout, lookups, rules, AnswerBook(find, keep, find_last), clock)
