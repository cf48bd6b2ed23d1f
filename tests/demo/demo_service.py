"""A served application that can be made to fail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask

NOW = datetime(2026, 3, 20, 15, 30, tzinfo=UTC)


@dataclass
class Service:
    """An application behind a port, which can be told to answer 500 after some requests."""

    app: Flask
    url: str = ""
    fails_after: float = float("inf")
    seen: int = 0

    def __call__(self, environment: WSGIEnvironment, start: StartResponse) -> Any:
        if environment["PATH_INFO"].startswith("/webhooks/"):
            self.seen += 1
            if self.seen > self.fails_after:
                start("500 Internal Server Error", [])
                return []
        return self.app.wsgi_app(environment, start)
