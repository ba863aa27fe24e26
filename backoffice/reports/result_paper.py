"""The result of a campaign as a report on paper: the figures of its page, with drawings that read in grey."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from backoffice.campaigns.models import Campaign
from backoffice.i18n import _l
from backoffice.papers.blocks import Bar, Bars, Block, Heading, Interval, Paper, Table, Text
from backoffice.papers.speaker import Speaker
from backoffice.reports import result_words
from backoffice.reports.comparison import Answered, Comparison
from backoffice.reports.results import CampaignResults
from pos_engine.core.money import currency_exponent, divide_half_up


def result_paper(
    speaker: Speaker, shop: str, campaign: Campaign, results: CampaignResults, matched: int, today: date
) -> Paper:
    """The report as things stand today. `matched`: members who met the conditions when it was published."""
    say, days = speaker.say, results.days
    about = [shop]
    if days is not None:
        about.append(f"{speaker.day(days.first)} \N{EN DASH} {speaker.day(days.last)}")
    return Paper(
        title=f"{say(_l('Result'))}: {campaign.name}",
        about=about,
        blocks=[
            *_looks(speaker, results),
            *_earned(speaker, results),
            *_funnel(speaker, results, matched),
            *_motives(speaker, results),
            *_before(speaker, results, today),
        ],
        language=speaker.language,
        foot=say(_l("%(shop)s, figures as of %(day)s"), shop=shop, day=speaker.day(today)),
    )


def _looks(speaker: Speaker, results: CampaignResults) -> Iterator[Block]:
    say, money, figures = speaker.say, speaker.money, results.figures
    spent = results.revenue_per_unit_bp
    exponent = currency_exponent(speaker.currency)
    per_unit = None if spent is None else divide_half_up(spent * 10**exponent, 10_000)
    yield Heading(say(_l("As it looks")))
    yield Text(
        say(_l("All receipts on which the campaign gave something. Many of these customers would have come anyway.")),
        "small",
    )
    channels = {"sms": say(_l("Sent by SMS")), "email": say(_l("Sent by e-mail")), "letter": say(_l("Sent by letter"))}
    sent = sorted(results.messages.sent.items())
    yield Table(
        (),
        [
            *((channels.get(channel, channel), speaker.number(count)) for channel, count in sent),
            (say(_l("Receipts with it")), speaker.number(figures.receipts)),
            (say(_l("Campaign revenue")), money(figures.campaign_revenue_minor)),
            (say(_l("Total revenue")), money(figures.total_revenue_minor)),
            (say(_l("Discounts")), money(figures.cost_minor)),
            (say(_l("Messages")), money(results.message_cost_minor)),
            (say(_l("Cost of the campaign")), money(results.cost_minor)),
            (say(_l("Campaign revenue for each 1 spent")), money(per_unit)),
            (say(_l("Discount")), speaker.percent(figures.discount_bp)),
            (say(_l("Average receipt")), money(figures.average_receipt_minor)),
        ],
    )
    counts = (
        (say(_l("Coupons issued")), figures.issued),
        (say(_l("Coupons redeemed")), figures.redeemed),
        (say(_l("Coupons open")), figures.open),
    )
    if figures.issued:
        yield _bars(speaker, counts)


def _earned(speaker: Speaker, results: CampaignResults) -> Iterator[Block]:
    say, compared = speaker.say, results.comparison
    yield Heading(say(_l("What it really earned")))
    if results.days is None:
        yield Text(say(_l("The campaign was not published yet.")))
    elif not results.came.members:
        yield Text(
            say(
                _l(
                    "Everybody can use this campaign, so there is nobody to compare with. Give it to members, and hold"
                    " some out, to learn what it earns."
                )
            )
        )
    elif compared is None:
        yield Text(say(_l("Result on %(day)s"), day=speaker.day(results.days.result_on)), "strong")
        yield Text(
            say(
                _l(
                    "It is compared once, when the campaign is over and all tills have sent what they sold. Whoever"
                    " looks earlier sees effects that are none."
                )
            )
        )
    elif not compared.held_out:
        yield from _not_causal(speaker, compared)
    else:
        yield from _compared(speaker, results, compared)


def _not_causal(speaker: Speaker, compared: Comparison) -> Iterator[Block]:
    say = speaker.say
    yield Text(say(_l("Cannot tell")), "strong")
    yield Text(say(result_words.WHY["no_hold_out"]))
    looks = (
        (_l("Members who got it spent more than the others"), compared.naive),
        (_l("Of that, more than in as many days before"), compared.change),
    )
    found = [(name, each) for name, each in looks if each is not None]
    if found:
        yield Text(say(_l("These two figures are not caused by the campaign:")))
        yield Table((), [(say(name), speaker.more(each.estimate), _between(speaker, each)) for name, each in found])


def _compared(speaker: Speaker, results: CampaignResults, compared: Comparison) -> Iterator[Block]:
    say, number, money = speaker.say, speaker.number, speaker.money
    yield Text(
        say(
            _l(
                "%(first)s to %(last)s: %(treated)s members got it, %(held_out)s were held out by lot. All of them"
                " count, whether they used it or not."
            ),
            first=speaker.day(compared.first),
            last=speaker.day(compared.last),
            treated=number(compared.treated),
            held_out=number(compared.held_out),
        )
    )
    yield from _answer(speaker, say(_l("Came back")), say(result_words.RATE), compared.rate, shares=True)
    yield from _answer(speaker, say(_l("Spent more, for each member")), say(result_words.MONEY), compared.money)
    if compared.cap_minor is not None:
        title = say(_l("Spent more, counted up to %(cap)s"), cap=money(compared.cap_minor))
        yield from _answer(speaker, title, say(result_words.CAPPED), compared.capped)
    if not compared.money.why:
        together = [
            speaker.more(results.earned_minor(each))
            for each in (compared.money.estimate, compared.money.low, compared.money.high)
        ]
        yield Text(
            say(
                _l("All who got it together, less the messages: %(estimate)s, between %(low)s and %(high)s."),
                estimate=together[0],
                low=together[1],
                high=together[2],
            )
        )
    groups = (
        (_l("Got it"), compared.treated, compared.came_treated, compared.spent_treated_minor),
        (_l("Held out"), compared.held_out, compared.came_held_out, compared.spent_held_out_minor),
    )
    yield Table(
        ("", say(_l("Members")), say(_l("Came")), say(_l("Spent"))),
        [(say(name), number(members), number(came), money(spent)) for name, members, came, spent in groups],
    )


def _answer(speaker: Speaker, title: str, says: str, found: Answered, *, shares: bool = False) -> Iterator[Block]:
    say = speaker.say
    written = speaker.points if shares else speaker.more
    if found.why:
        yield Text(f"{title}: {say(_l('Cannot tell'))}", "strong")
        yield Text(say(result_words.WHY[found.why]))
        yield Text(says, "small")
        return
    estimate, low, high = (written(each) for each in (found.estimate, found.low, found.high))
    shown = say(_l("%(points)s points"), points=estimate) if shares else estimate
    yield Text(f"{title}: {shown}", "strong")
    chance = _l("This is more than chance.") if found.claims else _l("This may be chance.")
    yield Text(
        say(_l("between %(low)s and %(high)s (95 of 100 such intervals hold the truth)"), low=low, high=high)
        + ". "
        + say(chance)
    )
    yield Interval(found.low, found.estimate, found.high, (low, estimate, high))
    yield Text(says, "small")


def _funnel(speaker: Speaker, results: CampaignResults, matched: int) -> Iterator[Block]:
    if not matched:
        return
    say = speaker.say
    yield Heading(say(_l("From matched to redeemed")))
    yield _bars(
        speaker,
        (
            (say(_l("Matched")), matched),
            (say(_l("Got it")), results.came.members),
            (say(_l("Came")), results.came.count("came")),
            (say(_l("Redeemed")), results.figures.redeemed),
        ),
    )


def _motives(speaker: Speaker, results: CampaignResults) -> Iterator[Block]:
    came = results.came
    if not came.members:
        return
    yield Heading(speaker.say(_l("Who came, and for what")))
    yield Bars(
        [
            Bar(
                speaker.say(result_words.MOTIVES[motive]),
                came.share_bp(motive) or 0,
                f"{speaker.percent(came.share_bp(motive))} ({speaker.number(came.count(motive))})",
            )
            for motive in came.shown
        ]
    )
    yield Text(speaker.say(_l("The first is a share of those who got it, the others of those who came.")), "small")


def _before(speaker: Speaker, results: CampaignResults, today: date) -> Iterator[Block]:
    if results.days is None:
        return
    say, figures = speaker.say, results.figures
    now = say(_l("So far")) if today <= results.days.last else say(_l("In its days"))
    before = say(_l("As many days before"))
    yield Heading(say(_l("Against the days before")))
    yield Bars(
        [
            Bar(before, results.before_revenue_minor, speaker.money(results.before_revenue_minor), hatched=True),
            Bar(now, figures.total_revenue_minor, speaker.money(figures.total_revenue_minor)),
        ],
        title=say(_l("Total revenue")),
    )
    yield Bars(
        [
            Bar(before, results.before_receipts, speaker.number(results.before_receipts), hatched=True),
            Bar(now, figures.total_receipts, speaker.number(figures.total_receipts)),
        ],
        title=say(_l("Receipts")),
    )


def _bars(speaker: Speaker, counts: tuple[tuple[str, int], ...]) -> Bars:
    return Bars([Bar(label, count, speaker.number(count)) for label, count in counts])


def _between(speaker: Speaker, found: Answered) -> str:
    return speaker.say(_l("between %(low)s and %(high)s"), low=speaker.more(found.low), high=speaker.more(found.high))
