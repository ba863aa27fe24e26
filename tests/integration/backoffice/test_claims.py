"""Claims as they are kept (W5, W8): scans, declined ones, who sees what, and files that are no invoices."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO

import pypdfium2
import pytest
from sqlalchemy import select

from backoffice.claims import reasons, services
from backoffice.claims.files import PAGES_MAX, read_file
from backoffice.claims.invoice import Invoice, InvoiceLine, UnreadableError
from backoffice.claims.models import ClaimPaper, ClaimRow
from backoffice.claims.paper import Draft
from backoffice.errors import InputError
from backoffice.network_campaigns import dealing
from backoffice.network_campaigns.dealing import Order
from backoffice.network_campaigns.models import NetworkCampaign
from backoffice.vault import vault_of
from tests.support.invoices import VIN, EInvoice, Item
from tests.support.network import DEALER_IBAN, Network
from tests.support.office import OfficeBench

GOOD = EInvoice((Item("Service Arbeit", "400.00", "320.00", unit="HUR"),)).xml()
TYPED = Invoice(
    number="R-9",
    invoiced_on=date(2022, 8, 12),
    done_on=date(2022, 8, 11),
    currency="CHF",
    net=True,
    lines=(InvoiceLine("Service Arbeit", 40_000, 8_000, 770, kind="labour"),),
    vins=(VIN,),
)


def blank_pdf(pages: int) -> bytes:
    """A PDF file without any text, as a scan is."""
    document = pypdfium2.PdfDocument.new()
    for _page in range(pages):
        document.new_page(595, 842).close()
    out = BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


class Claiming(Network):
    """A dealer who ordered a campaign with one vehicle, on 20 August."""

    def __init__(self, bench: OfficeBench) -> None:
        super().__init__(bench)
        self.car("de", VIN)
        self.row: NetworkCampaign = self.published()
        doing = self.dealer("de")
        self.write(dealing.select_addresses, doing, self.row, self.on(date(2022, 7, 5)))
        wish = Order(2_000, ("email",), DEALER_IBAN, booking_url="https://garage.example/")
        self.write(dealing.order, doing, self.row, wish, self.on(date(2022, 7, 14)))
        self.on(date(2022, 8, 20))

    def claim(self, data: bytes = GOOD) -> ClaimRow:
        file = services.File("scan.pdf", data, read_file(data, "CHF"))
        return self.write(services.upload, self.dealer("de"), self.row, file, date(2022, 8, 20))

    def read(self, claim: ClaimRow) -> services.Read:
        with self.bench.office.database.read() as reader:
            return services.read_of(vault_of(reader), claim)


@pytest.fixture
def claiming(bench: OfficeBench) -> Claiming:
    return Claiming(bench)


def test_a_scan_waits_for_a_person_and_is_judged_once(claiming: Claiming) -> None:
    claim = claiming.claim(blank_pdf(2))
    assert claim.state == services.FORM
    assert isinstance(claiming.read(claim).draft, Draft)
    judged = claiming.write(services.fill_in, claiming.dealer("de"), claim.claim_id, TYPED)
    assert (judged.state, judged.share_minor) == (services.WAITING, 3_200)
    assert claiming.read(judged).typed
    with pytest.raises(InputError, match="judged already"):
        claiming.write(services.fill_in, claiming.dealer("de"), claim.claim_id, TYPED)


def test_each_invoice_stands_once_and_a_declined_one_may_come_again(claiming: Claiming) -> None:
    first, again = claiming.claim(), claiming.claim()
    verdict = claiming.read(again).verdict
    assert verdict is not None
    assert [reason.code for reason in verdict.reasons] == [reasons.CLAIMED_BEFORE]
    with pytest.raises(InputError, match="Say why"):
        claiming.write(services.decline, claiming.lead, first.claim_id, " ")
    declined = claiming.write(services.decline, claiming.lead, first.claim_id, "The stamp is missing.")
    assert (declined.state, declined.share_minor) == (services.DECLINED, 0)
    assert claiming.claim().state == services.WAITING


def test_of_two_uploads_of_one_invoice_at_once_one_stands(claiming: Claiming) -> None:
    with ThreadPoolExecutor(4) as pool:
        states = sorted(claim.state for claim in pool.map(lambda _place: claiming.claim(), range(4)))
    assert states == [services.REFUSED] * 3 + [services.WAITING]


def test_the_importer_sees_claims_that_stand_and_nobody_else_sees_any(claiming: Claiming) -> None:
    good, form = claiming.claim(), claiming.claim(blank_pdf(1))
    refused = claiming.claim()
    stranger = claiming.bench.organisation_id
    with claiming.bench.office.database.read() as reader:
        seen = [services.claim_for(reader, claiming.leader_id, each.claim_id) for each in (good, form, refused)]
        assert [each is not None for each in seen] == [True, False, False]
        assert [each.claim_id for each in services.claims_for(reader, claiming.row)] == [good.claim_id]
        assert services.claim_for(reader, stranger, good.claim_id) is None
        assert services.claim_of(reader, claiming.dealers["fr"], good.claim_id) is None
        assert dealing.offered(reader, stranger) == []
        own = services.claims_of(reader, claiming.dealers["de"], claiming.row)
        assert {each.claim_id for each in own} == {good.claim_id, form.claim_id, refused.claim_id}


def test_what_was_read_of_an_invoice_is_sealed(claiming: Claiming) -> None:
    claim = claiming.claim()
    with claiming.bench.office.database.read() as reader:
        paper = reader.scalars(select(ClaimPaper)).one()
        kept = reader.scalars(select(ClaimRow)).one()
        assert services.paper_of(reader, claim) == GOOD
    for sealed in (paper.sealed, kept.sealed):
        assert VIN.encode() not in sealed
        assert b"Muster" not in sealed


def test_whoever_did_not_order_claims_nothing(claiming: Claiming) -> None:
    file = services.File("invoice.xml", GOOD, read_file(GOOD, "CHF"))
    with pytest.raises(InputError, match="who ordered"):
        claiming.write(services.upload, claiming.dealer("fr"), claiming.row, file, date(2022, 8, 20))


def test_a_file_with_too_many_pages_is_refused() -> None:
    assert isinstance(read_file(blank_pdf(PAGES_MAX), "CHF"), Draft)
    with pytest.raises(UnreadableError, match="20 pages at most"):
        read_file(blank_pdf(PAGES_MAX + 1), "CHF")
