"""The reports as papers: what is printed, mailed and shown on the page is one and the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy.orm import Session

from backoffice.i18n import _l
from backoffice.network import tree
from backoffice.network.figures import FEW, figures_below
from backoffice.organisations.models import Organisation, Store
from backoffice.organisations.services import stores_of
from backoffice.papers.blocks import Bar, Bars, Block, Heading, Paper, Table, Text
from backoffice.papers.speaker import Speaker
from backoffice.regular_reports.figures import (
    AWAY_DAYS,
    LOST_DAYS,
    SECOND_WITHIN_DAYS,
    YEARS_OF_A_MEMBER,
    Care,
    Share,
    attempts_in,
    came_in,
    care_of,
    store_in,
)
from backoffice.regular_reports.kinds import KIND_NAMES, Every, Kind, Period
from backoffice.regular_reports.steps import Steps

PERIODS_DRAWN: Final = 6
CHANNEL_NAMES: Final = {"email": _l("E-mail"), "sms": _l("SMS"), "letter": _l("Letter")}


def report_paper(
    session: Session,
    speaker: Speaker,
    organisation: Organisation,
    kind: Kind,
    period: Period,
    store_id: str = "",
    *,
    below: bool = False,
    steps: Steps | None = None,
) -> Paper:
    """A report of one period, with the period before beside it.

    `below`: whoever reads it leads the organisations below this one; "Stores side by side" has them too then.
    `steps`: hears how far it is.
    """
    store = session.get(Store, (organisation.organisation_id, store_id)) if store_id else None
    days = f"{speaker.day(period.first)} \N{EN DASH} {speaker.day(period.last)}"
    make = _network if kind is Kind.NETWORK else _care
    blocks = list(make(session, speaker, organisation.organisation_id, period, store_id, steps or Steps()))
    if below and kind is Kind.NETWORK and not store_id:
        blocks += _below(session, speaker, organisation.organisation_id, period)
    return Paper(
        title=speaker.say(KIND_NAMES[kind]),
        about=[
            " \N{MIDDLE DOT} ".join(each for each in (organisation.name, store.name if store else "") if each),
            days,
        ],
        blocks=blocks,
        language=speaker.language,
        foot=f"{organisation.name}, {days}",
    )


def _care(
    session: Session, speaker: Speaker, organisation_id: str, period: Period, store_id: str, steps: Steps
) -> Iterator[Block]:
    say = speaker.say
    steps.expect(2 + PERIODS_DRAWN)
    now = care_of(session, organisation_id, period, store_id)
    steps.one()
    before = care_of(session, organisation_id, period.before, store_id)
    steps.one()
    if not now.came:
        yield Text(say(_l("No member bought anything in these days.")), "strong")
    headers = ("", say(_l("In these days")), say(_l("As many days before")))
    if period.every is Every.MONTH:
        headers = ("", say(_l("This month")), say(_l("The month before")))
    yield Table(headers, list(_care_rows(speaker, now, before)))
    yield Heading(say(_l("Who comes again, and who stays away")))
    yield Table(headers, list(_share_rows(speaker, now, before)))
    yield Text(say(_l("In brackets: so many of so many. Nothing here says why they came or stayed away.")), "small")
    yield Heading(say(_l("Members who came")))
    yield _over_time(session, speaker, organisation_id, period, store_id, steps)
    yield Heading(say(_l("What was sent to members")))
    tried = attempts_in(session, organisation_id, period)
    if not tried:
        yield Text(say(_l("No message was sent in these days.")))
    yield Table(
        ("", say(_l("Sent")), say(_l("Came back")), say(_l("Failed"))) if tried else (),
        [
            (say(CHANNEL_NAMES.get(channel, channel)), *map(speaker.number, (each.sent, each.came_back, each.failed)))
            for channel, each in sorted(tried.items())
        ],
    )


def _care_rows(speaker: Speaker, now: Care, before: Care) -> Iterator[Sequence[str]]:
    say, number, money = speaker.say, speaker.number, speaker.money
    yield say(_l("Members who came")), number(now.came), number(before.came)
    yield say(_l("for the first time")), number(now.new), number(before.new)
    yield (
        say(_l("again after more than %(days)s days"), days=AWAY_DAYS),
        number(now.came_back),
        number(before.came_back),
    )
    yield say(_l("Spent by members")), money(now.spent_minor), money(before.spent_minor)
    yield (
        say(_l("Value of a member: spent in a year, for %(years)s years"), years=YEARS_OF_A_MEMBER),
        money(now.value_minor),
        money(before.value_minor),
    )


def _share_rows(speaker: Speaker, now: Care, before: Care) -> Iterator[Sequence[str]]:
    def told(share: Share) -> str:
        return f"{speaker.percent(share.bp)} ({speaker.number(share.part)} / {speaker.number(share.whole)})"

    say = speaker.say
    yield say(_l("Came in the period before, and again")), told(now.again), told(before.again)
    yield (
        say(_l("Came a second time within %(days)s days of the first"), days=SECOND_WITHIN_DAYS),
        told(now.second),
        told(before.second),
    )
    yield (
        say(_l("Away: last seen %(least)s to %(most)s days ago"), least=AWAY_DAYS, most=LOST_DAYS),
        told(now.away),
        told(before.away),
    )


def _network(
    session: Session, speaker: Speaker, organisation_id: str, period: Period, store_id: str, steps: Steps
) -> Iterator[Block]:
    say, number, money = speaker.say, speaker.number, speaker.money
    stores = [each for each in stores_of(session, organisation_id) if store_id in {"", each.store_id}]
    steps.expect(2 * len(stores))
    now = [store_in(session, store, period, steps) for store in stores]
    old = {store.store_id: store_in(session, store, period.before, steps) for store in stores}
    if not any(each.receipts or each.revenue_minor for each in now):
        yield Text(say(_l("Nothing was sold in these days.")), "strong")
    yield Table(
        (say(_l("Store")), say(_l("Receipts")), say(_l("Revenue")), say(_l("Before")), say(_l("Members who came"))),
        [
            *(
                (
                    each.name,
                    number(each.receipts),
                    money(each.revenue_minor),
                    money(old[each.store_id].revenue_minor),
                    number(each.members),
                )
                for each in now
            ),
            (
                say(_l("All together")),
                number(sum(each.receipts for each in now)),
                money(sum(each.revenue_minor for each in now)),
                money(sum(old[each.store_id].revenue_minor for each in now)),
                number(came_in(session, organisation_id, period, store_id)),
            ),
        ],
    )
    yield Text(say(_l("Whoever came to two stores counts in both, and once in all together.")), "small")
    for each in now:
        before = old[each.store_id]
        yield Heading(each.name)
        yield Bars(
            [
                Bar(say(_l("Before")), before.revenue_minor, money(before.revenue_minor), hatched=True),
                Bar(say(_l("In these days")), each.revenue_minor, money(each.revenue_minor)),
            ],
            title=say(_l("Revenue")),
        )


def _below(session: Session, speaker: Speaker, organisation_id: str, period: Period) -> Iterator[Block]:
    """What each organisation below sold in all; nothing where there is none."""
    say, number = speaker.say, speaker.number
    branches = [each for each in tree.below(session, organisation_id) if each.organisation.closed_at is None]
    if not branches:
        return
    ids = [each.organisation_id for each in branches]
    now = figures_below(session, ids, period.first, period.last)
    old = figures_below(session, ids, period.before.first, period.before.last)
    few = say(_l("fewer than %(few)s"), few=FEW)
    yield Heading(say(_l("Organisations below")))
    rows = []
    for each in branches:
        found, own = now[each.organisation_id], Speaker(speaker.language, each.organisation.currency)
        rows.append(
            (
                " / ".join((*each.path, each.organisation.name)),
                number(found.receipts),
                own.money(found.revenue_minor),
                own.money(old[each.organisation_id].revenue_minor),
                few if found.members is None else number(found.members),
            )
        )
    headers = (_l("Organisation"), _l("Receipts"), _l("Revenue"), _l("Before"), _l("Members who came"))
    yield Table(tuple(map(say, headers)), rows)
    yield Text(say(_l("Each in its own currency. Whose customers they are stays with each of them.")), "small")


def _over_time(
    session: Session, speaker: Speaker, organisation_id: str, period: Period, store_id: str, steps: Steps
) -> Bars:
    """The last periods, the oldest first."""
    bars: list[Bar] = []
    for _each in range(PERIODS_DRAWN):
        came = came_in(session, organisation_id, period, store_id)
        steps.one()
        days = f"{speaker.day(period.first)} \N{EN DASH} {speaker.day(period.last)}"
        bars.append(Bar(days, came, speaker.number(came), hatched=bool(bars)))
        period = period.before
    return Bars(bars[::-1])
