"""A served application, with somebody who does the workers' part."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from demo_service import NOW, Service
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from talkhub import clock
from talkhub.settings import Settings, environment_of_child


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


@pytest.fixture
def service(
    app: Flask, settings: Settings, drain: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    for name, value in environment_of_child(settings).items():
        monkeypatch.setenv(name, value)
    clock.use_source(lambda: NOW)
    service = Service(app)
    server = make_server("127.0.0.1", 0, service, threaded=True, request_handler=Quiet)
    service.url = f"http://127.0.0.1:{server.server_port}"
    is_over = threading.Event()

    def work() -> None:
        while not is_over.wait(0.05):
            drain()

    threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=work)]
    for thread in threads:
        thread.start()
    yield service
    server.shutdown()
    is_over.set()
    for thread in threads:
        thread.join()
    server.server_close()
    clock.use_source(None)
