"""SMS through Twilio's own client library to a server that checks what it is sent, and the provider's news of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator

from backoffice.app import create_app
from backoffice.consent.kinds import Channel
from backoffice.consent.suppression import found
from backoffice.members.personal import Person
from backoffice.messaging import services
from backoffice.messaging.content import Content, encode
from backoffice.messaging.kinds import ChannelRule, MailingState, State
from backoffice.messaging.parcels import SMS_STATUS
from backoffice.messaging.preview import Look, samples, sms_preview
from backoffice.messaging.tracking import name_of
from backoffice.organisations.models import Organisation
from backoffice.vault import vault_of
from tests.support.messages import PUBLIC_URL, MessageBench
from tests.support.office import OfficeBench
from tests.support.sms_stand_in import SENDER, TOKEN, SmsProvider, sms_server

ADA = Person("Ada", "Lovelace", "", "0170 1234567")
BOB = Person("Bob", "Bunsen", "", "+49 171 7654321")
ADA_E164 = "+491701234567"


@pytest.fixture
def provider() -> SmsProvider:
    return SmsProvider()


@pytest.fixture
def shop(bench: OfficeBench, provider: SmsProvider) -> Iterator[MessageBench]:
    with sms_server(provider) as address:
        made = MessageBench(bench, sms_provider=address)
        yield made


@pytest.fixture
def client(shop: MessageBench) -> FlaskClient:
    return create_app(shop.office).test_client()


def mailing_of(shop: MessageBench, *persons: Person) -> tuple[str, list[str]]:
    ids = shop.members(persons, Channel.SMS)
    mailing_id = shop.mailing(ids, ChannelRule.SMS)
    shop.launch(mailing_id)
    return mailing_id, ids


def told(client: FlaskClient, path: str, fields: dict[str, str], token: str = TOKEN, url: str = PUBLIC_URL) -> int:
    """The provider's request, signed as it signs them: over the public address, whatever the host that it reaches."""
    signature = RequestValidator(token).compute_signature(f"{url}{path}", fields)
    return client.post(path, data=fields, headers={"X-Twilio-Signature": signature}).status_code


def status_path(shop: MessageBench, dispatch_id: str) -> str:
    with shop.office.database.read() as reader:
        return SMS_STATUS + name_of(vault_of(reader), "status", dispatch_id)


def test_v1_an_sms_goes_to_each_number_once_in_its_international_form(
    shop: MessageBench, provider: SmsProvider
) -> None:
    same = Person("Adam", "Lovelace", "", "+49 (170) 123-4567")
    nowhere = Person("No", "Number", "", "ask at the desk")
    mailing_id, ids = mailing_of(shop, ADA, same, nowhere, BOB)
    assert shop.turn() == 2
    assert sorted(each["To"] for each in provider.messages) == [ADA_E164, "+491717654321"]
    sent = next(each for each in provider.messages if each["To"] == ADA_E164)
    assert sent["Body"] == "Hello Ada, rolls are 10 % off. Stop: reply STOP"
    assert sent["From"] == SENDER
    assert sent["StatusCallback"].startswith(f"{PUBLIC_URL}{SMS_STATUS}")
    rows = shop.dispatches(mailing_id)
    assert rows[ids[0]].provider_id == sent["sid"]
    assert rows[ids[0]].segments == 1
    assert shop.row(mailing_id).state == MailingState.DONE


def test_the_providers_refusals_mean_what_twilio_says(shop: MessageBench, provider: SmsProvider) -> None:
    people = [Person(f"P{n}", "X", "", f"+4917012345{n:02d}") for n in range(6)]
    numbers = [person.phone for person in people]
    provider.errors = {numbers[0]: (400, 21610), numbers[1]: (400, 21614), numbers[2]: (429, 20429)}
    provider.errors[numbers[3]] = (400, 21617)
    provider.silent.add(numbers[4])
    mailing_id, ids = mailing_of(shop, *people)
    shop.turn()
    states = shop.states(mailing_id)
    assert [states[each] for each in ids] == [
        State.UNSUBSCRIBED, State.HARD_BOUNCE, State.SOFT_BOUNCE, State.FAILED, State.IN_DOUBT, State.SENT,
    ]  # fmt: skip
    with shop.office.database.read() as reader:
        assert found(reader, shop.organisation_id, Channel.SMS, numbers[0]) is not None
        assert found(reader, shop.organisation_id, Channel.SMS, numbers[1]) is not None
    shop.bench.clock.forward(timedelta(minutes=2))
    shop.turn()
    assert len([each for each in provider.messages if each["To"] == numbers[4]]) == 1, "in doubt is not sent again"


def test_a_wrong_token_stops_the_mailing_and_costs_nobody_anything(bench: OfficeBench, provider: SmsProvider) -> None:
    with sms_server(provider) as address:
        shop = MessageBench(bench, sms_provider=address.replace(TOKEN, "another"))
        mailing_id, ids = mailing_of(shop, ADA)
        shop.turn()
    assert shop.states(mailing_id)[ids[0]] == State.QUEUED
    assert "Authenticate" in shop.row(mailing_id).trouble
    assert provider.messages == []


def test_callbacks_count_only_when_they_are_signed_for_our_public_address(
    shop: MessageBench, client: FlaskClient
) -> None:
    mailing_id, ids = mailing_of(shop, ADA)
    shop.turn()
    row = shop.dispatches(mailing_id)[ids[0]]
    path = status_path(shop, row.dispatch_id)
    fields = {"MessageSid": row.provider_id, "MessageStatus": "delivered"}
    assert told(client, path, fields, token="guessed") == 403
    assert told(client, path, fields, url="http://localhost") == 403
    assert client.post(path, data=fields).status_code == 403
    forged = path[:-1] + ("0" if path[-1] != "0" else "1")
    assert told(client, forged, fields) in {403, 404}
    assert shop.states(mailing_id)[ids[0]] == State.SENT
    assert told(client, path, fields) == 204
    assert shop.states(mailing_id)[ids[0]] == State.DELIVERED
    assert told(client, path, fields | {"MessageStatus": "sent"}) == 204
    assert shop.states(mailing_id)[ids[0]] == State.DELIVERED, "late news of an earlier state change nothing"


def test_f9_undelivered_is_tried_again_and_an_unknown_number_is_blocked(
    shop: MessageBench, client: FlaskClient, provider: SmsProvider
) -> None:
    mailing_id, ids = mailing_of(shop, ADA, BOB)
    shop.turn()
    rows = shop.dispatches(mailing_id)
    fields = {"MessageStatus": "undelivered", "ErrorCode": "30003"}
    assert told(client, status_path(shop, rows[ids[0]].dispatch_id), fields) == 204
    assert told(client, status_path(shop, rows[ids[1]].dispatch_id), fields | {"ErrorCode": "30005"}) == 204
    assert shop.states(mailing_id) == {ids[0]: State.SOFT_BOUNCE, ids[1]: State.HARD_BOUNCE}
    assert shop.row(mailing_id).state == MailingState.SENDING
    shop.bench.clock.forward(timedelta(minutes=1))
    shop.turn()
    assert [each["To"] for each in provider.messages].count(ADA_E164) == 2
    assert shop.dispatches(mailing_id)[ids[0]].segments == 2, "both were paid for"
    assert shop.row(mailing_id).state == MailingState.DONE


def test_a_lost_answer_is_cleared_up_by_the_callback(
    shop: MessageBench, client: FlaskClient, provider: SmsProvider
) -> None:
    provider.silent.add(ADA_E164)
    mailing_id, ids = mailing_of(shop, ADA)
    shop.turn()
    row = shop.dispatches(mailing_id)[ids[0]]
    assert row.state == State.IN_DOUBT
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    assert told(client, status_path(shop, row.dispatch_id), fields) == 204
    assert shop.states(mailing_id)[ids[0]] == State.DELIVERED


def test_stop_blocks_the_number_here_too_and_start_lifts_that(
    shop: MessageBench, client: FlaskClient, provider: SmsProvider
) -> None:
    mailing_id, ids = mailing_of(shop, ADA)
    shop.turn()
    path = "/hooks/sms/inbound"
    assert told(client, path, {"From": ADA_E164, "Body": "hello?"}) == 200
    assert shop.states(mailing_id)[ids[0]] == State.SENT
    assert told(client, path, {"From": ADA_E164, "Body": " Stop. "}, token="guessed") == 403
    assert told(client, path, {"From": ADA_E164, "Body": " Stop. "}) == 200
    assert shop.states(mailing_id)[ids[0]] == State.UNSUBSCRIBED
    again = shop.mailing(ids, ChannelRule.SMS)
    with pytest.raises(ValueError, match="Nobody would get"):
        shop.launch(again)
    assert told(client, path, {"From": ADA_E164, "Body": "START"}) == 200
    shop.launch(again)
    shop.turn()
    assert len(provider.messages) == 2


def test_a_retry_by_hand_after_a_refused_text(shop: MessageBench, provider: SmsProvider) -> None:
    provider.errors = {ADA_E164: (400, 30007)}
    mailing_id, ids = mailing_of(shop, ADA)
    shop.turn()
    assert shop.states(mailing_id)[ids[0]] == State.FAILED
    provider.errors = {}
    assert shop.write(lambda tx: services.retry_failed(tx, shop.bench.doing, mailing_id)) == 1
    shop.turn()
    assert shop.states(mailing_id)[ids[0]] == State.SENT


def test_an_sms_leads_to_the_members_own_page_and_a_look_at_it_opens_nobodys(
    shop: MessageBench, provider: SmsProvider, client: FlaskClient
) -> None:
    content = Content(sms={"en": "Hello {{ first_name }}, your points: {{ own_page }}"})
    ids = shop.members([ADA], Channel.SMS)
    shop.launch(shop.mailing(ids, ChannelRule.SMS, content=content))
    assert shop.turn() == 1
    (sent,) = provider.messages
    (address,) = re.findall(rf"your points: {re.escape(PUBLIC_URL)}(/my/\S+)$", sent["Body"])
    assert client.get(address).status_code == 303
    with shop.office.database.read() as reader:
        organisation = reader.get_one(Organisation, shop.bench.organisation_id)
        (sample,) = samples(reader, organisation.organisation_id, ids)
        look = sms_preview(reader, Look(shop.office, organisation, encode(content), "en", sample))
    assert len(look.text) == len(sent["Body"]), "parts are counted before it is sent"
    assert look.text != sent["Body"]
    assert client.get(f"/my/{look.text.rpartition('/')[2]}").status_code != 303
