"""Transcripts as data: facts, recognition, order and parts, for any messages at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkhub import json_codec
from talkhub.names import CompletionStatus, MessageRole
from talkhub.services.talking.transcripts import (
    MAX_BYTES,
    MAX_MESSAGES,
    Message,
    add_up,
    fingerprint,
    in_order,
    is_continuation,
    make_message,
    split_parts,
    time_of,
    without_known,
)

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def message(
    role: str = "user",
    content: str = "oi",
    *,
    at: float = 0,
    external_id: str | None = None,
    source: str = "",
) -> Message:
    return make_message(
        role=MessageRole(role),
        content=content,
        sent_at=START + timedelta(seconds=at),
        external_id=external_id,
        source=source,
    )


messages = st.builds(
    message,
    role=st.sampled_from([role.value for role in MessageRole]),
    content=st.sampled_from(["oi", "olá", "sim"]),
    at=st.integers(0, 2000),
    external_id=st.none() | st.text(min_size=1, max_size=3),
)
transcripts = st.lists(messages, min_size=1, max_size=12)


@given(transcripts)
def test_facts_lie_within_the_transcript(transcript: list[Message]) -> None:
    facts = add_up(transcript, is_open=False)

    assert facts.started_at == min(map(time_of, transcript))
    assert facts.last_message_at == max(map(time_of, transcript))
    assert facts.message_count == len(transcript)
    assert facts.user_message_count == sum(item["role"] == "user" for item in transcript)
    assert 0 <= facts.response_count <= facts.user_message_count
    assert 0 <= facts.response_ms_total <= facts.response_count * facts.duration_seconds * 1000


@given(transcripts, transcripts)
def test_a_transcript_continues_every_beginning_of_its_own(
    transcript: list[Message], more: list[Message]
) -> None:
    grown = [*transcript, *more]
    timed = set(range(len(grown)))

    assert is_continuation(transcript, grown, timed)
    assert is_continuation(grown, transcript, timed)


@given(transcripts)
def test_nothing_of_a_known_transcript_is_new(transcript: list[Message]) -> None:
    assert without_known(transcript, transcript, set(range(len(transcript)))) == []


@given(transcripts, transcripts)
def test_what_is_new_is_a_part_of_what_was_sent(stored: list[Message], sent: list[Message]) -> None:
    news = without_known(stored, sent, set(range(len(sent))))

    rest = iter(sent)
    assert all(item in rest for item in news)  # in the order in which they were sent
    assert len(sent) - len(news) <= len(stored)


@given(
    st.lists(messages, max_size=12, unique_by=lambda item: item["id"]),
    st.randoms(use_true_random=False),
)
def test_the_order_does_not_depend_on_arrival(transcript: list[Message], chance: Any) -> None:
    shuffled = list(transcript)
    chance.shuffle(shuffled)

    assert in_order(shuffled) == in_order(transcript)


@given(st.lists(st.integers(0, 60_000), max_size=30))
def test_parts_hold_every_message_once_and_stay_within_bounds(sizes: list[int]) -> None:
    transcript = [message(content="x" * size, at=at) for at, size in enumerate(sizes)]

    parts = split_parts(transcript)

    assert list(chain.from_iterable(parts)) == transcript
    assert all(len(json_codec.dumps(part)) <= MAX_BYTES + 1 for part in parts)


def test_a_message_larger_than_a_part_stands_alone() -> None:
    huge = message(content="x" * MAX_BYTES)

    assert split_parts([message(), huge, message()]) == [[message()], [huge], [message()]]


def test_a_part_holds_five_hundred_messages() -> None:
    transcript = [message(at=at) for at in range(MAX_MESSAGES + 1)]

    assert [len(part) for part in split_parts(transcript)] == [MAX_MESSAGES, 1]


@given(st.text(), st.integers(0, 3))
def test_the_id_of_a_providers_message_depends_on_its_own_id_only(text: str, at: int) -> None:
    first = message(content=text, at=at, external_id="wamid.1")

    assert first["id"] == message(content="oi", external_id="wamid.1")["id"]
    assert first["id"] != message(content=text, at=at, external_id="wamid.2")["id"]
    assert first["id"] != message(content=text, at=at, external_id="wamid.1", source="b")["id"]


def test_a_fingerprint_tells_where_one_message_ends() -> None:
    one = [message(content="ab"), message(content="c")]
    other = [message(content="a"), message(content="bc")]

    assert fingerprint("s", one) != fingerprint("s", other)
    assert fingerprint("s", one) != fingerprint("t", one)


@pytest.mark.parametrize(
    ("roles", "times", "count", "total_ms"),
    [
        (["user", "bot"], [0, 5], 1, 5000),
        (["user", "user", "bot"], [0, 10, 15], 1, 15_000),  # from the first unanswered word
        (["user", "bot", "bot"], [0, 5, 60], 1, 5000),  # the second is no answer
        (["user", "agent", "user", "bot"], [0, 1, 10, 12.5], 2, 3500),
        (["user", "system", "bot"], [0, 1, 2], 1, 2000),  # the system answers nobody
        (["bot", "user"], [0, 1], 0, 0),
        (["user", "bot"], [5, 0], 1, 0),  # clocks differ
    ],
)
def test_a_response_lasts_from_a_persons_message_to_its_answer(
    roles: list[str], times: list[float], count: int, total_ms: int
) -> None:
    transcript = [message(role, at=at) for role, at in zip(roles, times, strict=True)]

    facts = add_up(transcript, is_open=False)

    assert (facts.response_count, facts.response_ms_total) == (count, total_ms)


def test_an_open_transcript_is_neither_completed_nor_abandoned() -> None:
    assert add_up([message("bot")], is_open=True).completion == CompletionStatus.OPEN


def test_untimed_messages_are_known_by_role_and_text_and_keep_their_order() -> None:
    stored = [message("user", "quanto custa?", at=0), message("user", "e o frete?", at=60)]
    texts = [("user", "quanto custa?"), ("bot", "R$ 10"), ("user", "e o frete?"), ("bot", "Grátis")]
    sent = [message(role, text, at=9000) for role, text in texts]

    news = without_known(stored, sent, set())

    assert [item["content"] for item in news] == ["R$ 10", "Grátis"]
    whole = in_order([*stored, *news])
    assert [(item["role"], item["content"]) for item in whole] == texts
