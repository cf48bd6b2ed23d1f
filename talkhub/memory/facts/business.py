"""Rules for what somebody has of the company: orders, protocols, their plan, what they bought."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from talkhub.memory.facts.clauses import NOT_DENIED, Clause
from talkhub.memory.facts.kinds import FactKind
from talkhub.memory.facts.model import Found
from talkhub.memory.facts.phrases import phrase
from talkhub.memory.words import word_set

TRIGGERS: Final = word_set(
    "pedido pedidos compra encomenda order protocolo protocolos chamado ticket ocorrencia plano"
    " plan comprei compramos adquiri encomendei bought compre"
)

_NUMBER: Final = r"#?([a-z]{0,4}-?\d[\da-z]*(?:-[\da-z]+)*)(?![\w/]|[.,:]\d)"
_LINK: Final = (
    r"(?:\W{0,3}\b(?:de numero|numero|num|nro|nr|n|no|o|codigo|e|eh|id|cod|number)\b){0,3}"
    r"[\s:#.º°]{0,4}"
)
_ORDER = re.compile(rf"\b(?:pedido|compra|encomenda|(?<!to )order)\b{_LINK}{_NUMBER}")
_PROTOCOL = re.compile(rf"\b(?:protocolo|chamado|ticket|ocorrencia)\b{_LINK}{_NUMBER}")
_ASKED_NUMBER = re.compile(rf"^\s*(?:e o |e |o |numero )?{_NUMBER}[\s.!]*$")
_COUNTED = re.compile(
    r"\s*(?:reais|r\$|itens|item|pecas?|unidades?|pizzas?|dias?|horas?|hs?|kg|vezes|mil|produtos?"
    r"|x\b|%|de (?:janeiro|fevereiro|marco|abril|maio|junho|julho|agosto|setembro|outubro"
    r"|novembro|dezembro))"
)
_FEWEST_DIGITS: Final = 3

_HAS_PLAN = re.compile(
    rf"\b(?:meu plano(?: atual| hoje| agora)? (?:e|eh)|minha assinatura (?:e|eh)|meu plano\s*[:=]"
    rf"|{NOT_DENIED}(?:sou|tenho|assino|uso|contratei|assinei|peguei|to|estou|estava com)"
    r"(?: cliente)?(?: d[oe]| n[oa]| com)?(?: o| um)? plano|my plan is|mi plan es)"
    r"\s+(?:(?:o|a|de|the|el) )?"
)
_CHANGED_PLAN = re.compile(
    rf"{NOT_DENIED}\b(?:mudei|migrei|passei|fui|troquei|subi)(?: d[oe](?: plano)? [^,.]{{1,30}}?)? "
    r"(?:para|pro|pra|por) (?:o |um )?(plano )?(?:o )?"
)
_ENDS_A_PLAN = re.compile(
    r"(?:que|e|eh|mas|com|ha|faz|desde|hoje|agora|por|pra|para|mesmo|ne|ja|nao|ta|esta|atual|do"
    r"|da|no|na|em|voces|vcs|and|y|aqui|ai|queria|quero|gostaria|preciso|como|so|muito|meu|minha)"
)
_NO_PLAN: Final = word_set(
    "saude odontologico caro ruim bom otimo viajar cancelar fazer esse este isso isto funeral"
    " outro mais menor maior melhor barato errado diferente aquele novo antigo completo"
)

_BOUGHT = re.compile(
    rf"{NOT_DENIED}\b(?:compr(?:ei|amos)|adquiri|encomendei|i bought|compre)\s+"
    r"(?:(?:com|de) (?:voces|vcs) |ai |hoje |ontem |recentemente |semana passada |mes passado"
    r" |no site |na loja )?"
    r"((?:um|uma|uns|umas|o|a|os|as|dois|duas|meu|minha|el|la|un|the|an) )"
)
_ENDS_A_PRODUCT = re.compile(
    r"(?:que|e|mas|na|no|nas|nos|em|ontem|hoje|faz|ha|dia|semana|mes|pra|para|por|pelo|pela|pro"
    r"|com|voces|vcs|ai|aqui|mas|so|nao|ainda|ja|porem|sem|esta|estava|veio|chegou|quero|queria"
    r"|gostaria|preciso|at|on|from|in|and|y|antes|depois|agora|site|loja|ate|desde|este|essa|esse)"
)
_NO_PRODUCT: Final = word_set(
    "produto produtos negocio coisa item itens presente plano briga passagem ideia mesmo mesma"
    " outro outra seu sua"
)


def found_in(clause: Clause) -> Iterator[Found]:
    """Yield what a clause tells of orders, protocols, the plan and things bought."""
    yield from _numbers(clause)
    if not clause.is_question:
        yield from _plans(clause)
        yield from _products(clause)


def _numbers(clause: Clause) -> Iterator[Found]:
    """Yield orders and protocols: who asks about one asks about their own."""
    if clause.is_of_others and "seu" not in clause.plain:
        return
    for kind, pattern in ((FactKind.ORDER, _ORDER), (FactKind.PROTOCOL, _PROTOCOL)):
        matches = list(pattern.finditer(clause.plain))
        if not matches and kind in clause.asked:
            matches = [*filter(None, [_ASKED_NUMBER.match(clause.plain)])]
        for match in matches:
            digits = sum(map(str.isdigit, match[1]))
            if digits >= _FEWEST_DIGITS and not _COUNTED.match(clause.plain, match.end(1)):
                number = clause.text[match.start(1) : match.end(1)].upper()
                yield Found(kind, number, 0.85, match.start(), match.end(1))


def _plans(clause: Clause) -> Iterator[Found]:
    if clause.is_of_others:
        return
    for pattern in (_CHANGED_PLAN, _HAS_PLAN):
        for match in pattern.finditer(clause.plain):
            is_named = pattern is _HAS_PLAN or match[1] or "plano" in match[0]
            start, end = phrase(clause, match.end(), ends=_ENDS_A_PLAN, most=3)
            words = clause.plain[start:end].split()
            if not is_named or not words or words[0] in _NO_PLAN:
                continue
            if match[0].endswith((" e ", " eh ")) and words[0].endswith(("ar", "er", "ir")):
                continue  # "meu plano é viajar"
            yield Found(FactKind.PLAN, clause.text[start:end], 0.85, match.start(), end)
            return


def _products(clause: Clause) -> Iterator[Found]:
    for match in _BOUGHT.finditer(clause.plain):
        start, end = phrase(clause, match.end(), ends=_ENDS_A_PRODUCT, most=6)
        words = clause.plain[start:end].split()
        if words and words[0] not in _NO_PRODUCT:
            yield Found(FactKind.PRODUCT, clause.text[start:end], 0.7, match.start(), end)
            return
