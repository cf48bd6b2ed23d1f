"""Where a language model may be: far away by https only, near also by http, and never unnamed."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from talkhub.settings import Settings


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1",
        "http://127.0.0.1:8000/v1",
        "http://10.1.2.3:8000/v1",
        "http://ollama:11434/v1",
    ],
)
def test_a_model_is_called_by_https_or_within_our_own_network(url: str) -> None:
    assert Settings(LLM_URL=f"{url}/", LLM_MODEL="m").llm_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/v1",
        "http://8.8.8.8/v1",
        "https://user:secret@api.example.com/v1",
        "https://api.example.com/v1?key=secret",
        "ftp://api.example.com/v1",
        "api.example.com/v1",
    ],
)
def test_what_people_say_goes_nowhere_in_the_clear(url: str) -> None:
    with pytest.raises(ValidationError, match="LLM_URL"):
        Settings(LLM_URL=url, LLM_MODEL="m")


def test_an_address_without_a_model_is_a_fault_at_start() -> None:
    with pytest.raises(ValidationError, match="LLM_MODEL is not"):
        Settings(LLM_URL="https://api.example.com/v1")
