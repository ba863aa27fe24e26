"""A reason of the core as a sentence: the same words on the screen, on paper and in the back-office."""

from __future__ import annotations

from datetime import date

from pos_engine.core.money import Tariff
from pos_engine.core.outcome import Reason
from pos_engine.core.reasons import LOST_TO
from pos_engine.words.catalogue import text
from pos_engine.words.format import date_text, money_text, weekday_names


def reason_text(reason: Reason, language: str, tariff: Tariff | str) -> str:
    """Say a reason in a language; `tariff` (or just its currency code) tells how to write money."""
    currency = tariff if isinstance(tariff, str) else tariff.currency
    code = reason.code
    if code == LOST_TO and reason.params.get("by_minor") == 0:
        # The other one saves no more, the merchant's order decided.
        code = "lost_to_order"
    params = {name: _param_text(name, value, currency, language) for name, value in reason.params.items()}
    return text(f"reason.{code}", language, **params)


def _param_text(name: str, value: int | str, currency: str, language: str) -> str:
    if name.endswith("_minor") and isinstance(value, int):
        return money_text(value, currency, language)
    if name.endswith("_on") and isinstance(value, str):
        return date_text(date.fromisoformat(value), language)
    if name == "weekdays" and isinstance(value, str):
        return weekday_names(tuple(int(day) for day in value.split(",")), language)
    return str(value)
