"""What a receipt says of the member's accounts: points, stored value, stamps; what changed, what there is, as of when.

Law: told once, when the receipt was written; a copy says the same, however much came in since.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from pos_engine import words
from pos_engine.core.bookings import POINTS, STAMPS, VALUE
from pos_engine.ports.document import Block, Columns, Text
from pos_engine.wire.sync import ToldBalance


def balance_lines(balances: Sequence[ToldBalance], currency: str, language: str, zone: str) -> Iterator[Block]:
    """One line for each account, and under them since when the figures hold, where that is not now."""
    for told in balances:
        yield Columns(
            f"{unit_text(told.unit, language)} {change_text(told, currency, language)}".rstrip(),
            words.text("receipt.balance", language, balance=_amount(told, told.balance, currency, language)),
        )
    provisional = [told for told in balances if told.provisional]
    counted = [told.as_of for told in provisional if told.as_of is not None]
    if counted:
        local = min(counted).astimezone(ZoneInfo(zone))
        when = f"{words.date_text(local.date(), language)} {local:%H:%M}"
        yield Text(words.text("receipt.provisional_since", language, when=when))
    elif provisional:
        yield Text(words.text("receipt.provisional", language))


def unit_text(unit: str, language: str) -> str:
    """What an account is called."""
    if unit.startswith(STAMPS):
        return words.text("receipt.stamps", language, card=unit.removeprefix(STAMPS))
    return words.text({POINTS: "receipt.account_points", VALUE: "receipt.account_value"}[unit], language)


def change_text(told: ToldBalance, currency: str = "", language: str = "en") -> str:
    """What a receipt earned and used, with signs; empty when it changed nothing."""
    parts = [f"+{_amount(told, told.earned, currency, language)}"] if told.earned else []
    parts += [f"-{_amount(told, told.used, currency, language)}"] if told.used else []
    return " ".join(parts)


def _amount(told: ToldBalance, amount: int, currency: str, language: str) -> str:
    return words.money_text(amount, currency, language) if told.unit == VALUE else str(amount)
