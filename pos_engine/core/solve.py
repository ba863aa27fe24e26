"""The best price of one phase."""

from __future__ import annotations

from pos_engine.core.answers import Answer
from pos_engine.core.course import Course
from pos_engine.core.phase import Live, give, live_offers
from pos_engine.core.sale import Sale


def merchant_order(live: Live) -> tuple[int, str]:
    """Higher priority first, then the stable id."""
    return (-live.compiled.offer.priority, live.compiled.offer.offer_id)


def solve_phase(
    sale: Sale, course: Course, numbers: list[int], refusals: dict[int, Answer], lives: dict[int, Live]
) -> None:
    """Let the offers of a phase give: merchant's priority, then the best, then what stacks."""
    found = live_offers(sale, course, numbers, refusals)
    for live in found:
        lives[live.compiled.number] = live
    facts = sale.facts(list(course.left))
    start = list(course.left)
    priority = sorted((o for o in found if o.compiled.offer.policy == "priority"), key=merchant_order)
    best = [o for o in found if o.compiled.offer.policy in ("best", "exclusive")]
    best.sort(key=lambda o: (-o.compiled.offer.reward.saving_max(o.units, start, o.terms), o.compiled.offer.offer_id))
    stack = sorted((o for o in found if o.compiled.offer.policy == "stack"), key=merchant_order)
    taken: set[int] = set()
    for live in [*priority, *best]:
        group = live.compiled.offer.exclusive_group
        if live.compiled.offer.policy == "exclusive" and group in course.group_winner:
            continue
        entry = give(live, course, [u for u in live.units if u not in taken], facts)
        if entry is not None:
            taken.update(entry.units)
            course.add(entry)
    for live in stack:
        free = [u for u in live.units if u not in taken and live.terms.room(u, course.left) > 0]
        entry = give(live, course, free, facts)
        if entry is not None:
            course.add(entry)
