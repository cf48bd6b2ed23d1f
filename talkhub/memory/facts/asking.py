"""What the company has just asked a person for: a bare answer then says what it is."""

from __future__ import annotations

import re
from typing import Final

from talkhub.memory.facts.clauses import composed, plain
from talkhub.memory.facts.kinds import FactKind

# Bots greet and explain first; what they ask stands at the end.
_LAST_PART: Final = 240
_REQUEST = re.compile(
    r"\?|\b(?:inform[ea]|digit[ea]|dig[ao]|me diz|qual|envi[ea]|mand[ea]|preciso d|poderia|pode me"
    r"|confirm[ea]|passa|nos passe|tell|enter|please|indique|ingrese|escriba|escreva)\b"
)
_FOR: Final = {
    FactKind.NAME: re.compile(
        r"\b(?:seu|teu) (?:primeiro )?nome\b|\bnome completo\b(?! d)"
        r"|\bcomo (?:voce )?se chama\b"
        r"|\bcomo (?:posso|devo) te chamar\b|\bcom quem (?:eu )?(?:falo|estou falando|tenho o)"
        r"|\byour (?:full )?name\b|\b(?:tu|su) nombre\b|\bcomo te llamas\b|\binforme o nome\b(?! d)"
    ),
    FactKind.EMAIL: re.compile(r"\be-?mail\b|\bcorreo\b"),
    FactKind.PHONE: re.compile(
        r"\b(?:telefone|celular|whatsapp|telefono|phone|numero (?:de|para) contato)\b"
    ),
    FactKind.CITY: re.compile(
        r"\b(?:sua|qual|que|de qual|em qual) (?:e a sua )?cidade\b|\bonde (?:voce )?mora\b"
        r"|\byour city\b|\b(?:tu|su) ciudad\b"
    ),
    FactKind.CEP: re.compile(r"\bcep\b"),
    FactKind.BIRTHDAY: re.compile(
        r"\b(?:data de )?(?:nascimento|aniversario)\b|\bbirth ?da(?:y|te)"
    ),
    FactKind.ORDER: re.compile(r"\b(?:numero|codigo|n) d[oe] (?:seu )?pedido\b|\border number\b"),
    FactKind.PROTOCOL: re.compile(r"\bprotocolo\b"),
}
_OF_OTHERS = re.compile(
    r"\bd[aeo] (?:sua |seu )?(?:mae|pai|filh[oa]|espos[oa]|marido|pet|cachorro|gato|titular"
    r"|responsavel|empresa|paciente|crianca|acompanhante|convidad[oa]|rua)\b"
)


def asked_for(content: str) -> frozenset[FactKind]:
    """Return what a message of the company asks a person to tell of themselves."""
    asked = plain(composed(content[-_LAST_PART:]))
    if not _REQUEST.search(asked) or _OF_OTHERS.search(asked):
        return frozenset()
    return frozenset(kind for kind, wanted in _FOR.items() if wanted.search(asked))
