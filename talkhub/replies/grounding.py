"""Whether what a model wrote says nothing that the passages it was given do not say.

No rule here understands a sentence. Each one catches a kind of invention that costs a company
money, and all of them together may refuse an answer that was good: then the passage itself is
sent, or a person answers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from talkhub.analysis.hearing import tell_apart
from talkhub.analysis.language import main_language
from talkhub.memory.words import fold, stem, word_set, words_of
from talkhub.replies.passages import LONGEST_ANSWER, Passage

LONGEST_WRITTEN: Final = 600
MOST_STRANGE: Final = 0.4
"""So large a share of an answer's words may stand in no passage: others are needed to connect."""

_NUMBER: Final = r"\d+(?:[.,:/-]\d+)*"
_NUMBERS = re.compile(_NUMBER)
_COINS: Final = "reais|real|dolar(?:es)?|dollars?|euros?|pesos?|centavos?|cents?"
_MONEY = re.compile(rf"(?:r\$|us\$|[$€£])\s*({_NUMBER})|({_NUMBER})\s*(?:{_COINS})\b")
_PERCENT = re.compile(rf"({_NUMBER})\s*(?:%|por ?cent|percent)")
_ROUND = re.compile(r"[.,:]00$")
_THOUSANDS = re.compile(r"\.(?=\d{3}(?:\D|$))")
_ADDRESS = re.compile(r"https?://\S+|\S*@\S+|[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}\S*")
_ODD_SIGNS: Final = frozenset("[]{}<>|\\`#")
# "No" is Portuguese for "in the", so it denies in the other languages alone.
_DENYING: Final = word_set(
    "nao nunca jamais nem nenhum nenhuma tampouco sem nada ninguem ningun ninguna tampoco sin nunca"
    " not never without nothing none neither don doesn isn aren won cannot"
)
_BARE_NO = re.compile(r"(?:^|(?<=[.!?\n]))\s*(?:nao|no)\s*[,.!;:]")
_PROMISES: Final = word_set(
    "gratis gratuito gratuita gratuitamente desconto descontos promocao promocoes brinde brindes"
    " garantia garantido garantida garantimos garanto reembolso reembolsamos ressarcimento cortesia"
    " isento isenta presente bonus cupom graca complimentary obsequio descuento"
    " descuentos promocion garantizado garantizamos"
    " regalo cupon free discount discounts refund refunds guarantee guaranteed gift coupon"
)
_PROMISED = re.compile(
    r"\bpor (?:nossa conta|conta (?:nossa|da (?:casa|loja|empresa))|nuestra cuenta"
    r"|cuenta (?:nuestra|de la casa))\b|\b(?:a casa paga|invita la casa|on us|on the house)\b"
)
_COUNTING: Final = {
    word: str(number)
    for number, words in {
        0: "zero cero",
        2: "dois duas two",
        3: "tres three",
        4: "quatro cuatro four",
        5: "cinco five",
        6: "seis six",
        7: "sete siete seven",
        8: "oito ocho eight",
        9: "nove nueve nine",
        10: "dez diez ten",
        11: "onze eleven",
        12: "doze doce twelve",
        13: "treze trece thirteen",
        14: "catorze quatorze catorce fourteen",
        15: "quinze quince fifteen",
        16: "dezesseis dieciseis sixteen",
        17: "dezessete diecisiete seventeen",
        18: "dezoito dieciocho eighteen",
        19: "dezenove diecinueve nineteen",
        20: "vinte veinte twenty",
        30: "trinta treinta thirty",
        40: "quarenta cuarenta forty",
        50: "cinquenta cincuenta fifty",
        60: "sessenta sesenta sixty",
        70: "setenta seventy",
        80: "oitenta ochenta eighty",
        90: "noventa ninety",
        100: "cem cento cien ciento hundred",
        500: "quinhentos quinientos",
        1000: "mil thousand",
    }.items()
    for word in words.split()
}
# "Um" is an article too: it counts only where money or a time follows.
_ONE: Final = word_set("um uma un una one")
_COUNTED: Final = (
    word_set("real reais dolar dolares dollar dollars euro euros peso pesos") | _COUNTING.keys()
)
_WORDED = re.compile(rf"\b(?:{'|'.join(sorted(_COUNTING.keys() | _ONE))})\b")
_UNITS: Final = {
    "second": "segundos?|seconds?",
    "minute": "minutos?|minutes?|mins?",
    "hour": "horas?|hours?|hrs?|h",
    "day": "dias?|days?",
    "week": "semanas?|weeks?",
    "month": "mes|meses|months?",
    "year": "anos?|years?",
}
_UNIT: Final = "|".join(f"(?P<{name}>{words})" for name, words in _UNITS.items())
# What stands before a range's end is of the same unit: "3 a 5 dias".
_TIMES = re.compile(
    rf"(?P<number>{_NUMBER})"
    rf"(?=\s*(?:(?:a|as|ate|e|ou|to|or|y|o)\s+(?:as\s+)?{_NUMBER}\s*)?(?:{_UNIT})(?![a-z]))"
)
_CLOCK = re.compile(r"\d+:\d\d")


class Fault(StrEnum):
    """Why what a model wrote is not said."""

    CANNOT_ANSWER = "cannot_answer"
    CITES_NOTHING = "cites_nothing"
    TOO_LONG = "too_long"
    ODD_SIGNS = "odd_signs"
    UNKNOWN_NUMBER = "unknown_number"
    UNKNOWN_ADDRESS = "unknown_address"
    UNKNOWN_PROMISE = "unknown_promise"
    UNKNOWN_WORDS = "unknown_words"
    DENIES_OTHERWISE = "denies_otherwise"


def fault_of(answer: str, cited: Sequence[Passage]) -> Fault | None:
    """Return what an answer says beyond the passages that it cites; None if it may be said."""
    if not cited or not answer.strip():
        return Fault.CITES_NOTHING
    if len(answer) > LONGEST_WRITTEN or len(answer.encode()) > LONGEST_ANSWER:
        return Fault.TOO_LONG
    source = "\n".join(f"{it.question}\n{it.answer}" for it in cited)
    answers = "\n".join(it.answer for it in cited)
    # What looks like a digit or a sign is one to who reads it.
    read = (unicodedata.normalize("NFKC", text) for text in (answer, source, answers))
    return next(_faults(*read), None)


def _faults(text: str, source: str, answers: str) -> Iterator[Fault]:
    if (_ODD_SIGNS & set(text)) - set(source):
        yield Fault.ODD_SIGNS
    if _addresses(text) - _addresses(source):
        yield Fault.UNKNOWN_ADDRESS
    if not _knows_numbers(fold(text), fold(source)):
        yield Fault.UNKNOWN_NUMBER
    words, known = words_of(text), frozenset(words_of(source))
    promised = {*_PROMISED.findall(fold(text))} - {*_PROMISED.findall(fold(source))}
    if promised or _PROMISES.intersection(words) - known:
        yield Fault.UNKNOWN_PROMISE
    language = main_language([tell_apart(source)[1]])
    # A question that denies says nothing: "Atendem sem hora marcada?"
    if _denials(text, language) != _denials(answers, language):
        yield Fault.DENIES_OTHERWISE
    if _strangeness(words, known, language) > MOST_STRANGE:
        yield Fault.UNKNOWN_WORDS


def _addresses(text: str) -> set[str]:
    """Return the links, e-mails and handles of a text."""
    return {it.group().rstrip(".,;:!?)\"'").casefold() for it in _ADDRESS.finditer(text)}


def _knows_numbers(text: str, source: str) -> bool:
    """Tell whether a text's numbers, prices and shares are the source's, in digits or in words."""
    for pattern in (_NUMBERS, _MONEY, _PERCENT):
        if _written(pattern, text) - _written(pattern, source):
            return False
    counted, known = _in_digits(text), _in_digits(source)
    if _times(counted) - _times(known) or _written(_MONEY, counted) - _written(_MONEY, known):
        return False
    words = {*words_of(source), *_written(_NUMBERS, source)}
    said = (word for word in words_of(text) if word in _COUNTING)
    return all(word in words or _COUNTING[word] in words for word in said)


def _in_digits(text: str) -> str:
    """Return a text with the numbers that are one word in digits; articles become numbers too."""
    return _WORDED.sub(lambda it: _COUNTING.get(it.group(), "1"), text)


def _times(text: str) -> set[tuple[str, str]]:
    """Return the numbers of a text with their unit of time: "7 dias" is no "7 meses"."""
    found = {
        (_value(it["number"]), unit)
        for it in _TIMES.finditer(text)
        for unit in _UNITS
        if it[unit] is not None
    }
    return found | {(_value(it.group()), "hour") for it in _CLOCK.finditer(text)}


def _written(pattern: re.Pattern[str], text: str) -> set[str]:
    """Return the numbers that a pattern finds; "6,00" is 6, "18:00" is 18, "1.500" is 1500."""
    found = (next(filter(None, it.groups()), it.group()) for it in pattern.finditer(text))
    return {_value(number) for number in found}


def _value(number: str) -> str:
    return _THOUSANDS.sub("", _ROUND.sub("", number))


def _denials(text: str, language: str) -> int:
    """Return how often a text denies: "não atendemos sem hora" twice, a bare "Não," never."""
    words = words_of(_BARE_NO.sub("", fold(text)))
    return sum(word in _DENYING or (language != "pt" and word == "no") for word in words)


def _strangeness(words: Sequence[str], known: frozenset[str], language: str) -> float:
    """Return the share of an answer's words, stop words left out, whose stem no passage has.

    Numbers were looked at already, and money goes with them.
    """
    stems = {stem(word, language) for word in known}
    spoken = (word for word in words if word.isalpha() and word not in _COUNTED)
    said = [found for word in spoken if (found := stem(word, language)) is not None]
    return sum(it not in stems for it in said) / len(said) if said else 0.0
