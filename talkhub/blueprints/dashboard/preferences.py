"""Light or dark, and the language: kept in cookies, since they say nothing of anyone."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, redirect, request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import LANGUAGE_COOKIE
from talkhub.blueprints.dashboard.paths import MAX_PATH_LENGTH, own_path

THEME_COOKIE = "theme"
KEYS_COOKIE = "keys"
THEMES = ("light", "dark")
"""The themes to choose; without a cookie the page follows the system."""

_YEAR_SECONDS = 365 * 24 * 3600


class Preferences(BaseModel):
    """What the menu's forms send: one choice, and the page to go back to."""

    model_config = ConfigDict(extra="forbid")

    theme: Literal["light", "dark", "system"] | None = None
    keys: Literal["on", "off"] | None = None
    language: Literal["pt-BR", "en", "es"] | None = None
    next: str = Field(default="", max_length=MAX_PATH_LENGTH)


def register(blueprint: Blueprint) -> None:
    """Add the switches of theme and language to the dashboard."""

    @blueprint.post("/preferences")
    def preferences() -> Response:
        chosen = Preferences.model_validate(request.form.to_dict())
        response = redirect(own_path(chosen.next), 303)
        if chosen.theme == "system":
            response.delete_cookie(THEME_COOKIE)
        elif chosen.theme is not None:
            remember(response, THEME_COOKIE, chosen.theme)
        if chosen.keys is not None:
            remember(response, KEYS_COOKIE, chosen.keys)
        if chosen.language is not None:
            remember(response, LANGUAGE_COOKIE, chosen.language)
        return response


def theme() -> str:
    """Return the chosen theme, or `system`."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "system"


def single_keys() -> str:
    """Return whether single keys do something: `on` unless somebody switched them `off`."""
    return "off" if request.cookies.get(KEYS_COOKIE) == "off" else "on"


def remember(response: Response, cookie: str, value: str) -> None:
    """Keep a preference for a year."""
    response.set_cookie(
        cookie,
        value,
        max_age=_YEAR_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
