"""What may happen: the shop's day, staff at the back-office, and everything that goes wrong. Each is one event."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import msgspec

from pos_engine.checkout.requests import ALL_POINTS, RegisterLine
from pos_engine.core.basket import Basket as CoreBasket
from pos_engine.journal.errors import JournalError
from tests.simulation.clocks import YEAR_2000
from tests.simulation.disk import Trouble
from tests.simulation.office import BREAD, CAKE, COFFEE, STORES, card_of
from tests.simulation.office_copies import copy_office, put_office_back
from tests.simulation.registers import Basket
from tests.simulation.simulation import Place, Simulation
from tests.support.sync_bench import draft_of

GOODS = ((BREAD, 450), (COFFEE, 320), (CAKE, 1290))

CLOCKS: tuple[tuple[str, timedelta | None], ...] = (
    ("clock_year_2000", None),
    ("clock_3_h_ahead", timedelta(hours=3)),
    ("clock_3_h_behind", timedelta(hours=-3)),
    ("clock_10_days_ahead", timedelta(days=10)),
    ("clock_jumps", timedelta(minutes=7)),
)
"""Clocks that are wrong, by how much; None: the year 2000."""

Action = Callable[[Simulation], None]


# -- the shop's day -----------------------------------------------------------------------------------------------


def sale(run: Simulation) -> None:
    place, basket = run.any_place(), _basket(run)
    who = basket.card_id[-2:] or "somebody"
    run.event(f"{place.till.name} sale to {who}", lambda: run.at_till(place, partial(_sell, run, place, basket)))


def _basket(run: Simulation) -> Basket:
    chance = run.random
    lines = tuple(
        RegisterLine(str(number), product, price, quantity=chance.choice((1, 1, 2)))
        for number, (product, price) in enumerate(chance.choices(GOODS, k=chance.randint(1, 2)), start=1)
    )
    card = card_of(chance.randint(1, run.members)) if chance.random() < 0.7 else ""
    codes = (chance.choice(run.paper),) if run.paper and chance.random() < 0.3 else ()
    points = ALL_POINTS if card and chance.random() < 0.3 else None
    return Basket(lines, card, codes, points, patient=chance.random() < 0.5)


def _sell(run: Simulation, place: Place, basket: Basket) -> None:
    if place.register.in_doubt and run.random.random() < 0.5:
        place.register.ask_again()
    closed = place.register.sell(basket)
    if closed is None:
        run.say("       the disk is full: refused, and nothing of it is on record")
        return
    run.paper += [coupon.coupon_id for coupon in closed.issued_coupons if coupon.medium == "paper"]
    run.say(f"       receipt {closed.receipt_id} {closed.total_due_minor} {closed.member_id[-4:]}")


def void(run: Simulation) -> None:
    place = run.any_place()
    if place.register.closed:
        sale_ref = place.register.closed.pop(run.random.randrange(len(place.register.closed)))
        run.event(f"void {sale_ref}", lambda: run.at_till(place, lambda: place.register.void(sale_ref)))


def tick(run: Simulation) -> None:
    place = run.any_place()
    run.event(f"{place.till.name} syncs", lambda: run.at_till(place, lambda: _drain(run, place)))


def _drain(run: Simulation, place: Place) -> None:
    before = place.till.loop.link.state
    place.till.loop.drain()
    place.may_collide |= place.till.blind
    link = place.till.loop.link
    run.say(f"       {before} -> {link.state} {'; '.join(link.notices)[:100]}")
    run.fetch_rights(place)


def night_at_till(run: Simulation) -> None:
    place = run.any_place()
    run.event(f"{place.till.name} nightly job", lambda: run.at_till(place, place.till.night_due))


def unreadable_receipt(run: Simulation) -> None:
    """A fault of the program: a receipt whose result speaks of lines that its basket does not have."""
    place = run.any_place()

    def work() -> None:
        draft = draft_of(f"{place.till.name}-bad-{run.events}")
        broken = dataclasses.replace(draft, basket=msgspec.json.encode(CoreBasket()))
        before = set(place.till.receipts())
        try:
            place.till.journal.append_receipt(broken)
        except JournalError:
            run.say("       not recorded")
        new = set(place.till.receipts()) - before
        run.poisoned |= new
        if new:
            run.count("unreadable_receipt", place.till.name)

    run.event(f"{place.till.name} writes a receipt nobody can read", lambda: run.at_till(place, work))


# -- staff --------------------------------------------------------------------------------------------------------


def publish(run: Simulation) -> None:
    def work() -> None:
        run.campaigns_version += 1
        run.set_version = run.office.publish_campaigns(run.campaigns_version)

    run.event("back-office publishes", work)


def new_member(run: Simulation) -> None:
    def work() -> None:
        run.members += 1
        run.office.add_member(run.members)

    run.event(f"back-office adds member {run.members + 1}", work)


def change_member(run: Simulation) -> None:
    number = run.random.randint(1, run.members)
    run.event(f"back-office renames member {number}", lambda: run.office.rename_member(number, f"New {run.events}"))


def block_card(run: Simulation) -> None:
    number, state = run.random.randint(1, run.members), run.random.choice(("blocked", "active"))
    run.event(f"back-office: card {number} is {state}", lambda: run.office.set_card(number, state))


def give_coupons(run: Simulation) -> None:
    count = run.random.randint(1, 4)
    run.event(f"back-office gives {count} coupons", lambda: run.office.give_coupons_to_some(run.random, count))


# -- machines -----------------------------------------------------------------------------------------------------


def restart_till(run: Simulation) -> None:
    place = run.any_place()

    def work() -> None:
        run.running(place).restart()
        run.count("till_restarted", place.till.name)

    run.event(f"{place.till.name} is restarted", work)


def cut_power(run: Simulation) -> None:
    place = run.any_place()

    def work() -> None:
        run.running(place).cut_power()
        run.count("till_cut", place.till.name)

    run.event(f"{place.till.name}: power cut", work)


def plan_disk_trouble(run: Simulation) -> None:
    place = run.any_place()
    trouble: Trouble = run.random.choice(("fsync_lost", "fsync_kept", "cut_before", "cut_after"))
    happened = partial(run.count, trouble, place.till.name)
    run.event(f"{place.till.name}: {trouble} with its next commit", lambda: run.running(place).plan(trouble, happened))


def fill_disk(run: Simulation) -> None:
    place = run.any_place()

    def work() -> None:
        run.running(place).fill_disk(run.random.randint(0, 6))

    run.event(f"{place.till.name}: the disk is nearly full", work)


def free_disks(run: Simulation) -> None:
    for place in run.places:
        if place.till.full_disk is not None:
            run.event(f"{place.till.name}: the disk has room again", partial(_free_disk, run, place))


def _free_disk(run: Simulation, place: Place) -> None:
    full = place.till.full_disk
    if full is not None and full.held_once:
        run.count("disk_full", place.till.name)
    place.till.free_disk()
    run.at_till(place, place.register.ask_again)


def take_copy(run: Simulation) -> None:
    if run.copies_office:
        copy_office(run)
        return
    place = run.any_place()
    if run.random.random() < 0.5:
        off = run.random.random() < 0.5
        what = "image of the disk, switched off" if off else "image of the disk"
        run.event(f"{place.till.name}: {what}", lambda: run.running(place).take_image(switched_off=off))
    else:
        run.event(f"{place.till.name}: backup of the journal", lambda: run.running(place).take_backup())


def restore(run: Simulation) -> None:
    if run.copies_office:
        put_office_back(run)
        return
    places = [place for place in run.places if place.till.image or place.till.backup]
    if not places:
        take_copy(run)
        return
    place = run.random.choice(places)
    from_image = place.till.image is not None and (place.till.backup is None or run.random.random() < 0.6)
    what = "restored_from_image" if from_image else "restored_from_backup"
    run.event(f"{place.till.name}: {what}", partial(_restore, run, place, what))


def _restore(run: Simulation, place: Place, what: str) -> None:
    till = run.running(place)
    run.note_receipts(place)
    before = set(till.receipts())
    if what == "restored_from_image":
        till.restore_image()
        place.may_collide = True
    else:
        till.restore_backup()
    gone = before - set(till.receipts())
    run.lost |= gone
    place.ever_restored = True
    run.count(what, till.name)
    run.say(f"       {len(gone)} receipts are not on it")
    run.at_till(place, place.register.ask_again)


def lose_replica(run: Simulation) -> None:
    place = run.any_place()

    def work() -> None:
        run.running(place).lose_replica()
        run.count("replica_damaged", place.till.name)

    run.event(f"{place.till.name}: the replica is damaged", work)


def wrong_clock(run: Simulation) -> None:
    place, (name, error) = run.any_place(), run.random.choice(CLOCKS)

    def work() -> None:
        till = run.running(place)
        till.set_clock(YEAR_2000 if error is None else till.clock.now() + error)
        run.count(name, till.name)

    run.event(f"{place.till.name}: {name}", work)


def right_clocks(run: Simulation) -> None:
    for place in run.places:
        if not place.till.clock.right:
            run.event(f"{place.till.name}: clock set right", lambda till=place.till: till.set_clock(run.true.now()))  # type: ignore[misc]


# -- lines and back-office ----------------------------------------------------------------------------------------


def cut_line(run: Simulation) -> None:
    place = run.any_place()

    def work() -> None:
        place.till.line.cut_off = True
        run.count("till_cut_off", place.till.name)

    run.event(f"{place.till.name}: line cut", work)


def cut_hub_line(run: Simulation) -> None:
    place = run.random.choice([place for place in run.places if place.till.hub_line is not None])

    def work() -> None:
        assert place.till.hub_line is not None
        place.till.hub_line.cut_off = True
        run.count("hub_cut_off", place.till.name)

    run.event(f"{place.till.name}: the line to its hub is cut", work)


def cut_store(run: Simulation) -> None:
    store = run.random.choice(STORES)

    def work() -> None:
        run.network.stores_cut_off.add(store)
        run.count("store_cut_off")

    run.event(f"{store}: the store's line is cut", work)


def heal_lines(run: Simulation) -> None:
    def work() -> None:
        run.network.stores_cut_off.clear()
        for place in run.places:
            place.till.line.cut_off = False
            if place.till.hub_line is not None:
                place.till.hub_line.cut_off = False

    run.event("all lines are back", work)


def restart_office(run: Simulation) -> None:
    def work() -> None:
        run.office.restart()
        run.count("office_restarted")

    run.event("back-office is restarted", work)


def office_away(run: Simulation) -> None:
    """For three days nobody answers, and the shops sell on."""
    if run.office.away:
        return

    def back() -> None:
        run.office.away = False

    def work() -> None:
        run.office.away = True
        run.count("office_away_3_days")
        run.later(timedelta(days=3), "back-office is back", back)

    run.event("back-office goes away for three days", work)
    for _ in range(12):
        run.pass_time(run.random.random() * timedelta(hours=11))
        run.random.choice((sale, sale, tick))(run)


WEIGHTS: dict[Action, float] = {
    sale: 64,
    void: 3,
    tick: 12,
    night_at_till: 1,
    unreadable_receipt: 1,
    publish: 1.2,
    new_member: 1.2,
    change_member: 1,
    block_card: 0.7,
    give_coupons: 1,
    restart_till: 1,
    cut_power: 1,
    plan_disk_trouble: 2.5,
    fill_disk: 1,
    free_disks: 0.7,
    take_copy: 2,
    restore: 1.5,
    lose_replica: 0.4,
    wrong_clock: 1.5,
    right_clocks: 0.8,
    cut_line: 2,
    cut_store: 0.6,
    cut_hub_line: 1,
    heal_lines: 2,
    restart_office: 0.5,
    office_away: 0.15,
}
"""How often each is drawn, out of about a hundred."""
