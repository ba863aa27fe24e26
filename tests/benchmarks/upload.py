"""Receipts into the back-office: signed, over HTTP, durable before the answer, with all their lines in tables.

The back-office is the real program, `backoffice serve`, in a process of its own. A till's side signs and sends batches
of 500 that were made before; what is measured is from the first byte sent to the last answer read.
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
from sqlalchemy.orm import Session

from backoffice.db import run_in_tx
from backoffice.office import Office, open_office
from backoffice.organisations.services import create_organisation, create_store
from backoffice.settings import Settings
from backoffice.sync_api.enrolment import create_enrolment_code
from backoffice.sync_api.till_keys import confirm_key
from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import AppliedOffer, Certificate, LineTotal, Outcome, UnitShare
from pos_engine.wire.enrolment import EnrolAnswer, EnrolRequest
from pos_engine.wire.http_signature import (
    SignedRequest,
    key_id_of,
    new_signing_key,
    public_key_of,
    signature_headers,
)
from pos_engine.wire.sync import ReceiptDocument, UploadAnswer, UploadBatch, UploadItem
from tests.benchmarks.timing import figure, table
from tests.benchmarks.workload import FOLDER
from tests.support.databases import Server
from tests.support.programs import Program, free_port
from tests.support.till import DAY
from tests.support.waiting import wait_for

LINES = 10
BATCH = 500
BATCHES = 40
WARM_UP = 2
READY_WAIT_S = 60.0
MEMBERS = 2_000
"""Whose every second receipt of the second row is: what each of them did on a day is counted as it comes in."""
LINE_MINOR = 450
OFF_MINOR = 45


def report() -> None:
    """Measure into both databases and print."""
    rows: list[tuple[str, ...]] = []
    FOLDER.mkdir(parents=True, exist_ok=True)
    # Inside the checkout: a temporary folder may lie in memory, where syncing costs nothing.
    with tempfile.TemporaryDirectory(dir=FOLDER.resolve(), prefix="upload-") as folder:
        rows += _rows("SQLite", Settings(Path(folder) / "sqlite"))
    server = Server(careless=False)
    server.create("upload")
    with tempfile.TemporaryDirectory(dir=FOLDER.resolve(), prefix="upload-") as folder:
        rows += _rows("PostgreSQL", Settings(Path(folder) / "postgresql", server.url("upload")))
    head = ("into", "receipts", "receipts/s", "per CPU second of the back-office", "batch p50 ms", "p99 ms")
    table(f"Upload: {BATCHES * BATCH:,} receipts of {LINES} lines, signed, durable, batches of {BATCH}", head, rows)


def _rows(name: str, settings: Settings) -> Iterator[tuple[str, ...]]:
    office = open_office(settings)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    where = ("--database-url", settings.database_url) if settings.database_url else ()
    log = settings.data / "log"
    arguments = ("--data", str(settings.data), *where, "serve", "--no-worker", "--port", str(port))
    program = Program.of_module(f"upload-{name}", "backoffice", *arguments, log=log)
    try:
        program.start()
        wait_for("the back-office", lambda: "back-office:" in log.read_text(), READY_WAIT_S)
        till = UploadingTill(office, url)
        for whose, bodies in (
            ("nobody's", list(till.bodies(0, WARM_UP + BATCHES, members=False))),
            ("every second a member's", list(till.bodies(WARM_UP + BATCHES, WARM_UP + BATCHES, members=True))),
        ):
            yield (name, whose, *_sent(program, till, bodies))
    finally:
        program.stop()
        office.close()


def _sent(program: Program, till: UploadingTill, bodies: Sequence[bytes]) -> Iterator[str]:
    for body in bodies[:WARM_UP]:
        till.send(body)
    used = program.cpu_seconds()
    started = time.perf_counter()
    times = sorted(till.send(body) for body in bodies[WARM_UP:])
    elapsed = time.perf_counter() - started
    used = program.cpu_seconds() - used
    receipts = BATCHES * BATCH
    yield figure(receipts / elapsed)
    yield figure(receipts / used)
    yield figure(times[len(times) // 2] * 1000)
    yield figure(times[-1] * 1000)


class UploadingTill:
    """One enrolled till as the wire sees it."""

    def __init__(self, office: Office, url: str) -> None:
        self._url = url
        self._key = new_signing_key()
        self._http = httpx.Client(timeout=60, trust_env=False)
        organisation_id, code = _found(office)
        request = EnrolRequest(code=code, public_key=public_key_of(self._key))
        answer = self._post("enrol", msgspec.json.encode(request))
        self._till = msgspec.json.decode(answer, type=EnrolAnswer)
        key_id = key_id_of(public_key_of(self._key))
        run_in_tx(office.database.write, lambda tx: confirm_key(tx, office.clock, organisation_id, key_id, "bench"))

    def bodies(self, first: int, count: int, *, members: bool) -> Iterator[bytes]:
        """Compressed batches of receipts that follow each other, from the batch of that number on."""
        document = _document(self._till)
        for batch in range(first, first + count):
            items = tuple(_item(document, batch * BATCH + number, members) for number in range(1, BATCH + 1))
            whole = UploadBatch(
                workstation_id=self._till.workstation_id,
                sent_at=datetime.now(UTC),
                monotonic_ms=2_000_000,
                boot_id="bench",
                items=items,
            )
            yield gzip.compress(msgspec.json.encode(whole), compresslevel=6, mtime=0)

    def send(self, body: bytes) -> float:
        """Hand over one batch; seconds until its answer was read. SystemExit: not everything was stored."""
        started = time.perf_counter()
        answer = msgspec.json.decode(self._post("receipts", body, "gzip"), type=UploadAnswer)
        if {item.status for item in answer.items} != {"stored"}:
            raise SystemExit(f"bench: the back-office answered {answer.items[0]}")
        return time.perf_counter() - started

    def _post(self, path: str, body: bytes, encoding: str = "") -> bytes:
        signed = SignedRequest("POST", f"/sync/v1/{path}", "", {}, body)
        headers = signature_headers(signed, self._key, datetime.now(UTC)) | {"Content-Type": "application/json"}
        if encoding:
            headers["Content-Encoding"] = encoding
        answer = self._http.post(f"{self._url}/sync/v1/{path}", content=body, headers=headers)
        if answer.status_code != httpx.codes.OK:
            raise SystemExit(f"bench: {answer.status_code} {answer.text}")
        return answer.content


def _found(office: Office) -> tuple[str, str]:
    def work(tx: Session) -> tuple[str, str]:
        made = create_organisation(tx, office.clock, office.ids, "Bench", Tariff("EUR", 5))
        store = create_store(tx, office.clock, made.organisation_id, "Here", "Europe/Berlin")
        code = create_enrolment_code(tx, office.clock, made.organisation_id, store.store_id, "Till 1")
        return made.organisation_id, code

    return run_in_tx(office.database.write, work)


def _document(till: EnrolAnswer) -> ReceiptDocument:
    """A receipt of ten lines, one offer on three of them."""
    names = [f"{number}" for number in range(1, LINES + 1)]
    basket = Basket(
        tuple(BasketLine(name, f"product-{name}", LINE_MINOR, name=f"Product {name}", vat_bp=700) for name in names),
        store_id=till.store_id,
        workstation_id=till.workstation_id,
    )
    off = set(names[:3])
    outcome = Outcome(
        total_value_minor=LINES * LINE_MINOR,
        total_discount_minor=3 * OFF_MINOR,
        total_due_minor=LINES * LINE_MINOR - 3 * OFF_MINOR,
        lines=tuple(
            LineTotal(name, LINE_MINOR, OFF_MINOR if name in off else 0, LINE_MINOR - (OFF_MINOR if name in off else 0))
            for name in names
        ),
        vat=(),
        shares=tuple(
            UnitShare(name, 0, "spring", 1, "spring-o", "receives", OFF_MINOR, 700, "line") for name in sorted(off)
        ),
        applied=(AppliedOffer("spring", 1, "spring-o", "Spring", 1, 3 * OFF_MINOR, ()),),
        reasons=(),
        coupon_grants=(),
        certificate=Certificate(optimal=True, gap_minor=0, effort_used=1),
        ruleset_version=1,
    )
    return ReceiptDocument(
        organisation_id=till.organisation_id,
        store_id=till.store_id,
        workstation_id=till.workstation_id,
        epoch=till.epoch,
        seq=0,
        business_day=DAY,
        sequence_no=0,
        sale_ref="",
        closed_at=datetime.now(UTC),
        boot_id="bench",
        monotonic_ms=1_000_000,
        operator="anna",
        set_version=1,
        campaign_hashes={"spring": "0" * 64},
        tariff=msgspec.Raw(till.tariff),
        basket=msgspec.Raw(msgspec.json.encode(basket)),
        member=msgspec.Raw(b"null"),
        usage=msgspec.Raw(b"{}"),
        moment=msgspec.Raw(b"{}"),
        outcome=msgspec.Raw(msgspec.json.encode(outcome)),
    )


def _item(document: ReceiptDocument, seq: int, members: bool) -> UploadItem:
    member_id = f"member-{seq % MEMBERS}" if members and seq % 2 else ""
    one = msgspec.structs.replace(document, seq=seq, sequence_no=seq, sale_ref=f"sale-{seq}", member_id=member_id)
    raw = msgspec.json.encode(one)
    return UploadItem(epoch=one.epoch, seq=seq, sha256=hashlib.sha256(raw).hexdigest(), raw=raw.decode())
