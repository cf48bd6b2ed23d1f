"""The tools' answers as types of the graph: made of their models, so that the two cannot differ."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import strawberry
from pydantic import BaseModel
from pydantic.fields import FieldInfo

Type = Any
"""A type of the graph: made while the program runs, it is none that a type checker knows."""


@strawberry.type(description="A value, and how many there are of it.")
class Count:
    """An entry of what answers hold as an object of numbers."""

    value: str
    count: int


@strawberry.type(description="From `start` until before `end`; null is without bound.")
class Period:
    """The period of an answer."""

    start: str | None
    end: str | None
    timezone: str


def told_type(
    model: type[BaseModel], *, name: str | None = None, also: Mapping[str, Any] | None = None
) -> Type:
    """Return the type of a model's answers, with the fields `also` that look up something else."""
    hints: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for member, declared in model.model_fields.items():
        hints[member] = _hint(declared.annotation)
        fields[member] = _told_field(member, hints[member], declared)
    made = type(name or model.__name__, (), {**fields, **(also or {}), "__annotations__": hints})
    return strawberry.type(made, description=inspect.getdoc(model))


def _told_field(member: str, hint: Any, declared: FieldInfo) -> Any:
    if not _holds_counts(declared.annotation):
        return strawberry.field(description=declared.description)
    counts = _as_counts(member)
    return strawberry.field(counts, graphql_type=hint, description=declared.description)


@cache
def _nested(model: type[BaseModel]) -> Type:
    return told_type(model)


def _hint(annotation: Any) -> Any:
    """Return how the graph types what an answer's model annotates so."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in {Union, UnionType}:
        return Union[tuple(part if part is NoneType else _hint(part) for part in parts)]  # noqa: UP007 -- of as many as there are
    if origin is list:
        return list[_hint(parts[0])]  # type: ignore[misc] # made while the program runs
    if origin is dict:
        return list[Count] if parts[1] is int else Period
    if origin is Literal:
        return str
    if annotation in {bool, int, float, str, datetime}:
        return annotation
    return _nested(annotation) if issubclass(annotation, BaseModel) else str


def _holds_counts(annotation: Any) -> bool:
    return dict[str, int] in {annotation, *get_args(annotation)}


def _as_counts(member: str) -> Any:
    """Return what tells an object of numbers as a list, in its order.

    The graph has no objects with names that nobody knows before.
    """

    def told(root: strawberry.Parent[Any]) -> list[dict[str, Any]] | None:
        counts = root.get(member)
        if counts is None:
            return None
        return [{"value": value, "count": count} for value, count in counts.items()]

    return told
