"""Answers in JSON, and those that nothing on the way may keep."""

from __future__ import annotations

from flask import Response

from talkhub import json_codec


def json_answer(document: object, status: int = 200) -> Response:
    """Return a document as JSON; bytes are one already, built by PostgreSQL."""
    body = document if isinstance(document, bytes) else json_codec.dumps(document)
    return Response(body, status, mimetype="application/json")


def private_answer(document: object, status: int = 200) -> Response:
    """Return a document that no browser or proxy keeps: it holds a secret or changes soon."""
    response = json_answer(document, status)
    response.headers["Cache-Control"] = "no-store"
    return response
