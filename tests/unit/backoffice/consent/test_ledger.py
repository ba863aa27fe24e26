"""The ledger: only added to, the latest decision counts, and what may carry a purpose."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backoffice.audit.services import history
from backoffice.consent.contact import Reason, may_contact, may_contact_many
from backoffice.consent.kinds import Basis, Channel, Decision, Purpose, Source, bases_for
from backoffice.consent.ledger import Said, history_of, record
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.members.erasure import erase
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, create_member
from tests.support.office import MONDAY, OfficeBench

ADA = Person("Ada", "Lovelace", "ada@example.org", "+49 170 1234567", "Bakers' Lane 1", "10115", "Berlin")


def member(bench: OfficeBench, person: Person = ADA) -> str:
    return run_in_tx(
        bench.office.database.write, lambda tx: create_member(tx, bench.doing, MemberInput(person)).member_id
    )


def told(member_id: str, decision: Decision, day: datetime = MONDAY, **changes: object) -> Said:
    values: dict[str, object] = {
        "channel": Channel.EMAIL,
        "purpose": Purpose.MARKETING,
        "source": Source.PAPER_FORM,
        "wording": "May we write?",
        "language": "en",
    } | changes
    return Said(member_id=member_id, decision=decision, given_at=day, **values)  # type: ignore[arg-type]  # told by name


def wrote(bench: OfficeBench, *said: Said) -> None:
    run_in_tx(bench.office.database.write, lambda tx: record(tx, bench.doing, said))


def asked(
    bench: OfficeBench,
    member_id: str,
    channel: Channel = Channel.EMAIL,
    purpose: Purpose = Purpose.MARKETING,
    at: datetime = MONDAY,
) -> Reason:
    with bench.office.database.read() as reader:
        return may_contact(reader, bench.organisation_id, member_id, channel, purpose, at).reason


def test_nobody_is_written_to_without_a_decision_and_each_purpose_and_channel_has_its_own(bench: OfficeBench) -> None:
    ada = member(bench)
    every = list(itertools.product(Channel, Purpose))
    assert {asked(bench, ada, channel, purpose) for channel, purpose in every} == {Reason.NO_CONSENT}
    wrote(bench, told(ada, Decision.GRANTED, channel=Channel.SMS, purpose=Purpose.SERVICE, basis=Basis.CONTRACT))
    allowed = [each for each in every if asked(bench, ada, *each) is Reason.ALLOWED]
    assert allowed == [(Channel.SMS, Purpose.SERVICE)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_latest_decision_of_the_member_counts_in_whatever_order_they_are_written_down(
    bench: OfficeBench, order: tuple[int, ...]
) -> None:
    ada = member(bench)
    days = [MONDAY - timedelta(days=each) for each in (30, 20, 10)]
    said = [
        told(ada, decision, day)
        for decision, day in zip((Decision.GRANTED, Decision.WITHDRAWN, Decision.GRANTED), days, strict=True)
    ]
    for place in order:
        wrote(bench, said[place])
    states = [asked(bench, ada, at=day) for day in (days[0] - timedelta(1), *days, MONDAY)]
    assert states == [Reason.NO_CONSENT, Reason.ALLOWED, Reason.WITHDRAWN, Reason.ALLOWED, Reason.ALLOWED]


def test_of_two_decisions_of_one_moment_the_one_written_last_counts(bench: OfficeBench) -> None:
    ada = member(bench)
    wrote(bench, told(ada, Decision.GRANTED))
    wrote(bench, told(ada, Decision.WITHDRAWN))
    assert asked(bench, ada) is Reason.WITHDRAWN


@pytest.mark.parametrize(
    ("channel", "gone"),
    [
        (Channel.EMAIL, {"email": ""}),
        (Channel.SMS, {"phone": ""}),
        (Channel.PHONE, {"phone": ""}),
        (Channel.LETTER, {"street": ""}),
        (Channel.LETTER, {"town": ""}),
    ],
)
def test_a_consent_without_an_address_allows_nothing(
    bench: OfficeBench, channel: Channel, gone: dict[str, str]
) -> None:
    whole = member(bench)
    without = member(bench, Person(**{**{n: getattr(ADA, n) for n in ADA.__dataclass_fields__}, **gone}))
    wrote(bench, *(told(each, Decision.GRANTED, channel=channel) for each in (whole, without)))
    assert asked(bench, whole, channel) is Reason.ALLOWED
    assert asked(bench, without, channel) is Reason.NO_ADDRESS


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"day": MONDAY + timedelta(seconds=1)}, "future"),
        ({"wording": ""}, "words that were shown"),
        ({"channel": Channel.PHONE, "basis": Basis.LEGITIMATE_INTEREST}, "legal basis"),
        ({"basis": Basis.CONTRACT}, "legal basis"),
        ({"channel": Channel.LETTER, "basis": Basis.EXISTING_CUSTOMER}, "legal basis"),
        ({"note": "x" * 201}, "200 characters"),
    ],
)
def test_what_proves_nothing_is_refused(bench: OfficeBench, changes: dict[str, object], says: str) -> None:
    ada = member(bench)
    said = told(ada, Decision.GRANTED, **changes)  # type: ignore[arg-type]  # a table of keywords
    with pytest.raises(InputError, match=says):
        wrote(bench, said)
    assert asked(bench, ada) is Reason.NO_CONSENT


def test_a_consent_carries_everything_and_advertising_by_phone_nothing_else() -> None:
    assert all(bases_for(channel, purpose)[0] is Basis.CONSENT for channel in Channel for purpose in Purpose)
    assert bases_for(Channel.PHONE, Purpose.MARKETING) == (Basis.CONSENT,)


@pytest.mark.parametrize("table", ["consent_entry", "consent_wording"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET organisation_id = organisation_id", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_or_delete(bench: OfficeBench, table: str, statement: str) -> None:
    ada = member(bench)
    wrote(bench, told(ada, Decision.GRANTED))
    with pytest.raises(DBAPIError, match="only added to"), bench.office.database.write() as session:
        session.execute(sa.text(statement.format(table)))
    assert asked(bench, ada) is Reason.ALLOWED


def test_an_entry_says_what_was_shown_by_whom_and_where_the_paper_lies(bench: OfficeBench) -> None:
    ada = member(bench)
    wrote(bench, told(ada, Decision.GRANTED, MONDAY - timedelta(2), note="folder 7"))
    wrote(bench, told(ada, Decision.WITHDRAWN, source=Source.SPOKEN))
    with bench.office.database.read() as reader:
        back, given = history_of(reader, bench.organisation_id, ada)
        acts = [each.action for each in history(reader, bench.organisation_id, "member", ada)]
    assert (given.wording, given.note, given.entry.basis) == ("May we write?", "folder 7", "consent")
    assert (given.entry.given_at, given.entry.recorded_at) == (MONDAY - timedelta(2), MONDAY)
    assert given.entry.actor == bench.doing.actor
    assert (back.wording, back.note, back.entry.basis, back.entry.source) == ("", "", "", "spoken")
    assert acts[:2] == ["consent_withdrawn", "consent_granted"]


def test_an_erased_member_is_not_written_to_and_the_proof_stays_without_the_note(bench: OfficeBench) -> None:
    ada = member(bench)
    wrote(bench, told(ada, Decision.GRANTED, note="folder 7, Ada's aunt signed"))
    run_in_tx(bench.office.database.write, lambda tx: erase(tx, bench.doing, ada))
    assert asked(bench, ada) is Reason.ERASED
    assert asked(bench, "never-there") is Reason.UNKNOWN_MEMBER
    with bench.office.database.read() as reader:
        (line,) = history_of(reader, bench.organisation_id, ada)
    assert (line.wording, line.note) == ("May we write?", "")


def test_another_organisation_sees_and_changes_nothing(bench: OfficeBench) -> None:
    ada = member(bench)
    wrote(bench, told(ada, Decision.GRANTED))
    other = bench.other_organisation()
    with bench.office.database.read() as reader:
        answer = may_contact(reader, other, ada, Channel.EMAIL, Purpose.MARKETING, MONDAY)
        assert (answer.reason, answer.entry) == (Reason.UNKNOWN_MEMBER, None)
        assert history_of(reader, other, ada) == []
        theirs = reader.scalars(sa.select(Member.member_id).where(Member.organisation_id == other)).one()
    with pytest.raises(InputError, match="no longer there"):
        wrote(bench, told(theirs, Decision.GRANTED))


def test_many_are_asked_about_at_once(bench: OfficeBench) -> None:
    with bench.office.database.read() as reader:
        ids = reader.scalars(sa.select(Member.member_id).where(Member.organisation_id == bench.organisation_id)).all()
    wrote(bench, *(told(each, Decision.GRANTED, channel=Channel.LETTER) for each in ids[::2]))

    def answers(session: Session) -> dict[str, bool]:
        asked_of = [*ids, *ids, "never-there"]
        found = may_contact_many(
            session, bench.organisation_id, asked_of, Channel.LETTER, Purpose.MARKETING, bench.clock.now()
        )
        return {member_id: answer.entry is not None for member_id, answer in found.items()}

    with bench.office.database.read() as reader:
        assert answers(reader) == {**{each: each in ids[::2] for each in ids}, "never-there": False}
