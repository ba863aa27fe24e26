"""A mailing whose worker is killed with -9, again and again: each member exactly one message, or listed as in doubt.

The worker is the real program, the mail server a real one on a real socket, the provider of SMS a stand-in on one. What
was handed over and not written down yet when the worker died is the only thing that may be in doubt: at most one
message for each time it was killed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backoffice.clock import CLOCK_FILE_VARIABLE
from backoffice.consent.kinds import Channel
from backoffice.members.personal import Person
from backoffice.messaging import preparing, services
from backoffice.messaging.audience import Audience
from backoffice.messaging.claims import CLAIM_LIFE
from backoffice.messaging.kinds import ChannelRule, MailingState, State
from backoffice.messaging.models import Dispatch
from backoffice.messaging.recipients import judged
from backoffice.messaging.services import RATE_MAX, Timing
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.messages import MessageBench
from tests.support.office import OfficeBench
from tests.support.sms_stand_in import SmsProvider, sms_server
from tests.support.waiting import wait_for

SECONDS_MAX = 1_500
"""For all 10,000, on a machine that is crowded."""
ROOT = Path(__file__).parents[3]


class OfficeClockFile:
    """The clock of the worker's process, which goes at its real speed from a moment that the test sets."""

    def __init__(self, path: Path, shown: datetime) -> None:
        self.path, self.shown = path, shown
        self.forward(timedelta())

    def forward(self, by: timedelta) -> None:
        self.shown += by
        anchors = {"real_anchor": datetime.now(UTC).isoformat(), "shown_anchor": self.shown.isoformat(), "speed": 1}
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(anchors))
        beside.replace(self.path)


PART = 7
STOPS_IN_A_PART = """
import pathlib, sys, time
from backoffice.cli import main
from backoffice.messaging import preparing

part, stop_in, marker = int(sys.argv.pop(1)), int(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))
preparing.PART = part
written, real = 0, preparing.add_recipients

def add_recipients(session, *rest):
    global written
    real(session, *rest)
    written += 1
    if written == stop_in:
        marker.touch()
        time.sleep(3600)

preparing.add_recipients = add_recipients
main()
"""
"""The worker's program with small parts: it waits in the transaction of the n-th, its rows written, not committed."""
NEVER = 0


@contextmanager
def worker(
    shop: MessageBench, clock: OfficeClockFile, program: tuple[str, ...] = ("-m", "backoffice")
) -> Iterator[subprocess.Popen[bytes]]:
    settings = shop.office.settings
    command = [sys.executable, *program, "--data", str(settings.data)]
    command += ["--database-url", settings.database_url] if settings.database_url else []
    environment = os.environ | {
        CLOCK_FILE_VARIABLE: str(clock.path),
        "BACKOFFICE_MAIL_SERVER": settings.mail_server,
        "BACKOFFICE_MAIL_SENDER": settings.mail_sender,
        "BACKOFFICE_PUBLIC_URL": settings.public_url,
        "BACKOFFICE_BOUNCE_SENDER": settings.bounce_sender,
        "BACKOFFICE_SMS_PROVIDER": settings.sms_provider,
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen([*command, "worker"], env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


@pytest.mark.parametrize(
    ("members", "kills"), [pytest.param(300, 2, id="300"), pytest.param(10_000, 5, id="10000", marks=pytest.mark.slow)]
)
def test_each_member_gets_exactly_one_message_or_is_listed_in_doubt(
    bench: OfficeBench, tmp_path: Path, members: int, kills: int
) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    chance = random.Random(seed)
    mailbox = Mailbox()
    clock = OfficeClockFile(tmp_path / "clock.json", bench.clock.now())
    with smtp_server(mailbox) as address:
        shop = MessageBench(bench, address)
        ids = shop.members(Person("M", str(n), f"m{n}@example.org") for n in range(members))
        mailing_id = shop.mailing(ids)
        timing = Timing(None, "Europe/Berlin", rate_per_minute=RATE_MAX)
        shop.write(lambda tx: services.choose_timing(tx, bench.doing, mailing_id, timing))
        assert shop.launch(mailing_id) == members
        marks = sorted(chance.sample(range(1, members - 1), kills))
        for mark in marks:
            with worker(shop, clock) as process:
                wait_for("messages", lambda mark=mark: len(mailbox.messages) >= mark, SECONDS_MAX)  # type: ignore[misc]
                os.kill(process.pid, signal.SIGKILL)
                process.wait(30)
            clock.forward(CLAIM_LIFE + timedelta(minutes=1))
        with worker(shop, clock):
            wait_for("the end of the mailing", lambda: shop.row(mailing_id).state == MailingState.DONE, SECONDS_MAX)
    states = shop.states(mailing_id)
    count = Counter(states.values())
    assert set(count) <= {State.SENT, State.IN_DOUBT}, count
    assert count[State.IN_DOUBT] <= kills
    arrived = Counter(str(message["To"]) for message in mailbox.messages)
    assert set(arrived.values()) == {1}
    got = {address.removesuffix("@example.org").removeprefix("m") for address in arrived}
    doubtful = {str(number) for number, member_id in enumerate(ids) if states[member_id] == State.IN_DOUBT}
    surely = {str(number) for number, member_id in enumerate(ids) if states[member_id] == State.SENT}
    assert surely <= got
    assert got - surely <= doubtful
    assert len({str(message["Message-ID"]) for message in mailbox.messages}) == len(mailbox.messages)


def test_each_member_gets_exactly_one_sms_or_is_listed_in_doubt(bench: OfficeBench, tmp_path: Path) -> None:
    members, mark, provider = 100, 40, SmsProvider()
    clock = OfficeClockFile(tmp_path / "clock.json", bench.clock.now())
    with sms_server(provider) as address:
        shop = MessageBench(bench, sms_provider=address)
        numbers = [f"+4179123{4000 + n}" for n in range(members)]
        ids = shop.members([Person("M", str(n), phone=number) for n, number in enumerate(numbers)], Channel.SMS)
        mailing_id = shop.mailing(ids, ChannelRule.SMS)
        timing = Timing(None, "Europe/Zurich", rate_per_minute=RATE_MAX)
        shop.write(lambda tx: services.choose_timing(tx, bench.doing, mailing_id, timing))
        assert shop.launch(mailing_id) == members
        with worker(shop, clock) as process:
            wait_for("SMS", lambda: len(provider.messages) >= mark, SECONDS_MAX)
            os.kill(process.pid, signal.SIGKILL)
            process.wait(30)
        clock.forward(CLAIM_LIFE + timedelta(minutes=1))
        with worker(shop, clock):
            wait_for("the end of the mailing", lambda: shop.row(mailing_id).state == MailingState.DONE, SECONDS_MAX)
    states = shop.states(mailing_id)
    count = Counter(states.values())
    assert set(count) <= {State.SENT, State.IN_DOUBT}, count
    assert count[State.IN_DOUBT] <= 1
    arrived = Counter(fields["To"] for fields in provider.messages)
    assert set(arrived.values()) == {1}
    surely = {number for number, member_id in zip(numbers, ids, strict=True) if states[member_id] == State.SENT}
    assert surely <= set(arrived)
    assert len(set(arrived) - surely) <= count[State.IN_DOUBT]


def test_a_list_whose_writer_is_killed_in_the_middle_of_its_parts_has_everybody_once(
    bench: OfficeBench, tmp_path: Path
) -> None:
    """Killed in the first part, in the next one, twice in the same one, and in the last: each member one message."""
    members = 5 * PART - 2
    mailbox = Mailbox()
    clock = OfficeClockFile(tmp_path / "clock.json", bench.clock.now())
    with smtp_server(mailbox) as address:
        shop = MessageBench(bench, address)
        ids = shop.members(Person("P", str(n), email=f"p{n}@example.org") for n in range(members))
        mailing_id = shop.mailing([])
        timing = Timing(None, "Europe/Berlin", rate_per_minute=RATE_MAX)
        shop.write(lambda tx: services.choose_timing(tx, bench.doing, mailing_id, timing))
        shop.write(lambda tx: services.choose_audience(tx, bench.doing, mailing_id, Audience(everybody=True)))
        with shop.office.database.read() as reader:
            made = judged(reader, shop.row(mailing_id), bench.clock.now())
        assert made.messages == members
        shop.write(lambda tx: preparing.begin(tx, bench.doing, shop.row(mailing_id), members, made))
        parts = -(-made.matched // PART)
        written = 0
        for number, stop_in in enumerate((1, 2, 1, 1, parts - 1)):
            marker = tmp_path / f"in-a-part-{number}"
            with worker(shop, clock, ("-c", STOPS_IN_A_PART, str(PART), str(stop_in), str(marker))) as process:
                wait_for("the worker to be in a part", marker.exists, SECONDS_MAX)
                os.kill(process.pid, signal.SIGKILL)
                process.wait(30)
            written += stop_in - 1
            known = preparing.preparing_of(shop.row(mailing_id))
            assert known is not None
            assert known.done == min(written * PART, made.matched), "of the part in which it died nothing is left"
            assert _listed(shop, mailing_id) == sorted(set(_listed(shop, mailing_id)))
            assert not mailbox.messages, "nobody gets anything before the list is complete"
        with worker(shop, clock, ("-c", STOPS_IN_A_PART, str(PART), str(NEVER), str(tmp_path / "never"))):
            wait_for("the end of the mailing", lambda: shop.row(mailing_id).state == MailingState.DONE, SECONDS_MAX)
        assert _listed(shop, mailing_id) == sorted(ids)
    assert Counter(shop.states(mailing_id).values()) == {State.SENT: members}
    assert Counter(str(message["To"]) for message in mailbox.messages) == {
        f"p{n}@example.org": 1 for n in range(members)
    }


def _listed(shop: MessageBench, mailing_id: str) -> list[str]:
    with shop.office.database.read() as reader:
        return sorted(reader.scalars(select(Dispatch.member_id).where(Dispatch.mailing_id == mailing_id)))
