"""Rules for where somebody lives, when they were born, and by when they need something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from talkhub.memory.facts.clauses import NOT_DENIED, Clause
from talkhub.memory.facts.days import calendar_days, next_day
from talkhub.memory.facts.kinds import FactKind
from talkhub.memory.facts.model import Found
from talkhub.memory.facts.phrases import as_name, proper_name
from talkhub.memory.words import word_set

TRIGGERS: Final = word_set(
    "moro morando moramos mudei vivo resido cidade sou soy live cep aniversario nasci nascimento"
    " birthday born cumpleanos preciso precisamos tenho tem prazo vence vencimento necessito need"
    " necesito"
)

# "Moro no Recife", but "moro no imóvel": with an article only a capital tells.
_LIVES = re.compile(
    rf"{NOT_DENIED}\b(?:(?:eu )?mor(?:o|amos)|(?:estou|to) morando|vivo|resid[oe]|i live) "
    r"(?:aqui |agora |hoje |atualmente )?(em|no|na|in|en)\s+(?:cidade de )?"
    r"|\bme mudei (?:agora |recentemente )?(?:para|pra|pro)\s+(?:o |a )?"
    r"|\bminha cidade (?:e|eh|agora e)\s+|^\s*cidade\s*[:=]\s*|\bmi ciudad es\s+"
)
_COMES_FROM = re.compile(
    rf"{NOT_DENIED}\b(?:(?:eu )?sou|(?:yo )?soy|i'm|i am|(?:eu )?falo) "
    r"(?:aqui )?(?:d[aeo]|from)\s+(?:cidade de )?"
)
_STREETS: Final = word_set(
    "alameda avenida av travessa ladeira praca rodovia estrada vila jardim parque residencial"
    " edificio quadra setor rua"
)
_STATE = re.compile(r"\s*(?:[-/]|\s)\s*([A-Z]{2})\b")
_CEP = re.compile(r"(?<![\w.-])(\d{2})\.?(\d{3})[- ]?(\d{3})(?![\w-]|[.,]\d)")
_CEP_WORD = re.compile(r"\bcep\b")

_BORN = re.compile(
    r"\b(?:meu aniversario|minha data de nascimento|data de nascimento|nascimento|my birthday"
    r"|mi cumpleanos)\b|\b(?:eu )?nasci\b|\bfaco (?:aniversario|anos)\b|\bi was born\b"
)
_EIGHT_DIGITS = re.compile(r"^\s*(\d{2})(\d{2})((?:19|20)\d{2})\s*$")
_OLDEST: Final = 120

_NEEDS = re.compile(
    rf"{NOT_DENIED}\b(?:precis(?:o|amos|ava)|necessito|tem que|tenho que|tem de|tenho de|need"
    r"|necesito)\b(?=.*?(\b(?:ate|para|pra|pro|by|antes d[eo])\b))"
)
_DUE = re.compile(r"\b(?:prazo|vence|vencera|vencimento)\b")
_OVER = re.compile(r"\b(?:era|foi|passou|passado|venceu|perdi)\b")
_MEETING = re.compile(
    r"\b(?:(?:re)?marcar|(?:re)?agendar|reservar|horario|consulta|visita|reuniao|mover|adiar"
    r"|mudar|trocar|depois d[eo]|a partir)\b"
)
# Between "até" and its day stands an article at most.
_NEAR: Final = 8


def found_in(clause: Clause) -> Iterator[Found]:
    """Yield city, CEP, birthday and deadlines as far as a clause tells the person's own."""
    yield from _ceps(clause)
    if clause.is_question:
        return
    yield from _cities(clause)
    yield from _birthdays(clause)
    yield from _deadlines(clause)


def _cities(clause: Clause) -> Iterator[Found]:
    if clause.is_of_others:
        return
    for pattern, needs_capital, confidence in ((_LIVES, False, 0.9), (_COMES_FROM, True, 0.75)):
        for match in pattern.finditer(clause.plain):
            is_vague = needs_capital or match[match.lastindex or 0] in {"no", "na"}
            start, end = proper_name(clause, match.end(), needs_capital=is_vague)
            if end and clause.plain[start:end].split()[0] not in _STREETS:
                city, end = _with_state(clause, start, end)
                yield Found(FactKind.CITY, city, confidence, match.start(), end)
                return
    if FactKind.CITY in clause.asked:
        start, end = proper_name(clause, 0)
        if end:
            city, end = _with_state(clause, start, end)
            if not clause.text[end:].strip(" .!"):
                yield Found(FactKind.CITY, city, 0.8, start, end)


def _with_state(clause: Clause, start: int, end: int) -> tuple[str, int]:
    city = as_name(clause.text[start:end])
    state = _STATE.match(clause.text, end)
    return (f"{city}/{state[1]}", state.end()) if state else (city, end)


def _ceps(clause: Clause) -> Iterator[Found]:
    if clause.is_of_others:
        return
    word = _CEP_WORD.search(clause.plain)
    for match in _CEP.finditer(clause.text, word.end() if word else 0):
        is_written_as_one = "-" in match[0] and "." not in match[0]
        is_near = word is not None and match.start() - word.end() <= 15
        if is_near or FactKind.CEP in clause.asked or (is_written_as_one and clause.is_all):
            confidence = 0.6 if clause.is_question else 0.9
            cep = f"{match[1]}{match[2]}-{match[3]}"
            yield Found(FactKind.CEP, cep, confidence, match.start(), match.end())
            return


def _birthdays(clause: Clause) -> Iterator[Found]:
    born = None if clause.is_of_others else _BORN.search(clause.plain)
    if born is None and FactKind.BIRTHDAY not in clause.asked:
        return
    days = [*calendar_days(clause.plain, clause.said_on)]
    if born is None and (digits := _EIGHT_DIGITS.match(clause.plain)):
        days = [(int(digits[1]), int(digits[2]), int(digits[3]), 0, len(clause.text))]
    for day, month, year, start, end in days:
        if start < (born.start() if born else 0) or not _is_birthday(clause, day, month, year):
            continue
        value = f"{month:02}-{day:02}" if year is None else f"{year}-{month:02}-{day:02}"
        yield Found(FactKind.BIRTHDAY, value, 0.9 if born else 0.8, start, end)
        return


def _is_birthday(clause: Clause, day: int, month: int, year: int | None) -> bool:
    if year is None:
        return True
    try:
        born_on = date(year, month, day)
    except ValueError:
        return False
    return 0 <= clause.said_on.year - year <= _OLDEST and born_on < clause.said_on


def _deadlines(clause: Clause) -> Iterator[Found]:
    if _MEETING.search(clause.plain) or _OVER.search(clause.plain) or clause.is_of_others:
        return
    if needs := _NEEDS.search(clause.plain):
        start = needs.start(1)
    elif due := _DUE.search(clause.plain):
        start = due.end()
    else:
        return
    named = next_day(clause.plain, clause.said_on, start)
    if named is not None and named.start - start <= _NEAR + len(clause.plain[start:].split()[0]):
        value = named.day.isoformat()
        yield Found(FactKind.DEADLINE, value, 0.7, start, named.end, until=named.day)
