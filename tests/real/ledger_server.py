"""A PostgreSQL on a network of its own, with the ledger's table, for tests and benches of the ledger."""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker

from orchestrator.core.errors import NotReadyError
from orchestrator.core.ledger_port import LedgerSettings
from orchestrator.core.software_port import Access
from orchestrator.software.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker.models.containers import Container

IMAGE = "drillmaster/postgres:15"
POSTGRES = Postgres()


@dataclass(frozen=True)
class LedgerServer:
    """The server under the ledger."""

    container: Container
    network: str
    password: str

    @property
    def access(self) -> Access:
        """Return access at the address the container has now."""
        self.container.reload()
        address = self.container.attrs["NetworkSettings"]["Networks"][self.network]["IPAddress"]
        return Access(address, POSTGRES.port, "postgres", "postgres", self.password)

    def settings(self, folder: Path, *, writers: int = 2, rate_per_s: float = 200.0) -> LedgerSettings:
        """Return settings for a ledger on this server."""
        return LedgerSettings(
            service="db",
            type="postgres",
            container=str(self.container.name),
            network=self.network,
            port=POSTGRES.port,
            user="postgres",
            database="postgres",
            password=self.password,
            via=None,
            writers=writers,
            rate_per_s=rate_per_s,
            deadline_s=1.0,
            nonce=secrets.token_hex(8),
            folder=folder,
        )

    def wait_ready(self) -> None:
        """Return when the server takes writes."""
        give_up = time.monotonic() + 30
        while True:
            try:
                return POSTGRES.probe(self.access, history=False)
            except NotReadyError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.05)


@contextmanager
def ledger_server() -> Iterator[LedgerServer]:
    """Yield a server that is ready; remove all of it afterwards."""
    client = docker.from_env()
    name = f"drillmaster-test-ledger-{secrets.token_hex(4)}"
    password = "planted-" + secrets.token_hex(8)
    network = client.networks.create(name, driver="bridge", internal=True, labels={"drillmaster.test": "ledger"})
    container = client.containers.create(
        IMAGE,
        name=name,
        network=name,
        environment={"POSTGRES_PASSWORD": password},
        labels={"drillmaster.test": "ledger"},
        command=["-c", "listen_addresses=*"],
    )
    try:
        container.start()
        server = LedgerServer(container, name, password)
        server.wait_ready()
        POSTGRES.prepare_ledger(server.access)
        yield server
    finally:
        container.remove(force=True, v=True)
        network.remove()
        client.close()
