"""The word lists are sound: each says where it is from, and nothing in them is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import talkhub.analysis
from talkhub.analysis.lexicon import LANGUAGES, lexicon
from talkhub.names import Intent

FOLDER = Path(talkhub.analysis.__file__).parent / "lexicons"
FILES = sorted(FOLDER.rglob("*.json"))
TOKEN_CLASSES = {"number", "time", "link"}


def name(file: Path) -> str:
    return str(file.relative_to(FOLDER))


def strings(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for value in content.values():
            yield from strings(value)
    elif isinstance(content, list):
        for value in content:
            yield from strings(value)


def without_repeated_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    assert len(content) == len(pairs), f"repeated: {[key for key, _ in pairs]}"
    return content


@pytest.mark.parametrize("file", FILES, ids=name)
def test_each_file_says_where_it_is_from_and_repeats_no_key(file: Path) -> None:
    content = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=without_repeated_keys)

    assert content["source"].startswith("Written for this project")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_but_unknown_has_cues(language: str) -> None:
    content = json.loads((FOLDER / language / "intents.json").read_text(encoding="utf-8"))

    assert set(content["intents"]) == set(Intent) - {Intent.UNKNOWN}


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_name_every_class_and_no_other(language: str) -> None:
    texts = [
        text
        for file in (FOLDER / language).glob("*.json")
        for text in strings(json.loads(file.read_text(encoding="utf-8")))
    ]
    classes = json.loads((FOLDER / language / "words.json").read_text(encoding="utf-8"))["classes"]

    named = {match for text in texts for match in re.findall(r"<([a-z]+)>", text)}

    assert named - TOKEN_CLASSES == set(classes)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["sentiment", "intents"])
def test_no_list_says_a_thing_twice(language: str, kind: str) -> None:
    content = json.loads((FOLDER / language / f"{kind}.json").read_text(encoding="utf-8"))
    content.pop("source")

    def lists(part: object) -> Iterator[list[str]]:
        if isinstance(part, list):
            yield part
        elif isinstance(part, dict):
            for value in part.values():
                yield from lists(value)

    repeated = [
        phrase for phrases in lists(content) for phrase in phrases if phrases.count(phrase) > 1
    ]
    assert not repeated


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_has_a_portuguese_name(language: str) -> None:
    topics = json.loads((FOLDER / language / "topics.json").read_text(encoding="utf-8"))["topics"]
    portuguese = json.loads((FOLDER / "pt" / "topics.json").read_text(encoding="utf-8"))["topics"]

    assert set(topics) <= set(portuguese)


@pytest.mark.parametrize("language", LANGUAGES)
def test_known_words_are_left_as_they_are(language: str) -> None:
    known = lexicon(language)
    content = json.loads((FOLDER / language / "words.json").read_text(encoding="utf-8"))

    words = [word for word in known.negators if word not in content["short"]]

    assert [known.spell(word) for word in words] == words
