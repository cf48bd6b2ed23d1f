"""A request of the graph, as it is sent."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class GraphRequest(BaseModel):
    """What is asked; clients send further members, as `extensions`, which mean nothing here."""

    query: str = Field(max_length=50_000)
    variables: dict[str, Any] | None = None
    operation_name: str | None = Field(default=None, alias="operationName")
