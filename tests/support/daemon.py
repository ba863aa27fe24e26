"""A real daemon in a process of its own, over a till's data folder that a test has filled."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.weekdays import Weekdays
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.percent import Percent
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.wire.campaign_set import CampaignEntry, CampaignSetDocument
from pos_engine.wire.campaigns import campaign_sha256, encode_campaign
from pos_engine.wire.sync import CardBody, Change, ChangePage, MemberBody, ProductBody
from tests.evidence import used
from tests.support.programs import environment
from tests.support.till import HandClock, OrderedIds, an_identity
from tests.support.waiting import wait_for

CARD = "iso14443a:04A1B2C3D4E5F6"
TAG = "em4100:0030CE754C"
FRIDAY = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
TARIFF = Tariff(currency="EUR", unknown_vat_bp=1900)
READY_WAIT_S = 30
"""Bound on a start on a busy machine."""

FRIDAY_BREAD = Campaign(
    campaign_id="friday-bread",
    version=1,
    name="Friday bread",
    starts_on=date(2026, 1, 1),
    ends_on=date(2027, 12, 31),
    offers=(
        Offer(
            offer_id="friday-bread",
            name="Friday bread",
            condition=Weekdays(days=(4,)),
            reward=Percent(percent_bp=1000),
            target=Selector(categories=("bread",)),
        ),
    ),
)


def set_document(campaigns: Sequence[Campaign], set_version: int = 1, tariff: Tariff = TARIFF) -> bytes:
    """A campaign set of the test's store, as the back-office publishes one."""
    bodies = [encode_campaign(campaign) for campaign in campaigns]
    return msgspec.json.encode(
        CampaignSetDocument(
            organisation_id="org",
            store_id="store-1",
            set_version=set_version,
            published_at=FRIDAY,
            tariff=msgspec.Raw(msgspec.json.encode(tariff)),
            zone="Europe/Berlin",
            campaigns=tuple(
                CampaignEntry(
                    campaign_id=campaign.campaign_id,
                    version=campaign.version,
                    sha256=campaign_sha256(body),
                    body=msgspec.Raw(body),
                )
                for campaign, body in zip(campaigns, bodies, strict=True)
            ),
        )
    )


def fill(
    data: Path,
    *,
    backoffice_url: str = "http://127.0.0.1:9",
    campaigns: Sequence[Campaign] = (FRIDAY_BREAD,),
    tariff: Tariff = TARIFF,
) -> None:
    """An enrolled till with a member, two products and a set; its back-office does not answer (port 9: discard)."""
    data.mkdir(parents=True, exist_ok=True)
    clock = HandClock(FRIDAY)
    journal = Journal.open(data / "journal.db", clock, OrderedIds(), reserve_bytes=4096)
    journal.save_identity(replace(an_identity(), backoffice_url=backoffice_url, tariff=tariff))
    journal.start_epoch(1)
    journal.close()
    replica = Replica.open(data / "replica.db")
    bodies = (
        ("member", "m1", MemberBody(member_id="m1", display_name="Ada", points=120)),
        ("card", CARD, CardBody(card_id=CARD, member_id="m1")),
        ("card", TAG, CardBody(card_id=TAG, member_id="m1")),
        (
            "product",
            "4001",
            ProductBody(product_id="4001", name="Farmhouse bread", categories=("food", "bread"), vat_bp=700),
        ),
        (
            "product",
            "2001",
            ProductBody(product_id="2001", name="Cappuccino", categories=("food", "coffee"), vat_bp=1900),
        ),
    )
    changes = tuple(
        Change(
            position=at,
            entity=entity,
            entity_id=entity_id,
            operation="put",
            body=msgspec.Raw(msgspec.json.encode(body)),
        )
        for at, (entity, entity_id, body) in enumerate(bodies, start=1)
    )
    replica.apply_changes(ChangePage(changes=changes, next_cursor=len(changes), more=False))
    replica.stage_set(1, set_document(campaigns, tariff=tariff))
    replica.close()


def run_program(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """`pos-engine` with arguments, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "pos_engine", *arguments],
        capture_output=True,
        text=True,
        timeout=READY_WAIT_S,
        check=False,
        env=environment(env),
    )


@dataclass
class DaemonProcess:
    """`pos-engine run` as a subprocess. `restart` keeps the data folder."""

    folder: Path
    settings: str = ""
    till_settings: str = ""
    register_settings: str = ""
    shown: datetime = FRIDAY
    simulated: bool = True
    """False: the machine's own clock."""
    clock_file: Path | None = None
    """A clock that others share; left out, the daemon gets one of its own that shows `shown` and goes on."""
    wanted_port: int = 0
    extra_environment: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None
    _client: httpx.Client | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def config(self) -> Path:
        return self.folder / "till.toml"

    def configure(self) -> None:
        """Write the configuration and set the clock."""
        clock = self.clock_file or self.folder / "clock.json"
        if self.clock_file is None:
            anchors = {"real_anchor": datetime.now(UTC).isoformat(), "shown_anchor": self.shown.isoformat(), "speed": 1}
            clock.write_text(json.dumps(anchors))
        simulation = f'[simulation]\nenabled = true\nclock_file = "{clock}"\n' if self.simulated else ""
        self.config.write_text(
            f'[till]\ndata = "data"\n{self.till_settings}'
            f"[register]\nport = {self.wanted_port}\n{self.register_settings}"
            f"{simulation}{self.settings}"
        )

    def start(self) -> None:
        self.configure()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pos_engine", "run", "--config", str(self.config)],
            stderr=subprocess.PIPE,
            text=True,
            env=environment(self.extra_environment),
        )
        self.port = self._wait_until_ready(self._process)
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20, trust_env=False)
        used("http", "pos-engine run")

    def post(self, message: dict[str, Any] | bytes, **headers: str) -> httpx.Response:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return self.client.post("/nexo", content=body, headers=headers)

    @property
    def client(self) -> httpx.Client:
        assert self._client is not None
        return self._client

    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get("/api/status").json()
        return answer

    def receipts(self) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self.client.get("/api/receipts").json()["receipts"]
        return answer

    def wait_logged(self, event: str) -> None:
        """Wait until the log has such an event."""
        wait_for(event, lambda: any(entry.get("event") == event for entry in list(self.log)))

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """`kill -9`."""
        self._end(signal.SIGKILL)

    def kill_process(self) -> None:
        """`kill -9` from another thread; `restart` afterwards."""
        assert self._process is not None
        self._process.kill()

    def restart(self) -> None:
        """Start again after the process has gone."""
        self._end(signal.SIGKILL)
        self.start()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self._client is not None:
            self._client.close()
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
        code = self._process.wait(timeout=READY_WAIT_S)
        self._process = None
        return code

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> int:
        """The port, from the log's `ready`; the rest of the log is read along so that the pipe never fills."""
        ready = threading.Event()
        found: list[int] = []

        def read() -> None:
            assert process.stderr is not None
            with process.stderr as stream:
                for line in stream:
                    try:
                        event = json.loads(line)
                    except ValueError:
                        event = {"event": line.rstrip()}
                    self.log.append(event)
                    if event.get("event") == "ready":
                        found.append(event["port"])
                        ready.set()
            ready.set()

        threading.Thread(target=read, daemon=True).start()
        assert ready.wait(READY_WAIT_S), "the daemon did not become ready in time"
        assert found, f"the daemon ended: {self.log}"
        return found[0]
