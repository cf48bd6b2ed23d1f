"""Names what a text is about, from a small vocabulary of what companies are asked about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from talkhub.analysis.lexicon import Lexicon

MOST_TOPICS: Final = 5


def topics_in(words: Sequence[str], lexicon: Lexicon) -> tuple[str, ...]:
    """Return the topics a text names, each once, in the order it names them.

    Topics have Portuguese names in every language, so that they can be counted together.
    """
    return tuple(dict.fromkeys(topic for _, _, topic in lexicon.topics.find(words)))


def most_named(topics_by_message: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return the topics that most messages name; of equals, the one named first."""
    counts: dict[str, int] = {}
    for topics in topics_by_message:
        for topic in topics:
            counts[topic] = counts.get(topic, 0) + 1
    return tuple(sorted(counts, key=lambda topic: -counts[topic])[:MOST_TOPICS])
