"""What e-mails about approvals say, in the languages of the pages. `{name}`: what it is about; `{who}`: an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SUBJECTS: Final[Mapping[str, Mapping[str, str]]] = {
    "submitted": {
        "en": "{shop}: “{name}” waits for your approval",
        "de": "{shop}: „{name}“ wartet auf Ihre Freigabe",
        "fr": "{shop}\u202f: «\u202f{name}\u202f» attend votre approbation",
        "it": "{shop}: «{name}» attende la Sua approvazione",
        "cs": "{shop}: „{name}“ čeká na Vaše schválení",
        "zh": "{shop}：“{name}”等待您的批准",
    },
    "approved": {
        "en": "{shop}: “{name}” is approved",
        "de": "{shop}: „{name}“ ist freigegeben",
        "fr": "{shop}\u202f: «\u202f{name}\u202f» est approuvé",
        "it": "{shop}: «{name}» è stato approvato",
        "cs": "{shop}: „{name}“ je schváleno",
        "zh": "{shop}：“{name}”已获批准",
    },
    "refused": {
        "en": "{shop}: “{name}” is refused",
        "de": "{shop}: „{name}“ ist abgelehnt",
        "fr": "{shop}\u202f: «\u202f{name}\u202f» est refusé",
        "it": "{shop}: «{name}» è stato respinto",
        "cs": "{shop}: „{name}“ je zamítnuto",
        "zh": "{shop}：“{name}”被拒绝",
    },
}
TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "submitted": {
        "en": "Hello,\n\n{who} asks for a second person's word about “{name}”. Read it, then approve or refuse it:"
        "\n\n{url}\n\n{shop}\n",
        "de": "Guten Tag,\n\n{who} bittet um das Wort einer zweiten Person zu „{name}“. Lesen Sie es, dann geben Sie es"
        " frei oder lehnen es ab:\n\n{url}\n\n{shop}\n",
        "fr": "Bonjour,\n\n{who} demande l’avis d’une deuxième personne sur «\u202f{name}\u202f». Lisez, puis approuvez"
        " ou refusez\u202f:\n\n{url}\n\n{shop}\n",
        "it": "Buongiorno,\n\n{who} chiede il parere di una seconda persona su «{name}». Legga, poi approvi o"
        " respinga:\n\n{url}\n\n{shop}\n",
        "cs": "Dobrý den,\n\n{who} žádá druhou osobu o vyjádření k „{name}“. Přečtěte si to a pak to schvalte, nebo"
        " zamítněte:\n\n{url}\n\n{shop}\n",
        "zh": "您好！\n\n{who} 请求由第二个人审核“{name}”。请阅读后批准或拒绝：\n\n{url}\n\n{shop}\n",
    },
    "approved": {
        "en": "Hello,\n\n{who} approved “{name}” as you submitted it. Any change asks anew.\n\n{url}\n\n{shop}\n",
        "de": "Guten Tag,\n\n{who} hat „{name}“ freigegeben, so wie Sie es vorgelegt haben. Jede Änderung fragt neu."
        "\n\n{url}\n\n{shop}\n",
        "fr": "Bonjour,\n\n{who} a approuvé «\u202f{name}\u202f» tel que vous l’avez soumis. Toute modification demande"
        " une nouvelle approbation.\n\n{url}\n\n{shop}\n",
        "it": "Buongiorno,\n\n{who} ha approvato «{name}» così come l’ha presentato. Ogni modifica richiede una nuova"
        " approvazione.\n\n{url}\n\n{shop}\n",
        "cs": "Dobrý den,\n\n{who} schválil(a) „{name}“ tak, jak jste to předložili. Každá změna vyžaduje nové"
        " schválení.\n\n{url}\n\n{shop}\n",
        "zh": "您好！\n\n{who} 已按您提交的内容批准了“{name}”。任何更改都需要重新批准。\n\n{url}\n\n{shop}\n",
    },
    "refused": {
        "en": "Hello,\n\n{who} refused “{name}”:\n\n  {note}\n\n{url}\n\n{shop}\n",
        "de": "Guten Tag,\n\n{who} hat „{name}“ abgelehnt:\n\n  {note}\n\n{url}\n\n{shop}\n",
        "fr": "Bonjour,\n\n{who} a refusé «\u202f{name}\u202f»\u202f:\n\n  {note}\n\n{url}\n\n{shop}\n",
        "it": "Buongiorno,\n\n{who} ha respinto «{name}»:\n\n  {note}\n\n{url}\n\n{shop}\n",
        "cs": "Dobrý den,\n\n{who} zamítl(a) „{name}“:\n\n  {note}\n\n{url}\n\n{shop}\n",
        "zh": "您好！\n\n{who} 拒绝了“{name}”：\n\n  {note}\n\n{url}\n\n{shop}\n",
    },
}
