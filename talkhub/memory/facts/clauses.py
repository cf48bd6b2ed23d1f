"""What a person wrote, cut into clauses that say one thing, without what is not theirs to say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from talkhub.memory.facts.kinds import FactKind
from talkhub.memory.words import LONGEST_READ, word_set

NOT_DENIED: Final = (
    r"(?<!\bnao )(?<!\bn )(?<!\bnem )(?<!\bnunca )(?<!\bnao eu )(?<!\bnot )(?<!\bnever )(?<!\bno )"
)
"""Before a verb: what somebody does not do is no fact."""

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)|\n+")
_CLAUSE_END = re.compile(r"[,;](?=\s|$)|\((?!\d)|(?<!\d)\)|\s(?:mas|porem|pero|but)\s")
_QUOTED_LINE = re.compile(r"^\s*>.*$", re.MULTILINE)
# A word or two in quotation marks may be stressed; a sentence in them is somebody else's.
_QUOTED = re.compile(r'"[^"\n]*\s[^"\n]*\s[^"\n]*"|“[^”\n]*\s[^”\n]*”|«[^»\n]*»')
_ASKS = re.compile(
    r"(?:e |oi |ola |me diz |sabe(?:m)? )?(?:qual|quais|quando|quanto|quantos|onde|aonde|cade"
    r"|quem(?! (?:fala|(?:es)?ta falando))"
    r"|como (?:eu )?(?:faco|faz)|por ?que|pq|sera que|tem como|voces|what|when|where|who|how|cual"
    r"|cuando|donde|quien)\b"
)
_TAG = re.compile(r"\b(?:ne|certo|correto|ok|ta|viu|blz|beleza|tudo bem|right|verdad|sim)\s*\?*$")
_SUPPOSED = re.compile(
    r"\b(?:se eu|caso eu|por exemplo|(?<![@.])exemplo(?!\.)|if i|for example|por ejemplo|si yo)\b"
    r"|\bex:"
)
_SUPPOSES: Final = word_set("suponha suponhamos digamos imagina imagine fosse")
_REPORTS: Final = word_set(
    "disse disseram disseste falou falaram respondeu diz dizem dizendo escreveu perguntou aparece"
    " apareceu consta escrito cadastrado cadastrada said says dijo dice"
)
_OTHERS: Final = word_set(
    "mae mamae pai papai pais filho filha filhos filhas irma irmao irmas irmaos esposo esposa"
    " marido mulher namorado namorada noivo noiva vovo avo tio tia primo prima sogro sogra cunhado"
    " cunhada sobrinho sobrinha neto neta amigo amiga amigos amigas chefe patrao patroa vizinho"
    " vizinha socio socia funcionario funcionaria secretario secretaria colega crianca bebe"
    " cachorro cachorra gato gata pet dele dela deles delas seu sua her his madre padre hijo hija"
)
_OF_THE_COMPANY = re.compile(
    r"\b(?:de voces|de vcs|d[ao] (?:loja|empresa|vendedor|vendedora|atendente|banco|site)"
    r"|my (?:mother|father|son|wife|husband|daughter))\b"
)
_KIN: Final = _OTHERS - word_set("seu sua dele dela deles delas her his")
_SHORTEST_REPEATED: Final = 12


class _Plain(dict[int, int]):
    """Maps each character to one without case and accent, so that places stay the same."""

    def __missing__(self, code: int) -> int:
        plain = unicodedata.normalize("NFKD", chr(code))[0].lower()[0]
        return self.setdefault(code, ord(plain))


_PLAIN: Final = _Plain()


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence as it was written, and `plain`: without case and accents.

    `is_of_others` tells that it speaks of somebody beside the person, or of the company;
    `asked` is what the company had just asked for; `is_all` that nothing else was written.
    """

    text: str
    plain: str
    sentence: str
    is_question: bool
    is_of_others: bool
    is_all: bool
    words: frozenset[str]
    asked: frozenset[FactKind]
    said_on: date


def names_kin(text: str) -> bool:
    """Tell whether a text names somebody's relative, friend, neighbour or chief."""
    return not _KIN.isdisjoint(_WORD.findall(plain(text)))


def plain(text: str) -> str:
    """Return a text in composed form without case and accents, as long as it was."""
    return text.translate(_PLAIN)


def composed(text: str) -> str:
    """Return as much of a text as is read, with one character for each letter."""
    return unicodedata.normalize("NFC", text[:LONGEST_READ])


def clauses(
    content: str, *, said_on: date, asked: frozenset[FactKind], repeated: Collection[str]
) -> Iterator[Clause]:
    """Yield the clauses that are the person's own words about what is.

    Left out are quotations, what they report, what they suppose, and sentences in `repeated`,
    which the company had said before.
    """
    text = _without_quotes(composed(content))
    found = [(start, end, is_asking) for start, end, is_asking in _sentences(text)]
    for start, end, is_asking in found:
        sentence, folded = text[start:end], plain(text[start:end])
        if sentence_key(folded) in repeated or _is_supposed(folded):
            continue
        spans = list(_spans(folded))
        for place, (first, last) in enumerate(spans):
            piece = folded[first:last]
            words = frozenset(_WORD.findall(piece))
            if not _REPORTS.isdisjoint(words):
                break  # and what follows is what was reported
            is_last = place == len(spans) - 1
            is_question = is_asking and is_last and not _TAG.search(piece)
            yield Clause(
                text=sentence[first:last],
                plain=piece,
                sentence=" ".join(sentence.split()),
                is_question=is_question or _ASKS.match(piece.lstrip()) is not None,
                is_of_others=not _OTHERS.isdisjoint(words)
                or _OF_THE_COMPANY.search(piece) is not None,
                is_all=len(found) == 1 and len(spans) == 1,
                words=words,
                asked=asked,
                said_on=said_on,
            )


def sentence_keys(content: str) -> Iterator[str]:
    """Yield what the company's sentences are recognised by where a person repeats them."""
    text = composed(content)
    for start, end, _ in _sentences(text):
        if key := sentence_key(plain(text[start:end])):
            yield key


def sentence_key(folded: str) -> str:
    """Return what a sentence is recognised by; nothing for one that anybody may say."""
    key = " ".join(folded.split())
    return key if len(key) >= _SHORTEST_REPEATED else ""


def _is_supposed(folded: str) -> bool:
    words = _WORD.findall(folded)
    return not _SUPPOSES.isdisjoint(words) or _SUPPOSED.search(folded) is not None


def _without_quotes(text: str) -> str:
    for pattern in (_QUOTED_LINE, _QUOTED):
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    return text


def _sentences(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield where sentences begin and end, and whether they end as a question."""
    start = 0
    for found in _SENTENCE_END.finditer(text):
        if text[start : found.start()].strip():
            yield start, found.start(), "?" in found[0]
        start = found.end()
    if text[start:].strip():
        yield start, len(text), False


def _spans(folded: str) -> Iterator[tuple[int, int]]:
    start = 0
    for found in _CLAUSE_END.finditer(folded):
        if folded[start : found.start()].strip():
            yield start, found.start()
        start = found.end()
    if folded[start:].strip():
        yield start, len(folded)
