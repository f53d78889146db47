"""Where a service is at this moment, asked of the Docker engine: an address that has vanished is never tried."""

from __future__ import annotations

import threading
from time import monotonic_ns
from typing import Any

from docker import APIClient
from docker.errors import DockerException
from docker.utils import kwargs_from_env
from requests import RequestException

FRESH_NS = 20_000_000
TIMEOUT_S = 1


class DockerEndpoint:
    """Looks a container's address up; one question at a time, its answer shared by all threads for FRESH_NS."""

    def __init__(self, container: str, network: str, port: int, via: tuple[str, int] | None) -> None:
        self._container = container
        self._network = network
        self._port = port
        self._via = via
        self._engine = APIClient(version="auto", timeout=TIMEOUT_S, **kwargs_from_env())
        self._lock = threading.Lock()
        self._asked = -FRESH_NS
        self._known: tuple[str, int] | None = None

    def look_up(self) -> tuple[str, int] | None:
        """Return host and port to connect to, or None while the container has no address or the engine no answer."""
        with self._lock:
            # Dated at the question: what the engine saw may be as old as that.
            now = monotonic_ns()
            if now - self._asked >= FRESH_NS:
                self._known = self._ask()
                self._asked = now
            return self._known

    def move(self, container: str) -> None:
        """Look another container up from now on."""
        with self._lock:
            self._container, self._asked = container, -FRESH_NS

    def close(self) -> None:
        """Close the connection to the engine."""
        self._engine.close()

    def _ask(self) -> tuple[str, int] | None:
        try:
            seen: dict[str, Any] = self._engine.inspect_container(self._container)
        except (DockerException, RequestException):
            return None
        address = seen["NetworkSettings"]["Networks"].get(self._network, {}).get("IPAddress")
        if not (seen["State"]["Running"] and address):
            return None
        return self._via or (address, self._port)
