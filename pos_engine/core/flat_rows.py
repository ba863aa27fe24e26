"""The outcome of a flat sale: totals at once, the rows when somebody asks for one of them.

The walk counted units by piles; the rows name them. So its gifts are given once more, unit by unit, by the direct way.
What is given beside money (points, stamps, messages, coupons for later) comes after all discounts and changes none of
them: it is worked out with the rows.
"""

from __future__ import annotations

from pos_engine.core.direct import DirectWay, Given
from pos_engine.core.flat_piles import PILES_MAX
from pos_engine.core.flat_walk import FlatWalk
from pos_engine.core.late_rows import with_rows_later
from pos_engine.core.outcome import Certificate, Outcome, Rows
from pos_engine.core.report import earned_in, given_order, rows_of
from pos_engine.core.sale import Sale


class FlatPrice(FlatWalk):
    """A walk that also says its rows. It stands in its outcome until somebody asks for one of them."""

    __slots__ = ()

    def outcome(self, certificate: Certificate) -> Outcome:
        """What the finished walk comes to."""
        value, discount = self.value, self.discount
        totals = (value, discount, value - discount)
        return with_rows_later(self.rows, totals, certificate, self.rules.version, grants_later=bool(self.granting))

    def sale(self) -> Sale:
        """The same sale for the other ways to a price, with what the walk has found out for them."""
        sale = Sale(self.rules, self.basket, self.member, self.usage, self.moment)
        if self.asked:
            sale.let_through(self.passing | self.granting)
        sale.contested = self.contested
        return sale

    def rows(self) -> Rows:
        """The ledger, the sums per line and VAT rate, what applied, and what was given beside money."""
        sale = self.sale()
        course = DirectWay(sale).repeat(_gifts(self, sale), self.granting)
        earned = earned_in(sale, course)[0] if course.grants else {}
        return rows_of(sale, given_order(course), course.left, earned)


def _gifts(walk: FlatWalk, sale: Sale) -> list[Given]:
    """The gifts of a walk, by the articles of the sale instead of piles."""
    article_at = {position: a for a, positions in enumerate(sale.goods.positions) for position in positions}
    # Piles are the lines that are sold, in their order.
    article_of = [article_at[position] for position in sorted(article_at)]
    found: list[Given] = []
    for at in range(0, len(walk.gifts), 3):
        rank, begin, end = walk.gifts[at : at + 3]
        articles = None
        if begin >= 0:
            articles = sorted({article_of[pair % PILES_MAX] for pair in walk.pairs[begin:end]})
        found.append((rank, articles, walk.coupons.get(rank, ())))
    return found
