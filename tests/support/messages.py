"""A back-office that can write to members: people who allow it, a mailing to them, a worker's turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Said, record
from backoffice.db import run_in_tx
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, create_member
from backoffice.messaging import services
from backoffice.messaging.audience import Audience
from backoffice.messaging.content import Button, Content, EmailText, Heading, Paragraph
from backoffice.messaging.kinds import ChannelRule
from backoffice.messaging.models import Dispatch, Mailing
from backoffice.messaging.recipients import judged
from backoffice.messaging.sending import LINES, Opener, send_due
from backoffice.messaging.services import Draft
from tests.support.office import OfficeBench

MARKETING = Purpose.MARKETING
PUBLIC_URL = "https://shop.example.org"
CONTENT = Content(
    "en",
    {
        "en": EmailText(
            "Hello {{ first_name | friend }}",
            "Fresh rolls",
            (
                Heading("Dear {{ first_name | friend }}"),
                Paragraph("Rolls are 10 % off.\nToday only."),
                Button("Look", "https://bakery.example.org/rolls?from=mail&n=1"),
            ),
        ),
        "de": EmailText("Hallo {{ first_name }}", "", (Paragraph("Brötchen 10 % billiger, {{ first_name }}."),)),
    },
    {"en": "Hello {{ first_name | friend }}, rolls are 10 % off. Stop: reply STOP"},
    {"de": {"first_name": "Kundin, Kunde"}},
)


Result = TypeVar("Result")


class MessageBench:
    """The bakery with a mail server (and an SMS provider) where the test has them."""

    def __init__(self, bench: OfficeBench, mail_server: str = "", sms_provider: str = "") -> None:
        self.bench = bench
        settings = replace(
            bench.office.settings,
            mail_server=mail_server,
            mail_sender="Bakery <shop@example.org>" if mail_server else "",
            public_url=PUBLIC_URL,
            bounce_sender="bounces@mail.example.org",
            sms_provider=sms_provider,
        )
        self.office = replace(bench.office, settings=settings)
        self.organisation_id = bench.organisation_id

    def write(self, work: Callable[[Session], Result]) -> Result:
        return run_in_tx(self.office.database.write, work)

    def member(self, person: Person, *channels: Channel, language: str = "en", purpose: Purpose = MARKETING) -> str:
        """A member who allows these channels for a purpose."""
        return self.members([person], *(channels or (Channel.EMAIL,)), language=language, purpose=purpose)[0]

    def members(
        self, persons: Iterable[Person], *channels: Channel, language: str = "en", purpose: Purpose = MARKETING
    ) -> list[str]:
        doing = self.bench.doing

        def work(tx: Session) -> list[str]:
            made = [create_member(tx, doing, MemberInput(each, language=language)).member_id for each in persons]
            said = [
                Said(
                    member_id, channel, purpose, Decision.GRANTED, Source.PAPER_FORM, doing.clock.now(),
                    wording="May we write?", language=language,
                )
                for member_id in made
                for channel in channels or (Channel.EMAIL,)
            ]  # fmt: skip
            record(tx, doing, said)
            return made

        return self.write(work)

    def withdraws(self, member_id: str, channel: Channel = Channel.EMAIL, purpose: Purpose = MARKETING) -> None:
        doing = self.bench.doing
        said = Said(member_id, channel, purpose, Decision.WITHDRAWN, Source.SPOKEN, doing.clock.now())
        self.write(lambda tx: record(tx, doing, [said]))

    def mailing(
        self,
        member_ids: Sequence[str],
        rule: ChannelRule = ChannelRule.EMAIL,
        content: Content = CONTENT,
        purpose: Purpose = MARKETING,
    ) -> str:
        """A draft to these members."""
        draft = Draft("Rolls", purpose, rule, Audience(tuple(member_ids)), content)
        return self.write(lambda tx: services.create_mailing(tx, self.bench.doing, draft).mailing_id)

    def launch(self, mailing_id: str) -> int:
        """Send it, with the number typed as it is; how many messages that are."""

        def work(tx: Session) -> int:
            mailing = tx.get_one(Mailing, (self.organisation_id, mailing_id))
            count = judged(tx, mailing, self.office.clock.now()).messages
            services.launch(tx, self.bench.doing, mailing_id, count)
            return count

        return self.write(work)

    def turn(self, lines: Mapping[Channel, Opener] = LINES) -> int:
        """What the worker does at one tick."""
        return send_due(self.office, lines)

    def row(self, mailing_id: str) -> Mailing:
        with self.office.database.read() as reader:
            return reader.get_one(Mailing, (self.organisation_id, mailing_id))

    def dispatches(self, mailing_id: str) -> dict[str, Dispatch]:
        """By member; where a member has two, the one of the later channel by name."""
        with self.office.database.read() as reader:
            rows = reader.scalars(
                select(Dispatch).where(Dispatch.mailing_id == mailing_id).order_by(Dispatch.channel)
            ).all()
        return {row.member_id: row for row in rows}

    def states(self, mailing_id: str) -> dict[str, str]:
        return {member_id: row.state for member_id, row in self.dispatches(mailing_id).items()}
