"""Says how a conversation went, from its turns and what the person's messages say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from talkhub.analysis.conversation import ending, mood, service
from talkhub.analysis.conversation.keyphrases import key_phrases
from talkhub.analysis.conversation.model import Course
from talkhub.analysis.conversation.satisfaction import Facts, estimate
from talkhub.analysis.conversation.summary import summary
from talkhub.analysis.conversation.turns import Turn, persons, turns_of
from talkhub.analysis.conversation.urgency import urgency
from talkhub.analysis.intent import SOCIAL
from talkhub.analysis.language import decided_language
from talkhub.analysis.model import ConversationAnalysis

_FURTHER_FROM = 0.35
_FURTHER_AT_MOST = 3


def course(
    messages: Sequence[Mapping[str, object]],
    found: ConversationAnalysis,
    *,
    locale: str | None = None,
) -> Course:
    """Return how the conversation went that `found` is the analysis of.

    `locale` is the person's, as far as it is known: it decides the language of a
    conversation whose words do not. Pure and deterministic.
    """
    turns = turns_of(messages, found.messages, found.language)
    felt, score = mood.mood_at_end(turns)
    changed = mood.trajectory(turns)
    hurry = urgency(turns)
    given = ending.Help(
        tuple(service.handoff_requests(turns)),
        tuple(service.humans(turns)),
    )
    fallbacks, loops = tuple(service.fallbacks(turns)), tuple(service.loops(turns))
    ended = ending.outcome(turns, given)
    solved = ending.resolution(turns, ended, given)
    return Course(
        language=decided_language([turn.shown.text for turn, _ in persons(turns)], locale),
        sentiment=felt,
        score=score,
        trajectory=changed,
        lowest=mood.lowest(turns),
        further_intents=_further_intents(turns, found.intent),
        urgency=hurry,
        handoff_requested=given.requested,
        handoff_done=given.humans,
        fallbacks=fallbacks,
        loops=loops,
        unanswered=tuple(service.unanswered_questions(turns)),
        outcome=ended,
        resolution=solved,
        key_phrases=key_phrases(turns, found.intent),
        summary=summary(turns, found.intent),
        satisfaction=estimate(
            Facts(
                sentiment=felt.label,
                trajectory=changed.label,
                resolution=solved.label,
                outcome=ended.label,
                has_bot_failed=bool(fallbacks or loops),
                has_nobody_come=bool(given.requested) and not given.humans,
                has_spoken=bool(found.messages),
            )
        ),
    )


def _further_intents(turns: Sequence[Turn], primary: str) -> tuple[tuple[str, float], ...]:
    """Return what else the person wanted, the surest first; manners are no errand."""
    surest: dict[str, float] = {}
    for _, said in persons(turns):
        for intent, confidence in said.intents:
            if intent not in SOCIAL and intent != primary and confidence >= _FURTHER_FROM:
                surest[intent] = max(confidence, surest.get(intent, 0.0))
    ranked = sorted(surest.items(), key=lambda item: (-item[1], item[0]))
    return tuple(ranked[:_FURTHER_AT_MOST])
