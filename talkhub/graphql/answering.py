"""A request of the graph, answered: its data, and what went wrong in it."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from flask import request
from graphql import GraphQLError
from strawberry.schema.exceptions import CannotGetOperationTypeError

from talkhub.blueprints.problems import describe
from talkhub.blueprints.web import REQUEST_ID_KEY
from talkhub.errors import Invalid, Unavailable
from talkhub.graphql.asking import Asking
from talkhub.graphql.loading import Loaders
from talkhub.graphql.request import GraphRequest
from talkhub.graphql.schema import schema
from talkhub.security import Principal
from talkhub.store.uow import UnitOfWork


def answered(
    uow: UnitOfWork, principal: Principal, asked: GraphRequest, *, introspection: bool
) -> dict[str, Any]:
    """Return the document that answers a request; without `data` it could not be begun.

    Raises Unavailable when something is away, as the whole request can be sent again then.
    """
    executed = schema(introspection=introspection).execute(
        asked.query,
        variable_values=asked.variables,
        context_value=Asking(principal, uow, Loaders(uow)),
        operation_name=asked.operation_name,
    )
    try:
        # An event loop for each request: what is loaded for many nodes waits for all of them.
        result = asyncio.run(executed)
    except CannotGetOperationTypeError as error:
        detail = "The request holds no such operation."
        raise Invalid.at("operationName", detail=detail, code="operation_unknown") from error
    errors = [_told(error) for error in result.errors or ()]
    if result.data is None:
        return {"errors": errors}
    return {"data": result.data, **({"errors": errors} if errors else {})}


def _told(error: GraphQLError) -> dict[str, Any]:
    """Return an error as clients are told it: in the words of the problem it is elsewhere."""
    cause = error.original_error
    if isinstance(cause, Unavailable):
        raise cause
    told: dict[str, Any] = dict(error.formatted)
    if cause is None or isinstance(cause, GraphQLError):
        return told  # of what was sent itself, which the sender may know all of
    status, problem, _headers = describe(cause)
    code = str(problem["type"]).rpartition("/")[2]
    told["message"] = problem.get("detail", problem["title"])
    further = {name: problem[name] for name in problem.keys() - {"type", "title", "detail"}}
    told["extensions"] = {"code": code, **further}
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        told["extensions"]["request_id"] = request.environ.get(REQUEST_ID_KEY, "")
    return told
