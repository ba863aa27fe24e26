"""The till's rights, put together: what it holds, what its sales wish for, whom it asks, and whom it lends to."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint

from pos_engine.daemon.config_sections import HubSection
from pos_engine.daemon.http_guard import TokenFileError, Tokens
from pos_engine.daemon.hub import HUB, HubDesk, HubLender, hub_blueprint
from pos_engine.daemon.rights_loop import RightsLoop
from pos_engine.journal.journal import Journal
from pos_engine.journal.rights_held import HeldRights
from pos_engine.ports.clock import Clock, Ids
from pos_engine.rights.borrowing import OFFICE
from pos_engine.rights.wished import Wishes
from pos_engine.sync.client import BackOfficeClient, LinkDownError
from pos_engine.sync.http_client import HttpBackOffice
from pos_engine.sync.rights import Lender, RightsService
from pos_engine.wire.rights import RightAnswer, RightAsk


class HubConfigError(Exception):
    """The section [hub] cannot be used; the text says why."""


@dataclass(frozen=True)
class RightsSide:
    """What the bootstrap gives to the checkout, the server and the daemon."""

    held: HeldRights
    wishes: Wishes
    lender: Lender
    journal: Journal
    clock: Clock
    lends: bool
    hang_up: Callable[[], None]

    def close(self) -> None:
        """The program ends properly."""
        self.hang_up()
        self.held.close()

    def loop(self, on_change: Callable[[], object]) -> RightsLoop:
        """The thread that asks."""
        service = RightsService(self.journal, self.held, self.wishes, self.lender, self.clock, on_change)
        return RightsLoop(service, self.wishes)

    def pages(self, tokens: Tokens) -> tuple[Blueprint, ...]:
        """The hub's request, where this till is one."""
        return (hub_blueprint(HubDesk(self.journal, self.wishes), tokens),) if self.lends else ()


def rights_side(
    section: HubSection, journal: Journal, ids: Ids, clock: Clock, backoffice: HttpBackOffice
) -> RightsSide:
    """Put it together. `backoffice`: a connection of its own. HubConfigError."""
    if section.url and section.tills:
        raise HubConfigError("[hub] a till is its store's hub (tills), or borrows from it (url), not both")
    lender, hang_up = office_lender(journal, backoffice), backoffice.close
    if section.url:
        try:
            hub = HubLender(section.url, section.certificate, section.token_file)
        except (OSError, ssl.SSLError, TokenFileError) as error:
            raise HubConfigError(f"[hub] certificate or token_file: {error}") from error
        lender, hang_up = hub, hub.close
    held = HeldRights(journal, ids, HUB if section.url else OFFICE)
    return RightsSide(held, Wishes(), lender, journal, clock, bool(section.tills), hang_up)


def office_lender(journal: Journal, backoffice: BackOfficeClient) -> Lender:
    """Ask the back-office this till is enrolled at."""

    def ask_office(ask: RightAsk) -> RightAnswer:
        identity = journal.identity()
        if identity is None:
            raise LinkDownError("this till belongs to no shop yet")
        backoffice.point_at(identity.backoffice_url, identity.signing_key)
        return backoffice.rights(ask)

    return ask_office
