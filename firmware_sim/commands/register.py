from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from firmware_sim.cards.slot import CardSlot
from firmware_sim.clock_file import read_clock_file
from firmware_sim.line.orders import OrderError, OrderSocket, send_order
from firmware_sim.register.basket import LeftOut, RungBasket, load_basket
from firmware_sim.register.shift import Shift
from firmware_sim.register.simulated_register import SimulatedRegister
from firmware_sim.register.sources.bakery import Bakery
from firmware_sim.register.sources.complete_journey import CompleteJourney, SourceMissingError

PAUSE_S_MAX = 60.0
"""A shop's night is not waited through."""


@click.command()
@click.option("--till", default="http://127.0.0.1:8081", show_default=True, help="Address of the till's daemon.")
@click.option("--receipts", type=click.Choice(["completejourney", "bakery"]), help="Where baskets come from.")
@click.option("--basket", "basket_file", type=click.Path(path_type=Path, exists=True), help="Ring up this one basket.")
@click.option("--speed", default=1.0, show_default=True, help="How many times faster than the receipts' own times.")
@click.option("--limit", default=0, help="Stop after that many baskets; 0 goes on until Ctrl-C.")
@click.option("--seed", default=0, show_default=True, help="Seed of everything that is drawn.")
@click.option("--promising", is_flag=True, help="Only real baskets that a running campaign was meant for.")
@click.option("--weeks", type=int, help="Shift the real dates by that many weeks instead of into the present week.")
@click.option("--card-port", type=int, help="Tap cards on this slot of the virtual PC/SC reader.")
@click.option("--card-control", type=click.Path(path_type=Path), help="Tap cards by orders to a running simulator.")
@click.option("--sale-id", default="register-1", show_default=True, help="The register's name.")
@click.option("--currency", default="EUR", show_default=True)
@click.option("--decimals", default=2, show_default=True, help="Decimals of the currency.")
@click.option("--clock-file", type=click.Path(path_type=Path), help="The shared clock of a simulated shop.")
@click.option("--zone", default="Europe/Berlin", show_default=True, help="The shop's time zone.")
@click.option("--control", type=click.Path(path_type=Path), help="Unix socket for orders: fault …, lose N, status.")
@click.option("--token", default="", help="Bearer token, where the till wants one.")
def register(  # noqa: PLR0913 (one parameter per option)
    *,
    till: str,
    receipts: str | None,
    basket_file: Path | None,
    speed: float,
    limit: int,
    seed: int,
    promising: bool,
    weeks: int | None,
    card_port: int | None,
    card_control: Path | None,
    sale_id: str,
    currency: str,
    decimals: int,
    clock_file: Path | None,
    zone: str,
    control: Path | None,
    token: str,
) -> None:
    """A cash register that rings up baskets at a till, by nexo loyalty messages."""
    if (receipts is None) == (basket_file is None):
        raise click.UsageError("give either --receipts or --basket")
    now = _shop_time(clock_file, zone)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stopped.set())
    slot = CardSlot(card_port, seed=seed) if card_port else None
    orders: OrderSocket | None = None
    try:
        device = SimulatedRegister(till, sale_id, currency, decimals, now=now, token=token)
        device.faults.reseed(seed)
        orders = OrderSocket(device, control) if control else None
        shift = Shift(device, _tap(slot, card_control), click.echo, stopped)
        count = limit or 10**9
        if basket_file is not None:
            left_out = LeftOut()
            shift.work([load_basket(basket_file)], lambda _basket: 0.0)
        elif receipts == "bakery":
            bakery = Bakery(seed)
            left_out = bakery.left_out
            shift.work(bakery.baskets(count), lambda _basket: min(PAUSE_S_MAX, 60.0 / speed))
        else:
            journey = CompleteJourney(now().date(), seed, weeks)
            left_out = journey.left_out
            dated = journey.baskets(now(), min(count, 200_000), promising=promising)
            pauses = _Pauses(speed)
            shift.work(pauses.follow((item.bought_at, item.basket) for item in dated), pauses.before)
        click.echo(shift.tally.words(device.register.amount, currency))
        click.echo(f"left out or changed: {left_out.words()}")
    except (ValueError, SourceMissingError) as problem:
        raise click.ClickException(str(problem)) from problem
    finally:
        if slot is not None:
            slot.close()
        if orders is not None:
            orders.close()


def _shop_time(clock_file: Path | None, zone: str) -> Callable[[], datetime]:
    local = ZoneInfo(zone)
    if clock_file is None:
        return lambda: datetime.now(local)
    return lambda: read_clock_file(clock_file).shown_at(datetime.now(UTC)).astimezone(local)


def _tap(slot: CardSlot | None, control: Path | None) -> Callable[[str], bool] | None:
    if slot is not None:
        return lambda uid: slot.tap("ntag", uid)
    if control is None:
        return None

    def by_order(uid: str) -> bool:
        try:
            return "nobody" not in send_order(control, ["tap", uid])
        except OrderError as problem:
            click.echo(f"card {uid}: {problem}", err=True)
            return False

    return by_order


class _Pauses:
    """The time between two baskets, from the receipts' own times and the speed."""

    def __init__(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError("--speed must be above 0")
        self._speed = speed
        self._pause_s = 0.0

    def follow(self, dated: Iterable[tuple[datetime, RungBasket]]) -> Iterable[RungBasket]:
        """The baskets, remembering how long after the one before each was bought."""
        last: datetime | None = None
        for bought_at, basket in dated:
            self._pause_s = 0.0 if last is None else (bought_at - last).total_seconds() / self._speed
            last = bought_at
            yield basket

    def before(self, _basket: RungBasket) -> float:
        """Seconds to wait before this basket."""
        return min(PAUSE_S_MAX, max(0.0, self._pause_s))
