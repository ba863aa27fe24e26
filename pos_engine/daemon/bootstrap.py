"""The only place where the daemon's parts meet: a configuration in, a daemon that can be started and stopped out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Blueprint

from drivers import (
    AddressError,
    CardProofs,
    KeyFileError,
    make_card_proofs,
    make_pass_through,
    make_printer,
    make_register_line,
    open_reader,
)
from pos_engine.checkout.card_rights import CardRightsDesk, CardRightsWindow
from pos_engine.checkout.card_value import CardValueDesk
from pos_engine.checkout.card_window import CardWindow
from pos_engine.checkout.counter_acts import CounterActs
from pos_engine.checkout.pins import PinDesk
from pos_engine.checkout.service import CheckoutService
from pos_engine.checkout.tap_trust import TapTrust
from pos_engine.core.card_trust import stricter
from pos_engine.core.money import currency_exponent
from pos_engine.daemon.calm import rest
from pos_engine.daemon.card_side import (
    JournalCounters,
    OnEvent,
    with_doubts_settled,
    with_rights_settled,
    with_scanned_taps,
)
from pos_engine.daemon.card_value_api import card_value_blueprint
from pos_engine.daemon.clock import ClockFileError, SimulatedClock, SystemClock
from pos_engine.daemon.config import Config
from pos_engine.daemon.counter_api import counter_blueprint
from pos_engine.daemon.data_key import DataKeyError, data_key
from pos_engine.daemon.devices import Devices, ReaderSupervisor
from pos_engine.daemon.health import HealthView
from pos_engine.daemon.http_api import create_app
from pos_engine.daemon.http_guard import TokenFileError, Tokens, allowed_names, read_tokens
from pos_engine.daemon.http_server import BindError, HttpServer, Together, bind
from pos_engine.daemon.ids import SystemIds
from pos_engine.daemon.nightly import Nightly
from pos_engine.daemon.originals import BackOfficeOriginals
from pos_engine.daemon.paper import PaperFeed
from pos_engine.daemon.pass_through import PassThroughSupervisor, coupons_for_paper
from pos_engine.daemon.print_queue import PrintQueue
from pos_engine.daemon.register_lines import RegisterLineSupervisor
from pos_engine.daemon.register_side import register_endpoint
from pos_engine.daemon.register_socket import RegisterSocket
from pos_engine.daemon.rights_side import HubConfigError, RightsSide, rights_side
from pos_engine.daemon.screen import CLIENTS_MAX, ScreenFeed, card_screen_blueprint, screen_blueprint
from pos_engine.daemon.sync_loop import SyncLoop
from pos_engine.daemon.till_daemon import Parts, TillDaemon
from pos_engine.journal.card_rights_held import CardRightsBook
from pos_engine.journal.counter_journal import CounterJournal
from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.ports.clock import Clock, Ids
from pos_engine.ports.register_line import TlsFiles
from pos_engine.receipts.interrupted import printed_again
from pos_engine.registers.nexo.endpoint import NexoEndpoint
from pos_engine.registers.printed.template import TemplateError, load_template
from pos_engine.registers.printed.till_side import PrintedReceipts
from pos_engine.sync.http_client import SHORT_TIMEOUT, HttpBackOffice
from pos_engine.sync.service import SyncService, TillHealth
from pos_engine.sync.signed_sets import SignedSetClient
from pos_engine.wire.prepared import prepare_decoders


class StartError(Exception):
    """The program cannot start; the text says what is wrong and what to do."""


@dataclass(frozen=True)
class Storage:
    """The till's files, opened, and the clock they are written by."""

    config: Config
    clock: Clock
    ids: Ids
    journal: Journal
    replica: Replica
    counter: CounterJournal

    def close(self) -> None:
        """Let go of the files."""
        self.counter.close()
        self.replica.close()
        self.journal.close()


@contextmanager
def open_storage(config: Config) -> Iterator[Storage]:
    """Journal and replica in the configured folder, for as long as the block runs. StartError says why not."""
    storage = _storage(config)
    try:
        yield storage
    finally:
        storage.close()


def make_sync(
    storage: Storage,
    checkout: CheckoutService | None = None,
    health: HealthView | None = None,
) -> SyncService:
    """The till's side of sync over an HTTP connection of its own. A staged set is taken over by the checkout."""

    def take_over(_set_version: int) -> None:
        if checkout is not None and checkout.refresh():
            rest()

    backoffice = HttpBackOffice(storage.clock)
    trusted = SignedSetClient(Path(storage.config.till.data) / "tuf", backoffice, storage.clock, storage.journal)
    return SyncService(
        storage.journal,
        storage.replica,
        backoffice,
        trusted,
        storage.clock,
        health=TillHealth if health is None else health.for_backoffice,
        on_set_staged=take_over,
        counter_is_real=not storage.config.simulation.enabled,
    )


def build(config: Config) -> TillDaemon:
    """Everything wired, nothing running yet, the port already bound. StartError says why not."""
    with ExitStack() as undo:
        storage = _storage(config)
        undo.callback(storage.close)
        trust = TapTrust(stricter(config.cards.trust))
        rights = _rights(storage)
        undo.callback(rights.close)
        checkout = CheckoutService(
            storage.counter, storage.replica, storage.clock, storage.ids, trust, (rights.held, rights.wishes)
        )
        asked = HttpBackOffice(storage.clock, timeout=SHORT_TIMEOUT)
        undo.callback(asked.close)
        checkout.use_originals(BackOfficeOriginals(asked, storage.journal), config.returns.offline_max_minor)
        proofs = _card_proofs(storage)
        window = _card_window(storage, checkout, proofs)
        pins = PinDesk(storage.journal, storage.replica, storage.clock)
        card_pages = () if window is None else (card_value_blueprint(window, pins), card_screen_blueprint(window))
        paper = PaperFeed(storage.counter, checkout.paper, printed_again, storage.replica.receipt_logo)
        on_event = _on_event(checkout, proofs, window, _card_rights(storage, checkout, proofs))
        devices = _devices(storage, on_event, paper, proofs)
        health = HealthView(
            storage.journal,
            storage.replica,
            devices,
            storage.clock,
            checkout.inactive_campaigns,
            checkout.active_set_version,
        )
        sync = make_sync(storage, checkout, health)
        sync.on_restored(rights.held.begin_life)
        if window is not None:
            sync.on_cards_decided(window.look_again)
        sync_loop = SyncLoop(sync.tick, storage.clock, config.sync.every_s)
        nightly = _nightly(storage, sync, sync_loop)
        feed = ScreenFeed(checkout)
        undo.callback(feed.close)
        endpoint = register_endpoint(
            config, storage.counter, storage.replica, checkout, storage.clock, health.for_register
        )
        tokens = _tokens(config)
        devices.add_register_lines([*_register_lines(storage, endpoint, tokens), *_pass_through(storage, checkout)])
        pages = (*card_pages, *rights.pages(tokens))
        acts = CounterActs(checkout, storage.journal, pins)
        server = _server(config, endpoint, tokens, (checkout, health, feed, acts), (*pages, counter_blueprint(acts)))

        def close_storage() -> None:
            rights.close()
            storage.close()

        loops = sync_loop, rights.loop(checkout.look_again)
        parts = Parts(checkout, devices, paper, health, *loops, nightly, feed, server, close_storage)
        if config.till.training and storage.journal.identity() is not None:
            checkout.begin_training()
        daemon = TillDaemon(parts)
        undo.pop_all()
        return daemon


def _storage(config: Config) -> Storage:
    prepare_decoders("pos_engine")  # the journal's writer is the first thread
    data = Path(config.till.data)
    try:
        data.mkdir(parents=True, exist_ok=True)
        simulation = config.simulation
        clock = SimulatedClock(Path(simulation.clock_file)) if simulation.enabled else SystemClock()
        ids = SystemIds()
        key = data_key(config.till)
        journal = Journal.open(data / "journal.db", clock, ids, key=key)
    except (OSError, ClockFileError, DataKeyError, JournalError) as error:
        raise StartError(str(error)) from error
    try:
        counter = CounterJournal(journal, data, clock, ids, key=key)
        return Storage(config, clock, ids, journal, Replica.open(data / "replica.db", key=key), counter)
    except (OSError, JournalError) as error:
        journal.close()
        raise StartError(str(error)) from error


def _card_proofs(storage: Storage) -> CardProofs | None:
    """What this till's card keys are good for; None when it has none."""
    readers = [reader.address for reader in storage.config.reader]
    try:
        return make_card_proofs(storage.config.cards.key_files, readers, JournalCounters(storage.counter))
    except KeyFileError as error:
        raise StartError(f"[cards] key_files: {error}") from error
    except AddressError as error:
        raise StartError(f"[[reader]] address: {error}") from error


def _card_window(storage: Storage, checkout: CheckoutService, proofs: CardProofs | None) -> CardWindow | None:
    """Value on cards, where this till can take it."""
    if proofs is None or proofs.value is None:
        return None
    desk = CardValueDesk(storage.journal, proofs.value, storage.ids)
    checkout.use_card_value(desk)
    return CardWindow(desk, storage.journal, checkout.note_card_news, checkout.card_with_key, lambda: checkout.training)


def _card_rights(storage: Storage, checkout: CheckoutService, proofs: CardProofs | None) -> CardRightsWindow | None:
    """What cards remember, where this till can write onto them."""
    if proofs is None or proofs.rights is None:
        return None
    book = CardRightsBook(storage.journal, storage.clock)
    desk = CardRightsDesk(proofs.rights, book, storage.ids, lambda: checkout.training)
    checkout.use_card_rights(desk)
    return CardRightsWindow(desk, checkout.business_day, checkout.note_card_memory)


def _on_event(
    checkout: CheckoutService,
    proofs: CardProofs | None,
    window: CardWindow | None,
    card_rights: CardRightsWindow | None,
) -> OnEvent:
    """What is done with what readers see."""
    on_event: OnEvent = checkout.reader_event
    if window is not None:
        on_event = with_doubts_settled(window, on_event)
    if card_rights is not None:
        on_event = with_rights_settled(card_rights, on_event)
    return on_event if proofs is None else with_scanned_taps(proofs.prover.scanned, on_event)


def _devices(storage: Storage, on_event: OnEvent, paper: PaperFeed, proofs: CardProofs | None) -> Devices:
    prover = None if proofs is None else proofs.prover
    try:
        readers = [
            ReaderSupervisor(reader.name, open_reader(reader.address, prover), on_event, storage.clock)
            for reader in storage.config.reader
        ]
        address = storage.config.printer.address
        printer = PrintQueue("printer", make_printer(address), storage.clock, paper.heard) if address else None
    except AddressError as error:
        raise StartError(f"[[reader]] or [printer] address: {error}") from error
    return Devices(readers, printer)


def _nightly(storage: Storage, sync: SyncService, sync_loop: SyncLoop) -> Nightly:
    journal = storage.journal

    def zone() -> ZoneInfo | None:
        identity = journal.identity()
        return None if identity is None else ZoneInfo(identity.zone)

    def tidy() -> None:
        journal.prune()
        journal.empty_log()
        storage.replica.empty_log()

    return Nightly(
        journal, storage.clock, storage.config.reconcile_time, zone, sync_loop.drain, sync.reconcile_due, tidy
    )


def _rights(storage: Storage) -> RightsSide:
    try:
        connection = HttpBackOffice(storage.clock)
        return rights_side(storage.config.hub, storage.journal, storage.ids, storage.clock, connection)
    except HubConfigError as error:
        raise StartError(str(error)) from error


def _tokens(config: Config) -> Tokens:
    try:
        return read_tokens(config.register.token_file, config.register.tokens, config.hub.tills)
    except TokenFileError as error:
        raise StartError(str(error)) from error


def _register_lines(storage: Storage, endpoint: NexoEndpoint, tokens: Tokens) -> list[RegisterLineSupervisor]:
    register = storage.config.register
    tls = TlsFiles(register.tls_certificate, register.tls_key) if register.tls_certificate else None
    try:
        return [
            RegisterLineSupervisor(
                line.name,
                make_register_line(line.address, tls, tokens.admit),
                lambda message, sale_id: endpoint.handle(message, sale_id).body,
                storage.clock,
            )
            for line in storage.config.register_line
        ]
    except AddressError as error:
        raise StartError(f"[[register_line]] address: {error}") from error


def _pass_through(storage: Storage, checkout: CheckoutService) -> list[PassThroughSupervisor]:
    section = storage.config.pass_through
    if not section.register:
        return []
    journal = storage.counter

    def exponent() -> int:
        identity = journal.identity()
        return currency_exponent(identity.tariff.currency) if identity is not None else 2

    try:
        template = load_template(section.template)
        cable = make_pass_through(section.register, section.printer, template.encoding)
    except (AddressError, TemplateError) as error:
        raise StartError(f"[pass_through] {error}") from error
    receipts = PrintedReceipts(
        template, checkout, partial(coupons_for_paper, journal, checkout.paper), exponent, storage.clock, storage.ids
    )
    return [PassThroughSupervisor("printer", cable, receipts.decide, storage.clock)]


def _server(
    config: Config,
    endpoint: NexoEndpoint,
    tokens: Tokens,
    shown: tuple[CheckoutService, HealthView, ScreenFeed, CounterActs],
    card_pages: tuple[Blueprint, ...],
) -> HttpServer:
    checkout, health, feed, acts = shown
    register = config.register
    try:
        names = allowed_names(register.host, register.host_names)
        screen = screen_blueprint(checkout, feed, checkout, acts)
        app = create_app(endpoint, health.for_status, health.receipts, names, tokens, (screen, *card_pages))
        server = bind(app, register, CLIENTS_MAX)
        if not register.unix_socket:
            return server
        try:
            return Together(server, RegisterSocket(endpoint, Path(register.unix_socket)))
        except BindError:
            server.close()
            raise
    except BindError as error:
        raise StartError(str(error)) from error
