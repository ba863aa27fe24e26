"""Blocked addresses: known again however they are written, also after an erasure, and never in the clear."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.audit.services import Doing
from backoffice.consent.addresses import mark_of
from backoffice.consent.contact import Reason, may_contact
from backoffice.consent.kinds import Basis, Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Said, record
from backoffice.consent.models import Suppression
from backoffice.consent.suppression import Block, found, lift, suppress
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.members.dossier import dossier
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, create_member
from backoffice.vault import Vault
from tests.support.office import OfficeBench, csrf_free

VAULT = Vault(bytes(32))


def test_one_address_has_one_mark_however_it_is_written_and_others_have_others() -> None:
    same = [
        (Channel.EMAIL, ("Ada@Example.org ", "ada@example.org")),
        (Channel.SMS, ("+49 170 1234567", "0170/123 45 67", "0049-170-1234567")),
        (Channel.PHONE, ("+41 79 123 45 67", "079 123 45 67")),
        (Channel.LETTER, ("Gäßchen 1, 10115 Berlin", "GASSCHEN 1,10115  BERLIN")),
    ]
    seen = set()
    for channel, spellings in same:
        marks = {mark_of(VAULT, "shop", channel, spelling) for spelling in spellings}
        assert len(marks) == 1, channel
        seen |= marks
    others = [(Channel.EMAIL, "bob@example.org"), (Channel.SMS, "+49 170 1234568"), (Channel.LETTER, "Gasse 2, Berlin")]
    seen |= {mark_of(VAULT, "shop", channel, address) for channel, address in others}
    seen.add(mark_of(VAULT, "another shop", Channel.EMAIL, "ada@example.org"))
    assert len(seen) == len(same) + len(others) + 1
    assert None not in seen
    assert [mark_of(VAULT, "shop", channel, " ") for channel in Channel] == [None] * 4


def member(bench: OfficeBench, email: str = "ada@example.org", doing: Doing | None = None) -> str:
    """Somebody who allows every message by e-mail and SMS."""
    act = doing or bench.doing
    person = Person("Ada", "Lovelace", email, "+49 170 1234567")

    def work(tx: sa.orm.Session) -> str:
        member_id = create_member(tx, act, MemberInput(person)).member_id
        said = [
            Said(
                member_id, channel, Purpose.SERVICE, Decision.GRANTED, Source.SPOKEN, bench.clock.now(), Basis.CONTRACT
            )
            for channel in (Channel.EMAIL, Channel.SMS)
        ]
        record(tx, act, said)
        return member_id

    return run_in_tx(bench.office.database.write, work)


def asked(bench: OfficeBench, member_id: str, channel: Channel = Channel.EMAIL, organisation_id: str = "") -> Reason:
    with bench.office.database.read() as reader:
        return may_contact(
            reader,
            organisation_id or bench.organisation_id,
            member_id,
            channel,
            Purpose.SERVICE,
            bench.clock.now(),
        ).reason


def block(bench: OfficeBench, address: str, reason: Block, channel: Channel = Channel.EMAIL) -> None:
    run_in_tx(bench.office.database.write, lambda tx: suppress(tx, bench.doing, channel, address, reason))


@pytest.mark.parametrize("reason", list(Block))
def test_a_blocked_address_stops_every_purpose_for_whoever_has_it_on_that_channel_only(
    bench: OfficeBench, reason: Block
) -> None:
    ada, twin, bob = member(bench), member(bench, "ADA@example.org"), member(bench, "bob@example.org")
    before = bench.clock.now()
    bench.clock.forward(timedelta(minutes=1))
    block(bench, " Ada@Example.org", reason)
    assert [asked(bench, each).value for each in (ada, twin, bob)] == [reason.value, reason.value, "allowed"]
    assert asked(bench, ada, Channel.SMS) is Reason.ALLOWED
    with bench.office.database.read() as reader:
        earlier = may_contact(reader, bench.organisation_id, ada, Channel.EMAIL, Purpose.SERVICE, before)
        told = json.loads(dossier(reader, bench.organisation_id, ada))
    assert earlier.allowed
    assert told["addresses_blocked"] == [{"channel": "email", "reason": reason.value}]
    other = bench.other_organisation()
    theirs = member(bench, doing=Doing(other, "somebody", bench.clock, bench.office.ids))
    assert asked(bench, theirs, organisation_id=other) is Reason.ALLOWED


def test_a_complaint_outweighs_and_nobody_here_takes_it_back(bench: OfficeBench) -> None:
    ada = member(bench)
    for reason in (Block.OWN_BLOCK, Block.COMPLAINT, Block.HARD_BOUNCE):
        block(bench, "ada@example.org", reason)
    assert asked(bench, ada) is Reason.COMPLAINT
    with pytest.raises(InputError, match="complained"):
        run_in_tx(bench.office.database.write, lambda tx: lift(tx, bench.doing, Channel.EMAIL, "ada@example.org"))
    assert asked(bench, ada) is Reason.COMPLAINT


def test_a_block_survives_the_erasure_of_its_member_and_an_import_of_the_old_list(bench: OfficeBench) -> None:
    ada = member(bench)
    client = bench.client("clerk")
    with bench.office.database.read() as reader:
        number = reader.execute(sa.text("SELECT number FROM member WHERE member_id = :id"), {"id": ada}).scalar_one()
    with csrf_free(bench.app):
        answer = client.post(f"/members/{ada}/erase", data={"number": number, "block": "yes"})
    assert answer.status_code == 302
    again = member(bench)
    assert asked(bench, again) is Reason.OWN_BLOCK
    assert asked(bench, again, Channel.SMS) is Reason.OWN_BLOCK
    with bench.office.database.read() as reader:
        kept = reader.execute(sa.select(Suppression.__table__)).mappings().all()
        assert sorted(row["channel"] for row in kept) == ["email", "phone", "sms"]
        assert found(reader, bench.organisation_id, Channel.EMAIL, "ADA@example.org") is not None
    secrets = ("ada@", "example.org", "491701234567")  # none comes up by chance in hexadecimal ids
    assert not any(secret in str(value).casefold() for row in kept for value in row.values() for secret in secrets)


def test_the_page_blocks_finds_and_allows_again_without_showing_the_address(bench: OfficeBench) -> None:
    client = bench.client("clerk")

    def act(act: str, address: str, channel: str = "email", status: int = 302) -> str:
        with csrf_free(bench.app):
            answer = client.post("/blocked-addresses", data={"act": act, "channel": channel, "address": address})
        assert answer.status_code == status
        return answer.text if status != 302 else client.get("/blocked-addresses").text

    assert "No address is blocked" in client.get("/blocked-addresses").text
    blocked = act("block", "ada@example.org")
    assert "ada@" not in blocked
    assert "blocked by us" in blocked
    assert "blocked by us" in act("find", "Ada@example.org").split('id="messages"')[1].split("</div>")[0] + blocked
    assert "is not blocked" in act("find", "bob@example.org")
    assert "No address is blocked" in act("lift", "ada@example.org")
    assert "is not blocked" in act("lift", "ada@example.org", status=422)
    assert "no address of this kind" in act("block", "ada", status=422)
    assert "Choose a channel" in act("block", "ada@example.org", "pigeon", status=422)
    reader = bench.client("auditor")
    with csrf_free(bench.app):
        assert reader.post("/blocked-addresses", data={"act": "block"}).status_code == 403
