"""The hub's request over real TLS: its own certificate, a token of each till, nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from flask import Flask, Response, request

from pos_engine.daemon.config_sections import RegisterSection
from pos_engine.daemon.http_guard import HUB_PATH, allowed_names, read_tokens, refusal
from pos_engine.daemon.http_server import bind
from pos_engine.daemon.hub import HubDesk, HubLender, hub_blueprint
from pos_engine.journal.journal import Journal
from pos_engine.journal.rights_held import HeldRights
from pos_engine.rights.borrowing import Wish
from pos_engine.rights.wished import Wishes
from pos_engine.sync.client import LinkDownError, RefusedError
from pos_engine.wire.rights import RightAnswer, RightAsk, RightGrant, RightWant
from tests.integration.pos_engine.daemon.test_lifecycle import make_certificate
from tests.support.till import HandClock, OrderedIds, an_identity

RIGHT = "coupon|k1"
ASK = RightAsk(workstation_id="till-2", life="two", turn=1, wants=(RightWant(right_id=RIGHT, units=1),))


class Hub:
    """A hub till's journal behind its real server."""

    def __init__(self, folder: Path) -> None:
        make_certificate(folder)
        for name, token in (("two", "2" * 32), ("till", "f" * 32)):
            (folder / name).write_text(token)
        self.folder = folder
        self.journal = Journal.open(folder / "journal.db", HandClock(), OrderedIds(), reserve_bytes=0)
        self.journal.save_identity(an_identity())
        self.journal.start_epoch(1)
        self.wishes = Wishes()
        tokens = read_tokens(str(folder / "till"), {}, {"till-2": str(folder / "two")})
        app = Flask("hub")
        names = allowed_names("127.0.0.1", ())

        @app.before_request
        def guard() -> Response | None:
            refused = refusal(request, names, tokens)
            return None if refused is None else Response(refused.text, refused.status)

        app.register_blueprint(hub_blueprint(HubDesk(self.journal, self.wishes), tokens))
        section = RegisterSection(port=0, tls_certificate=str(folder / "cert.pem"), tls_key=str(folder / "key.pem"))
        self.server = bind(app, section, 0)
        threading.Thread(target=self.server.serve, daemon=True).start()
        self.lenders: list[HubLender] = []
        self.url = f"https://127.0.0.1:{self.server.port}"

    def hold(self) -> None:
        """The back-office lends the hub one unit."""
        held = HeldRights(self.journal, OrderedIds(7))
        ask = held.ask({RIGHT: Wish(1)}, poll=False)
        assert ask is not None
        grant = RightGrant(right_id=RIGHT, granted=1, root=ask.life)
        held.hear(ask, RightAnswer(turn=ask.turn, verdict="ok", lender_life="office", grants=(grant,)))

    def lender(self, token: str, *, believed: bool = True) -> HubLender:
        certificate = str(self.folder / "cert.pem") if believed else ""
        self.lenders.append(HubLender(self.url, certificate, str(self.folder / token)))
        return self.lenders[-1]

    def close(self) -> None:
        for lender in self.lenders:
            lender.close()
        self.server.close()
        self.journal.close()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    hub = Hub(tmp_path)
    try:
        yield hub
    finally:
        hub.close()


def test_it_lends_what_it_holds_to_a_till_of_its_store(hub: Hub) -> None:
    ask_hub = hub.lender("two")
    with pytest.raises(LinkDownError, match="503"):
        ask_hub(ASK)
    assert list(hub.wishes.next_round()) == [RIGHT], "it asks the back-office for what its till wished for"
    hub.hold()
    answer = ask_hub(ASK)
    assert [(grant.right_id, grant.granted) for grant in answer.grants] == [(RIGHT, 1)]
    assert answer.lender_life == answer.grants[0].root
    assert ask_hub(ASK).verdict == "life_over", "the same turn again is an old message"


def test_nobody_else_borrows(hub: Hub) -> None:
    hub.hold()
    with pytest.raises(RefusedError) as stranger:
        hub.lender("till")(ASK)
    assert stranger.value.status == HTTPStatus.UNAUTHORIZED
    other = RightAsk(workstation_id="till-3", life="three", turn=1)
    with pytest.raises(RefusedError) as foreign:
        hub.lender("two")(other)
    assert foreign.value.status == HTTPStatus.FORBIDDEN
    with pytest.raises(LinkDownError, match=HUB_PATH):
        hub.lender("two", believed=False)(ASK)
