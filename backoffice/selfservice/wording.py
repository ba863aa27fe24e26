"""The message with a member's own link, in the languages of members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SUBJECT: Final[Mapping[str, str]] = {
    "en": "{shop}: your page",
    "de": "{shop}: Ihre Seite",
    "fr": "{shop}\u202f: votre page",
    "it": "{shop}: la Sua pagina",
    "cs": "{shop}: Vaše stránka",
    "zh": "{shop}：您的个人页面",
}
TEXT: Final[Mapping[str, str]] = {
    "en": "Hello,\n\nhere is the way to your page with your points, coupons and receipts. It is open for 24 hours;"
    " whoever has this address may open it, so please keep it to yourself.\n\n{links}\n\nIf you did not ask for it,"
    " you need not do anything.\n\n{shop}\n",
    "de": "Guten Tag,\n\nhier geht es zu Ihrer Seite mit Ihren Punkten, Gutscheinen und Belegen. Sie ist 24 Stunden"
    " offen; wer diese Adresse hat, kann sie öffnen: behalten Sie sie bitte für sich.\n\n{links}\n\nWenn Sie nicht"
    " darum gebeten haben, brauchen Sie nichts zu tun.\n\n{shop}\n",
    "fr": "Bonjour,\n\nvoici l’accès à votre page, avec vos points, vos bons et vos tickets. Elle reste ouverte"
    " 24 heures\u202f; quiconque possède cette adresse peut l’ouvrir\u202f: gardez-la pour vous.\n\n{links}\n\nSi vous"
    " ne l’avez pas demandé, vous n’avez rien à faire.\n\n{shop}\n",
    "it": "Buongiorno,\n\necco l’accesso alla Sua pagina con punti, buoni e scontrini. Resta aperta 24 ore; chi ha"
    " questo indirizzo può aprirla: lo tenga per sé.\n\n{links}\n\nSe non l’ha chiesto Lei, non deve fare nulla."
    "\n\n{shop}\n",
    "cs": "Dobrý den,\n\nzde je přístup na Vaši stránku s body, kupony a účtenkami. Je otevřená 24 hodin; otevře ji"
    " každý, kdo má tuto adresu, nechte si ji proto pro sebe.\n\n{links}\n\nPokud jste o ni nežádali, nemusíte nic"
    " dělat.\n\n{shop}\n",
    "zh": "您好！\n\n请通过下面的链接打开您的个人页面，查看积分、优惠券和小票。链接在 24 小时内有效；任何拿到此链接的人"
    "都能打开页面，请勿转发。\n\n{links}\n\n如果不是您本人索取，请不必理会。\n\n{shop}\n",
}
