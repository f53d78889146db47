"""Web applications on real sockets: what is an answer, and what a load of requests makes of many."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, ClassVar

import pytest

from orchestrator.adapters.clock import SystemClock
from orchestrator.core import catalogue
from orchestrator.core.errors import NotReadyError
from orchestrator.core.software_port import Access
from orchestrator.kinds.checks.error_rate import status_error
from orchestrator.kinds.checks.latency import Latency
from orchestrator.software.web import Web, get
from reports.facts.events import State

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = "127.0.0.1"

catalogue.discovered()  # gives the kinds their names


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """Serve one connection: send the answer, and hold it open when it has no end. Yield the port."""

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)
            while not answer.endswith(b"\r\n\r\n") and connection.recv(1):
                pass

    with socket.create_server((HERE, 0)) as listener:
        thread = Thread(target=serve, args=[listener])
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def refusal(port: int, within_s: float = 5.0) -> str:
    """Return what is said of the page that was not got."""
    with pytest.raises(NotReadyError) as caught:
        get(HERE, port, "/", within_s)
    return caught.value.message


def test_an_answer_that_never_ends_is_no_answer() -> None:
    """The time is for all of it, not for each read."""
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf") as port:
        assert refusal(port, 0.3) == "no answer within 0.3 s"


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    """Its beginning may match what was asked for."""
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf\r\n\r\n") as port:
        assert refusal(port) == "the answer is no HTTP: IncompleteRead"


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    """It would lead out of the lab."""
    with answering(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n") as port:
        page = get(HERE, port, "/", 5)
    assert (page.status, page.body) == (302, b"")


class Shop(BaseHTTPRequestHandler):
    """Pages that tell how they were made: `/cached` from the cache from the second time on."""

    seen: ClassVar[set[str]] = set()

    def do_GET(self) -> None:
        """Answer."""
        if self.path == "/slow":
            time.sleep(0.15)
        self.send_response(500 if self.path == "/broken" else 200)
        if "cached" in self.path:
            hit = self.path == "/cached" and self.path in self.seen
            self.send_header("Cache-Status", f"shop; {'hit' if hit else 'fwd=miss'}")
            self.seen.add(self.path)
        self.send_header("Server-Timing", "db;dur=150" if self.path == "/slow-query" else "db;dur=1.5")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def shop() -> Iterator[int]:
    """Return the port of a shop that serves many at once."""
    Shop.seen.clear()
    with ThreadingHTTPServer((HERE, 0), Shop) as server:
        thread = Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join(5)


@pytest.mark.parametrize(
    ("paths", "not_held"),
    [
        (("/", "/cached"), []),
        (("/cached", "/broken"), ["errors"]),
        (("/cached", "/slow"), ["answers"]),
        (("/cached", "/slow-query"), ["queries"]),
        (("/cached", "/never-cached"), ["cache"]),
    ],
)
def test_a_load_is_held_against_each_bound(shop: int, paths: tuple[str, ...], not_held: list[str]) -> None:
    """What is wrong with the application is told by its own bound, and by no other."""
    check = Latency(
        service="app",
        port=shop,
        paths=paths,
        requests=20,
        warm_up=4,
        response_p95="100ms",
        query_p95="100ms",
        cache_hits=70,
    )
    clock = SystemClock()
    check._ask(clock, HERE, check.warm_up)
    findings = check._judged(check._ask(clock, HERE, check.requests))
    named = dict(zip(("errors", "answers", "queries", "cache"), findings, strict=True))
    assert [name for name, finding in named.items() if finding.state != State.HELD] == not_held


@pytest.mark.parametrize(("path", "error"), [("/", ""), ("/cached", ""), ("/broken", "status 500")])
def test_a_page_of_the_wrong_status_counts_as_an_error(shop: int, path: str, error: str) -> None:
    """For the rate of errors."""
    assert status_error(get(HERE, shop, path, 5)) == error


def test_it_is_as_many_requests_at_once_as_asked_for(shop: int) -> None:
    """Twenty answers of 0.15 s each, ten at once, take two rounds and not twenty."""
    clock = SystemClock()
    began = time.monotonic()
    answers = Latency(service="app", port=shop, paths=("/slow",), concurrency=10)._ask(clock, HERE, 20)
    took = time.monotonic() - began
    assert min(answer.took_s for answer in answers) >= 0.15
    assert 0.3 <= took < 1.5


def access(port: int) -> Access:
    """Return how the application is reached, were its port the usual one."""
    return Access(HERE, port, "", "", "")


@pytest.mark.parametrize(("status", "history"), [(200, True), (404, True), (503, False)])
def test_an_application_is_ready_when_it_answers(status: int, history: bool) -> None:  # noqa: FBT001 - a case
    """Before there is any data, an error is an answer too."""
    with answering(b"HTTP/1.1 %d X\r\nServer: any\r\nContent-Length: 0\r\n\r\n" % status) as port:
        Web().probe(access(port), history=history)


def test_a_recovered_application_that_fails_is_not_ready() -> None:
    """It runs, and cannot serve what was there before."""
    with answering(b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n") as port, pytest.raises(NotReadyError) as caught:
        Web().probe(access(port), history=True)
    assert caught.value.message == "its front page is answered with 503"


def test_its_version_is_what_serves_it() -> None:
    """As it says itself, which may be nothing."""
    with answering(b"HTTP/1.1 200 X\r\nServer: gunicorn\r\nContent-Length: 0\r\n\r\n") as port:
        assert Web().version(access(port)) == "gunicorn"
