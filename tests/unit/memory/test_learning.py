"""What is learned from people's own words by rules, and what is not theirs to be learned."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from talkhub.memory.facts.kinds import FactKind
from talkhub.memory.facts.learning import learn
from talkhub.memory.facts.model import Fact, slot_of

ZONE = ZoneInfo("America/Sao_Paulo")
# A Sunday.
WRITTEN = "2026-11-22T15:00:00Z"


def message(text: str, role: str = "user", number: int = 1) -> dict[str, Any]:
    return {"id": f"m{number}", "role": role, "content": text, "timestamp": WRITTEN}


def learned(*texts: str) -> list[Fact]:
    """Learn from a person's only message, or from an answer to a bot's."""
    roles = ("bot", "user")[-len(texts) :]
    said = zip(texts, roles, strict=True)
    return learn([message(text, role, n) for n, (text, role) in enumerate(said)], zone=ZONE)


def values(*texts: str) -> list[tuple[str, str]]:
    return [(fact.kind.value, fact.value) for fact in learned(*texts)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Meu nome é João Silva", "João Silva"),
        ("meu nome e joao silva", "Joao Silva"),
        ("MEU NOME É MARIA DA SILVA", "Maria da Silva"),
        ("oi, meu nome é maria e queria saber do frete", "Maria"),
        ("Olá! Me chamo Ana Paula, tudo bem?", "Ana Paula"),
        ("bom dia me chamo pedro henrique gostaria de um orçamento", "Pedro Henrique"),
        ("Boa tarde, aqui é a Célia", "Célia"),
        ("Aqui quem fala é o Marcos da Padaria Sol", "Marcos"),
        ("quem fala é a Dona Ivone", "Dona Ivone"),
        ("Sou o Beto, do pedido 4821", "Beto"),
        ("sou o Edmilson do Mercadinho Bom Preço", "Edmilson"),
        ("aqui é a Maria da Silva", "Maria da Silva"),
        ("pode me chamar de Bia", "Bia"),
        ("nome: Luiz Inácio", "Luiz Inácio"),
        ("não, meu nome é Pedro", "Pedro"),
        ("My name is John Smith", "John Smith"),
        ("me llamo Lucía Fernández", "Lucía Fernández"),
        ("BOA TARDE AQUI É A ODETE DO BLOCO 3", "Odete"),
        ("Meu nome é Anne-Marie D'Ávila", "Anne-Marie D'Ávila"),
    ],
)
def test_a_name_is_learned(text: str, name: str) -> None:
    assert ("name", name) in values(text)


@pytest.mark.parametrize(
    "text",
    [
        "não é mais o João",
        "não sou o João",
        "não me chamo Pedro",
        "o nome da minha mãe é Maria",
        "meu filho se chama Pedro",
        "qual o seu nome?",
        "o bot disse que meu nome é Maria",
        "se eu disser que meu nome é Pedro muda alguma coisa",
        "sou o dono da loja",
        "sou a mãe do Pedro",
        "sou cliente há dois anos",
        "aqui é muito longe",
        "meu nome e cpf estão certos",
        "meu nome está errado no boleto",
        "meu nome é esse mesmo",
        'ele me mandou "meu nome é João e sou gerente"',
        "> meu nome é Carlos\nquem é esse?",
        "meu nome é {{nome}}",
        "aqui é o João?",
        "Boa tarde, aqui é a Edna, filha da Neusa",
        "aqui é a Lurdinha vizinha, segue a receita dela",
        "pedí sin tacc porque soy CELÍACA",
    ],
)
def test_what_names_nobody_or_somebody_else_is_no_name(text: str) -> None:
    assert [value for kind, value in values(text) if kind == "name"] == []


@pytest.mark.parametrize(
    ("asked", "answered", "found"),
    [
        ("Oi! Qual é o seu nome?", "joão silva", ("name", "João Silva")),
        ("Com quem eu falo?", "Marta", ("name", "Marta")),
        ("Me diz seu e-mail, por favor", "ana@exemplo.com.br", ("email", "ana@exemplo.com.br")),
        ("Informe um telefone para contato", "11 98765-4321", ("phone", "11 98765-4321")),
        ("Qual é o seu CEP?", "13010000", ("cep", "13010-000")),
        ("De qual cidade você fala? Qual cidade?", "campinas", ("city", "Campinas")),
        ("Qual a sua data de nascimento?", "12/05/1990", ("birthday", "1990-05-12")),
        ("Qual a sua data de nascimento?", "12051990", ("birthday", "1990-05-12")),
        ("Qual o número do pedido?", "4821", ("order", "4821")),
    ],
)
def test_a_bare_answer_is_what_was_asked_for(
    asked: str, answered: str, found: tuple[str, str]
) -> None:
    assert found in values(asked, answered)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("Qual é o seu nome?", "não quero dizer"),
        ("Qual é o seu nome?", "pra que você quer saber"),
        ("Qual é o seu nome?", "oi"),
        ("Qual o nome da sua mãe?", "Maria"),
        ("Qual o nome do pet?", "Rex"),
        ("Olá, tudo bem?", "Tudo"),
        ("Seu e-mail é contato@loja.com.br?", "contato@loja.com.br é o de vocês"),
        ("Qual é o seu CEP?", "não sei"),
    ],
)
def test_an_answer_that_tells_nothing_of_the_person_is_no_fact(asked: str, answered: str) -> None:
    assert values(asked, answered) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("meu email é ana@exemplo.com", ("email", "ana@exemplo.com")),
        ("Meu e-mail: Ana.Lima+loja@Exemplo.com.br.", ("email", "ana.lima+loja@exemplo.com.br")),
        ("anota meu novo e-mail bia@exemplo.com", ("email", "bia@exemplo.com")),
        ("ana@exemplo.com", ("email", "ana@exemplo.com")),
        ("meu telefone é (11) 98765-4321", ("phone", "(11) 98765-4321")),
        ("meu zap 11987654321", ("phone", "11987654321")),
        ("troquei de chip, meu número novo é 19 99876-4821", ("phone", "19 99876-4821")),
        ("tel: 3232-1010", ("phone", "3232-1010")),
        ("meu whatsapp é +55 11 98765-4321", ("phone", "+55 11 98765-4321")),
    ],
)
def test_how_to_reach_a_person_is_learned(text: str, found: tuple[str, str]) -> None:
    assert found in values(text)


@pytest.mark.parametrize(
    "text",
    [
        "mandei para contato@loja.com.br e ninguém respondeu",
        "o e-mail da minha esposa é ana@exemplo.com",
        "o e-mail de vocês é contato@loja.com?",
        "meu e-mail antigo era ana@exemplo.com",
        "meu e-mail está errado no cadastro, consta bia@exemplo.com",
        "liguei no 0800 722 3344 e nada",
        "o telefone do meu marido é 11 98765-4321",
        "meu cpf é 123.456.789-09",
        "pedido 98765432100 do cpf 52998224725",
        "já paguei R$ 1.234,56 duas vezes",
    ],
)
def test_an_address_of_others_or_of_the_past_is_not_the_persons(text: str) -> None:
    assert [kind for kind, _ in values(text) if kind in {"email", "phone"}] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("moro em Campinas", ("city", "Campinas")),
        ("eu moro em são josé dos campos", ("city", "São José dos Campos")),
        ("Moro em Santos/SP, vocês entregam?", ("city", "Santos/SP")),
        ("me mudei pra Belo Horizonte semana passada", ("city", "Belo Horizonte")),
        ("sou de Recife", ("city", "Recife")),
        ("to morando no Rio de Janeiro agora", ("city", "Rio de Janeiro")),
        ("I live in Boston", ("city", "Boston")),
        ("meu cep é 13010-000", ("cep", "13010-000")),
        ("CEP 13010000", ("cep", "13010-000")),
        ("qual o frete para o cep 13.010-000?", ("cep", "13010-000")),
        ("meu aniversário é dia 12/05", ("birthday", "05-12")),
        ("nasci em 3 de março de 1985", ("birthday", "1985-03-03")),
        ("faço aniversário dia 1º de maio", ("birthday", "05-01")),
    ],
)
def test_where_a_person_lives_and_when_they_were_born_is_learned(
    text: str, found: tuple[str, str]
) -> None:
    assert found in values(text)


@pytest.mark.parametrize(
    "text",
    [
        "não moro em Santos",
        "minha mãe mora em Campinas",
        "moro em apartamento",
        "moro em casa",
        "preciso de uma declaração de que moro no imóvel",
        "agora moro na Alameda Cambuí, 77",
        "to morando na Vila Cambará",
        "vocês entregam em Campinas?",
        "se eu morasse em Campinas",
        "sou de maior",
        "o cep da minha irmã é 13010-000",
        "o aniversário da minha filha é dia 12/05",
        "meu pai nasceu em 12/05/1950",
        "quando é o aniversário da loja?",
    ],
)
def test_places_and_days_of_others_are_not_the_persons(text: str) -> None:
    assert values(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cadê meu pedido 4821?", ("order", "4821")),
        ("pedido nº BR-99812 ainda não chegou", ("order", "BR-99812")),
        ("o número do meu pedido é #20391", None),
        ("meu pedido é o 20391", None),
        ("tenho o protocolo 2026112200381", ("protocol", "2026112200381")),
        ("chamado 88123 aberto ontem", ("protocol", "88123")),
        ("meu plano é o Pro", ("plan", "Pro")),
        ("sou do plano família", ("plan", "família")),
        ("tenho o plano de 500 mega", ("plan", "500 mega")),
        ("mudei do básico para o plano Premium Plus", ("plan", "Premium Plus")),
        ("comprei uma geladeira Brastemp na loja", ("product", "geladeira Brastemp")),
        ("Comprei o sofá de canto ontem e veio rasgado", ("product", "sofá de canto")),
    ],
)
def test_what_a_person_has_of_the_company_is_learned(
    text: str, found: tuple[str, str] | None
) -> None:
    assert (found or ("order", "20391")) in values(text)


@pytest.mark.parametrize(
    "text",
    [
        "fiz um pedido de 300 reais",
        "pedido 12/10",
        "quero fazer um pedido",
        "qual o plano de vocês?",
        "não tenho plano nenhum",
        "meu plano é viajar em dezembro",
        "vocês têm plano família?",
        "não comprei a geladeira",
        "minha mãe comprou uma geladeira",
        "comprei ontem e não chegou",
        "meu plano está caro",
        "I want to order 3000 more",
        "quem tem o plano Pro paga quanto?",
    ],
)
def test_what_a_person_does_not_have_is_no_fact(text: str) -> None:
    assert values(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("prefiro entrega de manhã", ("prefers", "entrega de manhã")),
        ("prefiro que me liguem à tarde, por favor", ("prefers", "me liguem à tarde")),
        ("Eu prefiro pix do que cartão", ("prefers", "pix")),
        ("gosto muito de café gelado", ("prefers", "café gelado")),
        ("não gosto de ligação", ("dislikes", "ligação")),
        ("nao gosto de receber audio", ("dislikes", "receber audio")),
        ("odeio robô", ("dislikes", "robô")),
        ("não quero mais receber e-mails", ("dislikes", "receber e-mails")),
        ("quero comprar um notebook pra minha filha", ("wants", "comprar um notebook pra")),
        ("queria um plano mais barato", ("wants", "um plano mais barato")),
        ("I prefer email", ("prefers", "email")),
        ("no me gusta llamar", ("dislikes", "llamar")),
    ],
)
def test_tastes_and_wishes_are_learned(text: str, found: tuple[str, str]) -> None:
    assert any(
        kind == found[0] and value.startswith(found[1].removesuffix(" pra"))
        for kind, value in values(text)
    ), values(text)


@pytest.mark.parametrize(
    "text",
    [
        "prefiro não informar",
        "prefiro pegar aí",
        "assim dá gosto de trabalhar",
        "não gosto disso",
        "gosto de vocês",
        "minha mãe não gosta de ligação",
        "vocês preferem pix?",
        "qual você prefere?",
        "quero falar com um atendente",
        "quero uma ajuda",
        "não quero um plano maior",
        "não prefiro boleto",
        "quero cancelar",
        "gostei muito do atendimento",
    ],
)
def test_what_is_no_taste_and_no_wish_is_not_learned(text: str) -> None:
    assert values(text) == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("preciso disso até sexta", "2026-11-27"),
        ("tem que chegar até dia 10", "2026-12-10"),
        ("Preciso do sofá pra 15/12", "2026-12-15"),
        ("meu boleto vence amanhã", "2026-11-23"),
        ("meu prazo é 3 de janeiro", "2027-01-03"),
    ],
)
def test_a_deadline_is_learned_with_its_day_and_holds_until_it_is_over(text: str, day: str) -> None:
    (fact,) = learned(text)

    assert (fact.kind, fact.value) == (FactKind.DEADLINE, day)
    assert fact.expires_at is not None
    assert fact.expires_at.astimezone(UTC).isoformat()[11:] == "03:00:00+00:00"


@pytest.mark.parametrize(
    "text",
    [
        "qual o prazo?",
        "o prazo é até sexta?",
        "o prazo de vocês era sexta",
        "esperei até sexta e nada",
        "vocês falaram que o prazo é dia 10",
        "preciso mover a visita pra sexta",
        "preciso marcar uma consulta pra sexta",
        "o boleto venceu dia 10",
    ],
)
def test_a_day_that_is_no_deadline_of_the_person_is_not_learned(text: str) -> None:
    assert values(text) == []


def test_a_fact_names_its_message_and_quotes_the_sentence() -> None:
    (fact,) = learn(
        [message("Boa tarde! Eu moro em Campinas, interior. Entregam?", number=7)], zone=ZONE
    )

    assert (fact.message_id, fact.quote) == ("m7", "Eu moro em Campinas, interior")
    assert fact.said_at == datetime.fromisoformat(WRITTEN)
    assert 0 < fact.confidence < 1


def test_what_the_bot_said_and_the_person_repeats_is_not_theirs() -> None:
    told = "Exemplo de resposta: meu nome é Fulano de Tal"

    assert values(told, f"{told}\nnão entendi") == []


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_message_at_the_calendars_end_tells_nothing_and_fails_nothing(at: str) -> None:
    text = "quero um sofá, preciso disso até dia 31, amanhã ou sexta"

    assert learn([{**message(text), "timestamp": at}], zone=ZONE) == []


def test_bots_agents_and_the_system_tell_nothing_of_the_person() -> None:
    said = [message("meu nome é Bot", role, n) for n, role in enumerate(("bot", "agent", "system"))]

    assert learn(said, zone=ZONE) == []


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ((FactKind.CITY, "Santos"), (FactKind.CITY, "Campinas"), True),
        ((FactKind.ORDER, "4821"), (FactKind.ORDER, "4822"), False),
        ((FactKind.PREFERS, "entrega de manhã"), (FactKind.PREFERS, "à tarde"), True),
        ((FactKind.PREFERS, "azul"), (FactKind.DISLIKES, "o azul"), True),
        ((FactKind.PREFERS, "azul"), (FactKind.PREFERS, "café"), False),
    ],
)
def test_a_later_fact_takes_the_place_of_what_it_is_about(
    one: tuple[FactKind, str],
    other: tuple[FactKind, str],
    is_same: bool,  # noqa: FBT001 -- pytest passes it by name
) -> None:
    assert (slot_of(*one) == slot_of(*other)) is is_same


def test_long_and_odd_texts_take_little_time() -> None:
    odd = ["meu nome é " * 800, "não gosto de " + "a" * 9000, "quero um " * 500, "@" * 5000]

    began = time.process_time()
    for text in odd:
        learned(text)

    assert time.process_time() - began < 1


def test_a_deadline_that_nobody_will_live_to_see_is_none() -> None:
    assert values("o prazo é 31/12/9999") == []
    assert values("o prazo é 30/11/2026") != []
