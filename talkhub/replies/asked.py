"""The questions of our own that finding is learned from and judged by: invented businesses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from talkhub.analysis.examples import Split
from talkhub.replies.passages import Passage, SourceFormat, passages_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A message to a business, and the question or heading that answers it; None if none does."""

    text: str
    answered_by: str | None


@dataclass(frozen=True, slots=True)
class Business:
    """An invented business: what it gave to answer with, and what it was asked."""

    name: str
    passages: tuple[Passage, ...]
    asked: tuple[Asked, ...]


def businesses(split: Split) -> Iterator[Business]:
    """Yield the businesses of DEVELOPMENT or TEST; none is in both."""
    folder = files("talkhub.replies").joinpath("corpus")
    for file in sorted(folder.iterdir(), key=lambda it: it.name):
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["split"] != split:
            continue
        questions = {key: asked for key, (asked, _) in content["faq"].items()}
        faq = [Passage(asked, answer, "faq") for asked, answer in content["faq"].values()]
        yield Business(
            content["business"],
            (*faq, *passages_of(content["document"], SourceFormat.MARKDOWN)),
            tuple(Asked(text, questions.get(by, by)) for text, by in content["questions"]),
        )
