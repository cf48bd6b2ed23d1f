"""What the one JSON reader takes, refuses and repairs."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from talkhub.errors import BadRequest, Invalid, TalkHubError, TooLarge
from talkhub.strict_json import (
    MAX_BODY_BYTES,
    MAX_DEPTH,
    MAX_REPORTED_FAULTS,
    MAX_VALUES,
    JSONValue,
    read_event,
    read_json,
)

Reader = Callable[[bytes], JSONValue]

READERS = pytest.mark.parametrize("read", [read_json, read_event])

storable_texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | storable_texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(storable_texts, inner, max_size=5),
    max_leaves=30,
)


def faults_of(raw: bytes) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read_json(raw)
    errors = refused.value.extra["errors"]
    assert isinstance(errors, list)
    return [(error["pointer"], error["code"]) for error in errors]


@READERS
@given(documents, st.sampled_from([{"ensure_ascii": True}, {"ensure_ascii": False}, {"indent": 2}]))
@example({'a": 1, "a': '":"', "b\\": "\\"}, {})
def test_valid_documents_are_read_as_the_standard_library_reads_them(
    read: Reader, document: JSONValue, style: dict[str, Any]
) -> None:
    written = json.dumps(document, **style)

    value = read(written.encode())

    assert value == json.loads(written)
    assert repr(value) == repr(json.loads(written))  # 1, 1.0 and True are equal


@READERS
@settings(max_examples=100)
@given(
    st.binary(max_size=60) | st.text('{}[]":,\\u0d8c12e+-. \ntrufalsn', max_size=60).map(str.encode)
)
def test_arbitrary_bytes_are_read_or_refused_with_our_own_error(read: Reader, raw: bytes) -> None:
    try:
        value = read(raw)
    except TalkHubError:
        return
    json.dumps(value, allow_nan=False).encode()
    assert "\0" not in str(value)


@READERS
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b'{"a":1',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":1} x',
        b"user=ana&text=oi",
        b'"a\nb"',
        b'"a\0b"',
        b"01",
        b"NaN",
        b'{"a":NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        '{"a":1}'.encode("utf-16"),
        b'{"user_ns":"f1u2","message":"ele disse "oi" e saiu"}',
    ],
)
def test_what_is_not_json_in_utf8_is_a_bad_request(read: Reader, raw: bytes) -> None:
    with pytest.raises(BadRequest):
        read(raw)


@READERS
def test_a_byte_order_mark_is_skipped(read: Reader) -> None:
    assert read(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


@READERS
def test_the_largest_body_is_taken_and_one_byte_more_is_too_large(read: Reader) -> None:
    largest = b'"' + b"a" * (MAX_BODY_BYTES - 2) + b'"'

    assert len(str(read(largest))) == MAX_BODY_BYTES - 2
    with pytest.raises(TooLarge):
        read(largest + b" ")


@pytest.mark.parametrize(
    "raw",
    [
        b"[" + b"[]," * 3_000_000 + b"[]]",
        b"[" + b'"",' * 3_000_000 + b'""]',
        b"{" + b",".join(b'"%d":1' % number for number in range(MAX_VALUES + 2)) + b"}",
    ],
    ids=["lists", "texts", "members"],
)
@READERS
def test_more_values_than_anyone_needs_are_invalid(read: Reader, raw: bytes) -> None:
    with pytest.raises(Invalid, match="more than 50,000 values"):
        read(raw)


@READERS
def test_the_longest_transcript_is_taken_whatever_its_texts_hold(read: Reader) -> None:
    said = {"role": "user", "content": '"[a, b], {c, \\", ' * 20, "timestamp": "x", "kind": "text"}
    document = {"user_id": "ana", "messages": [said] * 5000}

    assert read(json.dumps(document).encode()) == document


@READERS
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_is_taken_to_its_limit_and_refused_beyond(
    read: Reader, opening: bytes, closing: bytes
) -> None:
    read(opening * (MAX_DEPTH - 1) + b"[]" + closing * (MAX_DEPTH - 1))

    for levels in (MAX_DEPTH, 900, 5_000, 1_000_000):
        with pytest.raises(BadRequest, match="nested deeper"):
            read(opening * levels + b"[]" + closing * levels)


@READERS
def test_deep_nesting_does_not_hide_behind_a_number_or_a_surrogate(read: Reader) -> None:
    for beside in (b"1e30", b'"\\ud800"', b'"\\u0000"'):
        with pytest.raises(BadRequest, match="nested deeper"):
            read(b"[" + beside + b"," + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"]")


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b'{"a":1,"a":2}', "/a"),
        (b'{"a" : 1, "a" : 2, "b": "\\":\\":"}', "/a"),
        (b'{"a":1,"\\u0061":2}', "/a"),
        (b'{"b\\\\":1,"a":1,"a":2}', "/a"),
        (b'{"a":{"a":1},"b":[{"x/y~":1,"x/y~":1}]}', "/b/0/x~1y~0"),
        (b'{"":1,"":2}', "/"),
    ],
)
def test_a_duplicate_key_is_invalid_and_named(raw: bytes, pointer: str) -> None:
    assert faults_of(raw) == [(pointer, "duplicate_key")]


@pytest.mark.parametrize(
    "number",
    [
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "123456789012345678901234567890",
        "9" * 5000,
        "1e999",
        "-1e999",
    ],
)
def test_a_number_beyond_64_bits_is_invalid_for_callers_and_a_text_in_events(number: str) -> None:
    raw = f'{{"id":[{number}]}}'.encode()

    assert faults_of(raw) == [("/id/0", "number_too_wide")]
    assert read_event(raw) == {"id": [number]}


@READERS
@pytest.mark.parametrize(
    "number", ["9223372036854775807", "-9223372036854775808", "1e300", "-1.5e20", "1e-999", "-0"]
)
def test_a_number_within_64_bits_is_taken_as_it_is(read: Reader, number: str) -> None:
    assert repr(read(f"[{number}]".encode())) == repr(json.loads(f"[{number}]"))


@pytest.mark.parametrize(
    ("written", "repaired"),
    [
        (r"a\u0000b", "a\ufffdb"),
        (r"\ud800", "\ufffd"),
        (r"\udc00x", "\ufffdx"),
        (r"\ud800\ud800", "\ufffd\ufffd"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
    ],
)
def test_an_unstorable_text_is_invalid_for_callers_and_repaired_in_events(
    written: str, repaired: str
) -> None:
    value, key = f'{{"a":["{written}"]}}'.encode(), f'{{"{written}":1}}'.encode()

    assert faults_of(value) == [("/a/0", "unstorable_text")]
    assert faults_of(key) == [(f"/{repaired}", "unstorable_text")]
    assert read_event(value) == {"a": [repaired]}
    assert read_event(key) == {repaired: 1}


@READERS
def test_what_only_looks_like_an_unstorable_text_is_taken(read: Reader) -> None:
    assert read(rb'["\\u0000","\ud83d\ude00","\\ud800"]') == [r"\u0000", "😀", r"\ud800"]


@READERS
def test_an_ordinary_body_does_not_take_the_slow_way(
    read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = {"text": 'ele disse "oi": \n\u00e1', "list": [1, 2.5, None, True, "a:b", {}, []]}
    bodies = [json.dumps(document).encode(), json.dumps(document, ensure_ascii=False).encode()]
    monkeypatch.delattr(json, "loads")

    assert [read(body) for body in bodies] == [document, document]


def test_a_duplicate_key_in_an_event_counts_last() -> None:
    assert read_event(b'{"a":1,"a":2}') == {"a": 2}


def test_a_refusal_names_the_places_but_echoes_no_value() -> None:
    secret = "5511999990001"
    raw = f'{{"phone":"{secret}\\u0000","n":9{secret}{secret},"t":{{"k":"x","k":"{secret}"}}}}'

    with pytest.raises(Invalid) as refused:
        read_json(raw.encode())

    assert [error["pointer"] for error in refused.value.extra["errors"]] == ["/phone", "/n", "/t/k"]
    assert secret not in json.dumps([refused.value.detail, refused.value.extra])


def test_a_refusal_stays_short_however_many_faults_there_are() -> None:
    raw = b"[" + b",".join([b'{"%s":"\\u0000"}' % (b"k" * 10_000)] * 100) + b"]"

    with pytest.raises(Invalid) as refused:
        read_json(raw)

    assert len(refused.value.extra["errors"]) == MAX_REPORTED_FAULTS
    assert len(json.dumps(refused.value.extra)) < 10_000


def test_a_bad_request_says_where_the_json_breaks_off() -> None:
    with pytest.raises(BadRequest, match=re.escape("line 2, column 8")):
        read_json(b'{\n  "a": oi}')
