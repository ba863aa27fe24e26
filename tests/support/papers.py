"""Receipts and coupons in every language, out of real sales: for tests that look at paper."""

from __future__ import annotations

from pathlib import Path

from pos_engine.ports.document import Document
from pos_engine.wire.sync import MemberBody, ProductBody
from tests.support.shop import BEA_CARD, COFFEE, ROLL, RYE, Shop, line

NAMES = {
    "en": ("Crusty farmhouse sourdough loaf with walnuts and pumpkin seeds", "Flat white", "Poppy seed roll"),
    "de": ("Roggenmischbrot mit Walnüssen und Kürbiskernen aus dem Holzofen", "Milchkaffee groß", "Mohnbrötchen"),
    "fr": ("Pain de campagne au levain, noix et graines de courge bio", "Café crème", "Petit pain à l'épeautre"),
    "it": ("Pane casereccio a lievitazione naturale con noci e semi di zucca", "Caffè macchiato", "Panino ai cereali"),
    "cs": ("Žitný kváskový chléb s vlašskými ořechy a dýňovými semínky", "Káva s mlékem", "Houska s mákem"),
    "zh": ("全麦核桃南瓜子酸面包手工石窑烘焙", "拿铁咖啡", "罂粟籽小圆面包"),
}
MEMBERS = {"en": "Anna", "de": "Jürgen Groß", "fr": "Zoë", "it": "Nicolò", "cs": "Přemysl Šťastný", "zh": "王小明"}


def papers_in(folder: Path, language: str) -> dict[str, Document]:
    """The receipt of a sale with offers, its coupon, the copy of the receipt, and the cancellation."""
    shop = Shop(folder, language=language)
    for product_id, name, vat_bp in zip((RYE, COFFEE, ROLL), NAMES[language], (700, 1900, 700), strict=True):
        category = "drinks" if product_id == COFFEE else "bread" if product_id == RYE else "rolls"
        shop.put(
            "product",
            product_id,
            ProductBody(product_id=product_id, name=name, categories=(category,), vat_bp=vat_bp),
        )
    shop.put(
        "member", "bea", MemberBody(member_id="bea", display_name=MEMBERS[language], language=language, points=128)
    )
    shop.tap(BEA_CARD)
    closed = shop.sell("4711", line("1", RYE, 1480, 2), line("2", COFFEE, 320, 3), line("3", ROLL, 90, 12))
    printed = waiting(shop)
    shop.till.reprint(closed.receipt_id, "17")
    copies = waiting(shop)
    shop.till.void("4711", "17")
    voids = waiting(shop)
    shop.close()
    return {"receipt": printed[0], "coupon": printed[1], "copy": copies[0], "void": voids[0]}


def waiting(shop: Shop) -> list[Document]:
    """What the till owes on paper now; it counts as printed afterwards."""
    documents = []
    while (job := shop.journal.next_print_job()) is not None:
        document = shop.till.paper(job)
        shop.journal.print_begun(job.job_no, document)
        shop.journal.print_done(job.job_no)
        documents.append(document)
    return documents
