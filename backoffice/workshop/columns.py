"""The columns of vehicles and work orders, by the words that dealer systems head them with in six languages."""

from __future__ import annotations

from typing import Final

from backoffice.imports.table import Column

_VIN: Final = ("vin", "chassis number", "chassis no", "vehicle identification number", "fahrgestellnummer",
               "fahrgestell nr.", "fin", "fahrzeug identifizierungsnummer", "numero de chassis", "n° de chassis",
               "numero di telaio", "telaio", "cislo karoserie", "车架号", "车辆识别代号")  # fmt: skip
_PLATE: Final = ("plate", "number plate", "licence plate", "license plate", "registration number", "registration",
                 "kennzeichen", "kontrollschild", "nummernschild", "immatriculation", "plaque",
                 "plaque d'immatriculation", "targa", "spz", "rz", "registracni znacka", "车牌", "车牌号")  # fmt: skip
_KM: Final = ("km", "mileage", "odometer", "kilometer", "km stand", "kilometerstand", "laufleistung", "kilometrage",
              "chilometraggio", "chilometri", "stav km", "najeto", "stav tachometru", "里程", "公里数")  # fmt: skip
_SITE: Final = ("site", "branch", "location", "filiale", "standort", "betrieb", "succursale", "sede", "pobocka",
                "门店", "网点")  # fmt: skip

VEHICLE_COLUMNS: Final = (
    Column("vin", _VIN, required=True),
    Column("plate", _PLATE),
    Column("number", ("owner", "member number", "customer number", "customer", "customer no", "member", "halter",
                      "kundennummer", "mitgliedsnummer", "numero client", "proprietaire", "numero cliente",
                      "codice cliente", "proprietario", "cislo zakaznika", "vlastnik", "客户编号", "会员号", "车主")),
    Column("make", ("make", "brand", "marke", "fabrikat", "marque", "marca", "znacka", "品牌", "厂牌")),
    Column("model", ("model", "modell", "typ", "modele", "modello", "车型", "型号")),
    Column("model_year", ("model year", "year", "modelljahr", "baujahr", "annee modele", "annee", "anno modello",
                          "anno", "modelovy rok", "rok vyroby", "年款", "年份")),
    Column("segment", ("segment", "fahrzeugsegment", "segmento", "级别")),
    Column("vehicle_type", ("vehicle type", "body type", "fahrzeugart", "aufbau", "type de vehicule", "tipo veicolo",
                            "druh vozidla", "车辆类型")),
    Column("customer_kind", ("customer type", "customer kind", "kundenart", "kundentyp", "type de client",
                             "tipo cliente", "typ zakaznika", "客户类型")),
    Column("first_registration", ("first registration", "first registered", "erstzulassung", "ez", "inverkehrsetzung",
                                  "premiere immatriculation", "1ere immatriculation", "mise en circulation",
                                  "prima immatricolazione", "prvni registrace", "首次登记", "注册日期")),
    Column("demo_handover", ("demo handover", "demo hand over", "vorfuhrwagen ubergabe", "remise demonstration",
                             "consegna dimostrativa", "predani predvadeciho vozu", "试驾车交付")),
    Column("contract_until", ("service contract until", "contract end", "servicevertrag bis", "vertragsende",
                              "contrat de service jusqu'au", "fin de contrat", "contratto di servizio fino al",
                              "servisni smlouva do", "服务合同到期")),
    Column("warranty_until", ("warranty until", "warranty end", "garantie bis", "garantieende", "garantie jusqu'au",
                              "garanzia fino al", "zaruka do", "保修到期")),
    Column("inspection_until", ("technical inspection until", "inspection due", "mot", "mfk", "hu", "tuv",
                                "nachste hu", "nachste mfk", "controle technique", "expertise", "revisione", "collaudo",
                                "stk", "stk do", "年检", "年检到期")),
    Column("km", _KM),
    Column("km_on", ("mileage date", "km date", "read on", "km datum", "stand vom", "date du kilometrage",
                     "data chilometraggio", "datum km", "里程日期")),
    Column("site", _SITE),
)  # fmt: skip

ORDER_COLUMNS: Final = (
    Column("order", ("order", "work order", "order number", "work order number", "job", "job number", "auftrag",
                     "auftragsnummer", "auftrag nr.", "werkstattauftrag", "ordre", "ordre de reparation",
                     "numero d'ordre", "commessa", "ordine", "numero ordine", "zakazka", "cislo zakazky", "工单",
                     "工单号", "维修单号"), required=True),
    Column("line", ("line", "position", "line number", "pos", "zeile", "ligne", "riga", "posizione", "polozka",
                    "radek", "行号", "序号")),
    Column("date", ("date", "service date", "date of service", "order date", "datum", "auftragsdatum",
                    "leistungsdatum", "date de l'ordre", "date de service", "data", "data ordine", "datum zakazky",
                    "日期", "服务日期"), required=True),
    Column("invoice", ("invoice", "invoice number", "rechnung", "rechnungsnummer", "facture", "numero de facture",
                       "fattura", "numero fattura", "faktura", "cislo faktury", "发票", "发票号")),
    Column("invoice_date", ("invoice date", "rechnungsdatum", "date de facture", "data fattura", "datum faktury",
                            "发票日期")),
    Column("vin", _VIN),
    Column("plate", _PLATE),
    Column("km", _KM),
    Column("kind", ("kind", "line kind", "type", "art", "positionsart", "genre", "tipo", "druh", "类型", "项目类型")),
    Column("code", ("code", "labour code", "part number", "operation code", "article", "artikelnummer", "teilenummer",
                    "arbeitsposition", "code article", "reference", "codice", "codice articolo", "kod", "cislo dilu",
                    "代码", "零件号", "工时代码")),
    Column("text", ("text", "description", "bezeichnung", "beschreibung", "designation", "libelle", "descrizione",
                    "popis", "nazev", "描述", "项目名称"), required=True),
    Column("quantity", ("quantity", "qty", "hours", "menge", "anzahl", "quantite", "quantita", "mnozstvi", "数量",
                        "工时")),
    Column("amount", ("amount", "total", "line total", "betrag", "gesamtpreis", "zeilenbetrag", "montant",
                      "total ligne", "importo", "totale riga", "castka", "cena celkem", "金额", "总价")),
    Column("site", _SITE),
)  # fmt: skip
