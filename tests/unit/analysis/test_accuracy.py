"""How often the analyser is right on labelled messages, and how far beyond five words that is.

The messages of `first_cases` were at hand while the lexicons were written, and the model is
trained on them; `cases_heldout.json` was written afterwards, and nothing was tuned on it or on
the corpus' test split: their figures are the honest ones.

A report that something fails is negative, a plain request is neutral, a thank-you is positive.
Support is help with what a person has, complaint is blame, purchase includes prices, and other
is an answer to the bot.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from talkhub.analysis.evaluate import by_analyser, by_lexicons
from talkhub.analysis.examples import CORPUS, Example, Split, corpus, corpus_files, read_examples
from talkhub.analysis.measuring import measure
from talkhub.analysis.pipeline import analyse

Case = dict[str, str]

FIRST, HELD_OUT = "first_cases", "cases_heldout"
SETS = (FIRST, HELD_OUT)

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
    if name == FIRST:
        labelled = [as_case(row) for row in read_examples(CORPUS / "first_cases.csv")]
    else:
        file = Path(__file__).parent / f"{name}.json"
        labelled = json.loads(file.read_text(encoding="utf-8"))
    return [case for case in labelled if language in (None, case["language"])]


def as_case(row: Example) -> Case:
    return {
        "text": row.text,
        "language": row.language,
        "sentiment": row.sentiment,
        "intent": row.intent,
    }


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
        (FIRST, "sentiment", 0.97),
        (FIRST, "intent", 0.96),
        (FIRST, "language", 0.98),
        (HELD_OUT, "sentiment", 0.88),
        (HELD_OUT, "intent", 0.82),
        (HELD_OUT, "language", 0.97),
    ],
)
def test_the_analyser_is_right_this_often(name: str, aspect: str, floor: float) -> None:
    assert share_right(ours, aspect, cases(name)) >= floor


@pytest.mark.parametrize("language", ["pt", "es", "en"])
def test_no_language_falls_behind(language: str) -> None:
    labelled = cases(FIRST, language)

    assert share_right(ours, "sentiment", labelled) >= 0.95
    assert share_right(ours, "intent", labelled) >= 0.93


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(("aspect", "lead"), [("sentiment", 0.2), ("intent", 0.4)])
def test_it_beats_the_originals_few_words_by_far(name: str, aspect: str, lead: float) -> None:
    portuguese = cases(name, "pt")

    baseline = share_right(original, aspect, portuguese)

    assert share_right(ours, aspect, portuguese) >= baseline + lead


@pytest.mark.parametrize(("name", "lead"), [("sentiment", 0.12), ("intent", 0.25)])
def test_the_model_beats_the_lexicons_alone_on_people_it_never_read(name: str, lead: float) -> None:
    test = corpus(Split.TEST)

    ours, lexicons = (
        dict(zip(("sentiment", "intent"), measure(test, answers), strict=True))[name]
        for answers in (
            by_analyser([row.text for row in test]),
            by_lexicons([row.text for row in test]),
        )
    )

    assert ours.accuracy >= lexicons.accuracy + lead
    assert ours.macro_f1 >= lexicons.macro_f1 + lead
    assert ours.ece < lexicons.ece


def test_no_held_out_message_was_seen_before() -> None:
    seen = {row.text.casefold() for file in corpus_files() for row in read_examples(file)}

    assert not [case for case in cases(HELD_OUT) if case["text"].casefold() in seen]
