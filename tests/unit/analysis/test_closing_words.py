"""Who has only thanked, agreed or taken their leave waits for no answer; who said more does."""

from __future__ import annotations

import pytest

from talkhub.analysis.closing import is_closing
from talkhub.demo.stories import read_content
from talkhub.names import MessageRole

IN_NEED_OF_NO_ANSWER = {
    *("Pago! Obrigada", "blz, valeu", "ok", "Agradeço", "Muchas gracias"),
    *("Recebi, muito obrigado!", "Ótimo, obrigada 😊", "Valeu, foi rápido"),
    *("Show, era isso. Obrigado", "ajudou muito!! obrigado 🙏"),
    *("Perfeito, obrigada pela atenção", "That's a pity, thank you anyway"),
}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Ok",
            "👍",
            "👍🏽",
            "❤️",
            "tchau",
            "OBRIGADO",
            "Obrigadaaa!!!",
            "vlw",
            "Tá bom, obrigada!",
        ),
        *("Muito obrigada, Ana!", "até mais", "Não, só isso. Obrigado", "boa noite, obrigado"),
        *("Chegou tudo certinho, muito obrigada pelo atendimento", "ok\nobrigada"),
        *("ok thanks", "Thank you so much for your help!", "bye bye", "got it", "No, thanks"),
        *("vale", "Listo, gracias", "Muchísimas gracias por su ayuda", "adiós", "nada más"),
    ],
)
def test_thanks_agreement_and_farewells_close(text: str) -> None:
    assert is_closing(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "...", "oi", "Boa noite", "123", "não", "sim", "chegou", "ok?", "ok, quando chega"),
        *("não funcionou, obrigada", "Recebi o produto errado, obrigado", "Obrigado. Cancela"),
        *("Não, obrigado. Pode cancelar", "obrigada, mas ainda não chegou", "parabéns pela demora"),
        *("ok, mais uma", "fico no aguardo", "thanks, but it broke", "gracias, no funciona"),
        "obrigada " * 20,
    ],
)
def test_whoever_says_more_waits_for_an_answer(text: str) -> None:
    assert not is_closing(text)


@pytest.mark.parametrize("text", ["ok", "👍", "Perfeito!"])
def test_mere_agreement_with_a_question_is_its_answer(text: str) -> None:
    assert not is_closing(text, last_answer="Posso marcar para as 9h? 😊")
    assert is_closing(text, last_answer="Tudo certo? Então até lá, às 9h em ponto.")


def test_thanks_close_even_where_something_was_asked() -> None:
    assert is_closing("ok, obrigada", last_answer="Confirmo para as 9h?")


def test_stories_of_the_demo_that_end_in_a_closing_remark_do_so() -> None:
    last_lines = [story.lines[-1] for story in read_content().stories]

    closed = {text for role, text in last_lines if role == MessageRole.USER and is_closing(text)}

    assert closed == IN_NEED_OF_NO_ANSWER
