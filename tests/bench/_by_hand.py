"""What the drill `postgres-volume-loss` does, done by hand: the same containers, tools and playbooks, nothing else."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import docker
import psycopg

from orchestrator.core.errors import NotReadyError
from orchestrator.core.loader import load
from orchestrator.core.software_port import Access
from orchestrator.software.postgres import Postgres, open_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.declared_lab import Service

ROOT = Path(__file__).parents[2]
DRILL = ROOT / "drills" / "postgres-volume-loss.yaml"
DATA = "/var/lib/postgresql/data"
PATIENCE_S = 120.0
POLL_S = 0.01
SOFTWARE = Postgres()


class ByHand:
    """One server with its volumes, made and handled through the Docker engine alone."""

    def __init__(self) -> None:
        self._client = docker.from_env()
        self._name = f"drillmaster-bench-{secrets.token_hex(4)}"
        self._password = secrets.token_hex(12)
        self._labels = {"drillmaster.bench": self._name}
        self._service: Service = load(DRILL).drill.lab.services["db"]
        self._volumes = {f"{self._name}-{name}": volume.path for name, volume in self._service.volumes.items()}
        self._network: Any = None
        self._container: Any = None

    def provision(self) -> None:
        """Make the network, the volumes and the server, and wait until it takes writes."""
        self._network = self._client.networks.create(self._name, driver="bridge", internal=True, labels=self._labels)
        self._run(None)
        self.wait_ready()

    def execute(self, command: str) -> str:
        """Run a shell command in the container as postgres; raises RuntimeError with what it printed."""
        done = self._container.exec_run(["sh", "-c", command], user="postgres")
        if done.exit_code:
            raise RuntimeError(f"{command} ended with {done.exit_code}: {done.output.decode()}")
        return str(done.output.decode())

    def playbook(self, name: str) -> None:
        """Run one of the shipped playbooks against the container."""
        host = {
            "ansible_connection": "community.docker.docker_api",
            "ansible_host": self._container.name,
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        with NamedTemporaryFile("w", suffix=".json") as inventory:
            json.dump({"postgres": {"hosts": {"db": host}}}, inventory)
            inventory.flush()
            command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", inventory.name]
            subprocess.run(
                [*command, str(ROOT / "playbooks" / name)], check=True, capture_output=True, timeout=PATIENCE_S
            )

    def lose_server(self) -> None:
        """Kill the server; its volumes stay."""
        self._container.remove(force=True, v=True)

    def lose_volume(self) -> None:
        """Kill the server and delete its data volume."""
        self.lose_server()
        self._client.volumes.get(self._volume(DATA)).remove()

    def replace(self) -> None:
        """Make a container with an empty data volume in which nothing runs yet."""
        self._run(["sleep", "infinity"])

    def start(self) -> None:
        """Let the image's own command run in the waiting container."""
        self._container.exec_run(["drill-entrypoint", *SOFTWARE.command(self._service)], detach=True)

    def wait_ready(self) -> None:
        """Return when the server takes writes."""
        give_up = time.monotonic() + PATIENCE_S
        while True:
            try:
                return SOFTWARE.probe(self.access, history=False)
            except NotReadyError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(POLL_S)

    def wait_for_write(self) -> None:
        """Return when a client's write was acknowledged."""
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            with suppress(psycopg.Error), open_session(self.access, {}, autocommit=True) as session:
                session.execute("INSERT INTO client_writes DEFAULT VALUES")
                return
            time.sleep(POLL_S)
        raise TimeoutError("no write was acknowledged")

    @property
    def access(self) -> Access:
        """Return how a client reaches the server now."""
        self._container.reload()
        address = self._container.attrs["NetworkSettings"]["Networks"][self._name]["IPAddress"]
        user, database = self._service.user or SOFTWARE.user, self._service.database or SOFTWARE.database
        return Access(address, SOFTWARE.port, user, database, self._password)

    def remove(self) -> None:
        """Remove all that was made."""
        if self._container:
            with suppress(docker.errors.NotFound):
                self._container.remove(force=True, v=True)
        for name in self._volumes:
            with suppress(docker.errors.NotFound):
                self._client.volumes.get(name).remove()
        if self._network:
            self._network.remove()
        self._client.close()

    def _volume(self, path: str) -> str:
        return next(name for name, at in self._volumes.items() if at == path)

    def _run(self, wait: list[str] | None) -> None:
        for name in self._volumes:
            self._client.volumes.create(name, labels=self._labels)
        self._container = self._client.containers.run(
            self._service.image,
            wait[1:] if wait else list(SOFTWARE.command(self._service)),
            entrypoint=wait[:1] if wait else None,
            detach=True,
            init=True,
            network=self._name,
            labels=self._labels,
            environment={"POSTGRES_PASSWORD": self._password},
            volumes=[f"{name}:{path}" for name, path in self._volumes.items()],
            mem_limit=self._service.memory,
        )


@contextmanager
def by_hand() -> Iterator[ByHand]:
    """Yield a hand that has made nothing yet; remove afterwards what it made."""
    hand = ByHand()
    try:
        yield hand
    finally:
        hand.remove()
