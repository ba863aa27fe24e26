"""What invoices on paper call things, in the languages of the workshops: folded words, looked for as they stand."""

from __future__ import annotations

from typing import Final

NUMBER: Final = (
    *("rechnungsnummer", "rechnung nr", "rechnungs-nr", "rechnung no", "facture no", "facture n°", "numero de facture"),
    *("fattura n", "numero fattura", "faktura cislo", "cislo faktury", "faktura c.", "invoice no", "invoice number"),
    *("发票号码", "发票编号"),
)
INVOICED: Final = (
    *("rechnungsdatum", "date de facture", "date de la facture", "date facture", "data fattura", "data della fattura"),
    *("datum vystaveni", "datum faktury", "invoice date", "date of invoice", "开票日期"),
)
DONE: Final = (
    *("leistungsdatum", "leistung vom", "ausfuhrungsdatum", "reparaturdatum", "date de prestation", "date des travaux"),
    *("date d'execution", "data prestazione", "data dei lavori", "data lavori", "data di esecuzione", "datum plneni"),
    *("datum opravy", "datum provedeni", "date of service", "service date", "work done on", "服务日期", "维修日期"),
)
TOTAL: Final = (
    *(
        "gesamtbetrag",
        "rechnungsbetrag",
        "endbetrag",
        "total inkl",
        "montant total",
        "total ttc",
        "total tvac",
        "net a payer",
    ),
    *(
        "totale fattura",
        "totale da pagare",
        "totale iva incl",
        "celkem k uhrade",
        "k uhrade",
        "total to pay",
        "amount due",
    ),
    *("grand total", "total incl", "应付金额", "合计金额"),
)
NO_LINE: Final = (
    *(
        "zwischensumme",
        "zwischentotal",
        "total exkl",
        "nettobetrag",
        "sous-total",
        "total ht",
        "total hors",
        "subtotale",
    ),
    *("imponibile", "mezisoucet", "zaklad dane", "subtotal", "net amount", "小计"),
)
VAT: Final = ("mwst", "mehrwertsteuer", "ust ", "umsatzsteuer", "tva", "iva ", "i.v.a", "dph", "vat ", "增值税")
LABOUR: Final = ("arbeit", "lohn", "main d'oeuvre", "main-d'oeuvre", "manodopera", "prace", "labour", "工时")
