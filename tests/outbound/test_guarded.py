"""Calls to addresses that strangers name: what is reached, and all that is refused."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from https_host import Host, answering

from talkhub.outbound.addresses import is_public
from talkhub.outbound.guarded import CallFailed, CallRefused, GuardedClient

Start = Callable[..., Host]
MUST_BE_REFUSED = json.loads((Path(__file__).parent / "must_be_refused.json").read_text())


def get(client: GuardedClient, url: str, *, seconds: float = 2, max_bytes: int = 1000):
    return client.send("GET", url, seconds=seconds, max_bytes=max_bytes)


def test_an_answer_comes_with_its_status_headers_and_body(host: Start) -> None:
    there = host(answering(b"moved", status="302 Found", headers=("Location: https://other/",)))

    answer = get(there.client(), there.url("/path?and=query"))

    assert (answer.status, answer.headers["location"], answer.body) == (
        302,
        "https://other/",
        b"moved",
    )
    assert there.requests[0].startswith("GET /path?and=query HTTP/1.1\r\n")
    assert f"Host: client.example:{there.port}\r\n" in there.requests[0]


def test_a_body_and_headers_are_sent(host: Start) -> None:
    there = host(answering(b""))

    there.client().send(
        "POST", there.url(), headers={"webhook-id": "1"}, body=b"{}", seconds=2, max_bytes=10
    )

    assert there.requests[0].startswith("POST / HTTP/1.1\r\n")
    assert "webhook-id: 1\r\n" in there.requests[0]
    assert "Content-Length: 2\r\n" in there.requests[0]


@pytest.mark.parametrize("address", MUST_BE_REFUSED)
def test_what_leads_inside_is_refused_by_https_too(address: str) -> None:
    client = GuardedClient(resolve=numeric_only, ports=frozenset({22, 443, 6379, 8000}))

    for url in {address, address.replace("http://", "https://")}:
        with pytest.raises((CallRefused, CallFailed)):
            get(client, url)


def numeric_only(host: str) -> list[str]:
    """Resolve the spellings of addresses as the system does, and names to none of its own."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return ["10.1.2.3"]
    return [str(place[0]) for *_, place in found]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 -- nothing is bound to it
        "10.0.0.5",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_of_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111"])
def test_an_address_of_the_open_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://client.example/",
        "https://name@client.example/",
        "https://name:word@client.example/",
        "https://client.example:22/",
        "https://client.example:99999/",
        "https://[::1/",
        "https:///path",
        "https://client.example/\r\nHost: other",
        "https://client.example/\\@other/",
        "https://exämple.example/",
        "https://client.example/" + "a" * 2048,
        "client.example",
        "",
    ],
)
def test_an_address_that_is_not_plain_https_is_not_even_looked_up(url: str) -> None:
    looked_up: list[str] = []
    client = GuardedClient(resolve=lambda name: looked_up.append(name) or ["127.0.0.1"])

    with pytest.raises(CallRefused):
        get(client, url)

    assert looked_up == []


def test_one_private_address_among_others_is_refused(host: Start) -> None:
    there = host(answering(b"secret"))
    client = there.client(resolve=lambda _name: ["127.0.0.1", "127.0.0.2"])

    with pytest.raises(CallRefused):
        get(client, there.url())

    assert there.requests == []


def test_a_name_that_changes_its_address_is_looked_up_only_once(host: Start) -> None:
    there = host(answering(b"public"))
    turns = iter([["127.0.0.1"], ["127.0.0.2"]])
    client = there.client(resolve=lambda _name: next(turns))

    answer = get(client, there.url())

    assert answer.body == b"public"
    assert next(turns) == ["127.0.0.2"]


def test_the_next_address_is_tried_when_one_cannot_be_reached(host: Start) -> None:
    there = host(answering(b"here"))
    client = there.client(
        resolve=lambda _name: ["::1", "127.0.0.1"], may_reach=lambda _address: True
    )

    assert get(client, there.url()).body == b"here"


def test_a_certificate_for_another_name_is_not_accepted(host: Start) -> None:
    there = host(answering(b"here"))

    with pytest.raises(CallFailed):
        get(there.client(), there.url(name="other.example"))


def test_a_certificate_that_nobody_signed_is_not_accepted(host: Start) -> None:
    there = host(answering(b"here"))

    with pytest.raises(CallFailed):
        get(there.client(tls=ssl.create_default_context()), there.url())


def test_a_body_beyond_the_bound_is_not_read(host: Start) -> None:
    there = host(answering(b"x" * 1001))

    with pytest.raises(CallFailed, match="more than 1000 bytes"):
        get(there.client(), there.url())


def test_headers_without_end_are_not_read(host: Start) -> None:
    many = tuple(f"X-{number}: {'x' * 1000}" for number in range(90))
    there = host(answering(b"", headers=many))

    with pytest.raises(CallFailed):
        get(there.client(), there.url())


def test_a_host_that_drips_is_left_at_the_deadline(host: Start) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.05)

    there = host(drip)

    began = time.monotonic()
    with pytest.raises(CallFailed):
        get(there.client(), there.url(), seconds=0.3)
    assert time.monotonic() - began < 2


def test_a_host_that_says_nothing_is_left_at_the_deadline(host: Start) -> None:
    there = host(lambda connection: connection.recv(1) and None)

    with pytest.raises(CallFailed):
        get(there.client(), there.url(), seconds=0.2)


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n"])
def test_a_host_that_does_not_speak_http_has_failed(host: Start, said: bytes) -> None:
    there = host(lambda connection: connection.sendall(said))

    with pytest.raises(CallFailed):
        get(there.client(), there.url())


def test_a_name_without_an_address_has_failed() -> None:
    def nowhere(_name: str) -> list[str]:
        raise socket.gaierror

    with pytest.raises(CallFailed):
        get(GuardedClient(resolve=nowhere), "https://client.example/")


def test_an_address_is_judged_without_a_lookup() -> None:
    client = GuardedClient(resolve=lambda name: pytest.fail(f"{name} was looked up"))

    client.check("https://client.example/hook")
    for url in ("http://client.example/", "https://client.example:22/", "https://127.1/"):
        with pytest.raises(CallRefused):
            client.check(url)


def test_this_machine_is_called_without_tls_where_that_is_wanted(host: Start) -> None:
    there = host(answering(b"<p>"), is_plain=True)
    url = f"http://127.0.0.1:{there.port}/hook"

    answer = get(GuardedClient(reaches_loopback=True), url)

    assert answer.status == 200
    with pytest.raises(CallRefused):
        get(GuardedClient(), url)


@pytest.mark.parametrize("url", ["http://10.0.0.5/", "https://10.0.0.5/", "http://8.8.8.8/"])
def test_nothing_but_this_machine_is_opened_by_that(url: str) -> None:
    with pytest.raises(CallRefused):
        get(GuardedClient(reaches_loopback=True), url)


def test_of_a_long_body_only_the_beginning_is_read_where_the_status_says_it_all(
    host: Start,
) -> None:
    there = host(answering(b"x" * 5000))

    answer = there.client().send("GET", there.url(), seconds=2, max_bytes=10, cuts=True)

    assert (answer.status, answer.body) == (200, b"x" * 10)


def test_a_lookup_takes_of_the_calls_time(host: Start) -> None:
    there = host(answering(b""))

    def slowly(_: str) -> list[str]:
        time.sleep(0.06)
        return ["127.0.0.1"]

    with pytest.raises(CallFailed, match="TimeoutError"):
        get(replace(there.client(), resolve=slowly), there.url(), seconds=0.05)

    assert there.requests == []
