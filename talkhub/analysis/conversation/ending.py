"""How a conversation ended, and whether the person has what they came for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from talkhub.analysis.closing import is_closing
from talkhub.analysis.conversation.model import Finding, Stretch
from talkhub.analysis.conversation.service import could_answer, sentences
from talkhub.analysis.conversation.signs import CompanySign, PersonSign
from talkhub.analysis.conversation.turns import Turn, blocks_of
from talkhub.names import Intent, Outcome, Resolution, Sentiment

_ASKS: Final = (CompanySign.NEEDS, CompanySign.OFFERS)
_NO_QUESTION: Final = (PersonSign.CONFIRMS, PersonSign.PUTS_OFF, PersonSign.GIVES_UP)


class Help(NamedTuple):
    """What is known of the company's part: where a human was asked for, where one wrote."""

    requested: tuple[Stretch, ...]
    humans: tuple[Stretch, ...]


def outcome(turns: Sequence[Turn], given: Help) -> Finding:
    """Return how it ended: of those that hold, the first of the Outcomes."""
    blocks = blocks_of(turns)
    if blocks and blocks[-1][0].is_persons:
        last_answer = blocks[-2][-1] if len(blocks) > 1 else None
        if _owes(blocks[-1], last_answer):
            return Finding(Outcome.PERSON_LEFT, (blocks[-1][-1].whole(),))
        if _waits(blocks[-1], last_answer):
            return Finding(Outcome.UNANSWERED, tuple(turn.whole() for turn in blocks[-1]))
    elif len(blocks) > 1 and _is_left_asking(blocks):
        return Finding(Outcome.PERSON_LEFT, (blocks[-1][-1].whole(),))
    if given.humans:
        return Finding(Outcome.HANDED_OFF, given.humans)
    return Finding(Outcome.CONTAINED, ())


def resolution(turns: Sequence[Turn], ended: Finding, given: Help) -> Finding:
    """Return whether the person has what they came for; they say so, nobody says, or not."""
    blocks = blocks_of(turns)
    own = [place for place, block in enumerate(blocks) if block[0].is_persons]
    if own and (denied := _denied(blocks[own[-1]])):
        return Finding(Resolution.NO, denied)
    for place in reversed([place for place in own if place]):
        if confirmed := _confirmed(blocks[place], blocks[place - 1]):
            return Finding(Resolution.CONFIRMED, confirmed)
        if _goes_on(blocks[place]):
            break
    if ended.label in (Outcome.UNANSWERED, Outcome.PERSON_LEFT):
        return Finding(Resolution.NO, ended.evidence)
    if given.requested and not given.humans:
        return Finding(Resolution.NO, given.requested)
    if own and (given_up := _found(blocks[own[-1]], PersonSign.GIVES_UP)):
        return Finding(Resolution.NO, given_up)
    return _as_answered(next((it for it in reversed(blocks) if not it[0].is_persons), ()))


def _as_answered(last: Sequence[Turn]) -> Finding:
    """Return the resolution where only the company's last words tell of it."""
    if refused := _found(last, CompanySign.REFUSES):
        return Finding(Resolution.NO, refused)
    if any(could_answer(turn) for turn in last):
        return Finding(Resolution.SILENT, ())
    promised = _found(last, CompanySign.PROMISES)
    return Finding(Resolution.SILENT if promised else Resolution.NO, promised)


def _waits(own: Sequence[Turn], last_answer: Turn | None) -> bool:
    """Tell whether the person's last words ask for one more answer."""
    said = "\n".join(turn.content for turn in own)
    before = last_answer.content if last_answer else ""
    if is_closing(said, last_answer=before):
        return False
    if "?" in said:
        return True
    if any(turn.shown.first(*_NO_QUESTION) for turn in own) and not _denied(own):
        return False
    if any(turn.said.sentiment is Sentiment.NEGATIVE for turn in own if turn.said):
        return True
    leading = [turn.said.intents[0][0] for turn in own if turn.said and turn.said.intents]
    if all(intent in (Intent.THANKS, Intent.GREETING) for intent in leading) and leading:
        return last_answer is None
    # What answers a question waits for what follows from it; another remark does not.
    is_answer = last_answer is None or "?" in before or bool(last_answer.shown.first(*_ASKS))
    return is_answer or any(intent is not Intent.OTHER for intent in leading)


def _owes(own: Sequence[Turn], last_answer: Turn | None) -> bool:
    """Tell whether the person puts off what the company needs: "amanhã mando"."""
    if last_answer is None or not last_answer.shown.first(CompanySign.NEEDS):
        return False
    return own[-1].shown.first(PersonSign.PUTS_OFF) is not None and "?" not in own[-1].content


def _is_left_asking(blocks: Sequence[Sequence[Turn]]) -> bool:
    """Tell whether the company's last words ask for what it needs to go on."""
    last = blocks[-1][-1]
    if last.shown.first(CompanySign.FALLBACK):
        return True
    ends = list(sentences(last.content))
    start, end = ends[-1] if ends else (0, 0)
    final = {sign.shows for sign in last.shown.signs if start <= sign.start < end}
    if CompanySign.COURTESY in final or _is_settled(blocks[-2]):
        return False
    asks = last.content[start:end].rstrip().endswith("?") or CompanySign.NEEDS in final
    # Whoever answered and then offers more needs nothing to have answered.
    is_offer = CompanySign.OFFERS in final and len(ends) > 1
    return asks and not is_offer


def _is_settled(own: Sequence[Turn]) -> bool:
    return bool(_confirmed(own, ()))


def _denied(own: Sequence[Turn]) -> tuple[Stretch, ...]:
    """Return what says that it is not good, if that is how the person's words end."""
    last = own[-1]
    if last.said is None or last.said.sentiment is not Sentiment.NEGATIVE:
        return ()
    if denied := last.found(PersonSign.DENIES, PersonSign.AGAIN):
        return denied
    is_blame = bool(last.said.intents) and last.said.intents[0][0] is Intent.COMPLAINT
    return (last.whole(),) if is_blame else ()


def _goes_on(own: Sequence[Turn]) -> bool:
    """Tell whether the matter, or a new one, is still open in these words."""
    return any(
        "?" in turn.content or turn.shown.first(PersonSign.DENIES, PersonSign.AGAIN) for turn in own
    )


def _confirmed(own: Sequence[Turn], answer: Sequence[Turn]) -> tuple[Stretch, ...]:
    """Return what says that it is good. Thanks for a promise or a refusal do not."""
    idle = (CompanySign.PROMISES, CompanySign.REFUSES, CompanySign.TRANSFER, CompanySign.FALLBACK)
    is_idle = any(turn.shown.first(*idle) for turn in answer)
    for turn in own:
        if turn.said is None or turn.said.sentiment is Sentiment.NEGATIVE:
            continue
        if turn.shown.first(PersonSign.DENIES) or "?" in turn.content:
            continue
        if said := turn.found(PersonSign.CONFIRMS):
            return said
        has_thanked = bool(turn.said.intents) and turn.said.intents[0][0] is Intent.THANKS
        if has_thanked and not is_idle:
            return (turn.whole(),)
    return ()


def _found(turns: Sequence[Turn], *wanted: str) -> tuple[Stretch, ...]:
    return tuple(stretch for turn in turns for stretch in turn.found(*wanted))
