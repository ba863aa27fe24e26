"""Two tills without a line, one card, and whatever may happen: tears, kills, voids, sales that are given up.

What receipts used is what the card says, and never too much.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_engine.rights.ids import coupon_right, member_right
from tests.support.card_shop import COFFEES, CardShop, another_till, remembered
from tests.support.shop import COFFEE, RYE, line

STEPS = 60
COMMANDS = 12
"""A use is written down in so many commands, or fewer."""

COFFEE_USES = member_right("twice-o", "anna")


class World:
    """The tills, and what Anna has been given."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        (folder / "one").mkdir()
        first = CardShop(folder / "one")
        self.tills = (first, another_till(first, folder / "two", "till-2", seed=2))
        self.card = first.card
        self.rights = [coupon_right("c-1"), COFFEE_USES]
        self.closed: list[tuple[CardShop, str]] = []
        self.happened: Counter[str] = Counter()

    def close(self) -> None:
        for till in self.tills:
            till.close()

    def give(self, coupon_id: str) -> None:
        self.rights.append(coupon_right(coupon_id))
        for till in self.tills:
            till.give(coupon_id)

    def sell(self, sale: str) -> None:
        """One sale at one of the tills, with whatever comes in between."""
        till = self.chance.choice(self.tills)
        till.hold()
        goods = line("1", *self.chance.choice([(RYE, 2_000), (COFFEE, 300)]))
        quote = till.ring(sale, goods)
        torn = self.chance.random() < 0.4
        till.reader.pulls = [(self.chance.randint(1, COMMANDS), self.chance.random() < 0.5)] if torn else []
        receipt = till.try_settle(sale, quote.total_due_minor)
        till.reader.pulls = []
        what = self.chance.choice(["kill", "hold", "void", "again", "leave"])
        self.happened[what] += 1
        self.happened["torn"] += receipt is None
        if what == "void":
            till.till.void(sale, "17")
            return
        if what == "kill":
            till.restart()
        if receipt is None and what != "leave":
            till.hold()
            receipt = till.try_settle(sale, till.ring(sale, goods).total_due_minor)
        if receipt is not None:
            self.closed.append((till, sale))

    def void_one(self) -> None:
        """Goods of some day come back, and the sale with them."""
        if self.closed:
            till, sale = self.closed.pop(self.chance.randrange(len(self.closed)))
            till.till.void(sale, "17")

    def used(self, right: str) -> int:
        return sum(till.units(right) for till in self.tills)

    def hidden(self, right: str) -> int:
        """Units of which no card tells any more whether they were used: too many changes came after them."""
        return sum(till.untold(right) for till in self.tills)

    def end(self) -> None:
        """Nothing is open any more, and the card was at both tills."""
        for till in self.tills:
            for row in till.journal.unfinished_sales():
                till.till.void(row.sale_ref, "17")
        for till in self.tills + self.tills:
            till.hold()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - the way to run a failure again
    made = World(tmp_path, seed)
    yield made
    made.close()


def test_what_receipts_used_is_what_the_card_says(world: World) -> None:
    for step in range(STEPS):
        if world.chance.random() < 0.2:
            world.give(f"g-{step}")
        world.sell(f"s{step}")
        if world.chance.random() < 0.1:
            world.void_one()
        if step % 10 == 0:
            for right in world.rights:
                assert world.used(right) <= (COFFEES if right == COFFEE_USES else 1), (step, right)
    world.end()
    for right in world.rights:
        used, on_card = world.used(right), remembered(world.card, right)
        assert used <= (COFFEES if right == COFFEE_USES else 1), right
        assert 0 <= on_card - used <= world.hidden(right), right
    assert world.happened["torn"], world.happened
