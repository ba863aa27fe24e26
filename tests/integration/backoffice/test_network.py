"""An importer and its dealers (W8): opened, moved, closed, handed to their owners; and what each sees of the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.api.scopes import Scope
from backoffice.api.tokens import find_token, make_token
from backoffice.audit.models import AuditEntry
from backoffice.audit.services import Doing
from backoffice.consent.kinds import Purpose
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.identity.models import Grant
from backoffice.messaging.claims import ready_mailings
from backoffice.messaging.kinds import ChannelRule, MailingState
from backoffice.messaging.services import Draft, create_mailing
from backoffice.network import tree
from backoffice.network.figures import FEW, figures_below
from backoffice.organisations.models import Organisation
from backoffice.worker.ticker import tick_long
from tests.support.every_route import address, methods, real_things, rules
from tests.support.office import MONDAY, OfficeBench, SellingTill, csrf_free
from tests.support.visitor import Visitor

PASSWORD = "a long sentence"


class Importer:
    """The other organisation of the bench leads a network."""

    def __init__(self, bench: OfficeBench) -> None:
        self.bench, self.organisation_id = bench, bench.other_organisation()
        self.doing = Doing(self.organisation_id, "lead@example.org", bench.clock, bench.office.ids)

    def open(self, name: str, parent_id: str = "") -> str:
        def work(tx: Session) -> str:
            made = tree.open_below(tx, self.doing, parent_id or self.organisation_id, name, "Europe/Zurich", "fr")
            return made.organisation_id

        return run_in_tx(self.bench.office.database.write, work)

    def move(self, child_id: str, parent_id: str) -> str | None:
        return run_in_tx(self.bench.office.database.write, lambda tx: tree.move(tx, self.doing, child_id, parent_id))

    def invite(self, child_id: str, email: str) -> str | None:
        return run_in_tx(
            self.bench.office.database.write, lambda tx: tree.invite(tx, self.doing, child_id, email, "unusable")
        )

    def names(self) -> list[tuple[int, str]]:
        with self.bench.office.database.read() as reader:
            return [(each.level, each.organisation.name) for each in tree.below(reader, self.organisation_id)]

    def take_over_the_bakery(self) -> None:
        def work(tx: Session) -> None:
            tx.get_one(Organisation, self.bench.organisation_id).parent_id = self.organisation_id

        run_in_tx(self.bench.office.database.write, work)


@pytest.fixture
def importer(bench: OfficeBench) -> Importer:
    return Importer(bench)


def test_dealers_stand_below_as_a_tree_and_count_money_as_the_importer(importer: Importer) -> None:
    west = importer.open("West")
    importer.open("Lausanne", west)
    importer.open("Aarau")
    assert importer.names() == [(1, "Aarau"), (1, "West"), (2, "Lausanne")]
    with importer.bench.office.database.read() as reader:
        made = reader.get_one(Organisation, west)
    assert (made.currency, made.cash_step_minor, made.language) == ("CHF", 5, "fr")
    for name in ("", "  ", "West", "x" * 201):
        with pytest.raises(InputError):
            importer.open(name)
    assert len(importer.names()) == 3


def test_nothing_stands_under_itself_too_deep_or_under_somebody_elses(importer: Importer) -> None:
    chain = [importer.open("Level 1")]
    for level in range(2, tree.LEVELS_MAX + 1):
        chain.append(importer.open(f"Level {level}", chain[-1]))
    with pytest.raises(InputError, match="deeper"):
        importer.open("Level 7", chain[-1])
    with pytest.raises(InputError, match="under itself"):
        importer.move(chain[0], chain[2])
    lone = importer.open("Lone")
    importer.open("Branch of it", lone)
    with pytest.raises(InputError, match="deeper"):
        importer.move(lone, chain[-2])
    assert importer.move(lone, chain[-3]) == importer.organisation_id
    assert (tree.LEVELS_MAX, "Branch of it") in importer.names()
    with pytest.raises(InputError, match="not open"):
        importer.move(lone, importer.bench.organisation_id)
    assert importer.move(importer.bench.organisation_id, importer.organisation_id) is None
    assert importer.move(importer.organisation_id, lone) is None


def test_the_first_owner_comes_by_a_link_and_is_nobody_elses_to_give_then(importer: Importer) -> None:
    bench, dealer = importer.bench, importer.open("Aarau")
    typo = importer.invite(dealer, "typo@example.org")
    again = importer.invite(dealer, "typo@example.org")
    right = importer.invite(dealer, "anna@example.org")
    assert None not in {typo, again, right}
    assert len({typo, again, right}) == 3
    newcomer = Visitor(bench.app)
    link = f"/password/{right}"
    assert newcomer.send(link, seen_on=link, password=PASSWORD, again=PASSWORD).status_code == 302
    newcomer.sign_in("anna@example.org", PASSWORD)
    assert newcomer.is_in()
    with pytest.raises(InputError, match="has its owner"):
        importer.invite(dealer, "lead@example.org")
    with bench.office.database.read() as reader:
        assert reader.scalars(select(Grant.role_name).where(Grant.organisation_id == dealer)).all() == ["owner"]


def test_an_organisation_with_customers_is_not_given_to_anybody_from_above(importer: Importer) -> None:
    importer.take_over_the_bakery()
    with pytest.raises(InputError, match="has its owner"):
        importer.invite(importer.bench.organisation_id, "lead@example.org")


def test_a_closed_organisation_lets_nobody_in_until_it_is_opened_again(importer: Importer) -> None:
    bench, group = importer.bench, importer.open("Group")
    dealer = importer.open("Dealer", group)
    inside = bench.client("owner", dealer)
    lead = bench.client("importer", importer.organisation_id)
    with csrf_free(bench.app):
        assert "are open" in lead.post(f"/network/{group}/close").text
        assert inside.get("/members").status_code == 200
        assert lead.post(f"/network/{dealer}/close").status_code == 302
        assert inside.get("/members").status_code == 403
        assert lead.post(f"/network/{group}/close").status_code == 302
        assert lead.post(f"/network/{dealer}/open").status_code == 422
        assert lead.post(f"/network/{group}/open").status_code == 302
        assert lead.post(f"/network/{dealer}/open").status_code == 302
        assert inside.get("/members").status_code == 200
    with bench.office.database.read() as reader:
        acts = [
            reader.scalars(
                select(AuditEntry.action)
                .where(AuditEntry.organisation_id == each, AuditEntry.subject_id == dealer)
                .order_by(AuditEntry.seq)
            ).all()
            for each in (importer.organisation_id, dealer)
        ]
    assert acts[0] == acts[1] == ["organisation_opened", "organisation_closed", "organisation_opened_again"]


def test_messages_and_programs_of_a_closed_organisation_rest(importer: Importer) -> None:
    bench = importer.bench
    importer.take_over_the_bakery()

    def begin(tx: Session) -> str:
        mailing = create_mailing(tx, bench.doing, Draft("Rolls", Purpose.MARKETING, ChannelRule.EMAIL))
        mailing.state = MailingState.SENDING.value
        return make_token(tx, bench.doing, "Web shop", [Scope.MEMBERS_READ], 90)

    token = run_in_tx(bench.office.database.write, begin)

    def working() -> tuple[int, bool]:
        with bench.office.database.read() as reader:
            found = find_token(reader, token, bench.clock.now())
            return len(ready_mailings(reader, bench.clock.now())), found is not None

    assert working() == (1, True)
    assert run_in_tx(bench.office.database.write, lambda tx: tree.close(tx, importer.doing, bench.organisation_id))
    assert working() == (0, False)
    assert run_in_tx(bench.office.database.write, lambda tx: tree.reopen(tx, importer.doing, bench.organisation_id))
    assert working() == (1, True)


def test_the_pages_lead_from_opening_to_the_link_and_back(importer: Importer) -> None:
    bench = importer.bench
    lead = bench.client("importer", importer.organisation_id)
    assert "No organisations below yet" in lead.get("/network").text
    fields = {"name": "Garage Aarau", "parent_id": importer.organisation_id, "zone": "Europe/Zurich", "language": "de"}
    with csrf_free(bench.app):
        assert "is not a time zone" in lead.post("/network", data={**fields, "zone": "Nowhere"}).text
        where = lead.post("/network", data=fields).headers["Location"]
        shown = lead.post(f"{where}/owner", data={"email": "anna@example.org"}).text
        assert re.search(r'value="http://localhost/password/[^"]+"', shown)
        assert "password/" not in lead.get(where).text
        group = importer.open("Group")
        assert lead.post(f"{where}/move", data={"parent_id": group}).status_code == 302
        assert importer.names() == [(1, "Group"), (2, "Garage Aarau")]
        undo = re.findall(r'action="(/network/[^"]+/move/[^"]+)"', lead.get(where).text)
        assert lead.post(undo[0]).status_code == 302
    assert importer.names() == [(1, "Garage Aarau"), (1, "Group")]
    file = lead.get("/network.csv").text
    assert "Garage Aarau" in file
    assert "CHF" in file


def test_an_importer_sees_what_is_sold_in_all_and_few_customers_are_not_counted_out(
    importer: Importer, till: SellingTill
) -> None:
    bench = importer.bench
    importer.take_over_the_bakery()
    sold = till.sell(("5001", 980, 1), ("7003", 1680, 1), card_id="iso14443a:04BA5E00000002")
    till.sync_until_quiet()
    with bench.office.database.read() as reader:
        found = figures_below(reader, [bench.organisation_id], MONDAY.date(), MONDAY.date())[bench.organisation_id]
    assert (found.receipts, found.revenue_minor) == (1, sold.outcome.total_due_minor)
    assert found.members is None
    assert f"fewer than {FEW}" in bench.client("importer", importer.organisation_id).get("/network").text


def test_the_network_report_of_c10_has_the_organisations_below_for_whoever_leads_them_only(
    importer: Importer, till: SellingTill
) -> None:
    bench = importer.bench
    importer.take_over_the_bakery()
    importer.open("Quiet")
    sold = till.sell(("5001", 980, 1), card_id="iso14443a:04BA5E00000002")
    till.sync_until_quiet()
    bench.clock.forward(timedelta(days=7))
    where = "/regular-reports/preview?report=network:week"
    told = _counted(bench, bench.client("importer", importer.organisation_id), where)
    assert "Organisations below" in told
    assert "Quiet" in told
    assert f"{sold.outcome.total_due_minor / 100:.2f}" in told
    auditor = bench.client("auditor", importer.organisation_id)
    assert "Not counted yet" in auditor.get(where).text, "what the importer had counted is not theirs to see"
    assert "Organisations below" not in _counted(bench, auditor, where)
    assert "Organisations below" in bench.client("importer", importer.organisation_id).get(where).text
    assert "Organisations below" not in _counted(bench, bench.client("owner"), where)


def _counted(bench: OfficeBench, client: FlaskClient, where: str) -> str:
    """A report as its page shows it after the worker counted it."""
    with csrf_free(bench.app):
        client.post("/regular-reports/preview", data={"report": where.partition("=")[2]})
    while tick_long(bench.office):
        pass
    return client.get(where).text


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeBench]:
    folder: Path = tmp_path_factory.mktemp("network")
    bench = OfficeBench(folder / "office")
    till = SellingTill(folder / "till", bench)
    till.sell(("5001", 980, 1), card_id="iso14443a:04BA5E00000002")
    till.sync_until_quiet()
    till.close()
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def values(shop: OfficeBench) -> dict[str, str]:
    return real_things(shop)


@pytest.mark.parametrize("role", ["owner", "importer"])
def test_whoever_stands_above_opens_no_page_of_a_dealer_and_reads_nothing_of_its_customers(
    shop: OfficeBench, values: dict[str, str], role: str
) -> None:
    """Every route of the application with the dealer's own things: all but the network's pages are not there."""
    importer = Importer(shop)
    importer.take_over_the_bakery()
    above = shop.client(role, importer.organisation_id)
    secrets = ("Becker", "Lasagne", "04BA5E", "Station Road", values["member_id"], values["card_id"])
    with csrf_free(shop.app):
        for rule in rules(shop):
            if rule.endpoint.startswith("network.") and "GET" not in methods(rule):
                continue
            for method in methods(rule):
                if not rule.arguments and method != "GET":
                    continue
                answer = above.open(address(rule, values), method=method)
                text = answer.get_data().decode("utf-8", "replace")
                assert not any(secret in text for secret in secrets), rule.rule
                if rule.arguments and not rule.endpoint.startswith("network."):
                    assert answer.status_code in {403, 404}, (rule.rule, method, answer.status_code)


def test_a_dealer_sees_neither_who_stands_above_nor_beside(importer: Importer) -> None:
    bench, dealer, beside = importer.bench, importer.open("Dealer"), importer.open("Beside")
    owner = bench.client("owner", dealer)
    assert "Beside" not in owner.get("/network").text
    with csrf_free(bench.app):
        for child in (beside, importer.organisation_id, dealer):
            assert owner.get(f"/network/{child}").status_code == 404
            for act in ("owner", "move", "close", "open"):
                assert owner.post(f"/network/{child}/{act}", data={"email": "a@b.example"}).status_code == 404
