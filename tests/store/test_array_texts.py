"""Arrays that are sent as one text arrive as they were."""

from __future__ import annotations

from talkhub.store.array_texts import array_text, arrays_text
from talkhub.store.uow import Database, workspace_scope


def test_texts_and_arrays_of_any_length_arrive_as_they_were(
    database: Database, workspace: int
) -> None:
    texts = ['say "so"', "back\\slash", "{a,b}", "", "NULL", "line\nbreak", "preço"]
    params = {
        "texts": array_text(texts),
        "plain": array_text(["a", "b"]),
        "none": array_text([]),
        "arrays": arrays_text([[1, 2], [], [3]]),
        "empty": arrays_text([[]]),
        "no_arrays": arrays_text([]),
    }

    with database.read_only(workspace_scope(workspace, "tests")) as uow:
        told = uow.run(
            "select %(texts)s::text[], %(plain)s::text[], %(none)s::text[],"
            " array(select to_jsonb(one::int[]) from unnest(%(arrays)s::text[]) as one),"
            " %(empty)s::text[], %(no_arrays)s::text[]",
            params,
        ).one()

    assert tuple(told) == (texts, ["a", "b"], [], [[1, 2], [], [3]], ["{}"], [])
