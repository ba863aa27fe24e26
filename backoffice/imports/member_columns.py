"""The columns of a list of members, by the words that people head them with in six languages."""

from __future__ import annotations

from typing import Final

from backoffice.imports.consents import CONSENT_COLUMNS
from backoffice.imports.table import Column

MEMBER_COLUMNS: Final = (
    Column("number", ("number", "member number", "member", "customer", "customer number", "member no", "customer id",
                      "mitgliedsnummer", "kundennummer", "nummer", "numero", "numero de membre", "numero client",
                      "numero cliente", "numero socio", "codice cliente", "cislo", "cislo clena", "clenske cislo",
                      "cislo zakaznika", "会员号", "会员编号", "编号", "客户编号"), required=True),
    Column("first_name", ("first_name", "firstname", "given name", "forename", "vorname", "prenom", "nome",
                          "jmeno", "krestni jmeno", "名", "名字")),
    Column("last_name", ("last_name", "lastname", "surname", "family name", "nachname", "name", "familienname", "nom",
                         "nom de famille", "cognome", "prijmeni", "姓", "姓氏")),
    Column("email", ("email", "e-mail", "e mail", "mail", "email address", "e mail adresse", "courriel", "adresse mail",
                     "posta elettronica", "e mailova adresa", "电子邮件", "邮箱")),
    Column("phone", ("phone", "telephone", "mobile", "phone number", "telefon", "handy", "natel", "mobil",
                     "telefonnummer", "mobilnummer", "portable", "telefono", "cellulare", "telefonni cislo",
                     "电话", "手机", "手机号")),
    Column("street", ("street", "address", "strasse", "adresse", "rue", "via", "indirizzo", "ulice", "adresa",
                      "街道", "地址")),
    Column("postcode", ("postcode", "zip", "zip code", "postal code", "plz", "postleitzahl", "npa", "code postal",
                        "cap", "psc", "邮编", "邮政编码")),
    Column("town", ("town", "city", "ort", "stadt", "wohnort", "ville", "localite", "citta", "localita", "mesto",
                    "obec", "城市")),
    Column("birthday", ("birthday", "date of birth", "birth date", "geburtsdatum", "geburtstag", "date de naissance",
                        "anniversaire", "data di nascita", "compleanno", "datum narozeni", "narozeniny",
                        "生日", "出生日期")),
    Column("language", ("language", "sprache", "langue", "lingua", "jazyk", "语言")),
    Column("groups", ("groups", "group", "gruppen", "gruppe", "groupes", "groupe", "gruppi", "gruppo", "skupiny",
                      "skupina", "组", "分组")),
    Column("cards", ("cards", "card", "card number", "card id", "uid", "karten", "karte", "kartennummer", "cartes",
                     "carte", "numero de carte", "carta", "tessera", "numero tessera", "karty", "karta",
                     "cislo karty", "卡", "卡号")),
    Column("points", ("points", "opening balance", "points balance", "punkte", "punktestand", "solde de points",
                      "punti", "saldo punti", "body", "积分")),
    *CONSENT_COLUMNS,
)  # fmt: skip
