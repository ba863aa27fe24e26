"""`pos-engine replay`: campaigns over past receipts, before any till has them."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, Final, NoReturn

import click

from pos_engine.core.money import currency_exponent
from pos_engine.replay.cluster import replay_on_cluster
from pos_engine.replay.cores import cores, replay
from pos_engine.replay.draft import Trial, always
from pos_engine.replay.errors import ReplayError, SourceError
from pos_engine.replay.files import files_at
from pos_engine.replay.forecast import SEED, Forecast, forecast
from pos_engine.replay.journey import Journey
from pos_engine.replay.reach import Reached, Reaching
from pos_engine.replay.report import SECTIONS, Cells, as_json
from pos_engine.replay.tally import ReplayResult
from pos_engine.wire.campaigns import CampaignsFile, decode_campaigns_file
from pos_engine.wire.errors import DocumentError

EXIT_BAD_INPUT: Final = 2
EXIT_PARTIAL: Final = 3
"""It was stopped: what was printed is of a part."""
REAL: Final = "completejourney"
ENGINES: Final = ("processes", "dask")
"""Processes of this machine, or the workers of a cluster."""
REACH_HEAD: Final = ("campaign", "households", "eligible_baskets", "eligible_lines", "eligible_value")


@click.command("replay")
@click.option("--receipts", metavar="SOURCE", required=True, help=f"A .csv or .parquet file, a folder, or {REAL}.")
@click.option("--campaigns", metavar="FILE", help=f"What is tried; left out with {REAL}: its 27 real campaigns.")
@click.option("--running", metavar="FILE", help="What runs beside it.")
@click.option("--any-day", is_flag=True, help="As if all campaigns had run on every day of the receipts.")
@click.option(
    "--run-days", type=click.IntRange(1), help="How long one run of the campaigns is; limits count anew then."
)
@click.option("--forecast", "future", metavar="FIRST:LAST", help="What it will cost on these days, with an interval.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Of the forecast's chance.")
@click.option(
    "--csv", "csv_file", metavar="FILE", help="One table as CSV instead of everything as JSON (-: to standard output)."
)
@click.option("--by", type=click.Choice(tuple(SECTIONS)), default="campaign", show_default=True, help="Which table.")
@click.option("--workers", type=click.IntRange(1, 1024), help="Processes; else one per core.")
@click.option("--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True, help="Who counts.")
@click.option("--scheduler", metavar="ADDRESS", help="Of dask's workers (tcp://host:8786); else processes here.")
def command(  # noqa: PLR0913 - one parameter per option
    *,
    receipts: str,
    campaigns: str | None,
    running: str | None,
    any_day: bool,
    run_days: int | None,
    future: str | None,
    seed: int,
    csv_file: str | None,
    by: str,
    workers: int | None,
    engine: str,
    scheduler: str | None,
) -> None:
    """Run campaigns over past receipts with the rule core of the tills, and say what they would have given.

    Ctrl-C prints what was counted so far and ends with code 3.
    """
    days = None if future is None else _days(future)
    try:
        if campaigns is None:
            if receipts != REAL:
                _fail("--campaigns names the file with what is tried")
            _reach(csv_file)
            return
        tried = _campaigns(campaigns)
        beside = CampaignsFile(()) if running is None else _campaigns(running)
        drafts, others = tried.campaigns, beside.campaigns
        if any_day:
            drafts, others = tuple(map(always, drafts)), tuple(map(always, others))
        last_day = max((campaign.ends_on for campaign in drafts), default=date.max)
        trial = Trial(drafts, others, tried.tariff, restart_days=run_days, last_day=last_day)
        with _progress("receipts", 0) as show:
            found = _count(trial, receipts, engine, scheduler, workers or cores(), show)
    except (SourceError, ReplayError, ValueError) as error:
        _fail(str(error))
    _write(found, _forecast(found, days, seed), tried.tariff.currency, csv_file, by)
    if found.partial:
        click.echo(f"pos-engine replay: stopped; the sums are of the first {found.receipts:,} receipts", err=True)
        raise SystemExit(EXIT_PARTIAL)


def _count(
    trial: Trial, receipts: str, engine: str, scheduler: str | None, workers: int, show: Callable[[int], None]
) -> ReplayResult:
    if engine == ENGINES[0]:
        if scheduler is not None:
            _fail(f"--scheduler is for --engine {ENGINES[1]}")
        if receipts == REAL:
            return replay(trial, Journey().receipts(), workers=workers, progress=show)
    elif receipts == REAL:
        _fail(f"--engine {engine} reads files, which all its workers see under the same name; {REAL} is none")
    files = files_at(Path(receipts))
    if engine == ENGINES[1]:
        return replay_on_cluster(trial, files, scheduler=scheduler, workers=workers, progress=show)
    files.check(trial)
    return replay(trial, files.parts(), workers=workers, progress=show)


def _reach(csv_file: str | None) -> None:
    """The real campaigns: whom they could have reached."""
    journey = Journey()
    reaching = Reaching(journey.campaigns())
    done, stopped = 0, False
    with _progress("lines", journey.rows_total()) as show:
        try:
            for lines in journey.bought():
                reaching.add(lines)
                done += len(lines)
                show(done)
        except KeyboardInterrupt:
            stopped = True
    _table(csv_file or "-", REACH_HEAD, map(_reach_row, reaching.rows()))
    if stopped:
        click.echo(f"pos-engine replay: stopped; the sums are of the first {done:,} lines", err=True)
        raise SystemExit(EXIT_PARTIAL)


def _reach_row(row: Reached) -> Cells:
    value = _decimal(row.eligible_value_minor, 2)
    return (row.campaign, row.households, row.eligible_baskets, row.eligible_lines, value)


def _forecast(found: ReplayResult, days: tuple[date, date] | None, seed: int) -> Forecast | None:
    if days is None or found.first_day is None or found.last_day is None:
        return None
    cost = {day: row.cost_minor for day, row in found.days.items()}
    return forecast(cost, (found.first_day, found.last_day), days, seed=seed)


def _write(found: ReplayResult, ahead: Forecast | None, currency: str, csv_file: str | None, by: str) -> None:
    if csv_file is None:
        click.echo(as_json(found, ahead))
        return
    head, rows = SECTIONS[by]
    exponent = currency_exponent(currency)
    _table(csv_file, head, rows(found, lambda minor: _decimal(minor, exponent)))
    if ahead is not None:
        low, middle, high = (
            _decimal(each, exponent) for each in (ahead.low_minor, ahead.expected_minor, ahead.high_minor)
        )
        click.echo(f"forecast for {ahead.days} days: {middle} {currency}, 90 % between {low} and {high}", err=True)


def _table(name: str, head: Cells, rows: Iterable[Cells]) -> None:
    try:
        with _opened(name) as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(head)
            writer.writerows(rows)
    except OSError as error:
        _fail(f"{name}: cannot be written: {error.strerror}")


@contextmanager
def _opened(name: str) -> Iterator[IO[str]]:
    if name == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    with Path(name).open("w", newline="", encoding="utf-8") as stream:
        yield stream


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Shows how far it is on standard error: a bar on a terminal, a line for each tenth elsewhere."""
    terminal = sys.stderr.isatty()
    shown = -1

    def show(done: int) -> None:
        nonlocal shown
        step = 100 * done // total if total else done // 10_000
        if step == shown or not (terminal or total == 0 or step // 10 > shown // 10):
            return
        shown = step
        bar = f"[{'#' * (step // 4):25}] {step:3} % of {total:,} {what}" if total else f"{done:,} {what}"
        click.echo(f"\r{bar}" if terminal else bar, err=True, nl=not terminal)

    yield show
    if terminal:
        click.echo(err=True)


def _decimal(minor: int, exponent: int) -> str:
    whole, part = divmod(abs(minor), 10**exponent)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole}.{part:0{exponent}}" if exponent else f"{sign}{whole}"


def _campaigns(name: str) -> CampaignsFile:
    try:
        return decode_campaigns_file(Path(name).read_bytes())
    except OSError as error:
        _fail(f"{name}: cannot be read: {error.strerror}; check the name and the permissions")
    except DocumentError as error:
        _fail(f"{name}: {error}; correct this place, `pos-engine schema` shows what is allowed")


def _days(text: str) -> tuple[date, date]:
    first, _colon, last = text.partition(":")
    try:
        days = (date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        _fail(f"--forecast: {text!r} is not two days; write it like 2026-12-01:2026-12-31")
    if days[1] < days[0]:
        _fail(f"--forecast: {days[1]} is before {days[0]}")
    return days


def _fail(text: str) -> NoReturn:
    click.echo(f"pos-engine replay: {text}", err=True)
    raise SystemExit(EXIT_BAD_INPUT)
