"""JSON logs on stdout, and in a file if wanted: one line an event, without personal data."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path
from typing import Any

import structlog
from structlog.typing import EventDict

from talkhub import json_codec
from talkhub.log_file import SharedLogFile

_SECRET_KEYS = re.compile(r"secret|password|token|authorization|cookie|api_key", re.IGNORECASE)
# Each is bounded, or begins where a run does: whoever writes us long texts must not stop a worker.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.]+")
_LONG_NUMBER = re.compile(r"(?<![\w-])\+?\d[\d .()-]{8,}\d(?![\w-])")
_DATABASE_DETAIL = re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE)
_CREDENTIALS = re.compile(r"(://[^:/@\s]{0,255}:)[^@\s]{1,255}@")


def configure_logging(level: str, *, file: Path | None = None) -> None:
    """Send our events and those of libraries to stdout as JSON, and to `file` too."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        _upper_case_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, _mask_event],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _as_json],
    )
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)]
    if file is not None:
        handlers.append(SharedLogFile(file))
    for handler in handlers:
        handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level)
    # RQ tells of every job, a model's client of every call; ours tell of themselves.
    for name in ("rq", "httpx2"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def _upper_case_level(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Write levels as people search for them: `docker service logs … | grep ERROR`."""
    event["level"] = event["level"].upper()
    return event


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Mask secrets by their keys, and e-mails, phones and passwords in texts."""
    for key, value in event.items():
        if _SECRET_KEYS.search(key):
            event[key] = "•••"
        elif isinstance(value, str) and key not in {"timestamp", "level", "event", "request_id"}:
            event[key] = mask(value)
    return event


def _mask_event(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Mask a library's message; the names of our own events are constants."""
    event["event"] = mask(str(event["event"]))
    return event


def mask(text: str) -> str:
    """Return `text` with e-mails, long numbers, rows and passwords in addresses masked."""
    text = _DATABASE_DETAIL.sub(r"\1: •••", text)  # PostgreSQL quotes the row there
    text = _CREDENTIALS.sub(r"\1•••@", text)
    text = _EMAIL.sub("•••@•••", text)
    return _LONG_NUMBER.sub("•••", text)


def _as_json(_logger: object, _method: str, event: EventDict) -> str:
    return json_codec.dumps_text({key: _plain(value) for key, value in event.items()})


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
