"""Cases that our documents can say and that come out otherwise, on purpose: a law of ours asks for it."""

from __future__ import annotations

SPLITTING = "Splitting or merging lines never changes a total."
ORDER = "The order of lines never changes what a unit gets."
PARTS = "The parts sum to the whole."
SHELF = "Nobody pays another price than the shelf says, less the discounts on the receipt."

DISAGREEMENTS: dict[str, tuple[str, str]] = {
    "medusa-007": (
        SPLITTING,
        (
            "On a line of three units at 50 the second promotion takes 10 % of one unit less the discount of the "
            "whole line: 10 % of 50 - 30. Three lines of one unit each would get 3.50 there, as here."
        ),
    ),
    "odoo-013": (
        PARTS,
        (
            "Tax is rounded on each line and each discount line: the nets sum to 1363.46. The net of 1628.20, "
            "rounded once per rate, is 1363.45."
        ),
    ),
    "odoo-033": (
        PARTS,
        (
            "Tax is rounded on the goods (11.54) and on the discount (2.88) apart, so 8.66 is left. The tax "
            "inside the 37.50 that are paid at 30 % is 8.65."
        ),
    ),
    "oscar-003": (
        ORDER,
        (
            "Shares are cut to cents, the rest goes to the last line: 0.99 and 2.01. In proportion to 4.00 and "
            "8.00 it is 1.00 and 2.00."
        ),
    ),
    "oscar-009": (
        ORDER,
        (
            "The cent that is left over of 4.00 on three equal lines goes to whichever stands last; here to the "
            "first in the stable order of goods. The total is the same."
        ),
    ),
    "oscar-033": (
        PARTS,
        (
            "The promotions say 0.99 + 0.49, the basket says 1.50: two totals for one sale. Here the second works "
            "on what the first left, and both are rounded down: 0.99 + 0.45."
        ),
    ),
    "oscar-101": (
        SPLITTING,
        (
            "Lines carry unrounded shares there. Here each of the 30 units of 9.99 gets 1.00 or 0.99 in a stable "
            "order of goods, and a line is the sum of its units: 10.00 and 19.97. The total is the same."
        ),
    ),
    "pretix-025": (
        ORDER,
        (
            "Of units of equal price the one that stands last is free; here the first in the stable order of goods. "
            "The total is the same."
        ),
    ),
    "pretix-round-001": (
        SPLITTING,
        (
            "Tax is rounded per line: five lines of 100.00 at 19 % hold 79.85, one line of five units 79.83. Here "
            "it is 79.83 either way."
        ),
    ),
    "pretix-round-007": (SHELF, "23.00 becomes 23.01, because no net price makes 23.00 at 7 %."),
    "pretix-round-013": (SHELF, "23.00 becomes 23.01, because no net price makes 23.00 at 7 %."),
    "pretix-round-015": (SHELF, "Goods of 500.00 cost a business 499.98, so that the gross follows from the net."),
}
"""Case id → the law, and what the source does."""
