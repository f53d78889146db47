"""A server on a network of its own, ready for the ledger, for tests and benches of the ledger."""

from __future__ import annotations

import io
import secrets
import tarfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker

from orchestrator.core.declared_lab import Service
from orchestrator.core.errors import NotReadyError
from orchestrator.core.ledger_port import LedgerSettings
from orchestrator.core.software_port import Access
from orchestrator.software.postgres import Postgres
from orchestrator.software.redis import LEDGER, Redis

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker.models.containers import Container

    from orchestrator.core.software_port import Software

POSTGRES, REDIS = Postgres(), Redis()
SERVICES = {
    "postgres": Service(type="postgres", image="drillmaster/postgres:15", user="postgres", database="postgres"),
    "redis": Service(type="redis", image="drillmaster/redis:7", settings={"appendonly": True}),
}
SOFTWARE: dict[str, Software] = {"postgres": POSTGRES, "redis": REDIS}
EMPTY = {"postgres": "TRUNCATE drillmaster.ledger", "redis": f"LTRIM {LEDGER} 0 0"}


@dataclass(frozen=True)
class LedgerServer:
    """The server under the ledger."""

    container: Container
    network: str
    password: str
    type: str = "postgres"

    @property
    def software(self) -> Software:
        """Return what is known of its type."""
        return SOFTWARE[self.type]

    @property
    def access(self) -> Access:
        """Return access at the address the container has now."""
        self.container.reload()
        address = self.container.attrs["NetworkSettings"]["Networks"][self.network]["IPAddress"]
        software = self.software
        return Access(address, software.port, software.user, software.database, self.password)

    def empty(self) -> None:
        """Take every row from the ledger's table, which stays."""
        self.software.execute(self.access, EMPTY[self.type])

    def settings(self, folder: Path, *, writers: int = 2, rate_per_s: float = 200.0) -> LedgerSettings:
        """Return settings for a ledger on this server."""
        return LedgerSettings(
            service="db",
            type=self.type,
            container=str(self.container.name),
            network=self.network,
            port=self.software.port,
            user=self.software.user,
            database=self.software.database,
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
                return self.software.probe(self.access, history=False)
            except NotReadyError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.05)


@contextmanager
def ledger_server(of_type: str = "postgres") -> Iterator[LedgerServer]:
    """Yield a server that is ready; remove all of it afterwards."""
    client, service, software = docker.from_env(), SERVICES[of_type], SOFTWARE[of_type]
    name = f"drillmaster-test-ledger-{secrets.token_hex(4)}"
    password = "planted-" + secrets.token_hex(8)
    network = client.networks.create(name, driver="bridge", internal=True, labels={"drillmaster.test": "ledger"})
    container = client.containers.create(
        service.image,
        name=name,
        network=name,
        environment=software.environment(service),
        labels={"drillmaster.test": "ledger"},
        command=list(software.command(service)),
    )
    try:
        for path in software.secrets(service).values():
            container.put_archive("/", _archive(path, password.encode()))
        container.start()
        server = LedgerServer(container, name, password, of_type)
        server.wait_ready()
        software.prepare_ledger(server.access)
        yield server
    finally:
        container.remove(force=True, v=True)
        network.remove()
        client.close()


def _archive(path: str, content: bytes) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.size, entry.mode = len(content), 0o444
        archive.addfile(entry, io.BytesIO(content))
    return raw.getvalue()
