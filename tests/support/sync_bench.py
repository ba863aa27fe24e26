"""A back-office and tills that talk through the production client, routes and services, with faults on the line.

Nothing is imitated but the wire: requests go into the Flask application in process, or over real sockets when a test
gives the tills a URL and no transport.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import msgspec
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from typing_extensions import override

from backoffice.campaigns.models import Campaign as CampaignRecord
from backoffice.campaigns.models import CampaignVersion
from backoffice.db import Database, open_database, run_in_tx
from backoffice.ids import UuidIds
from backoffice.migrate import upgrade_database
from backoffice.organisations.services import create_organisation, create_store
from backoffice.sync_api.enrolment import create_enrolment_code
from backoffice.sync_api.models import Quarantine, Receipt
from backoffice.sync_api.publishing import PublishReport, publish
from backoffice.sync_api.routes import SyncServices, sync_blueprint
from backoffice.sync_api.signed_sets import SetRepository
from backoffice.sync_api.signing import sign_published
from backoffice.sync_api.till_keys import confirm_key, waiting_key
from backoffice.vault import Vault
from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Selector
from pos_engine.core.outcome import AppliedOffer, Certificate, LineTotal, Outcome, UnitShare
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.usage import Usage
from pos_engine.journal.journal import Journal
from pos_engine.journal.outbox import ReceiptDraft
from pos_engine.journal.replica import Replica
from pos_engine.ports.clock import Clock
from pos_engine.sync.http_client import HttpBackOffice
from pos_engine.sync.service import SyncService
from pos_engine.sync.signed_sets import SignedSetClient
from pos_engine.wire.campaigns import campaign_sha256, encode_campaign
from pos_engine.wire.sync import IssuedCoupon, ReceiptDocument
from tests.support.databases import drop_database, new_database_url
from tests.support.till import DAY, HandClock, OrderedIds

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

URL = "http://backoffice.test"
CAMPAIGN_DAYS = (date(2026, 1, 1), date(2027, 12, 31))


@cache
def _migrated() -> tuple[bytes, str]:
    """An empty database with all tables, as a file or a URL: the migrations run once, not for every test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        url = new_database_url()
        database = open_database(url or path)
        upgrade_database(database.engine)
        database.close()
        return b"" if url else path.read_bytes(), url


class Office:
    """A back-office with one organisation and one store on a real SQLite file."""

    def __init__(self, folder: Path, clock: HandClock) -> None:
        self.folder = folder
        self.clock = clock
        self.ids = UuidIds()
        folder.mkdir(parents=True)
        content, template_url = _migrated()
        (folder / "backoffice.db").write_bytes(content)
        self.url = new_database_url(template_url)
        self.serve()
        self.organisation_id, self.store_id = run_in_tx(self.database.write, self._found)

    def serve(self) -> None:
        """Open what lies in the folder and answer requests from it."""
        self.database: Database = open_database(self.url or self.folder / "backoffice.db", Vault(bytes(32)))
        self.open_for_requests()

    def open_for_requests(self) -> None:
        """The application over the opened database."""
        self.repository = SetRepository(self.folder / "tuf")
        self.app = Flask("office")
        self.app.register_blueprint(sync_blueprint(SyncServices(self.database, self.clock, self.repository)))

    def wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """What the application that serves now says: tills do not notice that it was started anew."""
        return self.app(environ, start_response)

    def _found(self, session: Session) -> tuple[str, str]:
        organisation = create_organisation(session, self.clock, self.ids, "Corner Bakery", Tariff(unknown_vat_bp=700))
        store = create_store(session, self.clock, organisation.organisation_id, "Main Street", "Europe/Berlin")
        return organisation.organisation_id, store.store_id

    def close(self) -> None:
        self.database.close()
        drop_database(self.url)

    def code(self, name: str = "Till 1", store_id: str = "") -> str:
        return run_in_tx(
            self.database.write,
            lambda s: create_enrolment_code(s, self.clock, self.organisation_id, store_id or self.store_id, name),
        )

    def confirm(self, fingerprint: str) -> None:
        """Let the till in that shows this fingerprint, as an administrator does."""

        def work(session: Session) -> None:
            _, key = waiting_key(session, [self.organisation_id], fingerprint)
            confirm_key(session, self.clock, self.organisation_id, key.key_id, "anna")

        run_in_tx(self.database.write, work)

    def put_campaign(self, campaign_id: str, percent_bp: int, version: int = 1) -> None:
        """Make a campaign live, as the campaign pages do."""
        offer = Offer(f"{campaign_id}-o", campaign_id, MemberKnown(), Percent(percent_bp), Selector())
        self.put_live(Campaign(campaign_id, version, campaign_id, *CAMPAIGN_DAYS, (offer,)))

    def put_live(self, campaign: Campaign) -> None:
        """Any campaign, as a live one."""
        campaign_id, version = campaign.campaign_id, campaign.version
        body = encode_campaign(campaign)
        now = self.clock.now()

        def write(session: Session) -> None:
            record = session.get(CampaignRecord, (self.organisation_id, campaign_id))
            if record is None:
                record = CampaignRecord(
                    organisation_id=self.organisation_id,
                    campaign_id=campaign_id,
                    name=campaign_id,
                    preset="percent",
                    starts_on=campaign.starts_on,
                    ends_on=campaign.ends_on,
                    form="{}",
                    created_at=now,
                    updated_at=now,
                )
                session.add(record)
            record.state, record.live_version, record.last_version = "live", version, version
            session.flush()
            session.add(
                CampaignVersion(
                    organisation_id=self.organisation_id,
                    campaign_id=campaign_id,
                    version=version,
                    name=campaign_id,
                    starts_on=campaign.starts_on,
                    ends_on=campaign.ends_on,
                    body=body,
                    sha256=campaign_sha256(body),
                    form="{}",
                    published_at=now,
                )
            )

        run_in_tx(self.database.write, write)

    def publish(self) -> PublishReport:
        return run_in_tx(self.database.write, lambda s: publish(s, self.clock, self.ids, self.organisation_id))

    def sign(self) -> bool:
        """Bring the signed repository up to what was published, as every till's look does."""
        with self.database.read() as session:
            return sign_published(session, self.clock, self.repository, self.organisation_id)

    def stored(self) -> list[str]:
        """SHA-256 of every receipt that was applied."""
        with self.database.read() as session:
            return list(session.scalars(select(Receipt.sha256)))

    def aside(self) -> list[tuple[str, str]]:
        """SHA-256 and code of everything in quarantine."""
        with self.database.read() as session:
            return [(row.raw_sha256, row.code) for row in session.scalars(select(Quarantine))]


class FaultyLine(httpx.BaseTransport):
    """The line between a till and the back-office. It does what `plan` says next, or what chance says."""

    def __init__(self, inner: httpx.BaseTransport, seed: int = 0, rate: float = 0.0) -> None:
        self._inner = inner
        self._random = random.Random(seed)
        self.rate = rate
        self.plan: list[str] = []
        self.upload_plan: list[str] = []
        """What happens to the next uploads, beside `plan`, which is for all other requests while there is one."""
        self.late: list[httpx.Request] = []
        """Requests that are still on their way, although the till gave them up."""
        self.down = False
        self.attacker: Callable[[httpx.Request, httpx.Response], bytes | None] = lambda _request, _response: None
        self.happened: Counter[str] = Counter()

    def lead_to(self, app: Flask) -> None:
        """The back-office at the other end is another program now."""
        self._inner.close()
        self._inner = httpx.WSGITransport(app=app)

    FAULTS = ("no_line", "answer_lost", "sent_twice", "proxy_page", "cut_short", "delayed")
    LATE_MAX = 20

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        fault = self._next(request)
        self.happened[fault] += 1
        if fault == "no_line":
            raise httpx.ConnectError("no line", request=request)
        if fault == "delayed":
            self.late = [*self.late, request][-self.LATE_MAX :]
            raise httpx.ReadTimeout("no answer yet", request=request)
        if fault == "sent_twice":
            self._exchange(request)
        response = self._exchange(request)
        if fault == "answer_lost":
            raise httpx.ReadTimeout("no answer", request=request)
        if fault == "proxy_page":
            return httpx.Response(502, html="<h1>Bad gateway</h1>")
        altered = self.attacker(request, response)
        if altered is not None:
            return httpx.Response(response.status_code, content=altered)
        if fault == "cut_short":
            return httpx.Response(200, content=response.content[: len(response.content) // 2])
        return response

    def _exchange(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        response.read()
        response.close()
        return response

    @override
    def close(self) -> None:
        self._inner.close()

    def arrives_late(self, index: int, *, keep: bool = False) -> None:
        """A request that was given up reaches the back-office; nobody hears the answer. `keep`: it will come again."""
        self._exchange(self.late[index] if keep else self.late.pop(index))

    def _next(self, request: httpx.Request) -> str:
        if self.down:
            return "no_line"
        if self.upload_plan and request.url.path.endswith("/receipts"):
            return self.upload_plan.pop(0)
        if self.plan:
            return self.plan.pop(0)
        return self._random.choice(self.FAULTS) if self._random.random() < self.rate else "good"


def sync_of(
    folder: Path,
    journal: Journal,
    replica: Replica,
    backoffice: HttpBackOffice,
    clock: Clock,
    on_set_staged: Callable[[int], object],
) -> SyncService:
    """A till's sync, wired as the daemon wires it."""

    def staged(set_version: int) -> None:
        on_set_staged(set_version)

    sets = SignedSetClient(folder / "tuf", backoffice, clock, journal)
    return SyncService(journal, replica, backoffice, sets, clock, on_set_staged=staged)


class Till:
    """A till's journal, replica and sync in a folder, against an office."""

    def __init__(
        self,
        folder: Path,
        office: Office,
        clock: HandClock | None = None,
        *,
        url: str = "",
        seed: int = 0,
        rate: float = 0.0,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.office = office
        self.clock = clock or office.clock
        self.url = url or URL
        self.ids = OrderedIds(seed)
        inner = httpx.HTTPTransport() if url else httpx.WSGITransport(app=office.wsgi)
        self.line = FaultyLine(inner, seed, rate)
        self.staged: list[int] = []
        self.open()

    def open(self) -> None:
        self.journal = Journal.open(self.folder / "journal.db", self.clock, self.ids, reserve_bytes=0)
        self.replica = Replica.open(self.folder / "replica.db")
        self.backoffice = HttpBackOffice(self.clock, self.line)
        self.sync = sync_of(self.folder, self.journal, self.replica, self.backoffice, self.clock, self.staged.append)

    def close(self) -> None:
        self.journal.close()
        self.replica.close()
        self.backoffice.close()

    def enrol(self, name: str = "Till 1") -> Till:
        self.office.confirm(self.sync.enrol(self.url, self.office.code(name)).fingerprint)
        return self

    def sell(self, sale_ref: str, draft: ReceiptDraft | None = None) -> ReceiptDocument:
        return self.journal.append_receipt(draft or draft_of(sale_ref))

    def sync_until_quiet(self, rounds_max: int = 200) -> None:
        """Tick, moving time on when a wait is asked for, until nothing is left to do."""
        report = self.sync.tick()
        for _ in range(rounds_max):
            if report.state == "on_line" and not report.more:
                return
            self.clock.forward(timedelta(seconds=25))
            report = self.sync.tick()
        raise AssertionError(f"still not quiet after {rounds_max} rounds: {report}")

    def journal_hashes(self) -> list[str]:
        """SHA-256 of every receipt this till holds, whichever epoch."""
        return self.journal.read(lambda c: [row[0] for row in c.execute("SELECT sha256 FROM receipts")])


def draft_of(
    sale_ref: str,
    *,
    kind: str = "sale",
    member_id: str = "",
    discount_minor: int = 100,
    coupons: tuple[str, ...] = (),
    issued: Iterable[IssuedCoupon] = (),
    business_day: date = DAY,
    usage: Usage | None = None,
) -> ReceiptDraft:
    """A receipt of one line at 10.00; with a discount when `discount_minor` is not 0. A void negates its amounts."""
    sign = -1 if kind == "void" else 1
    basket = Basket((BasketLine("1", "bread", 1000, name="Bread", vat_bp=700),), store_id="s", workstation_id="w")
    applied: tuple[AppliedOffer, ...] = ()
    shares: tuple[UnitShare, ...] = ()
    if discount_minor:
        applied = (AppliedOffer("spring", 1, "spring-o", "Spring", sign, sign * discount_minor, coupons),)
        shares = (UnitShare("1", 0, "spring", 1, "spring-o", "receives", sign * discount_minor, 700, "line"),)
    due = sign * (1000 - discount_minor)
    outcome = Outcome(
        total_value_minor=sign * 1000,
        total_discount_minor=sign * discount_minor,
        total_due_minor=due,
        lines=(LineTotal("1", sign * 1000, sign * discount_minor, due),),
        vat=(),
        shares=shares,
        applied=applied,
        reasons=(),
        coupon_grants=(),
        certificate=Certificate(optimal=True, gap_minor=0, effort_used=1),
        ruleset_version=1,
    )
    return ReceiptDraft(
        business_day=business_day,
        sale_ref=sale_ref,
        set_version=1,
        campaign_hashes={"spring": "0" * 64},
        tariff=msgspec.json.encode(Tariff()),
        basket=msgspec.json.encode(basket),
        member=b"null",
        usage=msgspec.json.encode(usage or Usage()),
        moment=b"{}",
        outcome=msgspec.json.encode(outcome),
        kind="void" if kind == "void" else "sale",
        operator="anna",
        member_id=member_id,
        issued_coupons=tuple(issued),
    )
