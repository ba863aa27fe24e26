"""The register's patience over real HTTP: answers that are lost, tills that are silent, messages that are repeated."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typing_extensions import override

from firmware_sim.line.orders import OrderError
from firmware_sim.register.basket import RungBasket, RungLine
from firmware_sim.register.simulated_register import SimulatedRegister
from firmware_sim.register.transports import NoAnswerError
from tests.evidence import used

BASKET = RungBasket((RungLine("2001", 320), RungLine("4001", 342)))


class Counter:
    """What stands behind the till's address: it notes each message and takes 10 % off, or keeps silent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.silent = False
        self.price_change_minor = 0
        self.disk_full = False
        self.answer_bytes_max: int | None = None

    def kinds(self) -> list[str]:
        return [self._kind(json.loads(body)["SaleToPOIRequest"]) for body in self.bodies]

    @staticmethod
    def _kind(request: dict[str, Any]) -> str:
        if "LoyaltyRequest" in request:
            return str(request["LoyaltyRequest"]["LoyaltyTransaction"]["LoyaltyTransactionType"])
        return str(request["MessageHeader"]["MessageCategory"])

    def answer(self, body: bytes) -> bytes:
        request = json.loads(body)["SaleToPOIRequest"]
        loyalty = request["LoyaltyRequest"]
        transaction = loyalty["LoyaltyTransaction"]
        total = round(sum(item["ItemAmount"] for item in transaction["SaleItem"]) * 100)
        rebate = total // 10 + self.price_change_minor
        response: dict[str, Any] = {"Result": "Success"}
        if self._kind(request) == "Award" and round(transaction["TotalAmount"] * 100) != total - rebate:
            response = {
                "Result": "Failure",
                "ErrorCondition": "NotAllowed",
                "AdditionalResponse": "amount_differs: Pay.",
            }
        if self.disk_full:
            response = {
                "Result": "Failure",
                "ErrorCondition": "UnavailableService",
                "AdditionalResponse": "fault: No.",
            }
        result = {"Rebates": {"TotalRebate": rebate / 100, "SaleItemRebate": []}}
        name = {"TransactionID": "till:1:7", "TimeStamp": "2026-11-20T09:15:00Z"}
        answer = {"Response": response, "POIData": {"POITransactionID": name}, "LoyaltyResult": [result]}
        return json.dumps({"SaleToPOIResponse": {"MessageHeader": {}, "LoyaltyResponse": answer}}).encode()


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def till_url(counter: Counter) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            counter.bodies.append(body)
            if counter.silent:
                self.close_connection = True
                return
            answer = counter.answer(body)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer[: counter.answer_bytes_max])

        @override
        def log_message(self, *_arguments: object) -> None:
            """Tests read bodies, not logs."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    used("http", "simulated register")
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def register(till_url: str) -> SimulatedRegister:
    return SimulatedRegister(till_url, first_number=1, patience=0.05)


def test_a_sale_is_quoted_and_paid_as_quoted(register: SimulatedRegister, counter: Counter) -> None:
    sale = register.ring_up(BASKET)
    assert (sale.to_pay_minor, sale.receipt_id) == (662 - 66, "till:1:7")
    assert counter.kinds() == ["Rebate", "Award"]


def test_a_commit_that_the_till_could_not_do_is_kept_and_sent_again(
    register: SimulatedRegister, counter: Counter
) -> None:
    sale = register.new_sale(BASKET)
    register.quote(sale)
    counter.disk_full = True
    with pytest.raises(NoAnswerError):
        register.commit(sale)
    assert register.send_kept() == 0
    counter.disk_full = False
    assert register.send_kept() == 1
    assert (sale.receipt_id, register.kept) == ("till:1:7", [])
    assert len(set(counter.bodies[1:])) == 1


def test_every_message_has_a_new_number_and_a_repeat_has_the_old_one(
    register: SimulatedRegister, counter: Counter
) -> None:
    sale = register.new_sale(BASKET)
    register.quote(sale)
    register.quote(sale)
    first = register.send_again()
    assert first.done
    numbers = [json.loads(body)["SaleToPOIRequest"]["MessageHeader"]["ServiceID"] for body in counter.bodies]
    assert numbers[0] != numbers[1]
    assert counter.bodies[1] == counter.bodies[2]


def test_a_lost_answer_to_a_commit_is_asked_for_unchanged(register: SimulatedRegister, counter: Counter) -> None:
    sale = register.new_sale(BASKET)
    register.quote(sale)
    register.lose_answers(2)
    assert register.commit(sale).done
    assert counter.kinds() == ["Rebate", "Award", "Award", "Award"]
    assert len(set(counter.bodies[1:])) == 1


@pytest.mark.parametrize("answer_bytes_max", [0, 40])
def test_an_answer_that_ends_with_its_till_is_none(
    register: SimulatedRegister, counter: Counter, answer_bytes_max: int
) -> None:
    sale = register.new_sale(BASKET)
    register.quote(sale)
    counter.answer_bytes_max = answer_bytes_max  # it says how long the answer is, and dies
    with pytest.raises(NoAnswerError):
        register.commit(sale)
    counter.answer_bytes_max = None
    assert register.send_kept() == 1
    assert (sale.receipt_id, len(set(counter.bodies[1:]))) == ("till:1:7", 1)


def test_a_silent_till_never_stops_the_sale_and_kept_commits_go_first_and_in_order(
    register: SimulatedRegister, counter: Counter
) -> None:
    counter.silent = True
    for _ in range(2):
        with pytest.raises(NoAnswerError):
            register.ring_up(BASKET)
    assert len(register.kept) == 2
    kept = [item.message for item in register.kept]
    sale_data = [json.loads(message)["SaleToPOIRequest"]["LoyaltyRequest"]["SaleData"] for message in kept]
    assert all("Offline=1" in data["SaleToPOIData"].split("&") for data in sale_data)
    counter.silent = False
    counter.price_change_minor = -66  # the price the customer paid while the till was silent
    counter.bodies.clear()
    sale = register.ring_up(BASKET)
    assert counter.bodies[1:3] == kept
    assert sale.receipt_id == "till:1:7"
    assert register.kept == []
    own = json.loads(counter.bodies[-1])["SaleToPOIRequest"]["LoyaltyRequest"]["SaleData"]
    assert "Offline" not in own["SaleToPOIData"]


def test_a_price_that_changed_is_paid_as_it_is_now(register: SimulatedRegister, counter: Counter) -> None:
    sale = register.new_sale(BASKET)
    register.quote(sale)
    counter.price_change_minor = 10
    refused = register.commit(sale)
    assert refused.code == "amount_differs"
    assert sale.to_pay_minor == 662 - 76
    assert register.commit(sale).done


@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_card_is_tapped_at_its_moment(register: SimulatedRegister, counter: Counter, moment: Any) -> None:
    at_message: list[int] = []

    def tap(uid: str) -> bool:
        assert uid == "04A1B2C3D4E5F6"
        at_message.append(len(counter.bodies))
        return False

    basket = RungBasket(BASKET.lines, card_uid="04A1B2C3D4E5F6", card_moment=moment)
    register.ring_up(basket, tap)
    assert at_message == [0 if moment == "before" else 1]


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="till address"):
        SimulatedRegister("127.0.0.1:8081")


@pytest.mark.parametrize(
    ("fault", "arrive"),
    [("drop 1", ["Rebate", "Award"]), ("repeat 1", ["Rebate", "Rebate", "Award"]), ("delay 1", ["Rebate", "Award"])],
)
def test_messages_that_are_lost_or_come_twice_or_late(
    register: SimulatedRegister, counter: Counter, fault: str, arrive: list[str]
) -> None:
    register.order(["fault", *fault.split()])
    sale = register.ring_up(BASKET)
    assert sale.receipt_id == "till:1:7"
    assert counter.kinds() == arrive
    assert register.order(["status"]) == "register-1, 0 commits kept, 0 answers to lose, no faults"


def test_a_register_takes_orders_while_it_works(register: SimulatedRegister, counter: Counter) -> None:
    sale = register.new_sale(BASKET)
    register.quote(sale)
    assert "2 answers to lose" in register.order(["lose", "2"])
    assert register.commit(sale).done
    register.order(["fault", "silent"])
    with pytest.raises(NoAnswerError):
        register.ring_up(BASKET)
    assert "1 commits kept" in register.order(["fault", "none"])
    assert register.send_kept() == 1
    with pytest.raises(OrderError, match="orders of a register"):
        register.order(["dance"])
    assert counter.kinds()[:4] == ["Rebate", "Award", "Award", "Award"]
