"""How much one request may ask for, known before anything of it is looked up. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)
from strawberry.extensions import SchemaExtension

MOST_TOKENS = 2_000
MOST_DEPTH = 8
MOST_FIELDS = 300
"""As they are written, once for each use of a fragment and each alias: all are answered."""

MOST_COST = 20_000
"""In values answered, where every list is as long as it may be. What it is for is the memory
and time of a process; how often somebody asks, the gate limits."""

LONGEST_PAGE = 200

SIZES: Mapping[str, int] = {
    "nodes": 1,  # its connection's page says how many
    "conversations": 50,
    "profiles": 50,
    "recentConversations": 5,
    "facts": 50,
    "series": 100,
    "groups": 20,
    "movers": 10,
    "heatMap": 168,
    "peakHours": 24,
    "intentDistribution": 20,
    "topicDistribution": 50,
    "channelDistribution": 10,
    "languageDistribution": 10,
    "cohorts": 12,
    "returned": 12,
    "average": 12,
    "steps": 10,
    "events": 50,
    "distribution": 11,
    "latest": 20,
}
"""How many a list counts as, by its field; where it takes `first`, that is what it counts as."""

WEIGHTS: Mapping[str, int] = {
    "analytics": 2_000,
    "retention": 2_000,
    "funnel": 2_000,
    "satisfaction": 1_000,
    "conversations": 500,
    "profiles": 500,
}
"""What the fields cost that ask the database each time they are named, beside their values."""


_UNSAID: Final = object()
"""What `first` is where a request says nothing of it, so that the field's own number holds."""


class Size(NamedTuple):
    """How large a part of a request is."""

    depth: int = 0
    fields: int = 0
    cost: int = 0

    def beside(self, other: Size) -> Size:
        """Return the size of both together."""
        return Size(
            max(self.depth, other.depth), self.fields + other.fields, self.cost + other.cost
        )


class Limits(SchemaExtension):
    """Refuses a valid request that is too large, before any of its fields is looked up."""

    def on_operation(self) -> Iterator[None]:
        """Bound what is parsed: some rules compare every part of a request with every other."""
        self.execution_context.parse_options["max_tokens"] = MOST_TOKENS
        yield

    def on_execute(self) -> Iterator[None]:
        """Measure what is valid: only there fragments are known not to hold themselves."""
        asked = self.execution_context
        if asked.graphql_document is not None:
            size = size_of(asked.graphql_document, asked.operation_name, asked.variables or {})
            if refusals := list(_refusals(size)):
                asked.result = ExecutionResult(data=None, errors=refusals)
        yield


def size_of(document: DocumentNode, name: str | None, variables: Mapping[str, Any]) -> Size:
    """Return how large a valid document's operation is, the largest that may be meant."""
    fragments = {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    sizes = [
        _Measuring(fragments, {**_defaults(one), **variables}).of(one.selection_set)
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode)
        and (name is None or (one.name is not None and one.name.value == name))
    ]
    return max(sizes, key=lambda size: size.cost, default=Size())


def _defaults(operation: OperationDefinitionNode) -> dict[str, object]:
    return {
        one.variable.name.value: _integer(one.default_value, {})
        for one in operation.variable_definitions or ()
        if one.default_value is not None
    }


@dataclass(frozen=True, slots=True)
class _Measuring:
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    known: dict[str, Size] = field(default_factory=dict)
    """The sizes of fragments: one that holds another twice would else take twice as long."""

    def of(self, selected: SelectionSetNode | None) -> Size:
        size = Size()
        for one in selected.selections if selected is not None else ():
            size = size.beside(self._of_one(one))
        return size

    def _of_one(self, node: SelectionNode) -> Size:
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in self.known:
                self.known[name] = self.of(self.fragments[name].selection_set)
            return self.known[name]
        within = self.of(getattr(node, "selection_set", None))
        if not isinstance(node, FieldNode):
            return within
        name = node.name.value
        if name.startswith("__"):
            return Size(0, 1, 1)  # the schema's own: how deep it goes, a rule of its own says
        cost = 1 + WEIGHTS.get(name, 0) + self._length(node) * within.cost
        return Size(1 + within.depth, 1 + within.fields, cost)

    def _length(self, node: FieldNode) -> int:
        asked: object = _UNSAID
        for argument in node.arguments or ():
            if argument.name.value == "first":
                asked = _integer(argument.value, self.variables)
        if asked is _UNSAID:
            return SIZES.get(node.name.value, 1)
        if isinstance(asked, int) and not isinstance(asked, bool):
            return min(max(asked, 0), LONGEST_PAGE)
        # Where it is read, 200.0 is taken for 200: only what is surely small counts as small.
        return LONGEST_PAGE


def _integer(value: Any, variables: Mapping[str, Any]) -> object:
    if isinstance(value, VariableNode):
        return variables.get(value.name.value, _UNSAID)
    return int(value.value) if isinstance(value, IntValueNode) else None


def _refusals(size: Size) -> Iterator[GraphQLError]:
    for name, most in (("depth", MOST_DEPTH), ("fields", MOST_FIELDS), ("cost", MOST_COST)):
        found = getattr(size, name)
        if found > most:
            message = f"The request's {name} of {found} is above {most}: ask for less at once."
            yield GraphQLError(message, extensions={"code": "too_complex", name: found})
