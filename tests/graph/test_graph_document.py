"""The examples of docs/graphql.md are asked, and answered as it says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callers import Caller
from conversation_rows import Row, insert_conversations

from talkhub.graphql import limits
from talkhub.graphql.schema import schema
from talkhub.store.uow import Database

DOCUMENT = (Path(__file__).parents[2] / "docs" / "graphql.md").read_text()
EXAMPLES = re.findall(r"```graphql\n(.*?)```\n\n```json\n(.*?)```", DOCUMENT, re.DOTALL)
NOON = datetime(2026, 3, 2, 15, tzinfo=UTC)
WENT = {"summary": ["Where is my parcel?"], "key_phrases": ["parcel"]}
TOLD = [
    Row("ana", NOON, intent="purchase"),
    Row("bia", NOON + timedelta(hours=1), sentiment="negative", course=WENT),
    Row("ana", NOON + timedelta(days=1), platform="telegram"),
]


def test_the_documents_examples_are_answered_as_it_says(caller: Caller, database: Database) -> None:
    insert_conversations(database, caller.workspace_id, TOLD)
    ana = {"user_id": "ana", "profile_data": {"tags": ["vip"], "name": "Ana"}}
    assert caller.tool("update_user_profile", ana).status_code == 200

    told = [caller.post("/api/v1/graphql", {"query": query}).json for query, _ in EXAMPLES]

    assert len(EXAMPLES) == 2
    assert told == [{"data": json.loads(answer)} for _, answer in EXAMPLES]


def test_the_document_names_every_root_field_and_limit() -> None:
    fields = schema(introspection=True)._schema.query_type.fields.values()
    named = {name: set(field.args) for name, field in zip(_names(), fields, strict=True)}

    written = {
        name: {part for part in arguments.split(", ") if part}
        for name, arguments in re.findall(
            r"^\| `(\w+)\(([\w, ]*)\)` \| \[?\w", DOCUMENT, re.MULTILINE
        )
    }

    assert written == named
    for most in (limits.MOST_TOKENS, limits.MOST_COST, *limits.WEIGHTS.values()):
        assert f"{most:,}" in DOCUMENT
    assert f"depth {limits.MOST_DEPTH} " in DOCUMENT
    assert f"{limits.MOST_FIELDS} fields" in DOCUMENT


def _names() -> list[str]:
    return list(schema(introspection=True)._schema.query_type.fields)
