"""The outcome of a flat sale: totals at once, the rows when somebody asks for one of them.

The walk counted units by piles; the rows name them. So its gifts are given once more, unit by unit, by the direct way.
"""

from __future__ import annotations

from functools import partial

from pos_engine.core.direct import DirectWay, Given
from pos_engine.core.flat_piles import PILES_MAX
from pos_engine.core.flat_walk import FlatWalk
from pos_engine.core.outcome import Certificate, Outcome, Rows, with_rows_later
from pos_engine.core.report import given_order, rows_of
from pos_engine.core.sale import Sale


def flat_outcome(walk: FlatWalk, certificate: Certificate) -> Outcome:
    """What a finished walk comes to."""
    totals = (walk.value, walk.discount, walk.value - walk.discount)
    return with_rows_later(partial(flat_rows, walk), totals, certificate, walk.rules.version)


def flat_rows(walk: FlatWalk) -> Rows:
    """The ledger, the sums per line and VAT rate, and what applied."""
    sale = Sale(walk.rules, walk.basket, walk.member, walk.usage, walk.moment)
    course = DirectWay(sale).repeat(_gifts(walk, sale))
    return rows_of(sale, given_order(course), course.left)


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
