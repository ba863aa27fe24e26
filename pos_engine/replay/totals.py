"""What past receipts are worth and what a set takes off them, where nobody asks for more: straight from the columns."""

from __future__ import annotations

from functools import partial

from pos_engine.core.evaluate import DEFAULT_EFFORT, evaluate
from pos_engine.core.flat_columns import ArticleTable, flat_totals
from pos_engine.core.member import Member
from pos_engine.core.outcome import Outcome
from pos_engine.core.ruleset import Ruleset
from pos_engine.core.usage import Usage
from pos_engine.replay.past import PastReceipts


class Totals:
    """Prices of one set on one part of receipts."""

    def __init__(self, rules: Ruleset, past: PastReceipts) -> None:
        self.rules = rules
        self._past = past
        self._table = ArticleTable(rules, past.sample, len(past.articles))

    def of(self, number: int) -> tuple[int, int]:
        """Value and discount of a receipt in minor units, its member and limits as they were."""
        past = self._past
        return self.beside(number, past.member(number), past.usage(number))

    def beside(self, number: int, member: Member | None, usage: Usage) -> tuple[int, int]:
        """The same for a member with other facts, or with other limits left."""
        past = self._past
        first, end = past.first_line[number], past.first_line[number + 1]
        columns = (past.article_of[first:end].tolist(), past.quantity[first:end].tolist())
        head, moment, whole = past.heads[past.head_of[number]], past.moment(number), partial(past.basket, number)
        found = flat_totals(self._table, columns, head, member, usage, moment, whole)
        if found is not None:
            return found
        outcome = self.outcome(number, member, usage)
        return outcome.total_value_minor, outcome.total_discount_minor

    def outcome(self, number: int, member: Member | None, usage: Usage) -> Outcome:
        """Everything but the reasons."""
        past = self._past
        moment = past.moment(number)
        return evaluate(self.rules, past.basket(number), member, usage, moment, DEFAULT_EFFORT, explain=False)
