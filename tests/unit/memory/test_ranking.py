"""Which messages answer a question best."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkhub.memory.packing import pack, unpack
from talkhub.memory.query import question
from talkhub.memory.ranking import rank


def said(*turns: str) -> list[dict[str, str]]:
    """Return messages: the person's, or after "> " the bot's."""
    roles = {True: "bot", False: "user"}
    return [
        {"role": roles[turn.startswith("> ")], "content": turn.removeprefix("> ")} for turn in turns
    ]


def ranked(
    conversations: Sequence[list[dict[str, str]]],
    query: str,
    *,
    user_names: Sequence[str] = (),
    ages: Sequence[float] = (),
) -> list[str]:
    shelf = unpack(b"".join(pack(messages, "pt") for messages in conversations))
    hits = rank(shelf, question(query), limit=10, user_names=user_names, ages=ages)
    return [conversations[hit.conversation][hit.position]["content"] for hit in hits]


def test_the_rarer_word_decides() -> None:
    told = said("pedido atrasado", "pedido 10", "pedido azul", "pedido de novo")

    assert ranked([told], "pedido azul")[0] == "pedido azul"


def test_the_answer_to_a_question_is_found_by_the_question() -> None:
    told = said("> Qual é a senha do wi-fi?", "girassol77", "valeu", "até mais", "tchau")

    assert ranked([told], "senha do wi-fi")[:2] == ["girassol77", "Qual é a senha do wi-fi?"]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("para onde mando a fatura?", "o boleto foi pra ana@exemplo.com"),
        ("qual o e-mail?", "o boleto foi pra ana@exemplo.com"),
        ("tem bicho em casa?", "minha gata se chama Nina"),
        ("quanto foi o aluguel?", "deu R$ 900 certinho"),
        ("quando viaja?", "domingo cedinho"),
    ],
)
def test_a_question_in_other_words_finds_its_answer(query: str, answer: str) -> None:
    told = said("oi, tudo bem", answer, "blz então", "ok, combinado", "show de bola")

    assert ranked([said("bom dia", "oi"), told, said("certo", "ok")], query)[0] == answer


def test_the_named_persons_words_count_more() -> None:
    told = [{"role": "bot", "content": "gosto de praia"}, {"role": "user", "content": "eu também"}]
    more = [{"role": "bot", "content": "praia"}, {"role": "user", "content": "amo praia demais"}]

    assert ranked([told, more], "o que a Ana falou de praia", user_names=["ana"])[0] == (
        "amo praia demais"
    )


def test_a_name_that_is_a_word_too_is_searched_where_the_rest_finds_nothing() -> None:
    told = said("oi", "a entrega não chegou", "ok")

    assert ranked([told], "entrega amarela", user_names=["casa", "entrega"])[0] == (
        "a entrega não chegou"
    )


def test_a_writer_is_found_by_name() -> None:
    told = [
        {"role": "agent", "name": "Carla", "content": "prometo o reembolso"},
        {"role": "agent", "name": "Rui", "content": "prometo o reembolso já"},
        {"role": "user", "content": "ok"},
    ]

    assert ranked([told], "o que a Carla prometeu de reembolso")[0] == "prometo o reembolso"


def test_of_two_that_say_the_same_the_newer_one_comes_first() -> None:
    old, new = said("moro em Itu"), said("moro em Poá")

    assert ranked([old, new], "onde mora?", ages=[300, 1])[0] == "moro em Poá"


def test_nothing_is_found_in_no_messages() -> None:
    assert ranked([], "pedido") == []


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["user", "bot", "agent", "system"]), st.text())),
        max_size=5,
    ),
    st.text(max_size=60),
)
def test_any_text_is_packed_and_ranked(
    conversations: list[list[tuple[str, str]]], query: str
) -> None:
    messages = [
        [{"role": role, "content": content} for role, content in each] for each in conversations
    ]
    kept = [each for each in messages if each]

    shelf = unpack(b"".join(pack(each, "pt") for each in kept))
    hits = rank(shelf, question(query), limit=3)

    assert len(shelf) == sum(map(len, kept))
    assert len(hits) <= 3
    assert all(hit.position < len(kept[hit.conversation]) for hit in hits)
