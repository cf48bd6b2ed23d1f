"""Asks an OpenAI-compatible interface one question, and takes nothing but a whole answer.

The package is read when an interface is made: it takes two seconds and 40 MB, which only the
process that asks should spend.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Generic

import orjson
from pydantic import BaseModel, Field, ValidationError

from talkhub.enrichment.asking import MOST_RECEIVED, Question
from talkhub.enrichment.model import Answer, Form, Shape, Trouble

_MOST_BYTES: Final = 256 * 1024
_LONGEST_REST: Final = timedelta(minutes=15)
_FORMS: Final = tuple(Form)


class AskFailed(Exception):
    """There is no answer. `rest` is how long the interface wants to be left alone, if it says."""

    def __init__(self, trouble: Trouble, rest: timedelta | None = None) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.rest = rest


@dataclass(frozen=True, slots=True)
class Answered(Generic[Answer]):
    """What a model answered, the form that it took, and its tokens; None where it counts none."""

    content: Answer
    form: Form
    sent: int | None
    received: int | None


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)


class _Completion(BaseModel):
    """What is read of an answer; compatible servers leave out most of the rest."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class Interface:
    """One model behind one address. May be used by several threads at once."""

    def __init__(self, url: str, *, key: str, model: str, seconds: float) -> None:
        import httpx2
        import openai

        self.model = model
        self.name = hashlib.sha256(f"{url}\0{model}".encode()).hexdigest()[:32]
        self._errors = openai
        self._cut_off, self._too_slow = httpx2.HTTPError, httpx2.TimeoutException
        self._seconds = seconds
        self._client = openai.OpenAI(
            base_url=url,
            api_key=key or "none",
            timeout=seconds,
            max_retries=0,  # every attempt is counted in the database before it is made
            # A redirect could lead people's words to a host that nobody chose.
            http_client=openai.DefaultHttpxClient(follow_redirects=False),
        )

    def ask(self, question: Question[Answer], *, first: Form) -> Answered[Answer]:
        """Return the model's answer; raises AskFailed.

        A form that the interface does not know costs nothing there, and the next one is tried.
        """
        for form in _FORMS[_FORMS.index(first) :]:
            try:
                body = self._body(question, form)
            except self._errors.APIStatusError as error:
                if error.status_code in {400, 422} and form is not _FORMS[-1]:
                    continue
                raise _failed(error.status_code, error.response.headers) from error
            # Until the first byte the package speaks, then its client.
            except (self._errors.APITimeoutError, self._too_slow) as error:
                raise AskFailed(Trouble.TOO_SLOW) from error
            except (self._errors.APIConnectionError, self._cut_off) as error:
                raise AskFailed(Trouble.UNREACHABLE) from error
            return _answered(body, question.shape, form)
        raise AssertionError("the last form either answers or raises")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _body(self, question: Question[Answer], form: Form) -> bytes:
        deadline = time.monotonic() + self._seconds
        create = self._client.chat.completions.with_streaming_response.create
        received = bytearray()
        with create(**_request(question, self.model, form)) as response:
            # Each read has its own limit: a byte now and then would hold a thread for ever.
            for piece in response.iter_bytes():
                received += piece
                if time.monotonic() > deadline:
                    raise AskFailed(Trouble.TOO_SLOW)
                if len(received) > _MOST_BYTES:
                    raise AskFailed(Trouble.GARBAGE)
        return bytes(received)


def _request(question: Question[Answer], model: str, form: Form) -> dict[str, Any]:
    """Return the arguments of a call. No tools, and no temperature: some models refuse any."""
    shape = {"name": question.shape.name, "strict": True, "schema": question.shape.schema}
    instructions = question.instructions if form is Form.SCHEMA else question.with_shape
    wanted: dict[Form, dict[str, Any]] = {
        Form.SCHEMA: {"response_format": {"type": "json_schema", "json_schema": shape}},
        Form.OBJECT: {"response_format": {"type": "json_object"}},
        Form.TEXT: {},
    }
    # Newer models refuse the older name, older servers the newer one.
    limit = "max_tokens" if form is Form.TEXT else "max_completion_tokens"
    return {
        "model": model,
        "messages": [
            {"role": "system", "content": instructions},
            {"role": "user", "content": question.transcript},
        ],
        limit: MOST_RECEIVED,
        **wanted[form],
    }


def _answered(body: bytes, shape: Shape[Answer], form: Form) -> Answered[Answer]:
    try:
        completion = _Completion.model_validate(orjson.loads(body))
    except (orjson.JSONDecodeError, ValidationError) as error:
        raise AskFailed(Trouble.GARBAGE) from error
    choice = completion.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise AskFailed(Trouble.REFUSED)
    usage = completion.usage
    return Answered(
        content=_read(choice.message.content or "", shape.kind),
        form=form,
        sent=usage.prompt_tokens if usage else None,
        received=usage.completion_tokens if usage else None,
    )


def _read(content: str, kind: type[Answer]) -> Answer:
    """Return what a model says: one JSON object, whatever it wrote around it."""
    start, end = content.find("{"), content.rfind("}")
    try:
        return kind.model_validate(orjson.loads(content[start : end + 1]))
    except (orjson.JSONDecodeError, ValidationError) as error:
        raise AskFailed(Trouble.GARBAGE) from error


def _failed(status: int, headers: Any) -> AskFailed:
    if status == 429:
        return AskFailed(Trouble.RATE_LIMITED, _rest(headers.get("retry-after")))
    if status in {401, 403}:
        return AskFailed(Trouble.KEY_REFUSED)
    return AskFailed(Trouble.BROKEN if status >= 500 else Trouble.REJECTED)


def _rest(retry_after: str | None) -> timedelta | None:
    if retry_after is None or not retry_after.isdecimal():
        return None
    return min(timedelta(seconds=min(int(retry_after), 86_400)), _LONGEST_REST)
