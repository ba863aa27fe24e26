"""Electronic invoices by EN 16931 in the syntax of UN/CEFACT (Cross Industry Invoice, D16B).

It is what Factur-X, ZUGFeRD 2 and XRechnung put into an XML file; business terms (BT) are those of EN 16931-1. Amounts
of such an invoice are without VAT, and one that names no price before discount has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from backoffice.claims.invoice import LINES_MAX, Invoice, InvoiceLine, Reduction, UnreadableError, to_minor
from backoffice.i18n import gettext as _
from backoffice.workshop.reading import LABOUR, OTHER, PART
from backoffice.workshop.vin import LENGTH, vin_fault

XML_BYTES_MAX: Final = 5_000_000
ROOT: Final = "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice"
NAMES: Final = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
CREDIT_NOTES: Final = frozenset({"381", "261", "262", "296", "308", "396", "420", "458", "532"})
"""Codes of BT-3 (UNTDID 1001) that give money back."""
HOURS: Final = frozenset({"HUR", "MIN", "LH"})
"""Units of BT-130 (UN/ECE recommendation 20) that are time: labour."""
PIECES: Final = frozenset({"C62", "H87", "XPP", "EA", "SET", "LTR", "MTR", "KGM", "PR"})

_HEADER = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement"
_DELIVERY = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeDelivery"
_VIN = re.compile(rf"(?<![A-Z0-9])[A-HJ-NPR-Z0-9]{{{LENGTH}}}(?![A-Z0-9])")


def read_einvoice(data: bytes) -> Invoice:
    """Read the XML of an electronic invoice. UnreadableError says what is wrong with it."""
    root = _parsed(data)
    number = _text(root, "rsm:ExchangedDocument/ram:ID")
    if not number:
        raise UnreadableError(_("The electronic invoice has no number."))
    if _text(root, "rsm:ExchangedDocument/ram:TypeCode") in CREDIT_NOTES:
        raise UnreadableError(_("This is a credit note, no invoice."))
    currency = _text(root, f"{_HEADER}/ram:InvoiceCurrencyCode")
    issued = _day(root, "rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString")
    if issued is None or not re.fullmatch("[A-Z]{3}", currency):
        raise UnreadableError(_("The electronic invoice has no date or no currency."))
    items = root.findall("rsm:SupplyChainTradeTransaction/ram:IncludedSupplyChainTradeLineItem", NAMES)
    if not 0 < len(items) <= LINES_MAX:
        raise UnreadableError(_("An invoice has 1 to %(count)s lines.", count=LINES_MAX))
    done = _day(root, f"{_DELIVERY}/ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/udt:DateTimeString")
    period_end = _day(root, f"{_HEADER}/ram:BillingSpecifiedPeriod/ram:EndDateTime/udt:DateTimeString")
    return Invoice(
        number=number,
        invoiced_on=issued,
        done_on=done or period_end,
        currency=currency,
        net=True,
        lines=tuple(_line(item, currency) for item in items),
        reductions=tuple(_reductions(root, currency)),
        vins=tuple(dict.fromkeys(vins_in(" ".join(root.itertext())))),
    )


def vins_in(text: str) -> Iterator[str]:
    """The vehicle identification numbers that stand in a text, in its order."""
    return (found for found in _VIN.findall(text.upper()) if vin_fault(found) is None)


def _parsed(data: bytes) -> Element:
    if len(data) > XML_BYTES_MAX:
        raise UnreadableError(_("The electronic invoice is larger than any invoice."))
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise UnreadableError(_("The electronic invoice is damaged.")) from error
    if root.tag != ROOT:
        raise UnreadableError(_("The file is no invoice of the kind Factur-X, ZUGFeRD 2 or XRechnung (CII)."))
    return root


def _line(item: Element, currency: str) -> InvoiceLine:
    """BG-25. What the line costs before discount is its net amount (BT-131) and all that was taken off it."""
    settled = "ram:SpecifiedLineTradeSettlement"
    total = _amount(item, f"{settled}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount", currency)
    off = 0
    for each in item.findall(f"{settled}/ram:SpecifiedTradeAllowanceCharge", NAMES):
        sign = -1 if _is_charge(each) else 1
        off += sign * _amount(each, "ram:ActualAmount", currency)
    billed = item.find("ram:SpecifiedLineTradeDelivery/ram:BilledQuantity", NAMES)
    off += _off_price(item, billed, total + off, currency)
    product = "ram:SpecifiedTradeProduct"
    words = (_text(item, f"{product}/ram:Name"), _text(item, f"{product}/ram:Description"))
    rate = _text(item, f"{settled}/ram:ApplicableTradeTax/ram:RateApplicablePercent") or "0"
    return InvoiceLine(
        text=" ".join(word for word in words if word),
        list_minor=total + off,
        discount_minor=off,
        vat_bp=to_minor(rate, "EUR"),
        code=_text(item, f"{product}/ram:SellerAssignedID"),
        kind=_kind("" if billed is None else billed.get("unitCode", "")),
    )


def _off_price(item: Element, billed: Element | None, net_minor: int, currency: str) -> int:
    """What the price of one (BT-147 of BT-148) was lowered by, for all of them: in proportion to the net price."""
    agreed = "ram:SpecifiedLineTradeAgreement"
    gross = _amount(item, f"{agreed}/ram:GrossPriceProductTradePrice/ram:ChargeAmount", currency)
    net = _amount(item, f"{agreed}/ram:NetPriceProductTradePrice/ram:ChargeAmount", currency)
    if billed is None or gross <= net or net <= 0:
        return 0
    return (net_minor * gross + net // 2) // net - net_minor


def _reductions(root: Element, currency: str) -> Iterator[Reduction]:
    """BG-20: what is taken off the whole invoice, with its reason (BT-97)."""
    for each in root.findall(f"{_HEADER}/ram:SpecifiedTradeAllowanceCharge", NAMES):
        if not _is_charge(each):
            yield Reduction(_text(each, "ram:Reason"), _amount(each, "ram:ActualAmount", currency))


def _is_charge(allowance: Element) -> bool:
    return _text(allowance, "ram:ChargeIndicator/udt:Indicator").lower() in {"true", "1"}


def _kind(unit: str) -> str:
    if unit in HOURS:
        return LABOUR
    return PART if unit in PIECES else OTHER


def _text(within: Element, path: str) -> str:
    return (within.findtext(path, "", NAMES) or "").strip()


def _amount(within: Element, path: str, currency: str) -> int:
    text = _text(within, path)
    try:
        return to_minor(text, currency) if text else 0
    except UnreadableError:
        raise UnreadableError(_("The electronic invoice has “%(text)s” for an amount.", text=text[:40])) from None


def _day(within: Element, path: str) -> date | None:
    """Format 102 of UNTDID 2379: YYYYMMDD."""
    text = _text(within, path)
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise UnreadableError(_("The electronic invoice has “%(text)s” for a day.", text=text[:40])) from None
