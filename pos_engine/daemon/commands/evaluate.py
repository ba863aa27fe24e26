"""`pos-engine evaluate`: price one basket with a file of campaigns. It reads and prints documents, nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from pos_engine.core.evaluate import DEFAULT_EFFORT, evaluate
from pos_engine.core.moment import Moment, moment_at
from pos_engine.core.returns import ReturnRefusedError, Reversal, exchange, undo, void
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage
from pos_engine.daemon.clock import SystemClock
from pos_engine.daemon.pretty import explanation, receipt
from pos_engine.wire.campaigns import decode_campaigns_file, decode_sold
from pos_engine.wire.documents import decode_basket, decode_member, decode_original, decode_return, decode_usage, encode
from pos_engine.wire.errors import DocumentError
from pos_engine.words import LANGUAGES

T = TypeVar("T")

EXIT_BAD_INPUT = 2
DOCUMENT_BYTES_MAX = 64_000_000
"""The largest basket the codecs accept is far smaller; a wrong file should be refused before it fills the memory."""


@click.command("evaluate")
@click.option("--campaigns", metavar="FILE", help="Campaigns and tariff (- reads standard input).")
@click.option("--basket", metavar="FILE", help="The basket.")
@click.option("--member", metavar="FILE", help="The member whose card was read; nobody when left out.")
@click.option("--usage", metavar="FILE", help="What is left of limits and budgets; untouched when left out.")
@click.option(
    "--at", metavar="ISO-INSTANT", help="When, with its offset: 2026-11-23T10:00:00+01:00. Now when left out."
)
@click.option("--zone", metavar="NAME", help="Zone of the store, like Europe/Zurich; else the offset of --at.")
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the words."
)
@click.option(
    "--effort",
    type=click.IntRange(0, 10_000_000),
    default=DEFAULT_EFFORT,
    show_default=True,
    help="Steps the search for the best price may take.",
)
@click.option("--pretty", is_flag=True, help="A receipt for people instead of JSON.")
@click.option("--return", "return_", metavar="FILE", help="Units that come back; needs --original.")
@click.option("--void", "void_", is_flag=True, help="Cancel the whole receipt of --original.")
@click.option("--original", metavar="FILE", help="The outcome of the receipt they come back from.")
@click.option("--sold", metavar="FILE", help="What it was priced with; for campaigns that price the kept goods again.")
@click.option("--explain", is_flag=True, help="Every offer's reason in words, and who gave what on which unit.")
def command(  # noqa: PLR0913 - one parameter per option
    *,
    campaigns: str | None,
    basket: str | None,
    member: str | None,
    usage: str | None,
    at: str | None,
    zone: str | None,
    language: str,
    effort: int,
    pretty: bool,
    explain: bool,
    return_: str | None,
    void_: bool,
    original: str | None,
    sold: str | None,
) -> None:
    """Price a basket with a file of campaigns and print the outcome as JSON; or undo an outcome; or both, an exchange.

    A refused document ends the program with code 2 and one message that names file, place and what to do.
    """
    if sum(name == "-" for name in (campaigns, basket, member, usage, return_, original, sold)) > 1:
        _fail("only one of the documents can come from standard input (-)")
    undone = None
    if void_ or (return_, original, sold) != (None, None, None):
        undone = _undo(return_, original, sold, whole=void_)
        if campaigns is None and basket is None:
            click.echo(encode(undone))
            return
    if campaigns is None or basket is None:
        _fail("give --campaigns and --basket, or --return and --original")
    file = _read(campaigns, decode_campaigns_file)
    goods = _read(basket, decode_basket)
    person = None if member is None else _read(member, decode_member)
    left = Usage() if usage is None else _read(usage, decode_usage)
    moment = _moment(at, zone)
    outcome = evaluate(compile_ruleset(file.campaigns, file.tariff), goods, person, left, moment, effort)
    names = {offer.offer_id: offer.name for campaign in file.campaigns for offer in campaign.offers}
    if undone is not None:
        click.echo(encode(exchange(undone, outcome)))
    elif pretty:
        click.echo(receipt(goods, outcome, file.tariff, moment, names, language))
    else:
        click.echo(encode(outcome))
    if explain:
        click.echo(explanation(outcome, file.tariff, names, language), err=not pretty)


def _undo(return_: str | None, original: str | None, sold: str | None, *, whole: bool) -> Reversal:
    """What a return, or the cancellation of the whole receipt, undoes of an outcome."""
    if original is None or (return_ is None) is not whole:
        _fail("a return needs both --return and --original, a cancellation --void and --original")
    outcome = _read(original, decode_original)
    if return_ is None:
        return void(outcome)
    returned = _read(return_, decode_return)
    inputs = None if sold is None else _read(sold, decode_sold)
    try:
        return undo(outcome, returned, inputs)
    except ReturnRefusedError as error:
        _fail(f"{return_}: {error}; correct the return")


def _read(name: str, decode: Callable[[bytes], T]) -> T:
    """Read and decode one document, or end the program with a message that says which file and where in it."""
    shown = "standard input" if name == "-" else name
    try:
        with sys.stdin.buffer if name == "-" else Path(name).open("rb") as stream:
            raw = stream.read(DOCUMENT_BYTES_MAX + 1)
        if len(raw) > DOCUMENT_BYTES_MAX:
            _fail(f"{shown}: larger than {DOCUMENT_BYTES_MAX:,} bytes; this is not such a document")
        return decode(raw)
    except OSError as error:
        _fail(f"{shown}: cannot be read: {error.strerror}; check the name and the permissions")
    except DocumentError as error:
        _fail(f"{shown}: {error}; correct this place, `pos-engine schema` shows what is allowed")


def _moment(at: str | None, zone: str | None) -> Moment:
    """The instant of the sale on the wall clock of the store."""
    place: tzinfo | None = None
    if zone is not None:
        try:
            place = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            _fail(f"--zone: {zone!r} is not a time zone; use a name such as Europe/Zurich")
    if at is None:
        return moment_at(SystemClock().now(), place or UTC)
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        _fail(f"--at: {at!r} is not an ISO 8601 instant; write it like 2026-11-23T10:00:00+01:00")
    offset = instant.tzinfo
    if offset is None:
        _fail(f"--at: {at!r} has no offset; add Z for UTC, or one such as +01:00")
    try:
        return moment_at(instant, place or offset)
    except OverflowError:
        _fail(f"--at: {at!r} lies outside the years 1 to 9999 in the store's zone or in UTC; check the year")


def _fail(text: str) -> NoReturn:
    click.echo(f"pos-engine evaluate: {text}", err=True)
    raise SystemExit(EXIT_BAD_INPUT)
