"""Every error becomes `application/problem+json` (RFC 9457), or a page under /dashboard."""

from __future__ import annotations

import inspect
from contextlib import suppress
from http import HTTPStatus
from typing import Any, cast

import structlog
from flask import Flask, Response, current_app, render_template, request
from flask_limiter import RateLimitExceeded
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from talkhub import errors, json_codec
from talkhub.blueprints.answers import json_answer
from talkhub.blueprints.public_address import resource_metadata_url
from talkhub.blueprints.tokens import bearer_token
from talkhub.blueprints.web import REQUEST_ID_KEY
from talkhub.errors import TalkHubError
from talkhub.settings import Settings
from talkhub.strict_json import MAX_REPORTED_FAULTS

logger = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 2


def register_problems(app: Flask) -> None:
    """Answer every exception of the application with a problem document."""
    app.register_error_handler(Exception, problem_response)
    app.add_url_rule("/problems/<code>", "problem_type", problem_type)


def problem_response(error: Exception) -> Response:
    """Return the response for an exception; an unexpected one is logged, and only then."""
    if isinstance(error, HTTPException) and (error.code or 500) < HTTPStatus.BAD_REQUEST:
        return cast("Response", error.get_response(request.environ))
    status, document, headers = describe(error)
    document["instance"] = request.path
    document["request_id"] = request.environ.get(REQUEST_ID_KEY, "")
    page = _page(document) if request.path.startswith("/dashboard") else None
    if page is not None:
        response = Response(page, status)
    else:
        body = json_codec.dumps(document)
        response = Response(body, status, mimetype="application/problem+json")
    response.headers.extend(headers)
    return response


def problem_type(code: str) -> Response:
    """Explain an error code: what a problem's `type` leads to."""
    for candidate in _all_kinds(TalkHubError):
        if candidate.code == code:
            document = {
                "code": code,
                "status": candidate.status,
                "title": candidate.title,
                "explanation": inspect.getdoc(candidate),
            }
            return json_answer(document)
    raise errors.NotFound("There is no such error code.")


def _page(document: dict[str, Any]) -> str | None:
    """Return the problem as a page; None if even that fails, as it may without a database."""
    try:
        return render_template("errors/problem.html", problem=document)
    except Exception:
        logger.exception("problem_page_failed")
        return None


def describe(error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return status, document and headers for an exception; an unexpected one is logged."""
    match error:
        case TalkHubError():
            if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                logger.warning("request_failed", code=error.code, detail=error.detail)
            return _talkhub(error)
        case ValidationError():
            # A body of megabytes can hold a fault in each of its members.
            told = error.errors(include_url=False, include_input=False)[:MAX_REPORTED_FAULTS]
            faults = [_fault(fault) for fault in told]
            return _talkhub(errors.Invalid("The input is not valid.", errors=faults))
        case HTTPException():
            return _http(error)
        case OperationalError() | InterfaceError():
            return _talkhub(errors.Unavailable("The database cannot be reached right now."))
    logger.error("unexpected_error", exc_info=error, path_kind=request.endpoint)
    return _talkhub(TalkHubError())


def _talkhub(error: TalkHubError) -> tuple[int, dict[str, Any], dict[str, str]]:
    document = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        **({"detail": error.detail} if error.detail else {}),
        **error.extra,
    }
    headers = {}
    if error.status == HTTPStatus.UNAUTHORIZED or isinstance(error, errors.InsufficientScope):
        headers["WWW-Authenticate"] = _challenge(error)
    if error.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        headers["Retry-After"] = str(error.extra.get("retry_after", RETRY_AFTER_SECONDS))
    return error.status, document, headers


def _challenge(error: TalkHubError) -> str:
    """Return what a client needs to come back with a better token (RFC 6750, RFC 9728)."""
    members = {"realm": "talkhub"}
    if isinstance(error, errors.InsufficientScope):
        members = {"error": "insufficient_scope", "scope": " ".join(error.wanted)}
    elif "scope" in error.extra:
        sent = {"error": "invalid_token"} if bearer_token() is not None else {}
        members = {**sent, "scope": str(error.extra["scope"])}
    if "scope" in members:
        with suppress(errors.SettingMissing):  # nobody told us our own address
            members["resource_metadata"] = resource_metadata_url(_settings())
    return "Bearer " + ", ".join(f'{name}="{text}"' for name, text in members.items())


def _settings() -> Settings:
    settings: Settings = current_app.extensions["talkhub"].settings
    return settings


def _http(error: HTTPException) -> tuple[int, dict[str, Any], dict[str, str]]:
    status = error.code or 500
    phrase = HTTPStatus(status).phrase
    document = {
        "type": "about:blank",
        "title": phrase,
        "status": status,
        "detail": error.description or phrase,
    }
    kept = {"Allow", "Retry-After"}
    headers = {name: value for name, value in error.get_headers() if name in kept}
    if isinstance(error, RateLimitExceeded) and error.limit is not None:
        # The window moves: after its whole length there is room, whatever was asked in it.
        headers["Retry-After"] = str(error.limit.limit.get_expiry())
    return status, document, headers


def _fault(fault: ErrorDetails) -> dict[str, Any]:
    """Return what is wrong and where, never the value itself."""
    return {
        "pointer": errors.pointer(*fault["loc"]),
        "detail": fault["msg"].removeprefix("Value error, "),
        "code": fault["type"],
    }


def _all_kinds(kind: type[TalkHubError]) -> list[type[TalkHubError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _all_kinds(child))]
