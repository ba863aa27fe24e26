"""Random cases over every kind, written to a file once and priced by both builds of the core from the same bytes.

`python -m tests.support.random_digests FILE` prices each case of the file with the core that this process has (without
reasons, and with all of them, with much and with little effort), takes part of it back, and prints a hash a case.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from pos_engine import CORE
from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign
from pos_engine.core.evaluate import evaluate
from pos_engine.core.member import Member
from pos_engine.core.money import Tariff
from pos_engine.core.repricing import Sold
from pos_engine.core.returns import Return, ReturnedLine, ReturnRefusedError, undo
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage
from pos_engine.wire.campaigns import decode_campaign, encode_campaign
from pos_engine.wire.documents import decode_basket, decode_member, decode_tariff, decode_usage, encode
from tests.support.every_kind import MEMBERS, baskets, shops, usages
from tests.support.pricing import MOMENT

EFFORTS = (1_000, 3)
TARIFFS = (Tariff("EUR", unknown_vat_bp=1900), Tariff("EUR", prices_include_tax=False, unknown_vat_bp=700))


def write_cases(path: Path, count: int, seed_number: int) -> list[Any]:
    """Draw at least so many cases, all different, write them as documents, a line each; returns their campaigns."""
    drawn: list[tuple[Campaign, ...]] = []
    seen: set[bytes] = set()
    with path.open("wb") as file:

        @seed(seed_number)
        @settings(
            max_examples=count + count // 2, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(shops(5, size_min=2), baskets(7), MEMBERS, usages(5), st.sampled_from(TARIFFS))
        def draw(
            shop: tuple[Campaign, ...], basket: Basket, member: Member | None, usage: Usage, tariff: Tariff
        ) -> None:
            documents = [encode(basket), encode(member), encode(usage), encode(tariff)]
            case = [[encode_campaign(campaign).decode() for campaign in shop], [one.decode() for one in documents]]
            written = json.dumps(case).encode()
            if written not in seen:
                seen.add(written)
                drawn.append(shop)
                file.write(written + b"\n")

        draw()
    return drawn


def digest(campaigns: Sequence[str], documents: Sequence[str]) -> str:
    """SHA-256 over the outcomes of one case and over what the first unit's return undoes."""
    shop = tuple(decode_campaign(raw.encode()) for raw in campaigns)
    basket, member = decode_basket(documents[0].encode()), decode_member(documents[1].encode())
    usage, tariff = decode_usage(documents[2].encode()), decode_tariff(documents[3].encode())
    ruleset = compile_ruleset(shop, tariff)
    # Without reasons most sales take the shorter way over integers.
    hashed = hashlib.sha256(encode(evaluate(ruleset, basket, member, usage, MOMENT, explain=False)))
    for effort in EFFORTS:
        outcome = evaluate(ruleset, basket, member, usage, MOMENT, effort)
        hashed.update(encode(outcome))
        returned = Return((ReturnedLine(outcome.lines[0].line_id),))
        sold = Sold(shop, basket, MOMENT, tariff, member, usage)
        try:
            hashed.update(encode(undo(outcome, returned, sold)))
        except ReturnRefusedError as refusal:
            hashed.update(str(refusal).encode())
    return hashed.hexdigest()


if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") as lines:
        digests = [digest(*msgspec.json.decode(line)) for line in lines]
    json.dump({"core": CORE.core, "digests": digests}, sys.stdout)
