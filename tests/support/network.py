"""An importer with three dealers in three languages, and the reference campaign of 2022 (W9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.consent.kinds import Basis, Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Said, record
from backoffice.db import run_in_tx
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, create_member
from backoffice.network.tree import open_below
from backoffice.network_campaigns import leading
from backoffice.network_campaigns.calendar import Dates
from backoffice.network_campaigns.definition import Definition, Text, Wanted
from backoffice.network_campaigns.models import NetworkCampaign
from backoffice.organisations.models import Organisation
from backoffice.vault import vault_of
from backoffice.workshop.models import Vehicle, WorkOrder, WorkOrderLine
from backoffice.workshop.sealing import Papers, sealed_columns
from tests.support.office import OfficeBench

Result = TypeVar("Result")

DATES: Final = Dates(
    review_until=date(2022, 7, 14),
    orders_from=date(2022, 7, 7),
    order_until=date(2022, 7, 22),  # the deadline for orders is ours: the original names none
    lists_from=date(2022, 7, 18),
    mailing_on=date(2022, 7, 26),
    starts_on=date(2022, 8, 1),
    ends_on=date(2022, 9, 30),
    upload_until=date(2022, 10, 31),
    paid_from=date(2022, 11, 1),
)
WINBACK: Final = Definition(
    name="WinBack 2022/2",
    wanted=Wanted(
        registered_before=date(2018, 7, 1),
        makes=("Volkswagen", "Audi", "SEAT", "ŠKODA", "VW Commercial Vehicles"),
        segments=("2", "3"),
        contract_expired_weeks=4,
        last_service_from=date(2016, 8, 1),
    ),
    dates=DATES,
    texts={
        "de": Text("20 % auf Ihren Service", "Buchen Sie hier: {{ link }}"),
        "fr": Text("20 % sur votre service", "Réservez ici\u202f: {{ link }}"),
        "it": Text("20 % sul vostro servizio", "Prenotate qui: {{ link }}"),
    },
    own_words=("winback",),
    bonus_words=("treuebonus",),
    season="2022",
    season_size=8,
    season_target=5,
    payer="Importeur AG",
    payer_iban="CH93 0076 2011 6238 5295 7",
)
DEALER_IBAN: Final = "CH56 0483 5012 3456 7800 9"
MIDSUMMER: Final = datetime(2022, 7, 4, 8, 0, tzinfo=UTC)


class Network:
    """The bakery's back-office with an importer beside it; the clock shows 4 July 2022."""

    def __init__(self, bench: OfficeBench) -> None:
        self.bench = bench
        bench.clock.shown = MIDSUMMER
        self.leader_id = bench.other_organisation()
        self.lead = self.doing(self.leader_id, "lead@example.org")
        self.dealers = {language: self._dealer(language) for language in ("de", "fr", "it")}

    def doing(self, organisation_id: str, actor: str = "dealer@example.org") -> Doing:
        return Doing(organisation_id, actor, self.bench.clock, self.bench.office.ids)

    def dealer(self, language: str) -> Doing:
        return self.doing(self.dealers[language])

    def write(self, work: Callable[..., Result], *values: Any) -> Result:
        """Let a service do its work in one transaction."""
        return run_in_tx(self.bench.office.database.write, lambda tx: work(tx, *values))

    def on(self, day: date) -> date:
        """Turn the clock to a day's morning."""
        self.bench.clock.shown = datetime(day.year, day.month, day.day, 8, 0, tzinfo=UTC)
        return day

    def published(self, definition: Definition = WINBACK) -> NetworkCampaign:
        def work(tx: Session) -> NetworkCampaign:
            row = leading.save(tx, self.lead, "", definition)
            assert leading.publish(tx, self.lead, row.network_campaign_id)
            return row

        return run_in_tx(self.bench.office.database.write, work)

    def car(  # noqa: PLR0913 - each is one thing that the rule asks of a vehicle
        self,
        language: str,
        vin: str,
        *,
        make: str = "Volkswagen",
        segment: str = "2",
        registered: date | None = date(2015, 3, 1),
        demo: date | None = None,
        contract_until: date | None = date(2021, 1, 1),
        service: date | None = date(2019, 5, 5),
        consent: bool = True,
        speaks: str = "",
    ) -> str:
        """A vehicle with its owner in a dealer's data; its id."""
        doing = self.dealer(language)

        def work(tx: Session) -> str:
            number = str(len(tx.scalars(select(Member.member_id)).all()) + 1)
            person = Person("Ruth", f"Muster{number}", email=f"ruth{number}@example.org")
            member = create_member(tx, doing, MemberInput(person, number, language=speaks or language))
            if consent:
                given = Said(
                    member.member_id,
                    Channel.EMAIL,
                    Purpose.MARKETING,
                    Decision.GRANTED,
                    Source.SPOKEN,
                    given_at=doing.clock.now(),
                    basis=Basis.CONSENT,
                    wording="Yes, write to me",
                    language="en",
                )
                record(tx, doing, [given])
            vehicle_id, now = doing.ids.new_id(), doing.clock.now()
            tx.add(
                Vehicle(
                    organisation_id=doing.organisation_id,
                    vehicle_id=vehicle_id,
                    member_id=member.member_id,
                    make=make,
                    segment=segment,
                    first_registration=registered,
                    demo_handover=demo,
                    contract_until=contract_until,
                    created_at=now,
                    updated_at=now,
                    **sealed_columns(vault_of(tx), doing.organisation_id, vehicle_id, Papers(vin, "")),
                )
            )
            tx.flush()
            if service is not None:
                tx.add(
                    WorkOrder(
                        organisation_id=doing.organisation_id, number=vin[-8:], vehicle_id=vehicle_id, done_on=service
                    )
                )
                tx.flush()
                tx.add(
                    WorkOrderLine(
                        organisation_id=doing.organisation_id,
                        number=vin[-8:],
                        line_no=1,
                        kind="labour",
                        operation="oil_change",
                        family="service",
                    )
                )
            return vehicle_id

        return run_in_tx(self.bench.office.database.write, work)

    def _dealer(self, language: str) -> str:
        def work(tx: Session) -> str:
            name = f"Garage {language}"
            made = open_below(tx, self.lead, self.leader_id, name, "Europe/Zurich", language)
            return made.organisation_id

        return run_in_tx(self.bench.office.database.write, work)

    def name(self, organisation_id: str) -> str:
        with self.bench.office.database.read() as reader:
            return reader.get_one(Organisation, organisation_id).name
