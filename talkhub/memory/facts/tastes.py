"""Rules for what somebody prefers, does not like, and wants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from talkhub.memory.facts.clauses import NOT_DENIED, Clause
from talkhub.memory.facts.kinds import FactKind
from talkhub.memory.facts.model import Found
from talkhub.memory.facts.phrases import rest
from talkhub.memory.lexicon import stop_words
from talkhub.memory.words import word_set, words_of

TRIGGERS: Final = word_set(
    "prefiro preferencia gosto gosta curto odeio detesto suporto quero queria gostaria prefer like"
    " hate prefiero gusta gustan odio want quiero querria"
)

_PREFERS = re.compile(
    rf"{NOT_DENIED}\b(?:prefiro|(?:minha )?preferencia (?:e|eh)(?: por| pelo| pela)?|i prefer"
    rf"|prefiero|i (?:really )?like|{NOT_DENIED}me gustan?)\s+"
    rf"|{NOT_DENIED}(?<!\bda )(?<!\bum )(?<!\bcom )(?<!\bo )\bgosto "
    r"(?:muito |mais |bastante |mesmo )*(?:de |d(?=[oa]s? ))"
)
_DISLIKES = re.compile(
    r"\b(?:nao|n|nunca|nem) (?:eu )?gosto (?:muito |nada |mesmo |nem um pouco )*"
    r"(?:de |d(?=[oa]s? )|quando |que )|\b(?:nao|n) curto\s+|\bodeio\s+|\bdetesto\s+"
    r"|\b(?:nao|n) suporto\s+|\b(?:nao|n) quero (?:mais )?(?=(?:receber|que me)\b)"
    r"|\bi (?:do not|don't|dont|don\u2019t) (?:really )?like\s+"
    r"|\bi hate\s+|\bno me gustan?\s+|\bodio\s+"
)
_WANTS = re.compile(
    rf"{NOT_DENIED}\b(?:(?:eu )?(?:quero|queria|gostaria de)|i want|i would like|quiero|querria)\s+"
    r"(?=(?:comprar|contratar|assinar|alugar|reservar|encomendar|adquirir|buy|rent|book|contratar"
    r"|alquilar|um|uma|uns|umas|a|an|un|dois|duas|\d+)\s)"
)
# What a taste is about ends before its reason, its other side, or the next thing said.
_ENDS = re.compile(
    r"\s(?:do que|porque|por que|pois|pq|ja que|entao|mas|se (?:for|der|puder|possivel)|quando eu"
    r"|e (?:quero|queria|preciso|gostaria|prefiro|odeio|nao|gosto|meu|minha|moro|sou|estou|tenho)"
    r"|because|than|porque|pero|but|ok|por favor|pfv|obrigad[oa]|ta bom|blz|viu|ne|please)\b|[!:]"
)
_LEAD = re.compile(r"(?:muito |mais |que |de |por |pelo |pela )+")
_DECLINES = re.compile(
    r"(?:nao|n)\b|(?:assim|antes|agora|esperar|ficar|falar|saber|ver|deixar|pensar|dizer|admitir|acreditar)\b"
)
_DOES = re.compile(r"[a-z]+[aei]r")
_NO_WISH: Final = word_set(
    "ajuda informacao informacoes favor duvida atendente humano pessoa momento minuto atendimento"
    " resposta retorno posicao satisfacao explicacao solucao coisa milagre help question answer"
    " person pergunta orientacao atencao respeito previsao analista"
    " gente vivente coordenador coordenadora gerente supervisor"
)


def found_in(clause: Clause) -> Iterator[Found]:
    """Yield what a clause tells that the person likes, does not like, or wants."""
    if clause.is_question:
        return
    yield from _tastes(clause)
    yield from _wishes(clause)


def _tastes(clause: Clause) -> Iterator[Found]:
    dislikes = list(_DISLIKES.finditer(clause.plain))
    for kind, confidence, matches in (
        (FactKind.DISLIKES, 0.8, dislikes),
        (FactKind.PREFERS, 0.8, _PREFERS.finditer(clause.plain)),
    ):
        for match in matches:
            start, end = rest(clause, match.end(), ends=_ENDS)
            lead = _LEAD.match(clause.plain, start, end)
            start = lead.end() if lead else start
            object_ = clause.plain[start:end]
            # Whoever prefers to do something answers a choice of now; who dislikes to, always does.
            is_choice = kind is FactKind.PREFERS and _DOES.fullmatch(object_.split(" ")[0])
            if _says_something(object_) and not is_choice:
                yield Found(kind, clause.text[start:end], confidence, match.start(), end)


def _wishes(clause: Clause) -> Iterator[Found]:
    for match in _WANTS.finditer(clause.plain):
        start, end = rest(clause, match.end(), ends=_ENDS)
        words = words_of(clause.plain[start:end])
        if words and _NO_WISH.isdisjoint(words[:3]) and _says_something(clause.plain[start:end]):
            yield Found(FactKind.WANTS, clause.text[start:end], 0.7, match.start(), end)


def _says_something(folded: str) -> bool:
    """Tell whether an object names a thing: "disso" and "vocês" name none."""
    if _DECLINES.match(folded):
        return False
    return any(word not in stop_words() and len(word) > 2 for word in words_of(folded))
