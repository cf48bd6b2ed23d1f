"""What a request of the graph costs, known before anything is looked up."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, parse

from talkhub.graphql import limits
from talkhub.graphql.limits import Size, size_of
from talkhub.graphql.schema import Filter, schema
from talkhub.tools.asked import AskedConversations

WEIGHT = limits.WEIGHTS["conversations"]


def size(query: str, **variables: Any) -> Size:
    return size_of(parse(query), None, variables)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('{ profile(userId: "a") { name } }', Size(2, 2, 2)),
        ("{ conversations { nodes { intent } } }", Size(3, 3, 1 + WEIGHT + 50 * 2)),
        ("{ conversations(first: 7) { nodes { intent } } }", Size(3, 3, 1 + WEIGHT + 7 * 2)),
        (
            "query($n: Int! = 9) { conversations(first: $n) { nodes { intent } } }",
            Size(3, 3, 1 + WEIGHT + 9 * 2),
        ),
        (
            "{ conversations(first: 1000000) { nodes { intent } } }",
            Size(3, 3, 1 + WEIGHT + limits.LONGEST_PAGE * 2),
        ),
        (
            "{ conversations(first: 10) { nodes { person { facts { value } } } } }",
            Size(5, 5, 1 + WEIGHT + 10 * (1 + 1 + 1 + 50)),
        ),
        (
            """{ a: profile(userId: "a") { ...f } b: profile(userId: "b") { ...f } }
            fragment f on Profile { name email }""",
            Size(2, 6, 6),
        ),
        ("{ __schema { types { fields { name } } } }", Size(0, 1, 1)),
    ],
)
def test_a_request_costs_its_values_and_what_looks_them_up(query: str, expected: Size) -> None:
    assert size(query) == expected


def test_a_variable_says_how_long_a_page_is() -> None:
    query = "query($n: Int!) { conversations(first: $n) { nodes { intent } } }"

    assert size(query, n=3).cost == 1 + WEIGHT + 3 * 2


@pytest.mark.parametrize("number", [200.0, True, "200", None])
def test_what_may_be_taken_for_a_number_counts_as_the_longest_page(number: object) -> None:
    query = "query($n: Int!) { conversations(first: $n) { nodes { intent } } }"

    assert size(query, n=number).cost == 1 + WEIGHT + limits.LONGEST_PAGE * 2


def test_the_filter_takes_whatever_the_tools_filter_takes() -> None:
    tools = AskedConversations.model_fields.keys() - {"date_range"}  # start and end say it too

    assert {field.name for field in fields(Filter)} == tools


def test_fragments_that_hold_each_other_twice_are_measured_once_each() -> None:
    doubling = "".join(
        f" fragment f{n} on Profile {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60)
    )

    found = size(
        f'{{ profile(userId: "a") {{ ...f0 }} }}{doubling} fragment f60 on Profile {{ name }}'
    )

    assert found.fields == 1 + 2**60


def asked(query: str) -> list[str]:
    result = schema(introspection=True).execute_sync(query)
    return [error.message for error in result.errors or ()]


def test_too_large_a_request_is_refused_before_it_begins() -> None:
    deep = "person { recentConversations(first: 1) { " * 8 + "intent" + "}}" * 8
    wide = " ".join(f'a{n}: profile(userId: "a") {{ name }}' for n in range(160))
    dear = "{ conversations(first: 200) { nodes { person { facts { value kind } } } } }"
    questions = " ".join(f"a{n}: analytics {{ uniqueUsers }}" for n in range(11))

    for query, what in (
        (f"{{ conversations(first: 1) {{ nodes {{ {deep} }} }} }}", "depth"),
        (f"{{ {wide} }}", "fields"),
        (dear, "cost"),
        (f"{{ {questions} }}", "cost"),
    ):
        assert any(f"The request's {what} of" in message for message in asked(query)), what
    assert "more than 2000 tokens" in asked("{" + "a " * 2_100 + "}")[0]
    assert asked("{ __schema { types { fields { type { fields { type { fields { name }}}}}}}}") == [
        "Maximum introspection depth exceeded"
    ]


def test_nesting_without_end_is_refused_and_not_a_fault() -> None:
    deep = "person { recentConversations(first: 1) { " * 300 + "intent" + "}}" * 300

    assert asked(f"{{ conversations(first: 1) {{ nodes {{ {deep} }} }} }}")


def test_every_list_of_objects_has_a_size() -> None:
    types = schema(introspection=True)._schema.type_map.values()
    objects = [it for it in types if isinstance(it, GraphQLObjectType) and it.name[:2] != "__"]

    lists = {
        name
        for it in objects
        for name, field in it.fields.items()
        if _is_list_of_objects(field.type)
    }

    assert lists - limits.SIZES.keys() == set()


def _is_list_of_objects(of: Any) -> bool:
    of = of.of_type if isinstance(of, GraphQLNonNull) else of
    if not isinstance(of, GraphQLList):
        return False
    inner = of.of_type.of_type if isinstance(of.of_type, GraphQLNonNull) else of.of_type
    return isinstance(inner, GraphQLObjectType)
