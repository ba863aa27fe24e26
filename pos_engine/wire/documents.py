"""Codecs of the documents around a sale: basket, member, usage, moment, outcome, tariff.

Laws: the same object always becomes the same bytes; a field is only ever appended, with a default; a document with a
field, kind or number that is not understood is refused with its place, never half read.
"""

from __future__ import annotations

import msgspec

from pos_engine.core.basket import Basket
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import Outcome
from pos_engine.core.returns import Exchange, Return, Reversal
from pos_engine.core.usage import Usage
from pos_engine.wire.bounds import LINES_MAX, UNITS_MAX
from pos_engine.wire.check_outcome import check_outcome
from pos_engine.wire.decode import decode, parse
from pos_engine.wire.errors import DocumentError
from pos_engine.wire.tariff import check_tariff

Document = Basket | Member | Usage | Moment | Outcome | Tariff | Return | Reversal | Exchange


def encode(document: Document | None) -> bytes:
    """Canonical JSON: fields in the order of the class, mapping keys sorted, no spaces. None is `null`."""
    return msgspec.json.encode(document, order="deterministic")


def decode_basket(raw: bytes) -> Basket:
    """A basket whose line ids are unique and whose size is plausible."""
    basket = decode(raw, Basket)
    check_basket(basket)
    return basket


def check_basket(basket: Basket, path: str = "$") -> None:
    """Refuse what no single field shows: too many lines or units, a line id twice."""
    if len(basket.lines) > LINES_MAX:
        raise DocumentError(f"{path}.lines", f"{len(basket.lines)} lines; at most {LINES_MAX} are allowed")
    units = sum(line.quantity for line in basket.lines)
    if units > UNITS_MAX:
        raise DocumentError(f"{path}.lines", f"{units} units in all; at most {UNITS_MAX} are allowed")
    seen: dict[str, int] = {}
    for index, line in enumerate(basket.lines):
        if line.line_id in seen:
            first = seen[line.line_id]
            where = f"{path}.lines[{index}].line_id"
            raise DocumentError(where, f"{line.line_id!r} is already the id of {path}.lines[{first}]")
        seen[line.line_id] = index


def decode_member(raw: bytes) -> Member | None:
    """A member, or None for `null`: nobody's card was read."""
    return None if parse(raw) is None else decode(raw, Member)


def decode_return(raw: bytes) -> Return:
    """What comes back."""
    return decode(raw, Return)


def decode_usage(raw: bytes) -> Usage:
    """What is left of limits and budgets."""
    return decode(raw, Usage)


def decode_moment(raw: bytes) -> Moment:
    """The instant of a sale with its local reading."""
    return decode(raw, Moment)


def decode_outcome(raw: bytes) -> Outcome:
    """The outcome of an evaluation."""
    return decode(raw, Outcome)


def decode_original(raw: bytes) -> Outcome:
    """An outcome that goods come back from: it adds up in itself, to the cent."""
    outcome = decode(raw, Outcome)
    check_outcome(outcome)
    return outcome


def decode_tariff(raw: bytes) -> Tariff:
    """How an organisation counts money."""
    tariff = decode(raw, Tariff)
    check_tariff(tariff)
    return tariff
