"""The waterfall loses nobody, and its one statement says what `may_contact` says, on random ledgers."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, true
from sqlalchemy.orm import Session

from backoffice.audiences.holdout import is_held_out
from backoffice.audiences.reach import reasons
from backoffice.audiences.resolve import count, member_ids
from backoffice.audiences.scope import scope_of
from backoffice.audiences.tree import EVERYBODY
from backoffice.audiences.waterfall import StepCode, waterfall
from backoffice.consent.addresses import address_of, mark_of
from backoffice.consent.contact import may_contact_many
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.models import ConsentEntry, ConsentRequest, Suppression
from backoffice.members import personal
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, create_member
from backoffice.vault import vault_of
from tests.support.office import MONDAY, OfficeBench

MEMBERS = 60
RUNS = 3


def a_person(chance: random.Random) -> Person:
    """Somebody of whom more or less is known; addresses are few, so that some share one."""
    town = chance.choice(["", "Zürich", "Bern"])
    return Person(
        first_name="Ann",
        email=chance.choice(["", "a@example.org", "B@example.org", "b@example.org", "c@example.org"]),
        phone=chance.choice(["", "+41 79 123 45 67", "0791234567", "044 1"]),
        street=chance.choice(["", "Gasse 1"]),
        postcode="8001" if town else "",
        town=town,
    )


def fill(tx: Session, bench: OfficeBench, chance: random.Random) -> None:
    """Members with random decisions, blocks and confirmed addresses, some of them of the future."""
    organisation_id, vault = bench.organisation_id, vault_of(tx)
    instants = [MONDAY + timedelta(hours=hours) for hours in (-3, -2, -2, -1, 0, 1)]
    made = [create_member(tx, bench.doing, MemberInput(a_person(chance))).member_id for _ in range(MEMBERS)]
    persons = personal.load(tx, organisation_id, made)
    for number in range(MEMBERS * 20):
        member_id, channel, at = chance.choice(made), chance.choice(list(Channel)), chance.choice(instants)
        mark = mark_of(vault, organisation_id, channel, address_of(persons[member_id], channel))
        own = {"organisation_id": organisation_id, "channel": channel.value}
        what = chance.random()
        if what < 0.8:
            entry = {
                "entry_id": f"e{chance.random()}-{number}",
                "member_id": member_id,
                "purpose": chance.choice(list(Purpose)).value,
                "decision": chance.choice([Decision.GRANTED, Decision.GRANTED, Decision.WITHDRAWN]).value,
                "basis": "consent",
                "wording_id": None,
                "source": chance.choice([Source.SPOKEN, Source.CONFIRMED]).value,
                "actor": "test",
                "given_at": at,
                "recorded_at": at,
            }
            tx.execute(insert(ConsentEntry), own | entry)
        elif what < 0.998 and mark is not None:
            request = {
                "request_id": f"r{number}",
                "member_id": member_id,
                "purposes": "marketing",
                "address_mark": mark,
                "language": "en",
                "wording": "w",
                "created_at": at,
                "expires_at": at,
                "confirmed_at": chance.choice([None, at]),
            }
            tx.execute(insert(ConsentRequest), own | request)
        elif mark is not None and tx.get(Suppression, (organisation_id, channel.value, mark)) is None:
            block = {"mark": mark, "reason": chance.choice(["hard_bounce", "complaint"]), "actor": "test", "at": at}
            tx.execute(insert(Suppression), own | block)


@pytest.mark.parametrize("_run", range(RUNS))
def test_one_statement_says_what_the_one_question_says(bench: OfficeBench, _run: int) -> None:
    seed = random.randrange(10**6)
    with bench.office.database.write() as tx:
        fill(tx, bench, random.Random(seed))
        everybody = member_ids(tx, bench.organisation_id, EVERYBODY, MONDAY)
        assert len(everybody) >= MEMBERS
        scope = scope_of(tx, bench.organisation_id, MONDAY)
        seen = set()
        for channel in Channel:
            for purpose in Purpose:
                said = {row[0]: row[1] for row in tx.execute(reasons(scope, channel, purpose, true()))}
                asked = may_contact_many(tx, bench.organisation_id, everybody, channel, purpose, MONDAY)
                assert said == {member_id: answer.reason.value for member_id, answer in asked.items()}, seed
                seen |= set(said.values())
        assert {"allowed", "no_consent", "withdrawn", "no_address"} <= seen, seed


@given(
    seed=st.integers(0, 10**6),
    percent=st.integers(0, 90),
    off=st.floats(0, 1),
    lately=st.floats(0, 1),
    channel=st.sampled_from([None, *Channel]),
)
def check_sums(
    resolve: Callable[..., None], seed: int, percent: int, off: float, lately: float, channel: Channel | None
) -> None:
    resolve(random.Random(seed), percent, off, lately, channel)


def test_every_member_is_lost_at_one_step_or_gets_it(bench: OfficeBench) -> None:
    seed = random.randrange(10**6)
    with bench.office.database.write() as tx:
        fill(tx, bench, random.Random(seed))
        everybody = member_ids(tx, bench.organisation_id, EVERYBODY, MONDAY)

        def resolve(chance: random.Random, percent: int, off: float, lately: float, channel: Channel | None) -> None:
            removed = {member_id for member_id in everybody if chance.random() < off}
            recent = {member_id for member_id in everybody if chance.random() < lately}

            def contacted(*_asked: Session | str | Channel | Purpose | datetime) -> set[str]:
                return recent

            found = waterfall(
                tx,
                bench.organisation_id,
                EVERYBODY,
                channel,
                Purpose.MARKETING,
                MONDAY,
                percent,
                "s",
                removed,
                contacted,
            )
            counts = [step.count for step in found.steps]
            assert [step.code for step in found.steps] == list(StepCode)
            assert counts[0] == len(everybody) == sum(counts[1:]), seed
            assert counts[0] == count(tx, bench.organisation_id, EVERYBODY, MONDAY)
            assert found.count(StepCode.SENT) == len(found.members)
            assert found.count(StepCode.HOLD_OUT) == len(found.held_out)
            assert not set(found.members) & set(found.held_out)
            assert not (set(found.members) | set(found.held_out)) & removed
            assert found.members == sorted(found.members)
            if channel is not None:
                assert not (set(found.members) | set(found.held_out)) & recent
                reached = [*found.members, *found.held_out]
                asked = may_contact_many(tx, bench.organisation_id, reached, channel, Purpose.MARKETING, MONDAY)
                assert all(answer.allowed for answer in asked.values())

        check_sums(resolve)


@given(percent=st.integers(1, 89), member=st.text(min_size=1, max_size=40), seed=st.text(max_size=40))
def test_a_larger_share_holds_the_smaller_one(percent: int, member: str, seed: str) -> None:
    if is_held_out(seed, member, percent):
        assert is_held_out(seed, member, percent + 1)
    assert not is_held_out(seed, member, 0)
    assert is_held_out(seed, member, 100)


def test_the_share_is_the_share() -> None:
    """20,000 drawn at 10 %: the standard deviation is 42, so 300 off happens once in 10^12."""
    held = sum(is_held_out("seed", f"member-{number}", 10) for number in range(20_000))
    assert abs(held - 2_000) < 300
    assert held != sum(is_held_out("another", f"member-{number}", 10) for number in range(20_000))
