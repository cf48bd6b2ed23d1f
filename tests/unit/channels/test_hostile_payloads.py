"""No document, however mangled, makes a channel raise anything but a bad request."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from talkhub.channels.base import MessageChange, NormalisedMessage, PersonSeen, SessionEnd
from talkhub.channels.registry import CHANNELS
from talkhub.errors import BadRequest
from talkhub.names import Platform

PAYLOADS = Path(__file__).parents[2] / "payloads"
RECEIVED_AT = datetime(2026, 11, 21, 23, 5, tzinfo=UTC)

every_channel = pytest.mark.parametrize("name", sorted(CHANNELS))

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["{{x}}", "\0", "\ud800", "1795302001", "9" * 400, "messages", "text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def places_in(document: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container and key, so that a subtree can be replaced or deleted."""
    keys = document if isinstance(document, dict) else range(len(document))
    for key in list(keys):
        yield document, key
        if isinstance(document[key], dict | list):
            yield from places_in(document[key])


@st.composite
def mangled(draw: st.DrawFn, name: str) -> Any:
    files = sorted((PAYLOADS / name).glob("*.json"))
    document = json.loads(draw(st.sampled_from(files)).read_bytes())
    for _ in range(draw(st.integers(1, 4))):
        places = list(places_in(document))
        if not places:
            break
        container, key = draw(st.sampled_from(places))
        if draw(st.booleans()):
            del container[key]
        else:
            container[key] = draw(junk)
    return document


def read_through(name: str, raw: bytes) -> None:
    """Split and normalise a body, and check what the inbox and the drain rely on."""
    channel = CHANNELS[name]
    events = channel.split(raw, RECEIVED_AT)
    assert events
    assert events == channel.split(raw, RECEIVED_AT)
    for event in events:
        assert event.external_id
        assert event.kind
        assert event.raw
        stored = orjson.loads(orjson.dumps(event.payload))
        assert b"\\u0000" not in orjson.dumps(stored)
        happening = channel.normalise(stored, RECEIVED_AT)
        orjson.dumps([happening, channel.answer_address(stored)])
        match happening:
            case NormalisedMessage():
                assert happening.kind
                assert happening.sender.user_id
                assert happening.external_id
                assert happening.sent_at.tzinfo is UTC
            case MessageChange():
                assert happening.target
                assert happening.at.tzinfo is UTC
            case PersonSeen() | SessionEnd():
                assert happening.sender.user_id
                assert happening.at.tzinfo is UTC


@every_channel
@given(data=st.data())
def test_a_mangled_payload_is_split_and_normalised(name: str, data: st.DataObject) -> None:
    document = data.draw(mangled(name))

    read_through(name, json.dumps(document).encode("utf-8", "surrogatepass"))


@every_channel
@given(document=junk)
def test_any_json_document_is_split_and_normalised(name: str, document: Any) -> None:
    read_through(name, json.dumps(document).encode("utf-8", "surrogatepass"))


@every_channel
@given(raw=st.binary(max_size=80))
def test_any_other_body_is_a_bad_request(name: str, raw: bytes) -> None:
    # A flow may send a form, which is `name=value`.
    assume(name != Platform.UCHAT or b"=" not in raw)
    try:
        json.loads(raw.decode())
    except (ValueError, RecursionError):
        with pytest.raises(BadRequest):
            CHANNELS[name].split(raw, RECEIVED_AT)
    else:
        read_through(name, raw)


@every_channel
def test_every_payload_file_is_split_and_normalised(name: str) -> None:
    files = sorted((PAYLOADS / name).glob("*.json"))

    assert files
    for file in files:
        read_through(name, file.read_bytes())
