"""`./run soak parsers`: random bytes into everything that reads what strangers send."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from talkhub.channels import signatures
from talkhub.channels.registry import CHANNELS
from talkhub.crm.model import Heard
from talkhub.crm.registry import CONNECTORS
from talkhub.errors import TalkHubError
from talkhub.progress import show_progress
from talkhub.strict_json import read_event, read_json

PAYLOADS = Path(__file__).parents[2] / "tests" / "payloads"
RECEIVED_AT = datetime(2026, 11, 22, tzinfo=UTC)
ODD = (
    *(b"null", b"[]", b"{}", b'""', b"-1", b"1e999", b"NaN", b"9" * 40, b"true", b'"\\u0000"'),
    *(
        b'"\\ud800"',
        b"[" * 70,
        b'{"a":' * 70,
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\0",
        b'"',
        b"\\",
        b",",
    ),
)
ODD_VALUES = (
    *(None, True, -1, 0, 1.5, 9**30, 2**63, 1e308, "", "x" * 5000, "\0", "\ud800", "{{x}}"),
    *([], {}, [[]], [None], {"": None}, {"id": {"id": []}}, "1795302001", "9" * 400, "\u202e"),
)
CRM_HEADERS = ("authorization", "x-auth-key", "x-hubspot-signature-v3", "webhook-signature")
CRM_EVENTS: dict[str, Any] = {
    "hubspot": [
        {"subscriptionType": "contact.propertyChange", "objectId": 51, "propertyName": "city"},
        {"subscriptionType": "contact.deletion", "objectId": 52},
    ],
    "pipedrive": {"meta": {"action": "change", "entity": "person", "entity_id": "53"}},
    "rd_station": {"event_name": "crm_contact_updated", "document": {"id": "65f1"}},
    "generic": {"type": "contact.changed", "data": {"id": "c-54"}},
}
MAX_MUTATIONS = 4
MAX_KEPT = 20

Parser = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Parsed:
    """How often a parser was run, and the inputs that made it raise what it must not."""

    name: str
    count: int
    read: int
    seconds: float
    failed: list[str]


def parsers() -> dict[str, tuple[Parser, list[bytes]]]:
    """Return what reads strangers' bytes, by name, each with what it is begun from."""
    found: dict[str, tuple[Parser, list[bytes]]] = {
        "strict_json": (read_json, _samples("*")),
        "strict_json, of events": (read_event, _samples("*")),
        "signatures": (_signed, _samples("whatsapp")),
    }
    for name in sorted(CHANNELS):
        found[name] = (_reader_of(name), _samples(name))
    for kind in sorted(CONNECTORS):
        found[f"crm, {kind}"] = (_hearer_of(kind), [json.dumps(CRM_EVENTS[kind]).encode()])
    return found


def run_parsers(*, only: str, count: int, seed: int, quiet: bool) -> Iterator[Parsed]:
    """Give each parser `count` inputs; it may read or refuse one, and nothing else."""
    chosen = {name: it for name, it in parsers().items() if only in name}
    for name, (parser, samples) in chosen.items():
        yield _run(name, parser, _mutated(samples, Random(seed)), count, quiet=quiet)


def as_lines(it: Parsed) -> Iterator[str]:
    """Return the report of one parser: a line, and the inputs that it failed at."""
    faults = f"{len(it.failed)} faults, {it.seconds} s"
    yield f"{it.name}: {it.count:,} runs, {it.read:,} read, {faults}"
    yield from it.failed


def _run(name: str, parser: Parser, inputs: Iterator[bytes], count: int, *, quiet: bool) -> Parsed:
    read, failed, started = 0, [], time.monotonic()
    with show_progress(name, count, quiet=quiet) as tell:
        for number in range(1, count + 1):
            raw = next(inputs)
            try:
                parser(raw)
                read += 1
            except TalkHubError:
                pass
            except Exception as error:  # noqa: BLE001 -- any other is what we look for
                if len(failed) < MAX_KEPT:
                    failed.append(f"{error!r} at {raw[:300]!r}")
            tell(number)
    return Parsed(name, count, read, round(time.monotonic() - started, 1), failed)


def _mutated(samples: list[bytes], random: Random) -> Iterator[bytes]:
    """Yield samples in turns: with values replaced or gone, and with bytes that are no document."""
    while True:
        yield _with_odd_values(random.choice(samples), random)
        yield _with_odd_bytes(random.choice(samples), random)


def _with_odd_values(raw: bytes, random: Random) -> bytes:
    document = json.loads(raw)
    for _ in range(random.randint(1, MAX_MUTATIONS)):
        container: Any = document
        while container:
            key = random.choice(
                [*container] if isinstance(container, dict) else range(len(container))
            )
            inner = container[key]
            if not isinstance(inner, dict | list) or not inner or random.random() < 0.1:
                break
            container = inner
        else:
            break
        if random.random() < 0.2:
            del container[key]
        else:
            container[key] = deepcopy(random.choice(ODD_VALUES))
    return json.dumps(document).encode()


def _with_odd_bytes(sample: bytes, random: Random) -> bytes:
    raw = bytearray(sample)
    for _ in range(random.randint(1, MAX_MUTATIONS)):
        place = random.randrange(len(raw) + 1)
        end = min(len(raw), place + random.randrange(24))
        match random.randrange(4):
            case 0:
                raw[place:end] = random.randbytes(random.randrange(4))
            case 1:
                del raw[place:end]
            case 2:
                raw[place:place] = raw[place:end]
            case _:
                raw[place:end] = random.choice(ODD)
    return bytes(raw)


def _samples(name: str) -> list[bytes]:
    files = sorted(PAYLOADS.glob(f"{name}/*.json"))
    # Written as providers send them: changes then hit values oftener than blanks.
    return [json.dumps(json.loads(file.read_bytes())).encode() for file in files]


def _reader_of(name: str) -> Parser:
    channel = CHANNELS[name]

    def read(raw: bytes) -> object:
        return [
            (channel.normalise(event.payload, RECEIVED_AT), channel.answer_address(event.payload))
            for event in channel.split(raw, RECEIVED_AT)
        ]

    return read


def _hearer_of(kind: str) -> Parser:
    connector = CONNECTORS[kind]
    return lambda raw: connector.contacts_heard(read_json(raw))


def _signed(raw: bytes) -> object:
    given = raw[:90].decode("latin-1")
    headers = {"x-hub-signature-256": given, "Authorization": given, "X-Webhook-Secret": given}
    proved = [channel.verify(raw, headers, ["a-secret"]) for channel in CHANNELS.values()]
    heard = Heard("POST", "https://hub.example.com/", dict.fromkeys(CRM_HEADERS, given), raw)
    ours = {"secret": "whsec_YS1zZWNyZXQ="}
    proved += [connector.is_proved(heard, ours, "a-secret") for connector in CONNECTORS.values()]
    if any(proved) or signatures.is_shared_secret(given, [""]):
        raise AssertionError("a stranger was believed")
    return proved
