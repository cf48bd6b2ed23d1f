"""What is masked of rows that were stored before: words, never what other rows are found by."""

from __future__ import annotations

from talkhub.services.privacy.masking_rows import (
    masked_conversation,
    masked_history,
    masked_sent,
)

CPF, CARD, MASK = "52998224725", "4111111111111111", "***.***.***-25"


def test_a_profiles_history_keeps_the_ids_by_which_people_are_parted() -> None:
    ids = {
        "merged": {"before": None, "after": CPF},
        "merged_into": {"before": None, "after": int(CARD)},
        "aliases": {"before": [CPF, CARD], "after": None},
        "phone": {"before": CPF, "after": None},
    }
    told = {
        "name": {"before": None, "after": f"{'A' * 242} {CPF} "},
        "tags": {"before": [CPF], "after": []},
        "custom": {"before": {"cpf": CPF}, "after": {}},
        "preferences": {"before": {}, "after": {"a": CPF}},
    }

    masked = masked_history({"changes": {**ids, **told}})

    assert masked["changes"] == {
        **ids,
        "name": {"before": None, "after": f"{'A' * 242} {MASK[:12]}"},
        "tags": {"before": [MASK], "after": []},
        "custom": {"before": {"cpf": MASK}, "after": {}},
        "preferences": {"before": {}, "after": {"a": MASK}},
    }


def test_a_message_keeps_who_reacted_and_what_it_is_known_by() -> None:
    own = {"id": "m1", "external_id": CARD, "reactions": [{"by": CARD, "emoji": "x"}]}
    said = {"content": CPF, "name": CPF, "attributes": {"cpf": CPF}}
    row = {"session_id": CPF, "messages": [own | said], "metadata": {"a": CPF}}

    masked = masked_conversation({**row, "intent_analysis": {}})

    hidden = {"content": MASK, "name": MASK, "attributes": {"cpf": MASK}}
    assert masked == {
        "session_id": CPF,
        "messages": [own | hidden],
        "metadata": {"a": MASK},
        "intent_analysis": {},
    }


def test_what_was_sent_to_people_keeps_where_it_went() -> None:
    place = {"user_id": CPF, "address": CARD, "role": "bot"}
    action = {"user_id": CPF, "slot": "a", "action": {"kind": "set_field", "value": CPF}}
    event = {"type": "message.created", "data": {"user_id": CPF, "content": CPF}}

    sent = [masked_sent({"payload": it})["payload"] for it in ({**place, "text": CPF}, action)]
    told = masked_sent({"payload": event})["payload"]

    assert sent == [{**place, "text": MASK}, action]
    assert told["data"] == {"user_id": CPF, "content": MASK}
