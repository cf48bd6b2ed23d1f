"""Takes the phrase that follows some words: a proper name, or what somebody bought or likes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import Final

from talkhub.memory.facts.clauses import Clause, plain
from talkhub.memory.facts.model import LONGEST_VALUE
from talkhub.memory.lexicon import stop_words
from talkhub.memory.words import word_set

PARTICLES: Final = word_set("da de do das dos e del la van von")
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_NUMBERED_WORD = re.compile(r"[^\W_][\w'\u2019.,+-]*")
# What goes on after a name written without capitals: no name holds these.
_ENDS_A_NAME: Final = word_set(
    "queria gostaria gostei comprei preciso estou sou moro tenho vim vou fiz falo quero meu minha"
    " meus minhas tudo bem boa bom dia tarde noite oi ola obrigado obrigada aqui ja pode poderia"
    " pra para perto ha faz desde hoje ontem agora mesmo tambem ne ta ia vou hj"
    " pagar manda mando cpf rg cnpj email telefone"
    " celular endereco sobrenome completo idade anos cep pedido cliente de da do"
)
_NO_NAME: Final = word_set(
    "sim nao oi ola opa ok okay certo claro nada ninguem nenhum nenhuma cliente dono dona mae pai"
    " filho filha esposa marido irmao irma amigo amiga moca moco rapaz senhor senhora loja empresa"
    " novo nova mesmo mesma quem que qual eu ele ela voce voces isso isto esse essa casa rua"
    " bairro apartamento condominio predio frente cima baixo outro outra area zona lugar cidade"
    " capital interior sitio fazenda chacara boa maior menor cpf telefone email sobrenome endereco"
    " cep data bot robo atendente pessoa alguem responsavel gerente aluno aluna paciente titular"
    " errado errada certa diferente bom bem mal aqui la ali feminino masculino composto comum"
    " padaria farmacia oficina clinica escola restaurante mercado salao academia igreja studio"
    " imovel exterior andar centro mato roca sobrado kitnet apto ap bloco conjunto terreo"
    " bonito feio simples yes no hi hello the a an el la los un una hola si segredo"
)
# What stands in a name after "da" or "dos"; anything else there is where they are from.
_FAMILIES: Final = word_set(
    "silva santos costa cruz luz rocha conceicao nascimento silveira anjos reis rosario carmo rosa"
    " gloria graca gracas paz penha cunha mota motta gama fonseca veiga sena souza sousa"
    " oliveira almeida araujo abreu jesus lima moraes morais castro andrade assis paula melo mello"
    " macedo matos mattos campos lourdes fatima aparecida dores neves prado vale serra amaral"
    " barros ramos paixao trindade vitoria"
)
_MOST_WORDS: Final = 6


def proper_name(
    clause: Clause, start: int, *, needs_capital: bool = False, needs_family: bool = False
) -> tuple[int, int]:
    """Return where a name stands that begins at `start` of a clause; (0, 0) if none does.

    Who writes without capitals may go on after it with anything: it ends before the first
    word that is in no name. With `needs_family` it goes on with "da Silva", not "da Padaria".
    """
    words = _words(clause, start, _WORD, most=_MOST_WORDS)
    if not words or not _may_begin(words) or (needs_capital and not words[0][0].istitle()):
        return 0, 0
    end = words[0].end()
    is_cased = _is_cased(clause, words)
    before = ""
    for word in words[1:]:
        folded = plain(word[0])
        if folded not in PARTICLES:
            is_from = needs_family and before in PARTICLES and folded not in _FAMILIES
            if is_from or _ends(word[0], folded, is_cased=is_cased):
                break
            end = word.end()
        before = folded
    return words[0].start(), end


def as_name(written: str) -> str:
    """Return a name as names are written, whoever wrote it without capitals or all in them."""
    words = written.split()
    if any(word[0].isupper() for word in words) and not written.isupper():
        return " ".join(words)
    return " ".join(
        word.lower() if plain(word) in PARTICLES else word[0].upper() + word[1:].lower()
        for word in words
    )


def phrase(clause: Clause, start: int, *, ends: re.Pattern[str], most: int) -> tuple[int, int]:
    """Return where the words stand from `start` until one that ends it; (0, 0) if none does."""
    words = []
    for word in _words(clause, start, _NUMBERED_WORD, most=most):
        if ends.fullmatch(clause.plain[word.start() : word.end()]):
            break
        words.append(word)
    while words and clause.plain[words[-1].start() : words[-1].end()] in _LEADS_ON:
        words.pop()
    return (words[0].start(), words[-1].end()) if words else (0, 0)


def rest(clause: Clause, start: int, *, ends: re.Pattern[str]) -> tuple[int, int]:
    """Return where the rest of a clause stands, up to what says why or when."""
    found = ends.search(clause.plain, start)
    end = min(found.start() if found else len(clause.text), start + LONGEST_VALUE)
    begin = start + len(clause.text[start:end]) - len(clause.text[start:end].lstrip())
    return begin, begin + len(clause.text[begin:end].rstrip(" .!:-"))


_LEADS_ON: Final = word_set("de do da dos das com e para pra a o em no na")


def _words(clause: Clause, start: int, word: re.Pattern[str], *, most: int) -> list[re.Match[str]]:
    """Return the words from a place on with nothing but space between them."""
    found: list[re.Match[str]] = []
    end = start
    for match in islice(word.finditer(clause.text, start), most):
        if clause.text[end : match.start()].strip(" \t\"'“”:*-" if not found else " \t"):
            break
        found.append(match)
        end = match.end()
    return found


def _may_begin(words: Sequence[re.Match[str]]) -> bool:
    first = words[0][0]
    if len(first) < 2 or not re.sub("['\u2019-]", "", first).isalpha():
        return False
    folded = plain(first)
    if not first[0].isupper():
        return folded not in _common()
    if folded not in _NO_NAME and folded not in _ENDS_A_NAME:
        return True
    # "Dona Ivone" and "Casa Branca" are names, "Boa Tarde" is none.
    following = words[1][0] if len(words) > 1 else ""
    return following[:1].isupper() and not first.isupper() and plain(following) not in _ENDS_A_NAME


def _is_cased(clause: Clause, words: Sequence[re.Match[str]]) -> bool:
    """Tell whether capitals say where a name goes on: one that begins a sentence says nothing."""
    first, *others = (word[0] for word in words)
    if not first[0].isupper() or first.isupper():
        return False
    begins = not clause.text[: words[0].start()].strip()
    return not begins or any(word[0].isupper() for word in others)


def _ends(word: str, folded: str, *, is_cased: bool) -> bool:
    if not word[0].isalpha() or (is_cased and not word[0].isupper()):
        return True
    return folded in (_NO_NAME if is_cased else _common())


@cache
def _common() -> frozenset[str]:
    """Return the words that are in no name that is written without capitals."""
    return _NO_NAME | _ENDS_A_NAME | stop_words()
