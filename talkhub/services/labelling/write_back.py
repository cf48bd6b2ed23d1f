"""Write what an analysis shows back to UChat: fields, tags, events, hand-off, by rules.

A rule is an event, conditions on the analysis, and one action. Actions go through the
outbox in the analysis' own transaction, behind earlier messages to the same person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeAlias

from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.names import Sentiment, WebhookEvent, WriteBackAction
from talkhub.outbound.senders.base import Action
from talkhub.services.audit import audit
from talkhub.services.labelling.own_labels import known_intents
from talkhub.services.sending.templates import fill
from talkhub.services.telling.findings import VARIABLES, one_of, shows, values_shown
from talkhub.services.telling.outbound import events_shown
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import write_back as statements
from talkhub.store.statements.locks import LOCK_ALL
from talkhub.store.uow import UnitOfWork

EVENTS = (
    WebhookEvent.CONVERSATION_ANALYZED,
    WebhookEvent.CONVERSATION_STARTED,
    WebhookEvent.CONVERSATION_CLOSED,
    WebhookEvent.NEGATIVE_SENTIMENT,
)
MAX_RULES = 50
LONGEST_VALUE = 1000
MOST_MINUTES = 60 * 24 * 30
_COUNTED = {
    WriteBackAction.PAUSE_BOT: (MOST_MINUTES, "minutes"),
    WriteBackAction.ASSIGN_AGENT: (2**31 - 1, "an agent's number"),
}
_LASTING = {
    WriteBackAction.SET_FIELD: "field",
    WriteBackAction.ADD_TAG: "tag",
    WriteBackAction.REMOVE_TAG: "tag",
}
"""What these set stays so: it is done again when it would change. The others: once each time."""

_Done: TypeAlias = dict[tuple[int, str, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class WriteBackRule:
    """A rule. Empty `sentiments` and `intents` ask for nothing; without a channel it is for all."""

    event: str
    action: str
    target: str
    value: str = ""
    sentiments: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    channel_id: int | None = None
    id: int = 0
    channel: str | None = None
    created_at: datetime | None = None

    def applies(self, event: WebhookEvent, row: Mapping[str, Any]) -> bool:
        """Tell whether an analysis' event and findings are what the rule waits for."""
        return (
            self.event == event
            and self.channel_id in {None, row["channel_id"]}
            and shows(row, self.sentiments, self.intents)
        )

    def slot(self, conversation_id: str) -> str:
        """Name what the action is about: within it, the same is not done again."""
        action = WriteBackAction(self.action)
        if action in _LASTING:
            return f"{_LASTING[action]}:{self.target}"
        return f"rule:{self.id}:{conversation_id}"


def list_rules(uow: UnitOfWork) -> tuple[WriteBackRule, ...]:
    """Return the workspace's rules, the oldest first: in this order they are applied."""
    rows = uow.run(statements.RULES, {"workspace_id": uow.workspace_id}).mappings()
    return tuple(
        WriteBackRule(
            **{**row, "sentiments": tuple(row["sentiments"]), "intents": tuple(row["intents"])}
        )
        for row in rows
    )


def add_rule(uow: UnitOfWork, rule: WriteBackRule) -> int:
    """Add a rule and return its id. Raises Invalid for one that could do nothing."""
    key = {"workspace_id": uow.workspace_id}
    if len(list_rules(uow)) >= MAX_RULES:
        raise Conflict(f"A workspace has at most {MAX_RULES} rules.")
    _check(rule, known_intents(uow))
    accounts = {row[0] for row in uow.run(statements.ACCOUNTS_THAT_WRITE, key)}
    if rule.channel_id is not None and rule.channel_id not in accounts:
        detail = "There is no such account of UChat's with an API key."
        raise Invalid.at("channel_id", detail=detail, code="channel_invalid")
    wanted = asdict(rule) | {"sentiments": list(rule.sentiments), "intents": list(rule.intents)}
    rule_id: int = uow.run(statements.ADD_RULE, {**wanted, **key}).scalar_one()
    audit(uow, action="write_back_rule.added", subject=str(rule_id), address=None)
    return rule_id


def delete_rule(uow: UnitOfWork, rule_id: int) -> None:
    """End a rule; what it queued is still done. Raises NotFound."""
    key = {"workspace_id": uow.workspace_id, "id": rule_id}
    if not 0 < rule_id <= LARGEST_ID or uow.run(statements.DELETE_RULE, key).first() is None:
        raise NotFound("There is no such rule.")
    audit(uow, action="write_back_rule.deleted", subject=str(rule_id), address=None)


def queue_actions(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Queue what the rules do about analyses that were just stored."""
    rules = list_rules(uow)
    if not rules:
        return
    key = {"workspace_id": uow.workspace_id}
    accounts = {row[0] for row in uow.run(statements.ACCOUNTS_THAT_WRITE, key)}
    on_uchat = [row for row in rows if row["channel_id"] in accounts]
    wanted = [
        (row, rule)
        for row in on_uchat
        for event in events_shown(row)
        for rule in rules
        if rule.applies(event, row)
    ]
    if wanted:
        _queue(uow, wanted)


def _queue(uow: UnitOfWork, wanted: Sequence[tuple[Mapping[str, Any], WriteBackRule]]) -> None:
    # Of two analyses of one person the later must see what the earlier one queued.
    keys = {
        f"messages:{uow.workspace_id}:{row['channel_id']}:{row['profile_id']}" for row, _ in wanted
    }
    uow.run(LOCK_ALL, {"keys": sorted(keys)})
    done = _last_actions(uow, [row for row, _ in wanted])
    queued: list[dict[str, Any]] = []
    for row, rule in wanted:
        slot = rule.slot(row["conversation_id"])
        action = asdict(_filled(rule, row))
        place = (row["channel_id"], row["user_id"], slot)
        is_lasting = WriteBackAction(rule.action) in _LASTING
        if place in done and (not is_lasting or done[place] == action):
            continue
        done[place] = action
        queued.append(
            {
                "number": len(queued),
                "channel_id": row["channel_id"],
                "profile_id": row["profile_id"],
                "conversation_id": row["id"],
                "payload": {"user_id": row["user_id"], "slot": slot, "action": action},
            }
        )
    if queued:
        params = {"workspace_id": uow.workspace_id, "rows": uow.json(queued)}
        uow.run(statements.ADD_ACTIONS, params)


def _last_actions(uow: UnitOfWork, analysed: Sequence[Mapping[str, Any]]) -> _Done:
    params = {
        "workspace_id": uow.workspace_id,
        "channel_ids": sorted({row["channel_id"] for row in analysed}),
        "profile_ids": sorted({row["profile_id"] for row in analysed}),
        "user_ids": sorted({row["user_id"] for row in analysed}),
    }
    rows = uow.run(statements.LAST_ACTIONS, params).mappings()
    return {(row["channel_id"], row["user_id"], row["slot"]): row["action"] for row in rows}


def _filled(rule: WriteBackRule, row: Mapping[str, Any]) -> Action:
    value = fill(rule.value, values_shown(row), at=("value",), variables=VARIABLES)
    return Action(WriteBackAction(rule.action), rule.target, value[:LONGEST_VALUE])


def _check(rule: WriteBackRule, intents: Iterable[str]) -> None:
    one_of("event", [rule.event], EVENTS)
    one_of("action", [rule.action], WriteBackAction)
    one_of("sentiments", rule.sentiments, Sentiment)
    one_of("intents", rule.intents, intents)
    if not rule.target.strip() or len(rule.target) > 255:
        raise Invalid.at("target", detail="Name what is changed.", code="target_invalid")
    most, what = _COUNTED.get(WriteBackAction(rule.action), (0, ""))
    is_number = rule.target.isascii() and rule.target.isdigit() and len(rule.target) < 11
    if most and not (is_number and 0 < int(rule.target) <= most):
        detail = f"This action takes {what}, from 1 to {most}."
        raise Invalid.at("target", detail=detail, code="target_invalid")
    if len(rule.value) > LONGEST_VALUE:
        detail = f"A value has at most {LONGEST_VALUE} characters."
        raise Invalid.at("value", detail=detail, code="too_long")
    fill(rule.value, dict.fromkeys(VARIABLES, ""), at=("value",), variables=VARIABLES)
