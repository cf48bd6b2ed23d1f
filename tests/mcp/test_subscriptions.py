"""Streams of changes: acknowledged first, only what was asked for, ended in good order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from engine import MadeUp, code, result

from requirements import requirement
from talkhub.mcp.call import Call
from talkhub.mcp.protocol import INVALID_PARAMS, METHOD_NOT_FOUND
from talkhub.mcp.subscriptions import MOST_RESOURCES, Rhythm, Subscriptions

ID = {"io.modelcontextprotocol/subscriptionId": 1}
ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
UPDATED = "notifications/resources/updated"


@dataclass
class Village:
    """A source in which time passes only while somebody listens."""

    known: tuple[str, ...] = ("made-up://well", "made-up://mill")
    changes: list[list[str]] = field(default_factory=list)
    """What changes in each moment; when there are no more, the streams must end."""
    now: float = 0.0
    are_listening: int = 0
    uris: Collection[str] = ()

    def watch(self, call: Call, uris: Sequence[str]) -> Village:  # noqa: ARG002 -- anyone
        self.uris = [uri for uri in uris if uri in self.known]
        return self

    @contextmanager
    def listen(self) -> Iterator[Village]:
        self.are_listening += 1
        yield self
        self.are_listening -= 1

    def wait(self, seconds: float) -> Collection[str]:
        self.now += seconds
        return [uri for uri in self.changes.pop(0) if uri in self.uris]

    def may_go_on(self, call: Call) -> bool:  # noqa: ARG002 -- anyone
        return bool(self.changes)


def listen(village: Village, *uris: str, rhythm: Rhythm | None = None, **also: bool):
    """Return all messages of a stream from its beginning to its end; None is a comment."""
    made_up = MadeUp([Subscriptions(village, rhythm=rhythm, clock=lambda: village.now)])
    wanted: dict[str, Any] = {"resourceSubscriptions": list(uris), **also}
    answer = made_up.ask("subscriptions/listen", {"notifications": wanted})
    assert answer.stream is not None, answer.message
    return list(answer.stream)


@requirement("mcp:subscriptions")
def test_a_stream_is_acknowledged_tells_of_changes_and_ends_with_a_result() -> None:
    village = Village(changes=[[], ["made-up://well", "made-up://mill"], ["made-up://well"]])

    told = listen(village, "made-up://well")

    assert told[:3] == [
        {
            "jsonrpc": "2.0",
            "method": ACKNOWLEDGED,
            "params": {
                "notifications": {"resourceSubscriptions": ["made-up://well"]},
                "_meta": ID,
            },
        },
        *2
        * [
            {
                "jsonrpc": "2.0",
                "method": UPDATED,
                "params": {"uri": "made-up://well", "_meta": ID},
            }
        ],
    ]
    assert told[3]["id"] == 1
    assert told[3]["result"]["resultType"] == "complete"
    assert told[3]["result"]["_meta"].items() >= ID.items()
    assert len(told) == 4
    assert village.are_listening == 0


def test_what_cannot_be_heard_is_left_out_of_the_acknowledgement() -> None:
    told = listen(
        Village(changes=[[]]), "made-up://mill", "made-up://nowhere", toolsListChanged=True
    )

    honoured = told[0]["params"]["notifications"]
    assert honoured == {"resourceSubscriptions": ["made-up://mill"]}


def test_a_stream_that_could_tell_nothing_ends_at_once() -> None:
    village = Village(changes=[[]])

    told = listen(village, "made-up://nowhere", promptsListChanged=True)

    assert [message.get("method", "result") for message in told] == [ACKNOWLEDGED, "result"]
    assert told[0]["params"]["notifications"] == {}
    assert village.changes == [[]]  # nobody listened


def test_a_sign_of_life_is_given_every_fifteen_seconds() -> None:
    told = listen(Village(changes=[[]] * 31), "made-up://well")

    assert told[1:-1] == [None, None]


def test_a_stream_ends_after_its_lifetime() -> None:
    village = Village(changes=[[]] * 100)

    told = listen(village, "made-up://well", rhythm=Rhythm(lifetime=10, pause=1))

    assert len(village.changes) == 90
    assert told[-1]["result"]["_meta"].items() >= ID.items()


def test_too_many_resources_are_refused_before_a_stream_begins() -> None:
    uris = [f"made-up://{number}" for number in range(MOST_RESOURCES + 1)]
    made_up = MadeUp([Subscriptions(Village())])

    refused = made_up.ask(
        "subscriptions/listen", {"notifications": {"resourceSubscriptions": uris}}
    )

    assert code(refused) == INVALID_PARAMS


def test_subscriptions_are_announced_and_served_in_the_new_era_alone() -> None:
    made_up = MadeUp([Subscriptions(Village())])

    announced = result(made_up.ask("server/discover"))["capabilities"]

    assert announced == {"resources": {"subscribe": True}}
    for method in ("subscriptions/listen", "resources/subscribe"):
        refused = made_up.ask_legacy(method, {"uri": "made-up://well", "notifications": {}})
        assert code(refused) == METHOD_NOT_FOUND
