"""Rules for who somebody is and how to reach them: name, e-mail, phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from talkhub.memory.facts.clauses import NOT_DENIED, Clause, names_kin
from talkhub.memory.facts.kinds import FactKind
from talkhub.memory.facts.model import Found
from talkhub.memory.facts.phrases import as_name, proper_name
from talkhub.memory.words import word_set

TRIGGERS: Final = word_set(
    "nome chamo chama chamar sou aqui fala falando name llamo nombre soy am call"
)

_OWN_NAME = re.compile(
    rf"\b(?:meu(?: primeiro)? nome(?: completo)?(?:\s*[:=]\s*|\s+(?:e|eh)\s+(?:o |a )?)"
    rf"|{NOT_DENIED}me chamo\s+|(?:pode(?:m)? )?me (?:chama(?:r|m)?|chame(?:m)?) (?:so )?(?:de )"
    rf"|^\s*nome(?: completo)?\s*[:=]\s*|my name is\s+|my name's\s+|{NOT_DENIED}me llamo\s+"
    r"|mi nombre es\s+|call me\s+)"
)
_PRESENTED = re.compile(
    r"\b(?:aqui (?:quem fala )?(?:e|eh|fala)|quem (?:fala|esta falando|ta falando) (?:e|eh))\s+"
    r"(?:o |a )?"
)
# "Sou o João": only a capital tells a name from "sou o dono".
_IS = re.compile(rf"{NOT_DENIED}\b(?:eu )?(?:sou|soy)\s+(?:o |a )?")

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}")
_OWN_EMAIL = re.compile(
    r"\b(?:meu|novo) (?:novo )?e-?mail(?: (?:de contato|pessoal|agora|novo|para contato))?"
    r"\b[^@]{0,12}$|^\s*e-?mail\s*(?:[:=]|e|eh)?\s*$"
    r"|\bmy (?:new )?e-?mail(?: address)?\b[^@]{0,12}$"
    r"|\bmi (?:nuevo )?(?:e-?mail|correo)\b[^@]{0,20}$"
)
_PHONE = re.compile(r"(?<![\w.,/+-])\+?\(?\d(?:[ ().-]{0,2}\d){7,14}(?![\w/-]|[.,]\d)")
_CPF = re.compile(r"\d{3}\.\d{3}\.\d{3}-?\d{2}")
_PHONE_WORD: Final = (
    r"(?:(?:numero de )?(?:telefone|celular|contato|whats(?:app)?)"  # codespell:ignore whats
    r"|numero|tel|cel|fone|wpp|zap(?:zap)?|phone|number|telefono|movil)"
)
_OWN_PHONE = re.compile(
    rf"\b(?:meu|novo|my|mi|nuevo|new) (?:novo )?{_PHONE_WORD}(?: novo)?\b[^\d+(]{{0,16}}$"
    rf"|^\s*{_PHONE_WORD}\s*(?:[:=]|e|eh)?\s*$"
)
_FORMER = re.compile(r"\b(?:antig[oa]|velh[oa]|errad[oa]|anterior|old|wrong|viejo|nao e|nao uso)\b")
_OTHER_NUMBER = re.compile(
    r"\b(?:cpf|cnpj|rg|pix|cartao|pedido|protocolo|boleto|codigo|nota|conta|agencia|chamado"
    r"|rastreio|serie|imei|cep)\b"
)
# Beside a bare address or number little else stands, or it may be anybody's.
_FEW_WORDS: Final = 3


def found_in(clause: Clause) -> Iterator[Found]:
    """Yield name, e-mail and phone as far as a clause tells the person's own."""
    yield from _names(clause)
    yield from _emails(clause)
    yield from _phones(clause)


def _names(clause: Clause) -> Iterator[Found]:
    if clause.is_question:
        return
    for pattern, confidence in ((_OWN_NAME, 0.95), (_PRESENTED, 0.85), (_IS, 0.75)):
        for match in pattern.finditer(clause.plain):
            # Whoever shouts says nothing by a capital; who presents themselves is believed.
            is_sure = pattern is _OWN_NAME or (pattern is _PRESENTED and clause.text.isupper())
            is_named = pattern is _OWN_NAME
            start, end = proper_name(
                clause, match.end(), needs_capital=not is_sure, needs_family=not is_named
            )
            # "Aqui é a Edna, filha da Neusa": with somebody else's phone in the hand.
            if end and (is_named or not names_kin(clause.sentence)):
                name = as_name(clause.text[start:end])
                yield Found(FactKind.NAME, name, confidence, match.start(), end)
                return
    if FactKind.NAME in clause.asked and clause.is_all:
        start, end = proper_name(clause, 0)
        # All of the answer must be a name: "pra que você quer saber" begins with none.
        if end and not clause.text[end:].strip(" .!"):
            yield Found(FactKind.NAME, as_name(clause.text[start:end]), 0.85, start, end)


def _emails(clause: Clause) -> Iterator[Found]:
    if "@" not in clause.plain or clause.is_question:
        return
    for match in _EMAIL.finditer(clause.text):
        before = clause.plain[: match.start()]
        confidence = _confidence(clause, before, match, FactKind.EMAIL)
        if confidence:
            address = match[0].rstrip(".").lower()
            yield Found(FactKind.EMAIL, address, confidence, match.start(), match.end())
            return


def _phones(clause: Clause) -> Iterator[Found]:
    if clause.is_question:
        return
    for match in _PHONE.finditer(clause.text):
        before = clause.plain[: match.start()]
        confidence = _confidence(clause, before, match, FactKind.PHONE)
        is_clear = confidence > 0.6
        if confidence and not _CPF.fullmatch(match[0]) and _is_phone(match[0], is_clear=is_clear):
            if _OTHER_NUMBER.search(clause.plain) and not is_clear:
                return
            yield Found(FactKind.PHONE, match[0].strip(), confidence, match.start(), match.end())
            return


def _confidence(clause: Clause, before: str, match: re.Match[str], kind: FactKind) -> float:
    """Return how sure it is that an address or number is the person's own; 0 if it may not be."""
    if _FORMER.search(clause.plain):
        return 0.0
    own = _OWN_EMAIL if kind is FactKind.EMAIL else _OWN_PHONE
    if own.search(before):
        return 0.95
    if clause.is_of_others:
        return 0.0
    if kind in clause.asked:
        return 0.85
    beside = f"{before} {clause.plain[match.end() :]}".split()
    return 0.6 if len(beside) <= _FEW_WORDS and clause.is_all else 0.0


def _is_phone(written: str, *, is_clear: bool) -> bool:
    digits = "".join(filter(str.isdigit, written))
    if written.startswith("+"):
        return True
    if digits.startswith("0"):  # 0800, or a code that is no longer than the rest
        return len(digits) in {11, 12} and digits[1:3] != "80"
    if digits.startswith("55") and len(digits) in {12, 13}:
        return True
    if len(digits) == 11:
        return digits[2] == "9" and "0" not in digits[:2]
    if len(digits) == 10:
        return digits[2] in "2345" and "0" not in digits[:2]
    return is_clear and len(digits) in {8, 9}
