"""Invoices of a workshop as electronic ones (EN 16931, CII) and as paper, for the tests of claims."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape

import msgspec
import typst

VIN: Final = "WVWZZZ1KZ8W386752"

_HEAD: Final = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
<ram:ID>urn:cen.eu:en16931:2017</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>{number}</ram:ID><ram:TypeCode>{kind}</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">{invoiced:%Y%m%d}</udt:DateTimeString></ram:IssueDateTime>
<ram:IncludedNote><ram:Content>Fahrgestellnummer {vin}</ram:Content></ram:IncludedNote></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>"""
_LINE: Final = """<ram:IncludedSupplyChainTradeLineItem>
<ram:AssociatedDocumentLineDocument><ram:LineID>{place}</ram:LineID></ram:AssociatedDocumentLineDocument>
<ram:SpecifiedTradeProduct><ram:Name>{text}</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement>{gross}<ram:NetPriceProductTradePrice><ram:ChargeAmount>{price}</ram:ChargeAmount>
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="{unit}">1</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery><ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax>
<ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S</ram:CategoryCode>
<ram:RateApplicablePercent>7.70</ram:RateApplicablePercent></ram:ApplicableTradeTax>{allowance}
<ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>{total}</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
</ram:IncludedSupplyChainTradeLineItem>"""
_LINE_ALLOWANCE: Final = """<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>false</udt:Indicator>
</ram:ChargeIndicator><ram:ActualAmount>{off}</ram:ActualAmount><ram:Reason>{reason}</ram:Reason>
</ram:SpecifiedTradeAllowanceCharge>"""
_ALLOWANCE: Final = """<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>false</udt:Indicator>
</ram:ChargeIndicator><ram:ActualAmount>{off}</ram:ActualAmount><ram:Reason>{reason}</ram:Reason><ram:CategoryTradeTax>
<ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S</ram:CategoryCode>
<ram:RateApplicablePercent>7.70</ram:RateApplicablePercent></ram:CategoryTradeTax></ram:SpecifiedTradeAllowanceCharge>"""
_GROSS: Final = """<ram:GrossPriceProductTradePrice><ram:ChargeAmount>{before}</ram:ChargeAmount>
<ram:AppliedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>false</udt:Indicator></ram:ChargeIndicator>
<ram:ActualAmount>{off}</ram:ActualAmount></ram:AppliedTradeAllowanceCharge></ram:GrossPriceProductTradePrice>"""
_PARTY: Final = """<ram:Name>{name}</ram:Name><ram:PostalTradeAddress><ram:CountryID>CH</ram:CountryID>
</ram:PostalTradeAddress>"""


class Item(msgspec.Struct, frozen=True):
    """A line: its price before and after discount, and how the discount is written: as allowance, or in the price."""

    text: str
    before: str
    after: str
    unit: str = "C62"
    in_price: bool = False


class EInvoice(msgspec.Struct, frozen=True):
    """What the XML is made of. `reductions`: reason and amount of what is taken off the whole."""

    items: tuple[Item, ...]
    number: str = "R-2022-117"
    invoiced: date = date(2022, 8, 12)
    done: date | None = date(2022, 8, 11)
    vin: str = VIN
    currency: str = "CHF"
    reductions: tuple[tuple[str, str], ...] = ()
    kind: str = "380"

    def xml(self) -> bytes:
        """The document; its sums are right."""
        parts = [_HEAD.format(number=self.number, kind=self.kind, invoiced=self.invoiced, vin=self.vin)]
        parts += [_line(place, item) for place, item in enumerate(self.items, 1)]
        parts.append(
            "<ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty>" + _PARTY.format(name="Garage Muster AG")
        )
        parts.append("</ram:SellerTradeParty><ram:BuyerTradeParty>" + _PARTY.format(name="Erika Muster"))
        parts.append("</ram:BuyerTradeParty></ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeDelivery>")
        if self.done is not None:
            parts.append("<ram:ActualDeliverySupplyChainEvent><ram:OccurrenceDateTime>")
            parts.append(f'<udt:DateTimeString format="102">{self.done:%Y%m%d}</udt:DateTimeString>')
            parts.append("</ram:OccurrenceDateTime></ram:ActualDeliverySupplyChainEvent>")
        parts.append("</ram:ApplicableHeaderTradeDelivery>")
        parts.append(self._settlement())
        parts.append("</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>")
        return "".join(parts).encode()

    def _settlement(self) -> str:
        lines = sum((Decimal(item.after) for item in self.items), Decimal(0))
        off = sum((Decimal(amount) for _reason, amount in self.reductions), Decimal(0))
        base = lines - off
        tax = (base * Decimal("0.077")).quantize(Decimal("0.01"))
        allowances = "".join(_ALLOWANCE.format(off=amount, reason=escape(why)) for why, amount in self.reductions)
        return (
            f"<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>{self.currency}</ram:InvoiceCurrencyCode>"
            f"<ram:ApplicableTradeTax><ram:CalculatedAmount>{tax}</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode>"
            f"<ram:BasisAmount>{base}</ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode>"
            "<ram:RateApplicablePercent>7.70</ram:RateApplicablePercent></ram:ApplicableTradeTax>"
            f"{allowances}<ram:SpecifiedTradePaymentTerms><ram:Description>30 Tage</ram:Description>"
            "</ram:SpecifiedTradePaymentTerms><ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
            f"<ram:LineTotalAmount>{lines}</ram:LineTotalAmount>"
            f"<ram:AllowanceTotalAmount>{off}</ram:AllowanceTotalAmount>"
            f"<ram:TaxBasisTotalAmount>{base}</ram:TaxBasisTotalAmount>"
            f'<ram:TaxTotalAmount currencyID="{self.currency}">'
            f"{tax}</ram:TaxTotalAmount><ram:GrandTotalAmount>{base + tax}</ram:GrandTotalAmount>"
            f"<ram:DuePayableAmount>{base + tax}</ram:DuePayableAmount>"
            "</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>"
        )


def _line(place: int, item: Item) -> str:
    off = Decimal(item.before) - Decimal(item.after)
    gross = _GROSS.format(before=item.before, off=off) if item.in_price else ""
    allowance = _LINE_ALLOWANCE.format(off=off, reason="Rabatt") if off and not item.in_price else ""
    return _LINE.format(
        place=place,
        text=escape(item.text),
        gross=gross,
        price=item.after if item.in_price else item.before,
        unit=item.unit,
        allowance=allowance,
        total=item.after,
    )


def paper_pdf(rows: str) -> bytes:
    """Rows of text as a PDF file, each on a line of its own."""
    page = '#set page(width: 210mm, height: 297mm)\n#set text(font: "DejaVu Sans", size: 9pt)\n'
    source = f"{page}```\n{rows}\n```\n"
    made = typst.compile(source.encode())
    assert isinstance(made, bytes)
    return made
