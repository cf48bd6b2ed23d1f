"""What the Messenger and Instagram channel makes of Meta's POSTs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from talkhub.channels import messenger
from talkhub.channels.base import MessageChange, NormalisedMessage, Sender
from talkhub.names import ChangeKind, MessageRole, Platform

LoadPayload = Callable[[str], bytes]

MOMENT = datetime(2026, 11, 21, 23, 0, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "messenger/text",
            NormalisedMessage(
                platform=Platform.MESSENGER,
                sender=Sender("7788990011", identities=(("messenger", "7788990011"),)),
                role=MessageRole.USER,
                kind="text",
                content="Vocês abrem no sábado?",
                sent_at=MOMENT,
                external_id="m_text1",
            ),
        ),
        (
            "instagram/text",
            NormalisedMessage(
                platform=Platform.INSTAGRAM,
                sender=Sender("7788990011", identities=(("instagram", "7788990011"),)),
                role=MessageRole.USER,
                kind="text",
                content="Ainda tem na cor azul?",
                sent_at=MOMENT,
                external_id="aWdfdGV4dA",
            ),
        ),
    ],
)
def test_a_text_becomes_a_message_of_its_platform(
    name: str, expected: NormalisedMessage, load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = messenger.split(load_payload(name), received_at)

    assert (event.kind, event.external_id) == ("message", f"1122334455:{expected.external_id}")
    assert messenger.normalise(event.payload, received_at) == expected


@pytest.mark.parametrize(
    ("name", "role", "kind", "content", "attributes"),
    [
        ("messenger/quick_reply", MessageRole.USER, "button", "Sim", {"payload": "CONFIRM"}),
        ("messenger/postback", MessageRole.USER, "button", "Começar", {"payload": "GET_STARTED"}),
        ("messenger/image", MessageRole.USER, "image", "", {"attachments": ["image"]}),
        ("messenger/echo", MessageRole.BOT, "text", "Abrimos às 9h", {}),
        ("instagram/story_reply", MessageRole.USER, "text", "Que lindo!", {"story": "178"}),
        ("instagram/unsupported", MessageRole.USER, "unsupported", "", {}),
    ],
)
def test_every_kind_of_message_says_what_it_is(
    *,
    name: str,
    role: MessageRole,
    kind: str,
    content: str,
    attributes: dict[str, Any],
    load_payload: LoadPayload,
    received_at: datetime,
) -> None:
    [event] = messenger.split(load_payload(name), received_at)

    message = messenger.normalise(event.payload, received_at)

    assert isinstance(message, NormalisedMessage)
    assert (message.role, message.kind, message.content) == (role, kind, content)
    assert message.attributes.items() >= attributes.items()
    assert message.sender.user_id == "7788990011"


@pytest.mark.parametrize(
    ("name", "target", "kind", "value"),
    [
        (
            "messenger/edit",
            "m_text1",
            ChangeKind.EDIT,
            {"content": "Vocês abrem no domingo?", "attributes": {}},
        ),
        ("messenger/reaction", "m_echo", ChangeKind.REACTION, {"emoji": "❤"}),
        ("instagram/deleted", "aWdfdGV4dA", ChangeKind.REVOKE, {}),
        ("instagram/read", "aWdfZWNobw", ChangeKind.STATUS, {"status": "read"}),
    ],
)
def test_what_speaks_of_an_earlier_message_changes_it(
    *,
    name: str,
    target: str,
    kind: ChangeKind,
    value: dict[str, Any],
    load_payload: LoadPayload,
    received_at: datetime,
) -> None:
    [event] = messenger.split(load_payload(name), received_at)

    change = messenger.normalise(event.payload, received_at)

    assert isinstance(change, MessageChange)
    assert (change.target, change.kind, change.value) == (target, kind, value)


def test_a_delivery_of_several_messages_is_told_of_each(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    events = messenger.split(load_payload("messenger/delivery"), received_at)

    changes = [messenger.normalise(event.payload, received_at) for event in events]

    targets = [change.target for change in changes if isinstance(change, MessageChange)]
    assert targets == ["m_echo", "m_echo2"]


def test_a_batch_is_split_into_all_its_messages(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    events = messenger.split(load_payload("messenger/batch"), received_at)

    messages = [messenger.normalise(event.payload, received_at) for event in events]
    said = [found.content for found in messages if isinstance(found, NormalisedMessage)]
    assert said == ["um", "dois", "três"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("read", "read"), ("referral", "referral"), ("feed_comment", "feed")],
)
def test_every_other_post_is_an_event_without_a_message(
    name: str, kind: str, load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = messenger.split(load_payload(f"messenger/{name}"), received_at)

    assert event.kind == kind
    assert messenger.normalise(event.payload, received_at) is None


@pytest.mark.parametrize(
    ("message", "kind", "content", "attributes"),
    [
        ({"quick_reply": {"payload": "AZUL"}}, "button", "AZUL", {"payload": "AZUL"}),
        (
            {"attachments": [{"type": "like_heart"}]},
            "sticker",
            "❤️",
            {},
        ),
        (
            {"attachments": [{"type": "image", "payload": {"sticker_id": 369239343222814}}]},
            "sticker",
            "👍",
            {},
        ),
        (
            {"attachments": [{"type": "image", "payload": {"sticker_id": 7, "url": "https://x"}}]},
            "sticker",
            "",
            {"url": "https://x"},
        ),
        (
            {"attachments": [{"type": "unsupported_type", "payload": {"url": "https://x"}}]},
            "unsupported",
            "",
            {"url": "https://x"},
        ),
        (
            {
                "attachments": [
                    {"type": "fallback", "title": "Loja", "payload": {"url": "https://x"}}
                ]
            },
            "text",
            "Loja",
            {"url": "https://x", "type": "fallback"},
        ),
        (
            {
                "attachments": [
                    {
                        "type": "template",
                        "payload": {"product": {"elements": [{"title": "Vaso"}, {"id": "2"}]}},
                    }
                ],
                "referral": {"product": {"id": "V1"}},
            },
            "text",
            "Vaso",
            {"type": "template", "referral": {"id": "V1"}},
        ),
        (
            {"attachments": [{"type": "story_mention", "payload": {"url": "https://x"}}]},
            "story_mention",
            "",
            {"url": "https://x"},
        ),
        (
            {"attachments": [{"type": "share", "payload": {"url": "https://x"}}]},
            "share",
            "",
            {"url": "https://x"},
        ),
        ({"attachments": [{"type": "hologram"}]}, "unknown", "", {"type": "hologram"}),
    ],
    ids=[
        "quick reply without words",
        "heart",
        "thumb",
        "sticker",
        "unsupported",
        "link",
        "product",
        "story",
        "shared post",
        "of next year",
    ],
)
def test_what_a_message_says_in_its_rarer_shapes(
    message: dict[str, Any],
    kind: str,
    content: str,
    attributes: dict[str, Any],
    received_at: datetime,
) -> None:
    raw = post(messaging=[event_of(message={"mid": "m_1", **message})])
    [event] = messenger.split(raw, received_at)

    found = messenger.normalise(event.payload, received_at)

    assert isinstance(found, NormalisedMessage)
    assert (found.kind, found.content, found.attributes) == (kind, content, attributes)


def test_chats_that_another_app_answers_are_read_too(received_at: datetime) -> None:
    said = event_of(message={"mid": "m_1", "text": "oi"})
    handed_over = event_of(pass_thread_control={"new_owner_app_id": "1"})
    [event, other] = messenger.split(post(standby=[said, handed_over]), received_at)

    found = messenger.normalise(event.payload, received_at)

    assert (event.kind, event.external_id) == ("message", "1122334455:m_1")
    assert isinstance(found, NormalisedMessage)
    assert found.content == "oi"
    assert other.kind == "pass_thread_control"
    assert messenger.normalise(other.payload, received_at) is None


@pytest.mark.parametrize(
    ("field", "told", "kind"),
    [
        ("messages", {"message": {"mid": "m_1", "text": "oi"}}, "message"),
        ("messaging_postbacks", {"postback": {"mid": "m_1", "title": "Sim"}}, "postback"),
        ("message_reactions", {"reaction": {"mid": "m_1", "emoji": "👍"}}, "reaction"),
        ("messaging_seen", {"read": {"mid": "m_1"}}, "read"),
    ],
)
def test_events_that_come_as_changes_are_read_alike(
    field: str, told: dict[str, Any], kind: str, received_at: datetime
) -> None:
    one = event_of(**told)
    [as_change] = messenger.split(post(changes=[{"field": field, "value": one}]), received_at)
    [listed] = messenger.split(post(messaging=[one]), received_at)

    assert as_change.kind == listed.kind == kind
    found = messenger.normalise(as_change.payload, received_at)
    assert found is not None
    assert found == messenger.normalise(listed.payload, received_at)


def test_a_change_of_the_page_itself_is_nobodys_message(received_at: datetime) -> None:
    value = event_of(message={"mid": "m_1", "text": "oi"})
    raw = post(changes=[{"field": "feed", "value": value}, {"field": "messages", "value": {}}])

    events = messenger.split(raw, received_at)

    assert [event.kind for event in events] == ["feed", "messages"]
    assert not any(messenger.normalise(event.payload, received_at) for event in events)


def test_a_button_of_an_advertisement_says_which(received_at: datetime) -> None:
    postback = {
        "mid": "m_1",
        "title": "Começar",
        "referral": {"source": "ADS", "ad_id": "6", "ref": "natal"},
    }
    [event] = messenger.split(post(messaging=[event_of(postback=postback)]), received_at)

    found = messenger.normalise(event.payload, received_at)

    assert isinstance(found, NormalisedMessage)
    assert found.attributes == {"referral": {"source": "ADS", "id": "6", "ref": "natal"}}


def event_of(**told: Any) -> dict[str, Any]:
    people = {"sender": {"id": "7788990011"}, "recipient": {"id": "1122334455"}}
    return {**people, "timestamp": 1795302000123, **told}


def post(**lists: Any) -> bytes:
    return json.dumps({"object": "page", "entry": [{"id": "1122334455", **lists}]}).encode()
