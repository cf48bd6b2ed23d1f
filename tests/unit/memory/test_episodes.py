"""What past conversations leave open, and what closes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from talkhub.memory.episodes import Episode, Issue, open_issues
from talkhub.names import Intent, Outcome, Resolution

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def episode(
    days_ago: int,
    intent: Intent,
    resolution: Resolution = Resolution.NO,
    *topics: str,
    **how: object,
) -> Episode:
    began_at = NOW - timedelta(days=days_ago)
    given = {
        "outcome": Outcome.UNANSWERED,
        "is_promised": False,
        "is_by_human": False,
        **how,
    }
    return Episode(
        conversation_id=f"conv_{days_ago}",
        began_at=began_at,
        ended_at=began_at + timedelta(minutes=5),
        intent=intent,
        topics=frozenset(topics),
        resolution=resolution,
        errand=f"dito há {days_ago} dias",
        line="",
        **given,
    )


def titles(*episodes: Episode) -> list[str]:
    return [issue.title for issue in open_issues(episodes, now=NOW)]


def test_a_problem_that_was_not_solved_is_open_and_a_question_is_not() -> None:
    assert titles(
        episode(3, Intent.COMPLAINT, Resolution.NO, "entrega"),
        episode(2, Intent.INFORMATION),
        episode(1, Intent.SUPPORT, Resolution.NO, "boleto"),
    ) == ["dito há 1 dias", "dito há 3 dias"]


def test_a_request_is_open_unless_the_person_left_it() -> None:
    left = Outcome.PERSON_LEFT

    assert titles(episode(1, Intent.SCHEDULING)) == ["dito há 1 dias"]
    assert titles(episode(1, Intent.SCHEDULING, outcome=left)) == []
    assert titles(episode(1, Intent.SUPPORT, outcome=left)) == ["dito há 1 dias"]


def test_what_was_only_promised_is_open() -> None:
    promised = episode(1, Intent.PURCHASE, Resolution.SILENT, is_promised=True)

    assert titles(promised) == ["dito há 1 dias"]


def test_what_comes_back_to_an_issue_goes_on_with_it() -> None:
    first = episode(6, Intent.SUPPORT, Resolution.NO, "internet")
    again = episode(2, Intent.COMPLAINT, Resolution.NO, "internet", "técnico")

    assert open_issues([again, first], now=NOW) == [
        Issue(
            title="dito há 2 dias",
            intent=Intent.COMPLAINT,
            topics=frozenset({"internet", "técnico"}),
            conversation_id="conv_2",
            opened_at=first.began_at,
            last_message_at=again.ended_at,
            conversations=2,
        )
    ]


def test_an_issue_is_closed_by_the_persons_word_an_answer_or_a_human() -> None:
    problem = episode(6, Intent.SUPPORT, Resolution.NO, "internet")

    assert titles(problem, episode(2, Intent.THANKS, Resolution.CONFIRMED)) == []
    assert titles(problem, episode(2, Intent.INFORMATION, Resolution.SILENT, "internet")) == []
    assert titles(problem, episode(2, Intent.OTHER, Resolution.SILENT, is_by_human=True)) == []


def test_another_matter_does_not_close_an_issue() -> None:
    problem = episode(6, Intent.SUPPORT, Resolution.NO, "internet")

    assert titles(problem, episode(2, Intent.PURCHASE, Resolution.CONFIRMED, "plano"))
    assert titles(problem, episode(2, Intent.GREETING, Resolution.SILENT))


def test_an_issue_is_forgotten_in_time() -> None:
    assert titles(episode(31, Intent.COMPLAINT)) == []
    assert titles(episode(29, Intent.COMPLAINT)) == ["dito há 29 dias"]
