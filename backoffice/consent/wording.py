"""The words that members are asked with, in their language; what was shown is kept with each decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from backoffice.consent.kinds import Purpose

MEMBER_LANGUAGES: Final = ("en", "de", "fr", "it", "cs", "zh")
"""Languages that members are asked in; others are asked in English."""

_FORM: Final[Mapping[str, str]] = {
    "en": "I allow {shop} to contact me in the ways and for the purposes that I have ticked. I can take this back"
    " at any time, in the shop or by the link in every message.",
    "de": "Ich erlaube {shop}, mich auf den angekreuzten Wegen und zu den angekreuzten Zwecken anzusprechen. Ich kann"
    " das jederzeit zurücknehmen, im Laden oder über den Link in jeder Nachricht.",
    "fr": "J’autorise {shop} à me contacter par les canaux et aux fins que j’ai cochés. Je peux retirer cet accord à"
    " tout moment, au magasin ou par le lien dans chaque message.",
    "it": "Autorizzo {shop} a contattarmi tramite i canali e per gli scopi che ho spuntato. Posso revocare questo"
    " consenso in ogni momento, in negozio o con il link in ogni messaggio.",
    "cs": "Souhlasím, aby mě {shop} oslovoval zaškrtnutými cestami a k zaškrtnutým účelům. Souhlas mohu kdykoli"
    " odvolat, v prodejně nebo odkazem v každé zprávě.",
    "zh": "我允许{shop}以我勾选的方式、出于我勾选的目的与我联系。我可以随时在店内或通过每条消息中的链接撤回。",
}
_BY_MAIL: Final[Mapping[str, str]] = {
    "en": "{shop} may write to me by e-mail: {purposes}. I can take this back at any time by the link in every"
    " message.",
    "de": "{shop} darf mir E-Mails schreiben: {purposes}. Ich kann das jederzeit über den Link in jeder Nachricht"
    " zurücknehmen.",
    "fr": "{shop} peut m’écrire par e-mail\u202f: {purposes}. Je peux retirer cet accord à tout moment par le lien dans"
    " chaque message.",
    "it": "{shop} può scrivermi per e-mail: {purposes}. Posso revocare questo consenso in ogni momento con il link in"
    " ogni messaggio.",
    "cs": "{shop} mi smí psát e-maily: {purposes}. Souhlas mohu kdykoli odvolat odkazem v každé zprávě.",
    "zh": "{shop}可以给我发送电子邮件：{purposes}。我可以随时通过每条消息中的链接撤回。",
}
_PURPOSES: Final[Mapping[str, Mapping[Purpose, str]]] = {
    "en": {
        Purpose.SERVICE: "service and reminders",
        Purpose.MARKETING: "offers and news",
        Purpose.SURVEY: "questions about my visit",
    },
    "de": {
        Purpose.SERVICE: "Service und Erinnerungen",
        Purpose.MARKETING: "Angebote und Neuigkeiten",
        Purpose.SURVEY: "Fragen zu meinem Besuch",
    },
    "fr": {
        Purpose.SERVICE: "service et rappels",
        Purpose.MARKETING: "offres et nouveautés",
        Purpose.SURVEY: "questions sur ma visite",
    },
    "it": {
        Purpose.SERVICE: "servizio e promemoria",
        Purpose.MARKETING: "offerte e novità",
        Purpose.SURVEY: "domande sulla mia visita",
    },
    "cs": {
        Purpose.SERVICE: "služby a připomínky",
        Purpose.MARKETING: "nabídky a novinky",
        Purpose.SURVEY: "otázky k mé návštěvě",
    },
    "zh": {
        Purpose.SERVICE: "服务与提醒",
        Purpose.MARKETING: "优惠与新消息",
        Purpose.SURVEY: "关于我的到店体验的问题",
    },
}


def member_language(language: str) -> str:
    """The language a member is asked in."""
    return language if language in MEMBER_LANGUAGES else MEMBER_LANGUAGES[0]


def form_wording(language: str, shop: str) -> str:
    """What a paper form in the shop says, as a proposal for staff."""
    return _FORM[member_language(language)].format(shop=shop)


def mail_wording(language: str, shop: str, purposes: Sequence[Purpose]) -> str:
    """What an address is asked by e-mail to agree to."""
    spoken = member_language(language)
    between = "、" if spoken == "zh" else ", "
    named = between.join(_PURPOSES[spoken][purpose] for purpose in purposes)
    return _BY_MAIL[spoken].format(shop=shop, purposes=named)
