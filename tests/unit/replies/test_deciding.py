"""What is done about a message, and what judgements do to the threshold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from talkhub.replies.deciding import (
    MOST_IN_A_ROW,
    Decision,
    Reason,
    ReplyMode,
    ReplyState,
    Situation,
    decide,
)
from talkhub.replies.finding import Found
from talkhub.replies.passages import Passage
from talkhub.replies.reading import Asked, read_asked
from talkhub.replies.threshold import DEFAULT, MOST, Judged, learned_threshold

QUESTION = Asked("abre domingo?")
SURE = Found(Passage("Abre domingo?", "Não."), 0.9)
UNSURE, UNLIKELY = replace(SURE, score=0.6), replace(SURE, score=0.2)
BY_ITSELF = Situation(ReplyMode.ANSWER, 0.75)
SUGGESTING = replace(BY_ITSELF, mode=ReplyMode.SUGGEST)


def test_a_sure_answer_goes_out_where_a_workspace_wants_it() -> None:
    assert decide(QUESTION, SURE, BY_ITSELF) == Decision(ReplyState.ANSWERED, None, SURE)


@pytest.mark.parametrize(
    ("asked", "found", "situation", "decided"),
    [
        (QUESTION, UNSURE, BY_ITSELF, (ReplyState.HANDED_OFF, Reason.UNSURE, UNSURE)),
        (QUESTION, UNLIKELY, BY_ITSELF, (ReplyState.HANDED_OFF, Reason.UNSURE, None)),
        (QUESTION, None, BY_ITSELF, (ReplyState.HANDED_OFF, Reason.UNSURE, None)),
        (QUESTION, UNSURE, SUGGESTING, (ReplyState.SUGGESTED, None, UNSURE)),
        (QUESTION, UNLIKELY, SUGGESTING, (ReplyState.DROPPED, Reason.UNSURE, None)),
        (
            replace(QUESTION, is_upset=True),
            SURE,
            BY_ITSELF,
            (ReplyState.HANDED_OFF, Reason.UPSET, SURE),
        ),
        (
            replace(QUESTION, asks_for_person=True),
            SURE,
            SUGGESTING,
            (ReplyState.HANDED_OFF, Reason.ASKED_FOR_PERSON, SURE),
        ),
        (
            replace(QUESTION, is_social=True),
            SURE,
            BY_ITSELF,
            (ReplyState.DROPPED, Reason.NOTHING_ASKED, None),
        ),
    ],
)
def test_what_is_not_surely_answered_is_left_to_people(
    asked: Asked,
    found: Found | None,
    situation: Situation,
    decided: tuple[ReplyState, Reason, Found | None],
) -> None:
    assert decide(asked, found, situation) == Decision(*decided)


@pytest.mark.parametrize(
    ("changed", "state", "reason"),
    [
        ({"mode": ReplyMode.OFF}, ReplyState.DROPPED, Reason.OUTDATED),
        ({"is_opted_out": True}, ReplyState.DROPPED, Reason.OPTED_OUT),
        ({"is_with_person": True}, ReplyState.SUGGESTED, Reason.WITH_A_PERSON),
        ({"said": ("Não.",)}, ReplyState.HANDED_OFF, Reason.LOOP),
        ({"said": ("Sim.",) * MOST_IN_A_ROW}, ReplyState.HANDED_OFF, Reason.LOOP),
        ({"can_send": False}, ReplyState.SUGGESTED, Reason.CANNOT_SEND),
        ({"is_quiet": True}, ReplyState.SUGGESTED, Reason.QUIET_HOURS),
    ],
)
def test_a_sure_answer_stays_back_where_it_may_not_go_out(
    changed: dict[str, object], state: ReplyState, reason: Reason
) -> None:
    decided = decide(QUESTION, SURE, replace(BY_ITSELF, **changed))

    assert (decided.state, decided.reason) == (state, reason)


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (["até que horas vocês abrem?"], (False, False, False)),
        (["obrigada!"], (True, False, False)),
        (["bom dia"], (True, False, False)),
        (["quero falar com um atendente"], (False, False, True)),
        (["VOCÊS SÃO UNS LADRÕES!!! absurdo isso"], (False, True, False)),
    ],
)
def test_moods_manners_and_the_wish_for_a_person_are_read(
    texts: list[str], shown: tuple[bool, bool, bool]
) -> None:
    read = read_asked(texts)

    assert (read.is_social, read.is_upset, read.asks_for_person) == shown


def test_the_threshold_rises_with_bad_answers_and_falls_only_where_many_good_ones_show_it() -> None:
    bad = [Judged(0.8, is_good=False)] * 3
    good_below = [Judged(0.65, is_good=True)] * 25

    assert learned_threshold([]) == DEFAULT
    assert 0.8 < learned_threshold(bad) <= MOST
    assert learned_threshold(good_below[:5]) == DEFAULT
    assert learned_threshold(good_below) < 0.66
    assert learned_threshold([*good_below, *bad]) > 0.8
