"""How often the analyser is right on labelled messages, and how far beyond five words that is.

`cases.json` was at hand while the lexicons were written, `cases_heldout.json` was written
afterwards and never tuned on: its figures are the honest ones.

A report that something fails is negative, a plain request is neutral, a thank-you is positive.
Support is help with what a person has, complaint is blame, purchase includes prices, and other
is an answer to the bot.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from talkhub.analysis.pipeline import analyse

Case = dict[str, str]

SETS = ("cases.json", "cases_heldout.json")

ORIGINAL_INTENTS = {
    "support": ("problema", "erro", "ajuda", "suporte"),  # codespell:ignore erro
    "purchase": ("comprar", "preço", "produto"),
    "information": ("informação", "como"),
    "complaint": ("reclamação", "ruim", "péssimo"),
}
ORIGINAL_PRAISE = ("bom", "ótimo", "excelente", "obrigado")
ORIGINAL_BLAME = ("ruim", "péssimo", "problema")


@cache
def cases(name: str, language: str | None = None) -> list[Case]:
    labelled: list[Case] = json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return [case for case in labelled if language in (None, case["language"])]


def ours(text: str) -> Case:
    result = analyse([{"id": "1", "role": "user", "content": text}])
    return {
        "intent": result.intent,
        "sentiment": result.sentiment,
        "language": result.language,
    }


def original(text: str) -> Case:
    """Answer as the original server did, by the presence of a few words."""
    text = text.lower()
    intent = next(
        (name for name, words in ORIGINAL_INTENTS.items() if any(word in text for word in words)),
        "unknown",
    )
    praise = sum(word in text for word in ORIGINAL_PRAISE)
    blame = sum(word in text for word in ORIGINAL_BLAME)
    sentiment = "neutral"
    if praise != blame:
        sentiment = "positive" if praise > blame else "negative"
    return {"intent": intent, "sentiment": sentiment, "language": "pt"}


def share_right(analyser: object, aspect: str, labelled: list[Case]) -> float:
    assert callable(analyser)
    right = sum(analyser(case["text"])[aspect] == case[aspect] for case in labelled)
    return right / len(labelled)


@pytest.mark.parametrize(
    ("name", "aspect", "floor"),
    [
        ("cases.json", "sentiment", 0.97),
        ("cases.json", "intent", 0.96),
        ("cases.json", "language", 0.98),
        ("cases_heldout.json", "sentiment", 0.80),
        ("cases_heldout.json", "intent", 0.68),
        ("cases_heldout.json", "language", 0.97),
    ],
)
def test_the_analyser_is_right_this_often(name: str, aspect: str, floor: float) -> None:
    assert share_right(ours, aspect, cases(name)) >= floor


@pytest.mark.parametrize("language", ["pt", "es", "en"])
def test_no_language_falls_behind(language: str) -> None:
    labelled = cases("cases.json", language)

    assert share_right(ours, "sentiment", labelled) >= 0.95
    assert share_right(ours, "intent", labelled) >= 0.93


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(("aspect", "lead"), [("sentiment", 0.2), ("intent", 0.4)])
def test_it_beats_the_originals_few_words_by_far(name: str, aspect: str, lead: float) -> None:
    portuguese = cases(name, "pt")

    baseline = share_right(original, aspect, portuguese)

    assert share_right(ours, aspect, portuguese) >= baseline + lead


def test_no_held_out_message_was_seen_before() -> None:
    seen = {case["text"].casefold() for case in cases("cases.json")}

    assert not [case for case in cases("cases_heldout.json") if case["text"].casefold() in seen]
