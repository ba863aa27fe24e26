"""The examples and rules of docs/nexo-profile.md, sent to a real daemon over HTTP. No back-office answers meanwhile."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos_engine.registers.nexo.codec import BODY_BYTES_MAX
from tests.support import nexo
from tests.support.daemon import DaemonProcess, fill
from tests.support.nexo import BREAD, COFFEE, loyalty, receipt_id_of, response_of, told, total_rebate

PROFILE = (Path(__file__).parents[4] / "docs" / "nexo-profile.md").read_text()


def example(kind: str, name: str) -> dict[str, Any]:
    match = re.search(rf"<!-- {kind}: {name} -->\n```json\n(.*?)```", PROFILE, re.DOTALL)
    assert match, f"the profile has no {kind} {name}"
    decoded: dict[str, Any] = json.loads(match[1])
    return decoded


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    process = DaemonProcess(tmp_path_factory.mktemp("till"))
    fill(process.data)
    process.start()
    yield process
    assert process.stop() == 0


@pytest.fixture
def numbers(request: pytest.FixtureRequest) -> str:
    """A prefix for ServiceIDs and sales that no other test uses."""
    return f"{abs(hash(request.node.nodeid)) % 10**8:08d}"


def test_every_example_of_the_profile_is_answered_as_it_says(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    fill(daemon.data)
    daemon.start()
    try:
        quote = daemon.post(example("request", "quote")).json()
        stamp = quote["SaleToPOIResponse"]["LoyaltyResponse"]["POIData"]["POITransactionID"]
        assert re.fullmatch(r"2026-11-20T09:15:\d\dZ", stamp["TimeStamp"])
        stamp["TimeStamp"] = "2026-11-20T09:15:00Z"
        assert quote == example("answer", "quote")

        commit = daemon.post(example("request", "commit")).json()
        assert receipt_id_of(commit) == "till-1:1:1"
        assert response_of(commit)["LoyaltyResult"] == response_of(quote)["LoyaltyResult"]

        status = response_of(daemon.post(example("request", "status")).json())
        assert status["Response"] == {"Result": "Success"}
        assert status["MessageReference"] == {"ServiceID": "A0002", "SaleID": "register-1"}
        assert status["RepeatedMessageResponse"] == {
            "MessageHeader": commit["SaleToPOIResponse"]["MessageHeader"],
            "RepeatedResponseMessageBody": {"LoyaltyResponse": response_of(commit)},
        }

        parked = daemon.post(example("request", "park")).json()
        assert told(parked)[0] == "Partial"  # the coupon of the example is unknown in this shop
        aborted = daemon.post(example("request", "abort"))
        assert (aborted.status_code, aborted.content) == (200, b"")

        void = response_of(daemon.post(example("request", "void")).json())
        assert void["Response"] == {"Result": "Success"}
        assert void["ReversedAmount"] == 9.73
        assert void["OriginalPOITransaction"]["POITransactionID"]["TransactionID"] == "till-1:1:1"

        wrong = daemon.post(example("request", "wrong")).json()
        assert told(wrong) == ("Failure", "MessageFormat", "price_negative")
        assert "LoyaltyRequest.LoyaltyTransaction.SaleItem[0].ItemAmount" in json.dumps(wrong)
        assert [row["kind"] for row in daemon.receipts()] == ["void", "sale"]
    finally:
        assert daemon.stop() == 0


def test_every_code_that_can_be_told_stands_in_the_profile() -> None:
    folder = Path(__file__).parents[4] / "pos_engine" / "registers" / "nexo"
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    conditions = "MessageFormat|NotAllowed|NotFound|InProgress|UnavailableService"
    codes = set(re.findall(rf'(?:wrong\(|"(?:{conditions})",)\s*"(\w+)"', source))
    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in PROFILE} == set()


def test_the_same_message_twice_is_done_once_and_answered_byte_for_byte(daemon: DaemonProcess, numbers: str) -> None:
    before = len(daemon.receipts())
    message = loyalty("Award", f"{numbers}a", numbers, [BREAD], 8.10)
    answers = [daemon.post(message).content for _ in range(3)]
    assert len(set(answers)) == 1
    assert len(daemon.receipts()) == before + 1


def test_the_same_message_at_the_same_time_is_done_once(daemon: DaemonProcess, numbers: str) -> None:
    before = len(daemon.receipts())
    message = loyalty("Award", f"{numbers}a", numbers, [BREAD], 8.10)
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.append(daemon.post(message).content)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 5
    assert len(set(answers)) == 1
    assert len(daemon.receipts()) == before + 1


def test_another_message_under_the_same_service_id_is_refused(daemon: DaemonProcess, numbers: str) -> None:
    daemon.post(loyalty("Rebate", f"{numbers}a", numbers, [BREAD]))
    answer = daemon.post(loyalty("Rebate", f"{numbers}a", numbers, [BREAD, COFFEE])).json()
    assert told(answer) == ("Failure", "NotAllowed", "service_id_reused")


def test_a_wrong_amount_closes_nothing_and_tells_the_right_one(daemon: DaemonProcess, numbers: str) -> None:
    before = len(daemon.receipts())
    answer = daemon.post(loyalty("Award", f"{numbers}a", numbers, [BREAD], 9.00)).json()
    assert told(answer) == ("Failure", "NotAllowed", "amount_differs")
    assert total_rebate(answer) == 0.90
    assert len(daemon.receipts()) == before
    assert told(daemon.post(loyalty("Award", f"{numbers}b", numbers, [BREAD], 8.10)).json())[0] == "Success"


def test_a_commit_with_a_new_service_id_finds_the_closed_sale(daemon: DaemonProcess, numbers: str) -> None:
    first = daemon.post(loyalty("Award", f"{numbers}a", numbers, [BREAD], 8.10)).json()
    again = daemon.post(loyalty("Award", f"{numbers}b", numbers, [BREAD], 8.10)).json()
    assert receipt_id_of(first) == receipt_id_of(again)
    assert total_rebate(again) == 0.90
    other = daemon.post(loyalty("Award", f"{numbers}c", numbers, [COFFEE], 3.20)).json()
    assert told(other) == ("Failure", "NotAllowed", "sale_closed")
    quote = daemon.post(loyalty("Rebate", f"{numbers}d", numbers, [COFFEE])).json()
    assert told(quote) == ("Failure", "NotAllowed", "sale_closed")


def test_parked_sales_wait_and_come_back_with_their_card(daemon: DaemonProcess, numbers: str) -> None:
    parked = daemon.post(loyalty("Rebate", f"{numbers}a", f"{numbers}1", [BREAD], sale_to_poi_data="Park=1")).json()
    assert told(parked)[0] == "Success"
    between = daemon.post(loyalty("Award", f"{numbers}b", f"{numbers}2", [COFFEE], 3.20, accounts=[])).json()
    assert "LoyaltyID" not in response_of(between)["LoyaltyResult"][0]["LoyaltyAccount"]["LoyaltyAccountID"]
    back = daemon.post(loyalty("Rebate", f"{numbers}c", f"{numbers}1", [BREAD, COFFEE])).json()
    assert total_rebate(back) == 0.90
    done = daemon.post(loyalty("Award", f"{numbers}d", f"{numbers}1", [BREAD, COFFEE], 11.30)).json()
    assert told(done)[0] == "Success"


def test_a_parked_sale_can_be_committed_at_once(daemon: DaemonProcess, numbers: str) -> None:
    daemon.post(loyalty("Rebate", f"{numbers}a", numbers, [BREAD], sale_to_poi_data="Park=1"))
    done = daemon.post(loyalty("Award", f"{numbers}b", numbers, [BREAD], 8.10)).json()
    assert told(done)[0] == "Success"


def test_abort_ends_an_open_sale_and_only_that(daemon: DaemonProcess, numbers: str) -> None:
    daemon.post(loyalty("Rebate", f"{numbers}a", numbers, [BREAD]))
    assert daemon.post(nexo.abort(f"{numbers}b", f"{numbers}a")).content == b""
    late = daemon.post(loyalty("Award", f"{numbers}c", numbers, [BREAD], 8.10)).json()
    assert told(late) == ("Failure", "NotAllowed", "sale_voided")
    unknown = daemon.post(nexo.abort(f"{numbers}d", "never-sent"))
    assert unknown.status_code == 200
    event = unknown.json()["SaleToPOIRequest"]["EventNotification"]
    assert event["EventToNotify"] == "Reject"
    assert event["EventDetails"].startswith("message_unknown: ")


def test_void_by_receipt_or_by_sale_and_twice(daemon: DaemonProcess, numbers: str) -> None:
    receipt_id = receipt_id_of(daemon.post(loyalty("Award", f"{numbers}a", numbers, [BREAD], 8.10)).json())
    partial = daemon.post(nexo.reversal(f"{numbers}b", receipt_id=receipt_id, amount=1.00)).json()
    assert told(partial) == ("Failure", "NotAllowed", "refund_partial")
    done = daemon.post(nexo.reversal(f"{numbers}c", receipt_id=receipt_id, amount=8.10)).json()
    assert told(done)[0] == "Success"
    rows = len(daemon.receipts())
    assert told(daemon.post(nexo.reversal(f"{numbers}d", transaction=numbers)).json())[0] == "Success"
    assert len(daemon.receipts()) == rows
    nobody = daemon.post(nexo.reversal(f"{numbers}e", receipt_id="till-1:1:999999")).json()
    assert told(nobody) == ("Failure", "NotFound", "sale_unknown")


def test_status_of_the_last_and_of_unknown_messages(daemon: DaemonProcess, numbers: str) -> None:
    sent = daemon.post(loyalty("Rebate", f"{numbers}a", numbers, [BREAD])).json()
    last = response_of(daemon.post(nexo.status(f"{numbers}b", None)).json())
    assert last["RepeatedMessageResponse"]["RepeatedResponseMessageBody"]["LoyaltyResponse"] == response_of(sent)
    unknown = daemon.post(nexo.status(f"{numbers}c", "never-sent")).json()
    assert told(unknown) == ("Failure", "NotFound", "message_unknown")


def test_diagnosis(daemon: DaemonProcess, numbers: str) -> None:
    message = {"SaleToPOIRequest": {"MessageHeader": nexo.header("Diagnosis", numbers), "DiagnosisRequest": {}}}
    status = response_of(daemon.post(message).json())["POIStatus"]
    assert status["GlobalStatus"] == "OK"
    assert status["CommunicationOKFlag"] is False


@pytest.mark.parametrize("category", ["Payment", "Login", "Donation"])
def test_messages_outside_of_the_profile_are_refused(daemon: DaemonProcess, numbers: str, category: str) -> None:
    if category == "Donation":
        answer = daemon.post(loyalty("Donation", f"{numbers}a", numbers, [BREAD])).json()
        assert told(answer) == ("Failure", "UnavailableService", "message_unavailable")
        return
    answer = daemon.post({"SaleToPOIRequest": {"MessageHeader": nexo.header(category, f"{numbers}a")}}).json()
    assert answer["SaleToPOIRequest"]["EventNotification"]["EventDetails"].startswith("message_unavailable: ")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"null", b'{"SaleToPOIRequest": 1}', b"[" * 50_000])
def test_what_is_no_message_is_rejected_in_words(daemon: DaemonProcess, body: bytes) -> None:
    answer = daemon.post(body)
    assert answer.status_code == 400
    assert answer.json()["SaleToPOIRequest"]["EventNotification"]["EventToNotify"] == "Reject"


def test_chunked_bodies_and_the_trailing_slash(daemon: DaemonProcess, numbers: str) -> None:
    body = json.dumps(loyalty("Rebate", f"{numbers}a", numbers, [BREAD])).encode()
    pieces = (body[at : at + 7] for at in range(0, len(body), 7))
    answer = daemon.client.post("/nexo/", content=pieces)
    assert answer.request.headers["Transfer-Encoding"] == "chunked"
    assert told(answer.json())[0] == "Success"


def test_a_body_that_is_too_long(daemon: DaemonProcess) -> None:
    assert daemon.post(b" " * (BODY_BYTES_MAX + 1)).status_code == 413
    assert daemon.post(b" " * (3 * BODY_BYTES_MAX)).status_code == 413


def test_pages_of_other_sites_may_not_speak_to_the_till(daemon: DaemonProcess, numbers: str) -> None:
    message = loyalty("Award", f"{numbers}a", numbers, [BREAD], 8.10)
    before = len(daemon.receipts())
    assert daemon.post(message, Origin="https://evil.example").status_code == 403
    assert daemon.post(message, Host="evil.example").status_code == 403
    assert len(daemon.receipts()) == before


def test_the_till_tells_how_it_is(daemon: DaemonProcess) -> None:
    status = daemon.status()
    assert status["enrolled"]
    assert status["campaign_set"]["active"] == 1
    assert status["link"]["outbox_count"] == len([row for row in daemon.receipts() if not row["uploaded"]])
    assert "token" not in json.dumps(status)
    assert daemon.client.get("/api/nothing").json()["code"] == "not_found"
    assert "Ada" not in json.dumps(daemon.log)


def test_a_redemption_is_a_quote_with_points_and_a_refund_undoes_it(daemon: DaemonProcess, numbers: str) -> None:
    message = loyalty("Redemption", f"{numbers}a", numbers, [BREAD])
    points = {"LoyaltyAmount": {"LoyaltyUnit": "Point", "AmountValue": 40}}
    message["SaleToPOIRequest"]["LoyaltyRequest"]["LoyaltyData"][0] |= points
    assert told(daemon.post(message).json())[0] in {"Success", "Partial"}
    given_up = loyalty("RedemptionRefund", f"{numbers}b", numbers, [BREAD])
    assert total_rebate(daemon.post(given_up).json()) == 0.90
    paid = daemon.post(loyalty("Award", f"{numbers}c", numbers, [BREAD], 8.10)).json()
    undo = loyalty("RebateRefund", f"{numbers}d", numbers, [])
    identification = {"TransactionID": receipt_id_of(paid), "TimeStamp": "2026-11-20T10:15:00Z"}
    undo["SaleToPOIRequest"]["LoyaltyRequest"]["LoyaltyTransaction"]["OriginalPOITransaction"] = {
        "POITransactionID": identification
    }
    assert told(daemon.post(undo).json())[0] == "Success"
    assert daemon.receipts()[0]["kind"] == "void"


@pytest.mark.parametrize(
    "amount", [None, {"LoyaltyUnit": "Monetary", "AmountValue": 5}, {"AmountValue": 1.5}, {"AmountValue": -1}]
)
def test_a_redemption_says_how_many_points(daemon: DaemonProcess, numbers: str, amount: dict[str, Any] | None) -> None:
    message = loyalty("Redemption", f"{numbers}a", numbers, [BREAD])
    if amount is not None:
        message["SaleToPOIRequest"]["LoyaltyRequest"]["LoyaltyData"][0] |= {"LoyaltyAmount": amount}
    assert told(daemon.post(message).json()) == ("Failure", "MessageFormat", "message_invalid")
