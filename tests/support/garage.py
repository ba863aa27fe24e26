"""A garage's exports as its dealer system writes them."""

from __future__ import annotations

GOLF = "WVWZZZ1KZAW123456"
OCTAVIA = "TMBZZZ1Z0C2123457"

VEHICLES = (
    "Fahrgestellnummer;Kennzeichen;Kundennummer;Marke;Modell;Erstzulassung;MFK;km-Stand;Stand vom\n"
    f"{GOLF};ZH 123 456;1;Volkswagen;Golf;14.03.2018;30.06.2027;91'000;02.11.2026\n"
    f"{OCTAVIA};;;Škoda;Octavia;2012-05-01;;;\n"
)

ORDERS = (
    "Auftrag;Pos;Datum;Rechnung;Rechnungsdatum;VIN;km;Art;Code;Bezeichnung;Menge;Betrag\n"
    f"A-1;1;12.05.2023;R-9;13.05.2023;{GOLF};62300;AW;46801900;Bremsbeläge vorne ersetzen;1,2;168.00\n"
    f"A-1;2;12.05.2023;R-9;13.05.2023;{GOLF};62300;Teil;1K0698151;Bremsbelagsatz;1;94.50\n"
    f"A-2;1;20.10.2026;;;{OCTAVIA};184000;Arbeit;01500000;Ölwechsel;0,5;60.00\n"
)


def renumbered(text: str, was: str, now: str) -> str:
    """A file with one text in it exchanged; it must be there."""
    assert was in text
    return text.replace(was, now)
